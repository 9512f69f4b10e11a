//! Writing files and directories where nobody sees them yet.
//!
//! Everything is made in a directory of our own on the file system of the target and renamed into
//! place later. A checkout that fails or is killed leaves nothing in the worktree; what is left in
//! the staging directory is removed by the next command that takes the lock.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;
use rustix::fs::{Mode as Permissions, OFlags};

use super::decision::Want;
use crate::data::index::{Entry, Section, SectionBuilder, Sections};
use crate::data::links::link_escapes;
use crate::data::scan::MAX_DEPTH;
use crate::data::select::Coverage;
use crate::data::{Error, Progress, Project, Result, Selection, join};
use crate::format::Mode;
use crate::fs::{self, At as _, Clock, RepoPath, Stat};

/// Files written by one thread in one go.
const BATCH: usize = 1024;

/// What could not be written.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// Not in the cache.
    pub missing: Vec<RepoPath>,
    /// The file system has another entry under what it takes for the same name.
    pub collisions: Vec<RepoPath>,
    /// Links that lead out of the repository, with their text.
    pub escaping: Vec<(RepoPath, Vec<u8>)>,
}

/// A staging directory; removed with all that is left in it when dropped.
pub(super) struct Stage<'a> {
    project: &'a Project,
    selection: &'a Selection,
    progress: &'a dyn Progress,
    clock: Clock,
    target: &'a RepoPath,
    path: PathBuf,
    directory: OwnedFd,
    pub gaps: Mutex<Gaps>,
    /// Sections of directories that were built.
    pub sections: Mutex<Sections>,
}

/// One file to write.
pub(super) struct Job {
    /// Name in the staging directory.
    pub name: Vec<u8>,
    /// Where it will go, for messages.
    pub path: RepoPath,
    pub want: Want,
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

impl<'a> Stage<'a> {
    /// Makes a staging directory for `target`.
    pub fn new(
        project: &'a Project,
        selection: &'a Selection,
        progress: &'a dyn Progress,
        clock: Clock,
        target: &'a RepoPath,
    ) -> Result<Stage<'a>> {
        let path = project.staging_dir(target)?;
        let directory = fs::open_dir(&path)?;
        Ok(Stage {
            project,
            selection,
            progress,
            clock,
            target,
            path,
            directory,
            gaps: Mutex::default(),
            sections: Mutex::default(),
        })
    }

    /// The place of a staged name.
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Builds the directory `want`, which will stand at `inner` below the target, under `name`.
    /// Only what was selected is brought; with nothing of it selected it is still made, empty.
    pub fn build(&self, name: &str, inner: &[u8], want: &Want) -> Result<()> {
        self.directory(self.directory.as_fd(), name.as_bytes(), inner, want, 0)?;
        Ok(())
    }

    /// Writes files into the staging directory. `None` stands for one that could not be.
    pub fn write(&self, jobs: &[Job]) -> Result<Vec<Option<Stat>>> {
        let batch = |jobs: &[Job]| {
            let files: Vec<(&[u8], Want)> =
                jobs.iter().map(|job| (&job.name[..], job.want)).collect();
            self.files(self.directory.as_fd(), &files, &|at| jobs[at].path.clone())
        };
        let written: Vec<Vec<Option<Stat>>> =
            jobs.par_chunks(BATCH).map(batch).collect::<Result<_>>()?;
        Ok(written.into_iter().flatten().collect())
    }

