//! Who runs a stage in this worktree: a lock for each, so that two `repro` take turns and nobody
//! touches the outs of a stage that is at work.
//!
//! ```text
//! stages/<32 hex>    held while the stage runs; its text tells by whom, and is gone after a proper end
//! runners/<mark>     held by a runner of stages and by its watchdog (`pipeline::run::watchdog`)
//! ```
//!
//! A runner that is killed leaves the text of its guards, and processes that its watchdog ends within
//! seconds: until then they may write to the outs of the stage. Who takes such a guard, or wants to
//! put back what the stage displaced, therefore waits for the lock in `runners` first.

use std::fs::{File, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::{Progress, Project, Result};
use crate::cache;
use crate::format::ObjectId;
use crate::fs::{self, At as _, FileLock, Holder, RepoPath};

/// The right to run one stage in this worktree; ends with the process.
#[derive(Debug)]
pub struct StageGuard {
    lock: FileLock,
    path: PathBuf,
    /// The runner before was killed.
    orphaned: bool,
}

impl StageGuard {
    /// Takes the guard of the stage `name` that the lock at `lock` records, for the runner that `mark`
    /// names, if one is to be. Waits for another process that has it, after telling `progress`; `None`
    /// once `stop` says so.
    pub fn acquire(
        project: &Project,
        lock: &RepoPath,
        name: &str,
        mark: Option<&str>,
        progress: &dyn Progress,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<StageGuard>> {
        let path = path(project, lock, name);
        fs::create_dir_all(&project.worktree_dir().join("stages"))?;
        let whom = format!("git mlrun repro of `{}`", fs::display_bytes(name.as_bytes()));
        let waiting = |holder: &Holder| progress.waiting(&holder.0);
        let taken = FileLock::acquire_unless(&path, &whom, &waiting, stop);
        let Some(mut lock) = taken.map_err(cache::Error::from)? else { return Ok(None) };
        let orphaned = !lock.found().is_empty();
        if let Some(mark) = mark_in(lock.found()) {
            wait_for_runner(project.repo.git_dir(), mark)?;
        }
        if let Some(mark) = mark {
            lock.append(&format!("{mark}\n")).at("write", &path)?;
        }
        Ok(Some(StageGuard { lock, path, orphaned }))
    }

    /// Whether the runner before was killed while it had the guard. What the stage displaced is then
    /// to be put back.
    pub fn is_orphaned(&self) -> bool {
        self.orphaned
    }

    /// Whether this is the guard of the stage `name` that the lock at `lock` records.
    pub fn is_of(&self, project: &Project, lock: &RepoPath, name: &str) -> bool {
        self.path == path(project, lock, name)
    }

    /// Whether some process, this one included, runs the stage.
    pub fn is_held(project: &Project, lock: &RepoPath, name: &str) -> Result<bool> {
        let Some(text) = free_text(project, lock, name)? else { return Ok(true) };
        let Some(mark) = mark_in(&text) else { return Ok(false) };
        let Ok(runner) = File::open(runner_path(project, mark)) else { return Ok(false) };
        Ok(matches!(runner.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// Waits until no process of the stage is left, if its runner was killed. A stage that somebody
    /// runs is not waited for.
    pub fn wait_for_orphans(project: &Project, lock: &RepoPath, name: &str) -> Result<()> {
        let Some(text) = free_text(project, lock, name)? else { return Ok(()) };
        mark_in(&text).map_or(Ok(()), |mark| wait_for_runner(project.repo.git_dir(), mark))
    }
}

impl Drop for StageGuard {
    fn drop(&mut self) {
        self.lock.clear();
    }
}

/// What tells others that a runner, or the watchdog that ends its processes, still lives.
#[derive(Debug)]
pub struct RunnerLock {
    file: File,
    path: PathBuf,
}

impl RunnerLock {
    /// Takes the lock of the runner that `mark` names: hexadecimal digits and `-`.
    pub fn create(project: &Project, mark: &str) -> Result<RunnerLock> {
        let path = runner_path(project, mark);
        fs::create_dir_all(&project.worktree_dir().join("runners"))?;
        let file = File::create(&path).at("create", &path)?;
        file.lock().at("lock", &path)?;
        Ok(RunnerLock { file, path })
    }

    /// The lock itself, for another process: it is free when both have closed it.
    pub fn share(&self) -> std::io::Result<File> {
        self.file.try_clone()
    }
}

impl Drop for RunnerLock {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Waits until the runner that `mark` names, in the worktree whose Git files are in `git_dir`, and its
/// watchdog have ended. What is no mark names nobody.
pub fn wait_for_runner(git_dir: &Path, mark: &str) -> Result<()> {
    if !is_mark(mark) {
        return Ok(());
    }
    let path = git_dir.join("mldata/runners").join(mark);
    let Ok(file) = File::open(&path) else { return Ok(()) };
    file.lock().at("lock", &path)?;
    // Nobody will have this name again.
    let _ = std::fs::remove_file(&path);
    Ok(())
}

/// What stands in the guard's file; `None` if somebody holds it.
fn free_text(project: &Project, lock: &RepoPath, name: &str) -> Result<Option<String>> {
    let path = path(project, lock, name);
    if fs::lstat(&path)?.is_none() {
        return Ok(Some(String::new()));
    }
    let Ok(file) = File::open(&path) else { return Ok(Some(String::new())) };
    if matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return Ok(None);
    }
    let mut text = String::new();
    let _ = file.take(fs::HOLDER_LIMIT).read_to_string(&mut text);
    Ok(Some(text))
}

/// The second line of a guard's text.
fn mark_in(text: &str) -> Option<&str> {
    text.lines().nth(1).filter(|mark| is_mark(mark))
}

fn is_mark(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn runner_path(project: &Project, mark: &str) -> PathBuf {
    project.worktree_dir().join("runners").join(mark)
}

fn path(project: &Project, lock: &RepoPath, name: &str) -> PathBuf {
    let address = [lock.as_bytes(), b"\0", name.as_bytes()].concat();
    let id = ObjectId::of(&address).to_hex();
    project.worktree_dir().join("stages").join(&id[..32])
}
