//! What changed in tracked data between two states.
//!
//! Tracked paths are compared by the ids of their objects, so that no data is read. Inside of
//! directories the listings of both sides are walked side by side, and only where their ids differ:
//! the cost is that of what changed. A listing that is not in the cache leaves its directory told
//! as a whole.
//!
//! What lies in the worktree but was never added is no data yet; `git mldata status` tells of it.

use std::collections::{BTreeMap, HashMap};

use super::super::failure::Failure;
use super::super::{Error, Result, State};
use crate::cache::Cache;
use crate::data::tracked::TrackedPaths;
use crate::format::{ObjectId, Target, Tree, tree};
use crate::fs::RepoPath;

/// Directories that are walked inside of one tracked path. Listings share subdirectories, so that few
/// hostile ones could name more directories than anybody can walk.
const MOST_WALKED: usize = 1 << 20;

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataChangeKind {
    Added,
    Deleted,
    Modified,
    /// The same object under another name.
    Renamed,
}

/// A tracked path that is not the same in both states.
#[derive(Clone, Debug)]
pub struct DataChange {
    pub kind: DataChangeKind,
    /// The new name, where it was renamed.
    pub path: RepoPath,
    /// Its old name, where it was renamed.
    pub from: Option<RepoPath>,
    pub old: Option<Target>,
    pub new: Option<Target>,
    /// What changed inside, where both are directories and their listings are here.
    pub inside: Option<Vec<InnerChange>>,
}

/// A name inside of a tracked directory that is not the same in both states. A directory that is
/// wholly new or gone comes once, without what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InnerChange {
    pub kind: DataChangeKind,
    pub path: RepoPath,
    pub from: Option<RepoPath>,
    pub old: Option<Leaf>,
    pub new: Option<Leaf>,
}

/// A file or directory of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub is_directory: bool,
    pub oid: ObjectId,
    /// Bytes.
    pub size: u64,
    /// Files and links; 1 for what is no directory.
    pub files: u64,
}

/// Tracked paths that differ, ascending, and what could not be compared.
pub fn compare(
    cache: &Cache,
    old: &State<'_>,
    new: &State<'_>,
) -> Result<(Vec<DataChange>, Vec<Failure>)> {
    let mut failures = Vec::new();
    let mut tracked = |state: &State<'_>| -> Result<TrackedPaths> {
        let mut found = state.tracked()?;
        let failure = |error| Failure::new(&state.name, None, Error::Data(error));
        failures.extend(std::mem::take(&mut found.errors).into_iter().map(failure));
        Ok(found)
    };
    let (old_paths, new_paths) = (tracked(old)?, tracked(new)?);
    // What an unreadable pointer or lock tracks is unknown, and neither came nor went.
    let targets = |here: &TrackedPaths, there: &TrackedPaths| -> BTreeMap<RepoPath, Target> {
        let known = here.paths.iter().filter(|tracked| !there.is_unreadable(tracked.file()));
        known.map(|tracked| (tracked.path.clone(), tracked.target)).collect()
    };
    let (old, new) = (targets(&old_paths, &new_paths), targets(&new_paths, &old_paths));

    let mut changes = Vec::new();
    for (path, before) in &old {
        let after = new.get(path).copied();
        if after == Some(*before) {
            continue;
        }
        let kind = if after.is_some() { DataChangeKind::Modified } else { DataChangeKind::Deleted };
        let inside = match (before, after) {
            (Target::Directory { oid, .. }, Some(Target::Directory { oid: after, .. })) => {
                inside(cache, path, oid, &after)?
            }
            _ => None,
        };
        let path = path.clone();
        changes.push(DataChange { kind, path, from: None, old: Some(*before), new: after, inside });
    }
    for (path, after) in new.iter().filter(|(path, _)| !old.contains_key(*path)) {
        let (kind, path) = (DataChangeKind::Added, path.clone());
        let (from, inside) = (None, None);
        changes.push(DataChange { kind, path, from, old: None, new: Some(*after), inside });
    }
    Ok((pair_renames(changes), failures))
}

/// Something that came or went, for [`pair_renames`].
trait Renamable: Sized {
    fn kind(&self) -> DataChangeKind;
    fn path(&self) -> &RepoPath;
    /// What stays the same when only the name changes; `None` for what no name can be told by, such
    /// as the empty file.
    fn identity(&self) -> Option<(ObjectId, bool)>;
    fn join(deleted: Self, added: Self) -> Self;
}

/// Turns a deletion and an addition of the same object into one renaming. Of several candidates, the
/// first by path is taken. Returns the changes in ascending order of their paths.
fn pair_renames<T: Renamable>(changes: Vec<T>) -> Vec<T> {
    let (mut gone, mut kept) = (HashMap::<_, Vec<T>>::new(), Vec::new());
    let mut changes: Vec<T> = changes;
    changes.sort_by(|a, b| a.path().cmp(b.path()));
    let (deleted, others): (Vec<T>, Vec<T>) =
        changes.into_iter().partition(|change| change.kind() == DataChangeKind::Deleted);
    for change in deleted.into_iter().rev() {
        match change.identity() {
            Some(identity) => gone.entry(identity).or_default().push(change),
            None => kept.push(change),
        }
    }
    for change in others {
        let is_new = change.kind() == DataChangeKind::Added;
        let identity = change.identity().filter(|_| is_new);
        let partner = identity.and_then(|identity| gone.get_mut(&identity)?.pop());
        kept.push(match partner {
            Some(deleted) => T::join(deleted, change),
            None => change,
        });
    }
    kept.extend(gone.into_values().flatten());
    kept.sort_by(|a, b| a.path().cmp(b.path()));
    kept
}

