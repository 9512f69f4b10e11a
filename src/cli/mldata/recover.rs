//! `git mldata recover`.

use std::ffi::OsString;

use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::data::recovery::{self, Manifest};

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
  git mldata recover restore 20260401T093011-checkout
  git mldata recover restore 20260401T093011-checkout data/raw/a.csv"
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

/// The object that `recover list --json` prints.
#[derive(serde::Serialize)]
struct Json {
    entries: Vec<JsonEntry>,
}

#[derive(serde::Serialize)]
struct JsonEntry {
    id: String,
    command: String,
    /// Seconds since 1970.
    time: i64,
    paths: Vec<String>,
}

pub fn run(ui: &Ui, args: RecoverArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    match args.command.unwrap_or_else(|| RecoverCommand::List(ListArgs::default())) {
        RecoverCommand::List(args) => list(ui, &project, &args),
        RecoverCommand::Restore(args) => {
            let progress = ui.progress("Restoring");
            let restored = recovery::restore(&project, &args.id, &args.paths, &progress)?;
            for path in &restored {
                ui.status(format_args!("Restored `{}`.", ui.path(path)));
            }
            if restored.is_empty() {
                return Err(CliError::user("none of these paths are kept there")
                    .hint(format!("`git mldata recover list` shows what `{}` holds", args.id)));
            }
            Ok(Outcome::Done)
        }
        RecoverCommand::Drop(args) => {
            let progress = ui.progress("Deleting");
            recovery::drop_entry(&project, &args.id, &progress)?;
            ui.status(format_args!("Deleted `{}`.", args.id));
            Ok(Outcome::Done)
        }
    }
}

fn list(ui: &Ui, project: &Project, args: &ListArgs) -> Result<Outcome, CliError> {
    let entries = recovery::list(project)?;
    let paths = |manifest: &Manifest| -> Vec<String> {
        manifest.entries.iter().filter_map(|entry| Some(ui.path(&entry.repo_path()?))).collect()
    };
    if args.json {
        let entry = |(id, manifest): &(String, Manifest)| JsonEntry {
            id: id.clone(),
            command: manifest.command.clone(),
            time: manifest.time,
            paths: paths(manifest),
        };
        ui.json(&Json { entries: entries.iter().map(entry).collect() })?;
        return Ok(Outcome::Done);
    }
    for (id, manifest) in &entries {
        ui.line(format_args!("{id}\t{}", manifest.command));
        for path in paths(manifest) {
            ui.line(format_args!("  {path}"));
        }
    }
    if entries.is_empty() {
        ui.status("Nothing was displaced.");
    }
    Ok(Outcome::Done)
}
