//! `prepare-commit-msg` and `commit-msg`: the trailer that names the run of a commit.

use std::ffi::OsString;
use std::path::PathBuf;

use super::{Call, tell};
use crate::cli::{CliError, Outcome};
use crate::fs::{self, At as _, display_bytes};
use crate::runs::trailer::{self, Doubt};

/// The longest message that is read, in bytes. With `git commit -v`, it has the whole difference below.
const MAX_LEN: usize = 256 << 20;

/// The file with the message. Git gives it relative to where the hook runs.
fn message(args: &[OsString]) -> Result<PathBuf, CliError> {
    let Some(message) = args.first() else {
        return Err(CliError::usage("cannot name the run of a commit: Git passed no file"));
    };
    Ok(std::path::absolute(message).at("resolve", message)?)
}

/// Adds the trailer where the commit has the results of the last run.
pub fn prepare(call: &Call<'_>) -> Result<Outcome, CliError> {
    let source = call.args.get(1).and_then(|source| source.to_str());
    trailer::prepare(&call.repo, &message(call.args)?, source)?;
    Ok(Outcome::Done)
}

/// Whether the message has such a line at all: most have none, and need no repository.
pub fn is_about_runs(args: &[OsString]) -> Result<bool, CliError> {
    let text = fs::read_bounded(&message(args)?, MAX_LEN)?;
    Ok(trailer::values_of(&text).next().is_some())
}

/// Looks whether the trailers of the message name runs. What is no id of a run at all stops the commit:
/// nobody could find a run by it later. Git keeps the message. Where Git makes commits again it only warns,
/// because the message is of long ago, and a run that is not here may be in another clone.
pub fn check(call: &Call<'_>) -> Result<Outcome, CliError> {
    let file = message(call.args)?;
    let text = fs::read_bounded(&file, MAX_LEN)?;
    let again = trailer::is_made_again(&call.repo);
    let mut outcome = Outcome::Done;
    for (value, doubt) in trailer::doubts(&call.repo, &text)? {
        let line = format!("`{}: {}`", trailer::KEY, display_bytes(value));
        let error = match doubt {
            Doubt::NoId => CliError::user(format!("{line} names no run by its id")),
            Doubt::Named(id) => CliError::user(format!("{line} is not the whole id of a run"))
                .hint(format!("write `{}: {id}`", trailer::KEY)),
            Doubt::Unknown => CliError::user(format!("{line}: this run is not here"))
                .hint("`git mlrun pull` brings the runs of others"),
        };
        if doubt == Doubt::Unknown || again {
            tell(call.ui, &error);
        } else {
            call.ui.error(&error);
            outcome = Outcome::No;
        }
    }
    if outcome == Outcome::No {
        let file = call.ui.os_path(&file);
        call.ui.hint(format_args!("the message is kept: `git commit -e -F {file}`"));
    }
    Ok(outcome)
}
