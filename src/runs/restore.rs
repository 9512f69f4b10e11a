//! A run's code, and the data that goes with it, back in a worktree.
//!
//! The commit that has what the run left ([`Code::output`]) is checked out on a new branch, here or in
//! a new worktree, then the data that its pointers and locks name, then the files that were too large
//! for the snapshot. Nothing is overwritten that is neither committed nor in the cache: a worktree with
//! changes is refused before anything happens.
//!
//! Runs come from others: Git checks the name of the branch, and a file is written only to a path that
//! data could have.

use std::path::PathBuf;

use super::{Error, Result, Store};
use crate::data::checkout::{self, put};
use crate::data::fetch::{self, fetch_objects, pull};
use crate::data::index::Index;
use crate::data::project::WriteLock;
use crate::data::status::{ChangeKind, status};
use crate::data::{self, Progress, Project, Quiet};
use crate::format::run::{Code, LeftOut, Run, RunId};
use crate::format::{Kind, ObjectId, Target, tree};
use crate::fs::RepoPath;
use crate::git::{CommitId, Config, Git, Repo, Untracked};
use crate::remote::{self, Root};

/// Changed paths that an error names.
const EXAMPLES: usize = 3;

#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The new branch; `run/NAME` if none is asked for.
    pub branch: Option<String>,
    /// The new worktree, an absolute path; this one if none is asked for.
    pub worktree: Option<PathBuf>,
    /// Bring the code alone.
    pub no_data: bool,
}

/// What a restore is going to do.
#[derive(Debug)]
pub struct Plan {
    pub run: RunId,
    pub name: String,
    pub commit: CommitId,
    pub branch: String,
    pub worktree: Option<PathBuf>,
    /// Files that were too large for the snapshot, with their objects.
    pub files: Vec<(RepoPath, ObjectId)>,
    /// What cannot be brought back, whatever is in the cache or on a remote: [`Error::NotRestored`].
    pub lost: Vec<Error>,
    no_data: bool,
}

/// What a restore did.
#[derive(Debug, Default)]
pub struct Report {
    /// What came from remotes, where something had to.
    pub fetched: fetch::Report,
    pub checked_out: checkout::Report,
    /// Files that had been too large for the snapshot.
    pub files: Vec<RepoPath>,
    /// What could not be brought back: [`Error::NotRestored`].
    pub missing: Vec<Error>,
}

/// Finds out what restoring the run `id` takes. Changes nothing.
///
/// # Errors
/// The run or its commit is not here; the branch exists or cannot; this worktree is to be used and has
/// changes.
pub fn plan(project: &Project, id: RunId, options: &Options) -> Result<Plan> {
    let store = Store::new(&project.repo);
    let unknown = |id: RunId| Error::UnknownRun { name: id.to_string() };
    let tip = store.tip()?.ok_or_else(|| unknown(id))?;
    let run = store.run(tip, id)?.ok_or_else(|| unknown(id))?;
    let code = match (run.code.output(), run.parent) {
        // That of a stage is its parent's.
        (None, Some(parent)) => store.run(tip, parent)?.ok_or_else(|| unknown(parent))?.code,
        _ => run.code.clone(),
    };
    let Some(commit) = code.output() else { return Err(Error::NoCode { name: run.name }) };
    let commit = store.objects().find_commit(commit).ok_or_else(|| Error::no_commit(commit))?;
    let branch = options.branch.clone().unwrap_or_else(|| default_branch(&run.name));
    if !Repo::is_branch_name(&branch) {
        return Err(Error::BadBranch { name: branch });
    }
    if project.repo.ref_target(&format!("refs/heads/{branch}"))?.is_some() {
        return Err(Error::BranchExists { name: branch });
    }
    if options.worktree.is_none() {
        refuse_changes(project)?;
    }
    let (files, mut lost) = left_out(&code);
    lost.extend(lost_outs(project, commit, &run)?);
    let (worktree, no_data) = (options.worktree.clone(), options.no_data);
    Ok(Plan { run: id, name: run.name, commit, branch, worktree, files, lost, no_data })
}

/// `run/` and the name, as far as it is letters and digits.
fn default_branch(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    format!("run/{}", name.chars().map(plain).collect::<String>())
}

