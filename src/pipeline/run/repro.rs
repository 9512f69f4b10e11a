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
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock};

use super::decision::{Decision, Reason, Rules, Verdict, decide};
use super::events::{Event, Observer, Outcome};
use super::execute::Executor;
use super::inputs::{self, Inputs};
use super::interrupt::Interrupt;
use super::process::{End, Shell};
use super::record::Ended;
use super::run_cache;
use super::schedule::{Release, Schedule};
use super::session::{Session, lock_file};
use super::store::{Displaced, Known, Ran, Request, Store, ask};
use crate::data::guard::StageGuard;
use crate::data::{self, Project, recovery};
use crate::fs::RepoPath;
use crate::pipeline::graph::Graph;
use crate::pipeline::stage::Place;
use crate::pipeline::{Address, Error, Result, Stage, Workspace};

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
    let executor = Executor {
        project,
        shell: shell(project)?,
        mark: format!("{}-{:x}", std::process::id(), crate::fs::unix_time_ns()),
        watchdog: OnceLock::new(),
        watchdog_program: options.watchdog.clone(),
        interrupt,
        observer,
    };
    let (requests, received) = channel();
    let names = names(stages);
    let store = Store { session: &session, names, command: "repro", progress: &waiting };
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

/// Tells the observer that another process runs the stage.
struct WaitingFor<'a> {
    observer: &'a dyn Observer,
    stage: &'a Address,
    told: Mutex<bool>,
}

impl data::Progress for WaitingFor<'_> {
    fn waiting(&self, holder: &str) {
        *self.told.lock().expect("no panic while holding the lock") = true;
        self.observer.event(Event::Waiting { stage: Some(self.stage), holder });
    }
}

struct Runner<'s, 'a> {
    session: &'s Session<'a>,
    graph: &'s Graph,
    options: &'s Options,
    observer: &'s dyn Observer,
    executor: Executor<'s>,
    outcomes: Mutex<BTreeMap<usize, Outcome>>,
    /// Only one question at a time.
    asking: Mutex<()>,
    /// In a dry run: stages that would run.
    would_run: Mutex<BTreeSet<usize>>,
    rolled_back: Mutex<Vec<RepoPath>>,
}

