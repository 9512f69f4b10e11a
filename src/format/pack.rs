//! Packs: many small objects or chunks in one file, in the cache and on remotes alike.
//!
//! # Format, version 1
//!
//! ```text
//! "MLPK"  version: u32 = 1
//! stored bytes of the entries, one after the other
//! fan-out: 256 × u32                 see `format::table`
//! record*, ascending:
//!   oid:      32 bytes   SHA-256 of the raw bytes
//!   kind:     u8         a hint: 1 blob, 2 tree, 3 chunk, 4 recipe
//!   encoding: u8         0 stored as they are, 1 one zstd frame (RFC 8878)
//!   zero:     u16
//!   offset:   u64        from the start of the file
//!   stored:   u32        bytes in the file
//!   raw:      u32        bytes when decoded; a reader never produces more
//! trailer:
//!   table:    u64        offset of the fan-out
//!   count:    u64        number of records
//!   "KPLM"
//! ```
//!
//! A pack is named by the SHA-256 of its bytes, so that writing it again is no change. A recipe's
//! record carries the id of the object it describes in place of the id of its own bytes.

use std::io::{self, Read as _, Write};

use super::table::{self, ReadAt, Table, TableError};
use super::{Error, Hasher, Kind, ObjectId, Result};

const WHAT: &str = "pack";
const MAGIC: &[u8; 4] = b"MLPK";
const END_MAGIC: &[u8; 4] = b"KPLM";
const VERSION: u32 = 1;
const HEADER_LEN: u64 = 8;
const TRAILER_LEN: u64 = 20;

/// Width of a record in bytes.
pub const RECORD_LEN: usize = 52;

/// How an entry's bytes are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Encoding {
    Raw = 0,
    Zstd = 1,
}

impl Encoding {
    pub fn from_byte(byte: u8) -> Option<Encoding> {
        match byte {
            0 => Some(Encoding::Raw),
            1 => Some(Encoding::Zstd),
            _ => None,
        }
    }
}

/// Where in a pack an object lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub oid: ObjectId,
    pub kind: Kind,
    pub encoding: Encoding,
    pub offset: u64,
    pub stored: u32,
    pub raw: u32,
}

impl Record {
    pub fn encode(&self) -> [u8; RECORD_LEN] {
        let mut bytes = [0; RECORD_LEN];
        bytes[..32].copy_from_slice(self.oid.as_bytes());
        bytes[32] = self.kind as u8;
        bytes[33] = self.encoding as u8;
        bytes[36..44].copy_from_slice(&self.offset.to_be_bytes());
        bytes[44..48].copy_from_slice(&self.stored.to_be_bytes());
        bytes[48..52].copy_from_slice(&self.raw.to_be_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8; RECORD_LEN]) -> Result<Record> {
        let mut cursor = super::Cursor::new(bytes, WHAT);
        let oid = cursor.oid()?;
        let (kind, encoding, zero) = (cursor.u8()?, cursor.u8()?, cursor.u16()?);
        let bad = |reason| Error::malformed(WHAT, reason);
        if zero != 0 {
            return Err(bad("a reserved field is not zero"));
        }
        let record = Record {
            oid,
            kind: Kind::from_byte(kind).ok_or_else(|| bad("a record has an unknown kind"))?,
            encoding: Encoding::from_byte(encoding)
                .ok_or_else(|| bad("a record has an unknown encoding"))?,
            offset: cursor.u64()?,
            stored: cursor.u32()?,
            raw: cursor.u32()?,
        };
        if record.encoding == Encoding::Raw && record.stored != record.raw {
            return Err(bad("a record's lengths differ without compression"));
        }
        Ok(record)
    }
}

/// Writes a pack into `out`, entry by entry.
pub struct Encoder<W> {
    out: W,
    hasher: Hasher,
    offset: u64,
    records: Vec<[u8; RECORD_LEN]>,
}

impl<W: Write> Encoder<W> {
    pub fn new(out: W) -> io::Result<Self> {
        let mut encoder = Encoder { out, hasher: Hasher::new(), offset: 0, records: Vec::new() };
        encoder.write(MAGIC)?;
        encoder.write(&VERSION.to_be_bytes())?;
        Ok(encoder)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.hasher.update(bytes);
        self.offset += bytes.len() as u64;
        Ok(())
    }

    /// Appends an entry of `raw` decoded bytes and says where it lies. The caller vouches for the
    /// id and sees to it that no entry comes twice.
    ///
    /// # Errors
    /// Writing failed, or the entry is larger than a pack's entry can be (4 GiB).
    pub fn push(
        &mut self,
        oid: ObjectId,
        kind: Kind,
        encoding: Encoding,
        stored: &[u8],
        raw: usize,
    ) -> io::Result<Record> {
        let too_large = |_| io::Error::new(io::ErrorKind::FileTooLarge, "pack entry over 4 GiB");
        let record = Record {
            oid,
            kind,
            encoding,
            offset: self.offset,
            stored: u32::try_from(stored.len()).map_err(too_large)?,
            raw: u32::try_from(raw).map_err(too_large)?,
        };
        self.write(stored)?;
        self.records.push(record.encode());
        Ok(record)
    }

