//! The words of a tag.
//!
//! What Jinja's own lexer takes for names, numbers, strings and operators, with two differences to the
//! engine's: any blank of Unicode separates words, as in Python, and a tag ends at its closing delimiter
//! only outside of brackets.

use super::preprocess::Problem;

/// One word: where it is in the text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Name,
    Number,
    String,
    Operator(&'static str),
}

/// A tag's words and where its end is.
#[derive(Debug)]
pub(super) struct Words {
    pub tokens: Vec<Token>,
    /// Blanks that the engine would not take for such.
    pub blanks: Vec<(usize, usize)>,
    /// Where the closing delimiter begins, with its sign.
    pub close: usize,
    /// `-` or `+` before the closing delimiter, or nothing.
    pub sign: Option<char>,
    /// The first byte after the tag.
    pub end: usize,
}

/// What ends a tag.
#[derive(Clone, Copy, Debug)]
pub(super) enum End<'a> {
    Delimiter(&'a str),
    /// The end of the line.
    Line,
}

/// Longer ones first: the first that fits is taken.
const OPERATORS: [&str; 29] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";", "!", "@", "&",
];

/// Splits the tag whose inside begins at `from`.
pub(super) fn words(text: &str, from: usize, end: End<'_>) -> Result<Words, Problem> {
    let mut at = from;
    let mut open = Vec::new();
    let mut words =
        Words { tokens: Vec::new(), blanks: Vec::new(), close: from, sign: None, end: from };
    loop {
        let rest = &text[at..];
        if open.is_empty()
            && let Some((sign, len)) = closes(rest, end)
        {
            words.close = at;
            words.sign = sign;
            words.end = at + len;
            return Ok(words);
        }
        let Some(first) = rest.chars().next() else {
            return Err(Problem::new(from, "the tag is not closed"));
        };
        if is_blank(first) {
            if !matches!(first, ' ' | '\t' | '\n' | '\r') {
                words.blanks.push((at, at + first.len_utf8()));
            }
            at += first.len_utf8();
            continue;
        }
        let (kind, len) = match first {
            '\'' | '"' => (
                Kind::String,
                string(rest).ok_or_else(|| Problem::new(at, "a string is not closed"))?,
            ),
            '0'..='9' => {
                let after_dot = matches!(words.tokens.last(), Some(last) if last.kind == Kind::Operator(".") && last.end == at);
                (Kind::Number, number(rest, after_dot))
            }
            '_' => (Kind::Name, name(rest)),
            c if c.is_alphabetic() => (Kind::Name, name(rest)),
            c => {
                let operator = OPERATORS.into_iter().find(|operator| rest.starts_with(operator));
                let operator = operator.ok_or_else(|| {
                    Problem::new(at, format!("unexpected character `{}`", c.escape_default()))
                })?;
                match operator {
                    "(" | "[" | "{" => open.push(operator),
                    ")" | "]" | "}" => {
                        if open.pop().is_none() {
                            return Err(Problem::new(at, format!("unexpected `{operator}`")));
                        }
                    }
                    _ => {}
                }
                (Kind::Operator(operator), operator.len())
            }
        };
        words.tokens.push(Token { kind, start: at, end: at + len });
        at += len;
    }
}

/// What `\s` of Python is.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

fn closes(rest: &str, end: End<'_>) -> Option<(Option<char>, usize)> {
    match end {
        End::Line => match rest.as_bytes().first() {
            None => Some((None, 0)),
            Some(b'\n') => Some((None, 1)),
            Some(_) => None,
        },
        End::Delimiter(close) => {
            let (sign, after) = match rest.chars().next()? {
                sign @ ('-' | '+') => (Some(sign), &rest[1..]),
                _ => (None, rest),
            };
            if after.starts_with(close) {
                return Some((sign, rest.len() - after.len() + close.len()));
            }
            rest.starts_with(close).then_some((None, close.len()))
        }
    }
}

fn string(rest: &str) -> Option<usize> {
    let quote = rest.as_bytes()[0];
    let mut escaped = false;
    for (at, &byte) in rest.as_bytes().iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            _ if byte == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// `after_dot`: a position in a list, which has no fraction.
fn number(rest: &str, after_dot: bool) -> usize {
    let bytes = rest.as_bytes();
    let digits = |from: usize, is_digit: fn(&u8) -> bool| {
        from + bytes[from..].iter().take_while(|b| is_digit(b) || **b == b'_').count()
    };
    if bytes.len() > 1 && bytes[0] == b'0' && bytes[1].is_ascii_alphabetic() {
        let is_prefix = matches!(bytes[1] | 0x20, b'x' | b'o' | b'b');
        if is_prefix {
            return digits(2, u8::is_ascii_hexdigit);
        }
    }
    let mut at = digits(0, u8::is_ascii_digit);
    if after_dot {
        return at;
    }
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
        at = digits(at + 1, u8::is_ascii_digit);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign, u8::is_ascii_digit);
        }
    }
    at
}

fn name(rest: &str) -> usize {
    rest.char_indices()
        .find(|(_, c)| !(*c == '_' || c.is_alphanumeric()))
        .map_or(rest.len(), |(at, _)| at)
}
