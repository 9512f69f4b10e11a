//! Metrics and parameters of states, and how they differ between two.
//!
//! A metric is a number, a string or a boolean in a file that a pipeline declares; maps in it become
//! dotted keys, lists and nulls are left out and counted. Of `params.yaml` every value is a parameter,
//! and of a file that a target names; of other files, which may be configuration or source of many
//! more values, those that a stage depends on.

use std::collections::BTreeMap;

use super::declared::{Declared, Keys, declared};
use super::failure::{Cause, Failure};
use super::flat::{Change, Flat, compare, flatten, flatten_metrics, flatten_only};
use super::{State, params};
use crate::fs::RepoPath;

/// Which values are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Metrics,
    Params,
}

/// The values of one state, by file.
#[derive(Debug, Default)]
pub struct Values {
    pub files: BTreeMap<RepoPath, Flat>,
    /// Lists and nulls among metrics.
    pub left_out: usize,
    pub failures: Vec<Failure>,
    /// A pipeline file could not be understood: there may be more files than are known.
    is_partial: bool,
}

impl Values {
    /// Whether a file that was not read may all the same have values in this state.
    fn may_have(&self, path: &RepoPath) -> bool {
        let failed = |failure: &Failure| {
            failure.path.as_ref() == Some(path) && !matches!(failure.cause, Cause::Absent)
        };
        self.is_partial || self.failures.iter().any(failed)
    }
}

/// The values of two states, side by side.
#[derive(Debug, Default)]
pub struct Difference {
    /// Every key of every file, ascending by file.
    pub files: Vec<(RepoPath, Vec<Change>)>,
    pub failures: Vec<Failure>,
    /// Files that were read, of both states together.
    pub read: usize,
}

/// Reads the values of a state: of all files that it declares, or of those at and below `targets`. A
/// target that no pipeline file declares is read if it is a file.
pub fn values(state: &State<'_>, subject: Subject, targets: &[RepoPath]) -> Values {
    let mut found = Values::default();
    let declared = declared(state);
    let mut chosen: Vec<Chosen> = Vec::new();
    if targets.is_empty() {
        chosen = all_declared(&declared, subject);
    }
    for target in targets {
        let before = chosen.len();
        let is_meant = |chosen: &Chosen| chosen.path.below(target).is_some();
        chosen.extend(all_declared(&declared, subject).into_iter().filter(is_meant));
        for named in chosen.iter_mut().filter(|chosen| chosen.path == *target) {
            named.keys = Keys::All;
        }
        if chosen.len() == before {
            chosen.push(Chosen { path: target.clone(), keys: Keys::All, is_required: true });
        }
    }
    for chosen in chosen {
        if let Err(cause) = read_into(&mut found, state, subject, &chosen) {
            found.failures.push(Failure::new(&state.name, Some(&chosen.path), cause));
        }
    }
    found.is_partial = !declared.failures.is_empty();
    found.failures.extend(declared.failures);
    found
}

/// The metrics of files, or of every file of directories, as far as they are there and understood.
pub fn of_files(
    state: &State<'_>,
    paths: impl IntoIterator<Item = RepoPath>,
) -> BTreeMap<RepoPath, Flat> {
    let mut found = Values::default();
    for path in paths {
        let chosen = Chosen { path, keys: Keys::All, is_required: false };
        let _ = read_into(&mut found, state, Subject::Metrics, &chosen);
    }
    found.files
}

/// A file that is read, or a directory of which every file is.
struct Chosen {
    path: RepoPath,
    keys: Keys,
    /// Whether it is an error that it is not there.
    is_required: bool,
}

fn all_declared(declared: &Declared, subject: Subject) -> Vec<Chosen> {
    let chosen =
        |path: &RepoPath, keys, is_required| Chosen { path: path.clone(), keys, is_required };
    match subject {
        Subject::Metrics => {
            declared.metrics.iter().map(|path| chosen(path, Keys::All, true)).collect()
        }
        Subject::Params => {
            let usual = &declared.default_params;
            let keys = |path, keys: &Keys| {
                if usual.contains(path) { Keys::All } else { keys.clone() }
            };
            let named =
                declared.params.iter().map(|(path, only)| chosen(path, keys(path, only), true));
            let others = usual.iter().filter(|path| !declared.params.contains_key(*path));
            named.chain(others.map(|path| chosen(path, Keys::All, false))).collect()
        }
    }
}

/// Reads a file, or every file of a directory.
fn read_into(
    found: &mut Values,
    state: &State<'_>,
    subject: Subject,
    Chosen { path, keys, is_required }: &Chosen,
) -> Result<(), Cause> {
    if found.files.contains_key(path) {
        return Ok(());
    }
    if let Some(value) = params::read(state, path)? {
        let flat = match (subject, keys) {
            (Subject::Params, Keys::All) => flatten(&value),
            (Subject::Params, Keys::Only(keys)) => flatten_only(&value, keys),
            (Subject::Metrics, _) => {
                let (flat, left_out) = flatten_metrics(&value);
                found.left_out += left_out;
                flat
            }
        };
        found.files.insert(path.clone(), flat);
        return Ok(());
    }
    let below = state.files_below(path)?;
    let below: Vec<RepoPath> = below.into_iter().filter(|file| file != path).collect();
    if below.is_empty() && *is_required {
        return Err(Cause::Absent);
    }
    for path in below {
        let file = Chosen { path, keys: keys.clone(), is_required: false };
        if let Err(cause) = read_into(found, state, subject, &file) {
            found.failures.push(Failure::new(&state.name, Some(&file.path), cause));
        }
    }
    Ok(())
}

/// Holds the values of two states against each other. A file that could not be read in one of them is
/// left out: nobody knows whether it differs.
pub fn difference(old: Values, new: Values) -> Difference {
    let mut paths: Vec<&RepoPath> = old.files.keys().chain(new.files.keys()).collect();
    paths.sort();
    paths.dedup();
    let is_known =
        |values: &Values, path| values.files.contains_key(path) || !values.may_have(path);
    paths.retain(|path| is_known(&old, path) && is_known(&new, path));
    let nothing = Flat::new();
    let changes = |path: &RepoPath| {
        let of = |values: &Values| values.files.get(path).cloned();
        let (old, new) = (of(&old), of(&new));
        compare(old.as_ref().unwrap_or(&nothing), new.as_ref().unwrap_or(&nothing))
    };
    let files = paths.into_iter().map(|path| (path.clone(), changes(path))).collect();
    let read = old.files.len() + new.files.len();
    let failures = old.failures.into_iter().chain(new.failures).collect();
    Difference { files, failures, read }
}
