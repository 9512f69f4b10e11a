//! From roots to the objects that a remote lacks.
//!
//! The walk asks `known` for each tree and stops at those that are known: by the closure invariant
//! everything below them is there. It keeps a stack, never recurses, and visits each tree once.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::{Missing, Reason, Result, Root};
use crate::cache::{self, Cache};
use crate::format::{Kind, ObjectId, Tree};

/// Directories nest no deeper than this.
pub(super) const DEPTH_LIMIT: usize = 1000;

/// Whether the remote has an object as this kind.
pub(super) type Known<'a> = dyn Fn(&ObjectId, Kind) -> bool + 'a;

/// An object to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub oid: ObjectId,
    /// Bytes, as its tree says.
    pub size: u64,
}

/// What a push has to send, in the order in which the walk met it.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub trees: Vec<Object>,
    pub blobs: Vec<Object>,
    /// Trees and root blobs that are neither here nor there.
    pub missing: Vec<Missing>,
    /// Bytes of `blobs`.
    pub bytes: u64,
}

/// Finds what `roots` need and `known` lacks.
pub(super) fn plan(roots: &[Root], cache: &Cache, known: &Known<'_>) -> Result<Plan> {
    let mut plan = Plan::default();
    let mut seen_trees = HashSet::new();
    let blob = |plan: &mut Plan, oid: ObjectId, size: u64| {
        if oid != ObjectId::EMPTY && !known(&oid, Kind::Blob) {
            plan.blobs.push(Object { oid, size });
        }
    };
    let mut stack = Vec::new();
    for root in roots {
        if root.kind != Kind::Tree {
            if root.oid == ObjectId::EMPTY || known(&root.oid, Kind::Blob) {
                continue;
            }
            match cache.size(&root.oid) {
                Ok(size) => blob(&mut plan, root.oid, size),
                Err(error) => {
                    plan.missing.push(missing(error, root.oid, Kind::Blob, root.name.clone())?);
                }
            }
            continue;
        }
        stack.push((root.oid, root.name.clone(), 0));
        while let Some((oid, path, depth)) = stack.pop() {
            if seen_trees.contains(&oid) || known(&oid, Kind::Tree) || !seen_trees.insert(oid) {
                continue;
            }
            let tree = match read_tree(cache, &oid, depth) {
                Ok(tree) => tree,
                Err(error) => {
                    plan.missing.push(missing(error, oid, Kind::Tree, path)?);
                    continue;
                }
            };
            plan.trees.push(Object { oid, size: tree.as_bytes().len() as u64 });
            let below = stack.len();
            for entry in tree.entries() {
                if entry.mode.is_directory() {
                    stack.push((entry.oid, join(&path, entry.name), depth + 1));
                } else {
                    blob(&mut plan, entry.oid, entry.size);
                }
            }
            stack[below..].reverse();
        }
    }
    keep_first(&mut plan.blobs);
    plan.bytes = plan.blobs.iter().fold(0, |sum, blob| sum.saturating_add(blob.size));
    Ok(plan)
}

/// Removes the later ones of those that come twice. A set of a million ids would take more than
/// twice the memory of the list itself.
fn keep_first(objects: &mut Vec<Object>) {
    let count = u32::try_from(objects.len()).expect("a list of 2^32 objects fits in no memory");
    let mut order: Vec<u32> = (0..count).collect();
    let oid = |at: u32| objects[at as usize].oid;
    order.par_sort_unstable_by(|a, b| oid(*a).cmp(&oid(*b)).then(a.cmp(b)));
    let mut keep = vec![true; objects.len()];
    for pair in order.windows(2).filter(|pair| oid(pair[0]) == oid(pair[1])) {
        keep[pair[1] as usize] = false;
    }
    let mut keep = keep.into_iter();
    objects.retain(|_| keep.next().expect("one flag for each"));
}

/// Trees that must not be published because something below them is missing.
#[derive(Debug, Default)]
pub(super) struct Blocked {
    pub trees: HashSet<ObjectId>,
    /// Positions of roots.
    pub roots: Vec<usize>,
    /// The missing objects, each with one path that needs it.
    pub missing: Vec<Missing>,
}

