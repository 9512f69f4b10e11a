//! Merging what a template has become into a project.

use std::path::Path;

use super::again::{self, Again, Secrets, Tools};
use super::base::{self, Base, Found};
use super::{Project, pristine};
use crate::format::TemplateRecord;
use crate::format::value::Map;
use crate::fs::{self, FileType, RepoPath};
use crate::git::{CommitId, FileChange, FileChangeKind, Git, GitId, Picked, Repo};
use crate::scaffold::questions::Ask;
use crate::scaffold::{Error, Result};

/// How to update.
#[derive(Clone, Debug)]
pub struct Options {
    /// The state of the source to take; `None`: the one that was asked for before.
    pub reference: Option<String>,
    /// Answers that come before the recorded ones.
    pub given: Map,
    pub secrets: Secrets,
    /// Merge without a base.
    pub base_empty: bool,
    /// Only find out what would happen.
    pub dry_run: bool,
}

/// An update that was made, or would be.
#[derive(Clone, Debug)]
pub struct Update {
    pub old: TemplateRecord,
    pub new: TemplateRecord,
    pub found: Found,
    pub merge: Merge,
    /// What the template changed, from the top of the worktree; without the record.
    pub changes: Vec<FileChange>,
    pub new_variables: Vec<String>,
    pub unfit_variables: Vec<String>,
    pub gone_variables: Vec<String>,
}

/// What became of the changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// There are none, not even of the record.
    UpToDate,
    Clean,
    /// In these paths, from the top of the worktree.
    Conflicts(Vec<RepoPath>),
}

/// Updates the project that `here` is in. What was merged is staged, nothing is committed.
///
/// # Errors
/// The merge could not begin. The worktree, the index and all refs are as they were then.
pub fn update(
    repo: &Repo,
    here: &Path,
    options: &Options,
    tools: &Tools<'_>,
    ask: &mut dyn Ask,
) -> Result<Update> {
    let project = Project::find(repo, here)?;
    let head = check_state(repo)?;
    let project = project.committed(repo, head)?;
    check_index(repo, head)?;
    let sides = Sides::make(repo, &project, head, options, tools, ask)?;
    let Sides { base, again, tree } = sides;
    let mut update = Update {
        old: project.record.clone(),
        new: again.record,
        found: base.found,
        merge: Merge::UpToDate,
        changes: Vec::new(),
        new_variables: again.new,
        unfit_variables: again.unfit,
        gone_variables: again.gone,
    };
    if is_same(repo, &project, &base, tree, &update.new)? {
        return Ok(update);
    }
    let tip = repo.ref_target(&pristine::ref_name(&project.directory))?;
    let commit = commit(repo, &base, tree, &update.new, tip)?;
    update.changes = changes(repo, &project, base.commit, commit)?;
    check_way(repo, &update.changes)?;
    let git = Git::new(repo)?;
    if options.dry_run {
        let conflicts = git.preview_pick(head, base.commit, commit)?;
        update.merge = merged(conflicts);
        return Ok(update);
    }
    // Questions and hooks take their time: somebody may have staged something meanwhile.
    check_index(repo, head)?;
    let several = repo.objects().commit(commit)?.parents.len() > 1;
    update.merge = match git.pick(commit, several)? {
        Picked::Clean => Merge::Clean,
        Picked::Conflicts(paths) => Merge::Conflicts(paths),
        Picked::Refused(reason) => return Err(Error::Refused { reason }),
    };
    // If somebody else has moved the ref meanwhile, from another worktree, it stays there: the next
    // update finds this render by its record in another way.
    repo.move_ref(&pristine::ref_name(&project.directory), tip, commit)?;
    Ok(update)
}

fn merged(conflicts: Vec<RepoPath>) -> Merge {
    if conflicts.is_empty() { Merge::Clean } else { Merge::Conflicts(conflicts) }
}

/// HEAD, if a merge may begin in this worktree.
fn check_state(repo: &Repo) -> Result<CommitId> {
    if let Some(operation) = repo.operation_in_progress() {
        return Err(Error::Unfinished { operation });
    }
    if let Some(path) = Git::new(repo)?.unmerged()?.into_iter().next() {
        return Err(Error::Unmerged { path });
    }
    repo.head()?.ok_or(Error::NoCommits)
}

