//! Which names a walk passes over.
//!
//! In tracked data, those of `.mldataignore`, in gitignore syntax.
//! The files at the top of the worktree and in the directories down to the target apply; inside
//! tracked data a `.mldataignore` is data. `.gitignore` and `core.excludesFile` never apply.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{Error, Project, Result};
use crate::fs::{RepoPath, os_path};

pub(super) const FILE: &str = ".mldataignore";

/// Which names a walk passes over.
pub(super) trait Filter: Sync {
    /// Whether the walk passes over `path`, given in full.
    fn covers(&self, path: &RepoPath, is_directory: bool) -> Result<bool>;

    /// Names that were there at the last walk are there whatever the rules say now.
    fn keeps_known(&self) -> bool {
        true
    }

    /// Directories without files count.
    fn keeps_empty_directories(&self) -> bool {
        true
    }

    /// Links that lead out of the repository are an error.
    fn refuses_escaping_links(&self) -> bool {
        true
    }
}

/// The rules in force for one target.
pub(super) struct Ignores {
    /// From the top down; the last match of the lowest file decides.
    files: Vec<Gitignore>,
}

impl Ignores {
    pub fn for_target(project: &Project, target: &RepoPath) -> Result<Ignores> {
        let mut directories = Vec::new();
        let mut current = target.parent();
        while let Some(directory) = current {
            current = directory.parent();
            directories.push(directory);
        }
        let mut files = Vec::new();
        for directory in directories.into_iter().rev() {
            let path = directory.join(FILE.as_bytes());
            let Some(text) = project.read_text(&path)? else { continue };
            let mut builder = GitignoreBuilder::new(directory.as_path());
            for line in String::from_utf8_lossy(&text).lines() {
                builder.add_line(None, line).map_err(|error| Error::BadGlob {
                    pattern: format!("{path}: {line}"),
                    reason: error.to_string(),
                })?;
            }
            files.push(builder.build().map_err(|error| Error::BadGlob {
                pattern: path.to_string(),
                reason: error.to_string(),
            })?);
        }
        Ok(Ignores { files })
    }

    /// Whether the walk passes over `path`, given in full.
    pub fn covers(&self, path: &[u8], is_directory: bool) -> bool {
        for file in self.files.iter().rev() {
            let matched = file.matched(os_path(path), is_directory);
            if !matched.is_none() {
                return matched.is_ignore();
            }
        }
        false
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

impl Filter for Ignores {
    fn covers(&self, path: &RepoPath, is_directory: bool) -> Result<bool> {
        Ok(!self.is_empty() && Ignores::covers(self, path.as_bytes(), is_directory))
    }
}
