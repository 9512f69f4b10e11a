//! A repository together with its cache and its index: what every verb begins with.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::index::{Index, StatRules};
use super::{Error, Result};
use crate::cache::{Cache, CacheLock};
use crate::format::{ObjectId, Tree};
use crate::fs::{self, At as _, Clock, RepoPath, Stat};
use crate::git::{Config, Repo};

/// Hears how far a long piece of work has come. Called from many threads, often.
pub trait Progress: Sync {
    /// More work became known.
    fn expect(&self, files: u64, bytes: u64) {
        let _ = (files, bytes);
    }
    /// Work was done.
    fn advance(&self, files: u64, bytes: u64) {
        let _ = (files, bytes);
    }
    /// Another process holds the lock; `holder` describes it.
    fn waiting(&self, holder: &str) {
        let _ = holder;
    }
}

/// No progress is shown.
pub struct Quiet;

impl Progress for Quiet {}

/// A repository as the data commands see it.
pub struct Project {
    pub repo: Repo,
    pub config: Config,
    pub cache: Cache,
    /// Where the command was typed, relative to the top of the worktree; the top if outside of it.
    pub prefix: RepoPath,
    patience: Option<Duration>,
}

/// The right to change the cache, the index and the worktree of a project.
pub struct WriteLock {
    pub cache: CacheLock,
    /// For the racy rule: knows how the file system's clock differs from ours.
    pub clock: Clock,
}

impl Project {
    /// Opens the project that `directory` is in. Reads settings, creates nothing.
    pub fn open(directory: &Path) -> Result<Project> {
        Project::of(Repo::discover(directory)?, directory)
    }

    /// The project of `repo`, as seen from `directory`.
    pub fn of(repo: Repo, directory: &Path) -> Result<Project> {
        let config = repo.config()?;
        let cache = Cache::new(cache_root(&repo, &config));
        let here = directory.canonicalize().at("resolve", directory)?;
        let prefix = here.strip_prefix(repo.top()).ok().and_then(|relative| {
            RepoPath::new(std::os::unix::ffi::OsStrExt::as_bytes(relative.as_os_str()))
        });
        Ok(Project { repo, config, cache, prefix: prefix.unwrap_or_default(), patience: None })
    }

