//! YAML that every reader takes for the same thing.
//!
//! What is written here may be read by programs that follow YAML 1.1 (PyYAML, and with it Hydra) or
//! 1.2 (DVC), and by people. A string is left without quotes only if it cannot be a number, a date,
//! a boolean or a null to any of them, and nothing in it is punctuation; else it is double-quoted,
//! the one style that can say every string on one line. Text depends on nothing but the value, so
//! that lock files differ only where their content does.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::format::Value;

/// Readers need not look further than this for the `:` that makes a scalar a key, in characters.
const MAX_KEY: usize = 1000;

/// A string as a value, an item or a key in block style.
pub fn scalar(text: &str) -> Cow<'_, str> {
    if is_plain(text, b":") { text.into() } else { quoted(text).into() }
}

/// Any value on one line, in flow style.
pub fn flow(value: &Value) -> String {
    let mut out = String::new();
    write_flow(&mut out, value);
    out
}

/// A float in the fewest digits that give it back, with a dot and a signed exponent: readers of
/// YAML 1.1 take `1e22` for a string.
pub fn float(value: f64) -> String {
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{value:?}");
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text;
    };
    let dot = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{dot}e{sign}{exponent}")
}

fn write_flow(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::Float(value) => out.push_str(&float(*value)),
        Value::String(text) => out.push_str(&flow_scalar(text)),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_flow(out, item);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                let key = flow_scalar(key);
                if key.len() > MAX_KEY {
                    out.push_str("? ");
                }
                out.push_str(&key);
                out.push_str(if key.len() > MAX_KEY { " : " } else { ": " });
                write_flow(out, value);
            }
            out.push('}');
        }
    }
}

fn flow_scalar(text: &str) -> Cow<'_, str> {
    if is_plain(text, b"") { text.into() } else { quoted(text).into() }
}

/// Whether `text` is safe without quotes. `inner` are further bytes that may stand between others.
fn is_plain(text: &str, inner: &[u8]) -> bool {
    let is_inner = |b: u8| b.is_ascii_alphanumeric() || b"_-./ =+@%".contains(&b);
    // Numbers and dates begin with a digit, a sign or a dot, here or after `_`.
    let begins_a_word =
        text.trim_start_matches(['_', '.', '/']).starts_with(|c: char| c.is_ascii_alphabetic());
    begins_a_word
        && text.bytes().all(|b| is_inner(b) || inner.contains(&b))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !is_word(text.trim_start_matches('.'))
}

/// Words that mean something other than themselves to some reader.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 11] =
        ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "nan"];
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_printable(c) => out.push(c),
            c if u32::from(c) <= 0xffff => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("writing to a String")
            }
            c => write!(out, "\\U{:08x}", u32::from(c)).expect("writing to a String"),
        }
    }
    out.push('"');
    out
}

/// What a YAML text may have in quotes as it is: neither control characters, nor line separators,
/// nor the byte order mark, nor what turns text around on a terminal.
fn is_printable(c: char) -> bool {
    let is_separator = matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !is_separator && !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}
