//! One run in the index, and how it is looked at.

use jiff::Timestamp;

use super::Runs;
use super::strings::{Strings, Symbol};
use crate::format::run::{How, Kind, RunId, Status};
use crate::git::GitId;

/// What the index keeps of a run beside its values.
pub(super) struct Row {
    pub id: RunId,
    /// The run's directory, and its annotations: if these are the same, so is the row.
    pub tree: GitId,
    pub annotations: Option<GitId>,
    pub parent: Option<RunId>,
    pub kind: Kind,
    pub status: Status,
    pub how: Option<How>,
    pub exit_code: Option<i32>,
    pub order: i64,
    pub started: Timestamp,
    pub duration: f64,
    pub cpu: Option<f64>,
    pub memory: Option<u64>,
    pub is_dirty: bool,
    pub is_deleted: bool,
    pub texts: [Symbol; TEXTS],
    /// Its part of the index's values.
    pub first_value: usize,
    pub values: usize,
}

/// The texts of a row.
#[derive(Clone, Copy)]
pub(super) enum Text {
    Name,
    Stage,
    Command,
    User,
    Email,
    Host,
    Branch,
    Commit,
    Snapshot,
    Result,
    Note,
    Error,
}

pub(super) const TEXTS: usize = 12;

/// What a value is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    Param,
    /// Also the last value of each curve.
    Metric,
    /// `NAME.last`, `NAME.min` and `NAME.max` of each curve.
    Curve,
    Tag,
}

/// A value that is no map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<T> {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(T),
    /// As JSON.
    List(T),
}

/// A value with its key: group, tag, key (`u32`), and eight bytes by the tag.
pub(super) type Packed = [u8; 14];

const TAGS: [Group; 4] = [Group::Param, Group::Metric, Group::Curve, Group::Tag];

pub(super) fn pack(
    group: Group,
    key: Symbol,
    value: Scalar<&str>,
    symbol: &mut dyn FnMut(&str) -> Symbol,
) -> Packed {
    let (tag, payload) = match value {
        Scalar::Null => (0, 0),
        Scalar::Bool(bool) => (1, u64::from(bool)),
        Scalar::Int(int) => match i64::try_from(int) {
            Ok(int) => (2, int.cast_unsigned()),
            Err(_) => (3, symbol(&int.to_string()).0.into()),
        },
        Scalar::Float(float) => (4, float.to_bits()),
        Scalar::Text(text) => (5, symbol(text).0.into()),
        Scalar::List(text) => (6, symbol(text).0.into()),
    };
    let mut packed = [0; 14];
    packed[0] = group as u8;
    packed[1] = tag;
    packed[2..6].copy_from_slice(&key.0.to_be_bytes());
    packed[6..].copy_from_slice(&payload.to_be_bytes());
    packed
}

/// Group, key and value. What makes no sense is null.
fn unpack<'a>(packed: &Packed, strings: &'a Strings) -> (Group, &'a str, Scalar<&'a str>) {
    let payload = u64::from_be_bytes(packed[6..].try_into().expect("eight bytes"));
    let text = || strings.get(Symbol(payload as u32)).unwrap_or_default();
    let value = match packed[1] {
        1 => Scalar::Bool(payload != 0),
        2 => Scalar::Int(payload.cast_signed().into()),
        3 => text().parse().map_or(Scalar::Null, Scalar::Int),
        4 => Scalar::Float(f64::from_bits(payload)),
        5 => Scalar::Text(text()),
        6 => Scalar::List(text()),
        _ => Scalar::Null,
    };
    (group_of(packed), strings.get(key_of(packed)).unwrap_or_default(), value)
}

fn group_of(packed: &Packed) -> Group {
    TAGS.get(usize::from(packed[0])).copied().unwrap_or(Group::Tag)
}

fn key_of(packed: &Packed) -> Symbol {
    Symbol(u32::from_be_bytes(packed[2..6].try_into().expect("four bytes")))
}

/// A run as the index knows it. Texts come from whoever made the run: escape them for a terminal.
#[derive(Clone, Copy)]
pub struct Summary<'a> {
    runs: &'a Runs,
    row: &'a Row,
}

