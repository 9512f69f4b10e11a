//! What goes and comes when nothing is wrong.

use super::*;

fn sample() -> Files {
    files(&[
        ("a", b"first"),
        ("dir/b", &b"some text, again and again; ".repeat(50)),
        ("dir/deep/c", &noise(700_000, 3)),
        ("dir/deep/d", &noise(20_000, 4)),
        ("empty", b""),
        ("twin", b"first"),
    ])
}

fn as_read(files: &Files) -> BTreeMap<String, Vec<u8>> {
    files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.clone())).collect()
}

#[test]
fn what_is_pushed_comes_back_the_same() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let root = here.add(&sample());
    let blob = here.add_blob(&noise(3 << 20, 9));
    let roots = [root.clone(), blob.clone()];
    let report = here.push_to(&spy, &roots).expect("push");
    assert!(report.missing.is_empty() && report.recorded, "{report:?}");
    assert_eq!(report.objects, 8, "4 blobs, 3 trees and 1 root");
    let report = there.fetch_from(&spy, &roots).expect("fetch");
    assert!(report.missing.is_empty() && report.damaged.is_empty(), "{report:?}");
    assert_eq!(report.objects, 8);
    assert_eq!(there.read(&root), as_read(&sample()));
    assert_eq!(there.cache.read(&blob.oid).expect("blob"), noise(3 << 20, 9));
    spy.reset();
    let report = there.fetch_from(&spy, &roots).expect("fetch again");
    assert_eq!((report.objects, report.received), (0, 0));
    assert!(spy.read.lock().expect("lock").is_empty(), "nothing is read again");
}

#[test]
fn a_push_of_nothing_new_is_one_listing() {
    let (spy, here) = (Spy::new(), Site::new());
    let root = here.add(&sample());
    here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
    spy.reset();
    let report = here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
    assert!(!report.recorded);
    assert_eq!(spy.lists.load(Ordering::SeqCst), 1);
    assert_eq!(spy.gets.load(Ordering::SeqCst), 2, "only `mldata-remote`, to init and to open");
    assert!(spy.put.lock().expect("lock").is_empty());
    // A subdirectory is there already, but as a root it is new.
    let tree = here.cache.tree(&root.oid).expect("tree");
    let dir = tree.entries().find(|entry| entry.name == b"dir").expect("dir");
    let sub = Root { oid: dir.oid, kind: Kind::Tree, size: None, name: b"sub".to_vec() };
    let report = here.push_to(&spy, &[sub]).expect("push");
    assert!(report.recorded);
    assert_eq!(report.objects, 0);
    assert_eq!(spy.names(Area::Index).len(), 2);
}

#[test]
fn only_what_changed_goes() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    here.push_to(&spy, &[here.add(&sample())]).expect("push");
    let mut changed = sample();
    changed.insert("dir/deep/c", {
        let mut bytes = noise(700_000, 3);
        bytes.extend_from_slice(b"appended");
        bytes
    });
    let root = here.add(&changed);
    let report = here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
    assert_eq!(report.objects, 4, "one blob, three trees");
    assert!(report.sent < 600_000, "chunks that are there stay: {}", report.sent);
    there.fetch_from(&spy, std::slice::from_ref(&root)).expect("fetch");
    assert_eq!(there.read(&root), as_read(&changed));
}

#[test]
fn packs_of_trees_and_of_data_are_separate_and_a_part_reads_only_its_own() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let root = here.add(&sample());
    here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
    assert_eq!(spy.names(Area::Packs).len(), 2);
    assert_eq!(spy.names(Area::Chunks).len(), 1);
    let nothing = |_: &[u8], directory: bool| {
        if directory { Selection::Part } else { Selection::Skip }
    };
    let roots = std::slice::from_ref(&root);
    let report = there.fetch_some(&spy, roots, Some(&nothing)).expect("fetch");
    assert_eq!(report.objects, 3, "the trees");
    let read: std::collections::BTreeSet<Name> =
        spy.read.lock().expect("lock").iter().copied().collect();
    assert_eq!(read.len(), 1, "the meta pack only");
    let one = |path: &[u8], _: bool| match path {
        b"data/dir" => Selection::Part,
        b"data/dir/b" => Selection::All,
        _ => Selection::Skip,
    };
    let other = Site::new();
    let report = other.fetch_some(&spy, roots, Some(&one)).expect("fetch");
    assert_eq!(report.objects, 3, "two trees and a file: {report:?}");
    assert!(report.received < 10_000, "{}", report.received);
}

#[test]
fn a_retry_makes_the_same_packs() {
    let (one, two, here) = (Spy::new(), Spy::new(), Site::new());
    let root = here.add(&sample());
    here.push_to(&one, std::slice::from_ref(&root)).expect("push");
    here.push_to(&two, &[root]).expect("push");
    assert_eq!(one.names(Area::Packs), two.names(Area::Packs));
}

