//! The one source of what is tracked: in the worktree, or at revisions.
//!
//! A path is tracked by a pointer, `NAME.mldata`, or as an out of a pipeline's lock, `mlrun.lock`.
//! Every command asks here, so that none forgets one of the two. An out that is not cached (Git
//! tracks it) is not tracked by us.

use std::collections::BTreeSet;

use super::index::Index;
use super::{Error, Project, Result};
use crate::format::lock::{self, PartialLock};
use crate::format::{self, Lock, Pointer, Target, pointer, tree};
use crate::fs::RepoPath;
use crate::git::{CommitId, GitFiles, GitIndex};

/// A path whose content is an object of ours.
#[derive(Clone, Debug)]
pub struct TrackedPath {
    pub path: RepoPath,
    pub target: Target,
    /// The remote that it is pushed to, instead of the default.
    pub remote: Option<String>,
    /// False where it is never pushed.
    pub push: bool,
    pub named_by: NamedBy,
}

/// The committed file that tells what a tracked path holds.
#[derive(Clone, Debug)]
pub enum NamedBy {
    Pointer {
        file: RepoPath,
        pointer: Pointer,
    },
    /// A lock, where the path is an out of `stage`.
    Lock {
        file: RepoPath,
        stage: String,
    },
}

impl TrackedPath {
    pub(super) fn from_pointer(path: RepoPath, file: RepoPath, pointer: Pointer) -> TrackedPath {
        TrackedPath {
            path,
            target: pointer.target,
            remote: pointer.remote.clone(),
            push: pointer.push,
            named_by: NamedBy::Pointer { file, pointer },
        }
    }

    /// The pointer or lock that names it.
    pub fn file(&self) -> &RepoPath {
        match &self.named_by {
            NamedBy::Pointer { file, .. } | NamedBy::Lock { file, .. } => file,
        }
    }

    /// The lock that names it, if one does.
    pub fn lock(&self) -> Option<&RepoPath> {
        match &self.named_by {
            NamedBy::Pointer { .. } => None,
            NamedBy::Lock { file, .. } => Some(file),
        }
    }
}

/// Tracked paths in ascending order, and what is wrong with those that cannot be understood.
#[derive(Debug, Default)]
pub struct TrackedPaths {
    pub paths: Vec<TrackedPath>,
    pub errors: Vec<Error>,
    /// Pointers and locks that could not be understood: what they name is unknown, not gone.
    unreadable: BTreeSet<RepoPath>,
}

/// The pointer's path for a target.
pub fn pointer_path(target: &RepoPath) -> RepoPath {
    let bytes = [target.as_bytes(), pointer::SUFFIX.as_bytes()].concat();
    RepoPath::new(bytes).expect("a path with a longer last component is a path")
}

/// The target of a pointer's path.
///
/// # Errors
/// The name is none that data may have: a clone could bring `.git.mldata`.
pub fn target_path(pointer: &RepoPath) -> Result<RepoPath> {
    let stem = pointer.as_bytes().strip_suffix(pointer::SUFFIX.as_bytes()).unwrap_or_default();
    let bad = |reason| Error::BadName { path: pointer.clone(), reason };
    let target = RepoPath::new(stem).ok_or_else(|| bad("nothing stands before `.mldata`"))?;
    if target.is_root() || target.as_bytes().ends_with(b"/") {
        return Err(bad("nothing stands before `.mldata`"));
    }
    if target.components().any(|name| tree::check_name(name).is_err()) {
        return Err(bad("a part of it is not a name for data"));
    }
    Ok(target)
}

/// Whether a file of this name tells of tracked paths.
fn is_tracking(name: &[u8]) -> bool {
    name.ends_with(pointer::SUFFIX.as_bytes()) || name == lock::FILE_NAME.as_bytes()
}

fn is_name_for_data(path: &RepoPath) -> bool {
    !path.is_root() && path.components().all(|name| tree::check_name(name).is_ok())
}

fn located(file: &RepoPath) -> impl Fn(format::Error) -> Error + '_ {
    |source| Error::Format { path: file.clone(), source }
}

impl TrackedPaths {
    /// What the worktree's pointers and locks track: those that Git's index lists, and those that
    /// this worktree added, checked out or ran, as far as their files are there.
    pub fn in_worktree(project: &Project, git: &GitIndex, index: &Index) -> Result<TrackedPaths> {
        let mut files: BTreeSet<RepoPath> = git.with_suffix(pointer::SUFFIX).into_iter().collect();
        let locks = git.with_suffix(lock::FILE_NAME).into_iter();
        files.extend(locks.filter(|path| path.file_name() == lock::FILE_NAME.as_bytes()));
        files.extend(index.targets.iter().map(|(path, state)| match &state.lock {
            None => pointer_path(path),
            Some(lock) => lock.clone(),
        }));
        let mut found = TrackedPaths::default();
        for file in files {
            if let Some(text) = project.read_text(&file)? {
                found.push(file, &text);
            }
        }
        found.settle();
        Ok(found)
    }

