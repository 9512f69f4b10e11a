//! `git mldata status`.

use super::args::{Jobs, Targets};
use crate::cli::{CliError, Outcome, Ui};

/// Show how data differs from its pointers, and what is not here
///
/// Compares the worktree with the pointers, file by file inside directories: modified data is
/// recorded by `git mldata add`, data behind its pointer is brought up by `git mldata checkout`, and
/// data not in the cache is brought by `git mldata pull`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata status                     everything
  git mldata status data/raw            one directory
  git mldata status --remote            also what is not on the default remote
  git mldata status -q --exit-code      ask in a script: 0 clean, 1 not

In --short, two letters and a path: the first letter is the pointer's state (B behind), the second
the data's (M modified, A new, D deleted, T another type, ! not in the cache, - not checked out).")]
pub struct StatusArgs {
    #[command(flatten)]
    pub targets: Targets,
    /// Show one line for each path
    #[arg(short, long)]
    pub short: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
    /// End each path with NUL instead of a newline, unescaped; implies --short
    #[arg(short = 'z', conflicts_with = "json")]
    pub null: bool,
    /// Exit with 1 if anything differs
    #[arg(long)]
    pub exit_code: bool,
    /// Also ask the default remote, or the one named, what it lacks
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true)]
    pub remote: Option<Option<String>>,
    /// Also list what is as it should be
    #[arg(long)]
    pub unchanged: bool,
    #[command(flatten)]
    pub jobs: Jobs,
}

pub fn run(_ui: &Ui, args: StatusArgs) -> Result<Outcome, CliError> {
    Err(super::not_wired("status", &args, &args.targets.targets))
}
