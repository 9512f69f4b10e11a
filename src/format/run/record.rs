//! One run: `run.json`.
//!
//! ```json
//! {
//!   "version": 1,
//!   "id": "00112233445566778899aabbccddeeff",
//!   "name": "quiet-otter-417",
//!   "kind": "pipeline",
//!   "command": ["git", "mlrun", "repro"],
//!   "status": "finished",
//!   "exit_code": 0,
//!   "order": 1767225600000,
//!   "started": "2026-01-01T00:00:00Z",
//!   "duration": 12.5,
//!   "user": { "name": "Ada", "email": "ada@example.com" },
//!   "host": "node7",
//!   "code": { "commit": "…", "branch": "main", "snapshot": "…", "result": "…" },
//!   "params": { "params.yaml": { "train.lr": 0.1 } },
//!   "metrics": { "metrics.json": { "accuracy": 0.93 } },
//!   "stages": [{ "stage": "train", "how": "ran", "run": "00…" }]
//! }
//! ```
//!
//! Numbers that JSON has no word for are the strings `NaN`, `Infinity` and `-Infinity`. What is absent
//! is left out. Keys that a reader does not know are passed over: `version` grows only where an old
//! reader would be wrong.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{MAX_LEN, RunId};
use crate::format::{Error, ObjectId, Result, Value, value::Map};

const WHAT: &str = "run";
const VERSION: u64 = 1;

/// One recorded execution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub version: u64,
    pub id: RunId,
    /// Memorable, such as `quiet-otter-417`; of a stage `quiet-otter-417/train`.
    pub name: String,
    pub kind: Kind,
    /// Of a stage, or of a command that a run started: the run it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RunId>,
    /// The address of a stage: `train`, `sub/mlrun.yaml:train`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// What ran: the commands of a stage, one string each; of others the words of one command.
    #[serde(default)]
    pub command: Vec<String>,
    /// Where it ran, relative to the top of the worktree; empty for the top.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub directory: String,
    pub status: Status,
    /// Of a stage: how it came to its outs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<How>,
    /// Of the last command; absent if a signal ended it or none ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Why it failed, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The runner was killed and a later command stored what it had written down.
    #[serde(default, skip_serializing_if = "is_false")]
    pub recovered: bool,
    /// Orders runs: milliseconds since 1970, but greater than that of every run the store had when
    /// this one began, whatever the clock said.
    pub order: i64,
    pub started: Timestamp,
    /// Seconds; of a stage those of its commands.
    pub duration: f64,
    #[serde(default)]
    pub user: User,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub host: String,
    #[serde(default)]
    pub code: Code,
    /// File, key, value; as in the lock.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, Map>,
    /// File (from the top of the worktree), dotted key, value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, Map>,
    /// Curves by name, summed up; of a pipeline those of its stages.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub series: BTreeMap<String, Series>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curves: Option<Curves>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deps: Vec<Data>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outs: Vec<Data>,
    /// Of a pipeline: of its stages together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Log>,
    /// The stages of a pipeline in the order of the graph, also those that needed nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageRef>,
    /// Tags that were given when it started; `Annotations` has those of later.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Locks (path from the top) as the run left them, by the id of Git's blob.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub locks: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One `repro`, with the stages it did something about.
    Pipeline,
    Stage,
    /// A command without a pipeline.
    Exec,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Finished,
    Failed,
    /// The user ended it.
    Interrupted,
    /// The runner was killed.
    Killed,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Finished => "finished",
            Status::Failed => "failed",
            Status::Interrupted => "interrupted",
            Status::Killed => "killed",
        }
    }
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Pipeline => "pipeline",
            Kind::Stage => "stage",
            Kind::Exec => "exec",
        }
    }
}

/// How a stage came to its outs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    Ran,
    /// They were there and are now in the cache.
    Adopted,
    /// They were put back.
    Restored,
    /// The run cache knew them.
    Reused,
    /// Nothing had to be done.
    Unchanged,
    /// It did not come to its turn.
    Skipped,
}

impl How {
    pub fn as_str(self) -> &'static str {
        match self {
            How::Ran => "ran",
            How::Adopted => "adopted",
            How::Restored => "restored",
            How::Reused => "reused",
            How::Unchanged => "unchanged",
            How::Skipped => "skipped",
        }
    }
}

/// One stage of a pipeline's run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageRef {
    pub stage: String,
    pub how: How,
    /// Its own run; of a stage that needed nothing the run that last recorded it here, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
}

/// Who ran it, as Git's commits would say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub email: String,
}

/// Which code ran. Ids are those of Git's commits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// HEAD; absent before the first commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The branch that was checked out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// What the worktree had when the run began, if that was not `commit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<String>,
    /// The same with the locks, and outs that Git tracks, as the run left them: what `restore` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// Changes that the snapshot does not hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

impl Code {
    /// The commit that the run's code is to be read from.
    pub fn input(&self) -> Option<&str> {
        self.snapshot.as_deref().or(self.commit.as_deref())
    }

    /// The commit that has everything the run left in Git's files.
    pub fn output(&self) -> Option<&str> {
        self.result.as_deref().or(self.input())
    }

    pub fn is_dirty(&self) -> bool {
        self.snapshot.is_some() || !self.left_out.is_empty()
    }
}

/// A changed file that is not in the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// From the top of the worktree. Of very many files: the directory that holds them, with a slash.
    pub path: String,
    /// `large`, `secret`, `unreadable`, `submodule`; where settings say so, `untracked` or, of files
    /// that Git tracks, `settings`.
    pub why: String,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Of a large file: the object in the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oid: Option<ObjectId>,
}

