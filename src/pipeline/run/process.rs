//! Running one command: its own process group, its output read piece by piece, an end to it when time
//! is up or the user interrupts.
//!
//! # What is guaranteed
//!
//! When [`run`] returns, no process of the command's group is left: what the command started in the
//! background is told to end (SIGTERM), then made to (SIGKILL). Only what left the group, such as a
//! daemon that called `setsid`, lives on. Output is read into one buffer of fixed size, so that a
//! command that prints a gigabyte costs no memory.
//!
//! A command that reads from the user's terminal is the exception: it has to be in the terminal's
//! foreground group (`tty_ioctl(4)`), which is ours. It gets the signals of the keyboard as we do, and
//! what it leaves in the background stays there.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, PipeReader, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};
use wait4::Wait4 as _;

use super::processes::is_group_alive;
use crate::format::run::Resources;

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

/// What is run.
#[derive(Clone, Copy)]
pub enum Program<'a> {
    /// A line of a shell.
    Line(&'a Shell, &'a str),
    /// A program and its arguments, found as `execvp(3)` finds it.
    Words(&'a [OsString]),
}

/// Where output was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output; with [`Job::merged`], standard error too.
    Out,
    Err,
}

/// One command to run.
pub struct Job<'a> {
    pub program: Program<'a>,
    /// Both streams are one, so that what is written comes in the order in which it was written.
    pub merged: bool,
    /// It reads what we would read; else nothing.
    pub reads: bool,
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

/// How a command ended, and what it used until then, with the processes that it waited for.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    pub end: End,
    pub used: Resources,
}

/// Hears what a command writes.
pub type Output<'a> = &'a mut dyn FnMut(Stream, &[u8]);

/// Runs `job` to its end. `output` gets what it writes; `groups` hears of its process group while it
/// lives.
///
/// # Errors
/// It could not be started.
pub fn run(job: &Job<'_>, groups: &dyn Groups, output: Output<'_>) -> io::Result<Ended> {
    let (reader, writer) = io::pipe()?;
    let mut readers = vec![Reader { pipe: reader, stream: Stream::Out, open: true }];
    let errors = match job.merged {
        true => writer.try_clone()?,
        false => {
            let (reader, writer) = io::pipe()?;
            readers.push(Reader { pipe: reader, stream: Stream::Err, open: true });
            writer
        }
    };
    let on_terminal = job.reads && io::stdin().is_terminal();
    let mut child = spawn(job, on_terminal, writer, errors)?;
    let target = Target { process: Pid::from_child(&child), is_group: !on_terminal };
    if target.is_group {
        groups.began(target.process);
    }
    let ended = attend(job, &mut child, target, &mut readers, output);
    let cleared = target.clear();
    let drained = readers.iter_mut().try_for_each(|reader| reader.drain(output));
    if target.is_group {
        groups.ended(target.process);
    }
    let ended = ended?;
    cleared?;
    drained?;
    Ok(ended)
}

/// What signals are sent to.
#[derive(Clone, Copy)]
struct Target {
    process: Pid,
    /// The process leads a group of its own.
    is_group: bool,
}

impl Target {
    fn signal(self, signal: Signal) -> io::Result<()> {
        match self.is_group {
            true => signal_group(self.process, signal),
            // The keyboard's signal went to it, too.
            false if signal == Signal::INT => Ok(()),
            false => Ok(kill_process(self.process, signal)?),
        }
    }

