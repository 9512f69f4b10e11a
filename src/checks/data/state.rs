//! The state that a commit would have, as far as rules about pointers, locks and pipelines ask for it.
//!
//! A repository that has none of these is known by one look at the names in its index, and no rule is
//! asked. Else, files are read as rules come to them, and locks and pipelines at most once. Of pipelines
//! only those are read that can have to do with what changed: in their directories or below, or anywhere
//! if their paths may lead there.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::{File, Files, Finding, Place, Result};
use crate::data::Project;
use crate::format::lock::{self, PartialLock};
use crate::format::{self, Lock, pointer};
use crate::fs::RepoPath;
use crate::git::GitFiles;
use crate::pipeline::file::NAMES;
use crate::pipeline::workspace::may_reach_out;
use crate::pipeline::{self, InGit, Loaded, Stage};

/// The committed files that rules are about; ascending. Pipelines and locks in templates of projects, such as
/// `{{cookiecutter.name}}/mlrun.yaml`, are of the projects that will be made of them.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub pointers: BTreeSet<RepoPath>,
    pub locks: BTreeSet<RepoPath>,
    /// One for each directory.
    pub pipelines: BTreeSet<RepoPath>,
}

impl Names {
    pub fn read(git: &GitFiles<'_>) -> Result<Names> {
        let is_pipeline = |name: &[u8]| NAMES.iter().any(|it| it.as_bytes() == name);
        let is_pointer = |name: &[u8]| name.ends_with(pointer::SUFFIX.as_bytes());
        let is_lock = |name: &[u8]| name == lock::FILE_NAME.as_bytes();
        let mut names = Names::default();
        for path in git.named(&|name| is_pointer(name) || is_lock(name) || is_pipeline(name))? {
            match path.file_name() {
                name if is_pointer(name) => names.pointers.insert(path),
                _ if is_in_template(&path) => continue,
                name if is_lock(name) => names.locks.insert(path),
                _ => names.pipelines.insert(path),
            };
        }
        let hidden = names.pipelines.iter().filter(|file| {
            let directory = file.parent().unwrap_or_default();
            let before = NAMES.iter().take_while(|name| name.as_bytes() != file.file_name());
            before
                .into_iter()
                .any(|name| names.pipelines.contains(&directory.join(name.as_bytes())))
        });
        let hidden: BTreeSet<RepoPath> = hidden.cloned().collect();
        names.pipelines.retain(|file| !hidden.contains(file));
        Ok(names)
    }

    pub fn is_empty(&self) -> bool {
        self.pointers.is_empty() && self.locks.is_empty() && self.pipelines.is_empty()
    }
}

/// See the module.
pub(super) struct State<'a> {
    pub files: &'a Files<'a>,
    pub source: InGit<'a>,
    pub names: Names,
    locks: OnceCell<BTreeMap<RepoPath, PartialLock>>,
    outs: OnceCell<BTreeMap<RepoPath, LockedBy>>,
    pipelines: OnceCell<Vec<Pipeline>>,
}

/// A pipeline file as it would be committed.
pub(super) struct Pipeline {
    pub file: RepoPath,
    pub loaded: pipeline::Result<Loaded>,
}

/// Which stage of which lock has a path for a cached out.
#[derive(Clone, Debug)]
pub(super) struct LockedBy {
    pub lock: RepoPath,
    pub stage: String,
}

impl Pipeline {
    pub fn directory(&self) -> RepoPath {
        self.file.parent().unwrap_or_default()
    }

    pub fn lock_file(&self) -> RepoPath {
        self.directory().join(lock::FILE_NAME.as_bytes())
    }

    /// The stages; none of a file that cannot be understood.
    pub fn stages(&self) -> &[Stage] {
        self.loaded.as_ref().map_or(&[], |loaded| &loaded.stages)
    }
}

