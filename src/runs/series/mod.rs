//! Curves: what a stage logged step by step, from the file it appended to until somebody looks.
//!
//! ```text
//! collect      the file of JSON lines, once, into summaries, preview and compressed points
//! line         one line
//! decimate     the points of a preview, chosen while they come
//! ```
//!
//! Every point is kept bit for bit. Where all of them fit into a small text they are that
//! (`metrics.tsv`); else the text is a preview that no peak is missing from, and all points are
//! compressed beside it (`curves`), or in the cache if that is too much for Git.

mod collect;
mod decimate;
mod line;

pub use collect::{Collected, collect};

use super::{Error, Result, Store};
use crate::data::Project;
use crate::format::run::{Point, Run, curves, preview};
use crate::git::CommitId;

/// One curve of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub name: String,
    /// In the order in which they came.
    pub points: Vec<Point>,
    /// Whether these are all points; else those of the preview.
    pub complete: bool,
}

/// All points of a run's curves, and where they are not here, the preview.
///
/// # Errors
/// What is here cannot be read or understood.
pub fn read(project: &Project, store: &Store<'_>, tip: CommitId, run: &Run) -> Result<Vec<Curve>> {
    let Some(about) = run.curves.as_ref().filter(|about| !about.complete) else {
        return read_preview(store, tip, run);
    };
    let attached = store.attachment(tip, run.id, "curves")?;
    let bytes = match (attached, about.object) {
        (Some(bytes), _) => Some(bytes),
        (None, Some(oid)) if project.cache.contains(&oid)? => Some(project.cache.read(&oid)?),
        (None, _) => None,
    };
    let Some(bytes) = bytes else { return read_preview(store, tip, run) };
    let decoded = curves::decode(&bytes).map_err(|source| fault(run, "curves", source))?;
    Ok(named(decoded, true))
}

/// The points that `metrics.tsv` has: enough to draw curves.
///
/// # Errors
/// It cannot be read or understood.
pub fn read_preview(store: &Store<'_>, tip: CommitId, run: &Run) -> Result<Vec<Curve>> {
    let Some(bytes) = store.attachment(tip, run.id, "metrics.tsv")? else { return Ok(Vec::new()) };
    let parsed = preview::parse(&bytes).map_err(|source| fault(run, "metrics.tsv", source))?;
    Ok(named(parsed, run.curves.as_ref().is_some_and(|about| about.complete)))
}

fn named(series: Vec<(String, Vec<Point>)>, complete: bool) -> Vec<Curve> {
    series.into_iter().map(|(name, points)| Curve { name, points, complete }).collect()
}

fn fault(run: &Run, name: &str, source: crate::format::Error) -> Error {
    Error::Store { path: format!("{}/{name}", super::store::run_directory(run.id)), source }
}
