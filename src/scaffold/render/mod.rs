//! From template and answers to a project, in memory.
//!
//! The order is cookiecutter's, because of two files with one name the later one counts: in each
//! directory first the directories that are copied as they are, then the other directories are made,
//! then the files of this one are rendered, and last come the files of the directories below, in the
//! order of their names. Every name is rendered as the whole path from the top of the project. A file
//! whose name becomes empty is left out; a directory has to have a name, and to be new.
//!
//! A link to a file becomes the file, a link to a directory an empty directory; within what is copied
//! both are followed. They lead nowhere but to the template's own files.

mod binary;
mod fnmatch;
mod names;
pub(super) mod newlines;
mod place;
mod walk;

pub use place::Place;

use super::jinja::{self, Engine, Scope};
use super::questions::Answers;
use super::{Error, FileTree, Limits, Result, Template};
use crate::format::Value;
use crate::format::value::Map;
use crate::fs::{At as _, RepoPath};
use fnmatch::Pattern;
use newlines::Newline;

/// A project that was made and is nowhere yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The name that the template gives the project's directory: a relative path, of more than one part
    /// where an answer has slashes in it.
    pub name: String,
    /// What is in it: files and directories, no links.
    pub files: FileTree,
}

/// Renders the project. `answers` are those that [`Place::describe`] made.
///
/// # Errors
/// A text cannot be rendered, a name leads out of the project, a link leads out of the template, or a
/// limit is passed.
pub fn render(
    template: &Template,
    answers: &Answers,
    engine: &Engine,
    limits: &Limits,
) -> Result<Rendered> {
    let root = template.root.as_ref().ok_or_else(|| Error::BadTemplate {
        path: "the top directory".into(),
        reason: "it offers templates and is none itself".into(),
    })?;
    let settings = Settings::of(&answers.values)
        .map_err(|reason| Error::BadTemplate { path: "the questions".into(), reason })?;
    let scope = engine.scope(answers);
    let work = || render_with(template, root, engine, &scope, &settings, limits);
    jinja::together(work).at("start", "a thread that renders")?
}

fn render_with(
    template: &Template,
    root: &RepoPath,
    engine: &Engine,
    scope: &Scope,
    settings: &Settings,
    limits: &Limits,
) -> Result<Rendered> {
    let unrendered = root.file_name();
    let name = names::check(unrendered, &walk::rendered_name(engine, scope, unrendered)?)?;
    if name.path.is_root() {
        return Err(Error::BadName {
            template: crate::fs::display_bytes(unrendered),
            name: String::new(),
            why: "a project has to have a name",
        });
    }
    let name = String::from_utf8_lossy(name.path.as_bytes()).into_owned();
    let files = walk::Walk::new(&template.files, root, engine, scope, settings, limits).all()?;
    Ok(Rendered { name, files })
}

/// What private variables say about rendering files.
struct Settings {
    /// `_copy_without_render`.
    copied: Vec<Pattern>,
    /// `_new_lines`.
    newline: Option<Newline>,
}

impl Settings {
    fn of(variables: &Map) -> Result<Settings, String> {
        let pattern = |value: &Value| match value {
            Value::String(text) => Ok(Pattern::new(text)),
            other => Err(format!("an element of `_copy_without_render` is {}", other.kind())),
        };
        let copied = match variables.get("_copy_without_render") {
            None => Ok(Vec::new()),
            Some(Value::List(patterns)) => patterns.iter().map(pattern).collect(),
            Some(other) => Err(format!("`_copy_without_render` is {}, not a list", other.kind())),
        };
        let newline = Newline::of_setting(variables.get("_new_lines"))?;
        Ok(Settings { copied: copied?, newline })
    }

    /// Whether `path` of the template is copied as it is.
    fn is_copied(&self, path: &[u8]) -> bool {
        // Nearly always there is no pattern.
        if self.copied.is_empty() {
            return false;
        }
        let path = String::from_utf8_lossy(path);
        self.copied.iter().any(|pattern| pattern.fits(&path))
    }
}
