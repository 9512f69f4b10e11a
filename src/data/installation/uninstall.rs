//! Taking hooks away.

use std::path::{Path, PathBuf};

use super::found::{Found, look};
use super::settings::Settings;
use super::stub::Stub;
use super::{Event, Owner, Place, Result, lock, setting, slot};
use crate::fs;
use crate::git::Repo;

/// What became of a hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gone {
    /// It is no more.
    Removed { path: PathBuf },
    /// The hook that was there before is back.
    Restored { path: PathBuf },
    /// Git's settings have it no more.
    Unset { name: String },
    /// It is still there.
    Left { path: PathBuf, why: Left },
}

/// Why something was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Somebody changed our stub.
    Edited,
    /// The user's hook has our line in it.
    Line,
    /// The hook that ours ran; another one has its place.
    Replaced,
}

/// Takes our hooks for `events` away. Hooks of others are left alone, and one that ours ran gets its
/// place back, as it was. The user's settings, which other repositories go by, stay.
///
/// # Errors
/// What was done before the error stays; doing it again goes on from there.
pub fn uninstall(repo: &Repo, events: &[Event], dry_run: bool) -> Result<Vec<(Event, Gone)>> {
    let steps = plan(repo, events)?;
    let changes = steps.iter().any(|(_, act, _)| !matches!(act, Act::Nothing));
    if dry_run || !changes {
        return Ok(steps.into_iter().map(|(event, _, gone)| (event, gone)).collect());
    }
    let _lock = lock(repo)?;
    let mut gone = Vec::new();
    // Others may have had their turn.
    for (event, act, outcome) in plan(repo, events)? {
        act.carry_out(repo)?;
        gone.push((event, outcome));
    }
    Ok(gone)
}

fn plan(repo: &Repo, events: &[Event]) -> Result<Vec<(Event, Act, Gone)>> {
    let config = repo.config()?;
    let directories = directories(repo, &Place::of(repo)?);
    let mut plan = Vec::new();
    for &event in events {
        if Settings::of(repo, &config).have(event) {
            plan.push((event, Act::Unset(event), Gone::Unset { name: setting(event) }));
        }
        for directory in &directories {
            let found = planned(directory, event)?;
            plan.extend(found.into_iter().map(|(act, gone)| (event, act, gone)));
        }
    }
    Ok(plan)
}

/// Directories where hooks of ours may be: the one that Git uses, and the one that it used before
/// `core.hooksPath` was set.
pub(super) fn directories(repo: &Repo, place: &Place) -> Vec<PathBuf> {
    let usual = repo.common_dir().join("hooks");
    let mut directories = Vec::new();
    if matches!(place.owner, Owner::Own) {
        directories.push(place.directory.clone());
    }
    // Not through a link: what it leads to may serve other repositories.
    let is_own = fs::lstat(&usual).ok().flatten().is_some_and(|stat| stat.is_directory());
    if is_own && !directories.contains(&usual) {
        directories.push(usual);
    }
    directories
}

/// Takes our hook for `event` out of a directory.
pub(super) fn from_directory(repo: &Repo, directory: &Path, event: Event) -> Result<()> {
    planned(directory, event)?.into_iter().try_for_each(|(act, _)| act.carry_out(repo))
}

/// One change.
enum Act {
    Nothing,
    Remove(PathBuf),
    Rename { from: PathBuf, to: PathBuf },
    Unset(Event),
}

impl Act {
    fn carry_out(self, repo: &Repo) -> Result<()> {
        match self {
            Act::Nothing => {}
            Act::Remove(path) => drop(fs::remove_file_if_exists(&path)?),
            Act::Rename { from, to } => fs::rename(&from, &to)?,
            Act::Unset(event) => Settings::of(repo, &repo.config()?).remove(event)?,
        }
        Ok(())
    }
}

fn planned(directory: &Path, event: Event) -> Result<Vec<(Act, Gone)>> {
    let slot = slot::path(directory, event);
    let mut chained = fs::lstat(&slot)?.is_some();
    let mut acts = Vec::new();
    // Where pre-commit, prek and lefthook move what they find, too.
    for ending in ["", ".legacy", ".old"] {
        let path = directory.join(format!("{}{ending}", event.name()));
        match look(&path, event)? {
            Found::Ours(Stub::Edited) => {
                acts.push((Act::Nothing, Gone::Left { path, why: Left::Edited }));
                chained = false;
            }
            Found::Ours(_) if chained => {
                let act = Act::Rename { from: slot.clone(), to: path.clone() };
                acts.push((act, Gone::Restored { path }));
                chained = false;
            }
            Found::Ours(_) => acts.push((Act::Remove(path.clone()), Gone::Removed { path })),
            Found::CallsUs if ending != ".old" => {
                acts.push((Act::Nothing, Gone::Left { path, why: Left::Line }));
            }
            _ => {}
        }
    }
    if chained {
        let path = directory.join(event.name());
        // Of a process that was killed before its stub got the name.
        let same = fs::lstat(&path)?.is_some() && slot::is_free_for(&path, &slot)?;
        acts.push(match look(&path, event)? {
            Found::Nothing => {
                (Act::Rename { from: slot, to: path.clone() }, Gone::Restored { path })
            }
            _ if same => (Act::Remove(slot), Gone::Restored { path }),
            _ => (Act::Nothing, Gone::Left { path: slot, why: Left::Replaced }),
        });
    }
    Ok(acts)
}
