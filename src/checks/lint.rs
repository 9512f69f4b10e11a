//! Lint of Python files, by the tools of the project: ruff, or flake8; and interrogate.
//!
//! Only ruff corrects, and only what changes nothing of what the program does. Removing an import may leave
//! blank lines that a formatter would remove, and this check comes after the format's: a text that ruff
//! would leave as it is before the correction is formatted after it.

mod docstrings;

use std::collections::BTreeMap;

use super::tools::{Docs, Judged, Kind, Problem, Session, Subject, Task, Verdict};
use super::{Check, Checked, Files, Fix, Ignored, Mode, Result, Settings, apply};
use crate::fs::RepoPath;

/// The rule against what interrogate complains about.
pub(super) const DOCSTRING: &str = "docstring";

/// Lints, and makes the corrections that ruff can make: findings are about the corrected texts then.
/// `asked`: see [`super::tools`].
pub fn check(
    files: &Files<'_>,
    settings: &Settings,
    mode: Mode,
    asked: bool,
) -> Result<(Checked, Vec<Fix>)> {
    let mut checked = Checked::new(Check::Lint);
    let (mut from, mut docs, mut fixes) = (0, Documented::new(), Vec::new());
    loop {
        let subjects = Subject::next(files, settings, &mut checked, &mut from)?;
        if subjects.is_empty() {
            break;
        }
        fixes.extend(Session::open(files, settings, Check::Lint, asked, &subjects, |session| {
            let (checked, docs, subjects) = (&mut checked, &mut docs, subjects.clone());
            Linting { session, files, settings, checked, docs, subjects }.run(mode)
        })?);
    }
    docstrings::find(docs, files, settings, asked, &mut checked)?;
    Ok((checked, fixes))
}

/// What interrogate said of each file, by the configuration that decides how much is enough.
type Documented = BTreeMap<Option<RepoPath>, Vec<(RepoPath, Docs)>>;

struct Linting<'a> {
    session: &'a Session<'a>,
    files: &'a Files<'a>,
    settings: &'a Settings,
    checked: &'a mut Checked,
    docs: &'a mut Documented,
    subjects: Vec<Subject>,
}

