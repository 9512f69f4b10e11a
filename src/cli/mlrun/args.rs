//! Arguments that several verbs share.
//!
//! The structs have no doc comments: clap would take them for the help of the verbs.

use crate::cli::ui::path_here;
use crate::cli::{CliError, Ui};
use crate::data::Project;
use crate::fs::display_bytes;
use crate::pipeline::source::Worktree;
use crate::pipeline::workspace::Request;
use crate::pipeline::{Address, Workspace};

#[derive(Debug, Default, clap::Args)]
pub struct Selection {
    /// Stages, their outs, or pipeline files (`dir/mlrun.yaml:stage`); the pipeline here if none
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Take targets for globs over the names of stages
    #[arg(long)]
    pub glob: bool,
    /// All stages of all pipeline files of the repository
    #[arg(short = 'P', long, visible_alias = "all")]
    pub all_pipelines: bool,
}

#[derive(Debug, clap::Args)]
pub struct SyncRemote {
    /// A remote of this repository, as in `git remote`; that of the branch or `origin` if not given
    #[arg(value_name = "REMOTE")]
    pub remote: Option<String>,
}

impl SyncRemote {
    pub fn name(&self) -> Option<&str> {
        self.remote.as_deref()
    }

    /// Whether the user sees what `git` says of its work: on a terminal.
    pub fn shows(&self, ui: &Ui) -> bool {
        ui.shows_progress()
    }
}

/// So many runs, in words.
pub fn runs(count: u64) -> String {
    match count {
        1 => "1 run".to_owned(),
        count => format!("{} runs", indicatif::HumanCount(count)),
    }
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
    for note in workspace.files.values_mut().flat_map(|file| std::mem::take(&mut file.notes)) {
        ui.warn(note);
    }
    Ok(workspace)
}

/// A stage as the user would name it here: by its name alone where that is looked up in its file.
pub fn stage_name(workspace: &Workspace, address: &Address) -> String {
    let name = display_bytes(address.name.as_bytes());
    match workspace.nearest.as_ref() == Some(&address.directory()) {
        true => name,
        false => format!("{}:{name}", path_here(&address.file)),
    }
}
