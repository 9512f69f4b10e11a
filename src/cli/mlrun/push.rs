//! `git mlrun push`.

use std::num::NonZeroUsize;

use super::args::{SyncRemote, runs};
use crate::cli::{CliError, Outcome, Ui};
use crate::runs::Store;
use crate::runs::sync::{Options, Pushed, Remote};

/// Send runs to another repository
///
/// Sends the runs that the repository lacks to its `refs/mlrun/runs`, with the code that they ran with.
/// Logs, curves and outs that are in the cache go to the remote of `git mldata` first. Runs that others
/// pushed in the meantime are merged in; nothing is ever forced.
///
/// A run of code that was not committed holds a snapshot of it, and pushing the run publishes that. How
/// much snapshots take, `mlrun.snapshot` says.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun push                  to the remote of this branch, or `mlrun.remote`
  git mlrun push upstream         to another
  git mlrun push --no-data        runs only; their logs and outs stay here
  git mlrun push -n               show what would go")]
pub struct PushArgs {
    #[command(flatten)]
    pub remote: SyncRemote,
    /// Send no logs, curves and outs to the remote of `git mldata`
    #[arg(long)]
    pub no_data: bool,
    /// Use N threads for data; as many as there are processors if not given
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Show what would be sent, and send nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    remote: String,
    dry_run: bool,
    /// Runs that went.
    runs: u64,
    /// Runs that came, because others had pushed them.
    received: u64,
    /// Runs that went with code that was not committed.
    snapshots: u64,
    /// What went to the remote for data; null if nothing had to.
    data: Option<JsonData>,
    /// Objects of these runs that are only in this cache.
    kept: u64,
    warnings: Vec<String>,
}

#[derive(serde::Serialize)]
struct JsonData {
    remote: String,
    objects: u64,
    bytes: u64,
}

pub fn run(ui: &Ui, args: &PushArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    if !args.dry_run {
        super::recorded::finalise(ui, &project);
    }
    let show = args.remote.shows(ui);
    let remote = Remote::choose(&project.repo, &project.config, args.remote.name(), show)?;
    let store = Store::new(&project.repo);
    let progress = ui.progress("Pushing data");
    let options = Options {
        dry_run: args.dry_run,
        data: !args.no_data,
        jobs: args.jobs.map(NonZeroUsize::get),
        progress: &progress,
    };
    let pushed = remote.push(&project, &store, &options)?;
    drop(progress);
    let is_empty = store.tip()?.is_none();
    if args.json {
        let data = pushed.data.as_ref().map(|data| JsonData {
            remote: data.remote.clone(),
            objects: data.report.objects,
            bytes: data.report.bytes,
        });
        ui.json(&Json {
            remote: remote.name.clone(),
            dry_run: args.dry_run,
            runs: pushed.runs,
            received: pushed.received,
            snapshots: pushed.snapshots,
            data,
            kept: pushed.kept,
            warnings: warnings(&pushed, &remote.name),
        })?;
    } else if is_empty {
        ui.status("There are no runs to push.");
    } else {
        show_pushed(ui, &pushed, &remote.name, args);
    }
    Ok(Outcome::Done)
}

fn show_pushed(ui: &Ui, pushed: &Pushed, name: &str, args: &PushArgs) {
    let (send, publish) = match args.dry_run {
        true => ("Would push", "would publish"),
        false => ("Pushed", "published"),
    };
    for warning in warnings(pushed, name) {
        ui.warn(warning);
    }
    if pushed.received > 0 {
        ui.status(format_args!("Got {} that others had pushed.", runs(pushed.received)));
    }
    if let Some(data) = &pushed.data
        && data.report.objects > 0
    {
        let objects = objects(data.report.objects);
        let size = indicatif::HumanBytes(data.report.bytes);
        ui.status(format_args!("{send} {objects}, {size} to `{}`.", data.remote));
    }
    if pushed.snapshots > 0 {
        let (runs, publish) = (runs(pushed.snapshots), publish);
        ui.warn(format_args!("this {publish} uncommitted code: the snapshots of {runs}"));
        ui.hint("`git config mlrun.snapshot none` records runs without it");
    }
    match (pushed.runs, pushed.moved) {
        (0, false) => ui.status(format_args!("Everything is on `{name}`.")),
        (0, true) => ui.status(format_args!("{send} what was said about runs to `{name}`.")),
        (count, _) => ui.status(format_args!("{send} {} to `{name}`.", runs(count))),
    }
    if pushed.kept > 0 {
        let objects = objects(pushed.kept);
        ui.warn(format_args!("only here: {objects} that these runs name (logs, curves, outs)"));
        if !args.no_data {
            ui.hint("add a remote for data: `git mldata remote add NAME DIRECTORY`");
        }
    }
}

fn warnings(pushed: &Pushed, name: &str) -> Vec<String> {
    let mut all: Vec<String> = pushed.errors.iter().map(ToString::to_string).collect();
    if let Some(data) = &pushed.data {
        all.extend(data.report.damaged.iter().map(ToString::to_string));
        all.extend(data.report.missing.iter().map(ToString::to_string));
    }
    let shown = crate::cli::global::SHOWN_ERRORS;
    if all.len() > shown {
        let more = all.len() - shown;
        all.truncate(shown);
        all.push(format!("{more} more problems with what goes to `{name}`"));
    }
    all
}

fn objects(count: u64) -> String {
    match count {
        1 => "1 object".to_owned(),
        count => format!("{} objects", indicatif::HumanCount(count)),
    }
}
