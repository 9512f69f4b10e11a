//! The run that a `repro` records: one for the whole, one for each stage that it did something about.
//!
//! Nothing is recorded before the first stage is about to run or to be put right, so that a `repro` with
//! nothing to do costs nothing. From then on everything goes to the live journal (`runs::live`), and at
//! the end from there to the store in one commit.
//!
//! No failure of recording is one of the stages: it becomes an event, and what is in the journal by then
//! is stored by the next command.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use jiff::Timestamp;

use super::events::{Event, Lost, Observer, Outcome};
use super::execute::Attempt;
use super::inputs::Inputs;
use super::process::End;
use super::repro::Report;
use super::session::{Session, lock_file};
use crate::data::Project;
use crate::format::lock::LockedOut;
use crate::format::run::{Data, How, Kind, Log, Resources, Run, RunId, StageRef, Status, User};
use crate::format::value::Map;
use crate::format::{ObjectId, Target};
use crate::fs::RepoPath;

use crate::pipeline::stage::OutKind;
use crate::pipeline::{Address, Error, Stage, State, Workspace, metrics};
use crate::runs::last::{LastRun, StageRuns};
use crate::runs::live::{self, Live, Record, Recorded, Start};
use crate::runs::{self, Snapshot, environment, ids, snapshot};

/// The variable that tells a command in which run it is.
pub const RUN: &str = "MLRUN_RUN";
/// The variable that names the file to which a command may append metrics, one JSON object a line.
pub const METRICS: &str = "MLRUN_METRICS";

/// Records one `repro`. Shared by threads.
pub(super) struct Recorder<'a> {
    project: &'a Project,
    observer: &'a dyn Observer,
    /// What the user typed.
    command: Vec<String>,
    /// Those that are looked at, in order.
    stages: Vec<String>,
    mark: String,
    recording: Mutex<Recording>,
}

enum Recording {
    /// Nothing happened yet.
    Idle,
    On(Box<On>),
    /// Nobody wants it, or it failed.
    Off,
}

struct On {
    live: Live,
    began: Instant,
    /// Of the next stage that begins.
    order: i64,
    /// Stages at work.
    drafts: BTreeMap<Address, Run>,
    /// Parameters of all stages that are known.
    params: BTreeMap<String, Map>,
}

/// What the commands of a stage are told.
pub(super) struct StageRun {
    pub id: RunId,
    /// `None` if it could not be created.
    pub metrics: Option<PathBuf>,
}

