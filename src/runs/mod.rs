//! Runs: every execution, recorded in the repository's own Git objects (DESIGN section 9).
//!
//! ```text
//! store        the ref that holds all runs: reading one, adding some, changing annotations
//! ids          new ids and names
//! live         runs that are not over, and those that a killed runner left
//! ```
//!
//! The formats stand in `format::run`. What `repro` and `exec` tell while they work goes to a journal,
//! and from there to the store in one commit.

pub mod error;
pub mod ids;
pub mod live;
pub mod store;

pub use error::{Error, Result};
pub use store::{NewRun, Store};
