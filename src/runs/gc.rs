//! `git mlrun gc`: what nobody needs any more goes out of the store's tree.
//!
//! Nothing is rewritten. A run that was deleted long ago loses its directory in a plain new commit; its
//! tombstone stays, so that no merge brings it back. The commits before still hold it, here and in
//! every clone, and so does Git's object database.

use std::collections::BTreeSet;

use super::contents::{self, ANNOTATIONS, Directory, RUNS, directory};
use super::store::{Edit, run_directory};
use super::{Error, Result, Store, live};
use crate::data::Project;
use crate::format::run::{Annotations, MAX_LEN, RunId};
use crate::fs::RepoPath;
use crate::git::{GitId, Objects, TreeChange};

/// Where the code of runs that are not over is kept.
const LIVE: &str = "refs/mlrun/live/";

/// What went.
#[derive(Debug, Default)]
pub struct Report {
    /// Deleted runs whose files left the tree.
    pub dropped: Vec<RunId>,
    /// Bytes of these files, before compression.
    pub bytes: u64,
    /// Refs of runs that were over.
    pub refs: Vec<String>,
    /// What could not be read, and was left as it is.
    pub errors: Vec<Error>,
}

/// Takes runs out of the store's tree that were deleted before `before` (milliseconds since 1970), and
/// removes refs that a finished recording left. With `dry_run`, only tells.
///
/// # Errors
/// The store cannot be read or written. What is wrong with single annotations stands in the report.
pub fn gc(project: &Project, store: &Store<'_>, before: i64, dry_run: bool) -> Result<Report> {
    let mut report = Report::default();
    if let Some(tip) = store.tip()? {
        let found = std::cell::RefCell::new(Expired::default());
        let plan = |objects: &Objects, tree: Option<GitId>| -> Result<Vec<Edit>> {
            let Some(tree) = tree else { return Ok(Vec::new()) };
            let expired = expired(objects, tree, before)?;
            let path = |id: &RunId| RepoPath::new(run_directory(*id)).expect("a valid path");
            let edits = expired.runs.iter().map(|(id, _)| (path(id), TreeChange::Remove)).collect();
            *found.borrow_mut() = expired;
            Ok(edits)
        };
        if dry_run {
            plan(store.objects(), Some(store.objects().commit(tip)?.tree))?;
        } else {
            store.change("Drop deleted runs", &[], &plan)?;
        }
        let expired = found.take();
        report.bytes = expired.runs.iter().map(|(_, bytes)| bytes).sum();
        report.dropped = expired.runs.into_iter().map(|(id, _)| id).collect();
        report.errors = expired.errors;
    }
    for (name, _) in project.repo.refs_below(LIVE)? {
        if is_live(project, &name) {
            continue;
        }
        if !dry_run {
            project.repo.remove_ref(&name)?;
        }
        report.refs.push(name);
    }
    Ok(report)
}

/// Whether a recording still has its journal, which is there before the ref; refs that are called otherwise are not ours to judge.
fn is_live(project: &Project, name: &str) -> bool {
    match name.strip_prefix(LIVE).map(RunId::parse) {
        Some(Ok(id)) => live::has_journal(project, id),
        _ => true,
    }
}

#[derive(Default)]
struct Expired {
    /// With the bytes of their files.
    runs: Vec<(RunId, u64)>,
    errors: Vec<Error>,
}

/// The runs of `tree` that were deleted before `before` and still have their directories.
fn expired(objects: &Objects, tree: GitId, before: i64) -> Result<Expired> {
    let mut found = Expired::default();
    for (name, entry) in contents::directory_at(objects, tree, ANNOTATIONS)? {
        let Some(shard) = contents::shard(&name).filter(|_| entry.is_directory()) else { continue };
        let read =
            directory(objects, &format!("{ANNOTATIONS}/{shard}"), entry.id()).and_then(|said| {
                let runs = contents::directory_at(objects, tree, &format!("{RUNS}/{shard}"))?;
                Ok((said, runs))
            });
        let (said, runs) = match read {
            Ok(both) => both,
            Err(error) => {
                found.errors.push(error);
                continue;
            }
        };
        for run in runs.values() {
            let Some(id) = contents::run_of(shard, run) else { continue };
            match deleted_at(objects, shard, &said, id) {
                Ok(Some(time)) if time < before => {
                    found.runs.push((id, size(objects, run.id())));
                }
                Ok(_) => {}
                Err(error) => found.errors.push(error),
            }
        }
    }
    Ok(found)
}

/// When the run was deleted, in milliseconds since 1970; `None` if it is not.
fn deleted_at(objects: &Objects, shard: &str, said: &Directory, id: RunId) -> Result<Option<i64>> {
    let file = format!("{id}.json");
    let Some(entry) = said.get(file.as_bytes()).filter(|entry| entry.as_file().is_some()) else {
        return Ok(None);
    };
    let path = format!("{ANNOTATIONS}/{shard}/{file}");
    let bytes = objects
        .blob(entry.id(), MAX_LEN)
        .map_err(|source| Error::Unreadable { path: path.clone(), source: Box::new(source) })?;
    let annotations = Annotations::parse(&bytes).map_err(|source| Error::Store { path, source })?;
    let deleted = annotations.deleted.filter(|note| note.text.is_some());
    Ok(deleted.map(|note| note.stamp.time))
}

/// Bytes of the files of a run; those that are not here count for nothing.
fn size(objects: &Objects, run: GitId) -> u64 {
    let entries = directory(objects, "", run).unwrap_or_default();
    let ids: BTreeSet<GitId> = entries
        .values()
        .filter(|entry| entry.as_file().is_some())
        .map(|entry| entry.id())
        .collect();
    ids.into_iter().filter_map(|id| objects.size(id)).sum()
}
