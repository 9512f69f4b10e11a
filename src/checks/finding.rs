//! What a check found, and where.

use crate::fs::RepoPath;

/// Whether a finding stops the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Warning,
    Error,
}

/// Where something is in a file; lines and columns are counted from one, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub path: RepoPath,
    pub line: Option<u64>,
    pub column: Option<u64>,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub place: Place,
    pub level: Level,
    /// The rule's stable name: `big-file`, or a tool's own, such as `F401`.
    pub rule: String,
    /// One line, not escaped.
    pub message: String,
    /// The program of others that says so; `None` if it is ours, or the work of several.
    pub tool: Option<&'static str>,
    /// What to type, where one command does it.
    pub hint: Option<String>,
    /// Whether `--fix` would do away with it.
    pub fixable: bool,
}

impl Finding {
    /// A finding about the file at `path` as a whole that stops a commit.
    pub fn new(path: &RepoPath, rule: &str, message: impl Into<String>) -> Finding {
        Finding {
            place: Place { path: path.clone(), line: None, column: None },
            level: Level::Error,
            rule: rule.to_owned(),
            message: message.into(),
            tool: None,
            hint: None,
            fixable: false,
        }
    }

    #[must_use]
    pub fn line(mut self, line: u64) -> Finding {
        self.place.line = Some(line);
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Finding {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn level(mut self, level: Level) -> Finding {
        self.level = level;
        self
    }
}
