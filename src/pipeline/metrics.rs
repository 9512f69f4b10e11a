//! Metrics and parameters of states, and how they differ between two.
//!
//! A metric is a number, a string or a boolean in a file that a pipeline declares; maps in it become
//! dotted keys, lists and nulls are left out and counted. Of parameter files every value counts,
//! whether or not a stage depends on it.

use std::collections::BTreeMap;

use super::declared::{Declared, declared};
use super::failure::{Cause, Failure};
use super::flat::{Change, Flat, compare, flatten, flatten_metrics};
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
    let mut chosen: Vec<(RepoPath, bool)> = Vec::new();
    let all = || all_declared(&declared, subject);
    if targets.is_empty() {
        chosen.extend(all());
    }
    for target in targets {
        let before = chosen.len();
        chosen.extend(all().filter(|(path, _)| path.below(target).is_some()));
        if chosen.len() == before {
            chosen.push((target.clone(), true));
        }
    }
    for (path, is_required) in chosen {
        if let Err(cause) = read_into(&mut found, state, subject, &path, is_required) {
            found.failures.push(Failure::new(&state.name, Some(&path), cause));
        }
    }
    found.is_partial = !declared.failures.is_empty();
    found.failures.extend(declared.failures);
    found
}

/// Declared paths, and whether it is an error that one is not there.
fn all_declared(
    declared: &Declared,
    subject: Subject,
) -> impl Iterator<Item = (RepoPath, bool)> + '_ {
    let (named, usual) = match subject {
        Subject::Metrics => (&declared.metrics, None),
        Subject::Params => (&declared.params, Some(&declared.default_params)),
    };
    let usual = usual.into_iter().flatten().filter(|path| !named.contains(*path));
    let named = named.iter().map(|path| (path.clone(), true));
    named.chain(usual.map(|path| (path.clone(), false)))
}

/// Reads a file, or every file of a directory.
fn read_into(
    found: &mut Values,
    state: &State<'_>,
    subject: Subject,
    path: &RepoPath,
    is_required: bool,
) -> Result<(), Cause> {
    if found.files.contains_key(path) {
        return Ok(());
    }
    if let Some(value) = params::read(state, path)? {
        let flat = match subject {
            Subject::Params => flatten(&value),
            Subject::Metrics => {
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
    if below.is_empty() && is_required {
        return Err(Cause::Absent);
    }
    for file in below {
        if let Err(cause) = read_into(found, state, subject, &file, false) {
            found.failures.push(Failure::new(&state.name, Some(&file), cause));
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
