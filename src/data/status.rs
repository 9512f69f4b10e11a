//! `git mldata status`: pointer, worktree and cache held against each other.
//!
//! Reads the index, walks and stats in parallel, hashes only files whose stat is new while their
//! length is not. Presence in the cache is looked up, not verified. Of the cache only listings are
//! read, and only for what was not checked out here: to tell what would have to be fetched.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Mutex;

use rayon::prelude::*;

use super::index::{Entry, Flags, Index, Section, SectionBuilder, StatRules, State};
use super::project::{Threads, on_threads};
use super::scan::{self, Check, MAX_DEPTH, Pair};
use super::select::Coverage;
use super::tracked::{TrackedPath, TrackedPaths, pointer_path};
use super::walk::Ignores;
use super::{Error, Progress, Project, Result, Selection, checkout};
use crate::format::{Mode, ObjectId, Target};
use crate::fs::{self, At as _, Clock, DirList, RepoPath};

/// What happened to one file of a tracked path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    Modified,
    New,
    Deleted,
    /// A file became a link or a directory, or the other way round.
    TypeChanged,
}

/// One difference between base and worktree. A new directory is one change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    pub path: RepoPath,
    pub kind: ChangeKind,
    pub is_directory: bool,
}

/// How one tracked path is.
#[derive(Debug)]
pub struct TargetStatus {
    pub path: RepoPath,
    /// What the pointer says; `None` if the pointer is gone and the data is still here.
    pub pointer: Option<Target>,
    /// What was last checked out or added here.
    pub base: Option<Target>,
    /// Differences between base and worktree, ascending.
    pub changes: Vec<Change>,
    /// Files of the pointer that were never checked out here.
    pub not_checked_out: u64,
    /// Something stands at the path that neither `add` nor `checkout` put there.
    pub unrecorded: bool,
    /// It is an out of a stage: a lock names it, not a pointer.
    pub is_out: bool,
    /// Files that would have to be fetched to have the pointer's content.
    pub not_in_cache: u64,
    /// Unchanged files whose content the cache has lost: `add` brings it back.
    pub only_in_worktree: u64,
}

impl TargetStatus {
    /// The pointer moved and the data did not follow.
    pub fn is_behind(&self) -> bool {
        self.base.is_some() && self.pointer.is_some() && self.base != self.pointer
    }

    /// Nothing to report.
    pub fn is_clean(&self) -> bool {
        self.pointer.is_some()
            && !self.is_behind()
            && self.changes.is_empty()
            && !self.unrecorded
            && self.not_checked_out == 0
            && self.not_in_cache == 0
            && self.only_in_worktree == 0
    }
}

#[derive(Debug, Default)]
pub struct Report {
    /// Ascending by path.
    pub targets: Vec<TargetStatus>,
    pub errors: Vec<Error>,
}

/// Compares everything that was asked for.
pub fn status(
    project: &Project,
    targets: &[OsString],
    jobs: Option<usize>,
    progress: &dyn Progress,
) -> Result<Report> {
    let selection = Selection::parse(project, targets)?;
    let index = project.index()?;
    let git = project.repo.index()?;
    let tracked = TrackedPaths::in_worktree(project, &git, &index)?;
    let mut report = Report::default();
    let clock = Clock::assume_local();
    let refreshed = Mutex::new(Vec::new());
    let mut known: BTreeMap<&RepoPath, Option<&TrackedPath>> =
        index.targets.keys().map(|path| (path, None)).collect();
    known.extend(tracked.paths.iter().map(|tracked| (&tracked.path, Some(tracked))));
    let known: Vec<_> = known
        .into_iter()
        .map(|(path, tracked)| (path, tracked, selection.target(path)))
        .filter(|(_, tracked, coverage)| match coverage {
            Coverage::Full => true,
            // A file has no parts.
            Coverage::Part => tracked.is_none_or(|t| t.target.is_directory()),
            Coverage::None => false,
        })
        .collect();
    let results: Vec<Result<Option<TargetStatus>>> = on_threads(jobs, Threads::Reading, || {
        let tracked_paths = &tracked;
        let one = |(path, tracked, _): &(&RepoPath, Option<&TrackedPath>, Coverage)| {
            let comparer = Comparer {
                project,
                ignores: Ignores::for_target(project, path)?,
                rules: project.stat_rules(&index),
                clock,
                selection: &selection,
                progress,
                target: path,
                state: index.targets.get(path),
                tracked: tracked_paths,
                found: Mutex::default(),
            };
            let (status, sections) = comparer.compare(tracked.map(|t| t.target))?;
            if !sections.is_empty() {
                let mut refreshed = refreshed.lock().expect("no panic while holding the lock");
                refreshed.push(((*path).clone(), sections));
            }
            Ok(status)
        };
        known.par_iter().map(one).collect()
    });
    for result in results {
        match result {
            Ok(status) => report.targets.extend(status),
            Err(error) => report.errors.push(error),
        }
    }
    if selection.is_all() {
        report.errors.extend(tracked.errors);
    }
    report.errors.extend(selection.unmatched_errors());
    write_back(project, index, refreshed.into_inner().expect("no panic while holding the lock"));
    Ok(report)
}

