//! Commits, and files in their trees.

use std::collections::HashSet;

use gix::ObjectId as GitId;
use gix::bstr::ByteSlice as _;

use super::error::{Attempt as _, Cause};
use super::{Error, Repo, Result};
use crate::format::lock;
use crate::fs::RepoPath;

/// A pointer or lock longer than this is not read, in bytes.
pub(super) const MAX_LEN: usize = lock::MAX_LEN;

/// A commit of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CommitId(pub(super) GitId);

impl CommitId {
    /// The commit with this id, in full, as Git lists it: whether it is here is not looked at.
    pub(super) fn from_hex(hex: &[u8]) -> Option<CommitId> {
        GitId::from_hex(hex).ok().map(CommitId)
    }
}

impl std::fmt::Display for CommitId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A file as some commit has it.
#[derive(Clone, Debug)]
pub struct FileAt {
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

    /// Local branches with their commits, by name.
    pub fn named_branches(&self) -> Result<Vec<(String, CommitId)>> {
        let attempt = || "list branches".to_owned();
        let gix = self.gix();
        let platform = gix.references().attempt(attempt)?;
        named(platform.local_branches().attempt(attempt)?)
    }

    /// Tags of commits with their commits, by name.
    pub fn named_tags(&self) -> Result<Vec<(String, CommitId)>> {
        let attempt = || "list tags".to_owned();
        let gix = self.gix();
        let platform = gix.references().attempt(attempt)?;
        named(platform.tags().attempt(attempt)?)
    }

    /// Every commit that HEAD, a branch or a tag leads to, newest first.
    pub fn all_commits(&self) -> Result<Vec<CommitId>> {
        let mut tips = self.branches()?;
        tips.extend(self.tags()?);
        tips.extend(self.head()?);
        let attempt = || "list commits".to_owned();
        let mut gix = self.gix();
        gix.object_cache_size_if_unset(4 << 20);
        let newest_first = gix::revision::walk::Sorting::ByCommitTime(Default::default());
        let walk = gix.rev_walk(tips.into_iter().map(|tip| tip.0)).sorting(newest_first);
        let walk = walk.all().attempt(attempt)?;
        walk.map(|found| Ok(CommitId(found.attempt(attempt)?.id))).collect()
    }

    /// Up to `count` commits from `tip` on along first parents, newest first.
    pub fn first_parents(&self, tip: CommitId, count: usize) -> Result<Vec<CommitId>> {
        let attempt = || format!("list the parents of commit {tip}");
        let gix = self.gix();
        let walk = gix.rev_walk([tip.0]).first_parent_only().all().attempt(attempt)?;
        walk.take(count).map(|found| Ok(CommitId(found.attempt(attempt)?.id))).collect()
    }

    /// Every file in the trees of `commits` whose name is `wanted`; one that is the same in several
    /// comes once.
    pub fn files_at(
        &self,
        commits: &[CommitId],
        wanted: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<FileAt>> {
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
                } else if mode.is_blob() && wanted(name) {
                    let path = path.join(name);
                    if seen.insert((path.clone(), entry.oid().to_owned())) {
                        let id = entry.oid().to_owned();
                        found.push(FileAt { path, text: blob(&gix, id)? });
                    }
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }
}

/// The commits of references, each once.
fn peel<'r, E: Into<Cause>>(
    references: impl Iterator<Item = std::result::Result<gix::Reference<'r>, E>>,
) -> Result<Vec<CommitId>> {
    let mut commits: Vec<CommitId> = named(references)?.into_iter().map(|(_, id)| id).collect();
    commits.sort();
    commits.dedup();
    Ok(commits)
}

/// References by their short names. Those to other things than commits are passed over; those that
/// cannot be read are not.
fn named<'r, E: Into<Cause>>(
    references: impl Iterator<Item = std::result::Result<gix::Reference<'r>, E>>,
) -> Result<Vec<(String, CommitId)>> {
    let mut found = Vec::new();
    for reference in references {
        let mut reference = reference.attempt(|| "read a reference".into())?;
        let name = reference.name().shorten().to_string();
        let id = reference.peel_to_id().attempt(|| format!("read `{name}`"))?;
        let object = id.object().attempt(|| format!("read `{name}`"))?;
        if object.kind == gix::object::Kind::Commit {
            found.push((name, CommitId(object.id)));
        }
    }
    Ok(found)
}

/// Reads a blob, if it is no longer than a pointer may be.
fn blob(gix: &gix::Repository, id: GitId) -> Result<Vec<u8>> {
    let attempt = || format!("read blob {id}");
    let header = gix.find_header(id).attempt(attempt)?;
    if header.size() > MAX_LEN as u64 {
        return Ok(Vec::new());
    }
    let mut blob = gix.find_object(id).attempt(attempt)?;
    Ok(std::mem::take(&mut blob.data))
}
