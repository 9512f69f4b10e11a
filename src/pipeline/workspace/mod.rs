//! From what a user types to the stages that it takes.
//!
//! A repository may have a pipeline file in every directory. A command loads the file that its targets
//! are in, and then only those files that write something that a loaded stage reads (`reach`), so that
//! the time it takes depends on what is asked and not on what else is there. Where a file that nobody
//! named has mistakes, it is left out and told of.
//!
//! # Targets
//!
//! | target | stages |
//! |---|---|
//! | none | all of the nearest pipeline file: in the current directory, or above |
//! | `train` | the stage of that file, or all stages of its `foreach` or `matrix` of this name |
//! | `sub/mlrun.yaml:train`, `sub:train` | the same of another file |
//! | `sub/mlrun.yaml`, `sub` | all of that file |
//! | `models/a.pkl` | the stage that writes it; of a directory, all that write something in it |
//!
//! A name wins over a path. As globs, targets match names of stages, and before the last colon
//! pipeline files that Git tracks or their directories. Paths are relative to the current directory.

mod error;
mod files;
pub mod near;
mod reach;
mod target;

use std::collections::{BTreeMap, BTreeSet};

pub use error::Error;

use self::files::Files;
pub(crate) use self::files::may_reach_out;
use self::reach::Reach;
use super::file::{Loaded, NAMES};
use super::stage::Address;
use super::{Graph, Result, Source};
use crate::fs::RepoPath;

/// Which stages are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The directory that targets are seen from.
    pub here: &'a RepoPath,
    pub targets: &'a [String],
    /// Whether targets are globs.
    pub glob: bool,
    /// Every stage of every pipeline file, beside the targets.
    pub all: bool,
    /// Load every pipeline file, so that the graph has also what waits for the targets.
    pub whole: bool,
}

/// The stages that a request takes.
#[derive(Debug, Default)]
pub struct Workspace {
    /// All stages of every file of which one is needed.
    pub graph: Graph,
    /// Positions in the graph, each once, in the order of the request.
    pub targets: Vec<usize>,
    /// What else the files say: their stages are in the graph.
    pub files: BTreeMap<RepoPath, Loaded>,
    /// The directory of the pipeline file in which a name alone is looked up.
    pub nearest: Option<RepoPath>,
    /// Files that nobody named and that could not be read. What they write is taken for plain files.
    pub broken: Vec<super::Error>,
}

impl Workspace {
    /// Finds and loads what is asked for, as `source` has it.
    ///
    /// # Errors
    /// A target that there is not; a mistake in a file that is named, or in how stages fit together.
    pub fn open(source: &dyn Source, request: &Request<'_>) -> Result<Workspace> {
        let mut files = Files::new(source);
        let nearest = files.nearest(request.here)?;
        let targets = target::select(&mut files, request)?;
        let mut directories: BTreeSet<RepoPath> =
            targets.iter().map(|(directory, _)| directory.clone()).collect();
        if request.whole {
            for directory in files.tracked()?.to_vec() {
                if files.try_load(&directory)?.is_some() {
                    directories.insert(directory);
                }
            }
        } else if !request.all {
            directories = Reach::new(&mut files).directories(&targets)?;
        }
        let addresses = targets
            .iter()
            .map(|(directory, at)| Ok(files.load(directory)?.stages[*at].address.clone()))
            .collect::<Result<Vec<Address>>>()?;
        let (mut loaded, broken) = files.finish();
        loaded.retain(|directory, _| directories.contains(directory));
        let stages =
            loaded.values_mut().flat_map(|loaded| std::mem::take(&mut loaded.stages)).collect();
        let graph = Graph::build(stages)?;
        let targets = addresses.iter().filter_map(|address| graph.find(address)).collect();
        let broken = broken.into_values().collect();
        Ok(Workspace { graph, targets, files: loaded, nearest, broken })
    }
}

#[cfg(test)]
mod tests;
