//! What is said of runs that were recorded.

use crate::cli::{CliError, Ui};
use crate::data::Project;
use crate::fs::display_bytes;
use crate::runs::live::{self, Recorded, Recovered};

/// A recorded run, in the output of `--json`.
#[derive(serde::Serialize)]
pub(super) struct JsonRun {
    id: String,
    name: String,
}

impl JsonRun {
    pub fn of(run: &Recorded) -> JsonRun {
        JsonRun { id: run.id.to_string(), name: run.name.clone() }
    }
}

/// The words that the user typed, as far as they are text.
pub(super) fn typed() -> Vec<String> {
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|word| word.to_string_lossy().into_owned());
    ["git", "mlrun"].map(str::to_owned).into_iter().chain(arguments).collect()
}

/// Tells of the run that was recorded.
pub(super) fn tell(ui: &Ui, run: &Recorded) {
    let name = display_bytes(run.name.as_bytes());
    ui.status(format_args!("Run {name} ({}) recorded.", run.id.short()));
}

/// Stores what killed commands left, and says so. What goes wrong is a warning: the command is about
/// something else.
pub(super) fn finalise(ui: &Ui, project: &Project) {
    tell_recovered(ui, live::finalise_dead(project));
}

/// As [`finalise`], also where it cannot be told whether who recorded is dead.
pub(super) fn finalise_all(ui: &Ui, project: &Project) {
    tell_recovered(ui, live::finalise_all(project));
}

fn tell_recovered(ui: &Ui, found: crate::runs::Result<Vec<Recovered>>) {
    let found = match found {
        Ok(found) => found,
        Err(error) => return warn(ui, "cannot look for runs of killed commands", error),
    };
    for recovered in found {
        let name = display_bytes(recovered.name.as_bytes());
        match (recovered.error, recovered.killed) {
            (Some(error), _) => {
                warn(ui, &format!("cannot store run {name}, which is kept"), error);
            }
            (None, true) => {
                ui.status(format_args!("Run {name} was killed; what it had recorded is stored."))
            }
            (None, false) => {
                ui.status(format_args!("Run {name} could not be stored before, and is now."));
            }
        }
    }
}

fn warn(ui: &Ui, what: &str, error: crate::runs::Error) {
    ui.warn(format_args!("{what}: {}", CliError::from(error)));
}
