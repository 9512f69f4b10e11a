//! Putting the questions of a template, one after the other.
//!
//! The order and the types are cookiecutter's. First everything but maps, in the order of the file,
//! each default rendered with the answers before it; then the maps, which may use all of them. A number
//! becomes a string, booleans and null stay what they are, a list is a choice, and a name that begins
//! with an underscore is never asked: with one it is taken as it is, with two it is rendered.
//!
//! Templates of cookiecutter-data-science differ in three things: a choice whose elements are objects of
//! one key has questions of its own for the element that was chosen, variables with two underscores are
//! not rendered, and maps with one are.

use super::{Given, Questions, overrides, python};
use crate::format::Value;
use crate::format::value::Map;
use crate::scaffold::jinja::{Dialect, Engine, Scope};
use crate::scaffold::render::newlines::universal;
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// The namespace `cookiecutter`: answers and private variables, rendered, in the order of the file.
    /// What describes the render itself (`_template`, `_output_dir`, …) is added by
    /// [`crate::scaffold::render::Place`].
    pub values: Map,
    /// The namespace `_cookiecutter`: the questions' own texts, without private variables.
    pub originals: Map,
    /// The variables that are questions, in the order in which they are asked. Their values, given as
    /// [`Given::earlier`], make the same answers again.
    pub asked: Vec<String>,
    /// What the user should know: sentences without a period.
    pub warnings: Vec<String>,
}

impl Answers {
    /// The answers to questions, in the order in which they are asked: what is worth keeping.
    pub fn to_questions(&self) -> Map {
        let pairs = self.asked.iter().map(|name| (name.clone(), self.values[name].clone()));
        pairs.collect()
    }
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
    let mut variables = questions.variables.clone();
    let warnings = overrides::defaults(&mut variables, &given.defaults).into_iter().collect();
    overrides::apply(&mut variables, &given.overrides)?;
    let is_asked = |name: &str| !name.starts_with('_');
    let is_open = |name: &&String| {
        let known = given.overrides.contains_key(*name) || given.earlier.contains_key(*name);
        is_asked(name) && !known
    };
    let open = variables.keys().filter(is_open).count();
    let interview = Interview {
        questions,
        given,
        engine,
        answers: Answers::default(),
        scope: None,
        put: 0,
        open,
    };
    let mut answers = interview.all(&variables, ask)?;
    let order = |name: &String| variables.get_index_of(name);
    answers.values.sort_by_cached_key(|name, _| order(name));
    let public = variables.into_iter().filter(|(name, _)| is_asked(name));
    Ok(Answers { originals: public.collect(), warnings, ..answers })
}

/// The answers so far, and who is asked for more.
struct Interview<'a> {
    questions: &'a Questions,
    given: &'a Given,
    engine: &'a Engine,
    answers: Answers,
    /// Of `answers`, until there is one more.
    scope: Option<Scope>,
    /// Questions that were put to somebody, and of how many.
    put: usize,
    open: usize,
}

