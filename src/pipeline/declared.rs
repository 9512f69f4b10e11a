//! Which files of a state are parameters, metrics and plots: what its pipeline files say, all of
//! them together.
//!
//! Each state is asked by its own pipeline files: what a commit called a metric is one there, though
//! the worktree knows it no longer. A pipeline file that cannot be understood is a [`Failure`], and
//! the others count.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Failure;
use super::file::{NAMES, TopPlot};
use super::stage::{OutKind, ParamsFrom, PlotProps};
use super::template::DEFAULT_FILE;
use super::{Error, Source as _, State, load};
use crate::fs::RepoPath;

/// Which values of a file count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keys {
    All,
    /// Dotted paths.
    Only(BTreeSet<String>),
}

/// What the pipeline files of one state declare.
#[derive(Debug, Default)]
pub struct Declared {
    pub params: BTreeMap<RepoPath, Keys>,
    /// Parameter files that are read where they exist, without being named.
    pub default_params: BTreeSet<RepoPath>,
    pub metrics: BTreeSet<RepoPath>,
    /// Plots that stages write, in the order of their files.
    pub stage_plots: Vec<(RepoPath, Vec<PlotProps>)>,
    /// In the order of their files.
    pub top_plots: Vec<TopPlot>,
    pub failures: Vec<Failure>,
}

impl Declared {
    /// A stage depends on these keys, or on the whole file if there are none.
    fn depend(&mut self, params: ParamsFrom) {
        let known = self.params.entry(params.file).or_insert_with(|| Keys::Only(BTreeSet::new()));
        match known {
            Keys::Only(keys) if !params.keys.is_empty() => keys.extend(params.keys),
            keys => *keys = Keys::All,
        }
    }
}

/// Reads every pipeline file of a state. In the worktree these are the files that Git's index lists,
/// and those at and above the current directory.
pub fn declared(state: &State<'_>) -> Declared {
    let mut declared = Declared::default();
    let files = match pipeline_files(state) {
        Ok(files) => files,
        Err(error) => {
            declared.failures.push(Failure::new(&state.name, None, error));
            return declared;
        }
    };
    for file in files {
        let loaded = match load(state, &file) {
            Ok(loaded) => loaded,
            // Listed in the index, and removed from the worktree.
            Err(Error::NoSuchFile { .. }) => continue,
            Err(error) => {
                declared.failures.push(Failure::new(&state.name, Some(&file), error));
                continue;
            }
        };
        let directory = file.parent().unwrap_or_default();
        declared.default_params.insert(directory.join(DEFAULT_FILE.as_bytes()));
        for path in loaded.params {
            declared.params.insert(path, Keys::All);
        }
        declared.metrics.extend(loaded.metrics);
        declared.top_plots.extend(loaded.plots);
        for stage in loaded.stages {
            for params in stage.params {
                declared.depend(params);
            }
            for out in stage.outs {
                match out.kind {
                    OutKind::Metric => drop(declared.metrics.insert(out.path)),
                    OutKind::Plot => declared.stage_plots.push((out.path, out.plots)),
                    OutKind::Out => {}
                }
            }
        }
    }
    declared.default_params.insert(RepoPath::root().join(DEFAULT_FILE.as_bytes()));
    declared
}

/// The pipeline file of each directory that has one.
fn pipeline_files(state: &State<'_>) -> super::Result<Vec<RepoPath>> {
    let mut named: BTreeSet<RepoPath> = state.named(&NAMES)?.into_iter().collect();
    if state.commit_id().is_none() {
        let here = Some(state.project().prefix.clone());
        for directory in std::iter::successors(here, RepoPath::parent) {
            for name in NAMES.map(|name| directory.join(name.as_bytes())) {
                let absolute = state.project().repo.absolute(&name);
                if crate::fs::lstat(&absolute)?.is_some() {
                    named.insert(name);
                }
            }
        }
    }
    let is_hidden = |file: &RepoPath| {
        let directory = file.parent().unwrap_or_default();
        let before = NAMES.iter().take_while(|name| name.as_bytes() != file.file_name());
        before.into_iter().any(|name| named.contains(&directory.join(name.as_bytes())))
    };
    Ok(named.iter().filter(|file| !is_hidden(file)).cloned().collect())
}
