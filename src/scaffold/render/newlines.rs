//! One kind of newline for each file.
//!
//! Texts are read with `\n` for every kind of newline, and written with one kind: the template's
//! (`_new_lines`), else the file's own. Which that is where a file has several is what Python's text
//! files remember once the first line was read: all kinds in the pieces of [`PIECE`] bytes up to the end
//! of that line, of which the first one in the order `\r`, `\n`, `\r\n` counts.

use std::borrow::Cow;

use crate::format::Value;

/// How much Python reads at once.
const PIECE: usize = 8192;

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newline {
    Lf,
    Cr,
    CrLf,
}

impl Newline {
    /// What the variable `_new_lines` asks for; `None` if nothing.
    ///
    /// # Errors
    /// It is no kind of newline.
    pub fn of_setting(setting: Option<&Value>) -> Result<Option<Newline>, String> {
        match setting {
            None | Some(Value::Null | Value::Bool(false) | Value::Int(0)) => Ok(None),
            Some(Value::String(text)) => match &text[..] {
                "" => Ok(None),
                "\n" => Ok(Some(Newline::Lf)),
                "\r" => Ok(Some(Newline::Cr)),
                "\r\n" => Ok(Some(Newline::CrLf)),
                _ => Err("`_new_lines` is no kind of newline".into()),
            },
            Some(other) => Err(format!("`_new_lines` is {}", other.kind())),
        }
    }

    /// The kind that `text` has. Without any it is `\n`.
    pub fn of_text(text: &str) -> Newline {
        let (mut lf, mut cr, mut crlf) = (false, false, false);
        // A carriage return at the end of a piece waits for what the next one begins with.
        let mut waits = false;
        for piece in text.as_bytes().chunks(PIECE) {
            for &byte in piece {
                match (std::mem::take(&mut waits), byte) {
                    (true, b'\n') => crlf = true,
                    (before, b'\r') => {
                        cr |= before;
                        waits = true;
                    }
                    (before, b'\n') => {
                        cr |= before;
                        lf = true;
                    }
                    (before, _) => cr |= before,
                }
            }
            if lf || cr || crlf {
                break;
            }
        }
        match () {
            () if cr => Newline::Cr,
            () if lf => Newline::Lf,
            () if crlf => Newline::CrLf,
            () if waits => Newline::Cr,
            () => Newline::Lf,
        }
    }

    /// `text` with this kind for every `\n`.
    pub fn put(self, text: String) -> String {
        match self {
            Newline::Lf => text,
            Newline::Cr => text.replace('\n', "\r"),
            Newline::CrLf => text.replace('\n', "\r\n"),
        }
    }
}

/// `text` with `\n` for every kind of newline.
pub fn universal(text: &str) -> Cow<'_, str> {
    match text.contains('\r') {
        true => text.replace("\r\n", "\n").replace('\r', "\n").into(),
        false => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::Newline::{Cr, CrLf, Lf};
    use super::*;

    #[test]
    fn the_kind_is_what_the_first_pieces_have() {
        let line = |length: usize, rest: &str| format!("{}{rest}", "x".repeat(length));
        let cases = [
            ("", Lf),
            ("a", Lf),
            ("a\n", Lf),
            ("a\r\n", CrLf),
            ("a\r", Cr),
            ("a\nb\r", Lf),
            ("a\r\nb\r", CrLf),
            ("a\r\nb\n", Lf),
            ("a\nb\rc", Cr),
            ("\r\r\n", Cr),
            (&line(PIECE - 1, "\r\nb\rc"), Cr),
            (&line(PIECE - 1, "\r\n"), CrLf),
            (&line(PIECE - 1, "\rb\n"), Cr),
            (&line(PIECE, "\nb\r\nc\r"), Lf),
            (&format!("a\n{}", line(PIECE, "\rb")), Lf),
        ];
        for (text, expected) in cases {
            assert_eq!(
                Newline::of_text(text),
                expected,
                "{:?}",
                &text[text.len().saturating_sub(9)..]
            );
        }
    }
}
