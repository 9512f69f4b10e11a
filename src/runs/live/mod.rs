//! Runs that are not over: what they have told so far, kept so that a killed runner loses nothing.
//!
//! ```text
//! $GIT_COMMON_DIR/mldata/live/<id>/owner              who records; locked as long as that one lives
//!                                 /journal            one JSON record a line: `journal`
//!                                 /env.json           what the run has around it
//!                                 /<run id>.metrics   what the commands of a run appended to MLRUN_METRICS
//!                                 /<run id>.log       what they printed: a link to the log elsewhere
//! $GIT_COMMON_DIR/mldata/order                        the greatest `order` given so far: `order`
//! refs/mlrun/live/<id>                                the code that runs
//! ```
//!
//! A directory gets its name when it has a locked owner and a first record, so that nobody ever sees
//! one without. It goes after the store has the runs: whoever dies between the two is found by the
//! next command, which stores nothing twice because the store takes a run once. The same code turns
//! records into runs whether the runner does it at its end or somebody else after its death
//! (`finalise`).
//!
//! Only commits are in Git's objects before the run is over: what no ref leads to, `git gc` may take.
//!
//! Nothing here is synced, but for the ends of stages of a second and more: a killed process loses
//! nothing, and a power cut the last moments.

mod finalise;
mod journal;
mod order;
mod owner;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

pub use finalise::{Recovered, finalise_all, finalise_dead};
pub use journal::{Record, StageRun, State};
pub use order::{next as next_order, plausible as plausible_order, raise as raise_order};

use self::owner::Owner;
use super::Result;
use crate::data::Project;
use crate::format::run::{Run, RunId};
use crate::fs::{self, At as _};
use crate::git::CommitId;

/// Bytes that are taken for the journal when it begins: how a run ended has to be known also when its
/// commands fill the disk.
const RESERVED: u64 = 64 << 10;
/// What the run has around it, as the store will have it.
const ENVIRONMENT: &str = "env.json";
/// Stages that took at least so many seconds are worth a sync.
const WORTH_A_SYNC: f64 = 1.0;

/// A run that this process records.
#[derive(Debug)]
pub struct Live {
    directory: PathBuf,
    id: RunId,
    journal: File,
    /// Its last line may lack its end.
    torn: bool,
    state: State,
    _owner: Owner,
}

/// What a run begins with.
#[derive(Debug)]
pub struct Start {
    /// As far as it is known.
    pub run: Run,
    /// `env.json`, for all runs of the journal.
    pub environment: Option<Vec<u8>>,
    /// The code, kept alive from now on.
    pub code: Option<CommitId>,
    /// The runner, as `data::guard` knows it: its commands have to be gone before others finalise.
    pub mark: Option<String>,
}

/// A run that the store has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub id: RunId,
    pub name: String,
    /// Lines that its commands logged and that are no metrics.
    pub bad_lines: u64,
}

/// The directory of all runs that are not over.
fn root(project: &Project) -> PathBuf {
    project.shared_dir().join("live")
}

/// The ref that keeps the code of a run that is not over.
fn reference(id: RunId) -> String {
    format!("refs/mlrun/live/{id}")
}

/// Whether some run of the repository is not over, or not stored yet.
pub fn is_any(repo: &crate::git::Repo) -> bool {
    let listed = std::fs::read_dir(repo.common_dir().join("mldata").join("live"));
    listed.is_ok_and(|mut entries| entries.next().is_some())
}

/// Whether what the run `id` told is still in a journal: it is not over, or not stored yet.
pub fn has_journal(project: &Project, id: RunId) -> bool {
    root(project).join(id.to_string()).symlink_metadata().is_ok()
}

/// Whether a runner of this repository gave the id `run` to commands that may still be at work.
pub fn is_running(project: &Project, run: RunId) -> bool {
    let listed = std::fs::read_dir(root(project)).into_iter().flatten().flatten();
    listed.into_iter().any(|entry| metrics_path(&entry.path(), run).exists())
}

fn metrics_path(directory: &Path, run: RunId) -> PathBuf {
    directory.join(format!("{run}.metrics"))
}

fn log_path(directory: &Path, run: RunId) -> PathBuf {
    directory.join(format!("{run}.log"))
}

