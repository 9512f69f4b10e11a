//! Stage keys: one number for everything that decides what a stage writes.
//!
//! Two runs with the same key ran the same commands on the same bytes with the same parameters, so
//! that the outs of one stand for those of the other: the run cache maps keys to outs. The name of the
//! stage is not part of its key, and neither are times, sizes or anything else of one machine.
//!
//! # Layout, version 1
//!
//! The key is the SHA-256 of these bytes. A count or length is a big-endian `u64`; *text* is its
//! length in bytes and its bytes (UTF-8); a list is its count and its items.
//!
//! ```text
//! "mlrun-key 1\n"
//! cmd     list of text            the commands, as each is given to a shell, in order
//! wdir    text                    relative to the pipeline file's directory, empty for that one
//! deps    list of                 ascending by path
//!           path text, kind ("f" file, "d" directory), oid (32 bytes)
//! params  list of                 ascending by file, then key
//!           file text, key text, value
//! env     list of                 ascending by name
//!           name text, "0" not set | "1" value text
//! outs    list of                 ascending by path
//!           path text, role ("o" out, "m" metric, "p" plot),
//!           cached ("0" | "1"), persistent ("0" | "1")
//! ```
//!
//! A *value* is a letter and what follows it:
//!
//! ```text
//! "n"                             null
//! "b" ("0" | "1")                 false, true
//! "i" text                        an integer in decimal digits, with `-` if it is negative
//! "d" text                        a float: the fewest decimal digits that read back as the same
//!                                 double, as `1.25e-3`, `2e0`, `-1e22`; `nan`, `inf`, `-inf`; both
//!                                 zeros are `0e0`
//! "s" text                        a string
//! "l" list of value               a list
//! "m" list of (text, value)       a map, ascending by key
//! ```
//!
//! "Ascending" is by bytes. No two inputs that differ have the same layout: every part says where it
//! ends. The order in which a user wrote deps, params or the keys of a map changes nothing; that of
//! commands and of the items of a list does. That a file is executable is not part of the key.

use std::fmt;

use super::{Error, ObjectId, Result, Target, Value};

const HEADER: &[u8] = b"mlrun-key 1\n";

/// The key of a stage with its inputs as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StageKey(ObjectId);

impl StageKey {
    /// The 64 lowercase hexadecimal digits, as file names use them.
    pub fn to_hex(&self) -> String {
        self.0.to_hex()
    }

    /// Parses exactly 64 lowercase hexadecimal digits.
    pub fn from_hex(hex: &str) -> Result<StageKey> {
        let malformed = |_| Error::malformed("stage key", "expected 64 lowercase hex digits");
        ObjectId::from_hex(hex).map(StageKey).map_err(malformed)
    }
}

impl fmt::Display for StageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// What goes into a key. Paths are as in the lock: relative to the pipeline file's directory, absolute
/// for deps outside of the repository. Lists are in any order but for `commands`.
#[derive(Clone, Debug, Default)]
pub struct Inputs<'a> {
    pub commands: Vec<&'a str>,
    /// Empty for the directory of the pipeline file.
    pub wdir: &'a str,
    pub deps: Vec<DepInput<'a>>,
    pub params: Vec<ParamInput<'a>>,
    /// Name and value; `None` where the variable is not set.
    pub env: Vec<(&'a str, Option<&'a str>)>,
    pub outs: Vec<OutInput<'a>>,
}

/// A dep with the object that it was; globs are expanded.
#[derive(Clone, Copy, Debug)]
pub struct DepInput<'a> {
    pub path: &'a str,
    pub target: Target,
}

#[derive(Clone, Copy, Debug)]
pub struct ParamInput<'a> {
    pub file: &'a str,
    pub key: &'a str,
    pub value: &'a Value,
}

#[derive(Clone, Copy, Debug)]
pub struct OutInput<'a> {
    pub path: &'a str,
    pub role: OutRole,
    pub cache: bool,
    pub persist: bool,
}

/// Which list of the stage an out stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum OutRole {
    Out = b'o',
    Metric = b'm',
    Plot = b'p',
}

impl Inputs<'_> {
    /// The key, which is the same for every order of deps, params, env and outs.
    pub fn key(&self) -> StageKey {
        StageKey(ObjectId::of(&self.layout()))
    }

    /// The bytes whose hash is the key.
    fn layout(&self) -> Vec<u8> {
        let mut layout = Layout(HEADER.to_vec());
        layout.list(&self.commands, |layout, command| layout.text(command));
        layout.text(self.wdir);
        layout.list(&ascending(&self.deps, |dep| dep.path), |layout, dep| {
            layout.text(dep.path);
            layout.byte(if dep.target.is_directory() { b'd' } else { b'f' });
            layout.0.extend_from_slice(dep.target.oid().as_bytes());
        });
        let params = ascending(&self.params, |param| (param.file, param.key));
        layout.list(&params, |layout, param| {
            layout.text(param.file);
            layout.text(param.key);
            layout.value(param.value);
        });
        layout.list(&ascending(&self.env, |&(name, _)| name), |layout, (name, value)| {
            layout.text(name);
            layout.flag(value.is_some());
            if let Some(value) = value {
                layout.text(value);
            }
        });
        layout.list(&ascending(&self.outs, |out| out.path), |layout, out| {
            layout.text(out.path);
            layout.byte(out.role as u8);
            layout.flag(out.cache);
            layout.flag(out.persist);
        });
        layout.0
    }
}

