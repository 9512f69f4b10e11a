//! A stage, with all templating resolved and all paths relative to the top of the repository.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::format::Value;
use crate::fs::RepoPath;

/// Names one stage of the repository: `dir/mlrun.yaml:train`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The pipeline file.
    pub file: RepoPath,
    /// With what `foreach` or `matrix` appended: `train@cnn-0`.
    pub name: String,
}

impl Address {
    /// The directory of the pipeline file: paths in it, and in its lock, are relative to this.
    pub fn directory(&self) -> RepoPath {
        self.file.parent().unwrap_or_default()
    }
}

impl fmt::Display for Address {
    /// The name alone for a pipeline file at the top.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.directory().is_root() {
            write!(f, "{}:", self.file)?;
        }
        f.write_str(&crate::fs::display_bytes(self.name.as_bytes()))
    }
}

/// One stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub address: Address,
    /// Line of its definition in the pipeline file, counted from 1.
    pub line: usize,
    pub cmd: Cmd,
    /// Where the commands run.
    pub wdir: RepoPath,
    /// As written, in the order of the file: globs are not expanded.
    pub deps: Vec<Dep>,
    pub params: Vec<ParamsFrom>,
    /// `outs`, then `metrics`, then `plots`, each in the order of the file.
    pub outs: Vec<Out>,
    /// Deps and params do not make it run.
    pub frozen: bool,
    /// Runs in every `repro`.
    pub always_changed: bool,
    pub desc: Option<String>,
    pub meta: Option<Value>,
    /// Variables that count as inputs: a value to set, or `None` to take the caller's.
    pub env: BTreeMap<String, Option<String>>,
    /// Units of named resources that it occupies while it runs.
    pub resources: BTreeMap<String, u64>,
    /// At most one stage of each of these groups runs at a time.
    pub mutex: Vec<String>,
    /// Of one attempt.
    pub timeout: Option<Duration>,
    /// Attempts after the first one.
    pub retry: u32,
    /// Parameters that expressions in the definition were replaced by. Only told: where they matter,
    /// another field has their values.
    pub used: Vec<ParamsFrom>,
}

impl Stage {
    /// A stage that only has commands runs every time: nothing could tell that it need not.
    pub fn is_callback(&self) -> bool {
        self.deps.is_empty() && self.params.is_empty() && self.outs.is_empty()
    }
}

/// What a stage runs, one shell each, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cmd {
    /// A string of the file: each of its lines is a command.
    Text(String),
    List(Vec<String>),
}

impl Cmd {
    pub fn commands(&self) -> Vec<&str> {
        match self {
            Cmd::Text(text) => text.lines().collect(),
            Cmd::List(commands) => commands.iter().map(String::as_str).collect(),
        }
    }
}

/// Where something lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// In the repository.
    Inside(RepoPath),
    /// Elsewhere: an absolute path without `.` and `..`.
    Outside(PathBuf),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Inside(path) => path.fmt(f),
            Place::Outside(path) => {
                f.write_str(&crate::fs::display_bytes(path.as_os_str().as_encoded_bytes()))
            }
        }
    }
}

/// Something that a stage reads.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Dep {
    Path(Place),
    /// A glob relative to the top of the repository, in `globset`'s syntax with literal separators.
    Glob(String),
}

/// Parameters of one file that a stage depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamsFrom {
    pub file: RepoPath,
    /// Dotted paths, in the order of the file; empty for the whole file.
    pub keys: Vec<String>,
}

/// Which list an out stood in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutKind {
    Out,
    Metric,
    Plot,
}

/// Something that a stage writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Out {
    pub path: RepoPath,
    pub kind: OutKind,
    /// False where Git tracks it instead.
    pub cache: bool,
    /// Not moved away before the stage runs.
    pub persist: bool,
    /// False where it is never pushed.
    pub push: bool,
    /// The remote that it is pushed to, instead of the default.
    pub remote: Option<String>,
    pub about: About,
    /// How to draw it; empty unless it is a plot.
    pub plots: Vec<PlotProps>,
}

/// What is only told, never compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    pub desc: Option<String>,
    pub kind: Option<String>,
    pub labels: Vec<String>,
    pub meta: Option<Value>,
}

/// How a plot is drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlotProps {
    pub template: Option<String>,
    pub x: Option<String>,
    pub y: Option<String>,
    pub x_label: Option<String>,
    pub y_label: Option<String>,
    pub title: Option<String>,
    /// Whether the first line of a CSV or TSV file names the columns.
    pub header: Option<bool>,
}
