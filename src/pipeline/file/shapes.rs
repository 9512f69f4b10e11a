//! Fields that may be written in more than one way.
//!
//! Each is a visitor of its own instead of an untagged `enum`, so that an error inside of one way is
//! told where it is, and not as "matches no variant" of the whole field.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A string or a list of strings.
#[derive(Debug)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(untagged))]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

pub(super) type Cmd = OneOrMany;

impl OneOrMany {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

struct OneOrManyVisitor;

impl<'de> Visitor<'de> for OneOrManyVisitor {
    type Value = OneOrMany;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of strings")
    }

    fn visit_str<E: Error>(self, one: &str) -> Result<OneOrMany, E> {
        Ok(OneOrMany::One(one.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<OneOrMany, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(items)).map(OneOrMany::Many)
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OneOrMany, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

/// A path, or a map of paths to flags.
#[derive(Debug)]
pub(super) struct Flagged<F>(pub Vec<(String, F)>);

struct FlaggedVisitor<F>(PhantomData<F>);

impl<'de, F: Default + Deserialize<'de>> Visitor<'de> for FlaggedVisitor<F> {
    type Value = Flagged<F>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path, or `PATH:` with flags")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<Flagged<F>, E> {
        Ok(Flagged(vec![(path.to_owned(), F::default())]))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Flagged<F>, A::Error> {
        let mut entries = Vec::new();
        while let Some((path, flags)) = map.next_entry::<String, Option<F>>()? {
            entries.push((path, flags.unwrap_or_default()));
        }
        Ok(Flagged(entries))
    }
}

impl<'de, F: Default + Deserialize<'de>> Deserialize<'de> for Flagged<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlaggedVisitor(PhantomData))
    }
}

/// A key of `params.yaml`, or files with lists of keys; no keys mean the whole file.
#[derive(Debug)]
pub(super) enum ParamsItem {
    Key(String),
    Files(Vec<(String, Vec<String>)>),
}

struct ParamsVisitor;

impl<'de> Visitor<'de> for ParamsVisitor {
    type Value = ParamsItem;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a parameter, or `FILE:` with a list of parameters")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<ParamsItem, E> {
        Ok(ParamsItem::Key(key.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ParamsItem, A::Error> {
        let mut files = Vec::new();
        while let Some((file, keys)) = map.next_entry::<String, Option<Vec<String>>>()? {
            files.push((file, keys.unwrap_or_default()));
        }
        Ok(ParamsItem::Files(files))
    }
}

impl<'de> Deserialize<'de> for ParamsItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ParamsVisitor)
    }
}

/// Names with values, or names whose values are the caller's.
#[derive(Debug)]
pub(super) struct EnvVars(pub Vec<(String, Option<String>)>);

/// The value of a variable: `1` is as good as `"1"`.
struct EnvValue(String);

struct EnvValueVisitor;

impl Visitor<'_> for EnvValueVisitor {
    type Value = EnvValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an integer")
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<EnvValue, E> {
        Ok(EnvValue(value.to_owned()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<EnvValue, E> {
        Ok(EnvValue(value.to_string()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<EnvValue, E> {
        Ok(EnvValue(value.to_string()))
    }

    fn visit_i128<E: Error>(self, value: i128) -> Result<EnvValue, E> {
        Ok(EnvValue(value.to_string()))
    }
}

impl<'de> Deserialize<'de> for EnvValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EnvValueVisitor)
    }
}

struct EnvVisitor;

impl<'de> Visitor<'de> for EnvVisitor {
    type Value = EnvVars;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of variables, or a list of names")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut names: A) -> Result<EnvVars, A::Error> {
        let mut variables = Vec::new();
        while let Some(name) = names.next_element::<String>()? {
            variables.push((name, None));
        }
        Ok(EnvVars(variables))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EnvVars, A::Error> {
        let mut variables = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Option<EnvValue>>()? {
            variables.push((name, value.map(|EnvValue(value)| value)));
        }
        Ok(EnvVars(variables))
    }
}

impl<'de> Deserialize<'de> for EnvVars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EnvVisitor)
    }
}

/// Seconds, or a number with the unit `s`, `m` or `h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::pipeline) struct TimeoutValue(pub Duration);

impl std::str::FromStr for TimeoutValue {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected `90s`, `15m`, `2h`, or seconds above zero";
        let (digits, unit) = match text.strip_suffix(['s', 'm', 'h']) {
            None => (text, 1),
            Some(digits) => match &text[digits.len()..] {
                "h" => (digits, 3600),
                "m" => (digits, 60),
                _ => (digits, 1),
            },
        };
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        let number: Option<u64> = is_number.then(|| digits.parse().ok()).flatten();
        let seconds = number.and_then(|number| number.checked_mul(unit)).filter(|n| *n > 0);
        seconds.map(|seconds| TimeoutValue(Duration::from_secs(seconds))).ok_or(EXPECTED)
    }
}

struct TimeoutVisitor;

impl Visitor<'_> for TimeoutVisitor {
    type Value = TimeoutValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`90s`, `15m`, `2h`, or seconds above zero")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<TimeoutValue, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<TimeoutValue, E> {
        self.visit_str(&seconds.to_string())
    }

    fn visit_u64<E: Error>(self, seconds: u64) -> Result<TimeoutValue, E> {
        self.visit_str(&seconds.to_string())
    }

    fn visit_i128<E: Error>(self, seconds: i128) -> Result<TimeoutValue, E> {
        self.visit_str(&seconds.to_string())
    }
}

impl<'de> Deserialize<'de> for TimeoutValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeoutVisitor)
    }
}

/// Fields of a plot: of the file that the plot is named after, or file by file.
#[derive(Debug)]
pub(super) enum PerFile {
    Fields(Vec<String>),
    Files(Vec<(String, Vec<String>)>),
}

struct PerFileVisitor;

impl<'de> Visitor<'de> for PerFileVisitor {
    type Value = PerFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field, a list of fields, or a map of files to fields")
    }

    fn visit_str<E: Error>(self, field: &str) -> Result<PerFile, E> {
        Ok(PerFile::Fields(vec![field.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, fields: A) -> Result<PerFile, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(fields)).map(PerFile::Fields)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PerFile, A::Error> {
        let mut files = Vec::new();
        while let Some((file, fields)) = map.next_entry::<String, OneOrMany>()? {
            files.push((file, fields.into_vec()));
        }
        Ok(PerFile::Files(files))
    }
}

impl<'de> Deserialize<'de> for PerFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PerFileVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts() {
        for (text, seconds) in [("90", 90), ("90s", 90), ("15m", 900), ("2h", 7200)] {
            assert_eq!(text.parse(), Ok(TimeoutValue(Duration::from_secs(seconds))), "{text}");
        }
        for bad in
            ["", "s", "0", "0h", "-1", "+1", "1.5h", "1d", "1 h", "18446744073709551615h", "é"]
        {
            assert!(bad.parse::<TimeoutValue>().is_err(), "{bad}");
        }
    }
}
