//! Storing objects: small ones together in a pack, large ones each in a file.
//!
//! Nothing is visible before it is whole and synced. A pack costs one `fsync`. Loose objects wait
//! under temporary names until there are many, or the writer finishes; then their data is synced
//! (one by one, or with one `syncfs` for many), then they are renamed, then the directories are
//! synced. A writer that is dropped, or killed, leaves at most temporary files, which the next one
//! removes.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::Mutex;

use super::loose::{copy_and_hash, hash_file, published_stat};
use super::packs::{Pack, PackError};
use super::{Cache, Error, PACK_LIMIT, Result};
use crate::format::pack::{Encoder, Encoding};
use crate::format::{Kind, ObjectId};
use crate::fs::{self, At as _, AtomicFile, Clock, PendingFile, Stat};

/// Fewer small objects than this …
const FEW: usize = 64;
/// … of fewer bytes than this together become loose objects instead of a pack.
const LITTLE: usize = 1 << 20;
/// A pack is finished when it has grown to this many bytes.
const PACK_FULL: u64 = 2 << 30;
/// More packs than this, and the small ones are merged.
const MANY_PACKS: usize = 50;
/// Packs of up to this many bytes are small.
const SMALL_PACK: u64 = 64 << 20;
/// Loose objects are published at the latest when so many wait.
const MANY_LOOSE: usize = 1024;
/// From so many on, one `syncfs` is cheaper than an `fsync` for each.
const SYNCFS_FROM: usize = 24;

/// Hashes `file`, which was cloned after `before` was taken, if its bytes are certainly those of the
/// clone. The page cache may have the file and never has the clone, which shares its blocks only.
///
/// Every change after the clone leaves a new stamp: a clone writes all dirty pages back, so that also
/// a store to mapped memory faults and is stamped. The stamp is told from the old one if that was a
/// tick old by then. File systems for which this is not known are left out.
fn hash_unchanged(file: &File, before: &Stat, taken_ns: i64) -> io::Result<Option<ObjectId>> {
    if !fs::stamps_every_change(file) || Clock::assume_local().is_racy(before, taken_ns) {
        return Ok(None);
    }
    let oid = hash_file(file, before.size)?;
    Ok((Stat::of(file)? == *before).then_some(oid))
}

/// An object that was stored from a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    pub oid: ObjectId,
    /// Bytes.
    pub size: u64,
}

/// Stores objects; shared by threads. Nothing counts before [`Writer::finish`] returned.
pub struct Writer<'a> {
    cache: &'a Cache,
    small: Mutex<Small>,
    loose: Mutex<Vec<(ObjectId, PendingFile)>>,
}

#[derive(Default)]
struct Small {
    /// Ids put into the pack in progress, or into finished ones.
    seen: HashSet<ObjectId>,
    waiting: Vec<(ObjectId, Kind, Vec<u8>)>,
    waiting_bytes: usize,
    pack: Option<Encoder<BufWriter<AtomicFile>>>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(cache: &'a Cache) -> Self {
        Writer { cache, small: Mutex::default(), loose: Mutex::default() }
    }

    pub fn cache(&self) -> &Cache {
        self.cache
    }

    /// Stores `bytes` under `id`, which the caller has computed from them, unless they are here.
    pub fn put(&self, id: ObjectId, kind: Kind, bytes: &[u8]) -> Result<()> {
        debug_assert_eq!(ObjectId::of(bytes), id);
        if id == ObjectId::EMPTY {
            return Ok(());
        }
        if bytes.len() as u64 > PACK_LIMIT || self.cache.is_bad(&id) {
            if self.cache.contains(&id)? {
                return Ok(());
            }
            let mut file = AtomicFile::create_in(&self.cache.tmp())?;
            file.write_all(bytes).at("write", file.path())?;
            return self.put_loose(id, file);
        }
        // Loose objects are not looked for: among many objects few are loose, and a second copy is
        // no harm.
        if self.cache.is_packed(&id)? {
            return Ok(());
        }
        let mut small = self.small.lock().expect("no panic while holding the lock");
        if !small.seen.insert(id) {
            return Ok(());
        }
        if small.pack.is_none() {
            small.waiting_bytes += bytes.len();
            small.waiting.push((id, kind, bytes.to_vec()));
            if small.waiting.len() >= FEW || small.waiting_bytes >= LITTLE {
                self.open_pack(&mut small)?;
            }
            return Ok(());
        }
        self.append(&mut small, id, kind, bytes)
    }

