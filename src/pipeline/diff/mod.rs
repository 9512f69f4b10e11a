//! Everything that differs between two states, side by side: parameters, metrics, data and code.
//!
//! Code is every file of Git's that no other part tells of: a pointer or lock is told as its data,
//! and a file of parameters or metrics by its values, if these differ. One in which only a comment
//! changed is code like any other.

pub mod data;

use std::collections::BTreeSet;

use super::failure::Failure;
use super::file::NAMES;
use super::metrics::{Difference, Subject, difference, values};
use super::{Result, State};
use crate::data::tracked::pointer_path;
use crate::format::lock;
use crate::fs::RepoPath;
use crate::git::{FileChange, Git};
use data::DataChange;

/// What differs between two states.
#[derive(Debug)]
pub struct Overview {
    pub params: Difference,
    pub metrics: Difference,
    pub data: Vec<DataChange>,
    pub code: Vec<FileChange>,
    /// Of data; those of params and metrics are in their parts.
    pub failures: Vec<Failure>,
}

/// Compares two states, of which the old one is a commit, at and below `targets`; everywhere if there
/// are none.
pub fn overview(old: &State<'_>, new: &State<'_>, targets: &[RepoPath]) -> Result<Overview> {
    let project = old.project();
    let is_meant = |path: &RepoPath| {
        targets.is_empty() || targets.iter().any(|target| path.below(target).is_some())
    };
    let changes = |subject| {
        let mut found = difference(values(old, subject, &[]), values(new, subject, &[]));
        for (_, changes) in &mut found.files {
            changes.retain(super::flat::Change::differs);
        }
        found.files.retain(|(path, changes)| is_meant(path) && !changes.is_empty());
        // A broken pipeline file matters wherever it is.
        let is_pipeline =
            |path: &RepoPath| NAMES.iter().any(|name| name.as_bytes() == path.file_name());
        found.failures.retain(|failure| {
            failure.path.as_ref().is_none_or(|path| is_meant(path) || is_pipeline(path))
        });
        found
    };
    let (params, mut metrics) = (changes(Subject::Params), changes(Subject::Metrics));
    // Told with the parameters: both read the same pipeline files.
    metrics.failures.retain(|failure| {
        !params.failures.iter().any(|known| known.to_string() == failure.to_string())
    });

    let (mut data, failures) = data::compare(&project.cache, old, new)?;
    data.retain(|change| is_meant(&change.path));
    let mut told: BTreeSet<RepoPath> = BTreeSet::new();
    for (path, _) in params.files.iter().chain(&metrics.files) {
        told.insert(path.clone());
    }
    for change in &data {
        told.extend([&change.path].into_iter().chain(&change.from).map(pointer_path));
    }
    let mut code = match old.commit_id() {
        Some(commit) => Git::new(&project.repo)?.changes(commit, new.commit_id())?,
        None => Vec::new(),
    };
    code.retain(|change| {
        let is_lock = change.path.file_name() == lock::FILE_NAME.as_bytes();
        is_meant(&change.path) && !is_lock && !told.contains(&change.path)
    });
    Ok(Overview { params, metrics, data, code, failures })
}
