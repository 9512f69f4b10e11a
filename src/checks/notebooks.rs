//! Notebooks without what running them left.

use super::{Check, Checked, Files, Mode, Result, Settings};

pub fn check(_files: &mut Files<'_>, _settings: &Settings, _mode: Mode) -> Result<Checked> {
    Ok(Checked::new(Check::Notebooks))
}
