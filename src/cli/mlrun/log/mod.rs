//! `git mlrun log`.

mod columns;
mod json;
mod output;

use std::cmp::Ordering;

use jiff::Timestamp;

use crate::cli::{CliError, Outcome, Ui};
use crate::format::run::{Kind, RunId};
use crate::fs::display_bytes;
use crate::git::Repo;
use crate::runs::query::{self, Datum, Key, Query, QueryError, compare};
use crate::runs::resolve::{is_range, resolve, resolve_deleted, resolve_range};
use crate::runs::{Runs, Summary};

/// What cannot be understood is listed up to here; all of it with `--verbose`.
const SHOWN: usize = 3;

/// List runs with their params and metrics
///
/// Shows the runs that were recorded here or fetched, newest first. Of params, only those are shown that
/// differ among the runs of the table. A run is named by its id, four digits of it or more, its name,
/// `last` or `last~2`, or a commit that it ran on or that names it; a range of commits gives all of
/// their runs.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = long_help())]
pub struct LogArgs {
    /// Runs, commits, or ranges of commits `A..B`; all runs if none
    #[arg(value_name = "RUN|COMMIT|RANGE")]
    runs: Vec<String>,
    /// Only runs of which this is true (repeatable: all of them)
    #[arg(short = 'f', long, value_name = "FILTER")]
    filter: Vec<String>,
    /// Sort by this: a key, or `-KEY` for the greatest first (repeatable)
    #[arg(short = 's', long, value_name = "[-]KEY", allow_hyphen_values = true)]
    sort: Vec<String>,
    /// At most N runs
    #[arg(short = 'n', long = "max-count", value_name = "N")]
    count: Option<usize>,
    /// Show these columns: keys, or globs such as `metrics.*`, with commas between them
    #[arg(long, value_name = "LIST")]
    columns: Vec<String>,
    /// Show these columns, too
    #[arg(long, value_name = "LIST", conflicts_with = "columns")]
    add_columns: Vec<String>,
    /// Also runs of stages
    #[arg(short, long)]
    all: bool,
    /// Only runs of stages
    #[arg(long, conflicts_with = "all")]
    stages: bool,
    /// Only runs that were deleted
    #[arg(long)]
    deleted: bool,
    /// Show floats with N significant digits
    #[arg(long, value_name = "N", default_value_t = super::views::PRECISION)]
    precision: usize,
    /// Report as one JSON array
    #[arg(long, group = "format")]
    json: bool,
    /// Write comma-separated values (RFC 4180), with all params and metrics
    #[arg(long, group = "format")]
    csv: bool,
    /// Write a table in GitHub's Markdown
    #[arg(long, group = "format")]
    md: bool,
}

pub fn run(ui: &Ui, args: &LogArgs) -> Result<Outcome, CliError> {
    let project = crate::cli::global::project(ui)?;
    super::recorded::finalise(ui, &project);
    let repo = &project.repo;
    let runs = Runs::load(repo)?;
    let mut rows = select(repo, &runs, args)?;
    for filter in &args.filter {
        let query = parse_filter(ui, &runs, filter)?;
        rows.retain(|run| query.matches(*run));
    }
    sort(ui, &runs, &args.sort, &mut rows)?;
    rows.truncate(args.count.unwrap_or(usize::MAX));
    output::print(ui, args, &runs, &rows)?;
    tell_unreadable(ui, &runs);
    // Who asks for none is not surprised.
    if rows.is_empty() && args.count != Some(0) {
        ui.status(if runs.is_empty() {
            "No runs are recorded yet: `git mlrun repro` and `git mlrun exec` record them."
        } else {
            "No run is like that."
        });
    }
    Ok(Outcome::Done)
}

/// The runs that were named, or all, newest first.
fn select<'a>(repo: &Repo, runs: &'a Runs, args: &LogArgs) -> Result<Vec<Summary<'a>>, CliError> {
    let mut named: Vec<RunId> = Vec::new();
    let mut in_ranges: Vec<RunId> = Vec::new();
    for text in &args.runs {
        match (is_range(text), args.deleted) {
            (true, _) => in_ranges.extend(resolve_range(repo, runs, text)?),
            (false, true) => named.push(resolve_deleted(repo, runs, text)?),
            (false, false) => named.push(resolve(repo, runs, text)?),
        }
    }
    let is_wanted = |run: &Summary<'_>| match (args.all, args.stages) {
        (true, _) => true,
        (_, true) => run.kind() == Kind::Stage,
        _ => run.is_top_level(),
    };
    let is_named = |run: &Summary<'_>| {
        let in_range = args.runs.is_empty() || in_ranges.contains(&run.id());
        named.contains(&run.id()) || (in_range && is_wanted(run))
    };
    Ok(runs.iter().filter(|run| run.is_deleted() == args.deleted && is_named(run)).collect())
}

fn parse_filter(ui: &Ui, runs: &Runs, filter: &str) -> Result<Query, CliError> {
    let wrong = |error: QueryError| {
        CliError::usage(format!("cannot understand the filter: {error}"))
            .hint("`git mlrun log --help` describes filters")
    };
    let mut query = Query::parse(filter, Timestamp::now()).map_err(wrong)?;
    for name in query.bind(runs).map_err(wrong)? {
        warn_unknown(ui, &name);
    }
    Ok(query)
}

