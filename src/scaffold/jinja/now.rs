//! `{% now %}`: the time of the render, in any zone, some days from then, in any form.
//!
//! `{% now 'utc' %}`, `{% now 'Europe/Paris', '%Y' %}`, `{% now 'utc' + 'days=2,hours=1', '%F' %}` and the
//! like. Zones are those of arrow: `utc`, `local`, names of the zone database, offsets such as `+02:00`.
//! Offsets go by the clock on the wall, months and years to the last day of a month at most. Forms are
//! those of `strftime` in the C locale.

use std::fmt::Write;

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp, Zoned};
use minijinja::value::Rest;
use minijinja::{Environment, Error, Value};

use super::args::{text, wrong};
use super::cost;
use super::expression::PREFIX;
use super::python;

/// What `{% now %}` says when no form is given.
const DEFAULT_FORMAT: &str = "%Y-%m-%d";

pub(super) fn register(environment: &mut Environment<'_>, time: Timestamp) {
    // Filters around nothing: see `preprocess`.
    let name = format!("{PREFIX}now");
    environment.add_filter(
        name,
        move |_: Value, zone: Value, sign: Option<String>, offset: Value, format: Option<Value>| {
            now(time, &zone, sign.as_deref(), &offset, format.as_ref())
        },
    );
    environment.add_filter(format!("{PREFIX}print"), |_: Value, values: Rest<Value>| {
        values.iter().map(python::str).collect::<Result<String, Error>>()
    });
}

fn now(
    time: Timestamp,
    zone: &Value,
    sign: Option<&str>,
    offset: &Value,
    format: Option<&Value>,
) -> Result<String, Error> {
    let zone = if zone.is_none() { TimeZone::system() } else { time_zone(&text(zone)?)? };
    let mut now = time.to_zoned(zone);
    if let Some(sign) = sign {
        now = shift(&now, sign, &text(offset)?)?;
    }
    let format = match format {
        Some(format) if !format.is_none() => text(format)?,
        _ => DEFAULT_FORMAT.to_owned(),
    };
    strftime(&now, &format)
}

fn time_zone(name: &str) -> Result<TimeZone, Error> {
    match name {
        "local" => return Ok(TimeZone::system()),
        "utc" | "UTC" | "Z" => return Ok(TimeZone::UTC),
        _ => {}
    }
    let unknown = || wrong(format!("there is no time zone `{name}`"));
    match offset(name) {
        Some(seconds) => Ok(TimeZone::fixed(Offset::from_seconds(seconds).map_err(|_| unknown())?)),
        None => TimeZone::get(name).map_err(|_| unknown()),
    }
}

/// The seconds of `+02:00`, `-0330`, `01` and the like; what follows is not looked at.
fn offset(name: &str) -> Option<i32> {
    let name = name.trim_start_matches("(UTC");
    let (sign, rest) = match name.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, name.strip_prefix('+').unwrap_or(name)),
    };
    let two = |text: &str| -> Option<i32> {
        let digits = text.get(..2).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        digits?.parse().ok()
    };
    let hours = two(rest)?;
    let rest = &rest[2..];
    let minutes = two(rest.strip_prefix(':').unwrap_or(rest)).unwrap_or(0);
    Some(sign * (hours * 3600 + minutes * 60))
}

/// `days=1,hours=2` before or after `now`.
fn shift(now: &Zoned, sign: &str, offset: &str) -> Result<Zoned, Error> {
    let mut months = 0;
    let mut seconds = 0.0;
    for part in offset.split(',') {
        let (unit, value) = part
            .split_once('=')
            .ok_or_else(|| wrong(format!("`{part}` is no offset such as `days=1`")))?;
        let number = number(sign, value.trim())
            .ok_or_else(|| wrong(format!("`{}` is no number of {}", value.trim(), unit.trim())))?;
        let whole = || match number.fract() == 0.0 && number.abs() < 1e6 {
            true => Ok(number as i64),
            false => Err(wrong(format!("{} must be whole", unit.trim()))),
        };
        match unit.trim() {
            "years" => months += 12 * whole()?,
            "quarters" => months += 3 * whole()?,
            "months" => months += whole()?,
            "weeks" => seconds += number * 604_800.0,
            "days" => seconds += number * 86_400.0,
            "hours" => seconds += number * 3600.0,
            "minutes" => seconds += number * 60.0,
            "seconds" => seconds += number,
            "microseconds" => seconds += number / 1e6,
            other => {
                return Err(wrong(format!(
                    "`{other}` is none of years, quarters, months, weeks, days, hours, minutes, seconds and microseconds"
                )));
            }
        }
    }
    let shifted = || {
        let months = Span::new().try_months(months).ok()?;
        let duration = SignedDuration::try_from_secs_f64(seconds).ok()?;
        let wall = now.datetime().checked_add(months).ok()?.checked_add(duration).ok()?;
        wall.to_zoned(now.time_zone().clone()).ok()
    };
    shifted().ok_or_else(|| wrong(format!("the time {sign} `{offset}` is out of range")))
}

