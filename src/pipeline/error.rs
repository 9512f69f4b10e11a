//! What can go wrong with pipelines.

use crate::format::yaml::Mark;
use crate::fs::RepoPath;
use crate::{cache, data, format, fs, git};

/// A place in a file that a user wrote, with what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    pub path: RepoPath,
    /// Counted from 1.
    pub line: usize,
    /// Characters, counted from 1.
    pub column: usize,
    /// The whole line.
    pub excerpt: String,
    pub message: String,
}

impl Located {
    /// What is wrong at `mark` of the file `path`, which holds `text`.
    pub fn new(path: RepoPath, text: &str, mark: Mark, message: impl Into<String>) -> Located {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let excerpt = text.lines().nth(mark.line.saturating_sub(1)).unwrap_or_default().to_owned();
        let Mark { line, column } = mark;
        Located { path, line, column, excerpt, message: message.into() }
    }
}

impl std::fmt::Display for Located {
    /// One line that editors can follow, then the excerpt with a caret below it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Located { path, line, column, excerpt, message } = self;
        write!(f, "{path}:{line}:{column}: {message}")?;
        if excerpt.is_empty() {
            return Ok(());
        }
        let number = line.to_string();
        let shown = fs::display_bytes(excerpt.trim_end().as_bytes());
        let gap = " ".repeat(number.len());
        let before = " ".repeat(column.saturating_sub(1));
        write!(f, "\n{gap} |\n{number} | {shown}\n{gap} | {before}^")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Data(#[from] data::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error(transparent)]
    Cache(#[from] cache::Error),
    /// The stages make no graph.
    #[error(transparent)]
    Graph(#[from] super::graph::Error),
    /// Something a user wrote cannot be understood.
    #[error("{0}")]
    InFile(Box<Located>),
    #[error("there is no pipeline file `{path}`")]
    NoSuchFile { path: RepoPath },
    #[error("there is no stage `{}` in `{path}`", fs::display_bytes(name.as_bytes()))]
    NoSuchStage { path: RepoPath, name: String },
    #[error("stage `{}` is in `{path}` already", fs::display_bytes(name.as_bytes()))]
    StageExists { path: RepoPath, name: String },
    #[error("`{}` is no name for a stage", fs::display_bytes(name.as_bytes()))]
    BadStageName { name: String },
    /// The pipeline file would be wrong with this stage in it.
    #[error("cannot add stage `{}`: {reason}", fs::display_bytes(name.as_bytes()))]
    CannotAdd { name: String, reason: String },
    /// Made by `foreach` or `matrix`: it has no definition of its own.
    #[error("`{}` is one of the stages that `{}` stands for",
        fs::display_bytes(name.as_bytes()), fs::display_bytes(group.as_bytes()))]
    OneOfGroup { name: String, group: String },
    #[error("cannot edit `{path}`: {reason}")]
    CannotEdit { path: RepoPath, reason: String },
    /// A file of ours is not what it should be.
    #[error("`{path}` cannot be read")]
    Format { path: RepoPath, source: format::Error },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
