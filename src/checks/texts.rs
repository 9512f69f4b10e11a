//! Texts that were read once, for all rules that look at them.
//!
//! A dozen rules look at the same few staged files, each with a reader of its own. Blobs have names that
//! tell what is in them, so that what was read under one is good for as long as the process lives. What
//! is kept is bounded: past that, a text is read each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::git::GitId;

/// Bytes of one text that is kept, the largest notebook that is looked at, and of all of them together.
const MAX_ONE: usize = 64 << 20;
const MAX_ALL: usize = 128 << 20;

#[derive(Default)]
pub(super) struct Texts {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    texts: HashMap<GitId, Arc<[u8]>>,
    sizes: HashMap<GitId, u64>,
    /// Bytes of all texts.
    bytes: usize,
}

impl Texts {
    pub fn get(&self, id: GitId) -> Option<Arc<[u8]>> {
        self.kept().texts.get(&id).map(Arc::clone)
    }

    /// Bytes of the text, where that is known.
    pub fn size(&self, id: GitId) -> Option<u64> {
        self.kept().sizes.get(&id).copied()
    }

    pub fn put_size(&self, id: GitId, size: u64) {
        self.kept().sizes.insert(id, size);
    }

    /// Keeps `text` if there is room, and gives it back for use.
    pub fn put(&self, id: GitId, text: Vec<u8>) -> Arc<[u8]> {
        let text: Arc<[u8]> = text.into();
        let mut kept = self.kept();
        kept.sizes.insert(id, text.len() as u64);
        let fits = text.len() <= MAX_ONE && kept.bytes + text.len() <= MAX_ALL;
        if fits && kept.texts.insert(id, Arc::clone(&text)).is_none() {
            kept.bytes += text.len();
        }
        text
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().expect("no panic while holding the lock")
    }
}
