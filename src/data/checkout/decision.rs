//! What a checkout has decided to do, before any of it is done.

use super::Counts;
use crate::format::{Mode, ObjectId};
use crate::fs::{RepoPath, Stat};

/// What is wanted under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Want {
    pub mode: Mode,
    pub oid: ObjectId,
    /// Bytes, and files for directories, as the tree above says.
    pub size: u64,
    pub files: u64,
}

/// What is to be done with one name.
#[derive(Clone, Debug)]
pub(super) enum Decision {
    /// Write a file or link. `over` is what stands there and may be replaced.
    Write { want: Want, over: Option<Stat> },
    /// Create a directory that is not there.
    Build(Want),
    /// It is what is wanted; only the index does not know yet, or the executable bit is wrong.
    Adopt { want: Want, stat: Stat, chmod: bool },
    /// Remove a file that the cache has.
    Remove { stat: Stat },
    /// The directory is handled by its own plan.
    Descend,
    /// Remove the directory, if it is empty once its own plan was carried out.
    RemoveDirectory,
}

/// The plan for one directory that exists.
#[derive(Debug)]
pub(super) struct DirPlan {
    /// Below the target.
    pub inner: Vec<u8>,
    /// What the directory becomes; `None` if it goes.
    pub want: Option<Want>,
    /// Ascending by name. Not listed: what is as it should be and known to be, and what is carried
    /// along as it is.
    pub decisions: Vec<(Vec<u8>, Decision)>,
    /// Every wanted entry is, or will be, here.
    pub complete: bool,
}

/// The plan for one target.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub directories: Vec<DirPlan>,
    /// For a file target, or a directory that does not exist.
    pub root: Option<Decision>,
    /// Paths whose content would be lost.
    pub conflicts: Vec<RepoPath>,
    /// Paths that stand in the way and go to recovery first.
    pub displaced: Vec<RepoPath>,
    /// Names in directories that go, which nobody put there for us.
    pub leftover: Vec<RepoPath>,
}

impl Plan {
    /// The target itself is as it should be.
    pub fn root_is_settled(&self) -> bool {
        matches!(self.root, None | Some(Decision::Descend))
    }

    /// Paths where other content than what is wanted stands, which the cache has.
    pub fn replaced<'a>(&'a self, target: &'a RepoPath) -> impl Iterator<Item = RepoPath> + 'a {
        let inside = self.directories.iter().flat_map(move |directory| {
            let path = target.join(&directory.inner);
            directory.decisions.iter().map(move |(name, decision)| (path.join(name), decision))
        });
        let root = self.root.iter().map(|decision| (target.clone(), decision));
        inside.chain(root).filter_map(|(path, decision)| {
            matches!(decision, Decision::Write { over: Some(_), .. }).then_some(path)
        })
    }

    /// How much there is to do.
    pub fn expected(&self) -> Counts {
        let mut counts = Counts::default();
        let inside = self.directories.iter().flat_map(|directory| &directory.decisions);
        for decision in inside.map(|(_, decision)| decision).chain(&self.root) {
            match decision {
                Decision::Write { .. } => counts.written += 1,
                Decision::Build(want) => counts.written += want.files,
                Decision::Adopt { .. } => counts.adopted += 1,
                Decision::Remove { .. } => counts.removed += 1,
                Decision::Descend | Decision::RemoveDirectory => {}
            }
        }
        counts
    }

    pub fn merge(&mut self, other: Plan) {
        self.directories.extend(other.directories);
        self.conflicts.extend(other.conflicts);
        self.displaced.extend(other.displaced);
        self.leftover.extend(other.leftover);
    }
}
