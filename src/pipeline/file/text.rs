//! The text of a pipeline file, for showing places in it.

use crate::format::yaml::{Mark, Problem};
use crate::fs::RepoPath;
use crate::pipeline::error::{Error, Located};
use crate::pipeline::template;

/// A file's path and what is in it.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    pub path: &'a RepoPath,
    pub text: &'a str,
}

impl Text<'_> {
    /// What is wrong at `mark`.
    pub fn located(&self, mark: Mark, message: impl Into<String>) -> Located {
        Located::new(self.path.clone(), self.text, mark, message)
    }

    pub fn error(&self, mark: Mark, message: impl Into<String>) -> Error {
        Error::InFile(Box::new(self.located(mark, message)))
    }

    pub fn problem(&self, problem: Problem) -> Error {
        self.error(problem.mark, problem.message)
    }

    /// Points at the expression itself: it may stand far into a string of many lines.
    pub fn template(&self, problem: template::Problem) -> Error {
        let template::Problem { mark, expression, message } = problem;
        let found = expression.and_then(|expression| self.find(mark, &expression));
        self.error(found.unwrap_or(mark), message)
    }

    /// Where `needle` first stands at or after `mark`, unless a backslash escapes it.
    fn find(&self, mark: Mark, needle: &str) -> Option<Mark> {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(self.text);
        let mut lines = text.lines().enumerate().skip(mark.line - 1);
        lines.find_map(|(index, line)| {
            let skip = if index + 1 == mark.line { mark.column - 1 } else { 0 };
            let from = line.char_indices().nth(skip).map_or(line.len(), |(at, _)| at);
            let mut matches = line[from..].match_indices(needle).map(|(at, _)| from + at);
            let at = matches.find(|at| !line[..*at].ends_with('\\'))?;
            Some(Mark { line: index + 1, column: line[..at].chars().count() + 1 })
        })
    }
}
