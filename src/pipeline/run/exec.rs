//! `git mlrun exec`: a recorded run of any command, with or without a pipeline.
//!
//! The command is a program with arguments and not a line of a shell. It reads what we would read, and
//! its two streams stay two; the log has them as they came. Recording is no reason for it to fail, nor
//! for its exit code to be another.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::time::Instant;

use super::events::{Event, Lost, Observer};
use super::interrupt::Interrupt;
use super::log::Log;
use super::process::{self, End, Ended, Groups, Job, Program, Stream};
use super::recorder::{METRICS, RUN, begun, read_metrics, surrounding, surroundings, text};
use super::watchdog::{MARK, Watchdog};
use crate::data::Project;
use crate::format::run::{Kind, Status};
use crate::format::value::Map;
use crate::fs::{RepoPath, Stat, display_bytes};
use crate::pipeline::declared::declared;
use crate::pipeline::flat::flatten;
use crate::pipeline::source::Worktree;
use crate::pipeline::{Error, Result, State, params};
use crate::runs::live::{self, Live, Recorded, Start};
use crate::runs::resolve::check_unused;
use crate::runs::{self, ids};

/// What is to be run, and recorded with it.
#[derive(Debug, Default)]
pub struct Request {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// Where it runs.
    pub directory: PathBuf,
    /// What the user calls the run: nothing else here may be called so.
    pub name: Option<String>,
    pub tags: BTreeMap<String, String>,
    /// Files that it reads its parameters from.
    pub params: Vec<RepoPath>,
    /// Files that it writes metrics to, beside those that a pipeline declares.
    pub metrics: Vec<RepoPath>,
    /// The program, with arguments, that ends the command if this process is killed.
    pub watchdog: Option<(PathBuf, Vec<String>)>,
}

/// How the command ended.
#[derive(Debug)]
pub struct Done {
    pub end: End,
    /// `None` if it could not be recorded.
    pub run: Option<Recorded>,
    /// Files of metrics that were named, and that are not there or have none.
    pub without_metrics: Vec<RepoPath>,
}

impl Done {
    /// The exit code of the command; of one that a signal ended, what a shell says.
    pub fn exit_code(&self) -> u8 {
        match self.end {
            End::Exit(status) => {
                let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
                code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
            }
            End::Interrupted => 130,
            End::TimedOut => 124,
        }
    }
}

/// A run that is being recorded.
struct Recording {
    live: Live,
    /// `None` if it could not be created.
    metrics: Option<PathBuf>,
}

/// Runs the command of `request` in front of the user; `output` gets what it prints.
///
/// # Errors
/// Something else has the name, or a file of parameters cannot be read: nothing ran. The command cannot
/// be started: that is recorded.
pub fn exec(
    project: &Project,
    request: &Request,
    output: process::Output<'_>,
    observer: &dyn Observer,
    interrupt: &Interrupt,
) -> Result<Done> {
    if let Some(name) = &request.name {
        check_unused(&project.repo, name)?;
    }
    let params = read_params(project, &request.params)?;
    let before = Declared::look(project);
    let mark = format!("{}-{:x}", std::process::id(), crate::fs::unix_time_ns());
    let recording = match begin(project, request, params, &mark) {
        Ok(recording) => Some(recording),
        Err(error) => {
            observer.event(Event::NotRecorded { error: &error, lost: Lost::All });
            None
        }
    };
    let began = Instant::now();
    let ended = run(project, request, recording.as_ref(), &mark, output, interrupt);
    let duration = began.elapsed().as_secs_f64();
    let mut metrics = read_metrics(project, request.metrics.iter());
    let has_none = |path: &&RepoPath| !metrics.contains_key(&text(path));
    let without_metrics = request.metrics.iter().filter(has_none).cloned().collect();
    metrics.extend(read_metrics(project, before.changed(project).iter()));
    let recorded = recording.and_then(|recording| {
        let mut run = recording.live.state().run.clone().expect("it began");
        run.duration = duration;
        run.metrics = metrics;
        match &ended {
            Ok(Ended { end, used }) => {
                run.resources = Some(*used);
                (run.status, run.exit_code) = match end {
                    End::Exit(status) if status.success() => (Status::Finished, Some(0)),
                    End::Exit(status) => (Status::Failed, status.code()),
                    End::Interrupted => (Status::Interrupted, None),
                    End::TimedOut => (Status::Failed, None),
                };
                if run.status == Status::Failed {
                    run.error = Some(format!("it ended with {end}"));
                }
            }
            Err(source) => {
                run.status = Status::Failed;
                run.error = Some(format!("it could not be started: {source}"));
            }
        }
        let finished = recording.live.finish(project, run, None);
        finished
            .inspect_err(|error| observer.event(Event::NotRecorded { error, lost: Lost::Nothing }))
            .ok()
    });
    let command = display_bytes(request.words.first().map_or(&[][..], |w| w.as_encoded_bytes()));
    match ended {
        Ok(Ended { end, .. }) => Ok(Done { end, run: recorded, without_metrics }),
        Err(source) => Err(Error::NotExecuted { command, run: recorded, source }),
    }
}

