//! Ends the stages' processes when the process that runs them is killed.
//!
//! The runner tells a second process of its own program, over a pipe, which process groups live. When
//! the pipe ends without a farewell, the runner died: the groups are told to end, then made to. This
//! needs no help of the kernel beyond pipes. Between starting a command and telling of it the runner
//! could be killed unheard; on Linux, commands are therefore also found by a variable that only those
//! of this runner have.
//!
//! Both share a lock, which is free when the stages' processes are gone (`data::guard`): a command
//! that finds a stage without its runner waits for it before it touches the stage's outs.

use std::collections::HashSet;
use std::io::{self, BufRead, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::process::{Groups, signal_group};
use super::processes::{self, is_group_alive};
use crate::data::Project;
use crate::data::guard::RunnerLock;

/// The variable that marks the commands of one runner.
pub const MARK: &str = "MLRUN_RUNNER";

/// How long processes have between being told to end and being made to.
const GRACE: Duration = Duration::from_secs(2);

/// The runner's side. Dropping it says farewell.
pub struct Watchdog {
    child: Mutex<Option<(Child, ChildStdin)>>,
    _lock: RunnerLock,
}

impl Watchdog {
    /// Starts `program`, which has to call [`watch`] with its standard input when it is given
    /// `arguments`, for the runner that `mark` names.
    pub fn start(
        project: &Project,
        mark: &str,
        program: &Path,
        arguments: &[&str],
    ) -> io::Result<Watchdog> {
        let lock = RunnerLock::create(project, mark).map_err(io::Error::other)?;
        #[expect(clippy::disallowed_methods, reason = "it is our own program")]
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            // It writes nothing: this is how the lock becomes its own, too.
            .stdout(lock.share()?)
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let mut input = child.stdin.take().expect("standard input is piped");
        input.write_all(format!("mark {mark}\n").as_bytes())?;
        Ok(Watchdog { child: Mutex::new(Some((child, input))), _lock: lock })
    }

    fn tell(&self, line: &str) {
        if let Some((_, input)) = &mut *self.child.lock().expect("no panic while holding the lock")
        {
            // A watchdog that somebody killed is no reason to stop.
            let _ = input.write_all(line.as_bytes());
        }
    }
}

impl Groups for Watchdog {
    fn began(&self, group: Pid) {
        self.tell(&format!("began {group}\n"));
    }

    fn ended(&self, group: Pid) {
        self.tell(&format!("ended {group}\n"));
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.tell("farewell\n");
        let child = self.child.lock().expect("no panic while holding the lock").take();
        if let Some((mut child, input)) = child {
            drop(input);
            let _ = child.wait();
        }
    }
}

/// The watchdog's side: listens until the runner says farewell or dies.
pub fn watch(input: impl BufRead) -> io::Result<()> {
    let mut groups = HashSet::new();
    let mut mark = None;
    for line in input.lines() {
        let line = line?;
        let Some((word, value)) = line.split_once(' ') else { return Ok(()) };
        let group = || value.parse().ok().and_then(Pid::from_raw);
        match word {
            "mark" => mark = Some(value.to_owned()),
            "began" => groups.extend(group()),
            "ended" => {
                group().map(|group| groups.remove(&group));
            }
            _ => {}
        }
    }
    if let Some(mark) = mark {
        groups.extend(marked_groups(&mark));
    }
    end(&groups, Signal::TERM, GRACE);
    // Whoever waits for our lock must find them gone.
    end(&groups, Signal::KILL, GRACE);
    Ok(())
}

/// Sends a signal to the groups that live, and waits until none does, for so long at most.
fn end(groups: &HashSet<Pid>, signal: Signal, patience: Duration) {
    let told = Instant::now();
    for &group in groups.iter().filter(|group| is_group_alive(**group)) {
        let _ = signal_group(group, signal);
    }
    while groups.iter().any(|group| is_group_alive(*group)) && told.elapsed() < patience {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The groups of the processes whose environment has the mark. A process that began a session of its
/// own, as daemons do, is left alone.
fn marked_groups(mark: &str) -> Vec<Pid> {
    let entry = format!("{MARK}={mark}");
    let Some(own) = processes::own() else { return Vec::new() };
    let is_marked = |process: &processes::Process| {
        let environment = std::fs::read(format!("/proc/{}/environ", process.id));
        let mut entries = environment.iter().flat_map(|bytes| bytes.split(|&b| b == 0));
        entries.any(|found| found == entry.as_bytes())
    };
    let ours = processes::all().filter(|process| process.session == own.session && !process.ended);
    ours.filter(is_marked).filter_map(|process| process.group).collect()
}
