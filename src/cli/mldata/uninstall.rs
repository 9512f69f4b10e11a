//! `git mldata uninstall`.

use super::install::{chosen, events};
use crate::cli::{CliError, Outcome, Ui};
use crate::data::installation::{self, Event, Gone, Left};

/// Take our hooks away, and put back what was there before
///
/// A hook that ours ran comes back as it was, to the byte. Hooks of others stay, also those that have our
/// line in them, and so does a hook of ours that was changed. Nothing else is undone: data, pointers and
/// settings stay.
///
/// Exit code 1 if something that calls us is left.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mldata uninstall
  git mldata uninstall --events pre-commit,pre-merge-commit
  git mldata uninstall --dry-run")]
pub struct UninstallArgs {
    /// Only these hooks
    #[arg(long, value_name = "EVENT", value_delimiter = ',', value_parser = events())]
    pub events: Vec<Event>,
    /// Those that `install --global` put into the user's settings, and no others
    #[arg(long)]
    pub global: bool,
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json {
    dry_run: bool,
    hooks: Vec<JsonHook>,
}

#[derive(serde::Serialize)]
struct JsonHook {
    event: &'static str,
    /// The hook's file, or `hook.NAME` for one in Git's settings.
    path: String,
    /// `removed`, `restored`, `unset` or `left`.
    state: &'static str,
}

pub fn run(ui: &Ui, args: UninstallArgs) -> Result<Outcome, CliError> {
    let events = chosen(&args.events);
    let gone = match args.global {
        true => installation::uninstall_for_user(&events, args.dry_run)?,
        false => installation::uninstall(&super::repository(ui)?, &events, args.dry_run)?,
    };
    let is_left = |gone: &Gone| matches!(gone, Gone::Left { .. });
    let outcome = match gone.iter().any(|(_, gone)| is_left(gone)) {
        true => Outcome::No,
        false => Outcome::Done,
    };
    if args.json {
        let hooks = gone.iter().map(|(event, gone)| json(ui, *event, gone)).collect();
        ui.json(&Json { dry_run: args.dry_run, hooks })?;
        return Ok(outcome);
    }
    if gone.is_empty() {
        ui.status("Nothing to do: no hooks of ours are installed.");
    }
    let verb =
        |done: &str, would: &str| if args.dry_run { format!("Would {would}") } else { done.into() };
    for (event, gone) in &gone {
        match gone {
            Gone::Removed { path } => {
                let path = ui.os_path(path);
                ui.status(format_args!("{} the hook `{path}`.", verb("Removed", "remove")));
            }
            Gone::Restored { path } => {
                let path = ui.os_path(path);
                ui.status(format_args!(
                    "{} the hook `{path}` that was there before.",
                    verb("Restored", "restore")
                ));
            }
            Gone::Unset { name } => ui.status(format_args!(
                "{} the hook {} from Git's settings (`hook.{name}`).",
                verb("Removed", "remove"),
                event.name()
            )),
            Gone::Left { path, why } => {
                let path = ui.os_path(path);
                let why = match why {
                    Left::Edited => "it is ours and was changed",
                    Left::Line => "it is yours and calls `git mldata hook`",
                    Left::Replaced => "another hook has the place that this one had",
                };
                ui.warn(format_args!("`{path}` is left as it is: {why}"));
            }
        }
    }
    Ok(outcome)
}

fn json(ui: &Ui, event: Event, gone: &Gone) -> JsonHook {
    let (path, state) = match gone {
        Gone::Removed { path } => (ui.os_path(path), "removed"),
        Gone::Restored { path } => (ui.os_path(path), "restored"),
        Gone::Unset { name } => (format!("hook.{name}"), "unset"),
        Gone::Left { path, .. } => (ui.os_path(path), "left"),
    };
    JsonHook { event: event.name(), path, state }
}
