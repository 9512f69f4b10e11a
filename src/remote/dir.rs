//! A local or mounted directory as a place for files.
//!
//! Files are written under `tmp/`, synced, renamed, and their directory is synced: after a crash or
//! a power cut a file under its name is whole or absent. Files are 0444 and directories 0777, both
//! less the umask, so that a directory can be shared by a group. Files are opened without following
//! a symbolic link and only if they are regular.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, SystemTime};

use rustix::fs::{Mode, OFlags};

use super::store::{Area, Listed, Name, Store};
use super::{Error, Result};
use crate::format::ObjectId;
use crate::fs::{self, At as _, AtomicFile, failpoint};

/// What a killed writer left in `tmp` is removed when it is this old.
const STALE: Duration = Duration::from_secs(3 * 24 * 3600);

#[derive(Debug)]
pub struct DirStore {
    root: PathBuf,
    swept: Once,
}

impl DirStore {
    /// Touches nothing yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        DirStore { root: root.into(), swept: Once::new() }
    }

    fn path(&self, name: Name) -> PathBuf {
        self.root.join(name.to_string())
    }

    fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn open(&self, name: Name) -> fs::Result<Option<File>> {
        let path = self.path(name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(descriptor) => File::from(descriptor),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error).at("open", path),
        };
        if !file.metadata().at("stat", &path)?.is_file() {
            let error = io::Error::other("it is not a regular file");
            return Err(error).at("open", path);
        }
        Ok(Some(file))
    }

    /// A synced temporary file of `bytes`.
    fn write_temp(&self, bytes: &[u8]) -> Result<AtomicFile> {
        let tmp = self.tmp();
        self.make_dir(&tmp)?;
        self.swept.call_once(|| sweep(&tmp));
        let mut file = AtomicFile::create_in(&tmp)?;
        let path = file.path().to_owned();
        failpoint::hit("remote.write").at("write", &path)?;
        file.write_all(bytes).at("write", &path)?;
        Ok(file)
    }

    fn make_dir(&self, path: &Path) -> fs::Result<()> {
        match std::fs::create_dir(path) {
            Ok(()) => fs::sync_dir(&self.root),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error).at("create directory", path),
        }
    }

    /// Makes the directory of `path` and says which it is.
    fn directory_of(&self, name: Name) -> Result<PathBuf> {
        let directory = match name {
            Name::RemoteFile => self.root.clone(),
            Name::File(area, _) => self.root.join(area.as_str()),
        };
        if let Name::File(..) = name {
            self.make_dir(&directory)?;
        }
        Ok(directory)
    }

    /// A name in the root that an empty remote would not have.
    fn foreign(&self) -> fs::Result<Option<String>> {
        let entries = std::fs::read_dir(&self.root).at("read directory", &self.root)?;
        for entry in entries {
            let entry = entry.at("read directory", &self.root)?;
            let name = entry.file_name();
            // What a writer leaves that was killed before it wrote the first file.
            let own_tmp = || {
                std::fs::read_dir(entry.path()).is_ok_and(|mut entries| {
                    entries.all(|entry| entry.is_ok_and(|entry| is_temp(&entry.file_name())))
                })
            };
            // Another first push got here at the same moment.
            if name == "mldata-remote" {
                return Ok(None);
            }
            if name == "lost+found" || (name == "tmp" && own_tmp()) {
                continue;
            }
            return Ok(Some(fs::display_bytes(name.as_encoded_bytes())));
        }
        Ok(None)
    }
}

impl Store for DirStore {
    fn place(&self) -> String {
        fs::display_bytes(self.root.as_os_str().as_encoded_bytes())
    }

    fn prepare(&self) -> Result<()> {
        match std::fs::create_dir(&self.root) {
            Ok(()) => {
                if let Some(parent) = self.root.parent().filter(|path| *path != Path::new("")) {
                    fs::sync_dir(parent)?;
                }
                return Ok(());
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).at("create directory", &self.root)?,
        }
        match self.foreign()? {
            Some(found) => Err(Error::Foreign { place: self.place(), found }),
            None => Ok(()),
        }
    }

