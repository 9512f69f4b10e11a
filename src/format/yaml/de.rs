//! From the tree to types.
//!
//! Types with `#[derive(Deserialize)]` and `#[serde(deny_unknown_fields)]` describe what a file may
//! hold, and what does not fit is told where it stands: an unknown key at the key, a wrong type at
//! the value, a missing key at the map that lacks it. Nothing is converted: a `1` where a string is
//! wanted is an error that says to quote it. Untagged enums and `#[serde(flatten)]` go through
//! serde's own buffer, which has no marks: errors below them are told at the whole value.

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer as _, Visitor};

use super::fault::Fault;
use super::{Data, Key, Node, Problem, Scalar, handover, quoted};
use crate::format::Value;

/// Makes a `T` of the tree.
///
/// # Errors
/// The first thing that does not fit.
pub fn from_node<T: DeserializeOwned>(node: &Node) -> Result<T, Problem> {
    let mark = node.mark;
    T::deserialize(Deserializer(node))
        .map_err(|fault| Problem::new(fault.mark.unwrap_or(mark), fault.message))
}

#[derive(Clone, Copy)]
struct Deserializer<'a>(&'a Node);

impl<'a> Deserializer<'a> {
    fn scalar(self, expected: &str) -> Result<&'a Scalar, Fault> {
        self.0.as_scalar().ok_or_else(|| self.mismatch(expected))
    }

    fn mismatch(self, expected: &str) -> Fault {
        let Node { mark, data } = self.0;
        let kind = self.0.kind();
        let found = match data {
            Data::Scalar(scalar) if !scalar.text().is_empty() && !self.0.is_null() => {
                format!("{}, {kind}", quoted(scalar.text()))
            }
            _ => kind.to_owned(),
        };
        Fault { mark: Some(*mark), message: format!("expected {expected}, found {found}") }
    }

    fn text(self) -> Result<&'a str, Fault> {
        let scalar = self.scalar("a string")?;
        match &scalar.value {
            Value::String(text) => Ok(text),
            Value::Null => Err(self.mismatch("a string")),
            _ => {
                let mut fault = self.mismatch("a string");
                fault.message += &format!("; put it in quotes: \"{}\"", scalar.text());
                Err(fault)
            }
        }
    }

    fn list(self) -> Result<&'a [Node], Fault> {
        self.0.as_list().ok_or_else(|| self.mismatch("a list"))
    }

    fn map(self) -> Result<&'a [(Key, Node)], Fault> {
        self.0.as_map().ok_or_else(|| self.mismatch("a map"))
    }

    fn located<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|fault| fault.at(self.0.mark))
    }
}

