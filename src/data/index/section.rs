//! The entries of one directory, as they lie in the index file.

use std::ops::Range;
use std::sync::Arc;

use crate::format::tree::Mode;
use crate::format::{Cursor, Error, ObjectId};
use crate::fs::Stat;

pub(super) const WHAT: &str = "index";
const FIXED_LEN: usize = 32 + 8 * 4 + 4 + 1 + 2;

/// Marks of an entry; see the module's invariants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    pub const RACY: Flags = Flags(1);
    pub const CHANGED: Flags = Flags(2);

    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }
}

/// One name of a directory. Of a subdirectory only name and mode count; the rest is in its section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub name: &'a [u8],
    pub mode: Mode,
    pub oid: ObjectId,
    /// Bytes.
    pub size: u64,
    pub mtime_ns: i64,
    pub ctime_ns: i64,
    pub inode: u64,
    pub flags: Flags,
}

/// How a stat is compared with the recorded one, after `core.trustctime` and `core.checkStat`.
#[derive(Clone, Copy, Debug)]
pub struct StatRules {
    pub trust_ctime: bool,
    /// Compare only size and whole seconds of the modification time.
    pub minimal: bool,
    /// When the index was written, in nanoseconds since 1970 by the file system's clock. As in Git, a
    /// file whose stamps are not older may have changed within the same tick after it was recorded.
    pub written_ns: i64,
}

impl<'a> Entry<'a> {
    pub fn new(name: &'a [u8], mode: Mode, oid: ObjectId, stat: &Stat, racy: bool) -> Self {
        Entry {
            name,
            mode,
            oid,
            size: stat.size,
            mtime_ns: stat.mtime_ns,
            ctime_ns: stat.ctime_ns,
            inode: stat.inode,
            flags: if racy { Flags::RACY } else { Flags::default() },
        }
    }

    pub fn directory(name: &'a [u8]) -> Self {
        let stat = Stat::default();
        Entry::new(name, Mode::Directory, ObjectId::EMPTY, &stat, false)
    }

    /// Bytes that the entry takes in its section.
    pub fn encoded_len(&self) -> usize {
        FIXED_LEN + self.name.len()
    }

    /// Whether a file with `stat` is the one that was recorded, as far as a stat can tell.
    pub fn same_stat(&self, stat: &Stat, rules: StatRules) -> bool {
        let same_time = |a: i64, b: i64| {
            if rules.minimal {
                a.div_euclid(1_000_000_000) == b.div_euclid(1_000_000_000)
            } else {
                a == b
            }
        };
        !self.flags.has(Flags::RACY)
            && self.mtime_ns.max(self.ctime_ns) < rules.written_ns
            && self.size == stat.size
            && same_time(self.mtime_ns, stat.mtime_ns)
            && (!rules.trust_ctime || rules.minimal || self.ctime_ns == stat.ctime_ns)
            && (rules.minimal || self.inode == stat.inode)
    }
}

/// The recorded entries of one directory, in ascending order of their names.
#[derive(Clone, Debug)]
pub struct Section {
    /// The directory's tree object in the base.
    pub tree: ObjectId,
    /// Bytes of all files below, in the base.
    pub size: u64,
    /// Files and links below, in the base.
    pub files: u64,
    /// Every entry of the tree is here, and below.
    pub complete: bool,
    pub(super) file_entries: u32,
    pub(super) bytes: Arc<Vec<u8>>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Section {
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.entries_in(0..self.end - self.start)
    }

    /// The entries encoded in a range of the section's bytes, which begins and ends between
    /// entries; see [`Entry::encoded_len`].
    pub fn entries_in(&self, range: Range<usize>) -> impl Iterator<Item = Entry<'_>> {
        let mut cursor = Cursor::new(&self.encoded()[range], WHAT);
        std::iter::from_fn(move || {
            if cursor.is_empty() {
                return None;
            }
            Some(read_entry(&mut cursor).expect("sections are checked when they are read"))
        })
    }

    /// Whether the entries, with all that is known of them, are the same.
    pub fn same_entries(&self, other: &Section) -> bool {
        self.encoded() == other.encoded()
    }

    /// Entries that are no directories.
    pub fn file_entries(&self) -> u32 {
        self.file_entries
    }

    /// The entry called `name`.
    pub fn find(&self, name: &[u8]) -> Option<Entry<'_>> {
        self.entries().find(|entry| entry.name == name)
    }

    /// The same entries under another tree.
    pub fn with_tree(&self, tree: ObjectId, size: u64, files: u64, complete: bool) -> Section {
        Section { tree, size, files, complete, ..self.clone() }
    }

    pub(super) fn encoded(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }
}

/// Collects the entries of a section, in ascending order of their names.
#[derive(Debug, Default)]
pub struct SectionBuilder {
    bytes: Vec<u8>,
    file_entries: u32,
}

impl SectionBuilder {
    pub fn push(&mut self, entry: &Entry<'_>) {
        let out = &mut self.bytes;
        out.extend_from_slice(entry.oid.as_bytes());
        out.extend_from_slice(&entry.size.to_be_bytes());
        out.extend_from_slice(&entry.mtime_ns.to_be_bytes());
        out.extend_from_slice(&entry.ctime_ns.to_be_bytes());
        out.extend_from_slice(&entry.inode.to_be_bytes());
        out.extend_from_slice(&entry.mode.bits().to_be_bytes());
        out.push(entry.flags.0);
        let len = u16::try_from(entry.name.len()).expect("a name is shorter than 64 KiB");
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(entry.name);
        self.file_entries += u32::from(!entry.mode.is_directory());
    }

    /// Appends what `other` collected; its names come after those here.
    pub fn append(&mut self, other: SectionBuilder) {
        if self.bytes.is_empty() {
            self.bytes = other.bytes;
        } else {
            self.bytes.extend_from_slice(&other.bytes);
        }
        self.file_entries += other.file_entries;
    }

    pub fn finish(mut self, tree: ObjectId, size: u64, files: u64, complete: bool) -> Section {
        self.bytes.shrink_to_fit();
        let end = self.bytes.len();
        Section {
            tree,
            size,
            files,
            complete,
            file_entries: self.file_entries,
            bytes: Arc::new(self.bytes),
            start: 0,
            end,
        }
    }
}

pub(super) fn read_entry<'a>(cursor: &mut Cursor<'a>) -> Result<Entry<'a>, Error> {
    let mut fixed = Cursor::new(cursor.take(FIXED_LEN)?, WHAT);
    let oid = fixed.oid()?;
    let size = fixed.u64()?;
    let mtime_ns = fixed.i64()?;
    let ctime_ns = fixed.i64()?;
    let inode = fixed.u64()?;
    let mode = Mode::from_bits(fixed.u32()?)
        .ok_or_else(|| Error::malformed(WHAT, "an entry has an unknown mode"))?;
    let flags = Flags(fixed.u8()?);
    let name = cursor.take(fixed.u16()?.into())?;
    Ok(Entry { name, mode, oid, size, mtime_ns, ctime_ns, inode, flags })
}