/// Refuses a worktree with changes that are not committed or, of data, not recorded.
fn refuse_changes(project: &Project) -> Result<()> {
    let entries = Git::new(&project.repo)?.status(Untracked::Grouped)?;
    let mut paths: Vec<RepoPath> = entries.iter().map(|entry| entry.path().clone()).collect();
    for target in status(project, &[], None, &Quiet)?.targets {
        // What is gone loses nothing.
        let changes = target.changes.into_iter().filter(|c| c.kind != ChangeKind::Deleted);
        paths.extend(changes.map(|change| change.path));
        if target.unrecorded {
            paths.push(target.path);
        }
    }
    if paths.is_empty() {
        return Ok(());
    }
    let count = paths.len();
    paths.truncate(EXAMPLES);
    Err(Error::Dirty { count, examples: paths })
}

/// Of what a snapshot left out, the files whose objects are known, and what is lost.
fn left_out(code: &Code) -> (Vec<(RepoPath, ObjectId)>, Vec<Error>) {
    let (mut files, mut lost) = (Vec::new(), Vec::new());
    for LeftOut { path, why, oid, .. } in &code.left_out {
        let why = match (&why[..], oid, file_path(path)) {
            ("large", Some(oid), Some(path)) => {
                files.push((path, *oid));
                continue;
            }
            ("large", Some(_), None) => "its name is not one that it can have here",
            ("large", None, _) => "it was too large to be kept",
            ("secret", ..) => "what looked like a secret was in it, and it was left out",
            ("untracked" | "settings", ..) => "`mlrun.snapshot` said to leave it out",
            ("submodule", ..) => "its commit is kept by the repository inside alone",
            _ => "it could not be read when the run began",
        };
        lost.push(not_restored(path, why));
    }
    (files, lost)
}

/// A path as data may have it. A name that was not text was recorded as something like it.
fn file_path(path: &str) -> Option<RepoPath> {
    let is_exact = !path.contains(char::REPLACEMENT_CHARACTER);
    let path = RepoPath::new(path).filter(|path| is_exact && !path.is_root())?;
    let is_allowed = path.components().all(|name| tree::check_name(name).is_ok());
    is_allowed.then_some(path)
}

/// Outs that neither the cache nor Git was told to hold, or that Git would not take.
fn lost_outs(project: &Project, commit: CommitId, run: &Run) -> Result<Vec<Error>> {
    let mut lost = Vec::new();
    for out in run.outs.iter().filter(|out| !out.cached) {
        let is_there = match RepoPath::new(&out.path[..]) {
            Some(path) => project.repo.entry_at(commit, &path)?.is_some(),
            None => false,
        };
        if !is_there {
            lost.push(not_restored(&out.path, "it is an out that was not kept (`cache: false`)"));
        }
    }
    Ok(lost)
}

fn not_restored(path: &str, why: impl Into<String>) -> Error {
    Error::NotRestored { path: path.to_owned(), why: why.into() }
}

/// Does what `plan` says. What single paths lack stands in the report.
///
/// # Errors
/// The branch or the worktree cannot be made; nothing happened then. The data cannot be checked out at
/// all; the branch is there then.
pub fn restore(
    project: &Project,
    plan: &Plan,
    progress: &(impl Progress + remote::Progress),
) -> Result<Report> {
    let git = Git::new(&project.repo)?;
    let mut there = match &plan.worktree {
        None => {
            git.switch_to_new(&plan.branch, plan.commit)?;
            // The commit may come with other settings.
            Project::open(project.repo.top())?
        }
        Some(path) => {
            git.add_worktree_with_new(path, &plan.branch, plan.commit)?;
            Project::of(Repo::at(path)?, path)?
        }
    };
    let mut report = Report::default();
    if plan.no_data {
        return Ok(report);
    }
    let configs = configs(&there, project);
    bring_data(&mut there, &configs, &mut report, progress)?;
    bring_files(&mut there, &configs, plan, &mut report, progress)?;
    Ok(report)
}

/// The settings whose remotes are asked in turn: those that came with the commit, then those of today.
/// The commit may be older than the remote that has its data by now, and its own may be gone.
fn configs(there: &Project, project: &Project) -> Vec<Config> {
    let (then, today) = (&there.config, &project.config);
    let mut configs = vec![then.clone()];
    if !today.has_remotes_of(then) {
        configs.push(today.clone());
    }
    configs.retain(|config| !config.remotes().is_empty());
    configs
}

