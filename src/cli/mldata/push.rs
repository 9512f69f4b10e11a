//! `git mldata push`.

use super::args::Transfer;
use crate::cli::{CliError, Outcome, Ui};

/// Send data to a remote
///
/// Sends what the pointers in the worktree name and the remote lacks. Push data before, or with, the
/// commits that name it: the hook that `git mldata init` installs stops a `git push` whose data no
/// remote has.
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

pub fn run(_ui: &Ui, args: PushArgs) -> Result<Outcome, CliError> {
    Err(super::not_wired("push", &args, &args.transfer.targets.targets))
}
