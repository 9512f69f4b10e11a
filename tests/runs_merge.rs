//! Merging stores: whatever the order, the same tree.

use gitml::format::run::{Annotations, Note, RunId, Stamp};
use gitml::fs::RepoPath;
use gitml::git::{GitId, Objects, Repo, TreeChange};
use gitml::runs::merge;
use gitml::runs::store::{annotations_path, run_directory};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::common::TestEnv;

/// What one store has of one run.
#[derive(Clone, Debug)]
struct Part {
    /// Which of two contents its directory has, if it is there.
    content: Option<u8>,
    tag: Option<i64>,
    /// When it was deleted, or brought back.
    deleted: Option<(i64, bool)>,
}

fn annotations(part: &Part) -> Annotations {
    let note = |time: i64, text: &str| Note {
        text: Some(text.to_owned()),
        stamp: Stamp { time, writer: "a <a@b>".into() },
    };
    let mut all = Annotations::default();
    if let Some(time) = part.tag {
        all.tags.insert("tag".into(), note(time, &format!("at {time}")));
    }
    if let Some((time, is_deleted)) = part.deleted {
        let mut note = note(time, "yes");
        note.text = note.text.filter(|_| is_deleted);
        all.deleted = Some(note);
    }
    all
}

fn id(at: usize) -> RunId {
    // Two shards, the second with one run.
    let mut bytes = [at as u8; 16];
    bytes[0] = if at == 2 { 0xbb } else { 0xaa };
    RunId::from_bytes(bytes)
}

fn path(text: String) -> RepoPath {
    RepoPath::new(text).unwrap()
}

/// The tree of a store with these runs, and unknown files with these contents.
fn tree(objects: &Objects, parts: &[Part], unknown: &[(&'static str, u8)]) -> GitId {
    let mut edits = Vec::new();
    let mut file = |path: RepoPath, bytes: &[u8]| {
        let id = objects.write_blob(bytes).unwrap();
        edits.push((path, TreeChange::File { id, executable: false }));
    };
    for (at, part) in parts.iter().enumerate() {
        if let Some(content) = part.content {
            file(path(format!("{}/run.json", run_directory(id(at)))), &[content]);
        }
        let annotations = annotations(part);
        if annotations != Annotations::default() {
            file(path(annotations_path(id(at))), &annotations.to_bytes());
        }
    }
    for (name, content) in unknown {
        file(path((*name).to_owned()), &[*content]);
    }
    objects.edit_tree(None, edits).unwrap()
}

/// What clones come to: a deletion that was taken back leaves the run where it is, and a run goes
/// only after it was deleted.
fn honest() -> impl Strategy<Value = Part> {
    let deleted = proptest::option::of((0..4i64, any::<bool>()));
    (any::<bool>(), proptest::option::of(0..3i64), deleted).prop_map(|(there, tag, deleted)| {
        let is_deleted = deleted.is_some_and(|(_, is_deleted)| is_deleted);
        let was_brought_back = deleted.is_some() && !is_deleted;
        let content = (there || was_brought_back).then_some(0);
        let knows = content.is_some() || is_deleted;
        Part { content, tag: tag.filter(|_| knows), deleted }
    })
}

fn any_part() -> impl Strategy<Value = Part> {
    let deleted = proptest::option::of((0..4i64, any::<bool>()));
    (proptest::option::of(0..2u8), proptest::option::of(0..3i64), deleted)
        .prop_map(|(content, tag, deleted)| Part { content, tag, deleted })
}

type Unknown = Vec<(&'static str, u8)>;

fn unknown() -> impl Strategy<Value = Unknown> {
    const NAMES: [&str; 5] =
        ["v2/runs/aa/x", "v2/y", "README", "v1/runs/aa/notes", "v1/annotations/aa/other.json"];
    proptest::collection::vec(proptest::option::of(0..2u8), NAMES.len()).prop_map(|contents| {
        let found = NAMES.into_iter().zip(contents);
        found.filter_map(|(name, content)| Some((name, content?))).collect()
    })
}

fn store(part: impl Strategy<Value = Part>) -> impl Strategy<Value = (Vec<Part>, Unknown)> {
    (proptest::collection::vec(part, 3), unknown())
}

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() })
}

#[test]
fn merging_is_commutative_and_idempotent() {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    let objects = repo.objects();
    let stores = (store(any_part()), store(any_part()));
    let result = runner().run(&stores, |((a, more_a), (b, more_b))| {
        let (a, b) = (tree(&objects, &a, &more_a), tree(&objects, &b, &more_b));
        let merged = merge::trees(&objects, a, b).unwrap();
        prop_assert_eq!(merged, merge::trees(&objects, b, a).unwrap());
        prop_assert_eq!(a, merge::trees(&objects, a, a).unwrap());
        Ok(())
    });
    result.unwrap();
}

#[test]
fn stores_that_clones_come_to_merge_in_any_order() {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    let objects = repo.objects();
    let stores = (store(honest()), store(honest()), store(honest()));
    let result = runner().run(&stores, |((a, more_a), (b, more_b), (c, more_c))| {
        let a = tree(&objects, &a, &more_a);
        let b = tree(&objects, &b, &more_b);
        let c = tree(&objects, &c, &more_c);
        let merge = |a, b| merge::trees(&objects, a, b).unwrap();
        let all = merge(merge(a, b), c);
        prop_assert_eq!(all, merge(a, merge(b, c)));
        prop_assert_eq!(all, merge(all, a));
        prop_assert_eq!(all, merge(b, all));
        Ok(())
    });
    result.unwrap();
}

/// Whether the directory of the only run is there after merging `a` and `b`.
fn is_there(objects: &Objects, a: Part, b: Part) -> bool {
    let merged = merge::trees(objects, tree(objects, &[a], &[]), tree(objects, &[b], &[])).unwrap();
    objects.lookup(merged, &run_directory(id(0))).unwrap().is_some()
}

#[test]
fn what_was_dropped_stays_away_until_it_is_brought_back() {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    let objects = repo.objects();
    let part = |content, deleted| Part { content, tag: None, deleted };
    let dropped = || part(None, Some((1, true)));
    assert!(!is_there(&objects, dropped(), part(Some(0), None)));
    assert!(!is_there(&objects, part(Some(0), Some((1, true))), dropped()));
    assert!(is_there(&objects, dropped(), part(Some(0), Some((2, false)))));
    assert!(is_there(&objects, part(Some(0), Some((2, true))), dropped()));
    assert!(is_there(&objects, part(None, None), part(Some(0), Some((1, true)))), "not dropped");
}

#[test]
fn annotations_that_nobody_can_read_give_way() {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    let objects = repo.objects();
    let good = tree(&objects, &[Part { content: Some(0), tag: Some(1), deleted: None }], &[]);
    for bad in [b"{".to_vec(), vec![b' '; 5 << 20]] {
        let blob = objects.write_blob(&bad).unwrap();
        let edit =
            (path(annotations_path(id(0))), TreeChange::File { id: blob, executable: false });
        let bad = objects.edit_tree(Some(good), [edit]).unwrap();
        assert_eq!(merge::trees(&objects, good, bad).unwrap(), good);
        assert_eq!(merge::trees(&objects, bad, good).unwrap(), good);
    }
}
