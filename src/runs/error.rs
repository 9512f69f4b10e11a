//! What can go wrong with runs.

use crate::format::run::RunId;
use crate::fs::RepoPath;
use crate::{cache, data, format, fs, git};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Data(#[from] data::Error),
    #[error(transparent)]
    Cache(#[from] cache::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Fs(#[from] fs::Error),
    /// A file of the store cannot be understood.
    #[error("{path} of the run store: {source}")]
    Store { path: String, source: format::Error },
    /// A directory of the store cannot be read.
    #[error("{path} of the run store: {source}")]
    Unreadable { path: String, source: Box<git::Error> },
    #[error("there is no run {id}")]
    NoRun { id: RunId },
    #[error("there is no remote `{}`", fs::display_bytes(.name.as_bytes()))]
    UnknownRemote { name: String, known: Vec<String> },
    /// No ref can be called after it.
    #[error("runs cannot be exchanged with a remote that is called `{}`", fs::display_bytes(.name.as_bytes()))]
    BadRemote { name: String },
    #[error("this repository has no remote")]
    NoRemote,
    #[error("there are several remotes and none is the default for runs")]
    NoDefaultRemote { names: Vec<String> },
    /// Another repository cannot be reached, or `git` could not do its work.
    #[error("cannot {attempted} `{remote}`: {reason}")]
    Transfer { attempted: &'static str, remote: String, reason: String },
    /// Another repository does not take the runs.
    #[error("`{remote}` refused the runs: {reason}")]
    Refused { remote: String, reason: String },
    /// Others pushed again and again.
    #[error("cannot push runs to `{remote}`: others keep pushing theirs")]
    Outrun { remote: String },
    /// The commit of a run's code is in another clone, or nowhere any more.
    #[error("commit {id} is not in this repository")]
    NoCommit { id: String },
    /// It ran in a repository without commits and files.
    #[error("the run `{}` has no code", fs::display_bytes(.name.as_bytes()))]
    NoCode { name: String },
    #[error("`{}` cannot be the name of a branch", fs::display_bytes(.name.as_bytes()))]
    BadBranch { name: String },
    #[error("there is a branch `{}` already", fs::display_bytes(.name.as_bytes()))]
    BranchExists { name: String },
    /// The worktree has what is neither committed nor recorded.
    #[error("this worktree has changes: {}", some_of(.examples, *.count))]
    Dirty { count: usize, examples: Vec<RepoPath> },
    #[error("cannot bring back `{}`: {why}", fs::display_bytes(.path.as_bytes()))]
    NotRestored { path: String, why: String },
    /// Other processes changed the store again and again.
    #[error("cannot write `{name}`: other processes keep changing it", name = super::store::REF)]
    Contended,
    /// No run, and no commit, is called so.
    #[error("no run is called `{name}`")]
    UnknownRun { name: String },
    /// Several runs are called so, or have ids that begin so; newest first, with their names.
    #[error("`{name}` may mean {count} runs", count = candidates.len())]
    AmbiguousRun { name: String, candidates: Vec<(RunId, String)> },
    /// A new run cannot be called so: one is already.
    #[error("there is a run `{name}` already")]
    NameOfRun { name: String, id: RunId },
    /// A new run cannot be called so: a branch, a tag or another revision is.
    #[error("a run cannot be called `{name}`: to Git that is a commit")]
    NameOfCommit { name: String },
    #[error("the run `{name}` was deleted")]
    DeletedRun { name: String, id: RunId },
    /// A commit that no run is known of.
    #[error("no run of the commit `{name}` is known")]
    NoRunOfCommit { name: String },
    /// A commit names a run that is not in the store.
    #[error("the commit `{name}` names the run {id}, which is not here")]
    RunNotHere { name: String, id: RunId },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// `id` comes from a run, and runs from others.
    pub(super) fn no_commit(id: &str) -> Error {
        Error::NoCommit { id: fs::display_bytes(id.as_bytes()) }
    }
}

fn some_of(examples: &[RepoPath], count: usize) -> String {
    let names: Vec<String> = examples.iter().map(|path| format!("`{path}`")).collect();
    let names = names.join(", ");
    match count.saturating_sub(examples.len()) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}
