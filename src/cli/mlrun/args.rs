//! Arguments that several verbs share.
//!
//! The structs have no doc comments: clap would take them for the help of the verbs.

use crate::cli::{CliError, Ui};
use crate::data::Project;
use crate::pipeline::Workspace;
use crate::pipeline::source::Worktree;
use crate::pipeline::workspace::Request;

#[derive(Debug, clap::Args)]
pub struct Selection {
    /// Stages, their outs, or pipeline files (`dir/mlrun.yaml:stage`); the pipeline here if none
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Take targets for globs over the names of stages
    #[arg(long)]
    pub glob: bool,
    /// All stages of all pipeline files of the repository
    #[arg(short = 'P', long)]
    pub all_pipelines: bool,
}

/// The stages that were asked for, in the worktree; with what waits for them if the graph is to be
/// `whole`.
pub fn workspace(
    ui: &Ui,
    project: &Project,
    selection: &Selection,
    whole: bool,
) -> Result<Workspace, CliError> {
    let request = Request {
        here: &project.prefix,
        targets: &selection.targets,
        glob: selection.glob,
        all: selection.all_pipelines,
        whole,
    };
    let mut workspace = Workspace::open(&Worktree(project), &request)?;
    for broken in std::mem::take(&mut workspace.broken) {
        ui.warn(broken);
    }
    Ok(workspace)
}
