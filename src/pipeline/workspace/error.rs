//! Targets that lead nowhere.

use crate::fs::{RepoPath, display_bytes};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no pipeline file, {}, from here up to the top of the repository", names())]
    NoPipeline,
    #[error("there is no pipeline file, {}, in `{directory}`", names())]
    NoPipelineIn { directory: RepoPath },
    /// Neither a stage of the pipeline file at hand, nor a path that has to do with one.
    #[error("`{}` is no stage, no pipeline file and no out of a stage", display_bytes(.target.as_bytes()))]
    Unknown {
        target: String,
        /// What may be meant, the likeliest first.
        near: Vec<String>,
    },
    #[error("`{file}` has no stage `{}`", display_bytes(.name.as_bytes()))]
    UnknownStage { file: RepoPath, name: String, near: Vec<String> },
    #[error("no stage matches `{}`", display_bytes(.pattern.as_bytes()))]
    NoMatch { pattern: String },
    #[error("`{}` is not a valid glob: {reason}", display_bytes(.pattern.as_bytes()))]
    Glob { pattern: String, reason: String },
    #[error("`{file}` is not read, because `{by}` is beside it")]
    Hidden { file: RepoPath, by: RepoPath },
    #[error("the target {reason}")]
    Path { reason: String },
}

fn names() -> String {
    super::NAMES.map(|name| format!("`{name}`")).join(" or ")
}
