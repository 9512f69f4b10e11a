//! Changing pipeline files that people wrote, without rewriting them.
//!
//! What a command does not mean to change keeps every byte: comments, order, quotes, anchors, line
//! ends. The text is edited through a syntax tree that has all of it (`yaml-edit`), and the outcome is
//! not trusted but checked ([`check`]): it must mean what it meant but for the one change, and differ
//! from the old text only where the change is. What cannot be edited so is refused, with the file as
//! it was.

mod check;
mod new_stage;
#[cfg(test)]
mod tests;

use std::str::FromStr as _;

use yaml_edit::{Document, Mapping, YamlFile};

pub use new_stage::{NewOut, NewStage};

use super::file::{self, Loaded, Text};
use super::source::Worktree;
use super::{Error, Result, Source};
use crate::data::{Progress, Project};
use crate::format::Value;
use crate::format::value::Map;
use crate::format::yaml::{self, Node};
use crate::fs::{self, RepoPath};

/// A pipeline file before and after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub path: RepoPath,
    /// `None` if there was no file.
    pub before: Option<String>,
    pub after: String,
}

impl Edit {
    pub fn is_change(&self) -> bool {
        self.before.as_ref() != Some(&self.after)
    }
}

/// The pipeline file of `directory`, if it has one.
pub fn pipeline_file(source: &dyn Source, directory: &RepoPath) -> Result<Option<RepoPath>> {
    for name in file::NAMES {
        let path = directory.join(name.as_bytes());
        if source.read(&path)?.is_some() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The pipeline file of `directory`, or of the first directory above it that has one.
pub fn nearest_pipeline_file(
    source: &dyn Source,
    directory: &RepoPath,
) -> Result<Option<RepoPath>> {
    let mut above = Some(directory.clone());
    while let Some(directory) = above {
        if let Some(found) = pipeline_file(source, &directory)? {
            return Ok(Some(found));
        }
        above = directory.parent();
    }
    Ok(None)
}

/// Adds `stage` to the pipeline file of `directory`, or makes one that begins with `head`.
///
/// # Errors
/// The name is no name, or there is a stage of it and `force` is not set; the stage would not load;
/// the file is wrong already or cannot be edited.
pub fn add_stage(
    source: &dyn Source,
    directory: &RepoPath,
    stage: &NewStage,
    force: bool,
    head: &str,
) -> Result<Edit> {
    check_name(&stage.name)?;
    let found = pipeline_file(source, directory)?;
    let path = found.clone().unwrap_or_else(|| directory.join(file::NAMES[0].as_bytes()));
    let before = match &found {
        Some(path) => Some(read(source, path)?),
        None => None,
    };
    let old = before.as_deref().unwrap_or(head);
    let after = match &before {
        Some(_) => {
            file::load(source, &path)?;
            insert(&path, old, stage, force)?
        }
        None => append(old, stage),
    };
    match file::parse(source, &path, after.as_bytes()) {
        Ok(_) => Ok(Edit { path, before, after }),
        // The file was right before, and nobody has seen the lines that are wrong now.
        Err(Error::InFile(wrong)) => {
            Err(Error::CannotAdd { name: stage.name.clone(), reason: wrong.message })
        }
        Err(error) => Err(error),
    }
}

/// Freezes the stage or group `name`, or thaws it.
///
/// # Errors
/// There is none; it is one stage of a group; the file is wrong already or cannot be edited.
pub fn set_frozen(source: &dyn Source, edit: Edit, name: &str, frozen: bool) -> Result<Edit> {
    let Edit { path, before, after: old } = edit;
    let loaded = file::parse(source, &path, old.as_bytes())?;
    let text = Text { path: &path, text: &old };
    let root = yaml::parse(&old).map_err(|problem| text.problem(problem))?;
    let Some(stage) = root.get("stages").and_then(|stages| stages.get(name)) else {
        return Err(no_such_stage(&path, name, &loaded));
    };
    let is_foreach = stage.get("do").is_some();
    let definition = stage.get("do").unwrap_or(stage);
    let is_frozen = match definition.get("frozen").map(Node::value) {
        None => false,
        Some(Value::Bool(frozen)) => frozen,
        Some(_) => return Err(refusal(&path, "`frozen` is not simply true or false there")),
    };
    let mut after = old.clone();
    if is_frozen != frozen {
        let file = syntax(&path, &old)?;
        let mapping = stages(&file).and_then(|stages| stages.get_mapping(name));
        let mapping = match is_foreach {
            true => mapping.and_then(|stage| stage.get_mapping("do")),
            false => mapping,
        };
        let mapping = mapping.ok_or_else(|| refusal(&path, UNREADABLE))?;
        if frozen {
            mapping.set("frozen", true);
        } else {
            mapping.remove("frozen");
        }
        after = file.to_string();
        let mut meant = root.value();
        if let Some(definition) = definition_mut(&mut meant, name, is_foreach) {
            match frozen {
                true => drop(definition.insert("frozen".to_owned(), Value::Bool(true))),
                false => drop(definition.shift_remove("frozen")),
            }
        }
        check::edited(&old, &after, &meant, check::stage_range(&root, &old, name))
            .map_err(|reason| refusal(&path, reason))?;
    }
    file::parse(source, &path, after.as_bytes())?;
    Ok(Edit { path, before, after })
}

/// The pipeline file at `path`, not changed yet.
pub fn begin(source: &dyn Source, path: RepoPath) -> Result<Edit> {
    let before = read(source, &path)?;
    Ok(Edit { path, after: before.clone(), before: Some(before) })
}

/// Writes the file, whole or not at all.
///
/// # Errors
/// Somebody has changed the file since it was read, or it is a symbolic link: it is left as it is.
pub fn write(project: &Project, edit: &Edit, progress: &dyn Progress) -> Result<()> {
    let _lock = project.lock("mlrun stage", progress)?;
    let absolute = project.repo.absolute(&edit.path);
    if fs::lstat(&absolute)?.is_some_and(|stat| stat.file_type() == fs::FileType::Link) {
        return Err(refusal(&edit.path, "it is a symbolic link; edit the file that it names"));
    }
    let now = Worktree(project).read(&edit.path)?;
    if now.as_deref() != edit.before.as_deref().map(str::as_bytes) {
        return Err(refusal(&edit.path, "it was changed meanwhile; run the command again"));
    }
    Ok(project.write_text(&edit.path, edit.after.as_bytes())?)
}

/// The first line of a new pipeline file of `directory`: tells editors where its schema is. Puts the
/// schema there if `write` is set.
///
/// The schema is kept in the Git directory, so that the repository carries no copy of it and editors
/// need no network. In a linked worktree that directory is elsewhere, and the line is empty.
pub fn modeline(project: &Project, directory: &RepoPath, write: bool) -> Result<String> {
    const COPY: &str = "mlrun.schema.json";
    if project.repo.git_dir() != project.repo.top().join(".git") {
        return Ok(String::new());
    }
    let copy = project.worktree_dir().join(COPY);
    let is_fresh = std::fs::read(&copy).is_ok_and(|found| found == file::SCHEMA.as_bytes());
    if write && !is_fresh {
        fs::create_dir_all(&project.worktree_dir())?;
        fs::write_atomic(&copy, file::SCHEMA.as_bytes(), &project.worktree_dir())?;
    }
    let up = "../".repeat(directory.components().count());
    Ok(format!("# yaml-language-server: $schema={up}.git/mldata/{COPY}\n"))
}

/// The rule of DVC's `stage add`: of ASCII's punctuation only `-` and `_`.
fn check_name(name: &str) -> Result<()> {
    let bad = |c: char| c.is_control() || (c.is_ascii_punctuation() && !"-_".contains(c));
    if name.trim().is_empty() || name.contains(bad) {
        return Err(Error::BadStageName { name: name.to_owned() });
    }
    Ok(())
}

fn read(source: &dyn Source, path: &RepoPath) -> Result<String> {
    let bytes = source.read(path)?.ok_or_else(|| Error::NoSuchFile { path: path.clone() })?;
    Ok(file::decode(path, &bytes)?.text.to_owned())
}

const UNREADABLE: &str = "it is written in a way that cannot be edited by a program";

/// `old`, with `stage` in its stages.
fn insert(path: &RepoPath, old: &str, stage: &NewStage, force: bool) -> Result<String> {
    let text = Text { path, text: old };
    let root = yaml::parse(old).map_err(|problem| text.problem(problem))?;
    if root.is_null() {
        return Ok(append(old, stage));
    }
    let replaced = root.get("stages").and_then(|stages| stages.get(&stage.name));
    if replaced.is_some() && !force {
        return Err(Error::StageExists { path: path.clone(), name: stage.name.clone() });
    }
    let file = syntax(path, old)?;
    let unreadable = || refusal(path, UNREADABLE);
    let body = mapping(&stage.body()).ok_or_else(unreadable)?;
    let empty = root.get("stages").filter(|stages| stages.as_map().is_some_and(<[_]>::is_empty));
    match stages(&file).filter(|_| empty.is_none()) {
        Some(stages) => stages.set(&*stage.name, &body),
        // In the place of nothing, or of `{}`: all stages on one line are not what people want.
        None => {
            let stages = mapping(&stage.entry()).ok_or_else(unreadable)?;
            let root = file.document().and_then(|document| document.as_mapping());
            root.ok_or_else(unreadable)?.set("stages", &stages);
        }
    }
    let after = file.to_string();
    let mut meant = root.value();
    if let Value::Map(root) = &mut meant {
        let stages = root.entry("stages".to_owned()).or_insert(Value::Null);
        if stages == &Value::Null {
            *stages = Value::Map(Map::new());
        }
        if let Value::Map(stages) = stages {
            stages.insert(stage.name.clone(), stage.value());
        }
    }
    let replaced = match empty {
        Some(empty) => check::braces(empty, old),
        None => replaced.and_then(|_| check::stage_range(&root, old, &stage.name)),
    };
    check::edited(old, &after, &meant, replaced).map_err(|reason| refusal(path, reason))?;
    Ok(after)
}

/// `old`, which defines nothing, and after it `stage`.
fn append(old: &str, stage: &NewStage) -> String {
    let mut text = old.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str("stages:\n");
    for line in stage.entry().lines() {
        text.push_str("  ");
        text.push_str(line);
        text.push('\n');
    }
    text
}

fn syntax(path: &RepoPath, text: &str) -> Result<YamlFile> {
    YamlFile::from_str(text).map_err(|_| refusal(path, UNREADABLE))
}

fn stages(file: &YamlFile) -> Option<Mapping> {
    file.document()?.as_mapping()?.get_mapping("stages")
}

fn mapping(text: &str) -> Option<Mapping> {
    Document::from_str(text).ok()?.as_mapping()
}

fn definition_mut<'v>(root: &'v mut Value, name: &str, is_foreach: bool) -> Option<&'v mut Map> {
    let below = |value: &'v mut Value, key: &str| match value {
        Value::Map(map) => map.get_mut(key),
        _ => None,
    };
    let stage = below(below(root, "stages")?, name)?;
    let definition = if is_foreach { below(stage, "do")? } else { stage };
    match definition {
        Value::Map(map) => Some(map),
        _ => None,
    }
}

fn no_such_stage(path: &RepoPath, name: &str, loaded: &Loaded) -> Error {
    let group = loaded.groups.iter().find(|(_, names)| names.iter().any(|found| found == name));
    match group {
        Some((group, _)) => Error::OneOfGroup { name: name.to_owned(), group: group.clone() },
        None => Error::NoSuchStage { path: path.clone(), name: name.to_owned() },
    }
}

fn refusal(path: &RepoPath, reason: impl Into<String>) -> Error {
    Error::CannotEdit { path: path.clone(), reason: reason.into() }
}
