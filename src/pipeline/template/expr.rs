//! Where a string has `${}`, and what stands in it.

use std::ops::Range;

/// One `${…}` of a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place<'a> {
    /// With the dollar sign and both braces.
    pub range: Range<usize>,
    pub inner: &'a str,
}

/// Every `${…}` of `text` that no backslash escapes, from left to right.
///
/// Braces do not nest: the first `}` ends it. A line that ends first makes it ordinary text, as it
/// is in the shell's own `${VAR:-…}` over several lines.
pub(super) fn places(text: &str) -> Vec<Place<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].find("${").map(|at| from + at) {
        let rest = &text[at + 2..];
        let end = rest.find(['}', '\n']).filter(|end| rest.as_bytes()[*end] == b'}');
        match end {
            Some(end) if !text[..at].ends_with('\\') => {
                let range = at..at + 2 + end + 1;
                from = range.end;
                found.push(Place { range, inner: &rest[..end] });
            }
            _ => from = at + 2,
        }
    }
    found
}

/// The whole of `text`, if it is one `${…}` and nothing else.
pub(super) fn exact(text: &str) -> Option<&str> {
    match &places(text)[..] {
        [place] if place.range == (0..text.len()) => Some(place.inner),
        _ => None,
    }
}

/// Names of maps and positions in lists that lead to a value.
///
/// `a.b[0]` and `a.b.0` are the same. Spaces around a name do not belong to it.
pub(super) fn parse(inner: &str) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    let (first, mut rest) = word(inner).ok_or_else(|| unexpected(inner))?;
    names.push(first);
    loop {
        // A name takes the spaces after it along, a bracket does not.
        rest = rest.trim_start();
        let (name, after) = match rest.as_bytes().first() {
            None => return Ok(names),
            Some(b'.') => word(&rest[1..]).ok_or_else(|| unexpected(&rest[1..]))?,
            Some(b'[') => {
                let (name, after) = word(&rest[1..]).ok_or_else(|| unexpected(&rest[1..]))?;
                (name, after.strip_prefix(']').ok_or_else(|| "a `]` is missing".to_owned())?)
            }
            Some(_) => return Err(unexpected(rest)),
        };
        names.push(name);
        rest = after;
    }
}

fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(['.', '[', ']']).unwrap_or(text.len());
    (end > 0).then(|| (text[..end].trim(), &text[end..]))
}

fn unexpected(rest: &str) -> String {
    match rest.chars().next() {
        None => "a name is missing".to_owned(),
        Some(c) => {
            format!("`{}` is out of place", crate::fs::display_bytes(c.to_string().as_bytes()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_as_dvc_finds_them() {
        for (text, expected) in [
            ("", &[][..]),
            ("plain $a {b}", &[]),
            ("${a}", &["a"]),
            ("x ${a}y${b.c[0]}", &["a", "b.c[0]"]),
            (r"\${a} ${b}", &["b"]),
            (r"\\${a}", &[]),
            ("$${a}", &["a"]),
            ("${a ${b}", &["a ${b"]),
            ("${a\n} ${b}", &["b"]),
            ("${a", &[]),
            ("${}", &[""]),
            ("é${ü}", &["ü"]),
        ] {
            let found: Vec<&str> = places(text).iter().map(|place| place.inner).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn only_a_lone_expression_is_exact() {
        assert_eq!(exact("${a}"), Some("a"));
        for text in ["", "a", " ${a}", "${a} ", "${a}${b}", r"\${a}"] {
            assert_eq!(exact(text), None, "{text}");
        }
    }

    #[test]
    fn expressions() {
        for (text, expected) in [
            ("a", &["a"][..]),
            ("a.b", &["a", "b"]),
            ("a[0]", &["a", "0"]),
            (" a . b [ -1 ] .c", &["a", "b", "-1", "c"]),
            ("a-b/c:d", &["a-b/c:d"]),
            ("a[0][1]", &["a", "0", "1"]),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(expected), "{text}");
        }
        for text in
            ["", ".", ".a", "a.", "a..b", "a[", "a[]", "a[0", "a]", "a[0]b", "[0]", "a[b.c]"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