    /// Bytes written so far.
    pub fn len(&self) -> u64 {
        self.offset
    }

    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Appends the table and the trailer; returns the output and the pack's id.
    pub fn finish(mut self) -> io::Result<(W, ObjectId)> {
        let table_at = self.offset;
        let mut records = std::mem::take(&mut self.records);
        let mut tail = Vec::with_capacity(1024 + records.len() * RECORD_LEN + 20);
        table::encode(&mut records, &mut tail);
        tail.extend_from_slice(&table_at.to_be_bytes());
        tail.extend_from_slice(&(records.len() as u64).to_be_bytes());
        tail.extend_from_slice(END_MAGIC);
        self.write(&tail)?;
        Ok((self.out, self.hasher.finish()))
    }
}

/// The table of a pack.
#[derive(Debug)]
pub struct Directory {
    table: Table<RECORD_LEN>,
    table_at: u64,
}

impl Directory {
    /// Reads header, trailer and fan-out.
    ///
    /// # Errors
    /// The file is no pack of this version, or its parts do not fit its length.
    pub fn open(source: &dyn ReadAt) -> Result<Directory, TableError> {
        let bad = |reason| TableError::from(Error::malformed(WHAT, reason));
        let len = source.len()?;
        if len < HEADER_LEN + table::FANOUT_LEN + TRAILER_LEN {
            return Err(bad("it is too short"));
        }
        let mut header = [0; HEADER_LEN as usize];
        source.read_exact_at(&mut header, 0)?;
        super::Cursor::new(&header, WHAT).header(MAGIC, VERSION)?;
        let mut trailer = [0; TRAILER_LEN as usize];
        source.read_exact_at(&mut trailer, len - TRAILER_LEN)?;
        let mut cursor = super::Cursor::new(&trailer, WHAT);
        let (table_at, count) = (cursor.u64()?, cursor.u64()?);
        if cursor.take(4)? != END_MAGIC {
            return Err(bad("its end is missing"));
        }
        let expected = count
            .checked_mul(RECORD_LEN as u64)
            .and_then(|records| records.checked_add(table_at)?.checked_add(table::FANOUT_LEN))
            .and_then(|end| end.checked_add(TRAILER_LEN));
        if expected != Some(len) || table_at < HEADER_LEN {
            return Err(bad("its table does not fit its length"));
        }
        Ok(Directory { table: Table::open(source, table_at, count, WHAT)?, table_at })
    }

    /// Number of entries.
    pub fn count(&self) -> u64 {
        self.table.count()
    }

    /// Whether `id` is here.
    pub fn contains(&self, source: &dyn ReadAt, id: &ObjectId) -> Result<bool, TableError> {
        Ok(!self.table.find(source, id)?.is_empty())
    }

    /// Where `id` lies, if it is here.
    pub fn find(&self, source: &dyn ReadAt, id: &ObjectId) -> Result<Option<Record>, TableError> {
        match self.table.find(source, id)?.first() {
            Some(record) => Ok(Some(self.checked(record)?)),
            None => Ok(None),
        }
    }

    /// All records whose id begins with `first`, in ascending order.
    pub fn bucket(&self, source: &dyn ReadAt, first: u8) -> Result<Vec<Record>, TableError> {
        self.table.bucket(source, first)?.iter().map(|record| self.checked(record)).collect()
    }

    fn checked(&self, bytes: &[u8; RECORD_LEN]) -> Result<Record, TableError> {
        let record = Record::decode(bytes)?;
        let end = record.offset.checked_add(record.stored.into());
        if record.offset < HEADER_LEN || end.is_none_or(|end| end > self.table_at) {
            return Err(Error::malformed(WHAT, "a record points outside of it").into());
        }
        Ok(record)
    }
}

/// Entries of up to this many bytes are decoded in one go.
const BULK_LIMIT: usize = 16 << 20;

/// Decodes the stored bytes of an entry to exactly `record.raw` bytes.
///
/// # Errors
/// The bytes do not decode, or decode to another length. No more than `record.raw` bytes are ever
/// produced, and no more than 16 MiB are allocated before there are bytes to fill them.
pub fn decode_entry(record: &Record, stored: Vec<u8>) -> Result<Vec<u8>> {
    match record.encoding {
        Encoding::Raw => check_length(record, stored),
        Encoding::Zstd => decode_slice(record, &stored),
    }
}

