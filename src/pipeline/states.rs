//! The states of the repository that a view compares: its worktree, and commits.
//!
//! Revisions are those of `gitrevisions(7)`. A state is called what the user typed; commits that
//! nobody typed, by their short ids.

use std::collections::HashSet;
use std::path::Path;

use super::source::{Source, Worktree};
use super::{InGit, Result};
use crate::data::Project;
use crate::data::tracked::TrackedPaths;
use crate::fs::{self, RepoPath};
use crate::git::{CommitId, Git};

/// What the worktree is called among revisions.
pub const WORKTREE: &str = "worktree";

/// One state of the repository's files, with its name.
pub struct State<'a> {
    /// As the user typed it; a short id if nobody did. Not escaped.
    pub name: String,
    project: &'a Project,
    files: Files<'a>,
}

enum Files<'a> {
    Worktree(Worktree<'a>),
    Commit(CommitId, Box<InGit<'a>>),
}

/// Which states were asked for.
#[derive(Clone, Debug, Default)]
pub struct Revisions {
    /// In the order in which they were typed.
    pub named: Vec<String>,
    pub all_branches: bool,
    pub all_tags: bool,
    /// Every commit that a branch or tag leads to.
    pub all_commits: bool,
    /// Of each named revision, or of HEAD, this many commits along first parents.
    pub count: Option<usize>,
}

/// The two ends of a comparison; `None` is the worktree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends {
    pub old: Option<String>,
    pub new: Option<String>,
}

impl<'a> State<'a> {
    pub fn worktree(project: &'a Project) -> State<'a> {
        let files = Files::Worktree(Worktree(project));
        State { name: WORKTREE.to_owned(), project, files }
    }

    /// The commit that the revision `name` stands for.
    pub fn revision(project: &'a Project, name: &str) -> Result<State<'a>> {
        Ok(State::commit(project, project.repo.commit(name)?, name.to_owned()))
    }

    fn commit(project: &'a Project, commit: CommitId, name: String) -> State<'a> {
        let files = Files::Commit(commit, Box::new(InGit::commit(project, commit, name.clone())));
        State { name, project, files }
    }

    pub fn project(&self) -> &'a Project {
        self.project
    }

    /// The commit; `None` for the worktree.
    pub fn commit_id(&self) -> Option<CommitId> {
        match &self.files {
            Files::Worktree(_) => None,
            Files::Commit(commit, _) => Some(*commit),
        }
    }

    /// What is tracked: by the worktree's pointers, or by the commit's.
    pub fn tracked(&self) -> Result<TrackedPaths> {
        let project = self.project;
        Ok(match self.commit_id() {
            None => TrackedPaths::in_worktree(project, &project.repo.index()?, &project.index()?)?,
            Some(commit) => TrackedPaths::at_commits(project, &[commit])?,
        })
    }

    /// Every file at or below `path`, ascending; of the worktree without what `.git` holds and
    /// without what lies behind links to directories.
    pub fn files_below(&self, path: &RepoPath) -> Result<Vec<RepoPath>> {
        match &self.files {
            Files::Worktree(_) => worktree_files(self.project, path),
            Files::Commit(_, files) => files.files_below(path),
        }
    }
}

impl Source for State<'_> {
    fn read(&self, path: &RepoPath) -> Result<Option<Vec<u8>>> {
        match &self.files {
            Files::Worktree(files) => files.read(path),
            Files::Commit(_, files) => files.read(path),
        }
    }

    fn top(&self) -> Option<&Path> {
        Some(self.project.repo.top())
    }

    fn named(&self, names: &[&str]) -> Result<Vec<RepoPath>> {
        match &self.files {
            Files::Worktree(files) => files.named(names),
            Files::Commit(_, files) => files.named(names),
        }
    }
}

fn worktree_files(project: &Project, start: &RepoPath) -> Result<Vec<RepoPath>> {
    let mut found = Vec::new();
    let mut pending = vec![start.clone()];
    while let Some(path) = pending.pop() {
        let absolute = project.repo.absolute(&path);
        match fs::lstat(&absolute)?.map(|stat| stat.file_type()) {
            Some(fs::FileType::Directory) => {
                let opened = fs::open_dir(&absolute)?;
                let list = fs::DirList::read(std::os::fd::AsFd::as_fd(&opened), &absolute)?;
                let names = (0..list.len()).map(|at| list.name(at)).filter(|name| *name != b".git");
                pending.extend(names.map(|name| path.join(name)));
            }
            Some(fs::FileType::Regular | fs::FileType::Link) => found.push(path),
            Some(fs::FileType::Other) | None => {}
        }
    }
    found.sort();
    Ok(found)
}

impl Revisions {
    /// The states that are meant, each once, in the order: the worktree, unless revisions were named;
    /// named revisions; branches; tags; other commits, newest first.
    ///
    /// # Errors
    /// A name is not a revision of this repository.
    pub fn states<'a>(&self, project: &'a Project) -> Result<Vec<State<'a>>> {
        let repo = &project.repo;
        let mut states = Vec::new();
        if self.named.is_empty() {
            states.push(State::worktree(project));
        }
        let mut commits: Vec<(CommitId, Option<String>)> = Vec::new();
        for name in &self.named {
            match name.contains("..") {
                true => {
                    let range = Git::new(repo)?.commits_of(name)?;
                    commits.extend(range.into_iter().map(|id| (id, None)));
                }
                false => commits.push((repo.commit(name)?, Some(name.clone()))),
            }
        }
        if let Some(count) = self.count {
            if self.named.is_empty() {
                commits.extend(repo.head()?.map(|id| (id, Some("HEAD".to_owned()))));
            }
            for (tip, name) in std::mem::take(&mut commits) {
                let line = repo.first_parents(tip, count)?;
                commits.extend(line.into_iter().map(|id| (id, name.clone().filter(|_| id == tip))));
            }
        }
        let named = |(name, id): (String, CommitId)| (id, Some(name));
        if self.all_branches {
            commits.extend(repo.named_branches()?.into_iter().map(named));
        }
        if self.all_tags {
            commits.extend(repo.named_tags()?.into_iter().map(named));
        }
        if self.all_commits {
            let known: HashSet<CommitId> = commits.iter().map(|(id, _)| *id).collect();
            let all = repo.all_commits()?.into_iter().filter(|id| !known.contains(id));
            commits.extend(all.map(|id| (id, None)));
        }
        let mut seen = HashSet::new();
        for (id, name) in commits {
            let name = name.unwrap_or_else(|| repo.short_id(id));
            if seen.insert((id, name.clone())) {
                states.push(State::commit(project, id, name));
            }
        }
        Ok(states)
    }
}

