//! Values by dotted keys, and how those of two states differ.

use indexmap::IndexMap;

use crate::format::Value;

/// Values by the dotted paths that lead to them, in the order of their file. A file that is one
/// scalar has the empty key.
pub type Flat = IndexMap<String, Value>;

/// One key whose value is not the same in both states.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub key: String,
    /// `None` where the key is absent.
    pub old: Option<Value>,
    pub new: Option<Value>,
}

impl Change {
    pub fn differs(&self) -> bool {
        self.old != self.new
    }

    /// New less old, where both are numbers; of two integers, an integer.
    pub fn difference(&self) -> Option<Value> {
        match (self.old.as_ref()?, self.new.as_ref()?) {
            (Value::Int(old), Value::Int(new)) => new.checked_sub(*old).map(Value::Int),
            (old, new) => Some(Value::Float(number(new)? - number(old)?)),
        }
    }
}

/// The value as a float, if it is a number.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::Float(float) => Some(*float),
        _ => None,
    }
}

/// Every value that is not a map. Lists are values: a parameter may be one.
pub fn flatten(value: &Value) -> Flat {
    let mut flat = Flat::new();
    value.leaves(String::new(), &mut |key, value| {
        flat.insert(key, value.clone());
    });
    flat
}

/// The values at and below `keys`, as far as they are there.
pub fn flatten_only<'a>(value: &Value, keys: impl IntoIterator<Item = &'a String>) -> Flat {
    let mut flat = Flat::new();
    for key in keys {
        if let Some(value) = value.get(key) {
            value.leaves(key.clone(), &mut |key, value| drop(flat.insert(key, value.clone())));
        }
    }
    flat
}

/// What can be a metric: booleans, numbers and strings. Returns with them how many lists and nulls
/// were left out.
pub fn flatten_metrics(value: &Value) -> (Flat, usize) {
    let (mut flat, mut left_out) = (Flat::new(), 0);
    value.leaves(String::new(), &mut |key, value| match value {
        Value::List(_) | Value::Null => left_out += 1,
        value => drop(flat.insert(key, value.clone())),
    });
    (flat, left_out)
}

/// Every key of both, in the order of the old file, then what only the new one has.
pub fn compare(old: &Flat, new: &Flat) -> Vec<Change> {
    let added = new.keys().filter(|key| !old.contains_key(*key));
    let change = |key: &String| Change {
        key: key.clone(),
        old: old.get(key).cloned(),
        new: new.get(key).cloned(),
    };
    old.keys().chain(added).map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::value::Map;

    fn map(pairs: &[(&str, Value)]) -> Value {
        Value::Map(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
    }

    fn sample() -> Value {
        let list = Value::List(vec![Value::Int(1)]);
        let inner = map(&[("acc", Value::Float(0.5)), ("per_class", list), ("none", Value::Null)]);
        map(&[("val", inner), ("ok", Value::Bool(true)), ("empty", Value::Map(Map::new()))])
    }

    #[test]
    fn maps_become_dotted_keys() {
        let keys: Vec<String> = flatten(&sample()).into_keys().collect();
        assert_eq!(keys, ["val.acc", "val.per_class", "val.none", "ok"]);
        let (flat, left_out) = flatten_metrics(&sample());
        assert_eq!(flat.into_keys().collect::<Vec<_>>(), ["val.acc", "ok"]);
        assert_eq!(left_out, 2);
        assert_eq!(flatten(&Value::Int(3)), Flat::from_iter([(String::new(), Value::Int(3))]));
    }

    #[test]
    fn single_keys_are_taken_with_what_is_below_them() {
        let keys = ["val", "val.per_class.0", "none"].map(str::to_owned);
        let keys: Vec<String> = flatten_only(&sample(), &keys).into_keys().collect();
        assert_eq!(keys, ["val.acc", "val.per_class", "val.none", "val.per_class.0"]);
    }

    #[test]
    fn both_sides_are_compared() {
        let flat = |pairs: &[(&str, Value)]| flatten(&map(pairs));
        let old = flat(&[("a", Value::Int(1)), ("b", Value::Int(2)), ("c", Value::Float(1.0))]);
        let new = flat(&[("d", Value::Int(4)), ("c", Value::Int(1)), ("b", Value::Int(2))]);
        let found = compare(&old, &new);
        let shown: Vec<(&str, bool)> = found.iter().map(|c| (&c.key[..], c.differs())).collect();
        assert_eq!(shown, [("a", true), ("b", false), ("c", true), ("d", true)]);
    }

    #[test]
    fn differences_are_of_numbers_only() {
        let difference = |old: Value, new: Value| {
            Change { key: String::new(), old: Some(old), new: Some(new) }.difference()
        };
        let (min, max) = (Value::Int(i128::MIN), Value::Int(i128::MAX));
        assert_eq!(difference(Value::Int(7), Value::Int(5)), Some(Value::Int(-2)));
        assert_eq!(difference(Value::Int(1), Value::Float(1.5)), Some(Value::Float(0.5)));
        assert_eq!(difference(min, max), None);
        assert_eq!(difference(Value::Bool(true), Value::Int(1)), None);
        assert_eq!(difference(Value::String("1".into()), Value::Int(1)), None);
    }
}
