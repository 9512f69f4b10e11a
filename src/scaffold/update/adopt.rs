//! Linking a project that is there to the template that it came from, or could have come from.

use std::path::Path;

use super::again::{self, Known, Secrets, Tools};
use super::{foreign, pristine, project};
use crate::format::TemplateRecord;
use crate::format::value::Map;
use crate::fs::{self, RepoPath};
use crate::git::{FileChange, FileChangeKind, Git, Repo, read_worktree_file};
use crate::scaffold::questions::Ask;
use crate::scaffold::source::Request;
use crate::scaffold::{Error, FileTree, Moment, Result, record};

/// How to adopt.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is asked for; without a source, what another program left on record.
    pub source: Option<String>,
    pub reference: Option<String>,
    pub directory: Option<RepoPath>,
    /// Answers that come before those of other programs.
    pub given: Map,
    /// Only find out what would be recorded.
    pub dry_run: bool,
}

/// A project that was adopted.
#[derive(Clone, Debug)]
pub struct Adopted {
    pub record: TemplateRecord,
    /// The file of another program whose answers were taken.
    pub taken_from: Option<RepoPath>,
    /// Files of the render that the project has as they are.
    pub same: usize,
    /// Files of the render that the project has otherwise, or elsewhere.
    pub changed: Vec<RepoPath>,
    /// Files of the render that the project does not have.
    pub missing: Vec<RepoPath>,
}

/// Writes the record into the directory `here`, and keeps the pristine render. No other file of the
/// project is touched.
///
/// # Errors
/// There is a record already, nothing says which template it is, or it cannot be rendered. Nothing has
/// changed then.
pub fn adopt(
    repo: &Repo,
    here: &Path,
    options: &Options,
    tools: &Tools<'_>,
    ask: &mut dyn Ask,
) -> Result<Adopted> {
    let directory = project::directory(repo, here)?;
    let path = directory.join(record::PATH.as_bytes());
    if fs::lstat(&repo.absolute(&path)).is_ok_and(|stat| stat.is_some()) {
        return Err(Error::AlreadyTied { path });
    }
    let (taken_from, known) = foreign::find(repo, &directory)?.unzip();
    let known = known.unwrap_or_default();
    let is_named = options.source.is_some();
    let source = options.source.clone().or(known.source).ok_or(Error::NothingToAdopt)?;
    // What is on record of one template says nothing about another one.
    let recorded = |value: Option<String>| value.filter(|_| !is_named);
    let reference = options.reference.clone().or_else(|| recorded(known.reference.clone()));
    let commit = recorded(known.commit).filter(|_| options.reference.is_none());
    let inner = match (&options.directory, recorded(known.directory)) {
        (Some(directory), _) => directory.clone(),
        (None, None) => RepoPath::root(),
        (None, Some(name)) => RepoPath::new(name.as_bytes()).ok_or_else(|| Error::BadName {
            template: "directory".into(),
            name,
            why: "it leads out of the template",
        })?,
    };
    let request = Request {
        source,
        reference: commit.or_else(|| reference.clone()),
        directory: inner,
        stranger: !is_named && !tools.local,
        ..Request::default()
    };
    let mut fetched = (tools.fetch)(&request)?;
    // Later updates follow what was asked for, not the commit that it was then.
    fetched.origin.reference = reference;
    let earlier = Known {
        answers: &known.answers,
        not_stored: &[],
        moment: Moment::now(),
        engine: record::NATIVE,
    };
    let again = again::render(fetched, earlier, &options.given, Secrets::Ask, ask, tools)?;
    let files = &again.generated.rendered.files;
    let tree = pristine::tree(repo, &directory, files)?;
    let rendered = pristine::commit(repo, tree, &[], &again.record)?;
    let changes = Git::new(repo)?.changes(rendered, None)?;
    let adopted = compare(repo, &directory, again.record, taken_from, files, changes)?;
    if !options.dry_run {
        let place = repo.absolute(&path);
        let parent = place.parent().expect("it is in a directory of ours");
        fs::create_dir_all(parent)?;
        fs::write_atomic(&place, adopted.record.text().as_bytes(), parent)?;
        if let Err(error) = pristine::keep(repo, &directory, &adopted.record, files) {
            fs::remove_file_if_exists(&place)?;
            return Err(error);
        }
    }
    Ok(adopted)
}

/// Counts what `changes`, from the render to the worktree, say about the files of the render.
fn compare(
    repo: &Repo,
    directory: &RepoPath,
    record: TemplateRecord,
    taken_from: Option<RepoPath>,
    files: &FileTree,
    changes: Vec<FileChange>,
) -> Result<Adopted> {
    let own = directory.join(record::PATH.as_bytes());
    let (mut changed, mut missing) = (Vec::new(), Vec::new());
    for change in changes {
        let path = change.from.unwrap_or(change.path);
        match change.kind {
            _ if path == own => {}
            FileChangeKind::Added => {}
            // For Git, a file that is not tracked is not there.
            FileChangeKind::Deleted => {
                let inside = path.below(directory).and_then(RepoPath::new);
                let rendered = inside.and_then(|path| files.file(&path)).unwrap_or_default();
                let place = repo.absolute(&path);
                match fs::lstat(&place)? {
                    None => missing.push(path),
                    // No more is read than was rendered.
                    Some(stat)
                        if stat.size == rendered.len() as u64
                            && read_worktree_file(&place, rendered.len())?.as_deref()
                                == Some(rendered) => {}
                    Some(_) => changed.push(path),
                }
            }
            _ => changed.push(path),
        }
    }
    // The record is one of the files.
    let same = files.files().saturating_sub(1 + changed.len() + missing.len());
    Ok(Adopted { record, taken_from, same, changed, missing })
}