impl<'a> Summary<'a> {
    pub(super) fn new(runs: &'a Runs, row: &'a Row) -> Summary<'a> {
        Summary { runs, row }
    }

    fn text(self, which: Text) -> Option<&'a str> {
        self.runs.strings.get(self.row.texts[which as usize])
    }

    pub fn id(self) -> RunId {
        self.row.id
    }

    pub fn name(self) -> &'a str {
        self.text(Text::Name).unwrap_or_default()
    }

    pub fn kind(self) -> Kind {
        self.row.kind
    }

    /// Of a stage, or of a command that a run started: the run it belongs to.
    pub fn parent(self) -> Option<RunId> {
        self.row.parent
    }

    /// Whether it belongs to no other run.
    pub fn is_top_level(self) -> bool {
        self.row.parent.is_none() && self.row.kind != Kind::Stage
    }

    pub fn stage(self) -> Option<&'a str> {
        self.text(Text::Stage)
    }

    pub fn status(self) -> Status {
        self.row.status
    }

    pub fn how(self) -> Option<How> {
        self.row.how
    }

    pub fn exit_code(self) -> Option<i32> {
        self.row.exit_code
    }

    pub fn order(self) -> i64 {
        self.row.order
    }

    pub fn started(self) -> Timestamp {
        self.row.started
    }

    /// Seconds.
    pub fn duration(self) -> f64 {
        self.row.duration
    }

    /// Seconds of processors.
    pub fn cpu(self) -> Option<f64> {
        self.row.cpu
    }

    /// Bytes of the largest process.
    pub fn memory(self) -> Option<u64> {
        self.row.memory
    }

    /// On one line: the words of a command, or the commands of a stage.
    pub fn command(self) -> &'a str {
        self.text(Text::Command).unwrap_or_default()
    }

    /// The name of who ran it.
    pub fn user(self) -> Option<&'a str> {
        self.text(Text::User)
    }

    pub fn email(self) -> Option<&'a str> {
        self.text(Text::Email)
    }

    pub fn host(self) -> Option<&'a str> {
        self.text(Text::Host)
    }

    pub fn branch(self) -> Option<&'a str> {
        self.text(Text::Branch)
    }

    /// HEAD when it began, as hexadecimal digits.
    pub fn commit(self) -> Option<&'a str> {
        self.text(Text::Commit)
    }

    /// The commit that has what was not in `commit`.
    pub fn snapshot(self) -> Option<&'a str> {
        self.text(Text::Snapshot)
    }

    /// The commit that has what the run left.
    pub fn result(self) -> Option<&'a str> {
        self.text(Text::Result)
    }

    /// Whether the worktree had changes that were not in `commit`.
    pub fn is_dirty(self) -> bool {
        self.row.is_dirty
    }

    pub fn is_deleted(self) -> bool {
        self.row.is_deleted
    }

    pub fn note(self) -> Option<&'a str> {
        self.text(Text::Note)
    }

    /// Why it failed.
    pub fn error(self) -> Option<&'a str> {
        self.text(Text::Error)
    }

    fn packed(self) -> &'a [Packed] {
        let Row { first_value, values, .. } = *self.row;
        self.runs.values.get(first_value..first_value + values).unwrap_or_default()
    }

    /// All values with their dotted keys: params, metrics, curves, tags, in the order of their files.
    pub fn values(self) -> impl Iterator<Item = (Group, &'a str, Scalar<&'a str>)> + Clone {
        self.packed().iter().map(|packed| unpack(packed, &self.runs.strings))
    }

    /// The values of one group.
    pub fn group(self, of: Group) -> impl Iterator<Item = (&'a str, Scalar<&'a str>)> + Clone {
        self.values().filter(move |(group, ..)| *group == of).map(|(_, key, value)| (key, value))
    }

    /// The value of `key` in `group`.
    pub fn value(self, group: Group, key: &str) -> Option<Scalar<&'a str>> {
        let strings = &self.runs.strings;
        let found = self.packed().iter().find(|packed| {
            group_of(packed) == group && strings.get(key_of(packed)).unwrap_or_default() == key
        })?;
        Some(unpack(found, strings).2)
    }
}

impl std::fmt::Debug for Summary<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Run");
        shown.field("id", &self.id()).field("name", &self.name()).finish_non_exhaustive()
    }
}
