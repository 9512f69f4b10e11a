//! The files that are checked, and the state of the repository that they belong to.

use std::sync::{Arc, OnceLock};

use super::Result;
use super::texts::Texts;
use crate::fs::{self, RepoPath};
use crate::git::{
    CommitId, FileMode, Git, GitFiles, GitId, Objects, Repo, StagedChange, read_worktree_file,
};
use crate::pipeline::source::MAX_FILE;

/// Where the text of files is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The index that the next commit is made of.
    Index,
    /// The worktree: how hosts that have hidden what is not staged want it.
    Worktree,
    /// A commit that exists.
    Commit(CommitId),
}

/// A file that is new or not as it was.
#[derive(Clone, Debug)]
pub struct File {
    pub path: RepoPath,
    pub mode: FileMode,
    /// Of a file in the worktree, what its bytes would be as a blob, without filters.
    pub id: GitId,
    /// What the path had before.
    pub old: Option<GitId>,
    /// Its corrected text.
    fix: Option<Arc<[u8]>>,
}

/// Another text for a file.
#[derive(Clone, Debug)]
pub struct Fix {
    pub path: RepoPath,
    pub bytes: Vec<u8>,
}

/// What is checked.
pub struct Files<'a> {
    repo: &'a Repo,
    pub origin: Origin,
    /// In ascending order of their paths.
    pub files: Vec<File>,
    /// Paths that are gone.
    pub removed: Vec<RepoPath>,
    /// Whether `files` are what a commit changes, and not all files of a state, or some that were named.
    pub are_changes: bool,
    /// The directory from which paths in hints are seen.
    pub here: RepoPath,
    listing: OnceLock<Vec<RepoPath>>,
    texts: Texts,
    is_frozen: bool,
}

