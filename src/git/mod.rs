//! The repository: where it is, what it tracks, what it is configured to do.
//!
//! Reading goes through `gix`. What users author (commits, the staging of pointers) goes through
//! the `git` program, so that hooks, filters and signing apply.

mod changes;
mod command;
mod config;
mod create;
mod error;
mod excludes;
mod files;
mod filters;
mod foreign_tree;
mod history;
mod merge_texts;
mod mirror;
mod objects;
mod patch;
mod pick;
mod repo;
mod restage;
mod snapshot;
mod sparse_index;
mod staged;
mod status;
mod transfer;
mod version;
mod worktrees;

pub use changes::{FileChange, FileChangeKind};
pub use command::{Git, IgnoreMatch, run_anywhere};
pub use config::{
    Config, ConfiguredHook, HOOK_SECTION, SHARED_CONFIG, Scope, global_user, users_settings_file,
};
pub use error::{Error, Result};
pub use excludes::{Excludes, IgnoreRules};
pub use files::GitFiles;
pub use filters::Smudge;
pub use history::{CommitId, FileAt};
pub use mirror::{Mirror, Wanted, forget_repository, names_repository};
pub use objects::{CommitInfo, GitId, Identity, Objects, TreeChange};
pub use patch::PatchLook;
pub use pick::Picked;
pub(crate) use repo::read_worktree_file;
pub use repo::{GitIndex, Repo};
pub use restage::Replacement;
pub use snapshot::GitEntry;
pub use staged::{StagedChange, StagedEntry};
pub use status::{FileMode, StatusEntry, Tracked, Untracked};
pub use transfer::Reply;
pub use version::{Version, older_on_path, version};
pub use worktrees::Branch;
