//! Remote indexes and chunk tables: where on a remote an object or a chunk lies.
//!
//! # Format, version 1
//!
//! ```text
//! "MLRI"  version: u32 = 1
//! count:    u64      number of records
//! packs:    u32      number of packs
//! meta:     u32      bytes of the last part
//! fan-out: 256 × u32                 see `format::table`
//! record × count, ascending:
//!   oid:      32 bytes
//!   kind:     u8     1 blob, 2 tree, 3 chunk, 4 recipe
//!   encoding: u8     as in `format::pack`
//!   zero:     u16
//!   pack:     u32    position in the list of packs
//!   offset:   u64    from the start of the pack
//!   stored:   u32    bytes in the pack
//!   raw:      u32    bytes when decoded
//! pack id × packs    32 bytes each
//! meta               JSON, UTF-8
//! ```
//!
//! The kind is part of the key. A *tree* is a promise: everything it names, to the last blob, is in
//! this index or in one that was there before. A *recipe* is recorded under the id of the object
//! that it makes. *Chunks* stand in files of the same format of their own, the chunk tables, which
//! an index names in its meta; whoever needs no chunk never reads them.
//!
//! Meta is an object with these keys, all optional, others ignored: `pushes`, a list of
//! `{repository, commit, time, roots: [{oid, kind}]}`, the roots that keep objects from being
//! collected; `supersedes`, ids of indexes that readers leave out because all of theirs is here;
//! `chunk_tables`, ids of the tables that hold the chunks of the recipes here.

use serde::{Deserialize, Serialize};

use super::pack::{Encoding, Record};
use super::table::{self, FANOUT_LEN, ReadAt, Table, TableError};
use super::{Cursor, Error, Kind, ObjectId};

const WHAT: &str = "remote index";
const MAGIC: &[u8; 4] = b"MLRI";
const VERSION: u32 = 1;
const HEADER_LEN: u64 = 24;
/// More than any meta that a writer makes.
const META_LIMIT: u32 = 256 << 20;

/// Width of a record in bytes.
pub const RECORD_LEN: usize = 56;

/// An object that was pushed by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PushedRoot {
    pub oid: ObjectId,
    pub kind: RootKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RootKind {
    Blob,
    Tree,
}

/// Who pushed what, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushEntry {
    /// Id of the repository.
    pub repository: String,
    /// The commit that names the roots; empty if there was none.
    #[serde(default)]
    pub commit: String,
    /// Seconds since 1970.
    #[serde(default)]
    pub time: i64,
    #[serde(default)]
    pub roots: Vec<PushedRoot>,
}

/// The last part of an index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pushes: Vec<PushEntry>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supersedes: Vec<ObjectId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chunk_tables: Vec<ObjectId>,
}

/// A record in its binary form.
pub type RawRecord = [u8; RECORD_LEN];

/// The binary form of `record`, which lies in the pack at position `pack` of the index's list.
pub fn encode_record(record: &Record, pack: u32) -> RawRecord {
    let mut bytes = [0; RECORD_LEN];
    bytes[..32].copy_from_slice(record.oid.as_bytes());
    bytes[32] = record.kind as u8;
    bytes[33] = record.encoding as u8;
    bytes[36..40].copy_from_slice(&pack.to_be_bytes());
    bytes[40..48].copy_from_slice(&record.offset.to_be_bytes());
    bytes[48..52].copy_from_slice(&record.stored.to_be_bytes());
    bytes[52..56].copy_from_slice(&record.raw.to_be_bytes());
    bytes
}