    /// Makes a directory and all that is in it. Says whether every entry was brought; `None` if its
    /// name collides.
    fn directory(
        &self,
        parent: BorrowedFd<'_>,
        name: &[u8],
        inner: &[u8],
        want: &Want,
        depth: usize,
    ) -> Result<Option<bool>> {
        let path = self.target.join(inner);
        if depth > MAX_DEPTH {
            return Err(Error::TooDeep { path });
        }
        let tree = match super::read_tree(self.project, &path, want) {
            Err(Error::Cache(crate::cache::Error::Missing { .. })) => {
                self.gap(|gaps| gaps.missing.push(path));
                return Ok(None);
            }
            other => other?,
        };
        match rustix::fs::mkdirat(
            parent,
            OsStr::from_bytes(name),
            Permissions::from_raw_mode(0o777),
        ) {
            Ok(()) => {}
            Err(rustix::io::Errno::EXIST) => {
                self.gap(|gaps| gaps.collisions.push(path));
                return Ok(None);
            }
            Err(error) => return Ok(Err(error).at("create", self.path(&path.to_string()))?),
        }
        let directory = fs::open_dir_at(parent, name).at("open directory", path.as_path())?;
        let mut complete = true;
        let mut entries = Vec::new();
        for entry in tree.entries() {
            let coverage = match self.selection.is_all() {
                true => Coverage::Full,
                false => self.selection.entry(path.join(entry.name).as_bytes()),
            };
            let wanted = coverage == Coverage::Full
                || (coverage == Coverage::Part && entry.mode.is_directory());
            complete &= wanted;
            if wanted {
                let want =
                    Want { mode: entry.mode, oid: entry.oid, size: entry.size, files: entry.files };
                entries.push((entry.name, want));
            }
        }
        let work = |entries: &[(&[u8], Want)]| -> Result<(SectionBuilder, bool)> {
            self.entries(directory.as_fd(), inner, entries, depth)
        };
        let weight =
            if entries.iter().any(|(_, want)| want.mode.is_directory()) { 4 } else { BATCH };
        let parts: Vec<(SectionBuilder, bool)> = if entries.len() <= weight {
            vec![work(&entries)?]
        } else {
            entries.par_chunks(weight).map(work).collect::<Result<_>>()?
        };
        let mut section = SectionBuilder::default();
        for (part, whole) in parts {
            section.append(part);
            complete &= whole;
        }
        let section = section.finish(want.oid, want.size, want.files, complete);
        let nothing = section.entries().next().is_none() && tree.entries().next().is_some();
        if nothing && depth > 0 && self.selection.entry(path.as_bytes()) != Coverage::Full {
            // A glob that matched nothing in here.
            rustix::fs::unlinkat(parent, OsStr::from_bytes(name), rustix::fs::AtFlags::REMOVEDIR)
                .map_err(io::Error::from)
                .at("remove", path.as_path())?;
            return Ok(None);
        }
        self.sections
            .lock()
            .expect("no panic while holding the lock")
            .insert(inner.to_vec(), section);
        Ok(Some(complete))
    }

    /// Brings some entries of a directory; says whether all of them came.
    fn entries(
        &self,
        directory: BorrowedFd<'_>,
        inner: &[u8],
        entries: &[(&[u8], Want)],
        depth: usize,
    ) -> Result<(SectionBuilder, bool)> {
        let files: Vec<(&[u8], Want)> =
            entries.iter().filter(|(_, want)| !want.mode.is_directory()).copied().collect();
        let path = |at: usize| self.target.join(&join(inner, files[at].0));
        let mut stats = self.files(directory, &files, &path)?.into_iter();
        let mut complete = true;
        let mut section = SectionBuilder::default();
        for (name, want) in entries {
            if want.mode.is_directory() {
                let below = self.directory(directory, name, &join(inner, name), want, depth + 1)?;
                complete &= below == Some(true);
                if below.is_some() {
                    section.push(&Entry::directory(name));
                }
                continue;
            }
            match stats.next().expect("one stat for each file") {
                Some(stat) => section.push(&self.entry(name, want, &stat)),
                None => complete = false,
            }
        }
        Ok((section, complete))
    }

