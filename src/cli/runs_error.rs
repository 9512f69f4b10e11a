//! Hints for what goes wrong with runs.

use super::CliError;
use super::error::quoted;
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
            Error::Store { .. } | Error::Unreadable { .. } => CliError::user(error)
                .hints(["the store came from elsewhere, or was damaged: `git fsck` tells".into()]),
            Error::NoRun { .. } => {
                CliError::user(error).hint("`git mlrun pull` brings the runs of others")
            }
            Error::UnknownRun { .. } => CliError::user(error).hints([
                "`git mlrun log` lists the runs that are here".into(),
                "`git mlrun pull` brings those of others".into(),
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
            Error::NameOfRun { id, .. } => CliError::user(error).hints([
                "take another name, or leave out `--name` for one that is made up".into(),
                format!("`git mlrun show {}` shows the run that has it", id.short()),
            ]),
            Error::NameOfCommit { .. } => CliError::user(error)
                .hints(["take another name, or leave out `--name` for one that is made up".into()]),
            Error::DeletedRun { id, .. } => CliError::user(error)
                .hints([format!("`git mlrun rm --undo {}` brings it back", id.short())]),
            Error::NoRunOfCommit { .. } => CliError::user(error).hints([
                "`git mlrun log` lists the runs that are here".into(),
                "`git mlrun pull` brings those of others".into(),
            ]),
            Error::RunNotHere { .. } => {
                CliError::user(error).hints(["`git mlrun pull` brings the runs of others".into()])
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
            Error::NoCommit { .. } => CliError::user(error)
                .hints(["run `git mlrun pull` to bring the runs of others with their code".into()]),
            Error::NoCode { .. } => CliError::user(error)
                .hints(["it ran before the first commit, with nothing but ignored files".into()]),
            Error::BadBranch { .. } => {
                CliError::usage(error).hints(["`-b BRANCH` takes another name".into()])
            }
            Error::BranchExists { .. } => {
                CliError::user(error).hints(["`-b BRANCH` takes another name".into()])
            }
            Error::Dirty { .. } => CliError::user(error).hints([
                "commit them, or put them away: `git stash -u`; data: `git mldata add`".into(),
                "or restore elsewhere: `git mlrun restore RUN --worktree DIR`".into(),
            ]),
            Error::NotRestored { .. } => CliError::user(error),
            Error::Contended => CliError::user(error).hints(["run it again".into()]),
        }
    }
}
