//! `git mldata checkout`: makes the worktree match the pointers.
//!
//! # Guarantees
//!
//! - Content that is not in the cache is neither overwritten nor removed; under `--force` it is
//!   moved to recovery first.
//! - A target is changed completely or, if something stands in its way or is missing, not at all;
//!   other targets proceed.
//! - Files are replaced by renaming, never written in place, and never through a symbolic link. A
//!   directory that was not there appears complete.
//! - What the pointer of a branch brought and the next branch does not have is removed only if it
//!   is still what was put there.
//! - A second checkout changes nothing.

mod apply;
mod decision;
mod plan;
mod stage;

use std::collections::BTreeSet;
use std::ffi::OsString;

use apply::Applier;
pub use apply::Counts;
use decision::Want;
use plan::Planner;
use stage::Stage;

use super::guard::StageGuard;
use super::index::{Index, State};
use super::project::{Threads, WriteLock, on_threads};
use super::select::Coverage;
use super::tracked::{NamedBy, TrackedPaths, pointer_path};
use super::{Error, Progress, Project, Result, Selection, recovery};
use crate::format::{Target, Tree};
use crate::fs::RepoPath;
use crate::git::Git;

#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Displace what is in the way to recovery.
    pub force: bool,
    /// Write files anew that the cache could share its blocks with.
    pub relink: bool,
    /// Leave out what is not in the cache.
    pub allow_missing: bool,
    /// Report, change nothing.
    pub dry_run: bool,
    /// Only follow pointers that moved, as hooks do: see `plan`.
    pub follow: bool,
    pub jobs: Option<usize>,
}

/// What was done for one target.
#[derive(Debug)]
pub struct CheckedOut {
    pub path: RepoPath,
    pub counts: Counts,
    /// The recovery entry that holds what was displaced.
    pub recovery: Option<String>,
    /// The pointer is gone and what it had brought was removed.
    pub orphaned: bool,
}

#[derive(Debug, Default)]
pub struct Report {
    /// Targets that needed something to be done.
    pub targets: Vec<CheckedOut>,
    pub errors: Vec<Error>,
    /// Paths that a killed command had displaced and that were moved back.
    pub rolled_back: Vec<RepoPath>,
}

/// Checks out `targets`, or everything if there are none.
///
/// # Errors
/// Nothing could be done at all. What concerns single targets stands in the report.
pub fn checkout(
    project: &Project,
    targets: &[OsString],
    options: Options,
    progress: &dyn Progress,
) -> Result<Report> {
    let selection = Selection::parse(project, targets)?;
    let lock = project.lock("mldata checkout", progress)?;
    checkout_locked(project, &lock, &selection, options, progress)
}

/// Like [`checkout`], for commands that hold the lock already.
pub(super) fn checkout_locked(
    project: &Project,
    lock: &WriteLock,
    selection: &Selection,
    options: Options,
    progress: &dyn Progress,
) -> Result<Report> {
    let mut report = Report::default();
    if !options.dry_run {
        report.rolled_back = recovery::roll_back(project)?;
    }
    let mut index = project.index()?;
    let git = project.repo.index()?;
    let tracked = TrackedPaths::in_worktree(project, &git, &index)?;
    let mut states: Vec<(RepoPath, Option<State>)> = Vec::new();
    let orphans = orphans(project, &index, &tracked, &git, selection)?;
    if selection.is_all() {
        report.errors.extend(tracked.errors);
    }
    let command = if options.force { "checkout --force" } else { "checkout" };
    on_threads(options.jobs, Threads::Writing, || {
        for path in &orphans {
            let (named_by, index) = (None, &index);
            let one =
                One { project, lock, selection, options, progress, path, named_by, index, command };
            match one.orphan() {
                Ok(Some(done)) => {
                    states.push((path.clone(), None));
                    report.targets.extend(done);
                }
                Ok(None) => {}
                Err(error) => report.errors.push(error),
            }
        }
        for tracked in &tracked.paths {
            if !selection.wants(tracked) {
                continue;
            }
            let (path, named_by, index) = (&tracked.path, tracked.lock(), &index);
            if let NamedBy::Lock { file, stage } = &tracked.named_by
                && StageGuard::is_held(project, file, stage).unwrap_or(false)
            {
                let (path, stage) = (path.clone(), stage.clone());
                report.errors.push(Error::StageRunning { path, stage });
                continue;
            }
            let one =
                One { project, lock, selection, options, progress, path, named_by, index, command };
            match one.target(tracked.target, &mut report.errors) {
                // What is never pushed is only where it was added.
                Err(Error::NotInCache { .. }) if !tracked.push => {}
                Ok(Some((done, state))) => {
                    states.push((path.clone(), Some(state)));
                    report.targets.extend(done);
                }
                Ok(None) => {}
                Err(error) => report.errors.push(error),
            }
        }
    });
    report.errors.extend(selection.unmatched_errors());
    if !states.is_empty() && !options.dry_run {
        for (path, state) in states {
            match state {
                Some(state) => drop(index.targets.insert(path, state)),
                None => drop(index.targets.remove(&path)),
            }
        }
        project.write_index(lock, &index)?;
    }
    if options.force {
        recovery::expire(project)?;
    }
    Ok(report)
}

