//! Fetching objects that are stored whole.

use std::sync::Mutex;

use rayon::prelude::*;

use super::fetch::Fetch;
use super::places::Places;
use super::ranges::{Run, read_one, read_run, runs};
use super::{Reason, Result};
use crate::cache;
use crate::format::remote_index::Place;
use crate::format::{Kind, ObjectId};

/// So many objects, or bytes of them when decoded, are in work at a time.
const WINDOW_BYTES: u64 = 64 << 20;
const WINDOW_OBJECTS: usize = if cfg!(test) { 10 } else { 25_000 };

/// Fetches `places`, which are in the order in which they lie.
pub(super) fn fetch(fetch: &mut Fetch<'_>, places: &Places) -> Result<()> {
    let mut done = 0;
    while done < places.len() {
        let window = places.window(done, WINDOW_OBJECTS, WINDOW_BYTES);
        done += window.len();
        let window = runs(&window);
        let bad: Mutex<Vec<(Place, String)>> = Mutex::default();
        window.par_iter().try_for_each(|run| fetch_run(fetch, run, &bad))?;
        let mut bad = bad.into_inner().expect("the last user");
        bad.sort_unstable_by_key(|(place, _)| super::ranges::key(place));
        for (place, reason) in bad {
            elsewhere(fetch, &place, reason)?;
        }
        fetch.sink.finish_if_due()?;
    }
    Ok(())
}

fn fetch_run(fetch: &Fetch<'_>, run: &Run<'_>, bad: &Mutex<Vec<(Place, String)>>) -> Result<()> {
    let (mut objects, mut done) = (0, 0);
    let received = read_run(fetch.store, run, &mut |place, bytes| {
        match accept(fetch, &place.record.oid, bytes)? {
            Ok(len) => {
                objects += 1;
                done += len;
            }
            Err(reason) => {
                bad.lock().expect("no panic while holding the lock").push((*place, reason));
            }
        }
        Ok(())
    })?;
    fetch.receive(received);
    fetch.request.progress.advance(objects, done);
    Ok(())
}

/// Checks and stores the bytes of an object; says how many they were.
fn accept(
    fetch: &Fetch<'_>,
    oid: &ObjectId,
    bytes: Result<Vec<u8>, String>,
) -> Result<Result<u64, String>> {
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(reason) => return Ok(Err(reason)),
    };
    match fetch.sink.writer().put_checked(*oid, Kind::Blob, &bytes) {
        Ok(()) => {
            fetch.sink.count(bytes.len() as u64);
            Ok(Ok(bytes.len() as u64))
        }
        Err(cache::Error::Mismatch { found, .. }) => {
            Ok(Err(format!("its bytes on the remote are those of {found}")))
        }
        Err(error) => Err(error.into()),
    }
}

/// Tries the other places that an object has, and notes the failure if there is none.
fn elsewhere(fetch: &Fetch<'_>, place: &Place, reason: String) -> Result<()> {
    let oid = place.record.oid;
    for other in fetch.view.others(&oid, Kind::Blob, place) {
        let (bytes, received) = read_one(fetch.store, &other)?;
        fetch.receive(received);
        if let Ok(len) = accept(fetch, &oid, bytes)? {
            fetch.request.progress.advance(1, len);
            return Ok(());
        }
    }
    fetch.fail(oid, Kind::Blob, Reason::Damaged(reason));
    Ok(())
}
