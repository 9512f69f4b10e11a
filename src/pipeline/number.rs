//! Numbers as people read them.

use crate::format::Value;
use crate::fs::display_bytes;

/// A float to so many significant digits, without zeros at its end. Digits before the point are never
/// dropped below 10¹⁵; numbers beyond, and those below 10⁻⁴, have an exponent.
pub fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let digits = digits.clamp(1, 17);
    let rounded = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = rounded.split_once('e').expect("the `e` format has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a whole number");
    if value == 0.0 || (-4..15).contains(&exponent) {
        return match usize::try_from(exponent) {
            // More digits before the point than were asked for.
            Ok(exponent) if exponent >= digits => format!("{value:.0}"),
            _ => trimmed(&without_exponent(mantissa, exponent)).to_owned(),
        };
    }
    format!("{}e{exponent}", trimmed(mantissa))
}

/// A mantissa of one digit before the point, with the point where `exponent` puts it: not beyond the
/// digits that there are.
fn without_exponent(mantissa: &str, exponent: i32) -> String {
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(digits) => ("-", digits.replace('.', "")),
        None => ("", mantissa.replace('.', "")),
    };
    match usize::try_from(exponent) {
        Ok(exponent) => {
            let (whole, rest) = digits.split_at(exponent + 1);
            format!("{sign}{whole}.{rest}")
        }
        Err(_) => format!("{sign}0.{}{digits}", "0".repeat((-1 - exponent) as usize)),
    }
}

/// Without the zeros after the point, nor the point if nothing else is behind it.
fn trimmed(text: &str) -> &str {
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    if text == "-0" { "0" } else { text }
}

/// A value on one line: floats to `digits` significant digits, strings as they are, lists and maps as
/// in JSON. Not escaped.
pub fn shown(value: &Value, digits: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(bool) => bool.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Float(float) => significant(*float, digits),
        Value::String(text) => text.clone(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| inner(item, digits)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), inner(value, digits)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    }
}

/// Inside of a list or map a string is quoted: `[1, "1"]`.
fn inner(value: &Value, digits: usize) -> String {
    match value {
        Value::String(text) => quoted(text),
        value => shown(value, digits),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", display_bytes(text.as_bytes()).replace('"', "\\\""))
}

/// A count with commas between thousands.
pub fn count(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_so_many_digits() {
        for (value, digits, expected) in [
            (0.0, 5, "0"),
            (-0.0, 5, "0"),
            (1.0, 5, "1"),
            (0.1 + 0.2, 5, "0.3"),
            (0.9 - 0.8, 5, "0.1"),
            (0.123_456_78, 5, "0.12346"),
            (0.123_456_78, 2, "0.12"),
            (99.9996, 5, "100"),
            (123_456.7, 5, "123457"),
            (-12_345.0, 5, "-12345"),
            (120.0, 3, "120"),
            (999.5, 3, "1000"),
            (-0.001_234_5, 3, "-0.00123"),
            (123_456_789.0, 17, "123456789"),
            (1e-4, 5, "0.0001"),
            (1.5e-7, 5, "1.5e-7"),
            (-1e22, 5, "-1e22"),
            (f64::MAX, 3, "1.8e308"),
            (f64::NAN, 3, "nan"),
            (f64::NEG_INFINITY, 3, "-inf"),
            (0.1, 99, "0.10000000000000001"),
        ] {
            assert_eq!(significant(value, digits), expected, "{value} to {digits}");
        }
    }

    #[test]
    fn values_stand_on_one_line() {
        let list = vec![Value::Int(1), Value::String("1\n\"".into()), Value::Float(0.5)];
        let map = Value::Map([("a".to_owned(), Value::List(list))].into_iter().collect());
        assert_eq!(shown(&map, 5), r#"{"a": [1, "1\n\"", 0.5]}"#);
        assert_eq!(shown(&Value::String("plain".into()), 5), "plain");
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }
}
