//! Hints for what goes wrong with checks.

use super::{CliError, ErrorKind};
use crate::checks::Error;
use crate::git::SHARED_CONFIG;

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::Fs(error) => error.into(),
            Error::Git(error) => error.into(),
            Error::Data(error) => error.into(),
            Error::Pipeline(error) => error.into(),
            Error::Setting { is_committed: true, .. } => CliError::user(error).hint(format!(
                "it is set in `{SHARED_CONFIG}`, as it is committed or staged: correct it there, and \
                 `git add` that"
            )),
            Error::Setting { ref key, is_committed: false, .. } => {
                let hint = format!("see where it is set: `git config --show-origin --get-all {key}`");
                CliError::user(error).hint(hint)
            }
            Error::Unsound { .. } => CliError::user(error)
                .hint("nothing was changed; run the tool that made it by hand to see what it does"),
            Error::Interrupted => CliError::new(ErrorKind::Interrupted, error),
            Error::FixOfCommit => CliError::usage(error)
                .hint("leave out the revisions: then what is staged is corrected"),
        }
    }
}