impl Linting<'_> {
    fn run(mut self, mode: Mode) -> Result<Vec<Fix>> {
        let mut tools: Vec<Vec<Kind>> =
            self.subjects.iter().map(|subject| self.session.tools(subject)).collect();
        self.checked.files += tools.iter().filter(|tools| !tools.is_empty()).count();
        let is_unread = |at: &usize| tools[*at].is_empty() && self.subjects[*at].is_notebook();
        self.checked.unread_notebooks += (0..tools.len()).filter(is_unread).count();
        for (at, tools) in tools.iter_mut().enumerate() {
            if !tools.is_empty() && !self.subjects[at].is_decodable() {
                tools.clear();
                self.report(at, &self.subjects[at].undecodable(), None)?;
            }
            let without_interrogate = !self.subjects[at].is_plain();
            if without_interrogate && tools.contains(&Kind::Interrogate) {
                tools.retain(|&kind| kind != Kind::Interrogate);
                self.ignore(at, "interrogate reads only UTF-8 without a byte order mark".into());
            }
        }
        let members = |kind: Kind| -> Vec<usize> {
            (0..tools.len()).filter(|&at| tools[at].contains(&kind)).collect()
        };
        let fixed = self.ruff(&members(Kind::Ruff), mode)?;
        let (flake8, interrogate) = (members(Kind::Flake8), members(Kind::Interrogate));
        let (by_flake8, by_interrogate) = rayon::join(
            || self.judge(Kind::Flake8, Task::Lint, &flake8),
            || self.judge(Kind::Interrogate, Task::Lint, &interrogate),
        );
        if let Some(judged) = by_flake8? {
            self.take(&flake8, judged)?;
            let reason =
                "flake8 runs without its `local-plugins`: a clone must bring nothing that is run";
            let ignored =
                |path: &RepoPath| Ignored { path: path.clone(), reason: reason.to_owned() };
            for path in self.session.naming_plugins() {
                // Told once, however often flake8 is asked.
                if !self.checked.ignored.iter().any(|known| known.path == *path) {
                    self.checked.ignored.push(ignored(path));
                }
            }
        }
        if let Some(judged) = by_interrogate? {
            self.take(&interrogate, judged)?;
        }
        let fix = |at: usize| {
            let subject = &self.subjects[at];
            Fix { path: subject.path.clone(), bytes: subject.text.to_vec() }
        };
        Ok(fixed.into_iter().map(fix).collect())
    }

    /// What `kind` says of these subjects; `None` if there are none.
    fn judge(&self, kind: Kind, task: Task, members: &[usize]) -> Result<Option<Judged>> {
        if members.is_empty() {
            return Ok(None);
        }
        let subjects: Vec<&Subject> = members.iter().map(|&at| &self.subjects[at]).collect();
        self.session.judge(kind, task, &subjects).map(Some)
    }

    /// Lints with ruff; returns which subjects it corrected.
    fn ruff(&mut self, members: &[usize], mode: Mode) -> Result<Vec<usize>> {
        let task = if mode == Mode::Check { Task::Lint } else { Task::LintFix };
        let Some(mut judged) = self.judge(Kind::Ruff, task, members)? else {
            return Ok(Vec::new());
        };
        let (mut corrected, mut again) = (BTreeMap::new(), Vec::new());
        let (mut said, tool) = (BTreeMap::new(), Some(judged.tool.name));
        for (&at, verdict) in members.iter().zip(&mut judged.verdicts) {
            let Some(text) = verdict.as_mut().and_then(|verdict| verdict.text.take()) else {
                continue;
            };
            // What is wrong with it is told when it is certain which text it will have. Where nothing is
            // left, as of a file that only imports what it does not use, that is the one it has.
            match apply::plausible(&self.subjects[at].text, &text) {
                Ok(()) => {
                    corrected.insert(at, text);
                    said.insert(at, verdict.take());
                }
                Err(_) => {
                    *verdict = None;
                    again.push(at);
                }
            }
        }
        self.take(members, judged)?;
        let corrected_members: Vec<usize> = corrected.keys().copied().collect();
        let formatted = self.formatted(&corrected_members)?;
        for (at, text) in corrected {
            self.set(at, text)?;
        }
        if let Some(judged) = self.judge(Kind::Ruff, Task::Format, &formatted)? {
            for (at, verdict) in formatted.into_iter().zip(judged.verdicts) {
                let text = verdict.and_then(|verdict| verdict.text);
                let text =
                    text.filter(|text| apply::plausible(&self.subjects[at].text, text).is_ok());
                if let Some(text) = text {
                    self.set(at, text)?;
                    // Its lines moved.
                    said.remove(&at);
                    again.push(at);
                }
            }
        }
        for (at, verdict) in said {
            self.tell(at, verdict, tool)?;
        }
        if let Some(judged) = self.judge(Kind::Ruff, Task::Lint, &again)? {
            self.take(&again, judged)?;
        }
        Ok(corrected_members)
    }

    /// Those of `members` that ruff would leave as they are.
    fn formatted(&self, members: &[usize]) -> Result<Vec<usize>> {
        let Some(judged) = self.judge(Kind::Ruff, Task::Format, members)? else {
            return Ok(Vec::new());
        };
        let verdicts = members.iter().zip(judged.verdicts);
        let is_clean = |verdict: &Option<Verdict>| *verdict == Some(Verdict::default());
        Ok(verdicts.filter(|(_, verdict)| is_clean(verdict)).map(|(&at, _)| at).collect())
    }

    fn set(&mut self, at: usize, text: Vec<u8>) -> Result<()> {
        self.subjects[at].id = self.files.repo().blob_id(&text)?;
        self.subjects[at].text = text.into();
        Ok(())
    }

    /// Reports what a tool said, except of docstrings, which count together.
    fn take(&mut self, members: &[usize], judged: Judged) -> Result<()> {
        let tool = Some(judged.tool.name);
        self.checked.add_tool(judged.tool);
        for (&at, verdict) in members.iter().zip(judged.verdicts) {
            self.tell(at, verdict, tool)?;
        }
        Ok(())
    }

    fn tell(
        &mut self,
        at: usize,
        verdict: Option<Verdict>,
        tool: Option<&'static str>,
    ) -> Result<()> {
        let Some(Verdict { problems, ignored, docs, text: _ }) = verdict else { return Ok(()) };
        for problem in &problems {
            self.report(at, problem, tool)?;
        }
        if let Some(reason) = ignored {
            self.ignore(at, reason);
        }
        if let Some(docs) = docs {
            let subject = &self.subjects[at];
            let config = self.session.configuration(subject, Kind::Interrogate);
            let group = self.docs.entry(config.cloned()).or_default();
            group.push((subject.path.clone(), docs));
        }
        Ok(())
    }

    fn report(&mut self, at: usize, problem: &Problem, tool: Option<&'static str>) -> Result<()> {
        let finding = problem.finding(&self.subjects[at].path, self.settings, tool)?;
        self.checked.findings.extend(finding);
        Ok(())
    }

    fn ignore(&mut self, at: usize, reason: String) {
        self.checked.ignored.push(Ignored { path: self.subjects[at].path.clone(), reason });
    }
}
