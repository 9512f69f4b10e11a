//! What can go wrong with the repository.

use crate::fs;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error("not in a Git repository")]
    NoRepository { reason: String },
    #[error("this repository is bare: it has no worktree to hold data")]
    Bare,
    /// `gix` could not do what was asked.
    #[error("cannot {attempted}: {reason}")]
    Read { attempted: String, reason: String },
    #[error("`{name}` is not a revision of this repository")]
    Revision { name: String },
    #[error("`git` was not found on PATH")]
    NoGit,
    /// The `git` program ended with an error.
    #[error("`git {arguments}` failed: {stderr}")]
    Failed { arguments: String, stderr: String },
    /// A setting has a value that it cannot have.
    #[error("{origin}: `{key}` cannot be `{value}`: {expected}")]
    Config { origin: String, key: String, value: String, expected: &'static str },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Says what was attempted when `gix` failed.
pub(super) trait Attempt<T> {
    fn attempt(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: std::fmt::Display> Attempt<T> for std::result::Result<T, E> {
    fn attempt(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error::Read { attempted: what(), reason: error.to_string() })
    }
}
