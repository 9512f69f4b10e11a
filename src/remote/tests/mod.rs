//! Pushing and fetching between caches and a directory.

mod faults;
mod golden;
mod transfers;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use super::*;
use crate::cache::CacheLock;
use crate::format::tree::TreeBuilder;
use crate::format::{Entry, Mode, Tree};

/// Bytes without structure, the same for the same seed (SplitMix64).
pub(super) fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

type Files = BTreeMap<&'static str, Vec<u8>>;

fn files(list: &[(&'static str, &[u8])]) -> Files {
    list.iter().map(|(path, bytes)| (*path, bytes.to_vec())).collect()
}

/// A cache in a directory of its own.
struct Site {
    dir: tempfile::TempDir,
    cache: Cache,
    lock: CacheLock,
}

impl Site {
    fn new() -> Site {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let cache = Cache::new(dir.path().join("cache"));
        let lock = cache.lock("test", None, &|_| {}).expect("lock");
        Site { dir, cache, lock }
    }

    fn local(&self) -> PathBuf {
        self.dir.path().join("cache/remotes")
    }

    /// Stores files and the trees above them; the root's name is `data`.
    fn add(&self, files: &Files) -> Root {
        let writer = self.cache.writer(&self.lock);
        let (oid, _, _) = add_tree(&writer, files, "");
        writer.finish().expect("stored");
        Root { oid, kind: Kind::Tree, size: None, name: b"data".to_vec() }
    }

    fn add_blob(&self, bytes: &[u8]) -> Root {
        let writer = self.cache.writer(&self.lock);
        let oid = ObjectId::of(bytes);
        writer.put(oid, Kind::Blob, bytes).expect("stored");
        writer.finish().expect("stored");
        Root { oid, kind: Kind::Blob, size: None, name: b"blob".to_vec() }
    }

    fn put_tree(&self, tree: &Tree) {
        let writer = self.cache.writer(&self.lock);
        writer.put(tree.oid(), Kind::Tree, tree.as_bytes()).expect("stored");
        writer.finish().expect("stored");
    }

    fn push_to(&self, store: &dyn Store, roots: &[Root]) -> Result<PushReport> {
        let remote = PackedRemote::init(store, &self.local())?;
        remote.push(&PushRequest {
            roots,
            cache: &self.cache,
            repository: "repo",
            commit: "c0ffee",
            time: 7,
            progress: &(),
            dry_run: false,
        })
    }

    fn fetch_from(&self, store: &dyn Store, roots: &[Root]) -> Result<FetchReport> {
        self.fetch_some(store, roots, None)
    }

    fn fetch_some(
        &self,
        store: &dyn Store,
        roots: &[Root],
        select: Option<&Select<'_>>,
    ) -> Result<FetchReport> {
        let remote = PackedRemote::open(store, &self.local())?;
        let (cache, lock, progress) = (&self.cache, &self.lock, &());
        remote.fetch(&FetchRequest { roots, cache, lock, select, progress, dry_run: false })
    }

    /// Everything below a root, read from the cache.
    fn read(&self, root: &Root) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut stack = vec![(root.oid, String::new())];
        while let Some((oid, path)) = stack.pop() {
            for entry in self.cache.tree(&oid).expect("a tree").entries() {
                let path = format!("{path}{}", String::from_utf8_lossy(entry.name));
                if entry.mode.is_directory() {
                    stack.push((entry.oid, path + "/"));
                } else {
                    found.insert(path, self.cache.read(&entry.oid).expect("a blob"));
                }
            }
        }
        found
    }
}

fn add_tree(writer: &crate::cache::Writer<'_>, files: &Files, at: &str) -> (ObjectId, u64, u64) {
    let mut names: BTreeMap<&str, bool> = BTreeMap::new();
    for path in files.keys().filter_map(|path| path.strip_prefix(at)) {
        match path.split_once('/') {
            Some((directory, _)) => names.insert(directory, true),
            None => names.insert(path, false),
        };
    }
    let mut builder = TreeBuilder::new();
    for (name, directory) in names {
        let path = format!("{at}{name}");
        let entry = if directory {
            let (oid, size, files) = add_tree(writer, files, &format!("{path}/"));
            Entry { name: name.as_bytes(), mode: Mode::Directory, oid, size, files }
        } else {
            let bytes = &files[path.as_str()];
            let oid = ObjectId::of(bytes);
            writer.put(oid, Kind::Blob, bytes).expect("stored");
            let size = bytes.len() as u64;
            Entry { name: name.as_bytes(), mode: Mode::File, oid, size, files: 0 }
        };
        builder.push(entry).expect("valid");
    }
    let tree = builder.finish();
    writer.put(tree.oid(), Kind::Tree, tree.as_bytes()).expect("stored");
    (tree.oid(), tree.size(), tree.files())
}

type Hook = Box<dyn FnOnce(&PathBuf) + Send>;

/// A store that counts, notes, and fails when told to.
struct Spy {
    inner: DirStore,
    dir: tempfile::TempDir,
    lists: AtomicU64,
    gets: AtomicU64,
    read: Mutex<Vec<Name>>,
    put: Mutex<Vec<Name>>,
    /// Puts that still succeed.
    puts_left: AtomicI64,
    /// Reads that still succeed.
    reads_left: AtomicI64,
    /// Called before the n-th listing.
    before_list: Mutex<Option<(u64, Hook)>>,
}

impl Spy {
    fn new() -> Spy {
        let dir = tempfile::tempdir().expect("a temporary directory");
        Spy {
            inner: DirStore::new(dir.path().join("store")),
            dir,
            lists: AtomicU64::new(0),
            gets: AtomicU64::new(0),
            read: Mutex::default(),
            put: Mutex::default(),
            puts_left: AtomicI64::new(i64::MAX),
            reads_left: AtomicI64::new(i64::MAX),
            before_list: Mutex::new(None),
        }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    fn reset(&self) {
        self.lists.store(0, Ordering::SeqCst);
        self.gets.store(0, Ordering::SeqCst);
        self.read.lock().expect("lock").clear();
        self.put.lock().expect("lock").clear();
    }

    fn names(&self, area: Area) -> Vec<ObjectId> {
        let mut ids: Vec<ObjectId> =
            self.inner.list(&[area]).expect("list").iter().map(|file| file.id).collect();
        ids.sort_unstable();
        ids
    }

    fn path(&self, area: Area, id: ObjectId) -> PathBuf {
        self.root().join(Name::File(area, id).to_string())
    }

    /// Replaces the bytes of a file, which is read-only.
    fn rewrite(&self, area: Area, id: ObjectId, change: impl FnOnce(&mut Vec<u8>)) {
        let path = self.path(area, id);
        let mut bytes = std::fs::read(&path).expect("read");
        change(&mut bytes);
        std::fs::remove_file(&path).expect("remove");
        std::fs::write(&path, bytes).expect("write");
    }
}

impl Store for Spy {
    fn place(&self) -> String {
        "spy".into()
    }

    fn prepare(&self) -> Result<()> {
        self.inner.prepare()
    }

    fn get(&self, name: Name, limit: u64) -> Result<Option<Vec<u8>>> {
        self.gets.fetch_add(1, Ordering::SeqCst);
        self.inner.get(name, limit)
    }

    fn get_range(&self, name: Name, offset: u64, len: u64) -> Result<Option<Vec<u8>>> {
        if self.reads_left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            let source = std::io::ErrorKind::PermissionDenied.into();
            return Err(fs::Error { op: "read", path: "spy".into(), source }.into());
        }
        self.read.lock().expect("lock").push(name);
        self.inner.get_range(name, offset, len)
    }

    fn put(&self, name: Name, bytes: &[u8]) -> Result<()> {
        if self.puts_left.fetch_sub(1, Ordering::SeqCst) <= 0 {
            let source = std::io::ErrorKind::StorageFull.into();
            return Err(fs::Error { op: "write", path: "spy".into(), source }.into());
        }
        self.put.lock().expect("lock").push(name);
        self.inner.put(name, bytes)
    }

    fn put_if_absent(&self, name: Name, bytes: &[u8]) -> Result<bool> {
        self.inner.put_if_absent(name, bytes)
    }

    fn list(&self, areas: &[Area]) -> Result<Vec<Listed>> {
        let count = self.lists.fetch_add(1, Ordering::SeqCst) + 1;
        let mut hook = self.before_list.lock().expect("lock");
        if hook.as_ref().is_some_and(|(at, _)| *at == count) {
            let (_, hook) = hook.take().expect("checked");
            hook(&self.root());
        }
        self.inner.list(areas)
    }

    fn delete(&self, name: Name) -> Result<()> {
        self.inner.delete(name)
    }
}
