//! What a transfer is about: tracked paths of the worktree, or of commits.

use super::remotes;
use super::tracked::{TrackedPath, TrackedPaths};
use super::{Error, Project, Result, Selection};
use crate::format::Kind;
use crate::git::{CommitId, Git};
use crate::remote::{DirStore, PackedRemote, Root};

/// Which revisions were asked for.
#[derive(Clone, Debug, Default)]
pub struct Revisions {
    pub all_branches: bool,
    pub all_tags: bool,
    /// Revisions and ranges (`gitrevisions(7)`).
    pub named: Vec<String>,
    /// Also what the worktree's pointers name, where something else was asked for.
    pub worktree: bool,
}

/// What `push`, `fetch` and `pull` were asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The remote to use, instead of the default and of those that pointers name.
    pub remote: Option<String>,
    pub revisions: Revisions,
    pub dry_run: bool,
    /// Threads; chosen by the kind of work if `None`.
    pub jobs: Option<usize>,
}

impl Revisions {
    /// Nothing was asked for: the worktree is meant.
    pub fn is_worktree(&self) -> bool {
        !self.all_branches && !self.all_tags && self.named.is_empty()
    }

    fn commits(&self, project: &Project) -> Result<Vec<CommitId>> {
        let repo = &project.repo;
        let mut commits = Vec::new();
        if self.all_branches {
            commits.extend(repo.branches()?);
            commits.extend(repo.head()?);
        }
        if self.all_tags {
            commits.extend(repo.tags()?);
        }
        for name in &self.named {
            if name.contains("..") {
                let listed = Git::new(repo)?.run(&["rev-list", "--end-of-options", name])?;
                for id in String::from_utf8_lossy(&listed).lines() {
                    commits.push(repo.commit(id)?);
                }
            } else {
                commits.push(repo.commit(name)?);
            }
        }
        commits.sort();
        commits.dedup();
        Ok(commits)
    }

    /// The tracked paths that are meant, as far as they were selected.
    pub fn tracked(&self, project: &Project, selection: &Selection) -> Result<TrackedPaths> {
        let mut tracked = if self.is_worktree() {
            TrackedPaths::default()
        } else {
            TrackedPaths::at_commits(project, &self.commits(project)?)?
        };
        if self.is_worktree() || self.worktree {
            let git = project.repo.index()?;
            let here = TrackedPaths::in_worktree(project, &git, &project.index()?)?;
            tracked.errors.extend(here.errors);
            for path in here.paths {
                let known =
                    |other: &TrackedPath| (&other.path, other.target) == (&path.path, path.target);
                if self.is_worktree() || !tracked.paths.iter().any(known) {
                    tracked.paths.push(path);
                }
            }
        }
        tracked.paths.retain(|tracked| selection.wants(tracked));
        if !selection.is_all() {
            tracked.errors.clear();
        }
        Ok(tracked)
    }
}

/// The object that a tracked path names.
pub(super) fn root_of(tracked: &TrackedPath) -> Root {
    let target = &tracked.target;
    let kind = if target.is_directory() { Kind::Tree } else { Kind::Blob };
    let size = (!target.is_directory()).then_some(target.size());
    Root { oid: target.oid(), kind, size, name: tracked.path.as_bytes().to_vec() }
}

/// Tracked paths by the remote that they belong to: the one asked for, their pointer's own, or the
/// default (`None`).
pub(super) fn by_remote<'a>(
    tracked: &'a [TrackedPath],
    asked: Option<&str>,
) -> Vec<(Option<String>, Vec<&'a TrackedPath>)> {
    let mut groups: Vec<(Option<String>, Vec<&TrackedPath>)> = Vec::new();
    for tracked in tracked {
        let name = asked.map(str::to_owned).or_else(|| tracked.remote.clone());
        match groups.iter_mut().find(|(known, _)| *known == name) {
            Some((_, group)) => group.push(tracked),
            None => groups.push((name, vec![tracked])),
        }
    }
    groups
}

/// Opens the remote called `name`, or the default one. Returns its name with it.
pub(super) fn open_remote(
    project: &Project,
    name: Option<&str>,
    access: remotes::Access,
) -> Result<(String, PackedRemote<DirStore>)> {
    let resolved = remotes::resolve(&project.repo, &project.config, name)?;
    let remote = remotes::open(&project.repo, &resolved, access)?;
    Ok((resolved.name, remote))
}

/// Names the remote that an error came from.
pub(super) fn at_remote(name: &str) -> impl Fn(crate::remote::Error) -> Error + '_ {
    move |source| Error::Remote { name: name.to_owned(), source }
}