fn read_params(project: &Project, files: &[RepoPath]) -> Result<BTreeMap<String, Map>> {
    let read = |path: &RepoPath| {
        let value = params::read(&Worktree(project), path)?;
        let value = value.ok_or_else(|| Error::ParamsFileMissing { path: path.clone() })?;
        Ok((text(path), flatten(&value)))
    };
    files.iter().map(read).collect()
}

fn begin(
    project: &Project,
    request: &Request,
    params: BTreeMap<String, Map>,
    mark: &str,
) -> runs::Result<Recording> {
    let parent = surrounding(project);
    let id = parent.map_or_else(ids::random, ids::random_child);
    let mut run = begun(project, id, Kind::Exec, live::next_order(&project.repo, 1))?;
    run.parent = parent;
    if let Some(name) = &request.name {
        run.name.clone_from(name);
    }
    run.command = request.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    run.tags.clone_from(&request.tags);
    run.params = params;
    let (snapshot, environment) = surroundings(project)?;
    run.code = snapshot.code;
    let (environment, mark) = (Some(environment), Some(mark.to_owned()));
    let start = Start { run, environment, code: snapshot.keep, mark };
    let live = Live::begin(project, start)?;
    let metrics = live.create_metrics(id).ok();
    Ok(Recording { live, metrics })
}

fn run(
    project: &Project,
    request: &Request,
    recording: Option<&Recording>,
    mark: &str,
    output: process::Output<'_>,
    interrupt: &Interrupt,
) -> std::io::Result<Ended> {
    let watchdog = request.watchdog.as_ref().and_then(|(program, arguments)| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Watchdog::start(project, mark, program, &arguments).ok()
    });
    let id = |recording: &Recording| recording.live.id().to_string();
    let metrics =
        |recording: &Recording| Some(recording.metrics.as_ref()?.to_string_lossy().into_owned());
    let env = [
        (MARK.to_owned(), Some(mark.to_owned())),
        (RUN.to_owned(), recording.map(id)),
        (METRICS.to_owned(), recording.and_then(metrics)),
    ];
    let log = |recording: &Recording| Log::at(recording.live.log_path(recording.live.id())).ok();
    let mut log = recording.and_then(log);
    let job = Job {
        program: Program::Words(&request.words),
        merged: false,
        reads: true,
        directory: &request.directory,
        env: &env,
        deadline: None,
        interrupt: interrupt.as_fd(),
    };
    let ended = process::run(&job, &Watched(watchdog), &mut |stream: Stream, bytes: &[u8]| {
        if let Some(log) = &mut log {
            log.write(bytes);
        }
        output(stream, bytes);
    });
    log.map(Log::finish);
    ended
}

/// The watchdog, if there is one: none is no reason not to run.
struct Watched(Option<Watchdog>);

impl Groups for Watched {
    fn began(&self, group: rustix::process::Pid) {
        self.0.iter().for_each(|watchdog| watchdog.began(group));
    }

    fn ended(&self, group: rustix::process::Pid) {
        self.0.iter().for_each(|watchdog| watchdog.ended(group));
    }
}

/// The metric files that the pipelines here declare, as they were.
struct Declared(Vec<(RepoPath, Option<Stat>)>);

impl Declared {
    fn look(project: &Project) -> Declared {
        let stat = |path: RepoPath| {
            let stat = project.lstat(&path).ok().flatten();
            (path, stat)
        };
        Declared(declared(&State::worktree(project)).metrics.into_iter().map(stat).collect())
    }

    /// Those that are others now.
    fn changed(self, project: &Project) -> Vec<RepoPath> {
        let differs = |(path, before): &(RepoPath, Option<Stat>)| {
            project.lstat(path).ok().flatten() != *before
        };
        self.0.into_iter().filter(differs).map(|(path, _)| path).collect()
    }
}
