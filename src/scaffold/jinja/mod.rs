//! The template language: Jinja2 as cookiecutter sets it up, by `minijinja`.
//!
//! The one module that knows either. Templates, answers and values go in and out as this library's own
//! types.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value as JinjaValue};

use super::questions::Answers;
use super::{FileTree, Limits, Moment};
use crate::format::Value;
use crate::format::value::Map;
use crate::fs::RepoPath;

/// Whose template it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// An undefined variable is an error.
    #[default]
    Cookiecutter,
    /// An undefined variable is nothing.
    Ccds,
}

/// How a template's texts are written, by its private variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    pub dialect: Dialect,
    /// `_jinja2_env_vars`.
    pub environment: Map,
    /// `_extensions`: names of Python classes.
    pub extensions: Vec<String>,
}

impl Settings {
    /// The settings among a template's variables.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn of(dialect: Dialect, variables: &Map) -> Result<Settings, String> {
        let environment = match variables.get("_jinja2_env_vars") {
            None => Map::new(),
            Some(Value::Map(map)) => map.clone(),
            Some(other) => return Err(format!("`_jinja2_env_vars` is {}", other.kind())),
        };
        Ok(Settings { dialect, environment, extensions: Vec::new() })
    }

    /// What stands before and after a variable: `{{` and `}}`.
    pub fn variable_delimiters(&self) -> (&str, &str) {
        let text = |key: &str, default| {
            self.environment.get(key).and_then(Value::as_str).unwrap_or(default)
        };
        (text("variable_start_string", "{{"), text("variable_end_string", "}}"))
    }
}

/// Why a text could not be rendered.
#[derive(Debug, thiserror::Error)]
#[error("cannot render `{}`: {reason}", crate::fs::display_bytes(.name.as_bytes()))]
pub struct RenderError {
    /// The file or variable whose text it is.
    pub name: String,
    /// Line of the text, from 1.
    pub line: Option<usize>,
    pub reason: String,
}

/// What a text sees: answers as the engine's own values. No text changes it.
#[derive(Clone, Debug)]
pub struct Scope(JinjaValue);

/// Renders the texts of one template.
pub struct Engine {
    environment: Environment<'static>,
}

impl Engine {
    /// An engine whose texts include files of `files`: first those in `root`, then those in `shared`.
    ///
    /// # Errors
    /// The template needs an extension that is a Python program.
    pub fn new(
        settings: &Settings,
        files: &FileTree,
        roots: &[RepoPath],
        moment: &Moment,
        limits: &Limits,
    ) -> Result<Engine, RenderError> {
        let _ = (files, roots, moment);
        let mut environment = Environment::new();
        environment.set_syntax(
            SyntaxConfig::builder().keep_trailing_newline(true).build().expect("the defaults"),
        );
        environment.set_auto_escape_callback(|_| AutoEscape::None);
        environment.set_undefined_behavior(match settings.dialect {
            Dialect::Cookiecutter => UndefinedBehavior::Strict,
            Dialect::Ccds => UndefinedBehavior::Lenient,
        });
        environment.set_fuel(Some(limits.fuel));
        environment.set_recursion_limit(limits.depth);
        environment
            .set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        Ok(Engine { environment })
    }

    /// The variables that texts see, made once for many texts.
    pub fn scope(&self, answers: &Answers) -> Scope {
        Scope(JinjaValue::from_pairs([
            ("cookiecutter", map(&answers.values)),
            ("_cookiecutter", map(&answers.originals)),
        ]))
    }

    /// Renders `text`, which is called `name` in messages.
    ///
    /// # Errors
    /// It is no template, an expression fails, or a limit is passed.
    pub fn render(&self, name: &str, text: &str, scope: &Scope) -> Result<String, RenderError> {
        let rendered = self.environment.render_named_str(name, text, scope.0.clone());
        rendered.map_err(|error| RenderError {
            name: name.to_owned(),
            line: error.line(),
            reason: crate::fs::display_bytes(error.to_string().as_bytes()),
        })
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
