//! Tables of runs: for people, in Markdown, and as CSV.

use std::borrow::Cow;
use std::time::Duration;

use jiff::{Timestamp, Unit};
use rayon::prelude::*;

use super::LogArgs;
use super::columns::{Columns, columns};
use super::json;
use crate::cli::progress::clock;
use crate::cli::table::{ABSENT, Align, Table, width};
use crate::cli::{CliError, Ui};
use crate::fs::display_bytes;
use crate::pipeline::number::significant;
use crate::runs::query::{Attribute, Datum, Key};
use crate::runs::{Group, Runs, Summary};

/// Columns of metrics and params in a table that nobody chose the columns of.
const MAX_OPTIONAL: usize = 200;
/// Columns that are made at a time, by all processors.
const BATCH: usize = 32;
/// A cell of a table for people is at most this wide.
const MAX_CELL: usize = 60;

pub fn print(ui: &Ui, args: &LogArgs, runs: &Runs, rows: &[Summary<'_>]) -> Result<(), CliError> {
    if args.json {
        return ui.json(&json::runs(rows));
    }
    let columns = columns(ui, args, runs, rows)?;
    if columns.keys.is_empty() {
        return Ok(());
    }
    if args.csv {
        return csv(ui, &columns.keys, rows);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let fit = (ui.is_terminal() && !args.md).then(|| ui.width());
    let now = ui.is_terminal().then(Timestamp::now);
    let (table, left_out) = table(&columns, rows, args.precision, now, fit);
    ui.out(if args.md { table.markdown() } else { table.text() });
    if left_out > 0 {
        let s = if left_out == 1 { "" } else { "s" };
        ui.hint(format_args!(
            "{left_out} column{s} left out: choose them by `--columns`, or write `--csv`"
        ));
    }
    Ok(())
}

/// The table, and how many columns did not fit into `fit` characters. Times are told by their distance
/// from `now`, if that is given.
fn table(
    columns: &Columns,
    rows: &[Summary<'_>],
    precision: usize,
    now: Option<Timestamp>,
    fit: Option<usize>,
) -> (Table, usize) {
    let mut chosen: Vec<(String, Align, Vec<String>)> = Vec::new();
    let mut space = Space { fit, taken: 0 };
    let mut keys = columns.keys.iter().enumerate();
    let mut left_out = 0;
    // A terminal has room for a few columns, and tables may have thousands.
    loop {
        let batch: Vec<(usize, &Key)> = keys.by_ref().take(BATCH).collect();
        let cells: Vec<Vec<String>> = batch
            .par_iter()
            .map(|(_, key)| rows.iter().map(|run| cell(key, *run, precision, now)).collect())
            .collect();
        for ((at, key), cells) in batch.iter().zip(cells) {
            let is_optional = *at >= columns.optional;
            let header = header(key, &columns.keys);
            let widest = cells.iter().map(|cell| width(cell)).max().unwrap_or(0);
            // No column is passed over for a narrower one behind it: what is left out is the end.
            let is_beyond = left_out > 0 || at.saturating_sub(columns.optional) >= MAX_OPTIONAL;
            if is_optional && (is_beyond || !space.takes(widest.max(width(&header)))) {
                left_out += 1;
            } else {
                if !is_optional {
                    space.takes(widest.max(width(&header)));
                }
                chosen.push((header, align(key), cells));
            }
        }
        if left_out > 0 || batch.is_empty() {
            left_out += keys.len();
            break;
        }
    }
    let mut table = Table::new();
    for (header, align, _) in &chosen {
        table = table.column(header, *align);
    }
    for row in 0..rows.len() {
        table.row(chosen.iter_mut().map(|(_, _, cells)| std::mem::take(&mut cells[row])));
    }
    (table, left_out)
}

/// The width of the terminal, if there is one, and what columns take of it.
struct Space {
    fit: Option<usize>,
    taken: usize,
}

impl Space {
    /// Takes the room for a column; false if there is not so much.
    fn takes(&mut self, width: usize) -> bool {
        let between = if self.taken > 0 { 2 } else { 0 };
        self.taken += between + width;
        self.fit.is_none_or(|fit| self.taken <= fit)
    }
}

/// The name alone, where no other column has it.
fn header(key: &Key, all: &[Key]) -> String {
    let name = |key: &Key| match key {
        Key::Attribute(Attribute::Started) => "when".to_owned(),
        Key::Attribute(attribute) => attribute.name().to_owned(),
        Key::Of(_, name) | Key::Bare(name) => name.clone(),
    };
    let short = name(key);
    let is_alone = all.iter().filter(|other| name(other) == short).count() == 1;
    if is_alone { short } else { full_name(key) }
}

fn full_name(key: &Key) -> String {
    match key {
        Key::Attribute(attribute) => attribute.name().to_owned(),
        Key::Of(Group::Param, name) => format!("params.{name}"),
        Key::Of(Group::Metric | Group::Curve, name) => format!("metrics.{name}"),
        Key::Of(Group::Tag, name) => format!("tags.{name}"),
        Key::Bare(name) => name.clone(),
    }
}

fn align(key: &Key) -> Align {
    use Attribute::{Cpu, Duration, ExitCode, Memory, Order};
    match key {
        Key::Attribute(Duration | Cpu | Memory | Order | ExitCode)
        | Key::Of(Group::Param | Group::Metric | Group::Curve, _) => Align::Right,
        _ => Align::Left,
    }
}

fn cell(key: &Key, run: Summary<'_>, precision: usize, now: Option<Timestamp>) -> String {
    if let Key::Attribute(Attribute::Id) = key {
        return run.id().short();
    }
    let Some(datum) = key.value(run) else { return ABSENT.to_owned() };
    let text = match (key, datum) {
        (Key::Attribute(Attribute::Commit), datum) => {
            let mut text: String = datum.text().chars().take(8).collect();
            text.push_str(if run.is_dirty() { "*" } else { "" });
            text
        }
        (Key::Attribute(Attribute::Duration | Attribute::Cpu), Datum::Float(seconds)) => {
            lasted(seconds)
        }
        (Key::Attribute(Attribute::Memory), Datum::Int(bytes)) => {
            indicatif::BinaryBytes(u64::try_from(bytes).unwrap_or(u64::MAX)).to_string()
        }
        (_, Datum::Time(time)) => match now {
            Some(now) => ago(time, now),
            None => to_second(time).to_string(),
        },
        (_, Datum::Float(float)) => significant(float, precision),
        (_, datum) => datum.text().into_owned(),
    };
    shortened(text)
}

fn shortened(text: String) -> String {
    // As many bytes are never wider.
    if text.len() <= MAX_CELL || text.chars().count() <= MAX_CELL {
        return text;
    }
    text.chars().take(MAX_CELL - 1).chain(['…']).collect()
}

fn to_second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn lasted(seconds: f64) -> String {
    match Duration::try_from_secs_f64(seconds) {
        Ok(_) if seconds < 60.0 => format!("{seconds:.1}s"),
        Ok(duration) => clock(duration.as_secs()),
        Err(_) => ABSENT.to_owned(),
    }
}

/// In the largest unit of which there is one.
fn ago(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.since((Unit::Second, time)).map_or(0, |span| span.get_seconds());
    if seconds < 0 {
        return "in the future".to_owned();
    }
    let units = [
        (365 * 86_400, "year"),
        (30 * 86_400, "month"),
        (7 * 86_400, "week"),
        (86_400, "day"),
        (3600, "hour"),
        (60, "minute"),
        (1, "second"),
    ];
    match units.iter().find(|(unit, _)| seconds >= *unit) {
        Some((unit, name)) => {
            let count = seconds / unit;
            format!("{count} {name}{} ago", if count == 1 { "" } else { "s" })
        }
        None => "now".to_owned(),
    }
}

/// A line of full names, then a line for each run: ids and times in full, numbers as they are.
fn csv(ui: &Ui, keys: &[Key], rows: &[Summary<'_>]) -> Result<(), CliError> {
    let failed = |error: csv::Error| CliError::internal(format!("cannot write CSV: {error}"));
    let terminator = csv::Terminator::CRLF;
    let mut writer = csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
    writer.write_record(keys.iter().map(full_name)).map_err(failed)?;
    for run in rows {
        for key in keys {
            let datum = key.value(*run);
            let text = match &datum {
                Some(datum) => datum.text(),
                None => Cow::Borrowed(""),
            };
            writer.write_field(text.as_bytes()).map_err(failed)?;
        }
        writer.write_record(None::<&[u8]>).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(error.into_error().into()))?;
    // A terminal gets nothing that moves its cursor; a file gets every byte.
    if ui.is_terminal() {
        let text = String::from_utf8_lossy(&bytes);
        text.lines().for_each(|line| ui.line(display_bytes(line.as_bytes())));
    } else {
        ui.out(bytes);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_their_largest_unit() {
        let now: Timestamp = "2026-11-20T10:00:00Z".parse().expect("valid");
        for (time, expected) in [
            ("2026-11-20T10:00:00Z", "now"),
            ("2026-11-20T09:59:59Z", "1 second ago"),
            ("2026-11-20T08:00:01Z", "1 hour ago"),
            ("2026-11-17T10:00:00Z", "3 days ago"),
            ("2026-10-20T10:00:00Z", "1 month ago"),
            ("2020-10-20T10:00:00Z", "6 years ago"),
            ("2026-11-20T10:00:05Z", "in the future"),
        ] {
            assert_eq!(ago(time.parse().expect("valid"), now), expected, "{time}");
        }
        assert_eq!(
            [0.25, 59.0, 90.0, 3600.0, -1.0].map(lasted),
            ["0.2s", "59.0s", "1:30", "1:00:00", "-"]
        );
    }

    #[test]
    fn columns_take_their_width_and_what_is_between() {
        let mut space = Space { fit: Some(10), taken: 0 };
        assert_eq!([4, 4, 0].map(|width| space.takes(width)), [true, true, false]);
        let mut space = Space { fit: None, taken: 0 };
        assert!(space.takes(1000));
    }

    #[test]
    fn long_cells_are_cut() {
        assert_eq!(shortened("ä".repeat(60)), "ä".repeat(60));
        assert_eq!(shortened("ä".repeat(61)), "ä".repeat(59) + "…");
    }
}
