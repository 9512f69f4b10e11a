//! Packs being filled and sent.
//!
//! Packs are filled in the order in which the walk meets objects and closed at a fixed length, so
//! that a push that is repeated makes the same packs, whose names are then already there. At any
//! time at most one pack of each sort is being filled and one is on its way.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

use super::store::{Area, Name, Store};
use super::{Error, Result};
use crate::format::pack::{Encoder, Encoding, Record};
use crate::format::remote_index::{RawRecord, encode_record};
use crate::format::{Kind, ObjectId};

/// A pack is closed when it has this many bytes.
pub(super) const PACK_FULL: u64 = 32 << 20;

/// Room for a pack without growing; memory that is not written to costs nothing.
const CAPACITY: usize = PACK_FULL as usize + (2 << 20);

/// Sends packs, one after the other, in a thread of its own.
pub(super) struct Uploader<'scope> {
    sender: Option<SyncSender<(ObjectId, Vec<u8>)>>,
    thread: ScopedJoinHandle<'scope, Result<()>>,
}

impl<'scope> Uploader<'scope> {
    pub fn start<'env>(scope: &'scope Scope<'scope, 'env>, store: &'env dyn Store) -> Self {
        let (sender, receiver) = sync_channel::<(ObjectId, Vec<u8>)>(0);
        let thread = scope.spawn(move || {
            for (id, bytes) in receiver {
                store.put(Name::File(Area::Packs, id), &bytes)?;
            }
            Ok(())
        });
        Uploader { sender: Some(sender), thread }
    }

    /// Whether the thread still takes packs.
    fn send(&self, id: ObjectId, bytes: Vec<u8>) -> bool {
        self.sender.as_ref().is_some_and(|sender| sender.send((id, bytes)).is_ok())
    }

    /// Waits until everything is there.
    pub fn finish(mut self) -> Result<()> {
        drop(self.sender.take());
        self.thread.join().expect("a store does not panic")
    }
}

/// What was uploaded and no index names yet.
#[derive(Default)]
pub(super) struct Pending {
    pub packs: Vec<ObjectId>,
    pub records: Vec<RawRecord>,
    pub chunks: Vec<RawRecord>,
    /// Bytes of the packs.
    pub bytes: u64,
}

impl Pending {
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.chunks.is_empty()
    }
}

/// A pack being filled.
pub(super) struct Packer {
    encoder: Option<Encoder<Vec<u8>>>,
    records: Vec<Record>,
}

impl Packer {
    pub fn new() -> Self {
        Packer { encoder: None, records: Vec::new() }
    }

    /// Entries in the pack.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    pub fn is_full(&self) -> bool {
        self.encoder.as_ref().is_some_and(|encoder| encoder.len() >= PACK_FULL)
    }

    pub fn push(
        &mut self,
        oid: ObjectId,
        kind: Kind,
        encoding: Encoding,
        stored: &[u8],
        raw: usize,
    ) -> std::io::Result<()> {
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            slot => slot.insert(Encoder::new(Vec::with_capacity(CAPACITY))?),
        };
        self.records.push(encoder.push(oid, kind, encoding, stored, raw)?);
        Ok(())
    }

    /// Closes the pack and sends it; an empty one is nothing. False if the uploader has given up.
    pub fn close(
        &mut self,
        uploader: &Uploader<'_>,
        pending: &mut Pending,
    ) -> std::io::Result<bool> {
        let Some(encoder) = self.encoder.take() else { return Ok(true) };
        let (bytes, id) = encoder.finish()?;
        let pack = u32::try_from(pending.packs.len()).expect("an index is cut long before");
        pending.packs.push(id);
        pending.bytes += bytes.len() as u64;
        for record in self.records.drain(..) {
            let raw = encode_record(&record, pack);
            match record.kind {
                Kind::Chunk => pending.chunks.push(raw),
                _ => pending.records.push(raw),
            }
        }
        Ok(uploader.send(id, bytes))
    }
}

/// Failures of memory and of the encoder, which have no path.
pub(super) fn encoding_error(source: std::io::Error) -> Error {
    crate::fs::Error { op: "make", path: "a pack".into(), source }.into()
}
