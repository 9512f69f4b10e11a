//! What can go wrong with templates.

use crate::fs::{self, RepoPath, display_bytes};
use crate::{format, git};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Format(#[from] format::Error),
    #[error(transparent)]
    Init(#[from] crate::data::init::Error),
    /// Git could take it for its own directory.
    #[error("`{path}` may not be in a project: it is Git's own")]
    DotGit { path: RepoPath },
    #[error("`{path}` is not a directory")]
    NotADirectory { path: RepoPath },
    /// A bound of [`super::Limits`].
    #[error("the template is too large: more than {bound}")]
    TooLarge { bound: String },
    /// No built-in template and no directory is called so.
    #[error("there is no template `{}`", display_bytes(.name.as_bytes()))]
    UnknownTemplate { name: String },
    /// What names a template cannot name one.
    #[error("`{}` cannot be a template: {why}", display_bytes(.name.as_bytes()))]
    BadSource { name: String, why: String },
    /// Only the project's record says so, and this repository has never taken anything from there.
    #[error("the template is `{}` of this machine, which only the project's files say", display_bytes(.source_name.as_bytes()))]
    LocalSource { source_name: String },
    #[error("`{}` is an archive on a web server, which is not fetched", display_bytes(.url.as_bytes()))]
    RemoteArchive { url: String },
    #[error("cannot read the archive `{}`: {why}", display_bytes(.path.as_os_str().as_encoded_bytes()))]
    BadArchive { path: std::path::PathBuf, why: String },
    /// Its Git repository cannot be reached, and was not before.
    #[error("cannot fetch `{}`: {reason}", display_bytes(.source_name.as_bytes()))]
    Unreachable { source_name: String, reason: String },
    /// `known` are some branches and tags that there are.
    #[error("`{}` has no revision `{}`", display_bytes(.source_name.as_bytes()), display_bytes(.reference.as_bytes()))]
    UnknownReference { source_name: String, reference: String, known: Vec<String> },
    #[error("`{}` has no directory `{directory}`", display_bytes(.source_name.as_bytes()))]
    NoSuchDirectory { source_name: String, directory: RepoPath },
    /// Another process is at work on something of ours.
    #[error("{} is using the copy of the template", display_bytes(.holder.as_bytes()))]
    Busy { holder: String },
    /// Neither `cookiecutter.json` nor `ccds.json` is there.
    #[error("`{}` is not a template", display_bytes(.source_name.as_bytes()))]
    NotATemplate { source_name: String, found: Foreign },
    /// A file of the template cannot be understood.
    #[error("{path} of the template: {reason}")]
    BadTemplate { path: String, reason: String },
    /// An answer does not fit its question.
    #[error("`{}` cannot be {}: {why}", display_bytes(.name.as_bytes()), display_bytes(.value.as_bytes()))]
    BadAnswer { name: String, value: String, why: String },
    /// No question of the template has the name.
    #[error("the template has no variable `{}`", display_bytes(.name.as_bytes()))]
    UnknownVariable { name: String, known: Vec<String> },
    /// Nobody is there to answer any more.
    #[error("no answer")]
    NotAnswered,
    /// A text of the template cannot be rendered.
    #[error(transparent)]
    Render(#[from] super::jinja::RenderError),
    /// A name that a project may not have in it.
    #[error("`{template}` of the template becomes `{}`: {why}", display_bytes(.name.as_bytes()))]
    BadName { template: String, name: String, why: &'static str },
    /// The file is ours: it says what the project was rendered from.
    #[error("the template has a `{path}` of its own")]
    RendersRecord { path: RepoPath },
    /// Neither here nor above is there a record.
    #[error("this project was not made from a template")]
    NoRecord,
    #[error("`{path}` is not as it was committed")]
    RecordNotCommitted { path: RepoPath },
    #[error("there is no commit to update yet")]
    NoCommits,
    /// Something has stopped half-way in this worktree.
    #[error("{operation} is in progress here")]
    Unfinished { operation: &'static str },
    #[error("`{path}` is in conflict")]
    Unmerged { path: RepoPath },
    /// The index has something that HEAD has not.
    #[error("`{path}` is staged and not committed")]
    Staged { path: RepoPath },
    /// Git would not merge.
    #[error("cannot merge what the template changed: {reason}")]
    Refused { reason: String },
    /// A file that Git does not track is where the template has one now.
    #[error("`{path}` is in the way: the template has it now, and here it is not tracked")]
    InTheWay { path: RepoPath },
    /// What the project was rendered from is nowhere to be found.
    #[error("cannot find what `{}` rendered for this project: {reason}", display_bytes(.source_name.as_bytes()))]
    NoBase { source_name: String, reason: String },
    #[error("the answer to `{}` is not stored, as a secret", display_bytes(.name.as_bytes()))]
    SecretNeeded { name: String },
    #[error("hooks of the template are not trusted: {}", listed(.hooks))]
    HooksNotTrusted { hooks: Vec<RepoPath> },
    #[error(
        "cookiecutter rendered the project, and runs code of the template, which is not trusted"
    )]
    CodeNotTrusted,
    /// A record names what no version of this program has rendered with.
    #[error("the record says that `{}` rendered the project", display_bytes(.engine.as_bytes()))]
    UnknownEngine { engine: String },
    #[error("`{path}` is there already")]
    AlreadyTied { path: RepoPath },
    /// What another program wrote about the template.
    #[error("`{path}`: {reason}")]
    BadAnswersFile { path: RepoPath, reason: String },
    #[error("no template was named, and no other program has left a record of one")]
    NothingToAdopt,
    /// A project there could become a setting or a hook of a repository.
    #[error("`{}` is in a directory of Git's own", display_bytes(.path.as_os_str().as_encoded_bytes()))]
    InsideGit { path: std::path::PathBuf },
    #[error("`{}` exists already", display_bytes(.path.as_os_str().as_encoded_bytes()))]
    Exists { path: std::path::PathBuf },
    /// Two names of a project are one here: the file system folds case or forms of Unicode.
    #[error("`{path}` and another name of the project are the same to this file system")]
    Collision { path: RepoPath },
    /// A program of the template's ended with an error, or could not be started.
    #[error("the template's hook `{path}` failed: {why}")]
    HookFailed { path: RepoPath, why: String },
    /// The program has said why on its standard error.
    #[error("cookiecutter failed: {status}")]
    CookiecutterFailed { status: String },
    /// None of `names` is on PATH.
    #[error("`{}` was not found on PATH", .names.join("` or `"))]
    NoProgram { names: &'static [&'static str] },
    /// The list of trusted templates cannot be relied on.
    #[error("`{}` is not used: {why}", display_bytes(.path.as_os_str().as_encoded_bytes()))]
    BadTrustFile { path: std::path::PathBuf, why: &'static str },
    #[error("interrupted")]
    Interrupted,
}

fn listed(paths: &[RepoPath]) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("`{path}`")).collect();
    paths.join(", ")
}

/// What a directory that is no template is instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    Unknown,
    /// It has a `copier.yml`.
    Copier,
    /// It has a `cargo-generate.toml`.
    CargoGenerate,
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<fs::LockError> for Error {
    fn from(error: fs::LockError) -> Self {
        match error {
            fs::LockError::Fs(error) => error.into(),
            fs::LockError::Busy(holder) => Error::Busy { holder: holder.0 },
        }
    }
}
