//! From the file that a stage appended to, to what the store keeps.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use super::decimate::{Decimated, MOST};
use super::line;
use crate::format::Value;
use crate::format::run::{
    Curves, MAX_ATTACHMENT, MAX_NAME, MAX_SERIES, Point, Series, curves, preview,
};
use crate::fs::{self, At as _, FileType};
use crate::runs::Result;

/// The longest line that is read, in bytes.
const MAX_LINE: usize = 1 << 20;
/// The longest preview, in bytes.
const MAX_PREVIEW: usize = 256 << 10;
/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

/// What a stage logged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    /// For `Run::series`.
    pub series: BTreeMap<String, Series>,
    /// For `Run::curves`, without an object.
    pub curves: Curves,
    /// `metrics.tsv`; empty if there are no points.
    pub preview: Vec<u8>,
    /// All points as `format::run::curves` has them, unless the preview is complete: `curves`, or an
    /// object of the cache if they take more than `MAX_ATTACHMENT`.
    pub full: Option<Vec<u8>>,
}

/// Reads the file at `path`, each line of which is a JSON object of names and numbers. No file is an
/// empty one.
///
/// `step` is the step of all values of its line; without it, each value has the step after its
/// series' previous one, from 0 on. `time`, `timestamp` or `_timestamp` is the time: seconds since
/// 1970, or milliseconds if that is more than 10¹¹. Values of nested objects have dotted names,
/// booleans are 0 and 1; other strings than the names of numbers, lists and nulls are passed over. A
/// line that is no object, that has a name twice, that is longer than 1 MiB, or whose names are too
/// long or too many (256 bytes, 2048 series), counts as bad and gives no point.
///
/// Memory: the compressed points, 50 KB a series, and 34 MiB, whatever the length of the file.
///
/// What is no regular file is one bad line: commands may put anything there, and their run is to be
/// stored all the same.
///
/// # Errors
/// The file cannot be read.
pub fn collect(path: &Path) -> Result<Collected> {
    match fs::lstat(path)? {
        None => return Ok(Collected::default()),
        // A pipe would never end.
        Some(stat) if stat.file_type() != FileType::Regular => {
            let curves = Curves { complete: true, bad_lines: 1, ..Curves::default() };
            return Ok(Collected { curves, ..Collected::default() });
        }
        Some(_) => {}
    }
    let file = File::open(path).at("read", path)?;
    Ok(collect_from(&mut BufReader::with_capacity(BUFFER, file)).at("read", path)?)
}

fn collect_from(reader: &mut impl BufRead) -> std::io::Result<Collected> {
    let mut collector = Collector::new()?;
    let mut line = Vec::new();
    loop {
        line.clear();
        let len = reader.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)?;
        if len == 0 {
            return collector.finish();
        }
        if len > MAX_LINE && !line.ends_with(b"\n") {
            reader.skip_until(b'\n')?;
            collector.bad_lines += 1;
        } else {
            collector.line(&line)?;
        }
    }
}

struct Collector {
    series: Vec<Collecting>,
    numbers: HashMap<String, usize>,
    encoder: curves::Encoder,
    bad_lines: u64,
    /// Counts readings of lines, so that a name is found that stands twice in one.
    reading: u64,
    /// What the line at hand holds: series and value.
    values: Vec<(usize, f64)>,
}

struct Collecting {
    name: String,
    kept: Decimated,
    /// The greatest step and its value.
    last: (i64, f64),
    least: f64,
    greatest: f64,
    /// The step of a point that has none.
    next_step: i64,
    reading: u64,
}

impl Collector {
    fn new() -> std::io::Result<Collector> {
        Ok(Collector {
            series: Vec::new(),
            numbers: HashMap::new(),
            encoder: curves::Encoder::new()?,
            bad_lines: 0,
            reading: 0,
            values: Vec::new(),
        })
    }

    fn line(&mut self, line: &[u8]) -> std::io::Result<()> {
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let known = self.series.len();
        let stamp = str::from_utf8(line).ok().and_then(|text| {
            let text = text.strip_prefix('\u{feff}').unwrap_or(text);
            self.read(text, line::read_flat).or_else(|| {
                self.forget(known);
                self.read(text, line::read)
            })
        });
        let Some(line::Stamp { step, time }) = stamp else {
            self.forget(known);
            self.bad_lines += 1;
            return Ok(());
        };
        let values = std::mem::take(&mut self.values);
        for &(number, value) in &values {
            let series = &mut self.series[number];
            let point = Point { step: step.unwrap_or(series.next_step), time, value };
            series.push(point);
            self.encoder.push(number, point)?;
        }
        self.values = values;
        Ok(())
    }

