//! What can go wrong in the cache.

use std::path::PathBuf;

use crate::format::{self, ObjectId};
use crate::fs;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    /// The object is not here. `damaged` names packs that could not be read and might hold it.
    #[error("object {oid} is not in the cache{}", note(.damaged))]
    Missing { oid: ObjectId, damaged: Vec<PathBuf> },
    /// Bytes under the object's name are not the object. They have been put out of the way: the
    /// object counts as missing from now on.
    #[error("object {oid} in the cache is damaged (it was set aside): {reason}")]
    Damaged { oid: ObjectId, reason: String },
    /// An object is used as something that its bytes are not.
    #[error("object {oid} is used as a directory but is {source}")]
    NotATree { oid: ObjectId, source: format::Error },
    /// The bytes given for an object are not the object.
    #[error("bytes for object {oid} are those of {found}")]
    Mismatch { oid: ObjectId, found: ObjectId },
    /// Another process works in this cache.
    #[error("the cache is locked: {holder} is at work")]
    Busy { holder: String },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether fetching the object from a remote would help.
    pub fn is_missing(&self) -> bool {
        matches!(self, Error::Missing { .. } | Error::Damaged { .. })
    }
}

impl From<fs::LockError> for Error {
    fn from(error: fs::LockError) -> Self {
        match error {
            fs::LockError::Fs(error) => error.into(),
            fs::LockError::Busy(holder) => Error::Busy { holder: holder.0 },
        }
    }
}

fn note(damaged: &[PathBuf]) -> String {
    if damaged.is_empty() {
        return String::new();
    }
    let names: Vec<String> = damaged.iter().map(|path| format!("`{}`", path.display())).collect();
    format!("; unreadable packs: {}", names.join(", "))
}
