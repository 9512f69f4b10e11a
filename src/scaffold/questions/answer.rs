//! Putting the questions of a template, one after the other.

use super::{Given, Questions};
use crate::format::Value;
use crate::format::value::Map;
use crate::scaffold::jinja::Engine;
use crate::scaffold::{Error, Result};

/// Whoever answers: a terminal, or the defaults.
pub trait Ask {
    /// The answer to one question, of the type that its kind has.
    ///
    /// # Errors
    /// There will be no answer: the user left.
    fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Value>;
}

/// One question.
#[derive(Debug)]
pub struct Prompt<'a> {
    /// The variable's name.
    pub name: &'a str,
    /// What to ask: the template's text for people, else the name.
    pub text: String,
    pub kind: PromptKind,
    /// This question's number, from 1, and of how many.
    pub number: (usize, usize),
}

/// What answers a question has.
#[derive(Debug)]
pub enum PromptKind {
    /// A string.
    Text { default: String },
    /// A string: one of `values`, the first by default. `labels` say for people what they are.
    Choice { values: Vec<String>, labels: Vec<String> },
    /// A boolean.
    YesNo { default: bool },
    /// A map.
    Map { default: Map },
}

/// Takes every default.
#[derive(Clone, Copy, Debug)]
pub struct Defaults;

impl Ask for Defaults {
    fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Value> {
        Ok(match &prompt.kind {
            PromptKind::Text { default } => Value::String(default.clone()),
            PromptKind::Choice { values, .. } => {
                values.first().cloned().map(Value::String).ok_or(Error::NotAnswered)?
            }
            PromptKind::YesNo { default } => Value::Bool(*default),
            PromptKind::Map { default } => Value::Map(default.clone()),
        })
    }
}

/// What texts of a template are rendered with.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// The namespace `cookiecutter`: answers and private variables, rendered. What describes the
    /// render itself (`_template`, `_output_dir`, …) is added by [`super::super::render`].
    pub values: Map,
    /// The namespace `_cookiecutter`: the questions' own texts.
    pub originals: Map,
}

/// Asks everything that `given` does not answer. Defaults are rendered from the answers before them.
///
/// # Errors
/// A text cannot be rendered, an answer does not fit, or `ask` gives up.
pub fn answer(
    questions: &Questions,
    given: &Given,
    engine: &Engine,
    ask: &mut dyn Ask,
) -> Result<Answers> {
    let mut values = Map::new();
    let originals = questions.variables.clone();
    for name in given.overrides.keys() {
        if !questions.variables.contains_key(name) {
            let known = questions.variables.keys().cloned().collect();
            return Err(Error::UnknownVariable { name: name.clone(), known });
        }
    }
    for (name, raw) in &questions.variables {
        let raw = given.overrides.get(name).unwrap_or(raw);
        let value = match raw {
            Value::String(text) => {
                let before = Answers { values: values.clone(), originals: Map::new() };
                let scope = engine.scope(&before);
                let default = engine.render(name, text, &scope)?;
                let kind = PromptKind::Text { default };
                let number = (values.len() + 1, questions.variables.len());
                ask.ask(&Prompt { name, text: name.clone(), kind, number })?
            }
            other => other.clone(),
        };
        values.insert(name.clone(), value);
    }
    Ok(Answers { values, originals })
}
