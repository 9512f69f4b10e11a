//! `git mlrun commit`: takes what is in the worktree for what the stages wrote.
//!
//! For outs that were made by hand or by commands that were run by hand. Deps and parameters are
//! recorded as they are now; the run cache learns nothing, because nobody knows what really ran.

use std::collections::BTreeSet;
use std::sync::mpsc::channel;

use super::decision::{Decision, Reason, Rules, Verdict, decide};
use super::events::Observer;
use super::repro::{Waiting, names};
use super::session::{Session, lock_file};
use super::store::{Request, Store, ask};
use crate::data::Project;
use crate::data::guard::StageGuard;
use crate::data::recovery;
use crate::pipeline::{Address, Error, Result, Workspace};

/// What became of one stage.
#[derive(Debug)]
pub struct Committed {
    pub address: Address,
    /// What was not as the lock had it; empty where nothing had to be done.
    pub reasons: Vec<Reason>,
}

#[derive(Debug, Default)]
pub struct Report {
    pub stages: Vec<Committed>,
    pub errors: Vec<Error>,
}

/// Commits the targets of `workspace`, or only reports.
///
/// # Errors
/// Nothing could be done at all, such as after a stage that was killed. A stage of which a dep or an out is not there is an error of its own.
pub fn commit(
    project: &Project,
    workspace: &Workspace,
    dry_run: bool,
    observer: &dyn Observer,
) -> Result<Report> {
    let Workspace { graph, targets, .. } = workspace;
    let stages = graph.stages();
    // What a killed stage left must not become what it wrote.
    if !dry_run && let Some(path) = recovery::left_behind(project)?.into_iter().next() {
        return Err(Error::KilledStage { path });
    }
    let session = &Session::open(project, stages, None)?;
    let wanted: BTreeSet<usize> = targets.iter().copied().collect();
    let waiting = &Waiting { observer };
    let store = Store {
        session,
        names: names(stages),
        command: "commit",
        progress: waiting,
        observer,
        recorder: None,
    };
    let (requests, received) = channel();
    let mut report = Report::default();
    let recorded = std::thread::scope(|scope| {
        let storing = scope.spawn(move || store.serve(&received));
        for &at in graph.order().iter().filter(|at| wanted.contains(at)) {
            let stage = &stages[at];
            let address = &stage.address;
            let one = || -> Result<Vec<Reason>> {
                let Decision { verdict, reasons, inputs, .. } =
                    decide(session, stage, Rules::default())?;
                if verdict == Verdict::UpToDate {
                    return Ok(Vec::new());
                }
                if !inputs.missing.is_empty() {
                    let places = inputs.missing;
                    return Err(Error::DepMissing {
                        stage: address.clone(),
                        places,
                        tracked: false,
                    });
                }
                if !dry_run {
                    let lock = lock_file(address);
                    let (name, forever) = (&address.name, || false);
                    let guard = StageGuard::acquire(project, &lock, name, None, waiting, &forever)?;
                    let guard = guard.expect("nothing stops the waiting");
                    ask(&requests, |reply| Request::Commit { stage, inputs, guard, reply })?;
                }
                Ok(reasons)
            };
            match one() {
                Ok(reasons) => {
                    report.stages.push(Committed { address: address.clone(), reasons });
                }
                Err(error) => report.errors.push(error),
            }
        }
        drop(requests);
        storing.join().expect("the store does not panic")
    });
    report.errors.extend(recorded.err());
    session.save_dep_indexes();
    Ok(report)
}
