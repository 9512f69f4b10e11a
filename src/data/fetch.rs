//! `git mldata fetch` and `git mldata pull`: bring what pointers name into the cache, and on into
//! the worktree.

use std::ffi::OsString;

use super::project::{Threads, WriteLock, on_threads};
use super::remotes::{self, Access};
pub use super::revisions::Options;
use super::revisions::{at_remote, by_remote, open_remote, root_of};
use super::select::Coverage;
use super::{Error, Progress, Project, Result, Selection, checkout};
use crate::remote::{self, FetchReport, FetchRequest, Remote as _, Root};

/// What came from one remote.
#[derive(Debug)]
pub struct Fetched {
    pub remote: String,
    pub place: String,
    pub report: FetchReport,
}

#[derive(Debug, Default)]
pub struct Report {
    pub remotes: Vec<Fetched>,
    pub errors: Vec<Error>,
}

/// Fetches what `targets` name, or everything if there are none. Does not touch the worktree.
pub fn fetch(
    project: &Project,
    targets: &[OsString],
    options: &Options,
    progress: &(impl Progress + remote::Progress),
) -> Result<Report> {
    let selection = Selection::parse(project, targets)?;
    let lock = project.lock("mldata fetch", progress)?;
    fetch_locked(project, &lock, &selection, options, progress)
}

/// Fetches, then checks out.
pub fn pull(
    project: &Project,
    targets: &[OsString],
    options: &Options,
    checkout_options: checkout::Options,
    progress: &(impl Progress + remote::Progress),
) -> Result<(Report, checkout::Report)> {
    let selection = Selection::parse(project, targets)?;
    let lock = project.lock("mldata pull", progress)?;
    // What is checked out has to be here, whatever else was asked for.
    let mut options = options.clone();
    options.revisions.worktree = true;
    let mut fetched = fetch_locked(project, &lock, &selection, &options, progress)?;
    let checked_out =
        checkout::checkout_locked(project, &lock, &selection, checkout_options, progress)?;
    // What is wrong with a pointer, or was not found, the checkout says again.
    let transfer = |error: &Error| {
        matches!(error, Error::Remote { .. } | Error::Remotes(_) | Error::Lost { .. })
    };
    fetched.errors.retain(transfer);
    Ok((fetched, checked_out))
}

/// Fetches `roots`, which nothing in the worktree names, from the default remote. What it lacks stands in
/// the report.
pub fn fetch_objects(
    project: &Project,
    lock: &WriteLock,
    roots: &[Root],
    progress: &dyn remote::Progress,
) -> Result<Fetched> {
    fetch_group(project, lock, None, roots, &Selection::all(), &Options::default(), progress)
}

fn fetch_locked(
    project: &Project,
    lock: &WriteLock,
    selection: &Selection,
    options: &Options,
    progress: &dyn remote::Progress,
) -> Result<Report> {
    if let Some(name) = &options.remote {
        remotes::resolve(&project.repo, &project.config, Some(name))?;
    }
    let mut tracked = options.revisions.tracked(project, selection)?;
    let mut report = Report { errors: std::mem::take(&mut tracked.errors), ..Report::default() };
    // What is never pushed is on no remote.
    let pushed = tracked.paths.iter().filter(|tracked| tracked.push);
    let paths: Vec<_> = pushed.cloned().collect();
    for (name, group) in by_remote(&paths, options.remote.as_deref()) {
        let mut roots: Vec<Root> = Vec::with_capacity(group.len());
        for tracked in group {
            let root = root_of(tracked);
            let is_blob = !tracked.target.is_directory();
            if !(is_blob && project.cache.contains(&root.oid)?) {
                roots.push(root);
            }
        }
        if roots.is_empty() {
            continue;
        }
        match fetch_group(project, lock, name.as_deref(), &roots, selection, options, progress) {
            Ok(mut fetched) => {
                let missing = std::mem::take(&mut fetched.report.missing);
                report.errors.extend(
                    missing
                        .into_iter()
                        .map(|missing| Error::Lost { remote: fetched.remote.clone(), missing }),
                );
                report.remotes.push(fetched);
            }
            Err(error) => report.errors.push(error),
        }
    }
    // A new file in a tracked directory is in no listing; what it takes to add it was fetched.
    for path in selection.paths() {
        if tracked.containing(path).is_some() && project.lstat(path)?.is_some() {
            selection.entry(path.as_bytes());
        }
    }
    report.errors.extend(selection.unmatched_errors());
    Ok(report)
}

fn fetch_group(
    project: &Project,
    lock: &WriteLock,
    name: Option<&str>,
    roots: &[Root],
    selection: &Selection,
    options: &Options,
    progress: &dyn remote::Progress,
) -> Result<Fetched> {
    let (name, remote) = open_remote(project, name, Access::Open)?;
    let select = |path: &[u8], is_directory: bool| match selection.entry(path) {
        Coverage::Full => remote::Selection::All,
        Coverage::Part if is_directory => remote::Selection::Part,
        _ => remote::Selection::Skip,
    };
    let request = FetchRequest {
        roots,
        cache: &project.cache,
        lock: &lock.cache,
        select: if selection.is_all() { None } else { Some(&select) },
        progress,
        dry_run: options.dry_run,
    };
    let report = on_threads(options.jobs, Threads::Writing, || remote.fetch(&request))
        .map_err(at_remote(&name))?;
    Ok(Fetched { place: remote.place(), remote: name, report })
}
