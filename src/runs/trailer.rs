//! `Mlrun-Run: <id>`: the line of a commit's message that names the run whose results it has.
//!
//! It is part of the message, so it goes where the change goes: through rebase, cherry-pick and merge,
//! where the id of the commit does not.
//!
//! The hook `prepare-commit-msg` writes it ([`prepare`]) when a lock is committed as the last run of this
//! worktree left it. A merge, a squash, an amended commit and what a rebase or cherry-pick makes again
//! keep what their messages have.

use std::ffi::OsStr;
use std::path::Path;

use super::Result;
use super::last::LastRun;
use crate::format::run::RunId;
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
    let is_again = |name: &&str| repo.git_dir().join(name).exists();
    if repo.rebase_in_progress() || AGAIN.iter().any(is_again) {
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

/// The runs that a message names, in its order and each once. A squashed commit has its trailers in the
/// middle, therefore every line counts.
pub fn runs_of(message: &[u8]) -> Vec<RunId> {
    let mut found = Vec::new();
    for line in message.split(|&b| b == b'\n') {
        let Some((key, value)) = line.split_at_checked(KEY.len()) else { continue };
        let Some(value) = value.strip_prefix(b":") else { continue };
        if !key.eq_ignore_ascii_case(KEY.as_bytes()) {
            continue;
        }
        let id = std::str::from_utf8(value.trim_ascii()).ok().and_then(|id| RunId::parse(id).ok());
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
