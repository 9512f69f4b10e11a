//! Objects elsewhere: what a push sends and a fetch brings back.
//!
//! # The packed layout
//!
//! ```text
//! mldata-remote        who this remote is and how to write to it: `format::remote_file`
//! packs/<id>           objects, chunks, trees, recipes: `format::pack`
//! index/<id>           where objects lie, and who pushed what: `format::remote_index`
//! chunks/<id>          where chunks lie: the same format
//! condemned/<id>       what a collection of garbage will delete: `format::condemned`
//! tmp/                 (directories only) what is not yet published
//! ```
//!
//! The id of a file is the SHA-256 of its bytes; files never change. Objects of fewer bytes than
//! the remote's entry limit are one entry of a pack; larger ones are cut into chunks
//! (`remote::chunker`), and a recipe, recorded under the object's id, lists these. Trees and
//! recipes lie in packs of their own, so that who reads listings never touches file contents.
//!
//! # Invariants
//!
//! - **Closure.** An index names a tree only if everything below the tree is named by that index or
//!   by one that was live and uncondemned when it was published. One known tree therefore proves
//!   all its content, and a push that could not finish publishes no tree.
//! - **Order.** Packs, then chunk tables, then the index that names them. A push that dies leaves
//!   files that nothing names.
//! - **Settling.** Before it publishes, a push lists again. If an index that it relied on is gone,
//!   or more is condemned, it walks once more and uploads what is no longer there.
//! - **Hashes.** Nothing gets an object's name, here or there, before its bytes were hashed.

mod chunker;
mod compact;
mod compress;
mod dir;
mod error;
mod fetch;
mod fetch_blobs;
mod fetch_large;
mod fetch_trees;
mod packed;
mod packer;
mod parts;
mod places;
mod push;
mod ranges;
mod store;
mod view;
mod walk;

#[cfg(test)]
mod tests;

use crate::cache::{Cache, CacheLock};
use crate::format::remote_file::RemoteId;
use crate::format::{Kind, ObjectId};
use crate::fs;

pub use dir::DirStore;
pub use error::{Error, Kind as ErrorKind, Result};
pub use packed::{PackedRemote, random_id};
pub use store::{Area, Listed, Name, Store};

/// A place elsewhere that keeps objects.
pub trait Remote: Send + Sync {
    /// The remote's random name.
    fn id(&self) -> RemoteId;

    /// Where it is, for messages.
    fn place(&self) -> String;

    /// Which of these are there. A tree is there if everything below it is.
    fn has(&self, ids: &[(ObjectId, Kind)]) -> Result<Vec<bool>>;

    /// Uploads whatever the roots need and the remote lacks. Objects that are neither here nor
    /// there are reported; everything else goes, but no tree that needs one of them.
    fn push(&self, request: &PushRequest<'_>) -> Result<PushReport>;

    /// Downloads whatever is wanted and the cache lacks. Objects that cannot be had are reported;
    /// everything else comes.
    fn fetch(&self, request: &FetchRequest<'_>) -> Result<FetchReport>;
}

/// Told how far a transfer is, from several threads.
pub trait Progress: Sync {
    /// What there is to do; called again when more is found.
    fn total(&self, objects: u64, bytes: u64) {
        let _ = (objects, bytes);
    }

    /// What was done since the last call.
    fn advance(&self, objects: u64, bytes: u64) {
        let _ = (objects, bytes);
    }
}

/// Tells nobody.
impl Progress for () {}

/// An object that is pushed or wanted by name: what a pointer names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    pub oid: ObjectId,
    /// `Blob` or `Tree`.
    pub kind: Kind,
    /// Bytes of a blob, if what names it says so.
    pub size: Option<u64>,
    /// The path it has, for messages and for [`FetchRequest::select`].
    pub name: Vec<u8>,
}

/// What to push, and in whose name.
pub struct PushRequest<'a> {
    pub roots: &'a [Root],
    pub cache: &'a Cache,
    /// Id of this repository.
    pub repository: &'a str,
    /// The commit that names the roots, or nothing.
    pub commit: &'a str,
    /// Seconds since 1970.
    pub time: i64,
    pub progress: &'a dyn Progress,
    /// Only tell what would go.
    pub dry_run: bool,
}

/// What a push did.
#[derive(Debug, Default)]
pub struct PushReport {
    /// Blobs and trees that went.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes sent, after compression and without the chunks that were there.
    pub sent: u64,
    /// What is neither here nor there.
    pub missing: Vec<Missing>,
    /// Positions of the roots that are not completely there now.
    pub incomplete: Vec<usize>,
    /// Files on the remote that are damaged. What only they named was uploaded again.
    pub damaged: Vec<Error>,
    /// Whether an index was written.
    pub recorded: bool,
}

/// Which part of a tree is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Nothing of it.
    Skip,
    /// Some of it: ask again for each entry.
    Part,
    /// This file, or everything below this directory.
    All,
}

/// Asked for each path below a root that is not wholly selected; the flag is set for directories.
pub type Select<'a> = dyn Fn(&[u8], bool) -> Selection + Sync + 'a;

/// What to fetch, and where to.
pub struct FetchRequest<'a> {
    pub roots: &'a [Root],
    pub cache: &'a Cache,
    pub lock: &'a CacheLock,
    /// `None`: everything.
    pub select: Option<&'a Select<'a>>,
    pub progress: &'a dyn Progress,
    /// Bring the listings, but only tell what else would come.
    pub dry_run: bool,
}

/// What a fetch did.
#[derive(Debug, Default)]
pub struct FetchReport {
    /// Blobs and trees that came.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes received.
    pub received: u64,
    /// What could not be had.
    pub missing: Vec<Missing>,
    /// Files on the remote that are damaged.
    pub damaged: Vec<Error>,
}

/// An object that a transfer needed and could not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub oid: ObjectId,
    pub kind: Kind,
    /// One path that needs it.
    pub path: Vec<u8>,
    pub reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is not where it was looked for.
    Absent,
    /// It is there, but its bytes are not the object.
    Damaged(String),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` ({}): ", fs::display_bytes(&self.path), self.oid)?;
        match &self.reason {
            Reason::Absent => f.write_str("the object is neither here nor on the remote"),
            Reason::Damaged(reason) => f.write_str(reason),
        }
    }
}
