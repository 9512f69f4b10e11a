//! Which files are checked: what a commit changes, all of a state, or some that were named.

use std::sync::{Mutex, OnceLock};

use super::{File, Files, Origin};
use crate::checks::Result;
use crate::checks::texts::Texts;
use crate::fs::{self, RepoPath};
use crate::git::{CommitId, FileMode, Git, Repo, StagedChange, read_worktree_file};

impl<'a> Files<'a> {
    /// What the next commit changes. While a merge waits to be concluded, what is as one of its parents
    /// has it was checked when it was committed there, and is left out.
    ///
    /// `paths`, if there are any, are files and directories; others are left out.
    pub fn staged(repo: &'a Repo, paths: &[RepoPath]) -> Result<Files<'a>> {
        Files::merged(repo, &repo.merge_heads()?, paths)
    }

    /// What the next commit has otherwise than each of its parents: HEAD and `others`.
    pub fn merged(repo: &'a Repo, others: &[CommitId], paths: &[RepoPath]) -> Result<Files<'a>> {
        let git = Git::new(repo)?;
        let head = repo.head()?;
        let mut changes = std::thread::scope(|scope| {
            // Checks will ask for the index. While Git compares, there is time to read it: the repository
            // keeps it, and tells of errors when it is asked.
            scope.spawn(|| drop(repo.index()));
            git.staged(head)
        })?;
        for &parent in others {
            let others = git.staged(Some(parent))?;
            let differs = |change: &StagedChange| {
                others.binary_search_by(|other| other.path.cmp(&change.path)).is_ok()
            };
            changes.retain(differs);
        }
        Ok(Files::of(repo, Origin::Index, changes, paths))
    }

    /// Every file of the index.
    pub fn all(repo: &'a Repo, paths: &[RepoPath]) -> Result<Files<'a>> {
        let changes = Git::new(repo)?.staged(None)?;
        let all = Files::of(repo, Origin::Index, changes, paths);
        Ok(Files { are_changes: false, ..all })
    }

    /// What changed between two commits.
    pub fn between(
        repo: &'a Repo,
        from: CommitId,
        to: CommitId,
        paths: &[RepoPath],
    ) -> Result<Files<'a>> {
        let changes = Git::new(repo)?.changes_between(from, to)?;
        Ok(Files::of(repo, Origin::Commit(to), changes, paths))
    }

    /// The files at `paths` as they are in the worktree, held against HEAD. What is no regular file is left
    /// out.
    pub fn worktree(repo: &'a Repo, paths: &[RepoPath]) -> Result<Files<'a>> {
        let objects = repo.objects();
        let head = repo.head()?.map(|head| objects.commit(head)).transpose()?.map(|head| head.tree);
        let mut files = Vec::new();
        for path in paths {
            let absolute = repo.absolute(path);
            let Some(stat) = fs::lstat(&absolute)? else { continue };
            let Some(bytes) = read_worktree_file(&absolute, usize::MAX)? else { continue };
            let mode = if stat.mode & 0o100 != 0 { FileMode::Executable } else { FileMode::File };
            let id = repo.blob_id(&bytes)?;
            let old = head.and_then(|tree| {
                let path = std::str::from_utf8(path.as_bytes()).ok()?;
                objects.lookup(tree, path).ok()?.filter(|entry| !entry.is_directory())
            });
            let old = old.map(|entry| entry.id());
            files.push(File { path: path.clone(), mode, id, old, fix: None });
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        let named = Files::new(repo, Origin::Worktree, files, Vec::new());
        Ok(Files { are_changes: false, ..named })
    }

    fn of(
        repo: &'a Repo,
        origin: Origin,
        changes: Vec<StagedChange>,
        paths: &[RepoPath],
    ) -> Files<'a> {
        let wanted = |path: &RepoPath| {
            paths.is_empty() || paths.iter().any(|wanted| path.below(wanted).is_some())
        };
        let (mut files, mut removed) = (Vec::new(), Vec::new());
        for StagedChange { path, old, new } in changes.into_iter().filter(|c| wanted(&c.path)) {
            match new {
                None => removed.push(path),
                Some(new) => {
                    let old = old.map(|old| old.id);
                    files.push(File { path, mode: new.mode, id: new.id, old, fix: None });
                }
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Files::new(repo, origin, files, removed)
    }

    fn new(repo: &'a Repo, origin: Origin, files: Vec<File>, removed: Vec<RepoPath>) -> Files<'a> {
        Files {
            repo,
            origin,
            files,
            removed,
            are_changes: true,
            here: RepoPath::root(),
            listing: OnceLock::new(),
            listing_is_made: Mutex::default(),
            texts: Texts::default(),
        }
    }
}
