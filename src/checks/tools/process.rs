//! One run of a tool.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::find::Program;
use super::verdict::one_line;
use crate::checks::{Error, Result};
use crate::fs::At as _;
use crate::pipeline::run::interrupt::Interrupt;
use crate::pipeline::run::process::{self, End, Groups, Job, Stream};

/// Bytes of a tool's output that are read.
const OUTPUT: usize = 64 << 20;
/// Lines of what a tool complains about that are shown.
const LINES: usize = 3;

/// What a tool wrote, and its exit code.
pub struct Ran {
    pub code: i32,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
}

/// Why there is nothing to read.
#[derive(Debug)]
pub enum Failure {
    /// The tool failed; why.
    Crashed(String),
    Error(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Error(error)
    }
}

/// Runs `program` in `directory`, with nothing to read, until `timeout` is over.
///
/// # Errors
/// It did not end by itself, or the user interrupted ([`Error::Interrupted`]); no process of it is left.
pub fn run(
    program: &Program,
    arguments: Vec<OsString>,
    directory: &Path,
    tool_cache: &Path,
    timeout: Duration,
) -> Result<Ran, Failure> {
    let interrupt = interrupt()?;
    let mut words = vec![program.path.clone().into_os_string()];
    words.extend(arguments);
    let env = environment(tool_cache);
    let job = Job {
        program: process::Program::Words(&words),
        merged: false,
        reads: false,
        directory,
        env: &env,
        deadline: Instant::now().checked_add(timeout),
        interrupt: std::os::fd::AsFd::as_fd(interrupt),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut output = |stream: Stream, bytes: &[u8]| {
        let buffer = if stream == Stream::Out { &mut out } else { &mut err };
        // One more than is allowed tells that it was too much.
        buffer.extend_from_slice(&bytes[..bytes.len().min(OUTPUT + 1 - buffer.len())]);
    };
    let ended = match process::run(&job, &Untold, &mut output) {
        Ok(ended) => ended.end,
        Err(error) => return Err(Failure::Crashed(format!("it cannot be started: {error}"))),
    };
    match ended {
        End::Interrupted => Err(Error::Interrupted.into()),
        End::TimedOut => {
            Err(Failure::Crashed(format!("it did not end within {} s", timeout.as_secs())))
        }
        End::Exit(status) if interrupt.is_set() || status.code() == Some(130) => {
            Err(Error::Interrupted.into())
        }
        End::Exit(_) if out.len().max(err.len()) > OUTPUT => {
            Err(Failure::Crashed("it writes without end".to_owned()))
        }
        End::Exit(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Ok(Ran { code, out, err }),
            (None, signal) => Err(Failure::Crashed(format!(
                "signal {}{}",
                signal.unwrap_or_default(),
                complaint(&err)
            ))),
        },
    }
}

impl Ran {
    /// The failure that this is, if nothing that the tool does when it works looks like this.
    pub fn unexpected(&self) -> Failure {
        let text = if self.err.trim_ascii().is_empty() { &self.out } else { &self.err };
        Failure::Crashed(format!("exit code {}{}", self.code, complaint(text)))
    }
}

/// Hears of process groups and tells nobody: if this process is killed, a tool ends by itself, and what it
/// writes is temporary.
struct Untold;

impl Groups for Untold {
    fn began(&self, _group: rustix::process::Pid) {}
    fn ended(&self, _group: rustix::process::Pid) {}
}

/// Whether the user interrupted since a tool was first started.
pub fn is_interrupted() -> bool {
    LISTENER.get().and_then(Option::as_ref).is_some_and(Interrupt::is_set)
}

static LISTENER: OnceLock<Option<Interrupt>> = OnceLock::new();

/// From the first call on, SIGINT and its like end the tools, and this process when it has tidied up.
fn interrupt() -> Result<&'static Interrupt> {
    let listener = LISTENER.get_or_init(|| Interrupt::install().ok());
    let failed = || std::io::Error::other("signals cannot be heard");
    Ok(listener.as_ref().ok_or_else(failed).at("run tools in", ".")?)
}

/// Removes what ties a process to a repository, or changes what a tool does or where it writes. Modules
/// must not come from the directory that a tool runs in, which an empty or relative `PYTHONPATH` names.
fn environment(tool_cache: &Path) -> Vec<(String, Option<String>)> {
    const PREFIXES: [&[u8]; 6] =
        [b"GIT_", b"RUFF_", b"BLACK_", b"ISORT_", b"FLAKE8_", b"INTERROGATE_"];
    const NAMES: [&[u8]; 4] = [b"PYTHONPATH", b"PYTHONHOME", b"PYTHONINSPECT", b"PYTHONWARNINGS"];
    let is_removed = |name: &OsString| {
        let name = name.as_bytes();
        PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || NAMES.contains(&name)
    };
    let removed = std::env::vars_os().map(|(name, _)| name).filter(is_removed);
    let mut env: Vec<_> =
        (removed.filter_map(|name| name.into_string().ok())).map(|name| (name, None)).collect();
    let mut set = |name: &str, value: &str| env.push((name.to_owned(), Some(value.to_owned())));
    let cache = tool_cache.to_string_lossy();
    set("RUFF_CACHE_DIR", &cache);
    set("BLACK_CACHE_DIR", &cache);
    set("PYTHONUTF8", "1");
    set("PYTHONDONTWRITEBYTECODE", "1");
    // Lines are not broken where they would be for somebody to read.
    set("COLUMNS", "1000");
    set("NO_COLOR", "1");
    env
}

/// What to tell of a tool's last words: the end of a traceback of Python, else the first lines.
fn complaint(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(1 << 20)]);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let shown = match text.contains("Traceback (most recent call last)") {
        true => &lines[lines.len().saturating_sub(1)..],
        false => &lines[..lines.len().min(LINES)],
    };
    match shown {
        [] => String::new(),
        shown => format!(": {}", one_line(&shown.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_are_short() {
        assert_eq!(complaint(b""), "");
        assert_eq!(complaint(b"\na\n  b\nc\nd\n"), ": a b c");
        let traceback = b"Traceback (most recent call last):\n  File\n    x\nValueError: no\n";
        assert_eq!(complaint(traceback), ": ValueError: no");
        assert!(complaint(&[b'x'; 5000]).len() < 600);
    }
}
