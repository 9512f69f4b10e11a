//! Which texts the rules about what files say look at.

use std::sync::Arc;

use super::super::{File, Reader, Result};

/// Bytes. Nobody writes more by hand, and `big-file` has its say about larger ones.
pub(super) const MAX_LEN: usize = 5 << 20;

/// The bytes of a regular file that is not too long.
pub(super) fn read(reader: &Reader<'_>, file: &File) -> Result<Option<Arc<[u8]>>> {
    if file.is_regular() { reader.bytes(file, MAX_LEN) } else { Ok(None) }
}

/// Whether Git would take `bytes` for something else than text: it looks for a NUL in the first 8000
/// bytes (`buffer_is_binary` in Git's `xdiff-interface.c`).
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(8000)].contains(&0)
}

/// Whether a line of `bytes`, the one that begins at `start` or the one before it, has the words `allow`.
pub(super) fn is_allowed(bytes: &[u8], start: usize, allow: &str) -> bool {
    let is_end = |byte: &u8| *byte == b'\n';
    let before = bytes[..start.saturating_sub(1)].iter().rposition(is_end).map_or(0, |at| at + 1);
    let end = bytes[start..].iter().position(is_end).map_or(bytes.len(), |at| start + at);
    bytes[before..end].windows(allow.len()).any(|window| window == allow.as_bytes())
}
