//! What can go wrong with runs.

use crate::format::run::RunId;
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
    /// Other processes changed the store again and again.
    #[error("cannot write `{name}`: other processes keep changing it", name = super::store::REF)]
    Contended,
    /// No run, and no commit, is called so.
    #[error("no run is called `{name}`")]
    UnknownRun { name: String },
    /// Several runs are called so, or have ids that begin so; newest first, with their names.
    #[error("`{name}` may mean {count} runs", count = candidates.len())]
    AmbiguousRun { name: String, candidates: Vec<(RunId, String)> },
    #[error("the run `{name}` was deleted")]
    DeletedRun { name: String, id: RunId },
    /// A commit that no run is known of.
    #[error("no run of the commit `{name}` is known")]
    NoRunOfCommit { name: String },
    /// A commit names a run that is not in the store.
    #[error("the commit `{name}` names the run {id}, which is not here")]
    RunNotHere { name: String, id: RunId },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
