//! Which runs are meant.

use crate::cli::CliError;
use crate::format::run::{RunId, is_prefix};
use crate::fs::display_bytes;
use crate::git::{CommitId, GitId};
use crate::runs::{Store, contents};

/// The store's commit and its tree.
///
/// # Errors
/// There are no runs.
pub fn tip(store: &Store<'_>) -> Result<(CommitId, GitId), CliError> {
    let Some(tip) = store.tip()? else {
        let error = CliError::user("there are no runs here");
        return Err(error.hint("`git mlrun pull` brings the runs of others"));
    };
    Ok((tip, store.objects().commit(tip)?.tree))
}

/// The runs that `texts` mean: ids, or beginnings of ids that no other run has.
pub fn resolve(store: &Store<'_>, tree: GitId, texts: &[String]) -> Result<Vec<RunId>, CliError> {
    let runs = contents::added(store.objects(), None, Some(tree))?.runs;
    texts.iter().map(|text| one(&runs, text)).collect()
}

fn one(runs: &[RunId], text: &str) -> Result<RunId, CliError> {
    let shown = display_bytes(text.as_bytes());
    let mut found = runs.iter().filter(|id| is_prefix(text) && id.to_string().starts_with(text));
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(*id),
        (None, _) => Err(CliError::user(format!("there is no run `{shown}`"))),
        (Some(_), Some(_)) => Err(CliError::user(format!("several runs begin with `{shown}`"))),
    }
}
