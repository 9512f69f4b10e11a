//! Hints for what goes wrong with checks.

use super::{CliError, ErrorKind};
use crate::checks::Error;

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::Fs(error) => error.into(),
            Error::Git(error) => error.into(),
            Error::Data(error) => error.into(),
            Error::Setting { ref key, .. } => {
                let hint = format!("see where it is set: `git config --show-origin --get {key}`");
                CliError::user(error).hint(hint)
            }
            Error::Unsound { .. } => CliError::user(error)
                .hint("nothing was changed; run the tool that made it by hand to see what it does"),
            Error::FixOfCommit => CliError::usage(error)
                .hint("leave out the revisions: then what is staged is corrected"),
            Error::Interrupted => CliError::new(ErrorKind::Interrupted, error),
        }
    }
}
