//! Tree objects: one directory's listing, named like every object by the SHA-256 of its bytes.
//!
//! # Format, version 1
//!
//! ```text
//! "MLTR"  version: u32 = 1
//! entry*, in strictly ascending order of the names' bytes:
//!   mode:     u32   0o100644 file, 0o100755 executable, 0o120000 symbolic link, 0o040000 directory
//!   oid:      32 bytes
//!   size:     u64   bytes; for a directory the sum over everything below it
//!   files:    u64   for a directory the number of files and links below it, otherwise zero
//!   name_len: u16
//!   name:     name_len bytes
//! ```
//!
//! There is exactly one encoding of a directory. The reader rejects anything the writer would not
//! have written, so that decoding and encoding again gives the same bytes. A symbolic link's object
//! is its text. A tree of no entries is an empty directory.
//!
//! Names are those a directory may hold: 1 to 255 bytes, no `/`, no NUL, not `.` or `..`, and not
//! one that a file system could take for `.git`.

use super::{Cursor, Error, ObjectId, Result};

const WHAT: &str = "tree object";
const MAGIC: &[u8; 4] = b"MLTR";
const VERSION: u32 = 1;

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u32)]
pub enum Mode {
    File = 0o100644,
    Executable = 0o100755,
    Link = 0o120000,
    Directory = 0o040000,
}

impl Mode {
    pub fn from_bits(bits: u32) -> Option<Mode> {
        Some(match bits {
            0o100644 => Mode::File,
            0o100755 => Mode::Executable,
            0o120000 => Mode::Link,
            0o040000 => Mode::Directory,
            _ => return None,
        })
    }

    pub fn bits(self) -> u32 {
        self as u32
    }

    /// Whether the entry's object is the bytes of a regular file.
    pub fn is_file(self) -> bool {
        matches!(self, Mode::File | Mode::Executable)
    }

    pub fn is_directory(self) -> bool {
        self == Mode::Directory
    }
}

/// One name in a directory. Borrowed from the tree's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub name: &'a [u8],
    pub mode: Mode,
    pub oid: ObjectId,
    /// Bytes; for a directory the sum over everything below it.
    pub size: u64,
    /// Files and links below a directory; zero for anything else.
    pub files: u64,
}

impl Entry<'_> {
    /// How many files and links this entry stands for.
    pub fn file_count(&self) -> u64 {
        if self.mode.is_directory() { self.files } else { 1 }
    }
}

/// Collects entries, in ascending order of their names, into the bytes of a tree object.
#[derive(Debug)]
pub struct TreeBuilder {
    bytes: Vec<u8>,
    last: (usize, usize),
    size: u64,
    files: u64,
}

impl Default for TreeBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl TreeBuilder {
    pub fn new() -> Self {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        TreeBuilder { bytes, last: (0, 0), size: 0, files: 0 }
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// The name is not one a tree may hold, or does not come after the previous one.
    pub fn push(&mut self, entry: Entry<'_>) -> Result<()> {
        check_name(entry.name)?;
        let (start, end) = self.last;
        if entry.name <= &self.bytes[start..end] {
            return Err(Error::malformed(WHAT, "its names are not in ascending order"));
        }
        if entry.files != 0 && !entry.mode.is_directory() {
            return Err(Error::malformed(WHAT, "a file count stands beside what is no directory"));
        }
        let overflow = || Error::malformed(WHAT, "its sizes add up to more than 2^64");
        self.size = self.size.checked_add(entry.size).ok_or_else(overflow)?;
        self.files = self.files.checked_add(entry.file_count()).ok_or_else(overflow)?;
        self.bytes.extend_from_slice(&entry.mode.bits().to_be_bytes());
        self.bytes.extend_from_slice(entry.oid.as_bytes());
        self.bytes.extend_from_slice(&entry.size.to_be_bytes());
        self.bytes.extend_from_slice(&entry.files.to_be_bytes());
        let len = u16::try_from(entry.name.len()).expect("check_name bounds the length");
        self.bytes.extend_from_slice(&len.to_be_bytes());
        let start = self.bytes.len();
        self.bytes.extend_from_slice(entry.name);
        self.last = (start, self.bytes.len());
        Ok(())
    }

    pub fn finish(self) -> Tree {
        Tree { bytes: self.bytes, size: self.size, files: self.files }
    }
}

/// The valid bytes of a tree object, with the sums over its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    bytes: Vec<u8>,
    size: u64,
    files: u64,
}

impl Tree {
    /// Checks `bytes` completely; afterwards the entries can be read without an error.
    ///
    /// # Errors
    /// The bytes are not the one encoding of a directory.
    pub fn decode(bytes: Vec<u8>) -> Result<Tree> {
        let mut cursor = Cursor::new(&bytes, WHAT);
        cursor.header(MAGIC, VERSION)?;
        let (mut size, mut files) = (0u64, 0u64);
        let mut previous: &[u8] = b"";
        while !cursor.is_empty() {
            let entry = read_entry(&mut cursor)?;
            check_name(entry.name)?;
            if entry.name <= previous {
                return Err(Error::malformed(WHAT, "its names are not in ascending order"));
            }
            if entry.files != 0 && !entry.mode.is_directory() {
                return Err(Error::malformed(
                    WHAT,
                    "a file count stands beside what is no directory",
                ));
            }
            let overflow = || Error::malformed(WHAT, "its sizes add up to more than 2^64");
            size = size.checked_add(entry.size).ok_or_else(overflow)?;
            files = files.checked_add(entry.file_count()).ok_or_else(overflow)?;
            previous = entry.name;
        }
        Ok(Tree { bytes, size, files })
    }

    pub fn entries(&self) -> Entries<'_> {
        Entries { cursor: Cursor::new(&self.bytes[8..], WHAT) }
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub fn oid(&self) -> ObjectId {
        ObjectId::of(&self.bytes)
    }