/// Walks once more, over the trees that are not known, to see what `missing` blocks, and where.
pub(super) fn blocked(
    roots: &[Root],
    cache: &Cache,
    known: &Known<'_>,
    missing_objects: &HashMap<(ObjectId, Kind), Reason>,
) -> Result<Blocked> {
    let mut blocked = Blocked::default();
    if missing_objects.is_empty() {
        return Ok(blocked);
    }
    let mut named = HashSet::new();
    let mut name = |blocked: &mut Blocked, oid: ObjectId, kind: Kind, path: &[u8]| {
        let Some(reason) = missing_objects.get(&(oid, kind)) else { return false };
        if named.insert((oid, kind)) {
            let (path, reason) = (path.to_vec(), reason.clone());
            blocked.missing.push(Missing { oid, kind, path, reason });
        }
        true
    };
    let mut done = HashSet::new();
    for (at, root) in roots.iter().enumerate() {
        if root.kind != Kind::Tree {
            if name(&mut blocked, root.oid, Kind::Blob, &root.name) {
                blocked.roots.push(at);
            }
            continue;
        }
        // Each tree is met twice: going down, and, once all below it is known, coming back.
        let mut stack = vec![(root.oid, root.name.clone(), 0, false)];
        while let Some((oid, path, depth, back)) = stack.pop() {
            if !back && (done.contains(&oid) || known(&oid, Kind::Tree)) {
                continue;
            }
            if name(&mut blocked, oid, Kind::Tree, &path) {
                blocked.trees.insert(oid);
                continue;
            }
            let tree = match read_tree(cache, &oid, depth) {
                Ok(tree) => tree,
                Err(error) => {
                    let found = missing(error, oid, Kind::Tree, path)?;
                    if done.insert(oid) {
                        blocked.missing.push(found);
                    }
                    blocked.trees.insert(oid);
                    continue;
                }
            };
            if !back {
                done.insert(oid);
                stack.push((oid, path.clone(), depth, true));
            }
            for entry in tree.entries() {
                let directory = entry.mode.is_directory();
                if back && directory && blocked.trees.contains(&entry.oid) {
                    blocked.trees.insert(oid);
                } else if !back && directory {
                    stack.push((entry.oid, join(&path, entry.name), depth + 1, false));
                } else if !back
                    && missing_objects.contains_key(&(entry.oid, Kind::Blob))
                    && name(&mut blocked, entry.oid, Kind::Blob, &join(&path, entry.name))
                {
                    blocked.trees.insert(oid);
                }
            }
        }
        if blocked.trees.contains(&root.oid) {
            blocked.roots.push(at);
        }
    }
    Ok(blocked)
}

fn read_tree(cache: &Cache, oid: &ObjectId, depth: usize) -> cache::Result<Tree> {
    if depth > DEPTH_LIMIT {
        let reason = format!("it lies more than {DEPTH_LIMIT} directories deep");
        return Err(cache::Error::Damaged { oid: *oid, reason });
    }
    cache.tree(oid)
}

/// What a failed read says of an object.
///
/// # Errors
/// The cache itself cannot be read.
pub(super) fn missing(
    error: cache::Error,
    oid: ObjectId,
    kind: Kind,
    path: Vec<u8>,
) -> Result<Missing> {
    Ok(Missing { oid, kind, path, reason: reason(error)? })
}

pub(super) fn reason(error: cache::Error) -> Result<Reason> {
    match error {
        cache::Error::Missing { .. } => Ok(Reason::Absent),
        cache::Error::Damaged { .. } | cache::Error::NotATree { .. } => {
            Ok(Reason::Damaged(error.to_string()))
        }
        error => Err(error.into()),
    }
}

pub(super) fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    let mut joined = Vec::with_capacity(path.len() + 1 + name.len());
    joined.extend_from_slice(path);
    if !path.is_empty() {
        joined.push(b'/');
    }
    joined.extend_from_slice(name);
    joined
}
