//! What becomes of a project when its template changes.
//!
//! # Pristine renders
//!
//! What a template rendered, before anybody changed it, is a commit on `refs/mlrun/template/ID`
//! ([`pristine`]), where ID names the project's directory. The ref is of this repository: `git clone`,
//! `git fetch` and `git push` leave it alone (but for `--mirror`), `git gc` keeps what it leads to, and
//! `git log --all` lists it. Nothing depends on it: where it is missing, [`base`] makes its commit anew.
//!
//! # Updates
//!
//! [`update()`] renders the template again with the recorded answers, time and seed, so that only what the
//! template changed is different, and lets Git merge: the base is the pristine render that the project's
//! committed record describes, ours is the project, theirs the new render. The record is in both
//! renders and is merged like any file. Which render is the base is decided by the record alone, never
//! by where the ref is: an update that was thrown away can be made again.
//!
//! The ref moves after the merge has been applied. Before that, only objects were written that nothing
//! leads to.

pub mod adopt;
pub mod again;
pub mod base;
pub mod compare;
pub mod foreign;
mod merge;
pub mod pristine;
mod project;

pub use merge::{Merge, Options, Update, update};
pub use project::Project;
