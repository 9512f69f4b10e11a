//! Sorted tables of fixed-width records, found by object id without reading them whole.
//!
//! Pack footers and remote indexes share this shape:
//!
//! ```text
//! fan-out: 256 × u32   how many records have a first byte ≤ 0, 1, … 255
//! record*              fixed width, ascending bytes; each begins with the 32 bytes of an id
//! ```
//!
//! A reader needs the fan-out (1 KiB) and then one bucket, a 256th of the records, for each first
//! byte it is asked for. Buckets are kept once read, so that a million lookups read the table once
//! and a single lookup in a table of a million records reads 1 KiB and about 200 KiB.

use std::io;
use std::sync::OnceLock;

use super::{Error, ObjectId};

/// Length of the fan-out in bytes.
pub const FANOUT_LEN: u64 = 256 * 4;

/// Bytes that can be read at any position without moving a cursor: a file, memory, a range of a
/// remote object.
pub trait ReadAt: Send + Sync {
    /// Fills `buf` from `offset`; [`io::ErrorKind::UnexpectedEof`] if there are fewer bytes.
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()>;

    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

impl ReadAt for std::fs::File {
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(self, buf, offset)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

impl ReadAt for Vec<u8> {
    fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        let bytes = usize::try_from(offset)
            .ok()
            .and_then(|start| self.get(start..)?.get(..buf.len()))
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buf.copy_from_slice(bytes);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

/// Writes a table: sorts `records`, drops exact duplicates and appends fan-out and records to `out`.
pub fn encode<const W: usize>(records: &mut Vec<[u8; W]>, out: &mut Vec<u8>) {
    records.sort_unstable();
    records.dedup();
    let mut counts = [0u32; 256];
    for record in records.iter() {
        counts[usize::from(record[0])] += 1;
    }
    let mut sum = 0u32;
    for count in counts {
        sum += count;
        out.extend_from_slice(&sum.to_be_bytes());
    }
    out.extend_from_slice(records.as_flattened());
}

/// What can go wrong while reading a table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Format(#[from] Error),
}

/// A table of records of `W` bytes inside some larger file.
#[derive(Debug)]
pub struct Table<const W: usize> {
    what: &'static str,
    records_at: u64,
    ends: Box<[u32; 256]>,
    buckets: Box<[OnceLock<Box<[[u8; W]]>>]>,
}

impl<const W: usize> Table<W> {
    /// Reads the fan-out at `offset`. `count` is what the file around the table says.
    ///
    /// # Errors
    /// The fan-out descends, or does not end in `count`.
    pub fn open(
        source: &dyn ReadAt,
        offset: u64,
        count: u64,
        what: &'static str,
    ) -> Result<Self, TableError> {
        let mut raw = [0; FANOUT_LEN as usize];
        source.read_exact_at(&mut raw, offset)?;
        let mut ends = Box::new([0u32; 256]);
        let mut previous = 0;
        for (end, bytes) in ends.iter_mut().zip(raw.chunks_exact(4)) {
            *end = u32::from_be_bytes(bytes.try_into().expect("chunks of four"));
            if *end < previous {
                return Err(Error::malformed(what, "its fan-out descends").into());
            }
            previous = *end;
        }
        if u64::from(previous) != count {
            return Err(Error::malformed(what, "its fan-out does not match its length").into());
        }
        let buckets = std::iter::repeat_with(OnceLock::new).take(256).collect();
        Ok(Table { what, records_at: offset + FANOUT_LEN, ends, buckets })
    }

    /// Number of records.
    pub fn count(&self) -> u64 {
        self.ends[255].into()
    }

    /// All records that begin with `id`, in ascending order.
    pub fn find(&self, source: &dyn ReadAt, id: &ObjectId) -> Result<&[[u8; W]], TableError> {
        let bucket = self.bucket(source, id.as_bytes()[0])?;
        let start = lower_bound(bucket, id.as_bytes());
        let same = bucket[start..].iter().take_while(|record| record[..32] == id.as_bytes()[..]);
        Ok(&bucket[start..start + same.count()])
    }

