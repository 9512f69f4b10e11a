//! What a lock still says while a merge has left conflicts in it.
//!
//! Git puts its markers around the lines that differ, wherever in a block those are, and a conflict
//! may begin in one block and end in another. A stage is in conflict if the line that names it, or any
//! line that may be part of its block on either side, stands between markers or follows them. All
//! other blocks are whole.

use std::collections::BTreeSet;

use super::canonical;

/// The text of a lock of the blocks outside of conflicts, and the names of the stages inside. `None`
/// if what comes before the first stage is in conflict, or the markers do not pair.
pub(super) fn split(text: &str) -> Option<(String, BTreeSet<String>)> {
    let mut split = Split::default();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        match line {
            line if line.starts_with("<<<<<<< ") => split.region(&sides(&mut lines)?)?,
            line if line.starts_with(">>>>>>> ") => return None,
            line => split.outside(line)?,
        }
    }
    let Split { head, mut blocks, conflicted, .. } = split;
    blocks.retain(|(name, _)| !conflicted.contains(name));
    let stages = if blocks.is_empty() { "stages: {}\n" } else { "stages:\n" };
    let blocks = blocks.iter().map(|(_, block)| &block[..]);
    Some(([&head[..], stages].into_iter().chain(blocks).collect(), conflicted))
}

/// The lines of ours, of their common ancestor if that is shown, and of theirs, up to the last marker.
fn sides<'a>(lines: &mut std::str::Lines<'a>) -> Option<Vec<Vec<&'a str>>> {
    let mut sides = vec![Vec::new()];
    loop {
        match lines.next()? {
            line if line.starts_with(">>>>>>> ") => return Some(sides),
            line if line.starts_with("<<<<<<< ") => return None,
            line if line == "=======" || line.starts_with("||||||| ") => sides.push(Vec::new()),
            line => sides.last_mut().expect("it begins with one").push(line),
        }
    }
}

#[derive(Default)]
struct Split {
    /// What comes before the stages.
    head: String,
    /// Names and blocks, for now also those in conflict.
    blocks: Vec<(String, String)>,
    conflicted: BTreeSet<String>,
    /// The stages whose block the next line goes on with, if it names none itself: more than one after
    /// a conflict, none before the first stage.
    open: Vec<String>,
    /// Whether a conflict was the last thing before the next line.
    after_conflict: bool,
}

impl Split {
    fn outside(&mut self, line: &str) -> Option<()> {
        if let Some(name) = stage_name(line) {
            self.open = vec![name.clone()];
            self.after_conflict = false;
            self.blocks.push((name, String::new()));
        } else if is_stages(line) {
            return Some(());
        } else if self.after_conflict && !self.open.is_empty() {
            self.conflicted.extend(self.open.iter().cloned());
            return Some(());
        } else if self.after_conflict {
            return None;
        }
        let text = self.blocks.last_mut().map_or(&mut self.head, |(_, block)| block);
        text.push_str(line);
        text.push('\n');
        Some(())
    }

    fn region(&mut self, sides: &[Vec<&str>]) -> Option<()> {
        let mut open = Vec::new();
        for side in sides {
            let side = side.iter().filter(|line| !is_stages(line));
            let names: Vec<Option<String>> = side.map(|line| stage_name(line)).collect();
            if let Some(None) = names.first() {
                if self.open.is_empty() {
                    return None;
                }
                self.conflicted.extend(self.open.iter().cloned());
            }
            match names.iter().flatten().last() {
                Some(last) => open.push(last.clone()),
                None => open.extend(self.open.iter().cloned()),
            }
            self.conflicted.extend(names.into_iter().flatten());
        }
        self.open = open;
        self.after_conflict = true;
        Some(())
    }
}

/// The stage that `line` begins the block of.
fn stage_name(line: &str) -> Option<String> {
    let line = line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '#']))?;
    canonical::entry(line).map(|(name, _)| name)
}

fn is_stages(line: &str) -> bool {
    matches!(line, "stages:" | "stages: {}")
}
