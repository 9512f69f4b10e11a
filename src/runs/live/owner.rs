//! Who records a run, and whether that one is dead.
//!
//! The owner holds an OS lock on its file for its life. Home directories of clusters are shared by many
//! machines and their locks are not always, and a container cannot see the processes of another: an
//! owner is dead only if its lock can be taken and it was of this host and process namespace. Of others
//! nobody can know, and only the user may decide (`force`).
//!
//! Where locks are not supported, the owner touches its file every few seconds, and is dead if it did
//! not for minutes, or is no process of this host any more.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::data::{Project, guard};
use crate::fs::{self, At as _};

const NAME: &str = "owner";
/// The longest owner's file that is read, in bytes.
const LIMIT: u64 = 64 << 10;
const BEAT: Duration = Duration::from_secs(10);
const SILENCE: Duration = Duration::from_secs(300);

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Who {
    host: String,
    /// The process namespace, where there are such (`namespaces(7)`).
    namespace: Option<String>,
    pid: u32,
    /// When the process started, in ticks since the machine did (`proc_pid_stat(5)`).
    started: Option<u64>,
    /// The runner of stages, and the directory of the worktree's Git files: see `data::guard`.
    mark: Option<String>,
    git_dir: Option<String>,
    /// There are no locks here.
    heartbeat: bool,
}

/// This process is the owner, until it is dropped.
#[derive(Debug)]
pub(super) struct Owner {
    /// Keeps the lock.
    _file: File,
    /// Its end stops the heartbeat.
    _beat: Option<Sender<()>>,
}

/// How an owner stands.
#[derive(Debug)]
pub(super) enum Standing {
    Alive,
    /// Nobody else finalises as long as this is held.
    Dead(Taken),
    /// Of another host or namespace, or with a file that cannot be understood.
    Unknown,
}

/// The right to finalise what a dead owner left.
#[derive(Debug)]
pub(super) struct Taken {
    _file: File,
    who: Option<Who>,
    /// Without locks: a file that says that somebody finalises.
    claim: Option<PathBuf>,
}

impl Owner {
    /// Makes this process the owner of what is recorded in `directory`, which may be renamed.
    pub fn create(directory: &Path, project: &Project, mark: Option<String>) -> fs::Result<Owner> {
        let path = directory.join(NAME);
        let mut file = File::create_new(&path).at("create", &path)?;
        let locked = file.lock();
        let heartbeat = match locked {
            Ok(()) => false,
            Err(error) if is_unsupported(&error) => true,
            Err(error) => return Err(error).at("lock", &path),
        };
        let git_dir = project.repo.git_dir().to_str().map(str::to_owned);
        let who = Who { mark, git_dir, heartbeat, ..Who::this_process() };
        let text = serde_json::to_vec(&who).expect("memory can be written to");
        file.write_all(&text).at("write", &path)?;
        let beat = match heartbeat {
            true => {
                let file = file.try_clone().at("open", &path)?;
                let (sender, receiver) = channel::<()>();
                std::thread::spawn(move || {
                    while receiver.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                        let _ = file.set_modified(SystemTime::now());
                    }
                });
                Some(sender)
            }
            false => None,
        };
        Ok(Owner { _file: file, _beat: beat })
    }
}

impl Who {
    fn this_process() -> Who {
        let pid = std::process::id();
        let namespace = std::fs::read_link("/proc/self/ns/pid").ok();
        Who {
            host: host(),
            namespace: namespace.map(|link| link.to_string_lossy().into_owned()),
            pid,
            started: started(pid),
            mark: None,
            git_dir: None,
            heartbeat: false,
        }
    }

    fn is_here(&self) -> bool {
        let here = Who::this_process();
        (&self.host, &self.namespace) == (&here.host, &here.namespace)
    }
}

/// The name of this machine.
pub(super) fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// When a process started; `None` if there is none, or no `/proc`.
fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Field 22; the second, the name of the program, may hold anything.
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}