/// Remembers what was found out, if nobody is writing and the index is still the one that was read.
/// As in Git, a status that cannot do so is no worse.
fn write_back(
    project: &Project,
    mut index: Index,
    refreshed: Vec<(RepoPath, Vec<(Vec<u8>, Section)>)>,
) {
    if refreshed.is_empty() {
        return;
    }
    let Ok(Some(lock)) = project.try_lock("mldata status") else { return };
    if !index.is_current(&project.index_path()) {
        return;
    }
    for (path, sections) in refreshed {
        if let Some(state) = index.targets.get_mut(&path) {
            state.sections.extend(sections);
        }
    }
    let _ = project.write_index(&lock, &index);
}

struct Comparer<'a> {
    project: &'a Project,
    ignores: Ignores,
    rules: StatRules,
    clock: Clock,
    selection: &'a Selection,
    progress: &'a dyn Progress,
    target: &'a RepoPath,
    state: Option<&'a State>,
    tracked: &'a TrackedPaths,
    found: Mutex<Found>,
}

/// What the threads found, together.
#[derive(Default)]
struct Found {
    changes: Vec<Change>,
    only_in_worktree: u64,
    sections: Vec<(Vec<u8>, Section)>,
}

/// What one chunk found.
#[derive(Default)]
struct Part {
    changes: Vec<Change>,
    only_in_worktree: u64,
    /// Names with a new stat or new marks.
    refreshed: Vec<(Vec<u8>, fs::Stat, Flags)>,
}

