//! Answers as the engine's values.

use minijinja::Value as JinjaValue;

use crate::format::Value;
use crate::format::value::Map;
use crate::scaffold::questions::Answers;

/// What a text sees: answers as the engine's own values. No text changes it.
#[derive(Clone, Debug)]
pub struct Scope(pub(super) JinjaValue);

impl Scope {
    pub(super) fn new(answers: &Answers) -> Scope {
        Scope(JinjaValue::from_pairs([
            ("cookiecutter", map(&answers.values)),
            ("_cookiecutter", map(&answers.originals)),
        ]))
    }
}

fn value(value: &Value) -> JinjaValue {
    match value {
        Value::Null => JinjaValue::from(()),
        Value::Bool(bool) => JinjaValue::from(*bool),
        Value::Int(int) => JinjaValue::from(*int),
        Value::Float(float) => JinjaValue::from(*float),
        Value::String(text) => JinjaValue::from(text.as_str()),
        Value::List(items) => items.iter().map(self::value).collect(),
        Value::Map(pairs) => map(pairs),
    }
}

fn map(pairs: &Map) -> JinjaValue {
    JinjaValue::from_pairs(pairs.iter().map(|(key, item)| (key.as_str(), value(item))))
}
