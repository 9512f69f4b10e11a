//! Runs: every execution, recorded in the repository's own Git objects (DESIGN section 9).
//!
//! ```text
//! store        the ref that holds all runs: reading one, adding some, changing annotations
//! ids          new ids and names
//! environment  what a run has around it: platform, tools, packages
//! snapshot     the code that a run reads and writes, as commits
//! ```
//!
//! The formats stand in `format::run`. What `repro` and `exec` tell while they work goes to a journal
//! (`live`), and from there to the store in one commit.

pub mod environment;
pub mod error;
pub mod ids;
pub mod snapshot;
pub mod store;

pub use error::{Error, Result};
pub use snapshot::Snapshot;
pub use store::{NewRun, Store};
