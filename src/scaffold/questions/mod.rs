//! What a template asks: `cookiecutter.json` and `ccds.json`.

mod answer;
mod given;
pub(super) mod nested;
mod overrides;
mod python;

pub use answer::{Answers, Ask, Defaults, Prompt, PromptKind, answer};
pub use given::Given;
pub use nested::Nested;
pub use python::boolean;

use super::jinja::{Dialect, Settings};
use super::{Error, Result};
use crate::format::value::Map;
use crate::format::{Value, json};
use crate::fs::display_bytes;

/// The questions of a template, in the order in which they are asked.
#[derive(Clone, Debug)]
pub struct Questions {
    /// The file's object as it is, private variables and all.
    pub variables: Map,
    /// Texts for people (`__prompts__`).
    pub prompts: Map,
    /// How texts are rendered.
    pub settings: Settings,
    /// Templates within this one to choose from, instead of questions.
    pub nested: Option<Vec<Nested>>,
}

/// Parses `text`. `path` is for messages.
///
/// # Errors
/// It is no JSON object, or a setting has another type than it should.
pub fn parse(text: &[u8], dialect: Dialect, path: &str) -> Result<Questions> {
    let bad = |reason: String| Error::BadTemplate { path: path.to_owned(), reason };
    let text = std::str::from_utf8(text).map_err(|_| bad("it is not UTF-8".into()))?;
    let parsed = json::parse(text).map_err(|problem| {
        bad(format!("{problem} (line {}, column {})", problem.mark.line, problem.mark.column))
    })?;
    let Value::Map(mut variables) = parsed else {
        return Err(bad(format!("expected an object, found {}", parsed.kind())));
    };
    let prompts = match variables.shift_remove("__prompts__") {
        Some(Value::Map(prompts)) => prompts,
        Some(other) => return Err(bad(format!("`__prompts__` is {}", other.kind()))),
        None => Map::new(),
    };
    let settings =
        Settings::of(dialect, &variables).map_err(|why| bad(display_bytes(why.as_bytes())))?;
    let nested = nested::parse(&variables).map_err(|why| bad(display_bytes(why.as_bytes())))?;
    Ok(Questions { variables, prompts, settings, nested })
}

#[cfg(test)]
mod tests;
