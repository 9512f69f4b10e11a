//! Data that is in Git as it is, though a pointer or a lock tracks it: in every clone twice.

use std::collections::{BTreeMap, BTreeSet};

use super::super::{Finding, Result};
use super::forget::Forget;
use super::state::{LockedBy, State};
use crate::data::tracked::{pointer_path, target_path};
use crate::fs::RepoPath;

/// Each tracked path that Git has too, if that or what tracks it is staged.
pub(super) fn find(state: &State<'_>, found: &mut Vec<Finding>) -> Result<()> {
    let none = BTreeMap::new();
    let outs = if state.names.locks.is_empty() { &none } else { state.locked_outs()? };
    let targets = concerned(state, outs);
    let mut raw = Vec::new();
    for target in &targets {
        let below = state.git().below(target)?;
        if !below.is_empty() {
            raw.push((target, below));
        }
    }
    let paths: Vec<&RepoPath> = raw.iter().map(|(target, _)| *target).collect();
    let forget = Forget::new(state.files, &paths)?;
    for (target, below) in raw {
        let Some(first) = below.first() else { continue };
        let by = match outs.get(target) {
            Some(LockedBy { stage, .. }) => format!("stage `{stage}` writes it as a cached out"),
            None => format!("`{}` tracks it", pointer_path(target)),
        };
        let message = match below.len() {
            1 if first == target => format!("is in Git as it is, though {by}"),
            1 => format!("a file of `{target}` is in Git as it is, though {by}"),
            count => format!("{count} files of `{target}` are in Git as they are, though {by}"),
        };
        let place = state.staged_below(target).map_or(first, |file| &file.path);
        let hint = forget.command(target, true);
        found.push(Finding::new(place, "raw-data", message).hint(hint));
    }
    Ok(())
}

/// Tracked paths that are staged raw, or whose pointer or lock is staged.
fn concerned(state: &State<'_>, outs: &BTreeMap<RepoPath, LockedBy>) -> BTreeSet<RepoPath> {
    let mut targets = BTreeSet::new();
    for file in &state.files.files {
        let path = Some(file.path.clone());
        let above = std::iter::successors(path, RepoPath::parent).filter(|path| !path.is_root());
        let is_tracked = |path: &RepoPath| {
            outs.contains_key(path) || state.names.pointers.contains(&pointer_path(path))
        };
        targets.extend(above.filter(is_tracked));
        if state.names.pointers.contains(&file.path) {
            targets.extend(target_path(&file.path));
        }
    }
    let is_staged = |by: &LockedBy| state.staged(&by.lock).is_some();
    targets.extend(outs.iter().filter(|(_, by)| is_staged(by)).map(|(path, _)| path.clone()));
    targets
}
