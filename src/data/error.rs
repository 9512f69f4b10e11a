//! What can go wrong with the user's data. Every refusal names the path and says why; the command
//! line adds what to type next.

use crate::format;
use crate::fs::{self, RepoPath};
use crate::git::IgnoreMatch;
use crate::{cache, git, remote};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Fs(#[from] fs::Error),
    #[error(transparent)]
    Git(#[from] git::Error),
    #[error(transparent)]
    Cache(#[from] cache::Error),
    #[error(transparent)]
    Remotes(#[from] super::remotes::Error),
    #[error("cannot use the remote `{name}`: {source}")]
    Remote { name: String, source: remote::Error },
    /// An object that a transfer needed and that is in neither place.
    #[error("{missing} (`{remote}`)")]
    Lost { remote: String, missing: remote::Missing },
    /// Data of commits that are about to be pushed is on no remote.
    #[error(
        "no remote has the data of {} of these commits: {}",
        if *.count == 1 { "a pointer".into() } else { format!("{} pointers", .count) },
        list(.examples, *.count)
    )]
    NotPushed {
        count: u64,
        examples: Vec<RepoPath>,
        /// The commits, where `push` has to be told of them: not all is what the worktree names.
        ranges: Vec<String>,
        /// Why it could not be brought there; `None` where that was not tried.
        source: Option<Box<Error>>,
    },

    /// A file of ours in the repository cannot be understood.
    #[error("`{path}`: {source}")]
    Format { path: RepoPath, source: format::Error },
    #[error("`{path}` is not in this repository")]
    OutsideRepository { path: String },
    #[error("`{path}` lies behind `{link}`, a symbolic link to a directory")]
    BehindLink { path: RepoPath, link: RepoPath },
    #[error("`{path}` does not exist")]
    NotFound { path: RepoPath },
    #[error("`{}` cannot be a target: {reason}", if .path.is_root() { ".".to_owned() } else { .path.to_string() })]
    BadName { path: RepoPath, reason: &'static str },
    #[error("`{pattern}` is not a valid glob: {reason}")]
    BadGlob { pattern: String, reason: String },
    #[error("`{spec}` matches nothing that is tracked")]
    NoMatch { spec: String },
    #[error("`{path}` holds files that Git tracks (`{tracked}`)")]
    TrackedByGit { path: RepoPath, tracked: RepoPath },
    #[error("`{path}` is written by the stage `{}` of `{lock}`", fs::display_bytes(.stage.as_bytes()))]
    IsOut { path: RepoPath, lock: RepoPath, stage: String },
    #[error("`{path}` is being written by the stage `{}`, which is running", fs::display_bytes(.stage.as_bytes()))]
    StageRunning { path: RepoPath, stage: String },
    #[error(
        "`{lock}`: the stage `{}` has an out that is no path for data: `{}`",
        fs::display_bytes(.stage.as_bytes()), fs::display_bytes(.path.as_bytes())
    )]
    BadOut { lock: RepoPath, stage: String, path: String },
    #[error("`{path}` overlaps with `{other}`, which is tracked already")]
    Overlap { path: RepoPath, other: RepoPath },
    #[error(
        "Git ignores the pointer `{pointer}`: `{}` in line {} of `{}`",
        fs::display_bytes(&.by.pattern), .by.line, fs::display_bytes(&.by.source)
    )]
    PointerIgnored { pointer: RepoPath, by: IgnoreMatch },
    #[error("`{path}` is behind its pointer: another version was pulled, and adding would undo it")]
    BehindPointer { path: RepoPath },
    #[error("`{path}` was never checked out here and differs from its pointer")]
    NeverCheckedOut { path: RepoPath },
    #[error("`{path}` is a socket, pipe or device")]
    SpecialFile { path: RepoPath },
    #[error(
        "`{path}` is a symbolic link to `{}`, which leads out of the repository",
        fs::display_bytes(.text)
    )]
    EscapingLink { path: RepoPath, text: Vec<u8> },
    #[error("`{path}` kept changing while it was read")]
    Changing { path: RepoPath },
    #[error("`{path}` is nested too deeply")]
    TooDeep { path: RepoPath },
    /// `behind` where the pointer is not what was last checked out, so that `add` would refuse too;
    /// `out` where no pointer but a lock names the path.
    #[error(
        "cannot check out `{path}`: content that is nowhere else stands in the way: {}",
        list(.examples, *.count)
    )]
    WouldLose { path: RepoPath, behind: bool, out: bool, count: u64, examples: Vec<RepoPath> },
    #[error(
        "`{path}`: {} not in the cache: {}",
        if *.count == 1 { "an object is".into() } else { format!("{} objects are", .count) },
        list(.examples, *.count)
    )]
    NotInCache { path: RepoPath, count: u64, examples: Vec<RepoPath> },
    #[error("`{path}` has names that this file system takes for the same: {}", list(.examples, *.count))]
    Collision { path: RepoPath, count: u64, examples: Vec<RepoPath> },
    #[error("`{path}` is damaged: {reason}")]
    Damaged { path: RepoPath, reason: String },
    #[error("cannot put `{path}` back: {reason}")]
    Blocked { path: RepoPath, reason: String },
    #[error("there is no recovery entry `{id}`")]
    NoRecovery { id: String },
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Names up to this many paths in a message.
pub(crate) const EXAMPLES: usize = 3;

fn list(examples: &[RepoPath], count: u64) -> String {
    let mut names: Vec<String> = examples.iter().map(|path| format!("`{path}`")).collect();
    if count > examples.len() as u64 {
        names.push("…".to_owned());
    }
    names.join(", ")
}
