//! The program that hooks call.

use std::path::{Path, PathBuf};

use super::{Error, Result};

const NAME: &str = "git-mldata";

/// The absolute path of `git-mldata`: a name on PATH of the program that runs now, or of the one beside
/// it. Names on PATH come first, since they outlast upgrades: a package manager may keep each version in
/// a directory of its own.
///
/// # Errors
/// There is none ([`Error::NoProgram`]).
pub(super) fn find() -> Result<PathBuf> {
    let running = std::env::current_exe().unwrap_or_default();
    let beside = running.with_file_name(NAME);
    let same = |path: &Path| {
        path.canonicalize().ok().is_some_and(|real| beside.canonicalize().ok() == Some(real))
    };
    let named: Vec<PathBuf> = which::which_all_global(NAME)
        .into_iter()
        .flatten()
        .filter(|path| path.is_absolute())
        .collect();
    if let Some(path) = named.iter().find(|path| same(path)) {
        return Ok(path.clone());
    }
    if is_executable(&beside) {
        return Ok(beside);
    }
    named.into_iter().next().ok_or(Error::NoProgram { beside: running })
}

/// What a stub finds on PATH in this environment.
pub(super) fn on_path() -> Option<PathBuf> {
    which::which_all_global(NAME).into_iter().flatten().find(|path| path.is_absolute())
}

/// As `test -x` has it.
pub(super) fn is_executable(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}