/// A dep or an out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// From the top of the worktree, or absolute.
    pub path: String,
    /// Of a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oid: Option<ObjectId>,
    /// Of a directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<ObjectId>,
    /// Bytes of all files.
    #[serde(default)]
    pub size: u64,
    /// Of a directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// Whether the cache was told to hold it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cached: bool,
}

/// A curve in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Points.
    pub count: u64,
    /// The value of the greatest step, of those the last that came.
    pub last: Value,
    pub min: Value,
    pub max: Value,
    /// The greatest step.
    pub step: i64,
}

/// Where the points of the curves are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Curves {
    /// Of all series.
    pub points: u64,
    /// `metrics.tsv` has every point.
    pub complete: bool,
    /// The object of the cache that has all points, where neither `metrics.tsv` nor `curves` does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectId>,
    /// Its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Lines that could not be understood.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bad_lines: u64,
}

/// What a command used, with the processes that it waited for (`wait4(2)`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Resources {
    /// Seconds of processors, user and system.
    pub cpu: f64,
    /// Bytes of the largest process.
    pub peak_memory: u64,
}

/// What was printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Bytes.
    pub size: u64,
    /// `log.txt` has all of it; else its end.
    pub complete: bool,
    /// The object of the cache that has all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oid: Option<ObjectId>,
}

impl Run {
    /// A run that has just begun; `started` is kept to the millisecond.
    pub fn new(id: RunId, name: String, kind: Kind, order: i64, started: Timestamp) -> Run {
        let started = Timestamp::from_millisecond(started.as_millisecond()).unwrap_or(started);
        Run {
            version: VERSION,
            id,
            name,
            kind,
            parent: None,
            stage: None,
            command: Vec::new(),
            directory: String::new(),
            status: Status::Killed,
            how: None,
            exit_code: None,
            error: None,
            recovered: false,
            order,
            started,
            duration: 0.0,
            user: User::default(),
            host: String::new(),
            code: Code::default(),
            params: BTreeMap::new(),
            metrics: BTreeMap::new(),
            series: BTreeMap::new(),
            curves: None,
            deps: Vec::new(),
            outs: Vec::new(),
            resources: None,
            log: None,
            stages: Vec::new(),
            tags: BTreeMap::new(),
            locks: BTreeMap::new(),
        }
    }

    /// # Errors
    /// It is too long, of a later version, or no run.
    pub fn parse(bytes: &[u8]) -> Result<Run> {
        #[derive(Deserialize)]
        struct Head {
            version: u64,
        }
        let Head { version } = parse_json(WHAT, bytes, MAX_LEN)?;
        if version != VERSION {
            return Err(Error::Version { what: WHAT, found: version, supported: VERSION });
        }
        let run: Run = parse_json(WHAT, bytes, MAX_LEN)?;
        if !run.duration.is_finite() {
            return Err(Error::malformed(WHAT, "its duration is no number"));
        }
        Ok(run)
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        to_json(self)
    }
}

/// The number that a metric is; `None` if it is none.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(int) => Some(*int as f64),
        Value::Float(float) => Some(*float),
        Value::Bool(bool) => Some(f64::from(u8::from(*bool))),
        Value::String(text) => match &text[..] {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
        _ => None,
    }
}

/// Reads a document of at most `limit` bytes. The depth is bounded by the parser (128).
pub(super) fn parse_json<T: serde::de::DeserializeOwned>(
    what: &'static str,
    bytes: &[u8],
    limit: usize,
) -> Result<T> {
    if bytes.len() > limit {
        let reason = format!("it has {} bytes, more than {limit}", bytes.len());
        return Err(Error::malformed(what, reason));
    }
    serde_json::from_slice(bytes).map_err(|error| Error::malformed(what, error.to_string()))
}

/// The text of a document, with a newline at its end.
pub(super) fn to_json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("memory can be written to");
    bytes.push(b'\n');
    bytes
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Run {
        let id = RunId::from_bytes([0xab; 16]);
        let started = Timestamp::from_second(1_767_225_600).expect("valid");
        let mut run = Run::new(id, "quiet-otter-417".into(), Kind::Pipeline, 7, started);
        run.status = Status::Finished;
        run.duration = 0.25;
        run.command = ["git", "mlrun", "repro"].map(str::to_owned).to_vec();
        let metrics = Map::from_iter([
            ("loss".to_owned(), Value::Float(0.5)),
            ("steps".to_owned(), Value::Int(3)),
        ]);
        run.metrics.insert("metrics.json".into(), metrics);
        let (last, min, max) = (Value::Float(0.1), Value::Float(0.1), Value::Float(2.5));
        run.series.insert("loss".into(), Series { count: 3, last, min, max, step: 2 });
        run.stages.push(StageRef { stage: "train".into(), how: How::Ran, run: Some(id) });
        run
    }

    #[test]
    fn runs_are_read_back() {
        let run = sample();
        let bytes = run.to_bytes();
        assert_eq!(Run::parse(&bytes), Ok(run));
        crate::fs::golden::check("run.json", &bytes);
    }

    #[test]
    fn unknown_keys_are_passed_over_and_later_versions_are_not() {
        let text = String::from_utf8(sample().to_bytes()).expect("UTF-8");
        let more = text.replacen('{', "{ \"later\": [1, {}],", 1);
        assert_eq!(Run::parse(more.as_bytes()), Ok(sample()));
        let later = text.replace("\"version\": 1", "\"version\": 2");
        assert!(matches!(Run::parse(later.as_bytes()), Err(Error::Version { found: 2, .. })));
        for bad in ["", "{}", "null", "[1]", "{\"version\": 1}"] {
            assert!(Run::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = format!("{{\"version\":1,\"x\":{}{}}}", "[".repeat(9999), "]".repeat(9999));
        assert!(Run::parse(deep.as_bytes()).is_err());
    }
}
