//! What a remote holds at one time, as its indexes say.
//!
//! Index files are immutable and named by their hash. Each is downloaded once, hashed, and kept in a
//! local directory; a view opens those that the remote lists and looks entries up by range. Nothing
//! is parsed but what is asked for: a view of a hundred thousand objects costs one listing and a few
//! small reads.
//!
//! Which indexes count: those listed that no other listed one supersedes. An index that is damaged
//! counts as absent and is reported: a push then uploads again what only that one named.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use super::store::{Area, Listed, Name, Store};
use super::{Error, Result};
use crate::format::condemned::Condemned;
use crate::format::remote_index::{Place, RemoteIndex};
use crate::format::table::TableError;
use crate::format::{Kind, ObjectId};
use crate::fs::{self, At as _};

/// No index, chunk table or condemned list is larger.
const FILE_LIMIT: u64 = 8 << 30;
/// How often a listing is repeated because files vanished before they were read.
const RETRIES: usize = 10;

/// An index or chunk table in the local directory.
#[derive(Debug)]
pub(super) struct OpenIndex {
    pub id: ObjectId,
    file: File,
    index: RemoteIndex,
}

impl OpenIndex {
    pub fn index(&self) -> &RemoteIndex {
        &self.index
    }

    pub fn bucket(&self, first: u8) -> Result<Vec<Place>, TableError> {
        self.index.bucket(&self.file, first)
    }
}

pub(super) struct View<'a> {
    store: &'a dyn Store,
    local: &'a Path,
    indexes: Vec<Arc<OpenIndex>>,
    /// All ids that the listing had, superseded ones too.
    listed: HashSet<ObjectId>,
    condemned: Vec<(ObjectId, Condemned)>,
    /// A condemned list that cannot be read, and why.
    unreadable: Option<(Name, String)>,
    tables: OnceLock<Vec<Arc<OpenIndex>>>,
    damaged: Mutex<BTreeMap<Name, String>>,
}

impl<'a> View<'a> {
    /// Lists the remote once and opens what is new.
    pub fn load(store: &'a dyn Store, local: &'a Path) -> Result<Self> {
        View::load_after(store, local, None)
    }

    /// Lists again; what `self` has open is taken over.
    pub fn reload(&self) -> Result<Self> {
        View::load_after(self.store, self.local, Some(self))
    }

