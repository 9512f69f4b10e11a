//! YAML 1.2 as people write it by hand: a tree that knows where each of its parts stands.
//!
//! [`parse`] makes the tree, [`from_node`] types of it, and every [`Problem`] of either has the line
//! and column to point at. Plain scalars mean what [`scalar`] says, which is what DVC makes of them.
//! What other programs shall read is written by [`emit`].
//!
//! # What is taken
//!
//! One document. Anchors, aliases and merge keys (`<<`) are applied. Keys are scalars; those that are
//! not strings are known by their canonical text, so that `1`, `0x1` and `"1"` are one key. A key
//! that stands twice is an error, as are tags other than those of the core schema, and a `%YAML`
//! directive that asks for another version, whose scalars mean other things. Lines of flow collections
//! and of quoted strings need no indentation, see `relaxed`.
//!
//! # Bounds
//!
//! Trees are at most [`MAX_DEPTH`] deep and [`MAX_WEIGHT`] heavy, with aliases written out: neither
//! deep nesting nor aliases of aliases take more than that. Everything that walks a tree may recurse.

mod de;
pub mod emit;
mod fault;
mod handover;
mod parse;
mod relaxed;
pub mod scalar;
#[cfg(test)]
mod tests;

use std::fmt;

pub use de::from_node;
pub use parse::{MAX_DEPTH, MAX_WEIGHT, parse};

use super::Value;
use super::value::Map;

/// Where something begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Counted from 1.
    pub line: usize,
    /// Characters, counted from 1.
    pub column: usize,
}

impl Mark {
    /// The first character of a file.
    pub const START: Mark = Mark { line: 1, column: 1 };

    /// The character of `text` that holds the byte at `offset`, or its end. Takes time in
    /// proportion to `offset`.
    pub fn of(text: &str, offset: usize) -> Mark {
        let before = &text.as_bytes()[..offset.min(text.len())];
        let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        let is_first_byte = |b: &&u8| **b & 0xc0 != 0x80;
        Mark {
            line: 1 + before.iter().filter(|&&b| b == b'\n').count(),
            column: 1 + before[line_start..].iter().filter(is_first_byte).count(),
        }
    }
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub mark: Mark,
    /// Safe for a terminal.
    pub message: String,
}

impl Problem {
    pub fn new(mark: Mark, message: impl Into<String>) -> Self {
        Problem { mark, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}

/// A value of the text.
///
/// As a field of a type that [`from_node`] makes, it keeps its part of the tree as it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub mark: Mark,
    pub data: Data,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Scalar(Scalar),
    List(Vec<Node>),
    /// In the order of the file, each name once; what merge keys brought comes first.
    Map(Vec<(Key, Node)>),
}

/// The key of an entry of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub name: String,
    pub mark: Mark,
}

/// A scalar, resolved, and how it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// Never a list or a map.
    pub value: Value,
    /// Whether it stood without quotes, and not in a block.
    pub plain: bool,
    /// What was written, unless `value` is that string.
    written: Option<Box<str>>,
}

impl Scalar {
    fn new(value: Value, plain: bool, text: &str) -> Scalar {
        let written = (!matches!(value, Value::String(_))).then(|| text.into());
        Scalar { value, plain, written }
    }

    fn string(text: String, plain: bool) -> Scalar {
        Scalar { value: Value::String(text), plain, written: None }
    }

    /// `value` (neither a list nor a map) as if it had been written in its canonical form.
    pub fn of(value: Value, plain: bool) -> Scalar {
        let written = (!matches!(value, Value::String(_))).then(|| emit::flow(&value).into());
        Scalar { value, plain, written }
    }

    /// The text as it was written, without quotes and escapes: `0x1f` of the integer 31.
    pub fn text(&self) -> &str {
        match &self.written {
            Some(text) => text,
            None => self.value.as_str().unwrap_or_default(),
        }
    }
}

impl Node {
    /// The meaning without the marks.
    pub fn value(&self) -> Value {
        match &self.data {
            Data::Scalar(scalar) => scalar.value.clone(),
            Data::List(items) => Value::List(items.iter().map(Node::value).collect()),
            Data::Map(entries) => {
                let entry = |(key, node): &(Key, Node)| (key.name.clone(), node.value());
                Value::Map(entries.iter().map(entry).collect::<Map>())
            }
        }
    }

    /// As [`value`](Node::value), without a copy.
    pub fn into_value(self) -> Value {
        match self.data {
            Data::Scalar(scalar) => scalar.value,
            Data::List(items) => Value::List(items.into_iter().map(Node::into_value).collect()),
            Data::Map(entries) => {
                let entry = |(key, node): (Key, Node)| (key.name, node.into_value());
                Value::Map(entries.into_iter().map(entry).collect())
            }
        }
    }

    /// What a map has at `key`; `None` of anything else.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let (_, found) = self.as_map()?.iter().find(|(found, _)| found.name == key)?;
        Some(found)
    }

    /// What the node is, for messages: "a string", "a list".
    pub fn kind(&self) -> &'static str {
        match &self.data {
            Data::Scalar(scalar) => scalar.value.kind(),
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar(Scalar { value: Value::Null, .. }))
    }

    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.data {
            Data::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The text of a string; `None` of any other scalar.
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar()?.value.as_str()
    }

    pub fn as_list(&self) -> Option<&[Node]> {
        match &self.data {
            Data::List(items) => Some(items),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&[(Key, Node)]> {
        match &self.data {
            Data::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// A [`Problem`] where this node begins.
    pub fn problem(&self, message: impl Into<String>) -> Problem {
        Problem::new(self.mark, message)
    }
}

/// Part of a text from a file, quoted for a message.
fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    let cut = match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    };
    format!("`{}`", crate::fs::display_bytes(cut.as_bytes()))
}
