//! Putting things back: after a stage that failed, and after commands that were killed.

use std::path::Path;

use super::{
    Displaced, Manifest, StageMark, Way, escape, list, move_path, remove, root, unescape,
    worktree_name, write_manifest,
};
use crate::data::guard::StageGuard;
use crate::data::{Project, Result};
use crate::format::Lock;
use crate::format::lock::LockedStage;
use crate::fs::{self, At as _, RepoPath};

/// Moves back what commands displaced that were killed in this worktree. Called with the lock held.
pub fn roll_back(project: &Project) -> Result<Vec<RepoPath>> {
    roll_back_but(project, None)
}

/// Moves back what a stage displaced whose runner was killed, for who has its guard by now.
pub fn roll_back_stage(project: &Project, guard: &StageGuard) -> Result<Vec<RepoPath>> {
    roll_back_but(project, Some(guard))
}

/// Stages that are running keep what they displaced, but for the one whose guard is `own`.
fn roll_back_but(project: &Project, own: Option<&StageGuard>) -> Result<Vec<RepoPath>> {
    let mut back = Vec::new();
    for (id, manifest) in list(project)? {
        if manifest.done || manifest.worktree != worktree_name(project) {
            continue;
        }
        let directory = root(project).join(&id);
        if let Some(stage) = &manifest.stage {
            let lock = stage.lock_path();
            if !own.is_some_and(|own| own.is_of(project, &lock, &stage.name)) {
                StageGuard::wait_for_orphans(project, &lock, &stage.name)?;
                if StageGuard::is_held(project, &lock, &stage.name)? {
                    continue;
                }
            }
            if stage.is_recorded(project)? {
                settle(&directory, manifest)?;
                continue;
            }
            back.extend(swap_back(project, &directory, &manifest)?);
            settle(&directory, manifest)?;
            continue;
        }
        for entry in &manifest.entries {
            let Some(path) = entry.repo_path() else { continue };
            let stored = directory.join(&entry.stored);
            let free = project.lstat(&path)?.is_none() && project.link_above(&path)?.is_none();
            if free && fs::lstat(&stored)?.is_some() {
                let absolute = project.repo.absolute(&path);
                fs::create_dir_all(absolute.parent().unwrap_or(project.repo.top()))?;
                move_path(&stored, &absolute)?;
                back.push(path);
            }
        }
        settle(&directory, manifest)?;
    }
    Ok(back)
}

/// Whether there is an entry of this worktree that a killed command may have left, or a running one
/// is using.
pub fn is_pending(project: &Project) -> Result<bool> {
    let worktree = worktree_name(project);
    Ok(list(project)?.iter().any(|(_, entry)| !entry.done && entry.worktree == worktree))
}

/// Outs of stages whose runner was killed: what was there is to come back, or what is there is half
/// of something; see [`roll_back`].
pub fn left_behind(project: &Project) -> Result<Vec<RepoPath>> {
    let worktree = worktree_name(project);
    let mut found = Vec::new();
    for (id, manifest) in list(project)? {
        let Some(stage) = &manifest.stage else { continue };
        if manifest.done
            || manifest.worktree != worktree
            || StageGuard::is_held(project, &stage.lock_path(), &stage.name)?
            || stage.is_recorded(project)?
        {
            continue;
        }
        for entry in &manifest.entries {
            let Some(path) = entry.repo_path() else { continue };
            let is_left = match entry.way {
                Way::Move => fs::lstat(&root(project).join(&id).join(&entry.stored))?.is_some(),
                // Nothing was there: what is there now is unfinished.
                Way::Absent => project.lstat(&path)?.is_some(),
                Way::Copy => false,
            };
            found.extend(is_left.then_some(path));
        }
    }
    Ok(found)
}

/// Moves what an entry holds back to where it was, and what stands there now, or where nothing was,
/// into the entry, to its [`left_name`]. Returns the paths that came back.
///
/// Needs no space on the disk. Where it was killed half-way, it can be called again.
pub(super) fn swap_back(
    project: &Project,
    directory: &Path,
    manifest: &Manifest,
) -> Result<Vec<RepoPath>> {
    let mut back = Vec::new();
    for entry in &manifest.entries {
        let Some(path) = entry.repo_path() else { continue };
        let (stored, left) = (directory.join(&entry.stored), directory.join(left_name(entry)));
        let is_displaced = match entry.way {
            Way::Move => fs::lstat(&stored)?.is_some(),
            Way::Absent => true,
            Way::Copy => false,
        };
        if !is_displaced || project.link_above(&path)?.is_some() {
            continue;
        }
        let absolute = project.repo.absolute(&path);
        if project.lstat(&path)?.is_some() {
            if fs::lstat(&left)?.is_some() {
                // Somebody put it there after the first time. Both are kept where they are.
                continue;
            }
            fs::failpoint::hit("recovery.swap").at("move", path.as_path())?;
            move_path(&absolute, &left)?;
        }
        if entry.way == Way::Absent {
            continue;
        }
        fs::failpoint::hit("recovery.back").at("move", path.as_path())?;
        fs::create_dir_all(absolute.parent().unwrap_or(project.repo.top()))?;
        move_path(&stored, &absolute)?;
        back.push(path);
    }
    Ok(back)
}

/// The name, inside of the recovery entry, of what stood in the place of something when that was moved
/// back. It is known from the beginning, so that a killed `swap_back` forgets nothing.
pub(super) fn left_name(entry: &Displaced) -> String {
    format!("0{}", entry.stored)
}

/// Ends an entry: it is removed if nothing is left in it, else kept until it expires. Says which.
pub(super) fn settle(directory: &Path, mut manifest: Manifest) -> Result<bool> {
    let left = manifest.entries.iter().map(|entry| Displaced {
        path: entry.path.clone(),
        stored: left_name(entry),
        way: Way::Move,
    });
    let left: Vec<_> = left.collect();
    manifest.entries.extend(left);
    manifest
        .entries
        .retain(|entry| fs::lstat(&directory.join(&entry.stored)).is_ok_and(|stat| stat.is_some()));
    if manifest.entries.is_empty() {
        remove(directory)?;
        return Ok(false);
    }
    manifest.done = true;
    write_manifest(directory, &manifest)?;
    Ok(true)
}

impl StageMark {
    /// Describes the stage called `name` as the lock at `lock` records it now.
    pub fn new(lock: &RepoPath, name: &str, recorded: Option<&LockedStage>) -> StageMark {
        let block = recorded.map(|stage| stage.id().to_hex()).unwrap_or_default();
        StageMark { lock: escape(lock.as_bytes()), name: name.to_owned(), block }
    }

    fn lock_path(&self) -> RepoPath {
        unescape(&self.lock).and_then(RepoPath::new).unwrap_or_default()
    }

    /// Whether the lock has another block for the stage by now.
    fn is_recorded(&self, project: &Project) -> Result<bool> {
        let text = project.read_text(&self.lock_path())?.unwrap_or_default();
        let lock = match text.is_empty() {
            true => Lock::default(),
            // Of a lock that cannot be understood nothing is known: what is in place stays.
            false => match Lock::parse_tolerant(&text) {
                Ok(partial) => partial.lock,
                Err(_) => return Ok(true),
            },
        };
        let block = lock.stages.get(&self.name).map(|stage| stage.id().to_hex());
        Ok(block.unwrap_or_default() != self.block)
    }
}
