//! What Git's hooks do.
//!
//! The post-* hooks follow pointers that moved: they never fail, use no network, wait two seconds at
//! most for another process, and stay out of a rebase, which ends in `post-rewrite`. `pre-push`
//! refuses to publish pointers whose data is nowhere to be had.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::remotes::{self, Access};
use super::revisions::{by_remote, open_remote, root_of};
use super::tracked::TrackedPaths;
use super::{Error, Project, Quiet, Result, Selection, checkout};
use crate::format::Target;
use crate::fs::RepoPath;
use crate::git::Git;
use crate::remote::Remote as _;

/// How long a hook waits for the lock.
const PATIENCE: Duration = Duration::from_secs(2);

/// Lets the data follow the pointers, after a branch switch, merge or rebase. `None` where there is
/// nothing to do or it is not the time. `rebased` says that a rebase has just ended: Git runs
/// `post-rewrite` while its traces are still there.
pub fn follow(project: &mut Project, rebased: bool) -> Result<Option<checkout::Report>> {
    if (project.repo.rebase_in_progress() && !rebased) || !has_moved(project)? {
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

/// One line of what Git tells a pre-push hook (`githooks(5)`).
struct Update<'a> {
    local: &'a str,
    /// What the remote has under the name; `None` if nothing.
    remote: Option<&'a str>,
}

impl Update<'_> {
    /// The commits of this update as a range, where the remote had some before.
    fn range(&self) -> Option<String> {
        let short = |id: &str| id.get(..12).unwrap_or(id).to_owned();
        Some(format!("{}..{}", short(self.remote?), short(self.local)))
    }
}

/// Checks that the data of the commits that are about to be pushed is on some remote of ours.
/// `git_remote` is the name of the Git remote, `input` what Git wrote to the hook.
///
/// # Errors
/// [`Error::NotPushed`], or the remotes cannot be asked.
pub fn pre_push(project: &Project, git_remote: &str, input: &str) -> Result<()> {
    let updates: Vec<Update<'_>> = input.lines().filter_map(parse_update).collect();
    let tracked = new_pointers(project, git_remote, &updates)?;
    let paths: Vec<_> = tracked.paths.into_iter().filter(|path| path.push).collect();
    if paths.is_empty() {
        return Ok(());
    }
    let mut absent = Vec::new();
    for (name, group) in by_remote(&paths, None) {
        let roots: Vec<_> = group.iter().map(|tracked| root_of(tracked)).collect();
        let ids: Vec<_> = roots.iter().map(|root| (root.oid, root.kind)).collect();
        let mut here = vec![false; ids.len()];
        let mut refused = None;
        for name in candidates(project, name)? {
            let asked = open_remote(project, Some(&name), Access::Open).and_then(|(_, remote)| {
                let located = |source| Error::Remote { name: name.clone(), source };
                remote.has(&ids).map_err(located)
            });
            match asked {
                Ok(found) => here.iter_mut().zip(found).for_each(|(here, found)| *here |= found),
                Err(error) => refused = Some(error),
            }
            if here.iter().all(|here| *here) {
                break;
            }
        }
        if here.iter().all(|here| *here) {
            continue;
        }
        if let Some(error) = refused {
            return Err(error);
        }
        let missing = group.iter().zip(here).filter(|(_, here)| !here);
        absent.extend(missing.map(|(tracked, _)| (tracked.path.clone(), tracked.target)));
    }
    if absent.is_empty() {
        return Ok(());
    }
    let ranges = match is_all_here(project, &absent)? {
        true => Vec::new(),
        false => updates.iter().filter_map(Update::range).collect(),
    };
    let absent: BTreeSet<RepoPath> = absent.into_iter().map(|(path, _)| path).collect();
    let count = absent.len() as u64;
    let examples = absent.into_iter().take(super::error::EXAMPLES).collect();
    Err(Error::NotPushed { count, examples, ranges })
}

/// Whether the worktree's pointers name all of this, so that a plain `push` sends it.
fn is_all_here(project: &Project, absent: &[(RepoPath, Target)]) -> Result<bool> {
    let git = project.repo.index()?;
    let here = TrackedPaths::in_worktree(project, &git, &project.index()?)?;
    let here: HashMap<&RepoPath, Target> =
        here.paths.iter().map(|tracked| (&tracked.path, tracked.target)).collect();
    Ok(absent.iter().all(|(path, target)| here.get(path) == Some(target)))
}

/// The remotes that may have what belongs to `name`: that one first, then all others.
fn candidates(project: &Project, name: Option<String>) -> Result<Vec<String>> {
    let first = match name {
        Some(name) => name,
        None => match remotes::default_name(&project.config) {
            Ok(name) => name,
            Err(remotes::Error::NoDefault { .. } | remotes::Error::NoRemote) => String::new(),
            Err(error) => return Err(error.into()),
        },
    };
    let known = remotes::list(&project.config).into_iter().map(|remote| remote.name);
    let others = known.filter(|other| *other != first).collect::<Vec<_>>();
    Ok([first].into_iter().filter(|name| !name.is_empty()).chain(others).collect())
}

fn parse_update(line: &str) -> Option<Update<'_>> {
    let is_id = |id: &&str| id.bytes().all(|b| b.is_ascii_hexdigit());
    let exists = |id: &&str| is_id(id) && !id.bytes().all(|b| b == b'0');
    let mut words = line.split(' ').skip(1);
    let local = words.next().filter(exists)?;
    Some(Update { local, remote: words.nth(1).filter(exists) })
}

/// The pointers of all commits that the Git remote does not have yet.
fn new_pointers(
    project: &Project,
    git_remote: &str,
    updates: &[Update<'_>],
) -> Result<TrackedPaths> {
    if updates.is_empty() {
        return Ok(TrackedPaths::default());
    }
    let mut arguments = vec!["rev-list".to_owned()];
    arguments.extend(updates.iter().map(|update| update.local.to_owned()));
    arguments.push("--not".to_owned());
    arguments.push(format!("--remotes={git_remote}"));
    let listed = Git::new(&project.repo)?.run(&arguments)?;
    let mut commits = Vec::new();
    for id in String::from_utf8_lossy(&listed).lines() {
        commits.push(project.repo.commit(id)?);
    }
    TrackedPaths::at_commits(project, &commits)
}