fn is_unsupported(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let unsupported = [Errno::NOLCK, Errno::OPNOTSUPP, Errno::NOSYS];
    error.kind() == std::io::ErrorKind::Unsupported
        || unsupported.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// How the owner of `directory` stands. With `force`, one of whom nothing is known counts as dead.
///
/// # Errors
/// Its file cannot be read. `None` if the directory is gone, or about to be.
pub(super) fn look(directory: &Path, force: bool) -> fs::Result<Option<Standing>> {
    let path = directory.join(NAME);
    let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).at("open", &path),
    };
    let unlocked = match file.try_lock() {
        Ok(()) => false,
        Err(TryLockError::WouldBlock) => return Ok(Some(Standing::Alive)),
        Err(TryLockError::Error(error)) if is_unsupported(&error) => true,
        Err(TryLockError::Error(error)) => return Err(error).at("lock", &path),
    };
    // Who had the lock before may have stored and removed everything since the file was opened.
    let stat = file.metadata().at("stat", &path)?;
    let is_same = |now: std::fs::Metadata| (now.dev(), now.ino()) == (stat.dev(), stat.ino());
    if !std::fs::metadata(&path).is_ok_and(is_same) {
        return Ok(None);
    }
    let mut text = Vec::new();
    (&mut file).take(LIMIT).read_to_end(&mut text).at("read", &path)?;
    let who: Option<Who> = serde_json::from_slice(&text).ok();
    let is_dead = match &who {
        None => force,
        Some(who) if !who.is_here() => force,
        Some(who) if who.heartbeat || unlocked => {
            // A process id that was given again is of another process.
            let is_gone = Path::new("/proc/self/stat").exists() && started(who.pid) != who.started;
            let beat = stat.modified().at("stat", &path)?;
            let silence = SystemTime::now().duration_since(beat).unwrap_or_default();
            if !is_gone && silence < SILENCE {
                return Ok(Some(Standing::Alive));
            }
            true
        }
        Some(_) => true,
    };
    if !is_dead {
        return Ok(Some(Standing::Unknown));
    }
    let claim = match unlocked {
        false => None,
        true => match claim(directory)? {
            None => return Ok(Some(Standing::Alive)),
            claim => claim,
        },
    };
    Ok(Some(Standing::Dead(Taken { _file: file, who, claim })))
}

/// Without locks, whoever creates a file may finalise. One of a finaliser that was killed expires.
fn claim(directory: &Path) -> fs::Result<Option<PathBuf>> {
    let path = directory.join("finaliser");
    if let Ok(stat) = std::fs::metadata(&path) {
        let age = stat.modified().ok().and_then(|when| when.elapsed().ok()).unwrap_or_default();
        if age < SILENCE {
            return Ok(None);
        }
        fs::remove_file_if_exists(&path)?;
    }
    match File::create_new(&path) {
        Ok(_) => Ok(Some(path)),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(error).at("create", &path),
    }
}

impl Taken {
    /// Waits until the watchdog of the dead runner has ended its commands: they may still print, and
    /// append to files of metrics.
    pub fn wait_for_commands(&self) -> super::Result<()> {
        let Some(who) = &self.who else { return Ok(()) };
        match (&who.mark, &who.git_dir) {
            (Some(mark), Some(git_dir)) if who.is_here() => {
                Ok(guard::wait_for_runner(Path::new(git_dir), mark)?)
            }
            _ => Ok(()),
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if let Some(claim) = &self.claim {
            let _ = std::fs::remove_file(claim);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(who: &Who) -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join(NAME);
        std::fs::write(&path, serde_json::to_vec(who).expect("JSON")).expect("write");
        (directory, path)
    }

    fn standing(directory: &Path, force: bool) -> &'static str {
        match look(directory, force).expect("look") {
            None => "gone",
            Some(Standing::Alive) => "alive",
            Some(Standing::Dead(_)) => "dead",
            Some(Standing::Unknown) => "unknown",
        }
    }

    #[test]
    fn an_owner_is_dead_if_its_lock_is_free_and_it_was_of_here() {
        let (directory, path) = owned(&Who::this_process());
        assert_eq!(standing(directory.path(), false), "dead");
        let held = File::open(&path).expect("open");
        held.lock().expect("lock");
        assert_eq!(standing(directory.path(), true), "alive");
        drop(held);
        let dead = look(directory.path(), false).expect("look").expect("there");
        assert_eq!(standing(directory.path(), false), "alive", "somebody else finalises");
        drop(dead);
        std::fs::remove_file(path).expect("remove");
        assert_eq!(standing(directory.path(), true), "gone");
    }

    #[test]
    fn of_owners_elsewhere_nobody_knows() {
        let elsewhere = |host: &str, namespace: &str| Who {
            host: host.into(),
            namespace: Some(namespace.into()),
            ..Who::this_process()
        };
        for who in [elsewhere("another", "pid:[1]"), elsewhere(&host(), "pid:[1]")] {
            let (directory, _) = owned(&who);
            assert_eq!(standing(directory.path(), false), "unknown");
            assert_eq!(standing(directory.path(), true), "dead");
        }
        let (directory, path) = owned(&Who::this_process());
        std::fs::write(path, "{").expect("write");
        assert_eq!(standing(directory.path(), false), "unknown");
    }

    #[test]
    fn without_locks_a_beating_heart_counts() {
        let who = Who { heartbeat: true, ..Who::this_process() };
        let (directory, path) = owned(&who);
        assert_eq!(standing(directory.path(), false), "alive");
        let long_ago = SystemTime::now() - SILENCE - BEAT;
        File::options()
            .write(true)
            .open(path)
            .and_then(|file| file.set_modified(long_ago))
            .expect("touch");
        assert_eq!(standing(directory.path(), false), "dead");
        if who.started.is_some() {
            let (directory, _) = owned(&Who { started: Some(1), ..who });
            assert_eq!(standing(directory.path(), false), "dead", "its id is another's now");
        }
    }

    #[test]
    fn without_locks_one_finalises_at_a_time() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let first = claim(directory.path()).expect("claim");
        assert!(first.is_some());
        assert_eq!(claim(directory.path()).expect("claim"), None);
    }
}
