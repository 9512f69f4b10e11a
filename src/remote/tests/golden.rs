//! The bytes of a tiny remote, fixed under `tests/spec/remote`. `UPDATE_SPEC=1` writes them anew.

use super::*;
use crate::format::condemned::Condemned;
use crate::format::pack::{Encoding, Record};
use crate::format::recipe::{Chunk, Recipe};
use crate::format::remote_file::RemoteFile;
use crate::format::remote_index::{self, Meta, PushEntry, PushedRoot, RootKind};

fn check(name: &str, bytes: &[u8]) {
    crate::fs::golden::check(&format!("remote/{name}"), bytes);
}

fn record(oid: ObjectId, kind: Kind, offset: u64, len: u32) -> Record {
    Record { oid, kind, encoding: Encoding::Raw, offset, stored: len, raw: len }
}

#[test]
fn formats_are_those_of_version_1() {
    let file = RemoteFile::new(RemoteId::from_bytes(*b"0123456789abcdef"));
    check("mldata-remote", file.encode().as_bytes());
    let (first, second) = (b"first chunk", b"second chunk");
    let chunk = |bytes: &[u8]| Chunk { oid: ObjectId::of(bytes), len: bytes.len() as u32 };
    let whole = ObjectId::of(b"first chunksecond chunk");
    let recipe = Recipe { oid: whole, size: 23, chunks: vec![chunk(first), chunk(second)] };
    check("recipe", &recipe.encode());
    let (data, meta_pack) = (ObjectId::of(b"data pack"), ObjectId::of(b"meta pack"));
    let records = [
        record(chunk(first).oid, Kind::Chunk, 8, 11),
        record(chunk(second).oid, Kind::Chunk, 19, 12),
    ];
    let mut raw: Vec<_> = records.iter().map(|r| remote_index::encode_record(r, 0)).collect();
    let table = remote_index::encode(&mut raw, &[data], &Meta::default());
    check("chunk-table", &table);
    let blob = record(ObjectId::of(b"blob"), Kind::Blob, 31, 4);
    let tree = record(ObjectId::of(b"tree"), Kind::Tree, 8, 4);
    let large = record(whole, Kind::Recipe, 12, recipe.encode().len() as u32);
    let mut raw = vec![
        remote_index::encode_record(&blob, 0),
        remote_index::encode_record(&tree, 1),
        remote_index::encode_record(&large, 1),
    ];
    let push = PushEntry {
        repository: "5f0c".into(),
        commit: "c0ffee".into(),
        time: 1_700_000_000,
        roots: vec![PushedRoot { oid: tree.oid, kind: RootKind::Tree }],
    };
    let meta = Meta {
        pushes: vec![push],
        supersedes: vec![ObjectId::of(b"older index")],
        chunk_tables: vec![ObjectId::of(&table)],
    };
    let index = remote_index::encode(&mut raw, &[data, meta_pack], &meta);
    check("index", &index);
    let list = Condemned::new(
        1_700_000_000,
        vec![ObjectId::of(&index)],
        vec![(blob.oid, Kind::Blob), (tree.oid, Kind::Tree)],
    );
    check("condemned", &list.encode());
}
