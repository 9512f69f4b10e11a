//! A compact list of places: a million of them take 56 MB.

use std::collections::HashMap;

use crate::format::pack::{Encoding, Record};
use crate::format::remote_index::Place;
use crate::format::{Kind, ObjectId};

/// Places, each with the number of its pack instead of its id.
#[derive(Default)]
pub(super) struct Places {
    packs: Vec<ObjectId>,
    numbers: HashMap<ObjectId, u32>,
    items: Vec<Item>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Item {
    oid: ObjectId,
    offset: u64,
    stored: u32,
    raw: u32,
    pack: u32,
    kind: Kind,
    encoding: Encoding,
}

impl Places {
    pub fn push(&mut self, place: &Place) {
        let packs = &mut self.packs;
        let pack = *self.numbers.entry(place.pack).or_insert_with(|| {
            packs.push(place.pack);
            u32::try_from(packs.len() - 1).expect("fewer packs than an index can name")
        });
        let Record { oid, kind, encoding, offset, stored, raw } = place.record;
        self.items.push(Item { oid, offset, stored, raw, pack, kind, encoding });
    }

    /// Puts the places into the order in which they lie in their packs, and drops repetitions.
    pub fn sort(&mut self) {
        self.items.sort_unstable_by_key(|item| (item.pack, item.offset, item.oid));
        self.items.dedup();
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Bytes when decoded.
    pub fn raw(&self) -> u64 {
        self.items.iter().map(|item| u64::from(item.raw)).sum()
    }

    /// The next places from `start` on: at least one, if there is one, and as many as stay below
    /// the limits.
    pub fn window(&self, start: usize, objects: usize, bytes: u64) -> Vec<Place> {
        let mut sum = 0;
        let window = self.items[start..].iter().take(objects).take_while(|item| {
            let room = sum < bytes;
            sum += u64::from(item.raw);
            room
        });
        window.map(|item| self.place(item)).collect()
    }

    fn place(&self, item: &Item) -> Place {
        let Item { oid, kind, encoding, offset, stored, raw, pack } = *item;
        let record = Record { oid, kind, encoding, offset, stored, raw };
        Place { pack: self.packs[pack as usize], record }
    }
}