    /// Stores `bytes` that came from elsewhere.
    ///
    /// # Errors
    /// They are not the object `id`; nothing was stored.
    pub fn put_checked(&self, id: ObjectId, kind: Kind, bytes: &[u8]) -> Result<()> {
        let found = ObjectId::of(bytes);
        if found != id {
            return Err(Error::Mismatch { oid: id, found });
        }
        self.put(id, kind, bytes)
    }

    /// Stores what the open `file` holds, about `size` bytes, from its beginning. The cache shares the
    /// file's blocks where the file system can. The object is then the snapshot, which no writer of
    /// the file can change.
    pub fn put_file(&self, file: &File, size: u64) -> Result<Stored> {
        let mut temp = AtomicFile::create_in(&self.cache.tmp())?;
        let path = temp.path().to_owned();
        let before = Stat::of(file).at("stat", &path)?;
        let taken_ns = fs::unix_time_ns();
        let (oid, size) = if fs::clone_file(file, temp.file()).at("clone to", &path)? {
            let length = temp.file().metadata().at("stat", &path)?.len();
            let original = hash_unchanged(file, &before, taken_ns).at("read", &path)?;
            let oid = match original.filter(|_| length == before.size) {
                Some(oid) => oid,
                None => hash_file(temp.file(), length).at("read", &path)?,
            };
            (oid, length)
        } else {
            copy_and_hash(file, size, &mut |piece| temp.write_all(piece)).at("write", &path)?
        };
        self.put_loose(oid, temp)?;
        Ok(Stored { oid, size })
    }

    /// A file in the cache's `tmp`, for an object that arrives piece by piece.
    pub fn temp(&self) -> Result<AtomicFile> {
        Ok(AtomicFile::create_in(&self.cache.tmp())?)
    }

    /// Stores a file from [`Writer::temp`], whose bytes the caller has hashed to `id`.
    pub fn put_loose(&self, id: ObjectId, file: AtomicFile) -> Result<()> {
        if id == ObjectId::EMPTY || self.cache.contains(&id)? {
            return Ok(());
        }
        let mut loose = self.loose.lock().expect("no panic while holding the lock");
        if loose.iter().any(|(waiting, _)| *waiting == id) {
            return Ok(());
        }
        loose.push((id, file.close(0o444)?));
        if loose.len() >= MANY_LOOSE {
            self.publish_loose(&mut loose)?;
        }
        Ok(())
    }

    /// Makes everything that was put durable and visible.
    ///
    /// # Errors
    /// Some objects may be stored and others not; those that are, are whole.
    pub fn finish(self) -> Result<()> {
        let mut small = std::mem::take(&mut *self.small.lock().expect("the last user"));
        self.close_pack(&mut small)?;
        for (id, _, bytes) in small.waiting {
            let mut file = AtomicFile::create_in(&self.cache.tmp())?;
            file.write_all(&bytes).at("write", file.path())?;
            self.put_loose(id, file)?;
        }
        self.publish_loose(&mut self.loose.lock().expect("the last user"))?;
        self.merge_packs()
    }

    fn open_pack(&self, small: &mut Small) -> Result<()> {
        let file = AtomicFile::create_in(&self.cache.tmp())?;
        let path = file.path().to_owned();
        let buffered = BufWriter::with_capacity(1 << 20, file);
        small.pack = Some(Encoder::new(buffered).at("write", path)?);
        small.waiting_bytes = 0;
        for (id, kind, bytes) in std::mem::take(&mut small.waiting) {
            self.append(small, id, kind, &bytes)?;
        }
        Ok(())
    }

    fn append(&self, small: &mut Small, id: ObjectId, kind: Kind, bytes: &[u8]) -> Result<()> {
        let Some(pack) = &mut small.pack else {
            self.open_pack(small)?;
            return self.append(small, id, kind, bytes);
        };
        pack.push(id, kind, Encoding::Raw, bytes, bytes.len())
            .at("write a pack in", self.cache.tmp())?;
        if pack.len() >= PACK_FULL {
            self.close_pack(small)?;
        }
        Ok(())
    }

