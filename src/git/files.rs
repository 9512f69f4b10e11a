//! The files of one state that Git has: of a commit, or of the index that the next commit is made of.
//!
//! Both are asked the same questions, by path, and nothing is checked out. Of the index only what a
//! commit would have counts: what is meant to be added (`git add -N`) is not there yet. Corrections
//! that wait to be staged can take the place of what is staged, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use gix::bstr::ByteSlice as _;
use gix::index::entry::{Flags, Mode};
use gix::object::tree::EntryKind;

use super::error::Attempt as _;
use super::snapshot::MAX_LINKS;
use super::{CommitId, Error, FileAt, GitEntry, GitId, GitIndex, Repo, Result};
use crate::fs::RepoPath;

/// See the module. Shared by threads.
pub struct GitFiles<'a> {
    repo: &'a Repo,
    of: Of,
    replaced: BTreeMap<RepoPath, Replaced>,
    gix: Mutex<gix::Repository>,
}

enum Of {
    Commit(CommitId),
    Index(GitIndex),
}

struct Replaced {
    id: GitId,
    bytes: Arc<[u8]>,
}

impl<'a> GitFiles<'a> {
    pub fn of_commit(repo: &'a Repo, commit: CommitId) -> GitFiles<'a> {
        GitFiles::new(repo, Of::Commit(commit))
    }

    /// The index, the one that `GIT_INDEX_FILE` names, as it is now.
    pub fn of_index(repo: &'a Repo) -> Result<GitFiles<'a>> {
        Ok(GitFiles::new(repo, Of::Index(repo.index()?)))
    }

    fn new(repo: &'a Repo, of: Of) -> GitFiles<'a> {
        GitFiles { repo, of, replaced: BTreeMap::new(), gix: Mutex::new(repo.gix()) }
    }

    /// Lets the file at `path` of the index have `bytes`, whose id is `id`.
    pub fn replace(&mut self, path: RepoPath, id: GitId, bytes: Arc<[u8]>) {
        self.replaced.insert(path, Replaced { id, bytes });
    }

    /// What messages call the state.
    pub fn name(&self) -> String {
        match &self.of {
            Of::Commit(commit) => self.repo.short_id(*commit),
            Of::Index(_) => "the index".to_owned(),
        }
    }

    /// The bytes of the file at `path`; `None` if no regular file is there. A symbolic link at `path`
    /// is followed as long as it stays inside; directories that are links are not.
    ///
    /// # Errors
    /// The file is longer than `limit` bytes, or Git's objects cannot be read.
    pub fn read(&self, path: &RepoPath, limit: usize) -> Result<Option<Vec<u8>>> {
        if let Of::Commit(commit) = &self.of {
            return self.repo.file_at(*commit, path, limit);
        }
        let mut place = path.clone();
        for _ in 0..MAX_LINKS {
            let Some(entry) = self.entry(&place)? else { return Ok(None) };
            if entry.as_file().is_none() && !entry.is_link() {
                return Ok(None);
            }
            let size = self.size_of(&place, &entry)?;
            if size > limit as u64 {
                let attempted = format!("read `{place}` of the index");
                let reason = format!("it has {size} bytes, more than {limit}");
                return Err(Error::Read { attempted, reason });
            }
            let bytes = self.bytes_of(&place, &entry)?;
            if entry.as_file().is_some() {
                return Ok(Some(bytes));
            }
            match place.parent().and_then(|parent| parent.resolve(&bytes)) {
                Some(target) => place = target,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// What is at `path`; no link is followed. A directory of the index has no id that means anything.
    pub fn entry(&self, path: &RepoPath) -> Result<Option<GitEntry>> {
        let index = match &self.of {
            Of::Commit(commit) => return self.repo.entry_at(*commit, path),
            Of::Index(index) => &index.index,
        };
        if path.is_root() {
            return Ok(Some(directory(Vec::new())));
        }
        let staged = index.entry_by_path(path.as_bytes().as_bstr());
        if let Some(entry) = staged.filter(|entry| is_there(entry)) {
            return Ok(kind(entry.mode).map(|kind| {
                let id = self.replaced.get(path).map_or(entry.id, |replaced| replaced.id.0);
                GitEntry { name: path.file_name().to_vec(), kind, id }
            }));
        }
        let is_directory = self.staged_below(path).any(is_there);
        Ok(is_directory.then(|| directory(path.file_name().to_vec())))
    }

    /// What is in the directory at `path`, which is `entry`; nothing if it is none.
    pub fn entries(&self, path: &RepoPath, entry: &GitEntry) -> Result<Vec<GitEntry>> {
        let backing = match &self.of {
            Of::Commit(_) => return self.repo.entries_of(entry),
            Of::Index(index) => index.index.path_backing(),
        };
        let mut found: Vec<GitEntry> = Vec::new();
        let skip = if path.is_root() { 0 } else { path.as_bytes().len() + 1 };
        for entry in self.staged_below(path).filter(|entry| is_there(entry)) {
            let whole = entry.path_in(backing);
            let rest = &whole[skip..];
            let name = rest.split_once_str(b"/").map(|(name, _)| name);
            match (name, kind(entry.mode)) {
                (Some(name), _) => {
                    // What is in one directory stands together.
                    if found.last().is_none_or(|last| !last.is_directory() || last.name != name) {
                        found.push(directory(name.to_vec()));
                    }
                }
                (None, Some(kind)) => {
                    let replaced = RepoPath::new(whole.to_vec());
                    let replaced = replaced.and_then(|path| self.replaced.get(&path));
                    let id = replaced.map_or(entry.id, |replaced| replaced.id.0);
                    found.push(GitEntry { name: rest.to_vec(), kind, id });
                }
                (None, None) => {}
            }
        }
        Ok(found)
    }

    /// The bytes of the file or link at `path`, which is `entry`.
    pub fn bytes_of(&self, path: &RepoPath, entry: &GitEntry) -> Result<Vec<u8>> {
        if let Some(replaced) = self.replaced.get(path).filter(|it| it.id.0 == entry.id) {
            return Ok(replaced.bytes.to_vec());
        }
        let gix = self.gix.lock().expect("no panic while holding the lock");
        let mut blob = gix.find_blob(entry.id).attempt(|| format!("read `{path}`"))?;
        Ok(std::mem::take(&mut blob.data))
    }

    fn size_of(&self, path: &RepoPath, entry: &GitEntry) -> Result<u64> {
        if let Some(replaced) = self.replaced.get(path).filter(|it| it.id.0 == entry.id) {
            return Ok(replaced.bytes.len() as u64);
        }
        let gix = self.gix.lock().expect("no panic while holding the lock");
        Ok(gix.find_header(entry.id).attempt(|| format!("read `{path}`"))?.size())
    }

    /// Every file whose last component is `wanted`, ascending.
    pub fn named(&self, wanted: &dyn Fn(&[u8]) -> bool) -> Result<Vec<RepoPath>> {
        match &self.of {
            Of::Commit(commit) => self.repo.list_at(*commit, &RepoPath::root(), wanted),
            Of::Index(_) => Ok(self.list(wanted)),
        }
    }

    /// Every file at or below `path`, ascending.
    pub fn below(&self, path: &RepoPath) -> Result<Vec<RepoPath>> {
        let backing = match &self.of {
            Of::Commit(commit) => return self.repo.files_below_at(*commit, path),
            Of::Index(index) => index.index.path_backing(),
        };
        let mut found = BTreeSet::new();
        if self.entry(path)?.is_some_and(|entry| !entry.is_directory()) {
            found.insert(path.clone());
        }
        let below = self.staged_below(path).filter(|entry| is_there(entry) && is_file(entry.mode));
        found.extend(below.filter_map(|entry| RepoPath::new(entry.path_in(backing).to_vec())));
        Ok(found.into_iter().collect())
    }

    /// The files with `wanted` names, with their bytes; those that are too long to be a pointer or lock
    /// come without.
    pub fn texts(&self, wanted: &dyn Fn(&[u8]) -> bool) -> Result<Vec<FileAt>> {
        if let Of::Commit(commit) = &self.of {
            return self.repo.files_at(&[*commit], wanted);
        }
        let mut found = Vec::new();
        for path in self.list(wanted) {
            let Some(entry) = self.entry(&path)?.filter(|entry| entry.as_file().is_some()) else {
                continue;
            };
            let is_short = self.size_of(&path, &entry)? <= super::history::MAX_LEN as u64;
            let text = if is_short { self.bytes_of(&path, &entry)? } else { Vec::new() };
            found.push(FileAt { path, text });
        }
        Ok(found)
    }

    /// Files and links of the index with names that are `wanted`.
    fn list(&self, wanted: &dyn Fn(&[u8]) -> bool) -> Vec<RepoPath> {
        let Of::Index(GitIndex { index }) = &self.of else { return Vec::new() };
        let backing = index.path_backing();
        let entries = index.entries().iter().filter(|entry| is_there(entry) && is_file(entry.mode));
        let paths = entries.map(|entry| entry.path_in(backing)).filter(|path| {
            let name = path.rfind_byte(b'/').map_or(&path[..], |slash| &path[slash + 1..]);
            wanted(name)
        });
        let mut found: Vec<RepoPath> =
            paths.filter_map(|path| RepoPath::new(path.to_vec())).collect();
        found.dedup();
        found
    }

    /// The entries of the index below `path`; all of a conflict's.
    fn staged_below(&self, path: &RepoPath) -> impl Iterator<Item = &gix::index::Entry> {
        let found = match &self.of {
            Of::Commit(_) => None,
            Of::Index(GitIndex { index }) if path.is_root() => Some(index.entries()),
            Of::Index(GitIndex { index }) => {
                let prefix = [path.as_bytes(), b"/"].concat();
                index.prefixed_entries(prefix.as_bstr())
            }
        };
        found.unwrap_or_default().iter()
    }
}

/// Whether a commit would have it.
fn is_there(entry: &gix::index::Entry) -> bool {
    !entry.flags.contains(Flags::INTENT_TO_ADD)
}

fn is_file(mode: Mode) -> bool {
    matches!(mode, Mode::FILE | Mode::FILE_EXECUTABLE | Mode::SYMLINK)
}

fn kind(mode: Mode) -> Option<EntryKind> {
    match mode {
        Mode::FILE => Some(EntryKind::Blob),
        Mode::FILE_EXECUTABLE => Some(EntryKind::BlobExecutable),
        Mode::SYMLINK => Some(EntryKind::Link),
        Mode::COMMIT => Some(EntryKind::Commit),
        _ => None,
    }
}

fn directory(name: Vec<u8>) -> GitEntry {
    GitEntry { name, kind: EntryKind::Tree, id: gix::ObjectId::null(gix::hash::Kind::Sha1) }
}
