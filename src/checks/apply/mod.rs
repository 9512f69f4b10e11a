//! Corrections, on their way into the index and the worktree.

use super::{Files, Fixed, Mode, Result};

/// Applies the corrections of `files`.
pub fn apply(_files: &Files<'_>, _mode: Mode) -> Result<Vec<Fixed>> {
    Ok(Vec::new())
}
