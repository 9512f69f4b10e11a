//! Names that are one name where case does not count: on macOS and Windows, a clone has only one of the
//! files.
//!
//! macOS also takes composed and decomposed letters for the same. Names are compared as both do, nearly:
//! decomposed, in lower case, composed again. Bytes that are not UTF-8 are compared as they are, but for
//! the letters of ASCII.
//!
//! Only what a commit adds is looked at, and only then is the whole listing: once, each directory of it
//! once. Of `Data/a` and `data/b`, `Data` and `data` are told. Where both were there before, that is a
//! warning: the commit adds to it and did not make it.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization as _;

use super::super::{Files, Finding, Level, Result, Settings};
use crate::fs::{RepoPath, display_bytes};

pub(super) fn find(files: &Files<'_>, settings: &Settings, found: &mut Vec<Finding>) -> Result<()> {
    let added: Vec<&RepoPath> = (files.files.iter())
        .filter(|file| file.old.is_none() && !settings.excludes(&file.path))
        .map(|file| &file.path)
        .collect();
    if added.is_empty() {
        return Ok(());
    }
    let listing = files.listing()?;
    let is_added: HashSet<&RepoPath> = added.iter().copied().collect();
    for Twins { added, new, other } in twins(&added, listing) {
        let is_old = |path: &RepoPath| below(listing, path).any(|file| !is_added.contains(file));
        let message = format!(
            "`{}` and `{}` are one name where case does not count",
            display_bytes(other.as_bytes()),
            display_bytes(new.as_bytes())
        );
        let finding = Finding::new(added, "case-fold", message);
        let was_there = is_old(&new) && is_old(&other);
        found.push(if was_there { finding.level(Level::Warning) } else { finding });
    }
    Ok(())
}

/// Two names for the same on some file systems.
struct Twins<'a> {
    /// The first path that brings it in.
    added: &'a RepoPath,
    /// That path, or a directory above it.
    new: RepoPath,
    other: RepoPath,
}

/// What is added, by one name.
struct Name<'a> {
    added: &'a RepoPath,
    /// How many bytes of `added` it is.
    len: usize,
    /// Where the last component begins.
    last: usize,
}

/// Each pair of names once, in the order of `added`. Both lists ascend.
fn twins<'a>(added: &[&'a RepoPath], listing: &[RepoPath]) -> Vec<Twins<'a>> {
    // Names by what they are without case. There are several for one where two that are added collide.
    let mut names: HashMap<Vec<u8>, Vec<Name<'a>>> = HashMap::new();
    each_name(added.iter().copied(), |path, last, len, folded| {
        names.entry(folded.to_vec()).or_default().push(Name { added: path, len, last });
    });
    let mut found: Vec<Twins<'a>> = Vec::new();
    each_name(listing.iter(), |path, last, len, folded| {
        let other = &path.as_bytes()[..len];
        for name in names.get(folded).into_iter().flatten() {
            let new = &name.added.as_bytes()[..name.len];
            // Where the directories differ already, these are the twins.
            let is_twin = new != other && new[..name.last] == other[..last];
            // Of two that are added, each finds the other: the later in order is told.
            if is_twin && (new > other || !names_has(&names, folded, other)) {
                let path = |bytes: &[u8]| RepoPath::new(bytes).expect("a part of a path");
                found.push(Twins { added: name.added, new: path(new), other: path(other) });
            }
        }
    });
    found.sort_by(|a, b| (a.added, &a.new, &a.other).cmp(&(b.added, &b.new, &b.other)));
    found
}

fn names_has(names: &HashMap<Vec<u8>, Vec<Name<'_>>>, folded: &[u8], spelled: &[u8]) -> bool {
    names[folded].iter().any(|name| &name.added.as_bytes()[..name.len] == spelled)
}

/// Calls `visit` for each path and for each directory above one, once, with the path, where the last
/// component of the name begins in it and where the name ends, and with the name without case.
///
/// `paths` ascend, so that what is below a directory is together.
fn each_name<'p>(
    paths: impl Iterator<Item = &'p RepoPath>,
    mut visit: impl FnMut(&'p RepoPath, usize, usize, &[u8]),
) {
    let mut folded = Vec::new();
    let mut before: &[u8] = &[];
    for path in paths {
        let bytes = path.as_bytes();
        let shared = bytes.iter().zip(before).take_while(|(a, b)| a == b).count();
        fold(bytes, &mut folded);
        let mut start = 0;
        for (end, folded_end) in ends(bytes).zip(ends(&folded)) {
            // What is shared beyond its end is a directory that the path before is in too.
            if end >= shared {
                visit(path, start, end, &folded[..folded_end]);
            }
            start = end + 1;
        }
        before = bytes;
    }
}

