//! `git push` takes data along, or is stopped.
//!
//! What the pointers and locks of the commits name that are about to be pushed has to be on some remote
//! of ours before Git publishes them. What none has is pushed first, of every commit that the Git remote
//! does not have yet and not only of what is checked out, to the remote that its pointer names or the
//! default one. Where that is not possible (an object is not here, there is no remote, it cannot be
//! reached or written), the push of the commits is stopped, and what their data is called is told.
//!
//! Which commits the Git remote has is told by the branches that follow it, and by what it says itself of
//! the refs that are pushed (`githooks(5)`). If it is given by its URL and no configured remote is there,
//! only the latter is known: then older commits are looked at once more, which finds their data where it
//! is. Refs that `git mlrun push` exchanges, and those that only follow remotes (`git push --mirror` sends
//! them too), ask for no data.

use std::collections::{BTreeSet, HashMap};

use crate::data::push::{self, Pushed};
use crate::data::remotes::{self, Access};
use crate::data::revisions::{Options, at_remote, by_remote, open_remote, root_of};
use crate::data::tracked::{TrackedPath, TrackedPaths};
use crate::data::{Error, Project, Result, error};
use crate::format::Target;
use crate::fs::RepoPath;
use crate::git::{CommitId, Git, Repo};
use crate::remote::{Progress, Remote as _};

/// Refs of a remote that need no data.
const WITHOUT_DATA: [&str; 4] =
    ["refs/mlrun/", "refs/mlrun-remotes/", "refs/remotes/", "refs/stash"];

/// A push that Git is about to make.
#[derive(Clone, Copy, Debug)]
pub struct Push<'a> {
    /// The name of the Git remote, or its URL if that is how it was given.
    pub remote: &'a str,
    /// What Git tells of the refs: `<local ref> <local id> <remote ref> <remote id>`, a line each.
    pub refs: &'a str,
    /// Whether data is sent; else it is only looked for.
    pub sends: bool,
}

/// Brings the data of the commits of a push to remotes of ours, as far as none has it. Returns what was
/// sent.
///
/// # Errors
/// [`Error::NotPushed`]: no remote has all of it. What could be sent was.
pub fn pre_push(project: &Project, push: Push<'_>, progress: &dyn Progress) -> Result<Vec<Pushed>> {
    let updates: Vec<Update<'_>> = push.refs.lines().filter_map(Update::parse).collect();
    let commits = new_commits(&project.repo, push.remote, &updates)?;
    let tracked = TrackedPaths::at_commits(project, &commits)?;
    let paths: Vec<_> = tracked.paths.into_iter().filter(|path| path.push).collect();
    let mut sent = Vec::new();
    let mut lacking = Lacking::default();
    for (name, group) in by_remote(&paths, None) {
        let (absent, refused) = absent(project, name.as_deref(), group)?;
        if absent.is_empty() {
            continue;
        }
        match refused {
            Some(error) => lacking.add(absent, Some(error)),
            None if !push.sends => lacking.add(absent, None),
            None => match send(project, name, &absent, progress) {
                Ok((pushed, incomplete)) => {
                    sent.push(pushed);
                    if let Some((positions, error)) = incomplete {
                        lacking.add(positions.into_iter().map(|at| absent[at]).collect(), error);
                    }
                }
                Err(error) => lacking.add(absent, Some(error)),
            },
        }
    }
    lacking.conclude(project, &updates)?;
    Ok(sent)
}

/// One line of what Git tells.
struct Update<'a> {
    local: &'a str,
    /// What the remote has under the name; `None` if nothing.
    remote: Option<&'a str>,
}

impl Update<'_> {
    /// `None` for a ref that is deleted or that needs no data, and for what is no such line.
    fn parse(line: &str) -> Option<Update<'_>> {
        let is_id = |id: &&str| id.len() >= 40 && id.bytes().all(|b| b.is_ascii_hexdigit());
        let exists = |id: &&str| is_id(id) && !id.bytes().all(|b| b == b'0');
        // From the end: a revision that was typed in the place of the local ref may have spaces.
        let mut words = line.rsplit(' ');
        let remote = words.next().filter(exists);
        let name = words.next()?;
        let local = words.next().filter(exists)?;
        let needs_data = !WITHOUT_DATA.iter().any(|prefix| name.starts_with(prefix));
        needs_data.then_some(Update { local, remote })
    }

    /// The commits of this update as a revision or range, for `git mldata push --rev`.
    fn range(&self, repo: &Repo) -> String {
        let short = |id: &str| id.get(..12).unwrap_or(id).to_owned();
        match self.remote.filter(|remote| repo.objects().find_commit(remote).is_some()) {
            Some(remote) => format!("{}..{}", short(remote), short(self.local)),
            None => short(self.local),
        }
    }
}