    fn load_after(store: &'a dyn Store, local: &'a Path, before: Option<&Self>) -> Result<Self> {
        'list: for _ in 0..RETRIES {
            let mut listed = store.list(&[Area::Index, Area::Condemned])?;
            // An index that supersedes others is larger than they are: those need not be read.
            listed.sort_by_key(|file| (std::cmp::Reverse(file.size), file.id));
            let mut view = View {
                store,
                local,
                indexes: Vec::new(),
                listed: HashSet::new(),
                condemned: Vec::new(),
                unreadable: None,
                tables: OnceLock::new(),
                damaged: Mutex::default(),
            };
            let mut superseded: HashSet<ObjectId> = HashSet::new();
            for Listed { area, id, .. } in listed {
                if area == Area::Condemned {
                    match view.condemned_list(id, before)? {
                        Some(Ok(list)) => view.condemned.push((id, list)),
                        Some(Err(reason)) => {
                            let name = Name::File(Area::Condemned, id);
                            view.report(name, reason.clone());
                            view.unreadable = Some((name, reason));
                        }
                        None => continue 'list,
                    }
                    continue;
                }
                view.listed.insert(id);
                if superseded.contains(&id) {
                    continue;
                }
                let known = before.and_then(|view| view.indexes.iter().find(|open| open.id == id));
                let open = match known {
                    Some(open) => Arc::clone(open),
                    None => match view.open(Area::Index, id)? {
                        Opened::Whole(open) => Arc::new(open),
                        Opened::Damaged => continue,
                        Opened::Gone => continue 'list,
                    },
                };
                superseded.extend(&open.index.meta().supersedes);
                view.indexes.push(open);
            }
            view.indexes.retain(|open| !superseded.contains(&open.id));
            view.indexes.sort_by_key(|open| (std::cmp::Reverse(open.index.count()), open.id));
            view.forget_local();
            return Ok(view);
        }
        Err(Error::Unsettled { place: store.place() })
    }

    /// Makes sure that what is condemned is known. Whoever asks [`View::is_live`] needs that;
    /// readers do not.
    ///
    /// # Errors
    /// A condemned list is damaged.
    pub fn check_condemned(&self) -> Result<()> {
        match &self.unreadable {
            Some((name, reason)) => Err(self.corrupt(*name, reason.clone())),
            None => Ok(()),
        }
    }

    /// Gives back the memory of what was looked up so far.
    pub fn shed(&mut self) {
        for open in &mut self.indexes {
            // What cannot be opened again is kept as it is.
            if let Ok(file) = open.file.try_clone()
                && let Ok(index) = RemoteIndex::open(&file)
            {
                *open = Arc::new(OpenIndex { id: open.id, file, index });
            }
        }
    }

    pub fn indexes(&self) -> &[Arc<OpenIndex>] {
        &self.indexes
    }

    pub fn is_listed(&self, index: &ObjectId) -> bool {
        self.listed.contains(index)
    }

    /// Whether all that was live in `self` is so in `after`: no index is gone, nothing more is
    /// condemned.
    pub fn holds_in(&self, after: &View<'_>) -> bool {
        let known = |id| self.condemned.iter().any(|(known, _)| known == id);
        self.indexes.iter().all(|open| after.indexes.iter().any(|other| other.id == open.id))
            && after.condemned.iter().all(|(id, _)| known(id))
    }

    /// Whether a condemned list may concern entries of this index.
    pub fn is_covered(&self, index: &ObjectId) -> bool {
        self.condemned.iter().any(|(_, list)| list.covers(index))
    }

    /// Whether a live, uncondemned entry names `id` as `kind`. Writers ask this.
    pub fn is_live(&self, id: &ObjectId, kind: Kind) -> bool {
        let files = if kind == Kind::Chunk { self.tables() } else { &self.indexes };
        files.iter().any(|open| {
            self.find_in(open, id, kind).is_some()
                && !self.condemned.iter().any(|(_, list)| list.holds(&open.id, id, kind))
        })
    }

    /// Where `id` as `kind` lies, condemned or not. Readers ask this.
    pub fn find(&self, id: &ObjectId, kind: Kind) -> Option<Place> {
        let files = if kind == Kind::Chunk { self.tables() } else { &self.indexes };
        files.iter().find_map(|open| self.find_in(open, id, kind))
    }

    /// All places where `id` as `kind` lies.
    pub fn places(&self, id: &ObjectId, kind: Kind) -> Vec<Place> {
        let files = if kind == Kind::Chunk { self.tables() } else { &self.indexes };
        files.iter().filter_map(|open| self.find_in(open, id, kind)).collect()
    }

    /// The places of an object besides one that was tried.
    pub fn others(&self, id: &ObjectId, kind: Kind, tried: &Place) -> Vec<Place> {
        let mut places = self.places(id, kind);
        places.retain(|place| place != tried);
        places
    }

    fn find_in(&self, open: &OpenIndex, id: &ObjectId, kind: Kind) -> Option<Place> {
        match open.index.find(&open.file, id, kind) {
            Ok(place) => place,
            Err(error) => {
                let area = if kind == Kind::Chunk { Area::Chunks } else { Area::Index };
                let name = Name::File(area, open.id);
                // The file was whole when it came. Perhaps only the local copy is damaged: the next
                // command takes a new one.
                let _ = std::fs::remove_file(self.local.join(name.to_string()));
                self.report(name, error.to_string());
                None
            }
        }
    }

    /// The chunk tables that live indexes name, read when they are first needed.
    pub fn tables(&self) -> &[Arc<OpenIndex>] {
        self.tables.get_or_init(|| {
            let mut ids: Vec<ObjectId> = self.table_ids();
            ids.sort_unstable();
            ids.dedup();
            let open = |id| match self.open(Area::Chunks, id) {
                Ok(Opened::Whole(open)) => Some(Arc::new(open)),
                Ok(Opened::Damaged) => None,
                Ok(Opened::Gone) => {
                    self.report(Name::File(Area::Chunks, id), "it is not there".into());
                    None
                }
                Err(error) => {
                    self.report(Name::File(Area::Chunks, id), error.to_string());
                    None
                }
            };
            ids.into_iter().filter_map(open).collect()
        })
    }

    pub fn table_ids(&self) -> Vec<ObjectId> {
        self.indexes.iter().flat_map(|open| open.index.meta().chunk_tables.clone()).collect()
    }

    pub fn report(&self, name: Name, reason: String) {
        self.damaged.lock().expect("no panic while holding the lock").entry(name).or_insert(reason);
    }

    /// The files on the remote that turned out to be damaged so far.
    pub fn damaged(&self) -> Vec<Error> {
        let damaged = self.damaged.lock().expect("no panic while holding the lock");
        damaged.iter().map(|(name, reason)| self.corrupt(*name, reason.clone())).collect()
    }

    pub fn corrupt(&self, name: Name, reason: String) -> Error {
        Error::Corrupt { place: self.store.place(), name: name.to_string(), reason }
    }

    fn open(&self, area: Area, id: ObjectId) -> Result<Opened> {
        let name = Name::File(area, id);
        let path = self.local.join(name.to_string());
        if let Ok(file) = File::open(&path)
            && let Ok(index) = RemoteIndex::open(&file)
        {
            return Ok(Opened::Whole(OpenIndex { id, file, index }));
        }
        // Not here, or a local copy that a power cut spoilt.
        let Some(bytes) = self.download(name, id)? else { return Ok(Opened::Gone) };
        let Some(bytes) = bytes else { return Ok(Opened::Damaged) };
        if let Err(error) = RemoteIndex::open(&bytes) {
            self.report(name, error.to_string());
            return Ok(Opened::Damaged);
        }
        self.keep(&path, &bytes)?;
        let file = File::open(&path).at("open", &path)?;
        match RemoteIndex::open(&file) {
            Ok(index) => Ok(Opened::Whole(OpenIndex { id, file, index })),
            Err(error) => {
                self.report(name, error.to_string());
                Ok(Opened::Damaged)
            }
        }
    }

    /// The verified bytes of a file; outer `None` if it is gone, inner `None` if it is damaged.
    fn download(&self, name: Name, id: ObjectId) -> Result<Option<Option<Vec<u8>>>> {
        let Some(bytes) = self.store.get(name, FILE_LIMIT)? else { return Ok(None) };
        let found = ObjectId::of(&bytes);
        if found != id {
            self.report(name, format!("its bytes are those of {found}"));
            return Ok(Some(None));
        }
        Ok(Some(Some(bytes)))
    }

    /// Condemned lists are small and few: they are read whole. `None` if it is gone.
    fn condemned_list(&self, id: ObjectId, before: Option<&Self>) -> Result<Option<Condemnation>> {
        let known = before.and_then(|view| view.condemned.iter().find(|(known, _)| *known == id));
        if let Some((_, list)) = known {
            return Ok(Some(Ok(list.clone())));
        }
        let name = Name::File(Area::Condemned, id);
        let path = self.local.join(name.to_string());
        if let Ok(bytes) = fs::read(&path)
            && ObjectId::of(&bytes) == id
            && let Ok(list) = Condemned::decode(&bytes)
        {
            return Ok(Some(Ok(list)));
        }
        let Some(bytes) = self.download(name, id)? else { return Ok(None) };
        let Some(bytes) = bytes else {
            return Ok(Some(Err("its bytes are not those it is named by".into())));
        };
        let list = Condemned::decode(&bytes).map_err(|error| error.to_string());
        if list.is_ok() {
            self.keep(&path, &bytes)?;
        }
        Ok(Some(list))
    }

    fn keep(&self, path: &Path, bytes: &[u8]) -> fs::Result<()> {
        use std::io::Write as _;
        let directory = path.parent().expect("a file in a folder");
        fs::create_dir_all(directory)?;
        let mut file = fs::AtomicFile::create_in(directory)?;
        file.write_all(bytes).at("write", path)?;
        file.publish(path, 0o444)
    }

    /// Removes local copies of what the remote no longer lists.
    fn forget_local(&self) {
        let keep = |area: &str, id: &ObjectId| match area {
            "index" => self.listed.contains(id),
            _ => self.condemned.iter().any(|(known, _)| known == id),
        };
        for area in ["index", "condemned"] {
            let directory: PathBuf = self.local.join(area);
            for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
                let name = entry.file_name();
                let id = name.to_str().and_then(|name| ObjectId::from_hex(name).ok());
                if id.is_some_and(|id| !keep(area, &id)) {
                    let _ = std::fs::remove_file(entry.path());
                }
            }
        }
    }
}

/// A condemned list, or why it cannot be read.
type Condemnation = Result<Condemned, String>;

enum Opened {
    Whole(OpenIndex),
    Damaged,
    Gone,
}
