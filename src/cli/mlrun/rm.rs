//! `git mlrun rm`.

use super::which_run::{Deleted, resolve, tip};
use crate::cli::{CliError, Outcome, Ui};
use crate::format::run::RunId;
use crate::runs::Store;
use crate::runs::annotate::{Statement, annotate, with_descendants};

/// Delete runs, or bring them back
///
/// A deleted run is shown no more, here and, once pushed, in every clone; its stages go with it. Its
/// files stay until `git mlrun gc` drops them, and `--undo` brings it back until then. History keeps
/// them after that too: a secret that was pushed with a run is not taken back by deleting the run.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun rm 4f2a               delete a run
  git mlrun rm -n 4f2a 81c0       show what would be deleted
  git mlrun rm --undo 4f2a        bring it back")]
pub struct RmArgs {
    /// Runs: names, ids or their beginnings, `last`, commits
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<String>,
    /// Bring deleted runs back
    #[arg(long)]
    pub undo: bool,
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
    undo: bool,
    /// Runs that were deleted or brought back, with their stages.
    runs: Vec<RunId>,
}

pub fn run(ui: &Ui, args: &RmArgs) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    if !args.dry_run {
        super::recorded::finalise(ui, &project);
    }
    let store = Store::new(&project.repo);
    let (_, tree) = tip(&store)?;
    let deleted = if args.undo { Deleted::Yes } else { Deleted::No };
    let named = resolve(&project.repo, &store, tree, &args.runs, deleted)?;
    let all = with_descendants(&store, tree, &named)?;
    let message = if args.undo { "Bring runs back" } else { "Delete runs" };
    let statement = Statement::Deleted(!args.undo);
    let changed = annotate(&store, &all, &[statement], message, args.dry_run)?;
    if args.json {
        let (dry_run, undo) = (args.dry_run, args.undo);
        return ui.json(&Json { dry_run, undo, runs: changed }).map(|()| Outcome::Done);
    }
    let verb = match (args.undo, args.dry_run) {
        (false, false) => "Deleted",
        (false, true) => "Would delete",
        (true, false) => "Brought back",
        (true, true) => "Would bring back",
    };
    for &id in &named {
        let name = store.run_in(tree, id).ok().flatten().map(|run| run.name);
        let name = name.map(|name| format!(" ({})", crate::fs::display_bytes(name.as_bytes())));
        if changed.contains(&id) {
            ui.status(format_args!("{verb} run {}{}.", id.short(), name.unwrap_or_default()));
        } else {
            // Whoever deletes names runs that are not deleted.
            ui.status(format_args!(
                "Run {}{} is not deleted.",
                id.short(),
                name.unwrap_or_default()
            ));
        }
    }
    let stages = changed.iter().filter(|id| !named.contains(id)).count() as u64;
    if stages > 0 {
        let whom = if named.len() == 1 { "it" } else { "them" };
        ui.status(format_args!("{verb} {} below {whom}.", super::args::runs(stages)));
    }
    if !args.undo && !args.dry_run && !changed.is_empty() {
        ui.hint(format_args!("`git mlrun rm --undo {}` undoes this", args.runs.join(" ")));
    }
    Ok(Outcome::Done)
}
