//! What of a run is asked for.

use std::borrow::Cow;
use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::lexer;
use crate::runs::{Group, Scalar, Summary};

/// A param, metric, tag or attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    Attribute(Attribute),
    /// A param, metric or tag.
    Of(Group, String),
    /// Nobody has said yet what it is: see [`Query::bind`](super::Query::bind).
    Bare(String),
}

macro_rules! attributes {
    ($($variant:ident $name:literal $kind:ident,)*) => {
        /// What every run has, as far as it is known.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Attribute {
            $($variant,)*
        }

        impl Attribute {
            pub const ALL: &[Attribute] = &[$(Attribute::$variant,)*];

            pub fn name(self) -> &'static str {
                match self { $(Attribute::$variant => $name,)* }
            }

            pub(super) fn kind(self) -> Kind {
                match self { $(Attribute::$variant => Kind::$kind,)* }
            }
        }
    };
}

attributes! {
    Id "id" Digits,
    Name "name" Text,
    Kind "kind" Word,
    Stage "stage" Text,
    Status "status" Word,
    How "how" Word,
    Branch "branch" Text,
    Commit "commit" Digits,
    User "user" Text,
    Host "host" Text,
    Command "command" Text,
    Note "note" Text,
    Error "error" Text,
    Started "started" Time,
    Ended "ended" Time,
    Duration "duration" Seconds,
    Cpu "cpu" Seconds,
    Memory "memory" Bytes,
    Order "order" Any,
    ExitCode "exit_code" Any,
    Dirty "dirty" Any,
}

/// How an attribute is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// By number where both are one, else as text.
    Any,
    Text,
    /// One of few words, whatever the case.
    Word,
    /// Hexadecimal digits, of which the first few are enough.
    Digits,
    Seconds,
    Bytes,
    Time,
}

/// What MLflow calls some attributes.
const ALIASES: [(&str, Attribute); 7] = [
    ("run_id", Attribute::Id),
    ("run_name", Attribute::Name),
    ("user_id", Attribute::User),
    ("start_time", Attribute::Started),
    ("created", Attribute::Started),
    ("end_time", Attribute::Ended),
    ("state", Attribute::Status),
];

const PARAMS: [&str; 4] = ["params", "param", "parameters", "parameter"];
const METRICS: [&str; 2] = ["metrics", "metric"];
const TAGS: [&str; 2] = ["tags", "tag"];
const ATTRIBUTES: [&str; 4] = ["attributes", "attribute", "attr", "run"];

impl Attribute {
    fn parse(name: &str) -> Option<Attribute> {
        let found = Attribute::ALL.iter().copied().find(|known| known.name() == name);
        found.or_else(|| ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, known)| *known))
    }

    fn value(self, run: Summary<'_>) -> Option<Datum<'_>> {
        let text = |text: &'static str| Datum::Text(Cow::Borrowed(text));
        Some(match self {
            Attribute::Id => Datum::Text(run.id().to_string().into()),
            Attribute::Name => Datum::Text(run.name().into()),
            Attribute::Kind => text(run.kind().as_str()),
            Attribute::Stage => Datum::Text(run.stage()?.into()),
            Attribute::Status => text(run.status().as_str()),
            Attribute::How => text(run.how()?.as_str()),
            Attribute::Branch => Datum::Text(run.branch()?.into()),
            Attribute::Commit => Datum::Text(run.commit()?.into()),
            Attribute::User => Datum::Text(run.user()?.into()),
            Attribute::Host => Datum::Text(run.host()?.into()),
            Attribute::Command => Datum::Text(run.command().into()),
            Attribute::Note => Datum::Text(run.note()?.into()),
            Attribute::Error => Datum::Text(run.error()?.into()),
            Attribute::Started => Datum::Time(run.started()),
            Attribute::Ended => {
                let lasted = SignedDuration::try_from_secs_f64(run.duration()).ok()?;
                Datum::Time(run.started().checked_add(lasted).ok()?)
            }
            Attribute::Duration => Datum::Float(run.duration()),
            Attribute::Cpu => Datum::Float(run.cpu()?),
            Attribute::Memory => Datum::Int(run.memory()?.into()),
            Attribute::Order => Datum::Int(run.order().into()),
            Attribute::ExitCode => Datum::Int(run.exit_code()?.into()),
            Attribute::Dirty => Datum::Bool(run.is_dirty()),
        })
    }
}

