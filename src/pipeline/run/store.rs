//! The one thread that changes the cache, the index, the lock files and the outs of stages.
//!
//! Stages run in many threads and end in this one: it takes the project's lock when there is something
//! to do, gathers what ends shortly after, and writes all of it down together, so that a hundred stages
//! of a millisecond cost a few syncs and not hundreds. While commands run, the lock is free for others.
//!
//! # Order of writing
//!
//! Objects, `.gitignore`, the lock file, the run cache, the index; then what was displaced is forgotten
//! and the guards of the stages are released. Once the lock has a stage, nobody looks at it again: by
//! then Git has to ignore its outs. Killed before the lock file has a stage, the next command
//! puts its old outs back; killed after it, the stage is recorded and the next command finds its outs
//! to be what the lock says. See `data::recovery`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::decision::OutNow;
use super::displaced::Displaced;
use super::events::{Event, Observer};
use super::inputs::{Inputs, locked_stage};
use super::record::{self, Ended, Finished};
use super::recorder::Recorder;
use super::session::{Session, lock_file};
use crate::cache::Writer;
use crate::data::content::{self, Content};
use crate::data::guard::StageGuard;
use crate::data::index::{Index, State};
use crate::data::project::WriteLock;
use crate::data::recovery::{Durability, Recovery, StageMark, Way};
use crate::data::{self, checkout};
use crate::format::Target;
use crate::format::lock::{LockedOut, LockedStage};
use crate::format::run::How;
use crate::fs::{self, At as _, RepoPath};
use crate::pipeline::stage::{Out, OutKind};
use crate::pipeline::{Error, Result, Stage};

/// How long stages that ended wait for others to be written down with them.
const GATHER: Duration = Duration::from_millis(100);
/// A stage that took at least this long is written down at once.
const LONG: Duration = Duration::from_millis(100);

/// A stage that ran.
pub(super) struct Ran<'s> {
    pub stage: &'s Stage,
    pub inputs: Inputs,
    pub displaced: Displaced,
    pub guard: StageGuard,
    pub ended: Ended,
}

/// A stage whose outs are to be put back, or are there already.
pub(super) struct Known<'s> {
    pub stage: &'s Stage,
    pub inputs: Inputs,
    pub outs: Vec<LockedOut>,
    pub how: How,
    pub guard: StageGuard,
}

pub(super) enum Request<'s> {
    /// Displace the outs of a stage that is about to run.
    Prepare {
        stage: &'s Stage,
        outs: Vec<OutNow<'s>>,
        locked: Option<LockedStage>,
        earlier: Displaced,
        reply: Sender<Result<Displaced>>,
    },
    /// Put back what was displaced: the stage failed.
    PutBack { displaced: Displaced, reply: Sender<Result<Vec<String>>> },
    /// Store the outs of a stage that ran.
    Save { ran: Ran<'s>, reply: Sender<Result<LockedStage>> },
    /// Store the outs as they are, whoever wrote them.
    Commit {
        stage: &'s Stage,
        inputs: Inputs,
        guard: StageGuard,
        reply: Sender<Result<LockedStage>>,
    },
    /// Put outs where they belong.
    Restore { known: Known<'s>, reply: Sender<Result<LockedStage>> },
}

/// A stage that waits to be written down.
struct Pending<'s> {
    stage: &'s Stage,
    displaced: Displaced,
    finished: Finished,
    _guard: StageGuard,
}

/// See the module.
pub(super) struct Store<'s, 'a> {
    pub session: &'s Session<'a>,
    /// The names of all stages of a pipeline file, where they are known: others leave its lock.
    pub names: BTreeMap<RepoPath, BTreeSet<String>>,
    /// What the user typed, for those who wait.
    pub command: &'static str,
    pub progress: &'s dyn data::Progress,
    pub observer: &'s dyn Observer,
    /// `None` where nothing runs.
    pub recorder: Option<&'s Recorder<'s>>,
}

