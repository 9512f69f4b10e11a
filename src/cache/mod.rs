//! The local object store.
//!
//! ```text
//! objects/ab/cd/<64 hex>   one object, mode 0444; the fan-out of `.git/lfs/objects`
//! packs/<64 hex>           many small objects, `format::pack`
//! bad/<64 hex>             an object that was found damaged, or the mark that its copy in a pack is
//! verified                 which loose objects were hashed, `cache::verified`
//! tmp/                     what is not yet published
//! lock                     held by the one process that writes
//! ```
//!
//! # Invariants
//!
//! - An object under its name is whole or absent, after a crash and after a power cut: files are
//!   synced before they are renamed.
//! - Placement is never meaning: a lookup asks the packs and then the loose objects, whatever the
//!   size, and the thresholds of the writer may change.
//! - Readers take no lock. One that misses an object reads the list of packs once more, because a
//!   writer may have moved objects into another pack meanwhile.
//! - Bytes are hashed whenever they are read. Damaged ones are set aside under `bad`, never
//!   deleted and never handed out; the object then counts as missing, so that `fetch` or `add`
//!   bring it back.

mod batch;
mod error;
mod loose;
mod packs;
mod verified;
mod writer;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, RwLock};
use std::time::Duration;

use crate::format::{Hasher, ObjectId, Tree};
use crate::fs::{self, At as _, FileLock, Stat};

pub use error::{Error, Result};
pub use loose::{HashingReader, hash_file};
pub use writer::{Stored, Writer};

use packs::PackList;
use verified::Verified;

/// Objects up to this many bytes are packed. A reflink and a write of a new file cost the same up
/// to here, and neither costs less than appending to a pack.
pub const PACK_LIMIT: u64 = 16 * 1024;

/// A cache directory. Opening it reads nothing.
#[derive(Debug)]
pub struct Cache {
    root: PathBuf,
    packs: RwLock<Option<Arc<PackList>>>,
    bad: OnceLock<HashSet<ObjectId>>,
    verified: Mutex<Option<Verified>>,
}

/// The right to write to a cache; released when dropped.
#[derive(Debug)]
pub struct CacheLock {
    _lock: FileLock,
}

/// Where an object lies.
#[derive(Debug)]
pub(crate) enum Location {
    /// The object of no bytes, which is never stored.
    Empty,
    Packed(Arc<packs::Pack>, crate::format::pack::Record),
    Loose(PathBuf, Stat),
}

