//! Fetching objects that are stored as chunks.
//!
//! The object is written to a temporary file window by window and hashed whole; only if the hash is
//! wrong are the chunks hashed, to name the bad one.

use std::io::Write as _;

use rayon::prelude::*;

use super::fetch::Fetch;
use super::ranges::{read_one, read_run, runs};
use super::{Reason, Result};
use crate::format::recipe::Recipe;
use crate::format::remote_index::Place;
use crate::format::{Hasher, Kind, ObjectId};
use crate::fs::At as _;

/// Chunks are fetched together until they have this many bytes.
const WINDOW: u64 = 16 << 20;

/// A chunk's bytes in the order of the recipe, or what is wrong.
type Window = Result<Vec<Vec<u8>>, String>;

/// Fetches objects with the sizes that their directories say; zero is unknown.
pub(super) fn fetch(fetch: &mut Fetch<'_>, objects: &[(ObjectId, u64)]) -> Result<()> {
    for (oid, size) in objects {
        if let Err(reason) = fetch_one(fetch, oid, *size)? {
            fetch.fail(*oid, Kind::Blob, Reason::Damaged(reason));
        }
        fetch.sink.finish_if_due()?;
    }
    Ok(())
}

fn fetch_one(fetch: &Fetch<'_>, oid: &ObjectId, size: u64) -> Result<Result<(), String>> {
    let recipe = match read_recipe(fetch, oid)? {
        Ok(recipe) => recipe,
        Err(reason) => return Ok(Err(reason)),
    };
    if size != 0 && recipe.size != size {
        let (says, has) = (size, recipe.size);
        return Ok(Err(format!(
            "its directory says that it has {says} bytes, the remote has {has}"
        )));
    }
    let mut places = Vec::with_capacity(recipe.chunks.len());
    for chunk in &recipe.chunks {
        match fetch.view.find(&chunk.oid, Kind::Chunk) {
            Some(place) if place.record.raw == chunk.len => places.push(place),
            Some(_) => return Ok(Err(format!("chunk {} has another length", chunk.oid))),
            None => return Ok(Err(format!("chunk {} is not on the remote", chunk.oid))),
        }
    }
    let windows = windows(&places);
    let mut file = fetch.sink.writer().temp()?;
    let path = file.path().to_owned();
    let mut hasher = Hasher::new();
    let mut next = windows.first().map(|window| read_window(fetch, window));
    for at in 0..windows.len() {
        let pieces = match next.take().expect("one window ahead")? {
            Ok(pieces) => pieces,
            Err(reason) => return Ok(Err(reason)),
        };
        // One window is written and hashed while the next is fetched.
        let (written, ahead) = rayon::join(
            || -> std::io::Result<u64> {
                let mut count = 0;
                for piece in &pieces {
                    file.write_all(piece)?;
                    hasher.update(piece);
                    count += piece.len() as u64;
                }
                Ok(count)
            },
            || windows.get(at + 1).map(|window| read_window(fetch, window)),
        );
        fetch.request.progress.advance(0, written.at("write", &path)?);
        next = ahead;
    }
    let found = hasher.finish();
    if found != *oid {
        return Ok(Err(bad_chunk(fetch, &places, found)?));
    }
    fetch.sink.writer().put_loose(*oid, file)?;
    fetch.sink.count(recipe.size);
    fetch.request.progress.advance(1, 0);
    Ok(Ok(()))
}

fn read_recipe(fetch: &Fetch<'_>, oid: &ObjectId) -> Result<Result<Recipe, String>> {
    let mut first = None;
    for place in fetch.view.places(oid, Kind::Recipe) {
        let (bytes, received) = read_one(fetch.store, &place)?;
        fetch.receive(received);
        let recipe = bytes.and_then(|bytes| {
            let recipe = Recipe::decode(&bytes).map_err(|error| error.to_string())?;
            if recipe.oid == *oid { Ok(recipe) } else { Err("its recipe makes another".into()) }
        });
        match recipe {
            Ok(recipe) => return Ok(Ok(recipe)),
            Err(reason) => first = first.or(Some(reason)),
        }
    }
    Ok(Err(first.unwrap_or_else(|| "its recipe is not on the remote".into())))
}

/// Cuts the chunks of an object into portions that fit into memory together.
fn windows(places: &[Place]) -> Vec<&[Place]> {
    let mut windows = Vec::new();
    let mut rest = places;
    while !rest.is_empty() {
        let mut bytes = 0;
        let count = rest
            .iter()
            .take_while(|place| {
                let room = bytes < WINDOW;
                bytes += u64::from(place.record.raw);
                room
            })
            .count();
        let (window, after) = rest.split_at(count.max(1));
        windows.push(window);
        rest = after;
    }
    windows
}

/// Chunks of one object follow each other in a pack as a rule: what does is read with one request.
fn read_window(fetch: &Fetch<'_>, places: &[Place]) -> Result<Window> {
    let slices = in_order(places);
    let read: Vec<Result<Window>> = slices
        .par_iter()
        .map(|places| {
            let mut pieces = Vec::with_capacity(places.len());
            let mut reason = None;
            for run in runs(places) {
                let received = read_run(fetch.store, &run, &mut |place, bytes| {
                    match bytes {
                        Ok(bytes) => pieces.push(bytes),
                        Err(why) => {
                            reason = Some(format!("chunk {}: {why}", place.record.oid));
                        }
                    }
                    Ok(())
                })?;
                fetch.receive(received);
            }
            Ok(reason.map_or(Ok(pieces), Err))
        })
        .collect();
    let mut all = Vec::with_capacity(places.len());
    for window in read {
        match window? {
            Ok(pieces) => all.extend(pieces),
            Err(reason) => return Ok(Err(reason)),
        }
    }
    Ok(Ok(all))
}

/// Splits where the next chunk does not lie behind the one before.
fn in_order(places: &[Place]) -> Vec<&[Place]> {
    let follows = |a: &Place, b: &Place| {
        a.pack == b.pack && a.record.offset + u64::from(a.record.stored) == b.record.offset
    };
    places.chunk_by(follows).collect()
}

/// Says which chunk is to blame for a wrong hash.
fn bad_chunk(fetch: &Fetch<'_>, places: &[Place], found: ObjectId) -> Result<String> {
    for place in places {
        let (bytes, _) = read_one(fetch.store, place)?;
        let chunk = place.record.oid;
        let pack = place.pack.to_hex();
        match bytes {
            Ok(bytes) if ObjectId::of(&bytes) == chunk => {}
            Ok(_) => return Ok(format!("chunk {chunk} in `packs/{pack}` is damaged")),
            Err(reason) => return Ok(format!("chunk {chunk}: {reason}")),
        }
    }
    Ok(format!("its chunks are whole, but together they are {found}"))
}
