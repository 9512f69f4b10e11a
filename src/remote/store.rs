//! Where a packed remote keeps its files: the byte transport below it.

use std::fmt;

use super::Result;
use crate::format::ObjectId;

/// The folders of a packed remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Area {
    Packs,
    Index,
    Chunks,
    Condemned,
}

impl Area {
    pub fn as_str(self) -> &'static str {
        match self {
            Area::Packs => "packs",
            Area::Index => "index",
            Area::Chunks => "chunks",
            Area::Condemned => "condemned",
        }
    }
}

/// The name of a file on a remote. There are no others than these, so that no name can lead
/// elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Name {
    /// `mldata-remote`
    RemoteFile,
    /// `<area>/<64 hex>`, the SHA-256 of the file's bytes.
    File(Area, ObjectId),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::RemoteFile => f.write_str("mldata-remote"),
            Name::File(area, id) => write!(f, "{}/{}", area.as_str(), id.to_hex()),
        }
    }
}

/// A file that a listing found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    pub area: Area,
    pub id: ObjectId,
    /// Bytes.
    pub size: u64,
}

/// A place for files. Small and blocking; shared by threads.
///
/// A file is visible whole or not at all, and is durable when `put` returns.
pub trait Store: Send + Sync {
    /// The place, for messages; without credentials.
    fn place(&self) -> String;

    /// Makes an absent or empty place ready for its first file.
    ///
    /// # Errors
    /// Something else is there.
    fn prepare(&self) -> Result<()>;

    /// A whole file of at most `limit` bytes; `None` if there is none.
    fn get(&self, name: Name, limit: u64) -> Result<Option<Vec<u8>>>;

    /// `len` bytes from `offset`, fewer if the file ends before; `None` if there is no such file.
    fn get_range(&self, name: Name, offset: u64, len: u64) -> Result<Option<Vec<u8>>>;

    /// Stores a file. One that is there under this name and has this length is left alone: names
    /// are hashes.
    fn put(&self, name: Name, bytes: &[u8]) -> Result<()>;

    /// Stores a file unless there is one of this name; says whether it did.
    fn put_if_absent(&self, name: Name, bytes: &[u8]) -> Result<bool>;

    /// The files in `areas`, in one request where the place can. Files of other names are passed
    /// over.
    fn list(&self, areas: &[Area]) -> Result<Vec<Listed>>;

    /// Removes a file; that it is not there is no error.
    fn delete(&self, name: Name) -> Result<()>;
}

impl<S: Store + ?Sized> Store for &S {
    fn place(&self) -> String {
        (**self).place()
    }

    fn prepare(&self) -> Result<()> {
        (**self).prepare()
    }

    fn get(&self, name: Name, limit: u64) -> Result<Option<Vec<u8>>> {
        (**self).get(name, limit)
    }

    fn get_range(&self, name: Name, offset: u64, len: u64) -> Result<Option<Vec<u8>>> {
        (**self).get_range(name, offset, len)
    }

    fn put(&self, name: Name, bytes: &[u8]) -> Result<()> {
        (**self).put(name, bytes)
    }

    fn put_if_absent(&self, name: Name, bytes: &[u8]) -> Result<bool> {
        (**self).put_if_absent(name, bytes)
    }

    fn list(&self, areas: &[Area]) -> Result<Vec<Listed>> {
        (**self).list(areas)
    }

    fn delete(&self, name: Name) -> Result<()> {
        (**self).delete(name)
    }
}