/// Fails where something is staged. Git would merge into that, and then nothing tells the two apart:
/// `git reset --merge`, which undoes a merge that is not committed, takes away all that is staged.
fn check_index(repo: &Repo, head: CommitId) -> Result<()> {
    match Git::new(repo)?.first_staged(head)? {
        Some(path) => Err(Error::Staged { path }),
        None => Ok(()),
    }
}

/// The old render and the new one.
pub(super) struct Sides {
    pub base: Base,
    pub again: Again,
    /// The tree of the new render.
    pub tree: GitId,
}

impl Sides {
    pub fn make(
        repo: &Repo,
        project: &Project,
        head: CommitId,
        options: &Options,
        tools: &Tools<'_>,
        ask: &mut dyn Ask,
    ) -> Result<Sides> {
        let record = &project.record;
        let reference = options.reference.clone().or_else(|| record.reference.clone());
        let fetched = (tools.fetch)(&again::request(repo, project, reference, tools)?)?;
        let again =
            again::render(fetched, record.into(), &options.given, options.secrets, ask, tools)?;
        let base = match options.base_empty {
            true => base::empty(repo, project, head)?,
            false => base::find(repo, project, head, tools)?,
        };
        let tree = pristine::tree(repo, &project.directory, &again.generated.rendered.files)?;
        Ok(Sides { base, again, tree })
    }
}

/// Whether the two renders differ in nothing but the program that made them.
fn is_same(
    repo: &Repo,
    project: &Project,
    base: &Base,
    tree: GitId,
    new: &TemplateRecord,
) -> Result<bool> {
    let old = TemplateRecord { program: new.program.clone(), ..project.record.clone() };
    let text = project.record.text();
    let directory = &project.directory;
    let with_old = |tree| pristine::with_record(repo, directory, Some(tree), text.as_bytes());
    Ok(old == *new && with_old(base.tree)? == with_old(tree)?)
}

/// The commit of the new render on top of the base. Where an update was thrown away, it is there
/// already. What the ref leads to otherwise stays reachable through it: another worktree's project may
/// descend from that.
fn commit(
    repo: &Repo,
    base: &Base,
    tree: GitId,
    new: &TemplateRecord,
    tip: Option<CommitId>,
) -> Result<CommitId> {
    let objects = repo.objects();
    if let Some(tip) = tip {
        let found = objects.commit(tip)?;
        if found.tree == tree && found.parents.first() == Some(&base.commit) {
            return Ok(tip);
        }
    }
    let mut parents = vec![base.commit];
    if let Some(tip) = tip
        && !pristine::history_of(repo, base.commit)?.contains(&tip)
    {
        parents.push(tip);
    }
    pristine::commit(repo, tree, &parents, new)
}

/// What one render has that the other has not.
pub(super) fn changes(
    repo: &Repo,
    project: &Project,
    old: CommitId,
    new: CommitId,
) -> Result<Vec<FileChange>> {
    let record = project.record_path();
    let mut changes = Git::new(repo)?.changes(old, Some(new))?;
    changes.retain(|change| change.path != record);
    Ok(changes)
}

/// Fails where the merge would put a file in the place of one that Git does not track. Git refuses that
/// too, but not if it ignores the file: it takes those for worthless.
fn check_way(repo: &Repo, changes: &[FileChange]) -> Result<()> {
    let index = repo.index()?;
    let brings = |change: &&FileChange| {
        matches!(change.kind, FileChangeKind::Added | FileChangeKind::Renamed)
    };
    for change in changes.iter().filter(brings) {
        let above = std::iter::successors(change.path.parent(), RepoPath::parent);
        for path in above.filter(|path| !path.is_root()) {
            let is_file = fs::lstat(&repo.absolute(&path))?
                .is_some_and(|stat| stat.file_type() != FileType::Directory);
            if is_file && index.blob_at(&path).is_none() {
                return Err(Error::InTheWay { path });
            }
        }
        let path = &change.path;
        let is_there = fs::lstat(&repo.absolute(path)).is_ok_and(|stat| stat.is_some());
        if is_there && index.tracked_at_or_below(path).is_none() {
            return Err(Error::InTheWay { path: path.clone() });
        }
    }
    Ok(())
}