/// Checks out what is tracked; the remotes of `configs` are asked for what the cache lacks.
fn bring_data(
    there: &mut Project,
    configs: &[Config],
    report: &mut Report,
    progress: &(impl Progress + remote::Progress),
) -> Result<()> {
    let options = checkout::Options::default();
    report.checked_out = checkout::checkout(there, &[], options, progress)?;
    let is_absent = |error: &data::Error| matches!(error, data::Error::NotInCache { .. });
    for config in configs {
        if !report.checked_out.errors.iter().any(is_absent) {
            break;
        }
        there.config = config.clone();
        let (fetched, again) = pull(there, &[], &fetch::Options::default(), options, progress)?;
        report.checked_out.targets.extend(again.targets);
        report.checked_out.errors = again.errors;
        report.fetched.remotes.extend(fetched.remotes);
        report.fetched.errors.extend(fetched.errors);
    }
    let errors = &mut report.checked_out.errors;
    if !errors.iter().any(is_absent) {
        // What one remote could not give, the next one did.
        report.fetched.errors.clear();
    } else if !report.fetched.errors.is_empty() {
        // What could not be fetched was named; that it is not in the cache is no news.
        errors.retain(|error| !is_absent(error));
    }
    Ok(())
}

fn bring_files(
    there: &mut Project,
    configs: &[Config],
    plan: &Plan,
    report: &mut Report,
    progress: &(impl Progress + remote::Progress),
) -> Result<()> {
    if plan.files.is_empty() {
        return Ok(());
    }
    let lock = there.lock("mlrun restore", progress)?;
    for config in configs {
        let mut roots = Vec::new();
        for (path, oid) in &plan.files {
            if !there.cache.contains(oid)? {
                let (kind, name) = (Kind::Blob, path.as_bytes().to_vec());
                roots.push(Root { oid: *oid, kind, size: None, name });
            }
        }
        if roots.is_empty() {
            break;
        }
        there.config = config.clone();
        // What it lacks, each file tells.
        let fetched = fetch_objects(there, &lock, &roots, progress);
        report.fetched.remotes.extend(fetched.ok());
    }
    for (path, oid) in &plan.files {
        match bring_file(there, &lock, plan.commit, path, *oid) {
            Ok(()) => report.files.push(path.clone()),
            Err(why) => report.missing.push(not_restored(&path.to_string(), why)),
        }
    }
    Ok(())
}

/// Writes one file, whole or not at all. What the commit has in its place is replaced, nothing else.
fn bring_file(
    there: &Project,
    lock: &WriteLock,
    commit: CommitId,
    path: &RepoPath,
    oid: ObjectId,
) -> Result<(), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let committed = there.repo.entry_at(commit, path).map_err(|error| text(&error))?;
    let committed = committed.and_then(|entry| entry.as_file());
    if committed.is_none() && there.lstat(path).map_err(|error| text(&error))?.is_some() {
        return Err("something else is there".to_owned());
    }
    let size = there.cache.size(&oid).map_err(|error| text(&error))?;
    let want = Target::File { oid, size, exec: committed == Some(true) };
    let done = put(there, lock, path, want, &Index::default(), "restore");
    done.map(drop).map_err(|error| text(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_are_named_after_runs() {
        for (name, branch) in [
            ("quiet-otter-417", "run/quiet-otter-417"),
            ("quiet-otter-417/sub/mlrun.yaml:train", "run/quiet-otter-417-sub-mlrun-yaml-train"),
            ("..", "run/--"),
            ("x.lock", "run/x-lock"),
        ] {
            assert_eq!(default_branch(name), branch);
            assert!(Repo::is_branch_name(branch), "{branch}");
        }
        for bad in ["", "-x", "a..b", "a b", "a.lock", "a\n", "@{1}", "HEAD"] {
            assert!(!Repo::is_branch_name(bad), "{bad}");
        }
    }

    #[test]
    fn paths_of_others_stay_in_the_worktree() {
        for good in ["big.bin", "a/b c"] {
            assert_eq!(file_path(good), RepoPath::new(good));
        }
        for bad in ["", "/etc/passwd", "../x", "a/../b", ".git/config", "a/.GIT/x", "a\u{fffd}"] {
            assert_eq!(file_path(bad), None, "{bad}");
        }
    }
}
