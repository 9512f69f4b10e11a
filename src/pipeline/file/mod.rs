//! Pipeline files: `mlrun.yaml`, or the `dvc.yaml` that is there already.
//!
//! [`load`] reads one file into [`Stage`]s: `${}` is resolved, `foreach` and `matrix` are written out,
//! paths are relative to the top of the repository. What it accepts is what DVC accepts, and the keys
//! that [`schema`] says are ours; what it refuses, it refuses with line and column.
//!
//! # From text to stages
//!
//! The text becomes a tree (`format::yaml`), `template` replaces expressions in the tree of one stage
//! at a time, `schema` types are made of the resolved tree, and `convert` checks what no type can say:
//! where paths lead, and that what a stage writes it does not also read.

mod convert;
mod expand;
pub(in crate::pipeline) mod paths;
mod schema;
mod sections;
mod shapes;
#[cfg(test)]
mod spec;
mod text;

use indexmap::IndexMap;

use super::stage::{About, Stage};
use super::template::{self, Context};
use super::{Error, Located, Result, Source};
use crate::format::yaml::{self, Mark};
use crate::fs::RepoPath;
pub use sections::{PlotFields, TopPlot};
pub use text::Text;

/// Names of pipeline files, in the order in which they are looked for: the first one hides the other.
pub const NAMES: [&str; 2] = ["mlrun.yaml", "dvc.yaml"];

/// The JSON schema of pipeline files (draft 7).
pub const SCHEMA: &str = include_str!("../../../templates/mlrun.schema.json");

/// Such files are written by hand, or hold what people look at; one that is longer than this, in
/// bytes, is something else.
const MAX_LEN: usize = 64 << 20;

/// Stages that one file may become.
const MAX_STAGES: usize = 100_000;

/// One pipeline file.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// In the order of the file; those of a group in the order of its iteration.
    pub stages: Vec<Stage>,
    /// Names of `foreach` and `matrix` definitions, with the names of the stages they became.
    pub groups: IndexMap<String, Vec<String>>,
    /// Parameter files of no stage.
    pub params: Vec<RepoPath>,
    /// Metric files of no stage.
    pub metrics: Vec<RepoPath>,
    pub plots: Vec<TopPlot>,
    pub artifacts: IndexMap<String, Artifact>,
    /// What was ignored, and why that is worth telling.
    pub notes: Vec<Located>,
}

/// A file or directory that has a name of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    pub path: RepoPath,
    pub about: About,
}

/// Reads the pipeline file `file`.
///
/// # Errors
/// The first thing in the file that is wrong, with its place; there is no such file; a file of
/// variables cannot be read.
pub fn load(source: &dyn Source, file: &RepoPath) -> Result<Loaded> {
    let bytes = source.read(file)?.ok_or_else(|| Error::NoSuchFile { path: file.clone() })?;
    parse(source, file, &bytes)
}

/// As [`load`], with `bytes` for what is in the file.
pub fn parse(source: &dyn Source, file: &RepoPath, bytes: &[u8]) -> Result<Loaded> {
    let text = decode(file, bytes)?;
    let root = yaml::parse(text.text).map_err(|problem| text.problem(problem))?;
    if root.is_null() {
        return Ok(Loaded::default());
    }
    let pipeline: schema::Pipeline =
        yaml::from_node(&root).map_err(|problem| text.problem(problem))?;
    let directory = file.parent().unwrap_or_default();
    let loader = template::Loader { source, text };
    let context = loader.top(pipeline.vars.as_ref(), &directory)?;
    let mut reader =
        Reader { source, text, directory, context, weight: 0, loaded: Loaded::default() };
    if let Some(stages) = &pipeline.stages {
        reader.stages(stages)?;
    }
    reader.sections(&pipeline)?;
    Ok(reader.loaded)
}

/// The time that `text` means: `90s`, `15m`, `2h`, or seconds.
///
/// # Errors
/// Says what was expected.
pub fn parse_timeout(text: &str) -> Result<std::time::Duration, &'static str> {
    text.parse().map(|shapes::TimeoutValue(time)| time)
}

/// The text of a pipeline, parameter or metric file, if it is text without conflict markers.
pub(in crate::pipeline) fn decode<'a>(path: &'a RepoPath, bytes: &'a [u8]) -> Result<Text<'a>> {
    let whole = Text { path, text: "" };
    if bytes.len() > MAX_LEN {
        let message = format!("files of this kind are at most {} MiB long", MAX_LEN >> 20);
        return Err(whole.error(Mark::START, message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        whole.error(Mark { line, column: 1 }, "this is not UTF-8 text")
    })?;
    let text = Text { path, text };
    match text
        .text
        .lines()
        .position(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> "))
    {
        Some(index) => Err(text.error(
            Mark { line: index + 1, column: 1 },
            "a merge left its conflict markers; resolve them, then `git add` the file",
        )),
        None => Ok(text),
    }
}

/// What is needed while one file is read.
struct Reader<'a> {
    source: &'a dyn Source,
    text: Text<'a>,
    /// Of the file.
    directory: RepoPath,
    context: Context,
    /// Of all stages so far: see [`template::MAX_WEIGHT`].
    weight: usize,
    loaded: Loaded,
}

impl Reader<'_> {
    fn error<T>(&self, mark: Mark, message: impl Into<String>) -> Result<T> {
        Err(self.text.error(mark, message))
    }

    fn note(&mut self, mark: Mark, message: &str) {
        let note = self.text.located(mark, message);
        self.loaded.notes.push(note);
    }
}

#[cfg(test)]
mod tests;
