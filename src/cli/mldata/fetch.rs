//! `git mldata fetch`.

use super::args::Transfer;
use crate::cli::{CliError, Outcome, Ui};

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

pub fn run(_ui: &Ui, args: FetchArgs) -> Result<Outcome, CliError> {
    Err(super::not_wired("fetch", &args, &args.transfer.targets.targets))
}
