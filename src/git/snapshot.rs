//! The files of one commit, read from Git's objects: nothing is checked out.

use gix::bstr::ByteSlice as _;
use gix::object::tree::EntryKind;

use super::error::Attempt as _;
use super::{CommitId, Repo, Result};
use crate::fs::RepoPath;

/// How many symbolic links are followed one after another, as in Linux (`path_resolution(7)`).
const MAX_LINKS: usize = 40;

impl Repo {
    /// The bytes of the file at `path` in the tree of `commit`; `None` if no regular file is there.
    ///
    /// A symbolic link at `path` is followed as long as it stays inside of the tree; directories that
    /// are links are not.
    ///
    /// # Errors
    /// The file is longer than `limit` bytes, or Git's objects cannot be read.
    pub fn file_at(
        &self,
        commit: CommitId,
        path: &RepoPath,
        limit: usize,
    ) -> Result<Option<Vec<u8>>> {
        let gix = self.gix();
        let attempt = || format!("read `{path}` of commit {commit}");
        let tree = gix.find_commit(commit.0).and_then(|found| found.tree()).attempt(attempt)?;
        let mut place = path.clone();
        for _ in 0..MAX_LINKS {
            let Some(entry) = tree.lookup_entry(place.components()).attempt(attempt)? else {
                return Ok(None);
            };
            let is_link = match entry.mode().kind() {
                EntryKind::Blob | EntryKind::BlobExecutable => false,
                EntryKind::Link => true,
                EntryKind::Tree | EntryKind::Commit => return Ok(None),
            };
            let header = gix.find_header(entry.oid().to_owned()).attempt(attempt)?;
            if header.size() > limit as u64 {
                let reason = format!("it has {} bytes, more than {limit}", header.size());
                return Err(super::Error::Read { attempted: attempt(), reason });
            }
            let mut blob = entry.object().attempt(attempt)?;
            if !is_link {
                return Ok(Some(std::mem::take(&mut blob.data)));
            }
            match place.parent().and_then(|parent| parent.resolve(&blob.data)) {
                Some(target) => place = target,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Every path in the tree of `commit` whose last component is one of `names`, ascending.
    pub fn files_named_at(&self, commit: CommitId, names: &[&str]) -> Result<Vec<RepoPath>> {
        self.list_at(commit, &RepoPath::root(), &|name| {
            names.iter().any(|wanted| wanted.as_bytes() == name)
        })
    }

    /// Every file at or below `path` in the tree of `commit`, ascending.
    pub fn files_below_at(&self, commit: CommitId, path: &RepoPath) -> Result<Vec<RepoPath>> {
        self.list_at(commit, path, &|_| true)
    }

    /// Regular files and links at or below `start` whose names are wanted.
    fn list_at(
        &self,
        commit: CommitId,
        start: &RepoPath,
        wanted: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<RepoPath>> {
        let gix = self.gix();
        let attempt = || format!("list the files of commit {commit}");
        let tree = gix.find_commit(commit.0).and_then(|found| found.tree()).attempt(attempt)?;
        let mut pending = Vec::new();
        let mut found = Vec::new();
        if start.is_root() {
            pending.push((RepoPath::root(), tree.id));
        } else if let Some(entry) = tree.lookup_entry(start.components()).attempt(attempt)? {
            if entry.mode().is_tree() {
                pending.push((start.clone(), entry.oid().to_owned()));
            } else if entry.mode().is_blob_or_symlink() && wanted(start.file_name()) {
                found.push(start.clone());
            }
        }
        while let Some((path, id)) = pending.pop() {
            let tree = gix.find_tree(id).attempt(attempt)?;
            for entry in tree.iter() {
                let entry = entry.attempt(attempt)?;
                let name = entry.filename().as_bytes();
                if entry.mode().is_tree() {
                    pending.push((path.join(name), entry.oid().to_owned()));
                } else if entry.mode().is_blob_or_symlink() && wanted(name) {
                    found.push(path.join(name));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// The shortest prefix of the commit's id that names nothing else here.
    pub fn short_id(&self, commit: CommitId) -> String {
        use gix::prelude::ObjectIdExt as _;
        commit.0.attach(&self.gix()).shorten_or_id().to_string()
    }
}
