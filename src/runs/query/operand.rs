//! What stands on the right side of a comparison, and how it is held against a run's value.

use std::cmp::Ordering;
use std::fmt;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::key::{Datum, Kind};
use super::lexer;

/// A value as it was typed, and what it means beside its key.
#[derive(Clone, Debug, PartialEq)]
pub struct Literal {
    pub text: String,
    meaning: Meaning,
}

#[derive(Clone, Debug, PartialEq)]
enum Meaning {
    /// By number where both are one, else as text.
    Any(Option<Number>),
    Text,
    Word,
    Digits,
    /// Of whatever unit the attribute has.
    Number(f64),
    /// From a moment up to another: a date is its whole day.
    Time {
        from: Timestamp,
        until: Timestamp,
    },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Number {
    Int(i128),
    Float(f64),
}

impl Number {
    fn parse(text: &str) -> Option<Number> {
        let int = || text.parse().ok().map(Number::Int);
        int().or_else(|| text.parse().ok().map(Number::Float))
    }

    /// Integers are compared as such; two that are no number are the same.
    fn compare(self, other: Number) -> Option<Ordering> {
        let float = |number| match number {
            Number::Int(int) => int as f64,
            Number::Float(float) => float,
        };
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
            (a, b) if float(a).is_nan() && float(b).is_nan() => Some(Ordering::Equal),
            (a, b) => float(a).partial_cmp(&float(b)),
        }
    }
}

impl Literal {
    /// What `text` means beside a key of this kind.
    ///
    /// # Errors
    /// What was expected instead.
    pub(super) fn new(text: String, kind: Kind, now: Timestamp) -> Result<Literal, String> {
        let meaning = match kind {
            Kind::Any => Meaning::Any(Number::parse(&text)),
            Kind::Text => Meaning::Text,
            Kind::Word => Meaning::Word,
            Kind::Digits => Meaning::Digits,
            Kind::Seconds => Meaning::Number(
                seconds(&text).ok_or("expected a duration such as `90`, `10m` or `1h30m`")?,
            ),
            Kind::Bytes => {
                Meaning::Number(bytes(&text).ok_or("expected bytes such as `500MB` or `2GiB`")?)
            }
            Kind::Time => {
                let expected = "expected a time such as `2026-11-20`, `2026-11-20T10:30`, \
                                `yesterday`, or `3d` for three days ago";
                let (from, until) = time(&text, now).ok_or(expected)?;
                Meaning::Time { from, until }
            }
        };
        Ok(Literal { text, meaning })
    }

    /// How `datum` stands to this; `None` if the two cannot be compared.
    pub(super) fn compare(&self, datum: &Datum<'_>) -> Option<Ordering> {
        match (&self.meaning, datum) {
            (Meaning::Time { from, until }, Datum::Time(time)) => Some(match time {
                time if time < from => Ordering::Less,
                time if time >= until => Ordering::Greater,
                _ => Ordering::Equal,
            }),
            (Meaning::Number(wanted), datum) => number(datum)?.compare(Number::Float(*wanted)),
            (Meaning::Any(Some(wanted)), datum) if number(datum).is_some() => {
                number(datum)?.compare(*wanted)
            }
            (Meaning::Digits, Datum::Text(digits)) if self.begins(digits) => Some(Ordering::Equal),
            (Meaning::Word, _) | (Meaning::Any(_), Datum::Bool(_)) => {
                Some(datum.text().to_lowercase().cmp(&self.text.to_lowercase()))
            }
            _ => Some(datum.text().as_ref().cmp(&self.text)),
        }
    }

    /// As in Git, the first four digits of an id are enough.
    fn begins(&self, digits: &str) -> bool {
        self.text.len() >= 4
            && digits.get(..self.text.len()).is_some_and(|it| it.eq_ignore_ascii_case(&self.text))
    }
}

/// A string that reads as a number is one: other tools log params as text.
fn number(datum: &Datum<'_>) -> Option<Number> {
    match datum {
        Datum::Int(int) => Some(Number::Int(*int)),
        Datum::Float(float) => Some(Number::Float(*float)),
        Datum::Bool(bool) => Some(Number::Int((*bool).into())),
        Datum::Text(text) => Number::parse(text),
        Datum::List(_) | Datum::Time(_) => None,
    }
}