#[test]
fn an_interrupted_push_goes_on() {
    let (here, there) = (Site::new(), Site::new());
    let root = here.add(&sample());
    // Data pack, meta pack, chunk table, index.
    for puts in 0..4 {
        let spy = Spy::new();
        spy.puts_left.store(puts, Ordering::SeqCst);
        let error = here.push_to(&spy, std::slice::from_ref(&root)).expect_err("no space");
        assert_eq!(error.kind(), ErrorKind::NoSpace);
        let report = there.fetch_from(&spy, std::slice::from_ref(&root)).expect("fetch");
        assert_eq!(report.missing.len(), 1, "no tree was published");
        spy.puts_left.store(i64::MAX, Ordering::SeqCst);
        here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
        let other = Site::new();
        other.fetch_from(&spy, std::slice::from_ref(&root)).expect("fetch");
        assert_eq!(other.read(&root), as_read(&sample()));
        assert_eq!(spy.names(Area::Packs).len(), 2, "after {puts}");
    }
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let (spy, here) = (Spy::new(), Site::new());
    let root = here.add(&sample());
    let remote = PackedRemote::init(&spy, &here.local()).expect("init");
    let request = PushRequest {
        roots: &[root],
        cache: &here.cache,
        repository: "repo",
        commit: "",
        time: 0,
        progress: &(),
        dry_run: true,
    };
    let report = remote.push(&request).expect("dry run");
    assert_eq!(report.objects, 7);
    assert!(report.bytes > 700_000);
    assert!(spy.put.lock().expect("lock").is_empty());
}

#[test]
fn many_indexes_become_one() {
    let (spy, here) = (Spy::new(), Site::new());
    let mut roots = Vec::new();
    for number in 0..66u64 {
        let size = if number % 33 == 0 { 600_000 } else { 100 };
        let root = here.add_blob(&noise(size, 1000 + number));
        here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
        roots.push(root);
    }
    assert_eq!(spy.names(Area::Index).len(), 67, "one was added by merging");
    let remote = PackedRemote::open(&spy, &here.local()).expect("open");
    let asked: Vec<_> = roots.iter().map(|root| (root.oid, root.kind)).collect();
    assert_eq!(remote.has(&asked).expect("has"), vec![true; 66]);
    let view = view::View::load(&spy, &remote.local).expect("view");
    assert_eq!(view.indexes().len(), 2, "the merged one and the last");
    // Garbage collection deletes the superseded ones.
    for id in spy.names(Area::Index) {
        if !view.indexes().iter().any(|open| open.id == id) {
            spy.delete(Name::File(Area::Index, id)).expect("delete");
        }
    }
    let there = Site::new();
    let report = there.fetch_from(&spy, &roots).expect("fetch");
    assert_eq!(report.objects, 66, "{:?}", report.missing.first());
    spy.reset();
    let report = here.push_to(&spy, &roots).expect("push");
    assert!(!report.recorded, "the merged index keeps the push records");
}

#[test]
fn trees_are_there_only_as_trees() {
    let (spy, here) = (Spy::new(), Site::new());
    let root = here.add(&sample());
    let bytes = here.cache.read(&root.oid).expect("tree");
    // The listing of a directory as somebody's file promises nothing about what it names.
    let blob = here.add_blob(&bytes);
    assert_eq!(blob.oid, root.oid);
    here.push_to(&spy, &[blob]).expect("push");
    let remote = PackedRemote::open(&spy, &here.local()).expect("open");
    let asked = [(root.oid, Kind::Tree), (root.oid, Kind::Blob)];
    assert_eq!(remote.has(&asked).expect("has"), [false, true]);
    here.push_to(&spy, &[root]).expect("push");
    assert_eq!(remote.has(&asked).expect("has"), [true, true]);
}

#[test]
fn checkpoints_and_arrivals_survive_an_interruption() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let names: Vec<&'static str> =
        (0..500).map(|number| &*Box::leak(format!("{number:03}").into_boxed_str())).collect();
    let many: Files =
        names.iter().enumerate().map(|(n, name)| (*name, noise(3000, n as u64))).collect();
    let root = here.add(&many);
    let roots = std::slice::from_ref(&root);
    // A pack is 32 MiB: each checkpoint is one pack and one index.
    spy.puts_left.store(5, Ordering::SeqCst);
    here.push_to(&spy, roots).expect_err("interrupted");
    assert_eq!(spy.names(Area::Index).len(), 2);
    spy.puts_left.store(i64::MAX, Ordering::SeqCst);
    let report = here.push_to(&spy, roots).expect("push");
    assert!((200..400).contains(&report.objects), "{}", report.objects);
    spy.reads_left.store(20, Ordering::SeqCst);
    there.fetch_from(&spy, roots).expect_err("interrupted");
    spy.reads_left.store(i64::MAX, Ordering::SeqCst);
    let report = there.fetch_from(&spy, roots).expect("fetch");
    assert!((300..450).contains(&report.objects), "{}", report.objects);
    assert_eq!(there.read(&root), as_read(&many));
}

#[test]
fn many_chunk_tables_become_one() {
    let (spy, here, there) = (Spy::new(), Site::new(), Site::new());
    let roots: Vec<Root> = (0..66u64)
        .map(|number| {
            let root = here.add_blob(&noise(530_000, 5000 + number));
            here.push_to(&spy, std::slice::from_ref(&root)).expect("push");
            root
        })
        .collect();
    let remote = PackedRemote::open(&spy, &here.local()).expect("open");
    let view = view::View::load(&spy, &remote.local).expect("view");
    assert!(view.tables().len() <= 3, "{}", view.tables().len());
    let report = there.fetch_from(&spy, &roots).expect("fetch");
    assert_eq!((report.objects, report.missing.len()), (66, 0));
}
