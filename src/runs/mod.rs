//! Runs: every execution, recorded in the repository's own Git objects (DESIGN section 9).
//!
//! ```text
//! store        the ref that holds all runs: reading one, adding some, changing annotations
//! ids          new ids and names
//! annotate     tags, notes and deletions
//! gc           deleted runs leave the tree
//! contents     directories of the store, read with distrust
//! merge        two stores become one
//! payload      what runs bring along
//! sync         stores of other repositories: fetch, pull, push
//! ```
//!
//! The formats stand in `format::run`. What `repro` and `exec` tell while they work goes to a journal
//! (`live`), and from there to the store in one commit.

pub mod annotate;
pub mod contents;
pub mod error;
pub mod gc;
pub mod ids;
pub mod merge;
pub mod payload;
pub mod store;
pub mod sync;

pub use error::{Error, Result};
pub use store::{NewRun, Store};
