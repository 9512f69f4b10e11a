//! The render that a project descends from: what both sides of a merge are compared with.
//!
//! It is known by the digest in the committed record, and whatever is taken for it was checked against
//! that. In the order of what they cost, it may be
//!
//! 1. on the project's ref;
//! 2. the commit that brought the record as it is: the first one of a project, before anybody worked on
//!    it;
//! 3. rendered anew from the recorded state of the template.
//!
//! If it is none of them, there is no base, and no merge that does not guess. Its record is always the
//! one that is committed: what somebody corrected in there is not in conflict with the next one.

use super::{Project, again, pristine};
use crate::format::template_record::MAX_LEN;
use crate::format::value::Map;
use crate::format::{ObjectId, RecordedVersion, TemplateRecord};
use crate::fs::RepoPath;
use crate::git::{CommitId, Git, GitEntry, GitId, Repo};
use crate::scaffold::questions::Defaults;
use crate::scaffold::source::{Fetched, Request};
use crate::scaffold::{Error, FileTree, Limits, Node, Result, record};

/// The base of a merge: a commit of a pristine render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base {
    pub commit: CommitId,
    pub tree: GitId,
    pub found: Found,
}

/// Where a base was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    Ref,
    History,
    Rendered,
    /// Nowhere, and the user said that there is none.
    Empty,
}

/// Reads a template.
pub type Fetch<'a> = dyn Fn(&Request) -> Result<Fetched> + 'a;

/// Finds the base of `project`, whose record is the one that `head` has.
///
/// # Errors
/// There is none ([`Error::NoBase`]), or Git cannot be read.
pub fn find(
    repo: &Repo,
    project: &Project,
    head: CommitId,
    fetch: &Fetch<'_>,
    limits: &Limits,
) -> Result<Base> {
    let finder = Finder { repo, project, head, limits };
    if let Some(base) = finder.on_ref()? {
        return Ok(base);
    }
    if let Some(base) = finder.in_history()? {
        return Ok(base);
    }
    finder.rendered(fetch)
}

/// A base with nothing in it: every file that the project and the template have both, and differently,
/// becomes a conflict.
pub fn empty(repo: &Repo, project: &Project, head: CommitId) -> Result<Base> {
    let record = committed_record(repo, project, head)?;
    let tree = pristine::with_record(repo, &project.directory, None, &record)?;
    let commit = pristine::commit(repo, tree, &[], &project.record)?;
    Ok(Base { commit, tree, found: Found::Empty })
}

fn committed_record(repo: &Repo, project: &Project, head: CommitId) -> Result<Vec<u8>> {
    let path = project.record_path();
    repo.file_at(head, &path, MAX_LEN)?.ok_or(Error::RecordNotCommitted { path })
}

struct Finder<'a> {
    repo: &'a Repo,
    project: &'a Project,
    head: CommitId,
    limits: &'a Limits,
}

impl Finder<'_> {
    /// The commit on the ref that has our record; else one that has the render of our record.
    fn on_ref(&self) -> Result<Option<Base>> {
        let path = self.project.record_path();
        let wanted = &self.project.record;
        let mut similar = None;
        for commit in pristine::history(self.repo, &self.project.directory)? {
            let Some(bytes) = self.repo.file_at(commit, &path, MAX_LEN)? else { continue };
            let Ok(found) = TemplateRecord::parse(&bytes) else { continue };
            if found == *wanted {
                let tree = self.repo.objects().commit(commit)?.tree;
                return Ok(Some(Base { commit, tree, found: Found::Ref }));
            }
            if found.render == wanted.render {
                similar.get_or_insert(commit);
            }
        }
        let Some(similar) = similar else { return Ok(None) };
        let tree = self.repo.objects().commit(similar)?.tree;
        self.commit(tree, &[similar], Found::Ref).map(Some)
    }

    fn in_history(&self) -> Result<Option<Base>> {
        let path = self.project.record_path();
        let Some(commit) = Git::new(self.repo)?.last_change(self.head, &path)? else {
            return Ok(None);
        };
        let directory = &self.project.directory;
        let Some(entry) = self.repo.entry_at(commit, directory)? else { return Ok(None) };
        match digest(self.repo, &entry, self.limits)? {
            Some(digest) if digest == self.project.record.render => {
                let tree = pristine::at(self.repo, directory, entry.id())?;
                self.commit(tree, &[], Found::History).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn rendered(&self, fetch: &Fetch<'_>) -> Result<Base> {
        let record = &self.project.record;
        let reference = match &record.version {
            RecordedVersion::Commit(id) => Some(id.clone()),
            _ => record.reference.clone(),
        };
        let lost = |reason: String| Error::NoBase { source_name: record.source.clone(), reason };
        let fetched =
            fetch(&again::request(record, reference)?).map_err(|error| lost(error.to_string()))?;
        let secrets = again::Secrets::Ask;
        let again =
            again::render(fetched, record.into(), &Map::new(), secrets, &mut Defaults, self.limits)
                .map_err(|error| lost(error.to_string()))?;
        if again.record.render != record.render {
            return Err(lost("what it renders today is not what it rendered then".into()));
        }
        let files = &again.generated.rendered.files;
        let tree = pristine::tree(self.repo, &self.project.directory, files)?;
        self.commit(tree, &[], Found::Rendered)
    }

    /// The base of `tree`, with the committed record.
    fn commit(&self, tree: GitId, parents: &[CommitId], found: Found) -> Result<Base> {
        let record = committed_record(self.repo, self.project, self.head)?;
        let directory = &self.project.directory;
        let tree = pristine::with_record(self.repo, directory, Some(tree), &record)?;
        let commit = pristine::commit(self.repo, tree, parents, &self.project.record)?;
        Ok(Base { commit, tree, found })
    }
}

/// The digest of what a directory of a commit holds, as of [`record::digest`]; `None` if no render could
/// have made it.
fn digest(repo: &Repo, directory: &GitEntry, limits: &Limits) -> Result<Option<ObjectId>> {
    let mut files = FileTree::new();
    let mut pending = vec![(RepoPath::root(), directory.clone())];
    while let Some((at, directory)) = pending.pop() {
        for entry in repo.entries_of(&directory)? {
            let path = at.join(&entry.name);
            if entry.is_directory() {
                pending.push((path, entry));
                continue;
            }
            let Some(executable) = entry.as_file() else { return Ok(None) };
            let size = repo.objects().size(entry.id()).unwrap_or(u64::MAX);
            if files.size().saturating_add(size) > limits.bytes {
                return Ok(None);
            }
            let node = Node::File { bytes: repo.bytes_of(&entry)?.into(), executable };
            if files.insert(path, node, limits).is_err() {
                return Ok(None);
            }
        }
    }
    Ok(Some(record::digest(&files)))
}