/// How two values of one key are sorted: numbers by value, then texts.
pub fn compare(a: &Datum<'_>, b: &Datum<'_>) -> Ordering {
    let not_a_number = |number: Option<Number>| {
        number.filter(|number| !matches!(number, Number::Float(float) if float.is_nan()))
    };
    match (a, b) {
        (Datum::Time(a), Datum::Time(b)) => a.cmp(b),
        _ => match (not_a_number(number(a)), not_a_number(number(b))) {
            (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.text().cmp(&b.text()),
        },
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if lexer::is_word(&self.text) && !lexer::is_keyword(&self.text) {
            f.write_str(&self.text)
        } else {
            write!(f, "'{}'", self.text.replace('\'', "''"))
        }
    }
}

/// A number without a sign, and the letters behind it.
fn with_unit(text: &str) -> Option<(f64, &str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    let rest = text[end..].trim_start();
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    Some((number, &rest[..end], rest[end..].trim_start()))
}

/// `90`, `1.5`, `10m`, `1h30m`.
fn seconds(text: &str) -> Option<f64> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let (mut rest, mut sum) = (text, 0.0);
    while !rest.is_empty() {
        let (number, unit, after) = with_unit(rest)?;
        let one = match unit {
            "ms" => 1e-3,
            "s" | "sec" | "second" | "seconds" => 1.0,
            "m" | "min" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            "d" | "day" | "days" => 86_400.0,
            "w" | "week" | "weeks" => 604_800.0,
            _ => return None,
        };
        sum += number * one;
        rest = after;
    }
    (!text.is_empty()).then_some(sum)
}

/// `1024`, `500MB`, `2GiB`, `2G`.
fn bytes(text: &str) -> Option<f64> {
    let (number, unit, after) = with_unit(text)?;
    let unit = unit.to_ascii_lowercase();
    let (prefix, base) = match unit.strip_suffix("ib") {
        Some(prefix) => (prefix, 1024_f64),
        None => (unit.strip_suffix('b').unwrap_or(&unit), 1000.0),
    };
    let power = match prefix {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    after.is_empty().then(|| number * base.powi(power))
}

/// The first moment that is meant, and the first that no longer is. Dates are those of the clock here.
fn time(text: &str, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let moment = |time: Timestamp| Some((time, time.checked_add(1.nanosecond()).ok()?));
    let day = |date: Date| {
        let zone = TimeZone::system();
        let start = |date: Date| Some(date.to_zoned(zone.clone()).ok()?.timestamp());
        Some((start(date)?, start(date.tomorrow().ok()?)?))
    };
    let today = || now.to_zoned(TimeZone::system()).date();
    // Digits alone are milliseconds since 1970, as MLflow has them.
    if text.len() >= 9
        && let Ok(milliseconds) = text.parse()
    {
        let from = Timestamp::from_millisecond(milliseconds).ok()?;
        return Some((from, from.checked_add(1.millisecond()).ok()?));
    }
    match text {
        "now" => return moment(now),
        "today" => return day(today()),
        "yesterday" => return day(today().yesterday().ok()?),
        _ => {}
    }
    let is_number = text.parse::<f64>().is_ok();
    let ago = text.strip_suffix("ago").unwrap_or(text).trim_end();
    if let Some(seconds) = seconds(ago).filter(|_| !is_number) {
        let back = SignedDuration::try_from_secs_f64(seconds).ok()?;
        return moment(now.checked_sub(back).ok()?);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return moment(time);
    }
    // A date alone would be read as its midnight, too.
    if text.contains([':']) {
        let local = text.parse::<DateTime>().ok()?.to_zoned(TimeZone::system()).ok()?.timestamp();
        return moment(local);
    }
    day(text.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_have_units() {
        for (text, expected) in [
            ("90", Some(90.0)),
            ("1.5", Some(1.5)),
            ("10m", Some(600.0)),
            ("1h30m", Some(5400.0)),
            ("1h 30min", Some(5400.0)),
            ("250ms", Some(0.25)),
            ("-1", Some(-1.0)),
            ("", None),
            ("h", None),
            ("10x", None),
            ("nan", None),
            ("1..2s", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
        for (text, expected) in [
            ("10", Some(10.0)),
            ("2GiB", Some(2_147_483_648.0)),
            ("500 MB", Some(5e8)),
            ("1k", Some(1000.0)),
            ("1kb 2", None),
            ("1q", None),
        ] {
            assert_eq!(bytes(text), expected, "{text}");
        }
    }

    #[test]
    fn times_are_dates_moments_and_ages() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().expect("valid");
        let found =
            |text: &str| time(text, now).map(|(from, until)| (from, until.duration_since(from)));
        let nanosecond = SignedDuration::from_nanos(1);
        for (text, moment) in [
            ("now", "2026-11-20T10:00:00Z"),
            ("3d", "2026-11-17T10:00:00Z"),
            ("2 hours ago", "2026-11-20T08:00:00Z"),
            ("2026-11-20T09:30:00+01:00", "2026-11-20T08:30:00Z"),
        ] {
            let moment: Timestamp = moment.parse().expect("valid");
            assert_eq!(found(text), Some((moment, nanosecond)), "{text}");
        }
        let millisecond = SignedDuration::from_millis(1);
        assert_eq!(found("1664067852747").map(|(_, lasts)| lasts), Some(millisecond));
        for text in ["today", "yesterday", "2026-11-20"] {
            let (from, lasts) = found(text).expect("a day");
            assert_eq!(lasts, SignedDuration::from_hours(24), "{text}");
            assert!(from <= now, "{text}");
        }
        for text in ["", "2026", "11-20", "tomorrow", "3x", "99999999999999999999d", "1e30"] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
