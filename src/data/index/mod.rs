//! The index: what this worktree last checked out or added, with the stat of every file.
//!
//! It answers "did this file change?" without reading the file. Per tracked path (*target*) it
//! keeps the base; per directory of a target a [`Section`] with the entries that are, or were, in
//! the worktree.
//!
//! # Invariants
//!
//! - A section's entries are entries of the base's tree for that directory, with the same oid and
//!   mode. An entry of the base that is not in its section was never materialised here (partial
//!   checkout); one that is in the section and not in the worktree was deleted by the user.
//! - A section that is `complete` has every entry of its tree, and so have all sections below it.
//! - [`Flags::RACY`]: the stat may be younger than the content it stands for; the file is read
//!   before it counts as unchanged.
//! - [`Flags::CHANGED`]: a file with this stat was read and is *not* what `oid` says. Saves hashing
//!   a large modified file at every `status`.
//!
//! A file target has one section, of the empty path, with one entry of the file's name.

mod codec;
mod section;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

pub use section::{Entry, Flags, Section, SectionBuilder, StatRules};

use super::Result;
use crate::format::Target;
use crate::fs::{self, At as _, RepoPath, Stat};

/// The sections of a target by their path below it.
pub type Sections = HashMap<Vec<u8>, Section>;

/// Drops the sections at and below each of `paths`.
pub fn forget(sections: &mut Sections, paths: &HashSet<Vec<u8>>) {
    let covers = |path: &Vec<u8>| {
        let slashes = path.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| at);
        [0, path.len()].into_iter().chain(slashes).any(|end| paths.contains(&path[..end]))
    };
    if !paths.is_empty() {
        sections.retain(|path, _| !covers(path));
    }
}

/// What is known of one tracked path.
#[derive(Clone, Debug)]
pub struct State {
    /// What was last checked out or added here.
    pub base: Target,
    /// The lock that names it; `None` for what a pointer names.
    pub lock: Option<RepoPath>,
    pub sections: Sections,
}

impl State {
    /// Files and links of the base that are, or were, in the worktree.
    pub fn materialised(&self) -> u64 {
        self.sections.values().map(|section| u64::from(section.file_entries())).sum()
    }
}

/// The index of one worktree, in memory.
#[derive(Clone, Debug, Default)]
pub struct Index {
    pub targets: BTreeMap<RepoPath, State>,
    /// The file that this was read from.
    source: Option<Stat>,
}

impl Index {
    /// Reads the file at `path`. One that is missing or damaged counts as empty: everything in it
    /// can be found out again by reading the worktree.
    pub fn read(path: &Path) -> Result<Index> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Index::default());
            }
            Err(error) => return Ok(Err(error).at("open", path)?),
        };
        let source = Stat::of(&file).at("stat", path)?;
        let mut bytes = Vec::with_capacity(source.size as usize);
        file.read_to_end(&mut bytes).at("read", path)?;
        let mut index = decode(bytes).unwrap_or_default();
        index.source = Some(source);
        Ok(index)
    }

    /// An index of the same file with the one target, as far as it is known.
    pub fn only(&self, path: &RepoPath) -> Index {
        let known = self.targets.get(path).map(|state| (path.clone(), state.clone()));
        Index { targets: known.into_iter().collect(), source: self.source }
    }

    /// When the file that this was read from was written; 0 if there was none.
    pub fn written_ns(&self) -> i64 {
        self.source.map_or(0, |stat| stat.mtime_ns)
    }

    /// Whether the file at `path` is still the one that this was read from.
    pub fn is_current(&self, path: &Path) -> bool {
        fs::lstat(path).is_ok_and(|stat| stat == self.source)
    }

    /// Takes the file at `path` for the one that this is.
    pub(super) fn note_written(&mut self, path: &Path) -> Result<()> {
        self.source = fs::lstat(path)?;
        Ok(())
    }

    /// Replaces the file at `path`. Not synced: a lost index costs time, not data, and its checksum
    /// tells a torn one.
    pub fn write(&self, path: &Path) -> Result<()> {
        let directory = path.parent().unwrap_or(Path::new("."));
        let mut file = fs::AtomicFile::create_in(&directory.join("tmp"))?;
        codec::encode(self, &mut file).at("write", path)?;
        Ok(file.publish_unsynced(path, 0o644)?)
    }
}

pub use codec::decode;
