//! A file of the worktree that is read, and then replaced if it is still what was read.
//!
//! The way to it goes through open directories and follows no link: a directory that becomes a link in
//! the meantime leads nobody out of the worktree.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use crate::fs::{self, At as _, AtomicFile, FileType, RepoPath, Stat};

/// What is at a path.
pub(super) enum Found {
    File(Place, Vec<u8>),
    /// Nothing: it was deleted, or is left out of a sparse checkout.
    Nothing,
    /// Something that is not to be written to, and why.
    Other(&'static str),
}

/// A regular file, as it was when it was read.
pub(super) struct Place {
    directory: OwnedFd,
    /// The directory's own path.
    parent: PathBuf,
    name: Vec<u8>,
    stat: Stat,
}

/// Reads the file at `path` below `top`.
pub(super) fn read(top: &Path, path: &RepoPath) -> fs::Result<Found> {
    const LINKED: &str = "a symbolic link is in its place, or on the way to it";
    let absolute = top.join(path.as_path());
    let mut directory = fs::open_dir(top)?;
    let above = path.parent().unwrap_or_default();
    for name in above.components() {
        let next = match fs::lstat_at(directory.as_fd(), name).at("stat", &absolute)? {
            None => return Ok(Found::Nothing),
            Some(stat) if stat.file_type() == FileType::Link => return Ok(Found::Other(LINKED)),
            // A file where there was a directory.
            Some(stat) if !stat.is_directory() => return Ok(Found::Nothing),
            Some(_) => fs::open_dir_at(directory.as_fd(), name).at("open directory", &absolute)?,
        };
        directory = next;
    }
    let name = path.file_name().to_vec();
    match fs::lstat_at(directory.as_fd(), &name).at("stat", &absolute)?.map(|it| it.file_type()) {
        None => return Ok(Found::Nothing),
        Some(FileType::Regular) => {}
        Some(FileType::Link) => return Ok(Found::Other(LINKED)),
        Some(FileType::Directory | FileType::Other) => {
            return Ok(Found::Other("it is no regular file any more"));
        }
    }
    let mut file = fs::open_file_at(directory.as_fd(), &name).at("open", &absolute)?;
    // Before the reading: what is written meanwhile makes the file another one.
    let stat = Stat::of(&file).at("stat", &absolute)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).at("read", &absolute)?;
    let parent = top.join(above.as_path());
    Ok(Found::File(Place { directory, parent, name, stat }, bytes))
}

impl Place {
    /// Gives the file other bytes, in one step, and leaves its mode; no if it is not what was read any
    /// more. The temporary file is made in `temp` if that is on the same file system.
    ///
    /// # Errors
    /// The file is as it was.
    pub(super) fn replace(&self, bytes: &[u8], temp: &Path) -> fs::Result<bool> {
        let is_near = fs::lstat(temp)?.is_some_and(|temp| temp.device == self.stat.device);
        if is_near {
            match self.replace_from(bytes, temp) {
                // Two mounts of one file system.
                Err(error) if error.source.kind() == ErrorKind::CrossesDevices => {}
                replaced => return replaced,
            }
        }
        self.replace_from(bytes, &self.parent)
    }

    fn replace_from(&self, bytes: &[u8], temp: &Path) -> fs::Result<bool> {
        let mut file = AtomicFile::create_in(temp)?;
        file.write_all(bytes).at("write", file.path())?;
        let file = file.close(self.stat.mode & 0o7777)?;
        file.replace_at(self.directory.as_fd(), &self.name, &self.stat)
    }
}
