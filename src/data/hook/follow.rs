//! Data follows pointers that Git moved.
//!
//! Git has done its work when it calls these hooks: whatever goes wrong is told and fails nothing. They
//! use no network, wait two seconds at most for another process, and stay out of a rebase, which ends
//! in `post-rewrite`, and of a bisection, which may go through many versions of large data before
//! somebody wants to see one.

use std::time::Duration;

use crate::data::tracked::TrackedPaths;
use crate::data::{Project, Quiet, Result, Selection, checkout};

/// How long a hook waits for the lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// Lets the data follow the pointers, after a branch switch, merge or rebase. `None` where there is
/// nothing to do or it is not the time. `rebased` says that a rebase has just ended: Git runs
/// `post-rewrite` while its traces are still there.
pub fn follow(project: &mut Project, rebased: bool) -> Result<Option<checkout::Report>> {
    let is_busy = project.repo.rebase_in_progress() && !rebased;
    if is_busy || project.repo.bisect_in_progress() || !has_moved(project)? {
        return Ok(None);
    }
    project.set_patience(PATIENCE);
    let lock = project.lock("mldata checkout (hook)", &Quiet)?;
    let options = checkout::Options { follow: true, ..checkout::Options::default() };
    checkout::checkout_locked(project, &lock, &Selection::all(), options, &Quiet).map(Some)
}

/// Whether some pointer is not what this worktree last followed. Needs no lock.
fn has_moved(project: &Project) -> Result<bool> {
    let index = project.index()?;
    let git = project.repo.index()?;
    let tracked = TrackedPaths::in_worktree(project, &git, &index)?;
    let moved = tracked.paths.iter().any(|tracked| {
        index.targets.get(&tracked.path).is_none_or(|state| state.base != tracked.target)
    });
    let gone = index.targets.keys().any(|path| tracked.containing(path).is_none());
    Ok(moved || gone)
}
