//! What must hold for any bytes whatever. Each function is a fuzz target and replays its committed
//! inputs in `tests/fuzz_regressions.rs`.

use gitml::format::condemned::Condemned;
use gitml::format::pack::{Directory, Encoder, Encoding, decode_entry};
use gitml::format::recipe::Recipe;
use gitml::format::remote_file::RemoteFile;
use gitml::format::remote_index::{self, RemoteIndex};
use gitml::format::run::{Point, curves, preview};
use gitml::format::table::{self, ReadAt as _, Table};
use gitml::format::tree::{Tree, TreeBuilder, check_name};
use gitml::format::yaml::{self, emit};
use gitml::format::{
    Kind, Lock, ObjectId, Pointer, RunEntry, TemplateRecord, Value, json, python, toml,
};
use gitml::scaffold::jinja::{Dialect, Engine, Settings};
use gitml::scaffold::{Answers, FileTree, Limits, Moment, questions};

/// Runs the property called `name`; false if there is none.
pub fn check(name: &str, bytes: &[u8]) -> bool {
    match name {
        "condemned" => condemned(bytes),
        "curves" => curves(bytes),
        "index" => index(bytes),
        "lock" => lock(bytes),
        "pack" => pack(bytes),
        "pointer" => pointer(bytes),
        "preview" => preview(bytes),
        "recipe" => recipe(bytes),
        "remote_file" => remote_file(bytes),
        "remote_index" => remote_index(bytes),
        "run_entry" => run_entry(bytes),
        "table" => table(bytes),
        "template" => template(bytes),
        "template_record" => template_record(bytes),
        "text" => text(bytes),
        "tree" => tree(bytes),
        _ => return false,
    }
    true
}

/// A pointer keeps its text, and a rewrite for another target says that target.
pub fn pointer(bytes: &[u8]) {
    let Ok(pointer) = Pointer::parse(bytes) else { return };
    assert_eq!(pointer.text().as_bytes(), bytes);
    assert_eq!(
        Pointer::parse(Pointer::new(pointer.target).text().as_bytes()).unwrap().target,
        pointer.target
    );
    let other = gitml::format::Target::Directory { oid: ObjectId::EMPTY, size: 1, files: 2 };
    for target in [other, pointer.target] {
        let moved = pointer.retarget(target);
        let read = Pointer::parse(moved.text().as_bytes()).expect("what is written can be read");
        assert_eq!(read, moved);
        assert_eq!(read.target, target);
        assert_eq!(
            (&read.remote, read.push),
            (&pointer.remote, pointer.push),
            "a setting was lost"
        );
    }
}

/// Files that people write are read without harm, and what is read can be written.
pub fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = (python::parse(text), toml::parse(text));
    let mut values: Vec<Value> = json::parse(text).into_iter().collect();
    if let Ok(tree) = yaml::parse(text) {
        assert_eq!(yaml::from_node::<Value>(&tree), Ok(tree.value()));
        values.push(tree.into_value());
    }
    for value in values {
        let written = emit::flow(&value);
        let read = yaml::parse(&written).expect("what is written can be read");
        assert_eq!(read.into_value(), value, "{written}");
    }
}

/// A lock has one text, which says the same; what is left of a lock with conflicts is a lock, and says
/// nothing of the stages in conflict.
pub fn lock(bytes: &[u8]) {
    if let Ok(lock) = Lock::parse(bytes) {
        assert_eq!(Lock::parse(lock.text().as_bytes()).as_ref(), Ok(&lock));
        // A comment keeps the fast parser away.
        let commented = format!("# by hand\n{}", lock.text());
        assert_eq!(Lock::parse(commented.as_bytes()).as_ref(), Ok(&lock));
        assert_eq!(Lock::parse_tolerant(bytes).expect("it has no conflicts").lock, lock);
    }
    if let Ok(partial) = Lock::parse_tolerant(bytes) {
        assert!(partial.conflicted.iter().all(|name| !partial.lock.stages.contains_key(name)));
        assert_eq!(Lock::parse(partial.lock.text().as_bytes()), Ok(partial.lock));
    }
}

/// An entry of the run cache says the same when it is written again.
pub fn run_entry(bytes: &[u8]) {
    // Nothing gets past the sum otherwise.
    let sealed = [bytes, format!("{}\n", ObjectId::of(bytes)).as_bytes()].concat();
    for bytes in [bytes, &sealed] {
        let Ok(entry) = RunEntry::parse(bytes) else { continue };
        assert_eq!(RunEntry::parse(&entry.to_bytes()), Ok(entry));
    }
}