impl Comparer<'_> {
    fn compare(
        self,
        pointer: Option<Target>,
    ) -> Result<(Option<TargetStatus>, Vec<(Vec<u8>, Section)>)> {
        let stat = self.project.lstat(self.target)?;
        let mut status = TargetStatus {
            path: self.target.clone(),
            pointer,
            base: self.state.map(|state| state.base),
            changes: Vec::new(),
            not_checked_out: 0,
            unrecorded: false,
            is_out: self.is_out(),
            not_in_cache: 0,
            only_in_worktree: 0,
        };
        match (self.state, pointer) {
            (None, None) => return Ok((None, Vec::new())),
            // The pointer went, and the data with it.
            (Some(_), None) if stat.is_none() => return Ok((None, Vec::new())),
            // It is there and cannot be understood, which is told as an error.
            (Some(state), None) if self.is_named_unreadably(state)? => {
                return Ok((None, Vec::new()));
            }
            (None, Some(pointer)) => {
                status.not_in_cache = self.missing(&pointer)?;
                if stat.is_none() {
                    status.not_checked_out = pointer.files();
                } else {
                    // The index was lost, or somebody put the data here by hand.
                    self.unrecorded(pointer, &mut status)?;
                }
            }
            (Some(state), _) => {
                self.walk(state, stat)?;
                if status.is_behind() {
                    status.not_in_cache = self.missing(&pointer.unwrap_or(state.base))?;
                } else {
                    status.not_checked_out =
                        state.base.files().saturating_sub(state.materialised());
                    if status.not_checked_out > 0 {
                        status.not_in_cache = self.missing(&state.base)?;
                    }
                }
            }
        }
        let found = self.found.into_inner().expect("no panic while holding the lock");
        status.changes.extend(found.changes);
        status.changes.sort();
        status.only_in_worktree = found.only_in_worktree;
        // What only the worktree has is no reason to fetch.
        status.not_in_cache = status.not_in_cache.saturating_sub(found.only_in_worktree);
        Ok((Some(status), found.sections))
    }

    fn is_out(&self) -> bool {
        match self.tracked.containing(self.target) {
            Some(tracked) => tracked.lock().is_some(),
            None => self.state.is_some_and(|state| state.lock.is_some()),
        }
    }

    /// Whether what named the target is there and cannot be understood.
    fn is_named_unreadably(&self, state: &State) -> Result<bool> {
        Ok(match &state.lock {
            Some(lock) => self.tracked.is_unreadable(lock),
            None => self.project.lstat(&pointer_path(self.target))?.is_some(),
        })
    }

    /// Compares what is there with the pointer itself, reading all of it.
    fn unrecorded(&self, pointer: Target, status: &mut TargetStatus) -> Result<()> {
        let preview = match checkout::preview(self.project, self.selection, self.target, pointer) {
            Err(Error::Cache(error)) if error.is_missing() => {
                status.unrecorded = true;
                return Ok(());
            }
            other => other?,
        };
        status.not_checked_out = preview.absent;
        status.unrecorded = !preview.different.is_empty();
        let change = |path| Change { path, kind: ChangeKind::Modified, is_directory: false };
        status.changes = preview.different.into_iter().map(change).collect();
        Ok(())
    }

    fn walk(&self, state: &State, stat: Option<fs::Stat>) -> Result<()> {
        let deleted = |found: &mut Found, is_directory| {
            found.changes.push(Change {
                path: self.target.clone(),
                kind: ChangeKind::Deleted,
                is_directory,
            });
        };
        let mut found = self.found.lock().expect("no panic while holding the lock");
        match (state.base, stat) {
            (base, None) => deleted(&mut found, base.is_directory()),
            (Target::Directory { .. }, Some(stat)) if stat.is_directory() => {
                drop(found);
                let directory = fs::open_dir(&self.project.repo.absolute(self.target))?;
                self.directory(&directory, &[], 0)?;
            }
            (Target::File { .. }, Some(stat)) if !stat.is_directory() => {
                drop(found);
                let parent = self.target.parent().unwrap_or_default();
                let directory = fs::open_dir(&self.project.repo.absolute(&parent))?;
                let section = state.sections.get(&b""[..]);
                let entry = section.and_then(|section| section.find(self.target.file_name()));
                let pair = Pair { name: self.target.file_name(), stat: Some(&stat), entry };
                let mut part = Part::default();
                self.pair(directory.as_fd(), &parent, &[], 0, pair, &mut part)?;
                self.collect(&[], section, vec![part]);
            }
            (base, Some(_)) => found.changes.push(Change {
                path: self.target.clone(),
                kind: ChangeKind::TypeChanged,
                is_directory: base.is_directory(),
            }),
        }
        Ok(())
    }

    fn directory(&self, directory: &OwnedFd, inner: &[u8], depth: usize) -> Result<()> {
        let path = self.target.join(inner);
        if depth > MAX_DEPTH {
            return Err(Error::TooDeep { path });
        }
        let section = self.state.and_then(|state| state.sections.get(inner));
        let list = DirList::read(directory.as_fd(), &self.project.repo.absolute(&path))?;
        let chunks = scan::chunks(&list, section);
        let work = |chunk: &scan::Chunk| {
            let mut part = Part::default();
            for pair in chunk.pairs(&list, section) {
                self.pair(directory.as_fd(), &path, inner, depth, pair, &mut part)?;
            }
            self.progress.advance(chunk.len() as u64, 0);
            Ok::<_, Error>(part)
        };
        let parts: Vec<Part> = match &chunks[..] {
            [chunk] => vec![work(chunk)?],
            _ => chunks.par_iter().map(work).collect::<Result<_>>()?,
        };
        self.collect(inner, section, parts);
        Ok(())
    }

    fn collect(&self, inner: &[u8], section: Option<&Section>, parts: Vec<Part>) {
        let mut refreshed = parts.iter().flat_map(|part| &part.refreshed).peekable();
        let section = section.filter(|_| refreshed.peek().is_some()).map(|section| {
            let mut builder = SectionBuilder::default();
            for entry in section.entries() {
                match refreshed.next_if(|(name, ..)| name == entry.name) {
                    Some((_, stat, flags)) => {
                        let mut new = Entry::new(entry.name, entry.mode, entry.oid, stat, false);
                        new.flags = *flags;
                        builder.push(&new);
                    }
                    None => builder.push(&entry),
                }
            }
            builder.finish(section.tree, section.size, section.files, section.complete)
        });
        let mut found = self.found.lock().expect("no panic while holding the lock");
        found.sections.extend(section.map(|section| (inner.to_vec(), section)));
        for part in parts {
            found.changes.extend(part.changes);
            found.only_in_worktree += part.only_in_worktree;
        }
    }

    /// Compares one name of the directory at `parent`, which is `inner` below the target.
    fn pair(
        &self,
        directory: BorrowedFd<'_>,
        parent: &RepoPath,
        inner: &[u8],
        depth: usize,
        pair: Pair<'_>,
        part: &mut Part,
    ) -> Result<()> {
        let path = || parent.join(pair.name);
        if !self.selection.is_all() {
            match self.selection.entry(path().as_bytes()) {
                Coverage::Full => {}
                Coverage::Part if pair.stat.is_some_and(fs::Stat::is_directory) => {}
                _ => return Ok(()),
            }
        }
        let change = |kind, is_directory| Change { path: path(), kind, is_directory };
        let (stat, entry) = match (pair.stat, &pair.entry) {
            (Some(stat), Some(entry)) => (stat, entry),
            (Some(stat), None) => {
                let is_directory = stat.is_directory();
                if self.ignores.is_empty() || !self.ignores.covers(path().as_bytes(), is_directory)
                {
                    part.changes.push(change(ChangeKind::New, is_directory));
                }
                return Ok(());
            }
            (None, entry) => {
                let is_directory = entry.is_some_and(|entry| entry.mode.is_directory());
                part.changes.push(change(ChangeKind::Deleted, is_directory));
                return Ok(());
            }
        };
        if entry.mode.is_directory() && stat.is_directory() {
            let below = fs::open_dir_at(directory, pair.name)
                .at_with("open directory", || self.project.repo.absolute(&path()))?;
            let inner = super::join(inner, pair.name);
            return self.directory(&below, &inner, depth + 1);
        }
        if entry.mode.is_directory()
            || stat.is_directory()
            || (entry.mode == Mode::Link) != (stat.file_type() == fs::FileType::Link)
        {
            part.changes.push(change(ChangeKind::TypeChanged, entry.mode.is_directory()));
            return Ok(());
        }
        let check = scan::check(directory, stat, entry, self.rules)
            .at_with("read", || self.project.repo.absolute(&path()))?;
        let racy = || self.clock.is_racy(stat, fs::unix_time_ns());
        match check {
            Check::Unchanged => {}
            Check::Refreshed => {
                if !racy() {
                    part.refreshed.push((pair.name.to_vec(), *stat, Flags::default()));
                }
            }
            Check::Changed => part.changes.push(change(ChangeKind::Modified, false)),
            Check::ChangedAfterReading => {
                part.changes.push(change(ChangeKind::Modified, false));
                if !racy() {
                    part.refreshed.push((pair.name.to_vec(), *stat, Flags::CHANGED));
                }
            }
        }
        if matches!(check, Check::Unchanged | Check::Refreshed) {
            part.only_in_worktree += u64::from(!self.project.cache.contains(&entry.oid)?);
        }
        Ok(())
    }

    /// How many files of a target are not in the cache. Where its trees are not, all of them.
    fn missing(&self, target: &Target) -> Result<u64> {
        match *target {
            Target::Directory { oid, files, .. } => {
                let mut known = HashMap::new();
                self.missing_below(self.target, oid, files, 0, &mut known)
            }
            Target::File { oid, .. } => Ok(u64::from(!self.project.cache.contains(&oid)?)),
        }
    }

    /// The same for one directory. `known` has what wholly selected trees came to: one tree can stand
    /// in so many places that visiting each would never end.
    fn missing_below(
        &self,
        path: &RepoPath,
        oid: ObjectId,
        files: u64,
        depth: usize,
        known: &mut HashMap<ObjectId, u64>,
    ) -> Result<u64> {
        let whole = self.selection.is_all();
        if let Some(missing) = known.get(&oid).filter(|_| whole) {
            return Ok(*missing);
        }
        if depth > MAX_DEPTH {
            return Err(Error::TooDeep { path: path.clone() });
        }
        let cache = &self.project.cache;
        let tree = match cache.tree(&oid) {
            Ok(tree) => tree,
            Err(error) if error.is_missing() => return Ok(files),
            Err(error) => {
                let reason = error.to_string();
                return Err(Error::Damaged { path: path.clone(), reason });
            }
        };
        let mut missing = 0u64;
        for entry in tree.entries() {
            let below = if whole { self.target.clone() } else { path.join(entry.name) };
            let coverage =
                if whole { Coverage::Full } else { self.selection.entry(below.as_bytes()) };
            missing = missing.saturating_add(match (entry.mode.is_directory(), coverage) {
                (_, Coverage::None) | (false, Coverage::Part) => 0,
                (true, _) => {
                    self.missing_below(&below, entry.oid, entry.files, depth + 1, known)?
                }
                (false, Coverage::Full) => u64::from(!cache.contains(&entry.oid)?),
            });
        }
        known.insert(oid, missing);
        Ok(missing)
    }
}
