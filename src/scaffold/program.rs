//! Programs of others: hooks, their interpreters, cookiecutter.
//!
//! A program is found on PATH by its absolute path, never in the current directory. It sees the user's
//! environment, except for what would tie it to the repository that this process was started for. Its
//! standard output goes where the caller says, since our own is for data.

use std::os::fd::BorrowedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{Error, Result};
use crate::fs::At as _;
use crate::git::forget_repository;

/// How long a program that was told to end may take.
const GRACE: Duration = Duration::from_secs(5);
/// The longest time between two looks at a running program.
const LOOK: Duration = Duration::from_millis(20);

/// What programs are run with.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// Where they print.
    pub output: BorrowedFd<'a>,
    /// Whether the user interrupted. From the terminal a program hears of that itself; it is told to end
    /// all the same.
    pub interrupted: &'a dyn Fn() -> bool,
}

/// The first of `names` on PATH.
///
/// # Errors
/// None is there.
pub fn find(names: &'static [&'static str]) -> Result<PathBuf> {
    let found = names.iter().flat_map(|name| which::which_all_global(name).into_iter().flatten());
    found.into_iter().find(|path| path.is_absolute()).ok_or(Error::NoProgram { names })
}

/// A command that runs `program` in `directory`.
#[expect(clippy::disallowed_methods, reason = "the user trusts these programs")]
pub fn command(program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    forget_repository(&mut command);
    command.current_dir(directory);
    command
}

/// Starts `command`, whose standard input and error are ours.
pub fn start(command: &mut Command, session: &Session<'_>) -> std::io::Result<Child> {
    command.stdout(Stdio::from(session.output.try_clone_to_owned()?));
    let mut attempts = 0;
    loop {
        match command.spawn() {
            // Another thread started something else while the file was being written, and its child
            // still holds it open.
            Err(error)
                if error.kind() == std::io::ErrorKind::ExecutableFileBusy && attempts < 50 =>
            {
                attempts += 1;
                std::thread::sleep(Duration::from_millis(2));
            }
            started => return started,
        }
    }
}

/// Waits for the end of a program. `path` is for messages.
///
/// # Errors
/// The user interrupted ([`Error::Interrupted`]); the program has ended then, too.
pub fn wait(mut child: Child, path: &Path, session: &Session<'_>) -> Result<ExitStatus> {
    let mut pause = Duration::from_millis(1);
    let mut told: Option<Instant> = None;
    let status = loop {
        if let Some(status) = child.try_wait().at("wait for", path)? {
            break status;
        }
        match told {
            None if (session.interrupted)() => {
                told = Some(Instant::now());
                let _ = kill_process(Pid::from_child(&child), Signal::TERM);
            }
            Some(time) if time.elapsed() >= GRACE => {
                let _ = child.kill();
            }
            _ => {}
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LOOK);
    };
    let by_keyboard = status.signal() == Some(Signal::INT.as_raw()) || status.code() == Some(130);
    if told.is_some() || by_keyboard || (session.interrupted)() {
        return Err(Error::Interrupted);
    }
    Ok(status)
}