fn warn_unknown(ui: &Ui, name: &str) {
    let name = display_bytes(name.as_bytes());
    ui.warn(format_args!("no run has a metric or param `{name}`"));
}

/// A key of `--sort` or `--columns`; `None` if no run has it.
fn parse_key(ui: &Ui, runs: &Runs, option: &str, text: &str) -> Result<Option<Key>, CliError> {
    let wrong = |error| CliError::usage(format!("cannot understand `{option}`: {error}"));
    let found = Key::parse(text).and_then(|key| query::bind(key, runs)).map_err(wrong)?;
    if found.is_none() {
        warn_unknown(ui, text);
    }
    Ok(found)
}

/// By each key in turn; what a run does not have comes last, either way.
fn sort(ui: &Ui, runs: &Runs, keys: &[String], rows: &mut [Summary<'_>]) -> Result<(), CliError> {
    let mut parsed = Vec::new();
    for text in keys {
        let (text, descending) = match text.strip_prefix('-') {
            Some(text) => (text, true),
            None => (&text[..], false),
        };
        parsed.extend(parse_key(ui, runs, "--sort", text)?.map(|key| (key, descending)));
    }
    if parsed.is_empty() {
        return Ok(());
    }
    let mut keyed: Vec<(Vec<Option<Datum<'_>>>, Summary<'_>)> = (rows.iter())
        .map(|run| (parsed.iter().map(|(key, _)| sortable(key.value(*run))).collect(), *run))
        .collect();
    keyed.sort_by(|(a, _), (b, _)| {
        let orders = a.iter().zip(b).zip(&parsed).map(|((a, b), (_, descending))| match (a, b) {
            (Some(a), Some(b)) if *descending => compare(b, a),
            (Some(a), Some(b)) => compare(a, b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
        orders.fold(Ordering::Equal, Ordering::then)
    });
    for (row, (_, run)) in rows.iter_mut().zip(keyed) {
        *row = run;
    }
    Ok(())
}

/// What is no number has no place among numbers.
fn sortable(datum: Option<Datum<'_>>) -> Option<Datum<'_>> {
    datum.filter(|datum| !matches!(datum, Datum::Float(float) if float.is_nan()))
}

fn tell_unreadable(ui: &Ui, runs: &Runs) {
    let unreadable = runs.unreadable();
    let escaped = |text: &str| display_bytes(text.as_bytes());
    let shown = if ui.is_verbose() { unreadable.len() } else { SHOWN };
    for it in unreadable.iter().take(shown) {
        ui.warn(format_args!(
            "passed over `{}` of the run store: {}",
            escaped(&it.path),
            escaped(&it.reason)
        ));
    }
    if unreadable.len() > shown {
        ui.warn(format_args!("passed over {} more; -v lists them", unreadable.len() - shown));
    }
}

const EXAMPLES: &str = "\
Examples:
  git mlrun log                                  all runs, newest first
  git mlrun log -n 10 --sort -metrics.acc        the ten best
  git mlrun log -f 'acc > 0.9 and lr < 0.1'      metrics and params by their names
  git mlrun log -f 'started > 2d and not dirty'  of the last two days, without local changes
  git mlrun log main..feature                    of the commits of a branch
  git mlrun log --columns 'id,name,metrics.*'    only these columns
  git mlrun log --csv > runs.csv                 for a spreadsheet";

const LANGUAGE: &str = "\
Filters: tests, `and`, `or`, `not` and parentheses.
  KEY = VALUE                also !=, <, <=, >, >=; numbers by value, all else as text
  KEY ~ GLOB                 * is any text, ? any character; also !~
  KEY like PATTERN           % is any text, _ any character; `ilike` ignores case; also `not like`
  KEY contains VALUE         part of a text, or an item of a list; also `not contains`
  KEY in (VALUE, ...)        also `not in`
  KEY is null                also `is not null`
  KEY                        it is true

Keys: params.KEY, metrics.KEY, tags.KEY; of curves metrics.KEY.min, .max and .last; the attributes id,
name, kind, stage, status, how, branch, commit, user, host, command, note, error, started, ended,
duration, cpu, memory, order, exit_code and dirty. The name of a metric or param is enough where it is
no attribute's. Odd keys stand in backquotes: metrics.`val acc`. Values with spaces or signs stand in
single or double quotes, in which a doubled quote is one.

Durations are seconds or have units: 90, 10m, 1h30m; memory: 500MB, 2GiB. Times are dates (the whole
day), 2026-11-20T10:30, today, yesterday, or ages: 3d. Of id and commit four digits are enough. What a
run does not have is neither equal nor unequal to anything; `is null` finds it. Filters of MLflow work
as they are.

The JSON array has, for each run: {\"id\", \"name\", \"kind\", \"parent\", \"stage\", \"status\", \"how\",
\"exit_code\", \"error\", \"order\", \"started\", \"duration\", \"cpu\", \"memory\", \"command\", \"user\", \"email\",
\"host\", \"branch\", \"commit\", \"snapshot\", \"result\", \"dirty\", \"deleted\", \"note\", \"params\": {KEY: VALUE},
\"metrics\": the same, \"curves\": {NAME.last: VALUE, NAME.min, NAME.max}, \"tags\": {KEY: TEXT}}.";

fn long_help() -> String {
    format!("{EXAMPLES}\n\n{LANGUAGE}")
}
