//! What paths of the worktree hold: found out for the deps of stages, stored for their outs.
//!
//! Both go by an index, so that only what changed is read, and both give the id that `add` would: a
//! dep of one stage and the out of another compare equal when they are.
//!
//! # What a dep directory contains
//!
//! Inside tracked data, everything that `.mldataignore` leaves. Outside of it, the files that Git
//! tracks or would track, and the targets of pointers and locks in between, DVC's too. A directory
//! that Git ignores and that is named itself counts with everything in it. Our own bookkeeping
//! (pointers, locks, `.gitignore`) and what tools leave beside code (`__pycache__`,
//! `.ipynb_checkpoints`, `.DS_Store`) never counts: otherwise the first run of a Python project would
//! change its own deps. Neither do directories without files, which Git does not keep.
//!
//! A symbolic link inside of a directory counts as its text, wherever it leads.

use std::collections::{BTreeSet, HashMap};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::index::{Index, Sections, StatRules, State};
use super::project::{Threads, WriteLock, on_threads};
use super::store::Adder;
use super::tracked::TrackedPaths;
use super::walk::{Filter, Ignores};
use super::{Error, Progress, Project, Result, gitignore};
use crate::cache::Writer;
use crate::format::{Target, lock, pointer};
use crate::fs::{self, Clock, RepoPath};
use crate::git::{Excludes, GitIndex};

/// Looks at, and stores, what paths hold.
pub struct Content<'a> {
    project: &'a Project,
    git: &'a GitIndex,
    data: &'a DataPaths,
    excludes: Mutex<Option<Arc<Excludes>>>,
    /// A file of a dep directory that does not count because Git ignores it.
    ignored: Mutex<Option<RepoPath>>,
    clock: Clock,
    jobs: Option<usize>,
    progress: &'a dyn Progress,
}

impl<'a> Content<'a> {
    /// `clock` is that of the lock, where one is held; see [`Clock`].
    pub fn new(
        project: &'a Project,
        git: &'a GitIndex,
        data: &'a DataPaths,
        clock: Clock,
        jobs: Option<usize>,
        progress: &'a dyn Progress,
    ) -> Content<'a> {
        let (excludes, ignored) = (Mutex::default(), Mutex::default());
        Content { project, git, data, excludes, ignored, clock, jobs, progress }
    }

    /// A file that Git ignores and that was therefore passed over in a dep directory, if there was one.
    pub fn ignored(&self) -> Option<RepoPath> {
        self.ignored.lock().expect("no panic while holding the lock").clone()
    }

    /// What is at `path`, as `add` would record it; `None` if nothing is. `state` is what `index`,
    /// read from where `rules` say, knew of it.
    ///
    /// # Errors
    /// It cannot be read, or keeps changing; a listing that is needed is not in the cache, which only
    /// a partial checkout needs.
    pub fn identify(
        &self,
        path: &RepoPath,
        state: Option<&State>,
        rules: StatRules,
    ) -> Result<Option<(Target, Sections)>> {
        let ignores = Ignores::for_target(self.project, path)?;
        self.look(self.project.repo.top(), path, state, rules, &ignores)
    }

    /// Like [`Content::identify`], for a dep: see the module about what a directory contains.
    pub fn identify_dep(
        &self,
        path: &RepoPath,
        state: Option<&State>,
        rules: StatRules,
    ) -> Result<Option<(Target, Sections)>> {
        if self.data.containing(path).is_some() {
            return self.identify(path, state, rules);
        }
        let filter = self.dep_filter(path)?;
        self.look(self.project.repo.top(), path, state, rules, &filter)
    }

    /// Like [`Content::identify`], for what lies outside of the repository, by the path from the root
    /// of the file system. All of it counts.
    pub fn identify_outside(
        &self,
        path: &RepoPath,
        state: Option<&State>,
        rules: StatRules,
    ) -> Result<Option<(Target, Sections)>> {
        self.look(Path::new("/"), path, state, rules, &Everything)
    }

    /// Stores what is at `path`, an out; `None` if nothing is there. Nothing counts before the writer
    /// has finished.
    ///
    /// # Errors
    /// It cannot be read or stored; it is, or holds, a link that leads out of the repository.
    pub fn store(
        &self,
        _lock: &WriteLock,
        writer: &Writer<'_>,
        path: &RepoPath,
        state: Option<&State>,
        rules: StatRules,
    ) -> Result<Option<(Target, Sections)>> {
        if let Some(link) = self.project.link_above(path)? {
            return Err(Error::BehindLink { path: path.clone(), link });
        }
        let ignores = Ignores::for_target(self.project, path)?;
        let top = self.project.repo.top();
        self.visit(top, path, state, rules, &ignores, Some(writer))
    }

    /// Calls `visit` for every file and link at or below `start` that counts in a dep directory.
    pub fn files_below(&self, start: &RepoPath, visit: &mut dyn FnMut(RepoPath)) -> Result<()> {
        let filter = self.dep_filter(start)?;
        let Some(stat) = self.project.lstat(start)? else { return Ok(()) };
        if !stat.is_directory() {
            visit(start.clone());
            return Ok(());
        }
        let mut pending = vec![start.clone()];
        while let Some(directory) = pending.pop() {
            let absolute = self.project.repo.absolute(&directory);
            let opened = fs::open_dir(&absolute)?;
            let list = fs::DirList::read(opened.as_fd(), &absolute)?;
            for at in 0..list.len() {
                let path = directory.join(list.name(at));
                let is_directory = list.stat(at).is_directory();
                if filter.covers(&path, is_directory)? {
                    continue;
                }
                if is_directory { pending.push(path) } else { visit(path) }
            }
        }
        Ok(())
    }

    /// What counts below `root`. Where Git ignores that itself, whoever named it means all of it.
    fn dep_filter(&self, root: &RepoPath) -> Result<DepFilter<'_>> {
        let filter = DepFilter {
            project: self.project,
            git: self.git,
            data: self.data,
            excludes: &self.excludes,
            passed_over: &self.ignored,
            ignores: Mutex::default(),
            whole: Mutex::default(),
        };
        let is_directory = self.project.lstat(root)?.is_some_and(|stat| stat.is_directory());
        if is_directory && !root.is_root() && filter.is_ignored(root, true)? {
            filter.take_whole(root);
        }
        Ok(filter)
    }

    fn look(
        &self,
        root: &Path,
        path: &RepoPath,
        state: Option<&State>,
        rules: StatRules,
        filter: &dyn Filter,
    ) -> Result<Option<(Target, Sections)>> {
        self.visit(root, path, state, rules, filter, None)
    }

    fn visit(
        &self,
        root: &Path,
        path: &RepoPath,
        state: Option<&State>,
        rules: StatRules,
        filter: &dyn Filter,
        writer: Option<&Writer<'_>>,
    ) -> Result<Option<(Target, Sections)>> {
        let Some(stat) = fs::lstat(&root.join(path.as_path()))? else { return Ok(None) };
        let none = Sections::new();
        let collisions = Mutex::default();
        let adder = Adder {
            project: self.project,
            root,
            writer,
            filter,
            rules,
            clock: self.clock,
            progress: self.progress,
            target: path,
            old: state.map_or(&none, |state| &state.sections),
            new: Mutex::new(HashMap::new()),
            force: true,
            collisions: &collisions,
        };
        let target = match stat.is_directory() {
            true => on_threads(self.jobs, Threads::Reading, || adder.whole(&stat))?,
            false => adder.whole(&stat)?,
        };
        let sections = adder.new.into_inner().expect("no panic while holding the lock");
        Ok(Some((target, sections)))
    }
}

