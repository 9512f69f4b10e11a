//! Making repositories.

use std::path::Path;
use std::process::Stdio;

use super::command::{failed, program};
use super::{Error, Repo, Result};

/// What names another repository than that of the current directory (`git rev-parse --local-env-vars`).
const LOCAL: [&str; 5] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"];

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
        for name in LOCAL {
            command.env_remove(name);
        }
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
