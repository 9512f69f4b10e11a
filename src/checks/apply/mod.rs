//! Corrections, on their way into the index and the worktree.
//!
//! # In this order
//!
//! 1. The new texts are written as blobs: nothing names them yet.
//! 2. The index gets them by one rename ([`Git::restage`]): entries that have another blob by now are left
//!    as they are and told of. What was staged stays in the object database ([`undo()`]).
//! 3. Each file of the worktree follows by one rename of its own (`worktree`).
//!
//! Whoever is killed between two of these leaves a repository in which every text is whole and none is
//! lost: at worst, files of the worktree are still to be corrected, and `git diff` shows it. Ctrl-C before
//! the second step leaves everything as it was; after it, the rest is done first. A file of the worktree
//! that cannot follow is no error: what is committed is right.

mod place;
mod plausible;
mod signals;
#[cfg(test)]
mod tests;
mod undo;
mod worktree;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Error, Files, Fixed, Mode, Origin, Result};
use crate::fs::{self, At as _, RepoPath};
use crate::git::{Git, GitId, Replacement, Repo};
pub use plausible::{plausible, sound};
use signals::Signals;
pub use undo::undo;
use worktree::{Change, Follower};

/// What came of corrections.
#[derive(Debug, Default)]
pub struct Applied {
    pub fixed: Vec<Fixed>,
    /// Paths for which somebody has staged something else than what was checked: nothing was done.
    pub overtaken: Vec<RepoPath>,
    /// Why the index that Git leaves behind after a commit of some files (`git commit PATH`) could not
    /// follow. The commit has the corrections all the same.
    pub left_behind: Option<String>,
}

/// A correction, with what it needs to be made.
struct Correction<'a> {
    path: &'a RepoPath,
    old: (GitId, Arc<[u8]>),
    new: (GitId, &'a [u8]),
    mode: crate::git::FileMode,
}

/// Applies the corrections of `files`. In [`Mode::Check`] there are none to apply.
///
/// # Errors
/// A correction is none ([`sound`]), the index cannot be written, or a signal came. Nothing was changed,
/// but in the last case, in which either nothing was, or all was done.
pub fn apply(files: &Files<'_>, mode: Mode) -> Result<Applied> {
    if mode == Mode::Check || files.corrected().next().is_none() {
        return Ok(Applied::default());
    }
    let repo = files.repo();
    let signals = Signals::held().at("listen for signals in", repo.top())?;
    let stop = || if signals.came() { Err(Error::Interrupted) } else { Ok(()) };
    let temp = temp_dir(repo)?;
    let corrections = corrections(files, mode)?;
    fs::failpoint::hit("apply.blobs").at("correct", repo.top())?;
    stop()?;
    let git = Git::new(repo)?;
    let mut applied = Applied::default();
    let taken = match mode {
        Mode::Fix => {
            let (taken, left_behind) = stage(repo, &git, &corrections, &temp)?;
            applied.left_behind = left_behind;
            taken
        }
        Mode::Check | Mode::FixWorktree => vec![true; corrections.len()],
    };
    let _ = fs::failpoint::hit("apply.staged");
    let paths = || corrections.iter().map(|correction| correction.path);
    let follower = Follower {
        repo,
        git,
        objects: repo.objects(),
        // Where that cannot be told, Git is asked about each file.
        may_filter: repo.config().and_then(|it| repo.may_filter(&it, paths())).unwrap_or(true),
        temp: &temp,
    };
    for (Correction { path, old, new, mode: bits }, taken) in corrections.iter().zip(taken) {
        if !taken {
            applied.overtaken.push((*path).clone());
            continue;
        }
        let change = Change { path, old: (old.0, &old.1), new: *new };
        let worktree = match files.origin {
            Origin::Worktree => follower.overwrite(&change),
            Origin::Index | Origin::Commit(_) => follower.follow(&change),
        };
        let staged = (mode == Mode::Fix).then_some(*bits);
        let (path, old, new) = ((*path).clone(), old.0, new.0);
        applied.fixed.push(Fixed { path, old, new, staged, worktree });
        let _ = fs::failpoint::hit("apply.followed");
    }
    stop()?;
    Ok(applied)
}

/// The corrections, each checked, and written as a blob if it will be staged.
fn corrections<'a>(files: &'a Files<'_>, mode: Mode) -> Result<Vec<Correction<'a>>> {
    let objects = files.repo().objects();
    let mut corrections = Vec::new();
    for (file, text) in files.corrected() {
        let old = files.original(file)?;
        if *old == *text {
            continue;
        }
        if let Err(reason) = sound(&old, text) {
            return Err(Error::Unsound { path: file.path.clone(), reason });
        }
        let new = match (mode, files.origin) {
            (Mode::FixWorktree, Origin::Worktree) => files.repo().blob_id(text)?,
            _ => objects.write_blob(text)?,
        };
        let (path, mode) = (&file.path, file.mode);
        corrections.push(Correction { path, old: (file.id, old), new: (new, text), mode });
    }
    Ok(corrections)
}

/// Stages the corrections, and says which of them are staged, and why the other index did not follow.
///
/// # Errors
/// Nothing was staged.
fn stage(
    repo: &Repo,
    git: &Git<'_>,
    corrections: &[Correction<'_>],
    temp: &Path,
) -> Result<(Vec<bool>, Option<String>)> {
    let replacement =
        |it: &Correction<'_>| Replacement { path: it.path.clone(), old: it.old.0, new: it.new.0 };
    let replacements: Vec<Replacement> = corrections.iter().map(replacement).collect();
    let taken = git.restage(&repo.index_path(), &replacements, temp)?;
    // From here on it is done: what else goes wrong is told. What is not in the other index, or not the
    // same, was not part of this commit there.
    let followed =
        fs::failpoint::hit("apply.behind").at("correct", repo.top()).map_err(Error::from);
    let followed = followed.and_then(|()| {
        if let Some(behind) = repo.index_behind() {
            git.restage(&behind, &replacements, temp)?;
        }
        Ok(())
    });
    Ok((taken, followed.err().map(|error| error.to_string())))
}

/// A directory of this worktree for files that will be renamed. Other commands clear their own while
/// they hold a lock that we do not take; here, what was left behind goes after two weeks, as in Git.
fn temp_dir(repo: &Repo) -> Result<PathBuf> {
    const AGE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
    let directory = repo.git_dir().join("mldata/corrections");
    fs::create_dir_all(&directory)?;
    let oldest = SystemTime::now().checked_sub(AGE).unwrap_or(SystemTime::UNIX_EPOCH);
    let oldest = oldest.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    for entry in std::fs::read_dir(&directory).at("read directory", &directory)?.flatten() {
        // Not by the time of its content: it may be a file of the user's.
        let stat = fs::lstat(&entry.path())?;
        if stat.is_some_and(|stat| i128::from(stat.ctime_ns) < oldest as i128) {
            fs::remove_file_if_exists(&entry.path())?;
        }
    }
    Ok(directory)
}
