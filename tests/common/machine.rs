//! Programs of the machine that a test needs and may not find. Whoever runs the tests names them, as
//! `.ci/run` does; without them the test is skipped, and says so.

use std::path::{Path, PathBuf};

use super::{TestEnv, path, skip};

/// The directory of programs of the Python environment that `GITML_PYENV` names, if it has each of
/// `programs`.
pub fn python_tools(test: &str, programs: &[&str]) -> Option<PathBuf> {
    let Some(environment) = variable("GITML_PYENV") else {
        skip(test, &format!("GITML_PYENV names no Python environment with {}", programs.join(" ")));
        return None;
    };
    let folder = Path::new(&environment).join("bin");
    for program in ["python"].iter().chain(programs) {
        if !folder.join(program).exists() {
            skip(test, &format!("GITML_PYENV has no bin/{program}"));
            return None;
        }
    }
    Some(folder)
}

/// Puts the Git that `GITML_NEW_GIT` names first on PATH; `false` if there is none. Hooks in settings came
/// with Git 2.54.
pub fn with_new_git(env: &mut TestEnv, test: &str) -> bool {
    let Some(git) = variable("GITML_NEW_GIT") else {
        skip(test, "GITML_NEW_GIT names no Git of 2.54 or later");
        return false;
    };
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path()).collect();
    folders.insert(1, Path::new(&git).parent().unwrap().to_owned());
    env.set("PATH", std::env::join_paths(folders).unwrap().to_str().unwrap());
    true
}

/// A variable of whoever runs the tests, if it is not empty.
#[expect(clippy::disallowed_methods, reason = "tests are told so where programs are")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
