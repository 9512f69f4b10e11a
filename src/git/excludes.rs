//! Git's ignore rules: `.gitignore`, `info/exclude` and `core.excludesFile` (`gitignore(5)`).

use std::sync::Mutex;

use gix::bstr::ByteSlice as _;

use super::error::Attempt as _;
use super::{Repo, Result};
use crate::fs::RepoPath;

/// The rules of a worktree, for asking about many paths; the files are read as they are reached.
pub struct Excludes {
    stack: Mutex<Stack>,
}

struct Stack {
    repo: gix::Repository,
    stack: gix::worktree::Stack,
}

impl Repo {
    /// The ignore rules of the worktree.
    pub fn excludes(&self) -> Result<Excludes> {
        let attempt = || "read Git's ignore rules".to_owned();
        let repo = self.gix();
        let index = repo.index_or_empty().attempt(attempt)?;
        let source = gix::worktree::stack::state::ignore::Source::WorktreeThenIdMappingIfNotSkipped;
        let stack = repo.excludes(&index, None, source).attempt(attempt)?.detach();
        Ok(Excludes { stack: Mutex::new(Stack { repo: self.gix(), stack }) })
    }
}

impl Excludes {
    /// Whether Git ignores `path`, if it does not track it. What is in an ignored directory is
    /// ignored.
    pub fn covers(&self, path: &RepoPath, is_directory: bool) -> Result<bool> {
        let mode = match is_directory {
            true => gix::index::entry::Mode::DIR,
            false => gix::index::entry::Mode::FILE,
        };
        let mut guard = self.stack.lock().expect("no panic while holding the lock");
        let Stack { repo, stack } = &mut *guard;
        let platform = stack.at_entry(path.as_bytes().as_bstr(), Some(mode), &repo.objects);
        let platform = platform.map_err(|error| crate::fs::Error {
            op: "read ignore rules for",
            path: path.as_path().to_owned(),
            source: error,
        })?;
        Ok(platform.is_excluded())
    }
}

/// Rules of `.gitignore` files alone, wherever they are: what they say is the same on every machine.
#[derive(Debug, Default)]
pub struct IgnoreRules {
    search: gix::ignore::Search,
}

impl IgnoreRules {
    /// The name of files with rules.
    pub const FILE: &[u8] = b".gitignore";

    /// Adds the rules that are in `directory`. Those of the directories above it come before.
    pub fn add(&mut self, directory: &RepoPath, rules: &[u8]) {
        if rules.is_empty() {
            return;
        }
        let source = directory.join(Self::FILE).as_path().to_owned();
        let added =
            self.search.add_patterns_buffer(rules, source, Some("".as_ref()), Default::default());
        added.expect("a file is in a directory, and names are bytes");
    }

    /// Whether the rules name `path` itself. What is in an ignored directory is ignored, whatever
    /// they say of it.
    pub fn cover(&self, path: &RepoPath, is_directory: bool) -> bool {
        let case = gix::glob::pattern::Case::Sensitive;
        let path = path.as_bytes().as_bstr();
        let found = self.search.pattern_matching_relative_path(path, Some(is_directory), case);
        found.is_some_and(|found| !found.pattern.is_negative())
    }
}
