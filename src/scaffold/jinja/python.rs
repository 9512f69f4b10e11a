//! Values as Python writes them: `str` and `repr`.

use std::fmt::{self, Write};

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

use super::cost;

/// Lists within lists that are written.
const MAX_DEPTH: usize = 100;

/// `str(value)`, paid for.
pub(super) fn str(value: &Value) -> Result<String, Error> {
    let mut out = Paid(String::new());
    write_str(&mut out, value)?;
    Ok(out.0)
}

/// `repr(value)`, paid for.
pub(super) fn repr(value: &Value) -> Result<String, Error> {
    let mut out = Paid(String::new());
    write_repr(&mut out, value, 0)?;
    Ok(out.0)
}

/// Writes `str(value)`, and pays for it.
pub(super) fn write_str(out: &mut dyn Write, value: &Value) -> Result<(), Error> {
    match value.as_str().filter(|_| value.kind() == ValueKind::String) {
        Some(text) => {
            cost::charge(text.len())?;
            Ok(out.write_str(text)?)
        }
        None if value.is_undefined() => Ok(()),
        None => write_repr(out, value, 0),
    }
}

struct Paid(String);

impl Write for Paid {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        Ok(())
    }
}

fn write_repr(out: &mut dyn Write, value: &Value, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        let reason = format!("more than {MAX_DEPTH} values within each other");
        return Err(Error::new(ErrorKind::InvalidOperation, reason));
    }
    cost::charge(cost::ITEM)?;
    match value.kind() {
        ValueKind::Undefined => Ok(out.write_str("Undefined")?),
        ValueKind::Number => match float(value) {
            Some(float) => Ok(out.write_str(&repr_float(float))?),
            None => Ok(write!(out, "{value}")?),
        },
        ValueKind::String => {
            let text = value.as_str().unwrap_or_default();
            cost::charge(text.len())?;
            Ok(repr_str(out, text)?)
        }
        ValueKind::Bytes => {
            out.write_str("b")?;
            let text: String =
                value.as_bytes().unwrap_or_default().iter().map(|byte| char::from(*byte)).collect();
            cost::charge(text.len())?;
            Ok(repr_ascii(out, &text)?)
        }
        ValueKind::Seq | ValueKind::Iterable => {
            let (open, close) = if value.is_tuple() { ("(", ")") } else { ("[", "]") };
            out.write_str(open)?;
            let mut count = 0;
            for item in value.try_iter()?.checked() {
                if count > 0 {
                    out.write_str(", ")?;
                }
                write_repr(out, &item?, depth + 1)?;
                count += 1;
            }
            if count == 1 && value.is_tuple() {
                out.write_str(",")?;
            }
            Ok(out.write_str(close)?)
        }
        ValueKind::Map => {
            out.write_str("{")?;
            for (number, key) in value.try_iter()?.checked().enumerate() {
                let key = key?;
                if number > 0 {
                    out.write_str(", ")?;
                }
                write_repr(out, &key, depth + 1)?;
                out.write_str(": ")?;
                write_repr(out, &value.get_item(&key)?, depth + 1)?;
            }
            Ok(out.write_str("}")?)
        }
        _ => Ok(write!(out, "{value}")?),
    }
}

/// The number, if it is a float: integers and booleans are others.
pub(super) fn float(value: &Value) -> Option<f64> {
    if value.kind() == ValueKind::Number && !value.is_integer() {
        return f64::try_from(value.clone()).ok();
    }
    None
}

/// The shortest digits that are this number again, with an exponent where Python has one.
pub(super) fn repr_float(float: f64) -> String {
    if float.is_nan() {
        return "nan".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "inf".to_owned() } else { "-inf".to_owned() };
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..16).contains(&exponent) {
        let text = float.to_string();
        return if text.contains('.') { text } else { text + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn repr_ascii(out: &mut dyn Write, text: &str) -> fmt::Result {
    quoted(out, text, |c| (' '..='~').contains(&c))
}

fn repr_str(out: &mut dyn Write, text: &str) -> fmt::Result {
    quoted(out, text, is_printable)
}

/// In single quotes, unless only those are in it.
fn quoted(out: &mut dyn Write, text: &str, is_printable: fn(char) -> bool) -> fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c if c == quote => write!(out, "\\{c}")?,
            c if is_printable(c) => out.write_char(c)?,
            c => match u32::from(c) {
                code @ ..=0xff => write!(out, "\\x{code:02x}")?,
                code @ ..=0xffff => write!(out, "\\u{code:04x}")?,
                code => write!(out, "\\U{code:08x}")?,
            },
        }
    }
    out.write_char(quote)
}

/// What Python takes for printable, but for characters that no Unicode has yet.
pub(super) fn is_printable(c: char) -> bool {
    let hidden = matches!(c, '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0001}'..='\u{e007f}' | '\u{f0000}'..);
    c == ' ' || !(c.is_control() || c.is_whitespace() || hidden)
}
