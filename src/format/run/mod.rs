//! What the run store keeps of each run (DESIGN section 9).
//!
//! # Layout, version 1
//!
//! The tree of the store's commits (`refs/mlrun/runs`), sharded by the first byte of the id so that
//! no directory grows beyond what hosts of Git take:
//!
//! ```text
//! v1/runs/ab/ab…/run.json       the run: `Run`
//!               /env.json       what it ran with: `Environment`; one blob for all stages of a run
//!               /log.txt        what it printed, or the end of that
//!               /metrics.tsv    the curves, or a preview of them: `preview`
//!               /curves         all points, compressed, where the preview lacks some: `curves`
//! v1/annotations/ab/ab….json    what was said about it since: `Annotations`
//! v1/rewrites/cd/cd…-ef…        empty: the commit cd… took the place of ef…
//! ```
//!
//! Everything but `curves` is text, for `git show`. A run never changes once it is stored, and what
//! changes stands in its annotations, so that two stores merge by union. Readers leave keys and files
//! alone that they do not know; a top directory of another version is kept and not read.
//!
//! Stores come from other people: sizes, depth and counts are bounded, ids and paths checked.

mod annotations;
pub mod curves;
mod environment;
mod id;
pub mod preview;
mod record;

pub use annotations::{Annotations, Note, Stamp};
pub use environment::{Environment, FileHash, Package, Packages};
pub use id::{RunId, is_prefix};
pub use record::{
    Code, Curves, Data, How, Kind, LeftOut, Log, Resources, Run, Series, StageRef, Status, User,
    number,
};

/// The longest `run.json`, `env.json` or annotations that are read, in bytes.
pub const MAX_LEN: usize = 4 << 20;
/// The longest log, preview or curves that are kept in Git, in bytes.
pub const MAX_ATTACHMENT: usize = 64 << 10;
/// Series of one run: with names of this length, their summaries fit into `run.json`.
pub const MAX_SERIES: usize = 2048;
/// The longest name of a series, in bytes.
pub const MAX_NAME: usize = 256;

/// One value that a run logged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    pub step: i64,
    /// Seconds since 1970; finite.
    pub time: Option<f64>,
    pub value: f64,
}
