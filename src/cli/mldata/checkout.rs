//! `git mldata checkout`.

use super::args::{Jobs, Targets};
use crate::cli::{CliError, Outcome, Ui};
use crate::data::checkout::{self, CheckedOut, Options, Report};
use crate::fs::RepoPath;

/// Make the worktree match the pointers
///
/// Writes what the pointers name, from the cache. Data that is not in the cache is never overwritten
/// or removed; other targets still proceed. Files that the pointers no longer name are removed if
/// they are unchanged since they were checked out. The network is not used: `git mldata pull` fetches
/// first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata checkout                   everything
  git mldata checkout data/raw          one directory
  git mldata checkout data/raw/a.csv    one file of a tracked directory")]
pub struct CheckoutArgs {
    #[command(flatten)]
    pub targets: Targets,
    /// Replace changed data too; it is kept, and `git mldata recover` brings it back
    #[arg(short, long)]
    pub force: bool,
    /// Make files anew that match already, so that they share their bytes with the cache
    #[arg(long)]
    pub relink: bool,
    /// Leave out what is not in the cache, instead of failing
    #[arg(long)]
    pub allow_missing: bool,
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub jobs: Jobs,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    targets: Vec<JsonTarget>,
    errors: Vec<String>,
}

#[derive(serde::Serialize)]
pub(in crate::cli) struct JsonTarget {
    path: String,
    written: u64,
    removed: u64,
    /// The recovery entry that holds what was displaced.
    recovery: Option<String>,
}

pub fn run(ui: &Ui, args: CheckoutArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    let options = Options {
        force: args.force,
        relink: args.relink,
        allow_missing: args.allow_missing,
        dry_run: args.dry_run,
        follow: false,
        jobs: args.jobs.count(),
    };
    let progress = ui.progress("Checking out");
    let report = checkout::checkout(&project, &args.targets.targets, options, &progress)?;
    drop(progress);
    if args.json {
        let errors = report.errors.iter().map(ToString::to_string).collect();
        ui.json(&Json { dry_run: args.dry_run, targets: json(ui, &report), errors })?;
    } else {
        show(ui, &report, args.dry_run);
    }
    super::conclude(ui, report.errors)
}

pub(in crate::cli) fn json(ui: &Ui, report: &Report) -> Vec<JsonTarget> {
    let target = |done: &CheckedOut| JsonTarget {
        path: ui.path(&done.path),
        written: done.counts.written,
        removed: done.counts.removed,
        recovery: done.recovery.clone(),
    };
    report.targets.iter().map(target).collect()
}

/// Tells what a killed command had displaced and this one moved back.
pub(super) fn show_rolled_back(ui: &Ui, paths: &[RepoPath]) {
    for path in paths {
        ui.status(format_args!(
            "Moved `{}` back, which a command had displaced that was killed.",
            ui.path(path)
        ));
    }
}

pub(in crate::cli) fn show(ui: &Ui, report: &Report, dry_run: bool) {
    show_rolled_back(ui, &report.rolled_back);
    for done in &report.targets {
        let path = ui.path(&done.path);
        let counts = done.counts;
        if done.orphaned {
            ui.status(format_args!("Removed `{path}`, which this commit does not have."));
            continue;
        }
        let mut parts = Vec::new();
        let mut part = |count: u64, one: &str, many: &str| match count {
            0 => {}
            1 => parts.push(format!("1 file {one}")),
            count => parts.push(format!("{} files {many}", indicatif::HumanCount(count))),
        };
        part(counts.written, "written", "written");
        part(counts.removed, "removed", "removed");
        if parts.is_empty() && done.recovery.is_none() {
            continue;
        }
        let verb = if dry_run { "Would check out" } else { "Checked out" };
        ui.status(format_args!("{verb} `{path}`: {}.", parts.join(", ")));
        if let Some(id) = &done.recovery {
            ui.hint(format_args!(
                "what was in the way is kept: `git mldata recover restore {id}` brings it back"
            ));
        }
    }
}
