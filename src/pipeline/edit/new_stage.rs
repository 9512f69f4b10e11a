//! A stage from the command line, as YAML.

use std::time::Duration;

use crate::format::value::{Map, Value};
#[cfg(test)]
use crate::format::yaml;
use crate::format::yaml::emit;
use crate::pipeline::stage::OutKind;

/// What `stage add` was asked for. Paths are as typed: relative to `wdir`.
#[derive(Clone, Debug, Default)]
pub struct NewStage {
    pub name: String,
    pub cmd: String,
    pub wdir: Option<String>,
    pub deps: Vec<String>,
    /// File and keys; no file for the default, no keys for the whole file.
    pub params: Vec<(Option<String>, Vec<String>)>,
    pub outs: Vec<NewOut>,
    /// Name and value; no value for the caller's.
    pub env: Vec<(String, Option<String>)>,
    pub desc: Option<String>,
    pub always_changed: bool,
    pub timeout: Option<Duration>,
    pub retry: u32,
}

/// An out of a [`NewStage`].
#[derive(Clone, Debug)]
pub struct NewOut {
    pub path: String,
    pub kind: OutKind,
    pub cache: bool,
    pub persist: bool,
}

impl NewStage {
    /// The definition: what stands below the name.
    pub(super) fn value(&self) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| drop(map.insert(key.to_owned(), value));
        put("cmd", text(&self.cmd));
        if let Some(desc) = &self.desc {
            put("desc", text(desc));
        }
        if let Some(wdir) = &self.wdir {
            put("wdir", text(wdir));
        }
        if !self.deps.is_empty() {
            put("deps", list(self.deps.iter().map(|dep| text(dep))));
        }
        if !self.params.is_empty() {
            put("params", list(self.params.iter().flat_map(params)));
        }
        for (key, kind) in
            [("outs", OutKind::Out), ("metrics", OutKind::Metric), ("plots", OutKind::Plot)]
        {
            let outs = || self.outs.iter().filter(|out| out.kind == kind);
            if outs().next().is_some() {
                put(key, list(outs().map(out)));
            }
        }
        if !self.env.is_empty() {
            let value = |value: &Option<String>| value.as_deref().map_or(Value::Null, text);
            let entry = |(name, found): &(String, _)| (name.clone(), value(found));
            put("env", Value::Map(self.env.iter().map(entry).collect()));
        }
        if self.always_changed {
            put("always_changed", Value::Bool(true));
        }
        if let Some(timeout) = self.timeout {
            put("timeout", text(&in_largest_unit(timeout)));
        }
        if self.retry > 0 {
            put("retry", Value::Int(self.retry.into()));
        }
        Value::Map(map)
    }

    /// The definition as YAML.
    pub(super) fn body(&self) -> String {
        let mut body = String::new();
        block(&self.value(), 0, &mut body);
        body
    }

    /// The name and below it the definition, as YAML.
    pub(super) fn entry(&self) -> String {
        let mut entry = format!("{}:\n", emit::scalar(&self.name));
        block(&self.value(), 2, &mut entry);
        entry
    }
}

fn in_largest_unit(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds % 3600 == 0 => format!("{}h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn list(items: impl Iterator<Item = Value>) -> Value {
    Value::List(items.collect())
}

fn params((file, keys): &(Option<String>, Vec<String>)) -> Vec<Value> {
    let keys: Vec<Value> = keys.iter().map(|key| text(key)).collect();
    match file {
        None => keys,
        Some(file) => {
            let keys = if keys.is_empty() { Value::Null } else { Value::List(keys) };
            vec![Value::Map(Map::from_iter([(file.clone(), keys)]))]
        }
    }
}

fn out(out: &NewOut) -> Value {
    let mut flags = Map::new();
    if !out.cache {
        flags.insert("cache".to_owned(), Value::Bool(false));
    }
    if out.persist {
        flags.insert("persist".to_owned(), Value::Bool(true));
    }
    match flags.is_empty() {
        true => text(&out.path),
        false => Value::Map(Map::from_iter([(out.path.clone(), Value::Map(flags))])),
    }
}

/// Lines of a map in the style that people write: lists are not deeper than their key.
fn block(value: &Value, indent: usize, lines: &mut String) {
    let Value::Map(entries) = value else { return };
    let pad = " ".repeat(indent);
    for (key, value) in entries {
        let key = emit::scalar(key);
        match value {
            Value::Map(_) => {
                lines.push_str(&format!("{pad}{key}:\n"));
                block(value, indent + 2, lines);
            }
            Value::List(items) => {
                lines.push_str(&format!("{pad}{key}:\n"));
                for item in items {
                    let mut item_lines = String::new();
                    match item {
                        Value::Map(_) => block(item, indent + 2, &mut item_lines),
                        item => item_lines = format!("{pad}  {}\n", emit::flow(item)),
                    }
                    // The dash takes the place of the first two spaces after the padding.
                    lines.push_str(&format!("{pad}- {}", &item_lines[pad.len() + 2..]));
                }
            }
            Value::Null => lines.push_str(&format!("{pad}{key}:\n")),
            value => lines.push_str(&format!("{pad}{key}: {}\n", emit::flow(value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_means_the_value() {
        let out =
            |path: &str, kind, cache, persist| NewOut { path: path.into(), kind, cache, persist };
        let stage = NewStage {
            name: "train".into(),
            cmd: "python: train.py # \"x\"\necho 'y'".into(),
            wdir: Some("src".into()),
            deps: vec!["a b".into(), "- c".into(), "1".into(), "*.csv".into()],
            params: vec![
                (None, vec!["lr".into(), "true".into()]),
                (Some("p.json".into()), vec!["a.b".into()]),
                (Some("whole.yaml".into()), vec![]),
            ],
            outs: vec![
                out("m", OutKind::Out, true, false),
                out("n", OutKind::Out, false, true),
                out("x.json", OutKind::Metric, false, false),
                out("p.csv", OutKind::Plot, true, false),
            ],
            env: vec![("SEED".into(), Some("1".into())), ("HOME".into(), None)],
            desc: Some("what: it does".into()),
            always_changed: true,
            timeout: Some(Duration::from_secs(90)),
            retry: 2,
        };
        let read = yaml::parse(&stage.body()).unwrap_or_else(|e| panic!("{e}\n{}", stage.body()));
        assert_eq!(read.value(), stage.value(), "{}", stage.body());
        let read = yaml::parse(&stage.entry()).expect("valid").value();
        assert_eq!(read.get("train"), Some(&stage.value()));
    }
}
