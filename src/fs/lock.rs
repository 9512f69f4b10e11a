//! Advisory locks that die with their process (`flock`, through `std::fs::File::lock`).
//!
//! The lock file stays; its text names the holder, so that whoever waits can say for whom.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use super::{At as _, Error};

/// A held lock; dropping it, or the end of the process, releases it.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
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
            let holder = read_holder(&mut file);
            if patience.is_some_and(|patience| start.elapsed() >= patience) {
                return Err(LockError::Busy(holder));
            }
            if !told && start.elapsed() >= Duration::from_millis(100) {
                waiting(&holder);
                told = true;
            }
            if patience.is_none() && told {
                file.lock().at("lock", path)?;
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let text = format!("{whom} (process {})\n", std::process::id());
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()))
            .at("write", path)?;
        Ok(FileLock { _file: file })
    }
}

fn read_holder(file: &mut File) -> Holder {
    let mut text = String::new();
    let _ = file.rewind().and_then(|()| file.take(400).read_to_string(&mut text));
    let text = text.trim();
    let text = if text.is_empty() { "another process" } else { text };
    Holder(text.chars().filter(|c| !c.is_control()).collect())
}