/// The record and the position of its pack.
///
/// # Errors
/// A field has a value that this version does not know.
pub fn decode_record(bytes: &RawRecord) -> Result<(Record, u32), Error> {
    let bad = |reason| Error::malformed(WHAT, reason);
    let mut cursor = Cursor::new(bytes, WHAT);
    let oid = cursor.oid()?;
    let (kind, encoding, zero) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
    let pack = cursor.u32()?;
    let record = Record {
        oid,
        kind: Kind::from_byte(kind).ok_or_else(|| bad("a record has an unknown kind"))?,
        encoding: Encoding::from_byte(encoding)
            .ok_or_else(|| bad("a record has an unknown encoding"))?,
        offset: cursor.u64()?,
        stored: cursor.u32()?,
        raw: cursor.u32()?,
    };
    if zero != 0 {
        return Err(bad("a reserved field is not zero"));
    }
    if record.encoding == Encoding::Raw && record.stored != record.raw {
        return Err(bad("a record's lengths differ without compression"));
    }
    Ok((record, pack))
}

/// The bytes of an index. Sorts `records` and drops those that come twice.
pub fn encode(records: &mut Vec<RawRecord>, packs: &[ObjectId], meta: &Meta) -> Vec<u8> {
    records.sort_unstable();
    records.dedup();
    let meta = serde_json::to_vec(meta).expect("meta is plain data");
    let length = |len: usize| u32::try_from(len).expect("under 2^32").to_be_bytes();
    let capacity = 2048 + records.len() * RECORD_LEN + packs.len() * 32 + meta.len();
    let mut bytes = Vec::with_capacity(capacity);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_be_bytes());
    bytes.extend_from_slice(&(records.len() as u64).to_be_bytes());
    bytes.extend_from_slice(&length(packs.len()));
    bytes.extend_from_slice(&length(meta.len()));
    table::encode(records, &mut bytes);
    for pack in packs {
        bytes.extend_from_slice(pack.as_bytes());
    }
    bytes.extend_from_slice(&meta);
    bytes
}

/// Where an object lies: in which pack, and where in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub pack: ObjectId,
    pub record: Record,
}

/// An open index: everything but the records, which are read as they are asked for.
#[derive(Debug)]
pub struct RemoteIndex {
    table: Table<RECORD_LEN>,
    packs: Vec<ObjectId>,
    meta: Meta,
}

impl RemoteIndex {
    /// Reads header, fan-out, packs and meta.
    ///
    /// # Errors
    /// The file is no index of this version, or its parts do not fit its length.
    pub fn open(source: &dyn ReadAt) -> Result<RemoteIndex, TableError> {
        let bad = |reason| TableError::from(Error::malformed(WHAT, reason));
        let len = source.len()?;
        if len < HEADER_LEN + FANOUT_LEN {
            return Err(bad("it is too short"));
        }
        let mut header = [0; HEADER_LEN as usize];
        source.read_exact_at(&mut header, 0)?;
        let mut cursor = Cursor::new(&header, WHAT);
        cursor.header(MAGIC, VERSION)?;
        let (count, packs, meta) = (cursor.u64()?, cursor.u32()?, cursor.u32()?);
        let packs_len = u64::from(packs) * ObjectId::LEN as u64;
        let packs_at = count
            .checked_mul(RECORD_LEN as u64)
            .and_then(|records| records.checked_add(HEADER_LEN + FANOUT_LEN));
        let end = packs_at.and_then(|at| at.checked_add(packs_len + u64::from(meta)));
        let Some(packs_at) = packs_at.filter(|_| end == Some(len) && meta <= META_LIMIT) else {
            return Err(bad("its parts do not fit its length"));
        };
        let mut tail = vec![0; (len - packs_at) as usize];
        source.read_exact_at(&mut tail, packs_at)?;
        let (ids, meta) = tail.split_at(packs_len as usize);
        let ids = ids.as_chunks::<32>().0.iter().map(|id| ObjectId::from_bytes(*id)).collect();
        let meta = serde_json::from_slice(meta)
            .map_err(|error| Error::malformed(WHAT, format!("its meta is not valid: {error}")))?;
        let table = Table::open(source, HEADER_LEN, count, WHAT)?;
        Ok(RemoteIndex { table, packs: ids, meta })
    }

    pub fn count(&self) -> u64 {
        self.table.count()
    }

    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    pub fn packs(&self) -> &[ObjectId] {
        &self.packs
    }

