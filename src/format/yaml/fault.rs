//! Errors of [`from_node`](super::from_node), in the words of the house instead of serde's.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::{Mark, emit, quoted};

/// A [`Problem`] that may not know yet where it is.
#[derive(Debug)]
pub struct Fault {
    pub mark: Option<Mark>,
    pub message: String,
}

impl Fault {
    /// Places the fault if nobody closer to it did.
    pub fn at(self, mark: Mark) -> Fault {
        Fault { mark: self.mark.or(Some(mark)), ..self }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Fault { mark: None, message: message.to_string() }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Fault::custom(format_args!("expected {expected}, found {}", described(found)))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Fault::invalid_type(found, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let field = quoted(field);
        match expected {
            [] => Fault::custom(format_args!("unknown key {field}; there are no keys here")),
            _ => {
                Fault::custom(format_args!("unknown key {field}; known here: {}", listed(expected)))
            }
        }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let variant = quoted(variant);
        Fault::custom(format_args!("{variant} is none of {}", listed(expected)))
    }

    fn missing_field(field: &'static str) -> Self {
        Fault::custom(format_args!("the key `{field}` is missing here"))
    }
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// In the words of [`Value::kind`], not in those of serde.
fn described(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`, a boolean"),
        Unexpected::Unsigned(value) => format!("`{value}`, an integer"),
        Unexpected::Signed(value) => format!("`{value}`, an integer"),
        Unexpected::Float(value) => format!("`{}`, a float", emit::float(value)),
        Unexpected::Str(text) => format!("{}, a string", quoted(text)),
        Unexpected::Unit | Unexpected::Option => "null".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a map".to_owned(),
        other => other.to_string(),
    }
}
