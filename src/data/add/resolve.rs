//! From what was typed to what is to be added, with every reason to refuse.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;

use crate::data::tracked::{NamedBy, TrackedPath, TrackedPaths, pointer_path};
use crate::data::{Error, Project, Result, Selection};
use crate::format::{Pointer, pointer, tree};
use crate::fs::{FileType, RepoPath};
use crate::git::{Git, GitIndex, SHARED_CONFIG};

/// One pointer to write.
#[derive(Debug)]
pub(super) struct Job {
    pub path: RepoPath,
    /// `None`: not tracked so far.
    pub tracked: Option<TrackedPath>,
    /// Paths below the target; empty for all of it.
    pub parts: BTreeSet<RepoPath>,
}

/// The jobs, ascending by path, and what is refused.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    pub jobs: BTreeMap<RepoPath, Job>,
    pub errors: Vec<Error>,
}

/// The longest name that leaves room for `.mldata` (a name has 255 bytes at most).
const MAX_NAME: usize = 255 - pointer::SUFFIX.len();

pub(super) fn resolve(
    project: &Project,
    git: &GitIndex,
    tracked: &TrackedPaths,
    targets: &[OsString],
) -> Result<Jobs> {
    let mut jobs = Jobs::default();
    if targets.is_empty() {
        for tracked in &tracked.paths {
            // What a stage writes is recorded with the stage, not by itself.
            if tracked.lock().is_none() && project.lstat(&tracked.path)?.is_some() {
                jobs.push_tracked(tracked, &tracked.path);
            }
        }
        return Ok(jobs);
    }
    for target in targets {
        let selection = match Selection::parse(project, std::slice::from_ref(target)) {
            Ok(selection) => selection,
            Err(error) => {
                jobs.errors.push(error);
                continue;
            }
        };
        let paths: Vec<RepoPath> = if selection.has_globs() {
            let found = expand(project, &selection);
            if found.is_empty() {
                jobs.errors.extend(selection.unmatched_errors());
            }
            found
        } else {
            selection.paths().cloned().collect()
        };
        for path in paths {
            match tracked.containing(&path) {
                Some(TrackedPath { path, named_by: NamedBy::Lock { file, stage }, .. }) => {
                    jobs.errors.push(Error::IsOut {
                        path: path.clone(),
                        lock: file.clone(),
                        stage: stage.clone(),
                    });
                }
                Some(tracked) => jobs.push_tracked(tracked, &path),
                None => match check_new(project, git, tracked, &path) {
                    Ok(None) => jobs.push_new(path),
                    Ok(Some(tracked)) => jobs.push_tracked(&tracked, &path),
                    Err(error) => jobs.errors.push(error),
                },
            }
        }
    }
    jobs.refuse_overlaps();
    jobs.refuse_ignored_pointers(project)?;
    Ok(jobs)
}

impl Jobs {
    fn push_new(&mut self, path: RepoPath) {
        let job = Job { path: path.clone(), tracked: None, parts: BTreeSet::new() };
        self.jobs.entry(path).or_insert(job);
    }

    fn push_tracked(&mut self, tracked: &TrackedPath, path: &RepoPath) {
        let whole = *path == tracked.path;
        let known = self.jobs.get(&tracked.path).map(|job| job.parts.is_empty());
        let job = self.jobs.entry(tracked.path.clone()).or_insert_with(|| Job {
            path: tracked.path.clone(),
            tracked: Some(tracked.clone()),
            parts: BTreeSet::new(),
        });
        if whole {
            job.parts.clear();
        } else if known != Some(true) && ancestors(path).all(|outer| !job.parts.contains(&outer)) {
            // `a-b` sorts between `a` and `a/b`.
            let first = path.join(b"\0");
            let inner = job.parts.range(first..).take_while(|part| part.below(path).is_some());
            let inner: Vec<RepoPath> = inner.cloned().collect();
            for part in &inner {
                job.parts.remove(part);
            }
            job.parts.insert(path.clone());
        }
    }

    /// Of two new targets, one inside the other, the outer one wins.
    fn refuse_overlaps(&mut self) {
        let paths: Vec<RepoPath> = self.jobs.keys().cloned().collect();
        for path in &paths {
            if let Some(other) = ancestors(path).skip(1).find(|outer| self.jobs.contains_key(outer))
            {
                self.jobs.remove(path);
                self.errors.push(Error::Overlap { path: path.clone(), other });
            }
        }
    }

    /// A pointer that Git ignores would never be committed.
    fn refuse_ignored_pointers(&mut self, project: &Project) -> Result<()> {
        let new = self.jobs.values().filter(|job| job.tracked.is_none());
        let paths: Vec<RepoPath> = new.map(|job| job.path.clone()).collect();
        if paths.is_empty() {
            return Ok(());
        }
        let pointers: Vec<RepoPath> = paths.iter().map(pointer_path).collect();
        let matches = Git::new(&project.repo)?.ignored(&pointers)?;
        for ((path, pointer), by) in paths.iter().zip(pointers).zip(matches) {
            if let Some(by) = by {
                self.jobs.remove(path);
                self.errors.push(Error::PointerIgnored { pointer, by });
            }
        }
        Ok(())
    }
}

