//! What came of checks.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Finding;
use crate::fs::RepoPath;
use crate::git::{FileMode, GitId};

/// A check as a whole: what `SKIP` and the settings name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    Notebooks,
    Format,
    Lint,
    Data,
}

impl Check {
    /// In the order in which they run: those that correct first.
    pub const ALL: [Check; 4] = [Check::Notebooks, Check::Format, Check::Lint, Check::Data];

    pub fn name(self) -> &'static str {
        match self {
            Check::Notebooks => "notebooks",
            Check::Format => "format",
            Check::Lint => "lint",
            Check::Data => "data",
        }
    }
}

/// What one check did.
#[derive(Clone, Debug)]
pub struct Checked {
    pub check: Check,
    /// How many files it looked at.
    pub files: usize,
    pub findings: Vec<Finding>,
    pub tools: Vec<Tool>,
    /// Files that it should have looked at, and did not.
    pub ignored: Vec<Ignored>,
    /// Files that it corrected.
    pub corrected: usize,
    /// Notebooks that none of the tools reads which the project has.
    pub unread_notebooks: usize,
    pub duration: Duration,
}

/// A file that was not checked, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    pub path: RepoPath,
    pub reason: String,
}

/// A program of others that took part, or should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    pub name: &'static str,
    pub state: ToolState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolState {
    /// It was started.
    Ran,
    /// It said the same of the same blobs before, and was not started.
    Known,
    /// It is not installed; `install` is the command that would.
    Missing { install: String, required: bool },
    /// It ended in a way in which it never ends when it works: by a signal, with a status that it does
    /// not document, with output that cannot be understood.
    Crashed { reason: String },
}

impl Tool {
    /// Whether the check could not do its work because of it.
    pub fn is_broken(&self) -> bool {
        let state = &self.state;
        matches!(state, ToolState::Crashed { .. } | ToolState::Missing { required: true, .. })
    }
}

impl ToolState {
    /// That it was started is more than that it was not.
    fn badness(&self) -> u8 {
        match self {
            ToolState::Known => 0,
            ToolState::Ran => 1,
            ToolState::Missing { required: false, .. } => 2,
            ToolState::Missing { required: true, .. } => 3,
            ToolState::Crashed { .. } => 4,
        }
    }
}

impl Checked {
    pub fn new(check: Check) -> Checked {
        Checked {
            check,
            files: 0,
            findings: Vec::new(),
            tools: Vec::new(),
            ignored: Vec::new(),
            corrected: 0,
            unread_notebooks: 0,
            duration: Duration::ZERO,
        }
    }

    /// Leaves out what was found in these files: it is about texts that there are not.
    pub(super) fn forget<'p>(&mut self, paths: impl Iterator<Item = &'p RepoPath>) {
        let paths: BTreeSet<&RepoPath> = paths.collect();
        self.findings.retain(|found| !paths.contains(&found.place.path));
    }

    /// Adds what one run of a tool came to. Of several runs of one tool, the worst counts.
    pub(super) fn add_tool(&mut self, tool: Tool) {
        match self.tools.iter_mut().find(|known| known.name == tool.name) {
            Some(known) if tool.state.badness() > known.state.badness() => *known = tool,
            Some(_) => {}
            None => self.tools.push(tool),
        }
    }

    /// Whether it stops a commit by what it found.
    pub fn has_failed(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == super::Level::Error)
    }

    /// Whether it could not do its work.
    pub fn is_broken(&self) -> bool {
        self.tools.iter().any(Tool::is_broken)
    }
}

/// A file that was corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    pub path: RepoPath,
    /// What was staged before: still in the object database.
    pub old: GitId,
    pub new: GitId,
    /// The mode of its entry in the index; `None` if nothing was staged.
    pub staged: Option<FileMode>,
    pub worktree: WorktreeFile,
}

/// What became of the file in the worktree when another text was staged for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorktreeFile {
    /// It has what is staged now, and had what was staged, or that already.
    Written,
    /// It has other changes, and the correction.
    Merged,
    /// It is not there.
    Absent,
    /// It was left alone.
    Untouched { reason: String },
}

/// What came of all checks.
#[derive(Debug, Default)]
pub struct Report {
    pub checks: Vec<Checked>,
    /// Corrections that were made.
    pub fixed: Vec<Fixed>,
    /// Corrections that would have been made if nothing had failed, or broken.
    pub withheld: usize,
    /// Files that should have been corrected, and for which somebody staged something else meanwhile:
    /// that was not checked.
    pub overtaken: Vec<RepoPath>,
    /// Why the index that is left behind by a commit of some files does not have the corrections.
    pub left_behind: Option<String>,
    /// Settings of the committed file that no check knows, by their whole names.
    pub unknown: Vec<String>,
}

impl Report {
    pub fn has_failed(&self) -> bool {
        let is_undone = |fixed: &Fixed| {
            fixed.staged.is_none() && matches!(fixed.worktree, WorktreeFile::Untouched { .. })
        };
        // Also where only the corrected texts would have failed.
        self.withheld > 0
            || !self.overtaken.is_empty()
            || self.fixed.iter().any(is_undone)
            || self.checks.iter().any(Checked::has_failed)
    }

    pub fn is_broken(&self) -> bool {
        self.checks.iter().any(Checked::is_broken)
    }
}
