//! `mlrun.lock`: with what each stage last ran, and what came of it.

use std::collections::BTreeMap;

use super::{Target, Value};

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
