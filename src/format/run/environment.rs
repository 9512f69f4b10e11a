//! What a run ran with, beside its code and data: `env.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::MAX_LEN;
use crate::format::{ObjectId, Result};

/// Platform, tools and packages. Absent where they are not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// Such as `linux`.
    pub os: String,
    /// Such as `x86_64`.
    pub arch: String,
    /// The kernel's release (`uname(2)`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kernel: Option<String>,
    /// Of the distribution, as `os-release(5)` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distribution: Option<String>,
    /// Processors that the run could use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<u64>,
    /// Bytes of main memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Versions of programs and drivers, by name: `python`, `git-ml`, `nvidia-driver`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, String>,
    /// The Python packages that the run could import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packages: Option<Packages>,
    /// Files that pin packages: `uv.lock`, `requirements.txt`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lock_files: Vec<FileHash>,
}

/// What `pip freeze` would list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packages {
    /// `venv`, `conda` or `system`.
    pub from: String,
    /// Ascending by name.
    pub list: Vec<Package>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Package {
    pub name: String,
    pub version: String,
}

/// A file and what it held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHash {
    /// Relative to the top of the worktree.
    pub path: String,
    pub oid: ObjectId,
}

impl Environment {
    /// # Errors
    /// It is too long, or no environment.
    pub fn parse(bytes: &[u8]) -> Result<Environment> {
        super::record::parse_json("environment", bytes, MAX_LEN)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        super::record::to_json(self)
    }
}
