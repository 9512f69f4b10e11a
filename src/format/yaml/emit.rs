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

/// The longest text that may be a key without `? ` before it, in bytes; YAML allows 1024 characters.
const MAX_KEY: usize = 1000;

/// A string as a value, an item or a key in block style. A key whose text is longer than 1000
/// characters needs `? ` before it: no reader looks further for its `:`.
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
        && !text.ends_with(" -")
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::value::Map;
    use crate::format::yaml::parse;

    /// Each line of the table has a string (as JSON), [`scalar`] of it and [`flow`] of it. What
    /// PyYAML and ruamel.yaml read of the last two is checked by `tests/spec/with-dvc.py`.
    #[test]
    fn tricky_strings_are_written_as_every_reader_reads_them() {
        let table = include_str!("../../../tests/spec/yaml-strings");
        let mut written = String::new();
        for line in table.lines() {
            let string = line.split('\t').next().expect("a first column");
            let text: String = serde_json::from_str(string).expect(string);
            let value = || Value::String(text.clone());
            let (block, flow) = (scalar(&text), flow(&value()));
            let found = parse(&format!("- {block}\n")).map(|tree| tree.value());
            assert_eq!(found, Ok(Value::List(vec![value()])), "{string}");
            let found = parse(&format!("{{? {flow} : [{flow}, {flow}]}}")).map(|tree| tree.value());
            let list = Value::List(vec![value(), value()]);
            assert_eq!(found, Ok(Value::Map(Map::from_iter([(text.clone(), list)]))), "{string}");
            written += &format!("{string}\t{block}\t{flow}\n");
        }
        assert!(table.lines().count() > 180);
        crate::fs::golden::check("yaml-strings", written.as_bytes());
    }

    #[test]
    fn paths_and_words_need_no_quotes() {
        for text in
            ["data/raw.csv", "../x", ".gitignore", "train@cnn-0", "python a.py --lr=1", "sha256:ab"]
        {
            assert_eq!(scalar(text), text);
        }
        assert_eq!(flow(&Value::String("a:b".into())), r#""a:b""#);
    }

    #[test]
    fn floats_are_floats_to_every_reader() {
        for (value, expected) in [
            (0.1, "0.1"),
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (1e22, "1.0e+22"),
            (1.5e-7, "1.5e-7"),
            (5e-324, "5.0e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, ".inf"),
            (f64::NEG_INFINITY, "-.inf"),
            (f64::NAN, ".nan"),
        ] {
            assert_eq!(float(value), expected);
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i128>().prop_map(Value::Int),
            any::<f64>().prop_map(Value::Float),
            any::<String>().prop_map(Value::String),
            "[-+.:_0-9a-fnotuxyN ]{0,8}".prop_map(Value::String),
        ];
        scalar.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::List),
                prop::collection::vec((any::<String>(), inner), 0..8)
                    .prop_map(|entries| Value::Map(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in any_value()) {
            let text = flow(&value);
            prop_assert_eq!(text.lines().count(), 1);
            prop_assert_eq!(parse(&text).map(|tree| tree.value()), Ok(value), "{}", text);
        }

        #[test]
        fn floats_are_read_back_to_the_bit(bits: u64) {
            let value = f64::from_bits(bits);
            let Ok(Value::Float(found)) = super::super::scalar::value(&float(value)) else {
                panic!("{} is no float", float(value));
            };
            prop_assert!(found.to_bits() == bits || found.is_nan() && value.is_nan());
        }

        #[test]
        fn strings_are_read_back_as_items_keys_and_values(text: String) {
            let written = scalar(&text);
            let block = format!("? {written}\n: - {written}\n  - k: {written}\n");
            let tree = parse(&block).map_err(|problem| TestCaseError::fail(format!("{problem}: {block}")))?;
            let (key, list) = &tree.as_map().expect("a map")[0];
            prop_assert_eq!(&key.name, &text);
            let items = list.as_list().expect("a list");
            prop_assert_eq!(items[0].as_str(), Some(&*text));
            prop_assert_eq!(items[1].get("k").and_then(|node| node.as_str()), Some(&*text));
        }
    }
}