impl<'a> State<'a> {
    pub fn new(
        files: &'a Files<'a>,
        git: GitFiles<'a>,
        names: Names,
        project: &'a Project,
    ) -> State<'a> {
        State {
            files,
            source: InGit::new(project, Arc::new(git)),
            names,
            locks: OnceCell::new(),
            outs: OnceCell::new(),
            pipelines: OnceCell::new(),
        }
    }

    pub fn git(&self) -> &GitFiles<'a> {
        &self.source.files
    }

    /// The file at `path`, if it is one of those that are checked.
    pub fn staged(&self, path: &RepoPath) -> Option<&'a File> {
        let files = &self.files.files;
        files.binary_search_by(|file| file.path.cmp(path)).ok().map(|at| &files[at])
    }

    /// The first of the files that are checked at or below `path`.
    pub fn staged_below(&self, path: &RepoPath) -> Option<&'a File> {
        if let Some(file) = self.staged(path) {
            return Some(file);
        }
        let files = &self.files.files;
        // Between `a` and `a/b` may stand `a-b`.
        let first = path.join(b"\0");
        let at = files.partition_point(|file| file.path < first);
        files.get(at).filter(|file| file.path.below(path).is_some())
    }

    /// Paths that are new, gone, or not as they were.
    pub fn changed(&self) -> impl Iterator<Item = &'a RepoPath> {
        self.files.files.iter().map(|file| &file.path).chain(&self.files.removed)
    }

    /// The locks that can be read, as far as they have no conflicts.
    pub fn locks(&self) -> Result<&BTreeMap<RepoPath, PartialLock>> {
        if let Some(locks) = self.locks.get() {
            return Ok(locks);
        }
        let mut locks = BTreeMap::new();
        for file in &self.names.locks {
            // What is wrong with one is told of the one that is staged.
            if let Ok(Some(text)) = self.git().read(file, lock::MAX_LEN)
                && let Ok(lock) = Lock::parse_tolerant(&text)
            {
                locks.insert(file.clone(), lock);
            }
        }
        Ok(self.locks.get_or_init(|| locks))
    }

    /// The cached outs of all locks.
    pub fn locked_outs(&self) -> Result<&BTreeMap<RepoPath, LockedBy>> {
        if let Some(outs) = self.outs.get() {
            return Ok(outs);
        }
        let mut outs = BTreeMap::new();
        for (file, partial) in self.locks()? {
            let directory = file.parent().unwrap_or_default();
            for (stage, locked) in &partial.lock.stages {
                for out in locked.outs.iter().filter(|out| out.cache) {
                    if let Some(path) = directory.resolve(out.path.as_bytes()) {
                        let by = LockedBy { lock: file.clone(), stage: stage.clone() };
                        outs.insert(path, by);
                    }
                }
            }
        }
        Ok(self.outs.get_or_init(|| outs))
    }

    /// The pipelines that have to do with what changed.
    pub fn pipelines(&self) -> Result<&[Pipeline]> {
        if let Some(pipelines) = self.pipelines.get() {
            return Ok(pipelines);
        }
        let changed: BTreeSet<RepoPath> = self.changed().cloned().collect();
        let mut pipelines = Vec::new();
        for file in &self.names.pipelines {
            let directory = file.parent().unwrap_or_default();
            let is_near = match directory.is_root() {
                true => !changed.is_empty(),
                false => next_below(&changed, &directory).is_some(),
            };
            if is_near || self.reaches_out(file) {
                let loaded = pipeline::load(&self.source, file);
                pipelines.push(Pipeline { file: file.clone(), loaded });
            }
        }
        Ok(self.pipelines.get_or_init(|| pipelines))
    }

    fn reaches_out(&self, file: &RepoPath) -> bool {
        // One that cannot be read is told of when it is staged.
        let text = self.git().read(file, pipeline::source::MAX_FILE);
        text.ok().flatten().is_some_and(|text| may_reach_out(&text))
    }
}

/// Whether a directory on the way to `path` gets its name when a project is made of it.
pub(super) fn is_in_template(path: &RepoPath) -> bool {
    path.components().any(|part| part.windows(2).any(|pair| pair == b"{{"))
}

/// The first of `paths` that is below `directory`.
pub(super) fn next_below<'p>(
    paths: &'p BTreeSet<RepoPath>,
    directory: &RepoPath,
) -> Option<&'p RepoPath> {
    // Between `a` and `a/b` may stand `a-b`.
    let next = paths.range(directory.join(b"\0")..).next();
    next.filter(|path| path.below(directory).is_some())
}

/// What stands in the way of reading a file of ours, as a finding with its line where that is known.
pub(super) fn unreadable(
    path: &RepoPath,
    rule: &str,
    text: &[u8],
    error: &format::Error,
) -> Finding {
    let (mut line, mut column) = (None, None);
    let mut message = error.to_string();
    match error {
        format::Error::ConflictMarkers { .. } => {
            let is_marker =
                |line: &[u8]| line.starts_with(b"<<<<<<< ") || line.starts_with(b">>>>>>> ");
            let at = text.split(|&b| b == b'\n').position(is_marker);
            line = at.map(|at| at as u64 + 1);
        }
        format::Error::Malformed { what, reason } => {
            if let Some((at, across, rest)) = mark(reason) {
                (line, column) = (Some(at), Some(across));
                message = format!("not a valid {what}: {rest}");
            }
        }
        format::Error::Version { .. } => {}
    }
    let finding = Finding::new(path, rule, message);
    Finding { place: Place { path: path.clone(), line, column }, ..finding }
}

/// The place that `reason` begins or ends with, and the rest of it.
fn mark(reason: &str) -> Option<(u64, u64, &str)> {
    if let Some(rest) = reason.strip_prefix("line ") {
        let (line, rest) = rest.split_once(", column ")?;
        let (column, rest) = rest.split_once(": ")?;
        return Some((line.parse().ok()?, column.parse().ok()?, rest));
    }
    let (rest, place) = reason.rsplit_once(" at line ")?;
    let (line, column) = place.split_once(" column ")?;
    Some((line.parse().ok()?, column.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_both_kinds_of_reasons() {
        assert_eq!(mark("line 3, column 7: what: it is"), Some((3, 7, "what: it is")));
        assert_eq!(
            mark("missing field `size` at line 1 column 1"),
            Some((1, 1, "missing field `size`"))
        );
        assert_eq!(mark("it is longer than 1 MiB"), None);
        assert_eq!(mark("line x, column 7: what"), None);
    }

    #[test]
    fn what_is_below_is_found_beside_names_that_begin_alike() {
        let paths = ["a-b", "a/c", "ab"].map(|path| RepoPath::new(path).expect("valid"));
        let paths = BTreeSet::from(paths);
        let below = |path: &str| next_below(&paths, &RepoPath::new(path).expect("valid"));
        assert_eq!(below("a").map(RepoPath::as_bytes), Some(&b"a/c"[..]));
        assert_eq!(below("ab"), None);
    }
}
