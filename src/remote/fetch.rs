//! The fetch: listings first, then what of them is selected and not here.
//!
//! Trees come level by level in batches, out of meta packs; then the blobs that are stored whole, in
//! the order in which they lie in the packs; then the large ones, chunk by chunk. What arrived is
//! made durable from time to time, so that an interrupted fetch goes on from there.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::places::Places;
use super::store::Store;
use super::view::View;
use super::{
    FetchReport, FetchRequest, Missing, Reason, Result, fetch_blobs, fetch_large, fetch_trees,
};
use crate::cache::{Cache, CacheLock, Writer};
use crate::format::remote_index::Place;
use crate::format::{Kind, ObjectId};

/// What arrived is made durable at the latest after so many bytes or objects.
const FINISH_BYTES: u64 = 256 << 20;
const FINISH_OBJECTS: u64 = if cfg!(test) { 20 } else { 50_000 };

/// What there is to download besides trees.
#[derive(Default)]
pub(super) struct Wanted {
    /// Objects stored whole.
    pub whole: Places,
    /// Objects stored as chunks, with their size in bytes.
    pub large: Vec<(ObjectId, u64)>,
}

pub(super) struct Fetch<'a> {
    pub store: &'a dyn Store,
    pub view: View<'a>,
    pub request: &'a FetchRequest<'a>,
    pub sink: Sink<'a>,
    pub failures: Mutex<HashMap<(ObjectId, Kind), Reason>>,
    pub received: AtomicU64,
}

impl Fetch<'_> {
    pub fn fail(&self, oid: ObjectId, kind: Kind, reason: Reason) {
        self.failures.lock().expect("no panic while holding the lock").insert((oid, kind), reason);
    }

    pub fn receive(&self, bytes: u64) {
        self.received.fetch_add(bytes, Ordering::Relaxed);
    }
}

pub(super) fn fetch(
    store: &dyn Store,
    local: &Path,
    request: &FetchRequest<'_>,
) -> Result<FetchReport> {
    let mut fetch = Fetch {
        store,
        view: View::load(store, local)?,
        request,
        sink: Sink::new(request.cache, request.lock),
        failures: Mutex::default(),
        received: AtomicU64::new(0),
    };
    let mut report = FetchReport::default();
    let wanted = collect(&mut fetch, &mut report)?;
    let whole = wanted.whole.raw();
    let large: u64 = wanted.large.iter().map(|(_, size)| size).sum();
    let count = (wanted.whole.len() + wanted.large.len()) as u64;
    if request.dry_run {
        report.objects = count;
        report.bytes = whole.saturating_add(large);
    } else {
        request.progress.total(count, whole.saturating_add(large));
        let done = fetch_blobs::fetch(&mut fetch, &wanted.whole)
            .and_then(|()| fetch_large::fetch(&mut fetch, &wanted.large));
        // What arrived before an error is kept.
        fetch.sink.finish()?;
        done?;
    }
    report.objects += fetch.sink.objects_total.load(Ordering::Relaxed);
    report.bytes += fetch.sink.bytes_total.load(Ordering::Relaxed);
    report.received = fetch.received.load(Ordering::Relaxed);
    name_failures(&mut fetch, &mut report)?;
    report.missing.sort_by(|a, b| (&a.path, a.oid).cmp(&(&b.path, b.oid)));
    report.damaged = fetch.view.damaged();
    Ok(report)
}