impl<'a> Recorder<'a> {
    /// A recorder of a `repro` of `stages`, by the runner that `mark` names; `command` is what the user
    /// typed. Without that nothing is recorded.
    pub fn new(
        project: &'a Project,
        observer: &'a dyn Observer,
        command: Option<Vec<String>>,
        stages: Vec<String>,
        mark: String,
    ) -> Recorder<'a> {
        let recording = match command {
            Some(_) => Recording::Idle,
            None => Recording::Off,
        };
        let command = command.unwrap_or_default();
        Recorder { project, observer, command, stages, mark, recording: Mutex::new(recording) }
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.recording.lock().expect("no panic while holding the lock")
    }

    fn tell(&self, error: &runs::Error, lost: Lost) {
        self.observer.event(Event::NotRecorded { error, lost });
    }

    /// A stage is about to run, or to get its outs back. Called before anything is changed: the first
    /// time, the code is recorded as it is now.
    pub fn begin(&self, stage: &Stage, inputs: &Inputs) {
        let mut recording = self.lock();
        if matches!(*recording, Recording::Idle) {
            *recording = match self.begin_all() {
                Ok(on) => Recording::On(Box::new(on)),
                Err(error) => {
                    self.tell(&error, Lost::All);
                    Recording::Off
                }
            };
        }
        let Recording::On(on) = &mut *recording else { return };
        let whole = on.live.id();
        let id = ids::random_child(whole);
        let name = on.live.state().run.as_ref().map_or("", |run| &run.name);
        let name = format!("{name}/{}", stage.address);
        let mut run = Run::new(id, name, Kind::Stage, on.order, Timestamp::now());
        on.order = on.order.saturating_add(1);
        run.parent = Some(whole);
        run.stage = Some(stage.address.to_string());
        run.command = stage.cmd.commands().into_iter().map(str::to_owned).collect();
        run.directory = text(&stage.wdir);
        let directory = stage.address.directory();
        for (file, values) in &inputs.params {
            let values: Map =
                values.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
            let file = from_top(&directory, file);
            on.params.entry(file.clone()).or_default().extend(values.clone());
            run.params.entry(file).or_default().extend(values);
        }
        let dep = |path: &String, target| data(from_top(&directory, path), target, false);
        run.deps = inputs.deps.iter().map(|locked| dep(&locked.path, locked.target)).collect();
        on.drafts.insert(stage.address.clone(), run.clone());
        self.record(on, Record::Stage { run: Box::new(run), ended: false });
    }

    fn begin_all(&self) -> runs::Result<On> {
        let project = self.project;
        let parent = surrounding(project);
        let id = parent.map_or_else(ids::random, ids::random_child);
        let count = i64::try_from(self.stages.len()).unwrap_or(i64::MAX - 1);
        let order = live::next_order(&project.repo, count + 1);
        let mut run = begun(project, id, Kind::Pipeline, order)?;
        run.parent = parent;
        run.command.clone_from(&self.command);
        let skipped =
            |stage: &String| StageRef { stage: stage.clone(), how: How::Skipped, run: None };
        run.stages = self.stages.iter().map(skipped).collect();
        let (snapshot, environment) = surroundings(project)?;
        run.code = snapshot.code;
        let mark = Some(self.mark.clone());
        let start = Start { run, environment: Some(environment), code: snapshot.keep, mark };
        let live = Live::begin(project, start)?;
        let (began, params) = (Instant::now(), BTreeMap::new());
        Ok(On { live, began, order: order.saturating_add(1), drafts: BTreeMap::new(), params })
    }

    /// A record that cannot be written costs the recovery of this run, not the run.
    fn record(&self, on: &mut On, record: Record) {
        if let Err(error) = on.live.record(record) {
            self.tell(&error, Lost::Part);
        }
    }

    /// Another attempt of a stage begins, whose output goes to the file at `log`.
    pub fn attempt(&self, stage: &Stage, log: &Path) -> Option<StageRun> {
        let recording = self.lock();
        let Recording::On(on) = &*recording else { return None };
        let id = on.drafts.get(&stage.address)?.id;
        on.live.link_log(id, log);
        Some(StageRun { id, metrics: on.live.create_metrics(id).ok() })
    }

    /// The commands of a stage ended, well or not.
    pub fn attempted(&self, stage: &Stage, attempt: &Attempt) {
        let mut recording = self.lock();
        let Recording::On(on) = &mut *recording else { return };
        let Some(run) = on.drafts.get_mut(&stage.address) else { return };
        run.duration += attempt.duration.as_secs_f64();
        run.exit_code = match &attempt.failed {
            None => Some(0),
            Some((_, End::Exit(status))) => status.code(),
            Some(_) => None,
        };
        let used = run.resources.get_or_insert_with(Resources::default);
        used.cpu += attempt.used.cpu;
        used.peak_memory = used.peak_memory.max(attempt.used.peak_memory);
    }

    /// The lock has the stage, and `outs` are its outs.
    pub fn finished(&self, stage: &Stage, how: How, outs: &[LockedOut], log: Option<ObjectId>) {
        let mut recording = self.lock();
        let Recording::On(on) = &mut *recording else { return };
        let Some(mut run) = on.drafts.remove(&stage.address) else { return };
        run.status = Status::Finished;
        run.how = Some(how);
        let directory = stage.address.directory();
        let out = |out: &LockedOut| data(from_top(&directory, &out.path), out.target, out.cache);
        run.outs = outs.iter().map(out).collect();
        let files = stage.outs.iter().filter(|out| out.kind == OutKind::Metric);
        run.metrics = read_metrics(self.project, files.map(|out| &out.path));
        // How long it is, is seen when it is stored.
        run.log = log.map(|oid| Log { size: 0, complete: false, oid: Some(oid) });
        self.record(on, Record::Stage { run: Box::new(run), ended: true });
    }

    /// The stage began and failed.
    pub fn failed(&self, stage: &Address, error: &Error) {
        let mut recording = self.lock();
        let Recording::On(on) = &mut *recording else { return };
        let Some(mut run) = on.drafts.remove(stage) else { return };
        run.how = Some(How::Ran);
        run.status = match error {
            Error::Interrupted => Status::Interrupted,
            _ => Status::Failed,
        };
        run.error = Some(error.to_string());
        self.record(on, Record::Stage { run: Box::new(run), ended: true });
    }

    /// Stores what was recorded, of a `repro` that came to `report`; `None` if there is nothing, or it
    /// could not be stored.
    pub fn finish(
        self,
        session: &Session<'_>,
        workspace: &Workspace,
        report: &Report,
    ) -> Option<Recorded> {
        let recording = self.recording.into_inner().expect("no panic while holding the lock");
        let Recording::On(mut on) = recording else { return None };
        // Stages that ended and that the store could not write down.
        for (_, mut run) in std::mem::take(&mut on.drafts) {
            run.status = Status::Failed;
            run.how = Some(How::Ran);
            run.error = report.errors.first().map(ToString::to_string);
            let _ = on.live.record(Record::Stage { run: Box::new(run), ended: true });
        }
        let mut run = on.live.state().run.clone().expect("it began");
        run.duration = on.began.elapsed().as_secs_f64();
        conclude(&mut run, report);
        let stages: Vec<(&Stage, &Outcome)> = report
            .stages
            .iter()
            .filter_map(|(address, outcome)| {
                let at = workspace.graph.find(address)?;
                Some((&workspace.graph.stages()[at], outcome))
            })
            .collect();
        let mut known = StageRuns::read(self.project);
        let mut listed_as: HashMap<String, &mut StageRef> =
            run.stages.iter_mut().map(|listed| (listed.stage.clone(), listed)).collect();
        for (stage, outcome) in &stages {
            let Some(listed) = listed_as.get_mut(&stage.address.to_string()) else { continue };
            let locked = session.locked(&stage.address).ok().flatten();
            let block = locked.as_ref().map(|locked| locked.id());
            if matches!(outcome, Outcome::UpToDate) {
                listed.how = How::Unchanged;
                listed.run = block.and_then(|block| known.of(&listed.stage, block));
                let directory = stage.address.directory();
                for (file, values) in locked.into_iter().flat_map(|locked| locked.params) {
                    on.params.entry(from_top(&directory, &file)).or_default().extend(values);
                }
            } else if is_done(outcome)
                && let (Some(block), Some(id)) = (block, listed.run)
            {
                known.set(&listed.stage, block, id);
            }
        }
        run.params = std::mem::take(&mut on.params);
        let of_stages = stages.iter().flat_map(|(stage, _)| &stage.outs);
        let of_stages = of_stages.filter(|out| out.kind == OutKind::Metric).map(|out| &out.path);
        let others = workspace.files.values().flat_map(|file| &file.metrics);
        run.metrics = read_metrics(self.project, of_stages.chain(others));
        run.locks = locks(self.project, stages.iter().map(|(stage, _)| lock_file(&stage.address)));
        let last = LastRun { run: run.id, name: run.name.clone(), locks: run.locks.clone() };
        let left = paths_left(stages.iter().map(|(stage, _)| *stage));
        let result = match snapshot::result(self.project, &run.code, &left) {
            Ok(result) => result,
            Err(error) => {
                self.observer.event(Event::NotRecorded { error: &error, lost: Lost::Part });
                None
            }
        };
        run.code.result = result.map(|commit| commit.to_string());
        match on.live.finish(self.project, run, result) {
            Ok(recorded) => {
                known.write(self.project);
                last.write(self.project);
                Some(recorded)
            }
            Err(error) => {
                self.observer.event(Event::NotRecorded { error: &error, lost: Lost::Nothing });
                None
            }
        }
    }
}

