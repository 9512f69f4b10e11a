//! The worktree's file follows what was staged for it.
//!
//! What the user has in the file and has not staged is the only copy of it. So the file gets the
//! correction and keeps that, by a three-way merge, or it stays as it is: there is no third way. Line
//! ends, encodings and filters stand between a file and its blob; the two are compared on one side of
//! them, and merged as blobs.

use std::borrow::Cow;
use std::path::Path;

use super::super::{Result, WorktreeFile};
use super::place::{self, Found};
use crate::fs::RepoPath;
use crate::git::{Git, GitId, Objects, Repo};

/// What a file's text becomes.
pub(super) struct Change<'a> {
    pub path: &'a RepoPath,
    pub old: (GitId, &'a [u8]),
    pub new: (GitId, &'a [u8]),
}

/// Lets files of one worktree follow.
pub(super) struct Follower<'a> {
    pub repo: &'a Repo,
    pub git: Git<'a>,
    pub objects: Objects,
    /// Whether files may be something else than their blobs.
    pub may_filter: bool,
    /// For temporary files.
    pub temp: &'a Path,
}

impl Follower<'_> {
    /// The texts are those of the index.
    pub(super) fn follow(&self, change: &Change<'_>) -> WorktreeFile {
        let followed = self.try_follow(change);
        followed.unwrap_or_else(|error| WorktreeFile::Untouched { reason: error.to_string() })
    }

    /// The texts are those of the file itself: that it is not as it was read is reason to leave it alone.
    pub(super) fn overwrite(&self, change: &Change<'_>) -> WorktreeFile {
        let attempt = || -> Result<WorktreeFile> {
            let (place, bytes) = match place::read(self.repo.top(), change.path)? {
                Found::File(place, bytes) => (place, bytes),
                Found::Nothing => return Ok(WorktreeFile::Absent),
                Found::Other(reason) => return Ok(untouched(reason)),
            };
            Ok(
                match self.repo.blob_id(&bytes)? == change.old.0
                    && place.replace(change.new.1, self.temp)?
                {
                    true => WorktreeFile::Written,
                    false => untouched(CHANGED),
                },
            )
        };
        attempt().unwrap_or_else(|error| WorktreeFile::Untouched { reason: error.to_string() })
    }

    fn try_follow(&self, change: &Change<'_>) -> Result<WorktreeFile> {
        let Change { path, old: (old_id, old), new: (new_id, new) } = *change;
        let (place, bytes) = match place::read(self.repo.top(), path)? {
            Found::File(place, bytes) => (place, bytes),
            Found::Nothing => return Ok(WorktreeFile::Absent),
            Found::Other(reason) => return Ok(untouched(reason)),
        };
        let is_old = match self.may_filter {
            true => self.git.smudged(path, old_id)? == bytes,
            false => old == bytes,
        };
        // What the file is as a blob.
        let own: Cow<'_, [u8]> = match (is_old, self.may_filter) {
            (true, _) => old.into(),
            (false, false) => bytes.into(),
            (false, true) => {
                let id = self.git.cleaned(path, &bytes)?;
                self.objects.blob(id, usize::MAX)?.into()
            }
        };
        if *own == *new {
            return Ok(WorktreeFile::Written);
        }
        let (text, id, state) = if *own == *old {
            (Cow::Borrowed(new), new_id, WorktreeFile::Written)
        } else {
            let Some(merged) = self.git.merge_texts(old, &own, new, self.temp)? else {
                return Ok(untouched(
                    "its changes that are not staged conflict with the correction",
                ));
            };
            if merged == *own {
                return Ok(WorktreeFile::Merged);
            }
            let id = if self.may_filter { self.objects.write_blob(&merged)? } else { new_id };
            (merged.into(), id, WorktreeFile::Merged)
        };
        let text = if self.may_filter { self.git.smudged(path, id)?.into() } else { text };
        Ok(if place.replace(&text, self.temp)? { state } else { untouched(CHANGED) })
    }
}

const CHANGED: &str = "it was changed in the meantime";

fn untouched(reason: &str) -> WorktreeFile {
    WorktreeFile::Untouched { reason: reason.to_owned() }
}
