//! Reading many entries of packs with few requests.

use super::store::{Area, Name, Store};
use super::{ErrorKind, Result};
use crate::format::ObjectId;
use crate::format::pack::{self, Record};
use crate::format::remote_index::Place;

/// Gaps of up to this many bytes are read over rather than skipped.
const GAP: u64 = 64 << 10;
/// One request asks for no more than this, unless a single entry is longer.
const RUN: u64 = 8 << 20;
const RUN_OBJECTS: usize = if cfg!(test) { 10 } else { 10_000 };

/// Entries that are read with one request: all in one pack, in the order in which they lie there.
pub(super) struct Run<'a> {
    pub places: &'a [Place],
    start: u64,
    len: u64,
}

/// Takes an entry, decoded or with the reason why not.
pub(super) type Each<'a> = dyn FnMut(&Place, Result<Vec<u8>, String>) -> Result<()> + 'a;

/// The order in which entries lie in their packs.
pub(super) fn key(place: &Place) -> (ObjectId, u64) {
    (place.pack, place.record.offset)
}

/// Cuts places, which are in the order of [`key`], into runs.
pub(super) fn runs(places: &[Place]) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut rest = places;
    while let Some(first) = rest.first() {
        let start = first.record.offset;
        let mut end = end_of(&first.record);
        let mut count = 1;
        for place in &rest[1..] {
            let next = end_of(&place.record);
            let near = place.record.offset <= end.saturating_add(GAP);
            let room = count < RUN_OBJECTS && next.saturating_sub(start) <= RUN;
            if place.pack != first.pack || !near || !room {
                break;
            }
            end = end.max(next);
            count += 1;
        }
        let (run, after) = rest.split_at(count);
        runs.push(Run { places: run, start, len: end - start });
        rest = after;
    }
    runs
}

fn end_of(record: &Record) -> u64 {
    record.offset.saturating_add(record.stored.into())
}

/// Reads a run and hands every entry, decoded or with the reason why not, to `each`. Returns the
/// number of bytes received.
///
/// # Errors
/// The place cannot be reached, or what `each` returns. What is wrong with the files there goes to
/// `each`.
pub(super) fn read_run(store: &dyn Store, run: &Run<'_>, each: &mut Each<'_>) -> Result<u64> {
    let Some(first) = run.places.first() else { return Ok(0) };
    let name = Name::File(Area::Packs, first.pack);
    let bytes = match store.get_range(name, run.start, run.len) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => {
            for place in run.places {
                each(place, Err(format!("`{name}` is not on the remote")))?;
            }
            return Ok(0);
        }
        // One bad sector is no reason to give up its neighbours.
        Err(error) if run.places.len() > 1 && error.kind() == ErrorKind::Internal => {
            let mut received = 0;
            for place in run.places {
                received += read_run(store, &single(place), each)?;
            }
            return Ok(received);
        }
        Err(error) if error.kind() == ErrorKind::Internal => {
            each(first, Err(error.to_string()))?;
            return Ok(0);
        }
        Err(error) => return Err(error),
    };
    for place in run.places {
        let record = &place.record;
        let start = (record.offset - run.start) as usize;
        let stored = bytes.get(start..).and_then(|bytes| bytes.get(..record.stored as usize));
        let decoded = match stored {
            Some(stored) => pack::decode_slice(record, stored)
                .map_err(|error| format!("`{name}` is damaged: {error}")),
            None => Err(format!("`{name}` is damaged: it ends too early")),
        };
        each(place, decoded)?;
    }
    Ok(bytes.len() as u64)
}

fn single(place: &Place) -> Run<'_> {
    Run {
        places: std::slice::from_ref(place),
        start: place.record.offset,
        len: place.record.stored.into(),
    }
}

/// Reads one entry.
pub(super) fn read_one(store: &dyn Store, place: &Place) -> Result<(Result<Vec<u8>, String>, u64)> {
    let mut result = Err(String::new());
    let received = read_run(store, &single(place), &mut |_, bytes| {
        result = bytes;
        Ok(())
    })?;
    Ok((result, received))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Kind;
    use crate::format::pack::Encoding;

    fn place(pack: u8, offset: u64, stored: u32) -> Place {
        let oid = ObjectId::of(&offset.to_be_bytes());
        let (kind, encoding) = (Kind::Blob, Encoding::Raw);
        let record = Record { oid, kind, encoding, offset, stored, raw: stored };
        Place { pack: ObjectId::from_bytes([pack; 32]), record }
    }

    #[test]
    fn near_entries_of_a_pack_are_read_together() {
        let places = [
            place(1, 8, 10),
            place(1, 18, 10),
            place(1, 28 + GAP, 10),
            place(1, 39 + 2 * GAP, 10),
            place(2, 8, 9 << 20),
            place(2, 8 + (9 << 20), 10),
            place(3, u64::MAX - 1, u32::MAX),
        ];
        let lengths: Vec<usize> = runs(&places).iter().map(|run| run.places.len()).collect();
        assert_eq!(lengths, [3, 1, 1, 1, 1]);
    }
}
