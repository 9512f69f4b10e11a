//! `git mlrun merge-lock`: what Git runs to merge `mlrun.lock` (`gitattributes(5)`).

use std::path::PathBuf;

use crate::cli::{CliError, Outcome, Ui};
use crate::format::Lock;
use crate::format::lock::{self, Merged};
use crate::fs;

/// Merge two versions of mlrun.lock, stage by stage; Git calls this
///
/// Writes the result over CURRENT and exits with 1 if there are conflicts.
#[derive(Debug, clap::Args)]
pub struct MergeLockArgs {
    /// The version that both come from
    base: PathBuf,
    /// The version of this branch
    current: PathBuf,
    /// The version of the other branch
    other: PathBuf,
}

pub fn run(ui: &Ui, args: &MergeLockArgs) -> Result<Outcome, CliError> {
    let read = |path: &PathBuf| -> Result<Lock, CliError> {
        let bytes = fs::read_bounded(path, lock::MAX_LEN)?;
        // A lock that only both sides have comes with an empty file for what they come from.
        if bytes.is_empty() {
            return Ok(Lock::default());
        }
        Ok(Lock::parse(&bytes)?)
    };
    let (base, ours, theirs) = (read(&args.base)?, read(&args.current)?, read(&args.other)?);
    let Merged { text, conflicts } = lock::merge(&base, &ours, &theirs);
    let directory = args.current.parent().filter(|path| !path.as_os_str().is_empty());
    let directory = directory.unwrap_or(std::path::Path::new("."));
    fs::write_atomic(&args.current, text.as_bytes(), directory)?;
    for stage in &conflicts {
        let stage = fs::display_bytes(stage.as_bytes());
        ui.status(format_args!(
            "`{stage}` ran on both branches: take one side, or either and `git mlrun repro {stage}`"
        ));
    }
    Ok(if conflicts.is_empty() { Outcome::Done } else { Outcome::No })
}
