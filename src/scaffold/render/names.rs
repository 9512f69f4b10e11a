//! What texts of a template may become as names of a project.

use crate::fs::{RepoPath, display_bytes};
use crate::scaffold::tree::is_dot_git;
use crate::scaffold::{Error, Result};

/// The longest name of a file or directory, in bytes: what Linux, macOS and Windows take.
const MAX_NAME: usize = 255;
/// The longest path, in bytes: what Linux takes (`PATH_MAX`). Each `a/` of a text is a directory, so that a
/// megabyte of them would be half a million, all with paths of that size.
const MAX_PATH: usize = 4096;
/// So much of a name that is too long is shown.
const SHOWN: usize = 80;

/// A name that was rendered.
#[derive(Debug, PartialEq, Eq)]
pub struct Name {
    pub path: RepoPath,
    /// It can only mean a directory: it is empty, or ends in a slash or a dot.
    pub is_directory: bool,
}

/// Reads `rendered`, which was `template` in the template, as a path in the project. Empty parts and
/// single dots are nothing.
///
/// # Errors
/// It leads out of the project, or is no name on some system.
pub fn check(template: &[u8], rendered: &[u8]) -> Result<Name> {
    let bad = |why| Error::BadName {
        template: display_bytes(template),
        name: match rendered.len() > MAX_PATH {
            true => String::from_utf8_lossy(&rendered[..SHOWN]).into_owned() + "...",
            false => String::from_utf8_lossy(rendered).into_owned(),
        },
        why,
    };
    match rendered {
        _ if rendered.len() > MAX_PATH => return Err(bad("it has more than 4096 bytes")),
        [b'/', ..] => return Err(bad("it leads out of the project: it is absolute")),
        [drive, b':', ..] if drive.is_ascii_alphabetic() => {
            return Err(bad("it begins with a drive of Windows"));
        }
        _ => {}
    }
    let mut parts = Vec::new();
    let mut is_directory = true;
    for part in rendered.split(|&b| b == b'/') {
        is_directory = matches!(part, b"" | b".");
        match part {
            b"" | b"." => continue,
            b".." => return Err(bad("it leads out of the project")),
            _ if part.len() > MAX_NAME => return Err(bad("it has more than 255 bytes")),
            _ if part.contains(&0) => return Err(bad("it has a null character")),
            _ if part.contains(&b'\\') => {
                return Err(bad("it has a backslash, which separates names on Windows"));
            }
            _ if is_dot_git(part) => return Err(bad("it is Git's own")),
            _ => parts.push(part),
        }
    }
    let path = RepoPath::new(parts.join(&b'/')).expect("every part was checked");
    Ok(Name { path, is_directory })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_project() {
        for (name, path, is_directory) in [
            ("a/b", "a/b", false),
            ("a/.//b", "a/b", false),
            ("a/", "a", true),
            ("a/.", "a", true),
            ("", "", true),
            ("...", "...", false),
            ("a:b", "a:b", false),
        ] {
            // A colon after one letter is a drive.
            if name == "a:b" {
                assert!(check(b"", name.as_bytes()).is_err());
                continue;
            }
            let path = RepoPath::new(path).unwrap();
            assert_eq!(check(b"", name.as_bytes()).unwrap(), Name { path, is_directory }, "{name}");
        }
        let long = "x".repeat(256);
        for name in ["/etc/passwd", "..", "a/../../b", "c:x", "a\\b", "a\0b", "x/.GIT/y", &long[..]]
        {
            let refused = check(b"{{x}}", name.as_bytes());
            assert!(matches!(refused, Err(Error::BadName { .. })), "{name}");
        }
    }
}
