//! Runs: every execution, recorded in the repository's own Git objects (DESIGN section 9).
//!
//! ```text
//! store        the ref that holds all runs: reading one, adding some, changing annotations
//! index        what tables and filters need of all runs, in one local file
//! resolve      which run is meant
//! query        the language of `--filter`
//! ids          new ids and names
//! detail       everything about one run
//! diff         what differs between two
//! last         the last run of a worktree and of its stages
//! live         runs that are not over, and those that a killed runner left
//! annotate     tags, notes and deletions
//! gc           deleted runs leave the tree
//! environment  what a run has around it: platform, tools, packages
//! series       curves: metrics that were logged step by step
//! contents     directories of the store, read with distrust
//! merge        two stores become one
//! payload      what runs bring along
//! sync         stores of other repositories: fetch, pull, push
//! snapshot     the code that a run reads and writes, as commits
//! rewrites     commits that took the place of others, and their runs with it
//! trailer      the line by which a commit names its run
//! restore      a run's code and data, back in a worktree
//! ```
//!
//! The formats stand in `format::run`. What `repro` and `exec` tell while they work goes to a journal,
//! and from there to the store in one commit.

pub mod annotate;
pub mod contents;
pub mod detail;
pub mod diff;
pub mod environment;
pub mod error;
pub mod gc;
pub mod ids;
pub mod index;
pub mod last;
pub mod live;
pub mod merge;
pub mod payload;
pub mod query;
pub mod resolve;
pub mod restore;
pub mod rewrites;
pub mod series;
pub mod snapshot;
pub mod store;
pub mod sync;
pub mod trailer;

pub use error::{Error, Result};
pub use index::{Group, Runs, Scalar, Summary};
pub use snapshot::Snapshot;
pub use store::{NewRun, Store};
