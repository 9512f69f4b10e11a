//! Rows out of runs.
//!
//! # Keys
//!
//! Maps become dotted keys. The name of the file is not part of a key, because people ask for
//! `params.lr` whichever file it is in: where two files of a run have the same key, `params.yaml` has it
//! and then the first file by name; the others have `FILE:KEY`. The last value of a curve is a metric,
//! unless a metric has its name.

use std::collections::HashSet;

use super::row::{Group, Packed, Row, Scalar, TEXTS, Text, pack};
use super::strings::{Interner, Strings, Symbol};
use crate::format::Value;
use crate::format::run::{Annotations, Kind, Run, number};
use crate::format::value::Map;
use crate::git::GitId;
use crate::runs::live;

/// The file of parameters that needs no name.
const PARAMS: &str = "params.yaml";

pub(super) struct Builder {
    interner: Interner,
    pub rows: Vec<Row>,
    values: Vec<Packed>,
}

impl Builder {
    /// Goes on with what an index has.
    pub fn new(strings: Strings, rows: Vec<Row>, values: Vec<Packed>) -> Builder {
        Builder { interner: Interner::new(strings), rows, values }
    }

    pub fn finish(self) -> (Strings, Vec<Row>, Vec<Packed>) {
        (self.interner.finish(), self.rows, self.values)
    }

    /// Adds a run that was read from `tree`, and what was said about it.
    pub fn push(&mut self, run: &Run, said: &Annotations, tree: GitId, annotations: Option<GitId>) {
        let first_value = self.values.len();
        self.files(Group::Param, &run.params);
        self.files(Group::Metric, &run.metrics);
        self.curves(run, first_value);
        self.tags(run, said);
        let note = said.note.as_ref().and_then(|note| note.text.as_deref());
        // Of a stage each is a command by itself.
        let between = if run.kind == Kind::Stage { "; " } else { " " };
        let command = run.command.join(between);
        let filled = |text: &str| !text.is_empty();
        let (name, email) = (&run.user.name[..], &run.user.email[..]);
        let mut texts = [Symbol::NONE; TEXTS];
        for (which, text) in [
            (Text::Name, Some(&run.name[..])),
            (Text::Stage, run.stage.as_deref()),
            (Text::Command, Some(&command[..])),
            (Text::User, Some(name).filter(|name| filled(name))),
            (Text::Email, Some(email).filter(|email| filled(email))),
            (Text::Host, Some(&run.host[..]).filter(|host| filled(host))),
            (Text::Branch, run.code.branch.as_deref()),
            (Text::Commit, run.code.commit.as_deref()),
            (Text::Snapshot, run.code.snapshot.as_deref()),
            (Text::Result, run.code.result.as_deref()),
            (Text::Note, note),
            (Text::Error, run.error.as_deref()),
        ] {
            if let Some(text) = text {
                texts[which as usize] = self.interner.symbol(text);
            }
        }
        self.rows.push(Row {
            id: run.id,
            tree,
            annotations,
            parent: run.parent,
            kind: run.kind,
            status: run.status,
            how: run.how,
            exit_code: run.exit_code,
            order: live::plausible_order(run.order),
            started: run.started,
            duration: run.duration,
            cpu: run.resources.map(|used| used.cpu),
            memory: run.resources.map(|used| used.peak_memory),
            is_dirty: run.code.is_dirty(),
            is_deleted: said.is_deleted(),
            texts,
            first_value,
            values: self.values.len() - first_value,
        });
    }

    fn files(&mut self, group: Group, files: &std::collections::BTreeMap<String, Map>) {
        let mut taken = HashSet::new();
        let first = files.iter().filter(|(file, _)| *file == PARAMS);
        let others = files.iter().filter(|(file, _)| *file != PARAMS);
        for (file, map) in first.chain(others) {
            for (key, value) in map {
                value.leaves(key.clone(), &mut |key, value| {
                    let key = match taken.contains(&key) {
                        true => format!("{file}:{key}"),
                        false => key,
                    };
                    self.value(group, &key, value);
                    taken.insert(key);
                });
            }
        }
    }

    fn curves(&mut self, run: &Run, first_value: usize) {
        let known: HashSet<Symbol> = self.values[first_value..]
            .iter()
            .filter(|packed| packed[0] == Group::Metric as u8)
            .map(|packed| Symbol(u32::from_be_bytes(packed[2..6].try_into().expect("four bytes"))))
            .collect();
        for (name, series) in &run.series {
            if !known.contains(&self.interner.symbol(name)) {
                self.value(Group::Metric, name, &series.last);
            }
            for (end, value) in [("last", &series.last), ("min", &series.min), ("max", &series.max)]
            {
                self.value(Group::Curve, &format!("{name}.{end}"), value);
            }
        }
    }

    /// Those of the beginning, as far as nothing was said about them since.
    fn tags(&mut self, run: &Run, said: &Annotations) {
        let first = run.tags.iter().filter(|(name, _)| !said.tags.contains_key(*name));
        for (name, text) in first.map(|(name, text)| (&name[..], &text[..])).chain(said.tags()) {
            self.push_value(Group::Tag, name, Scalar::Text(text));
        }
    }

    fn value(&mut self, group: Group, key: &str, value: &Value) {
        let measured = matches!(group, Group::Metric | Group::Curve);
        match value {
            Value::Null => self.push_value(group, key, Scalar::Null),
            Value::Bool(bool) => self.push_value(group, key, Scalar::Bool(*bool)),
            Value::Int(int) => self.push_value(group, key, Scalar::Int(*int)),
            Value::Float(float) => self.push_value(group, key, Scalar::Float(*float)),
            // A metric that JSON has no number for.
            Value::String(_) if measured && number(value).is_some() => {
                let float = number(value).expect("it was one just now");
                self.push_value(group, key, Scalar::Float(float));
            }
            Value::String(text) => self.push_value(group, key, Scalar::Text(text)),
            Value::List(_) | Value::Map(_) => {
                let text = serde_json::to_string(value).expect("memory can be written to");
                self.push_value(group, key, Scalar::List(&text));
            }
        }
    }

    fn push_value(&mut self, group: Group, key: &str, value: Scalar<&str>) {
        let key = self.interner.symbol(key);
        let packed = pack(group, key, value, &mut |text| self.interner.symbol(text));
        self.values.push(packed);
    }
}