impl Renamable for DataChange {
    fn kind(&self) -> DataChangeKind {
        self.kind
    }

    fn path(&self) -> &RepoPath {
        &self.path
    }

    fn identity(&self) -> Option<(ObjectId, bool)> {
        let target = self.old.or(self.new)?;
        (target.size() > 0).then(|| (target.oid(), target.is_directory()))
    }

    fn join(deleted: Self, added: Self) -> Self {
        let kind = DataChangeKind::Renamed;
        DataChange { kind, from: Some(deleted.path), old: deleted.old, ..added }
    }
}

impl Renamable for InnerChange {
    fn kind(&self) -> DataChangeKind {
        self.kind
    }

    fn path(&self) -> &RepoPath {
        &self.path
    }

    fn identity(&self) -> Option<(ObjectId, bool)> {
        let leaf = self.old.or(self.new)?;
        (leaf.size > 0).then_some((leaf.oid, leaf.is_directory))
    }

    fn join(deleted: Self, added: Self) -> Self {
        let kind = DataChangeKind::Renamed;
        InnerChange { kind, from: Some(deleted.path), old: deleted.old, ..added }
    }
}

/// What changed between two versions of the directory at `path`; `None` if a listing is missing.
fn inside(
    cache: &Cache,
    path: &RepoPath,
    old: &ObjectId,
    new: &ObjectId,
) -> Result<Option<Vec<InnerChange>>> {
    let mut changes = Vec::new();
    let mut pending = vec![(path.clone(), *old, *new)];
    let mut walked = 0;
    while let Some((path, old, new)) = pending.pop() {
        walked += 1;
        if walked > MOST_WALKED {
            return Ok(None);
        }
        let (Some(old), Some(new)) = (listing(cache, &old)?, listing(cache, &new)?) else {
            return Ok(None);
        };
        let (mut before, mut after) = (old.entries().peekable(), new.entries().peekable());
        loop {
            let order = match (before.peek(), after.peek()) {
                (None, None) => break,
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(before), Some(after)) => before.name.cmp(after.name),
            };
            let old = if order.is_le() { before.next() } else { None };
            let new = if order.is_ge() { after.next() } else { None };
            let name = old.or(new).expect("one side has the name").name;
            let inner = path.join(name);
            let kind = match (&old, &new) {
                (Some(old), Some(new)) if (old.oid, old.mode) == (new.oid, new.mode) => continue,
                (Some(old), Some(new)) if old.mode.is_directory() && new.mode.is_directory() => {
                    pending.push((inner, old.oid, new.oid));
                    continue;
                }
                (Some(_), Some(_)) => DataChangeKind::Modified,
                (Some(_), None) => DataChangeKind::Deleted,
                (None, _) => DataChangeKind::Added,
            };
            let (old, new) = (old.map(leaf), new.map(leaf));
            changes.push(InnerChange { kind, path: inner, from: None, old, new });
        }
    }
    Ok(Some(pair_renames(changes)))
}

fn leaf(entry: tree::Entry<'_>) -> Leaf {
    Leaf {
        is_directory: entry.mode.is_directory(),
        oid: entry.oid,
        size: entry.size,
        files: entry.file_count(),
    }
}

fn listing(cache: &Cache, id: &ObjectId) -> Result<Option<Tree>> {
    match cache.tree(id) {
        Ok(tree) => Ok(Some(tree)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: DataChangeKind, path: &str, content: &[u8]) -> InnerChange {
        let leaf = Leaf {
            is_directory: false,
            oid: ObjectId::of(content),
            size: content.len() as u64,
            files: 1,
        };
        let path = RepoPath::new(path).expect("valid");
        let is_old = kind == DataChangeKind::Deleted;
        let (old, new) = if is_old { (Some(leaf), None) } else { (None, Some(leaf)) };
        InnerChange { kind, path, from: None, old, new }
    }

    #[test]
    fn the_same_object_under_another_name_was_renamed() {
        use DataChangeKind::{Added, Deleted};
        let found = pair_renames(vec![
            change(Added, "z", b"same"),
            change(Deleted, "b", b"same"),
            change(Deleted, "a", b"same"),
            change(Deleted, "empty", b""),
            change(Added, "also-empty", b""),
            change(Added, "new", b"new"),
        ]);
        let shown: Vec<String> = found
            .iter()
            .map(|change| match &change.from {
                Some(from) => format!("{from} -> {}", change.path),
                None => format!("{:?} {}", change.kind, change.path),
            })
            .collect();
        let expected = ["Added also-empty", "Deleted b", "Deleted empty", "Added new", "a -> z"];
        assert_eq!(shown, expected);
        assert_eq!(found[4].old, found[4].new);
    }
}