/// A record has one text, which says the same.
pub fn template_record(bytes: &[u8]) {
    let Ok(record) = TemplateRecord::parse(bytes) else { return };
    let text = record.text();
    let read = TemplateRecord::parse(text.as_bytes()).expect("what is written can be read");
    assert_eq!(read.text(), text);
    assert_eq!(read, record, "{text}");
}

/// Questions are read, and a text is rewritten and rendered, without harm; one without tags stays as it
/// is, and the same moment gives the same text.
pub fn template(bytes: &[u8]) {
    let moment = Moment { time: Default::default(), seed: 7 };
    let limits = Limits { text: 1 << 16, fuel: 20_000, ..Limits::default() };
    for dialect in [Dialect::Cookiecutter, Dialect::Ccds] {
        let _ = questions::parse(bytes, dialect, "cookiecutter.json");
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        let settings = Settings { dialect, ..Settings::default() };
        let engine = Engine::new(&settings, &FileTree::new(), &[], &moment, &limits);
        let engine = engine.expect("nothing was set");
        let scope = engine.scope(&Answers::default());
        let made = engine.render("f", text, &scope).map_err(|error| error.to_string());
        if text.len() <= limits.text && !["{{", "{%", "{#"].iter().any(|tag| text.contains(tag)) {
            assert_eq!(made.as_deref(), Ok(text));
        }
        assert_eq!(engine.render("f", text, &scope).map_err(|error| error.to_string()), made);
    }
}

/// A directory has exactly one encoding.
pub fn tree(bytes: &[u8]) {
    let Ok(tree) = Tree::decode(bytes.to_vec()) else { return };
    let mut builder = TreeBuilder::new();
    let mut files = 0;
    for entry in tree.entries() {
        check_name(entry.name).expect("decoded names are valid");
        assert!(!entry.name.contains(&b'/') && entry.name != b"..");
        files += entry.file_count();
        builder.push(entry).expect("decoded entries are valid");
    }
    assert_eq!(files, tree.files());
    let built = builder.finish();
    assert_eq!(built.as_bytes(), bytes);
    assert_eq!(built, tree);
}

/// A pack is read without harm, and one made of the input gives it back.
pub fn pack(bytes: &[u8]) {
    let source = bytes.to_vec();
    if let Ok(directory) = Directory::open(&source) {
        for first in 0..=255 {
            let Ok(records) = directory.bucket(&source, first) else { continue };
            for record in records {
                let found = directory.find(&source, &record.oid).expect("the bucket was read");
                assert_eq!(found.expect("it is in its bucket").oid, record.oid);
                let mut stored = vec![0; record.stored as usize];
                source.read_exact_at(&mut stored, record.offset).expect("records are inside");
                if let Ok(raw) = decode_entry(&record, stored) {
                    assert_eq!(raw.len(), record.raw as usize);
                }
            }
        }
    }
    let mut encoder = Encoder::new(Vec::new()).expect("memory");
    let pieces: std::collections::BTreeSet<&[u8]> = bytes.chunks(32).collect();
    for piece in &pieces {
        let id = ObjectId::of(piece);
        encoder.push(id, Kind::Blob, Encoding::Raw, piece, piece.len()).expect("memory");
    }
    let (made, id) = encoder.finish().expect("memory");
    assert_eq!(ObjectId::of(&made), id);
    let directory = Directory::open(&made).expect("own bytes");
    assert_eq!(directory.count(), pieces.len() as u64);
    for piece in pieces {
        let record = directory.find(&made, &ObjectId::of(piece)).expect("readable").expect("there");
        assert_eq!(&made[record.offset as usize..][..record.stored as usize], piece);
    }
}

/// A table finds exactly the records it holds.
pub fn table(bytes: &[u8]) {
    const W: usize = 36;
    if let Some((count, rest)) = bytes.split_first_chunk::<8>() {
        let source = rest.to_vec();
        if let Ok(table) = Table::<W>::open(&source, 0, u64::from_be_bytes(*count), "table") {
            for first in 0..=255 {
                let Ok(records) = table.bucket(&source, first) else { continue };
                for record in records {
                    let id = ObjectId::from_bytes(record[..32].try_into().unwrap());
                    assert!(table.find(&source, &id).expect("read before").contains(record));
                }
            }
        }
    }
    let mut records: Vec<[u8; W]> = bytes.as_chunks::<W>().0.to_vec();
    let mut made = Vec::new();
    table::encode(&mut records, &mut made);
    let table = Table::<W>::open(&made, 0, records.len() as u64, "table").expect("own bytes");
    for record in &records {
        let id = ObjectId::from_bytes(record[..32].try_into().unwrap());
        assert!(table.find(&made, &id).expect("own bytes").contains(record));
    }
}

