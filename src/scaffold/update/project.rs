//! Finding the project that a command is about, and what it was rendered from.

use std::path::Path;

use crate::format::TemplateRecord;
use crate::format::template_record::MAX_LEN;
use crate::fs::{At as _, RepoPath};
use crate::git::{CommitId, Git, Repo, read_worktree_file};
use crate::scaffold::tree::is_dot_git;
use crate::scaffold::{Error, Result, record};

/// A project that has a record.
#[derive(Clone, Debug)]
pub struct Project {
    /// Where in the repository it is.
    pub directory: RepoPath,
    pub record: TemplateRecord,
}

impl Project {
    /// The project that `here` is in: the next directory with a record, upwards to the top of the
    /// worktree.
    ///
    /// # Errors
    /// There is none, or its record cannot be understood.
    pub fn find(repo: &Repo, here: &Path) -> Result<Project> {
        let mut at = Some(directory(repo, here)?);
        while let Some(directory) = at {
            let path = repo.absolute(&directory.join(record::PATH.as_bytes()));
            if let Some(bytes) = read_worktree_file(&path, MAX_LEN)? {
                let record = TemplateRecord::parse(&bytes)?;
                return Ok(Project { directory, record });
            }
            at = directory.parent();
        }
        Err(Error::NoRecord)
    }

    /// Where its record is.
    pub fn record_path(&self) -> RepoPath {
        self.directory.join(record::PATH.as_bytes())
    }

    /// The project as HEAD has it, if the worktree and the index have the same record.
    ///
    /// # Errors
    /// They have another one: which render the project descends from is not settled.
    pub fn committed(self, repo: &Repo, head: CommitId) -> Result<Project> {
        let path = self.record_path();
        let is_changed = Git::new(repo)?.is_changed(head, &path)?;
        match repo.file_at(head, &path, MAX_LEN)? {
            Some(bytes) if !is_changed => {
                Ok(Project { record: TemplateRecord::parse(&bytes)?, ..self })
            }
            _ => Err(Error::RecordNotCommitted { path }),
        }
    }
}

/// Where in the repository the directory `here` is.
pub(super) fn directory(repo: &Repo, here: &Path) -> Result<RepoPath> {
    let here = here.canonicalize().at("resolve", here)?;
    let below = here.strip_prefix(repo.top()).ok();
    below
        .and_then(|below| RepoPath::new(below.as_os_str().as_encoded_bytes()))
        .filter(|below| !below.components().any(is_dot_git))
        .ok_or(Error::NoRecord)
}
