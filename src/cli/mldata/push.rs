//! `git mldata push`.

use super::args::Transfer;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::push::{self, Options, Pushed, Report};

/// Send data to a remote
///
/// Sends what the pointers in the worktree name and the remote lacks. Push data before, or with, the
/// commits that name it: the hook pre-push makes `git push` take along the data that no remote has.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata push                       what is checked out
  git mldata push data/raw              one directory of it
  git mldata push --all-branches        what every branch names
  git mldata push --rev main~10..main   what ten commits name")]
pub struct PushArgs {
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
struct JsonRemote {
    remote: String,
    place: String,
    objects: u64,
    bytes: u64,
    /// After compression, without what was there.
    bytes_sent: u64,
    damaged: Vec<String>,
}

pub fn run(ui: &Ui, args: PushArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    let Transfer { targets, remote, dry_run, json, jobs, .. } = &args.transfer;
    let options = Options {
        remote: remote.clone(),
        revisions: args.transfer.revisions(),
        dry_run: *dry_run,
        jobs: jobs.count(),
    };
    let progress = ui.progress("Pushing");
    let report = push::push(&project, &targets.targets, &options, &progress)?;
    drop(progress);
    if *json {
        let remotes = report.remotes.iter().map(json_remote).collect();
        let errors = report.errors.iter().map(ToString::to_string).collect();
        ui.json(&Json { dry_run: *dry_run, remotes, errors })?;
    } else {
        show(ui, &report, *dry_run);
    }
    super::conclude(ui, report.errors)
}

fn show(ui: &Ui, report: &Report, dry_run: bool) {
    for pushed in &report.remotes {
        let done = &pushed.report;
        for damaged in &done.damaged {
            ui.warn(damaged);
        }
        let name = &pushed.remote;
        if done.objects == 0 {
            if done.missing.is_empty() && report.errors.is_empty() {
                ui.status(format_args!("Everything is on `{name}`."));
            }
            continue;
        }
        let verb = if dry_run { "Would push" } else { "Pushed" };
        let size = indicatif::HumanBytes(done.bytes);
        let sent = match dry_run {
            true => String::new(),
            false => format!(" ({} sent)", indicatif::HumanBytes(done.sent)),
        };
        let objects = super::objects(done.objects);
        ui.status(format_args!("{verb} {objects}, {size}{sent} to `{name}`."));
    }
    if report.remotes.is_empty() && report.errors.is_empty() {
        ui.status("Nothing to push: no data is tracked.");
    }
}

fn json_remote(pushed: &Pushed) -> JsonRemote {
    JsonRemote {
        remote: pushed.remote.clone(),
        place: pushed.place.clone(),
        objects: pushed.report.objects,
        bytes: pushed.report.bytes,
        bytes_sent: pushed.report.sent,
        damaged: pushed.report.damaged.iter().map(ToString::to_string).collect(),
    }
}
