//! Hints for what goes wrong with runs.

use super::CliError;
use crate::format::run::RunId;
use crate::fs::display_bytes;
use crate::runs::Error;

/// Runs that a hint lists.
const SHOWN: usize = 8;

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::Data(error) => error.into(),
            Error::Git(error) => error.into(),
            Error::Fs(error) => error.into(),
            Error::Cache(error) => error.into(),
            Error::Store { .. } => CliError::user(error)
                .hints(["the store came from elsewhere, or was damaged: `git fsck` tells".into()]),
            Error::UnknownRun { .. } => CliError::user(error).hints([
                "`git mlrun log` lists the runs that are here".into(),
                "`git mlrun fetch` brings those of others".into(),
            ]),
            Error::AmbiguousRun { ref candidates, .. } => {
                let shown = candidates.iter().take(SHOWN);
                let one = |(id, name): &(RunId, String)| {
                    format!("{id} is `{}`", display_bytes(name.as_bytes()))
                };
                let mut hints: Vec<String> = shown.map(one).collect();
                if candidates.len() > SHOWN {
                    hints.push(format!(
                        "and {} more; type more of the id",
                        candidates.len() - SHOWN
                    ));
                }
                CliError::user(error).hints(hints)
            }
            Error::DeletedRun { id, .. } => CliError::user(error)
                .hints([format!("`git mlrun rm --undo {}` brings it back", id.short())]),
            Error::NoRunOfCommit { .. } => CliError::user(error).hints([
                "`git mlrun log` lists the runs that are here".into(),
                "`git mlrun fetch` brings those of others".into(),
            ]),
            Error::RunNotHere { .. } => {
                CliError::user(error).hints(["`git mlrun fetch` brings runs of others".into()])
            }
            Error::Contended => CliError::user(error).hints(["run it again".into()]),
        }
    }
}
