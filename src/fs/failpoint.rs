//! Fail points: places at which a test can make a process die, fail or wait.
//!
//! `MLDATA_FAILPOINTS` holds `name=action[@n]` entries separated by `;`. `name` is a fail point's,
//! or `any` for the sequence of all of them. The action happens at the n-th time that the point is
//! reached (the first by default), counted over all threads of the process:
//!
//! | action | effect |
//! |---|---|
//! | `kill` | the process ends by SIGKILL |
//! | `error` | the operation fails with EIO |
//! | `enospc` | the operation fails with ENOSPC |
//! | `sleep:MS` | the thread sleeps first |
//! | `count:FILE` | each time, one line with the point's name is appended to FILE |
//!
//! The variable is read once. Builds without debug assertions have no fail points.

use std::io;
use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Name of the environment variable.
pub const VARIABLE: &str = "MLDATA_FAILPOINTS";

#[derive(Debug)]
struct Point {
    name: String,
    action: Action,
    at: u64,
    reached: AtomicU64,
}

#[derive(Debug, Clone)]
enum Action {
    Kill,
    Fail(i32),
    Sleep(Duration),
    Count(std::path::PathBuf),
}

#[expect(clippy::disallowed_methods, reason = "this is where the variable is read")]
fn points() -> &'static [Point] {
    static POINTS: OnceLock<Vec<Point>> = OnceLock::new();
    POINTS.get_or_init(|| match std::env::var(VARIABLE) {
        Ok(text) => text.split(';').filter_map(parse).collect(),
        Err(_) => Vec::new(),
    })
}

fn parse(entry: &str) -> Option<Point> {
    let (name, rest) = entry.trim().split_once('=')?;
    let (action, at) = match rest.rsplit_once('@') {
        Some((action, at)) => (action, at.parse().ok()?),
        None => (rest, 1),
    };
    let action = match action.split_once(':') {
        Some(("sleep", ms)) => Action::Sleep(Duration::from_millis(ms.parse().ok()?)),
        Some(("count", file)) => Action::Count(file.into()),
        None if action == "kill" => Action::Kill,
        None if action == "error" => Action::Fail(rustix::io::Errno::IO.raw_os_error()),
        None if action == "enospc" => Action::Fail(rustix::io::Errno::NOSPC.raw_os_error()),
        _ => return None,
    };
    Some(Point { name: name.to_owned(), action, at, reached: AtomicU64::new(0) })
}

/// Marks the place called `name`.
///
/// # Errors
/// Only those that `MLDATA_FAILPOINTS` asks for.
pub fn hit(name: &str) -> io::Result<()> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    for point in points().iter().filter(|point| point.name == name || point.name == "any") {
        let reached = point.reached.fetch_add(1, Ordering::SeqCst) + 1;
        match &point.action {
            Action::Count(file) => {
                let mut log = std::fs::OpenOptions::new().append(true).create(true).open(file)?;
                writeln!(log, "{name}")?;
            }
            _ if reached != point.at => {}
            Action::Kill => {
                let _ = rustix::process::kill_process(
                    rustix::process::getpid(),
                    rustix::process::Signal::KILL,
                );
                std::thread::sleep(Duration::from_secs(60));
            }
            Action::Fail(errno) => return Err(io::Error::from_raw_os_error(*errno)),
            Action::Sleep(duration) => std::thread::sleep(*duration),
        }
    }
    Ok(())
}
