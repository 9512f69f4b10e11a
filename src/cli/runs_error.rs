//! Hints for what goes wrong with runs.

use super::CliError;
use super::error::quoted;
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
            Error::NoRun { .. } => {
                CliError::user(error).hint("`git mlrun pull` brings the runs of others")
            }
            Error::UnknownRemote { ref known, .. } if !known.is_empty() => {
                let hint = format!("the remotes are: {}", quoted(known));
                CliError::user(error).hint(hint)
            }
            Error::UnknownRemote { .. } | Error::NoRemote => {
                CliError::user(error).hint("add one: `git remote add NAME URL`")
            }
            Error::BadRemote { .. } => {
                CliError::user(error).hint("`git remote rename` gives it a name that refs can have")
            }
            Error::NoDefaultRemote { ref names } => {
                let hint = format!(
                    "name one of {}, or choose by `git config mlrun.remote NAME`",
                    quoted(names)
                );
                CliError::user(error).hint(hint)
            }
            Error::Transfer { .. } => CliError::user(error).hint(
                "the runs here are as they were; run it again when the remote can be reached",
            ),
            Error::Refused { .. } => CliError::user(error)
                .hint("the runs are safe here; the remote must let you write `refs/mlrun/runs`"),
            Error::Outrun { .. } => {
                CliError::user(error).hint("the runs are safe here; run it again")
            }
            Error::Contended => CliError::user(error).hints(["run it again".into()]),
        }
    }
}
