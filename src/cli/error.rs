//! Errors as the user sees them: what was attempted, why it failed, what to type next.
//!
//! Every layer's errors are converted here and nowhere else, so that all hints can be read, and
//! kept in one voice, in one file. A hint never begins with something that cannot be undone.

use std::error::Error;
use std::fmt;

use crate::data::init;
use crate::{cache, format, fs, git};

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line makes no sense.
    Usage,
    /// It could not be done: the user's doing, or the data's.
    User,
    /// A bug of ours.
    Internal,
}

impl ErrorKind {
    pub fn exit_code(self) -> u8 {
        match self {
            ErrorKind::Usage => 2,
            ErrorKind::User => 3,
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
        let hints = match &error {
            cache::Error::Fs(error) => fs_hints(error),
            cache::Error::Missing { .. } | cache::Error::Damaged { .. } => {
                vec!["run `git mldata fetch` to bring it from a remote".to_owned()]
            }
            cache::Error::Mismatch { .. } => {
                vec!["something wrote to the file while it was read; run the command again".into()]
            }
            cache::Error::Busy { .. } => vec!["run the command again when it is done".to_owned()],
            cache::Error::NotATree { .. } => Vec::new(),
        };
        CliError::user(error).hints(hints)
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

fn init_hints(error: &init::Error) -> Vec<String> {
    match error {
        init::Error::Fs(error) => fs_hints(error),
        init::Error::Git(error) => git_hints(error),
        init::Error::NotAFile { name } => {
            vec![format!("look at what `{name}` is and move it out of the way")]
        }
    }
}

fn git_hints(error: &git::Error) -> Vec<String> {
    match error {
        git::Error::Fs(error) => fs_hints(error),
        git::Error::NoRepository { .. } => vec![
            "go into a repository, name one with `git mldata -C DIR`, or make one with \
                 `git init`"
                .to_owned(),
        ],
        git::Error::Bare => vec!["run this in a clone, or add a worktree to it".to_owned()],
        git::Error::NoGit => vec!["install Git and see that it is on PATH".to_owned()],
        git::Error::Config { key, .. } => {
            vec![format!("see where it is set: `git config --show-origin --get {key}`")]
        }
        git::Error::Revision { .. } => {
            vec!["`git branch --all` and `git tag` list what there is".to_owned()]
        }
        git::Error::Read { .. } | git::Error::Failed { .. } => Vec::new(),
    }
}

fn fs_hints(error: &fs::Error) -> Vec<String> {
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