/// The value of a key in one run.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum<'a> {
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Cow<'a, str>),
    /// As JSON.
    List(&'a str),
    Time(Timestamp),
}

impl Datum<'_> {
    /// As text, in full.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Datum::Bool(bool) => bool.to_string().into(),
            Datum::Int(int) => int.to_string().into(),
            Datum::Float(float) => float.to_string().into(),
            Datum::Text(text) => Cow::Borrowed(text),
            Datum::List(text) => Cow::Borrowed(text),
            Datum::Time(time) => time.to_string().into(),
        }
    }
}

impl Key {
    /// A key by itself, as the filter language has it.
    ///
    /// # Errors
    /// It is none; where and why.
    pub fn parse(text: &str) -> Result<Key, super::QueryError> {
        super::parser::key(text)
    }

    /// The key that a bare word such as `metrics.acc` is; `rest` is what stood in quotes behind it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn of_word(word: &str, rest: Option<String>) -> Result<Key, String> {
        let (prefix, name) = match (word.split_once('.'), &rest) {
            (Some((prefix, name)), Some(rest)) => (prefix, format!("{name}{rest}")),
            (Some((prefix, name)), None) => (prefix, name.to_owned()),
            (None, _) => ("", String::new()),
        };
        let is = |names: &[&str]| names.contains(&prefix);
        if is(&ATTRIBUTES) {
            let known = || Attribute::ALL.iter().map(|known| known.name());
            return Attribute::parse(&name).map(Key::Attribute).ok_or_else(|| {
                format!("there is no such attribute; the attributes are {}", joined(known()))
            });
        }
        let group = match () {
            () if is(&PARAMS) => Group::Param,
            () if is(&METRICS) => Group::Metric,
            () if is(&TAGS) => Group::Tag,
            () => {
                let whole = word.to_owned() + rest.as_deref().unwrap_or_default();
                let attribute = Attribute::parse(&whole).filter(|_| rest.is_none());
                return Ok(attribute.map_or(Key::Bare(whole), Key::Attribute));
            }
        };
        if name.is_empty() && rest.is_none() {
            return Err(format!("expected a key after `{prefix}.`"));
        }
        Ok(Key::Of(group, name))
    }

    /// The value in `run`; `None` if it has none, or it is null.
    pub fn value<'a>(&self, run: Summary<'a>) -> Option<Datum<'a>> {
        let scalar = match self {
            Key::Attribute(attribute) => return attribute.value(run),
            Key::Bare(_) => return None,
            Key::Of(Group::Metric, key) => {
                run.value(Group::Metric, key).or_else(|| run.value(Group::Curve, key))?
            }
            Key::Of(group, key) => run.value(*group, key)?,
        };
        Datum::of(scalar)
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Key::Attribute(attribute) => attribute.kind(),
            Key::Of(..) | Key::Bare(_) => Kind::Any,
        }
    }
}

impl<'a> Datum<'a> {
    /// What is null is no value.
    pub fn of(scalar: Scalar<&'a str>) -> Option<Datum<'a>> {
        Some(match scalar {
            Scalar::Null => return None,
            Scalar::Bool(bool) => Datum::Bool(bool),
            Scalar::Int(int) => Datum::Int(int),
            Scalar::Float(float) => Datum::Float(float),
            Scalar::Text(text) => Datum::Text(Cow::Borrowed(text)),
            Scalar::List(text) => Datum::List(text),
        })
    }
}

fn joined<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

/// As it is typed; what is odd, in backquotes.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |name: &str| format!("`{}`", name.replace('`', "``"));
        match self {
            Key::Attribute(attribute) => f.write_str(attribute.name()),
            Key::Of(group, name) => {
                let prefix = match group {
                    Group::Param => PARAMS[0],
                    Group::Metric | Group::Curve => METRICS[0],
                    Group::Tag => TAGS[0],
                };
                match lexer::is_word(name) {
                    true => write!(f, "{prefix}.{name}"),
                    false => write!(f, "{prefix}.{}", quoted(name)),
                }
            }
            Key::Bare(name) => {
                let is_plain = lexer::is_word(name)
                    && !lexer::is_keyword(name)
                    && Key::of_word(name, None).is_ok_and(|key| key == *self);
                if is_plain { f.write_str(name) } else { f.write_str(&quoted(name)) }
            }
        }
    }
}
