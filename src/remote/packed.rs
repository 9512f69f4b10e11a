//! A remote in the packed layout, on any store.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::store::{Name, Store};
use super::view::View;
use super::{
    Error, FetchReport, FetchRequest, PushReport, PushRequest, Remote, Result, fetch, push,
};
use crate::format::remote_file::{RemoteFile, RemoteId};
use crate::format::{Kind, ObjectId};
use crate::fs::{self, At as _};

/// No `mldata-remote` file is longer.
const REMOTE_FILE_LIMIT: u64 = 64 << 10;

#[derive(Debug)]
pub struct PackedRemote<S> {
    pub(super) store: S,
    /// Where copies of this remote's indexes are kept.
    pub(super) local: PathBuf,
    pub(super) file: RemoteFile,
}

impl<S: Store> PackedRemote<S> {
    /// Opens the remote that is in `store`. Copies of its indexes are kept below `local`, in a
    /// directory of the remote's id.
    ///
    /// # Errors
    /// There is none ([`Error::NotARemote`]), or it needs a later version of this program.
    pub fn open(store: S, local: &Path) -> Result<Self> {
        let Some(bytes) = store.get(Name::RemoteFile, REMOTE_FILE_LIMIT)? else {
            return Err(Error::NotARemote { place: store.place() });
        };
        let file = RemoteFile::decode(&bytes)
            .map_err(|source| Error::RemoteFile { place: store.place(), source })?;
        let local = local.join(file.id.to_string());
        for area in ["index", "chunks", "condemned"] {
            fs::remove_stale_temps(&local.join(area));
        }
        Ok(PackedRemote { store, local, file })
    }

    /// Opens the remote in `store`, or makes one if the place is empty or absent.
    ///
    /// # Errors
    /// Something else is there ([`Error::Foreign`]), or it cannot be written; nothing was changed.
    pub fn init(store: S, local: &Path) -> Result<Self> {
        if store.get(Name::RemoteFile, REMOTE_FILE_LIMIT)?.is_none() {
            store.prepare()?;
            let file = RemoteFile::new(random_id()?);
            // Whoever comes first at one moment decides; the other takes what is there.
            store.put_if_absent(Name::RemoteFile, file.encode().as_bytes())?;
        }
        PackedRemote::open(store, local)
    }

    /// Makes sure that this is the remote of that id.
    ///
    /// # Errors
    /// It is another one ([`Error::WrongRemote`]).
    pub fn expect_id(self, expected: RemoteId) -> Result<Self> {
        if self.file.id == expected {
            return Ok(self);
        }
        Err(Error::WrongRemote { place: self.store.place(), expected, found: self.file.id })
    }

    pub fn file(&self) -> &RemoteFile {
        &self.file
    }

    pub fn store(&self) -> &S {
        &self.store
    }
}

impl<S: Store> Remote for PackedRemote<S> {
    fn id(&self) -> RemoteId {
        self.file.id
    }

    fn place(&self) -> String {
        self.store.place()
    }

    fn has(&self, ids: &[(ObjectId, Kind)]) -> Result<Vec<bool>> {
        let view = View::load(&self.store, &self.local)?;
        view.check_condemned()?;
        Ok(ids.iter().map(|(oid, kind)| has(&view, oid, *kind)).collect())
    }

    fn push(&self, request: &PushRequest<'_>) -> Result<PushReport> {
        push::push(&self.store, &self.local, &self.file, request)
    }

    fn fetch(&self, request: &FetchRequest<'_>) -> Result<FetchReport> {
        fetch::fetch(&self.store, &self.local, request)
    }
}

/// Whether an object is there for good, whole or as a recipe.
pub(super) fn has(view: &View<'_>, oid: &ObjectId, kind: Kind) -> bool {
    match kind {
        Kind::Blob => {
            *oid == ObjectId::EMPTY
                || view.is_live(oid, Kind::Blob)
                || view.is_live(oid, Kind::Recipe)
        }
        kind => view.is_live(oid, kind),
    }
}

/// A new id, from the kernel's random numbers.
pub fn random_id() -> fs::Result<RemoteId> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 16];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
    read.at("read", path)?;
    Ok(RemoteId::from_bytes(bytes))
}
