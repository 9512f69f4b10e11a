//! The packs of a cache: opened once, searched without locks.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::format::pack::{self, Directory, Record};
use crate::format::table::{ReadAt as _, TableError};
use crate::format::{Error as FormatError, ObjectId};
use crate::fs::{self, At as _};

/// An open pack. The file stays readable after it has been merged away.
#[derive(Debug)]
pub(crate) struct Pack {
    pub path: PathBuf,
    file: File,
    directory: Directory,
}

impl Pack {
    pub fn open(path: PathBuf) -> Result<Pack, PackError> {
        let file = File::open(&path).at("open", &path)?;
        let directory = Directory::open(&file).map_err(|error| PackError::new(&path, error))?;
        Ok(Pack { path, file, directory })
    }

    pub fn find(&self, id: &ObjectId) -> Result<Option<Record>, PackError> {
        self.directory.find(&self.file, id).map_err(|error| PackError::new(&self.path, error))
    }

    /// Whether the pack has the object, as far as its table can be read.
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.directory.contains(&self.file, id).unwrap_or(false)
    }

    pub fn count(&self) -> u64 {
        self.directory.count()
    }

    pub fn len(&self) -> u64 {
        self.file.len().unwrap_or(0)
    }

    /// The stored bytes of an entry, decoded; not verified.
    pub fn read(&self, record: &Record) -> Result<Vec<u8>, PackError> {
        let mut stored = vec![0; record.stored as usize];
        self.read_at(&mut stored, record.offset)?;
        pack::decode_entry(record, stored).map_err(|error| PackError::new(&self.path, error.into()))
    }

    /// Bytes of the file.
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> Result<(), PackError> {
        self.file
            .read_exact_at(buf, offset)
            .map_err(|error| PackError::new(&self.path, error.into()))
    }

    /// All records, ascending by id.
    pub fn records(&self) -> impl Iterator<Item = Result<Vec<Record>, PackError>> {
        (0..=255).map(|first| {
            self.directory
                .bucket(&self.file, first)
                .map_err(|error| PackError::new(&self.path, error))
        })
    }
}

/// A pack that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PackError {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error("`{}` is {source}", .path.display())]
    Format { path: PathBuf, source: FormatError },
}

impl PackError {
    fn new(path: &Path, error: TableError) -> Self {
        match error {
            TableError::Io(source) => {
                fs::Error { op: "read", path: path.to_owned(), source }.into()
            }
            TableError::Format(source) => PackError::Format { path: path.to_owned(), source },
        }
    }
}

/// The packs of a directory at one time.
#[derive(Debug, Default)]
pub(crate) struct PackList {
    pub packs: Vec<Arc<Pack>>,
    /// Packs whose structure is damaged. They are skipped, and named when an object is missing.
    pub damaged: Vec<PathBuf>,
}

impl PackList {
    /// Opens the packs in `directory`, taking over those that `before` has open.
    pub fn load(directory: &Path, before: &PackList) -> Result<PackList, fs::Error> {
        let mut list = PackList::default();
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(list),
            Err(error) => return Err(error).at("read directory", directory),
        };
        for entry in entries {
            let path = entry.at("read directory", directory)?.path();
            let is_pack = |name: &str| ObjectId::from_hex(name).is_ok();
            if !path.file_name().and_then(|name| name.to_str()).is_some_and(is_pack) {
                continue;
            }
            if let Some(known) = before.packs.iter().find(|pack| pack.path == path) {
                list.packs.push(Arc::clone(known));
                continue;
            }
            match Pack::open(path.clone()) {
                Ok(pack) => list.packs.push(Arc::new(pack)),
                Err(PackError::Fs(error)) if error.is_not_found() => {}
                Err(PackError::Fs(error)) if error.kind() == fs::Kind::Denied => return Err(error),
                Err(_) => list.damaged.push(path),
            }
        }
        // Large packs first: most lookups end in the first one that is asked.
        list.packs.sort_by_key(|pack| std::cmp::Reverse(pack.count()));
        Ok(list)
    }

    pub fn contains(&self, id: &ObjectId) -> bool {
        self.packs.iter().any(|pack| pack.contains(id))
    }

    /// Searches all packs. One whose table turns out to be damaged is passed over.
    pub fn find(&self, id: &ObjectId) -> Option<(&Arc<Pack>, Record)> {
        self.packs.iter().find_map(|pack| Some((pack, pack.find(id).ok()??)))
    }
}
