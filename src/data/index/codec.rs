//! The index file.
//!
//! # Format, version 2
//!
//! ```text
//! "MLIX"  version: u32 = 2
//! count of targets: u32
//! target*, ascending by path:
//!   path:     u32 length, bytes
//!   kind:     u8       1 file, 2 executable file, 3 directory
//!   oid:      32 bytes the base
//!   size:     u64      files: u64
//!   lock:     u32 length, bytes; empty for what a pointer names
//!   count of sections: u32
//!   section*, ascending by path:
//!     path:     u32 length, bytes (below the target)
//!     tree:     32 bytes     size: u64     files: u64
//!     complete: u8
//!     entries:  u64 length, bytes
//!       oid: 32 bytes  size: u64  mtime: i64  ctime: i64  inode: u64
//!       mode: u32  flags: u8  name: u16 length, bytes
//! check: u64           XXH3-64 of everything before
//! ```
//!
//! Times are nanoseconds since 1970. The file is private to one machine and is rebuilt from the
//! worktree when it is lost.

use std::io::{self, Write};
use std::sync::Arc;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::section::{WHAT, read_entry};
use super::{Index, Section, Sections, State};
use crate::format::{Cursor, Error, Target, tree};
use crate::fs::RepoPath;

const MAGIC: &[u8; 4] = b"MLIX";
const VERSION: u32 = 2;

/// Writes `index` to `out`.
pub(super) fn encode(index: &Index, out: &mut impl Write) -> io::Result<()> {
    let mut out = Checked { out: io::BufWriter::with_capacity(1 << 20, out), check: Xxh3::new() };
    out.put(MAGIC)?;
    out.u32(VERSION)?;
    out.u32(index.targets.len() as u32)?;
    for (path, state) in &index.targets {
        out.bytes(path.as_bytes())?;
        let kind = match state.base {
            Target::File { exec: false, .. } => 1,
            Target::File { exec: true, .. } => 2,
            Target::Directory { .. } => 3,
        };
        out.put(&[kind])?;
        out.put(state.base.oid().as_bytes())?;
        out.u64(state.base.size())?;
        out.u64(state.base.files())?;
        out.bytes(state.lock.as_ref().map_or(b"", RepoPath::as_bytes))?;
        out.u32(state.sections.len() as u32)?;
        let mut sections: Vec<_> = state.sections.iter().collect();
        sections.sort_unstable_by_key(|(path, _)| *path);
        for (path, section) in sections {
            out.bytes(path)?;
            out.put(section.tree.as_bytes())?;
            out.u64(section.size)?;
            out.u64(section.files)?;
            out.put(&[u8::from(section.complete)])?;
            out.u64(section.encoded().len() as u64)?;
            out.put(section.encoded())?;
        }
    }
    let check = out.check.digest();
    out.u64(check)?;
    out.out.flush()
}

struct Checked<W: Write> {
    out: io::BufWriter<W>,
    check: Xxh3,
}

impl<W: Write> Checked<W> {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.check.update(bytes);
        self.out.write_all(bytes)
    }

    fn u32(&mut self, number: u32) -> io::Result<()> {
        self.put(&number.to_be_bytes())
    }

    fn u64(&mut self, number: u64) -> io::Result<()> {
        self.put(&number.to_be_bytes())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.u32(bytes.len() as u32)?;
        self.put(bytes)
    }
}

/// Reads an index completely; afterwards every entry can be read without an error.
///
/// # Errors
/// The bytes are damaged, or of another version.
pub fn decode(mut bytes: Vec<u8>) -> Result<Index, Error> {
    let bad = |reason| Error::malformed(WHAT, reason);
    let body = bytes.len().checked_sub(8).ok_or_else(|| bad("it is too short"))?;
    let check = Cursor::new(&bytes[body..], WHAT).u64()?;
    if xxh3_64(&bytes[..body]) != check {
        return Err(bad("its checksum does not fit"));
    }
    bytes.truncate(body);
    let bytes = Arc::new(bytes);
    let mut cursor = Cursor::new(&bytes, WHAT);
    cursor.header(MAGIC, VERSION)?;
    let mut index = Index::default();
    for _ in 0..cursor.u32()? {
        let path = read_bytes(&mut cursor)?;
        let path = RepoPath::new(path).ok_or_else(|| bad("a path is not valid"))?;
        let kind = cursor.u8()?;
        let (oid, size, files) = (cursor.oid()?, cursor.u64()?, cursor.u64()?);
        let base = match kind {
            1 | 2 => Target::File { oid, size, exec: kind == 2 },
            3 => Target::Directory { oid, size, files },
            _ => return Err(bad("a target has an unknown kind")),
        };
        let lock = RepoPath::new(read_bytes(&mut cursor)?);
        let lock = lock.ok_or_else(|| bad("the path of a lock is not valid"))?;
        let lock = Some(lock).filter(|lock| !lock.is_root());
        let count = cursor.u32()?;
        let mut sections = Sections::with_capacity((count as usize).min(cursor.remaining() / 64));
        for _ in 0..count {
            let path = read_bytes(&mut cursor)?.to_vec();
            let (tree, size, files) = (cursor.oid()?, cursor.u64()?, cursor.u64()?);
            let complete = cursor.u8()? != 0;
            let len = usize::try_from(cursor.u64()?).map_err(|_| bad("a section is too long"))?;
            let start = bytes.len() - cursor.remaining();
            let file_entries = check_entries(cursor.take(len)?)?;
            let (bytes, end) = (Arc::clone(&bytes), start + len);
            let section = Section { tree, size, files, complete, file_entries, bytes, start, end };
            sections.insert(path, section);
        }
        index.targets.insert(path, State { base, lock, sections });
    }
    if cursor.is_empty() { Ok(index) } else { Err(bad("bytes are left over")) }
}