/// Integers of one width: what does not fit is refused here, where its text is known.
macro_rules! integers {
    ($($method:ident $visit:ident $type:ty)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.0.as_scalar().map(|scalar| &scalar.value) {
                Some(Value::Int(found)) => match <$type>::try_from(*found) {
                    Ok(value) => self.located(visitor.$visit(value)),
                    Err(_) => {
                        let range = format!("an integer from {} to {}", <$type>::MIN, <$type>::MAX);
                        Err(self.mismatch(&range))
                    }
                },
                _ => Err(self.mismatch("an integer")),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Deserializer<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let result = match &self.0.data {
            Data::List(_) => return self.deserialize_seq(visitor),
            Data::Map(_) => return self.deserialize_map(visitor),
            Data::Scalar(scalar) => match &scalar.value {
                Value::Bool(value) => visitor.visit_bool(*value),
                Value::Float(value) => visitor.visit_f64(*value),
                Value::String(text) => visitor.visit_borrowed_str(text),
                // The narrowest type first: few visitors know those of 128 bits.
                Value::Int(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                    (Ok(value), _) => visitor.visit_i64(value),
                    (_, Ok(value)) => visitor.visit_u64(value),
                    _ => visitor.visit_i128(*value),
                },
                Value::Null | Value::List(_) | Value::Map(_) => visitor.visit_unit(),
            },
        };
        self.located(result)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.as_scalar().map(|scalar| &scalar.value) {
            Some(Value::Bool(value)) => self.located(visitor.visit_bool(*value)),
            _ => Err(self.mismatch("`true` or `false`")),
        }
    }

    integers! {
        deserialize_i8 visit_i8 i8
        deserialize_i16 visit_i16 i16
        deserialize_i32 visit_i32 i32
        deserialize_i64 visit_i64 i64
        deserialize_i128 visit_i128 i128
        deserialize_u8 visit_u8 u8
        deserialize_u16 visit_u16 u16
        deserialize_u32 visit_u32 u32
        deserialize_u64 visit_u64 u64
        deserialize_u128 visit_u128 u128
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.0.as_scalar().map(|scalar| &scalar.value) {
            Some(Value::Float(value)) => self.located(visitor.visit_f64(*value)),
            Some(Value::Int(value)) => self.located(visitor.visit_f64(*value as f64)),
            _ => Err(self.mismatch("a number")),
        }
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.located(visitor.visit_borrowed_str(self.text()?))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let result = if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) };
        self.located(result)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.0.is_null() {
            self.located(visitor.visit_unit())
        } else {
            Err(self.mismatch("null"))
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        if name == handover::NODE {
            return handover::give(self.0, visitor);
        }
        self.located(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let items = self.list()?;
        self.located(visitor.visit_seq(Items(items.iter())))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        match self.0.as_list() {
            Some(items) if items.len() == len => self.deserialize_seq(visitor),
            _ => Err(self.mismatch(&format!("a list of {len}"))),
        }
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let entries = self.map()?.iter();
        self.located(visitor.visit_map(Entries { entries, value: None }))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let result = match &self.0.data {
            Data::Scalar(_) => visitor.visit_enum(self.text()?.into_deserializer()),
            Data::Map(entries) if let [(key, value)] = &entries[..] => {
                visitor.visit_enum(Variant { key, value })
            }
            _ => return Err(self.mismatch("a string, or a map with one key")),
        };
        self.located(result)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        self.0.next().map(|item| located_seed(seed, item)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, (Key, Node)>,
    value: Option<&'a Node>,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        located_key(seed, key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Fault> {
        let value = self.value.take().expect("serde asks for a value after its key");
        located_seed(seed, value)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

fn located_key<'de, K: DeserializeSeed<'de>>(seed: K, key: &'de Key) -> Result<K::Value, Fault> {
    let name = BorrowedStrDeserializer::<Fault>::new(&key.name);
    seed.deserialize(name).map_err(|fault| fault.at(key.mark))
}

fn located_seed<'de, T: DeserializeSeed<'de>>(seed: T, node: &'de Node) -> Result<T::Value, Fault> {
    seed.deserialize(Deserializer(node)).map_err(|fault| fault.at(node.mark))
}

/// `{variant: content}`.
struct Variant<'a> {
    key: &'a Key,
    value: &'a Node,
}

impl<'de> de::EnumAccess<'de> for Variant<'de> {
    type Error = Fault;
    type Variant = Content<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Content<'de>), Fault> {
        Ok((located_key(seed, self.key)?, Content(Deserializer(self.value))))
    }
}

struct Content<'a>(Deserializer<'a>);

