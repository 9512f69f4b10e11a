//! The files of one commit, read from Git's objects: nothing is checked out.

use gix::bstr::ByteSlice as _;
use gix::object::tree::EntryKind;

use super::error::Attempt as _;
use super::{CommitId, Repo, Result};
use crate::fs::RepoPath;

/// How many symbolic links are followed one after another, as in Linux (`path_resolution(7)`).
pub(super) const MAX_LINKS: usize = 40;

/// One name in a tree of Git's.
#[derive(Clone, Debug)]
pub struct GitEntry {
    pub name: Vec<u8>,
    pub(super) kind: EntryKind,
    pub(super) id: gix::ObjectId,
}

impl GitEntry {
    pub fn is_directory(&self) -> bool {
        self.kind == EntryKind::Tree
    }

    /// A regular file, executable or not; `None` for anything else.
    pub fn as_file(&self) -> Option<bool> {
        match self.kind {
            EntryKind::Blob => Some(false),
            EntryKind::BlobExecutable => Some(true),
            _ => None,
        }
    }

    /// Git's own name of the object.
    pub fn id_bytes(&self) -> &[u8] {
        self.id.as_bytes()
    }

    pub fn is_link(&self) -> bool {
        self.kind == EntryKind::Link
    }
}

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

    /// Every file at or below `path` in the tree of `commit`, ascending.
    pub fn files_below_at(&self, commit: CommitId, path: &RepoPath) -> Result<Vec<RepoPath>> {
        self.list_at(commit, path, &|_| true)
    }

    /// Regular files and links at or below `start` whose names are wanted.
    pub(super) fn list_at(
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

    /// What is at `path` in the tree of `commit`; no link is followed.
    pub fn entry_at(&self, commit: CommitId, path: &RepoPath) -> Result<Option<GitEntry>> {
        let gix = self.gix();
        let attempt = || format!("read `{path}` of commit {commit}");
        let tree = gix.find_commit(commit.0).and_then(|found| found.tree()).attempt(attempt)?;
        if path.is_root() {
            return Ok(Some(GitEntry { name: Vec::new(), kind: EntryKind::Tree, id: tree.id }));
        }
        let entry = tree.lookup_entry(path.components()).attempt(attempt)?;
        Ok(entry.map(|entry| GitEntry {
            name: path.file_name().to_vec(),
            kind: entry.mode().kind(),
            id: entry.oid().to_owned(),
        }))
    }

    /// What is in a directory, in Git's order; nothing if `directory` is none.
    pub fn entries_of(&self, directory: &GitEntry) -> Result<Vec<GitEntry>> {
        if !directory.is_directory() {
            return Ok(Vec::new());
        }
        let gix = self.gix();
        let attempt = || format!("read tree {}", directory.id);
        let tree = gix.find_tree(directory.id).attempt(attempt)?;
        let mut found = Vec::new();
        for entry in tree.iter() {
            let entry = entry.attempt(attempt)?;
            let (name, kind) = (entry.filename().to_vec(), entry.mode().kind());
            found.push(GitEntry { name, kind, id: entry.oid().to_owned() });
        }
        Ok(found)
    }

    /// The bytes of a file, or the text of a link.
    pub fn bytes_of(&self, entry: &GitEntry) -> Result<Vec<u8>> {
        let gix = self.gix();
        let mut blob = gix.find_blob(entry.id).attempt(|| format!("read blob {}", entry.id))?;
        Ok(std::mem::take(&mut blob.data))
    }

    /// The shortest prefix of the commit's id that names nothing else here.
    pub fn short_id(&self, commit: CommitId) -> String {
        use gix::prelude::ObjectIdExt as _;
        commit.0.attach(&self.gix()).shorten_or_id().to_string()
    }
}
