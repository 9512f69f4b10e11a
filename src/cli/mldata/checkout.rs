//! `git mldata checkout`.

use super::args::{Jobs, Targets};
use crate::cli::{CliError, Outcome, Ui};

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

pub fn run(_ui: &Ui, args: CheckoutArgs) -> Result<Outcome, CliError> {
    Err(super::not_wired("checkout", &args, &args.targets.targets))
}
