//! Replays the committed inputs of the fuzz targets: seeds, and everything that once went wrong.

use std::path::Path;

use gitml::format::condemned::Condemned;
use gitml::format::pack::{Encoder, Encoding, Record};
use gitml::format::recipe::{Chunk, Recipe};
use gitml::format::remote_file::{RemoteFile, RemoteId};
use gitml::format::remote_index::{self, Meta, PushEntry, PushedRoot, RootKind};
use gitml::format::run::{Point, curves};
use gitml::format::tree::{Entry, Mode, TreeBuilder};
use gitml::format::{Kind, Lock, ObjectId, Pointer, Target, table};

#[path = "fuzz/properties.rs"]
mod properties;

#[test]
fn committed_inputs_keep_every_property() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec/fuzz");
    let mut replayed = 0;
    for target in std::fs::read_dir(&root).expect("tests/spec/fuzz") {
        let target = target.unwrap();
        let name = target.file_name().into_string().unwrap();
        for input in std::fs::read_dir(target.path()).unwrap() {
            let bytes = std::fs::read(input.unwrap().path()).unwrap();
            assert!(properties::check(&name, &bytes), "no fuzz target is called {name}");
            replayed += 1;
        }
    }
    assert!(replayed > 0, "there are inputs");
}

const YAML: &str = r#"%YAML 1.2
---
a: &a [1, 0x1f, .inf, ~, 'é', "\u00e9\n"] # c
b: {<<: {x: 1e3}, ? y : *a}
c: |2-
   lit

  x
d: >
  f

  g
? !!str 1
: 2024-01-01
...
"#;
const JSON: &str =
    r#"{"a": [1, -0, 1.5e-3, NaN, -Infinity], "b\u00e9\ud83d\ude00": {"c": [null, true]}}"#;
const TOML: &str =
    "a = 1\nb.c = [0x1f, inf, 1e3]\n[[t]]\nd = 2024-01-01T00:00:00Z\ne = '''x\ny'''\n";
const PYTHON: &str = r#"class A(B):
    x: int = -1
    def __init__(self):
        self.y = {'a': (1, 2.5), 3: [None]}
z = f'{a!r:{"b"}>3}' r'\\' "\x41\
\n"; w = {1}
"#;

const LOCK: &str = r#"mlrun: 1
stages:
  a:
    cmd: x
  b:
    cmd:
    - "- y"
    params:
      p.yaml:
        lr: [1.0e-5, {k: null}]
    env:
      E: "1"
    outs:
    - path: ../m
"#;
const CONFLICT: &str = "<<<<<<< a\n    params: {}\n=======\n>>>>>>> b\n    params:";
const RUN_ENTRY: &str = r#"{"mlrun-entry": 1,
 "key": "daac7d887aa42d0ab49abb42eb6fa18acccf822b2122b1e511a6e32aa9d52f54",
 "time": 1, "duration_ms": 2, "exit_code": 0, "outs": [{"path": "m", "tree":
 "sha256:daac7d887aa42d0ab49abb42eb6fa18acccf822b2122b1e511a6e32aa9d52f54", "size": 1, "files": 1}]}
"#;

