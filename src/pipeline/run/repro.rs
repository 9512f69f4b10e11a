//! `git mlrun repro`: runs the stages that have to run, and only those.
//!
//! # Guarantees
//!
//! - Outs and lock change together: a stage that fails, is interrupted or killed leaves the outs that
//!   it had, and its unfinished work in recovery.
//! - An out that somebody edited, and that is nowhere else, is not displaced without `force`.
//! - A stage runs once at a time in a worktree, whoever asks; others wait and then find it done.
//! - No process of a stage outlives the command, except daemons that left its group.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Mutex, OnceLock};

use super::events::{Event, Observer, Outcome};
use super::execute::Executor;
use super::interrupt::Interrupt;
use super::process::Shell;
use super::recorder::Recorder;
use super::runner::Runner;
use super::schedule::Schedule;
use super::session::Session;
use super::store::Store;
use crate::data::{self, Project, recovery};
use crate::fs::RepoPath;
use crate::pipeline::graph::Graph;
use crate::pipeline::{Address, Error, Result, Stage, Workspace};
use crate::runs::live::Recorded;

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Stages that run at a time; 1 if `None`.
    pub jobs: Option<usize>,
    /// Go on with what does not depend on a stage that failed.
    pub keep_going: bool,
    /// Run what need not run; displace outs that were edited.
    pub force: bool,
    /// Only the targets, not what they need.
    pub single: bool,
    /// The targets and what needs them.
    pub downstream: bool,
    /// Fetch data that is not here.
    pub pull: bool,
    /// Data that is not here counts as what its pointer or lock says.
    pub allow_missing: bool,
    /// Report, run nothing.
    pub dry_run: bool,
    /// Ask the run cache for nothing.
    pub no_run_cache: bool,
    /// Ask before each stage.
    pub interactive: bool,
    /// What the user typed, for the run that is recorded; without it, none is. `mlrun.record` in
    /// `git config` may forbid it, too.
    pub record: Option<Vec<String>>,
    /// The program, with arguments, that watches over the stages if this process is killed.
    pub watchdog: Option<(PathBuf, Vec<String>)>,
}

/// What became of everything.
#[derive(Debug, Default)]
pub struct Report {
    /// In the order of the graph.
    pub stages: Vec<(Address, Outcome)>,
    /// Paths that a killed command had displaced and that were moved back.
    pub rolled_back: Vec<RepoPath>,
    /// What kept stages that ended well from being recorded, and other errors of no single stage.
    pub errors: Vec<Error>,
    pub interrupted: bool,
    /// The run that was recorded; `None` where nothing was done.
    pub run: Option<Recorded>,
}

/// Reproduces the targets of `workspace`.
///
/// # Errors
/// Nothing could be done at all. What concerns single stages stands in the report.
pub fn repro(
    project: &Project,
    workspace: &Workspace,
    options: &Options,
    observer: &dyn Observer,
    interrupt: &Interrupt,
) -> Result<Report> {
    let Workspace { graph, targets, .. } = workspace;
    let mut report = Report::default();
    let mut rolled_back = Vec::new();
    let waiting = Waiting { observer };
    if !options.dry_run && recovery::is_pending(project)? {
        let _lock = project.lock("mlrun repro", &waiting)?;
        rolled_back = recovery::roll_back(project)?;
    }
    let stages = graph.stages();
    let session = Session::open(project, stages, None)?;
    let order = selection(graph, targets, options);
    let schedule =
        Schedule::new(stages, &order, |stage| graph.upstream(stage), capacity(project, stages)?);
    let mark = format!("{}-{:x}", std::process::id(), crate::fs::unix_time_ns());
    let command = options
        .record
        .clone()
        .filter(|_| !options.dry_run && project.config.git_boolean("mlrun.record", true));
    let selected = order.iter().map(|&stage| stages[stage].address.to_string()).collect();
    let recorder = Recorder::new(project, observer, command, selected, mark.clone());
    let executor = Executor {
        project,
        shell: shell(project)?,
        mark,
        watchdog: OnceLock::new(),
        watchdog_program: options.watchdog.clone(),
        interrupt,
        observer,
        recorder: &recorder,
    };
    let (requests, received) = channel();
    let names = names(stages);
    let store = Store {
        session: &session,
        names,
        command: "repro",
        progress: &waiting,
        observer,
        recorder: Some(&recorder),
    };
    let runner = Runner {
        session: &session,
        graph,
        options,
        observer,
        executor,
        outcomes: Mutex::default(),
        asking: Mutex::new(()),
        would_run: Mutex::default(),
        rolled_back: Mutex::new(rolled_back),
    };
    let jobs = options.jobs.unwrap_or(1).max(1).min(order.len().max(1));
    let recorded = std::thread::scope(|scope| {
        let runner = &runner;
        let schedule = &schedule;
        let storing = scope.spawn(move || store.serve(&received));
        let workers: Vec<_> = (0..jobs)
            .map(|_| {
                let requests = requests.clone();
                scope.spawn(move || runner.work(schedule, &requests))
            })
            .collect();
        drop(requests);
        for worker in workers {
            worker.join().expect("workers do not panic");
        }
        storing.join().expect("the store does not panic")
    });
    session.save_dep_indexes();
    report.errors.extend(recorded.err());
    report.rolled_back = runner.rolled_back.into_inner().expect("no panic while holding the lock");
    let (blocked, left) = schedule.rest();
    let mut outcomes = runner.outcomes.into_inner().expect("no panic while holding the lock");
    outcomes.extend(blocked.into_iter().map(|stage| (stage, Outcome::Blocked)));
    outcomes.extend(left.into_iter().map(|stage| (stage, Outcome::Cancelled)));
    for stage in order {
        if let Some(outcome) = outcomes.remove(&stage) {
            report.stages.push((stages[stage].address.clone(), outcome));
        }
    }
    report.interrupted = interrupt.is_set();
    report.run = recorder.finish(&session, workspace, &report);
    Ok(report)
}

