//! `git mldata recover`.

use std::ffi::OsString;

use crate::cli::{CliError, Outcome, Ui};

/// Bring back what a command displaced
///
/// Whatever a command had to put out of the way (`checkout --force`, for one) is kept for 30 days,
/// or as `mldata.recoveryExpire` says. Without a subcommand, what is kept is listed.
#[derive(Debug, clap::Args)]
#[command(
    disable_help_subcommand = true,
    after_help = "\
Examples:
  git mldata recover
  git mldata recover restore 20260401-093011-checkout
  git mldata recover restore 20260401-093011-checkout data/raw/a.csv"
)]
pub struct RecoverArgs {
    #[command(subcommand)]
    pub command: Option<RecoverCommand>,
}

#[derive(Debug, clap::Subcommand)]
pub enum RecoverCommand {
    List(ListArgs),
    Restore(RestoreArgs),
    Drop(DropArgs),
}

/// List what is kept
#[derive(Debug, Default, clap::Args)]
pub struct ListArgs {
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Put displaced files back where they were
///
/// A file that has come to be there meanwhile is displaced in its turn.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// As `git mldata recover list` shows it
    #[arg(value_name = "ID")]
    pub id: String,
    /// Only these; everything under ID if none
    #[arg(value_name = "PATH", value_hint = clap::ValueHint::AnyPath)]
    pub paths: Vec<OsString>,
}

/// Delete for good what is kept under an id
#[derive(Debug, clap::Args)]
pub struct DropArgs {
    /// As `git mldata recover list` shows it
    #[arg(value_name = "ID")]
    pub id: String,
}

pub fn run(_ui: &Ui, args: RecoverArgs) -> Result<Outcome, CliError> {
    Err(super::not_wired("recover", &args, &[]))
}
