//! Values as Python writes and reads them, where a template or its user can see the difference.

use crate::format::Value;

/// What `str` makes of a number; `None` for everything that is no number.
pub fn number(value: &Value) -> Option<String> {
    match value {
        Value::Int(int) => Some(int.to_string()),
        Value::Float(float) => Some(self::float(*float)),
        _ => None,
    }
}

/// The fewest digits that mean `float`, with an exponent below 0.0001 and from 10 to the 16th on.
fn float(float: f64) -> String {
    match float {
        _ if float.is_nan() => return "nan".into(),
        _ if float.is_infinite() => return if float > 0.0 { "inf" } else { "-inf" }.into(),
        _ => {}
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').expect("as the format asks");
    let exponent: i32 = exponent.parse().expect("a number");
    if (-4..16).contains(&exponent) {
        let plain = float.to_string();
        return if plain.contains('.') { plain } else { plain + ".0" };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// The boolean that a text says, by cookiecutter's words.
pub fn boolean(text: &str) -> Option<bool> {
    match &text.trim().to_lowercase()[..] {
        "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_python_does() {
        let cases = [
            (0.5, "0.5"),
            (3.0, "3.0"),
            (-0.0, "-0.0"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (0.1 + 0.2, "0.30000000000000004"),
        ];
        for (float, expected) in cases {
            assert_eq!(number(&Value::Float(float)).as_deref(), Some(expected));
        }
    }
}
