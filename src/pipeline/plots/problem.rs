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
    #[error("it has {y} rows, but `{}` has {x}", shown(.file))]
    Lengths { file: String, x: usize, y: usize },
    #[error("{x} columns for x and {y} for y cannot be paired")]
    Axes { x: usize, y: usize },
    #[error("it has no column of its own for the predictions: name `x` and `y`")]
    NeedsBoth,
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