impl Ends {
    /// Reads what was typed, as `git diff` does: nothing is HEAD and the worktree, `A` is A and the
    /// worktree, `A B` and `A..B` are A and B, and `A...B` is where B left A, and B.
    ///
    /// # Errors
    /// More than two revisions, or the two of `A...B` have nothing in common.
    pub fn parse(project: &Project, typed: &[String]) -> Result<Ends> {
        let or_head = |name: &str| if name.is_empty() { "HEAD" } else { name }.to_owned();
        let (old, new) = match typed {
            [] => ("HEAD".to_owned(), None),
            [one] => match (one.split_once("..."), one.split_once("..")) {
                (Some((old, new)), _) => {
                    let (old, new) = (or_head(old), or_head(new));
                    (merge_base(project, &old, &new)?, Some(new))
                }
                (None, Some((old, new))) => (or_head(old), Some(or_head(new))),
                (None, None) => (one.clone(), None),
            },
            [old, new] => (old.clone(), Some(new.clone())),
            [..] => {
                let count = typed.len();
                return Err(super::Error::TooManyRevisions { count });
            }
        };
        Ok(Ends { old: Some(old), new })
    }

    /// The two states.
    pub fn states<'a>(&self, project: &'a Project) -> Result<(State<'a>, State<'a>)> {
        let state = |name: &Option<String>| match name {
            Some(name) => State::revision(project, name),
            None => Ok(State::worktree(project)),
        };
        Ok((state(&self.old)?, state(&self.new)?))
    }
}

fn merge_base(project: &Project, old: &str, new: &str) -> Result<String> {
    let repo = &project.repo;
    let ids = [repo.commit(old)?.to_string(), repo.commit(new)?.to_string()];
    let found = Git::new(repo)?.run(&["merge-base", &ids[0], &ids[1]])?;
    let id = repo.commit(String::from_utf8_lossy(&found).trim())?;
    Ok(repo.short_id(id))
}
