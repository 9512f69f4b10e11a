//! `vars`: which variables there are.
//!
//! `params.yaml` beside the pipeline file is read where there is one, then each item of `vars`: a map
//! of variables, or a file of them, `config.json` or `config.json:model,train` for some of its keys.
//! What is defined twice is an error, never a surprise; maps from two places are merged.

use super::context::{Conflict, Context, Source};
use super::style::Style;
use crate::format::Value;
use crate::format::yaml::{Data, Mark, Node};
use crate::fs::{RepoPath, display_bytes};
use crate::pipeline::file::{Text, paths};
use crate::pipeline::params::read;
use crate::pipeline::{self, Result};

/// Read where it exists, without being named.
pub const DEFAULT_FILE: &str = "params.yaml";

/// Reads files of variables for one pipeline file.
pub struct Loader<'a> {
    pub source: &'a dyn pipeline::Source,
    /// The pipeline file: where `vars` are written.
    pub text: Text<'a>,
}

impl Loader<'_> {
    /// The variables of the whole pipeline file in `directory`.
    pub fn top(&self, vars: Option<&Node>, directory: &RepoPath) -> Result<Context> {
        let mut context = Context::default();
        context.style = Style::read(self.source, directory)?;
        let default = directory.join(DEFAULT_FILE.as_bytes());
        if let Some(value) = read(self.source, &default)? {
            let map = match value {
                Value::Map(map) => map,
                Value::Null => Default::default(),
                other => return Err(not_a_map(&default, other.kind())),
            };
            context.imports.insert(default.clone(), None);
            // Nothing is there yet that it could conflict with.
            let _ = context.add(map, Source::File(default), &[]);
        }
        self.add(&mut context, vars, directory, "", &[])?;
        Ok(context)
    }

    /// Adds the items of the list `vars` to `context`. Files are relative to `directory`; `reserved`
    /// may not be defined.
    pub fn add(
        &self,
        context: &mut Context,
        vars: Option<&Node>,
        directory: &RepoPath,
        stage: &str,
        reserved: &[&str],
    ) -> Result<()> {
        let Some(vars) = vars.filter(|vars| !vars.is_null()) else { return Ok(()) };
        if let Some(mark) = super::first_expression(vars) {
            return Err(self.text.error(mark, "`${}` has no meaning in `vars`"));
        }
        let Data::List(items) = &vars.data else {
            let message = format!("`vars` is a list of files and maps, not {}", vars.kind());
            return Err(self.text.error(vars.mark, message));
        };
        for (at, item) in items.iter().enumerate() {
            let added = match item.value() {
                Value::Map(map) => {
                    let dot = if stage.is_empty() { "" } else { "." };
                    context.add(map, Source::Inline(format!("{stage}{dot}vars[{at}]")), reserved)
                }
                Value::String(file) => self.file(context, item, &file, directory, reserved)?,
                other => {
                    let message =
                        format!("expected a file or a map of variables, not {}", other.kind());
                    return Err(self.text.error(item.mark, message));
                }
            };
            added.map_err(|conflict| self.text.error(item.mark, describe(&conflict)))?;
        }
        Ok(())
    }

    /// Adds what `item` names: a file, or after a colon some of its keys.
    fn file(
        &self,
        context: &mut Context,
        node: &Node,
        item: &str,
        directory: &RepoPath,
        reserved: &[&str],
    ) -> Result<Result<(), Conflict>> {
        let fail = |message: String| self.text.error(node.mark, message);
        let (file, keys) = item.split_once(':').unwrap_or((item, ""));
        let keys: Vec<String> =
            keys.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect();
        let path = paths::inside(directory, file).map_err(fail)?;
        let shown = display_bytes(item.as_bytes());
        match context.imports.get(&path) {
            // To name the whole file again changes nothing.
            Some(None) if keys.is_empty() => return Ok(Ok(())),
            Some(None) => return Err(fail(format!("all of `{path}` is read already"))),
            Some(Some(known)) if keys.is_empty() || keys.iter().any(|key| known.contains(key)) => {
                return Err(fail(format!("`{shown}` was partly read before")));
            }
            _ => {}
        }
        let value =
            read(self.source, &path)?.ok_or_else(|| fail(format!("there is no file `{path}`")))?;
        let mut map = match value {
            Value::Map(map) => map,
            Value::Null => Default::default(),
            other => return Err(fail(format!("`{path}` holds {}, not a map", other.kind()))),
        };
        if !keys.is_empty() {
            if let Some(key) = keys.iter().find(|key| !map.contains_key(*key)) {
                let key = display_bytes(key.as_bytes());
                return Err(fail(format!("there is no `{key}` in `{path}`")));
            }
            map.retain(|key, _| keys.contains(key));
        }
        let imported = context.imports.entry(path.clone()).or_insert_with(|| None);
        if !keys.is_empty() {
            imported.get_or_insert_default().extend(keys);
        }
        Ok(context.add(map, Source::File(path), reserved))
    }
}

fn not_a_map(path: &RepoPath, kind: &str) -> pipeline::Error {
    let message = format!("variables are read from this file, and it holds {kind}, not a map");
    Text { path, text: "" }.error(Mark::START, message)
}

fn describe(conflict: &Conflict) -> String {
    match conflict {
        Conflict::Twice { key, new, old } => {
            let key = display_bytes(key.as_bytes());
            format!("`{key}` of {new} is defined in {old} already")
        }
        Conflict::Reserved { key } => format!("`{key}` belongs to the iteration and cannot be set"),
    }
}
