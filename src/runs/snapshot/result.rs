//! The code of a run with what the run wrote to Git's files: what `restore` brings back.

use std::collections::BTreeSet;
use std::os::fd::AsFd as _;

use super::Base;
use super::intake::Intake;
use crate::data::Project;
use crate::format::run::Code;
use crate::fs::{self, RepoPath};
use crate::git::{CommitId, Excludes, FileMode, Git};
use crate::runs::{Error, Result};

/// A commit on top of the one that the run read its code from, with `paths` (files, or directories
/// with everything below them) as they are in the worktree now, removed ones too. `None` if that is
/// what the code had. Left as the code had them are files that Git ignores and files that a
/// [`Snapshot`](super::Snapshot) would leave out.
///
/// # Errors
/// The commit of the code is not here, or the repository cannot be read or written to.
pub fn result(project: &Project, code: &Code, paths: &[RepoPath]) -> Result<Option<CommitId>> {
    let objects = project.repo.objects();
    let input = match code.input() {
        Some(id) => Some(objects.find_commit(id).ok_or_else(|| Error::no_commit(id))?),
        None => None,
    };
    let mut had = BTreeSet::new();
    for path in paths {
        if let Some(input) = input {
            had.extend(project.repo.files_below_at(input, path)?);
        }
    }
    let mut walk = Walk { project, had: &had, excludes: None, found: BTreeSet::new() };
    for path in paths {
        if project.link_above(path)?.is_none() {
            walk.visit(path)?;
        }
    }
    let found = walk.found;
    let base = Base::of(&objects, input)?;
    let git = Git::new(&project.repo)?;
    let mut intake = Intake::new(project, &objects, &git, &found)?;
    for path in had.difference(&found) {
        intake.remove(path.clone());
    }
    for path in found {
        match input.filter(|_| had.contains(&path)) {
            Some(input) => {
                let mode = mode(project, input, &path)?;
                intake.tracked(path, mode)?;
            }
            None => intake.untracked(path)?,
        }
    }
    let taken = intake.finish()?;
    base.commit(&objects, taken.edits, "mlrun: what the run left\n")
}

/// What Git takes the file at `path`, which `commit` has, for.
fn mode(project: &Project, commit: CommitId, path: &RepoPath) -> Result<FileMode> {
    let executable = if project.config.git_boolean("core.fileMode", true) {
        project.lstat(path)?.is_some_and(|stat| stat.is_executable())
    } else {
        let entry = project.repo.entry_at(commit, path)?;
        entry.is_some_and(|entry| entry.as_file() == Some(true))
    };
    Ok(if executable { FileMode::Executable } else { FileMode::File })
}

/// Finds the files that Git has or would have.
struct Walk<'a> {
    project: &'a Project,
    /// What the commit has, whatever is ignored.
    had: &'a BTreeSet<RepoPath>,
    excludes: Option<Excludes>,
    found: BTreeSet<RepoPath>,
}

impl Walk<'_> {
    /// Looks at what is at and below `start`; nothing if nothing is there.
    fn visit(&mut self, start: &RepoPath) -> Result<()> {
        let mut pending = vec![start.clone()];
        while let Some(path) = pending.pop() {
            let Some(stat) = self.project.lstat(&path)? else { continue };
            if !stat.is_directory() {
                if self.had.contains(&path) || !self.is_ignored(&path, false)? {
                    self.found.insert(path);
                }
                continue;
            }
            if !self.has_below(&path) && self.is_ignored(&path, true)? {
                continue;
            }
            let absolute = self.project.repo.absolute(&path);
            let list = fs::DirList::read(fs::open_dir(&absolute)?.as_fd(), &absolute)?;
            // The top of this repository, or of another one.
            if list.find(b".git").is_none() {
                pending.extend(list.iter().map(|(name, _)| path.join(name)));
            }
        }
        Ok(())
    }

    /// Whether the commit has something below `directory`.
    fn has_below(&self, directory: &RepoPath) -> bool {
        // `a-b` sorts between `a` and `a/b`.
        let first = directory.join(b"\0");
        self.had.range(first..).next().is_some_and(|path| path.below(directory).is_some())
    }

    fn is_ignored(&mut self, path: &RepoPath, is_directory: bool) -> Result<bool> {
        let excludes = match &mut self.excludes {
            Some(excludes) => excludes,
            slot => slot.insert(self.project.repo.excludes()?),
        };
        Ok(excludes.covers(path, is_directory)?)
    }
}
