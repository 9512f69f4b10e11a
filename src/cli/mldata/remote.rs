//! `git mldata remote`.

use crate::cli::{CliError, Outcome, Ui};

/// Name the places where data is shared
///
/// A remote is a directory, local or mounted, that everybody who shares the data can reach. Its name
/// and place are kept in `.mldataconfig`, which you commit, or with --local in this clone's
/// `git config`. Without a subcommand, the remotes are listed.
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true)]
pub struct RemoteArgs {
    #[command(subcommand)]
    pub command: Option<RemoteCommand>,
}

#[derive(Debug, clap::Subcommand)]
pub enum RemoteCommand {
    Add(AddArgs),
    List(ListArgs),
    Remove(RemoveArgs),
    Rename(RenameArgs),
    Default(DefaultArgs),
    SetUrl(SetUrlArgs),
}

/// Add a remote, making the directory if it does not exist
///
/// The first remote becomes the default. A directory that holds other files is not used.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata remote add store /mnt/shared/store
  git mldata remote add --local mine ~/data-store")]
pub struct AddArgs {
    /// Letters, digits, `-` and `_`
    #[arg(value_name = "NAME")]
    pub name: String,
    /// A directory, or a file:// URL of one
    #[arg(value_name = "URL", value_hint = clap::ValueHint::DirPath)]
    pub url: std::ffi::OsString,
    /// Make it the default remote
    #[arg(short, long)]
    pub default: bool,
    /// Keep it to this clone, in `git config`, instead of `.mldataconfig`
    #[arg(long)]
    pub local: bool,
}

/// List the remotes
#[derive(Debug, Default, clap::Args)]
pub struct ListArgs {
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Forget a remote; what it holds stays there
#[derive(Debug, clap::Args)]
pub struct RemoveArgs {
    #[arg(value_name = "NAME", help = "Name of the remote")]
    pub name: String,
}

/// Give a remote another name
#[derive(Debug, clap::Args)]
pub struct RenameArgs {
    #[arg(value_name = "OLD", help = "Its name now")]
    pub old: String,
    #[arg(value_name = "NEW", help = "Its name from now on")]
    pub new: String,
}

/// Show the default remote, or choose it
#[derive(Debug, clap::Args)]
pub struct DefaultArgs {
    #[arg(value_name = "NAME", help = "The remote to use where none is named")]
    pub name: Option<String>,
    /// Choose it for this clone only
    #[arg(long, requires = "name")]
    pub local: bool,
}

/// Say where a remote is now
#[derive(Debug, clap::Args)]
pub struct SetUrlArgs {
    #[arg(value_name = "NAME", help = "Name of the remote")]
    pub name: String,
    /// A directory, or a file:// URL of one
    #[arg(value_name = "URL", value_hint = clap::ValueHint::DirPath)]
    pub url: std::ffi::OsString,
}

pub fn run(_ui: &Ui, args: RemoteArgs) -> Result<Outcome, CliError> {
    Err(super::not_wired("remote", &args, &[]))
}