/// One valid file of each format, so that mutations get past the first checks.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let id = |text: &str| ObjectId::of(text.as_bytes());
    let file = Target::File { oid: id("file"), size: 12345, exec: true };
    let directory = Target::Directory { oid: id("tree"), size: 12345, files: 678 };
    let mut tree = TreeBuilder::new();
    for (name, mode, files) in [
        (&b"a-b"[..], Mode::File, 0),
        (b"a.b", Mode::Directory, 3),
        (b"link", Mode::Link, 0),
        (b"run\xff\n", Mode::Executable, 0),
    ] {
        tree.push(Entry { name, mode, oid: ObjectId::of(name), size: 5, files }).unwrap();
    }
    let mut pack = Encoder::new(Vec::new()).unwrap();
    let zeros = vec![0; 5000];
    let packed = zstd::bulk::compress(&zeros, 3).unwrap();
    pack.push(id("one"), Kind::Blob, Encoding::Raw, b"one", 3).unwrap();
    pack.push(ObjectId::of(&zeros), Kind::Chunk, Encoding::Zstd, &packed, zeros.len()).unwrap();
    let record = |seed: &str, kind| Record {
        oid: id(seed),
        kind,
        encoding: Encoding::Raw,
        offset: 8,
        stored: 3,
        raw: 3,
    };
    let mut records = vec![
        remote_index::encode_record(&record("one", Kind::Blob), 0),
        remote_index::encode_record(&record("one", Kind::Tree), 1),
    ];
    let roots = vec![PushedRoot { oid: id("one"), kind: RootKind::Tree }];
    let push = PushEntry { repository: "r".into(), commit: "c".into(), time: 5, roots };
    let meta =
        Meta { pushes: vec![push], supersedes: vec![id("old")], chunk_tables: vec![id("t")] };
    let mut rows = vec![[1u8; 36], [2; 36]];
    let mut rows_table = 2u64.to_be_bytes().to_vec();
    table::encode(&mut rows, &mut rows_table);
    let chunks = vec![Chunk { oid: id("c1"), len: 70000 }, Chunk { oid: id("c2"), len: 1 }];
    let remote = RemoteFile::new(RemoteId::parse("0123456789abcdef0123456789abcdef").unwrap());
    let commented =
        format!("# ours\ndesc: 'x'\nremote: store\npush: false\n{}", Pointer::new(file).text());
    let mut index = b"MLIX\0\0\0\x02\0\0\0\x01\0\0\0\x04data\x03".to_vec();
    index.extend_from_slice(id("tree").as_bytes());
    index.extend_from_slice(&[0; 16]);
    index.extend_from_slice(b"\0\0\0\0\0\0\0\x01\0\0\0\0");
    index.extend_from_slice(id("tree").as_bytes());
    index.extend_from_slice(&[0; 17]);
    let mut entry = id("file").as_bytes().to_vec();
    entry.extend_from_slice(&[0; 32]);
    entry.extend_from_slice(&0o100644u32.to_be_bytes());
    entry.extend_from_slice(b"\0\0\x04name");
    index.extend_from_slice(&(entry.len() as u64).to_be_bytes());
    index.extend_from_slice(&entry);
    let check = xxhash_rust::xxh3::xxh3_64(&index).to_be_bytes();
    assert!(gitml::data::index::decode([&index[..], &check].concat()).is_ok());
    let lock = format!("{LOCK}      oid: {}\n      size: 5\n      cache: false\n", id("out"));
    assert!(Lock::parse(lock.as_bytes()).is_ok());
    // Enough for one block that zstd makes smaller, and one that it does not.
    let mut curves = curves::Encoder::new().unwrap();
    for (series, name, points) in [(0, "loss", 100), (1, "é", 2)] {
        curves.add(name);
        for step in 0..points {
            let point = Point { step, time: Some(step as f64), value: 0.5 };
            curves.push(series, point).unwrap();
        }
    }
    let curves = curves.finish().unwrap();
    vec![
        ("pointer", Pointer::new(file).text().into()),
        ("pointer", Pointer::new(directory).text().into()),
        ("pointer", commented.into()),
        ("tree", tree.finish().into_bytes()),
        ("pack", pack.finish().unwrap().0),
        ("table", rows_table),
        ("recipe", Recipe { oid: id("big"), size: 70001, chunks }.encode()),
        ("remote_index", remote_index::encode(&mut records, &[id("p0"), id("p1")], &meta)),
        ("condemned", Condemned::new(7, vec![id("i")], vec![(id("one"), Kind::Tree)]).encode()),
        ("remote_file", remote.encode().into()),
        ("index", index),
        ("text", YAML.into()),
        ("text", JSON.into()),
        ("text", TOML.into()),
        ("text", PYTHON.into()),
        ("lock", lock.clone().into()),
        ("lock", lock.replacen("    params:", CONFLICT, 1).into()),
        ("run_entry", RUN_ENTRY.into()),
        ("curves", curves),
        ("preview", PREVIEW.into()),
        ("template_record", RECORD.into()),
        ("template", TEMPLATE.into()),
        ("template", QUESTIONS.into()),
    ]
}

const RECORD: &str = "mlrun-template: 1\nsource: https://h/t.git\nref: 'v2'\ndirectory: d\n\
    commit: '3f78'\nengine: native\nprogram: '0.1.0'\ntime: 2026-01-02T03:04:05Z\nseed: 7\n\
    answers:\n  a: {b: [1, 'x: y', null]}\nnot-stored: [t]\n\
    render: sha256:daac7d887aa42d0ab49abb42eb6fa18acccf822b2122b1e511a6e32aa9d52f54\n";
const TEMPLATE: &str = "{%- set a = [1, 'x' ~ 2] + (3,) -%}{{ a[1:]|join('-') if a else {1: 2} }}\n\
    {% for i in a %}{{ loop.index < 2 }}{% endfor %}{% raw %}{{ é }}{% endraw %}{# c #}\
    {% now 'utc', '%Y' %}{{ '%d' % 3 ** 2 // -1 }}{{\u{a0}'a'.upper() in 'A' }}\r\n";
const QUESTIONS: &str = r#"{"n": "x", "c": ["a", {"b": 1}], "_secret": ["n"], "m": {"k": true},
    "__prompts__": {"n": "N?"}, "_jinja2_env_vars": {"trim_blocks": true}, "_extensions": ["x.Y"]}"#;

const PREVIEW: &str = "name\tstep\ttime\tvalue\na\\t\\u{1b}\t0\t1767225600.25\t1e-7\n\
                       b\t1\t\tNaN\nb\t-2\t\t-inf\n";

/// Every truncation and a flip of every bit of a valid file is read without harm.
#[test]
fn truncations_and_bit_flips_do_no_harm() {
    for (name, bytes) in samples() {
        properties::check(name, &bytes);
        for len in 0..bytes.len() {
            properties::check(name, &bytes[..len]);
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            properties::check(name, &flipped);
        }
    }
}

/// Writes the samples as seeds: `cargo test write_fuzz_seeds -- --ignored`.
#[test]
#[ignore = "writes tests/spec/fuzz"]
fn write_fuzz_seeds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec/fuzz");
    for (at, (name, bytes)) in samples().into_iter().enumerate() {
        std::fs::create_dir_all(root.join(name)).unwrap();
        std::fs::write(root.join(name).join(format!("seed-{at}")), bytes).unwrap();
    }
}
