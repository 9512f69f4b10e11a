//! Which stages of a commit, or of the index, are not what the lock there says, without checking
//! anything out.
//!
//! Deps that Git has are hashed from Git's objects, those that are tracked data are what their pointers
//! and locks say; both give the ids that a clean checkout would give, as far as no filter
//! (`gitattributes(5)`) rewrites files. What lies outside of the repository is taken as it is now, or,
//! where nobody may wait for that, as the lock has it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use super::decision::{Reason, input_reasons};
use super::inputs::{Inputs, glob_of, is_own_out, written};
use super::parameters::ParamFiles;
use super::session::{Session, lock_file};
use crate::data::content::{counts_in_deps, is_litter};
use crate::data::tracked::TrackedPaths;
use crate::format::lock::{LockedDep, LockedStage};
use crate::format::tree::{Entry, Mode, TreeBuilder};
use crate::format::{Lock, ObjectId, Target};
use crate::fs::{RepoPath, os_path};
use crate::git::{CommitId, GitEntry};
use crate::pipeline::stage::{Dep, Place};
use crate::pipeline::workspace::Request;
use crate::pipeline::{Address, Error, InGit, Result, Source as _, Stage, Workspace};

/// A stage that would run on a clean checkout.
#[derive(Debug)]
pub struct StaleStage {
    pub address: Address,
    pub reasons: Vec<Reason>,
}

/// How the pipeline of one commit stands.
#[derive(Debug)]
pub struct Staleness {
    /// Stages that were looked at.
    pub stages: usize,
    pub stale: Vec<StaleStage>,
}

/// Looks at commits.
pub struct Commits<'s, 'a> {
    session: &'s Session<'a>,
    blobs: Arc<Blobs>,
}

/// SHA-256 and size of blobs that were hashed, by Git's ids: branches share most of theirs.
type Blobs = Mutex<HashMap<Vec<u8>, (ObjectId, u64)>>;

impl<'s, 'a> Commits<'s, 'a> {
    pub fn new(session: &'s Session<'a>) -> Commits<'s, 'a> {
        Commits { session, blobs: Arc::default() }
    }

    /// Compares the stages of `request` at `commit` with the locks there.
    ///
    /// # Errors
    /// The commit has no such pipeline, or it cannot be understood.
    pub fn staleness(
        &self,
        commit: CommitId,
        name: &str,
        request: &Request<'_>,
    ) -> Result<Staleness> {
        let source = InGit::commit(self.session.project, commit, name);
        let Workspace { graph, targets, .. } = Workspace::open(&source, request)?;
        let mut clean = Clean::new(&source)?;
        clean.session = Some(self.session);
        clean.blobs = Arc::clone(&self.blobs);
        let wanted: BTreeSet<usize> = graph.closure_up(&targets).into_iter().collect();
        let mut locks: HashMap<RepoPath, Lock> = HashMap::new();
        let mut found = Staleness { stages: wanted.len(), stale: Vec::new() };
        for &index in graph.order().iter().filter(|index| wanted.contains(index)) {
            let stage = &graph.stages()[index];
            let file = lock_file(&stage.address);
            if !locks.contains_key(&file) {
                let text = source.read(&file)?;
                let parsed = text.map_or(Ok(Lock::default()), |text| Lock::parse(&text));
                let located = |source| Error::Format { path: file.clone(), source };
                locks.insert(file.clone(), parsed.map_err(located)?);
            }
            let locked = locks[&file].stages.get(&stage.address.name);
            let reasons = clean.reasons(stage, locked)?;
            if !reasons.is_empty() {
                found.stale.push(StaleStage { address: stage.address.clone(), reasons });
            }
        }
        Ok(found)
    }
}

/// A clean checkout of one state that Git has, as stages would find it. Nothing is written.
pub struct Clean<'c, 'a> {
    source: &'c InGit<'a>,
    /// Looks at what lies outside of the repository.
    session: Option<&'c Session<'a>>,
    blobs: Arc<Blobs>,
    /// Pointers' targets and outs of locks.
    tracked: BTreeMap<RepoPath, Target>,
    params: ParamFiles,
}

