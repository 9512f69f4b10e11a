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
            error @ (Error::ParamsFileMissing { .. } | Error::ParamMissing { .. }) => {
                CliError::user(error).hint("write it there, or take it out of the stage's `params`")
            }
            error => CliError::user(error),
        }
    }
}
