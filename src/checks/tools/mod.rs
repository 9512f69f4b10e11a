//! Formatters and linters of others: which a project wants, where they are, what they say.
//!
//! # Which
//!
//! `mlhook.format.tools` and `mlhook.lint.tools` name them. Where these say `auto`, or nothing, the tools
//! are those that the project configures in files of the index ([`choose`]), else those in its own virtual
//! environment. Only somebody who asked for the check, by hand or through a host, also gets what PATH has;
//! a hook runs nothing for a project that has chosen nothing.
//!
//! # On what
//!
//! A tool reads files, so the texts are laid out in a directory of their own below the repository's
//! `mldata/hook-tmp` ([`tree`]), with the committed configuration and empty files for the modules that
//! imports name. No tool is started in the worktree, and none reads it. ruff finds the nearest
//! configuration of each file itself; black, isort, flake8 and interrogate read one file per run, and are
//! run once for each directory with a configuration of theirs. So the verdict on a file never depends on
//! which others are staged with it, and can be kept ([`cache`]). Settings of the user outside of the
//! project have no say either: a verdict is the same for everybody.
//!
//! # What is no verdict
//!
//! A file that is no valid Python is a finding with a place. A tool that ends by a signal, with a status
//! that it does not document, with output that cannot be read, or not at all, has crashed; nothing is
//! concluded from the rest of its output.

mod cache;
mod choose;
mod configs;
mod find;
mod flake8;
mod foreign;
mod formatters;
mod imports;
mod interrogate;
mod missing;
mod process;
mod ruff;
mod session;
mod subjects;
mod tame;
mod tree;
mod verdict;

pub(super) use interrogate::shortfall;
pub use missing::{MissingTool, missing_tools};
pub(super) use process::is_interrupted;
pub(super) use session::{Judged, Session, changed_line};
pub(super) use subjects::Subject;
pub(super) use verdict::{Docs, Problem, Verdict};

use super::Check;

/// A program that checks Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Isort,
    Black,
    Ruff,
    Flake8,
    Interrogate,
}

/// What a program is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Task {
    Format,
    Lint,
    /// Lint, and correct what can be corrected without changing what the program does.
    LintFix,
}

impl Kind {
    /// In the order in which they run.
    pub const ALL: [Kind; 5] =
        [Kind::Isort, Kind::Black, Kind::Ruff, Kind::Flake8, Kind::Interrogate];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Isort => "isort",
            Kind::Black => "black",
            Kind::Ruff => "ruff",
            Kind::Flake8 => "flake8",
            Kind::Interrogate => "interrogate",
        }
    }

    /// Whether `check` can be done with it.
    pub fn serves(self, check: Check) -> bool {
        match self {
            Kind::Ruff => true,
            Kind::Isort | Kind::Black => check == Check::Format,
            Kind::Flake8 | Kind::Interrogate => check == Check::Lint,
        }
    }

    /// Whether its verdict depends on which modules are the project's own.
    fn sorts_imports(self, task: Task) -> bool {
        self == Kind::Isort || (self == Kind::Ruff && task != Task::Format)
    }
}