/// Puts the content `want` at `path`, whatever named it, and returns what the index is to say. Content
/// in the way that the cache does not have is displaced to recovery, in the words of `command`.
///
/// # Errors
/// `want` is not completely in the cache, or `path` cannot be written. The path is then as it was.
pub fn put(
    project: &Project,
    lock: &WriteLock,
    path: &RepoPath,
    want: Target,
    index: &Index,
    command: &str,
) -> Result<(Option<CheckedOut>, State)> {
    if let Some(link) = project.link_above(path)? {
        return Err(Error::BehindLink { path: path.clone(), link });
    }
    let index = index.only(path);
    let options = Options { force: true, ..Options::default() };
    let selection = &Selection::all();
    let one = One {
        project,
        lock,
        selection,
        options,
        progress: &super::Quiet,
        path,
        named_by: None,
        index: &index,
        command,
    };
    let mut errors = Vec::new();
    let done = on_threads(None, Threads::Writing, || one.target(want, &mut errors))?;
    match errors.pop() {
        Some(error) => Err(error),
        None => Ok(done.unwrap_or_else(|| {
            let unchanged = index.targets.get(path).cloned();
            (None, unchanged.expect("nothing has to be done where the index knows it"))
        })),
    }
}

/// Targets of the index that no pointer or lock names any more, neither in the worktree nor in Git's
/// index, and that those of some commit name: without one, nothing but the worktree would tell that
/// the data is there. A pointer or lock that is there and cannot be understood names all it did.
fn orphans(
    project: &Project,
    index: &Index,
    tracked: &TrackedPaths,
    git: &crate::git::GitIndex,
    selection: &Selection,
) -> Result<Vec<RepoPath>> {
    let listed: BTreeSet<RepoPath> =
        git.with_suffix(crate::format::pointer::SUFFIX).into_iter().collect();
    let mut orphans = Vec::new();
    for (path, state) in &index.targets {
        let is_named = match &state.lock {
            Some(lock) => tracked.is_unreadable(lock),
            None => {
                let pointer = pointer_path(path);
                listed.contains(&pointer) || project.lstat(&pointer)?.is_some()
            }
        };
        if !is_named
            && !tracked.paths.iter().any(|tracked| tracked.path == *path)
            && selection.target(path) == Coverage::Full
        {
            orphans.push(path);
        }
    }
    if orphans.is_empty() {
        return Ok(Vec::new());
    }
    // The commit that was just left has most of them.
    let left: Vec<_> = ["HEAD@{1}", "ORIG_HEAD"]
        .into_iter()
        .filter_map(|name| project.repo.commit(name).ok())
        .collect();
    let left = TrackedPaths::at_commits(project, &left)?;
    let mut kept = Vec::new();
    for path in orphans {
        let state = &index.targets[path];
        let is_left = left.paths.iter().any(|p| p.path == *path && p.target == state.base);
        let named_by = state.lock.clone().unwrap_or_else(|| pointer_path(path));
        if is_left || Git::new(&project.repo)?.has_recorded(&named_by, &state.base.oid()) {
            kept.push(path.clone());
        }
    }
    Ok(kept)
}

/// How what stands at a path compares with a pointer that was never checked out there.
pub(super) struct Preview {
    /// Files of the pointer that are not there.
    pub absent: u64,
    /// Paths where something else is.
    pub different: Vec<RepoPath>,
}

/// Compares without an index, by content.
pub(super) fn preview(
    project: &Project,
    selection: &Selection,
    path: &RepoPath,
    want: Target,
) -> Result<Preview> {
    let planner = Planner {
        project,
        rules: project.stat_rules(&Index::default()),
        selection,
        explicit: true,
        force: false,
        relink: false,
        target: path,
        state: None,
    };
    let plan = planner.plan(Some(want))?;
    let mut different = plan.conflicts.clone();
    different.extend(plan.replaced(path));
    Ok(Preview { absent: plan.expected().written - plan.replaced(path).count() as u64, different })
}

/// The work on one target.
struct One<'a> {
    project: &'a Project,
    lock: &'a WriteLock,
    selection: &'a Selection,
    options: Options,
    progress: &'a dyn Progress,
    path: &'a RepoPath,
    /// The lock that names it, if one does.
    named_by: Option<&'a RepoPath>,
    index: &'a Index,
    /// What the user ran, for recovery.
    command: &'a str,
}

