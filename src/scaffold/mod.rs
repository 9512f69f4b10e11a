//! Projects from templates, and what becomes of them when the template changes.
//!
//! # The way of a template
//!
//! [`source`] finds it (built in, a directory, an archive, a Git repository) and reads it into a
//! [`FileTree`], in memory. [`questions`] reads what it asks, [`questions::answer`] puts each question to
//! whoever answers ([`Ask`]), with defaults that are rendered from the answers before. [`render`] walks
//! the tree and makes another one: the project, still in memory, nothing written, no program run, a
//! pure function of template, answers and [`Moment`]. [`write`](mod@write) puts it on the disk as a
//! whole or not at all. [`record`] says in it what it was made from, and [`update`] keeps what was rendered (a *pristine render*) as commits on a ref of
//! ours, and merges what the template has become.
//!
//! The format is cookiecutter's (version 2.7), and the bytes are those that cookiecutter writes:
//! `tests/templates` compares the two on every feature. [`jinja`] is the one module that knows the
//! template language.
//!
//! # Trust
//!
//! A template is a stranger's text. Rendering runs none of it: no process, no network, no environment,
//! no file but the template's own, in bounded time and space ([`Limits`]). Its hooks are programs; they
//! run only when the user said so for exactly this source and version.

pub mod builtin;
pub mod config;
mod error;
pub mod generate;
pub mod hooks;
pub mod jinja;
mod limits;
pub mod program;
pub mod questions;
pub mod record;
pub mod render;
pub mod repository;
pub mod source;
mod template;
mod tree;
pub mod trust;
pub mod update;
pub mod write;

pub use error::{Error, Foreign, Result};
pub use generate::{Generated, generate};
pub use limits::Limits;
pub use questions::{Answers, Ask};
pub use template::Template;
pub use tree::{FileTree, Node};

/// What a render depends on beside template and answers. Kept in the project's record, so that the
/// same render can be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What `{% now %}` says.
    pub time: jiff::Timestamp,
    /// Where random strings and UUIDs come from.
    pub seed: u64,
}

impl Moment {
    /// This moment, with a seed that nobody has seen.
    pub fn now() -> Moment {
        let now = crate::fs::unix_time_ns();
        let mut seed = [0; 8];
        let flags = rustix::rand::GetRandomFlags::empty();
        let filled = rustix::rand::getrandom(&mut seed[..], flags);
        Moment {
            // The clock counts in 64 bits, within what a timestamp holds.
            time: jiff::Timestamp::from_nanosecond(i128::from(now)).unwrap_or_default(),
            // Without random bytes the time makes do: seeds keep no secret.
            seed: if filled == Ok(seed.len()) { u64::from_le_bytes(seed) } else { now as u64 },
        }
    }
}
