//! Running the commands of one stage, with its attempts and its time.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::events::{Event, Observer};
use super::interrupt::Interrupt;
use super::log::{self, Log};
use super::process::{End, Groups, Job, Program, Shell, Stream, run};
use super::recorder::{METRICS, RUN, Recorder, StageRun};
use super::watchdog::{MARK, Watchdog};
use crate::data::Project;
use crate::format::run::Resources;
use crate::pipeline::error::CommandFailed;
use crate::pipeline::{Error, Result, Stage};

/// Variables by which Git tells its children which repository they are in: a command of a stage
/// begins anew (`git rev-parse --local-env-vars`).
const GITS_OWN: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// How the commands of one attempt ended.
pub(super) struct Attempt {
    /// The command that failed; `None` if all succeeded.
    pub failed: Option<(String, End)>,
    pub duration: Duration,
    /// By all commands together; the memory of the largest.
    pub used: Resources,
    /// What was printed and its size, if anything was.
    pub log: Option<(PathBuf, u64)>,
}

/// What commands run with.
pub(super) struct Executor<'a> {
    pub project: &'a Project,
    pub shell: Shell,
    /// Names this runner among others; see `data::guard`.
    pub mark: String,
    /// Started with the first command; `None` where that failed, which is no reason not to run.
    pub watchdog: OnceLock<Option<Watchdog>>,
    /// What to start, with its arguments.
    pub watchdog_program: Option<(PathBuf, Vec<String>)>,
    pub interrupt: &'a Interrupt,
    pub observer: &'a dyn Observer,
    pub recorder: &'a Recorder<'a>,
}

impl Executor<'_> {
    /// Runs the commands of a stage once, up to the first one that fails.
    pub fn attempt(&self, stage: &Stage) -> Result<Attempt> {
        let address = &stage.address;
        let directory = self.project.repo.absolute(&stage.wdir);
        if !directory.is_dir() {
            let (stage, path) = (address.clone(), stage.wdir.clone());
            return Err(Error::NoDirectory { stage, path });
        }
        // It has to be there before there is something to watch.
        self.watchdog();
        let mut log = Log::create(self.project, address)?;
        let env = self.environment(stage, self.recorder.attempt(stage, log.path()));
        let began = Instant::now();
        let deadline = stage.timeout.map(|timeout| began + timeout);
        let mut failed = None;
        let mut used = Resources::default();
        for command in stage.cmd.commands() {
            if command.trim().is_empty() {
                continue;
            }
            self.observer.event(Event::Command { stage: address, command });
            let job = Job {
                program: Program::Line(&self.shell, command),
                merged: true,
                reads: false,
                directory: &directory,
                env: &env,
                deadline,
                interrupt: std::os::fd::AsFd::as_fd(self.interrupt),
            };
            let mut output = |_: Stream, bytes: &[u8]| {
                log.write(bytes);
                self.observer.event(Event::Output { stage: address, bytes });
            };
            let ended = run(&job, self, &mut output).map_err(|source| Error::NotStarted {
                stage: address.clone(),
                command: command.to_owned(),
                source,
            })?;
            used.cpu += ended.used.cpu;
            used.peak_memory = used.peak_memory.max(ended.used.peak_memory);
            if !ended.end.success() {
                failed = Some((command.to_owned(), ended.end));
                break;
            }
        }
        let duration = began.elapsed();
        let attempt = Attempt { failed, duration, used, log: log.finish() };
        self.recorder.attempted(stage, &attempt);
        Ok(attempt)
    }

    fn environment(&self, stage: &Stage, run: Option<StageRun>) -> Vec<(String, Option<String>)> {
        let mut env: Vec<(String, Option<String>)> =
            GITS_OWN.iter().map(|name| ((*name).to_owned(), None)).collect();
        let top = self.project.repo.top().to_string_lossy().into_owned();
        // `DVC_*` for the libraries that ask whether they run in a pipeline.
        for prefix in ["MLRUN", "DVC"] {
            env.push((format!("{prefix}_ROOT"), Some(top.clone())));
            env.push((format!("{prefix}_STAGE"), Some(stage.address.to_string())));
        }
        env.push((MARK.to_owned(), Some(self.mark.clone())));
        // Without a record of its own, the stage is no part of the run that we may be part of.
        env.push((RUN.to_owned(), run.as_ref().map(|run| run.id.to_string())));
        let metrics = run.and_then(|run| run.metrics);
        env.push((METRICS.to_owned(), metrics.map(|path| path.to_string_lossy().into_owned())));
        // A variable without a value is the caller's, which the command has anyway.
        let set = stage.env.iter().filter(|(_, value)| value.is_some());
        env.extend(set.map(|(name, value)| (name.clone(), value.clone())));
        env
    }

    fn watchdog(&self) -> Option<&Watchdog> {
        let start = || {
            let (program, arguments) = self.watchdog_program.as_ref()?;
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            Watchdog::start(self.project, &self.mark, program, &arguments).ok()
        };
        self.watchdog.get_or_init(start).as_ref()
    }

    /// The error for an attempt that failed.
    pub fn failure(&self, stage: &Stage, failed: (String, End), recovery: Vec<String>) -> Error {
        let (command, end) = failed;
        if end == End::Interrupted {
            return Error::Interrupted;
        }
        let path = log::path(self.project, &stage.address);
        let log = std::fs::metadata(&path).is_ok_and(|found| found.len() > 0).then_some(path);
        let (stage, end) = (stage.address.clone(), end.to_string());
        Error::CommandFailed(Box::new(CommandFailed { stage, command, end, log, recovery }))
    }
}

impl Groups for Executor<'_> {
    fn began(&self, group: rustix::process::Pid) {
        if let Some(watchdog) = self.watchdog() {
            watchdog.began(group);
        }
    }

    fn ended(&self, group: rustix::process::Pid) {
        if let Some(watchdog) = self.watchdog() {
            watchdog.ended(group);
        }
    }
}
