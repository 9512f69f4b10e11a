//! TOML, as parameters are read from it.
//!
//! Dates and times become strings: nothing else here has them.

use super::Value;
use super::yaml::{Mark, Problem};

/// The longest text that is parsed, in bytes: what bounds the memory that its values take.
pub const MAX_LEN: usize = 16 << 20;

/// Parses a document.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str) -> Result<Value, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > MAX_LEN {
        return Err(Problem::new(Mark::START, "a TOML file of more than 16 MiB is not read"));
    }
    let table: ::toml::Table = ::toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let message = crate::fs::display_bytes(error.message().trim_end().as_bytes());
        Problem::new(Mark::of(text, start), message)
    })?;
    Ok(converted(::toml::Value::Table(table)))
}

fn converted(value: ::toml::Value) -> Value {
    use ::toml::Value as Toml;
    match value {
        Toml::String(text) => Value::String(text),
        Toml::Integer(n) => Value::Int(n.into()),
        Toml::Float(n) => Value::Float(n),
        Toml::Boolean(b) => Value::Bool(b),
        Toml::Datetime(time) => Value::String(time.to_string()),
        Toml::Array(items) => Value::List(items.into_iter().map(converted).collect()),
        Toml::Table(table) => {
            Value::Map(table.into_iter().map(|(key, value)| (key, converted(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::yaml::emit::flow;

    #[test]
    fn values_keep_their_types_and_order() {
        let text = "\u{feff}title = 'x'\nb = 1\na = 1.0\r\n[train]\nlr = 1e-3\nday = 2024-01-01\n\
                    sizes = [1_0, 0x1f]\n[[layers]]\nn = inf\n[[layers]]\nn = true\n";
        assert_eq!(
            flow(&parse(text).expect("valid")),
            "{title: x, b: 1, a: 1.0, train: {lr: 0.001, day: \"2024-01-01\", sizes: [10, 31]}, \
             layers: [{\"n\": .inf}, {\"n\": true}]}"
        );
    }

    #[test]
    fn what_is_wrong_is_told_where_it_stands() {
        for (text, line, column) in
            [("a = 1\na = 2\n", 2, 1), ("é = [1,\n", 1, 8), ("a = 1\nb == 2\n", 2, 4)]
        {
            let Problem { mark, message } = parse(text).expect_err(text);
            assert_eq!((mark.line, mark.column), (line, column), "{text:?}: {message}");
            assert!(!message.is_empty());
        }
    }

    #[test]
    fn length_and_depth_are_bounded() {
        assert!(parse(&format!("a = {}", "[".repeat(100_000))).is_err());
        assert!(parse(&format!("{}a = 1", "a.".repeat(100_000))).is_err());
        assert!(parse(&format!("[{}a]", "a.".repeat(100_000))).is_err());
        assert!(parse(&"#".repeat(MAX_LEN + 1)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = parse(&text);
            let _ = parse(&format!("a = {text}"));
        }
    }
}
