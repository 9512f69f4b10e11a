//! What can go wrong with runs.

use crate::{cache, data, format, fs, git};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Data(#[from] data::Error),
    #[error(transparent)]
    Cache(#[from] cache::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Fs(#[from] fs::Error),
    /// A file of the store cannot be understood.
    #[error("{path} of the run store: {source}")]
    Store { path: String, source: format::Error },
    /// The commit of a run's code is in another clone, or nowhere any more.
    #[error("commit {id} is not in this repository")]
    NoCommit { id: String },
    /// Other processes changed the store again and again.
    #[error("cannot write `{name}`: other processes keep changing it", name = super::store::REF)]
    Contended,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// `id` comes from a run, and runs from others.
    pub(super) fn no_commit(id: &str) -> Error {
        Error::NoCommit { id: fs::display_bytes(id.as_bytes()) }
    }
}
