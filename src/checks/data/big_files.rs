//! Files that Git would keep for good, and every clone would fetch.

use super::super::{Files, Finding, Result, Settings};
use crate::fs::display_bytes;

/// Bytes; also what a run's snapshot takes for large is of this order.
const LIMIT: u64 = 5 << 20;

pub(super) fn find(files: &Files<'_>, settings: &Settings, found: &mut Vec<Finding>) -> Result<()> {
    let limit = settings.bytes("limit", LIMIT)?;
    let reader = files.reader();
    for file in files.files.iter().filter(|file| file.is_regular()) {
        let size = reader.size(file)?;
        if size > limit {
            let shown = display_bytes(file.path.as_bytes());
            let message = format!("{} bytes going into Git", indicatif::HumanCount(size));
            let hint = format!("git rm --cached '{shown}' && git mldata add '{shown}'");
            found.push(Finding::new(&file.path, "big-file", message).hint(hint));
        }
    }
    Ok(())
}
