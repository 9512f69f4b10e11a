//! Errors of the file system, each with its path.

use std::io;
use std::path::{Path, PathBuf};

/// A failed operation on a path.
#[derive(Debug, thiserror::Error)]
#[error("cannot {op} `{}`: {}", .path.display(), describe(.source))]
pub struct Error {
    /// What was attempted, as a verb: `read`, `create`.
    pub op: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a caller can do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    NotFound,
    Denied,
    NoSpace,
    Other,
}

impl Error {
    pub fn kind(&self) -> Kind {
        match self.source.kind() {
            io::ErrorKind::NotFound => Kind::NotFound,
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Kind::Denied,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Kind::NoSpace,
            _ => Kind::Other,
        }
    }

    pub fn is_not_found(&self) -> bool {
        self.kind() == Kind::NotFound
    }
}

/// The system's words without the number that the standard library appends.
fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => {
            let mut text = text[..at].to_owned();
            if let Some(first) = text.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            text
        }
        None => text,
    }
}

/// Adds what was attempted, and on what, to an error of the standard library or of `rustix`.
pub trait At<T> {
    fn at(self, op: &'static str, path: impl AsRef<Path>) -> Result<T>;

    /// The same where making the path costs something.
    fn at_with(self, op: &'static str, path: impl FnOnce() -> PathBuf) -> Result<T>;
}

impl<T, E: Into<io::Error>> At<T> for std::result::Result<T, E> {
    fn at(self, op: &'static str, path: impl AsRef<Path>) -> Result<T> {
        self.at_with(op, || path.as_ref().to_owned())
    }

    fn at_with(self, op: &'static str, path: impl FnOnce() -> PathBuf) -> Result<T> {
        self.map_err(|error| Error { op, path: path(), source: error.into() })
    }
}
