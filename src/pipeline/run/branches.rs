//! Reproducing branches that are not checked out.
//!
//! Each branch gets a worktree of its own inside of the repository's directory, on the file system of
//! the cache, so that data comes by reflink; it has no index and needs none but what its stages read
//! and write. The user's worktree is not touched. What ran is in the run cache afterwards: after
//! `git switch`, `repro` takes it from there. With `commit`, the branch moves forward by one commit,
//! made by `git commit`, so that hooks and signing apply.
//!
//! A lock file beside each worktree is held while it is in use. Those of killed commands are removed by
//! the next one.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use globset::GlobBuilder;

use super::events::{Observer, Outcome};
use super::interrupt::Interrupt;
use super::recorder::paths_left;
use super::repro::{self, Options, repro};
use crate::data::Project;
use crate::format::run::RunId;
use crate::fs::{self, At as _, FileLock, RepoPath};
use crate::git::{Branch, Git, Repo};
use crate::pipeline::source::Worktree;
use crate::pipeline::workspace::Request;
use crate::pipeline::{Error, Result, Workspace};
use crate::runs::last::LastRun;
use crate::runs::trailer;

/// What is to be done on each branch.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// As on a command line in the directory `here` of the branch's worktree.
    pub request: Request<'a>,
    pub options: Options,
    /// Branches that are worked on at a time.
    pub at_once: usize,
    /// The message of the commit that records what changed, if one is wanted.
    pub commit: Option<String>,
}

/// What became of one branch.
#[derive(Debug)]
pub struct BranchReport {
    pub branch: String,
    pub result: Result<Reproduced>,
}

#[derive(Debug)]
pub struct Reproduced {
    pub report: repro::Report,
    /// What moved the branch forward, by the short id of the new commit.
    pub commit: Option<String>,
}

impl Reproduced {
    /// Every stage came out well.
    pub fn is_success(&self) -> bool {
        let failed = |outcome: &Outcome| {
            matches!(outcome, Outcome::Failed { .. } | Outcome::Blocked | Outcome::Cancelled)
        };
        self.report.errors.is_empty() && !self.report.stages.iter().any(|(_, o)| failed(o))
    }
}

/// The local branches that match any of `patterns`: names, or globs in which `*` stays between slashes.
///
/// # Errors
/// A pattern matches none, or is malformed.
pub fn select(project: &Project, patterns: &[String]) -> Result<Vec<Branch>> {
    let branches = project.repo.local_branches()?;
    let mut wanted = vec![false; branches.len()];
    for pattern in patterns {
        let bad = |error: globset::Error| {
            let (pattern, reason) = (pattern.clone(), error.kind().to_string());
            Error::Data(crate::data::Error::BadGlob { pattern, reason })
        };
        let matcher = GlobBuilder::new(pattern)
            .literal_separator(true)
            .build()
            .map_err(bad)?
            .compile_matcher();
        let mut any = false;
        for (branch, wanted) in branches.iter().zip(&mut wanted) {
            if branch.name == *pattern || matcher.is_match(&branch.name) {
                *wanted = true;
                any = true;
            }
        }
        if !any {
            return Err(Error::NoBranch { pattern: pattern.clone() });
        }
    }
    let chosen = branches.into_iter().zip(wanted).filter(|(_, wanted)| *wanted);
    Ok(chosen.map(|(branch, _)| branch).collect())
}

/// Reproduces `branches`, none of which may be checked out. `observer` makes one for each branch.
/// Reports come in the order of the branches.
///
/// # Errors
/// Nothing could be done at all.
pub fn reproduce<'o>(
    project: &Project,
    branches: &[Branch],
    plan: &Plan<'_>,
    observer: &(dyn Fn(&str) -> Box<dyn Observer + 'o> + Sync),
    interrupt: &Interrupt,
) -> Result<Vec<BranchReport>> {
    let root = root(project);
    fs::create_dir_all(&root)?;
    remove_abandoned(project, &root)?;
    let next = AtomicUsize::new(0);
    let reports: Mutex<Vec<(usize, BranchReport)>> = Mutex::default();
    // `git worktree` takes no turns with itself.
    let turn = Mutex::new(());
    std::thread::scope(|scope| {
        for _ in 0..plan.at_once.clamp(1, branches.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(branch) = branches.get(at) else { return };
                    let result = match interrupt.is_set() {
                        true => Err(Error::Interrupted),
                        false => {
                            let observer = observer(&branch.name);
                            one(project, &root, branch, plan, &*observer, interrupt, &turn)
                        }
                    };
                    let report = BranchReport { branch: branch.name.clone(), result };
                    reports.lock().expect("no panic while holding the lock").push((at, report));
                }
            });
        }
    });
    let mut reports = reports.into_inner().expect("no panic while holding the lock");
    reports.sort_by_key(|(at, _)| *at);
    Ok(reports.into_iter().map(|(_, report)| report).collect())
}

