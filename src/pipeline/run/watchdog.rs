//! Ends the stages' processes when the process that runs them is killed.
//!
//! The runner tells a second process of its own program, over a pipe, which process groups live. When
//! the pipe ends without a farewell, the runner died: the groups are told to end, then made to. This
//! needs no help of the kernel beyond pipes. Between starting a command and telling of it the runner
//! could be killed unheard; on Linux, commands are therefore also found by a variable that only those
//! of this runner have.

use std::collections::HashSet;
use std::io::{self, BufRead, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, test_kill_process_group};

use super::process::{Groups, signal_group};

/// The variable that marks the commands of one runner.
pub const MARK: &str = "MLRUN_RUNNER";

/// How long processes have between being told to end and being made to.
const GRACE: Duration = Duration::from_secs(2);

/// The runner's side. Dropping it says farewell.
pub struct Watchdog {
    mark: String,
    child: Mutex<Option<(Child, ChildStdin)>>,
}

impl Watchdog {
    /// Starts `program`, which has to call [`watch`] with its standard input when it is given
    /// `arguments`.
    pub fn start(program: &Path, arguments: &[&str]) -> io::Result<Watchdog> {
        let mark = format!("{}-{:x}", std::process::id(), crate::fs::unix_time_ns());
        #[expect(clippy::disallowed_methods, reason = "it is our own program")]
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let mut input = child.stdin.take().expect("standard input is piped");
        input.write_all(format!("mark {mark}\n").as_bytes())?;
        Ok(Watchdog { mark, child: Mutex::new(Some((child, input))) })
    }

    /// The value of [`MARK`] for the commands of this runner.
    pub fn mark(&self) -> &str {
        &self.mark
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
    for &group in &groups {
        let _ = signal_group(group, Signal::TERM);
    }
    let told = Instant::now();
    let lives = |group: &Pid| test_kill_process_group(*group).is_ok();
    while groups.iter().any(lives) && told.elapsed() < GRACE {
        std::thread::sleep(Duration::from_millis(10));
    }
    for group in groups.into_iter().filter(lives) {
        let _ = signal_group(group, Signal::KILL);
    }
    Ok(())
}

/// The groups of the processes whose environment has the mark. A process that began a session of its
/// own, as daemons do, is left alone.
fn marked_groups(mark: &str) -> Vec<Pid> {
    let entry = format!("{MARK}={mark}");
    let our_session = rustix::process::getsid(None).ok();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|process| {
            let id = Pid::from_raw(process.file_name().to_str()?.parse().ok()?)?;
            let environment = std::fs::read(process.path().join("environ")).ok()?;
            let is_marked =
                environment.split(|&b| b == 0).any(|entry_of| entry_of == entry.as_bytes());
            let session = rustix::process::getsid(Some(id)).ok();
            (is_marked && session == our_session).then_some(())?;
            rustix::process::getpgid(Some(id)).ok()
        })
        .collect()
}