impl<'s> Store<'s, '_> {
    /// Serves until all senders are gone. Returns the error that kept stages from being recorded.
    pub fn serve(&self, requests: &Receiver<Request<'s>>) -> Result<()> {
        let mut failed = Ok(());
        while let Ok(first) = requests.recv() {
            if let Err(error) = self.batch(first, requests)
                && failed.is_ok()
            {
                failed = Err(error);
            }
        }
        failed
    }

    fn batch(&self, first: Request<'s>, requests: &Receiver<Request<'s>>) -> Result<()> {
        let lock = match self.lock() {
            Ok(lock) => lock,
            Err(error) => {
                first.refuse(error);
                return Ok(());
            }
        };
        let project = self.session.project;
        let writer = project.cache.writer(&lock.cache);
        let mut pending = Vec::new();
        let mut next = Some(first);
        let mut until = None;
        while let Some(request) = next.take() {
            let long = self.serve_one(&lock, &writer, request, &mut pending);
            if pending.is_empty() || long {
                break;
            }
            let until = *until.get_or_insert_with(|| Instant::now() + GATHER);
            next = requests.recv_timeout(until.saturating_duration_since(Instant::now())).ok();
        }
        if pending.is_empty() {
            return Ok(());
        }
        let mut recorded = BTreeSet::new();
        let mut written = self.write_down(&lock, writer, &pending, &mut recorded);
        for one in pending {
            let address = &one.stage.address;
            let settled = match recorded.contains(&lock_file(address)) {
                true => one.displaced.forget().map(|kept| {
                    for recovery in &kept {
                        self.observer.event(Event::Kept { stage: address, recovery });
                    }
                }),
                false => {
                    // Nothing says that this stage ran: its outs are those of before.
                    self.session.forget_locked(address);
                    one.displaced.put_back(self.session).map(drop)
                }
            };
            written = written.and(settled);
        }
        if written.is_err() {
            // What was noted of the outs is not to be written with the next stages.
            self.session.with_data_index(|index| -> Result<()> {
                *index = project.index()?;
                Ok(())
            })?;
        }
        written
    }

    /// Takes the project's lock and reads the index anew if another process has written it.
    fn lock(&self) -> Result<WriteLock> {
        let project = self.session.project;
        let lock = project.lock(&format!("mlrun {}", self.command), self.progress)?;
        self.session.read_index()?;
        Ok(lock)
    }

    /// Does what is asked for; says whether it took long enough to be written down at once.
    fn serve_one(
        &self,
        lock: &WriteLock,
        writer: &Writer<'_>,
        request: Request<'s>,
        pending: &mut Vec<Pending<'s>>,
    ) -> bool {
        match request {
            Request::Prepare { stage, outs, locked, earlier, reply } => {
                let _ = reply.send(self.prepare(stage, &outs, locked.as_ref(), earlier));
                false
            }
            Request::PutBack { displaced, reply } => {
                let _ = reply.send(displaced.put_back(self.session));
                false
            }
            Request::Save { ran, reply } => {
                let long = ran.ended.duration >= LONG;
                let Ran { stage, inputs, displaced, guard, mut ended } = ran;
                let saved = self.save(lock, writer, stage, &inputs, Some(&mut ended));
                match saved {
                    Ok(locked) => {
                        let finished = Finished::Ran(ended);
                        pending.push(Pending { stage, displaced, finished, _guard: guard });
                        let _ = reply.send(Ok(locked));
                    }
                    Err(error) => {
                        let error = match displaced.put_back(self.session) {
                            Ok(recovery) => error.with_recovery(recovery),
                            Err(error) => error,
                        };
                        let _ = reply.send(Err(error));
                    }
                }
                long
            }
            Request::Commit { stage, inputs, guard, reply } => {
                let saved = self.save(lock, writer, stage, &inputs, None);
                if saved.is_ok() {
                    let displaced = Displaced::default();
                    let finished = Finished::Taken;
                    pending.push(Pending { stage, displaced, finished, _guard: guard });
                }
                let _ = reply.send(saved);
                false
            }
            Request::Restore { known, reply } => {
                let Known { stage, inputs, outs, how, guard } = known;
                let restored = self.restore(lock, writer, stage, &inputs, outs);
                if let Ok(locked) = &restored {
                    let displaced = Displaced::default();
                    let finished = Finished::Found(how, locked.outs.clone());
                    pending.push(Pending { stage, displaced, finished, _guard: guard });
                }
                let _ = reply.send(restored);
                false
            }
        }
    }

    fn prepare(
        &self,
        stage: &Stage,
        outs: &[OutNow<'_>],
        locked: Option<&LockedStage>,
        mut earlier: Displaced,
    ) -> Result<Displaced> {
        let project = self.session.project;
        let again = !earlier.recoveries.is_empty();
        let mut paths = Vec::new();
        for now in outs {
            let path = &now.out.path;
            if let Some(link) = project.link_above(path)? {
                return Err(data::Error::BehindLink { path: path.clone(), link }.into());
            }
            let is_there = project.lstat(path)?.is_some();
            let way = match now.out.persist {
                // The command goes on from there. What it may overwrite, and is nowhere else, is kept.
                true if is_there && !now.cached && !again => Way::Copy,
                true => continue,
                false if is_there => Way::Move,
                false => Way::Absent,
            };
            if is_there && !now.cached && !again {
                earlier.kept.insert(path.clone());
            }
            paths.push((path.clone(), way));
        }
        if paths.is_empty() {
            return Ok(earlier);
        }
        let durability = match earlier.kept.is_empty() {
            true => Durability::Process,
            false => Durability::Machine,
        };
        let mark = StageMark::new(&lock_file(&stage.address), &stage.address.name, locked);
        let recovery = Recovery::begin_with(project, self.command, Some(mark), &paths, durability)?;
        fs::failpoint::hit("repro.prepare").at("displace outs of", stage.address.name.as_str())?;
        let displaced = recovery.displace(project).and_then(|()| {
            let hit = fs::failpoint::hit("repro.displaced");
            Ok(hit.at("displace outs of", stage.address.name.as_str())?)
        });
        self.session.touched();
        earlier.recoveries.push(recovery);
        match displaced {
            Ok(()) => Ok(earlier),
            // Some are moved and others cannot be: the stage has all of its outs, or runs.
            Err(error) => {
                let _ = earlier.put_back(self.session);
                Err(error.into())
            }
        }
    }

    /// Stores the outs and what was printed.
    fn save(
        &self,
        lock: &WriteLock,
        writer: &Writer<'_>,
        stage: &Stage,
        inputs: &Inputs,
        ended: Option<&mut Ended>,
    ) -> Result<LockedStage> {
        let content = self.session.content(lock.clock);
        let mut outs = Vec::with_capacity(stage.outs.len());
        let mut states = Vec::with_capacity(stage.outs.len());
        for out in &stage.outs {
            let state = self.store(lock, writer, &content, stage, out)?;
            outs.push(locked_out(stage, out, state.base)?);
            states.push((out, state));
            fs::failpoint::hit("repro.store").at("store", out.path.as_path())?;
        }
        outs.sort_by(|a, b| a.path.cmp(&b.path));
        if let Some(ended) = ended {
            ended.outs.clone_from(&outs);
            if let Some((path, size)) = &ended.log_file {
                let file = std::fs::File::open(path).at("open", path)?;
                ended.log = Some(writer.put_file(&file, *size)?);
            }
        }
        let locked = locked_stage(stage, inputs, outs);
        self.session.note_locked(&stage.address, locked.clone())?;
        // Not before all are there: those of a stage that failed are moved away again.
        states.into_iter().for_each(|(out, state)| self.note(out, state));
        Ok(locked)
    }

    /// Brings one out into the cache, and returns what an index is to know of it. Those that are
    /// neither cached nor worth keeping for the run cache are only looked at.
    fn store(
        &self,
        lock: &WriteLock,
        writer: &Writer<'_>,
        content: &Content<'_>,
        stage: &Stage,
        out: &Out,
    ) -> Result<State> {
        let project = self.session.project;
        let rules_of =
            |index: &mut Index| (index.targets.get(&out.path).cloned(), project.stat_rules(index));
        let (state, rules) = match out.cache {
            true => self.session.with_data_index(rules_of),
            false => self.session.with_dep_index(rules_of),
        };
        let found = if out.cache || out.kind != OutKind::Out {
            content.store(lock, writer, &out.path, state.as_ref(), rules)?
        } else {
            content.identify(&out.path, state.as_ref(), rules)?
        };
        let Some((target, sections)) = found else {
            let (stage, path) = (stage.address.clone(), out.path.clone());
            return Err(Error::OutMissing { stage, path });
        };
        let named_by = out.cache.then(|| lock_file(&stage.address));
        Ok(State { base: target, lock: named_by, sections })
    }

    fn note(&self, out: &Out, state: State) {
        self.session.note_out(&out.path, state.base);
        let insert = |index: &mut Index| drop(index.targets.insert(out.path.clone(), state));
        match out.cache {
            true => self.session.with_data_index(insert),
            false => self.session.with_dep_index(insert),
        }
    }

    /// Makes the outs of a stage what `outs` says: from the cache, or into it where they are there.
    fn restore(
        &self,
        lock: &WriteLock,
        writer: &Writer<'_>,
        stage: &Stage,
        inputs: &Inputs,
        outs: Vec<LockedOut>,
    ) -> Result<LockedStage> {
        let project = self.session.project;
        let content = self.session.content(lock.clock);
        for out in &stage.outs {
            let path = super::inputs::written_out(stage, out)?;
            let Some(want) = outs.iter().find(|locked| locked.path == path) else { continue };
            if self.session.out(&out.path)? == Some(want.target) {
                let state = self.store(lock, writer, &content, stage, out)?;
                self.note(out, state);
                continue;
            }
            let index = match out.cache {
                true => self.session.with_data_index(|index| index.only(&out.path)),
                false => self.session.with_dep_index(|index| index.only(&out.path)),
            };
            let (_, state) =
                checkout::put(project, lock, &out.path, want.target, &index, self.command)?;
            let named_by = out.cache.then(|| lock_file(&stage.address));
            self.note(out, State { lock: named_by, ..state });
        }
        let locked = locked_stage(stage, inputs, outs);
        self.session.note_locked(&stage.address, locked.clone())?;
        Ok(locked)
    }

    /// Adds the lock files that were written to `recorded`, whatever comes after.
    fn write_down(
        &self,
        lock: &WriteLock,
        writer: Writer<'_>,
        pending: &[Pending<'_>],
        recorded: &mut BTreeSet<RepoPath>,
    ) -> Result<()> {
        let project = self.session.project;
        let hit = |name: &'static str| {
            fs::failpoint::hit(name).at("record stages in", project.repo.top())
        };
        hit("repro.finish")?;
        writer.finish()?;
        hit("repro.ignore")?;
        let cached = pending.iter().flat_map(|one| &one.stage.outs).filter(|out| out.cache);
        let cached: Vec<RepoPath> = cached.map(|out| out.path.clone()).collect();
        content::ignore_in_git(project, &cached)?;
        hit("repro.lock")?;
        let mut by_lock: BTreeMap<RepoPath, Vec<&Stage>> = BTreeMap::new();
        for one in pending {
            by_lock.entry(lock_file(&one.stage.address)).or_default().push(one.stage);
        }
        for (file, stages) in by_lock {
            let addresses: Vec<_> = stages.iter().map(|stage| &stage.address).collect();
            let known = self.names.get(&stages[0].address.file);
            let keep = |name: &str| known.is_none_or(|known| known.contains(name));
            self.session.update_lock(&file, &addresses, keep)?;
            recorded.insert(file);
        }
        hit("repro.locked")?;
        for one in pending {
            record::finished(project, self.recorder, one.stage, &one.finished)?;
        }
        self.session.with_data_index(|index| -> Result<()> {
            project.write_index(lock, index)?;
            Ok(project.note_written(index)?)
        })?;
        hit("repro.indexed")?;
        Ok(())
    }
}

impl Request<'_> {
    fn refuse(self, error: Error) {
        match self {
            Request::Prepare { reply, .. } => drop(reply.send(Err(error))),
            Request::PutBack { reply, .. } => drop(reply.send(Err(error))),
            Request::Save { reply, .. }
            | Request::Restore { reply, .. }
            | Request::Commit { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

fn locked_out(stage: &Stage, out: &Out, target: Target) -> Result<LockedOut> {
    Ok(LockedOut {
        path: super::inputs::written_out(stage, out)?,
        target,
        cache: out.cache,
        push: out.push,
        remote: out.remote.clone(),
    })
}

/// Asks the store for something and waits for its answer.
pub(super) fn ask<'s, T>(
    requests: &Sender<Request<'s>>,
    request: impl FnOnce(Sender<Result<T>>) -> Request<'s>,
) -> Result<T> {
    let (reply, answer) = channel();
    let gone = "the store serves as long as there are workers";
    requests.send(request(reply)).expect(gone);
    answer.recv().expect(gone)
}
