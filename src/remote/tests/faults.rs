//! What happens when something is wrong, here, there or on the way.

use super::*;
use crate::format::condemned::Condemned;
use crate::format::remote_index::{self, Meta};

fn sample() -> Files {
    files(&[
        ("a/one", &noise(900, 1)),
        ("a/two", &noise(900, 2)),
        ("b/three", &noise(900, 3)),
        ("c/large", &noise(900_000, 4)),
    ])
}

fn ids(missing: &[Missing]) -> Vec<(Kind, String)> {
    let mut ids: Vec<_> = missing
        .iter()
        .map(|missing| (missing.kind, String::from_utf8_lossy(&missing.path).into_owned()))
        .collect();
    ids.sort();
    ids
}

/// The loose file of an object: so few objects are never packed.
fn loose(site: &Site, id: &ObjectId) -> PathBuf {
    let hex = id.to_hex();
    site.dir.path().join("cache/objects").join(&hex[..2]).join(&hex[2..4]).join(hex)
}

#[test]
fn a_missing_object_blocks_only_the_trees_above_it() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let files = sample();
    let root = here.add(&files);
    let alone = here.add_blob(b"alone");
    std::fs::remove_file(loose(&here, &ObjectId::of(&files["a/two"]))).expect("remove");
    let roots = [root.clone(), alone.clone()];
    let report = here.push_to(&spy, &roots).expect("push");
    assert_eq!(ids(&report.missing), [(Kind::Blob, "data/a/two".into())]);
    assert_eq!(report.missing[0].reason, Reason::Absent);
    assert_eq!(report.incomplete, [0]);
    let remote = PackedRemote::open(&spy, &here.local()).expect("open");
    let tree = here.cache.tree(&root.oid).expect("tree");
    let mut asked: Vec<_> = tree.entries().map(|entry| (entry.oid, Kind::Tree)).collect();
    asked.extend([(root.oid, Kind::Tree), (alone.oid, Kind::Blob)]);
    asked.push((ObjectId::of(&files["a/one"]), Kind::Blob));
    let has = remote.has(&asked).expect("has");
    assert_eq!(has, [false, true, true, false, true, true]);
    // Once it is here again, the rest goes.
    here.add(&files);
    let report = here.push_to(&spy, &roots).expect("push");
    assert_eq!(report.objects, 3, "the blob and two trees");
    let report = there.fetch_from(&spy, &roots).expect("fetch");
    assert!(report.missing.is_empty());
}

#[test]
fn damaged_objects_are_never_sent() {
    let (spy, here) = (Spy::new(), Site::new());
    let files = sample();
    let root = here.add(&files);
    for path in ["a/one", "c/large"] {
        let path = loose(&here, &ObjectId::of(&files[path]));
        let mut bytes = std::fs::read(&path).expect("read");
        bytes[17] ^= 1;
        std::fs::remove_file(&path).expect("remove");
        std::fs::write(&path, bytes).expect("write");
    }
    let report = here.push_to(&spy, &[root]).expect("push");
    let expected = [(Kind::Blob, "data/a/one".into()), (Kind::Blob, "data/c/large".into())];
    assert_eq!(ids(&report.missing), expected);
    assert!(report.missing.iter().all(|m| matches!(m.reason, Reason::Damaged(_))));
    let remote = PackedRemote::open(&spy, &here.local()).expect("open");
    for path in ["a/one", "c/large"] {
        let asked = [(ObjectId::of(&files[path]), Kind::Blob)];
        assert_eq!(remote.has(&asked).expect("has"), [false]);
    }
}

