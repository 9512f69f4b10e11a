//! Lint of Python files, by the tools of the project.

use super::{Check, Checked, Files, Mode, Result, Settings};

pub fn check(
    _files: &mut Files<'_>,
    _settings: &Settings,
    _mode: Mode,
    _asked: bool,
) -> Result<Checked> {
    Ok(Checked::new(Check::Lint))
}
