//! Figures laid out: places between 0 and 1, and counts, ready to be drawn as SVG or as text.
//!
//! What is drawn is bounded, whatever the data: of a long series, so many points that the drawing
//! looks the same; of many bars or names, the first. What was left out is said in the notes.

mod counts;
mod curves;

use super::scale::Axis;
use super::{Figure, Template};
use crate::pipeline::number::{count, significant};

/// A figure ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub body: Body,
    /// What the reader has to know: that points were left out.
    pub notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Curves { x: Axis, y: Axis, curves: Vec<Curve> },
    Bars { scale: Axis, names: Vec<String>, bars: Vec<Vec<Option<Bar>>> },
    Matrices(Vec<Matrix>),
}

/// One series of a figure with axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Joined by lines; a line ends where a value is missing.
    pub lines: Vec<Vec<(f64, f64)>>,
    pub marks: Vec<Mark>,
    /// Whether the marks are seen, or only found by the pointer.
    pub marks_shown: bool,
}

/// One point with what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub x: f64,
    pub y: f64,
    pub text: String,
}

/// A bar from 0, or from the edge, to its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub from: f64,
    pub to: f64,
    pub value: f64,
}

/// How often each pair of names occurs in one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    pub series: usize,
    /// Names of y.
    pub rows: Vec<String>,
    /// Names of x.
    pub columns: Vec<String>,
    pub cells: Vec<Vec<MatrixCell>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatrixCell {
    pub count: u64,
    /// Of its row.
    pub share: f64,
    /// Darkness, from 0 to 1.
    pub shade: f64,
}

/// Lays a figure out.
pub fn layout(figure: &Figure) -> Layout {
    let mut notes = Vec::new();
    let body = match figure.template {
        template if template.is_confusion() => {
            let each = figure.series.iter().enumerate();
            let normalized = template == Template::ConfusionNormalized;
            Body::Matrices(
                each.map(|(at, one)| counts::matrix(at, one, normalized, &mut notes)).collect(),
            )
        }
        template if template.is_bar() => {
            let sorted = template == Template::BarHorizontalSorted;
            counts::bars(&figure.series, sorted, &mut notes)
        }
        template => curves::curves(figure, template, &mut notes),
    };
    notes.dedup();
    Layout { body, notes }
}

/// What a cell of a matrix says: a count, or a share of its row.
pub fn cell_text(cell: &MatrixCell, template: Template) -> String {
    match template {
        Template::ConfusionNormalized => significant(cell.share, 2),
        _ => count(usize::try_from(cell.count).unwrap_or(usize::MAX)),
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::super::{Cell, Series};
    use super::*;
    use crate::fs::RepoPath;

    pub fn series(x: Vec<Cell>, y: Vec<Cell>) -> Series {
        let (name, revision) = ("HEAD".to_owned(), "HEAD".to_owned());
        Series { name, revision, file: RepoPath::root(), field: "y".to_owned(), x, y }
    }

    pub fn figure(template: Template, series: Vec<Series>) -> Figure {
        let text = String::new;
        let (id, title, x_label, y_label) = (text(), text(), text(), text());
        Figure { id, title, x_label, y_label, template, series }
    }

    pub fn numbers(values: impl IntoIterator<Item = f64>) -> Vec<Cell> {
        values.into_iter().map(Cell::Number).collect()
    }

    pub fn names(values: &[&str]) -> Vec<Cell> {
        values.iter().map(|value| Cell::Text((*value).to_owned())).collect()
    }
}
