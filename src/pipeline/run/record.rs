//! The one place where a finished stage is recorded.
//!
//! Called once for each stage that ran to its end, after its objects are safe and its lock is written,
//! under the project's lock and in the order in which the stages ended.

use std::path::PathBuf;
use std::time::Duration;

use super::run_cache;
use crate::cache::Stored;
use crate::data::Project;
use crate::format::StageKey;
use crate::format::lock::LockedOut;
use crate::format::run_entry::{Log, RunEntry};
use crate::pipeline::{Result, Stage};

/// How a stage ran.
#[derive(Debug)]
pub struct Ended {
    pub key: StageKey,
    /// Of all commands of the attempt that succeeded.
    pub duration: Duration,
    /// When it ended: seconds since 1970.
    pub time: i64,
    pub exit_code: i32,
    /// What it printed, and the size of that; `None` if it printed nothing.
    pub log_file: Option<(PathBuf, u64)>,
    /// The same as an object.
    pub log: Option<Stored>,
    /// Ascending by path.
    pub outs: Vec<LockedOut>,
    /// The run cache may have it.
    pub reusable: bool,
}

/// Records a finished stage.
pub(super) fn finished(project: &Project, stage: &Stage, ended: &Ended) -> Result<()> {
    if !ended.reusable || !run_cache::covers(stage) {
        return Ok(());
    }
    let entry = RunEntry {
        key: ended.key,
        outs: ended.outs.clone(),
        log: ended.log.map(|log| Log { oid: log.oid, size: log.size }),
        duration: ended.duration,
        exit_code: ended.exit_code,
        time: ended.time,
    };
    run_cache::record(project, &entry)
}
