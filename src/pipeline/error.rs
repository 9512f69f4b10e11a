//! What can go wrong with pipelines.

use std::path::PathBuf;

use super::stage::{Address, Place};
use crate::format::yaml::Mark;
use crate::fs::RepoPath;
use crate::{cache, data, format, fs, git, runs};

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
        let gap = " ".repeat(number.len());
        let (shown, before) = fs::clip(excerpt.trim_end(), column.saturating_sub(1));
        write!(f, "\n{gap} |\n{number} | {shown}\n{gap} | {}^", " ".repeat(before))
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Data(#[from] data::Error),
    #[error(transparent)]
    Runs(#[from] runs::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error(transparent)]
    Cache(#[from] cache::Error),
    /// The stages make no graph.
    #[error(transparent)]
    Graph(#[from] super::graph::Error),
    /// A target leads to no stage.
    #[error(transparent)]
    Target(#[from] super::workspace::Error),
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
    /// A stage depends on parameters of a file that is not there.
    #[error("there is no parameter file `{path}`")]
    ParamsFileMissing { path: RepoPath },
    /// A stage depends on parameters that the file does not have.
    #[error("`{path}` has no {}", listed(.keys))]
    ParamMissing { path: RepoPath, keys: Vec<String> },
    #[error("stage `{stage}`: the path `{path}` is not UTF-8, and a lock is text")]
    NotUtf8 { stage: Address, path: String },
    #[error("stage `{stage}`: {} not there: {}", if .places.len() == 1 { "a dep is" } else { "deps are" }, list(.places))]
    DepMissing { stage: Address, places: Vec<Place>, tracked: bool },
    #[error("stage `{stage}`: its working directory `{path}` is not there")]
    NoDirectory { stage: Address, path: RepoPath },
    #[error("stage `{stage}`: cannot run `{command}`")]
    NotStarted { stage: Address, command: String, source: std::io::Error },
    /// Of `exec`; with the run that says so, if it could be recorded.
    #[error("cannot run `{command}`")]
    NotExecuted { command: String, run: Option<runs::live::Recorded>, source: std::io::Error },
    #[error(transparent)]
    CommandFailed(Box<CommandFailed>),
    /// The stage failed after its commands ran; what they wrote is in these recovery entries.
    #[error("{error}")]
    PutBack { error: Box<Error>, recovery: Vec<String> },
    #[error("stage `{stage}`: its command changed what the stage depends on: `{path}`")]
    DepChanged { stage: Address, path: String },
    #[error("stage `{stage}`: its command did not write `{path}`")]
    OutMissing { stage: Address, path: RepoPath },
    #[error("stage `{stage}`: `{path}` was edited since the stage wrote it, and is nowhere else")]
    OutEdited { stage: Address, path: RepoPath },
    #[error("`{path}` may be half of what a stage writes: it was killed")]
    KilledStage { path: RepoPath },
    #[error("`mlrun.shell` is `{path}`, which is no absolute path of a shell that is known")]
    BadShell { path: String },
    #[error("no branch is called, or matches, `{}`", fs::display_bytes(.pattern.as_bytes()))]
    NoBranch { pattern: String },
    #[error("interrupted")]
    Interrupted,
    /// A file of ours is not what it should be.
    #[error("`{path}` cannot be read")]
    Format { path: RepoPath, source: format::Error },
    /// Content of an earlier commit that only a remote has.
    #[error("`{path}` of `{}` is not in the cache", fs::display_bytes(.revision.as_bytes()))]
    NotFetched { path: RepoPath, revision: String },
    #[error("`{path}` has {size} bytes: too many for a file that is read whole")]
    TooLarge { path: RepoPath, size: u64 },
    #[error("`{path}` has too many directories to list")]
    TooManyFiles { path: RepoPath },
    #[error("two revisions can be compared, not {count}")]
    TooManyRevisions { count: usize },
}

fn listed(keys: &[String]) -> String {
    let shown = |key: &String| format!("`{}`", fs::display_bytes(key.as_bytes()));
    keys.iter().map(shown).collect::<Vec<_>>().join(", ")
}

/// A command of a stage failed; the outs are those of before.
#[derive(Debug, thiserror::Error)]
#[error("stage `{stage}`: `{}` ended with {end}", fs::display_bytes(.command.as_bytes()))]
pub struct CommandFailed {
    pub stage: Address,
    pub command: String,
    /// An exit code, a signal, or a lack of time, in words.
    pub end: String,
    /// The file that holds what was printed, if anything was.
    pub log: Option<PathBuf>,
    /// Recovery entries with what the command had written.
    pub recovery: Vec<String>,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The error of a stage whose work was put into the recovery entries `recovery`.
    pub(super) fn with_recovery(self, recovery: Vec<String>) -> Error {
        match recovery.is_empty() {
            true => self,
            false => Error::PutBack { error: Box::new(self), recovery },
        }
    }
}

fn list(places: &[Place]) -> String {
    const EXAMPLES: usize = 3;
    let mut names: Vec<String> =
        places.iter().take(EXAMPLES).map(|place| format!("`{place}`")).collect();
    if places.len() > EXAMPLES {
        names.push("…".to_owned());
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_is_below_its_place_and_long_lines_are_cut() {
        let shown = |line: &str, column| {
            let path = RepoPath::new(b"f".as_slice()).expect("a path");
            let text = Located::new(path, line, Mark { line: 1, column }, "no").to_string();
            text.split_once('\n').map_or(String::new(), |(_, excerpt)| excerpt.to_owned())
        };
        assert_eq!(shown("ab: c", 2), "  |\n1 | ab: c\n  |  ^");
        assert_eq!(shown("ab", 5), "  |\n1 | ab\n  |     ^");
        assert_eq!(shown("\tb", 2), "  |\n1 | \\tb\n  |   ^");
        let long = format!("{}x{}", "a".repeat(100_000), "b".repeat(100_000));
        let (a, b) = ("a".repeat(60), "b".repeat(59));
        let caret = " ".repeat(61);
        assert_eq!(shown(&long, 100_001), format!("  |\n1 | …{a}x{b}…\n  | {caret}^"));
    }
}
