//! Reading what a push sends, in parts that threads share out.

use super::compress::{self, DATA_LEVEL};
use super::packer::encoding_error;
use super::walk::{self, Object};
use super::{Error, Reason, Result};
use crate::cache::{self, Cache};
use crate::format::ObjectId;
use crate::format::pack::Encoding;

/// Objects are read and compressed in parts of this many bytes or objects, one to a thread.
const PART_BYTES: u64 = 1 << 20;
const PART_OBJECTS: usize = if cfg!(test) { 4 } else { 1024 };

/// One or more objects, read, verified and compressed.
#[derive(Default)]
pub(super) struct Part {
    pub bytes: Vec<u8>,
    pub items: Vec<Item>,
    /// Objects that turned out to be too large to be read whole.
    pub large: Vec<Object>,
    pub missing: Vec<(ObjectId, Reason)>,
}

pub(super) struct Item {
    pub oid: ObjectId,
    pub encoding: Encoding,
    pub stored: usize,
    pub raw: usize,
}

impl Part {
    pub fn add(&mut self, oid: ObjectId, bytes: &[u8], level: i32) -> Result<()> {
        let start = self.bytes.len();
        let encoding = compress::append(bytes, level, &mut self.bytes).map_err(encoding_error)?;
        let (stored, raw) = (self.bytes.len() - start, bytes.len());
        self.items.push(Item { oid, encoding, stored, raw });
        Ok(())
    }
}

/// Cuts a list into parts of about the same work.
pub(super) fn split(objects: &[Object]) -> Vec<&[Object]> {
    let mut parts = Vec::new();
    let mut rest = objects;
    while !rest.is_empty() {
        let mut bytes = 0u64;
        let count = rest
            .iter()
            .take(PART_OBJECTS)
            .take_while(|object| {
                let room = bytes < PART_BYTES;
                bytes = bytes.saturating_add(object.size);
                room
            })
            .count();
        let (part, after) = rest.split_at(count.max(1));
        parts.push(part);
        rest = after;
    }
    parts
}

/// Reads, verifies and compresses objects, in their order. Those that cannot be read are named.
pub(super) fn read_part(cache: &Cache, objects: &[Object], limit: u64) -> Result<Part> {
    let ids: Vec<ObjectId> = objects.iter().map(|object| object.oid).collect();
    let mut packed: Vec<Option<(Encoding, std::ops::Range<usize>, usize)>> = vec![None; ids.len()];
    let mut scratch = Vec::new();
    let read = cache.read_packed(&ids, |at, bytes| -> Result<()> {
        let start = scratch.len();
        let encoding = compress::append(bytes, DATA_LEVEL, &mut scratch).map_err(encoding_error)?;
        packed[at] = Some((encoding, start..scratch.len(), bytes.len()));
        Ok(())
    });
    match read {
        Ok(_) | Err(Error::Cache(cache::Error::Missing { .. } | cache::Error::Damaged { .. })) => {}
        Err(error) => return Err(error),
    }
    // The packs gave them in their own order; the remote's packs have that of the walk.
    let mut part = Part::default();
    for (object, place) in objects.iter().zip(packed) {
        if let Some((encoding, range, raw)) = place {
            let stored = range.len();
            part.bytes.extend_from_slice(&scratch[range]);
            part.items.push(Item { oid: object.oid, encoding, stored, raw });
            continue;
        }
        // A tree may lie about sizes: what is read whole is bounded by what is there.
        let size = cache.size(&object.oid);
        match size {
            Ok(size) if size >= limit => part.large.push(Object { size, ..*object }),
            Ok(_) => match cache.read(&object.oid) {
                Ok(bytes) => part.add(object.oid, &bytes, DATA_LEVEL)?,
                Err(error) => part.missing.push((object.oid, walk::reason(error)?)),
            },
            Err(error) => part.missing.push((object.oid, walk::reason(error)?)),
        }
    }
    Ok(part)
}