/// Makes Git ignore `paths`, as far as it does not. Returns the files that were changed.
pub fn ignore_in_git(project: &Project, paths: &[RepoPath]) -> Result<Vec<RepoPath>> {
    let excludes = project.repo.excludes()?;
    let mut visible = Vec::new();
    for path in paths {
        let is_directory = project.lstat(path)?.is_some_and(|stat| stat.is_directory());
        if !excludes.covers(path, is_directory)? {
            visible.push(path.clone());
        }
    }
    gitignore::ignore(project, &visible)
}

/// Paths that hold data: what pointers and locks track, and what stages are about to write.
#[derive(Debug, Default)]
pub struct DataPaths(BTreeSet<RepoPath>);

impl DataPaths {
    pub fn new(tracked: &TrackedPaths, outs: impl IntoIterator<Item = RepoPath>) -> DataPaths {
        let tracked = tracked.paths.iter().map(|tracked| tracked.path.clone());
        DataPaths(tracked.chain(outs).collect())
    }

    /// The path of data that is `path` or that `path` lies in.
    pub fn containing(&self, path: &RepoPath) -> Option<RepoPath> {
        let mut above = std::iter::successors(Some(path.clone()), RepoPath::parent);
        above.find(|path| self.0.contains(path))
    }

    /// Whether some path of data lies below `path`.
    fn inside(&self, path: &RepoPath) -> bool {
        // `a-b` sorts between `a` and `a/b`.
        let first = path.join(b"\0");
        self.0.range(first..).next().is_some_and(|found| found.below(path).is_some())
    }
}

/// All names count.
struct Everything;

impl Filter for Everything {
    fn covers(&self, _path: &RepoPath, _is_directory: bool) -> Result<bool> {
        Ok(false)
    }

    fn refuses_escaping_links(&self) -> bool {
        false
    }
}

/// What counts of a dep directory; see the module.
struct DepFilter<'a> {
    project: &'a Project,
    git: &'a GitIndex,
    data: &'a DataPaths,
    excludes: &'a Mutex<Option<Arc<Excludes>>>,
    passed_over: &'a Mutex<Option<RepoPath>>,
    /// The rules of the tracked paths that the walk came to.
    ignores: Mutex<HashMap<RepoPath, Arc<Ignores>>>,
    /// Directories that Git ignores and that count all the same.
    whole: Mutex<Vec<RepoPath>>,
}

