use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::format::value::arbitrary;
use crate::format::{ObjectId, lock};

fn oid(content: &str) -> ObjectId {
    ObjectId::of(content.as_bytes())
}

fn file(content: &str) -> Target {
    Target::File { oid: oid(content), size: content.len() as u64, exec: false }
}

fn stage(cmd: &str) -> LockedStage {
    LockedStage {
        cmd: LockedCmd::Text(cmd.to_owned()),
        deps: vec![],
        params: BTreeMap::new(),
        env: BTreeMap::new(),
        outs: vec![LockedOut {
            path: format!("{cmd}.out"),
            target: file(cmd),
            cache: true,
            push: true,
            remote: None,
        }],
    }
}

fn lock_of(stages: impl IntoIterator<Item = (&'static str, LockedStage)>) -> Lock {
    Lock { stages: stages.into_iter().map(|(name, stage)| (name.to_owned(), stage)).collect() }
}

/// Everything that a lock can say.
fn full() -> Lock {
    let dep = |path: &str, target| LockedDep { path: path.to_owned(), target };
    let out = |path: &str, cache, push, remote: Option<&str>| LockedOut {
        path: path.to_owned(),
        target: file(path),
        cache,
        push,
        remote: remote.map(str::to_owned),
    };
    let directory = Target::Directory { oid: oid("src"), size: 34, files: 3 };
    let executable = Target::File { oid: oid("run"), size: u64::MAX, exec: true };
    let map = [("rate", Value::Float(0.5)), ("on", Value::Bool(true))];
    let map = map.map(|(key, value)| (key.to_owned(), value));
    let values = [
        ("train.lr", Value::Float(1e-5)),
        ("train.big", Value::Float(1e22)),
        ("train.epochs", Value::Int(10)),
        ("train.date", Value::String("2024-01-01".into())),
        ("train.answer", Value::String("yes".into())),
        ("train.none", Value::Null),
        ("train.layers", Value::List(vec![Value::Int(64), Value::String("a, b".into())])),
        ("train.dropout", Value::Map(map.into_iter().collect())),
        ("on", Value::Bool(false)),
    ];
    let values = values.map(|(key, value)| (key.to_owned(), value));
    let train = LockedStage {
        cmd: LockedCmd::Text("python train.py --name 'é: #1'\necho done".into()),
        deps: vec![
            dep(".", directory),
            dep("../data/x.csv", file("x")),
            dep("/opt/tool", executable),
            dep("src: odd", directory),
        ],
        params: BTreeMap::from([
            ("empty.toml".to_owned(), BTreeMap::new()),
            ("params.yaml".to_owned(), BTreeMap::from(values)),
        ]),
        env: BTreeMap::from([
            ("CUDA_HOME".to_owned(), None),
            ("EMPTY".to_owned(), Some(String::new())),
            ("NULL".to_owned(), Some("null".to_owned())),
            ("SEED".to_owned(), Some("1".to_owned())),
        ]),
        outs: vec![
            out("../shared/model.pkl", true, true, Some("store")),
            out("logs", true, false, None),
            out("metrics.json", false, true, None),
        ],
    };
    let list = LockedStage {
        cmd: LockedCmd::List(vec!["mkdir -p x".into(), "- tricky".into()]),
        outs: vec![],
        ..stage("x")
    };
    let none = LockedStage { cmd: LockedCmd::List(vec![]), ..stage("y") };
    lock_of([("train@cnn-0", train), ("010", list), ("true", none)])
}

fn round_trips(lock: &Lock) {
    let text = lock.text();
    assert_eq!(canonical::parse(&text).as_ref(), Some(lock), "the fast parser\n{text}");
    assert_eq!(read::parse(&text).as_ref(), Ok(lock), "the YAML parser\n{text}");
}

#[test]
fn the_text_is_that_of_version_1() {
    for (name, lock) in [("lock", full()), ("lock-empty", Lock::default())] {
        crate::fs::golden::check(name, lock.text().as_bytes());
        assert_eq!(Lock::parse(lock.text().as_bytes()), Ok(lock.clone()));
        round_trips(&lock);
    }
}

#[test]
fn what_people_write_means_the_same() {
    let oid = oid("x");
    let text = format!(
        "# ours\nmlrun: 1\nstages:\n    b:\n        cmd: |\n            one\n            two\n        \
         outs:\n        -   {{path: z, oid: '{oid}', size: 0x2, exec: false}}\n        -   path: a\n            \
         tree: {oid}\n            size: 1\n            files: 1\n            push: true\n    a: {{cmd: [x]}}\n"
    );
    let lock = Lock::parse(text.as_bytes()).expect("valid");
    let b = &lock.stages["b"];
    assert_eq!(b.cmd, LockedCmd::Text("one\ntwo\n".into()));
    assert_eq!(b.outs.iter().map(|out| &out.path[..]).collect::<Vec<_>>(), ["a", "z"]);
    assert_eq!(b.outs[1].target, Target::File { oid, size: 2, exec: false });
    assert_eq!(lock.stages["a"].cmd, LockedCmd::List(vec!["x".into()]));
    for empty in ["mlrun: 1", "mlrun: 1\nstages:\n", "stages: {}\nmlrun: 1\n"] {
        assert_eq!(Lock::parse(empty.as_bytes()), Ok(Lock::default()), "{empty}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let good = lock_of([("a", stage("x"))]).text();
    let oid = format!("      oid: {}\n", oid("x"));
    let item = format!("    - path: x.out\n{oid}      size: 1\n");
    assert!(good.contains(&item), "{good}");
    for (from, to, expected) in [
        ("mlrun: 1", "mlrun: 2 # later\nnew: 1", "version 2"),
        ("mlrun: 1", "mlrun: 0", "no version"),
        ("mlrun: 1", "mlrun: one", "line 1"),
        ("mlrun: 1\n", "", "mlrun"),
        ("x.out", "/x.out", "line 6, column 7: a path has an empty component"),
        ("x.out", "a/../x.out", "where it does not begin"),
        ("x.out", "..", "ends in"),
        ("size: 1", "size: -1", "line 8"),
        ("size: 1", "size: 18446744073709551616", "line 8"),
        ("size: 1", "size: \"1\"", "line 8"),
        ("sha256:", "md5:", "64 digits"),
        ("size: 1", "size: 1\n      files: 1", "`files` stands beside `oid`"),
        ("      oid:", "      tree:", "without `files`"),
        (&oid, "", "either `oid` or `tree`"),
        (
            "outs:",
            "deps:\n    - {path: a, oid: x, size: 1, push: true}\n    outs:",
            "a dep has only",
        ),
        (&item, &item.repeat(2), "line 9, column 7: this path stands here twice"),
        ("    cmd: x\n", "", "cmd"),
        ("cmd: x", "cmd: {a: b}", "line 4"),
        ("cmd: x", "cmd: 1", "line 4"),
        ("cmd: x", "cmd: x\n    cmd: y", "line 5"),
        ("cmd: x", "cmd: x\n    command: y", "line 5"),
        ("  a:", "  \"\":", "no name"),
        ("stages:\n", "stages:\n<<<<<<< ours\n", "conflict markers"),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good);
        let error = Lock::parse(text.as_bytes()).expect_err(&text).to_string();
        assert!(error.contains(expected), "{text}\ngave {error}");
    }
    assert!(Lock::parse(b"mlrun: 1\nstages: {a: {cmd: \xff}}").is_err());
    assert!(Lock::parse(&vec![b' '; lock::MAX_LEN + 1]).is_err());
}

/// The names of the stages that can be read, and of those in conflict.
fn tolerant(text: &str) -> (Vec<String>, Vec<String>) {
    let found = Lock::parse_tolerant(text.as_bytes()).unwrap_or_else(|e| panic!("{e} in\n{text}"));
    for (name, stage) in &found.lock.stages {
        assert_eq!(stage.outs.len(), 1, "{name} is not whole in\n{text}");
    }
    (found.lock.stages.into_keys().collect(), found.conflicted.into_iter().collect())
}

const OID: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Blocks named by a letter, conflicts written short: `<`, `|`, `=` and `>` are markers.
fn conflicted(short: &str) -> String {
    let lines = short.lines().map(|line| match line.trim() {
        "<" => "<<<<<<< HEAD\n".to_owned(),
        "|" => "||||||| base\n".to_owned(),
        "=" => "=======\n".to_owned(),
        ">" => ">>>>>>> other\n".to_owned(),
        "out" => {
            format!("    outs:\n    - path: x\n      oid: {OID}\n      size: 3\n")
        }
        line if line.starts_with("cmd") => line.replace("cmd", "    cmd: run") + "\n",
        name => format!("  {name}:\n"),
    });
    "mlrun: 1\nstages:\n".to_owned() + &lines.collect::<String>()
}

#[test]
fn a_conflict_disables_only_its_own_stages() {
    for (short, whole, damaged) in [
        ("a\ncmd 1\nout", "a", ""),
        ("a\n<\ncmd 1\n=\ncmd 2\n>\nout\nb\ncmd 3\nout", "b", "a"),
        ("a\n<\ncmd 1\n|\ncmd 0\n=\ncmd 2\n>\nout\nb\ncmd 3\nout", "b", "a"),
        // Both sides add stages at the same place.
        ("a\ncmd 1\nout\n<\nb\ncmd 1\nout\n=\nc\ncmd 1\nout\n>\nd\ncmd 1\nout", "a d", "b c"),
        // The end of the new blocks is the same: it follows the conflict.
        ("a\ncmd 1\nout\n<\nb\ncmd 1\n=\nc\ncmd 2\n>\nout\nd\ncmd 1\nout", "a d", "b c"),
        // One block ends in the conflict, another begins.
        ("a\ncmd 1\n<\nout\nb\ncmd 1\nout\n=\n>\nc\ncmd 1\nout", "c", "a b"),
        // One side has removed what the other changed.
        ("a\ncmd 1\nout\n<\n=\nb\ncmd 1\nout\n>\nc\ncmd 1\nout", "a c", "b"),
        ("a\ncmd 1\n<\n=\nb\ncmd 1\n>\nout\nc\ncmd 1\nout", "c", "a b"),
        // The first stages of two new locks.
        ("<\na\ncmd 1\nout\n=\nb\ncmd 1\nout\n>", "", "a b"),
    ] {
        let split =
            |names: &str| -> Vec<String> { names.split_whitespace().map(str::to_owned).collect() };
        let found = tolerant(&conflicted(short));
        assert_eq!(found, (split(whole), split(damaged)), "{short}");
    }
}

#[test]
fn a_conflict_around_the_head_is_settled_if_it_can_be() {
    let stage = |name| conflicted(&format!("{name}\ncmd 1\nout")).replace("mlrun: 1\n", "");
    let text = format!(
        "mlrun: 1\n<<<<<<< a\nstages: {{}}\n=======\n{}>>>>>>> b\n{}",
        stage("b"),
        stage("c")
    );
    assert_eq!(tolerant(&text), (vec!["c".to_owned()], vec!["b".to_owned()]));
    for text in [
        "<<<<<<< a\nmlrun: 1\n=======\nmlrun: 2\n>>>>>>> b\nstages: {}\n",
        "mlrun: 1\n<<<<<<< a\n",
        "mlrun: 1\n>>>>>>> a\n",
        "mlrun: 1\n<<<<<<< a\n=======\n>>>>>>> b\nother: 1\n",
    ] {
        let error = Lock::parse_tolerant(text.as_bytes()).expect_err(text);
        assert_eq!(error, Error::ConflictMarkers { what: WHAT }, "{text}");
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z]{1,8}", "[0-9a-zé:#&*!|>'\"%@`,{}\\[\\]~ .\n\\\\-]{0,9}"]
}

fn path() -> impl Strategy<Value = String> {
    let part = text().prop_filter("a component", |part| {
        !part.contains(['/', '\0']) && !matches!(&part[..], "" | "." | "..")
    });
    (0..3usize, vec(part, 1..3)).prop_map(|(up, parts)| "../".repeat(up) + &parts.join("/"))
}

fn target() -> impl Strategy<Value = Target> {
    (any::<u64>(), any::<u64>(), any::<bool>(), any::<bool>()).prop_map(
        |(size, files, exec, dir)| {
            let oid = ObjectId::of(&size.to_be_bytes());
            match dir {
                true => Target::Directory { oid, size, files },
                false => Target::File { oid, size, exec },
            }
        },
    )
}

fn stages() -> impl Strategy<Value = LockedStage> {
    let cmd =
        prop_oneof![text().prop_map(LockedCmd::Text), vec(text(), 0..3).prop_map(LockedCmd::List)];
    let deps = btree_map(path(), target(), 0..3).prop_map(|deps| {
        deps.into_iter().map(|(path, target)| LockedDep { path, target }).collect()
    });
    let out = (target(), any::<bool>(), any::<bool>(), option::of(text()));
    let outs = btree_map(path(), out, 0..3).prop_map(|outs| {
        let out =
            |(path, (target, cache, push, remote))| LockedOut { path, target, cache, push, remote };
        outs.into_iter().map(out).collect()
    });
    let params = btree_map(text(), btree_map(text(), arbitrary(), 0..3), 0..3);
    let env = btree_map(text(), option::of(text()), 0..3);
    (cmd, deps, params, env, outs).prop_map(|(cmd, deps, params, env, outs)| LockedStage {
        cmd,
        deps,
        params,
        env,
        outs,
    })
}

fn locks() -> impl Strategy<Value = Lock> {
    let name = text().prop_filter("a name", |name| !name.is_empty());
    btree_map(name, stages(), 0..4).prop_map(|stages| Lock { stages })
}

proptest! {
    #[test]
    fn both_parsers_read_what_is_written(lock in locks()) {
        round_trips(&lock);
    }

    #[test]
    fn lines_lost_or_doubled_never_make_the_parsers_disagree(
        lock in locks(), at: prop::sample::Index, twice: bool,
    ) {
        let text = lock.text();
        let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
        let at = at.index(lines.len());
        let line = lines.remove(at);
        if twice {
            lines.splice(at..at, [line, line]);
        }
        let text = lines.concat();
        if let Some(lock) = canonical::parse(&text) {
            prop_assert_eq!(read::parse(&text), Ok(lock));
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(text: String, lines in vec("(<<<<<<< a|=======|>>>>>>> b|  [ab]:|    cmd: x|stages:)\n", 0..12)) {
        let _ = Lock::parse(text.as_bytes());
        let _ = Lock::parse_tolerant(format!("mlrun: 1\nstages:\n{}", lines.concat()).as_bytes());
        let _ = Lock::parse(format!("mlrun: 1\nstages:\n  a:\n    cmd: {text}\n").as_bytes());
    }
}
