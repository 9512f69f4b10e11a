//! How to take corrections back.

use std::fmt::Write as _;

use super::super::Fixed;
use crate::git::FileMode;

/// The command, on one line, that gives the index the blobs again that were staged before; `None` if
/// nothing was staged. It leaves the worktree alone, and can be run in any directory of it.
pub fn undo(fixed: &[Fixed]) -> Option<String> {
    let mut command = String::new();
    for Fixed { path, old, staged, .. } in fixed {
        let Some(mode) = staged else { continue };
        let mode = if *mode == FileMode::Executable { "100755" } else { "100644" };
        let path = quoted(path.as_bytes());
        let _ = write!(command, " --cacheinfo {mode},{old},{path}");
    }
    (!command.is_empty()).then(|| format!("git update-index{command}"))
}

/// A word of a shell. Where it has bytes that a terminal should not see, as bash, zsh and POSIX of 2024
/// write it.
fn quoted(path: &[u8]) -> String {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"/._-+@%".contains(b);
    if path.iter().all(is_plain) {
        return String::from_utf8_lossy(path).into_owned();
    }
    let text = std::str::from_utf8(path).ok();
    if let Some(text) = text.filter(|text| crate::fs::display_bytes(path) == **text) {
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut word = String::from("$'");
    for &byte in path {
        match byte {
            b'\'' | b'\\' | 0..=0x1f | 0x7f.. => {
                let _ = write!(word, "\\{byte:03o}");
            }
            byte => word.push(char::from(byte)),
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_of_a_shell() {
        for (path, expected) in [
            (&b"src/a_b-1.py"[..], "src/a_b-1.py"),
            (b"a b", "'a b'"),
            (b"it's", r"'it'\''s'"),
            ("d\u{e9}j\u{e0}".as_bytes(), "'d\u{e9}j\u{e0}'"),
            (b"a\nb'\\\xff", r"$'a\012b\047\134\377'"),
        ] {
            assert_eq!(quoted(path), expected);
        }
    }
}
