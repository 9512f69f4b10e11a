//! Format of Python files, by the tools of the project: ruff, or isort and black.
//!
//! A text goes through all of its tools; what the last one makes of it is its correction. A correction
//! that cannot be one, such as nothing, is taken for a crash of the tool that made it.

use std::collections::BTreeSet;

use super::tools::{Kind, Session, Subject, Task, changed_line};
use super::{
    Check, Checked, Files, Finding, Fix, Ignored, Level, Mode, Result, Settings, Tool, ToolState,
    apply,
};

/// The rule against what a formatter would change.
pub(super) const FORMAT: &str = "format";

/// Checks the format, or makes corrections of it. `asked`: see [`super::tools`].
pub fn check(
    files: &Files<'_>,
    settings: &Settings,
    mode: Mode,
    asked: bool,
) -> Result<(Checked, Vec<Fix>)> {
    let (mut checked, mut fixes) = (Checked::new(Check::Format), Vec::new());
    let level = settings.level(FORMAT, Level::Error)?;
    let mut from = 0;
    loop {
        let mut subjects = Subject::next(files, settings, &mut checked, &mut from)?;
        if subjects.is_empty() {
            return Ok((checked, fixes));
        }
        let texts = subjects.clone();
        let formatted = Session::open(files, settings, Check::Format, asked, &texts, |session| {
            format(session, files, settings, &mut checked, &mut subjects)
        })?;
        let Some(level) = level else { continue };
        for Formatted { fix, line, by } in formatted {
            if mode == Mode::Check {
                let message = format!("would be reformatted by {}", by.join(" and "));
                let finding = Finding::new(&fix.path, FORMAT, message).line(line).level(level);
                let finding = finding.hint("mlhook-format --fix");
                let tool = if let [tool] = by[..] { Some(tool) } else { None };
                checked.findings.push(Finding { fixable: true, tool, ..finding });
            } else {
                fixes.push(fix);
            }
        }
    }
}

struct Formatted {
    fix: Fix,
    /// The first line that changes.
    line: u64,
    by: Vec<&'static str>,
}

fn format(
    session: &Session<'_>,
    files: &Files<'_>,
    settings: &Settings,
    checked: &mut Checked,
    subjects: &mut [Subject],
) -> Result<Vec<Formatted>> {
    let tools: Vec<Vec<Kind>> = subjects.iter().map(|subject| session.tools(subject)).collect();
    checked.files += tools.iter().filter(|tools| !tools.is_empty()).count();
    let is_unread = |at: &usize| tools[*at].is_empty() && subjects[*at].is_notebook();
    checked.unread_notebooks += (0..subjects.len()).filter(is_unread).count();
    let before: Vec<_> = subjects.iter().map(|subject| subject.text.clone()).collect();
    let mut by = vec![Vec::new(); subjects.len()];
    // What cannot be formatted is left as it is by all that follow.
    let mut left: BTreeSet<usize> = BTreeSet::new();
    for at in 0..subjects.len() {
        if !tools[at].is_empty() && !subjects[at].is_decodable() {
            let problem = subjects[at].undecodable();
            checked.findings.extend(problem.finding(&subjects[at].path, settings, None)?);
            left.insert(at);
        }
    }
    for kind in Kind::ALL {
        let members: Vec<usize> = (0..subjects.len())
            .filter(|at| tools[*at].contains(&kind) && !left.contains(at))
            .collect();
        if members.is_empty() {
            continue;
        }
        let texts: Vec<&Subject> = members.iter().map(|&at| &subjects[at]).collect();
        let mut judged = session.judge(kind, Task::Format, &texts)?;
        for (at, verdict) in members.into_iter().zip(judged.verdicts) {
            let Some(verdict) = verdict else {
                left.insert(at);
                by[at].clear();
                continue;
            };
            for problem in &verdict.problems {
                let tool = Some(kind.name());
                checked.findings.extend(problem.finding(&subjects[at].path, settings, tool)?);
                left.insert(at);
            }
            if let Some(reason) = verdict.ignored {
                checked.ignored.push(Ignored { path: subjects[at].path.clone(), reason });
                left.insert(at);
            }
            let Some(text) = verdict.text else { continue };
            if let Err(why) = apply::plausible(&subjects[at].text, &text) {
                refuse(&mut judged.tool, &subjects[at], &why);
                left.insert(at);
                continue;
            }
            subjects[at].id = files.repo().blob_id(&text)?;
            subjects[at].text = text.into();
            by[at].push(kind.name());
        }
        checked.add_tool(judged.tool);
    }
    let mut formatted = Vec::new();
    for (at, subject) in subjects.iter().enumerate() {
        if !left.contains(&at) && subject.text != before[at] {
            let line = changed_line(&before[at], &subject.text);
            let fix = Fix { path: subject.path.clone(), bytes: subject.text.to_vec() };
            formatted.push(Formatted { fix, line, by: std::mem::take(&mut by[at]) });
        }
    }
    Ok(formatted)
}

/// Takes a correction that cannot be one for a crash of its tool.
fn refuse(tool: &mut Tool, subject: &Subject, why: &str) {
    let path = String::from_utf8_lossy(subject.path.as_bytes());
    let reason = format!("its correction of `{path}` was refused: {why}");
    tool.state = ToolState::Crashed { reason };
}
