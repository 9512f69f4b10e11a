//! Asking about a project's template without changing anything.

use std::path::Path;

use super::again::{self, Secrets, Tools};
use super::base;
use super::merge::{Options, Sides};
use super::{Project, pristine};
use crate::format::value::Map;
use crate::format::{RecordedVersion, TemplateRecord};
use crate::fs::RepoPath;
use crate::git::{CommitId, Repo};
use crate::scaffold::questions::{Ask, Defaults};
use crate::scaffold::source::{Between, between};
use crate::scaffold::{Error, Result};

/// How a project and its template stand.
#[derive(Clone, Debug)]
pub struct Status {
    pub directory: RepoPath,
    pub record: TemplateRecord,
    /// The template as it is now; `None` if nobody looked.
    pub latest: Option<Latest>,
}

/// The template as it is now.
#[derive(Clone, Debug)]
pub struct Latest {
    /// What it was rendered from; the recorded one with this state of the template where it could not be
    /// rendered.
    pub record: TemplateRecord,
    /// Whether it renders something else than it did; `None` where that takes secrets, or programs that
    /// are not trusted.
    pub differs: Option<bool>,
    /// Commits since the recorded one; `None` where the template has none, or not that one any more.
    pub commits: Option<Between>,
    pub new_variables: Vec<String>,
    pub unfit_variables: Vec<String>,
    pub gone_variables: Vec<String>,
}

impl Status {
    /// Whether an update would find something, as far as anybody looked.
    pub fn is_behind(&self) -> bool {
        self.latest.as_ref().is_some_and(|latest| {
            latest.differs == Some(true) || latest.record.version != self.record.version
        })
    }
}

/// How the project that `here` is in stands to its template; `tools` is `None` where nobody is to look.
///
/// # Errors
/// There is no record, or the template cannot be read or rendered.
pub fn status(repo: &Repo, here: &Path, tools: Option<&Tools<'_>>) -> Result<Status> {
    let project = Project::find(repo, here)?;
    let Project { directory, record } = project.clone();
    let Some(tools) = tools else { return Ok(Status { directory, record, latest: None }) };
    let fetched = (tools.fetch)(&again::request(repo, &project, record.reference.clone(), tools)?)?;
    let none = Map::new();
    let version: RecordedVersion = fetched.origin.version.clone().into();
    let commits = match (&record.version, &version) {
        (RecordedVersion::Commit(old), RecordedVersion::Commit(new)) if old != new => {
            between(&record.source, old, new)?
        }
        _ => None,
    };
    let place = repo.absolute(&directory);
    let known = again::Known::of(&record, &place);
    let rendered = again::render(fetched, known, &none, Secrets::Ask, &mut Defaults, tools);
    let again = match rendered {
        // Nobody is asked for trust by a question; what is known without rendering is an answer.
        Err(Error::CodeNotTrusted) => {
            let latest = Latest {
                record: TemplateRecord { version, ..record.clone() },
                differs: None,
                commits,
                new_variables: Vec::new(),
                unfit_variables: Vec::new(),
                gone_variables: Vec::new(),
            };
            return Ok(Status { directory, record, latest: Some(latest) });
        }
        rendered => rendered?,
    };
    let latest = Latest {
        commits,
        differs: (again.is_whole && record.not_stored.is_empty())
            .then(|| again.record.render != record.render),
        record: again.record,
        new_variables: again.new,
        unfit_variables: again.unfit,
        gone_variables: again.gone,
    };
    Ok(Status { directory, record, latest: Some(latest) })
}

/// The last render and the one that an update would merge, as commits that no ref leads to.
#[derive(Clone, Debug)]
pub struct Renders {
    pub project: Project,
    pub old: CommitId,
    pub new: CommitId,
}

/// Renders both, to be compared.
///
/// # Errors
/// As of [`super::update()`], but for the state of the worktree.
pub fn renders(
    repo: &Repo,
    here: &Path,
    options: &Options,
    tools: &Tools<'_>,
    ask: &mut dyn Ask,
) -> Result<Renders> {
    let head = repo.head()?.ok_or(Error::NoCommits)?;
    let project = Project::find(repo, here)?.committed(repo, head)?;
    let Sides { base, again, tree } = Sides::make(repo, &project, head, options, tools, ask)?;
    let new = pristine::commit(repo, tree, &[base.commit], &again.record)?;
    Ok(Renders { project, old: base.commit, new })
}

/// The last render, to be compared with the project.
///
/// # Errors
/// As of [`base::find`].
pub fn last_render(repo: &Repo, here: &Path, tools: &Tools<'_>) -> Result<(Project, CommitId)> {
    let head = repo.head()?.ok_or(Error::NoCommits)?;
    let project = Project::find(repo, here)?.committed(repo, head)?;
    let base = base::find(repo, &project, head, tools)?;
    Ok((project, base.commit))
}
