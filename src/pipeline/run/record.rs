//! The one place where a finished stage is recorded: in the run cache, and in the run of this `repro`.
//!
//! Called once for each stage that is what its lock says by now, after its objects are safe and its lock
//! is written, under the project's lock and in the order in which the stages ended. A stage that failed
//! has no lock, and only the recorder hears of it ([`Recorder::failed`]).

use std::path::PathBuf;
use std::time::Duration;

use super::recorder::Recorder;
use super::run_cache;
use crate::cache::Stored;
use crate::data::Project;
use crate::format::StageKey;
use crate::format::lock::LockedOut;
use crate::format::run::How;
use crate::format::run_entry::{Log, RunEntry};
use crate::pipeline::{Result, Stage};

/// How a stage came to its outs.
#[derive(Debug)]
pub enum Finished {
    Ran(Ended),
    /// They were known: adopted, restored or reused. Outs ascend by path.
    Found(How, Vec<LockedOut>),
    /// The user says that they are right (`git mlrun commit`): no run of anything.
    Taken,
}

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
pub(super) fn finished(
    project: &Project,
    recorder: Option<&Recorder<'_>>,
    stage: &Stage,
    finished: &Finished,
) -> Result<()> {
    let (how, outs, log) = match finished {
        Finished::Ran(ended) => {
            remember(project, stage, ended)?;
            (How::Ran, &ended.outs, ended.log.map(|log| log.oid))
        }
        Finished::Found(how, outs) => (*how, outs, None),
        Finished::Taken => return Ok(()),
    };
    if let Some(recorder) = recorder {
        recorder.finished(stage, how, outs, log);
    }
    Ok(())
}

fn remember(project: &Project, stage: &Stage, ended: &Ended) -> Result<()> {
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
