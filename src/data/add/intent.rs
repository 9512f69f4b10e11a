//! What an `add` is about to point to, written down before the pointers and removed after the index.
//!
//! If the command is killed in between, a pointer is newer than the index knows, as if somebody's
//! version had been pulled. This file tells that it was our own.
//!
//! `intent`, beside the index: for each target the id of its object in hexadecimal digits, a space,
//! its path and a NUL. One that is damaged or lost tells nothing.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::data::{Project, Result};
use crate::format::ObjectId;
use crate::fs::{self, RepoPath};

const MAX_LEN: usize = 1 << 30;

/// The objects that a killed command was about to point to.
#[derive(Debug, Default)]
pub(super) struct Intent(HashMap<RepoPath, ObjectId>);

impl Intent {
    pub fn read(project: &Project) -> Intent {
        let bytes = fs::read_bounded(&path(project), MAX_LEN).unwrap_or_default();
        let entry = |record: &[u8]| {
            let (oid, target) = record.split_at_checked(64)?;
            let oid = ObjectId::from_hex(std::str::from_utf8(oid).ok()?).ok()?;
            Some((RepoPath::new(target.strip_prefix(b" ")?)?, oid))
        };
        Intent(bytes.split(|&b| b == 0).filter_map(entry).collect())
    }

    /// Whether a killed command of ours wrote, or was about to write, this pointer.
    pub fn names(&self, target: &RepoPath, oid: &ObjectId) -> bool {
        self.0.get(target) == Some(oid)
    }

    /// Writes down what will be pointed to.
    pub fn write<'a>(
        project: &Project,
        targets: impl Iterator<Item = (&'a RepoPath, ObjectId)>,
    ) -> Result<()> {
        let mut bytes = Vec::new();
        for (target, oid) in targets {
            bytes.extend_from_slice(oid.to_hex().as_bytes());
            bytes.push(b' ');
            bytes.extend_from_slice(target.as_bytes());
            bytes.push(0);
        }
        Ok(fs::write_atomic(&path(project), &bytes, &project.worktree_dir().join("tmp"))?)
    }

    /// The index knows now.
    pub fn clear(project: &Project) -> Result<()> {
        fs::remove_file_if_exists(&path(project))?;
        Ok(())
    }
}

fn path(project: &Project) -> PathBuf {
    project.worktree_dir().join("intent")
}
