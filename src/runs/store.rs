//! The ref that holds all runs, and its commits.
//!
//! Each commit's first parent is the one before; further parents are the commits of code that its runs
//! ran with, so that no rebase, deleted branch or `git gc` takes a run's code away. A commit is
//! prepared beside the ref and becomes the store by one compare-and-swap of it: a reader sees all of
//! a change or nothing, and what a killed writer left are objects that nothing names.
//!
//! The layout of the tree is that of `format::run`.

use super::{Error, Result};
use crate::format::run::{Annotations, MAX_ATTACHMENT, MAX_LEN, Run, RunId};
use crate::fs::RepoPath;
use crate::git::{CommitId, GitId, Objects, Repo, TreeChange};

/// The ref of the store.
pub const REF: &str = "refs/mlrun/runs";
/// A tree of the store is at most this long, in bytes: a shard of a hundred thousand runs.
pub const MAX_TREE: usize = 8 << 20;
/// How often a change is made anew because another process was faster.
pub(super) const ATTEMPTS: usize = 50;

/// The runs of a repository.
pub struct Store<'a> {
    repo: &'a Repo,
    objects: Objects,
}

/// A run to be stored, with the files beside it.
#[derive(Clone, Debug)]
pub struct NewRun {
    pub run: Run,
    /// `env.json`.
    pub environment: Option<GitId>,
    /// `log.txt`, at most [`MAX_ATTACHMENT`] bytes.
    pub log: Vec<u8>,
    /// `metrics.tsv`; the same limit does not hold for previews.
    pub metrics: Vec<u8>,
    /// `curves`, at most [`MAX_ATTACHMENT`] bytes.
    pub curves: Vec<u8>,
}

impl NewRun {
    /// A run with nothing beside it.
    pub fn new(run: Run) -> NewRun {
        let (log, metrics, curves) = (Vec::new(), Vec::new(), Vec::new());
        NewRun { run, environment: None, log, metrics, curves }
    }
}

/// One edit of the store's tree.
pub type Edit = (RepoPath, TreeChange);

impl<'a> Store<'a> {
    pub fn new(repo: &'a Repo) -> Store<'a> {
        Store { repo, objects: repo.objects() }
    }

    pub fn repo(&self) -> &'a Repo {
        self.repo
    }

    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// The store's last commit; `None` if there are no runs.
    pub fn tip(&self) -> Result<Option<CommitId>> {
        Ok(self.repo.ref_target(REF)?)
    }

    /// Adds runs in one commit that also keeps `code`: the commits that they ran with. A run that is
    /// stored already stays as it is.
    ///
    /// # Errors
    /// Nothing is stored then.
    pub fn add(&self, runs: &[NewRun], code: &[CommitId], message: &str) -> Result<CommitId> {
        let mut edits = Vec::with_capacity(runs.len() * 4);
        for new in runs {
            self.write(new, &mut edits)?;
        }
        self.change(message, code, &|objects, tree| {
            // A run never changes: whoever stored it first is right.
            let mut fresh = Vec::with_capacity(edits.len());
            for new in runs {
                let directory = run_directory(new.run.id);
                let is_there = match tree {
                    Some(tree) => objects.lookup(tree, &directory)?.is_some(),
                    None => false,
                };
                if !is_there {
                    let prefix = format!("{directory}/");
                    let of_run = |(path, _): &&Edit| path.as_bytes().starts_with(prefix.as_bytes());
                    fresh.extend(edits.iter().filter(of_run).cloned());
                }
            }
            Ok(fresh)
        })
    }

    fn write(&self, new: &NewRun, edits: &mut Vec<Edit>) -> Result<()> {
        let directory = run_directory(new.run.id);
        let mut file = |name: &str, id: GitId| {
            let path = RepoPath::new(format!("{directory}/{name}")).expect("a valid path");
            edits.push((path, TreeChange::File { id, executable: false }));
        };
        file("run.json", self.objects.write_blob(&new.run.to_bytes())?);
        if let Some(environment) = new.environment {
            file("env.json", environment);
        }
        for (name, bytes) in
            [("log.txt", &new.log), ("metrics.tsv", &new.metrics), ("curves", &new.curves)]
        {
            if !bytes.is_empty() {
                file(name, self.objects.write_blob(bytes)?);
            }
        }
        Ok(())
    }