    /// Gives up waiting for the lock after `patience`, as hooks do.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = Some(patience);
    }

    /// What all worktrees of the repository share: recovery and, by default, the cache.
    pub fn shared_dir(&self) -> PathBuf {
        self.repo.common_dir().join("mldata")
    }

    /// What belongs to this worktree: the index, and temporary files on its file system.
    pub fn worktree_dir(&self) -> PathBuf {
        self.repo.git_dir().join("mldata")
    }

    pub(super) fn index_path(&self) -> PathBuf {
        self.worktree_dir().join("index")
    }

    /// Reads the index. One that is missing or damaged is empty.
    pub fn index(&self) -> Result<Index> {
        Index::read(&self.index_path())
    }

    /// Replaces the index.
    pub fn write_index(&self, _lock: &WriteLock, index: &Index) -> Result<()> {
        index.write(&self.index_path())
    }

    /// Whether `index` is what the file holds.
    pub fn is_current(&self, index: &Index) -> bool {
        index.is_current(&self.index_path())
    }

    /// `index` was just written, and is what the file holds.
    pub fn note_written(&self, index: &mut Index) -> Result<()> {
        index.note_written(&self.index_path())
    }

    /// How stats are compared here.
    pub fn stat_rules(&self, index: &Index) -> StatRules {
        StatRules {
            written_ns: index.written_ns(),
            trust_ctime: self.config.git_boolean("core.trustctime", true),
            minimal: self.config.git_string("core.checkStat").as_deref() == Some("minimal"),
        }
    }

    /// Takes the right to write, in the words `command` for others who wait, and cleans up what a
    /// killed command left behind.
    pub fn lock(&self, command: &str, progress: &dyn Progress) -> Result<WriteLock> {
        self.take_lock(command, self.patience, progress)
    }

    /// Like [`Project::lock`], but `None` if another process still holds it after `patience`.
    pub fn lock_within(&self, command: &str, patience: Duration) -> Result<Option<WriteLock>> {
        match self.take_lock(command, Some(patience), &Quiet) {
            Ok(lock) => Ok(Some(lock)),
            Err(Error::Cache(crate::cache::Error::Busy { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn take_lock(
        &self,
        command: &str,
        patience: Option<Duration>,
        progress: &dyn Progress,
    ) -> Result<WriteLock> {
        fs::create_dir_all(&self.worktree_dir().join("tmp"))?;
        let whom = format!("git {command} in {}", self.repo.top().display());
        let cache = self.cache.lock(&whom, patience, &|holder| progress.waiting(holder))?;
        self.register_with_cache()?;
        self.clean_up()?;
        let probe = fs::AtomicFile::create_in(&self.worktree_dir())?;
        let stat = fs::lstat(probe.path())?.unwrap_or_default();
        Ok(WriteLock { cache, clock: Clock::new(&stat) })
    }

    /// Makes an empty directory for what will be renamed to `target`: in our own directory if that
    /// is on the same file system, else beside the target, noted in the journal first so that the
    /// next command removes it if this one is killed.
    pub(super) fn staging_dir(&self, target: &RepoPath) -> Result<PathBuf> {
        let absolute = self.repo.absolute(target);
        let parent = self.temp_for(&absolute)?;
        let name = format!("stage-{}-{:x}", std::process::id(), fs::unix_time_ns());
        let own = parent.starts_with(self.worktree_dir());
        let path = if own { parent.join(name) } else { parent.join(format!(".mldata-{name}")) };
        if !own {
            let mut line = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec();
            line.push(0);
            std::fs::OpenOptions::new()
                .append(true)
                .create(true)
                .open(self.journal())
                .and_then(|mut journal| std::io::Write::write_all(&mut journal, &line))
                .at("write", self.journal())?;
        }
        fs::create_dir_all(&path)?;
        if !own {
            // Git does not show what the directory itself tells it to ignore.
            std::fs::write(path.join(".gitignore"), "*\n").at("write", &path)?;
        }
        Ok(path)
    }

    fn journal(&self) -> PathBuf {
        self.worktree_dir().join("journal")
    }

    /// Removes what killed commands left in staging directories. Called with the lock held.
    fn clean_up(&self) -> Result<()> {
        let own = self.worktree_dir().join("tmp");
        for entry in std::fs::read_dir(&own).at("read directory", &own)?.flatten() {
            let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let path = entry.path();
            let removed = if is_directory {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            removed.at("remove", &path)?;
        }
        let Ok(journal) = std::fs::read(self.journal()) else { return Ok(()) };
        for path in journal.split(|&b| b == 0).filter(|path| !path.is_empty()) {
            let path = fs::os_path(path);
            let name = path.file_name().map(std::ffi::OsStr::as_encoded_bytes).unwrap_or_default();
            if path.starts_with(self.repo.top()) && name.starts_with(b".mldata-stage-") {
                let _ = std::fs::remove_dir_all(path);
            }
        }
        fs::remove_file_if_exists(&self.journal())?;
        Ok(())
    }

    /// Like [`Project::lock`], but `None` if another process holds it.
    pub(super) fn try_lock(&self, command: &str) -> Result<Option<WriteLock>> {
        self.lock_within(command, Duration::ZERO)
    }

    /// A cache outside the repository lists the repositories that use it, for its collector.
    fn register_with_cache(&self) -> Result<()> {
        let root = self.cache.root();
        let common = self.repo.common_dir();
        if root.starts_with(common) {
            return Ok(());
        }
        let name = std::os::unix::ffi::OsStrExt::as_bytes(common.as_os_str());
        let path = root.join("repositories").join(crate::format::ObjectId::of(name).to_hex());
        if fs::lstat(&path)?.is_none() {
            fs::create_dir_all(&root.join("repositories"))?;
            fs::write_atomic(&path, name, &self.cache.tmp())?;
        }
        Ok(())
    }

    /// The path in the repository that `typed` means, by its letters alone: symbolic links are not
    /// followed.
    pub fn locate(&self, typed: &Path) -> Result<RepoPath> {
        let outside = || Error::OutsideRepository {
            path: fs::display_bytes(std::os::unix::ffi::OsStrExt::as_bytes(typed.as_os_str())),
        };
        let mut parts: Vec<Vec<u8>> = Vec::new();
        let start = match typed.strip_prefix(self.repo.top()) {
            Ok(relative) => relative.to_owned(),
            Err(_) if typed.is_absolute() => {
                // The same place under another name, such as through a linked home directory.
                let parent = typed.parent().ok_or_else(outside)?;
                let parent = parent.canonicalize().map_err(|_| outside())?;
                let name = typed.file_name().unwrap_or_default();
                parent.join(name).strip_prefix(self.repo.top()).map_err(|_| outside())?.to_owned()
            }
            Err(_) => {
                parts.extend(self.prefix.components().map(<[u8]>::to_vec));
                typed.to_owned()
            }
        };
        for component in start.components() {
            use std::path::Component::{CurDir, Normal, ParentDir};
            match component {
                CurDir => {}
                ParentDir => drop(parts.pop().ok_or_else(outside)?),
                Normal(name) => {
                    parts.push(std::os::unix::ffi::OsStrExt::as_bytes(name).to_vec());
                }
                _ => return Err(outside()),
            }
        }
        RepoPath::new(parts.join(&b'/')).ok_or_else(outside)
    }

    /// The first symbolic link among the directories above `path`.
    pub fn link_above(&self, path: &RepoPath) -> Result<Option<RepoPath>> {
        let mut ancestors = Vec::new();
        let mut current = path.parent();
        while let Some(ancestor) = current.filter(|ancestor| !ancestor.is_root()) {
            current = ancestor.parent();
            ancestors.push(ancestor);
        }
        for ancestor in ancestors.into_iter().rev() {
            match fs::lstat(&self.repo.absolute(&ancestor))? {
                Some(stat) if stat.file_type() == fs::FileType::Link => return Ok(Some(ancestor)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// `lstat` of a path in the worktree.
    pub fn lstat(&self, path: &RepoPath) -> Result<Option<Stat>> {
        Ok(fs::lstat(&self.repo.absolute(path))?)
    }

    /// Reads the listing of the directory at `path`. One that is not in the cache is told by the path
    /// that needs it.
    pub(super) fn tree(&self, path: &RepoPath, oid: &ObjectId) -> Result<Tree> {
        self.cache.tree(oid).map_err(|error| match error {
            error if error.is_missing() => {
                Error::NotInCache { path: path.clone(), count: 1, examples: vec![path.clone()] }
            }
            error => error.into(),
        })
    }

    /// The bytes of a pointer, lock, ignore or settings file in the worktree; `None` if no regular file is
    /// there.
    pub fn read_text(&self, path: &RepoPath) -> Result<Option<Vec<u8>>> {
        let absolute = self.repo.absolute(path);
        match fs::lstat(&absolute)? {
            Some(stat) if stat.file_type() == fs::FileType::Regular => {
                Ok(Some(fs::read_bounded(&absolute, crate::format::lock::MAX_LEN)?))
            }
            _ => Ok(None),
        }
    }

    /// A directory for temporary files that are renamed to `path`, such that a kill leaves no litter.
    fn text_temp(&self, path: &RepoPath) -> Result<TextTemp> {
        let own = self.temp_for(&self.repo.absolute(path))?;
        if own.starts_with(self.worktree_dir()) {
            return Ok(TextTemp { path: own, is_staged: false });
        }
        Ok(TextTemp { path: self.staging_dir(path)?, is_staged: true })
    }

    /// Replaces a small text file in the worktree, whole or not at all.
    pub fn write_text(&self, path: &RepoPath, bytes: &[u8]) -> Result<()> {
        let absolute = self.repo.absolute(path);
        let temp = self.text_temp(path)?;
        Ok(fs::write_atomic(&absolute, bytes, &temp.path)?)
    }

    /// Replaces many small text files; each is whole or unchanged. Costs a few syncs, not one each.
    pub(super) fn write_texts(&self, texts: &[(RepoPath, Vec<u8>)]) -> Result<()> {
        if texts.len() <= 8 {
            return texts.iter().try_for_each(|(path, bytes)| self.write_text(path, bytes));
        }
        let mut temps: HashMap<RepoPath, TextTemp> = HashMap::new();
        let mut written = Vec::with_capacity(texts.len());
        for (path, bytes) in texts {
            let absolute = self.repo.absolute(path);
            let temp = match temps.entry(path.parent().unwrap_or_default()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.text_temp(path)?),
            };
            let mut file = fs::AtomicFile::create_in(&temp.path)?;
            std::io::Write::write_all(&mut file, bytes).at("write", &absolute)?;
            written.push((absolute, file.close(fs::default_mode())?));
        }
        fs::sync_file_system(self.repo.top())?;
        for (absolute, file) in written {
            file.publish_unsynced(&absolute)?;
        }
        Ok(fs::sync_file_system(self.repo.top())?)
    }

    /// A directory for temporary files that are renamed to `absolute`: our own if it is on the same
    /// file system, else the one that `absolute` is in.
    fn temp_for(&self, absolute: &Path) -> Result<PathBuf> {
        let parent = absolute.parent().unwrap_or(self.repo.top()).to_owned();
        let own = self.worktree_dir().join("tmp");
        fs::create_dir_all(&own)?;
        let device = |path: &Path| Ok::<_, Error>(fs::lstat(path)?.map(|stat| stat.device));
        Ok(if device(&own)? == device(&parent)? { own } else { parent })
    }
}

/// See [`Project::text_temp`]; removed when dropped, unless it is our own for good.
struct TextTemp {
    path: PathBuf,
    is_staged: bool,
}

impl Drop for TextTemp {
    fn drop(&mut self) {
        if self.is_staged {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// `mldata.cache`, from `git config` only: a clone must not choose where bytes are written.
fn cache_root(repo: &Repo, config: &Config) -> PathBuf {
    match config.own_string(None, "cache") {
        None => repo.common_dir().join("mldata"),
        Some(value) => match (value.strip_prefix("~/"), fs::home()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => repo.common_dir().join(value),
        },
    }
}

/// How many threads are used if nothing else is asked for: as many as processors, but at least these.
#[derive(Clone, Copy, Debug)]
pub(super) enum Threads {
    /// Most wait for the disk: a hundred thousand small files that are not in the page cache are read
    /// more than twice as fast by sixteen threads as by two.
    Reading = 16,
    /// More than a few only wait for each other in the file system.
    Writing = 8,
}

/// Runs `work` on `jobs` threads. Stacks are deep enough for the deepest directory that is accepted.
pub(super) fn on_threads<T: Send>(
    jobs: Option<usize>,
    threads: Threads,
    work: impl FnOnce() -> T + Send,
) -> T {
    let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.unwrap_or_else(|| processors().max(threads as usize)))
        .stack_size(64 << 20)
        .build();
    match pool {
        Ok(pool) => pool.install(work),
        Err(_) => work(),
    }
}
