//! `git mlrun gc`.

use super::recorded::{finalise, finalise_all};
use crate::cli::{CliError, Outcome, Ui};
use crate::format::run::RunId;
use crate::runs::{Store, gc};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Drop runs that were deleted long ago
///
/// Takes the files of deleted runs out of the store, stores what killed commands recorded, and removes
/// what they left. That a run was deleted is remembered, so that no pull brings it back. History is not rewritten: the
/// commits before still hold the files, here and in every clone.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun gc                    runs deleted more than 30 days ago
  git mlrun gc --expire 0d        all deleted runs
  git mlrun gc -n                 show what would go")]
pub struct GcArgs {
    /// Keep what was deleted less than this long ago: days (`30d`), hours (`12h`) or weeks (`2w`)
    #[arg(long, value_name = "AGE", default_value = "30d", value_parser = age)]
    pub expire: i64,
    /// Also store what runners recorded that may still be at work elsewhere
    ///
    /// On another machine that shares this repository, or in another container: only you can know that
    /// they are dead.
    #[arg(long)]
    pub force: bool,
    /// Show what would go, and change nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    /// Deleted runs whose files are no longer in the store.
    dropped: Vec<RunId>,
    /// Bytes of these files, before compression.
    bytes: u64,
    /// Refs of recordings that were over.
    refs: Vec<String>,
    errors: Vec<String>,
}

pub fn run(ui: &Ui, args: &GcArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    match (args.dry_run, args.force) {
        (true, _) => {}
        (false, false) => finalise(ui, &project),
        (false, true) => finalise_all(ui, &project),
    }
    let store = Store::new(&project.repo);
    let before = jiff::Timestamp::now().as_millisecond().saturating_sub(args.expire);
    // What was deleted this very moment is older than nothing.
    let before = if args.expire == 0 { i64::MAX } else { before };
    let report = gc::gc(&project, &store, before, args.dry_run)?;
    let is_bad = !report.errors.is_empty();
    if args.json {
        ui.json(&Json {
            dry_run: args.dry_run,
            dropped: report.dropped.clone(),
            bytes: report.bytes,
            refs: report.refs.clone(),
            errors: report.errors.iter().map(ToString::to_string).collect(),
        })?;
    } else {
        show(ui, &report, args.dry_run);
    }
    for error in report.errors.iter().take(crate::cli::global::SHOWN_ERRORS) {
        ui.warn(error);
    }
    if is_bad {
        let count = report.errors.len() as u64;
        return Err(CliError::user(format!(
            "what was said about runs cannot be read in {count} places; that was left as it is"
        )));
    }
    Ok(Outcome::Done)
}

fn show(ui: &Ui, report: &gc::Report, dry_run: bool) {
    let drop = if dry_run { "Would drop" } else { "Dropped" };
    let remove = if dry_run { "Would remove" } else { "Removed" };
    if !report.dropped.is_empty() {
        let runs = super::args::runs(report.dropped.len() as u64);
        let size = indicatif::HumanBytes(report.bytes);
        ui.status(format_args!("{drop} {runs}, {size}; the store's history keeps these bytes."));
    }
    for name in &report.refs {
        let name = crate::fs::display_bytes(name.as_bytes());
        ui.status(format_args!("{remove} `{name}`: its recording is over."));
    }
    if report.dropped.is_empty() && report.refs.is_empty() {
        ui.status("Nothing to drop.");
    }
}

/// Milliseconds.
fn age(text: &str) -> Result<i64, String> {
    let wrong = || "expected a number and a unit: `30d`, `12h` or `2w`".to_owned();
    let (at, unit) = text.char_indices().next_back().ok_or_else(wrong)?;
    let unit = match unit {
        'h' => DAY_MS / 24,
        'd' => DAY_MS,
        'w' => 7 * DAY_MS,
        _ => return Err(wrong()),
    };
    let count: u32 = text[..at].parse().map_err(|_| wrong())?;
    i64::from(count).checked_mul(unit).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_units() {
        assert_eq!(age("30d"), Ok(30 * DAY_MS));
        assert_eq!((age("12h"), age("2w")), (Ok(DAY_MS / 2), Ok(14 * DAY_MS)));
        assert_eq!(age("0d"), Ok(0));
        for bad in ["", "d", "30", "-1d", "1é", "1.5d", "99999999999d"] {
            assert!(age(bad).is_err(), "{bad}");
        }
    }
}
