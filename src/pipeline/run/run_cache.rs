//! The run cache: what commands wrote when they ran with the same key before.
//!
//! One file for each key, `runs/ab/<64 hex>` beside the object cache's directory in the repository, so
//! that all worktrees share it (`format::run_entry`). The outs themselves are objects of the cache. An
//! entry is only written after its objects are safe, and without a sync of its own: one that a power
//! cut tore does not fit its checksum and counts as absent.

use std::path::PathBuf;

use crate::data::Project;
use crate::format::StageKey;
use crate::format::run_entry::{self, RunEntry};
use crate::fs::{self, At as _, AtomicFile};
use crate::pipeline::stage::{Out, OutKind};
use crate::pipeline::{Result, Stage};

/// Whether what the stage writes follows from its key alone: it has inputs and outs, runs only when
/// they change, finds no old outs in place, and all that it writes is in the cache.
pub fn covers(stage: &Stage) -> bool {
    let has_inputs = !stage.deps.is_empty() || !stage.params.is_empty();
    let is_kept = |out: &Out| !out.persist && (out.cache || out.kind != OutKind::Out);
    let keeps_all = !stage.outs.is_empty() && stage.outs.iter().all(is_kept);
    has_inputs && keeps_all && !stage.always_changed
}

/// The last run with this key, if all it wrote is in the cache.
pub fn look_up(project: &Project, key: &StageKey) -> Result<Option<RunEntry>> {
    let path = path(project, key);
    if fs::lstat(&path)?.is_none() {
        return Ok(None);
    }
    let bytes = fs::read_bounded(&path, run_entry::MAX_LEN)?;
    let Ok(entry) = RunEntry::parse(&bytes) else { return Ok(None) };
    if entry.key != *key || entry.exit_code != 0 {
        return Ok(None);
    }
    for out in &entry.outs {
        if !project.cache.contains(&out.target.oid())? {
            return Ok(None);
        }
    }
    Ok(Some(entry))
}

/// Replaces the entry of its key. The project's lock is held.
pub fn record(project: &Project, entry: &RunEntry) -> Result<()> {
    let path = path(project, &entry.key);
    let directory = path.parent().expect("an entry lies in a directory");
    fs::create_dir_all(directory)?;
    let mut file = AtomicFile::create_in(&project.worktree_dir().join("tmp"))?;
    std::io::Write::write_all(&mut file, &entry.to_bytes()).at("write", &path)?;
    Ok(file.publish_unsynced(&path, 0o644)?)
}

fn path(project: &Project, key: &StageKey) -> PathBuf {
    let hex = key.to_hex();
    project.shared_dir().join("runs").join(&hex[..2]).join(hex)
}
