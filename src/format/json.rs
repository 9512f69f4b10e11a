//! JSON as Python's `json` module writes it, which is what metric and parameter files come from.
//!
//! That is the standard, and `NaN`, `Infinity` and `-Infinity`: a loss that diverged is no reason not
//! to read the file. Numbers without fraction and exponent are integers of up to 128 bits, and a key
//! that stands twice in an object is an error; `serde_json` rounds the former and keeps one of the
//! latter. Depth and size are bounded as those of YAML are.

use super::Value;
use super::value::Map;
use super::yaml::{MAX_DEPTH, MAX_WEIGHT, Mark, Problem, scalar};

/// Parses one value with nothing after it.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str) -> Result<Value, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { text, at: 0, values: 0 };
    let value = reader.value(0)?;
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(reader.problem("expected the end of the file")),
    }
}

struct Reader<'a> {
    text: &'a str,
    /// A boundary between characters.
    at: usize,
    values: usize,
}

impl<'a> Reader<'a> {
    fn problem(&self, message: impl Into<String>) -> Problem {
        self.problem_at(self.at, message)
    }

    fn problem_at(&self, at: usize, message: impl Into<String>) -> Problem {
        Problem::new(Mark::of(self.text, at), message)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The next byte that is not white space, without taking it.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, expected: &str) -> bool {
        let found = self.rest().starts_with(expected);
        self.at += if found { expected.len() } else { 0 };
        found
    }

