//! Where templates come from: built in, a directory, an archive, or a Git repository.
//!
//! A source is read as a whole, into memory, and [`Origin`] says what was read: a commit where there is
//! one, else the digest of all files. A directory in a worktree has the version of HEAD's commit if every
//! byte of it is as in that commit; with `--ref` it is read from the repository, not from the disk.
//! Repositories that a URL names are kept as bare copies in the user's cache, and files come out of them
//! as `git clone` would write them, submodules empty, hooks never run (see [`crate::git::Mirror`]).

mod archive;
mod between;
pub(super) mod directory;
mod local;
mod locator;
mod remote;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use between::{Between, between};
pub use locator::without_secrets;
use locator::{Locator, Place, Url};

use super::{Error, FileTree, Limits, Node, Result, builtin};
use crate::format::ObjectId;
use crate::fs::{self, RepoPath, display_bytes};

/// Which template the user asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// A built-in name, a path, a URL, or an abbreviation such as `gh:owner/name`.
    pub source: String,
    /// The branch, tag or commit to take (`--ref`).
    pub reference: Option<String>,
    /// Where in the source the template is (`--directory`).
    pub directory: RepoPath,
    /// The user's own abbreviations ([`super::config`]).
    pub abbreviations: BTreeMap<String, String>,
    /// Whether Git may ask for passwords on the terminal.
    pub interactive: bool,
    /// Whether a file of some repository names the source, and not the user: anybody may have written
    /// that, so what it names must not be on this machine.
    pub stranger: bool,
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
    /// What the user should be told.
    pub warning: Option<Stale>,
}

/// A repository could not be reached; what was fetched before was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    pub source: String,
    pub reason: String,
    /// When it was reached last.
    pub fetched: Option<jiff::Timestamp>,
}

impl std::fmt::Display for Stale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let source = display_bytes(self.source.as_bytes());
        write!(f, "cannot fetch `{source}` ({}): taking it as it was", self.reason)?;
        match &self.fetched {
            Some(time) => write!(f, " on {}", time.strftime("%Y-%m-%d %H:%M UTC")),
            None => write!(f, " some time ago"),
        }
    }
}

/// Reads the template that `request` names. Relative paths are understood from `here`.
///
/// # Errors
/// There is no such template, it cannot be read, or it passes `limits`; or a stranger names something of
/// this machine ([`Error::LocalSource`]).
pub fn fetch(request: &Request, here: &Path, limits: &Limits) -> Result<Fetched> {
    let refused =
        |why: &str| Error::BadSource { name: without_secrets(&request.source), why: why.into() };
    if let Some(files) = builtin::files(&request.source)? {
        if request.reference.is_some() {
            return Err(refused("it is built in and has no other revisions"));
        }
        let version = Version::Builtin(env!("CARGO_PKG_VERSION").to_owned());
        let read = Read { files, version, warning: None };
        return finish(read, request.source.clone(), None, request.directory.clone());
    }
    let mut locator = Locator::parse(&request.source, &request.abbreviations)?;
    // Nothing of it is looked at, not even whether it is there.
    if request.stranger && locator.place.is_local() {
        return Err(Error::LocalSource { source_name: request.source.clone() });
    }
    if let Place::Path(text) = &locator.place
        && fs::lstat(&path_of(text, here))?.is_none()
    {
        let shorter = Locator::of_path(text);
        let exists = |locator: &Locator| match &locator.place {
            Place::Path(text) => path_of(text, here).exists(),
            Place::Git(_) => false,
        };
        locator = shorter
            .filter(exists)
            .ok_or_else(|| Error::UnknownTemplate { name: request.source.clone() })?;
    }
    let reference = match (request.reference.clone(), locator.reference) {
        (Some(_), Some(_)) => return Err(refused("it names a revision, and so does --ref")),
        (given, found) => given.or(found),
    };
    let directory = match locator.directory {
        Some(_) if !request.directory.is_root() => {
            return Err(refused("it names a directory, and so does --directory"));
        }
        Some(text) => RepoPath::root()
            .resolve(text.as_bytes())
            .ok_or_else(|| refused("its directory leads out of it"))?,
        None => request.directory.clone(),
    };
    let wanted = reference.as_deref();
    let from_git = |url: &Url| remote::read(url, wanted, request.interactive, limits);
    let (read, source) = match &locator.place {
        Place::Git(url) => (from_git(url)?, url.public()),
        Place::Path(text) => {
            let path = path_of(text, here);
            let path = fs::At::at(path.canonicalize(), "resolve", &path)?;
            let text = path.to_string_lossy().into_owned();
            let read = match path.is_dir() {
                true if local::is_bare(&path) => from_git(&Url::of_directory(&text))?,
                true => local::read(&path, wanted, limits)?,
                false if !locator::is_archive(&text) => {
                    return Err(refused("it is neither a directory nor an archive"));
                }
                false if wanted.is_some() => return Err(refused("an archive has no revisions")),
                false => Read::digested(archive::read(&path, limits)?),
            };
            (read, text)
        }
    };
    finish(read, source, reference, directory)
}

/// What was read of a source.
struct Read {
    files: FileTree,
    version: Version,
    warning: Option<Stale>,
}

impl Read {
    fn digested(files: FileTree) -> Read {
        let version = Version::Digest(files.digest());
        Read { files, version, warning: None }
    }
}

fn finish(
    read: Read,
    source: String,
    reference: Option<String>,
    directory: RepoPath,
) -> Result<Fetched> {
    let Read { files, version, warning } = read;
    let found = files
        .follow(&directory)
        .filter(|path| path.is_root() || matches!(files.get(path), Some(Node::Directory)));
    let Some(directory) = found else {
        return Err(Error::NoSuchDirectory { source_name: source, directory });
    };
    let origin = Origin { source, reference, directory, version };
    Ok(Fetched { files, origin, warning })
}

/// The path that `text` means, which need not be there.
fn path_of(text: &str, here: &Path) -> PathBuf {
    match (
        text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/')),
        fs::home(),
    ) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
        _ => here.join(text),
    }
}
