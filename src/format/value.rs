//! Values of parameters and metrics, whatever file they were read from.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// A value as YAML 1.2, JSON, TOML and Python literals have it.
///
/// Types are kept apart: the integer 1, the float 1.0 and the string "1" are three values. Maps are
/// equal whatever the order of their keys, and keep that order for showing. Floats are equal if they
/// are the same number or both not one.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    String(String),
    List(Vec<Value>),
    Map(Map),
}

/// Keys and values in the order of the file.
pub type Map = IndexMap<String, Value>;

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
            (Value::String(a), Value::String(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Map(a), Value::Map(b)) => a == b,
            _ => false,
        }
    }
}

impl Value {
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// What the value is, for messages: "a string", "a list".
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a float",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// The value at a dotted path such as `train.layers.0`: names of maps, positions in lists. A key
    /// that itself has dots is found where it is the whole rest of the path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        if let Value::Map(map) = self
            && let Some(found) = map.get(path)
        {
            return Some(found);
        }
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        let found = match self {
            Value::Map(map) => map.get(first)?,
            Value::List(items) => items.get(first.parse::<usize>().ok()?)?,
            _ => return None,
        };
        match rest {
            Some(rest) => found.get(rest),
            None => Some(found),
        }
    }

    /// Everything at and below this value that is not a map, by the dotted path that leads there from
    /// `key`. Lists are values: a parameter may be one.
    pub fn leaves(&self, key: String, found: &mut dyn FnMut(String, &Value)) {
        let Value::Map(map) = self else { return found(key, self) };
        for (name, value) in map {
            let inner = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
            value.leaves(inner, found);
        }
    }
}

/// As JSON. Numbers that JSON has no word for are the strings `NaN`, `Infinity` and `-Infinity`.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(bool) => serializer.serialize_bool(*bool),
            Value::Int(int) => serializer.serialize_i128(*int),
            Value::Float(float) => JsonFloat(*float).serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items),
            Value::Map(pairs) => serializer.collect_map(pairs),
        }
    }
}

/// A float as JSON; see [`Value`].
pub struct JsonFloat(pub f64);

impl Serialize for JsonFloat {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            float if float.is_finite() => serializer.serialize_f64(float),
            float if float.is_nan() => serializer.serialize_str("NaN"),
            float if float > 0.0 => serializer.serialize_str("Infinity"),
            _ => serializer.serialize_str("-Infinity"),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    /// A key that stands twice in a map is an error; bytes are, too.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Int(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, value)) = entries.next_entry::<String, Value>()? {
            if map.contains_key(&key) {
                let key = crate::fs::display_bytes(key.as_bytes());
                return Err(de::Error::custom(format_args!(
                    "the key `{key}` stands twice in this map"
                )));
            }
            map.insert(key, value);
        }
        Ok(Value::Map(map))
    }
}

/// Any value, at most three deep, for property tests.
#[cfg(test)]
pub(crate) fn arbitrary() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(Value::Int),
        (-3..3i128).prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        (-3..3i8).prop_map(|number| Value::Float(number.into())),
        any::<String>().prop_map(Value::String),
        "[0-9a-z:#&*!|>'\"%@`,{}\\[\\]~ .+-]{0,8}".prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let text = prop_oneof![any::<String>(), "[a-z0-9.~ :-]{0,4}"];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            proptest::collection::vec((text, inner), 0..4)
                .prop_map(|entries| Value::Map(Map::from_iter(entries))),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Value {
        let inner = Map::from_iter([
            ("lr".to_owned(), Value::Float(0.1)),
            ("layers".to_owned(), Value::List(vec![Value::Int(64), Value::Int(32)])),
        ]);
        let dotted = ("a.b".to_owned(), Value::Int(1));
        Value::Map(Map::from_iter([("train".to_owned(), Value::Map(inner)), dotted]))
    }

    #[test]
    fn dotted_paths_lead_through_maps_and_lists() {
        let value = sample();
        assert_eq!(value.get("train.lr"), Some(&Value::Float(0.1)));
        assert_eq!(value.get("train.layers.1"), Some(&Value::Int(32)));
        assert_eq!(value.get("a.b"), Some(&Value::Int(1)));
        for absent in ["", "train.", "train.layers.2", "train.layers.x", "train.lr.x", "a"] {
            assert_eq!(value.get(absent), None, "{absent}");
        }
    }

    #[test]
    fn types_are_kept_apart_and_nan_is_itself() {
        assert_ne!(Value::Int(1), Value::Float(1.0));
        assert_ne!(Value::String("1".into()), Value::Int(1));
        assert_eq!(Value::Float(f64::NAN), Value::Float(f64::NAN));
    }
}