impl Cache {
    pub fn new(root: PathBuf) -> Cache {
        Cache { root, packs: RwLock::new(None), bad: OnceLock::new(), verified: Mutex::new(None) }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where this cache keeps what is not yet published. On the cache's file system.
    pub fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// Takes the right to write, creating the cache where there is none. Waits up to `patience`, for
    /// ever if `None`, and calls `waiting` with the holder's description when it begins to. What a
    /// killed writer left in `tmp` is removed.
    pub fn lock(
        &self,
        whom: &str,
        patience: Option<Duration>,
        waiting: &dyn Fn(&str),
    ) -> Result<CacheLock> {
        for directory in ["tmp", "objects", "packs"] {
            fs::create_dir_all(&self.root.join(directory))?;
        }
        let path = self.root.join("lock");
        let lock = FileLock::acquire(&path, whom, patience, &|holder| waiting(&holder.0))?;
        for entry in std::fs::read_dir(self.tmp()).at("read directory", self.tmp())?.flatten() {
            let _ = std::fs::remove_file(entry.path());
        }
        Ok(CacheLock { _lock: lock })
    }

    /// Begins to store objects.
    pub fn writer<'a>(&'a self, _lock: &'a CacheLock) -> Writer<'a> {
        Writer::new(self)
    }

    /// Whether the object is here. A yes is not a promise that its bytes are whole.
    pub fn contains(&self, id: &ObjectId) -> Result<bool> {
        Ok(self.is_packed(id)? || self.locate(id)?.is_some())
    }

    /// Whether the object is here and its bytes are whole.
    pub fn is_whole(&self, id: &ObjectId) -> Result<bool> {
        let checked = match self.locate(id)? {
            None => return Ok(false),
            Some(Location::Empty) => return Ok(true),
            Some(Location::Loose(..)) => self.loose_file(id).map(|_| ()),
            Some(Location::Packed(..)) => self.read(id).map(|_| ()),
        };
        match checked {
            Ok(()) => Ok(true),
            Err(error) if error.is_missing() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the object is in one of the packs that were there at the first lookup: quick, and a
    /// no may be wrong.
    pub fn is_packed(&self, id: &ObjectId) -> Result<bool> {
        if *id == ObjectId::EMPTY {
            return Ok(true);
        }
        if self.is_bad(id) {
            return Ok(false);
        }
        // Asked for every file of every `status`: the list is used where it is.
        if let Some(packs) = &*self.packs.read().expect("no panic while holding the lock") {
            return Ok(packs.contains(id));
        }
        Ok(self.packs()?.contains(id))
    }

    /// Whether the object is in a pack or a file that was there a moment ago: quick, because the list
    /// of packs is not read again for each absent object, and a no may be wrong.
    pub fn contains_quick(&self, id: &ObjectId) -> Result<bool> {
        Ok(self.is_packed(id)? || fs::lstat(&self.loose_path(id))?.is_some())
    }

    pub(crate) fn locate(&self, id: &ObjectId) -> Result<Option<Location>> {
        if *id == ObjectId::EMPTY {
            return Ok(Some(Location::Empty));
        }
        let packs = self.packs()?;
        if let Some(found) = self.locate_in(&packs, id) {
            return Ok(Some(found));
        }
        let path = self.loose_path(id);
        if let Some(stat) =
            fs::lstat(&path)?.filter(|stat| stat.file_type() == fs::FileType::Regular)
        {
            return Ok(Some(Location::Loose(path, stat)));
        }
        let packs = self.reload_packs()?;
        Ok(packs.and_then(|packs| self.locate_in(&packs, id)))
    }

    fn locate_in(&self, packs: &PackList, id: &ObjectId) -> Option<Location> {
        let (pack, record) = packs.find(id)?;
        (!self.is_bad(id)).then(|| Location::Packed(Arc::clone(pack), record))
    }

    fn find(&self, id: &ObjectId) -> Result<Location> {
        self.locate(id)?.ok_or_else(|| self.missing(*id))
    }

    fn missing(&self, oid: ObjectId) -> Error {
        let damaged = self.packs().map(|packs| packs.damaged.clone()).unwrap_or_default();
        Error::Missing { oid, damaged }
    }

    /// Size of an object in bytes.
    pub fn size(&self, id: &ObjectId) -> Result<u64> {
        Ok(match self.find(id)? {
            Location::Empty => 0,
            Location::Packed(_, record) => record.raw.into(),
            Location::Loose(_, stat) => stat.size,
        })
    }

    /// Reads a whole object into memory and verifies it.
    ///
    /// # Errors
    /// Missing, or damaged; see [`Error::is_missing`].
    pub fn read(&self, id: &ObjectId) -> Result<Vec<u8>> {
        let bytes = match self.find(id)? {
            Location::Empty => return Ok(Vec::new()),
            Location::Packed(pack, record) => match pack.read(&record) {
                Ok(bytes) => bytes,
                Err(packs::PackError::Fs(error)) if error.kind() != fs::Kind::Other => {
                    return Err(error.into());
                }
                Err(error) => return Err(self.quarantine(id, error.to_string())),
            },
            Location::Loose(path, _) => fs::read(&path)?,
        };
        self.verify(id, &bytes)?;
        Ok(bytes)
    }

    /// Reads and checks a directory's listing.
    pub fn tree(&self, id: &ObjectId) -> Result<Tree> {
        Tree::decode(self.read(id)?).map_err(|source| Error::NotATree { oid: *id, source })
    }

    /// Opens an object for reading piece by piece. The last read fails with
    /// [`io::ErrorKind::InvalidData`] if the bytes were not those of the object.
    pub fn open(&self, id: &ObjectId) -> Result<ObjectReader<'_>> {
        let (source, size): (Box<dyn Read + Send>, u64) = match self.find(id)? {
            Location::Loose(path, stat) => {
                (Box::new(File::open(&path).at("open", &path)?), stat.size)
            }
            _ => {
                let bytes = self.read(id)?;
                let size = bytes.len() as u64;
                (Box::new(io::Cursor::new(bytes)), size)
            }
        };
        Ok(ObjectReader { cache: self, id: *id, source, hasher: Some(Hasher::new()), size })
    }

    /// Checks that `bytes` are the object `id`; if not, what the cache has under this name is set
    /// aside.
    pub(crate) fn verify(&self, id: &ObjectId, bytes: &[u8]) -> Result<()> {
        let found = ObjectId::of(bytes);
        if found == *id {
            return Ok(());
        }
        Err(self.quarantine(id, format!("its bytes are those of {found}")))
    }

    /// Puts a damaged object out of the way and returns the error that says so. Works as far as it
    /// can: in a cache that cannot be written the object stays, and is found damaged again.
    fn quarantine(&self, id: &ObjectId, reason: String) -> Error {
        let mark = self.root.join("bad").join(id.to_hex());
        let loose = self.loose_path(id);
        let _ = fs::create_dir_all(&self.root.join("bad"));
        if fs::rename(&loose, &mark).is_err() {
            let _ = File::options().create(true).append(true).open(&mark);
        }
        Error::Damaged { oid: *id, reason }
    }

    /// Whether copies of the object in packs are not to be used. Read once for each process: one
    /// that finds damage later finds it by the hash.
    fn is_bad(&self, id: &ObjectId) -> bool {
        let bad = self.bad.get_or_init(|| {
            let entries = std::fs::read_dir(self.root.join("bad")).into_iter().flatten().flatten();
            entries
                .filter_map(|entry| ObjectId::from_hex(entry.file_name().to_str()?).ok())
                .collect()
        });
        !bad.is_empty() && bad.contains(id)
    }

    fn packs(&self) -> Result<Arc<PackList>> {
        if let Some(packs) = &*self.packs.read().expect("no panic while holding the lock") {
            return Ok(Arc::clone(packs));
        }
        let mut slot = self.packs.write().expect("no panic while holding the lock");
        if let Some(packs) = &*slot {
            return Ok(Arc::clone(packs));
        }
        let packs = Arc::new(PackList::load(&self.root.join("packs"), &PackList::default())?);
        *slot = Some(Arc::clone(&packs));
        Ok(packs)
    }

    /// Reads the list of packs again; `None` if it is the one already known.
    fn reload_packs(&self) -> Result<Option<Arc<PackList>>> {
        let before = self.packs()?;
        let after = PackList::load(&self.root.join("packs"), &before)?;
        let same = after.packs.len() == before.packs.len()
            && after.packs.iter().all(|pack| before.packs.iter().any(|old| Arc::ptr_eq(old, pack)));
        if same {
            return Ok(None);
        }
        let after = Arc::new(after);
        *self.packs.write().expect("no panic while holding the lock") = Some(Arc::clone(&after));
        Ok(Some(after))
    }
}

/// An object being read; see [`Cache::open`].
pub struct ObjectReader<'a> {
    cache: &'a Cache,
    id: ObjectId,
    source: Box<dyn Read + Send>,
    hasher: Option<Hasher>,
    size: u64,
}

impl ObjectReader<'_> {
    /// Bytes in the object, as its place in the cache says.
    pub fn size(&self) -> u64 {
        self.size
    }
}

impl Read for ObjectReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buf)?;
        if count > 0 {
            if let Some(hasher) = &mut self.hasher {
                hasher.update(&buf[..count]);
            }
        } else if !buf.is_empty()
            && let Some(hasher) = self.hasher.take()
        {
            let found = hasher.finish();
            if found != self.id {
                let error =
                    self.cache.quarantine(&self.id, format!("its bytes are those of {found}"));
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
        }
        Ok(count)
    }
}