    /// What the pointers and locks in the trees of `commits` track. A path comes once for each
    /// version.
    pub fn at_commits(project: &Project, commits: &[CommitId]) -> Result<TrackedPaths> {
        let mut found = TrackedPaths::default();
        for file in project.repo.files_at(commits, &is_tracking)? {
            found.push(file.path, &file.text);
        }
        Ok(found)
    }

    /// What the pointers and locks of one state track. A path may come more than once.
    pub fn in_git(files: &GitFiles<'_>) -> Result<TrackedPaths> {
        let mut found = TrackedPaths::default();
        for file in files.texts(&is_tracking)? {
            found.push(file.path, &file.text);
        }
        Ok(found)
    }

    /// Whether the pointer or lock at `file` is there and could not be understood.
    pub fn is_unreadable(&self, file: &RepoPath) -> bool {
        self.unreadable.contains(file)
    }

    fn push(&mut self, file: RepoPath, text: &[u8]) {
        let pushed = if file.file_name() == lock::FILE_NAME.as_bytes() {
            self.push_lock(&file, text)
        } else {
            self.push_pointer(&file, text)
        };
        if let Err(error) = pushed {
            self.unreadable.insert(file);
            self.errors.push(error);
        }
    }

    fn push_pointer(&mut self, file: &RepoPath, text: &[u8]) -> Result<()> {
        let path = target_path(file)?;
        let pointer = Pointer::parse(text).map_err(located(file))?;
        self.paths.push(TrackedPath::from_pointer(path, file.clone(), pointer));
        Ok(())
    }

    /// A lock in a merge conflict still tells of the stages that are not part of it.
    fn push_lock(&mut self, file: &RepoPath, text: &[u8]) -> Result<()> {
        let PartialLock { lock, conflicted } = Lock::parse_tolerant(text).map_err(located(file))?;
        if !conflicted.is_empty() {
            self.unreadable.insert(file.clone());
            let what = "lock";
            self.errors.push(located(file)(format::Error::ConflictMarkers { what }));
        }
        let directory = file.parent().unwrap_or_default();
        for (stage, locked) in lock.stages {
            for out in locked.outs.into_iter().filter(|out| out.cache) {
                let path = directory.resolve(out.path.as_bytes()).filter(is_name_for_data);
                let path = path.ok_or_else(|| Error::BadOut {
                    lock: file.clone(),
                    stage: stage.clone(),
                    path: out.path.clone(),
                })?;
                self.paths.push(TrackedPath {
                    path,
                    target: out.target,
                    remote: out.remote,
                    push: out.push,
                    named_by: NamedBy::Lock { file: file.clone(), stage: stage.clone() },
                });
            }
        }
        Ok(())
    }

    /// Sorts by target and turns targets inside of others into errors: a merge of two branches can
    /// bring them about.
    fn settle(&mut self) {
        self.paths.sort_by(|a, b| a.path.components().cmp(b.path.components()));
        let mut kept: Vec<TrackedPath> = Vec::with_capacity(self.paths.len());
        for tracked in std::mem::take(&mut self.paths) {
            match kept.last().filter(|last| tracked.path.below(&last.path).is_some()) {
                Some(outer) => self
                    .errors
                    .push(Error::Overlap { path: tracked.path, other: outer.path.clone() }),
                None => kept.push(tracked),
            }
        }
        self.paths = kept;
    }

    /// The tracked path that is `path` or that `path` lies in, of those of a worktree.
    pub fn containing(&self, path: &RepoPath) -> Option<&TrackedPath> {
        let here = |path: RepoPath| {
            let order = |tracked: &TrackedPath| tracked.path.components().cmp(path.components());
            Some(&self.paths[self.paths.binary_search_by(order).ok()?])
        };
        std::iter::successors(Some(path.clone()), RepoPath::parent).find_map(here)
    }

    /// A tracked path below `path`, of those of a worktree.
    pub fn inside(&self, path: &RepoPath) -> Option<&TrackedPath> {
        // What is below a path follows it.
        let at = self.paths.partition_point(|t| t.path.components().le(path.components()));
        self.paths.get(at).filter(|tracked| tracked.path.below(path).is_some())
    }
}
