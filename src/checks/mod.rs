//! Checks of what is about to be committed: format, lint, notebooks, data.
//!
//! # Index first
//!
//! What is checked are the blobs that the commit will have ([`Files`]), never the files that happen to
//! lie in the worktree. Nothing is stashed or hidden while tools run: whoever hides unstaged work loses
//! it one day to a kill, an editor or a second Git. A correction is made in memory, becomes a blob and
//! gets into the index by one write at the end, if no check failed; the worktree's file follows by a
//! three-way merge, and stays as it is where that has a conflict ([`apply`]).
//!
//! # The way of one blob
//!
//! [`Files`] lists it. `notebooks` and `format` may make another text of it, which takes its place
//! in the list; `lint` and `data` look at what would then be committed. Each gives [`Checked`]: findings
//! with places, and what went wrong with its tools. [`run()`] puts them together and decides whether the
//! corrections are applied. Only `cli` prints.

pub mod apply;
pub mod data;
mod error;
mod files;
mod finding;
pub mod format;
pub mod lint;
pub mod notebooks;
mod report;
mod rules;
mod run;
mod settings;
mod texts;
mod tools;

pub use error::{Error, Result};
pub use files::{File, Files, Fix, Origin, Reader};
pub use finding::{Finding, Level, Place};
pub use report::{Check, Checked, Fixed, Ignored, Report, Tool, ToolState, WorktreeFile};
pub use run::{Options, run};
pub use settings::{Mode, Settings};
pub use tools::{MissingTool, missing_tools};
