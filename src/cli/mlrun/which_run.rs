//! Which runs are meant.

use crate::cli::CliError;
use crate::format::run::RunId;
use crate::git::{CommitId, GitId, Repo};
use crate::runs::{Error, Runs, Store, contents, resolve};

/// Whether runs that were deleted are meant too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    No,
    Yes,
}

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

/// The runs that `texts` mean, each once.
pub fn resolve(
    repo: &Repo,
    store: &Store<'_>,
    tree: GitId,
    texts: &[String],
    deleted: Deleted,
) -> Result<Vec<RunId>, CliError> {
    let runs = Runs::load(repo)?;
    let mut found = Vec::with_capacity(texts.len());
    for text in texts {
        let resolved = match deleted {
            Deleted::No => resolve::resolve(repo, &runs, text),
            Deleted::Yes => resolve::resolve_deleted(repo, &runs, text),
        };
        let id = match resolved {
            // One that nobody can read has no name, but its id.
            Err(error @ Error::UnknownRun { .. }) => by_id(store, tree, text).ok_or(error)?,
            resolved => resolved?,
        };
        if !found.contains(&id) {
            found.push(id);
        }
    }
    Ok(found)
}

fn by_id(store: &Store<'_>, tree: GitId, text: &str) -> Option<RunId> {
    let id = RunId::parse(text).ok()?;
    let shard = id.shard();
    let path = format!("{}/{shard}", contents::RUNS);
    let runs = contents::directory_at(store.objects(), tree, &path).ok()?;
    contents::run_of(&shard, runs.get(text.as_bytes())?)
}
