//! How to take corrections back.

use std::fmt::Write as _;

use super::super::Fixed;
use crate::fs;
use crate::git::FileMode;

/// The command, on one line, that gives the index the blobs again that were staged before; `None` if
/// nothing was staged. It leaves the worktree alone, and can be run in any directory of it.
pub fn undo(fixed: &[Fixed]) -> Option<String> {
    let mut command = String::new();
    for Fixed { path, old, staged, .. } in fixed {
        let Some(mode) = staged else { continue };
        let mode = if *mode == FileMode::Executable { "100755" } else { "100644" };
        let path = fs::shell_word(path.as_bytes());
        let _ = write!(command, " --cacheinfo {mode},{old},{path}");
    }
    (!command.is_empty()).then(|| format!("git update-index{command}"))
}