    /// Ends what is left of the group.
    fn clear(self) -> io::Result<()> {
        if !self.is_group || !is_group_alive(self.process) {
            return Ok(());
        }
        self.signal(Signal::TERM)?;
        let told = Instant::now();
        while is_group_alive(self.process) {
            if told.elapsed() >= GRACE {
                self.signal(Signal::KILL)?;
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

/// Hears which process groups live, so that somebody can end them if this process is killed.
pub trait Groups: Sync {
    fn began(&self, group: Pid);
    fn ended(&self, group: Pid);
}

#[expect(clippy::disallowed_methods, reason = "the command is what the user wants to run")]
fn spawn(
    job: &Job<'_>,
    on_terminal: bool,
    out: io::PipeWriter,
    errors: io::PipeWriter,
) -> io::Result<Child> {
    let mut command = match job.program {
        Program::Line(shell, line) => {
            let mut command = Command::new(&shell.program);
            command.args(shell.options).arg(line);
            command
        }
        Program::Words(words) => {
            let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
            let mut command = Command::new(program);
            command.args(arguments);
            command
        }
    };
    command
        .current_dir(job.directory)
        .stdin(if job.reads { Stdio::inherit() } else { Stdio::null() })
        .stdout(out)
        .stderr(errors);
    if !on_terminal {
        command.process_group(0);
    }
    for (name, value) in job.env {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    // The command holds the writing ends; dropped here, the pipes end with the child.
    command.spawn()
}

/// Reads output until the child exits, its time is up or the user interrupts; then reaps it.
fn attend(
    job: &Job<'_>,
    child: &mut Child,
    target: Target,
    readers: &mut [Reader],
    output: Output<'_>,
) -> io::Result<Ended> {
    let exit = ExitWatch::new(child)?;
    let mut buffer = vec![0; BUFFER];
    let mut stopped: Option<(End, Instant)> = None;
    loop {
        if has_exited(target.process)? {
            let reaped = child.wait4()?;
            let end = stopped.map_or(End::Exit(reaped.status), |(end, _)| end);
            let cpu = (reaped.rusage.utime + reaped.rusage.stime).as_secs_f64();
            return Ok(Ended { end, used: Resources { cpu, peak_memory: reaped.rusage.maxrss } });
        }
        let now = Instant::now();
        let until = match stopped {
            None => job.deadline,
            Some((_, until)) => Some(until),
        };
        if until.is_some_and(|until| now >= until) {
            match stopped {
                None => {
                    target.signal(Signal::TERM)?;
                    stopped = Some((End::TimedOut, now + GRACE));
                }
                Some((end, _)) => {
                    target.signal(Signal::KILL)?;
                    stopped = Some((end, now + GRACE));
                }
            }
            continue;
        }
        let (ready, interrupted) = {
            let open = readers.iter().filter(|reader| reader.open);
            let mut watched: Vec<PollFd<'_>> = open
                .map(|reader| PollFd::from_borrowed_fd(reader.pipe.as_fd(), PollFlags::IN))
                .collect();
            let pipes = watched.len();
            if stopped.is_none() {
                watched.push(PollFd::from_borrowed_fd(job.interrupt, PollFlags::IN));
            }
            exit.watch(&mut watched);
            wait(&mut watched, exit.cap(until.map(|until| until - now)))?;
            let ready: Vec<bool> = watched.iter().map(|fd| !fd.revents().is_empty()).collect();
            let interrupted = stopped.is_none() && ready[pipes];
            (ready, interrupted)
        };
        let open = readers.iter_mut().filter(|reader| reader.open);
        for (reader, ready) in open.zip(ready) {
            if ready {
                reader.copy_once(&mut buffer, output)?;
            }
        }
        if interrupted {
            target.signal(Signal::INT)?;
            stopped = Some((End::Interrupted, now + GRACE));
        }
    }
}

/// Whether the child has ended. It is not reaped: that tells what it used, once.
fn has_exited(process: Pid) -> io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match waitid(WaitId::Pid(process), options) {
        Ok(status) => Ok(status.is_some()),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// One stream of the command.
struct Reader {
    pipe: PipeReader,
    stream: Stream,
    /// Not at its end.
    open: bool,
}

impl Reader {
    /// Reads what is there.
    fn copy_once(&mut self, buffer: &mut [u8], output: Output<'_>) -> io::Result<()> {
        match self.pipe.read(buffer) {
            Ok(0) => self.open = false,
            Ok(count) => output(self.stream, &buffer[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads to the end. A daemon that left the group may hold it open: it is not waited for.
    fn drain(&mut self, output: Output<'_>) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER];
        while self.open {
            let mut watched = [PollFd::from_borrowed_fd(self.pipe.as_fd(), PollFlags::IN)];
            if wait(&mut watched, Some(DRAIN))? == 0 {
                return Ok(());
            }
            self.copy_once(&mut buffer, output)?;
        }
        Ok(())
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

    fn cap(&self, limit: Option<Duration>) -> Option<Duration> {
        let often = Duration::from_millis(10);
        Some(limit.map_or(often, |limit| limit.min(often)))
    }
}
