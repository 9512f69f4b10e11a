//! Codecs: bytes in, typed values out, and back. Nothing here touches a file system.
//!
//! Every format is documented in the module that parses it and held by golden files under
//! `tests/spec/`. All integers are big-endian and of fixed width. Parsers take hostile input: they
//! bound what they allocate by the length of what they were given.

pub mod condemned;
pub mod json;
pub mod lock;
pub mod oid;
pub mod pack;
pub mod pointer;
pub mod python;
pub mod recipe;
pub mod remote_file;
pub mod remote_index;
pub mod run;
pub mod run_entry;
pub mod secrets;
pub mod stage_key;
pub mod table;
pub mod template_record;
pub mod toml;
pub mod tree;
pub mod value;
pub mod yaml;

pub use lock::Lock;
pub use oid::{Hasher, Kind, ObjectId};
pub use pointer::{Pointer, Target};
pub use run_entry::RunEntry;
pub use stage_key::StageKey;
pub use template_record::{RecordedHooks, RecordedVersion, TemplateRecord};
pub use tree::{Entry, Mode, Tree};
pub use value::Value;

/// Why bytes could not be understood.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum Error {
    /// The bytes are not what their format demands.
    #[error("not a valid {what}: {reason}")]
    Malformed { what: &'static str, reason: String },
    /// A later version of this program wrote this.
    #[error("{what} has version {found}, this program reads up to {supported}; upgrade git-ml")]
    Version { what: &'static str, found: u64, supported: u64 },
    /// A merge left its markers in a text file.
    #[error("{what} has conflict markers; resolve the merge, then `git add` it")]
    ConflictMarkers { what: &'static str },
}

impl Error {
    pub(crate) fn malformed(what: &'static str, reason: impl Into<String>) -> Self {
        Error::Malformed { what, reason: reason.into() }
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A cursor over borrowed bytes; every read is bounds-checked.
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Cursor<'a> {
    pub fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Cursor { rest: bytes, what }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    pub fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        match self.rest.split_at_checked(len) {
            Some((head, tail)) => {
                self.rest = tail;
                Ok(head)
            }
            None => Err(Error::malformed(self.what, "it ends too early")),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().expect("take returned N bytes"))
    }

    pub fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub fn i64(&mut self) -> Result<i64> {
        self.array().map(i64::from_be_bytes)
    }

    pub fn oid(&mut self) -> Result<ObjectId> {
        self.array().map(ObjectId::from_bytes)
    }

    /// Checks a four-byte magic number and a `u32` version.
    pub fn header(&mut self, magic: &[u8; 4], supported: u32) -> Result<()> {
        if self.array::<4>()? != *magic {
            return Err(Error::malformed(self.what, "its first bytes are not this format's"));
        }
        let found = self.u32()?;
        if found == supported {
            Ok(())
        } else {
            Err(Error::Version {
                what: self.what,
                found: found.into(),
                supported: supported.into(),
            })
        }
    }
}
