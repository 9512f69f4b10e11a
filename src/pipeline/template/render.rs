//! Values as text: what `${}` inside of a longer string becomes.
//!
//! Users' commands were written against Python's notation, so floats are written as Python writes
//! them (`1e-05`, `1e+16`, `2.0`) and null is `None`; only booleans are not: `true` and `false`.

use super::context::{Data, Var};
use super::style::Style;
use crate::format::Value;

/// Text of a value that is neither a list nor a map.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        value => python(value),
    }
}

/// As [`scalar`], but booleans are `True` and `False`.
///
/// This is what names of stages that were made from a variable have, and items of lists that became
/// arguments.
pub(super) fn python(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => float(*value),
        Value::String(value) => value.clone(),
        Value::List(_) | Value::Map(_) => return None,
    })
}

/// The shortest digits that read back as `value`, with an exponent below 1e-4 and from 1e16 on.
fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').expect("`e` is part of this notation");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    match exponent {
        -4..16 => format!("{value:?}"),
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
    }
}

/// A map as arguments of a command: `--lr 0.1 --flag --layers 64 32`.
///
/// True is an option without a value, false is nothing, a list is one option with several values, all
/// of this if `style` does not say otherwise. Maps in maps make dotted names.
///
/// # Errors
/// A list in a list has no form as arguments; names the option.
pub(super) fn arguments(var: &Var, style: Style) -> Result<String, String> {
    let mut words = Vec::new();
    flatten(var, style, &mut String::new(), &mut words)?;
    Ok(words.join(" "))
}

fn flatten(
    var: &Var,
    style: Style,
    name: &mut String,
    words: &mut Vec<String>,
) -> Result<(), String> {
    match var.data() {
        Data::Map(entries) => {
            for (key, var) in entries {
                let length = name.len();
                if length > 0 {
                    name.push('.');
                }
                name.push_str(key);
                flatten(var, style, name, words)?;
                name.truncate(length);
            }
        }
        Data::Leaf(Value::Bool(false)) if style.negated => words.push(format!("--no-{name}")),
        Data::Leaf(Value::Bool(false)) => {}
        Data::Leaf(Value::Bool(true)) => words.push(format!("--{name}")),
        Data::Leaf(value) => {
            words.push(format!("--{name}"));
            words.push(argument(value));
        }
        Data::List(items) => {
            for (at, item) in items.iter().enumerate() {
                let Data::Leaf(value) = item.data() else {
                    return Err(name.clone());
                };
                if at == 0 || style.repeated {
                    words.push(format!("--{name}"));
                }
                words.push(argument(value));
            }
        }
    }
    Ok(())
}

fn argument(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        value => python(value).unwrap_or_default(),
    }
}

/// `text` as one word of a POSIX shell.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r#"'"'"'"#))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The right column was printed by Python.
    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (value, expected) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1e-5, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1e22, "1e+22"),
            (1e100, "1e+100"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(float(value), expected);
        }
    }

    #[test]
    fn words_are_quoted_as_python_quotes_them() {
        for (text, expected) in [
            ("a-b/c:d=@e", "a-b/c:d=@e"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", r#"'it'"'"'s'"#),
            ("~", "'~'"),
            ("é", "'é'"),
        ] {
            assert_eq!(quote(text), expected);
        }
    }
}
