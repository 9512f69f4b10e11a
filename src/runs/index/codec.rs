//! The file of the index.
//!
//! # Format, version 1
//!
//! ```text
//! "MLRI"  version: u32 = 1
//! tip:    id       the store's commit; empty if something of it has to be looked for again
//! shards: u32 count, then each  u8 shard, id of runs, id of annotations
//! texts:  u32 count, then u32 where each ends; then the UTF-8 bytes of all
//! rows:   u32 count, then each, newest first
//!   id: 16 bytes   tree: id   annotations: id   parent: u8 length (0, 16), bytes
//!   kind: u8   status: u8   how: u8 (0: none)   flags: u8 (1 dirty, 2 deleted)
//!   exit code: u8 whether, u32    order: i64     started: i64 seconds, u32 nanoseconds
//!   duration: f64                 cpu: u8 whether, f64     memory: u8 whether, u64
//!   texts: u32 each (2³² - 1: none)              values: u32 count
//! values: those of all rows, 14 bytes each: u8 group, u8 tag, u32 key, 8 bytes
//! unreadable: u32 count, then each  u8 shard, path, reason: u32 length, bytes
//! check:  u64      XXH3-64 of everything before
//!
//! id: u8 length (0: none), bytes
//! ```
//!
//! All integers are big-endian. The file belongs to one clone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use super::row::{Row, TEXTS};
use super::strings::{Strings, Symbol};
use super::{Runs, Shard, Unreadable};
use crate::format::run::{How, Kind, RunId, Status};
use crate::format::{Cursor, Error};
use crate::git::GitId;

const MAGIC: &[u8; 4] = b"MLRI";
const VERSION: u32 = 1;
const WHAT: &str = "index of runs";

const KINDS: [Kind; 3] = [Kind::Pipeline, Kind::Stage, Kind::Exec];
const STATUSES: [Status; 4] =
    [Status::Finished, Status::Failed, Status::Interrupted, Status::Killed];
const HOWS: [How; 6] =
    [How::Ran, How::Adopted, How::Restored, How::Reused, How::Unchanged, How::Skipped];

const DIRTY: u8 = 1;
const DELETED: u8 = 2;

/// The bytes of the file. One that is not complete has no tip, so that its reader goes on with it.
pub(super) fn encode(runs: &Runs, is_complete: bool) -> Vec<u8> {
    let strings = runs.strings.text();
    let ends = runs.strings.ends();
    let mut out = Out(Vec::with_capacity(
        strings.len() + ends.len() * 4 + runs.rows.len() * 220 + runs.values.len() * 14 + 8192,
    ));
    out.put(MAGIC);
    out.u32(VERSION);
    out.id(runs.tip.filter(|_| is_complete).map(GitId::from));
    out.count(runs.shards.len());
    for (&number, shard) in &runs.shards {
        out.put(&[number]);
        out.id(shard.runs);
        out.id(shard.annotations);
    }
    out.count(ends.len());
    ends.iter().for_each(|end| out.u32(*end));
    out.put(strings.as_bytes());
    out.count(runs.rows.len());
    for row in &runs.rows {
        out.row(row);
    }
    for row in &runs.rows {
        let end = row.first_value + row.values;
        out.put(runs.values[row.first_value..end].as_flattened());
    }
    out.count(runs.unreadable.len());
    for unreadable in &runs.unreadable {
        out.put(&[unreadable.shard]);
        out.text(&unreadable.path);
        out.text(&unreadable.reason);
    }
    let check = xxh3_64(&out.0);
    out.put(&check.to_be_bytes());
    out.0
}

struct Out(Vec<u8>);

impl Out {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn u32(&mut self, number: u32) {
        self.put(&number.to_be_bytes());
    }

    fn count(&mut self, count: usize) {
        self.u32(u32::try_from(count).expect("an index has less than four billion of anything"));
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.put(text.as_bytes());
    }

    fn id(&mut self, id: Option<GitId>) {
        let bytes = id.as_ref().map_or(&[][..], GitId::as_bytes);
        self.put(&[bytes.len() as u8]);
        self.put(bytes);
    }

    fn option(&mut self, number: Option<u64>) {
        self.put(&[u8::from(number.is_some())]);
        self.put(&number.unwrap_or_default().to_be_bytes());
    }

    fn row(&mut self, row: &Row) {
        self.put(row.id.as_bytes());
        self.id(Some(row.tree));
        self.id(row.annotations);
        let parent = row.parent.as_ref().map_or(&[][..], |parent| &parent.as_bytes()[..]);
        self.put(&[parent.len() as u8]);
        self.put(parent);
        let how = row.how.map_or(0, |how| 1 + at(&HOWS, how));
        let flags =
            (if row.is_dirty { DIRTY } else { 0 }) | if row.is_deleted { DELETED } else { 0 };
        self.put(&[at(&KINDS, row.kind), at(&STATUSES, row.status), how, flags]);
        self.put(&[u8::from(row.exit_code.is_some())]);
        self.u32(row.exit_code.unwrap_or_default().cast_unsigned());
        self.put(&row.order.to_be_bytes());
        // Before 1970, seconds and nanoseconds are both negative.
        self.put(&row.started.as_second().to_be_bytes());
        self.u32(row.started.subsec_nanosecond().cast_unsigned());
        self.put(&row.duration.to_bits().to_be_bytes());
        self.option(row.cpu.map(f64::to_bits));
        self.option(row.memory);
        row.texts.iter().for_each(|text| self.u32(text.0));
        self.count(row.values);
    }
}

fn at<T: PartialEq>(all: &[T], one: T) -> u8 {
    all.iter().position(|other| *other == one).expect("all are listed") as u8
}