impl<'a> One<'a> {
    fn state(&self) -> Option<&'a State> {
        self.index.targets.get(self.path)
    }

    fn planner(&self) -> Planner<'_> {
        Planner {
            project: self.project,
            rules: self.project.stat_rules(self.index),
            selection: self.selection,
            explicit: !self.options.follow,
            force: self.options.force,
            relink: self.options.relink,
            target: self.path,
            state: self.state(),
        }
    }

    /// Brings one target in line. `None` if nothing had to be done.
    fn target(
        &self,
        want: Target,
        errors: &mut Vec<Error>,
    ) -> Result<Option<(Option<CheckedOut>, State)>> {
        if let Some(link) = self.project.link_above(self.path)? {
            return Err(Error::BehindLink { path: self.path.clone(), link });
        }
        let moved = self.state().is_none_or(|state| state.base != want);
        if self.options.follow && !moved {
            return Ok(None);
        }
        let plan = self.planner().plan(Some(want)).map_err(|error| self.missing(error))?;
        if !plan.conflicts.is_empty() {
            let examples = plan.conflicts.iter().take(super::error::EXAMPLES).cloned().collect();
            let count = plan.conflicts.len() as u64;
            return Err(Error::WouldLose {
                path: self.path.clone(),
                behind: moved,
                out: self.named_by.is_some(),
                count,
                examples,
            });
        }
        if !moved && plan.root_is_settled() && plan.directories.is_empty() {
            return Ok(None);
        }
        if self.options.dry_run {
            let lock = self.named_by.cloned();
            let state = State { base: want, lock, sections: Default::default() };
            return Ok(Some((Some(self.done(plan.expected(), None, false)), state)));
        }
        let stage =
            Stage::new(self.project, self.selection, self.progress, self.lock.clock, self.path)?;
        let applier = self.applier(&stage);
        let (state, counts, recovery) =
            applier.apply(want, &plan).map_err(|error| self.missing(error))?;
        self.report_gaps(&stage, errors);
        let done = !counts.is_empty() || recovery.is_some();
        Ok(Some((done.then(|| self.done(counts, recovery, false)), state)))
    }

    /// Removes what a pointer brought that is gone. `None` if it has to stay.
    fn orphan(&self) -> Result<Option<Option<CheckedOut>>> {
        if self.project.lstat(self.path)?.is_none() {
            return Ok(Some(None));
        }
        if self.project.link_above(self.path)?.is_some() {
            return Ok(None);
        }
        let mut planner = self.planner();
        planner.force = false;
        let plan = planner.plan(None)?;
        let changed = !plan.conflicts.is_empty() || !plan.displaced.is_empty();
        if changed || self.options.dry_run {
            return Ok(None);
        }
        let stage =
            Stage::new(self.project, self.selection, self.progress, self.lock.clock, self.path)?;
        let removed = self.applier(&stage).remove_only(&plan)?;
        let counts = Counts { removed, ..Counts::default() };
        Ok(Some(Some(self.done(counts, None, true))))
    }

    fn applier<'s>(&'s self, stage: &'s Stage<'s>) -> Applier<'s> {
        Applier {
            project: self.project,
            stage,
            target: self.path,
            state: self.state(),
            lock: self.named_by,
            command: self.command,
            allow_missing: self.options.allow_missing,
        }
    }

    fn done(&self, counts: Counts, recovery: Option<String>, orphaned: bool) -> CheckedOut {
        CheckedOut { path: self.path.clone(), counts, recovery, orphaned }
    }

    /// A tree that is not in the cache is a target that has to be fetched.
    fn missing(&self, error: Error) -> Error {
        match error {
            Error::Cache(crate::cache::Error::Missing { .. }) => Error::NotInCache {
                path: self.path.clone(),
                count: 1,
                examples: vec![self.path.clone()],
            },
            Error::Cache(
                error
                @ (crate::cache::Error::Damaged { .. } | crate::cache::Error::NotATree { .. }),
            ) => Error::Damaged { path: self.path.clone(), reason: error.to_string() },
            error => error,
        }
    }

    fn report_gaps(&self, stage: &Stage<'_>, errors: &mut Vec<Error>) {
        let gaps = std::mem::take(&mut *stage.gaps.lock().expect("the work is done"));
        if !gaps.collisions.is_empty() {
            errors.push(Error::Collision {
                path: self.path.clone(),
                count: gaps.collisions.len() as u64,
                examples: gaps.collisions.into_iter().take(super::error::EXAMPLES).collect(),
            });
        }
        let escaping = gaps.escaping.into_iter();
        errors.extend(escaping.map(|(path, text)| Error::EscapingLink { path, text }));
    }
}

/// Reads a tree and holds it against what the tree or pointer above says of it.
fn read_tree(project: &Project, path: &RepoPath, want: &Want) -> Result<Tree> {
    let tree = project.cache.tree(&want.oid)?;
    if (tree.size(), tree.files()) == (want.size, want.files) {
        return Ok(tree);
    }
    let reason = format!(
        "it is said to hold {} files of {} bytes and holds {} of {}",
        want.files,
        want.size,
        tree.files(),
        tree.size()
    );
    Err(Error::Damaged { path: path.clone(), reason })
}
