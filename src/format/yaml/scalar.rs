//! What plain scalars mean.
//!
//! The table is that of `ruamel.yaml` in its YAML 1.2 mode, through which DVC reads every file, so
//! that a project's parameters have here the values that they have there:
//!
//! | plain scalar | meaning |
//! |---|---|
//! | nothing, `~`, `null`, `Null`, `NULL` | null |
//! | `true`, `True`, `TRUE`, `false`, `False`, `FALSE` | booleans; `yes`, `on`, `y` are strings |
//! | `12`, `-3`, `+4`, `017` (seventeen) | integers in base 10 |
//! | `0b101`, `0o17`, `0x1f` | integers in base 2, 8 and 16 |
//! | `1.5`, `1.`, `.5`, `1e3`, `1e-5`, `1.5E+3`, `.5e-3` | floats; `.5e3` is a string |
//! | `.inf`, `-.Inf`, `.nan`, `.NAN` | floats |
//! | `1_000`, `1_0.5` | numbers: `_` between or after digits does not count |
//! | anything else | a string |
//!
//! It departs in three ways. Dates are strings, as no parameter is compared or written as anything
//! else. Where `ruamel.yaml` crashes, on `0x_`, `-_`, `._` and `=`, there is a string. Integers that
//! take more than 128 bits are an error instead of unbounded.
//!
//! `tests/spec/yaml-scalars` has what `ruamel.yaml` itself says of 150 scalars.

use std::borrow::Cow;

use crate::format::Value;

/// The integer does not fit into 128 bits.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLarge;

/// The value of a plain scalar other than a string, for which it is `None`.
pub fn resolve(text: &str) -> Result<Option<Value>, TooLarge> {
    Ok(match text.as_bytes().first() {
        None | Some(b'~' | b'n' | b'N') => is_null(text).then_some(Value::Null),
        Some(b't' | b'T') => matches!(text, "true" | "True" | "TRUE").then_some(Value::Bool(true)),
        Some(b'f' | b'F') => {
            matches!(text, "false" | "False" | "FALSE").then_some(Value::Bool(false))
        }
        Some(b'0'..=b'9' | b'-' | b'+' | b'.') => number(text)?,
        _ => None,
    })
}

/// Resolves one that may be a string.
pub fn value(text: &str) -> Result<Value, TooLarge> {
    Ok(resolve(text)?.unwrap_or_else(|| Value::String(text.to_owned())))
}

fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn number(text: &str) -> Result<Option<Value>, TooLarge> {
    let (negative, body) = match text.as_bytes()[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    for (prefix, radix) in [("", 10), ("0b", 2), ("0o", 8), ("0x", 16)] {
        if let Some(digits) = body.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c == '_' || c.is_digit(radix))
        {
            return integer(negative, &without_underscores(digits), radix);
        }
    }
    Ok(float(text, body).map(Value::Float))
}

/// Digits alone; none at all are no number.
fn integer(negative: bool, digits: &str, radix: u32) -> Result<Option<Value>, TooLarge> {
    if digits.is_empty() {
        return Ok(None);
    }
    let size = u128::from_str_radix(digits, radix).map_err(|_| TooLarge)?;
    let signed = if negative { 0_i128.checked_sub_unsigned(size) } else { size.try_into().ok() };
    signed.map(|n| Some(Value::Int(n))).ok_or(TooLarge)
}

/// `text` is `body` with a sign or without.
fn float(text: &str, body: &str) -> Option<f64> {
    if matches!(body, ".inf" | ".Inf" | ".INF") {
        return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
    }
    if matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Some(f64::NAN);
    }
    let is_digits = |text: &str| text.bytes().all(|b| b == b'_' || b.is_ascii_digit());
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (body, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let valid_mantissa = match (whole, fraction) {
        ("", fraction) => fraction.is_some_and(|digits| !digits.is_empty() && is_digits(digits)),
        (whole, fraction) => {
            whole.starts_with(|c: char| c.is_ascii_digit())
                && is_digits(whole)
                && fraction.is_none_or(is_digits)
        }
    };
    let valid_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['-', '+']);
        // The sign is needed after `.5e`: the one place where this table is not that of the standard.
        let digits = if whole.is_empty() { digits } else { digits.or(Some(exponent)) };
        digits.is_some_and(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))
    });
    if !valid_mantissa || !valid_exponent {
        return None;
    }
    without_underscores(text).parse().ok()
}

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') { text.replace('_', "").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line of the table is a scalar, a tab, and what `ruamel.yaml` 0.18 made of `a: SCALAR`,
    /// asked once by a script: the type, and the value as Python shows it.
    #[test]
    fn scalars_mean_what_they_mean_to_dvc() {
        let table = include_str!("../../../tests/spec/yaml-scalars");
        let mut checked = 0;
        for line in table.lines() {
            let (text, expected) = line.split_once('\t').expect("two columns");
            let found = value(text);
            let expected = match expected.split_once(' ').unwrap_or((expected, "")) {
                ("null", _) => Value::Null,
                ("bool", value) => Value::Bool(value == "true"),
                ("int", digits) => match digits.parse() {
                    Ok(n) => Value::Int(n),
                    Err(_) => {
                        assert_eq!(found, Err(TooLarge), "{text}");
                        continue;
                    }
                },
                ("float", shown) => Value::Float(shown.parse().expect("a float")),
                // Where `ruamel.yaml` makes dates, or crashes, there are strings here.
                ("string" | "date" | "error", _) => Value::String(text.to_owned()),
                (other, _) => panic!("{other}"),
            };
            assert_eq!(found, Ok(expected), "{text}");
            checked += 1;
        }
        assert!(checked > 150, "{checked}");
    }

    #[test]
    fn integers_take_up_to_128_bits() {
        assert_eq!(value(&i128::MIN.to_string()), Ok(Value::Int(i128::MIN)));
        assert_eq!(value(&i128::MAX.to_string()), Ok(Value::Int(i128::MAX)));
        assert_eq!(value(&u128::MAX.to_string()), Err(TooLarge));
        assert_eq!(value(&format!("-0x{:x}", u128::MAX)), Err(TooLarge));
        assert_eq!(value(&"9".repeat(10_000)), Err(TooLarge));
    }
}
