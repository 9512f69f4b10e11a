//! Pointers at revisions.

use std::collections::HashSet;

use gix::ObjectId as GitId;
use gix::bstr::ByteSlice as _;

use super::error::Attempt as _;
use super::{Error, Repo, Result};
use crate::format::pointer;
use crate::fs::RepoPath;

/// A commit of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitId(pub(super) GitId);

impl std::fmt::Display for CommitId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A pointer's text as some commit has it.
#[derive(Clone, Debug)]
pub struct PointerAt {
    /// Path of the pointer file.
    pub path: RepoPath,
    pub text: Vec<u8>,
}

impl Repo {
    /// The commit that HEAD is at; `None` before the first one.
    pub fn head(&self) -> Result<Option<CommitId>> {
        let gix = self.gix();
        let mut head = gix.head().attempt(|| "read HEAD".into())?;
        let id = head.try_peel_to_id().attempt(|| "read HEAD".into())?;
        Ok(id.map(|id| CommitId(id.detach())))
    }

    /// The commit that `name` stands for (`gitrevisions(7)`).
    pub fn commit(&self, name: &str) -> Result<CommitId> {
        let unknown = || Error::Revision { name: crate::fs::display_bytes(name.as_bytes()) };
        let gix = self.gix();
        let id = gix.rev_parse_single(name).map_err(|_| unknown())?;
        let commit = id.object().and_then(gix::Object::peel_to_commit);
        Ok(CommitId(commit.map_err(|_| unknown())?.id))
    }

    /// The commits of all local and remote-tracking branches.
    pub fn branches(&self) -> Result<Vec<CommitId>> {
        let attempt = || "list branches".to_owned();
        let gix = self.gix();
        let platform = gix.references().attempt(attempt)?;
        let local = platform.local_branches().attempt(attempt)?;
        let remote = platform.remote_branches().attempt(attempt)?;
        peel(local.chain(remote))
    }

    /// The commits of all tags.
    pub fn tags(&self) -> Result<Vec<CommitId>> {
        let attempt = || "list tags".to_owned();
        let gix = self.gix();
        let platform = gix.references().attempt(attempt)?;
        peel(platform.tags().attempt(attempt)?)
    }

    /// Every pointer in the trees of `commits`; one that is the same in several comes once.
    pub fn pointers_at(&self, commits: &[CommitId]) -> Result<Vec<PointerAt>> {
        let gix = self.gix();
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut pending = Vec::new();
        for commit in commits {
            let attempt = || format!("read commit {commit}");
            let commit = gix.find_commit(commit.0).attempt(attempt)?;
            pending.push((RepoPath::root(), commit.tree_id().attempt(attempt)?.detach()));
        }
        while let Some((path, id)) = pending.pop() {
            if !seen.insert((path.clone(), id)) {
                continue;
            }
            let attempt = || format!("read tree {id}");
            let tree = gix.find_tree(id).attempt(attempt)?;
            for entry in tree.iter() {
                let entry = entry.attempt(attempt)?;
                let name = entry.filename().as_bytes();
                let mode = entry.mode();
                if mode.is_tree() {
                    pending.push((path.join(name), entry.oid().to_owned()));
                } else if mode.is_blob() && name.ends_with(pointer::SUFFIX.as_bytes()) {
                    let path = path.join(name);
                    if seen.insert((path.clone(), entry.oid().to_owned())) {
                        let id = entry.oid().to_owned();
                        found.push(PointerAt { path, text: blob(&gix, id)? });
                    }
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }
}

/// References to other things than commits are passed over; those that cannot be read are not.
fn peel<'r, E: std::fmt::Display>(
    references: impl Iterator<Item = std::result::Result<gix::Reference<'r>, E>>,
) -> Result<Vec<CommitId>> {
    let mut commits = Vec::new();
    for reference in references {
        let mut reference = reference.attempt(|| "read a reference".into())?;
        let name = reference.name().as_bstr().to_string();
        let id = reference.peel_to_id().attempt(|| format!("read `{name}`"))?;
        let object = id.object().attempt(|| format!("read `{name}`"))?;
        if object.kind == gix::object::Kind::Commit {
            commits.push(CommitId(object.id));
        }
    }
    commits.sort();
    commits.dedup();
    Ok(commits)
}

/// Reads a blob, if it is no longer than a pointer may be.
fn blob(gix: &gix::Repository, id: GitId) -> Result<Vec<u8>> {
    let attempt = || format!("read blob {id}");
    let header = gix.find_header(id).attempt(attempt)?;
    if header.size() > pointer::MAX_LEN as u64 {
        return Ok(Vec::new());
    }
    let mut blob = gix.find_object(id).attempt(attempt)?;
    Ok(std::mem::take(&mut blob.data))
}
