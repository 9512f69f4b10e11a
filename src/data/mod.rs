//! What the commands mean: one verb per file, on top of the cache, the remote and the repository.
//!
//! Three things are compared throughout:
//!
//! - the **pointer**, what the commit (or the edited file) says a path should hold;
//! - the **base**, what this worktree last checked out or added there, kept in the [`index`] with
//!   the stat of every file;
//! - the **worktree**, what is there.
//!
//! Worktree ≠ base is *modified*; pointer ≠ base is *behind its pointer*: a pull, reset, stash or
//! cherry-pick moved the pointer and the data did not follow.

pub mod add;
pub mod checkout;
pub mod content;
pub mod error;
pub mod fetch;
pub mod guard;
pub mod hook;
pub mod index;
pub mod init;
pub mod installation;
pub mod project;
pub mod push;
pub mod recovery;
pub mod remotes;
pub mod select;
pub mod status;
pub mod tracked;

mod gitignore;
mod links;
mod remote_url;
mod revisions;
mod scan;
mod store;
mod walk;

pub use error::{Error, Result};
pub use gitignore::line_for as ignore_line;
pub use project::{Progress, Project, Quiet};
pub use select::Selection;

/// A path below a target, from the path of a directory below it and a name.
fn join(inner: &[u8], name: &[u8]) -> Vec<u8> {
    match (inner, name) {
        (b"", _) => name.to_vec(),
        (_, b"") => inner.to_vec(),
        _ => [inner, b"/", name].concat(),
    }
}
