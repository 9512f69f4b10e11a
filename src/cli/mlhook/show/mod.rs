//! What checks found, for people and for programs.

mod json;
mod sarif;
mod text;

use crate::checks::{Level, Report};
use crate::cli::Outcome;

pub use json::json;
pub use sarif::sarif;
pub use text::{Shown, report, text};

/// 1 for findings that stop a commit, 3 for checks that could not do their work.
pub fn outcome(report: &Report) -> Outcome {
    match (report.is_broken(), report.has_failed()) {
        (true, _) => Outcome::Code(3),
        (false, true) => Outcome::No,
        (false, false) => Outcome::Done,
    }
}

/// The word for a level, here and in SARIF.
fn level(level: Level) -> &'static str {
    match level {
        Level::Warning => "warning",
        Level::Error => "error",
    }
}
