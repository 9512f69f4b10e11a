//! What `git merge` writes where it could not decide, and somebody took for resolved.
//!
//! Only a line `<<<<<<< LABEL` with a line `>>>>>>> LABEL` after it counts: underlines of headings
//! (`=======`) and quoted mail do not. Longer markers (`conflict-marker-size` in `gitattributes(5)`) are
//! found too; where that attribute says that markers are longer, these seven signs are an example in a
//! document. So is a conflict that stood in the file before, and one whose first line, or the line before
//! it, says `mldata: allow-conflict-marker`.

use std::collections::HashSet;
use std::ops::Range;

use super::super::{File, Files, Finding, Result, Settings};
use super::text;
use crate::fs::RepoPath;
use crate::git::Git;

const ALLOW: &str = "mldata: allow-conflict-marker";
/// What Git writes unless the attribute says otherwise.
const SIGNS: usize = 7;

pub(super) fn find(files: &Files<'_>, settings: &Settings, found: &mut Vec<Finding>) -> Result<()> {
    let reader = files.reader();
    let mut all: Vec<(&File, Vec<Conflict>)> = Vec::new();
    for file in files.files.iter().filter(|file| !settings.excludes(&file.path)) {
        let Some(bytes) = text::read(&reader, file)? else { continue };
        if text::is_binary(&bytes) {
            continue;
        }
        let mut conflicts = conflicts(&bytes);
        conflicts.retain(|conflict| !text::is_allowed(&bytes, conflict.range.start, ALLOW));
        if conflicts.is_empty() {
            continue;
        }
        if let Some(old) = reader.old(file, text::MAX_LEN) {
            let before: HashSet<&[u8]> =
                self::conflicts(&old).into_iter().map(|conflict| &old[conflict.range]).collect();
            conflicts.retain(|conflict| !before.contains(&bytes[conflict.range.clone()]));
        }
        if !conflicts.is_empty() {
            all.push((file, conflicts));
        }
    }
    let sizes = marker_sizes(files, &all)?;
    for ((file, mut conflicts), size) in all.into_iter().zip(sizes) {
        if let Some(size) = size {
            conflicts.retain(|conflict| conflict.signs == size);
        }
        found.extend(conflicts.into_iter().map(|conflict| {
            Finding::new(&file.path, "conflict-marker", "a conflict that is not resolved")
                .line(conflict.line)
                .hint(format!(
                    "resolve it; if it is an example, write `{ALLOW}` before or in its first line"
                ))
        }));
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
struct Conflict {
    /// From the first byte of its first line to the end of its last.
    range: Range<usize>,
    /// Of its first line.
    line: u64,
    signs: usize,
}

/// Each pair of markers of the same length; what opens again before it is closed begins anew.
fn conflicts(bytes: &[u8]) -> Vec<Conflict> {
    let mut found = Vec::new();
    let mut open: Option<Conflict> = None;
    let mut at = 0;
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        let end = at + line.len();
        if let Some(signs) = marker(line, b'<') {
            open = Some(Conflict { range: at..end, line: number, signs });
        } else if let Some(signs) = marker(line, b'>')
            && let Some(conflict) = open.take_if(|open| open.signs == signs)
        {
            found.push(Conflict { range: conflict.range.start..end, ..conflict });
        }
        at = end + 1;
    }
    found
}

/// How many signs a marker has: they begin the line, and a label follows.
fn marker(line: &[u8], sign: u8) -> Option<usize> {
    if line.first() != Some(&sign) {
        return None;
    }
    let signs = line.iter().position(|byte| *byte != sign)?;
    (signs >= SIGNS && line[signs] == b' ').then_some(signs)
}

/// What the attribute says in the index. This starts Git, once, if there is a conflict in any file.
fn marker_sizes(files: &Files<'_>, found: &[(&File, Vec<Conflict>)]) -> Result<Vec<Option<usize>>> {
    let paths: Vec<&RepoPath> = found.iter().map(|(file, _)| &file.path).collect();
    let sizes = Git::new(files.repo())?.staged_attributes("conflict-marker-size", &paths)?;
    let number = |size: Vec<u8>| std::str::from_utf8(&size).ok()?.parse().ok();
    Ok(sizes.into_iter().map(number).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, usize)> {
        let found = conflicts(text.as_bytes());
        found.into_iter().map(|conflict| (conflict.line, conflict.signs)).collect()
    }

    #[test]
    fn pairs_of_markers_are_conflicts() {
        for (text, expected) in [
            ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\n", vec![(2, 7)]),
            (
                "<<<<<<< HEAD\r\n>>>>>>> other\r\n<<<<<<< x\n||||||| y\n>>>>>>> z",
                vec![(1, 7), (3, 7)],
            ),
            ("<<<<<<< a\n<<<<<<< b\n>>>>>>> c\n>>>>>>> d\n", vec![(2, 7)]),
            ("<<<<<<<<<< a\n>>>>>>> b\n>>>>>>>>>> c\n", vec![(1, 10)]),
            ("Heading\n=======\n>>>>>>> quoted\n", vec![]),
            (">>>>>>> a\n<<<<<<< b\n", vec![]),
            (" <<<<<<< a\n>>>>>>> b\n", vec![]),
            ("<<<<<< a\n>>>>>> b\n", vec![]),
            ("<<<<<<<\n>>>>>>>\n", vec![]),
            ("cat <<<<<<< a\n>>>>>>> b\n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(lines(text), expected, "{text}");
        }
    }

    #[test]
    fn a_conflict_is_all_between_its_markers() {
        let text = b"a\n<<<<<<< b\nc\n>>>>>>> d\ne\n";
        let found = conflicts(text);
        assert_eq!(&text[found[0].range.clone()], b"<<<<<<< b\nc\n>>>>>>> d");
    }
}
