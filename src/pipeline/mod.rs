//! Pipelines: stages whose commands turn deps and params into outs, and the lock that records how.
//!
//! # The way of one parameter
//!
//! `params` reads `params.yaml` into a [`Value`](crate::format::Value); a stage lists the keys that
//! it depends on; their values go into its key and, once it ran, into `mlrun.lock`. On the next
//! `repro` the values of the file are held against those of the lock.

pub mod dag;
pub mod declared;
pub mod diff;
pub mod edit;
pub mod error;
pub mod failure;
pub mod file;
pub mod flat;
pub mod graph;
pub mod in_git;
pub mod metrics;
pub mod number;
pub mod params;
pub mod plots;
pub mod run;
pub mod source;
pub mod stage;
pub mod states;
pub mod template;
#[cfg(test)]
pub(crate) mod testing;
pub mod workspace;

pub use error::{Error, Located, Result};
pub use file::{Loaded, load};
pub use graph::Graph;
pub use in_git::InGit;
pub use source::Source;
pub use stage::{Address, Stage};
pub use states::State;
pub use workspace::Workspace;