#[test]
fn a_flipped_byte_in_a_pack_is_named_and_the_rest_arrives() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let files = sample();
    let root = here.add(&files);
    let roots = [root];
    here.push_to(&spy, &roots).expect("push");
    let packs = spy.names(Area::Packs);
    let size = |id: &ObjectId| std::fs::metadata(spy.path(Area::Packs, *id)).expect("stat").len();
    let data = *packs.iter().max_by_key(|id| size(id)).expect("two packs");
    // The first entry is stored raw: noise.
    spy.rewrite(Area::Packs, data, |bytes| bytes[20] ^= 1);
    let report = there.fetch_from(&spy, &roots).expect("fetch");
    assert_eq!(report.missing.len(), 1, "{report:?}");
    assert!(matches!(report.missing[0].reason, Reason::Damaged(_)));
    assert!(!report.missing[0].path.is_empty());
    assert!(!there.cache.contains(&report.missing[0].oid).expect("cache"));
    // A chunk near the end.
    spy.rewrite(Area::Packs, data, |bytes| {
        let at = bytes.len() - 5000;
        bytes[at] ^= 1;
    });
    let other = Site::new();
    let report = other.fetch_from(&spy, &roots).expect("fetch");
    let large = report.missing.iter().find(|m| m.path == b"data/c/large").expect("large");
    assert!(large.to_string().contains(&data.to_hex()), "{large}");
    // Cut short, then gone.
    spy.rewrite(Area::Packs, data, |bytes| {
        bytes[20] ^= 1;
        bytes.truncate(1000);
    });
    let report = Site::new().fetch_from(&spy, &roots).expect("fetch");
    assert_eq!(report.missing.len(), 3, "{report:?}");
    std::fs::remove_file(spy.path(Area::Packs, data)).expect("remove");
    let report = Site::new().fetch_from(&spy, &roots).expect("fetch");
    assert_eq!(report.missing.len(), 4);
    assert!(report.missing[0].to_string().contains("not on the remote"));
}

#[test]
fn a_damaged_index_is_named_and_what_it_named_goes_again() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let root = here.add(&sample());
    let roots = [root];
    here.push_to(&spy, &roots).expect("push");
    let index = spy.names(Area::Index)[0];
    for change in [0, 30, 1100] {
        spy.rewrite(Area::Index, index, |bytes| bytes[change] ^= 1);
        let other = Site::new();
        let report = other.fetch_from(&spy, &roots).expect("fetch");
        assert_eq!(report.missing.len(), 1);
        assert!(report.damaged[0].to_string().contains(&index.to_hex()));
        assert_eq!(report.damaged[0].kind(), ErrorKind::Corrupt);
        spy.rewrite(Area::Index, index, |bytes| bytes[change] ^= 1);
    }
    spy.rewrite(Area::Index, index, |bytes| bytes.truncate(500));
    let elsewhere = Site::new();
    elsewhere.add(&sample());
    let report = elsewhere.push_to(&spy, &roots).expect("push");
    assert_eq!(report.damaged.len(), 1);
    let report = there.fetch_from(&spy, &roots).expect("fetch");
    assert!(!report.damaged.is_empty() || report.missing.is_empty());
}

#[test]
fn a_hostile_index_does_no_harm() {
    let (spy, here) = (Spy::new(), Site::new());
    let root = here.add(&sample());
    here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
    let pack = spy.names(Area::Packs)[0];
    let wild = |kind, offset, stored, raw| crate::format::pack::Record {
        oid: ObjectId::of(b"wild"),
        kind,
        encoding: crate::format::pack::Encoding::Zstd,
        offset,
        stored,
        raw,
    };
    for (number, record) in [
        (0, wild(Kind::Blob, u64::MAX, u32::MAX, u32::MAX)),
        (0, wild(Kind::Blob, 8, 100, u32::MAX)),
        (0, wild(Kind::Recipe, 8, 100, 1 << 30)),
        (0, wild(Kind::Tree, 1 << 40, 5, 5)),
        (9, wild(Kind::Blob, 8, 5, 5)),
    ] {
        let mut records = vec![remote_index::encode_record(&record, number)];
        let meta = Meta { chunk_tables: vec![ObjectId::of(b"no table")], ..Meta::default() };
        let bytes = remote_index::encode(&mut records, &[pack], &meta);
        let name = Name::File(Area::Index, ObjectId::of(&bytes));
        spy.inner.put(name, &bytes).expect("put");
        let kind = if record.kind == Kind::Tree { Kind::Tree } else { Kind::Blob };
        let wild = Root { oid: record.oid, kind, size: None, name: b"wild".to_vec() };
        let there = Site::new();
        let report = there.fetch_from(&spy, &[wild, root.clone()]).expect("fetch");
        assert_eq!(ids(&report.missing), [(kind, "wild".into())]);
        spy.inner.delete(name).expect("delete");
    }
}

