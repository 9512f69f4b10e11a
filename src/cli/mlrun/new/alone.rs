//! Beginning without a repository.
//!
//! Git tells its hooks and aliases by the environment which repository, index and worktree they are
//! about. A project that is made is about none of them, and neither is anything that is started on the
//! way: the library, `git`, hooks, stages. A process cannot safely forget its own environment, so it is
//! replaced by one that has never had it.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use crate::cli::CliError;
use crate::git;

/// Starts this program again if the environment names a repository; returns if it does not. To be called
/// before the directory changes, since `-C` is obeyed again.
///
/// # Errors
/// It cannot be started.
#[expect(clippy::disallowed_methods, reason = "where this program starts itself")]
pub fn leave_repository() -> Result<(), CliError> {
    if !git::names_repository() {
        return Ok(());
    }
    let start = || {
        let mut arguments = std::env::args_os();
        let mut command = Command::new(std::env::current_exe()?);
        if let Some(name) = arguments.next() {
            command.arg0(name);
        }
        git::forget_repository(command.args(arguments));
        Err::<(), _>(command.exec())
    };
    start().map_err(|error: std::io::Error| {
        CliError::user(format!("cannot start again without Git's environment: {error}"))
            .hint("unset what ties this shell to a repository: `git rev-parse --local-env-vars`")
    })
}