impl<'s> Runner<'s, '_> {
    /// Runs stages until there are no more.
    fn work(&self, schedule: &Schedule<'s>, requests: &Sender<Request<'s>>) {
        while let Some(stage) = schedule.next() {
            if self.executor.interrupt.is_set() {
                schedule.release(stage, Release::Stop);
                self.finish(stage, Outcome::Cancelled);
                return;
            }
            let outcome = match self.stage(stage, requests) {
                Ok(outcome) => outcome,
                Err(error) => Outcome::Failed { error },
            };
            let release = match &outcome {
                Outcome::Failed { error: Error::Interrupted } => Release::Stop,
                Outcome::Failed { .. } if !self.options.keep_going => Release::Stop,
                Outcome::Failed { .. } | Outcome::Declined => Release::Block,
                _ => Release::Done,
            };
            self.finish(stage, outcome);
            schedule.release(stage, release);
        }
    }

    fn finish(&self, stage: usize, outcome: Outcome) {
        let address = &self.graph.stages()[stage].address;
        self.observer.event(Event::Ended { stage: address, outcome: &outcome });
        let mut outcomes = self.outcomes.lock().expect("no panic while holding the lock");
        outcomes.insert(stage, outcome);
    }

    fn rules(&self) -> Rules {
        Rules { force: self.options.force, allow_missing: self.options.allow_missing }
    }

    fn decide(&self, stage: &'s Stage) -> Result<Decision<'s>> {
        decide(self.session, stage, self.rules())
    }

    /// Brings one stage up to date.
    fn stage(&self, at: usize, requests: &Sender<Request<'s>>) -> Result<Outcome> {
        let stage = &self.graph.stages()[at];
        if self.options.dry_run {
            return self.foresee(at);
        }
        let mut decision = self.decide(stage)?;
        if decision.verdict == Verdict::UpToDate {
            return Ok(Outcome::UpToDate);
        }
        let lock = lock_file(&stage.address);
        let told = Mutex::new(false);
        let waiting = WaitingFor { observer: self.observer, stage: &stage.address, told };
        let guard = StageGuard::acquire(
            self.session.project,
            &lock,
            &stage.address.name,
            Some(&self.executor.mark),
            &waiting,
            &|| self.executor.interrupt.is_set(),
        )?;
        let Some(guard) = guard else { return Err(Error::Interrupted) };
        self.roll_back(&guard)?;
        if guard.is_orphaned()
            || waiting.told.into_inner().expect("no panic while holding the lock")
        {
            self.session.refresh()?;
            decision = self.decide(stage)?;
        }
        if self.options.pull && self.pull(stage, &decision)? {
            decision = self.decide(stage)?;
        }
        match decision.verdict {
            Verdict::UpToDate => Ok(Outcome::UpToDate),
            Verdict::Adopt => self.restore(stage, decision, guard, requests, Outcome::Adopted),
            Verdict::Restore => self.restore(stage, decision, guard, requests, Outcome::Restored),
            Verdict::Run => self.run(stage, decision, guard, requests),
        }
    }

    /// Moves back what the stage displaced if its last runner was killed: while we waited, perhaps.
    fn roll_back(&self, guard: &StageGuard) -> Result<()> {
        let project = self.session.project;
        if !guard.is_orphaned() || !recovery::is_pending(project)? {
            return Ok(());
        }
        let _lock = project.lock("mlrun repro", &Waiting { observer: self.observer })?;
        let back = recovery::roll_back_stage(project, guard)?;
        self.rolled_back.lock().expect("no panic while holding the lock").extend(back);
        Ok(())
    }

    /// What a dry run can tell: after a stage that would run, nobody knows.
    fn foresee(&self, at: usize) -> Result<Outcome> {
        let mut would_run = self.would_run.lock().expect("no panic while holding the lock");
        let before = self.graph.upstream(at).iter().filter(|before| would_run.contains(before));
        let before: Vec<Reason> = before
            .map(|&before| Reason::Upstream {
                stage: self.graph.stages()[before].address.to_string(),
            })
            .collect();
        let mut reasons = match self.decide(&self.graph.stages()[at]) {
            Ok(Decision { verdict, .. }) if before.is_empty() && verdict != Verdict::Run => {
                return Ok(match verdict {
                    Verdict::Adopt => Outcome::Adopted,
                    Verdict::Restore => Outcome::Restored,
                    Verdict::UpToDate | Verdict::Run => Outcome::UpToDate,
                });
            }
            Ok(Decision { reasons, .. }) => reasons,
            // The stages before it write the file of parameters.
            Err(Error::ParamsFileMissing { .. } | Error::ParamMissing { .. })
                if !before.is_empty() =>
            {
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        would_run.insert(at);
        let is_missing = |reason: &Reason| matches!(reason, Reason::DepMissing { .. });
        if !before.is_empty() {
            reasons.retain(|reason| !is_missing(reason));
        }
        reasons.extend(before);
        Ok(Outcome::Pending { reasons })
    }

    fn restore(
        &self,
        stage: &'s Stage,
        decision: Decision<'s>,
        guard: StageGuard,
        requests: &Sender<Request<'s>>,
        outcome: Outcome,
    ) -> Result<Outcome> {
        let locked = decision.locked.expect("only what the lock knows is put back");
        let inputs = match stage.frozen {
            // What it was made of stays what the lock says.
            true => Inputs {
                deps: locked.deps,
                params: locked.params,
                env: locked.env,
                ..Inputs::default()
            },
            false => decision.inputs,
        };
        let known = Known { stage, inputs, outs: locked.outs, guard };
        ask(requests, |reply| Request::Restore { known, reply })?;
        Ok(outcome)
    }

    /// Fetches what is missing here and named by a pointer or lock, and checks out the deps of it. Says
    /// whether anything came.
    fn pull(&self, stage: &Stage, decision: &Decision<'_>) -> Result<bool> {
        let project = self.session.project;
        let wanted = |path: &&RepoPath| {
            self.session.tracked(path).is_some()
                && project.lstat(path).is_ok_and(|stat| stat.is_none())
        };
        let typed = |path: &RepoPath| project.repo.absolute(path).into_os_string();
        fn inside(place: &Place) -> Option<&RepoPath> {
            match place {
                Place::Inside(path) => Some(path),
                Place::Outside(_) => None,
            }
        }
        // Those that only count as present are needed by a command alone.
        let needed = match decision.verdict {
            Verdict::Run => &decision.inputs.absent[..],
            _ => &[],
        };
        let deps = decision.inputs.missing.iter().filter_map(inside).filter(wanted).chain(needed);
        let deps: Vec<_> = deps.map(typed).collect();
        let outs = stage.outs.iter().map(|out| &out.path).filter(wanted);
        let outs: Vec<_> = outs.map(typed).collect();
        let waiting = Waiting { observer: self.observer };
        let options = data::fetch::Options::default();
        let mut errors = Vec::new();
        if !deps.is_empty() {
            let checkout = data::checkout::Options::default();
            let (fetched, checked_out) =
                data::fetch::pull(project, &deps, &options, checkout, &waiting)?;
            errors.extend(fetched.errors.into_iter().chain(checked_out.errors));
        }
        if !outs.is_empty() {
            // Where they cannot be had, the stage runs.
            data::fetch::fetch(project, &outs, &options, &waiting)?;
        }
        match errors.pop() {
            Some(error) => Err(error.into()),
            None => {
                self.session.touched();
                Ok(!deps.is_empty() || !outs.is_empty())
            }
        }
    }

    fn run(
        &self,
        stage: &'s Stage,
        decision: Decision<'s>,
        guard: StageGuard,
        requests: &Sender<Request<'s>>,
    ) -> Result<Outcome> {
        let address = &stage.address;
        self.check(stage, &decision)?;
        self.provide(&decision.inputs.absent)?;
        if self.options.interactive {
            let _one = self.asking.lock().expect("no panic while holding the lock");
            if !self.observer.confirm(address, &decision.reasons) {
                return Ok(Outcome::Declined);
            }
        }
        for path in &decision.inputs.unrecorded {
            self.observer.event(Event::Unrecorded { stage: address, path });
        }
        let Decision { inputs, outs, locked, reasons, .. } = decision;
        let key = inputs::key(stage, &inputs)?;
        let may_reuse = !self.options.no_run_cache && !self.options.force;
        if may_reuse
            && run_cache::covers(stage)
            && let Some(entry) = run_cache::look_up(self.session.project, &key)?
        {
            // Flags may have changed since; content is what the key is about.
            let listed = outs.iter().map(|now| {
                let found = entry.outs.iter().find(|out| out.path == now.path)?;
                let mut found = found.clone();
                found.cache = now.out.cache;
                found.push = now.out.push;
                found.remote.clone_from(&now.out.remote);
                Some(found)
            });
            if let Some(mut outs) = listed.collect::<Option<Vec<_>>>() {
                outs.sort_by(|a, b| a.path.cmp(&b.path));
                let known = Known { stage, inputs, outs, guard };
                ask(requests, |reply| Request::Restore { known, reply })?;
                return Ok(Outcome::Reused);
            }
        }
        self.observer.event(Event::Started { stage: address, reasons: &reasons });
        let mut displaced = Displaced::default();
        let mut left = stage.retry;
        let attempt = loop {
            let (earlier, outs, locked) = (displaced, outs.clone(), locked.clone());
            displaced =
                ask(requests, |reply| Request::Prepare { stage, outs, locked, earlier, reply })?;
            let attempt = self.executor.attempt(stage);
            self.session.touched();
            let attempt = match attempt {
                Ok(attempt) => attempt,
                Err(error) => {
                    ask(requests, |reply| Request::PutBack { displaced, reply })?;
                    return Err(error);
                }
            };
            match attempt.failed {
                None => break attempt,
                Some((_, end)) if left > 0 && end != End::Interrupted => {
                    left -= 1;
                    self.observer.event(Event::Retrying { stage: address, end, left });
                }
                Some(failed) => {
                    let recovery = ask(requests, |reply| Request::PutBack { displaced, reply })?;
                    return Err(self.executor.failure(stage, failed, recovery));
                }
            }
        };
        if let Err(error) = self.check_deps(stage, &inputs) {
            ask(requests, |reply| Request::PutBack { displaced, reply })?;
            return Err(error);
        }
        let duration = attempt.duration;
        let ended = Ended {
            key,
            duration,
            time: jiff::Timestamp::now().as_second(),
            exit_code: 0,
            log_file: attempt.log,
            log: None,
            outs: Vec::new(),
            reusable: true,
        };
        let ran = Ran { stage, inputs, displaced, guard, ended };
        ask(requests, |reply| Request::Save { ran, reply })?;
        Ok(Outcome::Ran { duration })
    }

    /// Checks out deps that are in the cache and not here: in a new worktree, say.
    fn provide(&self, absent: &[RepoPath]) -> Result<()> {
        if absent.is_empty() {
            return Ok(());
        }
        let project = self.session.project;
        let typed: Vec<_> =
            absent.iter().map(|path| project.repo.absolute(path).into_os_string()).collect();
        let waiting = Waiting { observer: self.observer };
        let options = data::checkout::Options::default();
        let report = data::checkout::checkout(project, &typed, options, &waiting)?;
        self.session.touched();
        match report.errors.into_iter().next() {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// Refuses what must not run.
    fn check(&self, stage: &Stage, decision: &Decision<'_>) -> Result<()> {
        if !decision.inputs.missing.is_empty() {
            let places = decision.inputs.missing.clone();
            let tracked = places.iter().any(|place| match place {
                Place::Inside(path) => self.session.tracked(path).is_some(),
                Place::Outside(_) => false,
            });
            return Err(Error::DepMissing { stage: stage.address.clone(), places, tracked });
        }
        let edited =
            decision.outs.iter().find(|now| now.edited && now.out.cache && !now.out.persist);
        match edited {
            Some(now) if !self.options.force => {
                let (stage, path) = (stage.address.clone(), now.out.path.clone());
                Err(Error::OutEdited { stage, path })
            }
            _ => Ok(()),
        }
    }

    /// A command that changes what it depends on would run again and again, and nobody could tell
    /// what its outs were made of.
    fn check_deps(&self, stage: &Stage, before: &Inputs) -> Result<()> {
        let after = Inputs::read(self.session, stage, self.options.allow_missing)?;
        let changed = before.deps.iter().find(|dep| !after.deps.contains(dep));
        let changed = changed.or_else(|| after.deps.iter().find(|dep| !before.deps.contains(dep)));
        match changed {
            None => Ok(()),
            Some(dep) => {
                let (stage, path) = (stage.address.clone(), dep.path.clone());
                Err(Error::DepChanged { stage, path })
            }
        }
    }
}