#[test]
fn an_index_deleted_meanwhile_makes_the_push_upload_again() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let first = here.add(&files(&[("a/one", &noise(900, 1)), ("a/large", &noise(900_000, 4))]));
    here.push_to(&spy, &[first]).expect("push");
    let index = spy.names(Area::Index)[0];
    let root = here.add(&files(&[
        ("a/one", &noise(900, 1)),
        ("a/large", &noise(900_000, 4)),
        ("new", b"new"),
    ]));
    spy.reset();
    let gone = Box::new(move |root: &PathBuf| {
        let path = root.join(Name::File(Area::Index, index).to_string());
        std::fs::remove_file(path).expect("remove");
        for entry in std::fs::read_dir(root.join("chunks")).expect("chunks").flatten() {
            std::fs::remove_file(entry.path()).expect("remove");
        }
    });
    *spy.before_list.lock().expect("lock") = Some((2, gone));
    here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
    assert!(!spy.names(Area::Index).contains(&index));
    let report = there.fetch_from(&spy, std::slice::from_ref(&root)).expect("fetch");
    assert!(report.missing.is_empty(), "{report:?}");
    assert_eq!(there.read(&root).len(), 3);
}

#[test]
fn condemned_objects_are_uploaded_again_and_still_read() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let files = sample();
    let root = here.add(&files);
    let roots = [root.clone()];
    here.push_to(&spy, &roots).expect("push");
    let one = ObjectId::of(&files["a/one"]);
    let tree = here.cache.tree(&root.oid).expect("tree");
    let a = tree.entries().next().expect("a").oid;
    let list = Condemned::new(
        0,
        spy.names(Area::Index),
        vec![(one, Kind::Blob), (a, Kind::Tree), (root.oid, Kind::Tree)],
    );
    let bytes = list.encode();
    let name = Name::File(Area::Condemned, ObjectId::of(&bytes));
    spy.inner.put(name, &bytes).expect("put");
    let report = there.fetch_from(&spy, &roots).expect("fetch");
    assert!(report.missing.is_empty(), "readers may still read");
    let remote = PackedRemote::open(&spy, &here.local()).expect("open");
    assert_eq!(remote.has(&[(root.oid, Kind::Tree)]).expect("has"), [false]);
    let report = here.push_to(&spy, &roots).expect("push");
    assert_eq!(report.objects, 3, "one blob, two trees");
    assert_eq!(remote.has(&[(root.oid, Kind::Tree)]).expect("has"), [true]);
    let report = here.push_to(&spy, &roots).expect("push");
    assert_eq!((report.objects, report.recorded), (0, false), "and only once");
}

#[test]
fn trees_whose_sums_lie_are_named() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let inner = here.add(&files(&[("x", b"1234")]));
    for (size, count) in [(5, 1), (4, 2)] {
        let mut builder = TreeBuilder::new();
        let (mode, oid) = (Mode::Directory, inner.oid);
        builder.push(Entry { name: b"in", mode, oid, size, files: count }).expect("valid");
        let tree = builder.finish();
        here.put_tree(&tree);
        let root = Root { oid: tree.oid(), kind: Kind::Tree, size: None, name: b"data".to_vec() };
        here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
        let report = there.fetch_from(&spy, &[root]).expect("fetch");
        assert_eq!(ids(&report.missing), [(Kind::Tree, "data/in".into())]);
    }
}

#[test]
fn a_tree_that_names_itself_a_million_times_over_is_walked_once() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let mut oid = TreeBuilder::new().finish().oid();
    here.put_tree(&TreeBuilder::new().finish());
    let mut deep = |levels: usize| {
        for _ in 0..levels {
            let mut builder = TreeBuilder::new();
            for name in [b"a", b"b"] {
                let mode = Mode::Directory;
                builder.push(Entry { name, mode, oid, size: 0, files: 0 }).expect("valid");
            }
            let tree = builder.finish();
            let writer = here.cache.writer(&here.lock);
            writer.put(tree.oid(), Kind::Tree, tree.as_bytes()).expect("stored");
            writer.finish().expect("stored");
            oid = tree.oid();
        }
        Root { oid, kind: Kind::Tree, size: None, name: b"data".to_vec() }
    };
    let root = deep(40);
    let report = here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
    assert_eq!(report.objects, 41);
    let report = there.fetch_from(&spy, &[root]).expect("fetch");
    assert_eq!((report.objects, report.missing.len()), (41, 0));
}

