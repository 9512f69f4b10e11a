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
    /// A directory of the store cannot be read.
    #[error("{path} of the run store: {source}")]
    Unreadable { path: String, source: Box<git::Error> },
    /// Other processes changed the store again and again.
    #[error("cannot write `{name}`: other processes keep changing it", name = super::store::REF)]
    Contended,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
