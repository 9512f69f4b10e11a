//! Python's string literals: where they end, and what they say.

/// Replacement fields inside one another: more than Python allows.
const MAX_NESTING: usize = 16;

/// Whether a string that follows `name` at once has it as its prefix.
pub fn is_prefix(name: &str) -> bool {
    const PREFIXES: [&str; 11] = ["r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"];
    PREFIXES.iter().any(|prefix| name.eq_ignore_ascii_case(prefix))
}

/// The length of the literal that `text` begins with at its quote, and its value: `None` for bytes,
/// for templates, and for escapes that need Python's tables. `None` altogether if it has no end.
pub fn scan(text: &str, prefix: &str) -> Option<(usize, Option<String>)> {
    let (quote, end) = find_end(text, is_template(prefix), 0)?;
    let body = &text[quote..end];
    let value = if is_template(prefix) || prefix.contains(['b', 'B']) {
        None
    } else if prefix.contains(['r', 'R']) {
        Some(body.to_owned())
    } else {
        unescaped(body)
    };
    Some((end + quote, value))
}

fn is_template(prefix: &str) -> bool {
    prefix.contains(['f', 'F', 't', 'T'])
}

/// The length of the quotes on each side, and where the body ends.
fn find_end(text: &str, is_template: bool, nesting: usize) -> Option<(usize, usize)> {
    let is_triple = text.starts_with("\"\"\"") || text.starts_with("'''");
    let quote = &text[..if is_triple { 3 } else { 1 }];
    let mut at = quote.len();
    loop {
        let rest = &text[at..];
        if rest.starts_with(quote) {
            return Some((quote.len(), at));
        }
        at += match rest.as_bytes() {
            [] => return None,
            [b'\n', ..] if !is_triple => return None,
            // A backslash keeps a quote from ending even raw strings; it keeps no field from beginning.
            [b'\\', b'{', ..] if is_template => 1,
            [b'\\', ..] => 1 + rest[1..].chars().next()?.len_utf8(),
            [b'{', b'{', ..] => 2,
            [b'{', ..] if is_template => field_len(text, at, quote, nesting + 1)?,
            _ => rest.chars().next()?.len_utf8(),
        };
    }
}

/// The length of the replacement field whose `{` stands at `start`. Strings in it may have the quotes
/// of the template around it; its format, after the `:`, may not.
fn field_len(text: &str, start: usize, quote: &str, nesting: usize) -> Option<usize> {
    if nesting > MAX_NESTING {
        return None;
    }
    let mut brackets = 0_usize;
    let mut in_format = false;
    let mut at = start + 1;
    loop {
        let rest = &text[at..];
        let c = rest.chars().next()?;
        match c {
            '}' if brackets == 0 => return Some(at + 1 - start),
            '{' if in_format => {
                at += field_len(text, at, quote, nesting + 1)?;
                continue;
            }
            _ if in_format && rest.starts_with(quote) => return None,
            _ if in_format => {}
            '#' => {
                at += rest.find('\n')?;
                continue;
            }
            '(' | '[' | '{' => brackets += 1,
            ')' | ']' | '}' => brackets = brackets.saturating_sub(1),
            ':' if brackets == 0 => in_format = true,
            '\'' | '"' => {
                let before = &text[start..at];
                let is_letter = |c: char| c.is_alphanumeric() || c == '_';
                let name = &before[before.trim_end_matches(is_letter).len()..];
                let is_template = is_prefix(name) && is_template(name);
                let (quote, end) = find_end(rest, is_template, nesting + 1)?;
                at += end + quote;
                continue;
            }
            _ => {}
        }
        at += c.len_utf8();
    }
}

/// `None` for `\N{…}`, for halves of surrogate pairs, and for what Python refuses.
fn unescaped(body: &str) -> Option<String> {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let escape = rest.chars().next()?;
        let code = |digits: usize| {
            let text = rest.get(1..=digits)?;
            let is_valid = text.bytes().all(|b| b.is_ascii_hexdigit());
            let code = u32::from_str_radix(text, 16).ok().filter(|_| is_valid)?;
            Some((1 + digits, char::from_u32(code)?))
        };
        let (len, c) = match escape {
            '\n' => {
                rest = &rest[1..];
                continue;
            }
            '\\' | '\'' | '"' => (1, escape),
            'a' => (1, '\u{7}'),
            'b' => (1, '\u{8}'),
            'f' => (1, '\u{c}'),
            'n' => (1, '\n'),
            'r' => (1, '\r'),
            't' => (1, '\t'),
            'v' => (1, '\u{b}'),
            'x' => code(2)?,
            'u' => code(4)?,
            'U' => code(8)?,
            'N' => return None,
            '0'..='7' => {
                let digits = rest.bytes().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
                (digits, char::from_u32(u32::from_str_radix(&rest[..digits], 8).ok()?)?)
            }
            // Python keeps the backslash of an escape that it does not know.
            other => {
                out.push('\\');
                (other.len_utf8(), other)
            }
        };
        out.push(c);
        rest = &rest[len..];
    }
    out.push_str(rest);
    Some(out)
}
