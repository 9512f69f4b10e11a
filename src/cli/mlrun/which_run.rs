//! Which runs are meant.

use crate::cli::{CliError, Ui};
use crate::data::Project;
use crate::format::run::RunId;
use crate::git::{CommitId, GitId, Repo};
use crate::runs::detail::Detail;
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

/// All runs, to look some up in.
pub struct Finder<'a> {
    pub store: Store<'a>,
    project: &'a Project,
    runs: Runs,
}

impl<'a> Finder<'a> {
    /// # Errors
    /// The store cannot be read.
    pub fn new(project: &'a Project) -> Result<Finder<'a>, Error> {
        let runs = Runs::load(&project.repo)?;
        Ok(Finder { store: Store::new(&project.repo), project, runs })
    }

    /// The run that `text` means; an error says why there is none.
    pub fn find(&self, text: &str) -> Result<RunId, Error> {
        resolve::resolve(&self.project.repo, &self.runs, text)
    }

    /// The run that `text` means, whole, with the store's commit that has it. Parts that cannot be
    /// understood are passed over with a warning.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn detail(&self, ui: &Ui, text: &str) -> Result<(CommitId, Detail), CliError> {
        let (tip, _) = tip(&self.store)?;
        let id = self.find(text)?;
        let found = Detail::read(&self.store, tip, id)?;
        let gone = || CliError::user(format!("the store does not have the run {id}"));
        let detail = found.ok_or_else(gone)?;
        for fault in &detail.faults {
            ui.warn(format_args!("passed over {fault}"));
        }
        Ok((tip, detail))
    }
}
