//! Running one command of a stage: its own process group, its output read piece by piece, an end to
//! it when time is up or the user interrupts.
//!
//! # What is guaranteed
//!
//! When [`run`] returns, no process of the command's group is left: what the command started in the
//! background is told to end (SIGTERM), then made to (SIGKILL). Only what left the group, such as a
//! daemon that called `setsid`, lives on. Output is read into one buffer of fixed size, so that a
//! command that prints a gigabyte costs no memory.

use std::io::{self, PipeReader, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};

use super::processes::is_group_alive;

/// How long processes have between being told to end and being made to.
const GRACE: Duration = Duration::from_secs(5);
/// How long output is waited for that a daemon may still hold open.
const DRAIN: Duration = Duration::from_millis(500);
const BUFFER: usize = 64 << 10;

/// What runs a command line, with its options before it.
#[derive(Clone, Debug)]
pub struct Shell {
    program: std::path::PathBuf,
    options: &'static [&'static str],
}

impl Shell {
    /// The shell at `program`, if it understands `-c`, told to read none of the user's start-up files
    /// so that they cannot change what the command does.
    pub fn new(program: &Path) -> Option<Shell> {
        let options: &[&str] = match program.file_name()?.to_str()? {
            "bash" => &["--noprofile", "--norc", "-c"],
            "zsh" => &["--no-rcs", "-c"],
            "sh" | "dash" | "ksh" | "mksh" | "ash" => &["-c"],
            _ => return None,
        };
        program.is_absolute().then(|| Shell { program: program.to_owned(), options })
    }

    /// `/bin/sh`.
    pub fn posix() -> Shell {
        Shell { program: "/bin/sh".into(), options: &["-c"] }
    }
}

/// One command to run.
pub struct Job<'a> {
    pub shell: &'a Shell,
    pub command: &'a str,
    pub directory: &'a Path,
    /// Variables to set, or to remove where there is no value.
    pub env: &'a [(String, Option<String>)],
    /// When it has to be done.
    pub deadline: Option<Instant>,
    /// Readable, or at its end, once the user interrupted.
    pub interrupt: BorrowedFd<'a>,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this exit code or signal.
    Exit(ExitStatus),
    /// It was ended because its time was up.
    TimedOut,
    /// It was ended because the user interrupted.
    Interrupted,
}

impl End {
    pub fn success(&self) -> bool {
        matches!(self, End::Exit(status) if status.success())
    }
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Exit(status) => match (status.code(), status.signal()) {
                (Some(code), _) => write!(f, "exit code {code}"),
                (None, Some(signal)) => write!(f, "signal {signal}"),
                (None, None) => f.write_str("an unknown status"),
            },
            End::TimedOut => f.write_str("a timeout"),
            End::Interrupted => f.write_str("interrupted"),
        }
    }
}

/// Runs `job` to its end. `output` gets what it writes to standard output and standard error, in the
/// order in which it was written; `groups` hears of its process group while it lives.
///
/// # Errors
/// It could not be started.
pub fn run(job: &Job<'_>, groups: &dyn Groups, output: &mut dyn FnMut(&[u8])) -> io::Result<End> {
    let (reader, writer) = io::pipe()?;
    let mut child = spawn(job, writer)?;
    let group = Pid::from_child(&child);
    groups.began(group);
    let ended = attend(job, &mut child, group, &reader, output);
    let cleared = clear(group);
    let drained = drain(&reader, output);
    groups.ended(group);
    let end = ended?;
    cleared?;
    drained?;
    Ok(end)
}

/// Hears which process groups live, so that somebody can end them if this process is killed.
pub trait Groups: Sync {
    fn began(&self, group: Pid);
    fn ended(&self, group: Pid);
}

#[expect(clippy::disallowed_methods, reason = "the command is what the user wants to run")]
fn spawn(job: &Job<'_>, writer: io::PipeWriter) -> io::Result<Child> {
    let mut command = Command::new(&job.shell.program);
    command
        .args(job.shell.options)
        .arg(job.command)
        .current_dir(job.directory)
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0);
    for (name, value) in job.env {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    // The command holds the writing ends; dropped here, the pipe ends with the child.
    command.spawn()
}

