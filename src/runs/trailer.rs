//! `Mlrun-Run: <id>`: the line of a commit's message that names the run whose results it has.
//!
//! It is part of the message, so it goes where the change goes: through rebase, cherry-pick and merge,
//! where the id of the commit does not.
//!
//! The hook `prepare-commit-msg` writes it ([`prepare`]) when a lock is committed as the last run of this
//! worktree left it. A merge, a squash, an amended commit and what a rebase or cherry-pick makes again
//! keep what their messages have. `git commit --amend -m` has a message without the line, and cannot be
//! told from a commit of something else: Git passes the same words and the same environment. There the run
//! is found by what `post-rewrite` records ([`super::rewrites`]).

use std::ffi::OsStr;
use std::path::Path;

use super::last::LastRun;
use super::{Result, Runs, Summary};
use crate::format::run::{RunId, is_prefix};
use crate::fs::RepoPath;
use crate::git::{Git, Repo};

/// The trailer's name.
pub const KEY: &str = "Mlrun-Run";
/// Runs of one message that are looked at.
const MAX: usize = 1000;
/// What tells that Git makes a commit again, in the directory of a worktree.
const AGAIN: [&str; 3] = ["CHERRY_PICK_HEAD", "REVERT_HEAD", "MERGE_HEAD"];

/// Adds the trailer to the message in the file `message`, if what is about to be committed has a lock
/// that HEAD does not have and that the last run here wrote. `source` is what Git says of the
/// message's origin (`githooks(5)`). Returns the run that was added.
///
/// Where the last run wrote nothing that is committed, this reads a small file and Git's index.
///
/// # Errors
/// The message is as it was.
pub fn prepare(repo: &Repo, message: &Path, source: Option<&str>) -> Result<Option<RunId>> {
    if matches!(source, Some("merge" | "squash" | "commit")) {
        return Ok(None);
    }
    let Some(last) = LastRun::read(repo) else { return Ok(None) };
    if is_made_again(repo) {
        return Ok(None);
    }
    let index = repo.index()?;
    let head = repo.head()?;
    for (path, left) in &last.locks {
        let Some(path) = RepoPath::new(path.as_str()) else { continue };
        let Some(staged) = index.blob_at(&path).filter(|staged| staged.to_string() == *left) else {
            continue;
        };
        let committed = match head {
            Some(head) => repo.entry_at(head, &path)?.map(|entry| entry.id()),
            None => None,
        };
        if committed != Some(staged) {
            let trailer = format!("{KEY}: {}", last.run);
            let words = [
                "interpret-trailers",
                "--in-place",
                "--no-divider",
                "--if-exists=addIfDifferent",
                "--trailer",
                &trailer,
                "--",
            ];
            let words: Vec<&OsStr> =
                words.iter().map(OsStr::new).chain([message.as_os_str()]).collect();
            Git::new(repo)?.run(&words)?;
            return Ok(Some(last.run));
        }
    }
    Ok(None)
}

/// Whether Git is about to make a commit again, or to join some, rather than to make a new one.
pub fn is_made_again(repo: &Repo) -> bool {
    let is_there = |name: &&str| repo.git_dir().join(name).exists();
    repo.rebase_in_progress() || AGAIN.iter().any(is_there)
}

/// Why a trailer does not lead to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// It is no id.
    NoId,
    /// It is the beginning of an id, or the name, of this run.
    Named(RunId),
    /// No run here has the id.
    Unknown,
}

/// The trailers of a message that do not lead to a run, with the reason.
///
/// # Errors
/// The runs cannot be read.
pub fn doubts<'m>(repo: &Repo, message: &'m [u8]) -> Result<Vec<(&'m [u8], Doubt)>> {
    let runs = Runs::load(repo)?;
    let named = |text: &str| {
        let is_meant = |run: &Summary<'_>| {
            run.name() == text || (is_prefix(text) && run.id().to_string().starts_with(text))
        };
        let mut found = runs.present().filter(is_meant).map(Summary::id);
        found.next().filter(|_| found.next().is_none())
    };
    let doubt = |value: &[u8]| {
        let Ok(text) = std::str::from_utf8(value) else { return Some(Doubt::NoId) };
        match RunId::parse(text) {
            Ok(id) => runs.get(id).is_none().then_some(Doubt::Unknown),
            Err(_) => Some(named(text).map_or(Doubt::NoId, Doubt::Named)),
        }
    };
    let values = values_of(message).take(MAX);
    Ok(values.filter_map(|value| Some((value, doubt(value)?))).collect())
}

/// What stands behind each `Mlrun-Run:` that begins a line.
pub fn values_of(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    message.split(|&b| b == b'\n').filter_map(|line| {
        let (key, value) = line.split_at_checked(KEY.len())?;
        let value = value.strip_prefix(b":")?;
        key.eq_ignore_ascii_case(KEY.as_bytes()).then(|| value.trim_ascii())
    })
}

/// The runs that a message names, in its order and each once. A squashed commit has its trailers in the
/// middle, therefore every line counts.
pub fn runs_of(message: &[u8]) -> Vec<RunId> {
    let mut found = Vec::new();
    for value in values_of(message) {
        let id = std::str::from_utf8(value).ok().and_then(|id| RunId::parse(id).ok());
        if let Some(id) = id.filter(|id| !found.contains(id)) {
            found.push(id);
            if found.len() == MAX {
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_are_found_in_whatever_message() {
        let id = |byte| RunId::from_bytes([byte; 16]);
        let message = format!(
            "Train\n\nMlrun-Run: {}\nother\n\nmlrun-run:  {}\r\nMlrun-Run: {}\nMlrun-Run: main\n\
             Mlrun-Runs: {}\nMlrun-Run",
            id(1),
            id(2),
            id(1),
            id(3)
        );
        assert_eq!(runs_of(message.as_bytes()), [id(1), id(2)]);
        assert!(runs_of(b"").is_empty());
    }
}
