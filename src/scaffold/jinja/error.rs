//! What is wrong with a text, and where.

use std::error::Error as _;

use minijinja::ErrorKind;

use super::preprocess::Problem;
use crate::fs::display_bytes;

/// Why a text could not be rendered.
#[derive(Debug, thiserror::Error)]
#[error("cannot render {}: {reason}{}", place(.name, .line), quote(.excerpt))]
pub struct RenderError {
    /// The file or variable whose text it is: one that was included, if the reason lies there.
    pub name: String,
    /// Line of the text, from 1.
    pub line: Option<usize>,
    pub reason: String,
    /// What stands there.
    pub excerpt: Option<String>,
    /// A Python class that the template needs, and that is not built in.
    pub extension: Option<String>,
}

/// Characters of a line that are shown.
const EXCERPT: usize = 120;

fn place(name: &str, line: &Option<usize>) -> String {
    let name = display_bytes(name.as_bytes());
    match line {
        Some(line) => format!("`{name}`, line {line}"),
        None => format!("`{name}`"),
    }
}

fn quote(excerpt: &Option<String>) -> String {
    excerpt.as_ref().map(|line| format!("\n    {line}")).unwrap_or_default()
}

impl RenderError {
    pub(super) fn new(name: &str, reason: impl Into<String>) -> RenderError {
        let reason = reason.into();
        RenderError { name: name.to_owned(), line: None, reason, excerpt: None, extension: None }
    }

    /// The text that is called `name` cannot be taken apart.
    pub(super) fn of_problem(name: &str, text: &str, problem: &Problem) -> RenderError {
        let before = &text.as_bytes()[..problem.at.min(text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        RenderError {
            line: Some(line),
            excerpt: excerpt(text, line),
            ..RenderError::new(name, problem.reason.clone())
        }
    }

    /// The engine's own error. `source` finds the text of a name.
    pub(super) fn of_engine(
        name: &str,
        error: &minijinja::Error,
        source: impl Fn(&str) -> Option<String>,
    ) -> RenderError {
        // An error in an included text is the cause of one where it is included.
        let mut error = error;
        while matches!(error.kind(), ErrorKind::BadInclude | ErrorKind::EvalBlock)
            && let Some(cause) = error.source().and_then(|cause| cause.downcast_ref())
        {
            error = cause;
        }
        let name = error.name().unwrap_or(name);
        let mut reason = match error.kind() {
            ErrorKind::UndefinedError => "a value is undefined".to_owned(),
            ErrorKind::OutOfFuel if error.detail().is_none() => {
                "it takes too many steps".to_owned()
            }
            ErrorKind::WriteFailure => "it becomes too long".to_owned(),
            kind => kind.to_string(),
        };
        match error.detail() {
            Some(detail) if error.kind() == ErrorKind::InvalidOperation => reason = detail.into(),
            Some(detail) if error.kind() != ErrorKind::WriteFailure => {
                reason = format!("{reason}: {detail}");
            }
            _ => {}
        }
        let line = error.line();
        let excerpt = line.and_then(|line| excerpt(&source(name)?, line));
        RenderError { line, excerpt, ..RenderError::new(name, display_bytes(reason.as_bytes())) }
    }
}

/// Line `line` of `text`, from 1, fit for a terminal.
fn excerpt(text: &str, line: usize) -> Option<String> {
    let line = text.lines().nth(line.checked_sub(1)?)?.trim();
    let shown: String = line.chars().take(EXCERPT).collect();
    (!shown.is_empty()).then(|| display_bytes(shown.as_bytes()))
}
