//! The render that a project descends from: what both sides of a merge are compared with.
//!
//! It is known by the digest in the committed record, and whatever is taken for it was checked against
//! that. In the order of what they cost, it may be
//!
//! 1. on the project's ref;
//! 2. the commit that brought the record as it is: the first one of a project, before anybody worked on
//!    it, without what its repository was set up with;
//! 3. rendered anew from the recorded state of the template.
//!
//! If it is none of them, there is no base, and no merge that does not guess. Its record is always the
//! one that is committed: what somebody corrected in there is not in conflict with the next one.

use super::again::Tools;
use super::{Project, again, pristine};
use crate::data::init;
use crate::format::template_record::MAX_LEN;
use crate::format::value::Map;
use crate::format::{RecordedVersion, TemplateRecord};
use crate::fs::RepoPath;
use crate::git::{CommitId, Git, GitEntry, GitId, Repo};
use crate::scaffold::questions::Defaults;
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

/// Finds the base of `project`, whose record is the one that `head` has.
///
/// # Errors
/// There is none ([`Error::NoBase`]), or Git cannot be read.
pub fn find(repo: &Repo, project: &Project, head: CommitId, tools: &Tools<'_>) -> Result<Base> {
    let finder = Finder { repo, project, head, limits: tools.limits };
    if let Some(base) = finder.on_ref()? {
        return Ok(base);
    }
    if let Some(base) = finder.in_history()? {
        return Ok(base);
    }
    finder.rendered(tools)
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
        let wanted = self.project.record.render;
        let Some(files) = files(self.repo, &entry, self.limits)? else { return Ok(None) };
        if record::digest(&files) == wanted {
            let tree = pristine::at(self.repo, directory, entry.id())?;
            return self.commit(tree, &[], Found::History).map(Some);
        }
        if !directory.is_root() {
            return Ok(None);
        }
        // The first commit of a new project has what its repository was set up with.
        let files = without_set_up(&files, self.limits)?;
        if record::digest(&files) != wanted {
            return Ok(None);
        }
        let tree = pristine::tree(self.repo, directory, &files)?;
        self.commit(tree, &[], Found::History).map(Some)
    }

    fn rendered(&self, tools: &Tools<'_>) -> Result<Base> {
        let record = &self.project.record;
        let reference = match &record.version {
            RecordedVersion::Commit(id) => Some(id.clone()),
            _ => record.reference.clone(),
        };
        let lost = |reason: String| Error::NoBase { source_name: record.source.clone(), reason };
        let fetched = (tools.fetch)(&again::request(self.repo, self.project, reference, tools)?)
            .map_err(|error| lost(error.to_string()))?;
        let secrets = again::Secrets::Ask;
        let again =
            again::render(fetched, record.into(), &Map::new(), secrets, &mut Defaults, tools)
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

/// `files` without what `git mldata init` adds.
fn without_set_up(files: &FileTree, limits: &Limits) -> Result<FileTree> {
    let mut before = FileTree::new();
    for (path, node) in files.iter() {
        let node = match node {
            Node::File { bytes, executable } => match init::before(path, bytes) {
                Some(bytes) => Node::File { bytes: bytes.into(), executable: *executable },
                None => continue,
            },
            other => other.clone(),
        };
        before.insert(path.clone(), node, limits)?;
    }
    Ok(before)
}

/// What a directory of a commit holds; `None` if no render could have made it.
fn files(repo: &Repo, directory: &GitEntry, limits: &Limits) -> Result<Option<FileTree>> {
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
    Ok(Some(files))
}
