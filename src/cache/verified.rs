//! Which loose objects are known to be whole.
//!
//! A reflink hands bytes on without reading them. The cache therefore remembers, for each loose
//! object, the stat of its file when its bytes were last hashed; a file that still has this stat
//! needs no second look.
//!
//! # Format of `verified`, version 1
//!
//! Records of 88 bytes, appended; the last one for an object counts, one that is cut off or whose
//! check does not fit is skipped.
//!
//! ```text
//! oid: 32 bytes   size: u64   mtime: i64   ctime: i64   inode: u64   (times in ns since 1970)
//! check: u64      XXH3-64 of the bytes before, seeded with 1
//! zero:  16 bytes
//! ```

use std::collections::HashMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::format::{Cursor, ObjectId};
use crate::fs::{self, At as _, Stat};

const RECORD_LEN: usize = 88;
const CHECKED_LEN: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    size: u64,
    mtime_ns: i64,
    ctime_ns: i64,
    inode: u64,
}

impl From<&Stat> for Seen {
    fn from(stat: &Stat) -> Self {
        Seen {
            size: stat.size,
            mtime_ns: stat.mtime_ns,
            ctime_ns: stat.ctime_ns,
            inode: stat.inode,
        }
    }
}

/// The table, read into memory.
#[derive(Debug)]
pub(crate) struct Verified {
    path: PathBuf,
    seen: HashMap<ObjectId, Seen>,
    records: usize,
}

impl Verified {
    /// Reads the table. One that is missing or damaged is as good as one with fewer records.
    pub fn load(path: PathBuf) -> Verified {
        let bytes = std::fs::read(&path).unwrap_or_default();
        let mut seen = HashMap::with_capacity(bytes.len() / RECORD_LEN);
        for record in bytes.chunks_exact(RECORD_LEN) {
            if let Some((oid, stat)) = decode(record) {
                seen.insert(oid, stat);
            }
        }
        Verified { path, seen, records: bytes.len() / RECORD_LEN }
    }

    /// Whether the object's file was hashed when it had this stat.
    pub fn trusts(&self, oid: &ObjectId, stat: &Stat) -> bool {
        self.seen.get(oid) == Some(&Seen::from(stat))
    }

    /// Adds what was just verified. Nothing needs to be durable here: a lost record costs a hash.
    pub fn record(&mut self, verified: &[(ObjectId, Stat)]) -> fs::Result<()> {
        let mut bytes = Vec::with_capacity(verified.len() * RECORD_LEN);
        for (oid, stat) in verified {
            self.seen.insert(*oid, stat.into());
            bytes.extend_from_slice(&encode(oid, &stat.into()));
        }
        self.records += verified.len();
        if self.records > 4096 && self.records > 2 * self.seen.len() {
            return self.rewrite();
        }
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)
            .at("open", &self.path)?;
        // A torn record would shift all later ones.
        let torn = file.metadata().at("stat", &self.path)?.len() % RECORD_LEN as u64;
        if torn != 0 {
            return self.rewrite();
        }
        file.write_all(&bytes).at("write", &self.path)
    }

    fn rewrite(&mut self) -> fs::Result<()> {
        let parent = self.path.parent().unwrap_or(Path::new("."));
        let mut file = fs::AtomicFile::create_in(parent)?;
        let mut bytes = Vec::with_capacity(self.seen.len() * RECORD_LEN);
        for (oid, seen) in &self.seen {
            bytes.extend_from_slice(&encode(oid, seen));
        }
        file.write_all(&bytes).at("write", &self.path)?;
        self.records = self.seen.len();
        file.publish_unsynced(&self.path, 0o644)
    }
}

fn encode(oid: &ObjectId, seen: &Seen) -> [u8; RECORD_LEN] {
    let mut bytes = [0; RECORD_LEN];
    bytes[..32].copy_from_slice(oid.as_bytes());
    bytes[32..40].copy_from_slice(&seen.size.to_be_bytes());
    bytes[40..48].copy_from_slice(&seen.mtime_ns.to_be_bytes());
    bytes[48..56].copy_from_slice(&seen.ctime_ns.to_be_bytes());
    bytes[56..64].copy_from_slice(&seen.inode.to_be_bytes());
    let check = xxh3_64_with_seed(&bytes[..CHECKED_LEN], 1);
    bytes[64..72].copy_from_slice(&check.to_be_bytes());
    bytes
}

fn decode(record: &[u8]) -> Option<(ObjectId, Seen)> {
    let mut cursor = Cursor::new(record, "table of verified objects");
    let oid = cursor.oid().ok()?;
    let seen = Seen {
        size: cursor.u64().ok()?,
        mtime_ns: cursor.i64().ok()?,
        ctime_ns: cursor.i64().ok()?,
        inode: cursor.u64().ok()?,
    };
    let check = cursor.u64().ok()?;
    (check == xxh3_64_with_seed(&record[..CHECKED_LEN], 1)).then_some((oid, seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_version_1() {
        let mut bytes = Vec::new();
        for (name, inode) in [(b"one", 1), (b"two", u64::MAX)] {
            let seen = Seen { size: 3, mtime_ns: 1_767_225_600_000_000_001, ctime_ns: -1, inode };
            let record = encode(&ObjectId::of(name), &seen);
            assert_eq!(decode(&record), Some((ObjectId::of(name), seen)));
            bytes.extend_from_slice(&record);
        }
        fs::golden::check("verified", &bytes);
    }
}
