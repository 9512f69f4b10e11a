//! `git mldata add`.

use super::args::{Jobs, Targets};
use crate::cli::{CliError, Outcome, Ui};

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

pub fn run(_ui: &Ui, args: AddArgs) -> Result<Outcome, CliError> {
    Err(super::not_wired("add", &args, &args.targets.targets))
}