/// The commits of `updates` that the Git remote does not have yet.
fn new_commits(repo: &Repo, remote: &str, updates: &[Update<'_>]) -> Result<Vec<CommitId>> {
    if updates.is_empty() {
        return Ok(Vec::new());
    }
    let objects = repo.objects();
    let tips: Vec<&str> = updates.iter().map(|update| update.local).collect();
    // Before a push that is forced, the remote may have what was never here.
    let known = updates.iter().filter_map(|update| objects.find_commit(update.remote?));
    let git = Git::new(repo)?;
    let name = git.remote_called(remote)?;
    Ok(git.commits_beyond(&tips, &known.collect::<Vec<_>>(), name.as_deref())?)
}

/// What of `group`, which belongs to the remote `name` or the default one, no remote has, each object
/// once; and why its own remote cannot be asked, if it cannot.
fn absent<'a>(
    project: &Project,
    name: Option<&str>,
    group: Vec<&'a TrackedPath>,
) -> Result<(Vec<&'a TrackedPath>, Option<Error>)> {
    let mut seen = BTreeSet::new();
    let mut absent = group;
    absent.retain(|tracked| seen.insert((tracked.target.oid(), tracked.target.is_directory())));
    let own =
        match name.map(str::to_owned).map_or_else(|| remotes::default_name(&project.config), Ok) {
            Ok(own) => Ok(own),
            Err(error) => Err(Error::from(error)),
        };
    let refused = match &own {
        Ok(own) => drop_present(project, own, &mut absent).err(),
        Err(_) => None,
    };
    // Another remote makes up for it; one that cannot be reached is of no concern.
    for other in remotes::list(&project.config) {
        if absent.is_empty() {
            break;
        }
        if own.as_ref().ok() != Some(&other.name) {
            let _ = drop_present(project, &other.name, &mut absent);
        }
    }
    Ok((absent, own.err().or(refused)))
}

/// Leaves in `absent` what the remote `name` does not have.
fn drop_present(project: &Project, name: &str, absent: &mut Vec<&TrackedPath>) -> Result<()> {
    let (name, remote) = open_remote(project, Some(name), Access::Open)?;
    let ids: Vec<_> = absent.iter().map(|tracked| root_of(tracked)).collect();
    let ids: Vec<_> = ids.iter().map(|root| (root.oid, root.kind)).collect();
    let mut found = remote.has(&ids).map_err(at_remote(&name))?.into_iter();
    absent.retain(|_| !found.next().unwrap_or(false));
    Ok(())
}

/// The positions of what could not be sent, and why.
type Incomplete = (Vec<usize>, Option<Error>);

fn send(
    project: &Project,
    name: Option<String>,
    absent: &[&TrackedPath],
    progress: &dyn Progress,
) -> Result<(Pushed, Option<Incomplete>)> {
    let roots: Vec<_> = absent.iter().map(|tracked| root_of(tracked)).collect();
    let options = Options { remote: name, ..Options::default() };
    let mut pushed = push::push_objects(project, &roots, &options, progress)?;
    if pushed.report.incomplete.is_empty() && pushed.report.missing.is_empty() {
        return Ok((pushed, None));
    }
    let incomplete = std::mem::take(&mut pushed.report.incomplete);
    let missing = std::mem::take(&mut pushed.report.missing).into_iter().next();
    let lost = missing.map(|missing| Error::Lost { remote: pushed.remote.clone(), missing });
    Ok((pushed, Some((incomplete, lost))))
}

/// What is on no remote.
#[derive(Default)]
struct Lacking {
    absent: Vec<(RepoPath, Target)>,
    /// Why the first of it is not, where it is not only because nobody sent it.
    cause: Option<Error>,
}

impl Lacking {
    fn add(&mut self, absent: Vec<&TrackedPath>, cause: Option<Error>) {
        let named = absent.into_iter().map(|tracked| (tracked.path.clone(), tracked.target));
        self.absent.extend(named);
        self.cause = self.cause.take().or(cause);
    }

    fn conclude(self, project: &Project, updates: &[Update<'_>]) -> Result<()> {
        if self.absent.is_empty() {
            return Ok(());
        }
        let ranges = match is_all_here(project, &self.absent)? {
            true => Vec::new(),
            false => updates.iter().map(|update| update.range(&project.repo)).collect(),
        };
        let absent: BTreeSet<RepoPath> = self.absent.into_iter().map(|(path, _)| path).collect();
        let count = absent.len() as u64;
        let examples = absent.into_iter().take(error::EXAMPLES).collect();
        Err(Error::NotPushed { count, examples, ranges, source: self.cause.map(Box::new) })
    }
}

/// Whether the worktree's pointers name all of this, so that a plain `push` sends it.
fn is_all_here(project: &Project, absent: &[(RepoPath, Target)]) -> Result<bool> {
    let git = project.repo.index()?;
    let here = TrackedPaths::in_worktree(project, &git, &project.index()?)?;
    let here: HashMap<&RepoPath, Target> =
        here.paths.iter().map(|tracked| (&tracked.path, tracked.target)).collect();
    Ok(absent.iter().all(|(path, target)| here.get(path) == Some(target)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_git() {
        let (a, b, none) = ("a".repeat(40), "b".repeat(64), "0".repeat(40));
        let parse = |line: String| {
            Update::parse(&line).map(|update| (update.local.len(), update.remote.map(str::len)))
        };
        for (line, expected) in [
            (format!("refs/heads/x {a} refs/heads/x {b}"), Some((40, Some(64)))),
            (format!("refs/heads/x {a} refs/heads/x {none}"), Some((40, None))),
            (format!("HEAD^{{/a b}} {a} refs/heads/x {none}"), Some((40, None))),
            (format!("(delete) {none} refs/heads/x {a}"), None),
            (format!("refs/mlrun/runs {a} refs/mlrun/runs {none}"), None),
            (format!("refs/remotes/o/x {a} refs/remotes/o/x {none}"), None),
            (a.clone(), None),
            ("x y z 0".to_owned(), None),
            (String::new(), None),
        ] {
            assert_eq!(parse(line.clone()), expected, "{line}");
        }
    }
}
