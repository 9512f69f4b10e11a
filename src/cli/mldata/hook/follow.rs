//! `post-checkout`, `post-merge` and `post-rewrite`: data and runs follow what Git did.

use std::io::Read as _;
use std::path::Path;

use super::{Call, tell};
use crate::cli::{CliError, Outcome, Ui};
use crate::data::{Error, Project, hook};
use crate::fs::At as _;
use crate::git::Repo;
use crate::runs::rewrites;

/// What Git tells of rewritten commits is read up to here, in bytes: half a million of them.
const MAX_PAIRS: u64 = 64 << 20;

/// Pointers may have moved.
pub fn moved(call: Call<'_>) -> Result<Outcome, CliError> {
    follow(call.ui, call.repo, false)?;
    Ok(Outcome::Done)
}

/// Commits were rewritten, one by one; after a rebase, pointers may have moved too.
pub fn rewritten(call: Call<'_>) -> Result<Outcome, CliError> {
    if let Err(error) = record(&call.repo) {
        let hint = "runs of the old commits are found by their names: `git mlrun log`";
        tell(call.ui, &error.hint(hint));
    }
    if call.args.first().is_some_and(|command| command == "rebase") {
        follow(call.ui, call.repo, true)?;
    }
    Ok(Outcome::Done)
}

fn record(repo: &Repo) -> Result<(), CliError> {
    let mut input = Vec::new();
    std::io::stdin().take(MAX_PAIRS).read_to_end(&mut input).at("read", "standard input")?;
    rewrites::record(repo, &rewrites::parse(repo, &input))?;
    Ok(())
}

fn follow(ui: &Ui, repo: Repo, rebased: bool) -> Result<(), CliError> {
    let mut project = Project::of(repo, Path::new("."))?;
    let report = match hook::follow(&mut project, rebased) {
        Ok(Some(report)) => report,
        Ok(None) => return Ok(()),
        Err(error) => {
            let hint = "run `git mldata checkout` to let the data follow";
            return Err(CliError::from(error).hint(hint));
        }
    };
    // After a pull most data is only on the remote. That is one line, however much it is.
    let is_absent = |error: &Error| matches!(error, Error::NotInCache { .. });
    let (absent, errors): (Vec<Error>, Vec<Error>) = report.errors.into_iter().partition(is_absent);
    for error in errors.into_iter().map(CliError::from) {
        tell(ui, &error);
    }
    match absent.len() {
        0 => {}
        1 => ui.hint("the data of a pointer is not here yet: `git mldata pull` brings it"),
        count => ui.hint(format_args!(
            "the data of {count} pointers is not here yet: `git mldata pull` brings it"
        )),
    }
    Ok(())
}
