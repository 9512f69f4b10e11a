//! Descending into trees, fetching those that are not here.
//!
//! Trees come from somebody else: the walk keeps a stack and never recurses, goes no deeper than a
//! limit, visits a wholly selected tree once however often it is named, and checks that a tree has
//! the sums that its parent says it has.

use std::collections::{HashMap, HashSet};

use super::fetch::Fetch;
use super::ranges::{self, read_run, runs};
use super::walk::{DEPTH_LIMIT, join};
use super::{Reason, Result, Selection};
use crate::cache;
use crate::format::{Kind, ObjectId, Tree};

/// So many trees, or bytes of trees, are read at a time.
const BATCH_TREES: usize = 512;
const BATCH_BYTES: u64 = 32 << 20;
/// With a selection by path one tree may be visited under many paths, but not under more than this.
const VISIT_LIMIT: usize = 20_000_000;

/// A selected file.
pub(super) struct File<'a> {
    pub oid: ObjectId,
    /// Bytes, as the directory or pointer says.
    pub size: Option<u64>,
    directory: &'a [u8],
    name: &'a [u8],
}

impl File<'_> {
    pub fn path(&self) -> Vec<u8> {
        if self.name.is_empty() { self.directory.to_vec() } else { join(self.directory, self.name) }
    }
}

struct Node {
    oid: ObjectId,
    path: Vec<u8>,
    depth: usize,
    /// Size and files, as the parent says.
    expected: Option<(u64, u64)>,
    all: bool,
}

type Visit<'v, 'a> = dyn FnMut(&Fetch<'a>, &File<'_>) -> Result<()> + 'v;

/// Calls `visit` for every selected file below the roots, fetching trees as they are needed. Trees
/// that cannot be had are noted as failures.
pub(super) fn descend<'a>(fetch: &mut Fetch<'a>, visit: &mut Visit<'_, 'a>) -> Result<()> {
    let roots = fetch.request.roots;
    let mut stack = Vec::new();
    for root in roots.iter().rev() {
        if root.kind != Kind::Tree {
            let file = File { oid: root.oid, size: root.size, directory: &root.name, name: b"" };
            visit(fetch, &file)?;
            continue;
        }
        let all = fetch.request.select.is_none();
        let (oid, path) = (root.oid, root.name.clone());
        stack.push(Node { oid, path, depth: 0, expected: None, all });
    }
    let mut seen: HashMap<ObjectId, Option<(u64, u64)>> = HashMap::new();
    let mut visits = 0;
    while !stack.is_empty() {
        let batch = next_batch(fetch, &mut stack, &mut seen)?;
        let trees = read_trees(fetch, &batch)?;
        for node in batch {
            let Some(tree) = trees.get(&node.oid) else { continue };
            visits += 1;
            if visits > VISIT_LIMIT {
                let reason = format!("it and what lies above name over {VISIT_LIMIT} directories");
                fetch.fail(node.oid, Kind::Tree, Reason::Damaged(reason));
                return Ok(());
            }
            if node.expected.is_some_and(|sums| sums != (tree.size(), tree.files())) {
                fetch.fail(node.oid, Kind::Tree, lies());
                continue;
            }
            visit_tree(fetch, &node, tree, &mut stack, visit)?;
        }
        fetch.sink.finish_if_due()?;
    }
    Ok(())
}

fn lies() -> Reason {
    Reason::Damaged("its size or file count is not what the directory above says".into())
}

/// Takes the next trees from the stack, leaving out those that were seen.
fn next_batch(
    fetch: &Fetch<'_>,
    stack: &mut Vec<Node>,
    seen: &mut HashMap<ObjectId, Option<(u64, u64)>>,
) -> Result<Vec<Node>> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < BATCH_TREES && bytes < BATCH_BYTES {
        let Some(node) = stack.pop() else { break };
        if node.all {
            if let Some(before) = seen.get(&node.oid) {
                if before.is_some() && node.expected.is_some() && *before != node.expected {
                    fetch.fail(node.oid, Kind::Tree, lies());
                }
                continue;
            }
            seen.insert(node.oid, node.expected);
        }
        if node.depth > DEPTH_LIMIT {
            let reason = format!("it lies more than {DEPTH_LIMIT} directories deep");
            fetch.fail(node.oid, Kind::Tree, Reason::Damaged(reason));
            continue;
        }
        bytes += match fetch.view.find(&node.oid, Kind::Tree) {
            Some(place) => u64::from(place.record.raw),
            None => 4096,
        };
        batch.push(node);
    }
    Ok(batch)
}

fn visit_tree<'a>(
    fetch: &Fetch<'a>,
    node: &Node,
    tree: &Tree,
    stack: &mut Vec<Node>,
    visit: &mut Visit<'_, 'a>,
) -> Result<()> {
    let below = stack.len();
    for entry in tree.entries() {
        let directory = entry.mode.is_directory();
        let selection = match fetch.request.select {
            Some(select) if !node.all => select(&join(&node.path, entry.name), directory),
            _ => Selection::All,
        };
        if selection == Selection::Skip {
            continue;
        }
        if directory {
            stack.push(Node {
                oid: entry.oid,
                path: join(&node.path, entry.name),
                depth: node.depth + 1,
                expected: Some((entry.size, entry.files)),
                all: selection == Selection::All,
            });
        } else {
            let (oid, size) = (entry.oid, Some(entry.size));
            visit(fetch, &File { oid, size, directory: &node.path, name: entry.name })?;
        }
    }
    stack[below..].reverse();
    Ok(())
}

