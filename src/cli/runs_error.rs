//! Hints for what goes wrong with runs.

use super::CliError;
use crate::runs::Error;

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::Data(error) => error.into(),
            Error::Git(error) => error.into(),
            Error::Fs(error) => error.into(),
            Error::Cache(error) => error.into(),
            Error::Store { .. } | Error::Unreadable { .. } => CliError::user(error)
                .hints(["the store came from elsewhere, or was damaged: `git fsck` tells".into()]),
            Error::Contended => CliError::user(error).hints(["run it again".into()]),
        }
    }
}
