//! The repository of a new project, and its first commit.
//!
//! A project that is made inside of a repository is that repository's: nothing is done to it. Anywhere
//! else the project becomes one, prepared as `git mldata init` does it, and what the template made is
//! its first commit. Where Git cannot commit (it does not know who the author is, or a hook of the
//! user's refuses) everything is staged, and the rest is left to the user.

use std::path::{Component, Path, PathBuf};

use super::tree::is_dot_git;
use super::{Error, Result};
use crate::data::{init, installation};
use crate::fs::At as _;
use crate::git::{self, CommitId, Git, Repo};

/// The repository that a project is going to be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Surroundings {
    /// None: the project gets its own.
    Nothing,
    /// One whose top is the project's directory and that has no commit: the project's own.
    Fresh,
    /// That of something else, with its top here.
    Repository(PathBuf),
}

/// Looks whether `target`, which need not exist, is a place for a project.
///
/// # Errors
/// It is Git's, by its name in any spelling, or because a repository is kept there: what is put into
/// one can be taken for a setting or a hook. Or what is there cannot be read.
pub fn check_place(target: &Path) -> Result<()> {
    let resolved = resolve(target)?;
    let is_dot_git =
        |path: &Path| path.components().any(|part| is_dot_git(part.as_os_str().as_encoded_bytes()));
    if is_dot_git(&resolved) || resolved.ancestors().any(Repo::is_git_dir) {
        return Err(Error::InsideGit { path: target.to_owned() });
    }
    Ok(())
}

/// Where `target` leads once the directories that are missing on the way are made.
fn resolve(target: &Path) -> Result<PathBuf> {
    let mut resolved = PathBuf::new();
    for part in target.components() {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            part => resolved.push(part),
        }
        if resolved.exists() {
            resolved = resolved.canonicalize().at("resolve", &resolved)?;
        }
    }
    Ok(resolved)
}

/// Finds the repository that `target`, which need not exist, is in.
///
/// # Errors
/// As of [`check_place`], or a repository is there and cannot be read.
pub fn surroundings(target: &Path) -> Result<Surroundings> {
    check_place(target)?;
    let Some(above) = target.ancestors().find(|path| path.is_dir()) else {
        return Ok(Surroundings::Nothing);
    };
    let Some(repo) = Repo::around(above) else { return Ok(Surroundings::Nothing) };
    let is_own = above == target && above.canonicalize().is_ok_and(|path| path == repo.top());
    if is_own && is_fresh(&repo)? {
        return Ok(Surroundings::Fresh);
    }
    Ok(Surroundings::Repository(repo.top().to_owned()))
}

/// Whether nothing was committed or staged yet.
fn is_fresh(repo: &Repo) -> Result<bool> {
    Ok(repo.head()?.is_none() && repo.index()?.with_suffix("").is_empty())
}

/// A repository that was set up.
pub struct SetUp {
    pub repo: Repo,
    /// What became of the hooks.
    pub hooks: Vec<installation::Step>,
    pub commit: FirstCommit,
}

/// What became of the first commit.
#[derive(Debug)]
pub enum FirstCommit {
    Made(CommitId),
    /// Nobody wanted it.
    Left,
    /// Git does not know who the author is.
    NoIdentity,
    /// Git, or a hook of the user's, would not.
    Refused(git::Error),
}

/// Makes the directory `target` a repository with everything in it staged, and commits that with
/// `message` if there is one.
///
/// # Errors
/// The repository could not be made or prepared, or something could not be staged. What was done stays,
/// and doing it again goes on from there.
pub fn set_up(target: &Path, message: Option<&str>) -> Result<SetUp> {
    let repo = Repo::create(target)?;
    // Git syncs none of the objects of the first commit, either.
    let options = init::Options { dry_run: false, hooks: false, durable: false };
    init::init(&repo, options)?;
    Git::new(&repo)?.run(&["add", "--all"])?;
    let commit = match message {
        None => FirstCommit::Left,
        Some(message) => commit(&repo, message)?,
    };
    // Not before: ours have nothing to say about the first commit, and each starts three programs.
    let hooks = init::install(&repo, options)?;
    Ok(SetUp { repo, hooks, commit })
}

fn commit(repo: &Repo, message: &str) -> Result<FirstCommit> {
    let git = Git::new(repo)?;
    let Err(error) = git.run(&["commit", "--quiet", "-m", message]) else {
        return Ok(repo.head()?.map_or(FirstCommit::Left, FirstCommit::Made));
    };
    let idents = ["GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"];
    match idents.iter().any(|ident| git.run(&["var", ident]).is_err()) {
        true => Ok(FirstCommit::NoIdentity),
        false => Ok(FirstCommit::Refused(error)),
    }
}
