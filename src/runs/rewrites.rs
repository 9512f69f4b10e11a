//! Commits that took the place of others: runs follow what `git commit --amend` and `git rebase` write
//! anew.
//!
//! A run names the commits that it ran on and left, and never changes. What a rewrite makes of such a
//! commit is told beside it, as a name in the store's tree whose file is empty:
//!
//! ```text
//! v1/rewrites/ab/<new>-<old>     sharded by the first byte of <new>
//! ```
//!
//! Names without content merge by union, as the store does with whatever stands in it
//! ([`merge`](super::merge)), also in versions that know nothing of them, and go with the runs through
//! `git mlrun push` and `pull`. Several commits that were squashed into one are several names; a commit
//! that was amended twice is found through the one between, in whatever clone each was made. Two
//! rewrites that lead back to each other (a commit that was amended, and amended back) end no search:
//! each commit is looked at once.
//!
//! Only what may lead to a run is told: a commit that some run ran on or left, whose message names a run
//! that the new message does not, or that took the place of one. Without runs there is nothing to tell,
//! and nothing is read but one ref. While a run is not over yet, everything is told: which commit it is
//! of stands in its journal only.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::contents::{self, Directory};
use super::resolve::codes;
use super::store::{Edit, Store};
use super::{Result, Runs, live, trailer};
use crate::fs::RepoPath;
use crate::git::{CommitId, GitId, Objects, Repo, TreeChange};

/// Where rewrites are told in the store's tree.
pub const REWRITES: &str = "v1/rewrites";
/// So many commits are looked at on the way back from one.
const MAX_ORIGINS: usize = 10_000;

/// A commit, and the one that took its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rewrite {
    pub old: CommitId,
    pub new: CommitId,
}

/// Reads what Git tells a post-rewrite hook: `<old> <new>`, a line each, maybe with more behind
/// (`githooks(5)`). Lines about anything but two commits that are here are passed over.
pub fn parse(repo: &Repo, input: &[u8]) -> Vec<Rewrite> {
    let objects = repo.objects();
    let commit = |word: Option<&[u8]>| objects.find_commit(std::str::from_utf8(word?).ok()?);
    let pairs = input.split(|&b| b == b'\n').filter_map(|line| {
        let mut words = line.split(u8::is_ascii_whitespace);
        let (old, new) = (commit(words.next())?, commit(words.next())?);
        (old != new).then_some(Rewrite { old, new })
    });
    pairs.collect()
}

/// Tells of those of `rewrites` that may lead to a run. Returns how many are new.
///
/// # Errors
/// The store cannot be read or written; nothing was told then.
pub fn record(repo: &Repo, rewrites: &[Rewrite]) -> Result<usize> {
    let store = Store::new(repo);
    let is_running = live::is_any(repo);
    if rewrites.is_empty() || (store.tip()?.is_none() && !is_running) {
        return Ok(0);
    }
    let runs = Runs::load(repo)?;
    let of_runs: HashSet<&str> = runs.iter().flat_map(codes).collect();
    // What `plan` finds depends on the store at the time of its last try.
    let told = std::cell::Cell::new(0);
    let plan = |objects: &Objects, tree: Option<GitId>| -> Result<Vec<Edit>> {
        let mut known = Rewrites::of_tree(objects, tree)?;
        let mut paths = BTreeSet::new();
        for rewrite in rewrites {
            let (old, new) = (rewrite.old.to_string(), rewrite.new.to_string());
            let leads_to_run = is_running
                || of_runs.contains(&old[..])
                || !known.before(&old).is_empty()
                || drops_trailer(objects, rewrite)?;
            if leads_to_run && !known.before(&new).contains(&old) {
                let path = format!("{REWRITES}/{}/{new}-{old}", &new[..2]);
                paths.insert(RepoPath::new(path).expect("hexadecimal digits"));
            }
        }
        told.set(paths.len());
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let id = objects.write_blob(b"")?;
        Ok(paths
            .into_iter()
            .map(|path| (path, TreeChange::File { id, executable: false }))
            .collect())
    };
    store.change("Follow rewritten commits", &[], &plan)?;
    Ok(told.get())
}

/// Whether the old message names a run that the new one does not, as after `--amend -m`.
fn drops_trailer(objects: &Objects, rewrite: &Rewrite) -> Result<bool> {
    let before = trailer::runs_of(&objects.commit(rewrite.old)?.message);
    if before.is_empty() {
        return Ok(false);
    }
    let after = trailer::runs_of(&objects.commit(rewrite.new)?.message);
    Ok(before.iter().any(|run| !after.contains(run)))
}

/// The rewrites that a store tells of. Shards are read when they are asked for.
pub struct Rewrites<'a> {
    objects: &'a Objects,
    shards: Directory,
    /// By shard: new commits with those whose place they took.
    read: HashMap<String, BTreeMap<String, Vec<String>>>,
}