/// The names of all stages by their pipeline file: a file is loaded whole.
pub(super) fn names(stages: &[Stage]) -> BTreeMap<RepoPath, BTreeSet<String>> {
    let mut names: BTreeMap<RepoPath, BTreeSet<String>> = BTreeMap::new();
    for Stage { address, .. } in stages {
        names.entry(address.file.clone()).or_default().insert(address.name.clone());
    }
    names
}

/// The stages that are looked at, in order.
fn selection(graph: &Graph, targets: &[usize], options: &Options) -> Vec<usize> {
    let wanted: BTreeSet<usize> = if options.single {
        targets.iter().copied().collect()
    } else if options.downstream {
        graph.closure_down(targets).into_iter().collect()
    } else {
        graph.active_up(targets).into_iter().collect()
    };
    graph.order().iter().copied().filter(|stage| wanted.contains(stage)).collect()
}

/// Units that there are of each resource that stages name: `mlrun.resource.NAME` in `git config`; of
/// `cpus` as many as there are processors, of others one.
fn capacity(project: &Project, stages: &[Stage]) -> Result<BTreeMap<String, u64>> {
    let names: BTreeSet<&String> = stages.iter().flat_map(|stage| stage.resources.keys()).collect();
    let units = |name: &String| -> Result<u64> {
        let set = project.config.own_integer(&format!("mlrun.resource.{name}"))?;
        let processors = || std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
        Ok(set.unwrap_or_else(|| if name == "cpus" { processors() } else { 1 }))
    };
    names.into_iter().map(|name| Ok((name.clone(), units(name)?))).collect()
}

/// `mlrun.shell`, else the user's if it is one that scripts are written for, else `/bin/sh`.
pub(super) fn shell(project: &Project) -> Result<Shell> {
    if let Some(path) = project.config.git_string("mlrun.shell") {
        return Shell::new(std::path::Path::new(&path)).ok_or(Error::BadShell { path });
    }
    Ok(users_shell().unwrap_or_else(Shell::posix))
}

#[expect(clippy::disallowed_methods, reason = "it is how the user's shell is known")]
fn users_shell() -> Option<Shell> {
    Shell::new(std::path::Path::new(&std::env::var_os("SHELL")?))
}

/// Tells the observer that the project's lock is waited for.
pub(super) struct Waiting<'a> {
    pub observer: &'a dyn Observer,
}

impl data::Progress for Waiting<'_> {
    fn waiting(&self, holder: &str) {
        // The store of this command holds the lock for a moment, too.
        if !holder.ends_with(&format!("(process {})", std::process::id())) {
            self.observer.event(Event::Waiting { stage: None, holder });
        }
    }
}

impl crate::remote::Progress for Waiting<'_> {}
