//! Reading many objects in the order in which they lie on disk.

use std::sync::Arc;

use super::packs::{Pack, PackError};
use super::{Cache, Error, Location, Result};
use crate::format::ObjectId;
use crate::format::pack::{self, Record};
use crate::fs;

/// Gaps of up to this many bytes are read over rather than skipped.
const GAP: u64 = 16 * 1024;
/// One read asks for no more than this.
const RUN: u64 = 4 << 20;

impl Cache {
    /// Reads and verifies the packed ones among `ids` and calls `each` with the position of every
    /// object and its bytes, in the order of the packs. Positions of objects that lie in files of
    /// their own are returned. One call keeps about 4 MiB in memory, however large the batch.
    ///
    /// # Errors
    /// The first object that is missing or damaged, or what `each` returns; some calls may have
    /// been made.
    pub fn read_packed<E: From<Error>>(
        &self,
        ids: &[ObjectId],
        mut each: impl FnMut(usize, &[u8]) -> Result<(), E>,
    ) -> Result<Vec<usize>, E> {
        let mut loose = Vec::new();
        let mut packed: Vec<(Arc<Pack>, Record, usize)> = Vec::with_capacity(ids.len());
        for (at, id) in ids.iter().enumerate() {
            match self.locate(id)?.ok_or_else(|| self.missing(*id))? {
                Location::Empty => each(at, &[])?,
                Location::Loose(..) => loose.push(at),
                Location::Packed(pack, record) => packed.push((pack, record, at)),
            }
        }
        packed.sort_by_key(|(pack, record, _)| (Arc::as_ptr(pack) as usize, record.offset));
        let mut rest = &packed[..];
        let mut buffer = Vec::new();
        while let Some((pack, first, _)) = rest.first() {
            let mut end = first.offset + u64::from(first.stored);
            let mut count = 1;
            for (other, record, _) in &rest[1..] {
                let next = record.offset + u64::from(record.stored);
                let near = record.offset <= end + GAP && next.saturating_sub(first.offset) <= RUN;
                if !Arc::ptr_eq(pack, other) || !near {
                    break;
                }
                end = end.max(next);
                count += 1;
            }
            let (run, after) = rest.split_at(count);
            buffer.resize((end - first.offset) as usize, 0);
            let read = pack.read_at(&mut buffer, first.offset);
            for (_, record, at) in run {
                let start = (record.offset - first.offset) as usize;
                let stored = &buffer[start..start + record.stored as usize];
                let id = &ids[*at];
                match &read {
                    Ok(()) => {}
                    Err(PackError::Fs(error)) if error.kind() == fs::Kind::Denied => {
                        return Err(self.missing(*id).into());
                    }
                    Err(error) => return Err(self.quarantine(id, error.to_string()).into()),
                }
                if record.encoding == pack::Encoding::Raw {
                    self.verify(id, stored)?;
                    each(*at, stored)?;
                } else {
                    let bytes = pack::decode_entry(record, stored.to_vec())
                        .map_err(|error| self.quarantine(id, error.to_string()))?;
                    self.verify(id, &bytes)?;
                    each(*at, &bytes)?;
                }
            }
            rest = after;
        }
        Ok(loose)
    }
}