impl<'a> Rewrites<'a> {
    /// Those that the store tells of which `runs` were read from.
    ///
    /// # Errors
    /// The store's commit or its top directories cannot be read.
    pub fn of(objects: &'a Objects, runs: &Runs) -> Result<Rewrites<'a>> {
        let tree = match runs.tip() {
            Some(tip) => Some(objects.commit(tip)?.tree),
            None => None,
        };
        Rewrites::of_tree(objects, tree)
    }

    fn of_tree(objects: &'a Objects, tree: Option<GitId>) -> Result<Rewrites<'a>> {
        let shards = match tree {
            Some(tree) => contents::directory_at(objects, tree, REWRITES)?,
            None => Directory::new(),
        };
        Ok(Rewrites { objects, shards, read: HashMap::new() })
    }

    /// Every commit whose place `commit` took, at whatever distance, the nearest first. Ids in full; the
    /// commits need not be here.
    pub fn origins(&mut self, commit: &str) -> Vec<String> {
        if self.shards.is_empty() {
            return Vec::new();
        }
        let mut found = vec![commit.to_owned()];
        let mut seen: HashSet<String> = found.iter().cloned().collect();
        let mut next = 0;
        while next < found.len() && found.len() < MAX_ORIGINS {
            let before = self.before(&found[next]).to_vec();
            found.extend(before.into_iter().filter(|old| seen.insert(old.clone())));
            next += 1;
        }
        found.remove(0);
        found
    }

    /// The commits whose place `commit` took directly.
    fn before(&mut self, commit: &str) -> &[String] {
        let Some(shard) = commit.get(..2) else { return &[] };
        let Some(entry) = self.shards.get(shard.as_bytes()) else { return &[] };
        if !self.read.contains_key(shard) {
            // What cannot be read tells of nothing: a run is found by its id all the same.
            let path = format!("{REWRITES}/{shard}");
            let names = match entry.is_directory() {
                true => contents::directory(self.objects, &path, entry.id()).unwrap_or_default(),
                false => Directory::new(),
            };
            let mut rewrites: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (new, old) in names.keys().filter_map(|name| split(name)) {
                rewrites.entry(new.to_owned()).or_default().push(old.to_owned());
            }
            self.read.insert(shard.to_owned(), rewrites);
        }
        self.read.get(shard).and_then(|all| all.get(commit)).map_or(&[], Vec::as_slice)
    }
}

/// `<new>-<old>`, ids in full; whatever else is there is of a later version.
fn split(name: &[u8]) -> Option<(&str, &str)> {
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let is_id = |text: &str| matches!(text.len(), 40 | 64) && text.bytes().all(is_digit);
    let (new, old) = std::str::from_utf8(name).ok()?.split_once('-')?;
    (is_id(new) && is_id(old)).then_some((new, old))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::GitEntry;
    use proptest::prelude::*;

    fn id(byte: u8) -> String {
        format!("{byte:02x}").repeat(20)
    }

    /// A store that tells of `pairs`, new commits first.
    fn told(objects: &Objects, pairs: &[(u8, u8)]) -> GitId {
        let empty = objects.write_blob(b"").expect("a blob");
        let edits = pairs.iter().map(|&(new, old)| {
            let path = format!("{REWRITES}/{new:02x}/{}-{}", id(new), id(old));
            let file = TreeChange::File { id: empty, executable: false };
            (RepoPath::new(path).expect("valid"), file)
        });
        objects.edit_tree(None, edits).expect("a tree")
    }

    fn repository() -> (tempfile::TempDir, Repo) {
        let directory = tempfile::tempdir().expect("temporary directory");
        gix::init(directory.path()).expect("a repository");
        let repo = Repo::at(directory.path()).expect("it is one");
        (directory, repo)
    }

    #[test]
    fn the_way_back_has_branches_and_may_go_round() {
        let (_directory, repo) = repository();
        let objects = repo.objects();
        let tree = told(&objects, &[(3, 2), (2, 1), (2, 9), (1, 3), (7, 8)]);
        let mut rewrites = Rewrites::of_tree(&objects, Some(tree)).expect("readable");
        assert_eq!(rewrites.origins(&id(3)), [id(2), id(1), id(9)]);
        assert_eq!(rewrites.origins(&id(9)), Vec::<String>::new());
        assert_eq!(rewrites.origins("x"), Vec::<String>::new());
    }

    #[test]
    fn two_stores_merge_to_what_both_tell() {
        let (_directory, repo) = repository();
        let objects = repo.objects();
        let [ours, theirs] =
            [&[(2, 1), (5, 1)][..], &[(2, 9), (4, 2)]].map(|of| told(&objects, of));
        let merged = super::super::merge::trees(&objects, ours, theirs).expect("merged");
        assert_eq!(merged, super::super::merge::trees(&objects, theirs, ours).expect("merged"));
        let mut rewrites = Rewrites::of_tree(&objects, Some(merged)).expect("readable");
        assert_eq!(rewrites.origins(&id(4)), [id(2), id(1), id(9)]);
        assert_eq!(rewrites.origins(&id(5)), [id(1)]);
    }

    #[test]
    fn what_is_no_rewrite_is_passed_over() {
        let (_directory, repo) = repository();
        let objects = repo.objects();
        let empty = objects.write_blob(b"").expect("a blob");
        let name = format!("{}-{}", id(0xab), id(1));
        let shard = [&name[..], "README", "-", &name.to_uppercase()];
        let shard = shard.map(|name| GitEntry::file(name.as_bytes(), empty));
        let shard = objects.write_tree(shard).expect("a tree");
        let shards = [GitEntry::directory(b"ab", shard), GitEntry::file(b"cd", empty)];
        let tree = objects.write_tree(shards).expect("a tree");
        let tree = objects.write_tree([GitEntry::directory(b"rewrites", tree)]).expect("a tree");
        let tree = objects.write_tree([GitEntry::directory(b"v1", tree)]).expect("a tree");
        let mut rewrites = Rewrites::of_tree(&objects, Some(tree)).expect("readable");
        assert_eq!(rewrites.origins(&id(0xab)), [id(1)]);
        assert_eq!(rewrites.origins(&id(0xcd)), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn names_of_others_do_no_harm(name in proptest::collection::vec(any::<u8>(), 0..140)) {
            let _ = split(&name);
        }
    }
}
