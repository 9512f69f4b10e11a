//! From stages to the stages that they wait for, through as few files as can be.
//!
//! An out lies below the directory of its pipeline file, unless the text of that file has what it
//! takes to name another place. What is at, above or below a path P is therefore written by a file
//! in a directory above P, by a file inside of P, or by one of the few that reach out. No other file
//! is parsed for it.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Files;
use crate::fs::RepoPath;
use crate::pipeline::Result;
use crate::pipeline::stage::{Dep, Place, Stage};

/// A stage by the directory of its file and its place in that.
pub(super) type StageAt = (RepoPath, usize);

/// What is known of the stages while files are loaded one by one.
pub(super) struct Reach<'a, 'f> {
    files: &'f mut Files<'a>,
    /// Whose outs are in `outs`.
    entered: BTreeSet<RepoPath>,
    /// By path. Two files may claim one out; the graph says that they must not.
    outs: BTreeMap<RepoPath, Vec<StageAt>>,
    /// Whether the files that reach out of their directories are entered.
    has_outreaching: bool,
}

impl<'a, 'f> Reach<'a, 'f> {
    pub fn new(files: &'f mut Files<'a>) -> Reach<'a, 'f> {
        Reach { files, entered: BTreeSet::new(), outs: BTreeMap::new(), has_outreaching: false }
    }

    /// The directories of the files of `targets` and of every stage that they wait for.
    pub fn directories(&mut self, targets: &[StageAt]) -> Result<BTreeSet<RepoPath>> {
        let mut seen: BTreeSet<StageAt> = targets.iter().cloned().collect();
        let mut pending = targets.to_vec();
        while let Some((directory, at)) = pending.pop() {
            for path in needs(&self.files.load(&directory)?.stages[at]) {
                for stage in self.writers(&path)? {
                    if seen.insert(stage.clone()) {
                        pending.push(stage);
                    }
                }
            }
        }
        Ok(seen.into_iter().map(|(directory, _)| directory).collect())
    }

    /// The stages with an out at, above or below `path`.
    pub fn writers(&mut self, path: &RepoPath) -> Result<Vec<StageAt>> {
        self.enter_for(path)?;
        let mut above = Some(path.clone());
        while let Some(out) = above {
            if let Some(stages) = self.outs.get(&out) {
                return Ok(stages.clone());
            }
            above = out.parent();
        }
        let below = self.outs.range(path.clone()..);
        // Between `a` and `a/b` may stand `a-b`.
        let below = below.take_while(|(out, _)| out.as_bytes().starts_with(path.as_bytes()));
        let below = below.filter(|(out, _)| out.below(path).is_some());
        Ok(below.flat_map(|(_, stages)| stages.iter().cloned()).collect())
    }

    /// Enters the outs of every file that may write `path`.
    fn enter_for(&mut self, path: &RepoPath) -> Result<()> {
        let mut directories: Vec<RepoPath> =
            std::iter::successors(Some(path.clone()), RepoPath::parent).collect();
        let tracked = self.files.tracked()?;
        let start = tracked.partition_point(|directory| directory < path);
        let inside = tracked[start..]
            .iter()
            .take_while(|directory| directory.as_bytes().starts_with(path.as_bytes()));
        directories.extend(inside.filter(|directory| directory.below(path).is_some()).cloned());
        if !std::mem::replace(&mut self.has_outreaching, true) {
            for directory in self.files.tracked()?.to_vec() {
                if self.files.reaches_out(&directory)? {
                    directories.push(directory);
                }
            }
        }
        directories.iter().try_for_each(|directory| self.enter(directory))
    }

    fn enter(&mut self, directory: &RepoPath) -> Result<()> {
        if !self.entered.insert(directory.clone()) {
            return Ok(());
        }
        let Some(loaded) = self.files.try_load(directory)? else { return Ok(()) };
        for (at, stage) in loaded.stages.iter().enumerate() {
            for out in &stage.outs {
                let stage = (directory.clone(), at);
                self.outs.entry(out.path.clone()).or_default().push(stage);
            }
        }
        Ok(())
    }
}

/// The paths that a stage reads; of a glob, the directory that all its matches are in.
fn needs(stage: &Stage) -> Vec<RepoPath> {
    let deps = stage.deps.iter().filter_map(|dep| match dep {
        Dep::Path(Place::Inside(path)) => Some(path.clone()),
        Dep::Path(Place::Outside(_)) => None,
        Dep::Glob(glob) => Some(crate::pipeline::graph::glob_base(glob)),
    });
    deps.chain(stage.params.iter().map(|params| params.file.clone())).collect()
}
