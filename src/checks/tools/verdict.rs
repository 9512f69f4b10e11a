//! What a tool says of one file.

use serde::{Deserialize, Serialize};

use crate::checks::rules::SYNTAX;
use crate::checks::{Finding, Level, Result, Settings};
use crate::fs::RepoPath;

/// What a tool says of one text. Kept on disk: what changes its meaning needs another
/// `cache::VERSION`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The text that it would have instead.
    #[serde(skip)]
    pub text: Option<Vec<u8>>,
    pub problems: Vec<Problem>,
    /// Why it has no opinion.
    pub ignored: Option<String>,
    pub docs: Option<Docs>,
}

/// Something that it complains about; lines and columns are counted from one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub line: Option<u64>,
    pub column: Option<u64>,
    pub rule: String,
    pub message: String,
    pub fixable: bool,
}

/// What has a docstring in one file. Whether that is enough is decided for all files together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Docs {
    /// Modules, classes and functions that should have one.
    pub total: u64,
    /// Those that have none, by name and line.
    pub missing: Vec<(String, Option<u64>)>,
    /// The percentage that there has to be, as the tool prints it.
    pub minimum: String,
}

/// Text of a tool that is one line and not too long.
pub(super) fn one_line(text: &str) -> String {
    const LONGEST: usize = 500;
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() + word.len() > LONGEST {
            line.push('…');
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

impl Problem {
    pub fn new(rule: &str, message: &str) -> Problem {
        let (line, column) = (None, None);
        let rule = one_line(rule);
        Problem { line, column, rule, message: one_line(message), fixable: false }
    }

    /// The file is no valid Python.
    pub fn syntax(message: &str) -> Problem {
        Problem::new(SYNTAX, message)
    }

    pub fn at(mut self, line: u64, column: Option<u64>) -> Problem {
        self.line = (line > 0).then_some(line);
        self.column = column.filter(|&column| column > 0);
        self
    }

    /// The finding that it is in the file at `path`, which `tool` made, or we; `None` if its rule is off.
    pub fn finding(
        &self,
        path: &RepoPath,
        settings: &Settings,
        tool: Option<&'static str>,
    ) -> Result<Option<Finding>> {
        // Only such names can be keys of Git's settings.
        let is_key = self.rule.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let level = match is_key {
            true => settings.level(&self.rule, Level::Error)?,
            false => Some(Level::Error),
        };
        let Some(level) = level else { return Ok(None) };
        let mut finding = Finding::new(path, &self.rule, &self.message).level(level);
        finding.place.line = self.line;
        finding.place.column = self.column;
        finding.fixable = self.fixable;
        finding.tool = tool;
        Ok(Some(finding))
    }
}

impl Verdict {
    pub fn problem(problem: Problem) -> Verdict {
        Verdict { problems: vec![problem], ..Verdict::default() }
    }

    pub fn ignored(reason: &str) -> Verdict {
        Verdict { ignored: Some(one_line(reason)), ..Verdict::default() }
    }
}