    /// The records whose first byte is `first`.
    pub fn bucket(&self, source: &dyn ReadAt, first: u8) -> Result<&[[u8; W]], TableError> {
        let at = usize::from(first);
        if let Some(records) = self.buckets[at].get() {
            return Ok(records);
        }
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        let count = (self.ends[at] - start) as usize;
        let mut records = vec![[0; W]; count];
        let offset = self.records_at + u64::from(start) * W as u64;
        source.read_exact_at(records.as_flattened_mut(), offset)?;
        let sorted = records.is_sorted_by(|a, b| a < b);
        if !sorted || records.iter().any(|record| record[0] != first) {
            return Err(Error::malformed(self.what, "its records are not in order").into());
        }
        Ok(self.buckets[at].get_or_init(|| records.into_boxed_slice()))
    }
}

/// The first record of a bucket that is not less than `id`. Ids are evenly spread, so that their
/// leading bits tell about where to look; the search widens from there, and costs no more than a
/// binary search for ids that are not.
fn lower_bound<const W: usize>(bucket: &[[u8; W]], id: &[u8; 32]) -> usize {
    let lead = |record: &[u8]| u64::from_be_bytes(record[..8].try_into().expect("eight bytes"));
    let key = lead(id);
    let is_less = |record: &[u8; W]| match lead(record).cmp(&key) {
        std::cmp::Ordering::Equal => record[..32] < id[..],
        order => order.is_lt(),
    };
    // The bytes after the first, which all ids of a bucket share.
    let guess = ((u128::from(key << 8) * bucket.len() as u128) >> 64) as usize;
    let (mut low, mut high) = (0, bucket.len());
    let mut step = 4;
    if bucket.get(guess).is_some_and(is_less) {
        low = guess + 1;
        while low + step < high {
            if !is_less(&bucket[low + step]) {
                high = low + step;
                break;
            }
            low += step + 1;
            step *= 2;
        }
    } else {
        high = guess;
        while high - low > step {
            if is_less(&bucket[high - step]) {
                low = high - step + 1;
                break;
            }
            high -= step;
            step *= 2;
        }
    }
    low + bucket[low..high].partition_point(is_less)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_all_that_was_written_and_nothing_else(seeds: Vec<(u8, u8)>, absent: u16) {
            let record = |(id, extra): (u8, u8)| {
                let mut record = [0u8; 40];
                record[..32].copy_from_slice(ObjectId::of(&[id]).as_bytes());
                record[32] = extra;
                record
            };
            let mut records: Vec<[u8; 40]> = seeds.iter().copied().map(record).collect();
            let mut bytes = b"before".to_vec();
            encode(&mut records, &mut bytes);
            let table =
                Table::<40>::open(&bytes, 6, records.len() as u64, "test table").expect("own bytes");
            for &(id, _) in &seeds {
                let found = table.find(&bytes, &ObjectId::of(&[id])).expect("readable");
                let expected: Vec<_> =
                    records.iter().filter(|r| r[..32] == *ObjectId::of(&[id]).as_bytes()).collect();
                prop_assert_eq!(found.iter().collect::<Vec<_>>(), expected);
            }
            let id = ObjectId::of(&absent.to_be_bytes());
            prop_assert!(table.find(&bytes, &id).expect("readable").is_empty());
        }
    }

    #[test]
    fn truncation_and_disorder_are_errors() {
        let mut records = vec![[1u8; 33], [2; 33], [2; 33]];
        records[2][32] = 9;
        let mut bytes = Vec::new();
        encode(&mut records, &mut bytes);
        let open = |bytes: &Vec<u8>, count| Table::<33>::open(bytes, 0, count, "test table");
        assert!(open(&bytes, 2).is_err());
        let table = open(&bytes, 3).expect("valid");
        assert!(table.bucket(&bytes[..bytes.len() - 1].to_vec(), 2).is_err());
        let last = bytes.len() - 1;
        bytes[last] = 1;
        assert!(open(&bytes, 3).expect("the fan-out is whole").bucket(&bytes, 2).is_err());
    }
}
