//! Finding the repository and reading its index.

use std::path::{Path, PathBuf};

use gix::bstr::{BStr, ByteSlice as _};
use gix::index::entry::{Flags, Mode, Stage};
use gix::sec::Trust;
use gix::sec::trust::{DefaultForLevel as _, Mapping};

use super::command::run_anywhere;
use super::error::Attempt as _;
use super::{CommitId, Config, Error, FileMode, GitId, Result, StagedEntry};
use crate::fs::{self, At as _, RepoPath};

/// A repository with a worktree.
#[derive(Clone)]
pub struct Repo {
    gix: gix::ThreadSafeRepository,
    top: PathBuf,
    git_dir: PathBuf,
    common_dir: PathBuf,
}

impl Repo {
    /// Finds the repository of `directory` as Git does: `GIT_DIR` and its companions first, then
    /// upwards.
    ///
    /// # Errors
    /// There is none, it has no worktree, or Git keeps it in a format that is not read here: SHA-256
    /// objects, references in tables.
    pub fn discover(directory: &Path) -> Result<Repo> {
        // As for Git, ceilings that are no directories above this one mean nothing.
        let options = gix::discover::upwards::Options {
            match_ceiling_dir_or_error: false,
            ..Default::default()
        };
        let gix = gix::ThreadSafeRepository::discover_with_environment_overrides_opts(
            directory,
            options,
            Mapping { full: settings(Trust::Full), reduced: settings(Trust::Reduced) },
        )
        .map_err(|error| match object_format(directory) {
            Some(name) => Error::Format { what: "object", name },
            None => Error::NoRepository { reason: error.to_string() },
        })?;
        Repo::of(gix)
    }

    /// Opens the repository whose worktree has its top at `top`, whatever the environment says.
    pub fn at(top: &Path) -> Result<Repo> {
        let gix = gix::ThreadSafeRepository::open(top)
            .map_err(|error| Error::NoRepository { reason: error.to_string() })?;
        Repo::of(gix)
    }

    /// The repository that `directory` is in, whatever the environment says; `None` if it is in none,
    /// or in one without a worktree.
    pub fn around(directory: &Path) -> Option<Repo> {
        let found = gix::ThreadSafeRepository::discover(directory).ok()?;
        found.work_dir()?;
        Repo::of(found).ok()
    }

    fn of(gix: gix::ThreadSafeRepository) -> Result<Repo> {
        let gix = gix.to_thread_local();
        // It is opened all the same, with a `HEAD` that leads nowhere.
        let references = gix.config_snapshot().string("extensions.refStorage");
        if let Some(name) = references.filter(|name| *name != "files") {
            return Err(Error::Format { what: "reference", name: name.to_string() });
        }
        let absolute = |path: &Path| path.canonicalize().at("resolve", path);
        let top = absolute(gix.workdir().ok_or(Error::Bare)?)?;
        let git_dir = absolute(gix.git_dir())?;
        let common_dir = absolute(gix.common_dir())?;
        Ok(Repo { gix: gix.into_sync(), top, git_dir, common_dir })
    }

    /// Whether `path` is what Git keeps a repository in: `.git`, a bare repository, or what a linked
    /// worktree has of its own.
    pub fn is_git_dir(path: &Path) -> bool {
        gix::discover::is_git(path).is_ok()
    }

    /// A handle for this thread.
    pub(super) fn gix(&self) -> gix::Repository {
        self.gix.to_thread_local()
    }

    /// The top of the worktree, absolute and without symbolic links.
    pub fn top(&self) -> &Path {
        &self.top
    }

    /// The directory of this worktree: `.git`, or `.git/worktrees/NAME`.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The directory that all worktrees of the repository share.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    pub fn config(&self) -> Result<Config> {
        Config::load(self)
    }

    /// The absolute path of a path in the worktree.
    pub fn absolute(&self, path: &RepoPath) -> PathBuf {
        self.top.join(path.as_path())
    }

    /// What Git's index lists, a sparse one in full. A repository without an index lists nothing.
    pub fn index(&self) -> Result<GitIndex> {
        let index = self.gix().index_or_empty().attempt(|| "read Git's index".into())?;
        let index = self.in_full(index)?;
        Ok(GitIndex { index })
    }

    /// Whether a rebase (or `git am`) has stopped in this worktree or is at work in it.
    pub fn rebase_in_progress(&self) -> bool {
        ["rebase-merge", "rebase-apply"].iter().any(|name| self.git_dir.join(name).exists())
    }

    /// Whether a bisection (`git bisect`) is going on in this worktree.
    pub fn bisect_in_progress(&self) -> bool {
        self.git_dir.join("BISECT_LOG").exists()
    }

    /// What has stopped half-way in this worktree and waits to be concluded, such as "a merge".
    pub fn operation_in_progress(&self) -> Option<&'static str> {
        let operations = [
            ("MERGE_HEAD", "a merge"),
            ("CHERRY_PICK_HEAD", "a cherry-pick"),
            ("REVERT_HEAD", "a revert"),
        ];
        let begun = |file: &str| self.git_dir.join(file).exists();
        match operations.into_iter().find(|(file, _)| begun(file)) {
            Some((_, operation)) => Some(operation),
            None => self.rebase_in_progress().then_some("a rebase"),
        }
    }

    /// The commits that a merge, which waits to be concluded, brings in (`MERGE_HEAD`).
    pub fn merge_heads(&self) -> Result<Vec<CommitId>> {
        let file = self.git_dir.join("MERGE_HEAD");
        if fs::lstat(&file)?.is_none() {
            return Ok(Vec::new());
        }
        let text = fs::read_bounded(&file, 1 << 20)?;
        String::from_utf8_lossy(&text).lines().map(|id| self.commit(id)).collect()
    }

    /// Where Git looks for hooks, honouring `core.hooksPath`.
    pub fn hooks_dir(&self) -> Result<PathBuf> {
        let path = self
            .gix()
            .config_snapshot()
            .trusted_path("core.hooksPath")
            .attempt(|| "read `core.hooksPath`".into())?;
        Ok(match path {
            Some(path) => self.top.join(path),
            None => self.common_dir.join("hooks"),
        })
    }
}