/// Where the worktrees are made: `mlrun.worktrees`, or in the directory that all worktrees share.
fn root(project: &Project) -> PathBuf {
    match project.config.git_string("mlrun.worktrees") {
        Some(path) => project.repo.top().join(path),
        None => project.shared_dir().join("worktrees"),
    }
}

/// A worktree in use; removed when dropped.
struct Place<'a> {
    project: &'a Project,
    path: PathBuf,
    turn: &'a Mutex<()>,
    lock: Option<FileLock>,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let _turn = self.turn.lock();
        let _ = remove(self.project, &self.path);
        self.lock = None;
        let _ = std::fs::remove_file(lock_of(&self.path));
    }
}

fn one(
    project: &Project,
    root: &Path,
    branch: &Branch,
    plan: &Plan<'_>,
    observer: &dyn Observer,
    interrupt: &Interrupt,
    turn: &Mutex<()>,
) -> Result<Reproduced> {
    let path = root.join(directory_name(&branch.name));
    let held = FileLock::acquire(&lock_of(&path), "git mlrun repro", Some(Duration::ZERO), &|_| {})
        .map_err(crate::cache::Error::from)?;
    let place = Place { project, path, turn, lock: Some(held) };
    {
        let _turn = turn.lock().expect("no panic while holding the lock");
        let git = Git::new(&project.repo)?;
        git.add_worktree(&place.path, &branch.name, plan.commit.is_some())?;
    }
    let there = Project::of(Repo::at(&place.path)?, &place.path)?;
    let workspace = Workspace::open(&Worktree(&there), &plan.request)?;
    let report = repro(&there, &workspace, &plan.options, observer, interrupt)?;
    let mut reproduced = Reproduced { report, commit: None };
    if let Some(message) = &plan.commit
        && reproduced.is_success()
        && !reproduced.report.interrupted
    {
        let run = reproduced.report.run.as_ref().map(|run| run.id);
        reproduced.commit = commit(&there, &workspace, message, run)?;
    }
    Ok(reproduced)
}

/// Commits what a `repro` of `workspace` may have changed: locks, outs that Git tracks, and what makes
/// Git ignore the others. Its trailer names `run`, or the last one that left the locks as they are.
/// Returns the short id of the commit; `None` if nothing changed.
pub fn commit(
    project: &Project,
    workspace: &Workspace,
    message: &str,
    run: Option<RunId>,
) -> Result<Option<String>> {
    let paths = paths_left(workspace.graph.stages().iter());
    let mut there = Vec::new();
    for path in paths {
        if project.lstat(&path)?.is_some() {
            there.push(path);
        }
    }
    let git = Git::new(&project.repo)?;
    let visible = git.ignored(&there)?;
    let there: Vec<RepoPath> = there
        .into_iter()
        .zip(visible)
        .filter_map(|(path, ignored)| ignored.is_none().then_some(path))
        .collect();
    let run = run.or_else(|| LastRun::of_locks(project, &there));
    let trailer = run.map(|run| format!("{}: {run}", trailer::KEY));
    if !git.commit_paths(&there, message, trailer.as_deref())? {
        return Ok(None);
    }
    let head = project.repo.commit("HEAD")?;
    Ok(Some(project.repo.short_id(head)))
}

/// A file name for a branch: readable, and one of its own for each branch.
fn directory_name(branch: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let id = crate::format::ObjectId::of(branch.as_bytes()).to_hex();
    let readable: String = branch.chars().map(plain).take(60).collect();
    format!("mlrun-{readable}-{}", &id[..8])
}

fn lock_of(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

/// Removes worktrees that killed commands left.
fn remove_abandoned(project: &Project, root: &Path) -> Result<()> {
    let entries = std::fs::read_dir(root).at("read directory", root)?;
    for entry in entries.flatten() {
        let path = entry.path();
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(b"mlrun-");
        if !is_ours || !path.is_dir() {
            continue;
        }
        let lock = lock_of(&path);
        if FileLock::acquire(&lock, "git mlrun repro", Some(Duration::ZERO), &|_| {}).is_ok() {
            remove(project, &path)?;
            let _ = std::fs::remove_file(lock);
        }
    }
    Ok(())
}

fn remove(project: &Project, path: &Path) -> Result<()> {
    let git = Git::new(&project.repo)?;
    if git.remove_worktree(path).is_err() && path.exists() {
        // Git does not know it, or not any more.
        std::fs::remove_dir_all(path).at("remove", path)?;
        git.run(&["worktree", "prune"])?;
    }
    Ok(())
}
