//! What the base and the index have of single paths of a directory.
//!
//! A shell can expand one glob to ten thousand paths: each listing is read once for all of them.

use std::collections::{BTreeMap, HashMap};

use super::resolve::Job;
use crate::data::index::Sections;
use crate::data::{Project, Result, join};
use crate::format::tree::Mode;
use crate::format::{ObjectId, Tree};
use crate::fs::RepoPath;

/// By the paths below the target.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Entries of the base.
    pub in_tree: HashMap<Vec<u8>, (Mode, ObjectId)>,
    /// Entries that are, or were, in the worktree.
    pub here: HashMap<Vec<u8>, Mode>,
}

impl Known {
    /// Looks all parts of `job` up in the tree `root` and in `sections`.
    ///
    /// # Errors
    /// A tree on the way is not in the cache.
    pub fn look_up(
        project: &Project,
        job: &Job,
        root: ObjectId,
        sections: &Sections,
    ) -> Result<Known> {
        let mut groups: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
        for part in &job.parts {
            let (parent, name) = split(part.below(&job.path).unwrap_or_default());
            groups.entry(parent).or_default().push(name);
        }
        let mut known = Known::default();
        let mut trees = Trees { project, root, read: HashMap::new() };
        // Paths in one directory ascend like their names.
        for (parent, names) in groups {
            let asked = job.path.join(&join(parent, names[0]));
            if let Some(tree) = trees.at(parent, &asked)? {
                let mut entries = tree.entries().peekable();
                for name in &names {
                    while entries.next_if(|entry| entry.name < *name).is_some() {}
                    if let Some(entry) = entries.next_if(|entry| entry.name == *name) {
                        known.in_tree.insert(join(parent, name), (entry.mode, entry.oid));
                    }
                }
            }
            let mut entries = sections.get(parent).into_iter().flat_map(|s| s.entries()).peekable();
            for name in &names {
                while entries.next_if(|entry| entry.name < *name).is_some() {}
                if let Some(entry) = entries.next_if(|entry| entry.name == *name) {
                    known.here.insert(join(parent, name), entry.mode);
                }
            }
        }
        Ok(known)
    }
}

/// The trees of a target that were read so far, by their paths below it.
struct Trees<'a> {
    project: &'a Project,
    root: ObjectId,
    read: HashMap<Vec<u8>, Option<Tree>>,
}

impl Trees<'_> {
    /// The tree at `inner`, needed for the path `asked`; `None` if no directory is there.
    fn at(&mut self, inner: &[u8], asked: &RepoPath) -> Result<Option<&Tree>> {
        if !self.read.contains_key(inner) {
            let oid = if inner.is_empty() {
                Some(self.root)
            } else {
                let (parent, name) = split(inner);
                let entries = self.at(parent, asked)?.map(Tree::entries);
                let entry = entries.and_then(|mut all| all.find(|entry| entry.name == name));
                entry.filter(|entry| entry.mode.is_directory()).map(|entry| entry.oid)
            };
            // Fetching what was asked for brings the listings on the way to it, and no more.
            let tree = oid.map(|oid| self.project.tree(asked, &oid)).transpose()?;
            self.read.insert(inner.to_vec(), tree);
        }
        Ok(self.read.get(inner).and_then(Option::as_ref))
    }
}

/// A path as the directory that it is in and its name there.
fn split(inner: &[u8]) -> (&[u8], &[u8]) {
    match inner.iter().rposition(|&b| b == b'/') {
        Some(at) => (&inner[..at], &inner[at + 1..]),
        None => (b"", inner),
    }
}
