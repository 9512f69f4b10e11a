//! Advisory locks that die with their process (`flock`, through `std::fs::File::lock`).
//!
//! The lock file stays; its text names the holder, so that whoever waits can say for whom.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{At as _, Error};

/// Bytes of a lock file that are looked at.
pub const HOLDER_LIMIT: u64 = 4 << 10;
/// How often somebody who may stop waiting tries again.
const OFTEN: Duration = Duration::from_millis(10);

/// A held lock; dropping it, or the end of the process, releases it.
#[derive(Debug)]
pub struct FileLock {
    file: File,
    found: String,
}

/// Who holds a lock, as the lock file says; for messages only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder(pub String);

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error(transparent)]
    Fs(#[from] Error),
    /// The lock was not released in time.
    #[error("{} holds the lock", .0.0)]
    Busy(Holder),
}

impl FileLock {
    /// Takes the lock at `path`, creating the file. `whom` describes this process to those who
    /// will wait for it. Waits up to `patience` (for ever if `None`) and calls `waiting` once, when it
    /// begins to wait.
    pub fn acquire(
        path: &Path,
        whom: &str,
        patience: Option<Duration>,
        waiting: &dyn Fn(&Holder),
    ) -> Result<FileLock, LockError> {
        let lock = FileLock::take(path, whom, patience, waiting, None)?;
        Ok(lock.expect("nobody stops the waiting"))
    }

    /// Like [`FileLock::acquire`] without end, but `None` once `stop` says so.
    pub fn acquire_unless(
        path: &Path,
        whom: &str,
        waiting: &dyn Fn(&Holder),
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<FileLock>, LockError> {
        FileLock::take(path, whom, None, waiting, Some(stop))
    }

    fn take(
        path: &Path,
        whom: &str,
        patience: Option<Duration>,
        waiting: &dyn Fn(&Holder),
        stop: Option<&dyn Fn() -> bool>,
    ) -> Result<Option<FileLock>, LockError> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .at("open lock", path)?;
        let start = Instant::now();
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error).at("lock", path)?,
            }
            if stop.is_some_and(|stop| stop()) {
                return Ok(None);
            }
            let holder = holder(&read_text(&mut file));
            if patience.is_some_and(|patience| start.elapsed() >= patience) {
                return Err(LockError::Busy(holder));
            }
            if !told && start.elapsed() >= Duration::from_millis(100) {
                waiting(&holder);
                told = true;
            }
            if patience.is_none() && told && stop.is_none() {
                file.lock().at("lock", path)?;
                break;
            }
            std::thread::sleep(OFTEN);
        }
        let found = read_text(&mut file);
        let text = format!("{whom} (process {})\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            .at("write", path)?;
        Ok(Some(FileLock { file, found }))
    }

    /// What the file said before: of the last holder, unless that one used [`FileLock::clear`].
    pub fn found(&self) -> &str {
        &self.found
    }

    /// Writes something below the line that tells of the holder.
    pub fn append(&mut self, text: &str) -> std::io::Result<()> {
        self.file.write_all(text.as_bytes())
    }

    /// Leaves no trace of this holder in the file. Where that fails, one is left.
    pub fn clear(&self) {
        let _ = self.file.set_len(0);
    }
}

fn read_text(file: &mut File) -> String {
    let mut text = String::new();
    let _ = file.rewind().and_then(|()| file.take(HOLDER_LIMIT).read_to_string(&mut text));
    text
}

fn holder(text: &str) -> Holder {
    let line = text.lines().next().unwrap_or_default().trim();
    let line = if line.is_empty() { "another process" } else { line };
    Holder(line.chars().filter(|c| !c.is_control()).collect())
}
