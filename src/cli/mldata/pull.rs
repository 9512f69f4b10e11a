//! `git mldata pull`.

use super::args::Transfer;
use crate::cli::{CliError, Outcome, Ui};

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

pub fn run(_ui: &Ui, args: PullArgs) -> Result<Outcome, CliError> {
    Err(super::not_wired("pull", &args, &args.transfer.targets.targets))
}
