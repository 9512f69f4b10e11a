//! Several checks in one go.
//!
//! A check that corrects makes other texts for those that come after it ([`Check::ALL`]): these wait.
//! All others run side by side. Whatever finishes first, the report has them in their order.
//!
//! # When corrections are made
//!
//! A hook corrects as the settings say, and a commit that is stopped changes nothing: where a check found
//! something that cannot be corrected, or broke, all corrections are withheld. Findings would then have
//! places in texts that are nowhere; so checks that corrected, or saw corrected texts, judge once more what
//! is staged. Tools know most of it from before.
//!
//! Who asks for corrections ([`Options::mode`]) gets those that can be made, and findings have their places
//! in the corrected texts. Of a check that broke nothing is taken either way: half of its work would be.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::{
    Check, Checked, Error, Files, Fix, Mode, Origin, Report, Result, Settings, apply, data, format,
    lint, notebooks,
};
use crate::git::Config;

/// How checks are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Each once.
    pub checks: Vec<Check>,
    /// `None`: as each check's settings say.
    pub mode: Option<Mode>,
    /// Whether the user asked for these checks, or a hook does. A hook takes no tool that the project
    /// has not chosen.
    pub asked: bool,
    /// Names of rules that are left out.
    pub skipped: Vec<String>,
}

/// Runs checks on `files`, and makes their corrections. `config` is overlaid by the committed file of the
/// state that the files belong to.
///
/// # Errors
/// A setting means nothing, or something cannot be read; corrections cannot be made ([`apply::apply`]).
pub fn run(files: &mut Files<'_>, config: &Config, options: &Options) -> Result<Report> {
    let config = files.config(config)?;
    let steps = steps(files, &config, options)?;
    let unknown = super::settings::unknown(&config, steps.iter().map(|step| step.check));
    let mut report = Report { unknown, ..Report::default() };
    // Of each check, whether it judged corrected texts, or made some.
    let mut has_corrected = Vec::new();
    while report.checks.len() < steps.len() {
        let rest = &steps[report.checks.len()..];
        let now = rest.iter().position(Step::corrects).map_or(rest.len(), |at| at + 1);
        let saw_corrected = files.corrected().next().is_some();
        for (mut checked, fixes) in side_by_side(files, rest[..now].iter(), options.asked)? {
            has_corrected.push(saw_corrected || !fixes.is_empty());
            if checked.is_broken() {
                report.withheld += fixes.len();
                checked.forget(fixes.iter().map(|fix| &fix.path));
            } else {
                checked.corrected = fixes.len();
                fixes.into_iter().for_each(|fix| files.correct(fix));
            }
            report.checks.push(checked);
        }
    }
    if super::tools::is_interrupted() {
        return Err(Error::Interrupted);
    }
    let Some(mode) = steps.iter().find(|step| step.corrects()).map(|step| step.mode) else {
        return Ok(report);
    };
    if options.mode.is_none() && (report.has_failed() || report.is_broken()) {
        withhold(files, &mut report, &steps, &has_corrected, options.asked)?;
        return Ok(report);
    }
    // Whatever the mode is that some checks correct in, it is the same for all of them: what is read from
    // the worktree is not staged, and what is read from the index is.
    let applied = apply::apply(files, mode)?;
    report.fixed = applied.fixed;
    report.overtaken = applied.overtaken;
    report.left_behind = applied.left_behind;
    Ok(report)
}

/// Takes corrections back, and lets the report be about the texts that are left.
fn withhold(
    files: &mut Files<'_>,
    report: &mut Report,
    steps: &[Step],
    has_corrected: &[bool],
    asked: bool,
) -> Result<()> {
    let corrected = files.take_back();
    report.withheld += corrected.len();
    let mut again = Vec::new();
    for (at, checked) in report.checks.iter_mut().enumerate().filter(|(at, _)| has_corrected[*at]) {
        match checked.is_broken() {
            // It would break again, after as long a time.
            true => checked.forget(corrected.iter()),
            false => again.push(at),
        }
    }
    let only_told: Vec<Step> = again.iter().map(|&at| steps[at].only_telling()).collect();
    for (at, (mut checked, _)) in again.into_iter().zip(side_by_side(files, &only_told, asked)?) {
        checked.duration += report.checks[at].duration;
        report.checks[at] = checked;
    }
    if super::tools::is_interrupted() { Err(Error::Interrupted) } else { Ok(()) }
}

/// A check, and how it is run.
struct Step {
    check: Check,
    settings: Arc<Settings>,
    mode: Mode,
}

/// The checks that are enabled.
fn steps(files: &Files<'_>, config: &Config, options: &Options) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for check in Check::ALL.into_iter().filter(|check| options.checks.contains(check)) {
        let settings = Settings::load(config, check, &options.skipped)?;
        if !options.asked && !settings.is_enabled()? {
            continue;
        }
        let mode = match options.mode {
            Some(mode) => mode,
            None => settings.mode()?,
        };
        let mode = match (mode, files.origin) {
            (Mode::Fix, Origin::Worktree) => Mode::FixWorktree,
            _ => mode,
        };
        if mode != Mode::Check && matches!(files.origin, Origin::Commit(_)) {
            return Err(Error::FixOfCommit);
        }
        steps.push(Step { check, settings: Arc::new(settings), mode });
    }
    Ok(steps)
}

impl Step {
    fn corrects(&self) -> bool {
        self.mode != Mode::Check
    }

    fn only_telling(&self) -> Step {
        Step { check: self.check, settings: Arc::clone(&self.settings), mode: Mode::Check }
    }

    fn check(&self, files: &Files<'_>, asked: bool) -> Result<(Checked, Vec<Fix>)> {
        let started = Instant::now();
        let (settings, mode) = (&*self.settings, self.mode);
        let (mut checked, fixes) = match self.check {
            Check::Notebooks => notebooks::check(files, settings, mode)?,
            Check::Format => format::check(files, settings, mode, asked)?,
            Check::Lint => lint::check(files, settings, mode, asked)?,
            Check::Data => (data::check(files, settings)?, Vec::new()),
        };
        debug_assert!(fixes.is_empty() || self.corrects(), "a check corrects that shall only tell");
        checked.duration = started.elapsed();
        checked.findings.sort_by(|a, b| a.place.cmp(&b.place));
        Ok((checked, fixes))
    }
}

/// What comes of each of `steps`, in their order, and of errors the first.
fn side_by_side<'s>(
    files: &Files<'_>,
    steps: impl IntoIterator<Item = &'s Step>,
    asked: bool,
) -> Result<Vec<(Checked, Vec<Fix>)>> {
    let mut steps = steps.into_iter();
    let Some(first) = steps.next() else { return Ok(Vec::new()) };
    thread::scope(|scope| {
        let others: Vec<_> =
            steps.map(|step| scope.spawn(move || step.check(files, asked))).collect();
        let first = first.check(files, asked);
        let others = others.into_iter().map(|other| {
            // A bug there is one here.
            other.join().unwrap_or_else(|panic| resume_unwind(panic))
        });
        std::iter::once(first).chain(others).collect()
    })
}