/// Brings the trees, and says which blobs are to come.
fn collect(fetch: &mut Fetch<'_>, report: &mut FetchReport) -> Result<Wanted> {
    let mut wanted = Wanted::default();
    let mut absent = HashSet::new();
    let cache = fetch.request.cache;
    fetch_trees::descend(fetch, &mut |fetch, file| {
        if file.oid == ObjectId::EMPTY || cache.contains_quick(&file.oid)? {
            return Ok(());
        }
        let view = &fetch.view;
        let place = view.find(&file.oid, Kind::Blob);
        // A directory's listing may be somebody's file, too.
        let place = place.or_else(|| view.find(&file.oid, Kind::Tree));
        let known = place.is_some() || view.find(&file.oid, Kind::Recipe).is_some();
        let lies =
            |place: &Place| file.size.is_some_and(|size| size != u64::from(place.record.raw));
        let reason = match place {
            _ if !known => Reason::Absent,
            Some(place) if lies(&place) => Reason::Damaged(format!(
                "its directory says that it has {} bytes, the remote has {}",
                file.size.unwrap_or_default(),
                place.record.raw
            )),
            Some(place) => {
                wanted.whole.push(&place);
                return Ok(());
            }
            None => {
                wanted.large.push((file.oid, file.size.unwrap_or(0)));
                return Ok(());
            }
        };
        // A pack that another process wrote meanwhile, or a list of packs read too early.
        if absent.insert(file.oid) && !cache.contains(&file.oid)? {
            let path = file.path();
            report.missing.push(Missing { oid: file.oid, kind: Kind::Blob, path, reason });
        }
        Ok(())
    })?;
    fetch.sink.finish()?;
    fetch.view.shed();
    wanted.whole.sort();
    wanted.large.sort_unstable();
    wanted.large.dedup_by_key(|(oid, _)| *oid);
    Ok(wanted)
}

/// Finds a path for everything that could not be had: one more walk, over what is here.
fn name_failures(fetch: &mut Fetch<'_>, report: &mut FetchReport) -> Result<()> {
    let mut failures = std::mem::take(&mut *fetch.failures.lock().expect("the last user"));
    if failures.is_empty() {
        return Ok(());
    }
    for ((oid, kind), path) in fetch_trees::take_names(fetch, &failures)? {
        if let Some(reason) = failures.remove(&(oid, kind)) {
            report.missing.push(Missing { oid, kind, path, reason });
        }
    }
    // Not met again: below a tree that failed too.
    let mut rest: Vec<_> = failures.into_iter().collect();
    rest.sort_unstable_by_key(|(key, _)| *key);
    for ((oid, kind), reason) in rest {
        report.missing.push(Missing { oid, kind, path: Vec::new(), reason });
    }
    Ok(())
}

/// Stores what arrives, and makes it durable in portions.
pub(super) struct Sink<'a> {
    cache: &'a Cache,
    lock: &'a CacheLock,
    writer: Option<Writer<'a>>,
    bytes: AtomicU64,
    objects: AtomicU64,
    bytes_total: AtomicU64,
    objects_total: AtomicU64,
}

impl<'a> Sink<'a> {
    fn new(cache: &'a Cache, lock: &'a CacheLock) -> Self {
        Sink {
            cache,
            lock,
            writer: Some(cache.writer(lock)),
            bytes: AtomicU64::new(0),
            objects: AtomicU64::new(0),
            bytes_total: AtomicU64::new(0),
            objects_total: AtomicU64::new(0),
        }
    }

    pub fn writer(&self) -> &Writer<'a> {
        self.writer.as_ref().expect("taken only to be replaced")
    }

    pub fn count(&self, bytes: u64) {
        for (counter, by) in [
            (&self.bytes, bytes),
            (&self.bytes_total, bytes),
            (&self.objects, 1),
            (&self.objects_total, 1),
        ] {
            counter.fetch_add(by, Ordering::Relaxed);
        }
    }

    /// Makes everything durable that was stored, if that is much.
    pub fn finish_if_due(&mut self) -> Result<()> {
        let bytes = *self.bytes.get_mut();
        if bytes >= FINISH_BYTES || *self.objects.get_mut() >= FINISH_OBJECTS {
            self.finish()?;
        }
        Ok(())
    }

    pub fn finish(&mut self) -> Result<()> {
        if *self.objects.get_mut() == 0 {
            return Ok(());
        }
        let writer = self.writer.replace(self.cache.writer(self.lock));
        writer.expect("taken only to be replaced").finish()?;
        *self.bytes.get_mut() = 0;
        *self.objects.get_mut() = 0;
        Ok(())
    }
}
