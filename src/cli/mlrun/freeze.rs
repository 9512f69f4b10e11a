//! `git mlrun freeze` and `git mlrun unfreeze`.

use indexmap::IndexMap;

use super::patch;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::fs::{self, RepoPath};
use crate::pipeline::edit::{self, Edit};
use crate::pipeline::source::Worktree;
use crate::pipeline::{Error, Source as _, file};

/// Keep stages from running again
///
/// A frozen stage stays as it last ran, whatever happens to its deps and params. `frozen: true` is put
/// into its definition; nothing else in the file changes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun freeze prepare
  git mlrun freeze sub/mlrun.yaml:train
  git mlrun unfreeze prepare")]
pub struct FreezeArgs {
    #[command(flatten)]
    pub targets: Targets,
}

/// Let frozen stages run again
///
/// Takes `frozen: true` out of their definitions; nothing else in the file changes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun unfreeze prepare")]
pub struct UnfreezeArgs {
    #[command(flatten)]
    pub targets: Targets,
}

// No doc comment: clap would take it for the help of the verbs.
#[derive(Debug, clap::Args)]
pub struct Targets {
    /// Names of stages, or of whole `foreach` and `matrix` groups
    #[arg(value_name = "[FILE:]STAGE", required = true)]
    pub stages: Vec<String>,
    /// Show the change to the file, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
}

pub fn freeze(ui: &Ui, args: FreezeArgs) -> Result<Outcome, CliError> {
    run(ui, &args.targets, true)
}

pub fn unfreeze(ui: &Ui, args: UnfreezeArgs) -> Result<Outcome, CliError> {
    run(ui, &args.targets, false)
}

/// Nothing is written before all stages were found.
fn run(ui: &Ui, targets: &Targets, frozen: bool) -> Result<Outcome, CliError> {
    let project = super::project(ui)?;
    let source = Worktree(&project);
    let mut edits: IndexMap<RepoPath, Edit> = IndexMap::new();
    for target in &targets.stages {
        let (path, name) = resolve(&project, target)?;
        let edit = match edits.shift_remove(&path) {
            Some(edit) => edit,
            None => edit::begin(&source, path.clone())?,
        };
        let before = edit.after.clone();
        let edit = edit::set_frozen(&source, edit, name, frozen)?;
        if edit.after == before {
            let state = if frozen { "frozen already" } else { "not frozen" };
            ui.status(format_args!("`{}` is {state}.", fs::display_bytes(target.as_bytes())));
        }
        edits.insert(path, edit);
    }
    for edit in edits.values().filter(|edit| edit.is_change()) {
        if targets.dry_run {
            ui.out(patch::unified(edit));
        } else {
            edit::write(&project, edit, &ui.progress("Editing"))?;
            ui.status(format_args!("Edited `{}`.", ui.path(&edit.path)));
        }
    }
    Ok(Outcome::Done)
}

/// The pipeline file and the name of the stage that `target` means: as for `repro`, a name alone is
/// of the nearest file.
fn resolve<'t>(project: &Project, target: &'t str) -> Result<(RepoPath, &'t str), CliError> {
    let source = Worktree(project);
    let (place, name, found) = match target.rsplit_once(':') {
        None => {
            let here = project.prefix.clone();
            let found = edit::nearest_pipeline_file(&source, &here)?;
            (here, target, found)
        }
        Some((place, name)) => {
            let place = project.locate(place.as_ref())?;
            let found = match source.read(&place)? {
                Some(_) => Some(place.clone()),
                None => edit::pipeline_file(&source, &place)?,
            };
            (place, name, found)
        }
    };
    let path = || place.join(file::NAMES[0].as_bytes());
    Ok((found.ok_or_else(|| Error::NoSuchFile { path: path() })?, name))
}
