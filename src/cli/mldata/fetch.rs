//! `git mldata fetch`.

use super::args::Transfer;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::fetch::{self, Fetched, Options, Report};

/// Bring data from a remote into the cache
///
/// The worktree stays as it is; `git mldata pull` also checks the data out.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata fetch                      what the pointers in the worktree name
  git mldata fetch data/raw             one directory of it
  git mldata fetch --all-branches       also what other branches name, to switch without a network")]
pub struct FetchArgs {
    #[command(flatten)]
    pub transfer: Transfer,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    remotes: Vec<JsonRemote>,
    errors: Vec<String>,
}

#[derive(serde::Serialize)]
pub(in crate::cli) struct JsonRemote {
    remote: String,
    place: String,
    objects: u64,
    bytes: u64,
    bytes_received: u64,
    damaged: Vec<String>,
}

pub fn run(ui: &Ui, args: FetchArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    let transfer = &args.transfer;
    let options = options(transfer);
    let progress = ui.progress("Fetching");
    let report = fetch::fetch(&project, &transfer.targets.targets, &options, &progress)?;
    drop(progress);
    if transfer.json {
        let errors = report.errors.iter().map(ToString::to_string).collect();
        ui.json(&Json { dry_run: transfer.dry_run, remotes: json(&report), errors })?;
    } else {
        show(ui, &report, transfer.dry_run);
        if report.remotes.iter().all(|fetched| fetched.report.objects == 0)
            && report.errors.is_empty()
        {
            ui.status("Nothing to fetch: everything is in the cache.");
        }
    }
    super::conclude(ui, report.errors)
}

pub(super) fn options(transfer: &Transfer) -> Options {
    Options {
        remote: transfer.remote.clone(),
        revisions: transfer.revisions(),
        dry_run: transfer.dry_run,
        jobs: transfer.jobs.count(),
    }
}

pub(in crate::cli) fn show(ui: &Ui, report: &Report, dry_run: bool) {
    for fetched in &report.remotes {
        let done = &fetched.report;
        for damaged in &done.damaged {
            ui.warn(damaged);
        }
        if done.objects == 0 {
            continue;
        }
        let verb = if dry_run { "Would fetch" } else { "Fetched" };
        let size = indicatif::HumanBytes(done.bytes);
        let objects = super::objects(done.objects);
        ui.status(format_args!("{verb} {objects}, {size} from `{}`.", fetched.remote));
    }
}

pub(in crate::cli) fn json(report: &Report) -> Vec<JsonRemote> {
    let remote = |fetched: &Fetched| JsonRemote {
        remote: fetched.remote.clone(),
        place: fetched.place.clone(),
        objects: fetched.report.objects,
        bytes: fetched.report.bytes,
        bytes_received: fetched.report.received,
        damaged: fetched.report.damaged.iter().map(ToString::to_string).collect(),
    };
    report.remotes.iter().map(remote).collect()
}
