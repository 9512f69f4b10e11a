//! What can go wrong on the way to a remote and back.

use crate::format::remote_file::RemoteId;
use crate::{cache, format, fs};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error(transparent)]
    Cache(#[from] cache::Error),
    /// Nothing at the place says that it is a remote.
    #[error("`{place}` is not a remote: it has no `mldata-remote` file")]
    NotARemote { place: String },
    /// The place holds something else.
    #[error("`{place}` is neither empty nor a remote: it holds `{found}`")]
    Foreign { place: String, found: String },
    /// Another remote is at the place than the one that was named.
    #[error("the remote at `{place}` is {found}, not {expected}")]
    WrongRemote { place: String, expected: RemoteId, found: RemoteId },
    /// The `mldata-remote` file cannot be understood.
    #[error("cannot use the remote at `{place}`: {source}")]
    RemoteFile { place: String, source: format::Error },
    /// A file on the remote is not what its name says.
    #[error("`{name}` on the remote `{place}` is damaged: {reason}")]
    Corrupt { place: String, name: String, reason: String },
    /// The remote's indexes changed each time they were read.
    #[error("the remote `{place}` keeps changing; somebody else is at work on it")]
    Unsettled { place: String },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    NotFound,
    Denied,
    /// The disk of the remote, or ours, is full.
    NoSpace,
    Corrupt,
    /// Trying again may help.
    Transient,
    /// A later version of this program is needed.
    Unsupported,
    /// The place is not the remote that was meant.
    Conflict,
    Internal,
}

impl Error {
    pub fn kind(&self) -> Kind {
        let of_fs = |error: &fs::Error| match error.kind() {
            fs::Kind::NotFound => Kind::NotFound,
            fs::Kind::Denied => Kind::Denied,
            fs::Kind::NoSpace => Kind::NoSpace,
            fs::Kind::Other => Kind::Internal,
        };
        match self {
            Error::Fs(error) | Error::Cache(cache::Error::Fs(error)) => of_fs(error),
            Error::Cache(cache::Error::Missing { .. }) => Kind::NotFound,
            Error::Cache(cache::Error::Busy { .. }) => Kind::Transient,
            Error::Cache(_) | Error::Corrupt { .. } => Kind::Corrupt,
            Error::NotARemote { .. } => Kind::NotFound,
            Error::Foreign { .. } | Error::WrongRemote { .. } => Kind::Conflict,
            Error::RemoteFile { .. } => Kind::Unsupported,
            Error::Unsettled { .. } => Kind::Transient,
        }
    }

    pub fn is_transient(&self) -> bool {
        self.kind() == Kind::Transient
    }
}