impl<'a> Files<'a> {
    /// What the next commit changes. While a merge waits to be concluded, what is as one of its parents
    /// has it was checked when it was committed there, and is left out.
    ///
    /// `paths`, if there are any, are files and directories; others are left out.
    pub fn staged(repo: &'a Repo, paths: &[RepoPath]) -> Result<Files<'a>> {
        Files::merged(repo, &repo.merge_heads()?, paths)
    }

    /// What the next commit has otherwise than each of its parents: HEAD and `others`.
    pub fn merged(repo: &'a Repo, others: &[CommitId], paths: &[RepoPath]) -> Result<Files<'a>> {
        let git = Git::new(repo)?;
        let head = repo.head()?;
        let mut changes = std::thread::scope(|scope| {
            // Checks will ask for the index. While Git compares, there is time to read it: the repository
            // keeps it, and tells of errors when it is asked.
            scope.spawn(|| drop(repo.index()));
            git.staged(head)
        })?;
        for &parent in others {
            let others = git.staged(Some(parent))?;
            let differs = |change: &StagedChange| {
                others.binary_search_by(|other| other.path.cmp(&change.path)).is_ok()
            };
            changes.retain(differs);
        }
        Ok(Files::of(repo, Origin::Index, changes, paths))
    }

    /// Every file of the index.
    pub fn all(repo: &'a Repo, paths: &[RepoPath]) -> Result<Files<'a>> {
        let changes = Git::new(repo)?.staged(None)?;
        let all = Files::of(repo, Origin::Index, changes, paths);
        Ok(Files { are_changes: false, ..all })
    }

    /// What changed between two commits.
    pub fn between(
        repo: &'a Repo,
        from: CommitId,
        to: CommitId,
        paths: &[RepoPath],
    ) -> Result<Files<'a>> {
        let changes = Git::new(repo)?.changes_between(from, to)?;
        Ok(Files::of(repo, Origin::Commit(to), changes, paths))
    }

    /// The files at `paths` as they are in the worktree, held against HEAD. What is no regular file is left
    /// out.
    pub fn worktree(repo: &'a Repo, paths: &[RepoPath]) -> Result<Files<'a>> {
        let objects = repo.objects();
        let head = repo.head()?.map(|head| objects.commit(head)).transpose()?.map(|head| head.tree);
        let mut files = Vec::new();
        for path in paths {
            let absolute = repo.absolute(path);
            let Some(stat) = fs::lstat(&absolute)? else { continue };
            let Some(bytes) = read_worktree_file(&absolute, usize::MAX)? else { continue };
            let mode = if stat.mode & 0o100 != 0 { FileMode::Executable } else { FileMode::File };
            let id = repo.blob_id(&bytes)?;
            let old = head.and_then(|tree| {
                let path = std::str::from_utf8(path.as_bytes()).ok()?;
                objects.lookup(tree, path).ok()?.filter(|entry| !entry.is_directory())
            });
            let old = old.map(|entry| entry.id());
            files.push(File { path: path.clone(), mode, id, old, fix: None });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        let named = Files::new(repo, Origin::Worktree, files, Vec::new());
        Ok(Files { are_changes: false, ..named })
    }

    fn of(
        repo: &'a Repo,
        origin: Origin,
        changes: Vec<StagedChange>,
        paths: &[RepoPath],
    ) -> Files<'a> {
        let wanted = |path: &RepoPath| {
            paths.is_empty() || paths.iter().any(|wanted| path.below(wanted).is_some())
        };
        let (mut files, mut removed) = (Vec::new(), Vec::new());
        for StagedChange { path, old, new } in changes.into_iter().filter(|c| wanted(&c.path)) {
            match new {
                None => removed.push(path),
                Some(new) => {
                    let old = old.map(|old| old.id);
                    files.push(File { path, mode: new.mode, id: new.id, old, fix: None });
                }
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Files::new(repo, origin, files, removed)
    }

    fn new(repo: &'a Repo, origin: Origin, files: Vec<File>, removed: Vec<RepoPath>) -> Files<'a> {
        Files {
            repo,
            origin,
            files,
            removed,
            are_changes: true,
            here: RepoPath::root(),
            listing: OnceLock::new(),
            texts: Texts::default(),
            is_frozen: false,
        }
    }

    pub fn repo(&self) -> &'a Repo {
        self.repo
    }

    /// For one thread.
    pub fn reader(&self) -> Reader<'_> {
        let (repo, origin, texts) = (self.repo, self.origin, &self.texts);
        Reader { repo, origin, objects: repo.objects(), texts }
    }

    /// Every path of the state that the files belong to, ascending: of the index, also where the
    /// worktree's files are checked.
    pub fn listing(&self) -> Result<&[RepoPath]> {
        if let Some(listing) = self.listing.get() {
            return Ok(listing);
        }
        let git = Git::new(self.repo)?;
        let paths = match self.origin {
            Origin::Index | Origin::Worktree => git.index_paths()?,
            Origin::Commit(commit) => git.tree_paths(commit)?,
        };
        Ok(self.listing.get_or_init(|| paths))
    }

    /// What Git has in the state that the files belong to, with the texts that the files have here.
    pub fn state(&self) -> Result<GitFiles<'a>> {
        if let Origin::Commit(commit) = self.origin {
            return Ok(GitFiles::of_commit(self.repo, commit));
        }
        let mut state = GitFiles::of_index(self.repo)?;
        let reader = self.reader();
        for file in self.files.iter().filter(|file| file.is_regular()) {
            let id = file.current_id(self.repo)?;
            let is_other = match self.origin {
                Origin::Worktree => state.entry(&file.path)?.is_some_and(|entry| entry.id() != id),
                Origin::Index | Origin::Commit(_) => id != file.id,
            };
            if is_other && let Some(bytes) = reader.bytes(file, MAX_FILE)? {
                state.replace(file.path.clone(), id, bytes);
            }
        }
        Ok(state)
    }

    /// `path` as one word of a command that is typed [`here`](Files::here).
    pub fn word(&self, path: &RepoPath) -> String {
        let word = path.relative_to(&self.here);
        fs::shell_word(&if word.starts_with(b"-") { [b"./", &word[..]].concat() } else { word })
    }

    /// Whether [`Files::correct`] does anything from now on: not while a check runs that shall only tell.
    pub(super) fn accept_corrections(&mut self, accept: bool) {
        self.is_frozen = !accept;
    }

    /// Corrects one of the files: from now on its text is `fix.bytes`.
    pub fn correct(&mut self, fix: Fix) {
        debug_assert!(!self.is_frozen, "a check corrects that shall only tell");
        if self.is_frozen {
            return;
        }
        if let Ok(at) = self.files.binary_search_by(|file| file.path.cmp(&fix.path)) {
            self.files[at].fix = Some(fix.bytes.into());
        }
    }

    /// The text of a file before it was corrected.
    pub(super) fn original(&self, file: &File) -> Result<Arc<[u8]>> {
        let file = File { fix: None, ..file.clone() };
        Ok(self.reader().bytes(&file, usize::MAX)?.unwrap_or_default())
    }

    /// The files that were corrected, with their texts.
    pub fn corrected(&self) -> impl Iterator<Item = (&File, &[u8])> {
        self.files.iter().filter_map(|file| Some((file, file.fix.as_deref()?)))
    }
}

impl File {
    pub fn is_regular(&self) -> bool {
        matches!(self.mode, FileMode::File | FileMode::Executable)
    }

    pub fn has_suffix(&self, suffix: &str) -> bool {
        self.path.as_bytes().ends_with(suffix.as_bytes())
    }

    /// The id of the text that would be committed, if corrections are.
    ///
    /// # Errors
    /// As of hashing.
    pub fn current_id(&self, repo: &Repo) -> Result<GitId> {
        match &self.fix {
            Some(bytes) => Ok(repo.blob_id(bytes)?),
            None => Ok(self.id),
        }
    }
}

/// Reads texts, on one thread. What any reader of the same [`Files`] has read is not read again.
pub struct Reader<'a> {
    repo: &'a Repo,
    origin: Origin,
    objects: Objects,
    texts: &'a Texts,
}

impl Reader<'_> {
    /// The text of a file, or the target of a link; `None` if it has more than `limit` bytes or is a
    /// submodule.
    pub fn bytes(&self, file: &File, limit: usize) -> Result<Option<Arc<[u8]>>> {
        if let Some(fix) = &file.fix {
            return Ok((fix.len() <= limit).then(|| Arc::clone(fix)));
        }
        if file.mode == FileMode::Submodule {
            return Ok(None);
        }
        match self.origin {
            Origin::Index | Origin::Commit(_) => self.blob(file.id, limit),
            Origin::Worktree => {
                if let Some(text) = self.texts.get(file.id) {
                    return Ok((text.len() <= limit).then_some(text));
                }
                if self.size(file)? > limit as u64 {
                    return Ok(None);
                }
                let read = read_worktree_file(&self.repo.absolute(&file.path), limit)?;
                Ok(read.map(|bytes| self.texts.put(file.id, bytes)))
            }
        }
    }

    /// What the path of the file had before; `None` if that was nothing, has more than `limit` bytes, or
    /// is not here, as in a partial clone.
    pub fn old(&self, file: &File, limit: usize) -> Option<Arc<[u8]>> {
        // A submodule is no blob.
        self.blob(file.old?, limit).ok().flatten()
    }

    fn blob(&self, id: GitId, limit: usize) -> Result<Option<Arc<[u8]>>> {
        if let Some(text) = self.texts.get(id) {
            return Ok((text.len() <= limit).then_some(text));
        }
        if self.blob_size(id)? > limit as u64 {
            return Ok(None);
        }
        Ok(Some(self.texts.put(id, self.objects.whole_blob(id)?)))
    }

    /// Bytes of a blob.
    pub fn blob_size(&self, id: GitId) -> Result<u64> {
        if let Some(size) = self.texts.size(id) {
            return Ok(size);
        }
        let size = self.objects.blob_size(id)?;
        self.texts.put_size(id, size);
        Ok(size)
    }

    /// Bytes of a file's text.
    pub fn size(&self, file: &File) -> Result<u64> {
        if let Some(fix) = &file.fix {
            return Ok(fix.len() as u64);
        }
        match self.origin {
            Origin::Index | Origin::Commit(_) => self.blob_size(file.id),
            Origin::Worktree => {
                if let Some(size) = self.texts.size(file.id) {
                    return Ok(size);
                }
                let stat = fs::lstat(&self.repo.absolute(&file.path))?;
                let size = stat.map_or(0, |stat| stat.size);
                self.texts.put_size(file.id, size);
                Ok(size)
            }
        }
    }
}