    /// Commits the edits that `plan` makes of the store's current tree, on top of the current tip.
    /// `plan` is asked again if another process was faster. Without edits nothing is committed and the
    /// tip returned, unless there is none.
    pub fn change(
        &self,
        message: &str,
        parents: &[CommitId],
        plan: &dyn Fn(&Objects, Option<GitId>) -> Result<Vec<Edit>>,
    ) -> Result<CommitId> {
        for attempt in 0..ATTEMPTS {
            let tip = self.tip()?;
            let before = match tip {
                Some(tip) => Some(self.objects.commit(tip)?),
                None => None,
            };
            let tree = before.as_ref().map(|commit| commit.tree);
            let edits = plan(&self.objects, tree)?;
            if let (true, Some(tip)) = (edits.is_empty(), tip) {
                return Ok(tip);
            }
            let tree = self.objects.edit_tree(tree, edits)?;
            let mut all: Vec<CommitId> = tip.into_iter().collect();
            for &parent in parents {
                if !all.contains(&parent) {
                    all.push(parent);
                }
            }
            let stores = usize::from(tip.is_some());
            let commit = self.write_commit(tree, &all, stores, message)?;
            crate::fs::failpoint::hit("runs.before-ref").map_err(|source| failed(&source))?;
            if self.repo.move_ref(REF, tip, commit)? {
                crate::fs::failpoint::hit("runs.after-ref").map_err(|source| failed(&source))?;
                return Ok(commit);
            }
            take_turns(attempt);
        }
        Err(Error::Contended)
    }

    /// Writes a commit whose first `stores` parents are commits of stores.
    pub(super) fn write_commit(
        &self,
        tree: GitId,
        parents: &[CommitId],
        stores: usize,
        message: &str,
    ) -> Result<CommitId> {
        // Tools that sort by date expect a commit to be no older than its parents.
        let mut time = jiff::Timestamp::now().as_second();
        for &parent in &parents[..stores] {
            time = time.max(self.objects.commit(parent)?.time);
        }
        let who = self.repo.identity();
        Ok(self.objects.write_commit(tree, parents, &who, time, message)?)
    }

    /// Whether the store has the run `id`, whatever can be read of it.
    pub fn has(&self, id: RunId) -> Result<bool> {
        let Some(tip) = self.tip()? else { return Ok(false) };
        let tree = self.objects.commit(tip)?.tree;
        Ok(self.objects.lookup(tree, &run_directory(id))?.is_some())
    }

    /// The run `id` in the store's commit `tip`; `None` if it is not there.
    ///
    /// # Errors
    /// It cannot be read or understood.
    pub fn run(&self, tip: CommitId, id: RunId) -> Result<Option<Run>> {
        self.run_in(self.objects.commit(tip)?.tree, id)
    }

    /// The run `id` in a tree of the store.
    ///
    /// # Errors
    /// It cannot be read or understood.
    pub fn run_in(&self, tree: GitId, id: RunId) -> Result<Option<Run>> {
        let path = format!("{}/run.json", run_directory(id));
        let Some(bytes) = self.file(tree, &path, MAX_LEN)? else { return Ok(None) };
        let run = Run::parse(&bytes).map_err(|source| Error::Store { path, source })?;
        Ok(Some(run))
    }

    /// A file beside a run: `env.json`, `log.txt`, `metrics.tsv` or `curves`.
    pub fn attachment(&self, tip: CommitId, id: RunId, name: &str) -> Result<Option<Vec<u8>>> {
        let tree = self.objects.commit(tip)?.tree;
        self.file(tree, &format!("{}/{name}", run_directory(id)), MAX_LEN.max(MAX_ATTACHMENT))
    }

    /// What was said about the run `id`.
    pub fn annotations(&self, tip: CommitId, id: RunId) -> Result<Annotations> {
        self.annotations_in(self.objects.commit(tip)?.tree, id)
    }

    /// What was said about the run `id` in a tree of the store.
    pub fn annotations_in(&self, tree: GitId, id: RunId) -> Result<Annotations> {
        let path = annotations_path(id);
        let Some(bytes) = self.file(tree, &path, MAX_LEN)? else {
            return Ok(Annotations::default());
        };
        Annotations::parse(&bytes).map_err(|source| Error::Store { path, source })
    }

    fn file(&self, tree: GitId, path: &str, limit: usize) -> Result<Option<Vec<u8>>> {
        match self.objects.lookup(tree, path)? {
            Some(entry) if entry.as_file().is_some() => {
                let bytes = self.objects.blob(entry.id(), limit).map_err(|source| {
                    Error::Unreadable { path: path.to_owned(), source: Box::new(source) }
                })?;
                Ok(Some(bytes))
            }
            _ => Ok(None),
        }
    }
}

/// Lets those who were faster finish: whoever lost waits for a while of its own.
pub(super) fn take_turns(attempt: usize) {
    let pause = 1 + (u64::from(std::process::id()) + attempt as u64 * 7) % 20;
    std::thread::sleep(std::time::Duration::from_millis(pause));
}

/// The directory of a run in the store's tree.
pub fn run_directory(id: RunId) -> String {
    format!("v1/runs/{}/{id}", id.shard())
}

/// The file of a run's annotations in the store's tree.
pub fn annotations_path(id: RunId) -> String {
    format!("v1/annotations/{}/{id}.json", id.shard())
}

fn failed(source: &std::io::Error) -> Error {
    let (attempted, reason) = (format!("write `{REF}`"), source.to_string());
    Error::Git(crate::git::Error::Read { attempted, reason })
}
