//! String literals, in the engine's words.
//!
//! Python knows more escapes than the engine (`\x41`, `\101`, `\a`, a line that goes on), and leaves
//! what it does not know as it stands, where the engine reports an error. So a literal with a backslash
//! in it is decoded here, and written again with escapes that both know.

/// A string literal of Python with escapes, in the engine's words; `None` if it may stay.
///
/// A newline that was written as an escape stays one, so that lines keep their numbers.
pub(super) fn literal(source: &str) -> Option<String> {
    if !source.contains('\\') {
        return None;
    }
    let mut out = String::from("\"");
    let mut rest = &source[1..source.len() - 1];
    while let Some(c) = rest.chars().next() {
        let (decoded, used) = if c == '\\' { escape(rest) } else { (Some(c), c.len_utf8()) };
        match decoded {
            Some('\n') if c == '\\' => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some(quoted @ ('"' | '\\')) => out.extend(['\\', quoted]),
            Some(other) => out.push(other),
            None => {}
        }
        rest = &rest[used..];
    }
    out.push('"');
    Some(out)
}

/// The character that the escape at the beginning of `text` stands for, and its length. What is no
/// escape is a backslash.
fn escape(text: &str) -> (Option<char>, usize) {
    let after = &text[1..];
    let code = |from: usize, most: usize, radix: u32| {
        let text = after.get(from..).unwrap_or_default();
        let len = text.chars().take(most).take_while(|c| c.is_digit(radix)).count();
        let decoded = u32::from_str_radix(&text[..len], radix).ok().and_then(char::from_u32);
        (decoded, len)
    };
    let exactly = |digits: usize| match code(1, digits, 16) {
        (Some(decoded), len) if len == digits => (Some(decoded), 2 + len),
        _ => (Some('\\'), 1),
    };
    match after.chars().next() {
        Some('\n') => (None, 2),
        Some(quoted @ ('\\' | '\'' | '"')) => (Some(quoted), 2),
        Some('n') => (Some('\n'), 2),
        Some('r') => (Some('\r'), 2),
        Some('t') => (Some('\t'), 2),
        Some('a') => (Some('\u{7}'), 2),
        Some('b') => (Some('\u{8}'), 2),
        Some('f') => (Some('\u{c}'), 2),
        Some('v') => (Some('\u{b}'), 2),
        Some('x') => exactly(2),
        Some('u') => exactly(4),
        Some('U') => exactly(8),
        Some('0'..='7') => {
            let (decoded, len) = code(0, 3, 8);
            (decoded, 1 + len)
        }
        _ => (Some('\\'), 1),
    }
}
