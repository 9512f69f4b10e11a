//! `git mldata push`: sends what pointers name and a remote lacks.

use std::collections::BTreeSet;
use std::ffi::OsString;

use super::project::{Threads, on_threads};
use super::remotes::{self, Access};
pub use super::revisions::{Options, Revisions};
use super::revisions::{at_remote, by_remote, open_remote, root_of};
use super::tracked::{TrackedPath, TrackedPaths};
use super::{Error, Project, Result, Selection};
use crate::format::ObjectId;
use crate::fs::{self, RepoPath};
use crate::git::Git;
use crate::remote::{Progress, PushReport, PushRequest, Remote as _, Root};

/// What one remote got.
#[derive(Debug)]
pub struct Pushed {
    pub remote: String,
    pub place: String,
    pub report: PushReport,
}

#[derive(Debug, Default)]
pub struct Report {
    pub remotes: Vec<Pushed>,
    pub errors: Vec<Error>,
}

/// Pushes what `targets` name, or everything if there are none. Of a directory everything is pushed,
/// also where only a path inside of it was named: a remote never has half a directory.
///
/// # Errors
/// Nothing could be done at all. What is missing stands in the report; everything else went.
pub fn push(
    project: &Project,
    targets: &[OsString],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Report> {
    let selection = Selection::parse(project, targets)?;
    if let Some(name) = &options.remote {
        remotes::resolve(&project.repo, &project.config, Some(name))?;
    }
    let tracked = options.revisions.tracked(project, &selection)?;
    let mut report = Report { errors: tracked.errors, ..Report::default() };
    mark_inside(&selection, &tracked.paths);
    report.errors.extend(selection.unmatched_errors());
    let paths: Vec<_> = tracked.paths.into_iter().filter(|tracked| tracked.push).collect();
    let repository = repository_id(project)?;
    let commit = project.repo.head()?.map(|commit| commit.to_string()).unwrap_or_default();
    for (name, group) in by_remote(&paths, options.remote.as_deref()) {
        let mut roots: Vec<Root> = group.into_iter().map(root_of).collect();
        roots.sort_by(|a, b| (a.oid, a.kind, &a.name).cmp(&(b.oid, b.kind, &b.name)));
        roots.dedup_by_key(|root| (root.oid, root.kind));
        match push_group(project, name.as_deref(), &roots, &repository, &commit, options, progress)
        {
            Ok(mut pushed) => {
                let missing = std::mem::take(&mut pushed.report.missing);
                report.errors.extend(
                    missing
                        .into_iter()
                        .map(|missing| Error::Lost { remote: pushed.remote.clone(), missing }),
                );
                report.remotes.push(pushed);
            }
            Err(error) => report.errors.push(error),
        }
    }
    Ok(report)
}

/// Pushes `roots`, whatever names them, to the remote that was asked for or the default one.
///
/// # Errors
/// There is no such remote, or it cannot be used. What is missing stands in the report.
pub fn push_objects(
    project: &Project,
    roots: &[Root],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Pushed> {
    let repository = repository_id(project)?;
    let commit = project.repo.head()?.map(|commit| commit.to_string()).unwrap_or_default();
    let remote = options.remote.as_deref();
    push_group(project, remote, roots, &repository, &commit, options, progress)
}

fn push_group(
    project: &Project,
    name: Option<&str>,
    roots: &[Root],
    repository: &str,
    commit: &str,
    options: &Options,
    progress: &dyn Progress,
) -> Result<Pushed> {
    let access = if options.dry_run { Access::Open } else { Access::Create };
    let (name, remote) = open_remote(project, name, access)?;
    let request = PushRequest {
        roots,
        cache: &project.cache,
        repository,
        commit,
        time: jiff::Timestamp::now().as_second(),
        progress,
        dry_run: options.dry_run,
    };
    let report = on_threads(options.jobs, Threads::Writing, || remote.push(&request))
        .map_err(at_remote(&name))?;
    Ok(Pushed { place: remote.place(), remote: name, report })
}

/// Whatever lies inside of a directory that is pushed was found.
fn mark_inside(selection: &Selection, tracked: &[super::tracked::TrackedPath]) {
    for path in selection.paths() {
        if tracked.iter().any(|tracked| path.below(&tracked.path).is_some()) {
            selection.entry(path.as_bytes());
        }
    }
}

/// The name under which this repository's pushes are recorded: the same in all clones, because it is
/// made from the first commit, and kept in a file, because that takes a walk through history.
fn repository_id(project: &Project) -> Result<String> {
    let path = project.shared_dir().join("repository");
    let valid = |id: &str| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit());
    match fs::read_bounded(&path, 100) {
        Ok(bytes) => {
            let id = String::from_utf8_lossy(&bytes).trim().to_owned();
            if valid(&id) {
                return Ok(id);
            }
        }
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error.into()),
    }
    if project.repo.head()?.is_none() {
        return Ok(crate::remote::random_id()?.to_string());
    }
    let roots = Git::new(&project.repo)?.run(&["rev-list", "--max-parents=0", "HEAD"])?;
    let first =
        String::from_utf8_lossy(&roots).lines().min().map(str::to_owned).unwrap_or_default();
    let id = ObjectId::of(first.as_bytes()).to_hex()[..32].to_owned();
    fs::create_dir_all(&project.shared_dir())?;
    fs::write_atomic(&path, format!("{id}\n").as_bytes(), &project.shared_dir())?;
    Ok(id)
}

/// Which of the targets of a status the remote `name`, or the one each belongs to, does not have and
/// `push` would send.
pub fn absent(
    project: &Project,
    report: &super::status::Report,
    name: Option<&str>,
) -> Result<BTreeSet<RepoPath>> {
    let git = project.repo.index()?;
    let tracked = TrackedPaths::in_worktree(project, &git, &project.index()?)?;
    let shown = |path: &RepoPath| report.targets.iter().any(|target| target.path == *path);
    let asked = |tracked: &TrackedPath| tracked.push && shown(&tracked.path);
    let paths: Vec<_> = tracked.paths.into_iter().filter(asked).collect();
    let mut absent = BTreeSet::new();
    for (name, group) in by_remote(&paths, name) {
        let (name, remote) = open_remote(project, name.as_deref(), Access::Open)?;
        let roots: Vec<_> = group.iter().map(|tracked| root_of(tracked)).collect();
        let ids: Vec<_> = roots.iter().map(|root| (root.oid, root.kind)).collect();
        let found = remote.has(&ids).map_err(at_remote(&name))?;
        let missing = group.into_iter().zip(found).filter(|(_, found)| !found);
        absent.extend(missing.map(|(tracked, _)| tracked.path.clone()));
    }
    Ok(absent)
}
