//! `git mldata add`.

use super::args::{Jobs, Targets};
use crate::cli::{CliError, Outcome, Ui};
use crate::data::add::{self, Added, Options, Report};
use crate::format::ObjectId;
use crate::fs::shell_word;

/// Put files and directories under version control, or record their changes
///
/// Each target gets a small text file beside it, NAME.mldata, which Git tracks instead of the data,
/// and a line in `.gitignore`. The bytes go to the cache. A path inside a directory that is already
/// tracked updates that directory by exactly this path. Without targets, everything tracked that
/// has changed is recorded.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata add data/raw images/       track two directories
  git mldata add data/raw/new.csv       record one file of a tracked directory
  git mldata add                        record every change of tracked data
  git commit -m \"new data\"              Git commits the pointers")]
pub struct AddArgs {
    #[command(flatten)]
    pub targets: Targets,
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Record what is here even where it would undo a newer version that Git brought
    #[arg(short, long)]
    pub force: bool,
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
    /// Files to commit, staged already or not.
    to_commit: Vec<String>,
    staged: bool,
    errors: Vec<String>,
}

#[derive(serde::Serialize)]
struct JsonTarget {
    path: String,
    pointer: String,
    /// `new`, `changed` or `unchanged`.
    state: &'static str,
    oid: ObjectId,
    size: u64,
    files: u64,
}

pub fn run(ui: &Ui, args: AddArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    let options = Options { dry_run: args.dry_run, force: args.force, jobs: args.jobs.count() };
    let progress = ui.progress("Adding");
    let report = add::add(&project, &args.targets.targets, options, &progress)?;
    drop(progress);
    if args.json {
        ui.json(&json(ui, &report, args.dry_run))?;
    } else {
        show(ui, &report, args.dry_run);
    }
    super::conclude(ui, report.errors)
}

fn state(added: &Added) -> &'static str {
    match added.before {
        None => "new",
        Some(_) if added.is_changed() => "changed",
        Some(_) => "unchanged",
    }
}

fn show(ui: &Ui, report: &Report, dry_run: bool) {
    super::checkout::show_rolled_back(ui, &report.rolled_back);
    for added in &report.added {
        let verb = match (state(added), dry_run) {
            ("unchanged", _) => continue,
            ("new", false) => "Added",
            ("new", true) => "Would add",
            (_, false) => "Updated",
            (_, true) => "Would update",
        };
        let size = indicatif::HumanBytes(added.target.size());
        let what = match added.target.files() {
            _ if !added.target.is_directory() => format!("{size}"),
            1 => format!("1 file, {size}"),
            files => format!("{} files, {size}", indicatif::HumanCount(files)),
        };
        ui.status(format_args!("{verb} `{}`: {what}.", ui.path(&added.path)));
    }
    if report.added.iter().all(|added| !added.is_changed()) && report.errors.is_empty() {
        ui.status("Nothing to do: no tracked data has changed.");
    }
    for (one, other) in &report.collisions {
        ui.warn(format_args!(
            "`{}` and `{}` are one name on some file systems; they cannot both be checked out there",
            ui.path(one),
            ui.path(other)
        ));
    }
    if !report.to_commit.is_empty() && !report.staged && !dry_run {
        let files: Vec<String> =
            report.to_commit.iter().map(|path| shell_word(ui.path(path))).collect();
        ui.hint(format_args!("to commit this, run `git add {}`", files.join(" ")));
    }
}

fn json(ui: &Ui, report: &Report, dry_run: bool) -> Json {
    let target = |added: &Added| JsonTarget {
        path: ui.path(&added.path),
        pointer: ui.path(&added.pointer_path),
        state: state(added),
        oid: added.target.oid(),
        size: added.target.size(),
        files: added.target.files(),
    };
    Json {
        dry_run,
        targets: report.added.iter().map(target).collect(),
        to_commit: report.to_commit.iter().map(|path| ui.path(path)).collect(),
        staged: report.staged,
        errors: report.errors.iter().map(ToString::to_string).collect(),
    }
}
