//! `git mlrun restore`.

use std::path::PathBuf;

use crate::cli::global::project;
use crate::cli::mldata::{checkout, fetch};
use crate::cli::{CliError, Outcome, Ui};
use crate::fs::{At as _, display_bytes};
use crate::runs::resolve::resolve;
use crate::runs::restore::{self, Options, Plan, Report};
use crate::runs::{Error, Runs};

/// Bring back a run: its code, its data and what it left
///
/// Makes a branch at the commit that the run was recorded with, changes that were never committed
/// included, goes there, and checks out the data that belongs to it, from the cache or from a remote.
/// What cannot be brought back is named.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
RUN is an id or the beginning of one, a name, `last`, `last~2`, or a commit.

Examples:
  git mlrun restore last                          on the branch `run/NAME`
  git mlrun restore quiet-otter-417 -b retry      on a branch of that name
  git mlrun restore 3f9a --worktree ../retry      beside what you are working on
  git mlrun restore last -n                       only show what would happen

Back to where you were:
  git switch -")]
pub struct RestoreArgs {
    /// The run to bring back
    #[arg(value_name = "RUN")]
    pub run: String,
    /// Name of the new branch, instead of `run/NAME`
    #[arg(short, long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// Make a new worktree in DIR and leave this one alone
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub worktree: Option<PathBuf>,
    /// Bring the code only
    #[arg(long)]
    pub no_data: bool,
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json<'a> {
    dry_run: bool,
    /// Id of the run.
    run: String,
    name: &'a str,
    branch: &'a str,
    commit: String,
    /// The new worktree; absent if it is this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    worktree: Option<String>,
    /// Data that was checked out.
    targets: Vec<checkout::JsonTarget>,
    remotes: Vec<fetch::JsonRemote>,
    /// Files that had been too large for the snapshot, from the top of the worktree.
    files: Vec<String>,
    /// What could not be brought back, and why.
    errors: Vec<String>,
}

pub fn run(ui: &Ui, args: RestoreArgs) -> Result<Outcome, CliError> {
    let project = project(ui)?;
    if !args.dry_run {
        super::recorded::finalise(ui, &project);
    }
    let runs = Runs::load(&project.repo)?;
    let id = resolve(&project.repo, &runs, &args.run)?;
    let absolute = |path: &PathBuf| std::path::absolute(path).at("find", path);
    let worktree = args.worktree.as_ref().map(absolute).transpose()?;
    let options = Options { branch: args.branch, worktree, no_data: args.no_data };
    let mut plan = restore::plan(&project, id, &options)?;
    let mut report = Report::default();
    if args.dry_run {
        report.files = plan.files.iter().map(|(path, _)| path.clone()).collect();
    } else {
        let progress = ui.progress("Restoring");
        report = restore::restore(&project, &plan, &progress)?;
        if let Some(path) = &plan.worktree {
            ui.set_worktree(path);
        }
    }
    let mut errors: Vec<CliError> = Vec::new();
    errors.extend(std::mem::take(&mut plan.lost).into_iter().map(CliError::from));
    errors.extend(std::mem::take(&mut report.missing).into_iter().map(CliError::from));
    let data = std::mem::take(&mut report.fetched.errors);
    errors.extend(data.into_iter().map(|error| Error::from(error).into()));
    let data = std::mem::take(&mut report.checked_out.errors);
    errors.extend(data.into_iter().map(|error| Error::from(error).into()));
    if args.json {
        ui.json(&json(ui, args.dry_run, &plan, &report, &errors))?;
    } else {
        let place = args.worktree.map(|path| format!(" in `{}`", ui.os_path(&path)));
        let verb = if args.dry_run { "Would restore" } else { "Restored" };
        ui.status(format_args!(
            "{verb} `{}` on the branch `{}`{}.",
            display_bytes(plan.name.as_bytes()),
            display_bytes(plan.branch.as_bytes()),
            place.unwrap_or_default()
        ));
        show(ui, args.dry_run, &report);
    }
    let Some(last) = errors.pop() else { return Ok(Outcome::Done) };
    errors.iter().for_each(|error| ui.error(error));
    Err(last)
}

fn show(ui: &Ui, dry_run: bool, report: &Report) {
    fetch::show(ui, &report.fetched, dry_run);
    checkout::show(ui, &report.checked_out, dry_run);
    for path in &report.files {
        let verb = if dry_run { "Would write" } else { "Wrote" };
        ui.status(format_args!(
            "{verb} `{}`, which the snapshot left to the cache.",
            ui.path(path)
        ));
    }
}

fn json<'a>(
    ui: &Ui,
    dry_run: bool,
    plan: &'a Plan,
    report: &Report,
    errors: &[CliError],
) -> Json<'a> {
    Json {
        dry_run,
        run: plan.run.to_string(),
        name: &plan.name,
        branch: &plan.branch,
        commit: plan.commit.to_string(),
        worktree: plan.worktree.as_ref().map(|path| path.to_string_lossy().into_owned()),
        targets: checkout::json(ui, &report.checked_out),
        remotes: fetch::json(&report.fetched),
        files: report.files.iter().map(ToString::to_string).collect(),
        errors: errors.iter().map(ToString::to_string).collect(),
    }
}