#[test]
fn foreign_directories_are_refused_and_empty_ones_initialised() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let local = dir.path().join("local");
    let at = |name: &str| DirStore::new(dir.path().join(name));
    let error = PackedRemote::open(at("absent"), &local).expect_err("absent");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = PackedRemote::init(at("no/parent"), &local).expect_err("no parent");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    std::fs::create_dir(dir.path().join("home")).expect("mkdir");
    std::fs::write(dir.path().join("home/letter"), "dear").expect("write");
    let error = PackedRemote::init(at("home"), &local).expect_err("foreign");
    assert!(matches!(&error, Error::Foreign { found, .. } if found == "letter"), "{error}");
    assert_eq!(std::fs::read_dir(dir.path().join("home")).expect("list").count(), 1);
    let first = PackedRemote::init(at("new"), &local).expect("init");
    let second = PackedRemote::init(at("new"), &local).expect("init again");
    assert_eq!(first.id(), second.id());
    let other = PackedRemote::init(at("other"), &local).expect("init").id();
    assert_ne!(first.id(), other);
    let error = first.expect_id(other).expect_err("another remote");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    std::os::unix::fs::symlink("/etc/passwd", dir.path().join("new/index")).expect("link");
    let file = dir.path().join("new/mldata-remote");
    std::fs::remove_file(&file).expect("remove");
    std::os::unix::fs::symlink("/etc/passwd", &file).expect("link");
    assert!(PackedRemote::open(at("new"), &local).is_err(), "links are not followed");
}

#[test]
fn a_conditional_put_keeps_the_first() {
    let spy = Spy::new();
    spy.prepare().expect("prepare");
    assert!(spy.put_if_absent(Name::RemoteFile, b"one").expect("put"));
    assert!(!spy.put_if_absent(Name::RemoteFile, b"two").expect("put"));
    assert_eq!(spy.get(Name::RemoteFile, 10).expect("get").as_deref(), Some(&b"one"[..]));
    assert!(spy.get(Name::RemoteFile, 2).is_err(), "longer than its limit");
    assert_eq!(std::fs::read_dir(spy.root().join("tmp")).expect("tmp").count(), 0);
}

#[test]
fn a_damaged_condemned_list_stops_writers_and_not_readers() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let roots = [here.add(&sample())];
    here.push_to(&spy, &roots).expect("push");
    let name = Name::File(Area::Condemned, ObjectId::of(b"list"));
    spy.inner.put(name, b"no list").expect("put");
    let error = here.push_to(&spy, &roots).expect_err("what is condemned is not known");
    assert!(error.to_string().contains(&name.to_string()), "{error}");
    let report = there.fetch_from(&spy, &roots).expect("fetch");
    assert!(report.missing.is_empty());
    assert_eq!(report.damaged.len(), 1);
}

#[test]
fn a_damaged_local_copy_of_an_index_is_replaced() {
    let (spy, here) = (Spy::new(), Site::new());
    let root = here.add(&sample());
    let roots = [root.clone()];
    here.push_to(&spy, &roots).expect("push");
    let remote = PackedRemote::open(&spy, &here.local()).expect("open");
    let asked = [(root.oid, Kind::Tree)];
    assert_eq!(remote.has(&asked).expect("has"), [true]);
    let path = remote.local.join(Name::File(Area::Index, spy.names(Area::Index)[0]).to_string());
    let whole = std::fs::read(&path).expect("the local copy");
    // All records lose their first byte's meaning.
    let mut bytes = whole.clone();
    for record in bytes[24 + 1024..].chunks_mut(56).take(8) {
        record[0] ^= 0xff;
    }
    std::fs::remove_file(&path).expect("remove");
    std::fs::write(&path, bytes).expect("write");
    assert_eq!(remote.has(&asked).expect("has"), [false]);
    assert_eq!(remote.has(&asked).expect("has"), [true]);
    assert_eq!(std::fs::read(&path).expect("the local copy"), whole);
    std::fs::remove_file(&path).expect("remove");
    std::fs::write(&path, &whole[..700]).expect("write");
    assert_eq!(remote.has(&asked).expect("has"), [true]);
}