/// What tools leave beside code.
const LITTER: [&[u8]; 4] = [b"__pycache__", b".ipynb_checkpoints", b".DS_Store", b".git"];

/// Whether tools leave something of this name beside code.
pub fn is_litter(name: &[u8]) -> bool {
    LITTER.contains(&name)
}

/// Whether a file of this name counts in a dep directory, outside of tracked data.
pub fn counts_in_deps(name: &[u8]) -> bool {
    let is_ours = name.ends_with(pointer::SUFFIX.as_bytes())
        || name == lock::FILE_NAME.as_bytes()
        || name == b".gitignore";
    !is_ours && !is_litter(name)
}

impl DepFilter<'_> {
    fn excludes(&self) -> Result<Arc<Excludes>> {
        let mut slot = self.excludes.lock().expect("no panic while holding the lock");
        if let Some(excludes) = &*slot {
            return Ok(Arc::clone(excludes));
        }
        let excludes = Arc::new(self.project.repo.excludes()?);
        *slot = Some(Arc::clone(&excludes));
        Ok(excludes)
    }

    fn take_whole(&self, path: &RepoPath) {
        self.whole.lock().expect("no panic while holding the lock").push(path.clone());
    }

    fn is_in_whole(&self, path: &RepoPath) -> bool {
        let whole = self.whole.lock().expect("no panic while holding the lock");
        whole.iter().any(|whole| path.below(whole).is_some())
    }

    /// Whether Git neither tracks `path` or something in it, nor would.
    fn is_ignored(&self, path: &RepoPath, is_directory: bool) -> Result<bool> {
        if self.git.tracked_at_or_below(path).is_some() || self.data.inside(path) {
            return Ok(false);
        }
        Ok(self.excludes()?.covers(path, is_directory)?)
    }

    /// Whether DVC tracks it: Git ignores it then, and it is data all the same.
    fn is_dvcs(&self, path: &RepoPath) -> Result<bool> {
        let pointer = RepoPath::new([path.as_bytes(), b".dvc"].concat());
        Ok(match pointer {
            Some(pointer) => self.project.lstat(&pointer)?.is_some(),
            None => false,
        })
    }

    fn ignores(&self, target: &RepoPath) -> Result<Arc<Ignores>> {
        let mut known = self.ignores.lock().expect("no panic while holding the lock");
        if let Some(ignores) = known.get(target) {
            return Ok(Arc::clone(ignores));
        }
        let ignores = Arc::new(Ignores::for_target(self.project, target)?);
        known.insert(target.clone(), Arc::clone(&ignores));
        Ok(ignores)
    }
}

impl Filter for DepFilter<'_> {
    fn covers(&self, path: &RepoPath, is_directory: bool) -> Result<bool> {
        if let Some(target) = self.data.containing(path) {
            return match target == *path {
                true => Ok(false),
                false => Filter::covers(&*self.ignores(&target)?, path, is_directory),
            };
        }
        let name = path.file_name();
        let counts = if is_directory { !is_litter(name) } else { counts_in_deps(name) };
        if !counts {
            return Ok(true);
        }
        if self.is_in_whole(path) || !self.is_ignored(path, is_directory)? {
            return Ok(false);
        }
        if !self.is_dvcs(path)? {
            let mut passed_over = self.passed_over.lock().expect("no panic while holding the lock");
            passed_over.get_or_insert_with(|| path.clone());
            return Ok(true);
        }
        if is_directory {
            self.take_whole(path);
        }
        Ok(false)
    }

    /// The rules may have changed, and a clone without our memory has to find the same.
    fn keeps_known(&self) -> bool {
        false
    }

    fn keeps_empty_directories(&self) -> bool {
        false
    }

    fn refuses_escaping_links(&self) -> bool {
        false
    }
}

/// An index of what deps were, private to this worktree: it only saves reading them again.
pub struct DepIndex {
    path: PathBuf,
    pub index: Index,
}

impl DepIndex {
    /// Reads the index called `name`.
    pub fn read(project: &Project, name: &str) -> Result<DepIndex> {
        let path = project.worktree_dir().join(name);
        Ok(DepIndex { index: Index::read(&path)?, path })
    }

    /// How stats are compared with what it recorded.
    pub fn rules(&self, project: &Project) -> StatRules {
        project.stat_rules(&self.index)
    }

    /// Replaces the file. Of two processes the later one wins; where it cannot be written, deps are
    /// read again the next time.
    pub fn write(&self) {
        let _ = self.path.parent().map_or(Ok(()), |parent| fs::create_dir_all(&parent.join("tmp")));
        let _ = self.index.write(&self.path);
    }
}
