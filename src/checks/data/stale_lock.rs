//! Stages whose lock would be committed beside other inputs than they ran on.
//!
//! Command, parameters and deps are those of the state that is checked, as a clean checkout would have
//! them: what only the worktree has says nothing. Only stages are looked at that have to do with what
//! changed. Left out is what cannot be known here and now: stages that never ran, deps that are not in
//! the state, deps outside of the repository, variables of the caller, and files that a program of the
//! settings rewrites on their way out (`gitattributes(5)`). Where Git itself does, the lock may have them
//! as any machine would ([`rewritten`](super::rewritten)).

use std::collections::BTreeSet;

use super::super::{Finding, Result};
use super::locks::has_outs_of;
use super::rewritten::is_modified_anyhow;
use super::state::{State, next_below};
use crate::data::tracked::target_path;
use crate::format::lock::LockedStage;
use crate::fs::{RepoPath, display_bytes};
use crate::git::Config;
use crate::pipeline::graph::glob_base;
use crate::pipeline::run::decision::Reason;
use crate::pipeline::run::stale::Clean;
use crate::pipeline::stage::{Dep, Place};
use crate::pipeline::{Error, Stage};

/// Reasons that one finding tells.
const MOST: usize = 3;

/// Stages that would run on a clean checkout.
pub(super) fn find(state: &State<'_>, found: &mut Vec<Finding>) -> Result<()> {
    let mut clean = None;
    let mut touched = None;
    for pipeline in state.pipelines()? {
        let lock_file = pipeline.lock_file();
        let Some(partial) = state.locks()?.get(&lock_file) else { continue };
        let is_staged = |path: &RepoPath| state.staged(path).is_some();
        let concerns_all = is_staged(&pipeline.file) || is_staged(&lock_file);
        for stage in pipeline.stages() {
            let Some(locked) = partial.lock.stages.get(&stage.address.name) else { continue };
            if !concerns_all {
                let touched = match &mut touched {
                    Some(touched) => touched,
                    none => none.insert(touched_paths(state)?),
                };
                if !concerns(stage, touched) {
                    continue;
                }
            }
            let clean = match &mut clean {
                Some(clean) => clean,
                none => none.insert(Clean::new(&state.source)?),
            };
            let mut reasons = match clean.reasons(stage, Some(locked)) {
                Ok(reasons) => reasons,
                // A failing disk is an error; what cannot be known is none.
                Err(Error::Git(error)) => return Err(error.into()),
                Err(_) => continue,
            };
            let config = &state.source.project().config;
            let mut known = Vec::new();
            for reason in reasons.drain(..) {
                if is_known(state, config, stage, locked, &reason)? {
                    known.push(reason);
                }
            }
            // Of a lock that is staged this is an error, and told as that.
            if !is_staged(&lock_file) && !has_outs_of(locked, stage) {
                known.push(Reason::OutsListed);
            }
            if !known.is_empty() {
                let name = display_bytes(stage.address.name.as_bytes());
                let message =
                    format!("the lock of stage `{name}` is out of date: {}", list(&known));
                let finding = Finding::new(&pipeline.file, "stale-lock", message);
                found.push(finding.line(stage.line as u64).hint(repro(state, stage)));
            }
        }
    }
    Ok(())
}

/// What brings the lock of `stage` up to date.
pub(super) fn repro(state: &State<'_>, stage: &Stage) -> String {
    let name = stage.address.name.as_bytes();
    let target = match stage.address.directory() == state.files.here {
        true => name.to_vec(),
        false => {
            let file = stage.address.file.relative_to(&state.files.here);
            [&file[..], b":", name].concat()
        }
    };
    format!("git mlrun repro {}", crate::fs::shell_word(&target))
}

/// What changed, with what pointers and locks that changed say of data.
fn touched_paths(state: &State<'_>) -> Result<BTreeSet<RepoPath>> {
    let mut touched: BTreeSet<RepoPath> = state.changed().cloned().collect();
    touched.extend(state.changed().filter_map(|path| target_path(path).ok()));
    if !state.names.locks.is_empty() {
        let outs = state.locked_outs()?.iter();
        let moved = outs.filter(|(_, by)| state.staged(&by.lock).is_some());
        touched.extend(moved.map(|(path, _)| path.clone()));
    }
    Ok(touched)
}

/// Whether something that `stage` reads is touched.
fn concerns(stage: &Stage, touched: &BTreeSet<RepoPath>) -> bool {
    let reads = |path: &RepoPath| {
        let mut above = std::iter::successors(Some(path.clone()), RepoPath::parent);
        path.is_root()
            || above.any(|path| touched.contains(&path))
            || next_below(touched, path).is_some()
    };
    let is_dep = |dep: &Dep| match dep {
        Dep::Path(Place::Inside(path)) => reads(path),
        Dep::Path(Place::Outside(_)) => false,
        Dep::Glob(glob) => reads(&glob_base(glob)),
    };
    stage.deps.iter().any(is_dep) || stage.params.iter().any(|from| touched.contains(&from.file))
}

/// Whether `reason` says something of the state, and not of this machine.
fn is_known(
    state: &State<'_>,
    config: &Config,
    stage: &Stage,
    locked: &LockedStage,
    reason: &Reason,
) -> Result<bool> {
    Ok(match reason {
        Reason::DepMissing { .. } => false,
        Reason::Env { name } => stage.env.get(name).is_none_or(Option::is_some),
        Reason::DepModified { path } => {
            let Some(path) = stage.address.directory().resolve(path.as_bytes()) else {
                return Ok(false);
            };
            let is_rewritten =
                state.files.repo().may_filter(config, &[path.clone(), path.join(b"any")])?;
            !is_rewritten || is_modified_anyhow(state, config, stage, locked, &path)?
        }
        _ => true,
    })
}

fn list(reasons: &[Reason]) -> String {
    let mut told: Vec<String> = reasons.iter().take(MOST).map(shown).collect();
    if reasons.len() > MOST {
        told.push(format!("{} more", reasons.len() - MOST));
    }
    told.join(", ")
}

fn shown(reason: &Reason) -> String {
    let name = |text: &str| display_bytes(text.as_bytes());
    match reason {
        Reason::Command => "its command changed".to_owned(),
        Reason::DepAdded { path } => format!("`{}` is a new dep", name(path)),
        Reason::DepRemoved { path } => format!("`{}` is no dep any more", name(path)),
        Reason::DepModified { path } => format!("`{}` was modified", name(path)),
        Reason::Param { key, file, .. } => format!("`{}` of `{}` changed", name(key), name(file)),
        Reason::Env { name: variable } => format!("the variable `{}` changed", name(variable)),
        Reason::OutsListed => "its outs are listed differently".to_owned(),
        // Not among those that are looked for.
        _ => "it would run".to_owned(),
    }
}
