//! `git mldata remote`.

use crate::cli::{CliError, Outcome, Ui};
use crate::data::remotes;
use crate::fs::{RepoPath, display_bytes};
use crate::git::{Config, Repo, SHARED_CONFIG};

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
    /// Say it for this clone only, in `git config`
    #[arg(long)]
    pub local: bool,
}

/// The object that `remote list --json` prints.
#[derive(serde::Serialize)]
struct Json {
    default: Option<String>,
    remotes: Vec<JsonRemote>,
}

#[derive(serde::Serialize)]
struct JsonRemote {
    name: String,
    url: String,
    id: Option<String>,
    /// Whether it is known to this clone only.
    local: bool,
}

pub fn run(ui: &Ui, args: RemoteArgs) -> Result<Outcome, CliError> {
    let repo = super::repository(ui)?;
    let config = repo.config()?;
    match args.command.unwrap_or_else(|| RemoteCommand::List(ListArgs::default())) {
        RemoteCommand::Add(args) => add(ui, &repo, &config, &args),
        RemoteCommand::List(args) => list(ui, &config, &args),
        RemoteCommand::Remove(args) => {
            remotes::remove(&repo, &config, &args.name)?;
            ui.status(format_args!(
                "Forgot the remote `{}`; what it holds stays there.",
                args.name
            ));
            Ok(Outcome::Done)
        }
        RemoteCommand::Rename(args) => {
            remotes::rename(&repo, &config, &args.old, &args.new)?;
            ui.status(format_args!("The remote `{}` is `{}` now.", args.old, args.new));
            Ok(Outcome::Done)
        }
        RemoteCommand::Default(args) => default(ui, &repo, &config, &args),
        RemoteCommand::SetUrl(args) => {
            let change = (&args.name[..], &args.url[..], args.local);
            let remote = remotes::set_url(&repo, &config, change)?;
            ui.status(format_args!("The remote `{}` is at `{}`.", remote.name, shown(&remote.url)));
            share(ui, remote.local);
            Ok(Outcome::Done)
        }
    }
}

fn add(ui: &Ui, repo: &Repo, config: &Config, args: &AddArgs) -> Result<Outcome, CliError> {
    let AddArgs { name, url, default, local } = args;
    let new = remotes::New { name, url, default: *default, local: *local };
    let remote = remotes::add(repo, config, new)?;
    let default = if remote.default { ", the default" } else { "" };
    ui.status(format_args!("Added the remote `{name}`{default}, at `{}`.", shown(&remote.url)));
    share(ui, remote.local);
    Ok(Outcome::Done)
}

fn list(ui: &Ui, config: &Config, args: &ListArgs) -> Result<Outcome, CliError> {
    let remotes = remotes::list(config);
    if args.json {
        let default = remotes.iter().find(|remote| remote.default);
        let default = default.map(|remote| remote.name.clone());
        let remotes = remotes.into_iter().map(|remote| {
            let remotes::Remote { name, url, id, local, .. } = remote;
            JsonRemote { name, url, id, local }
        });
        ui.json(&Json { default, remotes: remotes.collect() })?;
        return Ok(Outcome::Done);
    }
    for remote in &remotes {
        let default = if remote.default { "\tdefault" } else { "" };
        let local = if remote.local { "\tlocal" } else { "" };
        ui.line(format_args!("{}\t{}{default}{local}", remote.name, shown(&remote.url)));
    }
    if remotes.is_empty() {
        ui.hint("add one: `git mldata remote add NAME DIRECTORY`");
    }
    Ok(Outcome::Done)
}

fn default(ui: &Ui, repo: &Repo, config: &Config, args: &DefaultArgs) -> Result<Outcome, CliError> {
    match &args.name {
        None => ui.line(shown(&remotes::default_name(config)?)),
        Some(name) => {
            let local = remotes::set_default(repo, config, name, args.local)?;
            let here = if local { " in this clone" } else { "" };
            ui.status(format_args!("The remote `{name}` is the default{here}."));
            share(ui, local);
        }
    }
    Ok(Outcome::Done)
}

fn share(ui: &Ui, local: bool) {
    if !local {
        let settings = RepoPath::new(SHARED_CONFIG).map(|path| ui.path(&path)).unwrap_or_default();
        ui.hint(format_args!("to share this, `git add {settings}` and commit"));
    }
}

fn shown(text: &str) -> String {
    display_bytes(text.as_bytes())
}
