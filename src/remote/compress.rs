//! Compression where it pays.

use std::cell::RefCell;
use std::io;

use crate::format::pack::Encoding;

/// Bytes that compression has to save, as a part of a hundred, to be worth its decompression.
const WORTH: usize = 3;
/// Objects of more bytes than this are judged by a sample first.
const PROBE_FROM: usize = 64 << 10;
const PROBE: usize = 16 << 10;
/// Fewer bytes than this are never compressed: a frame costs about a dozen.
const TINY: usize = 48;

/// For file contents: about as fast as hashing.
pub(super) const DATA_LEVEL: i32 = 1;
/// For listings and recipes.
pub(super) const META_LEVEL: i32 = 3;

/// Appends `bytes`, compressed if that pays, to `out`.
pub(super) fn append(bytes: &[u8], level: i32, out: &mut Vec<u8>) -> io::Result<Encoding> {
    if bytes.len() >= TINY && (bytes.len() <= PROBE_FROM || sample_pays(bytes, level)?) {
        let start = out.len();
        out.resize(start + zstd::zstd_safe::compress_bound(bytes.len()), 0);
        let stored = with_compressor(level, |c| c.compress_to_buffer(bytes, &mut out[start..]))?;
        if pays(stored, bytes.len()) {
            out.truncate(start + stored);
            return Ok(Encoding::Zstd);
        }
        out.truncate(start);
    }
    out.extend_from_slice(bytes);
    Ok(Encoding::Raw)
}

fn pays(stored: usize, raw: usize) -> bool {
    stored <= raw - raw * WORTH / 100
}

fn sample_pays(bytes: &[u8], level: i32) -> io::Result<bool> {
    let start = (bytes.len() - PROBE) / 2;
    let head = with_compressor(level, |c| c.compress(&bytes[..PROBE]))?;
    let middle = with_compressor(level, |c| c.compress(&bytes[start..start + PROBE]))?;
    Ok(pays(head.len(), PROBE) || pays(middle.len(), PROBE))
}

fn with_compressor<T>(
    level: i32,
    f: impl FnOnce(&mut zstd::bulk::Compressor<'static>) -> io::Result<T>,
) -> io::Result<T> {
    thread_local! {
        static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> =
            const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(zstd::bulk::Compressor::new(level)?);
        }
        let compressor = slot.as_mut().expect("made above");
        compressor.set_compression_level(level)?;
        f(compressor)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::tests::noise;

    #[test]
    fn text_is_compressed_and_noise_is_not() {
        for len in [100, 1000, 100_000] {
            let mut out = b"before".to_vec();
            let text = b"the same words again and again, ".repeat(len / 32 + 1);
            assert_eq!(append(&text, 3, &mut out).expect("memory"), Encoding::Zstd);
            assert_eq!(zstd::bulk::decompress(&out[6..], text.len()).expect("a frame"), text);
            let noise = noise(len, 1);
            out.truncate(6);
            assert_eq!(append(&noise, 1, &mut out).expect("memory"), Encoding::Raw);
            assert_eq!(out[6..], noise);
        }
        let mut out = Vec::new();
        assert_eq!(append(b"", 1, &mut out).expect("memory"), Encoding::Raw);
    }
}
