//! One file that is checked.

use std::sync::Arc;

use crate::checks::Result;
use crate::fs::RepoPath;
use crate::git::{CommitId, FileMode, GitId, Repo};

/// Where the text of files is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The index that the next commit is made of.
    Index,
    /// The worktree: how hosts that have hidden what is not staged want it.
    Worktree,
    /// A commit that exists.
    Commit(CommitId),
}

/// A file that is new or not as it was.
#[derive(Clone, Debug)]
pub struct File {
    pub path: RepoPath,
    pub mode: FileMode,
    /// Of a file in the worktree, what its bytes would be as a blob, without filters.
    pub id: GitId,
    /// What the path had before.
    pub old: Option<GitId>,
    /// Its corrected text.
    pub(super) fix: Option<Arc<[u8]>>,
}

/// Another text for a file.
#[derive(Clone, Debug)]
pub struct Fix {
    pub path: RepoPath,
    pub bytes: Vec<u8>,
}

impl File {
    pub fn is_regular(&self) -> bool {
        matches!(self.mode, FileMode::File | FileMode::Executable)
    }

    pub fn has_suffix(&self, suffix: &str) -> bool {
        self.path.as_bytes().ends_with(suffix.as_bytes())
    }

    /// The id of the text that would be committed, if corrections are.
    ///
    /// # Errors
    /// As of hashing.
    pub fn current_id(&self, repo: &Repo) -> Result<GitId> {
        match &self.fix {
            Some(bytes) => Ok(repo.blob_id(bytes)?),
            None => Ok(self.id),
        }
    }
}
