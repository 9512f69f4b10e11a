//! Why one plot cannot be drawn; the others are.

use crate::fs::display_bytes;

#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum Problem {
    #[error("it is empty")]
    Empty,
    #[error("it holds no list of records")]
    NoRecords,
    #[error("it cannot be read as rows: {reason}")]
    Rows { reason: String },
    #[error("it has no column `{}`, only {}", shown(.name), listed(.known))]
    NoColumn { name: String, known: Vec<String> },
    #[error("it has no columns")]
    NoColumns,
    #[error("`{}` is not a kind of plot; those known are {known}", shown(.name))]
    Template { name: String, known: String },
    #[error("it has {y} rows for y, but there are {x} for x")]
    Lengths { x: usize, y: usize },
    #[error("{x} columns for x and {y} for y cannot be paired")]
    Axes { x: usize, y: usize },
    #[error("this kind of plot needs `x` as well as `y`")]
    NeedsBoth,
    #[error("plots are drawn of CSV, TSV, JSON and YAML, and images are shown")]
    Kind,
    #[error("an image of {size} bytes is too large for the page")]
    ImageTooLarge { size: usize },
}

impl Problem {
    pub(super) fn csv(error: csv::Error) -> Problem {
        Problem::Rows { reason: display_bytes(error.to_string().as_bytes()) }
    }
}

fn shown(name: &str) -> String {
    display_bytes(name.as_bytes())
}

/// The first few names.
fn listed(names: &[String]) -> String {
    const MOST: usize = 12;
    let mut listed: Vec<String> =
        names.iter().take(MOST).map(|name| format!("`{}`", shown(name))).collect();
    if names.len() > MOST {
        listed.push("…".to_owned());
    }
    if listed.is_empty() { "none".to_owned() } else { listed.join(", ") }
}
