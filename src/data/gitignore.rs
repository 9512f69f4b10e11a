//! The lines in `.gitignore` that keep tracked data out of Git.
//!
//! One anchored line for each target, `/NAME`, in the `.gitignore` beside it. Our lines are kept in
//! order among themselves; all other lines stay where they are. `merge=union` joins the additions of
//! two branches.

use std::collections::{BTreeMap, HashSet};

use super::{Project, Result};
use crate::fs::RepoPath;

/// Adds the lines for `targets`, as far as they are not there. Returns the files that were changed.
pub(super) fn ignore(project: &Project, targets: &[RepoPath]) -> Result<Vec<RepoPath>> {
    let mut by_directory: BTreeMap<RepoPath, Vec<Vec<u8>>> = BTreeMap::new();
    for target in targets {
        let directory = target.parent().unwrap_or_default();
        by_directory.entry(directory).or_default().push(line_for(target.file_name()));
    }
    let mut changed = Vec::new();
    for (directory, lines) in by_directory {
        let path = directory.join(b".gitignore");
        let before = project.read_text(&path)?.unwrap_or_default();
        let after = with_lines(&before, lines);
        if after != before {
            project.write_text(&path, &after)?;
            changed.push(path);
        }
    }
    Ok(changed)
}

/// The line that ignores exactly `name` (`gitignore(5)`: patterns are globs, a trailing space is
/// dropped unless it is escaped).
pub fn line_for(name: &[u8]) -> Vec<u8> {
    let mut line = b"/".to_vec();
    for (at, &byte) in name.iter().enumerate() {
        let trailing_space = byte == b' ' && name[at..].iter().all(|&b| b == b' ');
        if b"\\*?[".contains(&byte) || trailing_space {
            line.push(b'\\');
        }
        line.push(byte);
    }
    line
}

fn with_lines(text: &[u8], new: Vec<Vec<u8>>) -> Vec<u8> {
    let ends_in_newline = text.is_empty() || text.ends_with(b"\n");
    let mut lines: Vec<&[u8]> = text.split(|&b| b == b'\n').collect();
    if ends_in_newline {
        lines.pop();
    }
    let mut new: Vec<&[u8]> = new.iter().map(Vec::as_slice).collect();
    new.sort_unstable();
    new.dedup();
    let known: HashSet<&[u8]> = lines.iter().copied().collect();
    new.retain(|line| !known.contains(line));
    for line in new {
        // After the last anchored line that sorts before it, so that a sorted file stays sorted.
        let anchored = |known: &&[u8]| known.starts_with(b"/");
        let after = lines.iter().rposition(|known| anchored(known) && *known < line);
        let before = || lines.iter().position(|known| anchored(known) && *known > line);
        let at = after.map_or_else(|| before().unwrap_or(lines.len()), |at| at + 1);
        lines.insert(at, line);
    }
    let mut text = lines.join(&b'\n');
    if !text.is_empty() {
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(text: &str, names: &[&str]) -> String {
        let lines = names.iter().map(|name| line_for(name.as_bytes())).collect();
        String::from_utf8(with_lines(text.as_bytes(), lines)).expect("text")
    }

    #[test]
    fn lines_are_sorted_and_come_once() {
        assert_eq!(add("", &["b", "a"]), "/a\n/b\n");
        assert_eq!(add("/a\n/c\n", &["b", "a"]), "/a\n/b\n/c\n");
        assert_eq!(add("*.pyc\n# data\n/c\n", &["a"]), "*.pyc\n# data\n/a\n/c\n");
        assert_eq!(add("*.pyc", &["a"]), "*.pyc\n/a\n");
    }

    #[test]
    fn special_names_are_escaped() {
        assert_eq!(line_for(b"a*b"), b"/a\\*b");
        assert_eq!(line_for(b"a b  "), b"/a b\\ \\ ");
        assert_eq!(line_for(b"#x"), b"/#x");
    }
}
