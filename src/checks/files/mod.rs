//! The files that are checked, and the state of the repository that they belong to.

//!
//! Checks look at them and change nothing: a correction takes its place here when [`run()`](super::run())
//! says so, and then counts for the checks that come after it.

mod choice;
mod file;
mod reader;

use std::sync::{Arc, Mutex, OnceLock};

use super::Result;
use super::texts::Texts;
use crate::fs::{self, RepoPath};
use crate::git::{Config, Git, GitFiles, Repo, SHARED_CONFIG};
use crate::pipeline::source::MAX_FILE;
pub use file::{File, Fix, Origin};
pub use reader::Reader;

/// What is checked.
pub struct Files<'a> {
    repo: &'a Repo,
    pub origin: Origin,
    /// In ascending order of their paths.
    pub files: Vec<File>,
    /// Paths that are gone.
    pub removed: Vec<RepoPath>,
    /// Whether `files` are what a commit changes, and not all files of a state, or some that were named.
    pub are_changes: bool,
    /// The directory from which paths in hints are seen.
    pub here: RepoPath,
    listing: OnceLock<Vec<RepoPath>>,
    /// Held by the check that asks Git for the listing, for all that want it meanwhile.
    listing_is_made: Mutex<()>,
    texts: Texts,
}

impl<'a> Files<'a> {
    pub fn repo(&self) -> &'a Repo {
        self.repo
    }

    /// For one thread.
    pub fn reader(&self) -> Reader<'_> {
        let (repo, origin, texts) = (self.repo, self.origin, &self.texts);
        Reader { repo, origin, objects: repo.objects(), texts }
    }

    /// Every path of the state that the files belong to, ascending: of the index, also where the
    /// worktree's files are checked.
    pub fn listing(&self) -> Result<&[RepoPath]> {
        if let Some(listing) = self.listing.get() {
            return Ok(listing);
        }
        let _made = self.listing_is_made.lock().expect("no panic while holding the lock");
        if let Some(listing) = self.listing.get() {
            return Ok(listing);
        }
        let git = Git::new(self.repo)?;
        let paths = match self.origin {
            Origin::Index | Origin::Worktree => git.index_paths()?,
            Origin::Commit(commit) => git.tree_paths(commit)?,
        };
        Ok(self.listing.get_or_init(|| paths))
    }

    /// What Git has in the state that the files belong to, with the texts that the files have here.
    pub fn state(&self) -> Result<GitFiles<'a>> {
        if let Origin::Commit(commit) = self.origin {
            return Ok(GitFiles::of_commit(self.repo, commit));
        }
        let mut state = GitFiles::of_index(self.repo)?;
        let reader = self.reader();
        for file in self.files.iter().filter(|file| file.is_regular()) {
            let id = file.current_id(self.repo)?;
            let is_other = match self.origin {
                Origin::Worktree => state.entry(&file.path)?.is_some_and(|entry| entry.id() != id),
                Origin::Index | Origin::Commit(_) => id != file.id,
            };
            if is_other && let Some(bytes) = reader.bytes(file, MAX_FILE)? {
                state.replace(file.path.clone(), id, bytes);
            }
        }
        Ok(state)
    }

    /// The settings by which these files are checked: `config`, with the committed file as the state has it
    /// that the files belong to.
    pub fn config(&self, config: &Config) -> Result<Config> {
        let state = match self.origin {
            Origin::Index => GitFiles::of_index(self.repo)?,
            Origin::Commit(commit) => GitFiles::of_commit(self.repo, commit),
            Origin::Worktree => return Ok(config.clone()),
        };
        let path = RepoPath::new(SHARED_CONFIG).expect("a name is a path");
        Ok(config.with_shared(state.read(&path, Config::MAX_LEN)?.as_deref())?)
    }

    /// `path` as one word of a command that is typed [`here`](Files::here).
    pub fn word(&self, path: &RepoPath) -> String {
        let word = path.relative_to(&self.here);
        fs::shell_word(&if word.starts_with(b"-") { [b"./", &word[..]].concat() } else { word })
    }

    /// Corrects one of the files: from now on its text is `fix.bytes`.
    pub fn correct(&mut self, fix: Fix) {
        if let Ok(at) = self.files.binary_search_by(|file| file.path.cmp(&fix.path)) {
            self.files[at].fix = Some(fix.bytes.into());
        }
    }

    /// Takes all corrections back, and says of which files they were.
    pub(super) fn take_back(&mut self) -> Vec<RepoPath> {
        let taken = |file: &mut File| file.fix.take().map(|_| file.path.clone());
        self.files.iter_mut().filter_map(taken).collect()
    }

    /// The text of a file before it was corrected.
    pub(super) fn original(&self, file: &File) -> Result<Arc<[u8]>> {
        let file = File { fix: None, ..file.clone() };
        Ok(self.reader().bytes(&file, usize::MAX)?.unwrap_or_default())
    }

    /// The files that were corrected, with their texts.
    pub fn corrected(&self) -> impl Iterator<Item = (&File, &[u8])> {
        self.files.iter().filter_map(|file| Some((file, file.fix.as_deref()?)))
    }
}