    /// The index entry of a file that was just written.
    pub fn entry<'n>(&self, name: &'n [u8], want: &Want, stat: &Stat) -> Entry<'n> {
        Entry::new(name, want.mode, want.oid, stat, self.clock.keeps_whole_seconds(stat))
    }

    /// Writes files and links into `directory`: those from packs in the order of the packs, the
    /// others by reflink where that is possible.
    fn files(
        &self,
        directory: BorrowedFd<'_>,
        files: &[(&[u8], Want)],
        path: &dyn Fn(usize) -> RepoPath,
    ) -> Result<Vec<Option<Stat>>> {
        let cache = &self.project.cache;
        let mut stats = vec![None; files.len()];
        let mut here = Vec::with_capacity(files.len());
        for (at, (_, want)) in files.iter().enumerate() {
            if cache.contains(&want.oid)? {
                here.push(at);
            } else {
                self.gap(|gaps| gaps.missing.push(path(at)));
            }
        }
        let ids: Vec<_> = here.iter().map(|&at| files[at].1.oid).collect();
        let loose = cache.read_packed(&ids, |at, bytes| {
            let (name, want) = &files[here[at]];
            let path = || path(here[at]);
            stats[here[at]] = self.place(directory, name, &path, want, bytes)?;
            Ok::<_, Error>(())
        })?;
        for at in loose {
            let (name, want) = &files[here[at]];
            let path = || path(here[at]);
            stats[here[at]] = self.place_loose(directory, name, &path, want)?;
        }
        let bytes = files.iter().map(|(_, want)| want.size).sum();
        self.progress.advance(files.len() as u64, bytes);
        Ok(stats)
    }

    /// Writes a file or link whose bytes are at hand.
    fn place(
        &self,
        directory: BorrowedFd<'_>,
        name: &[u8],
        path: &dyn Fn() -> RepoPath,
        want: &Want,
        bytes: &[u8],
    ) -> Result<Option<Stat>> {
        if bytes.len() as u64 != want.size {
            return Err(wrong_size(path(), want, bytes.len() as u64));
        }
        let located = |error: io::Error| fs::Error {
            op: "write",
            path: self.project.repo.absolute(&path()),
            source: error,
        };
        if want.mode == Mode::Link {
            if link_escapes(&path(), bytes) {
                self.gap(|gaps| gaps.escaping.push((path(), bytes.to_vec())));
                return Ok(None);
            }
            let name_os = OsStr::from_bytes(name);
            return match rustix::fs::symlinkat(OsStr::from_bytes(bytes), directory, name_os) {
                Ok(()) => Ok(fs::lstat_at(directory, name).map_err(located)?),
                Err(rustix::io::Errno::EXIST) => self.collision(&path()),
                Err(error) => Err(located(error.into()).into()),
            };
        }
        let Some(mut file) = self.create(directory, name, path, want)? else { return Ok(None) };
        fs::failpoint::hit("checkout.write").map_err(located)?;
        file.write_all(bytes).map_err(located)?;
        Ok(Some(Stat::of(&file).map_err(located)?))
    }

    fn place_loose(
        &self,
        directory: BorrowedFd<'_>,
        name: &[u8],
        path: &dyn Fn() -> RepoPath,
        want: &Want,
    ) -> Result<Option<Stat>> {
        let cache = &self.project.cache;
        let source = match cache.loose_file(&want.oid)? {
            Some(source) if want.mode != Mode::Link => source,
            _ => {
                let bytes = cache.read(&want.oid)?;
                return self.place(directory, name, path, want, &bytes);
            }
        };
        let from = File::open(&source).at("open", &source)?;
        let absolute = || self.project.repo.absolute(&path());
        let size = from.metadata().at("stat", &source)?.len();
        if size != want.size {
            return Err(wrong_size(path(), want, size));
        }
        let Some(mut file) = self.create(directory, name, path, want)? else { return Ok(None) };
        if !fs::clone_file(&from, &file).at_with("write", absolute)? {
            fs::failpoint::hit("checkout.copy").at_with("write", absolute)?;
            let mut hasher = crate::cache::HashingReader::new(from);
            io::copy(&mut hasher, &mut file).at_with("write", absolute)?;
            if hasher.finish() != want.oid {
                let reason = "it changed while it was copied".to_owned();
                return Err(crate::cache::Error::Damaged { oid: want.oid, reason }.into());
            }
        }
        Ok(Some(Stat::of(&file).at_with("stat", absolute)?))
    }

    fn create(
        &self,
        directory: BorrowedFd<'_>,
        name: &[u8],
        path: &dyn Fn() -> RepoPath,
        want: &Want,
    ) -> Result<Option<File>> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = if want.mode == Mode::Executable { 0o777 } else { 0o666 };
        let mode = Permissions::from_raw_mode(mode);
        match rustix::fs::openat(directory, OsStr::from_bytes(name), flags, mode) {
            Ok(file) => Ok(Some(file.into())),
            Err(rustix::io::Errno::EXIST) => {
                self.collision(&path())?;
                Ok(None)
            }
            Err(error) => Ok(Err(error).at_with("create", || self.project.repo.absolute(&path()))?),
        }
    }

    fn collision(&self, path: &RepoPath) -> Result<Option<Stat>> {
        self.gap(|gaps| gaps.collisions.push(path.clone()));
        Ok(None)
    }

    pub fn gap(&self, note: impl FnOnce(&mut Gaps)) {
        note(&mut self.gaps.lock().expect("no panic while holding the lock"));
    }

    /// The sections that were built.
    pub fn take_sections(&self) -> Vec<(Vec<u8>, Section)> {
        let mut sections = self.sections.lock().expect("no panic while holding the lock");
        sections.drain().collect()
    }
}

fn wrong_size(path: RepoPath, want: &Want, found: u64) -> Error {
    let reason = format!("its directory says {} bytes, the object has {found}", want.size);
    Error::Damaged { path, reason }
}

/// The permissions that a file of `mode` has here: what was asked for, less the umask.
pub(super) fn set_executable(path: &Path, executable: bool) -> fs::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let plain = fs::default_mode();
    // Whoever may read may execute.
    let mode = if executable { plain | (plain & 0o444) >> 2 } else { plain };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .at("set the mode of", path)
}
