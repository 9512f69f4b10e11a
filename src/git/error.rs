//! What can go wrong with the repository.

use crate::fs;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error("not in a Git repository")]
    NoRepository { reason: String },
    /// Git reads it, and we do not.
    #[error("cannot read this repository: its {what} format is `{name}`")]
    Format { what: &'static str, name: String },
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
    /// Somebody else writes the index, or died while doing so.
    #[error("cannot write the index: another Git process holds `{}`", .lock.display())]
    IndexBusy { lock: std::path::PathBuf },
    /// A setting has a value that it cannot have.
    #[error("{origin}: `{key}` cannot be `{value}`: {expected}")]
    Config { origin: String, key: String, value: String, expected: &'static str },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of `gix`, which boxes some of its own.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Says what was attempted when `gix` failed.
pub(super) trait Attempt<T> {
    fn attempt(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E> Attempt<T> for std::result::Result<T, E>
where
    E: Into<Cause>,
{
    fn attempt(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error::Read { attempted: what(), reason: reason(&*error.into()) })
    }
}

/// What an error says, with its causes: that the disk is full is the last of four. One that a message
/// has in its own words already is not said again.
fn reason(error: &(dyn std::error::Error + 'static)) -> String {
    let mut reason = error.to_string();
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    for cause in causes.map(ToString::to_string) {
        if !reason.contains(&cause) {
            reason = format!("{}: {cause}", reason.trim_end_matches('.'));
        }
    }
    reason
}
