//! The files of a commit, or of the index: those in Git, and the content of what is tracked there.
//!
//! Nothing is checked out. What Git has is read from Git; a path at or inside of a tracked path is read
//! from the cache, down through the listings of its directories. So the metrics of any commit can be
//! read in one clone, as far as its data was fetched, and what is staged can be checked before it is
//! committed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::source::{MAX_FILE, Source};
use super::{Error, Result};
use crate::data::tracked::TrackedPaths;
use crate::data::{self, Project};
use crate::format::{self, ObjectId, lock};
use crate::fs::RepoPath;
use crate::git::{CommitId, GitFiles};

/// Directories that are listed at once. Listings share subdirectories, so that few hostile ones could
/// name more than anybody can list.
const MOST_LISTED: usize = 1 << 20;

/// One state of a project that Git has.
pub struct InGit<'a> {
    project: &'a Project,
    pub files: Arc<GitFiles<'a>>,
    name: String,
    /// Read when the first path that is not in Git is asked for.
    tracked: Mutex<Option<Arc<Tracked>>>,
}

/// What is tracked there.
struct Tracked {
    targets: HashMap<RepoPath, format::Target>,
    /// Pointers and locks that cannot be understood.
    broken: Vec<(RepoPath, format::Error)>,
}

/// What a path inside of tracked data is.
enum Found {
    File { oid: ObjectId, size: u64 },
    Directory(ObjectId),
    Nothing,
}

impl<'a> InGit<'a> {
    /// `name` is what messages call the commit.
    pub fn commit(project: &'a Project, commit: CommitId, name: impl Into<String>) -> InGit<'a> {
        let files = Arc::new(GitFiles::of_commit(&project.repo, commit));
        InGit { project, files, name: name.into(), tracked: Mutex::new(None) }
    }

    /// The state with these files.
    pub fn new(project: &'a Project, files: Arc<GitFiles<'a>>) -> InGit<'a> {
        let name = files.name();
        InGit { project, files, name, tracked: Mutex::new(None) }
    }

    pub fn project(&self) -> &'a Project {
        self.project
    }

    /// Every file at or below `path`, in Git and in tracked data, ascending.
    ///
    /// # Errors
    /// A listing on the way is not in the cache.
    pub fn files_below(&self, path: &RepoPath) -> Result<Vec<RepoPath>> {
        let mut found = self.files.below(path)?;
        let tracked = self.tracked()?;
        let mut pending = Vec::new();
        match self.locate(&tracked, path)? {
            Found::File { .. } => found.push(path.clone()),
            Found::Directory(oid) => pending.push((path.clone(), oid)),
            Found::Nothing => {
                for (target, object) in &tracked.targets {
                    if target.below(path).is_some_and(|rest| !rest.is_empty()) {
                        match object {
                            format::Target::File { .. } => found.push(target.clone()),
                            format::Target::Directory { oid, .. } => {
                                pending.push((target.clone(), *oid));
                            }
                        }
                    }
                }
            }
        }
        let mut listed = 0;
        while let Some((directory, oid)) = pending.pop() {
            listed += 1;
            if listed > MOST_LISTED {
                return Err(Error::TooManyFiles { path: path.clone() });
            }
            for entry in self.tree(&directory, &oid)?.entries() {
                let path = directory.join(entry.name);
                if entry.mode.is_directory() {
                    pending.push((path, entry.oid));
                } else if entry.mode.is_file() {
                    found.push(path);
                }
            }
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    fn tracked(&self) -> Result<Arc<Tracked>> {
        let mut slot = self.tracked.lock().expect("no panic while holding the lock");
        if let Some(tracked) = &*slot {
            return Ok(Arc::clone(tracked));
        }
        let paths = TrackedPaths::in_git(&self.files)?;
        let targets =
            paths.paths.into_iter().map(|tracked| (tracked.path, tracked.target)).collect();
        let broken = (paths.errors.into_iter())
            .filter_map(|error| match error {
                data::Error::Format { path, source } => Some((path, source)),
                _ => None,
            })
            .collect();
        let tracked = Arc::new(Tracked { targets, broken });
        *slot = Some(Arc::clone(&tracked));
        Ok(tracked)
    }

    /// Goes from the tracked path that `path` is or lies in down to it.
    fn locate(&self, tracked: &Tracked, path: &RepoPath) -> Result<Found> {
        let mut ancestors = std::iter::successors(Some(path.clone()), RepoPath::parent);
        let Some((top, target)) =
            ancestors.find_map(|path| tracked.targets.get(&path).map(|target| (path, *target)))
        else {
            return match tracked.broken.iter().find(|(file, _)| may_track(file, path)) {
                Some((path, source)) => {
                    Err(Error::Format { path: path.clone(), source: source.clone() })
                }
                None => Ok(Found::Nothing),
            };
        };
        let mut found = match target {
            format::Target::File { oid, size, .. } => Found::File { oid, size },
            format::Target::Directory { oid, .. } => Found::Directory(oid),
        };
        let rest = path.below(&top).unwrap_or_default();
        let mut at = top.clone();
        for name in rest.split(|&b| b == b'/').filter(|name| !name.is_empty()) {
            let Found::Directory(oid) = found else { return Ok(Found::Nothing) };
            let tree = self.tree(&at, &oid)?;
            found = match tree.entries().find(|entry| entry.name == name) {
                Some(entry) if entry.mode.is_directory() => Found::Directory(entry.oid),
                Some(entry) if entry.mode.is_file() => {
                    Found::File { oid: entry.oid, size: entry.size }
                }
                _ => return Ok(Found::Nothing),
            };
            at = at.join(name);
        }
        Ok(found)
    }

    fn tree(&self, path: &RepoPath, oid: &ObjectId) -> Result<format::Tree> {
        self.project.cache.tree(oid).map_err(|error| self.explain(path, error))
    }

    fn explain(&self, path: &RepoPath, error: crate::cache::Error) -> Error {
        match error {
            error if error.is_missing() => {
                Error::NotFetched { path: path.clone(), revision: self.name.clone() }
            }
            error => error.into(),
        }
    }
}

/// Whether the pointer or lock `file` could be what tracks `path`.
fn may_track(file: &RepoPath, path: &RepoPath) -> bool {
    let top = match file.file_name() == lock::FILE_NAME.as_bytes() {
        true => file.parent(),
        false => data::tracked::target_path(file).ok(),
    };
    top.is_some_and(|top| path.below(&top).is_some())
}

impl Source for InGit<'_> {
    /// # Errors
    /// [`Error::NotFetched`] where the file is tracked and its content is not in the cache.
    fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>> {
        if let Some(bytes) = self.files.read(path, MAX_FILE)? {
            return Ok(Some(bytes));
        }
        let Found::File { oid, size } = self.locate(&*self.tracked()?, path)? else {
            return Ok(None);
        };
        if size > MAX_FILE as u64 {
            return Err(Error::TooLarge { path: path.clone(), size });
        }
        self.project.cache.read(&oid).map(Some).map_err(|error| self.explain(path, error))
    }

    fn top(&self) -> Option<&Path> {
        Some(self.project.repo.top())
    }

    fn named(&self, names: &[&str]) -> Result<Vec<RepoPath>> {
        let wanted = |name: &[u8]| names.iter().any(|wanted| wanted.as_bytes() == name);
        Ok(self.files.named(&wanted)?)
    }
}
