//! Two stores become one: the union of their runs.
//!
//! Two clones that merge each other's store, in whatever order and however often, come to the same
//! tree. What is under one name on both sides:
//!
//! - directories are merged name by name, also those of later versions;
//! - a run never changes, so that two directories of one id are the same; where somebody made them
//!   differ, the one with the greater id is taken;
//! - annotations are joined statement by statement ([`Annotations::merge`]); those that can be read
//!   win over those that cannot;
//! - of other things, that with the greater id.
//!
//! What is on one side only is taken over, with one exception: `gc` takes the directory of a deleted
//! run away and leaves the tombstone. A run that one side does not have stays away if that side has
//! the tombstone which holds for both; a later word of the other (it was brought back, or deleted
//! once more) brings the directory in again.
//!
//! Directories that both have in common are not read. The bounds are those of [`contents`]; how many
//! directories are read, and how deep, is bounded too.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::contents::{self, ANNOTATIONS, Directory, RUNS, directory};
use super::store::{REF, Store};
use super::{Error, Result};
use crate::format;
use crate::format::run::{Annotations, MAX_LEN, Note};
use crate::fs::display_bytes;
use crate::git::{CommitId, GitEntry, GitId, Objects};

/// So many directories are merged at most: a store has about a thousand.
const MAX_DIRECTORIES: usize = 100_000;
/// Directories are merged down to this depth; below it, the greater id wins.
const MAX_DEPTH: usize = 8;

/// What a merge did with the ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// It had everything.
    Nothing,
    /// It moved to the other commit.
    FastForward,
    /// A commit joins both.
    Commit,
}

impl Store<'_> {
    /// Merges the store of the commit `theirs` into the ref. Returns its commit, which has all runs of
    /// both, and what was done.
    ///
    /// # Errors
    /// One of the stores cannot be read where they differ; the ref is where it was then.
    pub fn merge(&self, theirs: CommitId, message: &str) -> Result<(CommitId, Merge)> {
        let objects = self.objects();
        let their_tree = objects.commit(theirs)?.tree;
        directory(objects, "", their_tree)?;
        for attempt in 0..super::store::ATTEMPTS {
            let tip = self.tip()?;
            let (new, done) = match tip {
                None => (theirs, Merge::FastForward),
                Some(ours) if objects.is_ancestor(theirs, ours)? => {
                    return Ok((ours, Merge::Nothing));
                }
                Some(ours) if objects.is_ancestor(ours, theirs)? => (theirs, Merge::FastForward),
                Some(ours) => {
                    let tree = trees(objects, objects.commit(ours)?.tree, their_tree)?;
                    (self.write_commit(tree, &[ours, theirs], 2, message)?, Merge::Commit)
                }
            };
            if self.repo().move_ref(REF, tip, new)? {
                return Ok((new, done));
            }
            super::store::take_turns(attempt);
        }
        Err(Error::Contended)
    }
}

/// The tree that has what either has.
///
/// # Errors
/// A directory in which they differ is too long or malformed.
pub fn trees(objects: &Objects, ours: GitId, theirs: GitId) -> Result<GitId> {
    if ours == theirs {
        return Ok(ours);
    }
    let union = Union { objects, sides: [ours, theirs], left: Cell::new(MAX_DIRECTORIES) };
    match union.directories("", [Some(ours), Some(theirs)])? {
        Some(tree) => Ok(tree),
        None => Ok(objects.write_tree([])?),
    }
}

struct Union<'a> {
    objects: &'a Objects,
    /// The trees that are merged.
    sides: [GitId; 2],
    /// Directories that may still be read.
    left: Cell<usize>,
}

/// The annotations of one shard, on both sides.
struct Shard<'a> {
    name: &'a str,
    annotations: [Directory; 2],
}

