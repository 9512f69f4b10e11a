//! The one source of what is tracked: in the worktree, or at revisions.
//!
//! Pointers are the kind of tracked path there is today; the outs of a pipeline's lock will be the
//! second. Every command asks here, so that none forgets one.

use std::collections::BTreeSet;

use super::index::Index;
use super::{Error, Project, Result};
use crate::format::{self, Pointer, pointer, tree};
use crate::fs::RepoPath;
use crate::git::{CommitId, GitIndex};

/// A path whose content is an object of ours.
#[derive(Clone, Debug)]
pub struct TrackedPath {
    pub path: RepoPath,
    pub pointer_path: RepoPath,
    pub pointer: Pointer,
}

/// Tracked paths in ascending order, and what is wrong with those that cannot be understood.
#[derive(Debug, Default)]
pub struct TrackedPaths {
    pub paths: Vec<TrackedPath>,
    pub errors: Vec<Error>,
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

impl TrackedPaths {
    /// What the worktree's pointers track: those that Git's index lists, and those this worktree
    /// added or checked out, as far as their files are there.
    pub fn in_worktree(project: &Project, git: &GitIndex, index: &Index) -> Result<TrackedPaths> {
        let mut pointers: BTreeSet<RepoPath> =
            git.with_suffix(pointer::SUFFIX).into_iter().collect();
        pointers.extend(index.targets.keys().map(pointer_path));
        let mut found = TrackedPaths::default();
        for pointer_path in pointers {
            if let Some(text) = project.read_text(&pointer_path)? {
                found.push(pointer_path, &text);
            }
        }
        found.settle();
        Ok(found)
    }

    /// What the pointers in the trees of `commits` track. A path comes once for each version.
    pub fn at_commits(project: &Project, commits: &[CommitId]) -> Result<TrackedPaths> {
        let mut found = TrackedPaths::default();
        for pointer in project.repo.pointers_at(commits)? {
            found.push(pointer.path, &pointer.text);
        }
        Ok(found)
    }

    fn push(&mut self, pointer_path: RepoPath, text: &[u8]) {
        let parsed = target_path(&pointer_path).and_then(|path| {
            let located =
                |source: format::Error| Error::Format { path: pointer_path.clone(), source };
            Ok((path, Pointer::parse(text).map_err(located)?))
        });
        match parsed {
            Ok((path, pointer)) => self.paths.push(TrackedPath { path, pointer_path, pointer }),
            Err(error) => self.errors.push(error),
        }
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