/// The trees of a batch, from the cache or the remote; those that cannot be had are left out.
fn read_trees(fetch: &Fetch<'_>, batch: &[Node]) -> Result<HashMap<ObjectId, Tree>> {
    let mut trees = HashMap::new();
    let mut places = Vec::new();
    let mut asked = HashSet::new();
    for node in batch {
        if !asked.insert(node.oid) {
            continue;
        }
        let cache = fetch.request.cache;
        if cache.contains_quick(&node.oid)? {
            match cache.tree(&node.oid) {
                Ok(tree) => {
                    trees.insert(node.oid, tree);
                    continue;
                }
                Err(error) if error.is_missing() => {}
                Err(error @ cache::Error::NotATree { .. }) => {
                    fetch.fail(node.oid, Kind::Tree, Reason::Damaged(error.to_string()));
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
        }
        match fetch.view.find(&node.oid, Kind::Tree) {
            Some(place) => places.push(place),
            None => fetch.fail(node.oid, Kind::Tree, Reason::Absent),
        }
    }
    places.sort_unstable_by_key(ranges::key);
    for run in runs(&places) {
        let mut bad = Vec::new();
        let received = read_run(fetch.store, &run, &mut |place, bytes| {
            match accept(fetch, &place.record.oid, bytes)? {
                Ok(tree) => {
                    trees.insert(place.record.oid, tree);
                }
                Err(reason) => bad.push((*place, reason)),
            }
            Ok(())
        })?;
        fetch.receive(received);
        for (place, reason) in bad {
            let oid = place.record.oid;
            let mut found = false;
            for other in fetch.view.others(&oid, Kind::Tree, &place) {
                let (bytes, received) = ranges::read_one(fetch.store, &other)?;
                fetch.receive(received);
                if let Ok(tree) = accept(fetch, &oid, bytes)? {
                    trees.insert(oid, tree);
                    found = true;
                    break;
                }
            }
            if !found {
                fetch.fail(oid, Kind::Tree, Reason::Damaged(reason));
            }
        }
    }
    Ok(trees)
}

/// Checks and stores the bytes of a tree.
fn accept(
    fetch: &Fetch<'_>,
    oid: &ObjectId,
    bytes: Result<Vec<u8>, String>,
) -> Result<Result<Tree, String>> {
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(reason) => return Ok(Err(reason)),
    };
    let found = ObjectId::of(&bytes);
    if found != *oid {
        return Ok(Err(format!("its bytes on the remote are those of {found}")));
    }
    match Tree::decode(bytes) {
        Ok(tree) => {
            fetch.sink.writer().put(*oid, Kind::Tree, tree.as_bytes())?;
            fetch.sink.count(tree.as_bytes().len() as u64);
            Ok(Ok(tree))
        }
        Err(error) => Ok(Err(format!("it is used as a directory but is {error}"))),
    }
}

/// What failed, and a path that needs it.
type Named = ((ObjectId, Kind), Vec<u8>);

/// A path for each of `failures` that is met on a walk over what is here.
pub(super) fn take_names(
    fetch: &mut Fetch<'_>,
    failures: &HashMap<(ObjectId, Kind), Reason>,
) -> Result<Vec<Named>> {
    let mut names = Vec::new();
    let mut found = HashSet::new();
    let mut name = |oid: ObjectId, kind: Kind, path: &dyn Fn() -> Vec<u8>| {
        let key = (oid, kind);
        if failures.contains_key(&key) && found.insert(key) {
            names.push((key, path()));
        }
    };
    let mut seen = HashSet::new();
    let mut stack: Vec<(ObjectId, Vec<u8>, bool)> = Vec::new();
    for root in fetch.request.roots {
        name(root.oid, root.kind, &|| root.name.clone());
        if root.kind == Kind::Tree {
            stack.push((root.oid, root.name.clone(), fetch.request.select.is_none()));
        }
    }
    let mut visits = 0;
    while let Some((oid, path, all)) = stack.pop() {
        visits += 1;
        if (all && !seen.insert(oid)) || visits > VISIT_LIMIT {
            continue;
        }
        let Ok(tree) = fetch.request.cache.tree(&oid) else { continue };
        for entry in tree.entries() {
            let path = || join(&path, entry.name);
            let directory = entry.mode.is_directory();
            let kind = if directory { Kind::Tree } else { Kind::Blob };
            name(entry.oid, kind, &path);
            if directory {
                let selection = match fetch.request.select {
                    Some(select) if !all => select(&path(), true),
                    _ => Selection::All,
                };
                // A tree that failed may be cached, and name what lies.
                let failed = failures.contains_key(&(entry.oid, kind));
                if selection != Selection::Skip && !failed {
                    stack.push((entry.oid, path(), selection == Selection::All));
                }
            }
        }
    }
    Ok(names)
}
