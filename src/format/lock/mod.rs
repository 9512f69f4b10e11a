//! `mlrun.lock`: with what each stage last ran, and what came of it.
//!
//! # Format, version 1
//!
//! YAML, UTF-8, at most 64 MiB, beside the pipeline file whose stages it locks.
//!
//! ```yaml
//! mlrun: 1
//! stages:
//!   train:
//!     cmd: python train.py      # as in the pipeline file: a string, or a list
//!     deps:
//!     - path: data/x.csv        # a file
//!       oid: sha256:4d7a…
//!       size: 12                # bytes
//!       exec: true              # only where the file is executable
//!     - path: src               # a directory
//!       tree: sha256:9f86…
//!       size: 34                # sum of the bytes of its files
//!       files: 3                # files and links in it
//!     params:
//!       params.yaml:
//!         train.lr: 0.1
//!     env:
//!       CUDA_HOME: null         # not set
//!       SEED: "1"
//!     outs:
//!     - path: model.pkl
//!       oid: sha256:c3ab…
//!       size: 5
//!       cache: false            # only where Git tracks it
//!       push: false             # only where it is never pushed
//!       remote: store           # only where it goes to another remote than the default
//! ```
//!
//! [`Lock::text`] writes exactly one text for a lock: stages by name, one block each with nothing
//! shared between blocks, deps and outs by path, params and variables by name, every scalar on one
//! line and quoted if any reader of YAML 1.1 or 1.2 could take it for something else. So Git merges
//! changes of different stages by itself, a diff shows what changed and nothing more, and other
//! programs read the same values.
//!
//! That text is read without a YAML parser, since every command reads every lock that it meets. Any
//! other text, merged or edited by hand, is read as YAML and means the same. Where a merge left
//! conflicts, [`Lock::parse_tolerant`] reads the stages that have none.

mod canonical;
mod conflict;
mod merge;
mod path;
mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, ObjectId, Result, Target, Value};

pub(super) use path::check_out;

const WHAT: &str = "lock";
const VERSION: u64 = 1;

pub use merge::{Merged, merge};

/// Name of the lock of `mlrun.yaml` and of `dvc.yaml`.
pub const FILE_NAME: &str = "mlrun.lock";

/// The longest text taken for a lock, in bytes.
pub const MAX_LEN: usize = 64 << 20;

/// A lock file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lock {
    /// By the names of the stages.
    pub stages: BTreeMap<String, LockedStage>,
}

/// One block of the lock.
///
/// Paths are relative to the directory of the lock file and may begin with `../`; deps outside of the
/// repository are absolute.
#[derive(Clone, Debug, PartialEq)]
pub struct LockedStage {
    pub cmd: LockedCmd,
    /// Ascending by path; globs are expanded.
    pub deps: Vec<LockedDep>,
    /// File, key, value.
    pub params: BTreeMap<String, BTreeMap<String, Value>>,
    /// Name and value; `None` where the variable was not set.
    pub env: BTreeMap<String, Option<String>>,
    /// Ascending by path.
    pub outs: Vec<LockedOut>,
}

impl LockedStage {
    /// The SHA-256 of the stage's block as it is written: equal for equal stages.
    pub fn id(&self) -> ObjectId {
        ObjectId::of(write::block_text(self).as_bytes())
    }
}

/// As in the pipeline file: one string, or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockedCmd {
    Text(String),
    List(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedDep {
    pub path: String,
    pub target: Target,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockedOut {
    pub path: String,
    pub target: Target,
    /// False where Git tracks it.
    pub cache: bool,
    /// False where it is never pushed.
    pub push: bool,
    /// The remote that it is pushed to, instead of the default.
    pub remote: Option<String>,
}

/// A lock as far as merges let it be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartialLock {
    /// The stages without conflicts.
    pub lock: Lock,
    /// The others. The lock must not be written before these are settled: it would forget them.
    pub conflicted: BTreeSet<String>,
}

impl Lock {
    /// Parses the text of a lock.
    ///
    /// # Errors
    /// Not a lock, one of a later version, or one with conflict markers.
    pub fn parse(bytes: &[u8]) -> Result<Lock> {
        let text = utf8(bytes)?;
        match canonical::parse(text) {
            Some(lock) => Ok(lock),
            None if has_markers(text) => Err(Error::ConflictMarkers { what: WHAT }),
            None => read::parse(text),
        }
    }

    /// Parses the text of a lock that may have conflict markers: stages that they touch are only
    /// named.
    ///
    /// # Errors
    /// As [`Lock::parse`]; conflicts only where no stage can be told from another.
    pub fn parse_tolerant(bytes: &[u8]) -> Result<PartialLock> {
        let text = utf8(bytes)?;
        if !has_markers(text) {
            return Ok(PartialLock { lock: Lock::parse(bytes)?, conflicted: BTreeSet::new() });
        }
        let Some((whole, conflicted)) = conflict::split(text) else {
            return Err(Error::ConflictMarkers { what: WHAT });
        };
        Ok(PartialLock { lock: Lock::parse(whole.as_bytes())?, conflicted })
    }

    /// The text to write; the same for equal locks. Deps and outs come in ascending order whatever
    /// theirs is.
    pub fn text(&self) -> String {
        write::text(self)
    }
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    if bytes.len() > MAX_LEN {
        return Err(Error::malformed(WHAT, "it is longer than 64 MiB"));
    }
    std::str::from_utf8(bytes).map_err(|_| Error::malformed(WHAT, "it is not UTF-8 text"))
}

fn has_markers(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> "))
}

#[cfg(test)]
mod tests;
