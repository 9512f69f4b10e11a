//! Pristine renders as commits.
//!
//! The tree of such a commit is what `git add` makes of the rendered files where the project is, so that
//! line endings, filters and ignore rules have done to it what they did to the project's own commits,
//! and a merge sees no difference that nobody made. Its record is in it whatever is ignored.

use std::collections::HashSet;

use crate::format::template_record::MAX_LEN;
use crate::format::{Hasher, RecordedVersion, TemplateRecord};
use crate::fs::{self, At as _, RepoPath, ScratchDir, failpoint};
use crate::git::{CommitId, Git, GitId, Repo, TreeChange, read_worktree_file};
use crate::scaffold::write::Draft;
use crate::scaffold::{FileTree, Node, Result, record};

/// So many renders of one project are looked at.
const MAX_HISTORY: usize = 10_000;

/// What rules for the files of a directory come from, beside the rendered files.
const RULES: [&str; 2] = [".gitattributes", ".gitignore"];

/// The ref of the project in `directory`.
pub fn ref_name(directory: &RepoPath) -> String {
    if directory.is_root() {
        return "refs/mlrun/template/root".to_owned();
    }
    // Not every name of a directory can be part of a ref.
    let mut hasher = Hasher::new();
    hasher.update(directory.as_bytes());
    format!("refs/mlrun/template/at-{}", &hasher.finish().to_hex()[..16])
}

/// The tree of the repository with nothing in it but `files`, a sealed render, in `directory`.
pub fn tree(repo: &Repo, directory: &RepoPath, files: &FileTree) -> Result<GitId> {
    let scratch = ScratchDir::new_in(repo.git_dir())?;
    let place = scratch.path().join("worktree");
    let draft = Draft::new(&place.join(directory.as_path()), true)?;
    draft.write(files, &|| false)?;
    draft.publish()?;
    let mut above = directory.parent();
    while let Some(directory) = above {
        for name in RULES {
            let path = directory.join(name.as_bytes());
            if let Some(rules) = read_worktree_file(&repo.absolute(&path), MAX_LEN)? {
                let copy = place.join(path.as_path());
                std::fs::write(&copy, rules).at("write", &copy)?;
            }
        }
        above = directory.parent();
    }
    let always = directory.join(record::PATH.as_bytes());
    let below = Git::new(repo)?.tree_of_directory(&place, directory, &always)?;
    at(repo, directory, below)
}

/// The tree of the repository with nothing in it but `below` in `directory`.
pub(super) fn at(repo: &Repo, directory: &RepoPath, below: GitId) -> Result<GitId> {
    if directory.is_root() {
        return Ok(below);
    }
    let change = (directory.clone(), TreeChange::Directory(below));
    Ok(repo.objects().edit_tree(None, [change])?)
}

/// `tree` with the bytes of `record` as its record; `None`: an empty tree but for that.
pub(super) fn with_record(
    repo: &Repo,
    directory: &RepoPath,
    tree: Option<GitId>,
    record: &[u8],
) -> Result<GitId> {
    let objects = repo.objects();
    let id = objects.write_blob(record)?;
    let path = directory.join(record::PATH.as_bytes());
    Ok(objects.edit_tree(tree, [(path, TreeChange::File { id, executable: false })])?)
}

/// Writes the commit of a render; no ref leads to it yet. Its time is that of the record, so that the
/// same render is the same commit wherever it is made by the same person.
pub fn commit(
    repo: &Repo,
    tree: GitId,
    parents: &[CommitId],
    record: &TemplateRecord,
) -> Result<CommitId> {
    let message = format!("template: {}\n", subject(record));
    let time = record.time.as_second();
    Ok(repo.objects().write_commit(tree, parents, &repo.identity(), time, &message)?)
}

/// Keeps the first render of the project in `directory`: what a project that was just made, or adopted,
/// is updated from.
///
/// # Errors
/// Git cannot write it. The ref is as it was then.
pub fn keep(
    repo: &Repo,
    directory: &RepoPath,
    record: &TemplateRecord,
    files: &FileTree,
) -> Result<CommitId> {
    let tree = tree(repo, directory, files)?;
    keep_tree(repo, directory, record, tree)
}

