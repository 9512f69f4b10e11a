//! Credentials, before they get into a commit.
//!
//! What is one, and how a line is excepted (`mldata: allow-secret`), is told in [`format::secrets`]. Cells
//! of notebooks count with their outputs. A line that had the same secret before is a warning only: it is
//! in the history, where changing the file does not help, and the credential has to be revoked. The secret
//! itself is in no message.
//!
//! [`format::secrets`]: crate::format::secrets

use std::collections::HashSet;

use super::super::{Files, Finding, Level, Result, Settings};
use super::text;
use crate::format::secrets;

/// Longer files with NUL bytes are data, in which letters may meet by chance.
const MAX_BINARY: usize = 64 << 10;
/// Lines of one file.
const MAX_LINES: usize = 100;

pub(super) fn find(files: &Files<'_>, settings: &Settings, found: &mut Vec<Finding>) -> Result<()> {
    let reader = files.reader();
    for file in files.files.iter().filter(|file| !settings.excludes(&file.path)) {
        let Some(bytes) = text::read(&reader, file)? else { continue };
        if bytes.len() > MAX_BINARY && text::is_binary(&bytes) {
            continue;
        }
        let name = file.path.file_name();
        let lines = secrets::find_all_in_file(name, &bytes, MAX_LINES);
        if lines.is_empty() {
            continue;
        }
        let old = reader.old(file, text::MAX_LEN);
        let before: HashSet<&[u8]> = (old.iter())
            .flat_map(|old| secrets::find_all_in_file(name, old, MAX_LINES))
            .map(|(_, line)| line)
            .collect();
        for (secret, line) in lines {
            let finding = match before.contains(line) {
                true => {
                    let message = format!("{}, committed before", secret.what);
                    Finding::new(&file.path, "secret", message)
                        .level(Level::Warning)
                        .hint("revoke it: whoever has the history has it")
                }
                false => Finding::new(&file.path, "secret", secret.what).hint(format!(
                    "read it from the environment instead; if it is none, write `{}` in that line",
                    secrets::ALLOW
                )),
            };
            found.push(finding.line(secret.line));
        }
    }
    Ok(())
}
