//! Which out a path has to do with.

use std::collections::HashMap;

use super::error::{Definition, Error};
use super::{OutRef, Stage};
use crate::fs::RepoPath;

/// The outs of all stages by their paths. No two are the same and none is inside another, so that a
/// path has at most one at or above it.
pub(super) struct OutIndex<'a> {
    by_path: HashMap<&'a [u8], OutRef>,
    /// Ascending, so that what is below one directory stands together.
    sorted: Vec<(&'a [u8], OutRef)>,
}

impl<'a> OutIndex<'a> {
    /// # Errors
    /// Two outs are the same, or one is inside the other.
    pub fn new(stages: &'a [Stage]) -> Result<OutIndex<'a>, Error> {
        let refs = stages.iter().enumerate().flat_map(|(at, stage)| {
            (0..stage.outs.len()).map(move |out| OutRef { stage: at, out })
        });
        let path = |out: OutRef| &stages[out.stage].outs[out.out].path;
        let definition = |out: OutRef| Definition::of(&stages[out.stage]);
        let mut by_path = HashMap::new();
        for out in refs.clone() {
            if let Some(first) = by_path.insert(path(out).as_bytes(), out) {
                return Err(Error::SameOut {
                    path: path(out).clone(),
                    first: definition(first),
                    second: definition(out),
                });
            }
        }
        for inner in refs {
            let above = ancestors(path(inner).as_bytes()).skip(1);
            let mut above = above.filter_map(|above| by_path.get(above));
            if let Some(&outer) = above.next() {
                return Err(Error::NestedOut {
                    path: path(inner).clone(),
                    outer_path: path(outer).clone(),
                    inner: definition(inner),
                    outer: definition(outer),
                });
            }
        }
        let mut sorted: Vec<(&[u8], OutRef)> =
            by_path.iter().map(|(&path, &out)| (path, out)).collect();
        sorted.sort_unstable();
        Ok(OutIndex { by_path, sorted })
    }

    /// The out that `path` is, or is inside of.
    pub fn at_or_above(&self, path: &RepoPath) -> Option<OutRef> {
        ancestors(path.as_bytes()).find_map(|above| self.by_path.get(above).copied())
    }

    /// The outs inside the directory `path`, by path.
    pub fn below(&self, path: &RepoPath) -> impl Iterator<Item = (&'a [u8], OutRef)> {
        let mut prefix = path.as_bytes().to_vec();
        if !prefix.is_empty() {
            prefix.push(b'/');
        }
        let start = self.sorted.partition_point(|&(path, _)| path < &prefix[..]);
        let rest = self.sorted[start..].iter().copied();
        rest.take_while(move |(path, _)| path.starts_with(&prefix))
    }

    /// The outs at, above or below `path`, in the order of their stages.
    pub fn overlapping(&self, path: &RepoPath) -> Vec<OutRef> {
        if let Some(out) = self.at_or_above(path) {
            return vec![out];
        }
        let mut outs: Vec<OutRef> = self.below(path).map(|(_, out)| out).collect();
        outs.sort_unstable();
        outs
    }
}

/// `path`, then every directory above it, up to the top.
pub(super) fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(path), |path| {
        let end = path.iter().rposition(|&b| b == b'/');
        (!path.is_empty()).then(|| &path[..end.unwrap_or(0)])
    })
}
