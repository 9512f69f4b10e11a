//! Hints for what goes wrong with pipelines.

use super::CliError;
use super::ui::{path_here, shell_word};
use crate::pipeline::Error;

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::Data(error) => error.into(),
            Error::Git(error) => error.into(),
            Error::Fs(error) => error.into(),
            Error::Cache(error) => error.into(),
            error @ Error::TooManyRevisions { .. } => CliError::usage(error),
            Error::NotFetched { ref path, ref revision } => {
                let rev = shell_word(revision);
                let path = shell_word(&path_here(path));
                let hint = format!("run `git mldata fetch --rev {rev} {path}`");
                CliError::user(error).hint(hint)
            }
            error => CliError::user(error),
        }
    }
}