/// Where the components of a path end.
fn ends(path: &[u8]) -> impl Iterator<Item = usize> {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.map(|(at, _)| at).chain([path.len()])
}

fn fold(path: &[u8], folded: &mut Vec<u8>) {
    folded.clear();
    match std::str::from_utf8(path) {
        Ok(text) if !text.is_ascii() => {
            let lower = text.nfd().flat_map(char::to_lowercase).nfc();
            folded.extend_from_slice(lower.collect::<String>().as_bytes());
        }
        _ => folded.extend(path.iter().map(u8::to_ascii_lowercase)),
    }
}

/// The paths of `listing` that are `name` or below it.
fn below<'p>(listing: &'p [RepoPath], name: &RepoPath) -> impl Iterator<Item = &'p RepoPath> {
    let start = listing.partition_point(|path| path < name);
    // `a.b` stands between `a` and `a/b`.
    let near =
        listing[start..].iter().take_while(|path| path.as_bytes().starts_with(name.as_bytes()));
    near.filter(|path| path.below(name).is_some())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(added: &[&str], others: &[&str]) -> Vec<String> {
        let path = |text: &&str| RepoPath::new(*text).expect("valid");
        let mut added: Vec<RepoPath> = added.iter().map(path).collect();
        let mut listing: Vec<RepoPath> =
            added.iter().cloned().chain(others.iter().map(path)).collect();
        added.sort();
        listing.sort();
        let added: Vec<&RepoPath> = added.iter().collect();
        let show = |twins: Twins<'_>| format!("{}: {} {}", twins.added, twins.other, twins.new);
        twins(&added, &listing).into_iter().map(show).collect()
    }

    #[test]
    fn names_are_compared_without_case() {
        assert_eq!(found(&["a"], &["b", "a.b", "a-/x"]), [""; 0]);
        assert_eq!(found(&["a/b"], &["a/B"]), ["a/b: a/B a/b"]);
        assert_eq!(found(&["a", "A"], &[]), ["a: A a"]);
        assert_eq!(found(&["É"], &["e\u{301}"]), ["É: e\u{301} É"]);
        assert_eq!(found(&["ΟΣ"], &["οσ"]), ["ΟΣ: οσ ΟΣ"]);
        // A file against a directory.
        assert_eq!(found(&["Data"], &["data/a", "data/b"]), ["Data: data Data"]);
    }

    #[test]
    fn directories_are_told_once() {
        let found = found(&["Data/a", "Data/b", "Data/c/d"], &["data/a", "data/b", "data/c/d"]);
        assert_eq!(found, ["Data/a: data Data"]);
    }

    #[test]
    fn a_part_of_the_listing_is_found() {
        let path = |text: &str| RepoPath::new(text).expect("valid");
        let listing: Vec<RepoPath> = ["a", "a.b", "a/b", "a/c", "a0", "b"].map(path).to_vec();
        let names: Vec<_> = below(&listing, &path("a")).map(RepoPath::to_string).collect();
        assert_eq!(names, ["a", "a/b", "a/c"]);
    }

    proptest! {
        /// Held against the obvious way: all pairs.
        #[test]
        fn all_pairs_are_found(
            added in proptest::collection::btree_set("[aAbé]{1,2}(/[aAbB]){0,2}", 1..6),
            others in proptest::collection::btree_set("[aAbÉ]{1,2}(/[aAbB]){0,2}", 0..6),
        ) {
            let others: Vec<&str> = others.iter().filter(|path| !added.contains(*path)).map(|path| &path[..]).collect();
            let added: Vec<&str> = added.iter().map(|path| &path[..]).collect();
            let names = |paths: &[&str]| -> HashSet<String> {
                let ends = |path: &str| ends(path.as_bytes()).map(|end| path[..end].to_owned()).collect::<Vec<_>>();
                paths.iter().flat_map(|path| ends(path)).collect()
            };
            let (new, old) = (names(&added), names(&others));
            let parent = |name: &str| name.rsplit_once('/').map(|(parent, _)| parent.to_owned());
            let mut expected: Vec<String> = Vec::new();
            for a in &new {
                for b in new.union(&old) {
                    let are_twins = a != b && a.to_lowercase() == b.to_lowercase() && parent(a) == parent(b);
                    if are_twins && (a > b || !new.contains(b)) {
                        expected.push(format!("{b} {a}"));
                    }
                }
            }
            expected.sort();
            let mut found: Vec<String> = found(&added, &others)
                .into_iter()
                .map(|line| line.split_once(": ").expect("a line").1.to_owned())
                .collect();
            found.sort();
            found.dedup();
            prop_assert_eq!(found, expected);
        }
    }
}
