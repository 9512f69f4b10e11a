//! The runs that were typed.

use crate::cli::CliError;
use crate::data::Project;
use crate::format::run::RunId;
use crate::git::CommitId;
use crate::runs::detail::Detail;
use crate::runs::resolve::resolve;
use crate::runs::{Result, Runs, Store};

/// All runs, to look some up in.
pub struct Finder<'a> {
    pub store: Store<'a>,
    project: &'a Project,
    runs: Runs,
}

impl<'a> Finder<'a> {
    /// # Errors
    /// The store cannot be read.
    pub fn new(project: &'a Project) -> Result<Finder<'a>> {
        let runs = Runs::load(&project.repo)?;
        Ok(Finder { store: Store::new(&project.repo), project, runs })
    }

    /// The run that `text` means; an error says why there is none.
    pub fn find(&self, text: &str) -> Result<RunId> {
        resolve(&self.project.repo, &self.runs, text)
    }

    /// The run that `text` means, whole, with the store's commit that has it.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn detail(&self, text: &str) -> Result<(CommitId, Detail), CliError> {
        if self.runs.is_empty() {
            return Err(CliError::user("no run is recorded here").hints([
                "`git mlrun repro` records a run of the pipeline".into(),
                "`git mlrun fetch` brings the runs of others".into(),
            ]));
        }
        let id = self.find(text)?;
        let tip = self.runs.tip().expect("the index found a run in the store");
        let found = Detail::read(&self.store, tip, id)?;
        let gone = || CliError::user(format!("the store does not have the run {id}"));
        Ok((tip, found.ok_or_else(gone)?))
    }
}