    fn get(&self, name: Name, limit: u64) -> Result<Option<Vec<u8>>> {
        let Some(file) = self.open(name)? else { return Ok(None) };
        let path = self.path(name);
        let len = file.metadata().at("stat", &path)?.len();
        if len > limit {
            return Err(Error::Corrupt {
                place: self.place(),
                name: name.to_string(),
                reason: format!("it has {len} bytes, more than the {limit} that are read"),
            });
        }
        let mut bytes = Vec::with_capacity(len as usize);
        file.take(limit).read_to_end(&mut bytes).at("read", &path)?;
        Ok(Some(bytes))
    }

    fn get_range(&self, name: Name, offset: u64, len: u64) -> Result<Option<Vec<u8>>> {
        use std::os::unix::fs::FileExt as _;
        let Some(file) = self.open(name)? else { return Ok(None) };
        let path = self.path(name);
        let end = file.metadata().at("stat", &path)?.len();
        let len = len.min(end.saturating_sub(offset));
        let mut bytes = vec![0; len as usize];
        file.read_exact_at(&mut bytes, offset).at("read", &path)?;
        Ok(Some(bytes))
    }

    fn put(&self, name: Name, bytes: &[u8]) -> Result<()> {
        if let Some(file) = self.open(name)? {
            let len = file.metadata().at("stat", self.path(name))?.len();
            if len == bytes.len() as u64 {
                return Ok(());
            }
        }
        let file = self.write_temp(bytes)?;
        let directory = self.directory_of(name)?;
        failpoint::hit("remote.publish").at("write", self.path(name))?;
        file.publish(&self.path(name), 0o444 & !fs::umask())?;
        Ok(fs::sync_dir(&directory)?)
    }

    fn put_if_absent(&self, name: Name, bytes: &[u8]) -> Result<bool> {
        use std::os::unix::fs::PermissionsExt as _;
        let mut file = self.write_temp(bytes)?;
        let path = self.path(name);
        let directory = self.directory_of(name)?;
        let mode = std::fs::Permissions::from_mode(0o444 & !fs::umask());
        file.file().set_permissions(mode).at("set the mode of", &path)?;
        file.file().sync_all().at("write", &path)?;
        failpoint::hit("remote.publish").at("write", &path)?;
        match std::fs::hard_link(file.path(), &path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(_) if self.open(name)?.is_some() => return Ok(false),
            // A file system without hard links: two first pushes at one moment may both succeed,
            // and the later one's file stays.
            Err(_) => file.publish(&path, 0o444 & !fs::umask())?,
        }
        fs::sync_dir(&directory)?;
        Ok(true)
    }

    fn list(&self, areas: &[Area]) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for area in areas {
            let directory = self.root.join(area.as_str());
            let entries = match std::fs::read_dir(&directory) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error).at("read directory", directory)?,
            };
            for entry in entries {
                let entry = entry.at("read directory", &directory)?;
                let name = entry.file_name();
                let Some(id) = name.to_str().and_then(|name| ObjectId::from_hex(name).ok()) else {
                    continue;
                };
                match entry.metadata() {
                    Ok(metadata) if metadata.is_file() => {
                        listed.push(Listed { area: *area, id, size: metadata.len() });
                    }
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error).at("stat", entry.path())?,
                }
            }
        }
        Ok(listed)
    }

    fn delete(&self, name: Name) -> Result<()> {
        fs::remove_file_if_exists(&self.path(name))?;
        Ok(())
    }
}

fn is_temp(name: &std::ffi::OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b"tmp-")
}

/// Removes what writers left long ago; whatever goes wrong does no harm.
fn sweep(tmp: &Path) {
    let Some(limit) = SystemTime::now().checked_sub(STALE) else { return };
    for entry in std::fs::read_dir(tmp).into_iter().flatten().flatten() {
        let old = || entry.metadata().is_ok_and(|m| m.modified().is_ok_and(|time| time < limit));
        if is_temp(&entry.file_name()) && old() {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