fn ascending<'a, T, K: Ord>(items: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<&'a T> {
    let mut items: Vec<&T> = items.iter().collect();
    items.sort_by_key(|item| key(item));
    items
}

/// Bytes in the making.
struct Layout(Vec<u8>);

impl Layout {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn flag(&mut self, flag: bool) {
        self.byte(if flag { b'1' } else { b'0' });
    }

    fn count(&mut self, count: usize) {
        self.0.extend_from_slice(&(count as u64).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.count(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn list<T>(&mut self, items: &[T], item: impl Fn(&mut Layout, &T)) {
        self.count(items.len());
        items.iter().for_each(|each| item(self, each));
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.byte(b'n'),
            Value::Bool(value) => {
                self.byte(b'b');
                self.flag(*value);
            }
            Value::Int(value) => {
                self.byte(b'i');
                self.text(&value.to_string());
            }
            Value::Float(value) => {
                self.byte(b'd');
                self.text(&float(*value));
            }
            Value::String(value) => {
                self.byte(b's');
                self.text(value);
            }
            Value::List(items) => {
                self.byte(b'l');
                self.list(items, Layout::value);
            }
            Value::Map(map) => {
                self.byte(b'm');
                let mut entries: Vec<(&String, &Value)> = map.iter().collect();
                entries.sort_by_key(|&(key, _)| key);
                self.list(&entries, |layout, (key, value)| {
                    layout.text(key);
                    layout.value(value);
                });
            }
        }
    }
}

/// Equal values have equal texts: the zeros are equal, and so is everything that is not a number.
fn float(value: f64) -> String {
    match value {
        value if value.is_nan() => "nan".to_owned(),
        value if value.is_infinite() => if value > 0.0 { "inf" } else { "-inf" }.to_owned(),
        0.0 => "0e0".to_owned(),
        value => format!("{value:e}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::format::value::{Map, arbitrary};

    fn file(content: &str) -> Target {
        Target::File { oid: ObjectId::of(content.as_bytes()), size: 1, exec: false }
    }

    fn directory(content: &str) -> Target {
        Target::Directory { oid: ObjectId::of(content.as_bytes()), size: 1, files: 1 }
    }

    /// One value of each kind.
    fn values() -> Vec<Value> {
        let map = [("b", Value::Int(1)), ("a", Value::List(vec![Value::Null, Value::Float(0.5)]))];
        let map = Map::from_iter(map.map(|(key, value)| (key.to_owned(), value)));
        vec![
            Value::Null,
            Value::Bool(false),
            Value::Bool(true),
            Value::Int(1),
            Value::Int(-170_141_183_460_469_231_731_687_303_715_884_105_728),
            Value::Float(1.0),
            Value::Float(-0.0),
            Value::Float(0.1),
            Value::Float(-1e22),
            Value::Float(5e-324),
            Value::Float(f64::NAN),
            Value::Float(f64::INFINITY),
            Value::Float(f64::NEG_INFINITY),
            Value::String("1".into()),
            Value::String(String::new()),
            Value::List(vec![]),
            Value::Map(Map::new()),
            Value::Map(map),
        ]
    }

    fn sample<'a>(values: &'a [Value], keys: &'a [String]) -> Inputs<'a> {
        let params = values.iter().zip(keys);
        let params = params.map(|(value, key)| ParamInput { file: "params.yaml", key, value });
        let out = |path, role, cache, persist| OutInput { path, role, cache, persist };
        Inputs {
            commands: vec!["python train.py", "echo é"],
            wdir: "src",
            deps: vec![
                DepInput { path: "train.py", target: file("train") },
                DepInput { path: "../data", target: directory("data") },
            ],
            params: params.collect(),
            env: vec![("SEED", Some("1")), ("CUDA_VISIBLE_DEVICES", None)],
            outs: vec![
                out("model.pkl", OutRole::Out, true, false),
                out("metrics.json", OutRole::Metric, false, false),
                out("curve.csv", OutRole::Plot, true, true),
            ],
        }
    }

    #[test]
    fn keys_are_those_of_version_1() {
        let values = values();
        let keys: Vec<String> = (0..values.len()).map(|at| format!("key{at:02}")).collect();
        let full = sample(&values, &keys);
        let minimal = Inputs { commands: vec!["true"], ..Inputs::default() };
        let unset = Inputs { env: vec![("A", None)], ..minimal.clone() };
        let empty = Inputs { env: vec![("A", Some(""))], ..minimal.clone() };
        crate::fs::golden::check("stage-key-layout", &full.layout());
        let text: String = [
            ("nothing", Inputs::default()),
            ("minimal", minimal),
            ("unset", unset),
            ("empty", empty),
            ("full", full),
        ]
        .iter()
        .map(|(name, inputs)| format!("{name} {}\n", inputs.key()))
        .collect();
        crate::fs::golden::check("stage-keys", text.as_bytes());
    }

    #[test]
    fn any_change_changes_the_key() {
        let values = values();
        let keys: Vec<String> = (0..values.len()).map(|at| format!("key{at}")).collect();
        let changes: Vec<(&str, fn(&mut Inputs<'_>))> = vec![
            ("nothing", |_| {}),
            ("command", |inputs| inputs.commands[0] = "python train.py "),
            ("order of commands", |inputs| inputs.commands.reverse()),
            ("one command of two", |inputs| {
                inputs.commands = vec!["python train.py\necho é"];
            }),
            ("fewer commands", |inputs| inputs.commands.truncate(1)),
            ("wdir", |inputs| inputs.wdir = ""),
            ("path of a dep", |inputs| inputs.deps[0].path = "train2.py"),
            ("content of a dep", |inputs| inputs.deps[0].target = file("other")),
            ("kind of a dep", |inputs| inputs.deps[0].target = directory("train")),
            ("fewer deps", |inputs| inputs.deps.truncate(1)),
            ("file of a param", |inputs| inputs.params[0].file = "other.yaml"),
            ("key of a param", |inputs| inputs.params[0].key = "other"),
            ("value of a param", |inputs| inputs.params[0].value = inputs.params[1].value),
            ("fewer params", |inputs| inputs.params.truncate(1)),
            ("name of a variable", |inputs| inputs.env[0].0 = "SEEDS"),
            ("value of a variable", |inputs| inputs.env[0].1 = Some("2")),
            ("empty variable", |inputs| inputs.env[0].1 = Some("")),
            ("unset variable", |inputs| inputs.env[0].1 = None),
            ("fewer variables", |inputs| inputs.env.truncate(1)),
            ("path of an out", |inputs| inputs.outs[0].path = "model"),
            ("role of an out", |inputs| inputs.outs[0].role = OutRole::Metric),
            ("caching of an out", |inputs| inputs.outs[0].cache = false),
            ("persistence of an out", |inputs| inputs.outs[0].persist = true),
            ("fewer outs", |inputs| inputs.outs.truncate(1)),
        ];
        let mut known = HashMap::new();
        for (name, change) in changes {
            let mut inputs = sample(&values, &keys);
            change(&mut inputs);
            if let Some(same) = known.insert(inputs.key(), name) {
                panic!("{name} has the key of {same}");
            }
        }
    }

    #[test]
    fn what_does_not_decide_changes_nothing() {
        let values = values();
        let keys: Vec<String> = (0..values.len()).map(|at| format!("key{at}")).collect();
        let inputs = sample(&values, &keys);
        let mut other = inputs.clone();
        other.deps.reverse();
        other.params.reverse();
        other.env.reverse();
        other.outs.reverse();
        other.deps[1].target = Target::File { oid: ObjectId::of(b"train"), size: 999, exec: false };
        assert_eq!(inputs.key(), other.key());
    }

    fn key_of(value: &Value) -> StageKey {
        let param = ParamInput { file: "params.yaml", key: "key", value };
        Inputs { params: vec![param], ..Inputs::default() }.key()
    }

    proptest! {
        #[test]
        fn values_have_the_same_key_if_they_are_equal(a in arbitrary(), b in arbitrary()) {
            prop_assert_eq!(key_of(&a) == key_of(&b), a == b);
            prop_assert_eq!(key_of(&a), key_of(&a.clone()));
        }

        #[test]
        fn texts_do_not_run_into_each_other(a: String, b: String, c: String, d: String) {
            let inputs = |first, second| Inputs { commands: vec![first], wdir: second, ..Inputs::default() };
            let same = (&a, &b) == (&c, &d);
            prop_assert_eq!(inputs(&a, &b).key() == inputs(&c, &d).key(), same);
        }

        #[test]
        fn order_of_params_is_nothing(
            params in proptest::collection::btree_map(("[ab]?", "[ab]?"), arbitrary(), 0..6),
            seed: u64,
        ) {
            let params: Vec<ParamInput<'_>> =
                params.iter().map(|((file, key), value)| ParamInput { file, key, value }).collect();
            let mut inputs = Inputs { params, ..Inputs::default() };
            let key = inputs.key();
            let turn = seed as usize % inputs.params.len().max(1);
            inputs.params.rotate_left(turn);
            prop_assert_eq!(inputs.key(), key);
        }
    }
}
