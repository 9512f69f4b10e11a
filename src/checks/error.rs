//! Why checks could not be run at all. What a check found is no error.

use crate::fs::RepoPath;
use crate::{data, fs, git, pipeline};

/// Why checks could not be run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Data(#[from] data::Error),
    #[error(transparent)]
    Pipeline(#[from] pipeline::Error),
    /// A setting has a value that means nothing.
    #[error("the setting `{key}` is `{value}`: expected {expected}")]
    Setting {
        key: String,
        value: String,
        expected: &'static str,
        /// Whether the committed file sets it, and `git config` does not.
        is_committed: bool,
    },
    /// Corrections cannot be made to what is checked.
    #[error("cannot correct files of a commit that exists")]
    FixOfCommit,
    /// What a check made of a file cannot be its correction.
    #[error("cannot correct `{path}`: the corrected text is not usable: {reason}")]
    Unsound { path: RepoPath, reason: String },
    /// A signal came while tools ran or corrections were made.
    #[error("interrupted")]
    Interrupted,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
