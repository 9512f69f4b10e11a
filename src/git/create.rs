//! Making repositories.

use std::path::Path;
use std::process::Stdio;

use super::command::{failed, program};
use super::mirror::forget_repository;
use super::{Error, Repo, Result};

impl Repo {
    /// Makes a repository in `directory` (`git init`), whatever repository the environment names. One
    /// that is there stays as it is.
    ///
    /// # Errors
    /// There is no `git`, or it could not.
    #[expect(clippy::disallowed_methods, reason = "where programs are run")]
    pub fn create(directory: &Path) -> Result<Repo> {
        let arguments = ["init", "--quiet"];
        let mut command = std::process::Command::new(program()?);
        command.args(arguments).current_dir(directory).stdin(Stdio::null());
        forget_repository(&mut command);
        let output = command.output().map_err(|error| Error::Failed {
            arguments: arguments.join(" "),
            stderr: error.to_string(),
        })?;
        if !output.status.success() {
            return Err(failed(&arguments, &output.stderr));
        }
        Repo::at(directory)
    }
}
