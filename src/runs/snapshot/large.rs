//! Files that are too large for a snapshot, in the cache.
//!
//! They are stored as data is: by reflink where the file system can, and read again only once they
//! changed, by an index of their own (`snapshot` beside the worktree's index).

use std::time::Duration;

use super::MAX_STORED;
use crate::data::content::{Content, DataPaths, DepIndex};
use crate::data::index::State;
use crate::data::{Project, Quiet};
use crate::format::run::LeftOut;
use crate::fs::RepoPath;
use crate::runs::Result;

/// How long another writer of the cache is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// Stores `files`, with their bytes, and says what was left out. A file that cannot be stored has no
/// id: its run can still be recorded.
pub(super) fn store(project: &Project, files: Vec<(RepoPath, u64)>) -> Vec<LeftOut> {
    if files.is_empty() {
        return Vec::new();
    }
    let named = |(path, size): &(RepoPath, u64)| LeftOut {
        path: String::from_utf8_lossy(path.as_bytes()).into_owned(),
        why: "large".to_owned(),
        size: Some(*size),
        oid: None,
    };
    let mut left_out: Vec<LeftOut> = files.iter().map(named).collect();
    if let Ok(states) = put(project, &files) {
        for (one, state) in left_out.iter_mut().zip(states) {
            let Some(state) = state else { continue };
            one.size = Some(state.base.size());
            one.oid = Some(state.base.oid());
        }
    }
    left_out
}

/// What is in the cache of each file afterwards.
fn put(project: &Project, files: &[(RepoPath, u64)]) -> Result<Vec<Option<State>>> {
    let Some(lock) = project.lock_within("mlrun", PATIENCE)? else {
        return Ok(Vec::new());
    };
    let mut known = DepIndex::read(project, "snapshot")?;
    let rules = known.rules(project);
    let (git, data) = (project.repo.index()?, DataPaths::default());
    let content = Content::new(project, &git, &data, lock.clock, None, &Quiet);
    let writer = project.cache.writer(&lock.cache);
    let mut room = MAX_STORED;
    let mut states = Vec::with_capacity(files.len());
    for (path, size) in files {
        let before = known.index.targets.get(path);
        if before.is_none_or(|state| state.base.size() != *size) {
            match room.checked_sub(*size) {
                Some(left) => room = left,
                None => {
                    states.push(None);
                    continue;
                }
            }
        }
        let stored = content.store(&lock, &writer, path, before, rules);
        let stored = stored.ok().flatten();
        states.push(stored.map(|(base, sections)| State { base, lock: None, sections }));
    }
    writer.finish()?;
    let paths = files.iter().map(|(path, _)| path);
    let stored =
        paths.zip(&states).filter_map(|(path, state)| Some((path.clone(), state.clone()?)));
    known.index.targets = stored.collect();
    known.write();
    Ok(states)
}
