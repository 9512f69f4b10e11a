//! Directories of the store's tree, read with distrust: what they hold may come from anybody.

use std::collections::BTreeMap;

use super::store::MAX_TREE;
use super::{Error, Result};
use crate::format::run::RunId;
use crate::format::{self};
use crate::fs::{RepoPath, display_bytes};
use crate::git::{GitEntry, GitId, Objects};

/// What is in one directory, by name.
pub type Directory = BTreeMap<Vec<u8>, GitEntry>;

/// Where runs are, and what was said about them.
pub const RUNS: &str = "v1/runs";
pub const ANNOTATIONS: &str = "v1/annotations";

/// Reads the directory `id`, which is at `path`.
///
/// # Errors
/// It is longer than [`MAX_TREE`], names something twice, or has a name that no file can have.
pub fn directory(objects: &Objects, path: &str, id: GitId) -> Result<Directory> {
    let place = || display_bytes(if path.is_empty() { b"the top" } else { path.as_bytes() });
    let entries = objects
        .tree(id, MAX_TREE)
        .map_err(|source| Error::Unreadable { path: place(), source: Box::new(source) })?;
    let mut found = Directory::new();
    for entry in entries {
        let is_name = !entry.name.is_empty()
            && !entry.name.contains(&b'/')
            && RepoPath::new(entry.name.clone()).is_some();
        let refused = |reason: &str| {
            let reason = format!("{reason} `{}`", display_bytes(&entry.name));
            let source = format::Error::malformed("directory", reason);
            Error::Store { path: place(), source }
        };
        if !is_name {
            return Err(refused("no file can be called"));
        }
        if found.contains_key(&entry.name) {
            return Err(refused("twice there is"));
        }
        found.insert(entry.name.clone(), entry);
    }
    Ok(found)
}

/// The directory at `path` below `root`; one that is not there is empty.
pub fn directory_at(objects: &Objects, root: GitId, path: &str) -> Result<Directory> {
    match objects.lookup(root, path)? {
        Some(entry) if entry.is_directory() => directory(objects, path, entry.id()),
        _ => Ok(Directory::new()),
    }
}

/// The shard that a directory of [`RUNS`] or [`ANNOTATIONS`] is: two digits.
pub fn shard(name: &[u8]) -> Option<&str> {
    let is_digit = |b: &u8| b.is_ascii_digit() || (b'a'..=b'f').contains(b);
    let is_shard = name.len() == 2 && name.iter().all(is_digit);
    if is_shard { std::str::from_utf8(name).ok() } else { None }
}

/// The run that `entry` of `shard` is the directory of.
pub fn run_of(shard: &str, entry: &GitEntry) -> Option<RunId> {
    let id = RunId::parse(std::str::from_utf8(&entry.name).ok()?).ok()?;
    (entry.is_directory() && id.shard() == shard).then_some(id)
}

/// Runs of a store.
#[derive(Debug, Default)]
pub struct Listing {
    pub runs: Vec<RunId>,
    /// Directories that could not be read.
    pub errors: Vec<Error>,
}

/// The runs that the tree `tree` has and `base` lacks, ascending. Shards that both have in common are
/// not read.
///
/// # Errors
/// The top directories cannot be read; what is wrong with a shard stands in the listing.
pub fn added(objects: &Objects, base: Option<GitId>, tree: Option<GitId>) -> Result<Listing> {
    let mut listing = Listing::default();
    let shards = |tree: Option<GitId>| match tree {
        Some(tree) => directory_at(objects, tree, RUNS),
        None => Ok(Directory::new()),
    };
    let before = shards(base)?;
    for (name, entry) in shards(tree)? {
        let Some(shard) = shard(&name).filter(|_| entry.is_directory()) else { continue };
        let old = before.get(&name).filter(|old| old.is_directory());
        if old.is_some_and(|old| old.id() == entry.id()) {
            continue;
        }
        let path = format!("{RUNS}/{shard}");
        let known = match old {
            // What cannot be read is taken for nothing: rather too many runs than too few.
            Some(old) => directory(objects, &path, old.id()).unwrap_or_default(),
            None => Directory::new(),
        };
        match directory(objects, &path, entry.id()) {
            Ok(found) => listing.runs.extend(
                (found.iter())
                    .filter(|(name, _)| !known.contains_key(*name))
                    .filter_map(|(_, entry)| run_of(shard, entry)),
            ),
            Err(error) => listing.errors.push(error),
        }
    }
    Ok(listing)
}
