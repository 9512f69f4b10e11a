//! What the commands that compare states share: which revisions and paths were typed, how values
//! stand in JSON, and how what could not be read is told.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::ValueHint;

use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::fs::{self, RepoPath, display_bytes};
use crate::pipeline::failure::{Cause, Failure};
use crate::pipeline::states::{Ends, Revisions};

/// Digits of floats, where nothing else is asked for.
pub const PRECISION: usize = 5;

// No doc comments on the structs: clap would take them for the help of the verbs.
#[derive(Debug, Default, clap::Args)]
pub struct RevisionArgs {
    /// Show this revision, or each commit of a range `A..B`, instead of the worktree (repeatable)
    #[arg(long, value_name = "REV")]
    pub rev: Vec<String>,
    /// Also show every local branch
    #[arg(short = 'a', long)]
    pub all_branches: bool,
    /// Also show every tag
    #[arg(short = 'T', long)]
    pub all_tags: bool,
    /// Also show every commit that a branch or tag leads to
    #[arg(short = 'A', long)]
    pub all_commits: bool,
    /// Also show the N latest commits of HEAD, or of each --rev
    #[arg(short = 'n', long = "max-count", value_name = "N")]
    pub count: Option<usize>,
}

#[derive(Debug, Default, clap::Args)]
pub struct FormatArgs {
    /// Report as one JSON object
    #[arg(long, conflicts_with = "md")]
    pub json: bool,
    /// Write a table in GitHub's Markdown
    #[arg(long)]
    pub md: bool,
}

#[derive(Debug, clap::Args)]
pub struct EndsArgs {
    /// Up to two revisions, or a range `A..B`, then files and directories; HEAD and the worktree if no
    /// revision is given
    #[arg(value_name = "REV|TARGET")]
    pub args: Vec<OsString>,
    /// Files and directories, where their names could be taken for revisions
    #[arg(last = true, value_name = "TARGET", value_hint = ValueHint::AnyPath)]
    pub targets: Vec<OsString>,
}

impl RevisionArgs {
    pub fn revisions(&self) -> Revisions {
        Revisions {
            named: self.rev.clone(),
            all_branches: self.all_branches,
            all_tags: self.all_tags,
            all_commits: self.all_commits,
            count: self.count,
        }
    }
}

impl EndsArgs {
    /// Which two states, and which paths.
    ///
    /// # Errors
    /// A word is both a revision and a path, or neither.
    pub fn resolve(&self, project: &Project) -> Result<(Ends, Vec<RepoPath>), CliError> {
        let (revisions, mut words) = split_words(project, &self.args)?;
        words.extend_from_slice(&self.targets);
        let targets = locate(project, &words)?;
        Ok((Ends::parse(project, &revisions)?, targets))
    }
}

/// The paths in the repository that were typed.
pub fn locate(project: &Project, typed: &[OsString]) -> Result<Vec<RepoPath>, CliError> {
    typed.iter().map(|typed| Ok(project.locate(Path::new(typed))?)).collect()
}

/// Takes leading words for revisions, and the others for paths, as Git does.
///
/// # Errors
/// A word is both a revision and a path, or neither.
pub fn split_words(
    project: &Project,
    words: &[OsString],
) -> Result<(Vec<String>, Vec<OsString>), CliError> {
    let mut revisions = Vec::new();
    let mut targets: Vec<OsString> = Vec::new();
    for word in words {
        let revision = word.to_str().filter(|word| is_revision(project, word));
        let exists = is_file_here(project, word)?;
        let shown = display_bytes(word.as_encoded_bytes());
        match revision.filter(|_| targets.is_empty()) {
            Some(_) if exists => {
                let hint = "put `--` before paths, and behind revisions";
                let message = format!("`{shown}` is both a revision and a file");
                return Err(CliError::usage(message).hint(hint));
            }
            Some(revision) => revisions.push(revision.to_owned()),
            None if exists => targets.push(word.clone()),
            None => {
                let hint = "put `--` before the names of files that are not in the worktree";
                let message = format!("`{shown}` is neither a revision nor a file here");
                return Err(CliError::user(message).hint(hint));
            }
        }
    }
    Ok((revisions, targets))
}

/// Whether `word` is the path of something in the worktree.
pub fn is_file_here(project: &Project, word: &OsStr) -> Result<bool, CliError> {
    Ok(match project.locate(Path::new(word)) {
        Ok(path) => fs::lstat(&project.repo.absolute(&path))?.is_some(),
        Err(_) => false,
    })
}

/// Whether `word` is a revision, or a range of them.
pub fn is_revision(project: &Project, word: &str) -> bool {
    let is_path = word == ".." || word.starts_with("../") || word.starts_with("./");
    let known = |name: &str| name.is_empty() || project.repo.commit(name).is_ok();
    let ends = word.split_once("...").or_else(|| word.split_once(".."));
    match ends {
        _ if is_path || word.is_empty() => false,
        Some((old, new)) => known(old) && known(new),
        None => known(word),
    }
}

/// What could not be read, in JSON.
#[derive(Debug, serde::Serialize)]
pub struct JsonFailure {
    pub revision: String,
    /// Null where no single file is to blame.
    pub path: Option<String>,
    pub error: String,
}

impl JsonFailure {
    pub fn of(ui: &Ui, failures: &[Failure]) -> Vec<JsonFailure> {
        let one = |failure: &Failure| JsonFailure {
            revision: failure.revision.clone(),
            path: failure.path.as_ref().map(|path| ui.path(path)),
            error: failure.to_string(),
        };
        failures.iter().map(one).collect()
    }
}

/// Tells what could not be read, and decides how the command ends: with an error only if nothing of
/// `what` could be read at all.
pub fn conclude(
    ui: &Ui,
    failures: Vec<Failure>,
    what: &str,
    anything_read: bool,
) -> Result<Outcome, CliError> {
    let failed = !failures.is_empty();
    let mut hints = Vec::new();
    for (at, failure) in failures.into_iter().enumerate() {
        if at < crate::cli::global::SHOWN_ERRORS {
            ui.warn(&failure);
        }
        if let Cause::Error(error) = failure.cause {
            hints.extend(CliError::from(*error).hints);
        }
    }
    let mut told = std::collections::HashSet::new();
    hints.retain(|hint| told.insert(hint.clone()));
    hints.truncate(3);
    if failed && !anything_read {
        return Err(CliError::user(format!("no {what} could be read")).hints(hints));
    }
    hints.iter().for_each(|hint| ui.hint(hint));
    Ok(Outcome::Done)
}
