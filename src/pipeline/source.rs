//! Where pipeline, parameter and metric files are read from: the worktree, or a commit.

use std::path::Path;

use super::Result;
use crate::data::Project;
use crate::fs::{self, At as _, RepoPath};

/// Files larger than this are not read whole, in bytes: no pipeline, parameter or metric file is.
pub const MAX_FILE: usize = 256 << 20;

/// One state of the repository's files.
pub trait Source: Sync {
    /// The bytes of the file at `path`; `None` if no regular file is there.
    fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>>;

    /// Where the worktree is on disk: what paths that leave the repository are relative to. `None`
    /// where such paths have no meaning.
    fn top(&self) -> Option<&Path> {
        None
    }

    /// Whether `directory` is in another repository, such as a submodule, whose worktree lies in this
    /// one. Its pipelines are not ours: what they write belongs into its own cache and locks.
    fn is_foreign(&self, _directory: &RepoPath) -> Result<bool> {
        Ok(false)
    }

    /// Every path whose last component is one of `names`, ascending: what Git tracks.
    fn named(&self, names: &[&str]) -> Result<Vec<RepoPath>>;
}

/// The files of the worktree.
pub struct Worktree<'a>(pub &'a Project);

impl Source for Worktree<'_> {
    /// Follows symbolic links: what the user's own commands would read.
    fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>> {
        let absolute = self.0.repo.absolute(path);
        match std::fs::metadata(&absolute) {
            Ok(found) if found.is_file() => Ok(Some(fs::read_bounded(&absolute, MAX_FILE)?)),
            Ok(_) => Ok(None),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Ok(Err(error).at("read", &absolute)?),
        }
    }

    fn top(&self) -> Option<&Path> {
        Some(self.0.repo.top())
    }

    fn is_foreign(&self, directory: &RepoPath) -> Result<bool> {
        let below_top = std::iter::successors(Some(directory.clone()), RepoPath::parent)
            .take_while(|directory| !directory.is_root());
        for directory in below_top {
            let git = self.0.repo.absolute(&directory).join(".git");
            if fs::lstat(&git)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn named(&self, names: &[&str]) -> Result<Vec<RepoPath>> {
        let index = self.0.repo.index()?;
        let mut found = Vec::new();
        for name in names {
            let is_named = |path: &RepoPath| path.file_name() == name.as_bytes();
            found.extend(index.with_suffix(name).into_iter().filter(is_named));
        }
        found.sort();
        Ok(found)
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}
