//! Curves as text: `metrics.tsv`.
//!
//! ```text
//! name    step    time            value
//! loss    0       1767225600.25   2.5
//! loss    1                       NaN
//! ```
//!
//! Tabs between the fields, a header, one line a point, the lines of a series together and in the
//! order in which its points came. Times are seconds since 1970, empty where none was told. Numbers
//! are the shortest that come back as they were, and `NaN`, `inf` and `-inf`. In names, a backslash is
//! `\\` and a control character `\n`, `\t` or `\u{7f}`.

use std::collections::HashSet;

use super::{MAX_LEN, MAX_NAME, MAX_SERIES, Point};
use crate::format::{Error, Result};

const WHAT: &str = "file of metrics";
const HEADER: &str = "name\tstep\ttime\tvalue\n";

/// The text of all series, as long as `limit` bytes are enough.
pub struct Writer {
    text: String,
    limit: usize,
}

impl Writer {
    pub fn new(limit: usize) -> Writer {
        Writer { text: HEADER.to_owned(), limit }
    }

    /// Adds a series; returns whether there was room for all of it. If not, nothing was added.
    pub fn push(&mut self, name: &str, points: &[Point]) -> bool {
        let (start, name) = (self.text.len(), escaped(name));
        for point in points {
            let Point { step, value, .. } = point;
            let time = point.time.map(|time| format!("{time:?}")).unwrap_or_default();
            self.text.push_str(&format!("{name}\t{step}\t{time}\t{value:?}\n"));
            if self.text.len() > self.limit {
                self.text.truncate(start);
                return false;
            }
        }
        true
    }

    pub fn finish(self) -> Vec<u8> {
        self.text.into_bytes()
    }
}

/// Reads the points by series, in the order of the text.
///
/// # Errors
/// A line is not what the format demands, or there is too much of it.
pub fn parse(bytes: &[u8]) -> Result<Vec<(String, Vec<Point>)>> {
    let bad = |line: usize| Error::malformed(WHAT, format!("line {} is malformed", line + 2));
    if bytes.len() > MAX_LEN {
        return Err(Error::malformed(WHAT, format!("it has more than {MAX_LEN} bytes")));
    }
    let text = str::from_utf8(bytes).map_err(|_| Error::malformed(WHAT, "it is not UTF-8"))?;
    let lines = text
        .strip_prefix(HEADER)
        .ok_or_else(|| Error::malformed(WHAT, "its first line is not this format's"))?;
    let mut found: Vec<(String, Vec<Point>)> = Vec::new();
    let (mut current, mut names) = (None, HashSet::new());
    for (at, line) in lines.lines().enumerate() {
        let mut fields = line.split('\t');
        let mut field = || fields.next().ok_or_else(|| bad(at));
        let (name, step, time, value) = (field()?, field()?, field()?, field()?);
        if fields.next().is_some() {
            return Err(bad(at));
        }
        let step = step.parse().map_err(|_| bad(at))?;
        let value = value.parse().map_err(|_| bad(at))?;
        let time = match time {
            "" => None,
            time => {
                Some(time.parse::<f64>().ok().filter(|t| t.is_finite()).ok_or_else(|| bad(at))?)
            }
        };
        if current != Some(name) {
            let unescaped = unescaped(name).filter(|name| name.len() <= MAX_NAME);
            let unescaped = unescaped.ok_or_else(|| bad(at))?;
            if found.len() == MAX_SERIES || !names.insert(unescaped.clone()) {
                let reason = format!("more than {MAX_SERIES} series, or one in two places");
                return Err(Error::malformed(WHAT, reason));
            }
            found.push((unescaped, Vec::new()));
            current = Some(name);
        }
        let (_, points) = found.last_mut().expect("pushed with the first line of its series");
        points.push(Point { step, time, value });
    }
    Ok(found)
}

fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_control() || c == '\\' {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    text
}

fn unescaped(name: &str) -> Option<String> {
    let mut text = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('\\') {
        text.push_str(before);
        let kind = after.chars().next()?;
        rest = &after[kind.len_utf8()..];
        match kind {
            '\\' => text.push('\\'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'u' => {
                let (digits, after) = rest.strip_prefix('{')?.split_once('}')?;
                text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                rest = after;
            }
            _ => return None,
        }
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point() -> impl Strategy<Value = Point> {
        let finite = any::<f64>().prop_filter("finite", |time| time.is_finite());
        let value = prop_oneof![any::<f64>(), Just(f64::INFINITY), Just(-0.0), Just(1e300)];
        (any::<i64>(), proptest::option::of(finite), value).prop_map(|(step, time, value)| Point {
            step,
            time,
            value,
        })
    }

    fn write(series: &[(String, Vec<Point>)]) -> Vec<u8> {
        let mut writer = Writer::new(usize::MAX);
        assert!(series.iter().all(|(name, points)| writer.push(name, points)));
        writer.finish()
    }

    proptest! {
        #[test]
        fn points_come_back(map in proptest::collection::btree_map("(?s).{0,6}", proptest::collection::vec(point(), 1..5), 0..4)) {
            let series: Vec<(String, Vec<Point>)> = map.into_iter().collect();
            let found = parse(&write(&series)).expect("what was written");
            // The text of a NaN is that of any.
            prop_assert_eq!(format!("{found:?}"), format!("{series:?}"));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[a\\\\u{}nt0-9.e\t\n-]{0,40}", bytes: Vec<u8>) {
            let _ = parse(format!("{HEADER}{text}").as_bytes());
            let _ = parse(&bytes);
        }
    }

    #[test]
    fn the_text_is_fixed() {
        let point = |step, time, value| Point { step, time, value };
        let series = [
            ("a\tb\\\u{1b}".to_owned(), vec![point(0, Some(1_767_225_600.25), 1e-7)]),
            ("loss".to_owned(), vec![point(1, None, 2.0), point(-1, None, f64::NEG_INFINITY)]),
        ];
        let bytes = write(&series);
        crate::fs::golden::check("metrics.tsv", &bytes);
        assert_eq!(parse(&bytes).expect("valid"), series);
    }

    #[test]
    fn what_does_not_fit_leaves_no_trace() {
        let points = vec![Point { step: 0, time: None, value: 0.5 }; 9];
        let mut writer = Writer::new(60);
        assert!(writer.push("a", &points[..2]));
        assert!(!writer.push("b", &points));
        assert!(writer.push("c", &points[..1]));
        let found = parse(&writer.finish()).expect("valid");
        assert_eq!(found.iter().map(|(name, _)| &name[..]).collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn malformed_lines_are_refused() {
        for bad in
            ["a\t1\t\n", "a\tx\t\t1\n", "a\t1\tNaN\t1\n", "a\t1\t\t1\t\n", "\\x\t1\t\t1\n", "\n"]
        {
            assert!(parse(format!("{HEADER}{bad}").as_bytes()).is_err(), "{bad:?}");
        }
        for twice in ["a\t1\t\t1\nb\t1\t\t1\na\t2\t\t1\n", "a\t1\t\t1\n\\u{61}\t2\t\t1\n"] {
            assert!(parse(format!("{HEADER}{twice}").as_bytes()).is_err(), "{twice:?}");
        }
        assert!(parse(b"step\n").is_err());
    }
}
