//! Several checks in one go.

use std::time::Instant;

use super::{
    Check, Checked, Error, Files, Mode, Origin, Report, Result, Settings, apply, data, format,
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

/// Runs checks on `files`. Corrections are applied when nothing failed; else everything is as it was.
pub fn run(files: &mut Files<'_>, config: &Config, options: &Options) -> Result<Report> {
    let mut report = Report::default();
    // Whatever the mode is that some checks correct in, it is the same for all of them: what is read from
    // the worktree is not staged, and what is read from the index is.
    let mut fix = None;
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
        if mode != Mode::Check {
            fix = Some(mode);
        }
        files.accept_corrections(mode != Mode::Check);
        let started = Instant::now();
        let mut checked: Checked = match check {
            Check::Notebooks => notebooks::check(files, &settings, mode)?,
            Check::Format => format::check(files, &settings, mode, options.asked)?,
            Check::Lint => lint::check(files, &settings, mode, options.asked)?,
            Check::Data => data::check(files, &settings)?,
        };
        checked.duration = started.elapsed();
        checked.findings.sort_by(|a, b| a.place.cmp(&b.place));
        report.checks.push(checked);
    }
    if super::tools::is_interrupted() {
        return Err(Error::Interrupted);
    }
    let corrected = files.corrected().count();
    let Some(mode) = fix.filter(|_| corrected > 0) else { return Ok(report) };
    if report.has_failed() || report.is_broken() {
        report.withheld = corrected;
        return Ok(report);
    }
    let applied = apply::apply(files, mode)?;
    report.fixed = applied.fixed;
    report.overtaken = applied.overtaken;
    Ok(report)
}
