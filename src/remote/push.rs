//! The push: plan, upload, settle, publish.
//!
//! 1. The walk finds what the roots need and no live, uncondemned entry names.
//! 2. Blobs go into data packs, large ones as chunks; their recipes, and in the end the trees, into
//!    meta packs. From time to time a checkpoint publishes an index of the blobs that are there
//!    already, so that an interrupted push goes on from it.
//! 3. The remote is listed again. If something that the walk relied on is gone, it starts over,
//!    without sending again what is there.
//! 4. One index publishes the rest, the trees among it, and records the roots.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::thread::Scope;

use rayon::prelude::*;

use super::compress::{DATA_LEVEL, META_LEVEL};
use super::packer::{Packer, Pending, Uploader, encoding_error};
use super::parts::{Part, read_part, split};
use super::store::{Area, Name, Store};
use super::view::View;
use super::walk::{self, Object, Plan};
use super::{Error, PushReport, PushRequest, Reason, Result, Root, chunker, compact, packed};
use crate::format::pack::Encoding;
use crate::format::recipe::{Chunk, Recipe};
use crate::format::remote_file::RemoteFile;
use crate::format::remote_index::{self, Meta, PushEntry, PushedRoot, RootKind};
use crate::format::{Kind, ObjectId};

/// A checkpoint is published when so many bytes, or so many records, are in no index.
const CHECKPOINT_BYTES: u64 = 1 << 30;
const CHECKPOINT_RECORDS: usize = if cfg!(test) { 100 } else { 250_000 };
/// So many parts are read and compressed at a time.
const PARTS: usize = 16;
/// Chunks of a large object are hashed and compressed so many at a time.
const CHUNKS: usize = 16;
/// How often a push starts over because the remote changed under it.
const ATTEMPTS: usize = 10;

type MissingObjects = HashMap<(ObjectId, Kind), Reason>;

pub(super) fn push(
    store: &dyn Store,
    local: &Path,
    file: &RemoteFile,
    request: &PushRequest<'_>,
) -> Result<PushReport> {
    let mut view = View::load(store, local)?;
    view.check_condemned()?;
    let first =
        walk::plan(request.roots, request.cache, &|oid, kind| packed::has(&view, oid, kind))?;
    if request.dry_run {
        return dry_run(&view, &first, request);
    }
    if first.blobs.is_empty() && first.trees.is_empty() && first.missing.is_empty() {
        let roots = unrecorded(&view, request, &[]);
        if roots.is_empty() {
            return Ok(PushReport { damaged: view.damaged(), ..PushReport::default() });
        }
    }
    std::thread::scope(|scope| {
        let mut push = Push {
            scope,
            store,
            file,
            request,
            uploader: Some(Uploader::start(scope, store)),
            data: Packer::new(),
            meta: Packer::new(),
            pending: Pending::default(),
            tables: Vec::new(),
            chunks: HashSet::new(),
            sent: HashSet::new(),
            missing: MissingObjects::new(),
            report: PushReport::default(),
        };
        let mut plan = first;
        for _ in 0..ATTEMPTS {
            push.upload(&mut view, &mut plan)?;
            let blocked = push.upload_trees(&view, &plan)?;
            push.flush()?;
            let after = view.reload()?;
            after.check_condemned()?;
            if view.holds_in(&after) {
                return push.publish(&after, blocked);
            }
            // A recipe relies on chunk tables, which may be what is gone.
            push.start_over();
            view = after;
            plan = walk::plan(request.roots, request.cache, &|oid, kind| {
                packed::has(&view, oid, kind)
            })?;
        }
        Err(Error::Unsettled { place: store.place() })
    })
}

/// The roots that this repository has not recorded yet.
fn unrecorded(view: &View<'_>, request: &PushRequest<'_>, left_out: &[usize]) -> Vec<PushedRoot> {
    let pushes = view.indexes().iter().flat_map(|open| &open.index().meta().pushes);
    let known: HashSet<PushedRoot> = pushes
        .filter(|push| push.repository == request.repository)
        .flat_map(|push| push.roots.iter().copied())
        .collect();
    let mut roots: Vec<PushedRoot> = request
        .roots
        .iter()
        .enumerate()
        .filter(|(at, root)| !left_out.contains(at) && root.oid != ObjectId::EMPTY)
        .map(|(_, root)| PushedRoot { oid: root.oid, kind: root_kind(root) })
        .filter(|root| !known.contains(root))
        .collect();
    roots.sort_unstable();
    roots.dedup();
    roots
}

