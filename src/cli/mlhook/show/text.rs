//! What checks found, for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::checks::apply;
use crate::checks::{Check, Checked, Finding, Level, Report, ToolState, WorktreeFile};
use crate::cli::Ui;
use crate::cli::ui::Style;
use crate::fs::{RepoPath, display_bytes};
use crate::git::SHARED_CONFIG;

/// Hints of one rule that are told; a hundred large files need no hundred lines that differ in a name.
const SHOWN_HINTS: usize = 3;

/// How a report came about.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// What to type behind `mlhook-CHECK` to check the same files again.
    pub again: &'a str,
    /// Whether somebody asked, and wants to hear that nothing was found.
    pub asked: bool,
}

/// What a hook of Git says.
pub fn text(ui: &Ui, report: &Report) {
    self::report(ui, report, Shown { again: "", asked: false });
}

/// Findings on standard output, one a line, as compilers write them; all else on standard error.
pub fn report(ui: &Ui, report: &Report, shown: Shown<'_>) {
    for finding in report.checks.iter().flat_map(|checked| &checked.findings) {
        ui.line(line(ui, finding));
    }
    // What follows is about these lines.
    ui.settle();
    for name in &report.unknown {
        let name = display_bytes(name.as_bytes());
        ui.warn(format_args!("`{SHARED_CONFIG}` sets `{name}`, which means nothing here"));
    }
    let mut missing = BTreeSet::new();
    for checked in &report.checks {
        ui.detail(account(checked));
        tools(ui, checked, &mut missing);
        for ignored in &checked.ignored {
            let reason = display_bytes(ignored.reason.as_bytes());
            ui.warn(format_args!("not checked: `{}`: {reason}", ui.path(&ignored.path)));
        }
    }
    fixed(ui, report);
    hints(ui, report, shown);
    let unread = report.checks.iter().map(|checked| checked.unread_notebooks).max().unwrap_or(0);
    if shown.asked && unread > 0 {
        let notebooks = count(unread, "notebook");
        ui.status(format_args!("{notebooks} passed over: of the tools, only ruff reads notebooks"));
    }
    if let Some(summary) = summary(report, shown) {
        ui.status(summary);
    }
}

fn line(ui: &Ui, finding: &Finding) -> String {
    let mut place = ui.path(&finding.place.path);
    for number in [finding.place.line, finding.place.column].into_iter().flatten() {
        let _ = write!(place, ":{number}");
    }
    let (level, style) = match finding.level {
        Level::Warning => ("warning: ", Style::Yellow),
        Level::Error => ("", Style::Red),
    };
    let rule = display_bytes(finding.rule.as_bytes());
    let message = display_bytes(finding.message.as_bytes());
    let [place, rule] = [ui.paint(Style::Bold, &place), ui.paint(style, &rule)];
    format!("{place}: {level}{rule} {message}")
}

/// Tells what went wrong with tools. What is `missing` for two checks is told once.
fn tools<'a>(ui: &Ui, checked: &'a Checked, missing: &mut BTreeSet<(&'a str, bool)>) {
    for tool in &checked.tools {
        match &tool.state {
            ToolState::Ran | ToolState::Known => {}
            ToolState::Missing { required, .. } if !missing.insert((tool.name, *required)) => {}
            ToolState::Missing { install, required } => {
                let required = if *required { ", and is required" } else { "" };
                ui.warn(format_args!(
                    "`{}` is not installed{required}: nothing was checked by it",
                    tool.name
                ));
                ui.hint(format_args!("install it: `{install}`"));
            }
            ToolState::Crashed { reason } => ui.warn(format_args!(
                "`{}` crashed, which says nothing about the files: {}",
                tool.name,
                display_bytes(reason.as_bytes())
            )),
        }
    }
}

fn fixed(ui: &Ui, report: &Report) {
    for fixed in &report.fixed {
        let path = ui.path(&fixed.path);
        match &fixed.worktree {
            WorktreeFile::Written | WorktreeFile::Absent => {
                ui.status(format_args!("fixed `{path}`"));
            }
            WorktreeFile::Merged => {
                ui.status(format_args!("fixed `{path}`; what is not staged in it was kept"));
            }
            WorktreeFile::Untouched { reason } if fixed.staged.is_none() => ui
                .warn(format_args!("`{path}` was not fixed: {}", display_bytes(reason.as_bytes()))),
            WorktreeFile::Untouched { reason } => ui.warn(format_args!(
                "fixed `{path}` in the index only: the file was left alone: {}",
                display_bytes(reason.as_bytes())
            )),
        }
    }
    if let Some(undo) = apply::undo(&report.fixed) {
        // All of it, however long: nothing else tells what was staged.
        ui.status(format_args!("undo: {undo}"));
    }
    for path in &report.overtaken {
        let path = ui.path(path);
        ui.warn(format_args!("`{path}` was staged anew while it was checked: nothing was done"));
    }
    if let Some(reason) = &report.left_behind {
        let reason = display_bytes(reason.as_bytes());
        ui.warn(format_args!(
            "the commit has what was fixed, the index that it leaves has not: {reason}"
        ));
        ui.hint(
            "after the commit, `git status` shows these files; stage them again with `git add`",
        );
    }
    if report.withheld > 0 {
        let files = count(report.withheld, "file");
        let why = match report.checks.iter().any(|it| it.has_failed() || it.is_broken()) {
            true => "because of what went wrong",
            false => "because the corrected texts would not have passed",
        };
        ui.status(format_args!("{files} would have been fixed: nothing was, {why}"));
    }
}

