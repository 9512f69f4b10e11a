//! Arguments that several verbs share.
//!
//! The structs have no doc comments: clap would take them for the help of the verbs.

use std::ffi::OsString;
use std::num::NonZeroUsize;

use clap::ValueHint;

use crate::data::push::Revisions;

#[derive(Debug, clap::Args)]
pub struct Targets {
    /// Files, directories, paths inside tracked directories, or globs; all tracked data if none
    #[arg(value_name = "TARGET", value_hint = ValueHint::AnyPath)]
    pub targets: Vec<OsString>,
}

#[derive(Debug, clap::Args)]
pub struct Jobs {
    /// Use N threads; as many as there are processors if not given
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

#[derive(Debug, clap::Args)]
pub struct Transfer {
    #[command(flatten)]
    pub targets: Targets,
    /// Use this remote instead of the default one
    #[arg(short, long, value_name = "NAME")]
    pub remote: Option<String>,
    /// Include what every branch names
    #[arg(long)]
    pub all_branches: bool,
    /// Include what every tag names
    #[arg(long)]
    pub all_tags: bool,
    /// Include what this revision or range names (repeatable)
    #[arg(long, value_name = "REV")]
    pub rev: Vec<String>,
    #[command(flatten)]
    pub jobs: Jobs,
    /// Show what would be done, and do nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// Report as one JSON object
    #[arg(long)]
    pub json: bool,
}

impl Jobs {
    pub fn count(&self) -> Option<usize> {
        self.jobs.map(NonZeroUsize::get)
    }
}

impl Transfer {
    pub fn revisions(&self) -> Revisions {
        Revisions {
            all_branches: self.all_branches,
            all_tags: self.all_tags,
            named: self.rev.clone(),
            worktree: false,
        }
    }
}