/// The path itself and the directories that it is in, without the top of the worktree.
fn ancestors(path: &RepoPath) -> impl Iterator<Item = RepoPath> {
    let not_root = |path: &RepoPath| !path.is_root();
    std::iter::successors(Some(path.clone()), RepoPath::parent).take_while(not_root)
}

/// Files that say how Git is to treat others.
const GITS_OWN: [&[u8]; 4] = [b".gitignore", b".gitattributes", b".gitmodules", b".mldataignore"];

/// Why the name of `path` is none that a target of its own may have.
pub fn name_refusal(path: &RepoPath) -> Option<&'static str> {
    let name = path.file_name();
    if path.is_root() {
        return Some("it is the whole worktree; name the directories that hold data");
    }
    if name.len() > MAX_NAME {
        return Some(
            "its name is longer than 248 bytes, so that its pointer's name would be too long",
        );
    }
    if name.contains(&b'\n') || name.contains(&b'\r') {
        return Some("its name has a line break, which `.gitignore` cannot hold");
    }
    if name.ends_with(pointer::SUFFIX.as_bytes()) {
        return Some("its name ends in `.mldata`, as those of pointers do");
    }
    if GITS_OWN.contains(&name) || path.as_bytes() == SHARED_CONFIG.as_bytes() {
        return Some("Git or git mldata reads it: it has to be committed itself");
    }
    if path.components().any(|name| tree::check_name(name).is_err()) {
        return Some("Git's own directory is not data");
    }
    None
}

/// Whether `path` may become a target. A pointer that stands there, or above, and that neither
/// Git nor this worktree's index knows is returned; one that cannot be understood is not overwritten.
fn check_new(
    project: &Project,
    git: &GitIndex,
    tracked: &TrackedPaths,
    path: &RepoPath,
) -> Result<Option<TrackedPath>> {
    if let Some(reason) = name_refusal(path) {
        return Err(Error::BadName { path: path.clone(), reason });
    }
    let bad = |reason| Err(Error::BadName { path: path.clone(), reason });
    if let Some(link) = project.link_above(path)? {
        return Err(Error::BehindLink { path: path.clone(), link });
    }
    let Some(stat) = project.lstat(path)? else {
        return Err(Error::NotFound { path: path.clone() });
    };
    match stat.file_type() {
        FileType::Regular | FileType::Directory => {}
        FileType::Link => {
            return bad("it is a symbolic link; add what it points to, or let Git track the link");
        }
        FileType::Other => return Err(Error::SpecialFile { path: path.clone() }),
    }
    if let Some(other) = tracked.inside(path) {
        return Err(Error::Overlap { path: path.clone(), other: other.path.clone() });
    }
    if let Some(tracked) = git.tracked_at_or_below(path) {
        return Err(Error::TrackedByGit { path: path.clone(), tracked });
    }
    let mut outer = Some(path.clone());
    while let Some(path) = outer.filter(|path| !path.is_root()) {
        let pointer_path = pointer_path(&path);
        if let Some(text) = project.read_text(&pointer_path)? {
            return match Pointer::parse(&text) {
                Ok(pointer) => Ok(Some(TrackedPath::from_pointer(path, pointer_path, pointer))),
                Err(source) => Err(Error::Format { path: pointer_path, source }),
            };
        }
        outer = path.parent();
    }
    Ok(None)
}

/// The paths of the worktree that a glob matches; what is below a match is not looked at.
fn expand(project: &Project, selection: &Selection) -> Vec<RepoPath> {
    let top = project.repo.top().to_owned();
    let start = project.repo.absolute(&project.prefix);
    let mut found = Vec::new();
    let mut walker = ignore::WalkBuilder::new(start);
    walker.standard_filters(false).follow_links(false).sort_by_file_name(|a, b| a.cmp(b));
    walker.filter_entry(|entry| entry.file_name() != ".git");
    let mut last: Option<RepoPath> = None;
    for entry in walker.build().flatten() {
        let Ok(relative) = entry.path().strip_prefix(&top) else { continue };
        let Some(path) = RepoPath::new(relative.as_os_str().as_bytes()) else { continue };
        let own = path.file_name().ends_with(pointer::SUFFIX.as_bytes())
            || path.file_name() == b".gitignore";
        let inside = last.as_ref().is_some_and(|last| path.below(last).is_some());
        if path.is_root() || own || inside {
            continue;
        }
        if selection.entry(path.as_bytes()) == crate::data::select::Coverage::Full {
            found.push(path.clone());
            last = Some(path);
        }
    }
    found
}