    /// Sum of the sizes of everything below, in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Files and links below.
    pub fn files(&self) -> u64 {
        self.files
    }
}

/// The entries of a [`Tree`], in order.
pub struct Entries<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        if self.cursor.is_empty() {
            return None;
        }
        Some(read_entry(&mut self.cursor).expect("Tree::decode checked every entry"))
    }
}

fn read_entry<'a>(cursor: &mut Cursor<'a>) -> Result<Entry<'a>> {
    let mode = Mode::from_bits(cursor.u32()?)
        .ok_or_else(|| Error::malformed(WHAT, "an entry has an unknown mode"))?;
    let oid = cursor.oid()?;
    let size = cursor.u64()?;
    let files = cursor.u64()?;
    let len = cursor.u16()?;
    let name = cursor.take(len.into())?;
    Ok(Entry { name, mode, oid, size, files })
}

/// Checks that `name` may stand in a tree.
///
/// # Errors
/// The reason, in words for the user.
pub fn check_name(name: &[u8]) -> Result<()> {
    let reason = if name.is_empty() {
        "a name is empty"
    } else if name.len() > 255 {
        "a name is longer than 255 bytes"
    } else if name.contains(&b'/') || name.contains(&0) {
        "a name holds a slash or a NUL byte"
    } else if name == b"." || name == b".." {
        "`.` and `..` are not names"
    } else if is_dot_git(name) {
        "`.git` is not a name for data"
    } else {
        return Ok(());
    };
    Err(Error::malformed(WHAT, reason))
}

/// Whether some file system takes `name` for `.git`: any case, trailing dots and spaces (NTFS),
/// its short name `git~1`, an NTFS stream of it, or code points that HFS+ ignores in between
/// (the list is Git's own, `utf8.c: next_hfs_char`).
pub fn is_dot_git(name: &[u8]) -> bool {
    let stem = name.split(|&b| b == b':').next().unwrap_or_default();
    let trimmed = stem.trim_ascii_end();
    let end = trimmed.iter().rposition(|&b| b != b'.' && b != b' ').map_or(0, |at| at + 1);
    let stem = &trimmed[..end];
    if stem.eq_ignore_ascii_case(b".git") || stem.eq_ignore_ascii_case(b"git~1") {
        return true;
    }
    let Ok(text) = std::str::from_utf8(name) else { return false };
    if text.is_ascii() {
        return false;
    }
    let ignored = |c: &char| matches!(*c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let visible: String = text.chars().filter(|c| !ignored(c)).collect();
    visible.eq_ignore_ascii_case(".git")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry(name: &[u8], mode: Mode) -> Entry<'_> {
        let files = if mode.is_directory() { 3 } else { 0 };
        Entry { name, mode, oid: ObjectId::of(name), size: 5, files }
    }

    #[test]
    fn the_bytes_are_those_of_version_1() {
        let mut builder = TreeBuilder::new();
        for (name, mode) in [
            (&b"a.sh"[..], Mode::Executable),
            (b"b", Mode::Directory),
            (b"b.txt", Mode::File),
            (b"c\xff\n", Mode::Link),
        ] {
            builder.push(entry(name, mode)).expect("in order");
        }
        let tree = builder.finish();
        crate::fs::golden::check("tree", tree.as_bytes());
        crate::fs::golden::check("tree-empty", TreeBuilder::new().finish().as_bytes());
        assert_eq!((tree.size(), tree.files()), (20, 6));
    }

    #[test]
    fn order_is_that_of_plain_bytes() {
        let mut builder = TreeBuilder::new();
        builder.push(entry(b"a-b", Mode::File)).expect("first");
        builder.push(entry(b"a", Mode::Directory)).expect_err("`a` comes before `a-b`");
        builder.push(entry(b"a-b", Mode::File)).expect_err("twice");
        builder.push(entry(b"a.b", Mode::Directory)).expect("later");
        let tree = builder.finish();
        assert_eq!((tree.size(), tree.files()), (10, 4));
        assert_eq!(Tree::decode(tree.as_bytes().to_vec()), Ok(tree));
    }

    #[test]
    fn names_that_pass_for_dot_git_are_refused() {
        for name in [".git", ".GIT", ".git.", ".git ", "GIT~1", ".git::$INDEX", ".g\u{200c}it"] {
            assert!(check_name(name.as_bytes()).is_err(), "{name}");
        }
        for name in [".gitignore", ".git2", "git", "a.git", ".gi", "…"] {
            assert!(check_name(name.as_bytes()).is_ok(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn whatever_decodes_encodes_to_the_same_bytes(bytes: Vec<u8>) {
            let mut framed = b"MLTR\0\0\0\x01".to_vec();
            framed.extend_from_slice(&bytes);
            if let Ok(tree) = Tree::decode(framed.clone()) {
                let mut builder = TreeBuilder::new();
                for entry in tree.entries() {
                    builder.push(entry).expect("decoded entries are valid");
                }
                prop_assert_eq!(builder.finish().into_bytes(), framed);
            }
        }

        #[test]
        fn any_set_of_names_round_trips(
            names in prop::collection::btree_set(prop::collection::vec(1u8..=255, 1..30), 0..40)
        ) {
            let mut builder = TreeBuilder::new();
            let mut kept = Vec::new();
            for name in names.iter().filter(|name| check_name(name).is_ok()) {
                builder.push(entry(name, Mode::File)).expect("ascending");
                kept.push(name.clone());
            }
            let tree = Tree::decode(builder.finish().into_bytes()).expect("own bytes");
            let read: Vec<_> = tree.entries().map(|entry| entry.name.to_vec()).collect();
            prop_assert_eq!(read, kept);
        }
    }
}