/// The epoch of everything that does not change.
const NEVER_CHANGES: u64 = 0;

impl<'c, 'a> Clean<'c, 'a> {
    /// # Errors
    /// Git cannot be read. Pointers and locks that cannot be understood name nothing.
    pub fn new(source: &'c InGit<'a>) -> Result<Clean<'c, 'a>> {
        let tracked = TrackedPaths::in_git(&source.files)?;
        Ok(Clean {
            source,
            session: None,
            blobs: Arc::default(),
            tracked: tracked.paths.into_iter().map(|it| (it.path, it.target)).collect(),
            params: ParamFiles::default(),
        })
    }

    /// Why `stage` would run, if this is its block in the lock.
    ///
    /// # Errors
    /// A parameter is not there; a listing of tracked data is not in the cache.
    pub fn reasons(&self, stage: &Stage, locked: Option<&LockedStage>) -> Result<Vec<Reason>> {
        let inputs = self.inputs(stage, locked)?;
        let mut reasons = input_reasons(stage, locked, &inputs);
        // That it always runs says nothing of this state.
        reasons.retain(|reason| *reason != Reason::Always);
        for place in inputs.missing.iter().filter(|_| !stage.frozen) {
            reasons.push(Reason::DepMissing { path: written(stage, place)? });
        }
        Ok(reasons)
    }
}

/// What a directory came to.
#[derive(Clone, Copy)]
struct Sum {
    oid: ObjectId,
    size: u64,
    files: u64,
}

impl Clean<'_, '_> {
    fn inputs(&self, stage: &Stage, locked: Option<&LockedStage>) -> Result<Inputs> {
        let mut inputs = Inputs::default();
        for dep in &stage.deps {
            match dep {
                Dep::Path(place) => self.add(&mut inputs, stage, locked, place)?,
                Dep::Glob(pattern) => {
                    let (matcher, start) = glob_of(pattern)?;
                    for path in self.source.files_below(&start)? {
                        let counts =
                            path.components().all(counts_in_deps) && !is_own_out(stage, &path);
                        if counts && matcher.is_match(os_path(path.as_bytes())) {
                            self.add(&mut inputs, stage, locked, &Place::Inside(path))?;
                        }
                    }
                }
            }
        }
        inputs.settle();
        let directory = stage.address.directory();
        for from in &stage.params {
            let file = String::from_utf8_lossy(&from.file.relative_to(&directory)).into_owned();
            let values = self.params.track(self.source, NEVER_CHANGES, from)?;
            inputs.params.entry(file).or_default().extend(values);
        }
        inputs.read_env(stage);
        Ok(inputs)
    }

    fn add(
        &self,
        inputs: &mut Inputs,
        stage: &Stage,
        locked: Option<&LockedStage>,
        place: &Place,
    ) -> Result<()> {
        let path = written(stage, place)?;
        let target = match (place, self.session) {
            (Place::Inside(path), _) => self.target(path)?,
            (Place::Outside(_), Some(session)) => session.dep(place)?,
            (Place::Outside(_), None) => {
                let mut deps = locked.iter().flat_map(|locked| &locked.deps);
                deps.find(|dep| dep.path == path).map(|dep| dep.target)
            }
        };
        match target {
            Some(target) => inputs.deps.push(LockedDep { path, target }),
            None => inputs.missing.push(place.clone()),
        }
        Ok(())
    }

    /// What is at `path`, as a clean checkout would have it.
    fn target(&self, path: &RepoPath) -> Result<Option<Target>> {
        let mut above = std::iter::successors(Some(path.clone()), RepoPath::parent);
        if let Some((top, target)) =
            above.find_map(|path| Some((path.clone(), *self.tracked.get(&path)?)))
        {
            return self.inside(target, path.below(&top).unwrap_or_default());
        }
        let entry = self.source.files.entry(path)?;
        if let Some(entry) = &entry
            && let Some(exec) = entry.as_file()
        {
            let (oid, size) = self.blob(path, entry)?;
            return Ok(Some(Target::File { oid, size, exec }));
        }
        let Sum { oid, size, files } = self.directory(path, entry.as_ref())?;
        Ok((files > 0).then_some(Target::Directory { oid, size, files }))
    }