impl<'de> de::VariantAccess<'de> for Content<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        if self.0.0.is_null() { Ok(()) } else { Err(self.0.mismatch("null")) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        located_seed(seed, self.0.0)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        de::Deserializer::deserialize_tuple(self.0, len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        de::Deserializer::deserialize_map(self.0, visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::format::yaml;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        stages: BTreeMap<String, Stage>,
        vars: Option<Vec<Node>>,
        meta: Option<Value>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Stage {
        cmd: Cmd,
        #[serde(default)]
        deps: Vec<String>,
        wdir: Option<String>,
        #[serde(default)]
        frozen: bool,
        retry: Option<u8>,
        weight: Option<f64>,
        kind: Option<Kind>,
        pair: Option<(u64, i128)>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Cmd {
        Text(String),
        List(Vec<String>),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase", deny_unknown_fields)]
    enum Kind {
        Plot,
        Metric(u32),
        Out { cache: bool },
    }

    fn read(text: &str) -> Result<File, String> {
        let node = yaml::parse(text).expect("a tree");
        from_node(&node)
            .map_err(|found| format!("{}:{}: {found}", found.mark.line, found.mark.column))
    }

    fn stage(fields: &str) -> Result<Stage, String> {
        let file = read(&format!("stages:\n  a:\n    cmd: x\n    {fields}\n"))?;
        Ok(file.stages.into_values().next().expect("one stage"))
    }

    #[test]
    fn types_are_made_of_trees() {
        let found =
            stage("deps: [a, '1']\n    frozen: true\n    retry: 3\n    weight: 2").expect("valid");
        assert_eq!(found.cmd, Cmd::Text("x".into()));
        assert_eq!((found.deps, found.frozen), (vec!["a".to_owned(), "1".to_owned()], true));
        assert_eq!((found.wdir, found.retry, found.weight), (None, Some(3), Some(2.0)));
        assert_eq!(stage("wdir:").expect("null is none").wdir, None);
        assert_eq!(stage("kind: plot").expect("valid").kind, Some(Kind::Plot));
        assert_eq!(stage("kind: {metric: 1}").expect("valid").kind, Some(Kind::Metric(1)));
        let out = Some(Kind::Out { cache: true });
        assert_eq!(stage("kind: {out: {cache: true}}").expect("valid").kind, out);
        let pair = format!("pair: [1, {}]", i128::MIN);
        assert_eq!(stage(&pair).expect("valid").pair, Some((1, i128::MIN)));
    }

    #[test]
    fn parts_are_kept_as_nodes_and_values() {
        let text = "vars:\n  - a.yaml\n  - {b: 1e3}\nmeta: {x: [1, null, 1.5, yes, 99999999999999999999]}\n";
        let tree = yaml::parse(text).expect("a tree");
        let file: File = from_node(&tree).expect("valid");
        assert_eq!(file.vars.as_deref(), tree.get("vars").and_then(Node::as_list));
        assert_eq!(file.meta, tree.get("meta").map(Node::value));
        let json = serde_json::from_str::<Node>("1").map_err(|error| error.to_string());
        assert!(json.is_err(), "{json:?}");
    }

    #[test]
    fn what_does_not_fit_is_told_where_it_stands() {
        for (fields, expected) in [
            (
                "dep: [a]",
                "4:5: unknown key `dep`; known here: `cmd`, `deps`, `wdir`, `frozen`, `retry`, \
              `weight`, `kind`, `pair`",
            ),
            ("wdir: 1", "4:11: expected a string, found `1`, an integer; put it in quotes: \"1\""),
            ("deps: a", "4:11: expected a list, found `a`, a string"),
            (
                "deps:\n      - a\n      - 1e3",
                "6:9: expected a string, found `1e3`, a float; put it in quotes: \"1e3\"",
            ),
            ("deps:\n      - {a: b}", "5:9: expected a string, found a map"),
            ("deps:", "4:9: expected a list, found null"),
            ("frozen: yes", "4:13: expected `true` or `false`, found `yes`, a string"),
            ("retry: 256", "4:12: expected an integer from 0 to 255, found `256`, an integer"),
            ("retry: -1", "4:12: expected an integer from 0 to 255, found `-1`, an integer"),
            ("retry: x", "4:12: expected an integer, found `x`, a string"),
            ("weight: x", "4:13: expected a number, found `x`, a string"),
            ("kind: plots", "4:11: `plots` is none of `plot`, `metric`, `out`"),
            ("kind: {plots: 1}", "4:12: `plots` is none of `plot`, `metric`, `out`"),
            ("kind: {out: {cached: true}}", "4:18: unknown key `cached`; known here: `cache`"),
            ("kind: {out: {}}", "4:17: the key `cache` is missing here"),
            ("kind: [a]", "4:11: expected a string, or a map with one key, found a list"),
            ("pair: [1]", "4:11: expected a list of 2, found a list"),
        ] {
            assert_eq!(stage(fields), Err(expected.to_owned()), "{fields}");
        }
        assert_eq!(read("stages: {a: {}}"), Err("1:13: the key `cmd` is missing here".into()));
        assert_eq!(read("stages: [a]"), Err("1:9: expected a map, found a list".into()));
        assert_eq!(read("x"), Err("1:1: expected a map, found `x`, a string".into()));
        let untagged = read("stages: {a: {cmd: {}}}").expect_err("no map");
        assert!(untagged.starts_with("1:19: "), "{untagged}");
    }
}
