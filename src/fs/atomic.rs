//! Files that appear whole or not at all.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{At as _, Error, Result, Stat, failpoint, lstat, lstat_at};

/// A file under a temporary name that gets its own name by [`AtomicFile::publish`]. Dropping it
/// removes it.
#[derive(Debug)]
pub struct AtomicFile {
    file: File,
    path: PathBuf,
    published: bool,
}

impl AtomicFile {
    /// Creates a file of a unique name in `directory`, readable by this user only until it is
    /// published. The directory must be on the file system of the later name.
    pub fn create_in(directory: &Path) -> Result<AtomicFile> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        failpoint::hit("temp.create").at("create a file in", directory)?;
        loop {
            let unique = COUNTER.fetch_add(1, Ordering::Relaxed);
            let stamp = super::unix_time_ns();
            let path = directory.join(format!("tmp-{}-{stamp:x}-{unique}", std::process::id()));
            match File::options().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(AtomicFile { file, path, published: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).at("create", path),
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Syncs the data and renames the file to `path`, replacing what is there. The name is durable
    /// once the directory is synced too: `sync_dir`.
    ///
    /// # Errors
    /// `path` is unchanged, and the temporary file gone.
    pub fn publish(mut self, path: &Path, mode: u32) -> Result<()> {
        set_mode(&self.file, mode).at("set the mode of", &self.path)?;
        failpoint::hit("temp.sync").at("write", path)?;
        self.file.sync_all().at("write", path)?;
        self.rename_to(path)
    }

    /// Like [`AtomicFile::publish`] without the sync: for what can be made anew, or is synced by
    /// other means.
    pub fn publish_unsynced(mut self, path: &Path, mode: u32) -> Result<()> {
        set_mode(&self.file, mode).at("set the mode of", &self.path)?;
        self.rename_to(path)
    }

    fn rename_to(&mut self, path: &Path) -> Result<()> {
        rename(&self.path, path)?;
        self.published = true;
        Ok(())
    }
}

/// A written file that waits for its name without being open: thousands may wait, and a process may
/// have few files open. Dropping it removes it.
#[derive(Debug)]
pub struct PendingFile {
    path: PathBuf,
    published: bool,
}

impl AtomicFile {
    /// Closes the file until it is published.
    pub fn close(mut self, mode: u32) -> Result<PendingFile> {
        set_mode(&self.file, mode).at("set the mode of", &self.path)?;
        self.published = true;
        Ok(PendingFile { path: std::mem::take(&mut self.path), published: false })
    }
}

impl PendingFile {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same file, which somebody has given another name that is still to be replaced by its own.
    #[must_use]
    pub fn renamed(mut self, path: PathBuf) -> PendingFile {
        self.published = true;
        PendingFile { path, published: false }
    }

    /// Takes the place of the file `name` in `directory`, if that is still as `expected` says it is; no
    /// otherwise. Where the system can swap two files, it is looked at once more after that, and put
    /// back if it changed in the last moment.
    ///
    /// # Errors
    /// The file is as it was.
    pub fn replace_at(
        mut self,
        directory: BorrowedFd<'_>,
        name: &[u8],
        expected: &Stat,
    ) -> Result<bool> {
        let name = super::os_path(name);
        failpoint::hit("temp.sync").at("write", name)?;
        File::open(&self.path).and_then(|file| file.sync_all()).at("write", name)?;
        failpoint::hit("replace.before").at("replace", name)?;
        let bytes = name.as_os_str().as_encoded_bytes();
        if lstat_at(directory, bytes).at("stat", name)?.as_ref() != Some(expected) {
            return Ok(false);
        }
        let swapped = swap_at(&self.path, directory, name).at("replace", name)?;
        if !swapped {
            rustix::fs::renameat(rustix::fs::CWD, &self.path, directory, name)
                .at("replace", name)?;
            self.published = true;
            return Ok(true);
        }
        let hit = failpoint::hit("replace.swapped").at("replace", name);
        // Its name is not what it was, and with it goes the time of the last change of the inode.
        let is_expected = hit.and_then(|()| lstat(&self.path)).map(|displaced| {
            let identity = |stat: &Stat| (stat.inode, stat.size, stat.mtime_ns);
            displaced.as_ref().map(identity) == Some(identity(expected))
        });
        if !matches!(is_expected, Ok(true)) {
            // Until it is back, what lies under our name is somebody's only copy.
            self.published = true;
            swap_at(&self.path, directory, name).at("replace", name)?;
            self.published = false;
        }
        is_expected
    }

    /// As [`AtomicFile::publish`].
    pub fn publish(self, path: &Path) -> Result<()> {
        failpoint::hit("temp.sync").at("write", path)?;
        File::open(&self.path).and_then(|file| file.sync_all()).at("write", path)?;
        self.publish_unsynced(path)
    }

    /// As [`AtomicFile::publish_unsynced`].
    pub fn publish_unsynced(mut self, path: &Path) -> Result<()> {
        rename(&self.path, path)?;
        self.published = true;
        Ok(())
    }
}

/// Swaps two files; no where that cannot be done.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn swap_at(path: &Path, directory: BorrowedFd<'_>, name: &Path) -> io::Result<bool> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    match renameat_with(CWD, path, directory, name, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn swap_at(_path: &Path, _directory: BorrowedFd<'_>, _name: &Path) -> io::Result<bool> {
    Ok(false)
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if !self.published {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        failpoint::hit("temp.write")?;
        self.file.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if !self.published {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// Writes `bytes` to `path` so that a reader, or a power cut, sees the old file or the new one.
/// The temporary file is made in `temp_directory`, which must be on the same file system.
pub fn write_atomic(path: &Path, bytes: &[u8], temp_directory: &Path) -> Result<()> {
    let mut file = AtomicFile::create_in(temp_directory)?;
    file.write_all(bytes).at("write", path)?;
    file.publish(path, default_mode())?;
    sync_dir(parent(path))
}

/// The process's file mode creation mask. Read from the kernel's status file, because asking by
/// setting it would race with other threads.
pub(crate) fn umask() -> u32 {
    static UMASK: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *UMASK.get_or_init(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let octal = status.lines().find_map(|line| line.strip_prefix("Umask:"));
        octal.and_then(|text| u32::from_str_radix(text.trim(), 8).ok()).unwrap_or(0o022)
    })
}

/// Removes what [`AtomicFile::create_in`] left in `directory` for processes of this machine that
/// are no more.
pub fn remove_stale_temps(directory: &Path) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let gone = |pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
        if name.to_str().and_then(owner_of_temp).is_some_and(gone) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// The process that made the file called `name`; `None` if the name is none of [`AtomicFile::create_in`].
fn owner_of_temp(name: &str) -> Option<rustix::process::Pid> {
    let mut parts = name.strip_prefix("tmp-")?.splitn(3, '-');
    let (pid, stamp, unique) = (parts.next()?, parts.next()?, parts.next()?);
    let is_ours = u64::from_str_radix(stamp, 16).is_ok() && unique.parse::<u64>().is_ok();
    rustix::process::Pid::from_raw(pid.parse().ok().filter(|&pid| is_ours && pid > 0)?)
}

/// The mode of a new file that anybody may read whom the user lets.
pub fn default_mode() -> u32 {
    0o666 & !umask()
}

/// Takes space for the first `bytes` of a file, whose length stays, so that a disk that others fill has
/// room for what is appended. Where file systems cannot do that, and on a full disk, nothing is taken.
#[cfg(target_os = "linux")]
pub fn reserve(file: &File, bytes: u64) {
    let _ = rustix::fs::fallocate(file, rustix::fs::FallocateFlags::KEEP_SIZE, 0, bytes);
}

/// Takes no space: elsewhere it is taken when it is written to.
#[cfg(not(target_os = "linux"))]
pub fn reserve(_file: &File, _bytes: u64) {}

/// Makes everything on the file system of `path` durable: cheaper than syncing many files.
#[cfg(target_os = "linux")]
pub fn sync_file_system(path: &Path) -> Result<()> {
    failpoint::hit("syncfs").at("write", path)?;
    let directory = File::open(path).at("open", path)?;
    rustix::fs::syncfs(directory).at("write", path)
}

/// Makes everything on the file system of `path` durable: cheaper than syncing many files.
#[cfg(not(target_os = "linux"))]
pub fn sync_file_system(path: &Path) -> Result<()> {
    failpoint::hit("syncfs").at("write", path)?;
    rustix::fs::sync();
    Ok(())
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the names in `directory` durable.
pub fn sync_dir(directory: &Path) -> Result<()> {
    failpoint::hit("dir.sync").at("write", directory)?;
    File::open(directory).and_then(|dir| dir.sync_all()).at("write", directory)
}

pub fn rename(from: &Path, to: &Path) -> Result<()> {
    failpoint::hit("rename.before").at("rename to", to)?;
    std::fs::rename(from, to).at("rename to", to)?;
    failpoint::hit("rename.after").at("rename to", to)
}

/// Like [`rename`], and fails where something is at `to`, even if it got there a moment ago.
pub fn rename_new(from: &Path, to: &Path) -> Result<()> {
    failpoint::hit("rename.before").at("rename to", to)?;
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Some file systems, such as those over a network, cannot.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            renamed => return renamed.at("rename to", to),
        }
    }
    reserve_and_rename(from, to).at("rename to", to)
}

/// A new name for a file is made by a link; that of a directory is taken by an empty one, which a rename
/// replaces.
fn reserve_and_rename(from: &Path, to: &Path) -> io::Result<()> {
    if !from.symlink_metadata()?.is_dir() {
        std::fs::hard_link(from, to)?;
        return std::fs::remove_file(from);
    }
    std::fs::create_dir(to)?;
    std::fs::rename(from, to).inspect_err(|_| drop(std::fs::remove_dir(to)))
}

pub fn create_dir_all(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path).at("create directory", path)
}

pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).at("read", path)
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// The file is longer ([`io::ErrorKind::FileTooLarge`]) or cannot be read.
pub fn read_bounded(path: &Path, limit: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut attempt = || {
        let file = File::open(path)?;
        let (size, limit) = (file.metadata()?.len(), limit as u64);
        if size <= limit {
            // With one byte more than there are, a single read is enough to see the end after it.
            bytes.reserve_exact(usize::try_from(size).unwrap_or(0).saturating_add(1));
            file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        }
        match size.max(bytes.len() as u64) <= limit {
            true => Ok(()),
            false => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
        }
    };
    attempt().at("read", path)?;
    Ok(bytes)
}

/// Removes a file; that it is not there is no error.
pub fn remove_file_if_exists(path: &Path) -> Result<bool> {
    match std::fs::remove_file(path).at("remove", path) {
        Ok(()) => Ok(true),
        Err(error) if Error::is_not_found(&error) => Ok(false),
        Err(error) => Err(error),
    }
}
