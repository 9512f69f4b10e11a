//! The command by which Git forgets a path and keeps the file: `git rm --cached`.
//!
//! Git refuses it where HEAD, what is staged and the file are three different things, unless told `-f`,
//! which is therefore said there and nowhere else. The file is never touched. What was staged only stays
//! in Git's object database, where it can be read until Git tidies up.

use std::collections::BTreeSet;

use super::super::{Files, Result};
use super::state::next_below;
use crate::fs::{self, RepoPath};
use crate::git::Git;

/// What to type for some paths.
pub(super) struct Forget<'a> {
    files: &'a Files<'a>,
    /// Files whose text is not what is staged.
    changed: BTreeSet<RepoPath>,
    /// Files that are not there.
    gone: BTreeSet<RepoPath>,
}

/// How a file in the worktree stands to what is staged for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    Same,
    Changed,
    Gone,
}

impl<'a> Forget<'a> {
    /// Asks Git once for all of `paths`, files and directories.
    pub fn new(files: &'a Files<'a>, paths: &[&RepoPath]) -> Result<Forget<'a>> {
        let (mut changed, mut gone) = (BTreeSet::new(), BTreeSet::new());
        if !paths.is_empty() {
            for path in Git::new(files.repo())?.unstaged(paths)? {
                match fs::lstat(&files.repo().absolute(&path))? {
                    Some(_) => changed.insert(path),
                    None => gone.insert(path),
                };
            }
        }
        Ok(Forget { files, changed, gone })
    }

    /// How the file at `path` stands to what is staged.
    pub fn beside(&self, path: &RepoPath) -> Beside {
        match (self.changed.contains(path), self.gone.contains(path)) {
            (true, _) => Beside::Changed,
            (_, true) => Beside::Gone,
            _ => Beside::Same,
        }
    }

    /// The command for a file, or for a directory with all that is in it.
    pub fn command(&self, path: &RepoPath, is_directory: bool) -> String {
        let is_changed = self.changed.contains(path) || next_below(&self.changed, path).is_some();
        let recursive = if is_directory { " -r" } else { "" };
        let force = if is_changed { " -f" } else { "" };
        format!("git rm{recursive} -q{force} --cached {}", self.files.word(path))
    }
}
