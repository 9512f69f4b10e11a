//! `git mlrun status`: which stages would run, and why. Changes nothing but the memory of stats.

use std::collections::BTreeSet;

use super::decision::{Decision, Reason, Rules, Verdict, decide};
use super::session::{Session, lock_file};
use crate::data::Project;
use crate::data::guard::StageGuard;
use crate::data::recovery;
use crate::fs::RepoPath;
use crate::pipeline::{Address, Error, Result, Workspace};

/// How one stage stands.
#[derive(Debug)]
pub struct StageStatus {
    pub address: Address,
    pub state: State,
    /// Empty for a stage that is up to date.
    pub reasons: Vec<Reason>,
    /// Outs that somebody edited and that are nowhere else.
    pub edited: Vec<RepoPath>,
    /// Data sources that were changed and not added.
    pub unrecorded: Vec<RepoPath>,
    pub frozen: bool,
}

/// What `repro` would do with a stage, were it not for those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    UpToDate,
    /// Its outs are there and only have to be noted.
    Adoptable,
    /// Its outs would be put back from the cache.
    Restorable,
    Changed,
    /// Some process runs it.
    Running,
}

#[derive(Debug, Default)]
pub struct Report {
    /// In the order in which stages would run.
    pub stages: Vec<StageStatus>,
    pub errors: Vec<(Address, Error)>,
    /// Outs that a killed command displaced; the next `repro` moves them back.
    pub displaced: Vec<RepoPath>,
}

impl Report {
    /// Nothing would have to be done.
    pub fn is_clean(&self) -> bool {
        self.errors.is_empty()
            && self.stages.iter().all(|s| matches!(s.state, State::UpToDate | State::Adoptable))
    }
}

/// Compares the targets, and all that they need, with their locks.
pub fn status(project: &Project, workspace: &Workspace, single: bool) -> Result<Report> {
    let Workspace { graph, targets, .. } = workspace;
    let stages = graph.stages();
    let session = Session::open(project, stages, None)?;
    let wanted = if single { targets.clone() } else { graph.closure_up(targets) };
    let wanted: BTreeSet<usize> = wanted.into_iter().collect();
    let mut report = Report { displaced: recovery::left_behind(project)?, ..Report::default() };
    for &at in graph.order().iter().filter(|at| wanted.contains(at)) {
        let stage = &stages[at];
        let address = &stage.address;
        let Decision { verdict, reasons, inputs, outs, .. } =
            match decide(&session, stage, Rules::default()) {
                Ok(decision) => decision,
                Err(error) => {
                    report.errors.push((address.clone(), error));
                    continue;
                }
            };
        let state = match verdict {
            Verdict::UpToDate => State::UpToDate,
            _ if StageGuard::is_held(project, &lock_file(address), &address.name)? => {
                State::Running
            }
            Verdict::Adopt => State::Adoptable,
            Verdict::Restore => State::Restorable,
            Verdict::Run => State::Changed,
        };
        let edited = outs.iter().filter(|now| now.edited && !now.out.persist);
        report.stages.push(StageStatus {
            address: address.clone(),
            state,
            reasons,
            edited: edited.map(|now| now.out.path.clone()).collect(),
            unrecorded: inputs.unrecorded,
            frozen: stage.frozen,
        });
    }
    session.save_dep_indexes();
    Ok(report)
}
