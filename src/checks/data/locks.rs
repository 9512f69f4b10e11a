//! Locks that cannot be read, or that are not of the pipeline beside them.

use std::collections::{HashMap, HashSet};

use super::super::{File, Finding, Result};
use super::stale_lock::repro;
use super::state::{Pipeline, State, is_in_template, unreadable};
use crate::format::Lock;
use crate::format::lock::{self, LockedStage};
use crate::fs::{RepoPath, display_bytes};
use crate::pipeline::Stage;
use crate::pipeline::file::NAMES;

const RULE: &str = "lock";

/// What is wrong with staged locks.
pub(super) fn find(state: &State<'_>, found: &mut Vec<Finding>) -> Result<()> {
    let reader = state.files.reader();
    let is_lock = |file: &&File| {
        file.path.file_name() == lock::FILE_NAME.as_bytes() && !is_in_template(&file.path)
    };
    for file in state.files.files.iter().filter(is_lock) {
        if !file.is_regular() {
            found.push(Finding::new(&file.path, RULE, "a lock is a file, not a link"));
            continue;
        }
        let Some(text) = reader.bytes(file, lock::MAX_LEN)? else {
            let message = "not a valid lock: it is longer than 64 MiB";
            found.push(Finding::new(&file.path, RULE, message));
            continue;
        };
        let lock = match Lock::parse(&text) {
            Ok(lock) => lock,
            Err(error) => {
                found.push(unreadable(&file.path, RULE, &text, &error));
                continue;
            }
        };
        let pipelines = state.pipelines()?;
        let Some(pipeline) = pipelines.iter().find(|it| it.lock_file() == file.path) else {
            continue;
        };
        let mut lines = None;
        for stage in pipeline.stages() {
            let Some(locked) = lock.stages.get(&stage.address.name) else { continue };
            if !has_outs_of(locked, stage) {
                let name = display_bytes(stage.address.name.as_bytes());
                let message =
                    format!("its outs of stage `{name}` are not those of `{}`", pipeline.file);
                let finding = Finding::new(&file.path, RULE, message);
                let lines = lines.get_or_insert_with(|| lines_of(&text));
                let line = lines.get(stage.address.name.as_bytes()).copied();
                let finding = finding.line(line.unwrap_or(1));
                found.push(finding.hint(repro(state, stage)));
            }
        }
    }
    Ok(())
}

/// Stages of locks that no pipeline has any more, where the lock or the pipeline beside it changed.
pub(super) fn find_leftovers(state: &State<'_>, found: &mut Vec<Finding>) -> Result<()> {
    let changed: HashSet<&RepoPath> = state.changed().collect();
    for (file, partial) in state.locks()? {
        let directory = file.parent().unwrap_or_default();
        let is_changed =
            NAMES.iter().any(|name| changed.contains(&directory.join(name.as_bytes())));
        if state.staged(file).is_none() && !is_changed {
            continue;
        }
        let pipelines = state.pipelines()?;
        let pipeline = pipelines.iter().find(|it| it.lock_file() == *file);
        let text = state.git().read(file, lock::MAX_LEN)?.unwrap_or_default();
        let Some(pipeline) = pipeline else {
            let message = "there is no pipeline file beside it";
            found.push(Finding::new(file, "lock-leftover", message));
            continue;
        };
        // Which stages there are, only a file without mistakes tells.
        let Pipeline { file: beside, loaded: Ok(loaded) } = pipeline else { continue };
        let known: HashSet<&str> =
            loaded.stages.iter().map(|stage| &stage.address.name[..]).collect();
        let left = partial.lock.stages.keys().filter(|name| !known.contains(&name[..]));
        let left: Vec<&str> = left.map(|name| &name[..]).collect();
        let Some(first) = left.first() else { continue };
        let shown = format!("`{}`", display_bytes(first.as_bytes()));
        let which = match left.len() {
            1 => format!("stage {shown}"),
            count => format!("{shown} and {} more stages", count - 1),
        };
        let message = format!("has {which}, which `{beside}` does not have");
        let line = lines_of(&text).get(first.as_bytes()).copied().unwrap_or(1);
        found.push(Finding::new(file, "lock-leftover", message).line(line));
    }
    Ok(())
}

/// Whether the lock lists the outs that the stage has, cached or not in the same way.
pub(super) fn has_outs_of(locked: &LockedStage, stage: &Stage) -> bool {
    let directory = stage.address.directory();
    let mut wanted: Vec<(Vec<u8>, bool)> =
        stage.outs.iter().map(|out| (out.path.relative_to(&directory), out.cache)).collect();
    let mut listed: Vec<(Vec<u8>, bool)> =
        locked.outs.iter().map(|out| (out.path.clone().into_bytes(), out.cache)).collect();
    wanted.sort();
    listed.sort();
    wanted == listed
}

/// The lines of a lock, counted from one, that name stages as they are usually written.
fn lines_of(text: &[u8]) -> HashMap<&[u8], u64> {
    let name = |line: &'_ [u8]| -> Option<std::ops::Range<usize>> {
        let end = line.iter().rposition(|&b| b == b':')?;
        let is_quoted = line.get(2) == Some(&b'"');
        let is_name = line.starts_with(b"  ") && line.get(2) != Some(&b' ');
        (is_name && end > 4).then(|| if is_quoted { 3..end - 1 } else { 2..end })
    };
    let lines = text.split(|&b| b == b'\n').zip(1..);
    lines.filter_map(|(line, number)| Some((line.get(name(line)?)?, number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_found_in_the_text_of_a_lock() {
        let text = b"mlrun: 1\nstages:\n  train:\n    cmd: \"a: b\"\n  \"1.5\":\n    cmd: x\n  :\n";
        let lines = lines_of(text);
        assert_eq!(lines.get(&b"train"[..]), Some(&3));
        assert_eq!(lines.get(&b"1.5"[..]), Some(&5));
        assert_eq!(lines.len(), 2, "{lines:?}");
    }
}
