//! Keeping the number of indexes small: many are merged into one that supersedes them.
//!
//! The merged index has all records and push records of the others. It also repeats what they
//! superseded, as far as it is still listed, so that nothing comes back when they are deleted.
//! Indexes that a condemned list covers are left as they are: in another file their entries would
//! not be condemned any more. Superseded files stay; garbage collection deletes them.

use std::collections::HashMap;

use super::Result;
use super::store::{Area, Name, Store};
use super::view::View;
use crate::format::ObjectId;
use crate::format::remote_index::{self, Meta};

/// More live indexes than this are merged.
const MANY: usize = 64;
/// A merged index has no more records than this.
const RECORDS: u64 = 1_000_000;

/// Merges the small live indexes of `view` if there are too many; says whether it did.
pub(super) fn compact(store: &dyn Store, view: &View<'_>) -> Result<bool> {
    if view.indexes().len() <= MANY {
        return Ok(false);
    }
    let mut candidates: Vec<_> =
        view.indexes().iter().filter(|open| !view.is_covered(&open.id)).collect();
    candidates.sort_by_key(|open| (open.index().count(), open.id));
    let mut sum = 0;
    candidates.retain(|open| {
        sum += open.index().count();
        sum <= RECORDS
    });
    if candidates.len() < 2 {
        return Ok(false);
    }
    let mut packs: Vec<ObjectId> = Vec::new();
    let mut pack_numbers: HashMap<ObjectId, u32> = HashMap::new();
    let mut records = Vec::new();
    let mut meta = Meta::default();
    for open in candidates {
        let start = records.len();
        for first in 0..=255 {
            let places = match open.bucket(first) {
                Ok(places) => places,
                Err(error) => {
                    view.report(Name::File(Area::Index, open.id), error.to_string());
                    records.truncate(start);
                    break;
                }
            };
            for place in places {
                let next = packs.len() as u32;
                let number = *pack_numbers.entry(place.pack).or_insert_with(|| {
                    packs.push(place.pack);
                    next
                });
                records.push(remote_index::encode_record(&place.record, number));
            }
        }
        if open.index().count() > 0 && records.len() == start {
            continue;
        }
        let other = open.index().meta();
        meta.pushes.extend(other.pushes.iter().cloned());
        meta.chunk_tables.extend(&other.chunk_tables);
        meta.supersedes.push(open.id);
        meta.supersedes.extend(other.supersedes.iter().filter(|id| view.is_listed(id)));
    }
    meta.pushes.sort_by(|a, b| (a.time, &a.commit).cmp(&(b.time, &b.commit)));
    for ids in [&mut meta.chunk_tables, &mut meta.supersedes] {
        ids.sort_unstable();
        ids.dedup();
    }
    let bytes = remote_index::encode(&mut records, &packs, &meta);
    store.put(Name::File(Area::Index, ObjectId::of(&bytes)), &bytes)?;
    Ok(true)
}
