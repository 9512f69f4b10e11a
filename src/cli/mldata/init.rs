//! `git mldata init`.

use crate::cli::{CliError, Outcome, Ui};

/// Prepare this repository: settings, merge rules and hooks
///
/// Creates `.mldataconfig`, tells Git in `.gitattributes` how to merge `.gitignore` files, and
/// installs the hooks that keep data in step with branches. What is there already is left alone: an
/// existing hook is never changed, the line to add to it is shown instead. Running it again does no
/// harm.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Install no hooks: after `git switch`, run `git mldata checkout` yourself
    #[arg(long)]
    pub no_hooks: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

pub fn run(_ui: &Ui, args: InitArgs) -> Result<Outcome, CliError> {
    Err(super::not_wired("init", &args, &[]))
}
