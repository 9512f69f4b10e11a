//! Where symbolic links may lead: `add` refuses others, and `checkout` does not write them.

use crate::format::tree;
use crate::fs::RepoPath;

/// Whether the link at `path` with this text points out of the worktree, by its letters: absolute,
/// with more `..` than there are directories, or into `.git`.
pub(super) fn link_escapes(path: &RepoPath, text: &[u8]) -> bool {
    if text.is_empty() || text.starts_with(b"/") || text.contains(&0) {
        return true;
    }
    let mut depth = path.components().count().saturating_sub(1);
    for part in text.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." if depth == 0 => return true,
            b".." => depth -= 1,
            part if tree::is_dot_git(part) => return true,
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_may_point_anywhere_inside_the_repository() {
        let escapes = |path: &str, text: &str| {
            link_escapes(&RepoPath::new(path).expect("valid"), text.as_bytes())
        };
        assert!(!escapes("data/a/link", "../../src/x"));
        assert!(!escapes("data/link", "b/../../y"));
        assert!(!escapes("data/link", "dangling"));
        assert!(escapes("data/link", "../../y"));
        assert!(escapes("data/link", "/etc/passwd"));
        assert!(escapes("link", "../x"));
        assert!(escapes("link", ""));
        assert!(escapes("data/link", "../.git/hooks"));
    }
}