    /// Goes down from a tracked path; `None` where nothing is.
    fn inside(&self, mut target: Target, rest: &[u8]) -> Result<Option<Target>> {
        for name in rest.split(|&b| b == b'/').filter(|name| !name.is_empty()) {
            let Target::Directory { oid, .. } = target else { return Ok(None) };
            let tree = self.source.project().cache.tree(&oid)?;
            let Some(entry) = tree.entries().find(|entry| entry.name == name) else {
                return Ok(None);
            };
            let Entry { oid, size, files, mode, .. } = entry;
            target = match mode {
                Mode::Directory => Target::Directory { oid, size, files },
                mode => Target::File { oid, size, exec: mode == Mode::Executable },
            };
        }
        Ok(Some(target))
    }

    /// The listing of a directory: what Git has in it, and what is tracked in it.
    fn directory(&self, path: &RepoPath, git: Option<&GitEntry>) -> Result<Sum> {
        let files = &self.source.files;
        let mut entries: BTreeMap<Vec<u8>, (Mode, Sum)> = BTreeMap::new();
        let mut below: BTreeMap<Vec<u8>, Option<GitEntry>> = BTreeMap::new();
        for entry in git.map_or(Ok(Vec::new()), |git| files.entries(path, git))? {
            if !counts(&entry) {
                continue;
            }
            if entry.is_directory() {
                below.insert(entry.name.clone(), Some(entry));
                continue;
            }
            let mode = match (entry.as_file(), entry.is_link()) {
                (Some(false), _) => Mode::File,
                (Some(true), _) => Mode::Executable,
                (None, true) => Mode::Link,
                // Submodules are other repositories.
                (None, false) => continue,
            };
            let (oid, size) = self.blob(&path.join(&entry.name), &entry)?;
            entries.insert(entry.name, (mode, Sum { oid, size, files: 0 }));
        }
        let first = path.join(b"\0");
        let tracked = self.tracked.range(first..);
        for (target_path, target) in tracked.take_while(|(found, _)| found.below(path).is_some()) {
            let rest = target_path.below(path).unwrap_or_default();
            match rest.split(|&b| b == b'/').collect::<Vec<_>>()[..] {
                [name] => {
                    let sum = Sum { oid: target.oid(), size: target.size(), files: 0 };
                    let (mode, files) = match target {
                        Target::File { exec: false, .. } => (Mode::File, 0),
                        Target::File { exec: true, .. } => (Mode::Executable, 0),
                        Target::Directory { files, .. } => (Mode::Directory, *files),
                    };
                    entries.insert(name.to_vec(), (mode, Sum { files, ..sum }));
                }
                [name, ..] => {
                    below.entry(name.to_vec()).or_default();
                }
                [] => {}
            }
        }
        for (name, git) in below {
            let sum = self.directory(&path.join(&name), git.as_ref())?;
            if sum.files > 0 {
                entries.entry(name).or_insert((Mode::Directory, sum));
            }
        }
        let mut builder = TreeBuilder::new();
        for (name, (mode, Sum { oid, size, files })) in &entries {
            let entry = Entry { name, mode: *mode, oid: *oid, size: *size, files: *files };
            let located = |source| Error::Format { path: path.join(name), source };
            builder.push(entry).map_err(located)?;
        }
        let tree = builder.finish();
        Ok(Sum { oid: tree.oid(), size: tree.size(), files: tree.files() })
    }

    fn blob(&self, path: &RepoPath, entry: &GitEntry) -> Result<(ObjectId, u64)> {
        let id = entry.id_bytes();
        let lock = || self.blobs.lock().expect("no panic while holding the lock");
        if let Some(found) = lock().get(id) {
            return Ok(*found);
        }
        let bytes = self.source.files.bytes_of(path, entry)?;
        let found = (ObjectId::of(&bytes), bytes.len() as u64);
        lock().insert(id.to_vec(), found);
        Ok(found)
    }
}

/// As `data::content` decides for files of the worktree.
fn counts(entry: &GitEntry) -> bool {
    match entry.is_directory() {
        true => !is_litter(&entry.name),
        false => counts_in_deps(&entry.name),
    }
}
