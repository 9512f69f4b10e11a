//! From an outcome or an error to the exit code of the process.

use std::any::Any;
use std::panic::{AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;

use super::{CliError, Ui};

/// How a command that could do its work ended.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// The command was asked a question, and the answer is no.
    No,
    /// A command was run for the user, and this is its exit code.
    Code(u8),
}

/// Runs a command and turns what came of it into an exit code.
///
/// A panic is reported as a bug; it unwinds first, so that locks and temporary files are gone. A
/// reader that closed our output does not fail the command: its work is done all the same.
pub(super) fn finish(ui: &Ui, command: impl FnOnce() -> Result<Outcome, CliError>) -> ExitCode {
    std::panic::set_hook(Box::new(report_panic));
    let Ok(result) = std::panic::catch_unwind(AssertUnwindSafe(command)) else {
        return ExitCode::from(70);
    };
    let result = result.and_then(|outcome| ui.flush().map(|()| outcome));
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::No) => ExitCode::from(1),
        Ok(Outcome::Code(code)) => ExitCode::from(code),
        Err(error) => {
            ui.error(&error);
            ExitCode::from(error.kind.exit_code())
        }
    }
}

fn report_panic(info: &PanicHookInfo<'_>) {
    let place = match info.location() {
        Some(location) => format!("{}:{}", location.file(), location.line()),
        None => "an unknown place".to_owned(),
    };
    let what = message(info.payload());
    super::ui::last_words(&format!(
        "error: bug in {} {} at {place}: {what}; please report this line and the command you typed",
        env!("CARGO_PKG_NAME"),
        env!("CARGO_PKG_VERSION"),
    ));
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}
