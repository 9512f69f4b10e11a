//! A change to a file, as `diff -u` shows it.

use crate::pipeline::edit::Edit;

/// Lines shown before and after the change.
const CONTEXT: usize = 3;

/// One hunk, which `git apply` takes; nothing if nothing changes.
pub(super) fn unified(edit: &Edit) -> String {
    let old: Vec<&str> = edit.before.as_deref().unwrap_or_default().split_inclusive('\n').collect();
    let new: Vec<&str> = edit.after.split_inclusive('\n').collect();
    let same = std::iter::zip(&old, &new).take_while(|(a, b)| a == b).count();
    let rest = (old[same..].iter().rev()).zip(new[same..].iter().rev());
    let same_end = rest.take_while(|(a, b)| a == b).count();
    let (old_end, new_end) = (old.len() - same_end, new.len() - same_end);
    if same == old_end && same == new_end {
        return String::new();
    }
    let from = same.saturating_sub(CONTEXT);
    let after = CONTEXT.min(same_end);
    let path = &edit.path;
    let source = if edit.before.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
    let mut hunk = format!(
        "--- {source}\n+++ b/{path}\n@@ -{} +{} @@\n",
        range(from, old_end + after),
        range(from, new_end + after)
    );
    for (sign, lines) in [
        (' ', &old[from..same]),
        ('-', &old[same..old_end]),
        ('+', &new[same..new_end]),
        (' ', &old[old_end..old_end + after]),
    ] {
        for line in lines {
            hunk.push(sign);
            hunk.push_str(line);
            if !line.ends_with('\n') {
                hunk.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
    hunk
}

/// An empty range is counted from the line before it.
fn range(from: usize, to: usize) -> String {
    let first = if from == to { from } else { from + 1 };
    format!("{first},{}", to - from)
}