/// What running `stages` may change in Git's files: locks, outs that Git tracks, and what makes Git
/// ignore the others.
pub(super) fn paths_left<'s>(stages: impl Iterator<Item = &'s Stage>) -> Vec<RepoPath> {
    let mut paths = BTreeSet::new();
    for stage in stages {
        paths.insert(lock_file(&stage.address));
        for out in &stage.outs {
            paths.insert(match out.cache {
                true => out.path.parent().unwrap_or_default().join(b".gitignore"),
                false => out.path.clone(),
            });
        }
    }
    paths.into_iter().collect()
}

/// How it went as a whole.
fn conclude(run: &mut Run, report: &Report) {
    let failed = report.stages.iter().find_map(|(_, outcome)| match outcome {
        Outcome::Failed { error } => Some(error),
        _ => None,
    });
    let error = failed.or(report.errors.first());
    run.status = match error {
        Some(Error::Interrupted) => Status::Interrupted,
        _ if report.interrupted => Status::Interrupted,
        Some(_) => Status::Failed,
        None => Status::Finished,
    };
    run.error = error.map(ToString::to_string);
}

fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Ran { .. } | Outcome::Adopted | Outcome::Restored | Outcome::Reused)
}

/// A run that begins now, with what holds for every kind.
pub(super) fn begun(project: &Project, id: RunId, kind: Kind, order: i64) -> runs::Result<Run> {
    let mut run = Run::new(id, ids::name(id), kind, order, Timestamp::now());
    run.directory = text(&project.prefix);
    let who = project.repo.identity();
    run.user = User { name: who.name, email: who.email };
    run.host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Ok(run)
}

