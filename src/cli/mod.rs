//! The command line: arguments, output, progress and exit codes. The only layer that prints.
//!
//! A verb is one file with its `Args`, whose doc comments are the help, and `run`, which calls the
//! library and shows what came of it through [`Ui`]. Errors of every layer become a [`CliError`] in
//! `error`, where their kind and hints are decided.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | the answer is no: dirty, differs, findings |
//! | 2 | usage |
//! | 3 | could not do it: an error of the user or of the data |
//! | 70 | a bug |
//! | 130 | interrupted (a shell's number for a process that died of SIGINT) |

mod checks_error;
mod data_error;
pub mod docgen;
mod error;
mod global;
pub mod mldata;
pub mod mlhook;
pub mod mlrun;
mod pipeline_error;
mod progress;
mod report;
mod run;
mod runs_error;
mod scaffold_error;
mod switches;
mod table;
mod ui;

pub use error::{CliError, ErrorKind};
pub use progress::Progress;
pub use run::Outcome;
pub use ui::{ColorChoice, Ui};
