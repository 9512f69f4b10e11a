//! What runs name and the store does not hold: objects of the cache, and code that was not committed.

use super::{Error, Result, Store};
use crate::cache::Cache;
use crate::format::run::{self, Run, RunId};
use crate::format::{Kind, ObjectId};
use crate::git::CommitId;
use crate::remote::Root;

/// What a set of runs brings along.
#[derive(Debug, Default)]
pub struct Payload {
    /// Objects of theirs that are in the cache, each once.
    pub roots: Vec<Root>,
    /// Runs with a snapshot: code that no branch has.
    pub snapshots: u64,
    /// Runs that could not be read.
    pub errors: Vec<Error>,
}

/// Gathers what `runs`, which are in the store's commit `tip`, bring along.
///
/// # Errors
/// The cache cannot be read. A run that cannot be understood stands in the payload.
pub fn payload(store: &Store<'_>, tip: CommitId, runs: &[RunId], cache: &Cache) -> Result<Payload> {
    let mut payload = Payload::default();
    let tree = store.objects().commit(tip)?.tree;
    let mut roots = Vec::new();
    for &id in runs {
        match store.run_in(tree, id) {
            Ok(Some(run)) => {
                // Stages have the code of the run that they belong to.
                let is_own = run.kind != run::Kind::Stage;
                payload.snapshots += u64::from(is_own && run.code.snapshot.is_some());
                collect(&run, &mut roots);
            }
            Ok(None) => {}
            Err(error) => payload.errors.push(error),
        }
    }
    roots.sort_by(|a, b| (a.oid, a.kind, &a.name).cmp(&(b.oid, b.kind, &b.name)));
    roots.dedup_by_key(|root| (root.oid, root.kind));
    for root in roots {
        if cache.contains(&root.oid)? {
            payload.roots.push(root);
        }
    }
    Ok(payload)
}

/// The objects that a run names: its log, its curves, large files that the snapshot left out, and
/// those of its outs that are kept in the cache.
fn collect(run: &Run, roots: &mut Vec<Root>) {
    let mut add = |oid: ObjectId, kind: Kind, size: Option<u64>, what: &str| {
        let name = format!("{what} of {}", run.name).into_bytes();
        roots.push(Root { oid, kind, size, name });
    };
    if let Some(log) = &run.log
        && let Some(oid) = log.oid
    {
        add(oid, Kind::Blob, Some(log.size), "the log");
    }
    if let Some(curves) = &run.curves
        && let Some(oid) = curves.object
    {
        add(oid, Kind::Blob, curves.size, "the curves");
    }
    for left_out in &run.code.left_out {
        if let Some(oid) = left_out.oid {
            add(oid, Kind::Blob, left_out.size, &left_out.path);
        }
    }
    for out in run.outs.iter().filter(|out| out.cached) {
        match (out.oid, out.tree) {
            (Some(oid), _) => add(oid, Kind::Blob, Some(out.size), &out.path),
            (None, Some(tree)) => add(tree, Kind::Tree, None, &out.path),
            (None, None) => {}
        }
    }
}
