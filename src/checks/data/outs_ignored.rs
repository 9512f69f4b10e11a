//! Outs that the next `git add --all` would put into Git.
//!
//! What counts are the `.gitignore` files of the state that is checked: only those reach other clones.
//! An out that its stage never wrote, so that its lock does not have it, cannot be added yet: `repro`
//! writes the line with the out.

use std::collections::BTreeMap;

use super::super::{Finding, Origin, Result};
use super::state::State;
use crate::data::ignore_line;
use crate::fs::{RepoPath, shell_word};
use crate::git::{IgnoreRules, read_worktree_file};

/// The longest file of rules that is read, in bytes.
const MAX_LEN: usize = 16 << 20;

/// Cached outs that no rule covers, of stages whose pipeline, lock or rules are checked.
pub(super) fn find(state: &State<'_>, found: &mut Vec<Finding>) -> Result<()> {
    let rules_changed: Vec<RepoPath> = (state.changed())
        .filter(|path| path.file_name() == IgnoreRules::FILE)
        .filter_map(RepoPath::parent)
        .collect();
    let is_staged = |path: &RepoPath| state.staged(path).is_some();
    let mut known = BTreeMap::new();
    for pipeline in state.pipelines()? {
        let lock_file = pipeline.lock_file();
        let Some(partial) = state.locks()?.get(&lock_file) else { continue };
        let is_concerned = is_staged(&pipeline.file) || is_staged(&lock_file);
        for stage in pipeline.stages() {
            let Some(locked) = partial.lock.stages.get(&stage.address.name) else { continue };
            for out in stage.outs.iter().filter(|out| out.cache) {
                let path = &out.path;
                let touched = |directory: &RepoPath| path.below(directory).is_some();
                if !is_concerned && !rules_changed.iter().any(touched) {
                    continue;
                }
                let written = path.relative_to(&stage.address.directory());
                let locked = locked.outs.iter().find(|out| out.path.as_bytes() == written);
                let Some(locked) = locked.filter(|locked| locked.cache) else { continue };
                let is_directory = locked.target.is_directory();
                let text = |file: &RepoPath| Ok(state.git().read(file, MAX_LEN)?);
                // What Git has as it is, is told as that.
                if is_covered(path, is_directory, &mut known, &text)?
                    || state.git().entry(path)?.is_some()
                {
                    continue;
                }
                let message =
                    format!("stage `{}` writes `{path}`, which Git does not ignore", stage.address);
                let finding = Finding::new(&pipeline.file, "outs-ignored", message);
                found.push(finding.line(stage.line as u64).hint(hint(state, path, is_directory)?));
            }
        }
    }
    Ok(())
}

/// The rules that are in force in each directory.
type Known = BTreeMap<RepoPath, IgnoreRules>;

/// Whether the files that `text` reads make Git ignore `path`.
fn is_covered(
    path: &RepoPath,
    is_directory: bool,
    known: &mut Known,
    text: &dyn Fn(&RepoPath) -> Result<Option<Vec<u8>>>,
) -> Result<bool> {
    let directory = path.parent().unwrap_or_default();
    if !known.contains_key(&directory) {
        let mut rules = IgnoreRules::default();
        let above: Vec<RepoPath> =
            std::iter::successors(Some(directory.clone()), RepoPath::parent).collect();
        for directory in above.iter().rev() {
            let text = text(&directory.join(IgnoreRules::FILE))?;
            rules.add(directory, &text.unwrap_or_default());
        }
        known.insert(directory.clone(), rules);
    }
    let rules = &known[&directory];
    let mut above = std::iter::successors(path.parent(), RepoPath::parent);
    Ok(rules.cover(path, is_directory)
        || above.any(|directory| !directory.is_root() && rules.cover(&directory, true)))
}

/// What to type: the line may be in the worktree already.
fn hint(state: &State<'_>, path: &RepoPath, is_directory: bool) -> Result<String> {
    let file = path.parent().unwrap_or_default().join(IgnoreRules::FILE);
    let word = state.files.word(&file);
    let repo = state.files.repo();
    let text = |file: &RepoPath| Ok(read_worktree_file(&repo.absolute(file), MAX_LEN)?);
    let is_written = is_covered(path, is_directory, &mut Known::new(), &text)?;
    if is_written && state.files.origin != Origin::Worktree {
        return Ok(format!("git add {word}"));
    }
    let line = ignore_line(path.file_name());
    // `echo` of many shells has a meaning of its own for a backslash. A last line without an end would run
    // into the new one.
    let rules = text(&file)?.unwrap_or_default();
    let is_ended = rules.last().is_none_or(|&last| last == b'\n');
    let write = match (is_ended, line.contains(&b'\\')) {
        (true, false) => "echo",
        (true, true) => "printf '%s\\n'",
        (false, _) => "printf '\\n%s\\n'",
    };
    Ok(format!("{write} {} >> {word} && git add {word}", shell_word(line)))
}
