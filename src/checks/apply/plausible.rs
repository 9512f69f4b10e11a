//! Whether a text can be the correction of another.
//!
//! A formatter that is killed, or whose output is cut short by a full disk, may end with the status of
//! success. What it then wrote must not become what is committed.

/// A text that is shorter may lose any part of itself: three lines of imports become one.
const SHORT: usize = 256;

/// Whether `new` can be what a formatter made of `old`: it holds for every correction, and not more than
/// half of it is gone. Not for what strips, as that may take nearly all of a notebook.
///
/// # Errors
/// What speaks against it, as a sentence about the new text: what made it has crashed.
pub fn plausible(old: &[u8], new: &[u8]) -> Result<(), String> {
    sound(old, new)?;
    let solid = |text: &[u8]| text.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
    let (before, after) = (solid(old), solid(new));
    if before > SHORT && after < before / 2 {
        return Err(format!("it has {after} of {before} bytes, not counting blanks"));
    }
    Ok(())
}

/// Whether `new` can be any correction of `old` at all. [`apply`](super::apply()) refuses what cannot.
///
/// # Errors
/// As of [`plausible`].
pub fn sound(old: &[u8], new: &[u8]) -> Result<(), String> {
    let is_blank = |text: &[u8]| text.iter().all(u8::is_ascii_whitespace);
    if is_blank(new) && !is_blank(old) {
        return Err("it is empty".to_owned());
    }
    if new.contains(&0) && !old.contains(&0) {
        return Err("it has NUL bytes".to_owned());
    }
    if std::str::from_utf8(new).is_err() && std::str::from_utf8(old).is_ok() {
        return Err("it is not UTF-8".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_formatter_never_makes_is_refused() {
        let long = "x = 1\n".repeat(200);
        for (old, new, expected) in [
            ("x=1\n", "x = 1\n", true),
            ("\n\n", "", true),
            ("x=1\n", "", false),
            ("x=1\n", "\n", false),
            ("x=1\n", "x = 1\0", false),
            ("x\0", "y\0", true),
            ("import b\nimport a\nimport a\n", "import a\n", true),
            (&long, &long[..long.len() / 3], false),
            (&long, &long[..long.len() * 2 / 3], true),
            // Blanks are what formatters take away.
            (&long.replace('\n', &"\n".repeat(9)), &long, true),
        ] {
            assert_eq!(plausible(old.as_bytes(), new.as_bytes()).is_ok(), expected, "{old:?}");
        }
        assert!(sound(b"\xff", b"\xfe").is_ok());
        assert!(sound(b"a", b"\xfe").is_err());
        assert!(sound(long.as_bytes(), b"x").is_ok());
    }
}
