//! One line of a metrics file: a JSON object of names and numbers.
//!
//! A stage that logs writes flat objects of numbers again and again, so the common case has a scanner
//! that allocates nothing. Whatever it does not know at once (nested objects, text, null) goes
//! through `format::json`; where both understand a line, they read the same in it.

use crate::format::{Value, json, run::number};

/// What a line says of all its values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stamp {
    pub step: Option<i64>,
    /// Seconds since 1970.
    pub time: Option<f64>,
}

/// Takes a name and its value; `None` gives the line up.
pub type Sink<'a> = &'a mut dyn FnMut(&str, f64) -> Option<()>;

/// Times beyond are milliseconds: as seconds, this is the year 5138.
const MILLISECONDS: f64 = 1e11;
/// Keys of the time, as various loggers have it.
const TIMES: [&str; 3] = ["time", "timestamp", "_timestamp"];

/// Reads a line that is a flat object without anything unusual. `None` does not mean that the line is
/// bad, but that [`read`] has to tell; what went to the sink is then void.
pub fn read_flat(text: &str, sink: Sink<'_>) -> Option<Stamp> {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
    let (mut stamp, mut timed) = (Stamp::default(), false);
    scanner.expect(b'{')?;
    loop {
        let key = scanner.string(text)?;
        scanner.expect(b':')?;
        let found = scanner.scalar(text)?;
        match (key, found) {
            ("step", Scalar::Number(step)) if stamp.step.is_none() => {
                stamp.step = Some(whole(step)?);
            }
            ("step", _) => return None,
            (key, Scalar::Number(time)) if TIMES.contains(&key) && !timed => {
                timed = true;
                stamp.time = seconds(time);
            }
            (key, _) if TIMES.contains(&key) => return None,
            (key, Scalar::Number(value) | Scalar::Named(value)) => sink(key, value)?,
        }
        match scanner.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    scanner.next().is_none().then_some(stamp)
}

/// Reads any line; `None` if it is no object, or its `step` is no whole number.
pub fn read(text: &str, sink: Sink<'_>) -> Option<Stamp> {
    let Ok(Value::Map(map)) = json::parse(text) else { return None };
    let mut stamp = Stamp::default();
    for (key, value) in &map {
        match (&key[..], value) {
            ("step", Value::Null) => {}
            ("step", Value::Int(step)) => stamp.step = Some(i64::try_from(*step).ok()?),
            ("step", Value::Float(step)) => stamp.step = Some(whole(*step)?),
            ("step", _) => return None,
            (key, value) if TIMES.contains(&key) => {
                let time = match value {
                    Value::Int(_) | Value::Float(_) => number(value).and_then(seconds),
                    _ => None,
                };
                stamp.time = stamp.time.or(time);
            }
            (key, value) => walk(key.to_owned(), value, sink)?,
        }
    }
    Some(stamp)
}

/// Numbers below `value`, by dotted names. The depth is bounded by the parser.
fn walk(name: String, value: &Value, sink: Sink<'_>) -> Option<()> {
    if let Value::Map(map) = value {
        return map
            .iter()
            .try_for_each(|(key, value)| walk(format!("{name}.{key}"), value, &mut *sink));
    }
    match number(value) {
        Some(value) => sink(&name, value),
        None => Some(()),
    }
}

fn seconds(time: f64) -> Option<f64> {
    let time = if time.abs() > MILLISECONDS { time / 1000.0 } else { time };
    time.is_finite().then_some(time)
}

/// The float as a step, if it is one exactly.
fn whole(step: f64) -> Option<i64> {
    // From here on, a float may stand for several integers.
    const END: f64 = (1u64 << 53) as f64;
    (step.fract() == 0.0 && step.abs() < END).then_some(step as i64)
}

enum Scalar {
    Number(f64),
    /// A boolean, or a number that JSON knows only as a string.
    Named(f64),
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                _ => return Some(*byte),
            }
        }
        None
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// A string without escapes.
    fn string<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.bytes.get(self.at)? {
                b'"' => break,
                b'\\' | 0..b' ' => return None,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        text.get(start..self.at - 1)
    }

    fn scalar(&mut self, text: &str) -> Option<Scalar> {
        match self.peek()? {
            b'"' => {
                let value = match self.string(text)? {
                    "NaN" => f64::NAN,
                    "Infinity" => f64::INFINITY,
                    "-Infinity" => f64::NEG_INFINITY,
                    _ => return None,
                };
                Some(Scalar::Named(value))
            }
            b'-' | b'0'..=b'9' => self.number(text).map(Scalar::Number),
            _ => {
                let words = [
                    ("NaN", Scalar::Number(f64::NAN)),
                    ("Infinity", Scalar::Number(f64::INFINITY)),
                    ("true", Scalar::Named(1.0)),
                    ("false", Scalar::Named(0.0)),
                ];
                words.into_iter().find(|(word, _)| self.word(word)).map(|(_, value)| value)
            }
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(word.as_bytes());
        self.at += if found { word.len() } else { 0 };
        found
    }

    /// A number of JSON, or Python's `-Infinity`.
    fn number(&mut self, text: &str) -> Option<f64> {
        /// Digits of an integer that `format::json` takes whatever they are.
        const SAFE: usize = 38;
        if self.word("-Infinity") {
            return Some(f64::NEG_INFINITY);
        }
        let start = self.at;
        self.at += usize::from(self.bytes[start] == b'-');
        let whole = self.at;
        let digits = self.digits();
        if digits == 0 || (digits > 1 && self.bytes[whole] == b'0') {
            return None;
        }
        let mut is_integer = true;
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            is_integer = false;
            if self.digits() == 0 {
                return None;
            }
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            is_integer = false;
            self.at += usize::from(matches!(self.bytes.get(self.at), Some(b'-' | b'+')));
            if self.digits() == 0 {
                return None;
            }
        }
        if is_integer && digits > SAFE {
            return None;
        }
        let value: f64 = text.get(start..self.at)?.parse().ok()?;
        // An integer zero has no sign.
        Some(if is_integer { value + 0.0 } else { value })
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        self.at - start
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Found = Option<(Stamp, Vec<(String, u64)>)>;

    fn with(reader: fn(&str, Sink<'_>) -> Option<Stamp>, text: &str) -> Found {
        let mut values = Vec::new();
        let stamp = reader(text, &mut |name, value| {
            if values.iter().any(|(known, _)| known == name) {
                return None;
            }
            values.push((name.to_owned(), value.to_bits()));
            Some(())
        })?;
        Some((stamp, values))
    }

    fn values(text: &str) -> Vec<(String, f64)> {
        let (_, found) = with(read, text).expect(text);
        found.into_iter().map(|(name, bits)| (name, f64::from_bits(bits))).collect()
    }

    #[test]
    fn flat_and_nested_objects() {
        let named = |pairs: &[(&str, f64)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect::<Vec<_>>()
        };
        let flat = r#"{"step": 3, "loss": 0.25, "val/acc": 9e-1, "ok": true, "x": "-Infinity"}"#;
        let expected =
            named(&[("loss", 0.25), ("val/acc", 0.9), ("ok", 1.0), ("x", f64::NEG_INFINITY)]);
        assert_eq!(values(flat), expected);
        let (stamp, _) = with(read_flat, flat).expect("nothing unusual");
        assert_eq!(stamp, Stamp { step: Some(3), time: None });
        let nested = r#"{"train": {"loss": 1, "step": 2, "list": [1]}, "s": "a", "n": null, "é\u00e9": 2.5}"#;
        assert_eq!(values(nested), named(&[("train.loss", 1.0), ("train.step", 2.0), ("éé", 2.5)]));
        assert_eq!(with(read_flat, nested), None);
    }

    #[test]
    fn times_are_seconds_or_milliseconds() {
        let time = |text: &str| with(read, text).map(|(stamp, _)| stamp.time);
        assert_eq!(time(r#"{"time": 1767225600.25}"#), Some(Some(1_767_225_600.25)));
        assert_eq!(time(r#"{"timestamp": 1767225600125}"#), Some(Some(1_767_225_600.125)));
        assert_eq!(time(r#"{"_timestamp": 5, "time": "noon"}"#), Some(Some(5.0)));
        assert_eq!(time(r#"{"time": NaN}"#), Some(None));
    }

    #[test]
    fn steps_are_whole() {
        let step = |text: &str| with(read, text).map(|(stamp, _)| stamp.step);
        assert_eq!(step(r#"{"step": 3.0}"#), Some(Some(3)));
        assert_eq!(step(r#"{"step": -9223372036854775808}"#), Some(Some(i64::MIN)));
        assert_eq!(step(r#"{"step": null}"#), Some(None));
        for bad in ["3.5", "\"3\"", "true", "9223372036854775808", "NaN", "1e300"] {
            assert_eq!(step(&format!("{{\"step\": {bad}}}")), None, "{bad}");
        }
    }

    #[test]
    fn a_large_step_keeps_all_digits() {
        let text = r#"{"step": 9007199254740993, "a": 1}"#;
        let by = |reader| with(reader, text).map(|(stamp, _): (Stamp, _)| stamp.step);
        assert_eq!(by(read_flat), None, "left to the exact reader");
        assert_eq!(by(read), Some(Some(9_007_199_254_740_993)));
    }

    proptest! {
        #[test]
        fn both_readers_see_the_same(
            text in r#"\{("(step|time|a|b|é)": ?(-?[0-9]{1,3}(\.[0-9]{1,2})?([eE]-?[0-9])?|NaN|-?Infinity|true|false|null|"NaN"|"x"|\[\]),? ?){0,3}\}?"#
        ) {
            if let Some(flat) = with(read_flat, &text) {
                prop_assert_eq!(Some(flat), with(read, &text), "{}", text);
            }
        }

        #[test]
        fn no_text_makes_them_panic(text in "[{}\":,0-9a.eEN-]{0,20}", any: String) {
            for text in [&text, &any] {
                let (_, _) = (with(read_flat, text), with(read, text));
            }
        }
    }
}