fn number(sign: &str, value: &str) -> Option<f64> {
    if value.starts_with(['+', '-']) {
        return None;
    }
    let number: f64 = value.parse().ok().filter(|number: &f64| number.is_finite())?;
    Some(if sign == "-" { -number } else { number })
}

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `time` in the form `format`, as glibc has it in the C locale.
fn strftime(time: &Zoned, format: &str) -> Result<String, Error> {
    cost::charge(format.len().saturating_mul(16))?;
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out += before;
        let flags = after.len() - after.trim_start_matches(['-', '_', '0', '^', '#']).len();
        let digits = after[flags..].bytes().take_while(u8::is_ascii_digit).count();
        let Some(directive) = after[flags + digits..].chars().next() else {
            out.push('%');
            out += after;
            return Ok(out);
        };
        let width = after[flags..flags + digits].parse().unwrap_or(0_usize);
        cost::charge(width)?;
        let end = flags + digits + directive.len_utf8();
        match field(time, directive) {
            Some(field) => field.write(&mut out, &after[..flags], width),
            None => {
                out.push('%');
                out += &after[..end];
            }
        }
        rest = &after[end..];
    }
    out += rest;
    Ok(out)
}

/// One value of a form.
enum Field {
    /// A number, how wide it is, and what it is filled with.
    Number(i64, usize, char),
    Text(String),
}

impl Field {
    fn write(self, out: &mut String, flags: &str, width: usize) {
        let (text, least, mut fill) = match self {
            Field::Number(number, width, fill) => (number.to_string(), width, fill),
            Field::Text(text) => (text, 0, ' '),
        };
        let mut least = least.max(width);
        for flag in flags.chars() {
            match flag {
                '-' => least = width,
                '_' => fill = ' ',
                '0' => fill = '0',
                _ => {}
            }
        }
        let text = if flags.contains('^') { text.to_uppercase() } else { text };
        out.extend(std::iter::repeat_n(fill, least.saturating_sub(text.chars().count())));
        out.push_str(&text);
    }
}

fn field(time: &Zoned, directive: char) -> Option<Field> {
    let number = |number: i64, width: usize| Some(Field::Number(number, width, '0'));
    let padded = |number: i64| Some(Field::Number(number, 2, ' '));
    let nested = |format: &str| strftime(time, format).ok().map(Field::Text);
    let text = |text: &str| Some(Field::Text(text.to_owned()));
    let weekday = i64::from(time.weekday().to_sunday_zero_offset());
    let day_of_year = i64::from(time.day_of_year());
    let hour = i64::from(time.hour());
    let hour12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let year = i64::from(time.year());
    let iso = time.date().iso_week_date();
    match directive {
        'a' => text(&DAYS[weekday as usize][..3]),
        'A' => text(DAYS[weekday as usize]),
        'b' | 'h' => text(&MONTHS[usize::from(time.month().unsigned_abs()) - 1][..3]),
        'B' => text(MONTHS[usize::from(time.month().unsigned_abs()) - 1]),
        'c' => nested("%a %b %e %H:%M:%S %Y"),
        'C' => number(year.div_euclid(100), 2),
        'd' => number(time.day().into(), 2),
        'D' | 'x' => nested("%m/%d/%y"),
        'e' => padded(time.day().into()),
        'f' => number(i64::from(time.subsec_nanosecond()) / 1000, 6),
        'F' => nested("%Y-%m-%d"),
        'g' => number(i64::from(iso.year()).rem_euclid(100), 2),
        'G' => number(iso.year().into(), 1),
        'H' => number(hour, 2),
        'I' => number(hour12, 2),
        'j' => number(day_of_year, 3),
        'k' => padded(hour),
        'l' => padded(hour12),
        'm' => number(time.month().into(), 2),
        'M' => number(time.minute().into(), 2),
        'n' => text("\n"),
        'p' => text(if hour < 12 { "AM" } else { "PM" }),
        'P' => text(if hour < 12 { "am" } else { "pm" }),
        'r' => nested("%I:%M:%S %p"),
        'R' => nested("%H:%M"),
        's' => number(time.timestamp().as_second(), 1),
        'S' => number(time.second().into(), 2),
        't' => text("\t"),
        'T' | 'X' => nested("%H:%M:%S"),
        'u' => number(if weekday == 0 { 7 } else { weekday }, 1),
        'U' => number((day_of_year + 6 - weekday) / 7, 2),
        'V' => number(iso.week().into(), 2),
        'w' => number(weekday, 1),
        'W' => number((day_of_year + 6 - (weekday + 6) % 7) / 7, 2),
        'y' => number(year.rem_euclid(100), 2),
        'Y' => number(year, 1),
        'z' => text(&clock_offset(time, "")),
        'Z' => text(&abbreviation(time)),
        '%' => text("%"),
        _ => None,
    }
}

/// `+0200`, with `separator` between hours and minutes.
fn clock_offset(time: &Zoned, separator: &str) -> String {
    let seconds = time.offset().seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let (minutes, rest) = (seconds.abs() / 60, seconds.abs() % 60);
    let mut out = format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60);
    if rest != 0 {
        let _ = write!(out, "{separator}{rest:02}");
    }
    out
}

fn abbreviation(time: &Zoned) -> String {
    let zone = time.time_zone();
    match zone.to_fixed_offset() {
        Ok(_) if time.offset() != Offset::UTC => format!("UTC{}", clock_offset(time, ":")),
        Ok(_) => "UTC".to_owned(),
        Err(_) => zone.to_offset_info(time.timestamp()).abbreviation().to_owned(),
    }
}