/// A recipe has exactly one encoding, and its chunks add up.
pub fn recipe(bytes: &[u8]) {
    let Ok(recipe) = Recipe::decode(bytes) else { return };
    assert_eq!(recipe.chunks.iter().map(|chunk| u64::from(chunk.len)).sum::<u64>(), recipe.size);
    assert_eq!(recipe.encode(), bytes);
}

/// A remote index means the same after it was written again.
pub fn remote_index(bytes: &[u8]) {
    let source = bytes.to_vec();
    let Ok(index) = RemoteIndex::open(&source) else { return };
    let mut places = Vec::new();
    for first in 0..=255 {
        let Ok(bucket) = index.bucket(&source, first) else { return };
        places.extend(bucket);
    }
    assert_eq!(places.len() as u64, index.count());
    let mut raw = Vec::new();
    for place in &places {
        let found = index.find(&source, &place.record.oid, place.record.kind);
        assert!(found.expect("the bucket was read").is_some());
        let pack = index.packs().iter().position(|pack| *pack == place.pack).expect("in the list");
        raw.push(remote_index::encode_record(&place.record, pack as u32));
    }
    let made = remote_index::encode(&mut raw, index.packs(), index.meta());
    let again = RemoteIndex::open(&made).expect("own bytes");
    assert_eq!((again.packs(), again.meta()), (index.packs(), index.meta()));
    for place in places {
        let found = again.find(&made, &place.record.oid, place.record.kind).expect("own bytes");
        assert!(found.is_some());
    }
}

/// An index whose checksum fits is read without harm, whatever it says. The input has none.
pub fn index(bytes: &[u8]) {
    let mut bytes = bytes.to_vec();
    bytes.extend_from_slice(&xxhash_rust::xxh3::xxh3_64(&bytes).to_be_bytes());
    let Ok(index) = gitml::data::index::decode(bytes) else { return };
    for state in index.targets.values() {
        let mut files = 0;
        for section in state.sections.values() {
            for entry in section.entries() {
                check_name(entry.name).expect("decoded names are valid");
                files += u64::from(!entry.mode.is_directory());
                assert_eq!(section.find(entry.name), Some(entry));
            }
        }
        assert_eq!(state.materialised(), files);
    }
}

/// A condemned list has exactly one encoding.
pub fn condemned(bytes: &[u8]) {
    let Ok(list) = Condemned::decode(bytes) else { return };
    assert_eq!(list.encode(), bytes);
}

/// A remote's description means the same after it was written again.
pub fn remote_file(bytes: &[u8]) {
    let Ok(file) = RemoteFile::decode(bytes) else { return };
    let again = RemoteFile::decode(file.encode().as_bytes()).expect("what is written can be read");
    assert_eq!(again, file);
}

/// Curves that can be read are the same, bit for bit, after they were written again.
pub fn curves(bytes: &[u8]) {
    let Ok(series) = curves::decode(bytes) else { return };
    let mut encoder = curves::Encoder::new().expect("memory");
    for (at, (name, points)) in series.iter().enumerate() {
        encoder.add(name);
        points.iter().for_each(|point| encoder.push(at, *point).expect("memory"));
    }
    let again = encoder.finish().expect("memory");
    let again = curves::decode(&again).expect("what is written can be read");
    assert_eq!(bits(&again), bits(&series));
}

/// NaN is not equal to itself; its bits are.
fn bits(series: &[(String, Vec<Point>)]) -> Vec<(&str, Vec<(i64, Option<u64>, u64)>)> {
    let point = |p: &Point| (p.step, p.time.map(f64::to_bits), p.value.to_bits());
    series.iter().map(|(name, points)| (&name[..], points.iter().map(point).collect())).collect()
}

/// A preview that can be read says the same after it was written again.
pub fn preview(bytes: &[u8]) {
    let Ok(series) = preview::parse(bytes) else { return };
    let mut writer = preview::Writer::new(usize::MAX);
    assert!(series.iter().all(|(name, points)| writer.push(name, points)));
    let again = preview::parse(&writer.finish()).expect("what is written can be read");
    assert_eq!(format!("{again:?}"), format!("{series:?}"));
}
