//! What one command knows of a worktree while it looks at stages and runs them.
//!
//! Paths are looked at once as long as nothing ran since; then again, which costs a stat for each file
//! that did not change. Two indexes of our own, beside that of the data commands, remember the deps
//! that are no tracked data: one for the repository, one for what lies elsewhere.

use std::collections::{BTreeMap, HashMap};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::parameters::ParamFiles;
use crate::data::content::{Content, DataPaths, DepIndex};
use crate::data::index::{Index, Sections, State};
use crate::data::tracked::{TrackedPath, TrackedPaths};
use crate::data::{self, Project, Quiet};
use crate::format::lock::{self, LockedStage, PartialLock};
use crate::format::{Lock, Target, Value};
use crate::fs::{self, Clock, RepoPath, Stat};
use crate::git::GitIndex;
use crate::pipeline::source::Worktree;
use crate::pipeline::stage::{ParamsFrom, Place};
use crate::pipeline::{Address, Error, Result, Stage};

/// A worktree, as one command comes to know it. Shared by threads.
pub struct Session<'a> {
    pub project: &'a Project,
    git: GitIndex,
    pub tracked: TrackedPaths,
    data: DataPaths,
    jobs: Option<usize>,
    indexes: Mutex<Indexes>,
    locks: Mutex<BTreeMap<RepoPath, KnownLock>>,
    /// Dep directories with a file in each that does not count because Git ignores it.
    ignored: Mutex<BTreeMap<RepoPath, RepoPath>>,
    known: Mutex<HashMap<Place, (u64, Option<Target>)>>,
    params: ParamFiles,
    /// Counts what may have changed files.
    epoch: AtomicU64,
}

struct Indexes {
    data: Index,
    deps: DepIndex,
    outside: DepIndex,
    /// Some of the last two is worth writing.
    dirty: bool,
}

/// A lock file as it was read, and what was found out since.
struct KnownLock {
    stat: Option<Stat>,
    content: PartialLock,
    /// Stages that ended in this process and are not yet in the file.
    fresh: BTreeMap<String, LockedStage>,
}

/// Which index remembers a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeper {
    Data,
    Deps,
}