/// Reads output until the child exits, its time is up or the user interrupts; then reaps it.
fn attend(
    job: &Job<'_>,
    child: &mut Child,
    group: Pid,
    reader: &PipeReader,
    output: &mut dyn FnMut(&[u8]),
) -> io::Result<End> {
    let exit = ExitWatch::new(child)?;
    let mut buffer = vec![0; BUFFER];
    let mut open = true;
    let mut stopped: Option<(End, Instant)> = None;
    loop {
        if let Some(status) = exit.poll_status(child)? {
            return Ok(stopped.map_or(End::Exit(status), |(end, _)| end));
        }
        let now = Instant::now();
        let until = match stopped {
            None => job.deadline,
            Some((_, until)) => Some(until),
        };
        if until.is_some_and(|until| now >= until) {
            match stopped {
                None => {
                    signal_group(group, Signal::TERM)?;
                    stopped = Some((End::TimedOut, now + GRACE));
                }
                Some((end, _)) => {
                    signal_group(group, Signal::KILL)?;
                    stopped = Some((end, now + GRACE));
                }
            }
            continue;
        }
        let mut watched = Vec::with_capacity(3);
        if open {
            watched.push(PollFd::from_borrowed_fd(reader.as_fd(), PollFlags::IN));
        }
        if stopped.is_none() {
            watched.push(PollFd::from_borrowed_fd(job.interrupt, PollFlags::IN));
        }
        exit.watch(&mut watched);
        wait(&mut watched, exit.cap(until.map(|until| until - now)))?;
        let is_ready = |fd: &PollFd<'_>| !fd.revents().is_empty();
        let readable = open && is_ready(&watched[0]);
        let interrupted = stopped.is_none() && is_ready(&watched[usize::from(open)]);
        if readable {
            open = copy_once(reader, &mut buffer, output)?;
        }
        if interrupted {
            signal_group(group, Signal::INT)?;
            stopped = Some((End::Interrupted, now + GRACE));
        }
    }
}

/// Reads what is there; false at the end.
fn copy_once(
    mut reader: &PipeReader,
    buffer: &mut [u8],
    output: &mut dyn FnMut(&[u8]),
) -> io::Result<bool> {
    match reader.read(buffer) {
        Ok(0) => Ok(false),
        Ok(count) => {
            output(&buffer[..count]);
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(error),
    }
}

/// Ends what is left of the group.
fn clear(group: Pid) -> io::Result<()> {
    if !is_group_alive(group) {
        return Ok(());
    }
    signal_group(group, Signal::TERM)?;
    let told = Instant::now();
    while is_group_alive(group) {
        if told.elapsed() >= GRACE {
            signal_group(group, Signal::KILL)?;
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Reads to the end of the output. A daemon that left the group may hold it open: it is not waited
/// for.
fn drain(reader: &PipeReader, output: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let mut watched = [PollFd::from_borrowed_fd(reader.as_fd(), PollFlags::IN)];
        if wait(&mut watched, Some(DRAIN))? == 0 || !copy_once(reader, &mut buffer, output)? {
            return Ok(());
        }
    }
}

fn wait(watched: &mut [PollFd<'_>], limit: Option<Duration>) -> io::Result<usize> {
    let limit = limit.map(|limit| Timespec::try_from(limit).unwrap_or_default());
    match poll(watched, limit.as_ref()) {
        Ok(count) => Ok(count),
        Err(rustix::io::Errno::INTR) => Ok(1),
        Err(error) => Err(error.into()),
    }
}

/// A group that is gone needs no signal.
pub fn signal_group(group: Pid, signal: Signal) -> io::Result<()> {
    match kill_process_group(group, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Tells when a child exits: by a descriptor where the system has one (`pidfd_open(2)`), else by
/// asking now and then.
#[cfg(target_os = "linux")]
struct ExitWatch(rustix::fd::OwnedFd);

#[cfg(target_os = "linux")]
impl ExitWatch {
    fn new(child: &Child) -> io::Result<ExitWatch> {
        let flags = rustix::process::PidfdFlags::empty();
        Ok(ExitWatch(rustix::process::pidfd_open(Pid::from_child(child), flags)?))
    }

    fn watch<'a>(&'a self, watched: &mut Vec<PollFd<'a>>) {
        watched.push(PollFd::from_borrowed_fd(self.0.as_fd(), PollFlags::IN));
    }

    fn poll_status(&self, child: &mut Child) -> io::Result<Option<ExitStatus>> {
        child.try_wait()
    }

    fn cap(&self, limit: Option<Duration>) -> Option<Duration> {
        limit
    }
}

#[cfg(not(target_os = "linux"))]
struct ExitWatch;

#[cfg(not(target_os = "linux"))]
impl ExitWatch {
    fn new(_child: &Child) -> io::Result<ExitWatch> {
        Ok(ExitWatch)
    }

    fn watch<'a>(&'a self, _watched: &mut Vec<PollFd<'a>>) {}

    fn poll_status(&self, child: &mut Child) -> io::Result<Option<ExitStatus>> {
        child.try_wait()
    }

    fn cap(&self, limit: Option<Duration>) -> Option<Duration> {
        let often = Duration::from_millis(10);
        Some(limit.map_or(often, |limit| limit.min(often)))
    }
}
