//! `git mlrun fetch` and `git mlrun pull`.

use super::args::{SyncRemote, runs};
use crate::cli::{CliError, Outcome, Ui};
use crate::fs::shell_word;
use crate::runs::Store;
use crate::runs::merge::Merge;
use crate::runs::sync::{Fetched, Remote};

/// Bring the runs of another repository beside those here
///
/// They come to `refs/mlrun-remotes/REMOTE/runs`; `git mlrun pull` also merges them into the runs here.
/// Logs, curves and outs in the cache of somebody else come when they are asked for.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun fetch                 from the remote of this branch, or `mlrun.remote`
  git mlrun fetch upstream        from another")]
pub struct FetchArgs {
    #[command(flatten)]
    pub remote: SyncRemote,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Bring the runs of another repository
///
/// Fetches them and merges them into the runs here: by id, so that nothing here is lost. What was said
/// about a run on both sides is settled by the later word. The worktree stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun pull                  from the remote of this branch, or `mlrun.remote`
  git mlrun pull upstream         from another")]
pub struct PullArgs {
    #[command(flatten)]
    pub remote: SyncRemote,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    remote: String,
    /// Runs that were not among those here.
    runs: u64,
    /// The last commit of the store there; null if there are no runs.
    tip: Option<String>,
    /// Whether the runs here changed.
    merged: bool,
    warnings: Vec<String>,
}

pub fn fetch(ui: &Ui, args: &FetchArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    let show = args.remote.shows(ui);
    let remote = Remote::choose(&project.repo, &project.config, args.remote.name(), show)?;
    let fetched = remote.fetch(&Store::new(&project.repo))?;
    report(ui, &remote.name, &fetched, None, args.json)
}

pub fn pull(ui: &Ui, args: &PullArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    super::recorded::finalise(ui, &project);
    let show = args.remote.shows(ui);
    let remote = Remote::choose(&project.repo, &project.config, args.remote.name(), show)?;
    let (fetched, merge) = remote.pull(&Store::new(&project.repo))?;
    report(ui, &remote.name, &fetched, Some(merge), args.json)
}

fn report(
    ui: &Ui,
    name: &str,
    fetched: &Fetched,
    merge: Option<Merge>,
    json: bool,
) -> Result<Outcome, CliError> {
    let count = fetched.new.runs.len() as u64;
    let merged = merge.is_some_and(|merge| merge != Merge::Nothing);
    let warnings: Vec<String> = fetched.new.errors.iter().map(ToString::to_string).collect();
    if json {
        let tip = fetched.tip.map(|tip| tip.to_string());
        let remote = name.to_owned();
        ui.json(&Json { remote, runs: count, tip, merged, warnings })?;
        return Ok(Outcome::Done);
    }
    for warning in warnings {
        ui.warn(warning);
    }
    match (fetched.tip, count, merge) {
        (None, ..) => ui.status(format_args!("There are no runs on `{name}`.")),
        (_, 0, None) => ui.status(format_args!("There are no new runs on `{name}`.")),
        (_, 0, Some(Merge::Nothing)) => ui.status("Already up to date."),
        (_, 0, Some(_)) => ui.status(format_args!("Got what was said about runs on `{name}`.")),
        (_, count, None) => {
            ui.status(format_args!("Fetched {} from `{name}`.", runs(count)));
            ui.hint(format_args!("`git mlrun pull {}` merges them", shell_word(name)));
        }
        (_, count, Some(_)) => ui.status(format_args!("Got {} from `{name}`.", runs(count))),
    }
    Ok(Outcome::Done)
}
