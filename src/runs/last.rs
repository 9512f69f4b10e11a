//! What this worktree remembers of recorded runs, in two small files beside the index.
//!
//! ```text
//! stage-runs    by stage: its block of the lock, and the run that recorded it
//! last-run      the last run of a pipeline, with the locks that it left: for the hook of commits
//! ```
//!
//! Both are only believed where the lock still says the same, and may be lost.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data::Project;
use crate::format::run::RunId;
use crate::format::{ObjectId, lock};
use crate::fs::{self, At as _, AtomicFile, RepoPath};
use crate::git::Repo;

const STAGES: &str = "stage-runs";
const LAST: &str = "last-run";
/// The longest of each that is read, in bytes: a hook reads the second.
const MAX_STAGES: usize = 64 << 20;
const MAX_LAST: usize = 1 << 20;

/// Which run last recorded each stage.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct StageRuns(BTreeMap<String, (ObjectId, RunId)>);

/// The last run of a pipeline here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    pub run: RunId,
    pub name: String,
    /// Path from the top, and id of Git's blob.
    pub locks: BTreeMap<String, String>,
}

impl StageRuns {
    pub fn read(project: &Project) -> StageRuns {
        read(&project.worktree_dir().join(STAGES), MAX_STAGES).unwrap_or_default()
    }

    /// The run that recorded the stage as `block`.
    pub fn of(&self, stage: &str, block: ObjectId) -> Option<RunId> {
        self.0.get(stage).filter(|(known, _)| *known == block).map(|(_, run)| *run)
    }

    pub fn set(&mut self, stage: &str, block: ObjectId, run: RunId) {
        self.0.insert(stage.to_owned(), (block, run));
    }

    pub fn write(&self, project: &Project) {
        write(project, STAGES, self);
    }
}

impl LastRun {
    /// The last run of this worktree; `None` if there is none, or nobody knows.
    pub fn read(repo: &Repo) -> Option<LastRun> {
        read(&repo.git_dir().join("mldata").join(LAST), MAX_LAST)
    }

    /// The last run of this worktree, if the locks among `paths` are those that it left.
    pub fn of_locks(project: &Project, paths: &[RepoPath]) -> Option<RunId> {
        let last = LastRun::read(&project.repo)?;
        let is_lock = |path: &&RepoPath| path.file_name() == lock::FILE_NAME.as_bytes();
        let is_same = |path: &RepoPath| {
            let bytes = project.read_text(path).ok().flatten()?;
            let id = project.repo.blob_id(&bytes).ok()?.to_string();
            let name = String::from_utf8_lossy(path.as_bytes());
            (last.locks.get(&*name) == Some(&id)).then_some(())
        };
        let mut found = paths.iter().filter(is_lock).peekable();
        found.peek()?;
        found.try_for_each(is_same).map(|()| last.run)
    }

    pub fn write(&self, project: &Project) {
        write(project, LAST, self);
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path, limit: usize) -> Option<T> {
    serde_json::from_slice(&fs::read_bounded(path, limit).ok()?).ok()
}

/// Nobody misses what could not be written: it is a convenience.
fn write(project: &Project, name: &str, value: &impl Serialize) {
    let directory = project.worktree_dir();
    let attempt = || -> fs::Result<()> {
        // What a kill leaves there is removed by the next command that writes.
        let mut file = AtomicFile::create_in(&directory.join("tmp"))?;
        let path = directory.join(name);
        let text = serde_json::to_vec(value).expect("memory can be written to");
        std::io::Write::write_all(&mut file, &text).at("write", &path)?;
        file.publish_unsynced(&path, fs::default_mode())
    };
    let _ = attempt();
}
