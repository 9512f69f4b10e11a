//! Lines that YAML wants indented and people do not.
//!
//! By the standard, every line of a flow collection or of a quoted string is indented more than the
//! key before it, and the parser insists. PyYAML and ruamel.yaml do not, so that files have
//!
//! ```yaml
//! train:
//!   cmd: "python train.py
//!   --fast"
//!   layers: [
//!   64, 32
//! ]
//! ```
//!
//! White space at the beginning of such lines means nothing. So where the parser stops for the lack
//! of it, the line is indented in a copy of the text and the text is parsed anew; marks are told by
//! the columns of the original.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Mark;

/// What a line is indented by, in columns: more than any key of a tree of legal depth is, as a rule.
const INDENT: usize = 256;

/// What is parsed in vain at most, in bytes: each line costs parsing the text once more.
const MAX_EFFORT: usize = 64 << 20;

/// What begins or goes on where the parser stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unindented {
    /// A line of a flow collection: the one where the parser stopped.
    Flow,
    /// A line of the quoted string that begins where the parser stopped.
    Quoted,
}

impl Unindented {
    /// Understands what the parser says.
    pub fn of(info: &str) -> Option<Unindented> {
        match info {
            "invalid indentation" | "invalid indentation in flow construct" => {
                Some(Unindented::Flow)
            }
            "invalid indentation in quoted scalar" => Some(Unindented::Quoted),
            _ => None,
        }
    }
}

/// A text of which some lines are indented more than they were.
pub struct Relaxed<'a> {
    text: Cow<'a, str>,
    /// The lines that are, counted from 1.
    lines: BTreeSet<usize>,
    effort: usize,
}

impl<'a> Relaxed<'a> {
    pub fn new(text: &'a str) -> Self {
        Relaxed { text: text.into(), lines: BTreeSet::new(), effort: 0 }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Where `mark` of this text is in the original.
    pub fn original(&self, mark: Mark) -> Mark {
        if self.lines.is_empty() || !self.lines.contains(&mark.line) {
            return mark;
        }
        Mark { column: mark.column.saturating_sub(INDENT).max(1), ..mark }
    }

    /// Indents the next line of what the parser stopped at, at `line`; false if that is no use.
    pub fn indent(&mut self, what: Unindented, line: usize) -> bool {
        let line = match what {
            Unindented::Flow => line,
            Unindented::Quoted => {
                let mut after = line + 1..;
                after.find(|line| !self.lines.contains(line)).expect("an endless range")
            }
        };
        self.effort += self.text.len();
        let Some(start) = line_start(&self.text, line) else { return false };
        if self.effort > MAX_EFFORT || !self.lines.insert(line) {
            return false;
        }
        self.text.to_mut().insert_str(start, &" ".repeat(INDENT));
        true
    }
}

fn line_start(text: &str, line: usize) -> Option<usize> {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines.by_ref().take(line - 1).map(str::len).sum();
    lines.next().map(|_| before)
}
