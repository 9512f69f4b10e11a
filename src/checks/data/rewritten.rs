//! Deps that Git rewrites on their way out: line ends, encodings, `$Id$`.
//!
//! A lock has the bytes that a stage read in a worktree, which need not be those of the blob. With
//! `* text=auto` they are the same on Linux, and have other line ends on Windows, and one lock serves both.
//! So a dep counts as modified only if it is that in each form that a worktree may have: the blob's, the one
//! that Git would write here, and the one with CRLF. Files that a program of the settings rewrites, such as
//! those of Git LFS, are left in doubt: it is not for a check to run it.

use std::sync::Arc;

use super::super::Result;
use super::state::State;
use crate::format::lock::LockedStage;
use crate::fs::RepoPath;
use crate::git::{Config, Git, Smudge};
use crate::pipeline::run::decision::Reason;
use crate::pipeline::run::stale::Clean;
use crate::pipeline::{InGit, Stage};

/// Files of one dep that are rewritten, and their bytes; of larger ones nothing is said.
const MAX_FILES: usize = 256;
const MAX_LEN: usize = 64 << 20;

/// Whether the dep at `path`, which has other bytes in Git than the lock says, is modified in each form
/// that it may have in a worktree.
pub(super) fn is_modified_anyhow(
    state: &State<'_>,
    config: &Config,
    stage: &Stage,
    locked: &LockedStage,
    path: &RepoPath,
) -> Result<bool> {
    let git = Git::new(state.files.repo())?;
    let below = state.git().below(path)?;
    let smudges = git.smudges(config, &below.iter().collect::<Vec<_>>())?;
    if smudges.contains(&Smudge::ByProgram) {
        return Ok(false);
    }
    let rewritten = below.iter().zip(smudges).filter(|(_, smudge)| *smudge == Smudge::ByGit);
    let rewritten: Vec<&RepoPath> = rewritten.map(|(path, _)| path).collect();
    if rewritten.is_empty() {
        return Ok(true);
    }
    if rewritten.len() > MAX_FILES {
        return Ok(false);
    }
    let (mut here, mut elsewhere) = (state.files.state()?, state.files.state()?);
    let mut len = 0;
    for path in rewritten {
        let Some(entry) = state.git().entry(path)?.filter(|entry| entry.as_file().is_some()) else {
            continue;
        };
        let bytes = state.git().bytes_of(path, &entry)?;
        len += bytes.len();
        // A correction that waits to be staged is no blob yet.
        let Ok(smudged) = git.smudged(path, entry.id()) else { return Ok(false) };
        if len > MAX_LEN {
            return Ok(false);
        }
        let crlf = with_crlf(&bytes).unwrap_or(bytes);
        for (files, bytes) in [(&mut here, smudged), (&mut elsewhere, crlf)] {
            let id = state.files.repo().blob_id(&bytes)?;
            files.replace(path.clone(), id, bytes.into());
        }
    }
    for files in [here, elsewhere] {
        let source = InGit::new(state.source.project(), Arc::new(files));
        let is_it = |reason: &Reason| match reason {
            Reason::DepModified { path: dep } => {
                stage.address.directory().resolve(dep.as_bytes()).as_ref() == Some(path)
            }
            _ => false,
        };
        let Ok(reasons) = Clean::new(&source)?.reasons(stage, Some(locked)) else {
            return Ok(false);
        };
        if !reasons.iter().any(is_it) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The text with CRLF at the end of each line; `None` if it has a CR already, as Git would leave it alone.
fn with_crlf(text: &[u8]) -> Option<Vec<u8>> {
    if text.contains(&b'\r') || text.contains(&0) {
        return None;
    }
    let lines = text.split_inclusive(|&byte| byte == b'\n');
    Some(lines.fold(Vec::with_capacity(text.len() + text.len() / 16), |mut all, line| {
        match line.strip_suffix(b"\n") {
            Some(line) => all.extend([line, b"\r\n"].concat()),
            None => all.extend_from_slice(line),
        }
        all
    }))
}

#[cfg(test)]
mod tests {
    use super::with_crlf;

    #[test]
    fn line_ends_become_those_of_windows() {
        assert_eq!(with_crlf(b"a\n\nb").as_deref(), Some(&b"a\r\n\r\nb"[..]));
        assert_eq!(with_crlf(b""), Some(Vec::new()));
        assert_eq!(with_crlf(b"a\r\nb\n"), None);
        assert_eq!(with_crlf(b"a\0\n"), None);
    }
}
