//! Errors as the user sees them: what was attempted, why it failed, what to type next.
//!
//! Every layer's errors are converted here and nowhere else, so that all hints can be read, and
//! kept in one voice, in one file. A hint never begins with something that cannot be undone.

use std::error::Error;
use std::fmt;

use crate::data::remotes::{self, UrlError};
use crate::data::{init, installation};
use crate::{cache, format, fs, git, remote};

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line makes no sense.
    Usage,
    /// It could not be done: the user's doing, or the data's.
    User,
    /// The user interrupted it.
    Interrupted,
    /// A bug of ours.
    Internal,
}

impl ErrorKind {
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Usage => 2,
            ErrorKind::User => 3,
            ErrorKind::Interrupted => 130,
            ErrorKind::Internal => 70,
        }
    }
}

/// An error ready to be shown.
#[derive(Debug)]
pub struct CliError {
    pub kind: ErrorKind,
    pub error: Box<dyn Error + Send + Sync>,
    pub hints: Vec<String>,
}

impl CliError {
    pub fn new(kind: ErrorKind, error: impl Into<Box<dyn Error + Send + Sync>>) -> CliError {
        CliError { kind, error: error.into(), hints: Vec::new() }
    }

    pub fn user(error: impl Into<Box<dyn Error + Send + Sync>>) -> CliError {
        CliError::new(ErrorKind::User, error)
    }

    pub fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> CliError {
        CliError::new(ErrorKind::Usage, error)
    }

