//! Hooks of Git that call us: how they get into a repository, and out of it again.
//!
//! # Where
//!
//! Into the directory where Git looks for hooks, if that is the repository's own ([`place`]): a stub
//! ([`stub`]), which also runs the hook that was there. That one keeps its bytes, its mode and its inode
//! under the name `HOOK.mldata-chained`, and gets its place back when the stub goes.
//!
//! A directory that other repositories use, that is committed, or that a manager of hooks fills is not
//! written to. There, a Git that has them (2.54) gets hooks by its settings (`hook.mldata-EVENT.command`),
//! which it runs beside those of any directory; with an older one, the user is told the line to add and
//! where. One event is never served in both ways: what it does would be done twice.
//!
//! # Others who install hooks
//!
//! pre-commit and prek move what they find to `HOOK.legacy`, and run it before their own; whoever puts a
//! script in front of theirs gets moved in turn at the next `pre-commit install`, and the two call each
//! other. So where they have a hook, ours takes the place of the legacy one. lefthook and husky write
//! their hooks anew whenever they like: theirs are left alone. git-lfs has hooks like any other.
//!
//! # A kill at any point
//!
//! A name in the directory of hooks changes by one rename: it is the old hook or the stub, and before it
//! is the stub the old hook has its second name. Two processes take turns by a lock.

mod by_hand;
pub mod doctor;
mod event;
mod found;
mod install;
mod manager;
mod place;
mod problem;
mod program;
mod settings;
mod slot;
pub mod stub;
mod uninstall;

use std::path::PathBuf;
use std::time::Duration;

pub use event::Event;
pub use found::Found;
pub use install::{By, Method, Options, Reason, Report, State, Step, install};
pub use manager::Manager;
pub use place::{Owner, Place};
pub use problem::{Problem, Remedy};
pub use settings::{install_for_user, uninstall_for_user};
pub use uninstall::{Gone, Left, uninstall};

use crate::fs::{self, FileLock, LockError};
use crate::git::{self, Repo, Version};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    /// Another process installs hooks here, and does not come to an end.
    #[error("cannot change hooks: {holder} is at it")]
    Busy { holder: String },
    /// Hooks by settings were asked for.
    #[error(
        "cannot install hooks by settings: this is Git {version}, and they came with {}",
        Version::CONFIGURED_HOOKS
    )]
    OldGit { version: Version },
    /// There is nothing for a hook to call.
    #[error("cannot install hooks: `git-mldata` is neither on PATH nor beside `{}`", .beside.display())]
    NoProgram { beside: PathBuf },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The name of our hook for an event in Git's settings. Git takes a name that is an event's for an error.
pub fn setting(event: Event) -> String {
    format!("mldata-{}", event.name())
}

/// How long another process may take to install hooks.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits for others that change the hooks of this repository.
fn lock(repo: &Repo) -> Result<FileLock> {
    let directory = repo.common_dir().join("mldata");
    fs::create_dir_all(&directory)?;
    let path = directory.join("hooks.lock");
    let taken = FileLock::acquire(&path, "git mldata install", Some(PATIENCE), &|_| {});
    let taken = taken.map_err(|error| match error {
        LockError::Fs(error) => Error::Fs(error),
        LockError::Busy(holder) => Error::Busy { holder: holder.0 },
    })?;
    // What somebody left who was killed while he held it.
    fs::remove_stale_temps(&repo.common_dir().join("hooks"));
    Ok(taken)
}
