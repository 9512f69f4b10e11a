//! Objects that have a file of their own.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use super::verified::Verified;
use super::{Cache, Error, Location, Result};
use crate::format::{Hasher, ObjectId};
use crate::fs::{self, At as _, Stat};

impl Cache {
    pub(super) fn loose_path(&self, id: &ObjectId) -> PathBuf {
        let hex = id.to_hex();
        let mut path = self.root.join("objects");
        path.push(&hex[..2]);
        path.push(&hex[2..4]);
        path.push(hex);
        path
    }

    /// The file of a loose object whose bytes are known to be whole: hashed before and unchanged
    /// since, or else hashed now. `None` if the object has no file of its own.
    pub fn loose_file(&self, id: &ObjectId) -> Result<Option<PathBuf>> {
        let Some(Location::Loose(path, stat)) = self.locate(id)? else { return Ok(None) };
        if self.with_verified(|verified| verified.trusts(id, &stat)) {
            return Ok(Some(path));
        }
        let file = File::open(&path).at("open", &path)?;
        let found = hash_file(&file, stat.size).at("read", &path)?;
        if found != *id {
            return Err(self.quarantine(id, format!("its bytes are those of {found}")));
        }
        match fs::lstat(&path)? {
            Some(after) if after == stat => {
                // A cache that cannot be written is verified again each time.
                let _ = self.with_verified(|verified| verified.record(&[(*id, stat)]));
                Ok(Some(path))
            }
            _ => Err(Error::Damaged { oid: *id, reason: "it changed while it was read".into() }),
        }
    }

    pub(super) fn with_verified<T>(&self, f: impl FnOnce(&mut Verified) -> T) -> T {
        let mut slot = self.verified.lock().expect("no panic while holding the lock");
        f(slot.get_or_insert_with(|| Verified::load(self.root.join("verified"))))
    }
}

/// Hashes what is read through it.
pub struct HashingReader<R> {
    source: R,
    hasher: Hasher,
}

impl<R: Read> HashingReader<R> {
    pub fn new(source: R) -> Self {
        HashingReader { source, hasher: Hasher::new() }
    }

    /// The id of all that was read.
    pub fn finish(self) -> ObjectId {
        self.hasher.finish()
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buf)?;
        self.hasher.update(&buf[..count]);
        Ok(count)
    }
}

/// Files of at least this many bytes are read by one thread and hashed by another.
const OVERLAP: u64 = 4 << 20;
const BUFFER: usize = 1 << 20;

/// Hashes what `file` holds from its cursor on; `size` is a hint.
pub fn hash_file(file: &File, size: u64) -> io::Result<ObjectId> {
    Ok(copy_and_hash(file, size, &mut |_| Ok(()))?.0)
}

/// Reads `file` to its end, hands each piece to `write` and hashes all of it. Returns the id and the
/// number of bytes. Of a large file pieces are read and written by a second thread while this one
/// hashes.
pub(super) fn copy_and_hash(
    mut file: &File,
    size: u64,
    write: &mut (dyn FnMut(&[u8]) -> io::Result<()> + Send),
) -> io::Result<(ObjectId, u64)> {
    let mut hasher = Hasher::new();
    let mut total = 0;
    if size < OVERLAP {
        let mut buffer = vec![0; BUFFER.min(size as usize + 1).max(4096)];
        loop {
            let count = read_some(&mut file, &mut buffer)?;
            if count == 0 {
                return Ok((hasher.finish(), total));
            }
            write(&buffer[..count])?;
            hasher.update(&buffer[..count]);
            total += count as u64;
        }
    }
    let (full, pieces) = mpsc::sync_channel::<(Vec<u8>, usize)>(2);
    let (give_back, empty) = mpsc::channel::<Vec<u8>>();
    for _ in 0..3 {
        give_back.send(vec![0; BUFFER]).expect("the receiver is in scope");
    }
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || -> io::Result<()> {
            while let Ok(mut buffer) = empty.recv() {
                let count = read_some(&mut file, &mut buffer)?;
                if count == 0 {
                    break;
                }
                write(&buffer[..count])?;
                if full.send((buffer, count)).is_err() {
                    break;
                }
            }
            Ok(())
        });
        for (buffer, count) in pieces {
            hasher.update(&buffer[..count]);
            total += count as u64;
            let _ = give_back.send(buffer);
        }
        reader.join().expect("the reader does not panic")
    })?;
    Ok((hasher.finish(), total))
}

fn read_some(file: &mut &File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// The stat of a file just published, for the table of verified objects.
pub(super) fn published_stat(path: &Path) -> fs::Result<Stat> {
    fs::lstat(path)?.ok_or_else(|| fs::Error {
        op: "stat",
        path: path.to_owned(),
        source: io::ErrorKind::NotFound.into(),
    })
}
