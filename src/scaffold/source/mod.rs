//! Where templates come from.

use std::path::{Path, PathBuf};

mod directory;

use super::{Error, FileTree, Limits, Result, builtin};
use crate::format::ObjectId;
use crate::fs::RepoPath;

/// Which template the user asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// A built-in name, a path, a URL, or an abbreviation such as `gh:owner/name`.
    pub source: String,
    /// The branch, tag or commit to take (`--ref`).
    pub reference: Option<String>,
    /// Where in the source the template is (`--directory`).
    pub directory: RepoPath,
}

/// Where a template was found, well enough to find it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// A built-in name, an absolute path, or a URL without credentials.
    pub source: String,
    pub reference: Option<String>,
    pub directory: RepoPath,
    pub version: Version,
}

/// Exactly which state of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// Built into this version of the program.
    Builtin(String),
    /// A commit's full id.
    Commit(String),
    /// The digest of all files ([`FileTree::digest`]), where there is no commit.
    Digest(ObjectId),
}

/// A source that was read.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub files: FileTree,
    pub origin: Origin,
}

/// Reads the template that `request` names. Relative paths are understood from `here`.
///
/// # Errors
/// There is no such template, it cannot be read, or it passes `limits`.
pub fn fetch(request: &Request, here: &Path, limits: &Limits) -> Result<Fetched> {
    let origin = |source: &str, version| Origin {
        source: source.to_owned(),
        reference: request.reference.clone(),
        directory: request.directory.clone(),
        version,
    };
    if let Some(files) = builtin::files(&request.source)? {
        let version = Version::Builtin(env!("CARGO_PKG_VERSION").to_owned());
        return Ok(Fetched { files, origin: origin(&request.source, version) });
    }
    let path: PathBuf = here.join(&request.source);
    if !path.is_dir() {
        return Err(Error::UnknownTemplate { name: request.source.clone() });
    }
    let files = directory::read(&path, limits)?;
    let version = Version::Digest(files.digest());
    Ok(Fetched { files, origin: origin(&path.to_string_lossy(), version) })
}
