//! Where things are in JSON text: positions of values, not the values.
//!
//! Whoever parses a notebook and prints it again changes what nobody asked for: order of keys, escapes,
//! digits of numbers, line ends. Here the text stays, and what is found in it are ranges of bytes to cut.
//!
//! The grammar is that of RFC 8259 with the words `NaN`, `Infinity` and `-Infinity`, which Python's `json`
//! writes: a chart with a gap in it is no broken notebook. All of the text is checked, so that what is
//! cut by these ranges leaves JSON. Nesting is bounded, and nothing is allocated for a value that is passed
//! over.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// How deep objects and arrays may nest. Notebooks need ten levels, charts in their outputs some more.
pub(super) const MAX_DEPTH: usize = 64;

/// Why a text is not what it should be, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Bytes before it.
    pub at: usize,
    pub message: &'static str,
}

pub(super) type Result<T> = std::result::Result<T, Broken>;

/// A member's key.
pub(super) struct Key<'a> {
    /// Where its first quote is.
    pub start: usize,
    /// Without quotes and escapes.
    pub name: Cow<'a, str>,
}

/// A place in the text.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// How many objects and arrays are open here.
    depth: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Scanner<'a> {
        Scanner::inside(text, 0, 0)
    }

    /// At a value that begins at `at`, with `depth` objects and arrays around it.
    pub fn inside(text: &'a str, at: usize, depth: usize) -> Scanner<'a> {
        Scanner { text, at, depth }
    }

    /// All of it.
    pub fn text(&self) -> &'a str {
        self.text
    }

    pub fn at(&self) -> usize {
        self.at
    }

    pub fn depth(&self) -> usize {
        self.depth
    }

    pub fn broken(&self, message: &'static str) -> Broken {
        Broken { at: self.at, message }
    }

    /// The next byte that is not white space, without taking it.
    pub fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at..];
        let space = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at += space.unwrap_or(rest.len());
        self.byte()
    }

    /// Fails unless there is nothing more than white space.
    pub fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.broken("expected the end of the file")),
        }
    }

    /// Takes an object. `visit` takes the value of each member. Keys are unique.
    pub fn object(
        &mut self,
        mut visit: impl FnMut(&mut Scanner<'a>, Key<'a>) -> Result<()>,
    ) -> Result<()> {
        let mut names = BTreeSet::new();
        self.list(b'{', b'}', |scanner| {
            scanner.peek();
            let start = scanner.at;
            let name = scanner.key()?;
            if !names.insert(name.clone()) {
                return Err(Broken { at: start, message: "a key stands twice in one object" });
            }
            scanner.colon()?;
            visit(scanner, Key { start, name })
        })
    }

    /// Takes an array. `visit` takes each of its values.
    pub fn array(&mut self, visit: impl FnMut(&mut Scanner<'a>) -> Result<()>) -> Result<()> {
        self.list(b'[', b']', visit)
    }

    /// Takes a value of any kind and tells where it was. That keys in it are unique is not checked.
    pub fn skip(&mut self) -> Result<Range<usize>> {
        let first = self.peek();
        let start = self.at;
        match first {
            Some(b'"') => self.string()?,
            Some(b'{') => self.list(b'{', b'}', |scanner| {
                scanner.peek();
                scanner.string()?;
                scanner.colon()?;
                scanner.skip().map(drop)
            })?,
            Some(b'[') => self.list(b'[', b']', |scanner| scanner.skip().map(drop))?,
            Some(b'0'..=b'9') => self.number()?,
            Some(b'-') => {
                self.at += 1;
                if !self.word("Infinity") {
                    self.number()?;
                }
            }
            _ => {
                let words = ["null", "true", "false", "NaN", "Infinity"];
                if !words.into_iter().any(|word| self.word(word)) {
                    return Err(self.broken("expected a value"));
                }
            }
        }
        Ok(start..self.at)
    }

    fn list(
        &mut self,
        open: u8,
        close: u8,
        mut item: impl FnMut(&mut Scanner<'a>) -> Result<()>,
    ) -> Result<()> {
        if self.peek() != Some(open) {
            let message = if open == b'{' { "expected an object" } else { "expected an array" };
            return Err(self.broken(message));
        }
        if self.depth == MAX_DEPTH {
            return Err(self.broken("objects and arrays nest more than 64 deep here"));
        }
        self.at += 1;
        self.depth += 1;
        if self.peek() != Some(close) {
            loop {
                item(self)?;
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(byte) if byte == close => break,
                    _ if close == b'}' => return Err(self.broken("expected `,` or `}`")),
                    _ => return Err(self.broken("expected `,` or `]`")),
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    fn key(&mut self) -> Result<Cow<'a, str>> {
        let start = self.at;
        self.string()?;
        let quoted = &self.text[start..self.at];
        if !quoted.contains('\\') {
            return Ok(Cow::Borrowed(&quoted[1..quoted.len() - 1]));
        }
        let broken = |_| Broken { at: start, message: "a key that is no text" };
        serde_json::from_str(quoted).map(Cow::Owned).map_err(broken)
    }

    fn colon(&mut self) -> Result<()> {
        if self.peek() != Some(b':') {
            return Err(self.broken("expected `:`"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<()> {
        if self.byte() != Some(b'"') {
            return Err(self.broken("expected a string"));
        }
        self.at += 1;
        loop {
            self.at += plain(&self.text.as_bytes()[self.at..]);
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(self.broken("a control character in a string")),
                None => return Err(self.broken("a string that does not end")),
            }
        }
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<()> {
        let rest = &self.text.as_bytes()[self.at + 1..];
        self.at += match rest {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'u', a, b, c, d, ..] if [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return Err(self.broken("no escape of JSON")),
        };
        Ok(())
    }

    /// Without the sign.
    fn number(&mut self) -> Result<()> {
        let whole = self.digits()?;
        if whole > 1 && self.text.as_bytes()[self.at - whole] == b'0' {
            return Err(self.broken("a number that begins with 0"));
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<usize> {
        let rest = &self.text.as_bytes()[self.at..];
        match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 => Err(self.broken("expected a digit")),
            count => {
                self.at += count;
                Ok(count)
            }
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

/// How many bytes of a string come before its end, an escape or what may not be there. Images are
/// megabytes without one: these are looked at in blocks, without a branch for each byte.
fn plain(bytes: &[u8]) -> usize {
    const BLOCK: usize = 32;
    let ends = |byte: u8| byte == b'"' || byte == b'\\' || byte < b' ';
    let mut at = 0;
    for block in bytes.chunks_exact(BLOCK) {
        if block.iter().fold(false, |found, &byte| found | ends(byte)) {
            break;
        }
        at += BLOCK;
    }
    at + bytes[at..].iter().position(|&byte| ends(byte)).unwrap_or(bytes.len() - at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scan(text: &str) -> Result<()> {
        let mut scanner = Scanner::new(text);
        scanner.skip()?;
        scanner.end()
    }

    #[test]
    fn what_python_writes_is_json() {
        for text in [
            "{}",
            "[]",
            " [ 1 , -2.5e+10 , 0 , -0.0E-1 ]\r\n",
            "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\"",
            "[NaN, Infinity, -Infinity, null, true, false]",
            "{\"a\": {\"b\": [[], {}]}, \"a\": 1}",
            "123456789012345678901234567890.000000000000000000001",
        ] {
            assert_eq!(scan(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for (text, at, message) in [
            ("", 0, "expected a value"),
            ("{} {}", 3, "expected the end of the file"),
            ("[1,]", 3, "expected a value"),
            ("[1 2]", 3, "expected `,` or `]`"),
            ("{\"a\": 1,}", 8, "expected a string"),
            ("{\"a\" 1}", 5, "expected `:`"),
            ("{\"a\": 1", 7, "expected `,` or `}`"),
            ("01", 2, "a number that begins with 0"),
            ("1.", 2, "expected a digit"),
            ("-", 1, "expected a digit"),
            ("nul", 0, "expected a value"),
            ("\"a\nb\"", 2, "a control character in a string"),
            ("\"\\x\"", 1, "no escape of JSON"),
            ("\"\\u12", 1, "no escape of JSON"),
            ("\"abc", 4, "a string that does not end"),
        ] {
            assert_eq!(scan(text), Err(Broken { at, message }), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth| "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(scan(&nested(MAX_DEPTH)), Ok(()));
        assert_eq!(scan(&nested(MAX_DEPTH + 1)).map_err(|broken| broken.at), Err(MAX_DEPTH));
        assert!(scan(&"[".repeat(1_000_000)).is_err());
    }

    #[test]
    fn keys_of_objects_that_are_visited_are_unique() {
        let visit = |text| Scanner::new(text).object(|scanner, _| scanner.skip().map(drop));
        assert_eq!(visit("{\"a\": 1, \"b\": 2}"), Ok(()));
        let twice = Broken { at: 9, message: "a key stands twice in one object" };
        assert_eq!(visit("{\"a\": 1, \"\\u0061\": 2}"), Err(twice));
        let lone = Broken { at: 1, message: "a key that is no text" };
        assert_eq!(visit("{\"\\ud800\": 2}"), Err(lone));
    }

    proptest! {
        /// What `serde_json` takes is taken, in full; what neither NaN nor deep nesting explains is not.
        #[test]
        fn json_is_what_serde_json_takes(text in r#"[\[\]{},:"a\\nu0-9eE.+ \t\-]{0,24}|null|-?(0|[1-9][0-9]{0,3})(\.[0-9]{1,3})?"#) {
            let expected = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            prop_assert_eq!(scan(&text).is_ok(), expected, "{}", text);
        }

        #[test]
        fn the_plain_part_of_a_string_ends_where_it_should(text in r#"[a-zé]{0,80}["\\\n]?.{0,8}"#) {
            let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=31);
            let expected = text.bytes().position(|byte| ends(&byte)).unwrap_or(text.len());
            prop_assert_eq!(plain(text.as_bytes()), expected);
        }
    }
}
