//! Hints for what goes wrong with pipelines.

use super::CliError;
use crate::pipeline::Error;

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::Data(error) => error.into(),
            Error::Git(error) => error.into(),
            Error::Fs(error) => error.into(),
            Error::Cache(error) => error.into(),
            error => CliError::user(error),
        }
    }
}