impl<'a> Session<'a> {
    /// Reads what is needed to look at `stages`.
    pub fn open(
        project: &'a Project,
        stages: &[Stage],
        jobs: Option<usize>,
    ) -> Result<Session<'a>> {
        let git = project.repo.index()?;
        let index = project.index()?;
        let tracked = TrackedPaths::in_worktree(project, &git, &index)?;
        let outs = stages.iter().flat_map(|stage| &stage.outs).filter(|out| out.cache);
        let data = DataPaths::new(&tracked, outs.map(|out| out.path.clone()));
        let indexes = Indexes {
            data: index,
            deps: DepIndex::read(project, "deps")?,
            outside: DepIndex::read(project, "outside")?,
            dirty: false,
        };
        Ok(Session {
            project,
            git,
            tracked,
            data,
            jobs,
            indexes: Mutex::new(indexes),
            locks: Mutex::default(),
            ignored: Mutex::default(),
            known: Mutex::default(),
            params: ParamFiles::default(),
            epoch: AtomicU64::new(0),
        })
    }

    /// Files may have changed: paths are looked at again.
    pub fn touched(&self) {
        self.epoch.fetch_add(1, Ordering::Relaxed);
    }

    /// Another process ran a stage: what it wrote down is read.
    pub(super) fn refresh(&self) -> Result<()> {
        self.touched();
        self.read_index()
    }

    /// Reads the index of the data commands anew if another process has written it.
    pub(super) fn read_index(&self) -> Result<()> {
        let project = self.project;
        self.with_data_index(|index| -> Result<()> {
            if !project.is_current(index) {
                *index = project.index()?;
            }
            Ok(())
        })
    }

    pub(super) fn content(&self, clock: Clock) -> Content<'_> {
        Content::new(self.project, &self.git, &self.data, clock, self.jobs, &Quiet)
    }

    /// What is at a dep now; `None` if nothing is.
    pub fn dep(&self, place: &Place) -> Result<Option<Target>> {
        self.look(place, || match place {
            Place::Inside(path) => self.inside(path, Kind::Dep),
            Place::Outside(path) => self.outside(path),
        })
    }

    /// A file in the dep directory `path` that does not count because Git ignores it.
    pub(super) fn ignored_in(&self, path: &RepoPath) -> Option<RepoPath> {
        self.ignored.lock().expect("no panic while holding the lock").get(path).cloned()
    }

    /// What is at an out now; `None` if nothing is.
    pub fn out(&self, path: &RepoPath) -> Result<Option<Target>> {
        let place = Place::Inside(path.clone());
        self.look(&place, || self.inside(path, Kind::Out))
    }

    /// The parameters of `from`, as they are in the worktree now.
    pub(super) fn params(&self, from: &ParamsFrom) -> Result<BTreeMap<String, Value>> {
        let epoch = self.epoch.load(Ordering::Relaxed);
        self.params.track(&Worktree(self.project), epoch, from)
    }

    /// Calls `visit` for every file at or below `start` that a dep can be.
    pub(super) fn files_below(
        &self,
        start: &RepoPath,
        visit: &mut dyn FnMut(RepoPath),
    ) -> Result<()> {
        Ok(self.content(Clock::assume_local()).files_below(start, visit)?)
    }

    fn look(
        &self,
        place: &Place,
        find: impl FnOnce() -> Result<Option<Target>>,
    ) -> Result<Option<Target>> {
        let epoch = self.epoch.load(Ordering::Relaxed);
        let known = self.known.lock().expect("no panic while holding the lock").get(place).copied();
        if let Some((when, target)) = known
            && when == epoch
        {
            return Ok(target);
        }
        let target = find()?;
        self.note(place.clone(), epoch, target);
        Ok(target)
    }

    fn note(&self, place: Place, epoch: u64, target: Option<Target>) {
        let mut known = self.known.lock().expect("no panic while holding the lock");
        known.insert(place, (epoch, target));
    }

    /// Remembers what was just put at an out.
    pub(super) fn note_out(&self, path: &RepoPath, target: Target) {
        let epoch = self.epoch.load(Ordering::Relaxed);
        self.note(Place::Inside(path.clone()), epoch, Some(target));
    }

    fn inside(&self, path: &RepoPath, kind: Kind) -> Result<Option<Target>> {
        // A dep that is a link means what it leads to; an out is what it is.
        if kind == Kind::Dep
            && let Some(stat) = self.project.lstat(path)?
            && stat.file_type() == fs::FileType::Link
        {
            return self.behind_link(path);
        }
        let (state, rules, keeper) = {
            let indexes = self.indexes.lock().expect("no panic while holding the lock");
            let keeper = indexes.keeper(path);
            let index = indexes.of(keeper);
            (index.targets.get(path).cloned(), self.project.stat_rules(index), keeper)
        };
        let content = self.content(Clock::assume_local());
        let found = match kind {
            Kind::Dep => content.identify_dep(path, state.as_ref(), rules)?,
            Kind::Out => match content.identify(path, state.as_ref(), rules) {
                Ok(found) => found,
                Err(error) => match self.project.link_above(path)? {
                    Some(link) => {
                        return Err(data::Error::BehindLink { path: path.clone(), link }.into());
                    }
                    None => return Err(error.into()),
                },
            },
        };
        if let Some(ignored) = content.ignored() {
            let mut known = self.ignored.lock().expect("no panic while holding the lock");
            known.insert(path.clone(), ignored);
        }
        let Some((target, sections)) = found else { return Ok(None) };
        if keeper == Keeper::Deps && is_news(state.as_ref(), target, &sections) {
            self.remember(|indexes| &mut indexes.deps, path, target, sections);
        }
        Ok(Some(target))
    }

    /// Whether the directory at `path` is what we put there, but for what was deleted since.
    pub(super) fn only_lost_files(&self, path: &RepoPath) -> Result<bool> {
        // Only what the index of the data commands knows is in the cache.
        let (state, rules) = self.with_data_index(|index| {
            (index.targets.get(path).cloned(), self.project.stat_rules(index))
        });
        let Some(state) = state else { return Ok(false) };
        let content = self.content(Clock::assume_local());
        let Some((_, sections)) = content.identify(path, Some(&state), rules)? else {
            return Ok(true);
        };
        Ok(sections.iter().all(|(inner, section)| {
            let Some(base) = state.sections.get(inner) else { return false };
            let mut known = base.entries().peekable();
            section.entries().all(|entry| {
                while known.next_if(|old| old.name < entry.name).is_some() {}
                let old = known.next_if(|old| old.name == entry.name);
                old.is_some_and(|old| (old.mode, old.oid) == (entry.mode, entry.oid))
            })
        }))
    }

    fn behind_link(&self, path: &RepoPath) -> Result<Option<Target>> {
        let Ok(target) = self.project.repo.absolute(path).canonicalize() else { return Ok(None) };
        match target.strip_prefix(self.project.repo.top()) {
            Ok(inside) => match RepoPath::new(inside.as_os_str().as_bytes()) {
                Some(inside) if !inside.is_root() => self.inside(&inside, Kind::Dep),
                _ => Ok(None),
            },
            Err(_) => self.outside(&target),
        }
    }

    fn outside(&self, path: &Path) -> Result<Option<Target>> {
        let Ok(path) = path.canonicalize() else { return Ok(None) };
        let bytes = path.as_os_str().as_bytes();
        let Some(path) = RepoPath::new(&bytes[1.min(bytes.len())..]) else { return Ok(None) };
        let (state, rules) = {
            let indexes = self.indexes.lock().expect("no panic while holding the lock");
            let outside = &indexes.outside;
            (outside.index.targets.get(&path).cloned(), outside.rules(self.project))
        };
        let content = self.content(Clock::assume_local());
        let found = content.identify_outside(&path, state.as_ref(), rules)?;
        let Some((target, sections)) = found else { return Ok(None) };
        if is_news(state.as_ref(), target, &sections) {
            self.remember(|indexes| &mut indexes.outside, &path, target, sections);
        }
        Ok(Some(target))
    }

    fn remember(
        &self,
        which: impl FnOnce(&mut Indexes) -> &mut DepIndex,
        path: &RepoPath,
        target: Target,
        sections: Sections,
    ) {
        let mut indexes = self.indexes.lock().expect("no panic while holding the lock");
        let state = State { base: target, lock: None, sections };
        which(&mut indexes).index.targets.insert(path.clone(), state);
        indexes.dirty = true;
    }

    /// What was last put at a path by us.
    pub(super) fn base(&self, path: &RepoPath) -> Option<Target> {
        let indexes = self.indexes.lock().expect("no panic while holding the lock");
        indexes.data.targets.get(path).map(|state| state.base)
    }

    /// Hands out the index of the data commands, which only who holds the project's lock may change.
    pub(super) fn with_data_index<T>(&self, work: impl FnOnce(&mut Index) -> T) -> T {
        work(&mut self.indexes.lock().expect("no panic while holding the lock").data)
    }

    /// The same for the index that remembers what Git tracks.
    pub(super) fn with_dep_index<T>(&self, work: impl FnOnce(&mut Index) -> T) -> T {
        let mut indexes = self.indexes.lock().expect("no panic while holding the lock");
        indexes.dirty = true;
        work(&mut indexes.deps.index)
    }

    /// Writes down what was found out about deps.
    pub fn save_dep_indexes(&self) {
        let mut indexes = self.indexes.lock().expect("no panic while holding the lock");
        if indexes.dirty {
            indexes.deps.write();
            indexes.outside.write();
            indexes.dirty = false;
        }
    }

    /// The tracked path that `path` is, or lies in.
    pub fn tracked(&self, path: &RepoPath) -> Option<&TrackedPath> {
        self.tracked.containing(path)
    }

    /// Refuses an out that a pointer tracks, or that lies in or around data that one does.
    pub(super) fn check_overlap(&self, out: &RepoPath) -> Result<()> {
        let nearby = [self.tracked.containing(out), self.tracked.inside(out)];
        match nearby.into_iter().flatten().find(|tracked| tracked.lock().is_none()) {
            None => Ok(()),
            Some(tracked) => {
                let (path, other) = (out.clone(), tracked.path.clone());
                Err(data::Error::Overlap { path, other }.into())
            }
        }
    }

    /// The block of a stage in its lock, read anew if another process has written the file.
    ///
    /// # Errors
    /// The lock cannot be understood, or the stage is part of a merge conflict.
    pub fn locked(&self, address: &Address) -> Result<Option<LockedStage>> {
        let file = lock_file(address);
        let mut locks = self.locks.lock().expect("no panic while holding the lock");
        let known = self.known_lock(&mut locks, &file)?;
        if let Some(fresh) = known.fresh.get(&address.name) {
            return Ok(Some(fresh.clone()));
        }
        if known.content.conflicted.contains(&address.name) {
            let what = "lock";
            let source = crate::format::Error::ConflictMarkers { what };
            return Err(Error::Format { path: file, source });
        }
        Ok(known.content.lock.stages.get(&address.name).cloned())
    }

    /// Notes the block of a stage that ended; [`Session::update_lock`] will have it.
    pub(super) fn note_locked(&self, address: &Address, stage: LockedStage) -> Result<()> {
        let file = lock_file(address);
        let mut locks = self.locks.lock().expect("no panic while holding the lock");
        let known = self.known_lock(&mut locks, &file)?;
        known.fresh.insert(address.name.clone(), stage);
        Ok(())
    }

    /// Writes the blocks of the stages that ended into the lock at `file`, and takes out those of
    /// stages that `keep` does not know. Other processes' blocks are kept. The project's lock is held.
    ///
    /// # Errors
    /// The file has merge conflicts, cannot be understood, or cannot be written; nothing changed.
    pub(super) fn update_lock(
        &self,
        file: &RepoPath,
        ended: &[&Address],
        keep: impl Fn(&str) -> bool,
    ) -> Result<()> {
        let mut locks = self.locks.lock().expect("no panic while holding the lock");
        let known = self.known_lock(&mut locks, file)?;
        if !known.content.conflicted.is_empty() {
            let source = crate::format::Error::ConflictMarkers { what: "lock" };
            return Err(Error::Format { path: file.clone(), source });
        }
        let before = known.content.lock.clone();
        let mut after = before.clone();
        for address in ended {
            if let Some(stage) = known.fresh.get(&address.name) {
                after.stages.insert(address.name.clone(), stage.clone());
            }
        }
        after.stages.retain(|name, _| keep(name));
        if after != before || known.stat.is_none() {
            self.project.write_text(file, after.text().as_bytes())?;
            known.stat = self.project.lstat(file)?;
            known.content.lock = after;
        }
        for address in ended {
            known.fresh.remove(&address.name);
        }
        Ok(())
    }

    /// Forgets the blocks of stages that could not be recorded.
    pub(super) fn forget_locked(&self, address: &Address) {
        let mut locks = self.locks.lock().expect("no panic while holding the lock");
        if let Some(known) = locks.get_mut(&lock_file(address)) {
            known.fresh.remove(&address.name);
        }
    }

    fn known_lock<'l>(
        &self,
        locks: &'l mut BTreeMap<RepoPath, KnownLock>,
        file: &RepoPath,
    ) -> Result<&'l mut KnownLock> {
        let stat = self.project.lstat(file)?;
        let current = locks.get(file).is_some_and(|known| known.stat == stat);
        if !current {
            let content = match self.project.read_text(file)? {
                None => PartialLock::default(),
                Some(text) => Lock::parse_tolerant(&text)
                    .map_err(|source| Error::Format { path: file.clone(), source })?,
            };
            let fresh = locks.remove(file).map(|known| known.fresh).unwrap_or_default();
            locks.insert(file.clone(), KnownLock { stat, content, fresh });
        }
        Ok(locks.get_mut(file).expect("it was just put there"))
    }
}

/// How a path is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Dep,
    Out,
}

impl Indexes {
    /// Tracked data is remembered by the index of the data commands.
    fn keeper(&self, path: &RepoPath) -> Keeper {
        if self.data.targets.contains_key(path) { Keeper::Data } else { Keeper::Deps }
    }

    fn of(&self, keeper: Keeper) -> &Index {
        match keeper {
            Keeper::Data => &self.data,
            Keeper::Deps => &self.deps.index,
        }
    }
}

/// Whether something was read that the index did not know. A changed stat alone comes with a changed
/// section.
fn is_news(state: Option<&State>, target: Target, sections: &Sections) -> bool {
    let Some(state) = state else { return true };
    state.base != target
        || state.sections.len() != sections.len()
        || sections.iter().any(|(path, section)| {
            state.sections.get(path).is_none_or(|old| !old.same_entries(section))
        })
}

/// The lock that records a stage.
pub fn lock_file(address: &Address) -> RepoPath {
    address.directory().join(lock::FILE_NAME.as_bytes())
}
