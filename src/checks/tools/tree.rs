//! Directories in which tools run.
//!
//! They lie in `mldata/hook-tmp` of the worktree's directory in the repository, so that nothing in the
//! worktree changes and no editor or file watcher sees them. Each has an empty `.git`, where tools stop
//! looking upwards: what is found above belongs to the user's worktree, with what is not staged. ruff does
//! not stop there; it stops at the first configuration, so that there always is one.
//!
//! Nothing here is a symbolic link, and paths were validated when they were read from Git: what is written
//! stays below the directory.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::configs::Configs;
use super::foreign;
use super::imports::Placeholder;
use super::subjects::Subject;
use super::tame::tamed;
use crate::checks::Result;
use crate::fs::{self, At as _, RepoPath, ScratchDir};

const DIRECTORY: &str = "mldata/hook-tmp";
/// How the name of the lock ends that says whether a directory is in use.
const LOCK: &str = ".lock";

/// The temporary directory of this process, gone with it.
pub struct Scratch {
    directory: ScratchDir,
    lock: PathBuf,
    _held: File,
    trees: AtomicUsize,
}

impl Scratch {
    /// A directory for the worktree with this `git_dir`. Those of processes that died are removed.
    pub fn new(git_dir: &Path) -> Result<Scratch> {
        let parent = git_dir.join(DIRECTORY);
        fs::create_dir_all(&parent)?;
        clear_stale(&parent);
        let directory = ScratchDir::new_in(&parent)?;
        let lock = with_lock(directory.path());
        // It gets its name when it is held: else somebody who clears could take it first.
        let unnamed = directory.path().join("lock");
        let held = File::create(&unnamed).at("create", &unnamed)?;
        held.try_lock().map_err(std::io::Error::from).at("lock", &unnamed)?;
        std::fs::rename(&unnamed, &lock).at("rename", &unnamed)?;
        let empty = directory.path().join("empty");
        File::create(&empty).at("create", &empty)?;
        Ok(Scratch { directory, lock, _held: held, trees: AtomicUsize::new(0) })
    }

    /// A file without anything in it, outside of the trees.
    pub fn empty_file(&self) -> PathBuf {
        self.directory.path().join("empty")
    }

    /// Where tools may keep what they like.
    pub fn tool_cache(&self) -> PathBuf {
        self.directory.path().join("cache")
    }

    /// A new directory with the texts of `subjects`, the configuration, and empty files beside them.
    pub fn tree(
        &self,
        configs: &Configs,
        placeholders: &BTreeSet<Placeholder>,
        subjects: &[&Subject],
    ) -> Result<PathBuf> {
        let number = self.trees.fetch_add(1, Ordering::Relaxed);
        let root = self.directory.path().join(format!("tree-{number}"));
        fs::create_dir_all(&root.join(".git"))?;
        let mut writer = Writer { root: &root, made: BTreeSet::new() };
        for placeholder in placeholders {
            match placeholder {
                Placeholder::File(path) => writer.write(path, b"")?,
                Placeholder::Directory(path) => writer.directory(path)?,
            }
        }
        for (path, config) in configs.iter() {
            // In this order: whatever is left of the file, plugins are not.
            let tamed = tamed(path.file_name(), &config.bytes);
            let without = foreign::without_plugins(&tamed);
            writer.write(path, without.as_deref().unwrap_or(&tamed))?;
        }
        let ruff = RepoPath::new("ruff.toml").expect("a valid path");
        if configs.nearest(&ruff, super::Kind::Ruff).is_none() {
            writer.write(&ruff, b"")?;
        }
        for subject in subjects {
            writer.write(&subject.path, &subject.text)?;
        }
        Ok(root)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Before the directory, which nobody takes for stale without its lock.
        let _ = std::fs::remove_file(&self.lock);
    }
}

struct Writer<'a> {
    root: &'a Path,
    made: BTreeSet<RepoPath>,
}

impl Writer<'_> {
    fn write(&mut self, path: &RepoPath, bytes: &[u8]) -> Result<()> {
        self.directory(&path.parent().unwrap_or_else(RepoPath::root))?;
        let path = self.root.join(path.as_path());
        Ok(std::fs::write(&path, bytes).at("write", &path)?)
    }

    fn directory(&mut self, path: &RepoPath) -> Result<()> {
        if self.made.insert(path.clone()) {
            fs::create_dir_all(&self.root.join(path.as_path()))?;
        }
        Ok(())
    }
}

fn with_lock(directory: &Path) -> PathBuf {
    let mut name = directory.as_os_str().to_owned();
    name.push(LOCK);
    name.into()
}

/// Removes directories whose lock nobody holds, and those that lost theirs a day ago. A process that has
/// just made its directory has no lock yet.
fn clear_stale(parent: &Path) {
    const DAY_NS: i64 = 24 * 3600 * 1_000_000_000;
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "lock") {
            let Ok(file) = File::open(&path) else { continue };
            match file.try_lock() {
                Ok(()) => {
                    let _ = std::fs::remove_dir_all(path.with_extension(""));
                    let _ = std::fs::remove_file(&path);
                }
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
            }
        } else if !with_lock(&path).exists()
            && fs::lstat(&path).ok().flatten().is_some_and(|stat| {
                stat.is_directory() && fs::unix_time_ns() - stat.mtime_ns > DAY_NS
            })
        {
            let _ = std::fs::remove_dir_all(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_directories_that_nobody_uses_are_cleared() {
        let git_dir = tempfile::tempdir().unwrap();
        let used = Scratch::new(git_dir.path()).unwrap();
        let parent = git_dir.path().join(DIRECTORY);
        let dead = parent.join("git-ml-dead");
        std::fs::create_dir(&dead).unwrap();
        std::fs::write(dead.join("a"), "").unwrap();
        let fresh = parent.join("git-ml-fresh");
        std::fs::create_dir(&fresh).unwrap();
        std::fs::write(with_lock(&dead), "").unwrap();
        let other = Scratch::new(git_dir.path()).unwrap();
        assert!(!dead.exists() && !with_lock(&dead).exists());
        assert!(fresh.exists() && used.empty_file().exists());
        drop((used, other));
        let left: Vec<_> = std::fs::read_dir(&parent).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