fn root_kind(root: &Root) -> RootKind {
    if root.kind == Kind::Tree { RootKind::Tree } else { RootKind::Blob }
}

fn dry_run(view: &View<'_>, plan: &Plan, request: &PushRequest<'_>) -> Result<PushReport> {
    let mut report = PushReport::default();
    let mut missing: MissingObjects =
        plan.missing.iter().map(|m| ((m.oid, m.kind), m.reason.clone())).collect();
    for blob in &plan.blobs {
        if request.cache.contains(&blob.oid)? {
            report.bytes += blob.size;
            report.objects += 1;
        } else {
            missing.insert((blob.oid, Kind::Blob), Reason::Absent);
        }
    }
    report.objects += plan.trees.len() as u64;
    let trees = plan.trees.iter().map(|tree| tree.size);
    report.bytes = trees.fold(report.bytes, u64::saturating_add);
    let known = |oid: &ObjectId, kind| packed::has(view, oid, kind);
    let blocked = walk::blocked(request.roots, request.cache, &known, &missing)?;
    report.missing = blocked.missing;
    report.incomplete = blocked.roots;
    report.damaged = view.damaged();
    Ok(report)
}

struct Push<'scope, 'env, 'a> {
    scope: &'scope Scope<'scope, 'env>,
    store: &'env dyn Store,
    file: &'a RemoteFile,
    request: &'a PushRequest<'a>,
    uploader: Option<Uploader<'scope>>,
    data: Packer,
    meta: Packer,
    pending: Pending,
    /// Chunk tables that this push published.
    tables: Vec<ObjectId>,
    /// Chunks of this push that no published table names.
    chunks: HashSet<ObjectId>,
    /// Blobs and trees of this push, once it started over.
    sent: HashSet<(ObjectId, Kind)>,
    missing: MissingObjects,
    report: PushReport,
}

