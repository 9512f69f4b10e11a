//! `git mldata add`: brings data into the cache and writes the pointers that Git commits.
//!
//! # Order of writing
//!
//! Objects, then what is intended ([`intent`]), pointers, `.gitignore`, and the index. A command that
//! is killed in between leaves at worst a pointer that the index does not know yet; the intent tells
//! the next one that it is no version of somebody else's.
//!
//! # What is never done
//!
//! A pointer that moved since this worktree last followed it (a pull, a reset) is not overwritten
//! with the older data that is still here. Entries of a directory that were never checked out are
//! kept, not recorded as deleted.

mod graft;
mod intent;
mod known;
mod resolve;

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::fd::AsFd as _;
use std::sync::Mutex;

use graft::{Change, graft};
use intent::Intent;
use known::Known;
pub use resolve::name_refusal;
use resolve::{Job, resolve};

use super::index::{Sections, StatRules, State};
use super::project::{Threads, on_threads};
use super::store::{Adder, StoredEntry};
use super::tracked::{NamedBy, TrackedPath, TrackedPaths, pointer_path};
use super::walk::Ignores;
use super::{Error, Progress, Project, Result, gitignore, recovery};
use crate::cache::Writer;
use crate::format::{Pointer, Target};
use crate::fs::{self, At as _, Clock, RepoPath};
use crate::git::Git;

#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Hash and report, write nothing.
    pub dry_run: bool,
    /// Overwrite pointers that this worktree is behind of.
    pub force: bool,
    /// Threads; as many as processors if `None`.
    pub jobs: Option<usize>,
}

/// What became of one target.
#[derive(Debug)]
pub struct Added {
    pub path: RepoPath,
    pub pointer_path: RepoPath,
    pub target: Target,
    /// The pointer's target before; `None` for a new one.
    pub before: Option<Target>,
    state: State,
}

impl Added {
    pub fn is_changed(&self) -> bool {
        self.before != Some(self.target)
    }
}

#[derive(Debug, Default)]
pub struct Report {
    pub added: Vec<Added>,
    /// Why targets were refused; the others were added.
    pub errors: Vec<Error>,
    /// Files that are to be committed: pointers and `.gitignore` files that were written.
    pub to_commit: Vec<RepoPath>,
    /// Whether they were staged (`mldata.autostage`).
    pub staged: bool,
    /// Names that some file systems take for the same.
    pub collisions: Vec<(RepoPath, RepoPath)>,
    /// Paths that a killed command had displaced and that were moved back.
    pub rolled_back: Vec<RepoPath>,
}

/// Adds `targets`, or everything tracked that changed if there are none.
///
/// # Errors
/// Nothing could be done at all. What concerns single targets stands in the report.
pub fn add(
    project: &Project,
    targets: &[OsString],
    options: Options,
    progress: &dyn Progress,
) -> Result<Report> {
    let lock = project.lock("mldata add", progress)?;
    // What a killed checkout moved away is not deleted.
    let rolled_back = match options.dry_run {
        true => Vec::new(),
        false => recovery::roll_back(project)?,
    };
    let mut index = project.index()?;
    let git = project.repo.index()?;
    let tracked = TrackedPaths::in_worktree(project, &git, &index)?;
    let jobs = resolve(project, &git, &tracked, targets)?;
    let mut report = Report { errors: jobs.errors, rolled_back, ..Report::default() };
    if targets.is_empty() {
        report.errors.extend(tracked.errors);
    }
    let writer = (!options.dry_run).then(|| project.cache.writer(&lock.cache));
    let collisions = Mutex::default();
    let intent = Intent::read(project);
    let results: Vec<Result<Added>> = on_threads(options.jobs, Threads::Reading, || {
        let (writer, clock, collisions) = (writer.as_ref(), lock.clock, &collisions);
        let (rules, intent) = (project.stat_rules(&index), &intent);
        let adding =
            Adding { project, writer, clock, rules, options, progress, collisions, intent };
        jobs.jobs.values().map(|job| adding.job(job, index.targets.get(&job.path))).collect()
    });
    for result in results {
        match result {
            Ok(added) => report.added.push(added),
            Err(error) => report.errors.push(error),
        }
    }
    report.collisions = collisions.into_inner().expect("no panic while holding the lock");
    report.collisions.sort();
    report.collisions.dedup();
    let Some(writer) = writer else { return Ok(report) };
    writer.finish()?;
    let mut texts = Vec::new();
    for added in report.added.iter().filter(|added| added.is_changed()) {
        let old = jobs.jobs.get(&added.path).and_then(|job| job.tracked.as_ref());
        let pointer = match old {
            Some(TrackedPath { named_by: NamedBy::Pointer { pointer, .. }, .. }) => {
                pointer.retarget(added.target)
            }
            _ => Pointer::new(added.target),
        };
        texts.push((added.pointer_path.clone(), pointer.text().as_bytes().to_vec()));
    }
    if !texts.is_empty() {
        let changed = report.added.iter().filter(|added| added.is_changed());
        Intent::write(project, changed.map(|added| (&added.path, added.target.oid())))?;
    }
    project.write_texts(&texts)?;
    report.to_commit.extend(texts.into_iter().map(|(path, _)| path));
    let paths: Vec<RepoPath> = report.added.iter().map(|added| added.path.clone()).collect();
    report.to_commit.extend(gitignore::ignore(project, &paths)?);
    for added in &report.added {
        index.targets.insert(added.path.clone(), added.state.clone());
    }
    project.write_index(&lock, &index)?;
    Intent::clear(project)?;
    if !report.to_commit.is_empty() && project.config.boolean("autostage", false)? {
        Git::new(&project.repo)?.stage(&report.to_commit)?;
        report.staged = true;
    }
    Ok(report)
}

