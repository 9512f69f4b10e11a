//! The directory where Git looks for hooks, and whose it is.

use std::path::{Path, PathBuf};

use super::Result;
use crate::data::remote_url::resolved;
use crate::fs::RepoPath;
use crate::git::{Repo, Scope};

/// Where Git looks for hooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub directory: PathBuf,
    pub owner: Owner,
    /// Where `core.hooksPath` was set, if it is.
    pub scope: Option<Scope>,
}

/// Whose a directory of hooks is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The repository's own.
    Own,
    /// It lies outside of the repository, or `core.hooksPath` is a setting of the user or the machine:
    /// other repositories use it too.
    Shared,
    /// Git tracks files in it.
    Tracked,
    /// husky writes it anew at each `npm install`, and keeps the user's hooks beside it.
    Husky,
    /// It is no directory: this is how hooks are switched off.
    None,
}

impl Place {
    /// The directory of this worktree.
    ///
    /// # Errors
    /// Settings or Git's index cannot be read.
    pub fn of(repo: &Repo) -> Result<Place> {
        let directory = repo.hooks_dir()?;
        let scope = repo.config()?.scope_of("core.hooksPath");
        let owner = owner(repo, &directory, scope)?;
        Ok(Place { directory, owner, scope })
    }

    /// Where the user's own hook for an event is, or would be.
    pub fn users_hook(&self, name: &str) -> PathBuf {
        let directory = match self.owner {
            Owner::Husky => self.directory.parent().unwrap_or(&self.directory),
            _ => &self.directory,
        };
        directory.join(name)
    }
}

fn owner(repo: &Repo, directory: &Path, scope: Option<Scope>) -> Result<Owner> {
    if directory.exists() && !directory.is_dir() {
        return Ok(Owner::None);
    }
    let real = resolved(directory);
    if real == repo.common_dir().join("hooks") {
        return Ok(Owner::Own);
    }
    if matches!(scope, Some(Scope::Global | Scope::System)) {
        return Ok(Owner::Shared);
    }
    if real.starts_with(repo.common_dir()) {
        return Ok(Owner::Own);
    }
    let Ok(below) = real.strip_prefix(repo.top()) else { return Ok(Owner::Shared) };
    if directory.ends_with(".husky/_") {
        return Ok(Owner::Husky);
    }
    let path = RepoPath::new(below.as_os_str().as_encoded_bytes());
    let tracked = match path {
        Some(path) => repo.index()?.tracked_at_or_below(&path).is_some(),
        None => true,
    };
    Ok(if tracked { Owner::Tracked } else { Owner::Own })
}