/// Like [`keep`], of a project that was just made and staged in a repository of its own, where no rules
/// are but those of the template and of `git mldata init`: what Git has left as it is once, it leaves as
/// it is again, and need not be asked.
///
/// # Errors
/// As of [`keep`].
pub fn keep_staged(repo: &Repo, record: &TemplateRecord, files: &FileTree) -> Result<CommitId> {
    let top = RepoPath::root();
    let tree = match staged(repo, files)? {
        Some(tree) => tree,
        None => tree(repo, &top, files)?,
    };
    keep_tree(repo, &top, record, tree)
}

/// The tree of `files` if all of them are staged as they were rendered.
fn staged(repo: &Repo, files: &FileTree) -> Result<Option<GitId>> {
    let index = repo.index()?;
    let mut changes = Vec::new();
    for (path, node) in files.iter() {
        let Node::File { bytes, executable } = node else { continue };
        let id = repo.blob_id(bytes)?;
        if index.file_at(path) != Some((id, *executable)) {
            return Ok(None);
        }
        changes.push((path.clone(), TreeChange::File { id, executable: *executable }));
    }
    Ok(Some(repo.objects().edit_tree(None, changes)?))
}

fn keep_tree(
    repo: &Repo,
    directory: &RepoPath,
    record: &TemplateRecord,
    tree: GitId,
) -> Result<CommitId> {
    let name = ref_name(directory);
    loop {
        let tip = repo.ref_target(&name)?;
        let parents: Vec<CommitId> = tip.into_iter().collect();
        let commit = commit(repo, tree, &parents, record)?;
        failpoint::hit("template.keep").at("write", &name)?;
        // From another worktree, somebody may move the ref at any time: what they keep there stays
        // reachable from what is kept here. Whoever comes too late has let another one pass.
        if repo.move_ref(&name, tip, commit)? {
            return Ok(commit);
        }
    }
}

/// All renders that the ref of the project leads to, the newest first.
pub fn history(repo: &Repo, directory: &RepoPath) -> Result<Vec<CommitId>> {
    match repo.ref_target(&ref_name(directory))? {
        Some(tip) => history_of(repo, tip),
        None => Ok(Vec::new()),
    }
}

/// Whether something of `source` was rendered for the project in this repository. The ref says so, which
/// no clone brings.
///
/// # Errors
/// Git cannot be read.
pub fn is_from(repo: &Repo, directory: &RepoPath, source: &str) -> Result<bool> {
    let path = directory.join(record::PATH.as_bytes());
    for commit in history(repo, directory)? {
        let found = repo.file_at(commit, &path, MAX_LEN)?;
        let found = found.and_then(|bytes| TemplateRecord::parse(&bytes).ok());
        if found.is_some_and(|record| record.source == source) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The render `tip` and all that it leads to.
pub(super) fn history_of(repo: &Repo, tip: CommitId) -> Result<Vec<CommitId>> {
    let objects = repo.objects();
    let mut found = vec![tip];
    let mut seen = HashSet::from([tip]);
    let mut next = 0;
    while next < found.len() && found.len() < MAX_HISTORY {
        let parents = objects.commit(found[next])?.parents;
        found.extend(parents.into_iter().filter(|parent| seen.insert(*parent)));
        next += 1;
    }
    Ok(found)
}

/// What a render is called in a list of commits and beside the markers of a conflict.
fn subject(record: &TemplateRecord) -> String {
    let version = match &record.version {
        RecordedVersion::Builtin(program) => format!("of git-ml {program}"),
        RecordedVersion::Commit(id) => {
            let short: String = id.chars().take(8).collect();
            match &record.reference {
                Some(reference) => format!("at {reference} ({short})"),
                None => format!("at {short}"),
            }
        }
        RecordedVersion::Digest(digest) => format!("with digest {}", &digest.to_hex()[..8]),
    };
    fs::display_bytes(format!("{} {version}", record.source).as_bytes())
}