/// The code and the environment as they are now, the latter as the store will have it.
pub(super) fn surroundings(project: &Project) -> runs::Result<(Snapshot, Vec<u8>)> {
    std::thread::scope(|scope| {
        // Reading directories, while the other waits for `git`.
        let environment = scope.spawn(|| environment::capture(project).to_bytes());
        let snapshot = snapshot::take(project);
        let environment = environment.join().expect("the thread does not panic");
        Ok((snapshot?, environment))
    })
}

/// The run that this process was started by, if it is one of this repository.
#[expect(clippy::disallowed_methods, reason = "how commands of a run know of it")]
pub(super) fn surrounding(project: &Project) -> Option<RunId> {
    let run = RunId::parse(&std::env::var(RUN).ok()?).ok()?;
    live::is_running(project, run).then_some(run)
}

/// What the metric files hold now, by path; those that are not there or cannot be understood have
/// none. A command that writes nonsense has run all the same.
pub(super) fn read_metrics<'p>(
    project: &Project,
    files: impl Iterator<Item = &'p RepoPath>,
) -> BTreeMap<String, Map> {
    let found = metrics::of_files(&State::worktree(project), files.cloned());
    found.into_iter().map(|(path, flat)| (text(&path), flat)).collect()
}

/// Ids of Git's blobs of the lock files that are there.
fn locks(project: &Project, files: impl Iterator<Item = RepoPath>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for file in files {
        let name = text(&file);
        if found.contains_key(&name) {
            continue;
        }
        if let Ok(Some(bytes)) = project.read_text(&file)
            && let Ok(id) = project.repo.blob_id(&bytes)
        {
            found.insert(name, id.to_string());
        }
    }
    found
}

/// A path of a lock in `directory`, from the top of the worktree; absolute ones stay.
fn from_top(directory: &RepoPath, path: &str) -> String {
    match directory.resolve(path.as_bytes()) {
        Some(path) => text(&path),
        None => path.to_owned(),
    }
}

/// A path as records have it. Nothing is opened by it.
pub(super) fn text(path: &RepoPath) -> String {
    String::from_utf8_lossy(path.as_bytes()).into_owned()
}

fn data(path: String, target: Target, cached: bool) -> Data {
    let size = target.size();
    match target {
        Target::File { oid, .. } => {
            Data { path, oid: Some(oid), tree: None, size, files: None, cached }
        }
        Target::Directory { oid, files, .. } => {
            Data { path, oid: None, tree: Some(oid), size, files: Some(files), cached }
        }
    }
}