impl<'scope, 'env> Push<'scope, 'env, '_> {
    /// Uploads, and takes, the blobs of `plan`. `view` learns of checkpoints.
    fn upload(&mut self, view: &mut View<'env>, plan: &mut Plan) -> Result<()> {
        self.missing.extend(plan.missing.iter().map(|m| ((m.oid, m.kind), m.reason.clone())));
        let progress = self.request.progress;
        // Sizes are what trees say, and those may lie.
        let bytes = plan.trees.iter().map(|tree| tree.size).fold(plan.bytes, u64::saturating_add);
        progress.total((plan.blobs.len() + plan.trees.len()) as u64, bytes);
        let new = |push: &Self, blob: &Object| !push.sent.contains(&(blob.oid, Kind::Blob));
        let limit = self.file.entry_limit;
        let mut small = std::mem::take(&mut plan.blobs);
        small.retain(|blob| new(self, blob));
        let mut large: Vec<Object> = small.iter().filter(|b| b.size >= limit).copied().collect();
        small.retain(|blob| blob.size < limit);
        let parts = split(&small);
        for group in parts.chunks(PARTS) {
            let cache = self.request.cache;
            let done: Vec<Result<Part>> =
                group.par_iter().map(|part| read_part(cache, part, limit)).collect();
            for part in done {
                let part = part?;
                large.extend(&part.large);
                self.add_part(part, Kind::Blob)?;
            }
            self.checkpoint_if_due(view)?;
        }
        for object in large {
            self.add_large(view, object)?;
            self.checkpoint_if_due(view)?;
        }
        Ok(())
    }

    fn add_part(&mut self, part: Part, kind: Kind) -> Result<()> {
        let mut rest = &part.bytes[..];
        let (mut objects, mut bytes) = (0, 0);
        for item in &part.items {
            let (stored, after) = rest.split_at(item.stored);
            rest = after;
            self.add(item.oid, kind, item.encoding, stored, item.raw)?;
            objects += 1;
            bytes += item.raw as u64;
        }
        let missing = part.missing.into_iter().map(|(oid, reason)| ((oid, kind), reason));
        self.missing.extend(missing);
        self.done(objects, bytes);
        Ok(())
    }

    fn done(&mut self, objects: u64, bytes: u64) {
        self.report.objects += objects;
        self.report.bytes += bytes;
        self.request.progress.advance(objects, bytes);
    }

    fn add(
        &mut self,
        oid: ObjectId,
        kind: Kind,
        encoding: Encoding,
        stored: &[u8],
        raw: usize,
    ) -> Result<()> {
        let packer = match kind {
            Kind::Blob | Kind::Chunk => &mut self.data,
            Kind::Tree | Kind::Recipe => &mut self.meta,
        };
        packer.push(oid, kind, encoding, stored, raw).map_err(encoding_error)?;
        if packer.is_full() {
            let uploader = self.uploader.as_ref().expect("taken only to be replaced");
            let sent = packer.close(uploader, &mut self.pending).map_err(encoding_error)?;
            if !sent {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Cuts an object into chunks and uploads those that are not there, then its recipe.
    fn add_large(&mut self, view: &View<'_>, object: Object) -> Result<()> {
        let mut reader = match self.request.cache.open(&object.oid) {
            Ok(reader) => reader,
            Err(error) => {
                self.missing.insert((object.oid, Kind::Blob), walk::reason(error)?);
                return Ok(());
            }
        };
        let mut recipe = Recipe { oid: object.oid, size: 0, chunks: Vec::new() };
        let mut chunks = chunker::chunks(&mut reader, self.file.chunking);
        loop {
            let batch: std::io::Result<Vec<Vec<u8>>> = chunks.by_ref().take(CHUNKS).collect();
            let batch = match batch {
                Ok(batch) => batch,
                // Chunks that went are good chunks; nothing names them yet.
                Err(error) => {
                    let reason = Reason::Damaged(error.to_string());
                    self.missing.insert((object.oid, Kind::Blob), reason);
                    return Ok(());
                }
            };
            if batch.is_empty() {
                break;
            }
            let known = &self.chunks;
            let done: Vec<Result<(Chunk, Option<Part>)>> = batch
                .par_iter()
                .map(|bytes| {
                    let chunk = Chunk { oid: ObjectId::of(bytes), len: bytes.len() as u32 };
                    if known.contains(&chunk.oid) || view.is_live(&chunk.oid, Kind::Chunk) {
                        return Ok((chunk, None));
                    }
                    let mut part = Part::default();
                    part.add(chunk.oid, bytes, DATA_LEVEL)?;
                    Ok((chunk, Some(part)))
                })
                .collect();
            let mut bytes = 0;
            for result in done {
                let (chunk, part) = result?;
                if let Some(part) = part.filter(|_| self.chunks.insert(chunk.oid)) {
                    let item = &part.items[0];
                    self.add(chunk.oid, Kind::Chunk, item.encoding, &part.bytes, item.raw)?;
                }
                recipe.size += u64::from(chunk.len);
                bytes += u64::from(chunk.len);
                recipe.chunks.push(chunk);
            }
            self.done(0, bytes);
        }
        let recipe = recipe.encode();
        let mut part = Part::default();
        part.add(object.oid, &recipe, META_LEVEL)?;
        let item = &part.items[0];
        self.add(object.oid, Kind::Recipe, item.encoding, &part.bytes, item.raw)?;
        self.done(1, 0);
        Ok(())
    }

    /// Uploads the trees of `plan`, but none that needs what is missing.
    fn upload_trees(&mut self, view: &View<'_>, plan: &Plan) -> Result<walk::Blocked> {
        let known = |oid: &ObjectId, kind| packed::has(view, oid, kind);
        let cache = self.request.cache;
        let blocked = walk::blocked(self.request.roots, cache, &known, &self.missing)?;
        let trees: Vec<Object> = plan
            .trees
            .iter()
            .filter(|tree| !blocked.trees.contains(&tree.oid))
            .filter(|tree| !self.sent.contains(&(tree.oid, Kind::Tree)))
            .copied()
            .collect();
        for group in split(&trees).chunks(PARTS) {
            let read = |part: &&[Object]| -> Result<Part> {
                let mut done = Part::default();
                for tree in *part {
                    done.add(tree.oid, &cache.read(&tree.oid)?, META_LEVEL)?;
                }
                Ok(done)
            };
            let done: Vec<Result<Part>> = group.par_iter().map(read).collect();
            for part in done {
                self.add_part(part?, Kind::Tree)?;
            }
        }
        Ok(blocked)
    }

    /// Closes the packs and waits until they are there.
    fn flush(&mut self) -> Result<()> {
        let uploader = self.uploader.take().expect("taken only to be replaced");
        let data = self.data.close(&uploader, &mut self.pending).map_err(encoding_error)?;
        if data {
            self.meta.close(&uploader, &mut self.pending).map_err(encoding_error)?;
        }
        uploader.finish()?;
        self.uploader = Some(Uploader::start(self.scope, self.store));
        Ok(())
    }

    fn checkpoint_if_due(&mut self, view: &mut View<'env>) -> Result<()> {
        let records = self.pending.records.len() + self.pending.chunks.len() + self.data.len();
        if self.pending.bytes < CHECKPOINT_BYTES && records < CHECKPOINT_RECORDS {
            return Ok(());
        }
        self.flush()?;
        self.publish_pending(view, None)?;
        self.report.sent += std::mem::take(&mut self.pending).bytes;
        self.chunks.clear();
        let after = view.reload()?;
        // What the walk relied on and is gone is found by the settling at the end, which compares
        // with this view: it must not hide the loss.
        if view.holds_in(&after) {
            *view = after;
        }
        Ok(())
    }

    /// Publishes the pending records: the chunk table, then the index.
    fn publish_pending(&mut self, view: &View<'_>, push: Option<PushEntry>) -> Result<()> {
        if !self.pending.chunks.is_empty() {
            let (chunks, packs) = (&mut self.pending.chunks, &self.pending.packs);
            let bytes = remote_index::encode(chunks, packs, &Meta::default());
            let id = ObjectId::of(&bytes);
            self.store.put(Name::File(Area::Chunks, id), &bytes)?;
            self.report.sent += bytes.len() as u64;
            self.tables.push(id);
        }
        // The tables of others stay alive as long as recipes here may need them.
        let mut chunk_tables = Vec::new();
        if self.pending.records.iter().any(|record| record[32] == Kind::Recipe as u8) {
            chunk_tables = view.table_ids();
        }
        chunk_tables.extend(&self.tables);
        chunk_tables.sort_unstable();
        chunk_tables.dedup();
        let meta =
            Meta { pushes: push.into_iter().collect(), supersedes: Vec::new(), chunk_tables };
        let (records, packs) = (&mut self.pending.records, &self.pending.packs);
        let bytes = remote_index::encode(records, packs, &meta);
        self.report.sent += bytes.len() as u64;
        self.store.put(Name::File(Area::Index, ObjectId::of(&bytes)), &bytes)
    }

    /// Before starting over: what is there need not go again, but recipes do.
    fn start_over(&mut self) {
        self.pending.records.retain(|record| record[32] != Kind::Recipe as u8);
        let kind = |byte: u8| Kind::from_byte(byte).expect("written by this push");
        let id = |record: &[u8]| ObjectId::from_bytes(record[..32].try_into().expect("32 bytes"));
        self.sent = self.pending.records.iter().map(|r| (id(r), kind(r[32]))).collect();
        self.chunks = self.pending.chunks.iter().map(|r| id(r)).collect();
        self.missing.clear();
    }

    fn publish(mut self, view: &View<'env>, blocked: walk::Blocked) -> Result<PushReport> {
        let roots = unrecorded(view, self.request, &blocked.roots);
        if !roots.is_empty() || !self.pending.is_empty() {
            let entry = PushEntry {
                repository: self.request.repository.to_owned(),
                commit: self.request.commit.to_owned(),
                time: self.request.time,
                roots,
            };
            self.publish_pending(view, Some(entry))?;
            self.report.recorded = true;
            self.report.sent += self.pending.bytes;
            let after = view.reload()?;
            compact::compact(self.store, &after)?;
        }
        if let Some(uploader) = self.uploader.take() {
            uploader.finish()?;
        }
        self.report.missing = blocked.missing;
        self.report.incomplete = blocked.roots;
        self.report.damaged = view.damaged();
        Ok(self.report)
    }
}