/// Like [`decode_entry`], of borrowed bytes.
pub fn decode_slice(record: &Record, stored: &[u8]) -> Result<Vec<u8>> {
    thread_local! {
        static DECODER: std::cell::RefCell<Option<zstd::bulk::Decompressor<'static>>> =
            const { std::cell::RefCell::new(None) };
    }
    let raw = record.raw as usize;
    let decoded = match record.encoding {
        Encoding::Raw => Ok(stored.to_vec()),
        Encoding::Zstd if raw <= BULK_LIMIT => DECODER.with_borrow_mut(|decoder| {
            if decoder.is_none() {
                *decoder = Some(zstd::bulk::Decompressor::new()?);
            }
            decoder.as_mut().expect("made above").decompress(stored, raw)
        }),
        Encoding::Zstd => zstd::stream::read::Decoder::with_buffer(stored).and_then(|decoder| {
            let mut bytes = Vec::new();
            decoder.take(u64::from(record.raw) + 1).read_to_end(&mut bytes)?;
            Ok(bytes)
        }),
    };
    let bytes = decoded
        .map_err(|error| Error::malformed(WHAT, format!("an entry does not decode: {error}")))?;
    check_length(record, bytes)
}

fn check_length(record: &Record, bytes: Vec<u8>) -> Result<Vec<u8>> {
    if bytes.len() != record.raw as usize {
        return Err(Error::malformed(WHAT, "an entry does not have its recorded length"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(contents: &[&[u8]]) -> (Vec<u8>, ObjectId) {
        let mut encoder = Encoder::new(Vec::new()).expect("memory");
        for bytes in contents {
            encoder
                .push(ObjectId::of(bytes), Kind::Blob, Encoding::Raw, bytes, bytes.len())
                .expect("memory");
        }
        encoder.finish().expect("memory")
    }

    #[test]
    fn the_bytes_are_those_of_version_1() {
        let mut encoder = Encoder::new(Vec::new()).expect("memory");
        for (kind, bytes) in
            [(Kind::Blob, &b"one"[..]), (Kind::Tree, b"two"), (Kind::Chunk, b"three")]
        {
            let oid = ObjectId::of(bytes);
            encoder.push(oid, kind, Encoding::Raw, bytes, bytes.len()).expect("memory");
        }
        // Stands for what zstd makes of it, which another release of zstd may do otherwise.
        let oid = ObjectId::of(b"four, but longer");
        encoder.push(oid, Kind::Blob, Encoding::Zstd, b"<zstd>", 16).expect("memory");
        let (bytes, _) = encoder.finish().expect("memory");
        crate::fs::golden::check("pack", &bytes);
    }

    #[test]
    fn entries_are_found_again_and_the_name_is_the_hash() {
        let contents: [&[u8]; 3] = [b"one", b"two", b"three"];
        let (bytes, id) = pack(&contents);
        assert_eq!(ObjectId::of(&bytes), id);
        let directory = Directory::open(&bytes).expect("valid");
        assert_eq!(directory.count(), 3);
        for content in contents {
            let record =
                directory.find(&bytes, &ObjectId::of(content)).expect("readable").expect("present");
            let at = record.offset as usize;
            assert_eq!(&bytes[at..at + record.stored as usize], content);
        }
        assert_eq!(directory.find(&bytes, &ObjectId::of(b"four")).expect("readable"), None);
    }

    #[test]
    fn every_truncation_is_noticed() {
        let (bytes, _) = pack(&[b"one", b"two"]);
        for len in 0..bytes.len() {
            assert!(Directory::open(&bytes[..len].to_vec()).is_err(), "{len}");
        }
    }

    #[test]
    fn decompression_is_bounded_by_the_recorded_length() {
        let bomb = zstd::bulk::compress(&vec![0; 1 << 20], 3).expect("compresses");
        let record = Record {
            oid: ObjectId::EMPTY,
            kind: Kind::Blob,
            encoding: Encoding::Zstd,
            offset: 8,
            stored: bomb.len() as u32,
            raw: 100,
        };
        assert!(decode_entry(&record, bomb.clone()).is_err());
        let huge = Record { raw: u32::MAX, ..record };
        assert!(decode_entry(&huge, bomb.clone()).is_err(), "claims 4 GiB");
        let exact = Record { raw: 1 << 20, ..record };
        assert_eq!(decode_entry(&exact, bomb).map(|bytes| bytes.len()), Ok(1 << 20));
        let large = zstd::bulk::compress(&vec![7; 17 << 20], 1).expect("compresses");
        let record = Record { stored: large.len() as u32, raw: 17 << 20, ..record };
        assert_eq!(decode_entry(&record, large).map(|bytes| bytes.len()), Ok(17 << 20));
    }
}