    /// Fills `values` with those of a line.
    fn read(
        &mut self,
        text: &str,
        reader: fn(&str, line::Sink<'_>) -> Option<line::Stamp>,
    ) -> Option<line::Stamp> {
        self.values.clear();
        self.reading += 1;
        reader(text, &mut |name, value| {
            let number = self.number(name)?;
            let series = &mut self.series[number];
            if std::mem::replace(&mut series.reading, self.reading) == self.reading {
                return None;
            }
            self.values.push((number, value));
            Some(())
        })
    }

    /// The number of a series, which may be new.
    fn number(&mut self, name: &str) -> Option<usize> {
        // Lines of a stage name the same series in the same order.
        let next = self.values.last().map_or(0, |(number, _)| number + 1);
        if self.series.get(next).is_some_and(|series| series.name == name) {
            return Some(next);
        }
        if let Some(&number) = self.numbers.get(name) {
            return Some(number);
        }
        if self.series.len() == MAX_SERIES || name.len() > MAX_NAME {
            return None;
        }
        let number = self.series.len();
        self.numbers.insert(name.to_owned(), number);
        self.encoder.add(name);
        self.series.push(Collecting {
            name: name.to_owned(),
            kept: Decimated::default(),
            last: (i64::MIN, f64::NAN),
            least: f64::NAN,
            greatest: f64::NAN,
            next_step: 0,
            reading: 0,
        });
        Some(number)
    }

    /// Takes back the series that only a bad line named.
    fn forget(&mut self, known: usize) {
        for series in self.series.drain(known..) {
            self.numbers.remove(&series.name);
        }
        self.encoder.truncate(known);
    }

    fn finish(mut self) -> std::io::Result<Collected> {
        let points = self.series.iter().map(|series| series.kept.count()).sum();
        let (preview, complete) = self.preview();
        let summary = |series: &Collecting| Series {
            count: series.kept.count(),
            last: number(series.last.1),
            min: number(series.least),
            max: number(series.greatest),
            step: series.last.0,
        };
        let named = |series: &Collecting| (series.name.clone(), summary(series));
        Ok(Collected {
            series: self.series.iter().map(named).collect(),
            curves: Curves {
                points,
                complete,
                object: None,
                size: None,
                bad_lines: self.bad_lines,
            },
            full: if complete { None } else { Some(self.encoder.finish()?) },
            preview,
        })
    }

    /// `metrics.tsv`, and whether it has all points.
    fn preview(&mut self) -> (Vec<u8>, bool) {
        if self.series.is_empty() {
            return (Vec::new(), true);
        }
        let text = |series: &[Collecting], limit: usize| {
            let mut writer = preview::Writer::new(limit);
            let fits = series.iter().all(|series| writer.push(&series.name, &series.kept.points()));
            (writer.finish(), fits)
        };
        if self.series.iter().all(|series| series.kept.is_complete())
            && let (text, true) = text(&self.series, MAX_ATTACHMENT)
        {
            return (text, true);
        }
        let mut most = MOST;
        loop {
            match text(&self.series, MAX_PREVIEW) {
                (text, true) => return (text, false),
                // The first series, then, and the others in `curves` and the summaries.
                (text, false) if most < 4 => return (text, false),
                _ => {}
            }
            most /= 2;
            self.series.iter_mut().for_each(|series| series.kept.shrink(most));
        }
    }
}

impl Collecting {
    fn push(&mut self, point: Point) {
        self.kept.push(point);
        if point.step >= self.last.0 {
            self.last = (point.step, point.value);
        }
        // Neither takes NaN where there is a number.
        self.least = self.least.min(point.value);
        self.greatest = self.greatest.max(point.value);
        self.next_step = point.step.saturating_add(1);
    }
}

/// A number as `run.json` reads it back.
fn number(value: f64) -> Value {
    match value {
        _ if value.is_finite() => Value::Float(value),
        _ if value.is_nan() => Value::String("NaN".to_owned()),
        _ if value > 0.0 => Value::String("Infinity".to_owned()),
        _ => Value::String("-Infinity".to_owned()),
    }
}

#[cfg(test)]
mod tests;
