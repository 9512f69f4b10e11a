//! The index of runs: what tables and filters need of every run, in one file.
//!
//! Reading 10,000 runs out of Git's objects takes a second, reading this file milliseconds. It lies at
//! `$GIT_COMMON_DIR/mldata/runs-index`, for all worktrees, and is never more than a copy:
//!
//! - It is bound to the commit of the store that it was made from, and to the trees of its shards. If
//!   the store has moved, only the shards that differ are listed, and of those only the runs read whose
//!   directory or annotations differ.
//! - A file that is missing, damaged (XXH3) or of another version is made anew. It is written by rename
//!   and without a lock: of two writers the last one wins, and both are right. Where nothing can be
//!   written, it is made in memory each time.
//! - A run that cannot be understood is passed over and told ([`Runs::unreadable`]), and so is one whose
//!   objects are not here; the latter are looked for again by the next command.
//! - If a run is gone from the store (a purge), nothing of the old file is taken over, so that no text
//!   of that run stays in it.
//!
//! Memory: every text stands once in one table ([`strings`]) and is named by its number there; values
//! are decoded where they are looked at.

mod builder;
mod codec;
mod row;
mod strings;
mod update;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use row::{Group, Scalar, Summary};

use self::row::{Packed, Row};
use self::strings::Strings;
use super::{Result, live, store};
use crate::format::run::RunId;
use crate::fs;
use crate::git::{CommitId, GitId, Repo};

/// All runs of the store, newest first.
#[derive(Default)]
pub struct Runs {
    tip: Option<CommitId>,
    /// The shards that were read completely.
    shards: BTreeMap<u8, Shard>,
    strings: Strings,
    rows: Vec<Row>,
    values: Vec<Packed>,
    unreadable: Vec<Unreadable>,
}

/// The trees of one shard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shard {
    runs: Option<GitId>,
    annotations: Option<GitId>,
}

/// Something of the store that could not be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    shard: u8,
    /// Where in the store's tree it is. Not escaped.
    pub path: String,
    /// Why. Not escaped.
    pub reason: String,
}

impl Runs {
    /// The runs of the store as it is now.
    ///
    /// # Errors
    /// The store's last commit or the directories above its shards cannot be read.
    pub fn load(repo: &Repo) -> Result<Runs> {
        let Some(tip) = repo.ref_target(store::REF)? else { return Ok(Runs::default()) };
        let path = file(repo);
        let (made_from, mut runs) = read(&path).unwrap_or_default();
        if made_from == Some(GitId::from(tip)) {
            runs.tip = Some(tip);
            return Ok(runs);
        }
        let (runs, is_complete) = update::update(repo, runs, tip)?;
        // A read-only repository can be looked at as well.
        let _ = write(&runs, is_complete, &path);
        // Those that begin from now on are newer, though others' clocks may be ahead.
        live::raise_order(repo, runs.rows.iter().map(|row| row.order));
        Ok(runs)
    }

    /// The store's commit that these are the runs of; `None` if there is no store.
    pub fn tip(&self) -> Option<CommitId> {
        self.tip
    }

    /// All runs, newest first: by [`Run::order`](crate::format::run::Run::order), then id. Deleted
    /// ones and stages are among them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Summary<'_>> + Clone {
        self.rows.iter().map(|row| Summary::new(self, row))
    }

    /// Without those that were deleted.
    pub fn present(&self) -> impl DoubleEndedIterator<Item = Summary<'_>> + Clone {
        self.iter().filter(|run| !run.is_deleted())
    }

    /// The run `id`, also if it was deleted.
    pub fn get(&self, id: RunId) -> Option<Summary<'_>> {
        self.rows.iter().find(|row| row.id == id).map(|row| Summary::new(self, row))
    }

    /// How many runs there are, with deleted ones and stages.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What was passed over, in the order of paths.
    pub fn unreadable(&self) -> &[Unreadable] {
        &self.unreadable
    }
}

impl std::fmt::Debug for Runs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn file(repo: &Repo) -> PathBuf {
    repo.common_dir().join("mldata").join("runs-index")
}

/// What the file holds, and the commit it was made from, unless some of that could not be read.
fn read(path: &Path) -> Option<(Option<GitId>, Runs)> {
    codec::decode(&std::fs::read(path).ok()?).ok()
}

/// Not synced: a lost index costs time, not data, and its checksum tells a torn one.
fn write(runs: &Runs, is_complete: bool, path: &Path) -> fs::Result<()> {
    use std::io::Write as _;
    let directory = path.parent().unwrap_or(Path::new("."));
    let temp = directory.join("tmp");
    fs::create_dir_all(&temp)?;
    let mut file = fs::AtomicFile::create_in(&temp)?;
    let bytes = codec::encode(runs, is_complete);
    fs::At::at(file.write_all(&bytes), "write", path)?;
    file.publish_unsynced(path, 0o644)
}