/// What Git says of the objects of a repository that cannot be opened here: why that is, unless Git cannot
/// open it either, or they are those that are read.
fn object_format(directory: &Path) -> Option<String> {
    let arguments = ["-C".as_ref(), directory.as_os_str(), "rev-parse".as_ref()];
    let told = run_anywhere(&[&arguments[..], &["--show-object-format".as_ref()]].concat()).ok()?;
    let name = String::from_utf8_lossy(told.trim_ascii()).into_owned();
    (name != "sha1").then_some(name)
}

/// How a repository is opened.
///
/// The checksum of the index is not looked at when it is read, as Git does not: of 100,000 files that
/// takes as long as all the rest. `git fsck` does it.
fn settings(trust: Trust) -> gix::open::Options {
    gix::open::Options::default_for_level(trust).config_overrides(["index.skipHash=true"])
}

/// The paths that Git's index lists.
pub struct GitIndex {
    pub(super) index: gix::worktree::Index,
}

impl GitIndex {
    /// Every path with `suffix`, once, in ascending order.
    pub fn with_suffix(&self, suffix: &str) -> Vec<RepoPath> {
        let backing = self.index.path_backing();
        let mut found: Vec<RepoPath> = (self.index.entries().iter())
            .map(|entry| entry.path_in(backing))
            .filter(|path| path.ends_with(suffix.as_bytes()))
            .filter_map(|path| RepoPath::new(path.to_vec()))
            .collect();
        found.dedup();
        found
    }

    /// What is staged at `path`; of a path in conflict, our side.
    pub fn blob_at(&self, path: &RepoPath) -> Option<GitId> {
        self.index.entry_by_path(path.as_bytes().as_bstr()).map(|entry| GitId(entry.id))
    }

    /// Whether it has directories in place of the files in them (`git sparse-checkout --sparse-index`).
    pub(super) fn is_sparse(&self) -> bool {
        self.index.is_sparse()
    }

    /// What a commit would have at `path`.
    pub(super) fn entry_at(&self, path: &RepoPath) -> Option<StagedEntry> {
        let path = path.as_bytes().as_bstr();
        let entry = self.index.entry_by_path_and_stage(path, Stage::Unconflicted)?;
        let mode = match entry.mode {
            _ if entry.flags.contains(Flags::INTENT_TO_ADD) => return None,
            Mode::FILE => FileMode::File,
            Mode::FILE_EXECUTABLE => FileMode::Executable,
            Mode::SYMLINK => FileMode::Link,
            Mode::COMMIT => FileMode::Submodule,
            _ => return None,
        };
        Some(StagedEntry { mode, id: GitId(entry.id) })
    }

    /// The regular file that is staged at `path`, and whether it is executable.
    pub fn file_at(&self, path: &RepoPath) -> Option<(GitId, bool)> {
        let entry = self.index.entry_by_path(path.as_bytes().as_bstr())?;
        let executable = entry.mode == Mode::FILE_EXECUTABLE;
        (executable || entry.mode == Mode::FILE).then_some((GitId(entry.id), executable))
    }

    /// Some path that Git tracks and that is `path` or below it.
    pub fn tracked_at_or_below(&self, path: &RepoPath) -> Option<RepoPath> {
        let backing = self.index.path_backing();
        let owned = |found: &BStr| RepoPath::new(found.to_vec());
        if self.index.entry_by_path(path.as_bytes().as_bstr()).is_some() {
            return Some(path.clone());
        }
        let mut below = path.as_bytes().to_vec();
        if !path.is_root() {
            below.push(b'/');
        }
        let entries = self.index.prefixed_entries(below.as_bstr())?;
        owned(entries.first()?.path_in(backing))
    }
}

/// Reads a file below the worktree, following no symbolic link in its last component.
pub(crate) fn read_worktree_file(path: &Path, limit: usize) -> fs::Result<Option<Vec<u8>>> {
    match fs::lstat(path)? {
        Some(stat) if stat.file_type() == fs::FileType::Regular => {
            fs::read_bounded(path, limit).map(Some)
        }
        _ => Ok(None),
    }
}
