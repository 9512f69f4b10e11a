//! The template language: Jinja2 as cookiecutter sets it up, on `minijinja`.
//!
//! The one module that knows either. Templates, answers and values go in and out as this library's own
//! types.
//!
//! # Where Jinja2 and the engine differ
//!
//! Texts are rewritten before the engine parses them ([`preprocess`], [`expression`]), and operators,
//! filters, methods and the printing of values are this module's own wherever the engine's are not
//! Python's. What remains:
//!
//! - Lists and dicts do not change: `append`, `update` and the like are errors. `namespace` and `a + [b]`
//!   do what they are used for.
//! - Integers have 128 bits; larger ones are errors.
//! - An imported text sees the variables of the one that imports it, also `without context`.
//! - `{% do %}`, `{% break %}` and `{% continue %}` are there without the extensions that bring them.
//! - `{% trans %}` and `{% debug %}` are errors; the former is one in cookiecutter too, which loads no
//!   translations.
//! - `newline_sequence` is applied to the whole output, also to line ends in answers.
//! - `slugify(regex_pattern=…)` is an error.
//! - `range` has at most 100 000 numbers.
//! - Macros have no `varargs` and `kwargs`, cyclers no `current`; `urlize` and `lipsum` are errors.
//! - `pprint` writes one line, and `<` compares values of any types.
//!
//! # Bounds
//!
//! See [`cost`]. A text ends in an error if it takes too many steps, makes too much text, or nests too
//! deeply; it cannot reach anything but answers and the template's own files.

mod args;
mod ascii;
mod cost;
mod edits;
mod error;
mod expression;
mod extensions;
mod filters;
mod html;
mod json;
mod lex;
mod literal;
mod loader;
mod now;
mod operators;
mod preprocess;
mod python;
mod random;
mod slugify;
mod strings;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod values;
mod wrap;

use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};

pub use cost::together;
pub use error::RenderError;
pub use values::Scope;

use self::syntax::Syntax;
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
        Syntax::new(&environment)?;
        let extensions = match variables.get("_extensions") {
            None => Vec::new(),
            Some(Value::List(names)) => {
                let names = names.iter().map(|name| {
                    let name = name.as_str().map(str::to_owned);
                    name.ok_or_else(|| "`_extensions` has something that is no string".to_owned())
                });
                names.collect::<Result<_, _>>()?
            }
            Some(other) => return Err(format!("`_extensions` is {}", other.kind())),
        };
        Ok(Settings { dialect, environment, extensions })
    }

    /// What stands before and after a variable: `{{` and `}}`.
    pub fn variable_delimiters(&self) -> (&str, &str) {
        let text = |key: &str, default| {
            self.environment.get(key).and_then(Value::as_str).unwrap_or(default)
        };
        (text("variable_start_string", "{{"), text("variable_end_string", "}}"))
    }
}

/// Renders the texts of one template.
#[derive(Debug)]
pub struct Engine {
    environment: Environment<'static>,
    syntax: Syntax,
    texts: Arc<HashMap<String, String>>,
    seed: u64,
    limits: Limits,
}

/// Bytes that one render may handle, for each that its text may have.
const WORK: usize = 4;

impl Engine {
    /// An engine whose texts include files of `files`: those in the directories `roots`, the first that
    /// has one of the name.
    ///
    /// # Errors
    /// The template needs an extension that is a Python program, or a setting is unknown.
    pub fn new(
        settings: &Settings,
        files: &FileTree,
        roots: &[RepoPath],
        moment: &Moment,
        limits: &Limits,
    ) -> Result<Engine, RenderError> {
        let syntax = Syntax::new(&settings.environment)
            .map_err(|reason| RenderError::new("_jinja2_env_vars", reason))?;
        let mut environment = Environment::new();
        let config = syntax
            .config()
            .map_err(|error| RenderError::of_engine("_jinja2_env_vars", &error, |_| None))?;
        environment.set_syntax(config);
        let escape = if syntax.autoescape { AutoEscape::Html } else { AutoEscape::None };
        environment.set_auto_escape_callback(move |_| escape.clone());
        environment.set_undefined_behavior(match settings.dialect {
            Dialect::Cookiecutter => UndefinedBehavior::Strict,
            Dialect::Ccds => UndefinedBehavior::Lenient,
        });
        environment.set_fuel(Some(limits.fuel));
        environment.set_recursion_limit(limits.depth);
        environment.set_unknown_method_callback(strings::method);
        environment.set_formatter(filters::write);
        operators::register(&mut environment, settings.dialect);
        filters::register(&mut environment);
        random::register(&mut environment);
        now::register(&mut environment, moment.time);
        extensions::register(&mut environment, &settings.extensions)?;
        let texts = Arc::new(loader::texts(files, roots, &syntax));
        let (known, how) = (Arc::clone(&texts), syntax.clone());
        environment.set_loader(move |name| {
            let Some(text) = known.get(name) else { return Ok(None) };
            let text = preprocess::preprocess(text, &how, true).map_err(|problem| {
                let error = RenderError::of_problem(name, text, &problem);
                minijinja::Error::new(ErrorKind::SyntaxError, error.to_string())
            })?;
            Ok(Some(text))
        });
        Ok(Engine { environment, syntax, texts, seed: moment.seed, limits: *limits })
    }

    /// The variables that texts see, made once for many texts.
    pub fn scope(&self, answers: &Answers) -> Scope {
        Scope::new(answers)
    }

    /// Renders `text`, which is called `name` in messages. The same name and text give the same result.
    ///
    /// # Errors
    /// It is no template, an expression fails, or a limit is passed.
    pub fn render(&self, name: &str, text: &str, scope: &Scope) -> Result<String, RenderError> {
        if text.len() > self.limits.text {
            return Err(RenderError::new(name, "it is too long"));
        }
        let rendered = if preprocess::has_tags(text, &self.syntax) {
            self.run(name, text, scope)?
        } else {
            let kept = self.syntax.keep_trailing_newline;
            text.strip_suffix('\n').filter(|_| !kept).unwrap_or(text).to_owned()
        };
        Ok(match self.syntax.newline {
            "\n" => rendered,
            newline => rendered.replace('\n', newline),
        })
    }

    fn run(&self, name: &str, text: &str, scope: &Scope) -> Result<String, RenderError> {
        let source = preprocess::preprocess(text, &self.syntax, false)
            .map_err(|problem| RenderError::of_problem(name, text, &problem))?;
        let work = self.limits.text.saturating_mul(WORK);
        let seed = random::seed(self.seed, name, text);
        let rendered = cost::run(work, seed, || {
            let template = self.environment.template_from_named_str(name, &source)?;
            let mut out = Bounded { bytes: Vec::new(), limit: self.limits.text };
            template.render_captured_to(scope.0.clone(), &mut out)?;
            Ok(out.bytes)
        });
        let rendered = rendered.map_err(|error| RenderError::new(name, error.to_string()))?;
        let bytes = rendered.map_err(|error: minijinja::Error| {
            RenderError::of_engine(name, &error, |found| match found == name {
                true => Some(text.to_owned()),
                false => self.texts.get(found).cloned(),
            })
        })?;
        String::from_utf8(bytes).map_err(|error| RenderError::new(name, error.to_string()))
    }
}

/// A text that may have so many bytes, and no more.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