struct Adding<'a> {
    project: &'a Project,
    writer: Option<&'a Writer<'a>>,
    clock: Clock,
    rules: StatRules,
    options: Options,
    progress: &'a dyn Progress,
    collisions: &'a Mutex<Vec<(RepoPath, RepoPath)>>,
    intent: &'a Intent,
}

impl Adding<'_> {
    fn job(&self, job: &Job, state: Option<&State>) -> Result<Added> {
        if let Some(link) = self.project.link_above(&job.path)? {
            return Err(Error::BehindLink { path: job.path.clone(), link });
        }
        let pointer = job.tracked.as_ref().map(|tracked| tracked.target);
        let (target, state) = if job.parts.is_empty() {
            if let Some(pointer) = pointer.filter(|_| !self.options.force) {
                self.refuse_reverting(job, pointer, state)?;
            }
            self.whole(job, state)?
        } else {
            let pointer = pointer.expect("parts are those of a tracked path");
            self.parts(job, pointer, state).map_err(|error| match error {
                // Fetching a part brings the listings on the way to it, and not all the files.
                Error::NotInCache { count, .. } => {
                    let path = job.parts.first().cloned().unwrap_or_default();
                    Error::NotInCache { examples: vec![path.clone()], path, count }
                }
                error => error,
            })?
        };
        Ok(Added {
            path: job.path.clone(),
            pointer_path: pointer_path(&job.path),
            target,
            before: pointer,
            state,
        })
    }

    /// Refuses to overwrite a pointer that this worktree did not follow, unless the worktree is what
    /// it says. Stores nothing: content of a refused target is still nowhere else, and a checkout
    /// has to see that.
    fn refuse_reverting(&self, job: &Job, pointer: Target, old: Option<&State>) -> Result<()> {
        let base = old.map(|state| state.base);
        if base == Some(pointer) || self.intent.names(&job.path, &pointer.oid()) {
            return Ok(());
        }
        let looking = Adding { writer: None, ..*self };
        let (target, _) = looking.whole(job, old)?;
        match base {
            _ if target == pointer => Ok(()),
            Some(_) => Err(Error::BehindPointer { path: job.path.clone() }),
            None => Err(Error::NeverCheckedOut { path: job.path.clone() }),
        }
    }

    /// Stores all of a target.
    fn whole(&self, job: &Job, old: Option<&State>) -> Result<(Target, State)> {
        let none = Sections::new();
        let sections = old.map_or(&none, |state| &state.sections);
        let ignores = Ignores::for_target(self.project, &job.path)?;
        let adder = self.adder(&job.path, sections, &ignores);
        let stat = self.project.lstat(&job.path)?;
        let stat = stat.ok_or_else(|| Error::NotFound { path: job.path.clone() })?;
        let target = adder.whole(&stat)?;
        let sections = adder.new.into_inner().expect("no panic while holding the lock");
        Ok((target, State { base: target, lock: None, sections }))
    }

    /// Stores single paths of a directory.
    fn parts(&self, job: &Job, pointer: Target, old: Option<&State>) -> Result<(Target, State)> {
        let base = old.map(|state| state.base);
        if !pointer.is_directory() {
            let path = job.parts.first().unwrap_or(&job.path).clone();
            return Err(Error::NotFound { path });
        }
        if base.is_some_and(|base| base != pointer) && !self.options.force {
            return Err(Error::BehindPointer { path: job.path.clone() });
        }
        // Another base's sections say nothing about the tree that is changed here.
        let mut sections = match old {
            Some(state) if state.base == pointer => state.sections.clone(),
            _ => Sections::new(),
        };
        let known = Known::look_up(self.project, job, pointer.oid(), &sections)?;
        let mut changes = Vec::new();
        for part in &job.parts {
            let inner = part.below(&job.path).expect("a part lies in its target").to_vec();
            let change = self.part(job, part, &inner, &known, &sections)?;
            changes.push((inner, change));
        }
        // The trees of the base are read while those of this command are still being written.
        let sum =
            graft(self.project, self.writer, &job.path, pointer.oid(), changes, &mut sections)?;
        let target = Target::Directory { oid: sum.oid, size: sum.size, files: sum.files };
        let state = match old {
            // The rest of the worktree still is behind.
            Some(old) if old.base != pointer => old.clone(),
            _ => State { base: target, lock: None, sections },
        };
        Ok((target, state))
    }

    fn part(
        &self,
        job: &Job,
        path: &RepoPath,
        inner: &[u8],
        known: &Known,
        sections: &Sections,
    ) -> Result<Change> {
        if let Some(link) = self.project.link_above(path)? {
            return Err(Error::BehindLink { path: path.clone(), link });
        }
        let ignores = Ignores::for_target(self.project, &job.path)?;
        let parent = path.parent().unwrap_or_default();
        let entry = known.here.get(inner);
        let Some(stat) = self.project.lstat(path)? else {
            let entry = entry.ok_or_else(|| Error::NotFound { path: path.clone() })?;
            let left = match entry.is_directory() {
                true => self.adder(&job.path, sections, &ignores).left_of_deleted(inner)?,
                false => None,
            };
            return Ok(left.map_or(Change::Remove, |sum| Change::Keep { sum }));
        };
        let parent_dir = fs::open_dir(&self.project.repo.absolute(&parent))?;
        // The sections below the part, as a target of their own.
        let below: Sections = match stat.is_directory() {
            true => reroot(sections, inner),
            false => Sections::new(),
        };
        let mut adder = self.adder(&job.path, &below, &ignores);
        adder.target = path;
        let tree_entry = known.in_tree.get(inner).copied();
        if stat.is_directory() {
            let directory = fs::open_dir_at(parent_dir.as_fd(), path.file_name())
                .at_with("open directory", || self.project.repo.absolute(path))?;
            let base = tree_entry.filter(|(mode, _)| mode.is_directory()).map(|(_, oid)| oid);
            let base = base.filter(|_| !below.contains_key(&b""[..]));
            let sum = adder.directory(&directory, &[], 0, base)?;
            let new = adder.new.into_inner().expect("no panic while holding the lock");
            let sections = new
                .into_iter()
                .map(|(below, section)| (super::join(inner, &below), section))
                .collect();
            return Ok(Change::Directory { sum, sections });
        }
        if let Some(old) = tree_entry.filter(|_| entry.is_none() && !self.options.force) {
            adder.refuse_replacing(parent_dir.as_fd(), path.file_name(), old, &|| path.clone())?;
        }
        let StoredEntry { mode, oid, stat, racy } =
            adder.store(parent_dir.as_fd(), path.file_name(), None, &|| path.clone())?;
        Ok(Change::File { mode, oid, stat, racy })
    }

    fn adder<'a>(
        &'a self,
        target: &'a RepoPath,
        old: &'a Sections,
        filter: &'a Ignores,
    ) -> Adder<'a> {
        Adder {
            project: self.project,
            root: self.project.repo.top(),
            writer: self.writer,
            filter,
            rules: self.rules,
            clock: self.clock,
            progress: self.progress,
            target,
            old,
            new: Mutex::new(HashMap::new()),
            force: self.options.force,
            collisions: self.collisions,
        }
    }
}

/// The sections at and below `inner`, by their paths from there.
fn reroot(sections: &Sections, inner: &[u8]) -> Sections {
    let below = |path: &Vec<u8>| match path.strip_prefix(inner)? {
        [] => Some(Vec::new()),
        [b'/', rest @ ..] => Some(rest.to_vec()),
        _ => None,
    };
    let found = sections.iter().filter_map(|(path, section)| Some((below(path)?, section.clone())));
    found.collect()
}