/// Each hint once, the first few of every rule.
fn hints(ui: &Ui, report: &Report, shown: Shown<'_>) {
    let mut told = BTreeSet::new();
    let mut of_rules: BTreeMap<(Check, &str), usize> = BTreeMap::new();
    for (checked, finding) in report
        .checks
        .iter()
        .flat_map(|checked| checked.findings.iter().map(move |it| (checked, it)))
    {
        // The last line says what --fix does, once.
        let is_fix = |hint: &&str| **hint == fix(checked, "");
        let Some(hint) = finding.hint.as_deref().filter(|hint| !is_fix(hint) && told.insert(*hint))
        else {
            continue;
        };
        let of_rule = of_rules.entry((checked.check, &finding.rule)).or_default();
        *of_rule += 1;
        if *of_rule <= SHOWN_HINTS {
            ui.hint(display_bytes(hint.as_bytes()));
        }
    }
    for ((check, rule), more) in of_rules {
        if more > SHOWN_HINTS {
            let (more, rule) = (more - SHOWN_HINTS, display_bytes(rule.as_bytes()));
            let all = format!("mlhook-{} --json{}", check.name(), shown.again);
            ui.hint(format_args!("and {more} more like it for `{rule}`: `{all}` has all"));
        }
    }
}

/// `format: 14 files, 2 findings in 12 ms (ruff)`.
fn account(checked: &Checked) -> String {
    let word = |state: &ToolState| match state {
        ToolState::Ran => "",
        ToolState::Known => " said so before",
        ToolState::Missing { .. } => " is missing",
        ToolState::Crashed { .. } => " crashed",
    };
    let tools: Vec<String> =
        checked.tools.iter().map(|tool| format!("{}{}", tool.name, word(&tool.state))).collect();
    let tools = if tools.is_empty() { String::new() } else { format!(" ({})", tools.join(", ")) };
    format!(
        "{}: {}, {} in {} ms{tools}",
        checked.check.name(),
        count(checked.files, "file"),
        count(checked.findings.len(), "finding"),
        checked.duration.as_millis(),
    )
}

/// The last line: how much was found, and what does away with it.
fn summary(report: &Report, shown: Shown<'_>) -> Option<String> {
    let findings: Vec<&Finding> =
        report.checks.iter().flat_map(|checked| &checked.findings).collect();
    let files = report.checks.iter().map(|checked| checked.files).max().unwrap_or(0);
    if findings.is_empty() {
        let silent = !shown.asked || report.is_broken();
        return (!silent).then(|| match (files, report.fixed.len()) {
            (0, _) => "no files to check".to_owned(),
            (_, 0) => format!("nothing found in {}", count(files, "file")),
            (_, fixed) => format!("fixed {fixed} of {}", count(files, "file")),
        });
    }
    let touched: BTreeSet<&RepoPath> = findings.iter().map(|found| &found.place.path).collect();
    let warnings = findings.iter().filter(|found| found.level == Level::Warning).count();
    let mut text = count(findings.len(), "finding");
    match warnings {
        0 => {}
        _ if warnings == findings.len() => text = count(warnings, "warning"),
        _ => {
            let _ = write!(text, ", {} of them", count(warnings, "warning"));
        }
    }
    let _ = match report.checks.len() {
        1 => write!(text, " in {} of {}", touched.len(), count(files, "file")),
        _ => write!(text, " in {}", count(touched.len(), "file")),
    };
    let correcting = report.checks.iter().filter(|checked| {
        report.fixed.is_empty() && checked.findings.iter().any(|found| found.fixable)
    });
    let commands: Vec<String> = correcting.map(|checked| fix(checked, shown.again)).collect();
    if !commands.is_empty() {
        let _ = write!(text, "; fix: {}", commands.join(" && "));
    }
    Some(text)
}

/// The command that corrects what a check found.
fn fix(checked: &Checked, again: &str) -> String {
    format!("mlhook-{} --fix{again}", checked.check.name())
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
