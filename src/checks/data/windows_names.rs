//! Names that Windows cannot have, where a clone stops half-way.
//!
//! The rules are those of "Naming Files, Paths, and Namespaces" in the documentation of Win32. Only what a
//! commit adds is looked at; of several files below a directory with such a name, the first is told.

use std::collections::HashSet;

use super::super::{Files, Finding, Result, Settings};
use crate::fs::display_bytes;

pub(super) fn find(files: &Files<'_>, settings: &Settings, found: &mut Vec<Finding>) -> Result<()> {
    let mut told: HashSet<&[u8]> = HashSet::new();
    for file in files.files.iter().filter(|file| file.old.is_none()) {
        if settings.excludes(&file.path) {
            continue;
        }
        let path = file.path.as_bytes();
        let mut start = 0;
        for name in path.split(|byte| *byte == b'/') {
            let end = start + name.len();
            if let Some(problem) = problem(name)
                && told.insert(&path[..end])
            {
                let message = format!("Windows has no `{}`: {problem}", display_bytes(name));
                found.push(Finding::new(&file.path, "windows-name", message));
            }
            start = end + 1;
        }
    }
    Ok(())
}

fn problem(name: &[u8]) -> Option<&'static str> {
    const SIGNS: &[u8] = b"<>:\"|?*\\";
    if name.iter().any(|byte| *byte < b' ' || SIGNS.contains(byte)) {
        return Some("it has a sign that no name may have there");
    }
    if let Some(b' ' | b'.') = name.last() {
        return Some("no name may end with a space or a dot there");
    }
    is_device(name).then_some("it is the name of a device, with any suffix")
}

/// `aux`, `NUL.txt`, `Com1 .a`: what comes before the first dot, without spaces at its end, counts.
fn is_device(name: &[u8]) -> bool {
    const DEVICES: [&[u8]; 6] = [b"con", b"prn", b"aux", b"nul", b"conin$", b"conout$"];
    let stem = name.split(|byte| *byte == b'.').next().unwrap_or_default().trim_ascii_end();
    let stem = stem.to_ascii_lowercase();
    DEVICES.contains(&&stem[..])
        || matches!(&stem[..], [b'c', b'o', b'm', b'1'..=b'9'] | [b'l', b'p', b't', b'1'..=b'9'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_held_against_the_rules() {
        for bad in [
            "aux",
            "AUX.py",
            "nul.tar.gz",
            "Com1",
            "lpt9.x",
            "con .a",
            "a.",
            "a ",
            "a:b",
            "x?",
            "a\tb",
            "a\\b",
        ] {
            assert!(problem(bad.as_bytes()).is_some(), "{bad}");
        }
        for good in [
            "auxiliary",
            "com",
            "com0",
            "com10",
            "lpt",
            "a.aux",
            ".gitignore",
            "é",
            "a b",
            "console",
        ] {
            assert!(problem(good.as_bytes()).is_none(), "{good}");
        }
    }
}
