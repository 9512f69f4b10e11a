//! Files of parameters and metrics as values, and the values that a stage depends on.
//!
//! What a file is, its suffix says: `.json`, `.toml` and `.py` are what they are everywhere, in
//! either case; anything else is YAML. Values are those that DVC has for the same file: see the
//! modules of `format` for the few that it has and nothing else could write down.

use std::collections::BTreeMap;

use super::file::{Text, decode};
use super::stage::ParamsFrom;
use super::{Error, Result, Source};
use crate::format::yaml::{Mark, Node, Problem};
use crate::format::{Value, json, python, toml, yaml};
use crate::fs::RepoPath;

/// What the file at `path` holds; `None` if there is none.
///
/// # Errors
/// The first thing in the file that cannot be understood, with its place.
pub fn read(source: &dyn Source, path: &RepoPath) -> Result<Option<Value>> {
    source.read(path)?.map(|bytes| parse(path, &bytes)).transpose()
}

/// What `bytes` mean in the file at `path`.
///
/// # Errors
/// The first thing that cannot be understood, with its place.
pub fn parse(path: &RepoPath, bytes: &[u8]) -> Result<Value> {
    let text = decode(path, bytes)?;
    let parse: fn(&str) -> Result<Value, Problem> = match &suffix(path)[..] {
        b"json" => json::parse,
        b"toml" => toml::parse,
        b"py" => python::parse,
        _ => |text| yaml::parse(text).map(Node::into_value),
    };
    parse(text.text).map_err(|problem| text.problem(problem))
}

/// What follows the last dot of the file's name, in lower case.
fn suffix(path: &RepoPath) -> Vec<u8> {
    let name = path.file_name();
    let dot = name.iter().rposition(|&b| b == b'.').unwrap_or(name.len());
    name.get(dot + 1..).unwrap_or_default().to_ascii_lowercase()
}

/// The values that a stage with `from` depends on, by the keys as the stage lists them; of a whole
/// file, what stands at its top.
///
/// # Errors
/// There is no such file, or it lacks keys: all of them are named.
pub fn track(source: &dyn Source, from: &ParamsFrom) -> Result<BTreeMap<String, Value>> {
    select(read(source, &from.file)?.as_ref(), from)
}

/// As [`track`], of a file that is `whole`, or not there.
pub fn select(whole: Option<&Value>, from: &ParamsFrom) -> Result<BTreeMap<String, Value>> {
    let path = &from.file;
    let whole = whole.ok_or_else(|| Error::ParamsFileMissing { path: path.clone() })?;
    if from.keys.is_empty() {
        return top(path, whole);
    }
    let mut found = BTreeMap::new();
    let mut missing = Vec::new();
    for key in &from.keys {
        match whole.get(key) {
            Some(value) => drop(found.insert(key.clone(), value.clone())),
            None => missing.push(key.clone()),
        }
    }
    if missing.is_empty() {
        return Ok(found);
    }
    Err(Error::ParamMissing { path: path.clone(), keys: missing })
}