    pub fn internal(error: impl Into<Box<dyn Error + Send + Sync>>) -> CliError {
        CliError::new(ErrorKind::Internal, error)
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> CliError {
        self.hints.push(hint.into());
        self
    }

    #[must_use]
    pub fn hints(mut self, hints: impl IntoIterator<Item = String>) -> CliError {
        self.hints.extend(hints);
        self
    }

    /// The chain of causes, without those that the error before them already tells.
    pub fn causes(&self) -> Vec<String> {
        let mut told = self.error.to_string().to_lowercase();
        let mut causes = Vec::new();
        let mut next = self.error.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            let bare = match text.rfind(" (os error ") {
                Some(at) => &text[..at],
                None => &text[..],
            };
            if !told.contains(&bare.to_lowercase()) {
                told = text.to_lowercase();
                causes.push(bare.to_owned());
            }
            next = cause.source();
        }
        causes
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl From<fs::Error> for CliError {
    fn from(error: fs::Error) -> Self {
        let hints = fs_hints(&error);
        CliError::user(error).hints(hints)
    }
}

impl From<format::Error> for CliError {
    fn from(error: format::Error) -> Self {
        CliError::user(error)
    }
}

impl From<cache::Error> for CliError {
    fn from(error: cache::Error) -> Self {
        let hints = cache_hints(&error);
        CliError::user(error).hints(hints)
    }
}

pub(super) fn cache_hints(error: &cache::Error) -> Vec<String> {
    match error {
        cache::Error::Fs(error) => fs_hints(error),
        cache::Error::Missing { .. } | cache::Error::Damaged { .. } => {
            vec!["run `git mldata fetch` to bring it from a remote".to_owned()]
        }
        cache::Error::Mismatch { .. } => {
            vec!["something wrote to the file while it was read; run the command again".into()]
        }
        cache::Error::Busy { .. } => vec!["run the command again when it is done".to_owned()],
        cache::Error::NotATree { .. } => Vec::new(),
    }
}

impl From<git::Error> for CliError {
    fn from(error: git::Error) -> Self {
        let hints = git_hints(&error);
        CliError::user(error).hints(hints)
    }
}

impl From<init::Error> for CliError {
    fn from(error: init::Error) -> Self {
        let hints = init_hints(&error);
        CliError::user(error).hints(hints)
    }
}

impl From<installation::Error> for CliError {
    fn from(error: installation::Error) -> Self {
        let hints = hook_hints(&error);
        CliError::user(error).hints(hints)
    }
}

impl From<remotes::Error> for CliError {
    fn from(error: remotes::Error) -> Self {
        let hints = remotes_hints(&error);
        CliError::user(error).hints(hints)
    }
}

pub(super) fn remotes_hints(error: &remotes::Error) -> Vec<String> {
    use remotes::Error as E;
    match error {
        E::Fs(error) => fs_hints(error),
        E::Git(error) => git_hints(error),
        E::Settings(error) => init_hints(error),
        E::BadName { name } if name == git::HOOK_SECTION => {
            vec!["settings of hooks have that name: choose another one".to_owned()]
        }
        E::BadName { .. } => {
            vec!["use letters, digits, `-` and `_`, beginning with a letter or digit".into()]
        }
        E::Exists { name } => {
            vec![format!("`git mldata remote set-url {name} DIRECTORY` says where it is now")]
        }
        E::Unknown { known, .. } if !known.is_empty() => {
            vec![format!("the remotes are: {}", quoted(known))]
        }
        E::Unknown { .. } | E::NoRemote => {
            vec!["add one: `git mldata remote add NAME DIRECTORY`".to_owned()]
        }
        E::NoDefault { names } => vec![format!(
            "name one of {} by `-r NAME`, or choose by `git mldata remote default NAME`",
            quoted(names)
        )],
        E::Url { source: UrlError::Scheme { scheme }, .. } if scheme == "ssh" => {
            vec!["for a directory with a colon in its name, write `./NAME`".to_owned()]
        }
        E::Url { source: UrlError::Home, .. } => {
            vec!["give the whole path, or keep the remote to this clone by `--local`".to_owned()]
        }
        E::NoId { name } => vec![format!(
            "if you trust its directory, `git mldata remote set-url {name} DIRECTORY` records \
             the id"
        )],
        E::Remote { name, source: source @ remote::Error::WrongRemote { .. } } => {
            let mut hints = remote_hints(source);
            hints.push(format!(
                "if `{name}` has moved: `git mldata remote set-url {name} DIRECTORY`"
            ));
            hints
        }
        E::Remote { source, .. } => remote_hints(source),
        E::SetElsewhere { name } => {
            vec![format!("see where it is set: `git config --show-origin --get mldata.{name}.url`")]
        }
        E::BadId { name, .. } => {
            vec![format!("look at `id` of `{name}` in `{}`", git::SHARED_CONFIG)]
        }
        E::Url { .. } => Vec::new(),
    }
}

impl From<remote::Error> for CliError {
    fn from(error: remote::Error) -> Self {
        let hints = remote_hints(&error);
        CliError::user(error).hints(hints)
    }
}

pub(super) fn remote_hints(error: &remote::Error) -> Vec<String> {
    use remote::Error as E;
    match error {
        E::Fs(error) => fs_hints(error),
        E::Cache(error) => cache_hints(error),
        E::NotARemote { .. } => vec![
            "see that the directory is mounted; `git mldata remote list` shows where remotes are"
                .to_owned(),
        ],
        E::Foreign { .. } => {
            vec!["choose an empty directory, or one that does not exist yet".to_owned()]
        }
        E::WrongRemote { .. } => {
            vec!["see that the right directory is mounted there".to_owned()]
        }
        E::Corrupt { .. } => vec![
            "nothing was taken from it; `git mldata push` from a clone that has the data repairs it"
                .to_owned(),
        ],
        E::Unsettled { .. } => vec!["run the command again in a while".to_owned()],
        E::RemoteFile { .. } => Vec::new(),
    }
}

pub(super) fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<String>>().join(", ")
}

fn init_hints(error: &init::Error) -> Vec<String> {
    match error {
        init::Error::Fs(error) => fs_hints(error),
        init::Error::Git(error) => git_hints(error),
        init::Error::Hooks(error) => hook_hints(error),
        init::Error::NotAFile { name } => {
            vec![format!("look at what `{name}` is and move it out of the way")]
        }
    }
}

fn hook_hints(error: &installation::Error) -> Vec<String> {
    match error {
        installation::Error::Fs(error) => fs_hints(error),
        installation::Error::Git(error) => git_hints(error),
        installation::Error::Busy { .. } => {
            vec!["run the command again when it is done".to_owned()]
        }
        installation::Error::OldGit { .. } => {
            vec!["`git mldata install` without `--method` and `--global` installs files".to_owned()]
        }
        installation::Error::NoProgram { .. } => {
            vec!["install git-mldata and see that it is on PATH".to_owned()]
        }
    }
}

pub(super) fn git_hints(error: &git::Error) -> Vec<String> {
    match error {
        git::Error::Fs(error) => fs_hints(error),
        git::Error::NoRepository { .. } => vec![
            "go into a repository, name one with `-C DIR`, or make one with `git init`".to_owned(),
        ],
        git::Error::Format { what: "object", .. } => {
            vec!["only SHA-1 objects are read: `git init --object-format=sha1`".to_owned()]
        }
        git::Error::Format { .. } => {
            vec!["only references in files are read: `git refs migrate --ref-format=files`".to_owned()]
        }
        git::Error::Bare => vec!["run this in a clone, or add a worktree to it".to_owned()],
        git::Error::NoGit => vec!["install Git and see that it is on PATH".to_owned()],
        git::Error::Config { key, .. } => {
            vec![format!("see where it is set: `git config --show-origin --get {key}`")]
        }
        // Every other state of a repository has a `HEAD`.
        git::Error::Revision { name } if name == "HEAD" => {
            vec!["nothing is committed yet: commit, then run this again".to_owned()]
        }
        git::Error::Revision { .. } => {
            vec!["`git branch --all` and `git tag` list what there is".to_owned()]
        }
        git::Error::IndexBusy { .. } => vec![
            "run it again when no other Git command runs here; if one was killed, remove what it left"
                .to_owned(),
        ],
        git::Error::Read { .. } | git::Error::Failed { .. } => Vec::new(),
    }
}

pub(super) fn fs_hints(error: &fs::Error) -> Vec<String> {
    match error.kind() {
        fs::Kind::NoSpace => {
            vec!["nothing is lost: make room, then run the command again".to_owned()]
        }
        fs::Kind::Denied => vec!["check who owns it and whether it may be written".to_owned()],
        fs::Kind::NotFound | fs::Kind::Other => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::At as _;

    #[test]
    fn a_cause_that_was_told_is_not_told_again() {
        let denied = std::io::Error::from_raw_os_error(13);
        let error = Err::<(), _>(denied).at("read", "/x").expect_err("an error");
        let error = CliError::from(cache::Error::from(error));
        assert_eq!(error.to_string(), "cannot read `/x`: permission denied");
        assert_eq!(error.causes(), Vec::<String>::new());
        assert_eq!(error.hints, ["check who owns it and whether it may be written"]);
    }

    #[test]
    fn causes_are_told_in_order() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot read the pointer")]
        struct Outer(#[source] format::Error);
        let error = CliError::user(Outer(format::Error::malformed("pointer", "it is empty")));
        assert_eq!(error.causes(), ["not a valid pointer: it is empty"]);
    }
}