impl Live {
    /// Begins to record.
    ///
    /// # Errors
    /// The repository's directory cannot be written to. Nothing is recorded then.
    pub fn begin(project: &Project, start: Start) -> Result<Live> {
        let root = root(project);
        fs::create_dir_all(&root)?;
        let id = start.run.id;
        let directory = root.join(id.to_string());
        let unnamed = root.join(format!("new-{id}"));
        std::fs::create_dir(&unnamed).at("create directory", &unnamed)?;
        let begin = || -> Result<Live> {
            let owner = Owner::create(&unnamed, project, start.mark.clone())?;
            let journal = unnamed.join(journal::NAME);
            let open = OpenOptions::new().append(true).create_new(true).open(&journal);
            let journal = open.at("create", &journal)?;
            let state = State::default();
            let named = directory.clone();
            let mut live =
                Live { directory: named, id, journal, torn: false, state, _owner: owner };
            if let Some(environment) = &start.environment {
                let path = unnamed.join(ENVIRONMENT);
                std::fs::write(&path, environment).at("write", &path)?;
            }
            let code = start.code.iter().map(ToString::to_string).collect();
            live.record(Record::Begin { run: Box::new(start.run.clone()), code })?;
            // What is said at the end says at least as much again.
            let length = live.journal.metadata().map_or(0, |stat| stat.len());
            fs::reserve(&live.journal, length.saturating_mul(4).saturating_add(RESERVED));
            fs::rename(&unnamed, &directory)?;
            // A run without it is worth more than none: where refs are locked for long, as in the middle
            // of a `git gc`, its code is young, and that is kept anyway.
            if let Some(code) = start.code {
                let _ = project.repo.set_ref(&reference(id), code);
            }
            hit("live.begun", &directory)?;
            Ok(live)
        };
        // What stays would be taken for a run that was killed.
        begin().inspect_err(|_| {
            let _ = project.repo.remove_ref(&reference(id));
            let _ = std::fs::remove_dir_all(&unnamed);
            let _ = std::fs::remove_dir_all(&directory);
        })
    }

    pub fn id(&self) -> RunId {
        self.id
    }

    /// All that was recorded so far.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Records something.
    ///
    /// # Errors
    /// It could not be written down. This process knows it all the same, and [`Live::finish`] stores it.
    pub fn record(&mut self, record: Record) -> Result<()> {
        let mut line = record.to_line();
        if self.torn {
            line.insert(0, b'\n');
        }
        let is_long =
            matches!(&record, Record::Stage { run, ended: true } if run.duration >= WORTH_A_SYNC);
        self.state.apply(record);
        hit("live.record", &self.directory)?;
        // One write: a line is there or not, but for a disk that fills up within it. What is written
        // after space was made is not to be taken for the rest of that line.
        let written = self.journal.write_all(&line).and_then(|()| match is_long {
            true => self.journal.sync_data(),
            false => Ok(()),
        });
        self.torn = written.is_err();
        Ok(written.at("write", self.directory.join(journal::NAME))?)
    }

    /// Creates the file, empty, that the commands of `run` append to: its absolute path.
    pub fn create_metrics(&self, run: RunId) -> Result<PathBuf> {
        let path = metrics_path(&self.directory, run);
        File::create(&path).at("create", &path)?;
        Ok(path)
    }

    /// Keeps the log at `path`, which is about to be written, under the name of `run`. Where there are
    /// no links, or it is on another file system, the run has no log if its runner is killed.
    pub fn link_log(&self, run: RunId, path: &Path) {
        let linked = log_path(&self.directory, run);
        let _ = std::fs::remove_file(&linked);
        let _ = std::fs::hard_link(path, linked);
    }

    /// Where what the commands of `run` print may be written, if it is written nowhere else.
    pub fn log_path(&self, run: RunId) -> PathBuf {
        log_path(&self.directory, run)
    }

    /// Stores the run, which is now `run`, with its stages; `result` is what it left, to be kept beside
    /// the code that it began with.
    ///
    /// # Errors
    /// It is not stored, or not known to be. What was recorded stays, and the next command stores it.
    pub fn finish(
        mut self,
        project: &Project,
        run: Run,
        result: Option<CommitId>,
    ) -> Result<Recorded> {
        let (id, name) = (run.id, run.name.clone());
        // It leads to the code, and may have to wait for the next command as long as that one.
        if let Some(result) = result {
            let _ = project.repo.set_ref(&reference(self.id), result);
        }
        let code = result.iter().map(ToString::to_string).collect();
        // What cannot be written to the journal may still find its way into the store.
        let _ = self.record(Record::End { run: Box::new(run), code });
        let state = std::mem::take(&mut self.state);
        let bad_lines = finalise::store(project, &self.directory, state)?;
        // What stays is removed by the next command, which sees that the store has it.
        let _ = finalise::remove(project, self.id, &self.directory);
        Ok(Recorded { id, name, bad_lines })
    }
}

/// A place at which a test can make the process die or fail.
fn hit(name: &'static str, path: &Path) -> Result<()> {
    Ok(fs::failpoint::hit(name).at("record a run in", path)?)
}