fn read_bytes<'a>(cursor: &mut Cursor<'a>) -> Result<&'a [u8], Error> {
    let len = cursor.u32()?;
    cursor.take(len as usize)
}

/// Counts the entries that are no directories.
fn check_entries(bytes: &[u8]) -> Result<u32, Error> {
    let mut cursor = Cursor::new(bytes, WHAT);
    let mut previous: &[u8] = b"";
    let mut files = 0;
    while !cursor.is_empty() {
        let entry = read_entry(&mut cursor)?;
        tree::check_name(entry.name)?;
        if entry.name <= previous {
            return Err(Error::malformed(WHAT, "names are not in order"));
        }
        previous = entry.name;
        files += u32::from(!entry.mode.is_directory());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::super::{Entry, SectionBuilder};
    use super::*;
    use crate::format::ObjectId;
    use crate::format::tree::Mode;
    use crate::fs::Stat;

    fn sample() -> Index {
        let stat = Stat { size: 3, mtime_ns: -5, ctime_ns: 7, inode: 9, ..Stat::default() };
        let mut builder = SectionBuilder::default();
        builder.push(&Entry::new(b"a", Mode::File, ObjectId::of(b"a"), &stat, true));
        builder.push(&Entry::directory(b"b"));
        let oid = ObjectId::of(b"tree");
        let section = builder.finish(oid, 3, 1, false);
        let base = Target::Directory { oid, size: 3, files: 1 };
        let sections = Sections::from([(Vec::new(), section)]);
        let path = RepoPath::new("data/raw").expect("valid");
        Index { targets: [(path, State { base, lock: None, sections })].into(), ..Index::default() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut bytes = Vec::new();
        encode(&sample(), &mut bytes).expect("memory");
        let read = decode(bytes.clone()).expect("own bytes");
        let state = &read.targets[&RepoPath::new("data/raw").expect("valid")];
        assert_eq!(state.base.files(), 1);
        assert_eq!(state.materialised(), 1);
        let names: Vec<_> = state.sections[&b""[..]].entries().map(|e| e.name.to_vec()).collect();
        assert_eq!(names, [b"a", b"b"]);
        let mut again = Vec::new();
        encode(&read, &mut again).expect("memory");
        assert_eq!(again, bytes);
    }

    #[test]
    fn the_bytes_are_those_of_version_2() {
        let mut index = sample();
        for (name, exec) in [("model", false), ("tool", true)] {
            let oid = ObjectId::of(name.as_bytes());
            let stat = Stat { size: 5, mtime_ns: 1, ctime_ns: 2, inode: 3, ..Stat::default() };
            let mode = if exec { Mode::Executable } else { Mode::File };
            let mut builder = SectionBuilder::default();
            builder.push(&Entry::new(name.as_bytes(), mode, oid, &stat, false));
            let sections = Sections::from([(Vec::new(), builder.finish(oid, 5, 1, true))]);
            let lock = exec.then(|| RepoPath::new("mlrun.lock").expect("valid"));
            let state = State { base: Target::File { oid, size: 5, exec }, lock, sections };
            index.targets.insert(RepoPath::new(name).expect("valid"), state);
        }
        let mut bytes = Vec::new();
        encode(&index, &mut bytes).expect("memory");
        crate::fs::golden::check("index", &bytes);
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let mut bytes = Vec::new();
        encode(&sample(), &mut bytes).expect("memory");
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            assert!(decode(damaged).is_err(), "byte {at}");
            assert!(decode(bytes[..at].to_vec()).is_err(), "cut at {at}");
        }
    }
}
