//! `git mldata pull`.

use super::args::Transfer;
use super::{checkout, fetch};
use crate::cli::{CliError, Outcome, Ui};
use crate::data::Error;
use crate::data::checkout::Options;
use crate::data::fetch::pull;

/// Bring data from a remote and check it out
///
/// The same as `git mldata fetch` followed by `git mldata checkout`. Run it after `git clone`, and
/// after `git pull`, which brings the pointers only.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata pull                       everything
  git mldata pull data/raw/a.csv        one file of a tracked directory")]
pub struct PullArgs {
    #[command(flatten)]
    pub transfer: Transfer,
    /// Replace changed data too; it is kept, and `git mldata recover` brings it back
    #[arg(short, long)]
    pub force: bool,
    /// Leave out what the remote lacks, instead of failing
    #[arg(long)]
    pub allow_missing: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    remotes: Vec<fetch::JsonRemote>,
    targets: Vec<checkout::JsonTarget>,
    errors: Vec<String>,
}

pub fn run(ui: &Ui, args: PullArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    let transfer = &args.transfer;
    let options = fetch::options(transfer);
    let checkout_options = Options {
        force: args.force,
        allow_missing: args.allow_missing,
        dry_run: transfer.dry_run,
        jobs: transfer.jobs.count(),
        ..Options::default()
    };
    let progress = ui.progress("Pulling");
    let targets = &transfer.targets.targets;
    let (fetched, checked_out) = pull(&project, targets, &options, checkout_options, &progress)?;
    drop(progress);
    let mut errors = fetched.errors;
    if args.allow_missing {
        let lost = errors.extract_if(.., |error| matches!(error, Error::Lost { .. }));
        for (at, error) in lost.enumerate() {
            if at < super::SHOWN_ERRORS {
                ui.warn(&error);
            }
        }
    }
    let nothing = errors.is_empty() && checked_out.errors.is_empty();
    // What could not be fetched was named; that it is not in the cache is no news.
    let told = !errors.is_empty();
    let is_news = |error: &Error| !(told && matches!(error, Error::NotInCache { .. }));
    errors.extend(checked_out.errors.into_iter().filter(is_news));
    let fetched = crate::data::fetch::Report { errors: Vec::new(), ..fetched };
    let checked_out = crate::data::checkout::Report { errors: Vec::new(), ..checked_out };
    if transfer.json {
        ui.json(&Json {
            dry_run: transfer.dry_run,
            remotes: fetch::json(&fetched),
            targets: checkout::json(ui, &checked_out),
            errors: errors.iter().map(ToString::to_string).collect(),
        })?;
    } else {
        fetch::show(ui, &fetched, transfer.dry_run);
        checkout::show(ui, &checked_out, transfer.dry_run);
        if nothing
            && checked_out.targets.is_empty()
            && fetched.remotes.iter().all(|remote| remote.report.objects == 0)
        {
            ui.status("Already up to date.");
        }
    }
    super::conclude(ui, errors)
}
