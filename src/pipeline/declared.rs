//! Which files of a state are parameters, metrics and plots: what its pipeline files say, all of
//! them together.
//!
//! Each state is asked by its own pipeline files: what a commit called a metric is one there, though
//! the worktree knows it no longer. A pipeline file that cannot be understood is a [`Failure`], and
//! the others count.

use std::collections::BTreeSet;

use super::failure::Failure;
use super::file::{NAMES, TopPlot};
use super::stage::{OutKind, PlotProps};
use super::template::DEFAULT_FILE;
use super::{Error, Source as _, State, load};
use crate::fs::RepoPath;

/// What the pipeline files of one state declare.
#[derive(Debug, Default)]
pub struct Declared {
    pub params: BTreeSet<RepoPath>,
    /// Parameter files that are read where they exist, without being named.
    pub default_params: BTreeSet<RepoPath>,
    pub metrics: BTreeSet<RepoPath>,
    /// Plots that stages write, in the order of their files.
    pub stage_plots: Vec<(RepoPath, Vec<PlotProps>)>,
    /// In the order of their files.
    pub top_plots: Vec<TopPlot>,
    pub failures: Vec<Failure>,
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
        declared.params.extend(loaded.params);
        declared.metrics.extend(loaded.metrics);
        declared.top_plots.extend(loaded.plots);
        for stage in loaded.stages {
            declared.params.extend(stage.params.into_iter().map(|params| params.file));
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
