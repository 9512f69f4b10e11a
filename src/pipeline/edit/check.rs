//! That an edit changed what it meant to, and nothing else.

use std::ops::Range;

use crate::format::Value;
use crate::format::yaml::{self, Node};

/// Checks that `after` means `meant` and that no byte of `old` is gone but perhaps of `replaced`.
pub(super) fn edited(
    old: &str,
    after: &str,
    meant: &Value,
    replaced: Option<Range<usize>>,
) -> Result<(), String> {
    let node = yaml::parse(after).map_err(|_| GARBLED.to_owned())?;
    if node.value() != *meant {
        return Err(match has_anchors(old) {
            true => format!("{GARBLED}; perhaps an anchor ties them together"),
            false => GARBLED.to_owned(),
        });
    }
    let mut kept = old.to_owned();
    if let Some(replaced) = replaced {
        kept.replace_range(replaced, "");
    }
    if gone(&kept, after).is_empty() { Ok(()) } else { Err(GARBLED.to_owned()) }
}

const GARBLED: &str = "the change would reach other parts of the file";

fn has_anchors(text: &str) -> bool {
    text.contains(['&', '*'])
}

/// The part of `old` that is not in `after`, between what both begin and end with.
pub(super) fn gone(old: &str, after: &str) -> Range<usize> {
    let start = common(old.bytes(), after.bytes());
    let end = common(old[start..].bytes().rev(), after[start..].bytes().rev());
    start..old.len() - end
}

fn common(one: impl Iterator<Item = u8>, other: impl Iterator<Item = u8>) -> usize {
    one.zip(other).take_while(|(a, b)| a == b).count()
}

/// Where the stage `name` is: from its name to whatever comes next.
pub(super) fn stage_range(root: &Node, text: &str, name: &str) -> Option<Range<usize>> {
    let stages = root.get("stages").and_then(Node::as_map).unwrap_or_default();
    let marks = root.as_map().unwrap_or_default().iter().chain(stages).map(|(key, _)| key.mark);
    let (key, _) = stages.iter().find(|(key, _)| key.name == name)?;
    let next = marks.filter(|mark| *mark > key.mark).min();
    Some(offset(text, key.mark)..next.map_or(text.len(), |mark| offset(text, mark)))
}

/// Where the braces of `map` are, which is empty, and the spaces before them.
pub(super) fn braces(map: &Node, text: &str) -> Option<Range<usize>> {
    let start = offset(text, map.mark);
    let end = start + text[start..].find('}')? + 1;
    Some(text[..start].trim_end_matches(' ').len()..end)
}

fn offset(text: &str, mark: yaml::Mark) -> usize {
    let line = text.split_inclusive('\n').take(mark.line - 1).map(str::len).sum::<usize>();
    let column = text[line..].char_indices().nth(mark.column - 1);
    column.map_or(text.len(), |(at, _)| line + at)
}