/// A file without content has no parameters, as a map without keys.
fn top(path: &RepoPath, whole: &Value) -> Result<BTreeMap<String, Value>> {
    match whole {
        Value::Map(map) => {
            Ok(map.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
        }
        Value::Null => Ok(BTreeMap::new()),
        other => {
            let message = format!("parameters are a map, and this is {}", other.kind());
            let text = Text { path, text: "" };
            Err(text.error(Mark::START, message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::yaml::emit::flow;
    use crate::pipeline::testing::path;

    struct Files(&'static [(&'static str, &'static [u8])]);

    impl Source for Files {
        fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>> {
            let found = self.0.iter().find(|(name, _)| name.as_bytes() == path.as_bytes());
            Ok(found.map(|(_, bytes)| bytes.to_vec()))
        }

        fn named(&self, _: &[&str]) -> Result<Vec<RepoPath>> {
            Ok(Vec::new())
        }
    }

    const FILES: Files = Files(&[
        ("params.yaml", b"lr: 1e-3\ntrain: {layers: [64, 32], 'a.b': yes}\n"),
        ("a/p.JSON", b"{\"lr\": NaN, \"epochs\": 10}"),
        ("p.toml", b"day = 2024-01-01\n[train]\nlr = 1.0\n"),
        ("p.py", b"lr = 0.1\nclass Train:\n    layers = (64, 32)\n"),
        ("params", b"lr: 1"),
        ("empty.yaml", b""),
        ("list.yaml", b"- 1\n"),
        ("bad.yaml", b"lr: 1\nlr: 2\n"),
        ("bad.json", b"{\"lr\": 1,\n \"x\"}"),
        ("bad.toml", b"lr = 1\nlr = 2\n"),
        ("bad.py", b"lr = 1\nx = [\n"),
        ("merge.yaml", b"<<<<<<< HEAD\nlr: 1\n"),
        ("latin.yaml", b"a: 1\nb: \xe9\n"),
    ]);

    fn tracked(file: &str, keys: &[&str]) -> Result<String> {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        let found = track(&FILES, &ParamsFrom { file: path(file), keys })?;
        Ok(flow(&Value::Map(found.into_iter().collect())))
    }

    #[test]
    fn the_suffix_tells_what_a_file_is() {
        for (file, expected) in [
            ("params.yaml", r#"{lr: 0.001, train: {layers: [64, 32], a.b: "yes"}}"#),
            ("a/p.JSON", "{epochs: 10, lr: .nan}"),
            ("p.toml", r#"{day: "2024-01-01", train: {lr: 1.0}}"#),
            ("p.py", "{Train: {layers: [64, 32]}, lr: 0.1}"),
            ("params", "{lr: 1}"),
            ("empty.yaml", "{}"),
        ] {
            assert_eq!(tracked(file, &[]).expect(file), expected, "{file}");
        }
    }

    #[test]
    fn keys_are_dotted_paths() {
        assert_eq!(
            tracked("params.yaml", &["train.layers.0", "lr", "train.a.b"]).expect("all are there"),
            r#"{lr: 0.001, train.a.b: "yes", train.layers.0: 64}"#
        );
        assert_eq!(tracked("p.py", &["Train.layers"]).expect("there"), "{Train.layers: [64, 32]}");
        assert_eq!(tracked("list.yaml", &["0"]).expect("there"), r#"{"0": 1}"#);
    }

    #[test]
    fn what_is_missing_is_named() {
        let refused = |file, keys: &[&str]| tracked(file, keys).expect_err(file).to_string();
        assert_eq!(refused("none.yaml", &["lr"]), "there is no parameter file `none.yaml`");
        let keys = ["lr", "train.x", "a\x1bb"];
        assert_eq!(refused("params.yaml", &keys), "`params.yaml` has no `train.x`, `a\\u{1b}b`");
        assert_eq!(refused("empty.yaml", &["lr"]), "`empty.yaml` has no `lr`");
        assert_eq!(
            refused("list.yaml", &[]),
            "list.yaml:1:1: parameters are a map, and this is a list"
        );
        assert_eq!(read(&FILES, &path("none.yaml")).expect("no error"), None);
    }

    #[test]
    fn what_cannot_be_read_is_shown_in_its_place() {
        for (file, expected) in [
            (
                "bad.yaml",
                "bad.yaml:2:1: the key `lr` stands twice in this map\n  |\n2 | lr: 2\n  | ^",
            ),
            ("bad.json", "bad.json:2:5: expected a `:` after the key\n  |\n2 |  \"x\"}\n  |     ^"),
            ("bad.toml", "bad.toml:2:1: duplicate key\n  |\n2 | lr = 2\n  | ^"),
            ("bad.py", "bad.py:2:5: this `[` is never closed\n  |\n2 | x = [\n  |     ^"),
        ] {
            assert_eq!(tracked(file, &[]).expect_err(file).to_string(), expected);
        }
        let error = tracked("merge.yaml", &[]).expect_err("no YAML").to_string();
        assert!(error.contains("conflict markers"), "{error}");
        let error = tracked("latin.yaml", &[]).expect_err("no UTF-8").to_string();
        assert!(error.contains("not UTF-8"), "{error}");
    }
}