    /// Where `id`, used as `kind`, lies.
    pub fn find(
        &self,
        source: &dyn ReadAt,
        id: &ObjectId,
        kind: Kind,
    ) -> Result<Option<Place>, TableError> {
        let records = self.table.find(source, id)?;
        match records.iter().find(|record| record[32] == kind as u8) {
            Some(bytes) => Ok(Some(self.place(bytes)?)),
            None => Ok(None),
        }
    }

    /// All records whose id begins with `first`, in ascending order.
    pub fn bucket(&self, source: &dyn ReadAt, first: u8) -> Result<Vec<Place>, TableError> {
        let records = self.table.bucket(source, first)?;
        records.iter().map(|bytes| self.place(bytes)).collect()
    }

    fn place(&self, bytes: &RawRecord) -> Result<Place, TableError> {
        let (record, pack) = decode_record(bytes)?;
        let pack = self.packs.get(pack as usize).copied();
        let pack = pack.ok_or_else(|| Error::malformed(WHAT, "a record names no pack"))?;
        Ok(Place { pack, record })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(seed: u8, kind: Kind) -> Record {
        Record {
            oid: ObjectId::of(&[seed]),
            kind,
            encoding: Encoding::Zstd,
            offset: u64::from(seed) << 33,
            stored: 7,
            raw: u32::from(seed) + 9,
        }
    }

    fn sample(seeds: &[(u8, bool)]) -> (Vec<u8>, Vec<Record>) {
        let kind = |tree| if tree { Kind::Tree } else { Kind::Blob };
        let records: Vec<Record> =
            seeds.iter().map(|(seed, tree)| record(*seed, kind(*tree))).collect();
        let packs = [ObjectId::of(b"p0"), ObjectId::of(b"p1")];
        let mut raw = records.iter().map(|r| encode_record(r, r.raw % 2)).collect();
        let root = PushedRoot { oid: ObjectId::of(b"root"), kind: RootKind::Tree };
        let push =
            PushEntry { repository: "r".into(), commit: "c".into(), time: 5, roots: vec![root] };
        let meta = Meta { pushes: vec![push], ..Meta::default() };
        (encode(&mut raw, &packs, &meta), records)
    }

    proptest! {
        #[test]
        fn finds_what_was_written_by_id_and_kind(seeds: Vec<(u8, bool)>) {
            let (bytes, records) = sample(&seeds);
            let index = RemoteIndex::open(&bytes).expect("own bytes");
            for record in &records {
                let place = index.find(&bytes, &record.oid, record.kind).expect("readable");
                prop_assert_eq!(place.map(|place| place.record), Some(*record));
                prop_assert!(index.find(&bytes, &record.oid, Kind::Recipe).expect("ok").is_none());
            }
            prop_assert_eq!(&index.meta().pushes[0].repository, "r");
        }

        #[test]
        fn arbitrary_bytes_do_no_harm(mut bytes: Vec<u8>, flips: Vec<(u16, u8)>) {
            let _ = RemoteIndex::open(&bytes);
            bytes = sample(&[(1, true), (2, false), (3, true)]).0;
            for (at, value) in flips {
                let at = usize::from(at) % bytes.len();
                bytes[at] = value;
            }
            if let Ok(index) = RemoteIndex::open(&bytes) {
                for first in 0..=255 {
                    let _ = index.bucket(&bytes, first);
                }
            }
        }
    }

    #[test]
    fn every_truncation_is_noticed() {
        let (bytes, _) = sample(&[(1, true), (2, false)]);
        for len in 0..bytes.len() {
            assert!(RemoteIndex::open(&bytes[..len].to_vec()).is_err(), "{len}");
        }
    }

    #[test]
    fn counts_that_lie_allocate_nothing() {
        let (mut bytes, _) = sample(&[(1, true)]);
        bytes[8..16].copy_from_slice(&u64::MAX.to_be_bytes());
        assert!(RemoteIndex::open(&bytes).is_err());
        let (mut bytes, _) = sample(&[(1, true)]);
        bytes[16..20].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(RemoteIndex::open(&bytes).is_err());
    }
}
