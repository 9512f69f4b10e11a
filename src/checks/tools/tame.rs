//! Settings that say what a tool prints and where: they are for people who run it by hand.
//!
//! With `quiet`, a tool says nothing that could be read; with `output-file`, it says it to a file; with
//! `check`, black changes nothing. Most of these have no option that takes them back. So the lines that set
//! them are left out of the configuration that a tool gets to see. All else in it stays, line for line, so
//! that a message about it has the line of the real file.

use std::borrow::Cow;

/// Sections, by the files that have them, with the keys that are left out. A hyphen stands for an
/// underscore as well.
const KEYS: [(&str, &[&str]); 6] = [
    ("flake8", FLAKE8),
    ("tool.flake8", FLAKE8),
    ("tool:interrogate", INTERROGATE),
    ("tool.interrogate", INTERROGATE),
    ("tool.black", &["check", "diff", "color", "verbose", "quiet"]),
    ("tool.isort", ISORT),
];
const FLAKE8: &[&str] =
    &["quiet", "output-file", "tee", "verbose", "format", "count", "statistics", "benchmark"];
const INTERROGATE: &[&str] = &[
    "quiet",
    "verbose",
    "output",
    "omit-covered-files",
    "generate-badge",
    "badge-format",
    "badge-style",
    "color",
];
const ISORT: &[&str] =
    &["quiet", "verbose", "check-only", "check", "diff", "show-diff", "color-output"];

/// The configuration in the file `name`, without what is for people.
pub fn tamed<'a>(name: &[u8], text: &'a [u8]) -> Cow<'a, [u8]> {
    let is_toml = name.ends_with(b".toml");
    let mut left_out: &[&str] = &[];
    // A value may go on over lines: those of INI are indented, those of TOML are in brackets, which none of
    // these values is.
    let mut is_left_out = false;
    let mut changed = false;
    let mut kept = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let trimmed = line.trim_ascii();
        let is_indented = line.first().is_some_and(u8::is_ascii_whitespace);
        let goes_on = !is_toml && is_indented && !trimmed.is_empty();
        if let Some(section) = section(trimmed) {
            left_out = KEYS.iter().find(|(name, _)| *name == section).map_or(&[], |(_, keys)| keys);
            is_left_out = false;
        } else if !(is_left_out && goes_on) {
            is_left_out = key(trimmed).is_some_and(|key| left_out.contains(&&key[..]));
        }
        if is_left_out {
            changed = true;
            kept.extend(line.ends_with(b"\n").then_some(b'\n'));
        } else {
            kept.extend_from_slice(line);
        }
    }
    if changed { Cow::Owned(kept) } else { Cow::Borrowed(text) }
}

/// The name of the section that a line begins.
fn section(line: &[u8]) -> Option<String> {
    let name = line.strip_prefix(b"[")?.split(|&byte| byte == b']').next()?;
    let name = String::from_utf8_lossy(name);
    Some(name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect())
}

/// The key that a line sets, with hyphens.
fn key(line: &[u8]) -> Option<String> {
    let end = line.iter().position(|byte| matches!(byte, b'=' | b':'))?;
    let name = String::from_utf8_lossy(line[..end].trim_ascii());
    Some(name.trim_matches(['"', '\'']).to_ascii_lowercase().replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(name: &str, text: &str) -> String {
        String::from_utf8_lossy(&tamed(name.as_bytes(), text.as_bytes())).into_owned()
    }

    #[test]
    fn lines_that_say_how_to_print_are_left_out() {
        let text = "[flake8]\nquiet = 1\nmax-line-length = 99\noutput_file: x\n  y\nignore =\n  E1\n\n\
                    [other]\nquiet = 1\n";
        let expected =
            "[flake8]\n\nmax-line-length = 99\n\n\nignore =\n  E1\n\n[other]\nquiet = 1\n";
        assert_eq!(shown("setup.cfg", text), expected);
        let text =
            "[ tool.interrogate ]\n\"omit-covered-files\" = true\n  quiet = true\nfail-under = 9\n";
        assert_eq!(shown("pyproject.toml", text), "[ tool.interrogate ]\n\n\nfail-under = 9\n");
        assert_eq!(shown("pyproject.toml", "[tool.black]\ncheck = true"), "[tool.black]\n");
        assert!(matches!(tamed(b"tox.ini", b"[flake8]\nselect = E\n"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn lines_stay_where_they_are(text in "([\\[\\]a-z=: \n-]|\\[flake8\\]\n|quiet=1\n){0,60}") {
            let lines = |text: &str| text.matches('\n').count();
            prop_assert_eq!(lines(&shown("tox.ini", &text)), lines(&text));
        }
    }
}
