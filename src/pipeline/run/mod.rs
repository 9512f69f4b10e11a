//! Running stages.
//!
//! ```text
//! repro      which stages, in which order; `runner` does what is to be done with each
//! status     what it would do; `commit` takes outs as they are
//! stale      the same at a commit, without a checkout
//! branches   branches that are not checked out
//! exec       a command without a pipeline
//! decision   whether a stage has to run, and why
//! inputs     what it depends on, as it is now
//! session    what one command knows of the worktree; `parameters` of its parameter files
//! schedule   which stage is next
//! execute    the commands of one stage; `process` runs one of them, `log` keeps what it prints
//! recorder   the run that a `repro` records (`crate::runs`)
//! store      the one thread that changes cache, index, locks and outs; `displaced` is what was in place
//! record     the one place where a finished stage is recorded: for the `run_cache` and the `recorder`
//! watchdog   ends the commands if this process is killed; `interrupt` if the user wants it
//! ```

pub mod branches;
pub mod commit;
pub mod decision;
mod displaced;
pub mod events;
pub mod exec;
mod execute;
pub mod inputs;
pub mod interrupt;
pub mod log;
mod parameters;
pub mod process;
mod processes;
pub mod record;
pub mod recorder;
pub mod repro;
mod run_cache;
mod runner;
mod schedule;
pub mod session;
pub mod stale;
pub mod status;
mod store;
pub mod watchdog;

pub use events::{Event, Lost, Observer, Outcome};
