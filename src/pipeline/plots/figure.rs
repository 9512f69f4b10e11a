//! Figures: what one plot shows, before anything is laid out.

use super::{Cell, Template};
use crate::fs::RepoPath;

/// One plot with the data of all revisions.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The path of the data, or the name that the pipeline file gives it.
    pub id: String,
    pub title: String,
    pub x_label: String,
    pub y_label: String,
    pub template: Template,
    pub series: Vec<Series>,
}

/// One column of one revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What the legend says: the revision, and what else tells it from others.
    pub name: String,
    pub revision: String,
    pub file: RepoPath,
    pub field: String,
    /// As long as `y`.
    pub x: Vec<Cell>,
    pub y: Vec<Cell>,
}

impl Series {
    pub fn len(&self) -> usize {
        self.y.len()
    }

    pub fn is_empty(&self) -> bool {
        self.y.is_empty()
    }

    pub fn points(&self) -> impl Iterator<Item = (&Cell, &Cell)> {
        self.x.iter().zip(&self.y)
    }
}
