//! The process that ends stages if the one that runs them is killed; see `pipeline::run::watchdog`.

use crate::cli::{CliError, Outcome};
use crate::pipeline::run::watchdog;

/// End the processes of stages when the process that runs them dies
#[derive(Debug, clap::Args)]
pub struct WatchdogArgs {}

/// What `repro` starts.
pub fn program() -> Option<(std::path::PathBuf, Vec<String>)> {
    Some((std::env::current_exe().ok()?, vec!["watchdog".to_owned()]))
}

pub fn run() -> Result<Outcome, CliError> {
    watchdog::watch(std::io::stdin().lock())
        .map_err(|error| CliError::internal(format!("cannot listen to the runner: {error}")))?;
    Ok(Outcome::Done)
}
