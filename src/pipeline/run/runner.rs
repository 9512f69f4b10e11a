//! What `repro` does with one stage: looks at it, puts it right, or runs it.
//!
//! Workers call this for the stages that the schedule hands out; what changes the cache, the lock or
//! outs is asked of the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::mpsc::Sender;

use super::decision::{Decision, Reason, Rules, Verdict, decide};
use super::displaced::Displaced;
use super::events::{Event, Observer, Outcome};
use super::execute::Executor;
use super::inputs::{self, Inputs};
use super::process::End;
use super::record::Ended;
use super::repro::{Options, Waiting};
use super::run_cache;
use super::schedule::{Release, Schedule};
use super::session::{Session, lock_file};
use super::store::{Known, Ran, Request, ask};
use crate::data::guard::StageGuard;
use crate::data::{self, recovery};
use crate::format::run::How;
use crate::fs::RepoPath;
use crate::pipeline::graph::Graph;
use crate::pipeline::stage::{Dep, Place};
use crate::pipeline::{Address, Error, Result, Stage};

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

/// What the workers of one `repro` share.
pub(super) struct Runner<'s, 'a> {
    pub session: &'s Session<'a>,
    pub graph: &'s Graph,
    pub options: &'s Options,
    pub observer: &'s dyn Observer,
    pub executor: Executor<'s>,
    pub outcomes: Mutex<BTreeMap<usize, Outcome>>,
    /// Only one question at a time.
    pub asking: Mutex<()>,
    /// In a dry run: stages that would run.
    pub would_run: Mutex<BTreeSet<usize>>,
    pub rolled_back: Mutex<Vec<RepoPath>>,
}

impl<'s> Runner<'s, '_> {
    /// Runs stages until there are no more.
    pub fn work(&self, schedule: &Schedule<'s>, requests: &Sender<Request<'s>>) {
        while let Some(stage) = schedule.next() {
            if self.executor.interrupt.is_set() {
                schedule.release(stage, Release::Stop);
                self.finish(stage, Outcome::Cancelled);
                return;
            }
            let outcome = match self.stage(stage, requests) {
                Ok(outcome) => outcome,
                Err(error) => {
                    let address = &self.graph.stages()[stage].address;
                    self.executor.recorder.failed(address, &error);
                    Outcome::Failed { error }
                }
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
            Verdict::Adopt => self.restore(stage, decision, guard, requests, How::Adopted),
            Verdict::Restore => self.restore(stage, decision, guard, requests, How::Restored),
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
        how: How,
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
        self.executor.recorder.begin(stage, &inputs);
        let known = Known { stage, inputs, outs: locked.outs, how, guard };
        ask(requests, |reply| Request::Restore { known, reply })?;
        Ok(match how {
            How::Adopted => Outcome::Adopted,
            _ => Outcome::Restored,
        })
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
        for dep in &stage.deps {
            if let Dep::Path(Place::Inside(dep)) = dep
                && let Some(path) = &self.session.ignored_in(dep)
            {
                self.observer.event(Event::Ignored { stage: address, dep, path });
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
                self.executor.recorder.begin(stage, &inputs);
                let known = Known { stage, inputs, outs, how: How::Reused, guard };
                ask(requests, |reply| Request::Restore { known, reply })?;
                return Ok(Outcome::Reused);
            }
        }
        // While everything is as the commands will find it.
        self.executor.recorder.begin(stage, &inputs);
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
                    let recovery = ask(requests, |reply| Request::PutBack { displaced, reply })?;
                    return Err(error.with_recovery(recovery));
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
            let recovery = ask(requests, |reply| Request::PutBack { displaced, reply })?;
            return Err(error.with_recovery(recovery));
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
