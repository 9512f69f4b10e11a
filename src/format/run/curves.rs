//! All points of a run's curves, compressed: `curves`, or an object of the cache.
//!
//! ```text
//! magic: "mlcv"  version: u32 = 1
//! series: u32
//!   name: u16 bytes of UTF-8, points: u64          for each; names are unique
//! block*                                           to the end
//!   series: u32                                    its position in the table
//!   points: u32                                    1 to 4096
//!   encoding: u8                                   0 stored as it is, 1 one zstd frame (RFC 8878)
//!   stored: u32, bytes
//! ```
//!
//! The blocks of a series hold its points in the order in which they came. Inside of a block stands
//! one column after the other, so that zstd finds like beside like:
//!
//! ```text
//! steps        the difference to the one before as a varint
//! times: u8    0 no point has one, 1 some have
//! times        if 1: the difference of the bits to those of the one before as a varint; a point
//!              without time has the bits of all ones
//! values       bits exclusive-or those of the one before; first the highest byte of each, then the
//!              next
//! ```
//!
//! A varint is LEB128 of the zigzag of a wrapping 64-bit difference. The bits of times that grow do so
//! themselves, whatever their resolution: so steps, times and values all come back bit for bit.
//!
//! A decoder allocates at most one block (115 KB) ahead of what was decoded, and gives up beyond
//! [`MAX_POINTS`].

use std::collections::HashSet;

use super::{MAX_NAME, MAX_SERIES, Point};
use crate::format::{Cursor, Error, Result};

const WHAT: &str = "file of curves";
const MAGIC: &[u8; 4] = b"mlcv";
const VERSION: u32 = 1;
/// Points of one block.
const BLOCK: usize = 4096;
/// The longest that a point can be: two varints and a value.
const MAX_POINT: usize = 10 + 10 + 8;
/// Points of all series together that wait to be compressed, about: 32 MiB.
const MAX_PENDING: usize = 1 << 20;
/// Points of all series together that are decoded, at most.
pub const MAX_POINTS: u64 = 1 << 24;
/// Stands for the time of a point that has none: no number.
const NO_TIME: u64 = u64::MAX;
/// Favours speed: what compresses well does so at any level.
const LEVEL: i32 = 3;

/// Compresses points as they come.
pub struct Encoder {
    series: Vec<Pending>,
    waiting: usize,
    blocks: Vec<u8>,
    compressor: zstd::bulk::Compressor<'static>,
}

struct Pending {
    name: String,
    count: u64,
    points: Vec<Point>,
}

impl Encoder {
    /// # Errors
    /// There is no memory for the compressor.
    pub fn new() -> std::io::Result<Encoder> {
        let compressor = zstd::bulk::Compressor::new(LEVEL)?;
        Ok(Encoder { series: Vec::new(), waiting: 0, blocks: Vec::new(), compressor })
    }

    /// Adds a series; series are numbered from 0 on. Names have to differ and be at most [`MAX_NAME`]
    /// bytes long.
    pub fn add(&mut self, name: &str) {
        self.series.push(Pending { name: name.to_owned(), count: 0, points: Vec::new() });
    }

    /// Takes the series from number `count` on back; they must have no points.
    pub fn truncate(&mut self, count: usize) {
        debug_assert!(self.series[count..].iter().all(|series| series.count == 0));
        self.series.truncate(count);
    }

    /// Adds a point to a series.
    ///
    /// # Errors
    /// The compressor fails, for want of memory.
    pub fn push(&mut self, series: usize, point: Point) -> std::io::Result<()> {
        let pending = &mut self.series[series];
        pending.points.push(point);
        pending.count += 1;
        self.waiting += 1;
        if pending.points.len() == BLOCK {
            self.flush(series)?;
        } else if self.waiting >= MAX_PENDING {
            self.flush_all()?;
        }
        Ok(())
    }

    fn flush_all(&mut self) -> std::io::Result<()> {
        for series in 0..self.series.len() {
            self.flush(series)?;
        }
        Ok(())
    }

