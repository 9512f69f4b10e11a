//! What happens while stages run, for whoever shows it.

use std::time::Duration;

use super::decision::Reason;
use super::process::End;
use crate::fs::RepoPath;
use crate::pipeline::{Address, Error};
use crate::runs;

/// Hears what happens, from many threads.
pub trait Observer: Sync {
    fn event(&self, event: Event<'_>);

    /// Asks whether a stage may run.
    fn confirm(&self, stage: &Address, reasons: &[Reason]) -> bool {
        let _ = (stage, reasons);
        true
    }
}

/// Something that happened.
#[derive(Debug)]
pub enum Event<'a> {
    /// Another process runs the stage, or writes; `holder` describes it.
    Waiting {
        stage: Option<&'a Address>,
        holder: &'a str,
    },
    /// The data source was changed and nobody added it; the stage takes it as it is.
    Unrecorded {
        stage: &'a Address,
        path: &'a RepoPath,
    },
    /// The commands are about to run.
    Started {
        stage: &'a Address,
        reasons: &'a [Reason],
    },
    Command {
        stage: &'a Address,
        command: &'a str,
    },
    /// The commands printed something; pieces end anywhere.
    Output {
        stage: &'a Address,
        bytes: &'a [u8],
    },
    /// What stood where the stage writes, and is nowhere else, is kept in this recovery entry.
    Kept {
        stage: &'a Address,
        recovery: &'a str,
    },
    /// Git ignores `path`, which is in the dep directory `dep` and does not count.
    Ignored {
        stage: &'a Address,
        dep: &'a RepoPath,
        path: &'a RepoPath,
    },
    /// An attempt failed and there are more.
    Retrying {
        stage: &'a Address,
        end: End,
        left: u32,
    },
    Ended {
        stage: &'a Address,
        outcome: &'a Outcome,
    },
    /// The run, or something of it, could not be recorded.
    NotRecorded {
        error: &'a runs::Error,
        lost: Lost,
    },
}

/// What comes of a run that could not be recorded as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// Nothing is recorded.
    All,
    /// What was written down is kept, and the next command stores it.
    Nothing,
    /// It is recorded, and lacks something; or it would, if this process were killed.
    Part,
}

/// What became of a stage.
#[derive(Debug)]
pub enum Outcome {
    UpToDate,
    /// Its outs were there and are now in the cache.
    Adopted,
    /// Its outs were put back.
    Restored,
    /// The run cache knew what it writes.
    Reused,
    Ran {
        duration: Duration,
    },
    /// In a dry run: it would run.
    Pending {
        reasons: Vec<Reason>,
    },
    /// The user was asked and declined.
    Declined,
    Failed {
        error: Error,
    },
    /// A stage before it failed, or was declined.
    Blocked,
    /// Others failed before its turn came.
    Cancelled,
}