impl Union<'_> {
    /// Merges the directories at `path`, of which one may be absent. `None` if nothing is left.
    fn directories(&self, path: &str, ids: [Option<GitId>; 2]) -> Result<Option<GitId>> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| Error::Store {
            path: display_bytes(path.as_bytes()),
            source: format::Error::malformed("directory", "too many directories differ"),
        })?;
        self.left.set(left);
        let read = |id: Option<GitId>| match id {
            Some(id) => directory(self.objects, path, id),
            None => Ok(Directory::new()),
        };
        let [mut ours, mut theirs] = [read(ids[0])?, read(ids[1])?];
        let shard = match path.strip_prefix(RUNS).and_then(|rest| rest.strip_prefix('/')) {
            Some(name) => contents::shard(name.as_bytes()),
            None => None,
        };
        let shard = shard.map(|name| self.shard(name)).transpose()?;
        if let (Some(shard), [Some(id), None] | [None, Some(id)]) = (&shard, ids)
            && shard.annotations[usize::from(ids[1].is_none())].is_empty()
        {
            return Ok(Some(id));
        }
        let mut merged = Vec::with_capacity(ours.len().max(theirs.len()));
        let names: BTreeSet<Vec<u8>> = ours.keys().chain(theirs.keys()).cloned().collect();
        for name in names {
            merged.extend(match (ours.remove(&name), theirs.remove(&name)) {
                (Some(a), Some(b)) => self.both(path, shard.as_ref(), a, b)?,
                (Some(a), None) => self.one(path, shard.as_ref(), a, 0)?,
                (None, Some(b)) => self.one(path, shard.as_ref(), b, 1)?,
                (None, None) => None,
            });
        }
        if merged.is_empty() {
            return Ok(None);
        }
        Ok(Some(self.objects.write_tree(merged)?))
    }

    fn shard<'s>(&self, name: &'s str) -> Result<Shard<'s>> {
        let path = format!("{ANNOTATIONS}/{name}");
        let [ours, theirs] =
            self.sides.map(|root| contents::directory_at(self.objects, root, &path));
        Ok(Shard { name, annotations: [ours?, theirs?] })
    }

    /// What becomes of a name that both sides have.
    fn both(
        &self,
        path: &str,
        shard: Option<&Shard<'_>>,
        a: GitEntry,
        b: GitEntry,
    ) -> Result<Option<GitEntry>> {
        if a.rank() == b.rank() {
            return Ok(Some(a));
        }
        let is_run = shard.is_some_and(|shard| contents::run_of(shard.name, &a).is_some());
        let name = join(path, &a.name);
        if a.is_directory() && b.is_directory() && !is_run && depth(path) < MAX_DEPTH {
            let id = self.directories(&name, [Some(a.id()), Some(b.id())])?;
            return Ok(id.map(|id| GitEntry::directory(&a.name, id)));
        }
        let greater = |a: GitEntry, b: GitEntry| if a.rank() > b.rank() { a } else { b };
        if is_annotations(path, &a.name) {
            return Ok(Some(match (self.annotations(&a)?, self.annotations(&b)?) {
                (Some(ours), Some(theirs)) => {
                    let bytes = ours.merge(theirs).to_bytes();
                    if bytes.len() > MAX_LEN {
                        greater(a, b)
                    } else {
                        GitEntry::file(&a.name, self.objects.write_blob(&bytes)?)
                    }
                }
                (Some(_), None) => a,
                (None, Some(_)) => b,
                (None, None) => greater(a, b),
            }));
        }
        Ok(Some(greater(a, b)))
    }

    /// What becomes of a name that only one side has.
    fn one(
        &self,
        path: &str,
        shard: Option<&Shard<'_>>,
        entry: GitEntry,
        side: usize,
    ) -> Result<Option<GitEntry>> {
        let name = join(path, &entry.name);
        // A run can be one that the other side dropped: only then is it worth to look inside.
        if entry.is_directory() && leads_to_runs(&name) {
            let mut ids = [None; 2];
            ids[side] = Some(entry.id());
            let id = self.directories(&name, ids)?;
            return Ok(id.map(|id| GitEntry::directory(&entry.name, id)));
        }
        let Some(shard) = shard.filter(|shard| contents::run_of(shard.name, &entry).is_some())
        else {
            return Ok(Some(entry));
        };
        let file = [&entry.name[..], b".json"].concat();
        let deleted = |side: usize| -> Result<Option<Note>> {
            let Some(entry) = shard.annotations[side].get(&file) else { return Ok(None) };
            Ok(self.annotations(entry)?.and_then(|annotations| annotations.deleted))
        };
        let without = Annotations { deleted: deleted(1 - side)?, ..Annotations::default() };
        if !without.is_deleted() {
            return Ok(Some(entry));
        }
        let with = Annotations { deleted: deleted(side)?, ..Annotations::default() };
        let is_dropped = without.clone().merge(with).deleted == without.deleted;
        Ok((!is_dropped).then_some(entry))
    }

    /// Reads annotations; `None` if they are none.
    ///
    /// # Errors
    /// The object is not here: that tells nothing of what it says.
    fn annotations(&self, entry: &GitEntry) -> Result<Option<Annotations>> {
        if entry.as_file().is_none() {
            return Ok(None);
        }
        match self.objects.blob(entry.id(), MAX_LEN) {
            Ok(bytes) => Ok(Annotations::parse(&bytes).ok()),
            Err(_) if self.objects.has(entry.id()) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether a directory that only one side has can hold runs.
fn leads_to_runs(path: &str) -> bool {
    match path.strip_prefix(RUNS) {
        Some("") => true,
        Some(rest) => {
            rest.strip_prefix('/').is_some_and(|name| contents::shard(name.as_bytes()).is_some())
        }
        None => path == "v1",
    }
}

fn is_annotations(directory: &str, name: &[u8]) -> bool {
    let shard = directory.strip_prefix(ANNOTATIONS).and_then(|rest| rest.strip_prefix('/'));
    shard.is_some_and(|shard| contents::shard(shard.as_bytes()).is_some())
        && name.ends_with(b".json")
}

fn depth(path: &str) -> usize {
    path.split('/').count()
}

/// A path for messages and for the few names that mean something, which are ASCII.
fn join(path: &str, name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    if path.is_empty() { name.into_owned() } else { format!("{path}/{name}") }
}