impl Interview<'_> {
    fn all(mut self, variables: &Map, ask: &mut dyn Ask) -> Result<Answers> {
        let is_ccds = self.questions.settings.dialect == Dialect::Ccds;
        let is_raw = |name: &str| name.starts_with('_') && (is_ccds || !name.starts_with("__"));
        for (name, raw) in variables {
            let value = match raw {
                raw if is_raw(name) => raw.clone(),
                raw if name.starts_with('_') => self.render(name, raw)?,
                Value::Map(_) => continue,
                raw => self.question(name, raw, ask)?,
            };
            self.insert(name, value);
        }
        for (name, raw) in variables {
            if !matches!(raw, Value::Map(_)) || (is_raw(name) && !is_ccds) {
                continue;
            }
            let value = match name.starts_with('_') {
                true => self.render(name, raw)?,
                false => self.question(name, raw, ask)?,
            };
            self.insert(name, value);
        }
        Ok(self.answers)
    }

    fn insert(&mut self, name: &str, value: Value) {
        self.answers.values.insert(name.to_owned(), value);
        self.scope = None;
    }

    /// The answer to one question, from whoever has it.
    fn question(&mut self, name: &str, raw: &Value, ask: &mut dyn Ask) -> Result<Value> {
        self.answers.asked.push(name.to_owned());
        let Value::List(choices) = raw else {
            let default = self.render(name, raw)?;
            return self.settle(name, default, ask);
        };
        if choices.is_empty() {
            let reason = format!(
                "the choice `{}` is between nothing",
                crate::fs::display_bytes(name.as_bytes())
            );
            return Err(Error::BadTemplate { path: "the questions".into(), reason });
        }
        if self.questions.settings.dialect == Dialect::Ccds && choices[0].as_map().is_some() {
            return self.choice_with_questions(name, choices, ask);
        }
        let mut rendered = Vec::with_capacity(choices.len());
        for choice in choices {
            rendered.push(self.render(name, choice)?);
        }
        if let Some(earlier) = self.earlier(name).filter(|earlier| rendered.contains(earlier)) {
            return Ok(earlier.clone());
        }
        if self.given.overrides.contains_key(name) {
            return Ok(rendered.swap_remove(0));
        }
        let at = self.choose(name, &rendered, ask)?;
        Ok(rendered.swap_remove(at))
    }

    /// The answer of an earlier render, unless there is a newer one.
    fn earlier(&self, name: &str) -> Option<&Value> {
        let newer = self.given.overrides.contains_key(name);
        self.given.earlier.get(name).filter(|_| !newer)
    }

    /// The answer to a question that is no choice.
    fn settle(&mut self, name: &str, default: Value, ask: &mut dyn Ask) -> Result<Value> {
        let fits = |value: &Value| match (&default, value) {
            (Value::Null, Value::String(_)) => true,
            (default, value) => default.kind() == value.kind(),
        };
        if let Some(earlier) = self.earlier(name).filter(|earlier| fits(earlier)) {
            return Ok(earlier.clone());
        }
        if self.given.overrides.contains_key(name) {
            return Ok(default);
        }
        self.put(name, self.text(name), default, ask)
    }

    /// Puts a question that is no choice.
    fn put(
        &mut self,
        name: &str,
        text: String,
        default: Value,
        ask: &mut dyn Ask,
    ) -> Result<Value> {
        let is_null = default == Value::Null;
        let kind = match default {
            Value::String(default) => PromptKind::Text { default },
            Value::Null => PromptKind::Text { default: String::new() },
            Value::Bool(default) => PromptKind::YesNo { default },
            Value::Map(default) => PromptKind::Map { default },
            Value::Int(_) | Value::Float(_) | Value::List(_) => {
                unreachable!("numbers were rendered, and lists are choices")
            }
        };
        let answer = self.ask(Prompt { name, text, kind, number: (0, 0) }, ask)?;
        // Nothing to say where nothing is the default.
        Ok(if is_null && answer.as_str() == Some("") { Value::Null } else { answer })
    }

    /// Which of `choices` is chosen.
    fn choose(&mut self, name: &str, choices: &[Value], ask: &mut dyn Ask) -> Result<usize> {
        let text = |choice: &Value| match choice {
            Value::String(text) => text.clone(),
            other => serde_json::to_string(other).expect("values are JSON"),
        };
        let values: Vec<String> = choices.iter().map(text).collect();
        let labels = self.questions.prompts.get(name).and_then(Value::as_map);
        let label = |value: &String| {
            let label = labels.and_then(|labels| labels.get(value)).and_then(Value::as_str);
            label.unwrap_or(value).to_owned()
        };
        let labels = values.iter().map(label).collect();
        let kind = PromptKind::Choice { values: values.clone(), labels };
        let answer = self.ask(Prompt { name, text: self.text(name), kind, number: (0, 0) }, ask)?;
        let chosen = answer.as_str().and_then(|answer| values.iter().position(|v| v == answer));
        chosen.ok_or_else(|| overrides::bad_answer(name, &answer, "it is not offered".into()))
    }

    /// Puts a question with its number, and checks that the answer has the question's type.
    fn ask(&mut self, prompt: Prompt<'_>, ask: &mut dyn Ask) -> Result<Value> {
        self.put += 1;
        let number = (self.put, self.open.max(self.put));
        let prompt = Prompt { number, ..prompt };
        let answer = ask.ask(&prompt)?;
        let fits = match prompt.kind {
            PromptKind::Text { .. } | PromptKind::Choice { .. } => answer.as_str().is_some(),
            PromptKind::YesNo { .. } => matches!(answer, Value::Bool(_)),
            PromptKind::Map { .. } => answer.as_map().is_some(),
        };
        match fits {
            true => Ok(answer),
            false => {
                let why = format!("it is {}", answer.kind());
                Err(overrides::bad_answer(prompt.name, &answer, why))
            }
        }
    }

    /// A choice of cookiecutter-data-science, as a map from the name of what is chosen to its values.
    fn choice_with_questions(
        &mut self,
        name: &str,
        choices: &[Value],
        ask: &mut dyn Ask,
    ) -> Result<Value> {
        let mut elements = Vec::with_capacity(choices.len());
        for choice in choices {
            let element = choice.as_map().and_then(|map| map.first());
            let (key, below) = element.ok_or_else(|| Error::BadTemplate {
                path: "the questions".into(),
                reason: format!("a choice of `{name}` is {}, others have names", choice.kind()),
            })?;
            elements.push((self.render_text(name, key)?, below));
        }
        let earlier = self.earlier(name).and_then(Value::as_map).and_then(|map| map.keys().next());
        if earlier.is_some_and(|earlier| elements.iter().any(|(key, _)| key == earlier)) {
            return Ok(self.given.earlier[name].clone());
        }
        let is_given = self.given.overrides.contains_key(name);
        let keys: Vec<Value> = elements.iter().map(|(key, _)| Value::String(key.clone())).collect();
        let at = if is_given { 0 } else { self.choose(name, &keys, ask)? };
        let (key, below) = elements.swap_remove(at);
        let value = match below {
            Value::Map(below) => {
                let mut values = Map::new();
                for (inner, raw) in below {
                    let default = self.render(name, raw)?;
                    let value = match is_given || matches!(default, Value::List(_)) {
                        true => default,
                        false => {
                            self.put(&format!("{name}.{key}.{inner}"), inner.clone(), default, ask)?
                        }
                    };
                    values.insert(inner.clone(), value);
                }
                Value::Map(values)
            }
            Value::List(below) if !below.is_empty() => {
                let mut rendered = Vec::with_capacity(below.len());
                for raw in below {
                    rendered.push(self.render(name, raw)?);
                }
                let at = if is_given { 0 } else { self.choose(&key, &rendered, ask)? };
                rendered.swap_remove(at)
            }
            Value::String(text) => Value::String(text.clone()),
            _ => Value::Map(Map::new()),
        };
        Ok(Value::Map(Map::from([(key, value)])))
    }

    /// What to ask people.
    fn text(&self, name: &str) -> String {
        let text = match self.questions.prompts.get(name) {
            Some(Value::String(text)) => Some(text),
            Some(Value::Map(texts)) => match texts.get("__prompt__") {
                Some(Value::String(text)) => Some(text),
                _ => None,
            },
            _ => None,
        };
        text.filter(|text| !text.is_empty()).map_or_else(|| name.to_owned(), Clone::clone)
    }

    /// `raw` with all of its texts rendered and its numbers as texts.
    fn render(&mut self, name: &str, raw: &Value) -> Result<Value> {
        Ok(match raw {
            Value::Null | Value::Bool(_) => raw.clone(),
            Value::String(text) => Value::String(self.render_text(name, text)?),
            Value::Int(_) | Value::Float(_) => {
                Value::String(python::number(raw).expect("it is a number"))
            }
            Value::List(items) => {
                let items: Result<_> = items.iter().map(|item| self.render(name, item)).collect();
                Value::List(items?)
            }
            Value::Map(pairs) => {
                let mut rendered = Map::new();
                for (key, item) in pairs {
                    let key = self.render_text(name, key)?;
                    rendered.insert(key, self.render(name, item)?);
                }
                Value::Map(rendered)
            }
        })
    }

    fn render_text(&mut self, name: &str, text: &str) -> Result<String> {
        let scope = self.scope.get_or_insert_with(|| self.engine.scope(&self.answers));
        Ok(self.engine.render(name, &universal(text), scope)?)
    }
}
