//! What the last commit had at paths that are gone: a file with another name brings nothing new.
//!
//! Which of the new files was which of the old ones is not guessed, as `git diff --find-renames` does: it
//! is enough that a blob, or a line, was in one that is gone.

use std::collections::BTreeSet;

use super::super::{Files, Origin, Result};
use crate::fs::RepoPath;
use crate::git::{Git, GitFiles, GitId};

/// The blobs at paths that HEAD has and the next commit has not. None where a commit is checked.
pub(super) fn gone(files: &Files<'_>) -> Result<BTreeSet<GitId>> {
    let Some(head) = files.repo().head()? else { return Ok(BTreeSet::new()) };
    match files.origin {
        Origin::Index => {
            let before = GitFiles::of_commit(files.repo(), head);
            let mut blobs = BTreeSet::new();
            for path in &files.removed {
                blobs.extend(before.entry(path)?.map(|entry| entry.id()));
            }
            Ok(blobs)
        }
        // Hosts that name files of the worktree name none that is gone.
        Origin::Worktree => {
            let changes = Git::new(files.repo())?.staged(Some(head))?.into_iter();
            let removed = changes.filter(|change| change.new.is_none());
            Ok(removed.filter_map(|change| Some(change.old?.id)).collect())
        }
        Origin::Commit(_) => Ok(BTreeSet::new()),
    }
}

/// What HEAD has at `path`, for files that are held against nothing.
pub(super) fn at_head(files: &Files<'_>, path: &RepoPath) -> Result<Option<GitId>> {
    let Some(head) = files.repo().head()? else { return Ok(None) };
    Ok(GitFiles::of_commit(files.repo(), head).entry(path)?.map(|entry| entry.id()))
}
