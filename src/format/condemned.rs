//! Condemned lists: what a garbage collection of a remote is about to delete.
//!
//! # Format, version 1
//!
//! ```text
//! "MLCD"  version: u32 = 1
//! time:     i64        when the list was made, in seconds since 1970
//! covers:   u32        number of files below
//! entries:  u64        number of entries below
//! id × covers          the indexes and chunk tables that the collection has seen, ascending
//! entry × entries      ascending:
//!   oid:    32 bytes
//!   kind:   u8         as in `format::remote_index`
//! ```
//!
//! A condemned entry is dead **in the files that the list covers**, and only there: a writer treats
//! it as absent, uploads the object again and publishes it in a new index, which the list does not
//! cover. Readers may still read it.

use super::{Cursor, Error, Kind, ObjectId, Result};

const WHAT: &str = "condemned list";
const MAGIC: &[u8; 4] = b"MLCD";
const VERSION: u32 = 1;
const ENTRY_LEN: usize = 33;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condemned {
    /// Seconds since 1970.
    pub time: i64,
    covers: Vec<ObjectId>,
    entries: Vec<(ObjectId, Kind)>,
}

impl Condemned {
    pub fn new(time: i64, mut covers: Vec<ObjectId>, mut entries: Vec<(ObjectId, Kind)>) -> Self {
        covers.sort_unstable();
        covers.dedup();
        entries.sort_unstable();
        entries.dedup();
        Condemned { time, covers, entries }
    }

    /// Whether anything in the index or chunk table `file` may be condemned.
    pub fn covers(&self, file: &ObjectId) -> bool {
        self.covers.binary_search(file).is_ok()
    }

    /// Whether the entry that `file` has for `oid` as `kind` is condemned.
    pub fn holds(&self, file: &ObjectId, oid: &ObjectId, kind: Kind) -> bool {
        self.covers(file) && self.entries.binary_search(&(*oid, kind)).is_ok()
    }

    pub fn encode(&self) -> Vec<u8> {
        let covers = u32::try_from(self.covers.len()).expect("under 2^32 files");
        let mut bytes = Vec::with_capacity(28 + self.covers.len() * 32 + self.entries.len() * 33);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(&self.time.to_be_bytes());
        bytes.extend_from_slice(&covers.to_be_bytes());
        bytes.extend_from_slice(&(self.entries.len() as u64).to_be_bytes());
        for id in &self.covers {
            bytes.extend_from_slice(id.as_bytes());
        }
        for (oid, kind) in &self.entries {
            bytes.extend_from_slice(oid.as_bytes());
            bytes.push(*kind as u8);
        }
        bytes
    }

    /// # Errors
    /// The bytes are no condemned list.
    pub fn decode(bytes: &[u8]) -> Result<Condemned> {
        let bad = |reason| Error::malformed(WHAT, reason);
        let mut cursor = Cursor::new(bytes, WHAT);
        cursor.header(MAGIC, VERSION)?;
        let (time, covers, entries) = (cursor.i64()?, cursor.u32()?, cursor.u64()?);
        let expected = entries
            .checked_mul(ENTRY_LEN as u64)
            .and_then(|len| len.checked_add(u64::from(covers) * ObjectId::LEN as u64));
        if expected != Some(cursor.remaining() as u64) {
            return Err(bad("its counts do not fit its length"));
        }
        let covers = (0..covers).map(|_| cursor.oid()).collect::<Result<Vec<_>>>()?;
        let mut list = Vec::with_capacity(cursor.remaining() / ENTRY_LEN);
        while !cursor.is_empty() {
            let oid = cursor.oid()?;
            let kind = Kind::from_byte(cursor.u8()?).ok_or_else(|| bad("unknown kind"))?;
            list.push((oid, kind));
        }
        if !covers.is_sorted_by(|a, b| a < b) || !list.is_sorted_by(|a, b| a < b) {
            return Err(bad("it is not in order"));
        }
        Ok(Condemned { time, covers, entries: list })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(seeds: &[u8]) -> Condemned {
        let entry = |seed: &u8| {
            let kind = Kind::from_byte(seed % 4 + 1).expect("1 to 4");
            (ObjectId::of(&[*seed]), kind)
        };
        let covers = seeds.iter().map(|seed| ObjectId::of(&[*seed, 0])).collect();
        Condemned::new(7, covers, seeds.iter().map(entry).collect())
    }

    proptest! {
        #[test]
        fn round_trips(seeds: Vec<u8>) {
            let list = sample(&seeds);
            prop_assert_eq!(Condemned::decode(&list.encode()), Ok(list));
        }

        #[test]
        fn whatever_decodes_encodes_to_the_same_bytes(tail: Vec<u8>) {
            let mut bytes = b"MLCD\0\0\0\x01".to_vec();
            bytes.extend_from_slice(&tail);
            if let Ok(list) = Condemned::decode(&bytes) {
                prop_assert_eq!(list.encode(), bytes);
            }
        }
    }

    #[test]
    fn holds_only_in_the_files_it_covers() {
        let (file, other) = (ObjectId::of(b"file"), ObjectId::of(b"other"));
        let oid = ObjectId::of(b"object");
        let list = Condemned::new(0, vec![file], vec![(oid, Kind::Tree)]);
        assert!(list.holds(&file, &oid, Kind::Tree));
        assert!(!list.holds(&file, &oid, Kind::Blob));
        assert!(!list.holds(&other, &oid, Kind::Tree));
    }

    #[test]
    fn every_truncation_and_disorder_is_an_error() {
        let bytes = sample(&[1, 2, 3]).encode();
        for len in 0..bytes.len() {
            assert!(Condemned::decode(&bytes[..len]).is_err(), "{len}");
        }
        let mut swapped = bytes.clone();
        swapped[28..60].fill(0xff);
        assert!(Condemned::decode(&swapped).is_err());
        let mut many = bytes;
        many[20..28].copy_from_slice(&u64::MAX.to_be_bytes());
        assert!(Condemned::decode(&many).is_err());
    }
}