    fn value(&mut self, depth: usize) -> Result<Value, Problem> {
        self.values += 1;
        if self.values > MAX_WEIGHT {
            return Err(self.problem("too many values in one file"));
        }
        if depth > MAX_DEPTH {
            let message = format!("objects and arrays nest more than {MAX_DEPTH} deep here");
            return Err(self.problem(message));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Value, Problem> {
        for (word, value) in [
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("NaN", Value::Float(f64::NAN)),
            ("Infinity", Value::Float(f64::INFINITY)),
        ] {
            if self.take(word) {
                return Ok(value);
            }
        }
        Err(self.problem("expected a value"))
    }

    fn object(&mut self, depth: usize) -> Result<Value, Problem> {
        self.at += 1;
        let mut map = Map::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Map(map));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.problem("expected a key in double quotes"));
            }
            let start = self.at;
            let key = self.string()?;
            if map.contains_key(&key) {
                return Err(self.problem_at(start, "this key stands twice in its object"));
            }
            if self.peek() != Some(b':') {
                return Err(self.problem("expected a `:` after the key"));
            }
            self.at += 1;
            let value = self.value(depth + 1)?;
            map.insert(key, value);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.problem("expected a `,` or a `}`")),
            }
        }
        self.at += 1;
        Ok(Value::Map(map))
    }

    fn array(&mut self, depth: usize) -> Result<Value, Problem> {
        self.at += 1;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.problem("expected a `,` or a `]`")),
            }
        }
        self.at += 1;
        Ok(Value::List(items))
    }

    fn number(&mut self) -> Result<Value, Problem> {
        let start = self.at;
        if self.take("-Infinity") {
            return Ok(Value::Float(f64::NEG_INFINITY));
        }
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let rest = self.rest();
        let number = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        let digits = number.strip_prefix('-').unwrap_or(number);
        let (whole, rest) = split_digits(digits);
        let is_valid = !whole.is_empty() && (whole == "0" || !whole.starts_with('0'));
        if !is_valid || !is_fraction_and_exponent(rest) {
            return Err(self.problem_at(start, "this is not a number of JSON"));
        }
        self.at += number.len();
        if rest.is_empty() {
            return scalar::value(number).map_err(|scalar::TooLarge| {
                self.problem_at(start, "this integer takes more than 128 bits")
            });
        }
        Ok(Value::Float(number.parse().expect("a number of JSON is one of Rust")))
    }

    /// A string; the reader stands before its first quote.
    fn string(&mut self) -> Result<String, Problem> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = self.rest();
            let stop =
                rest.find(|c: char| matches!(c, '"' | '\\') || c < ' ').unwrap_or(rest.len());
            text.push_str(&rest[..stop]);
            self.at += stop;
            match rest.as_bytes().get(stop) {
                Some(b'"') => break,
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => return Err(self.problem("a string has a control character here")),
                None => return Err(self.problem_at(start, "this string has no end")),
            }
        }
        self.at += 1;
        Ok(text)
    }

    fn escape(&mut self) -> Result<char, Problem> {
        let start = self.at;
        let unknown = |reader: &Self| reader.problem_at(start, "this escape means nothing in JSON");
        self.at += 2;
        Ok(match self.text.as_bytes().get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.hex().ok_or_else(|| unknown(self))?;
                let is_pair = (0xd800..0xdc00).contains(&first) && self.take("\\u");
                let units =
                    [first, if is_pair { self.hex().ok_or_else(|| unknown(self))? } else { 0 }];
                let units = &units[..1 + usize::from(is_pair)];
                match char::decode_utf16(units.iter().copied()).next() {
                    Some(Ok(c)) => c,
                    _ => return Err(self.problem_at(start, "this is half of a surrogate pair")),
                }
            }
            _ => return Err(unknown(self)),
        })
    }

    /// Four hexadecimal digits.
    fn hex(&mut self) -> Option<u16> {
        let digits = self.text.get(self.at..self.at + 4)?;
        let valid = digits.bytes().all(|b| b.is_ascii_hexdigit());
        self.at += if valid { 4 } else { 0 };
        valid.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Whether `text` may follow the digits of an integer.
fn is_fraction_and_exponent(text: &str) -> bool {
    let (exponent, fraction_is_valid) = match text.strip_prefix('.') {
        Some(fraction) => {
            let (digits, rest) = split_digits(fraction);
            (rest, !digits.is_empty())
        }
        None => (text, true),
    };
    let exponent_is_valid = match exponent.strip_prefix(['e', 'E']) {
        Some(rest) => {
            let (digits, rest) = split_digits(rest.strip_prefix(['-', '+']).unwrap_or(rest));
            !digits.is_empty() && rest.is_empty()
        }
        None => exponent.is_empty(),
    };
    fraction_is_valid && exponent_is_valid
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::yaml::emit::flow;

    fn read(text: &str) -> String {
        flow(&parse(text).expect(text))
    }

    fn refused(text: &str) -> String {
        let Problem { mark, message } = parse(text).expect_err(text);
        format!("{}:{}: {message}", mark.line, mark.column)
    }

    #[test]
    fn values_keep_their_types() {
        for (text, expected) in [
            (
                "\u{feff}{\"b\": 1, \"a\": [1.0, 1e3, -0, 12E-2, true, null]}\r\n",
                "{b: 1, a: [1.0, 1000.0, 0, 0.12, true, null]}",
            ),
            ("[NaN, Infinity, -Infinity]", "[.nan, .inf, -.inf]"),
            ("18446744073709551616", "18446744073709551616"),
            ("[ ]", "[]"),
            (" { } ", "{}"),
            (r#""\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t é""#, r#""é😀\"\\/\u0008\u000c\n\r\t é""#),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_where_it_stands() {
        for (text, expected) in [
            ("", "1:1: expected a value"),
            ("{\n  \"é\": 1,\n  \"b\": 2, \"é\": 3}", "3:11: this key stands twice in its object"),
            ("[1,\n]", "2:1: expected a value"),
            ("[1 2]", "1:4: expected a `,` or a `]`"),
            ("{\"a\" 1}", "1:6: expected a `:` after the key"),
            ("{a: 1}", "1:2: expected a key in double quotes"),
            ("{\"a\": 1", "1:8: expected a `,` or a `}`"),
            ("1 x", "1:3: expected the end of the file"),
            ("'a'", "1:1: expected a value"),
            ("nul", "1:1: expected a value"),
            ("\"a", "1:1: this string has no end"),
            ("\"a\n\"", "1:3: a string has a control character here"),
            (r#""\x""#, "1:2: this escape means nothing in JSON"),
            (r#""\u12é4""#, "1:2: this escape means nothing in JSON"),
            (r#""\ud800x""#, "1:2: this is half of a surrogate pair"),
            (r#""\ud800\u0041""#, "1:2: this is half of a surrogate pair"),
            ("1.", "1:1: this is not a number of JSON"),
            ("1e", "1:1: this is not a number of JSON"),
            ("1-2", "1:1: this is not a number of JSON"),
            ("01", "1:1: this is not a number of JSON"),
            ("-", "1:1: this is not a number of JSON"),
            ("-.5", "1:1: this is not a number of JSON"),
            (
                "999999999999999999999999999999999999999",
                "1:1: this integer takes more than 128 bits",
            ),
        ] {
            assert_eq!(refused(text), expected, "{text}");
        }
        assert!(refused(&"[".repeat(100_000)).contains("nest more than 128 deep"));
    }

    #[test]
    fn zero_has_no_sign_as_an_integer() {
        assert_eq!(parse("-0"), Ok(Value::Int(0)));
        assert!(matches!(parse("-0.0"), Ok(Value::Float(zero)) if zero.is_sign_negative()));
    }

    proptest! {
        #[test]
        fn what_serde_json_reads_is_read_alike(text in "[\\[\\]{},:\"\\\\/bu0-9a-f.eE +-]{0,24}|[0-9.eE+-]{1,8}") {
            let ours = parse(&text);
            match serde_json::from_str::<Value>(&text) {
                // An integer to Python and to us, a float to serde_json.
                Ok(_) if text.contains("-0") => prop_assert!(ours.is_ok(), "{:?}", ours),
                Ok(theirs) => prop_assert_eq!(ours, Ok(theirs)),
                // A string of bytes is no `Value`, a float out of range is infinite to Python.
                Err(error) if error.to_string().contains("out of range") => {}
                Err(_) => prop_assert!(ours.is_err(), "{:?}", ours),
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = parse(&text);
            let _ = parse(&format!("[\"{text}"));
        }
    }
}
