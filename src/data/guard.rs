//! Who runs a stage in this worktree: a lock for each, so that two `repro` take turns and nobody
//! touches the outs of a stage that is at work.

use std::path::PathBuf;

use super::{Progress, Project, Result};
use crate::cache;
use crate::format::ObjectId;
use crate::fs::{self, FileLock, RepoPath};

/// The right to run one stage in this worktree; ends with the process.
pub struct StageGuard {
    _lock: FileLock,
}

impl StageGuard {
    /// Takes the guard of the stage `name` that the lock at `lock` records. Waits for another process
    /// that has it, after telling `progress`.
    pub fn acquire(
        project: &Project,
        lock: &RepoPath,
        name: &str,
        progress: &dyn Progress,
    ) -> Result<StageGuard> {
        let path = path(project, lock, name);
        fs::create_dir_all(&project.worktree_dir().join("stages"))?;
        let whom = format!("git mlrun repro of `{}`", fs::display_bytes(name.as_bytes()));
        let waiting = |holder: &fs::Holder| progress.waiting(&holder.0);
        match FileLock::acquire(&path, &whom, None, &waiting) {
            Ok(lock) => Ok(StageGuard { _lock: lock }),
            Err(error) => Err(cache::Error::from(error).into()),
        }
    }

    /// Whether some process, this one included, runs the stage.
    pub fn is_held(project: &Project, lock: &RepoPath, name: &str) -> Result<bool> {
        let path = path(project, lock, name);
        if fs::lstat(&path)?.is_none() {
            return Ok(false);
        }
        let Ok(file) = std::fs::File::open(&path) else { return Ok(false) };
        Ok(matches!(file.try_lock_shared(), Err(std::fs::TryLockError::WouldBlock)))
    }
}

fn path(project: &Project, lock: &RepoPath, name: &str) -> PathBuf {
    let address = [lock.as_bytes(), b"\0", name.as_bytes()].concat();
    let id = ObjectId::of(&address).to_hex();
    project.worktree_dir().join("stages").join(&id[..32])
}
