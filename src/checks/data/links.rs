//! Symbolic links that lead somewhere else on each machine.
//!
//! A target is understood by its letters, as Git stores it, and through links that are staged with it. One
//! that is absolute or leads out of the worktree means nothing to other people, or something of theirs; one
//! into `.git` lets a checkout write there. A target that is not in the index is fine: it may be ignored,
//! made by a stage, or data that a pointer tracks.

use std::collections::HashMap;

use super::super::{Files, Finding, Result, Settings};
use crate::fs::RepoPath;
use crate::git::FileMode;

/// Bytes of a target: no system follows a longer one.
const MAX_LEN: usize = 4096;
/// Links on the way to a target, as Linux has it.
const MAX_HOPS: usize = 40;

pub(super) fn find(files: &Files<'_>, settings: &Settings, found: &mut Vec<Finding>) -> Result<()> {
    let reader = files.reader();
    let mut links = HashMap::new();
    for file in files.files.iter().filter(|file| file.mode == FileMode::Link) {
        links.insert(&file.path, reader.bytes(file, MAX_LEN)?.unwrap_or_default());
    }
    for file in files.files.iter().filter(|file| !settings.excludes(&file.path)) {
        let Some(target) = links.get(&file.path) else { continue };
        let target_of = |path: &RepoPath| links.get(path).map(|target| &target[..]);
        if let Some(problem) = problem(&file.path, target, target_of) {
            found.push(Finding::new(&file.path, "symlink", problem));
        }
    }
    Ok(())
}

/// What is wrong with a link at `path`, where `target_of` tells of other links.
fn problem<'a>(
    path: &RepoPath,
    target: &'a [u8],
    target_of: impl Fn(&RepoPath) -> Option<&'a [u8]>,
) -> Option<&'static str> {
    const ENDLESS: &str = "a link that leads back to itself";
    if is_absolute(target) {
        return Some("a link to an absolute path");
    }
    let mut at = path.parent().unwrap_or_default();
    // What is yet to go, the next last.
    let mut rest: Vec<&[u8]> = target.split(|byte| *byte == b'/').rev().collect();
    let mut hops = 0;
    while let Some(part) = rest.pop() {
        match part {
            b"" | b"." => continue,
            b".." => match at.parent() {
                Some(parent) => {
                    at = parent;
                    continue;
                }
                None => return Some("a link out of the worktree"),
            },
            name if at.is_root() && name.eq_ignore_ascii_case(b".git") => {
                return Some("a link into `.git`");
            }
            name => at = at.join(name),
        }
        if at == *path {
            return Some(ENDLESS);
        }
        if let Some(next) = target_of(&at) {
            hops += 1;
            if hops > MAX_HOPS {
                return Some(ENDLESS);
            }
            if is_absolute(next) {
                return Some("a link that another link takes to an absolute path");
            }
            at = at.parent().unwrap_or_default();
            rest.extend(next.split(|byte| *byte == b'/').rev());
        }
    }
    None
}

/// On any system: `/etc`, `C:/data`, `\\server\share`.
fn is_absolute(target: &[u8]) -> bool {
    matches!(target, [b'/' | b'\\', ..])
        || matches!(target, [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_followed_by_their_letters() {
        let path = |text: &str| RepoPath::new(text).expect("valid");
        let others =
            [("up", "../x"), ("dir", "a/b"), ("abs", "/x"), ("one", "two"), ("two", "one")];
        let others: HashMap<RepoPath, &[u8]> =
            others.iter().map(|(name, target)| (path(name), target.as_bytes())).collect();
        let out = Some("a link out of the worktree");
        let endless = Some("a link that leads back to itself");
        for (at, target, expected) in [
            ("a/b/c", "d", None),
            ("a/b/c", "../../d", None),
            ("a/b/c", "../../../d", out),
            ("a", "..", out),
            ("a", "../repo/a", out),
            ("a", "./b/../c/", None),
            ("a", "", None),
            ("a", "/etc/passwd", Some("a link to an absolute path")),
            ("a", "c:/x", Some("a link to an absolute path")),
            ("a", "c:x", None),
            ("a", "\\\\server\\share", Some("a link to an absolute path")),
            ("l", "up/y", out),
            ("l", "dir/../../x", None),
            ("l", "dir/../../../x", out),
            ("l", "abs", Some("a link that another link takes to an absolute path")),
            ("l", "one/x", endless),
            ("a", "a", endless),
            ("a", ".GIT/hooks", Some("a link into `.git`")),
            ("a/b", "../.git", Some("a link into `.git`")),
            ("a/b", ".github", None),
        ] {
            let found = problem(&path(at), target.as_bytes(), |path| others.get(path).copied());
            assert_eq!(found, expected, "{at} -> {target}");
        }
    }
}