/// The commit that the index was made from, if it is complete, and the index.
///
/// # Errors
/// The bytes are damaged, or of another version.
pub(super) fn decode(bytes: &[u8]) -> Result<(Option<GitId>, Runs), Error> {
    let bad = |reason| Error::malformed(WHAT, reason);
    let body = bytes.len().checked_sub(8).ok_or_else(|| bad("it is too short"))?;
    let (body, check) = bytes.split_at(body);
    if xxh3_64(body).to_be_bytes() != *check {
        return Err(bad("its checksum does not fit"));
    }
    let mut cursor = Cursor::new(body, WHAT);
    cursor.header(MAGIC, VERSION)?;
    let tip = id(&mut cursor)?;
    let mut shards = BTreeMap::new();
    for _ in 0..cursor.u32()? {
        let number = cursor.u8()?;
        shards.insert(number, Shard { runs: id(&mut cursor)?, annotations: id(&mut cursor)? });
    }
    let strings = strings(&mut cursor)?;
    let count = cursor.u32()? as usize;
    let mut rows = Vec::with_capacity(count.min(cursor.remaining() / 100));
    let mut values = 0;
    for _ in 0..count {
        let row = row(&mut cursor, values)?;
        values += row.values;
        rows.push(row);
    }
    let packed = values.checked_mul(14).ok_or_else(|| bad("it has too many values"))?;
    let values = cursor.take(packed)?.as_chunks().0.to_vec();
    let mut unreadable = Vec::new();
    for _ in 0..cursor.u32()? {
        let shard = cursor.u8()?;
        let (path, reason) = (text(&mut cursor)?, text(&mut cursor)?);
        unreadable.push(Unreadable { shard, path, reason });
    }
    if !cursor.is_empty() {
        return Err(bad("bytes are left over"));
    }
    Ok((tip, Runs { tip: None, shards, strings, rows, values, unreadable }))
}

fn strings(cursor: &mut Cursor<'_>) -> Result<Strings, Error> {
    let bad = |reason| Error::malformed(WHAT, reason);
    let count = cursor.u32()? as usize;
    let ends = cursor.take(count.checked_mul(4).ok_or_else(|| bad("it has too many texts"))?)?;
    let ends: Vec<u32> = ends.as_chunks().0.iter().map(|end| u32::from_be_bytes(*end)).collect();
    let text = std::str::from_utf8(cursor.take(ends.last().copied().unwrap_or(0) as usize)?);
    let text = text.map_err(|_| bad("a text is not UTF-8"))?;
    if !ends.is_sorted() {
        return Err(bad("its texts are not in order"));
    }
    Ok(Strings::new(text.to_owned(), ends))
}

fn id(cursor: &mut Cursor<'_>) -> Result<Option<GitId>, Error> {
    let len = cursor.u8()?;
    if len == 0 {
        return Ok(None);
    }
    let id = GitId::from_bytes(cursor.take(len.into())?);
    id.map(Some).ok_or_else(|| Error::malformed(WHAT, "an id is too short or too long"))
}

fn text(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    let len = cursor.u32()? as usize;
    let bytes = cursor.take(len)?.to_vec();
    String::from_utf8(bytes).map_err(|_| Error::malformed(WHAT, "a text is not UTF-8"))
}

fn run_id(bytes: &[u8]) -> Result<RunId, Error> {
    let bytes = bytes.try_into();
    bytes.map(RunId::from_bytes).map_err(|_| Error::malformed(WHAT, "an id is too short or long"))
}

fn option(cursor: &mut Cursor<'_>) -> Result<Option<u64>, Error> {
    let is_there = cursor.u8()? != 0;
    Ok(Some(cursor.u64()?).filter(|_| is_there))
}

fn row(cursor: &mut Cursor<'_>, first_value: usize) -> Result<Row, Error> {
    let bad = |reason| Error::malformed(WHAT, reason);
    let unknown = || bad("it has a word that this version does not know");
    let run = run_id(cursor.take(16)?)?;
    let tree = id(cursor)?.ok_or_else(|| bad("a run has no tree"))?;
    let annotations = id(cursor)?;
    let parent = match cursor.u8()? {
        0 => None,
        len => Some(run_id(cursor.take(len.into())?)?),
    };
    let kind = *KINDS.get(usize::from(cursor.u8()?)).ok_or_else(unknown)?;
    let status = *STATUSES.get(usize::from(cursor.u8()?)).ok_or_else(unknown)?;
    let how = match cursor.u8()? {
        0 => None,
        how => Some(*HOWS.get(usize::from(how) - 1).ok_or_else(unknown)?),
    };
    let flags = cursor.u8()?;
    let has_exit_code = cursor.u8()? != 0;
    let exit_code = Some(cursor.u32()?.cast_signed()).filter(|_| has_exit_code);
    let order = cursor.i64()?;
    let started = Timestamp::new(cursor.i64()?, cursor.u32()?.cast_signed());
    let started = started.map_err(|_| bad("a time is out of range"))?;
    let duration = f64::from_bits(cursor.u64()?);
    let cpu = option(cursor)?.map(f64::from_bits);
    let memory = option(cursor)?;
    let mut texts = [Symbol::NONE; TEXTS];
    for text in &mut texts {
        *text = Symbol(cursor.u32()?);
    }
    Ok(Row {
        id: run,
        tree,
        annotations,
        parent,
        kind,
        status,
        how,
        exit_code,
        order,
        started,
        duration,
        cpu,
        memory,
        is_dirty: flags & DIRTY != 0,
        is_deleted: flags & DELETED != 0,
        texts,
        first_value,
        values: cursor.u32()? as usize,
    })
}
