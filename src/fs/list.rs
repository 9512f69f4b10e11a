//! Directory listings with the stat of every entry, at the price of one `getdents` and one `fstatat`.

use std::cmp::Ordering;
use std::ffi::{CStr, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rayon::prelude::*;
use rustix::fs::{AtFlags, Mode, OFlags};

use super::{At as _, Result};

/// What `lstat` says, as far as it tells whether a file changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    /// Bytes.
    pub size: u64,
    /// Time of the last change of the content, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Time of the last change of the inode, in nanoseconds since 1970.
    pub ctime_ns: i64,
    pub inode: u64,
    /// Type and permission bits, as in `st_mode`.
    pub mode: u32,
    /// Number of hard links.
    pub links: u32,
    /// The file system. Not kept in the index: it changes on remount.
    pub device: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileType {
    Regular,
    Link,
    Directory,
    /// A socket, pipe or device.
    Other,
}

impl Stat {
    pub fn file_type(&self) -> FileType {
        match self.mode & 0o170000 {
            0o100000 => FileType::Regular,
            0o120000 => FileType::Link,
            0o040000 => FileType::Directory,
            _ => FileType::Other,
        }
    }

    pub fn is_directory(&self) -> bool {
        self.file_type() == FileType::Directory
    }

    /// Whether the owner may execute the file, which is what Git records.
    pub fn is_executable(&self) -> bool {
        self.mode & 0o100 != 0
    }
}

impl From<rustix::fs::Stat> for Stat {
    fn from(stat: rustix::fs::Stat) -> Self {
        let ns = |seconds: i64, ns: i64| seconds.saturating_mul(1_000_000_000).saturating_add(ns);
        Stat {
            size: stat.st_size as u64,
            mtime_ns: ns(stat.st_mtime as i64, stat.st_mtime_nsec as i64),
            ctime_ns: ns(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
            inode: stat.st_ino as u64,
            mode: stat.st_mode as u32,
            links: stat.st_nlink as u32,
            device: stat.st_dev as u64,
        }
    }
}

impl Stat {
    /// The stat of an open file.
    pub fn of(file: impl AsFd) -> std::io::Result<Stat> {
        Ok(rustix::fs::fstat(file)?.into())
    }
}

/// `lstat` of a path; `None` if nothing is there.
pub fn lstat(path: &Path) -> Result<Option<Stat>> {
    match rustix::fs::lstat(path) {
        Ok(stat) => Ok(Some(stat.into())),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error).at("stat", path),
    }
}

/// `lstat` of a name in an open directory; `None` if nothing is there.
pub fn lstat_at(directory: BorrowedFd<'_>, name: &[u8]) -> std::io::Result<Option<Stat>> {
    match rustix::fs::statat(directory, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat.into())),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Opens a directory, not through a symbolic link in its last component.
pub fn open_dir(path: &Path) -> Result<OwnedFd> {
    rustix::fs::open(path, DIR_FLAGS, Mode::empty()).at("open directory", path)
}

/// Opens a directory below an open one, not through a symbolic link.
pub fn open_dir_at(directory: BorrowedFd<'_>, name: &[u8]) -> std::io::Result<OwnedFd> {
    Ok(rustix::fs::openat(directory, OsStr::from_bytes(name), DIR_FLAGS, Mode::empty())?)
}

/// Opens a file below an open directory for reading, not through a symbolic link. Never waits for a
/// writer, should the file have become a pipe.
pub fn open_file_at(directory: BorrowedFd<'_>, name: &[u8]) -> std::io::Result<std::fs::File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory, OsStr::from_bytes(name), flags, Mode::empty())?;
    Ok(file.into())
}

const DIR_FLAGS: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The text of a symbolic link in an open directory.
pub fn read_link_at(directory: BorrowedFd<'_>, name: &[u8]) -> std::io::Result<Vec<u8>> {
    let text = rustix::fs::readlinkat(directory, OsStr::from_bytes(name), Vec::with_capacity(128))?;
    Ok(text.into_bytes())
}

/// One name of a [`DirList`].
#[derive(Clone, Copy, Debug)]
pub struct Item {
    start: u32,
    len: u16,
    pub stat: Stat,
}

/// The entries of one directory in ascending order of their names' bytes.
///
/// Names lie in one buffer: a million entries cost about 80 bytes each.
#[derive(Debug, Default)]
pub struct DirList {
    names: Vec<u8>,
    items: Vec<Item>,
}

/// Directories larger than this are stat-ed by all threads together.
const PARALLEL: usize = 2048;

impl DirList {
    /// Lists the open `directory`. `path` is for messages. An entry that vanishes meanwhile is left
    /// out.
    pub fn read(directory: BorrowedFd<'_>, path: &Path) -> Result<DirList> {
        let mut list = DirList::default();
        let reader = rustix::fs::Dir::read_from(directory).at("read directory", path)?;
        for entry in reader {
            let entry = entry.at("read directory", path)?;
            list.push_name(entry.file_name());
        }
        let names = &list.names;
        let name = |item: &Item| &names[item.start as usize..][..usize::from(item.len)];
        let stat = |item: &mut Item| -> Result<bool> {
            let found = lstat_at(directory, name(item))
                .at_with("stat", || path.join(super::os_path(name(item))))?;
            item.stat = found.unwrap_or_default();
            Ok(found.is_some())
        };
        let present: Vec<bool> = if list.items.len() > PARALLEL {
            list.items.par_iter_mut().with_min_len(PARALLEL / 4).map(stat).collect::<Result<_>>()?
        } else {
            list.items.iter_mut().map(stat).collect::<Result<_>>()?
        };
        if present.contains(&false) {
            let mut present = present.iter();
            list.items.retain(|_| *present.next().expect("one flag an item"));
        }
        let by_name = |a: &Item, b: &Item| name(a).cmp(name(b));
        if list.items.len() > PARALLEL {
            list.items.par_sort_unstable_by(by_name);
        } else {
            list.items.sort_unstable_by(by_name);
        }
        Ok(list)
    }

    fn push_name(&mut self, name: &CStr) {
        let name = name.to_bytes();
        if name == b"." || name == b".." {
            return;
        }
        let start = u32::try_from(self.names.len()).expect("names of a directory fit in 4 GiB");
        let len = u16::try_from(name.len()).expect("a name is shorter than 64 KiB");
        self.names.extend_from_slice(name);
        self.items.push(Item { start, len, stat: Stat::default() });
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn name(&self, at: usize) -> &[u8] {
        let item = &self.items[at];
        &self.names[item.start as usize..][..usize::from(item.len)]
    }

    pub fn stat(&self, at: usize) -> &Stat {
        &self.items[at].stat
    }

    /// Names and stats in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &Stat)> {
        (0..self.len()).map(|at| (self.name(at), self.stat(at)))
    }

    /// The position of `name`, if it is here.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        self.items
            .binary_search_by(|item| {
                let here = &self.names[item.start as usize..][..usize::from(item.len)];
                if here < name {
                    Ordering::Less
                } else if here > name {
                    Ordering::Greater
                } else {
                    Ordering::Equal
                }
            })
            .ok()
    }
}
