//! Keeping the number of indexes small: many are merged into one that supersedes them.
//!
//! The merged index has all records and push records of the others. It also repeats what they
//! superseded, as far as it is still listed, so that nothing comes back when they are deleted.
//! Files that a condemned list covers are left as they are: in another file their entries would
//! not be condemned any more. Superseded files stay; garbage collection deletes them. Chunk tables
//! are merged in the same way, when there are many; which count is what live indexes name.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Result;
use super::store::{Area, Name, Store};
use super::view::{OpenIndex, View};
use crate::format::ObjectId;
use crate::format::remote_index::{self, Meta, RawRecord};

/// More live indexes than this are merged.
const MANY: usize = 64;
/// A merged file has no more records than this.
const RECORDS: u64 = 1_000_000;

/// Merges the small live indexes of `view` if there are too many; says whether it did.
pub(super) fn compact(store: &dyn Store, view: &View<'_>) -> Result<bool> {
    if view.indexes().len() <= MANY {
        return Ok(false);
    }
    let mut merged = merge(view, Area::Index, view.indexes());
    if merged.sources.len() < 2 {
        return Ok(false);
    }
    let mut meta = Meta::default();
    for open in &merged.sources {
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
    if meta.chunk_tables.len() > MANY {
        meta.chunk_tables = compact_tables(store, view, &meta.chunk_tables)?;
    }
    let bytes = remote_index::encode(&mut merged.records, &merged.packs, &meta);
    store.put(Name::File(Area::Index, ObjectId::of(&bytes)), &bytes)?;
    Ok(true)
}

/// Merges the small ones among `tables`; returns what is to be named in their place.
fn compact_tables(
    store: &dyn Store,
    view: &View<'_>,
    tables: &[ObjectId],
) -> Result<Vec<ObjectId>> {
    let named: Vec<Arc<OpenIndex>> =
        view.tables().iter().filter(|open| tables.contains(&open.id)).cloned().collect();
    let mut merged = merge(view, Area::Chunks, &named);
    let bytes = remote_index::encode(&mut merged.records, &merged.packs, &Meta::default());
    let id = ObjectId::of(&bytes);
    store.put(Name::File(Area::Chunks, id), &bytes)?;
    let replaced: HashSet<ObjectId> = merged.sources.iter().map(|open| open.id).collect();
    let mut ids: Vec<ObjectId> =
        tables.iter().filter(|id| !replaced.contains(id)).copied().collect();
    ids.push(id);
    ids.sort_unstable();
    Ok(ids)
}

#[derive(Default)]
struct Merged {
    records: Vec<RawRecord>,
    packs: Vec<ObjectId>,
    /// The files whose records these are.
    sources: Vec<Arc<OpenIndex>>,
}

/// The records of the smallest of `files`. What is condemned, damaged or too much is left out.
fn merge(view: &View<'_>, area: Area, files: &[Arc<OpenIndex>]) -> Merged {
    let mut candidates: Vec<_> = files.iter().filter(|open| !view.is_covered(&open.id)).collect();
    candidates.sort_by_key(|open| (open.index().count(), open.id));
    let mut sum = 0;
    candidates.retain(|open| {
        sum += open.index().count();
        sum <= RECORDS
    });
    let mut merged = Merged::default();
    let mut numbers: HashMap<ObjectId, u32> = HashMap::new();
    for open in candidates {
        let start = merged.records.len();
        let mut whole = true;
        for first in 0..=255 {
            match open.bucket(first) {
                Ok(places) => {
                    for place in places {
                        let packs = &mut merged.packs;
                        let number = *numbers.entry(place.pack).or_insert_with(|| {
                            packs.push(place.pack);
                            u32::try_from(packs.len() - 1).expect("fewer packs than records")
                        });
                        merged.records.push(remote_index::encode_record(&place.record, number));
                    }
                }
                Err(error) => {
                    view.report(Name::File(area, open.id), error.to_string());
                    whole = false;
                    break;
                }
            }
        }
        if whole {
            merged.sources.push(Arc::clone(open));
        } else {
            merged.records.truncate(start);
        }
    }
    merged
}
