//! That an edit changed what it meant to, and nothing else.

use std::ops::Range;

use crate::format::Value;
use crate::format::yaml::{self, Node};

/// Checks that `after` means `meant` and that no byte of `old` is gone but those of the stage `name`;
/// none at all without a name.
pub(super) fn edited(
    root: &Node,
    old: &str,
    after: &str,
    meant: &Value,
    name: Option<&str>,
) -> Result<(), String> {
    let node = yaml::parse(after).map_err(|_| GARBLED.to_owned())?;
    if node.value() != *meant {
        return Err(match has_anchors(old) {
            true => format!("{GARBLED}; perhaps an anchor ties them together"),
            false => GARBLED.to_owned(),
        });
    }
    let gone = gone(old, after);
    let allowed = name.map_or(gone.start..gone.start, |name| stage_range(root, old, name));
    if gone.start < allowed.start || gone.end > allowed.end {
        return Err(GARBLED.to_owned());
    }
    Ok(())
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

/// From the name of a stage to whatever comes next.
fn stage_range(root: &Node, text: &str, name: &str) -> Range<usize> {
    let stages = root.get("stages").and_then(Node::as_map).unwrap_or_default();
    let marks = root.as_map().unwrap_or_default().iter().chain(stages).map(|(key, _)| key.mark);
    let Some((key, _)) = stages.iter().find(|(key, _)| key.name == name) else { return 0..0 };
    let next = marks.filter(|mark| *mark > key.mark).min();
    offset(text, key.mark)..next.map_or(text.len(), |mark| offset(text, mark))
}

fn offset(text: &str, mark: yaml::Mark) -> usize {
    let line = text.split_inclusive('\n').take(mark.line - 1).map(str::len).sum::<usize>();
    let column = text[line..].char_indices().nth(mark.column - 1);
    column.map_or(text.len(), |(at, _)| line + at)
}