    fn flush(&mut self, number: usize) -> std::io::Result<()> {
        let points = &mut self.series[number].points;
        if points.is_empty() {
            return Ok(());
        }
        let raw = columns(points);
        let compressed = self.compressor.compress(&raw)?;
        let (encoding, stored) =
            if compressed.len() < raw.len() { (1, &compressed) } else { (0, &raw) };
        self.blocks.extend((number as u32).to_be_bytes());
        self.blocks.extend((points.len() as u32).to_be_bytes());
        self.blocks.push(encoding);
        self.blocks.extend((stored.len() as u32).to_be_bytes());
        self.blocks.extend_from_slice(stored);
        self.waiting -= points.len();
        points.clear();
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// The compressor fails, for want of memory.
    pub fn finish(mut self) -> std::io::Result<Vec<u8>> {
        self.flush_all()?;
        let mut head = Vec::new();
        head.extend(MAGIC);
        head.extend(VERSION.to_be_bytes());
        head.extend((self.series.len() as u32).to_be_bytes());
        for Pending { name, count, .. } in &self.series {
            head.extend((name.len() as u16).to_be_bytes());
            head.extend(name.as_bytes());
            head.extend(count.to_be_bytes());
        }
        // Moves the blocks within their buffer: no second copy of them.
        self.blocks.splice(..0, head);
        Ok(self.blocks)
    }
}

/// Reads all points, by series in the order of the table.
///
/// # Errors
/// The bytes are not what the format demands, or hold more than [`MAX_POINTS`] points.
pub fn decode(bytes: &[u8]) -> Result<Vec<(String, Vec<Point>)>> {
    let bad = |reason: &str| Error::malformed(WHAT, reason);
    let mut cursor = Cursor::new(bytes, WHAT);
    cursor.header(MAGIC, VERSION)?;
    let count = cursor.u32()? as usize;
    if count > MAX_SERIES {
        return Err(Error::malformed(WHAT, format!("it has more than {MAX_SERIES} series")));
    }
    let (mut series, mut declared, mut names) = (Vec::new(), Vec::new(), HashSet::new());
    for _ in 0..count {
        let len = usize::from(cursor.u16()?);
        let name = str::from_utf8(cursor.take(len)?).map_err(|_| bad("a name is not UTF-8"))?;
        if len > MAX_NAME || !names.insert(name) {
            return Err(bad("a name is too long, or stands twice"));
        }
        series.push((name.to_owned(), Vec::new()));
        declared.push(cursor.u64()?);
    }
    let total = declared.iter().fold(0u64, |total, count| total.saturating_add(*count));
    if total > MAX_POINTS {
        return Err(Error::malformed(WHAT, format!("it has more than {MAX_POINTS} points")));
    }
    let mut decompressor = zstd::bulk::Decompressor::new().map_err(|e| bad(&e.to_string()))?;
    while !cursor.is_empty() {
        let number = cursor.u32()? as usize;
        let count = cursor.u32()? as usize;
        let encoding = cursor.u8()?;
        let len = cursor.u32()? as usize;
        let stored = cursor.take(len)?;
        let (Some((_, points)), 1..=BLOCK) = (series.get_mut(number), count) else {
            return Err(bad("a block has no series, or a count out of range"));
        };
        if (points.len() + count) as u64 > declared[number] {
            return Err(bad("a series has more points than the table says"));
        }
        match encoding {
            0 => read_columns(stored, count, points)?,
            1 => {
                let raw = decompressor
                    .decompress(stored, count * MAX_POINT + 1)
                    .map_err(|error| bad(&format!("a block does not decode: {error}")))?;
                read_columns(&raw, count, points)?;
            }
            _ => return Err(bad("a block has an unknown encoding")),
        }
    }
    if series.iter().zip(&declared).any(|((_, points), count)| points.len() as u64 != *count) {
        return Err(bad("a series has fewer points than the table says"));
    }
    Ok(series)
}

fn time_bits(point: &Point) -> u64 {
    point.time.map_or(NO_TIME, f64::to_bits)
}

fn columns(points: &[Point]) -> Vec<u8> {
    let mut out = Vec::with_capacity(points.len() * 20);
    let mut last = 0;
    for point in points {
        put_varint(&mut out, point.step.wrapping_sub(last));
        last = point.step;
    }
    let timed = points.iter().any(|point| point.time.is_some());
    out.push(u8::from(timed));
    if timed {
        let mut last = 0;
        for bits in points.iter().map(time_bits) {
            put_varint(&mut out, bits.wrapping_sub(last).cast_signed());
            last = bits;
        }
    }
    let mut last = 0;
    let changed: Vec<u64> = points
        .iter()
        .map(|point| {
            let bits = point.value.to_bits();
            let changed = bits ^ last;
            last = bits;
            changed
        })
        .collect();
    for plane in (0..8).rev() {
        out.extend(changed.iter().map(|bits| (bits >> (plane * 8)) as u8));
    }
    out
}

fn read_columns(raw: &[u8], count: usize, into: &mut Vec<Point>) -> Result<()> {
    let bad = |reason: &str| Error::malformed(WHAT, reason);
    let mut cursor = Cursor::new(raw, WHAT);
    let start = into.len();
    let mut step = 0i64;
    for _ in 0..count {
        step = step.wrapping_add(varint(&mut cursor)?);
        into.push(Point { step, time: None, value: 0.0 });
    }
    let points = &mut into[start..];
    match cursor.u8()? {
        0 => {}
        1 => {
            let mut bits = 0u64;
            for point in &mut *points {
                bits = bits.wrapping_add_signed(varint(&mut cursor)?);
                if bits != NO_TIME {
                    let time = f64::from_bits(bits);
                    point.time = Some(time);
                    if !time.is_finite() {
                        return Err(bad("a time is no number"));
                    }
                }
            }
        }
        _ => return Err(bad("a block has times of an unknown kind")),
    }
    let planes = cursor.take(count * 8)?;
    let mut bits = 0u64;
    for (at, point) in points.iter_mut().enumerate() {
        let changed =
            (0..8).fold(0, |bits, plane| bits << 8 | u64::from(planes[plane * count + at]));
        bits ^= changed;
        point.value = f64::from_bits(bits);
    }
    if cursor.is_empty() { Ok(()) } else { Err(bad("a block has bytes left over")) }
}

fn put_varint(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

fn varint(cursor: &mut Cursor<'_>) -> Result<i64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = cursor.u8()?;
        let bits = u64::from(byte & 0x7f);
        if shift == 63 && bits > 1 {
            break;
        }
        value |= bits << shift;
        if byte < 0x80 {
            return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
        }
    }
    Err(Error::malformed(WHAT, "a number has more than 64 bits"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Series = Vec<(String, Vec<Point>)>;

    /// In rounds, as stages log: a point of each series, then the next.
    fn encode(series: &Series) -> Vec<u8> {
        let mut encoder = Encoder::new().expect("memory");
        series.iter().for_each(|(name, _)| encoder.add(name));
        let longest = series.iter().map(|(_, points)| points.len()).max().unwrap_or(0);
        for round in 0..longest {
            for (number, (_, points)) in series.iter().enumerate() {
                if let Some(point) = points.get(round) {
                    encoder.push(number, *point).expect("memory");
                }
            }
        }
        encoder.finish().expect("memory")
    }

    /// Bits, because NaN is not equal to itself.
    fn bits(series: &Series) -> Vec<(&str, Vec<(i64, u64, u64)>)> {
        let point = |point: &Point| (point.step, time_bits(point), point.value.to_bits());
        series
            .iter()
            .map(|(name, points)| (&name[..], points.iter().map(point).collect()))
            .collect()
    }

    fn point() -> impl Strategy<Value = Point> {
        let time =
            proptest::option::of(any::<f64>().prop_filter("finite", |time| time.is_finite()));
        let step = prop_oneof![0..9i64, any::<i64>()];
        let value = prop_oneof![any::<f64>(), any::<u64>().prop_map(f64::from_bits)];
        (step, time, value).prop_map(|(step, time, value)| Point { step, time, value })
    }

    fn all() -> impl Strategy<Value = Series> {
        let points = proptest::collection::vec(point(), 1..20);
        proptest::collection::btree_map(".{0,8}", points, 0..4)
            .prop_map(|map| map.into_iter().collect())
    }

    proptest! {
        #[test]
        fn points_come_back_bit_for_bit(series in all()) {
            let bytes = encode(&series);
            let found = decode(&bytes).expect("what was encoded");
            prop_assert_eq!(bits(&found), bits(&series));
        }

        #[test]
        fn damaged_bytes_never_panic(series in all(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let mut bytes = encode(&series);
            let end = cut.index(bytes.len());
            prop_assert!(decode(&bytes[..end]).is_err(), "cut off at {}", end);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = decode(&bytes);
        }

        #[test]
        fn no_bytes_make_the_decoder_panic(bytes: Vec<u8>) {
            let mut whole = encode(&vec![("a".to_owned(), Vec::new())]);
            whole.extend(&bytes);
            let _ = decode(&whole);
            let _ = decode(&bytes);
        }

        #[test]
        fn varints_come_back(value: i64) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            prop_assert_eq!(varint(&mut Cursor::new(&bytes, WHAT)), Ok(value));
        }
    }

    #[test]
    fn long_series_take_several_blocks_and_regular_ones_little_room() {
        let points = (0..10_000u32).map(|at| Point {
            step: i64::from(at),
            time: Some(1_767_225_600.0 + f64::from(at) / 8.0),
            value: f64::from((f64::from(at) / 100.0).sin() as f32),
        });
        let series = vec![("loss".to_owned(), points.collect())];
        let bytes = encode(&series);
        assert!(bytes.len() < 45_000, "{}", bytes.len());
        assert_eq!(bits(&decode(&bytes).expect("valid")), bits(&series));
    }

    #[test]
    fn the_layout_is_fixed() {
        // Too few points for zstd, which another release may write otherwise.
        let point = |step, time, value| Point { step, time, value };
        let series = vec![
            ("loss".to_owned(), vec![point(0, Some(1.5), 0.5), point(-3, None, f64::NAN)]),
            ("é".to_owned(), vec![point(i64::MAX, None, f64::NEG_INFINITY)]),
        ];
        let bytes = encode(&series);
        crate::fs::golden::check("curves", &bytes);
        assert_eq!(bits(&decode(&bytes).expect("valid")), bits(&series));
    }

    #[test]
    fn what_is_declared_and_not_there_is_refused_before_it_takes_memory() {
        let series = vec![("a".to_owned(), vec![Point { step: 0, time: None, value: 1.0 }; 4096])];
        let good = encode(&series);
        let refused = |bytes: &[u8]| decode(bytes).expect_err("malformed").to_string();
        let table = 4 + 4 + 4 + 2 + 1;
        let mut more = good.clone();
        more[table..table + 8].copy_from_slice(&u64::MAX.to_be_bytes());
        assert!(refused(&more).contains("more than 16777216 points"), "{}", refused(&more));
        let mut fewer = good.clone();
        fewer[table..table + 8].copy_from_slice(&4095u64.to_be_bytes());
        assert!(refused(&fewer).contains("more points than the table says"));
        // A frame that says more than the count allows.
        let bomb = zstd::bulk::compress(&vec![0; 1 << 20], 3).expect("compresses");
        let mut bytes = good[..table + 8].to_vec();
        bytes.extend([0, 0, 0, 0, 0, 0, 16, 0, 1]);
        bytes.extend((bomb.len() as u32).to_be_bytes());
        bytes.extend(&bomb);
        assert!(refused(&bytes).contains("does not decode"), "{}", refused(&bytes));
        let mut later = good;
        later[7] = 2;
        assert!(matches!(decode(&later), Err(Error::Version { found: 2, .. })));
    }
}