    fn close_pack(&self, small: &mut Small) -> Result<()> {
        match small.pack.take() {
            Some(pack) => self.publish_pack(pack).map(drop),
            None => Ok(()),
        }
    }

    fn publish_pack(&self, pack: Encoder<BufWriter<AtomicFile>>) -> Result<ObjectId> {
        let directory = self.cache.root.join("packs");
        let (buffered, id) = pack.finish().at("write a pack in", self.cache.tmp())?;
        let file = buffered
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .at("write a pack in", self.cache.tmp())?;
        file.publish(&directory.join(id.to_hex()), 0o444)?;
        fs::sync_dir(&directory)?;
        Ok(id)
    }

    fn publish_loose(&self, loose: &mut Vec<(ObjectId, PendingFile)>) -> Result<()> {
        if loose.is_empty() {
            return Ok(());
        }
        let many = loose.len() >= SYNCFS_FROM;
        if many {
            fs::sync_file_system(&self.cache.root)?;
        }
        let mut directories = HashSet::new();
        let mut verified = Vec::with_capacity(loose.len());
        for (id, file) in loose.drain(..) {
            let path = self.cache.loose_path(&id);
            let directory = path.parent().expect("a loose path has a parent").to_owned();
            if !directories.contains(&directory) {
                fs::create_dir_all(&directory)?;
            }
            if many {
                file.publish_unsynced(&path)?;
            } else {
                file.publish(&path)?;
            }
            directories.insert(directory);
            verified.push((id, published_stat(&path)?));
        }
        if many {
            fs::sync_file_system(&self.cache.root)?;
        } else {
            let mut parents: HashSet<&Path> = HashSet::new();
            for directory in &directories {
                fs::sync_dir(directory)?;
                parents.extend(directory.parent());
            }
            for parent in parents {
                fs::sync_dir(parent)?;
            }
            fs::sync_dir(&self.cache.root.join("objects"))?;
        }
        self.cache.with_verified(|table| table.record(&verified))?;
        Ok(())
    }

    /// Copies the small packs into one, once there are too many, and removes them. A reader that had
    /// not opened one of them reads the list again.
    fn merge_packs(&self) -> Result<()> {
        self.cache.reload_packs()?;
        let list = self.cache.packs()?;
        if list.packs.len() <= MANY_PACKS {
            return Ok(());
        }
        let small: Vec<_> = list.packs.iter().filter(|pack| pack.len() <= SMALL_PACK).collect();
        if small.len() < 2 {
            return Ok(());
        }
        let file = AtomicFile::create_in(&self.cache.tmp())?;
        let path = file.path().to_owned();
        let mut merged =
            Encoder::new(BufWriter::with_capacity(1 << 20, file)).at("write", &path)?;
        let mut seen = HashSet::new();
        let mut whole = Vec::new();
        for pack in small {
            if self.copy_entries(pack, &mut merged, &mut seen)? {
                whole.push(pack);
            }
        }
        let id = self.publish_pack(merged)?;
        // What was merged can be what one of them held already, and be that pack.
        whole.retain(|pack| pack.path != self.cache.root.join("packs").join(id.to_hex()));
        for pack in whole {
            fs::failpoint::hit("merge.remove").at("remove", &pack.path)?;
            fs::remove_file_if_exists(&pack.path)?;
        }
        self.cache.reload_packs()?;
        Ok(())
    }

    /// Copies what is whole in `pack`; says whether everything was.
    fn copy_entries(
        &self,
        pack: &Pack,
        merged: &mut Encoder<BufWriter<AtomicFile>>,
        seen: &mut HashSet<ObjectId>,
    ) -> Result<bool> {
        let mut whole = true;
        for records in pack.records() {
            let Ok(records) = records else {
                whole = false;
                continue;
            };
            for record in records {
                let bytes = match pack.read(&record) {
                    Ok(bytes) if ObjectId::of(&bytes) == record.oid => bytes,
                    Err(PackError::Fs(error)) if error.kind() != fs::Kind::Other => {
                        return Err(error.into());
                    }
                    _ => {
                        whole = false;
                        continue;
                    }
                };
                if seen.insert(record.oid) {
                    merged
                        .push(record.oid, record.kind, Encoding::Raw, &bytes, bytes.len())
                        .at("write a pack in", self.cache.tmp())?;
                }
            }
        }
        Ok(whole)
    }
}
