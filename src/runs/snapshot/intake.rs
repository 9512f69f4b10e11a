//! Files of the worktree on their way into Git's objects, within the limits of a snapshot.

use std::io::Read as _;
use std::os::fd::AsFd as _;
use std::os::unix::ffi::OsStrExt as _;

use super::{MAX_ALL, MAX_UNTRACKED};
use crate::data::Project;
use crate::format::run::LeftOut;
use crate::format::secrets;
use crate::fs::{self, At as _, FileType, RepoPath};
use crate::git::{FileMode, Git, GitId, Objects, TreeChange};
use crate::runs::Result;
use crate::runs::store::Edit;

/// Collects the edits that make a tree of what the worktree has.
pub(super) struct Intake<'a> {
    project: &'a Project,
    objects: &'a Objects,
    git: &'a Git<'a>,
    /// Git may make something else of a file than its bytes.
    filtered: bool,
    sees_executable: bool,
    /// Bytes that may still be added.
    room: u64,
    removed: Vec<Edit>,
    added: Vec<Edit>,
    /// Files that `git` makes the blobs of, with whether they are executable.
    unhashed: Vec<(RepoPath, bool)>,
    left_out: Vec<LeftOut>,
    large: Vec<(RepoPath, u64)>,
}

/// What came of it.
pub(super) struct Taken {
    /// What is removed comes first: a file may be where a directory was.
    pub edits: Vec<Edit>,
    pub left_out: Vec<LeftOut>,
    /// Left out for their size, with their bytes.
    pub large: Vec<(RepoPath, u64)>,
}

impl<'a> Intake<'a> {
    /// `paths` are all files that will be read.
    pub fn new<'p>(
        project: &'a Project,
        objects: &'a Objects,
        git: &'a Git<'a>,
        paths: impl IntoIterator<Item = &'p RepoPath>,
    ) -> Result<Intake<'a>> {
        Ok(Intake {
            filtered: project.repo.may_filter(&project.config, paths)?,
            sees_executable: project.config.git_boolean("core.fileMode", true),
            project,
            objects,
            git,
            room: MAX_ALL,
            removed: Vec::new(),
            added: Vec::new(),
            unhashed: Vec::new(),
            left_out: Vec::new(),
            large: Vec::new(),
        })
    }

    /// `path` ends with a slash where it stands for a whole directory.
    pub fn leave_out(&mut self, path: &[u8], why: &str) {
        let path = String::from_utf8_lossy(path).into_owned();
        self.left_out.push(LeftOut { path, why: why.to_owned(), size: None, oid: None });
    }

    pub fn remove(&mut self, path: RepoPath) {
        self.removed.push((path, TreeChange::Remove));
    }

    /// Takes what is staged at `path` and is in Git's objects already.
    pub fn staged(&mut self, path: RepoPath, mode: FileMode, id: GitId) -> Result<()> {
        let change = match mode {
            FileMode::Submodule => TreeChange::Submodule(id),
            FileMode::Link => TreeChange::Link(id),
            FileMode::File | FileMode::Executable => {
                if self.objects.blob_size(id)? <= MAX_ALL {
                    let bytes = self.objects.blob(id, MAX_ALL as usize)?;
                    if secrets::find_in_file(path.file_name(), &bytes).is_some() {
                        self.leave_out(path.as_bytes(), "secret");
                        return Ok(());
                    }
                }
                TreeChange::File { id, executable: mode == FileMode::Executable }
            }
        };
        self.added.push((path, change));
        Ok(())
    }

    /// Takes the file or link at `path`, which Git tracks and takes for `mode`.
    pub fn tracked(&mut self, path: RepoPath, mode: FileMode) -> Result<()> {
        let limit = self.room;
        self.file(path, Some(mode), limit)
    }

    /// Takes the file or link at `path`, which Git does not track.
    pub fn untracked(&mut self, path: RepoPath) -> Result<()> {
        let limit = self.room.min(MAX_UNTRACKED);
        self.file(path, None, limit)
    }

    fn file(&mut self, path: RepoPath, tracked: Option<FileMode>, limit: u64) -> Result<()> {
        let absolute = self.project.repo.absolute(&path);
        let Some(stat) = fs::lstat(&absolute)? else {
            // It went meanwhile.
            if tracked.is_some() {
                self.remove(path);
            }
            return Ok(());
        };
        let bytes = match stat.file_type() {
            FileType::Link => {
                let text = std::fs::read_link(&absolute).at("read link", &absolute)?;
                let id = self.objects.write_blob(text.as_os_str().as_bytes())?;
                self.added.push((path, TreeChange::Link(id)));
                return Ok(());
            }
            FileType::Regular if stat.size > limit => {
                self.large.push((path, stat.size));
                return Ok(());
            }
            FileType::Regular => match read(&absolute, &path, limit) {
                Ok(bytes) => bytes,
                Err(_) => {
                    self.leave_out(path.as_bytes(), "unreadable");
                    return Ok(());
                }
            },
            FileType::Directory | FileType::Other => {
                self.leave_out(path.as_bytes(), "unreadable");
                return Ok(());
            }
        };
        if bytes.len() as u64 > limit {
            // It grew meanwhile.
            self.large.push((path, bytes.len() as u64));
            return Ok(());
        }
        if secrets::find_in_file(path.file_name(), &bytes).is_some() {
            self.leave_out(path.as_bytes(), "secret");
            return Ok(());
        }
        self.room -= bytes.len() as u64;
        let executable = match tracked {
            Some(mode) => mode == FileMode::Executable,
            None => self.sees_executable && stat.is_executable(),
        };
        if tracked == Some(FileMode::Link) {
            // Without symbolic links (`core.symlinks`), a file has the text of one.
            let id = self.objects.write_blob(&bytes)?;
            self.added.push((path, TreeChange::Link(id)));
        } else if self.filtered {
            self.unhashed.push((path, executable));
        } else {
            let id = self.objects.write_blob(&bytes)?;
            self.added.push((path, TreeChange::File { id, executable }));
        }
        Ok(())
    }

    pub fn finish(mut self) -> Result<Taken> {
        let unhashed = std::mem::take(&mut self.unhashed);
        let paths: Vec<&RepoPath> = unhashed.iter().map(|(path, _)| path).collect();
        // One file that cannot be read, or filtered, fails all of them.
        let ids: Vec<Option<GitId>> = match self.git.hash_files(&paths) {
            Ok(ids) => ids.into_iter().map(Some).collect(),
            Err(_) => paths.iter().map(|path| self.git.hash_files(&[path]).ok()?.pop()).collect(),
        };
        for ((path, executable), id) in unhashed.into_iter().zip(ids) {
            match id {
                Some(id) => self.added.push((path, TreeChange::File { id, executable })),
                None => self.leave_out(path.as_bytes(), "unreadable"),
            }
        }
        let mut edits = self.removed;
        edits.append(&mut self.added);
        Ok(Taken { edits, left_out: self.left_out, large: self.large })
    }
}

/// Reads a file, and one byte more than `limit` if it has more, not through a link.
fn read(absolute: &std::path::Path, path: &RepoPath, limit: u64) -> fs::Result<Vec<u8>> {
    let parent = absolute.parent().unwrap_or(absolute);
    let directory = fs::open_dir(parent)?;
    let file = fs::open_file_at(directory.as_fd(), path.file_name()).at("open", absolute)?;
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes).at("read", absolute)?;
    Ok(bytes)
}
