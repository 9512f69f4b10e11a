//! A directory of this machine, and the Git repository that it may be in.
//!
//! The repository may be a stranger's that was unpacked here: its own settings can name programs. So
//! `git` is never run in it. Objects are read by the library, and files of another revision are written
//! from a bare repository of ours that borrows its objects.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::{Read, Version, directory, remote};
use crate::fs::{RepoPath, ScratchDir};
use crate::git::{CommitId, GitEntry, Mirror, Repo};
use crate::scaffold::{Error, FileTree, Limits, Node, Result};

/// So many branches and tags are named to somebody who asked for one that is not there.
const SHOWN: usize = 8;

/// Whether `path` is a Git repository without a worktree.
pub fn is_bare(path: &Path) -> bool {
    path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir()
}

/// Reads the directory `path`: as it is, or as it is in the revision `wanted`.
pub fn read(path: &Path, wanted: Option<&str>, limits: &Limits) -> Result<Read> {
    let repo = Repo::around(path);
    let inside = repo
        .as_ref()
        .and_then(|repo| RepoPath::new(path.strip_prefix(repo.top()).ok()?.as_os_str().as_bytes()));
    match (repo.zip(inside), wanted) {
        (Some((repo, inside)), Some(name)) => read_revision(&repo, &inside, path, name, limits),
        (None, Some(_)) => Err(Error::BadSource {
            name: path.to_string_lossy().into_owned(),
            why: "it is in no Git repository and has no revisions".into(),
        }),
        (found, None) => {
            let files = directory::read(path, limits)?;
            let commit = found.and_then(|(repo, inside)| committed(&repo, &inside, &files));
            let Some(commit) = commit else { return Ok(Read::digested(files)) };
            let version = Version::Commit(commit.to_string());
            Ok(Read { files, version, warning: None })
        }
    }
}

fn read_revision(
    repo: &Repo,
    inside: &RepoPath,
    path: &Path,
    name: &str,
    limits: &Limits,
) -> Result<Read> {
    let source_name = || path.to_string_lossy().into_owned();
    let commit = repo.commit(name).map_err(|_| Error::UnknownReference {
        source_name: source_name(),
        reference: name.to_owned(),
        known: known(repo),
    })?;
    let scratch = ScratchDir::new()?;
    let mirror = Mirror::create_beside(&scratch.path().join("git"), repo)?;
    let files = remote::files_of(&mirror, commit, limits)?;
    if !inside.is_root() && !matches!(files.get(inside), Some(Node::Directory)) {
        let directory = inside.clone();
        return Err(Error::NoSuchDirectory { source_name: format!("commit {commit}"), directory });
    }
    let version = Version::Commit(commit.to_string());
    Ok(Read { files: files.subtree(inside), version, warning: None })
}

/// Names of some branches and tags.
fn known(repo: &Repo) -> Vec<String> {
    let branches = repo.named_branches().unwrap_or_default();
    let tags = repo.named_tags().unwrap_or_default();
    branches.into_iter().chain(tags).map(|(name, _)| name).take(SHOWN).collect()
}

/// HEAD's commit, if `files` are exactly what it has at `inside`.
///
/// Where line endings are converted they never are: the digest then says what was read.
fn committed(repo: &Repo, inside: &RepoPath, files: &FileTree) -> Option<CommitId> {
    let head = repo.head().ok()??;
    let top = repo.entry_at(head, inside).ok()??;
    is_same(repo, &top, files, &RepoPath::root()).then_some(head)
}

/// Guided by `files`, whose number is bounded: a commit may name more than can be listed.
fn is_same(repo: &Repo, directory: &GitEntry, files: &FileTree, at: &RepoPath) -> bool {
    let Ok(mut entries) = repo.entries_of(directory) else { return false };
    // Git sorts directories by another order.
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    let children: Vec<(&[u8], &Node)> = files.children(at).collect();
    // Git knows no empty directory.
    let is_empty = children.is_empty() && !at.is_root();
    !is_empty
        && children.len() == entries.len()
        && children.iter().zip(&entries).all(|(&(name, node), entry)| {
            let same_bytes = |bytes| repo.blob_id(bytes).is_ok_and(|id| id == entry.id());
            name == entry.name
                && match node {
                    Node::Directory => {
                        entry.is_directory() && is_same(repo, entry, files, &at.join(name))
                    }
                    Node::File { bytes, executable } => {
                        entry.as_file() == Some(*executable) && same_bytes(bytes)
                    }
                    Node::Link(target) => entry.is_link() && same_bytes(target),
                }
        })
}
