//! Words, quoted texts and signs of a filter.

use super::QueryError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Anything without white space, quotes and signs: a key, a keyword, a value.
    Word(String),
    /// In single quotes: a value.
    Single(String),
    /// In double quotes: a value or a key.
    Double(String),
    /// In backquotes: a key.
    Back(String),
    Sign(&'static str),
}

/// A token and where it stands: bytes of the text.
#[derive(Clone, Debug)]
pub(super) struct Spanned {
    pub token: Token,
    pub start: usize,
    pub end: usize,
}

/// The longest first.
const SIGNS: [&str; 13] = ["==", "!=", "<>", "<=", ">=", "!~", "=", "<", ">", "~", "(", ")", ","];
const KEYWORDS: [&str; 9] = ["and", "or", "not", "in", "is", "null", "like", "ilike", "contains"];

/// Whether a word has a meaning of its own, whatever its case.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn in_word(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"()'\"`,=!<>~".contains(c)
}

/// Whether `text` can stand without quotes.
pub(super) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(in_word)
}

pub(super) fn tokens(text: &str) -> Result<Vec<Spanned>, QueryError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let rest = &text[at..];
        let (token, len) = if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else if matches!(first, '\'' | '"' | '`') {
            let Some((inner, len)) = quoted(rest, first) else {
                return Err(QueryError::new(text, at, format!("the {first} is not closed")));
            };
            let token = match first {
                '\'' => Token::Single(inner),
                '"' => Token::Double(inner),
                _ => Token::Back(inner),
            };
            (token, len)
        } else {
            let len = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
            if len == 0 {
                return Err(QueryError::new(text, at, "this character needs quotes around it"));
            }
            (Token::Word(rest[..len].to_owned()), len)
        };
        found.push(Spanned { token, start: at, end: at + len });
        at += len;
    }
    Ok(found)
}

/// What is between quotes at the beginning of `text`, where two of them stand for one, and the length
/// with the quotes; `None` if they are not closed.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            inner.push(c);
        } else if chars.next_if(|(_, next)| *next == quote).is_some() {
            inner.push(quote);
        } else {
            return Some((inner, at + quote.len_utf8()));
        }
    }
    None
}
