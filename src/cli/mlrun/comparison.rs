//! Values of two states side by side: `git mlrun metrics diff` and `git mlrun params diff`.

use indexmap::IndexMap;

use super::views::{self, EndsArgs, FormatArgs, JsonFailure};
use crate::cli::table::{ABSENT, Align, Table};
use crate::cli::{CliError, Outcome, Ui};
use crate::format::Value;
use crate::fs::RepoPath;
use crate::pipeline::flat::Change;
use crate::pipeline::metrics::{Subject, difference, values};
use crate::pipeline::number::shown;

/// What was asked for.
pub struct Comparison {
    pub subject: Subject,
    pub ends: EndsArgs,
    /// Also what does not differ.
    pub all: bool,
    /// Significant digits.
    pub precision: usize,
    pub exit_code: bool,
    pub format: FormatArgs,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json<'a> {
    old: &'a str,
    new: &'a str,
    files: JsonFiles<'a>,
    errors: Vec<JsonFailure>,
}

/// By file and key.
pub type JsonFiles<'a> = IndexMap<String, IndexMap<&'a str, JsonChange<'a>>>;

/// One key of both states. A side is absent where the key is; `diff` is there for numbers.
#[derive(serde::Serialize)]
pub struct JsonChange<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<Value>,
}

pub fn run(ui: &Ui, args: Comparison) -> Result<Outcome, CliError> {
    let project = crate::cli::global::project(ui)?;
    let (ends, targets) = args.ends.resolve(&project)?;
    let (old, new) = ends.states(&project)?;
    let read = |state| values(state, args.subject, &targets);
    let mut found = difference(read(&old), read(&new));
    let differs = found.files.iter().any(|(_, changes)| changes.iter().any(Change::differs));
    if !args.all {
        for (_, changes) in &mut found.files {
            changes.retain(Change::differs);
        }
        found.files.retain(|(_, changes)| !changes.is_empty());
    }
    let (what, key) = match args.subject {
        Subject::Metrics => ("metrics", "Metric"),
        Subject::Params => ("params", "Param"),
    };
    if args.format.json {
        let files = json(ui, &found.files);
        let errors = JsonFailure::of(ui, &found.failures);
        ui.json(&Json { old: &old.name, new: &new.name, files, errors })?;
    } else if !found.files.is_empty() {
        let table = table(ui, [&old.name, &new.name], key, &found.files, args.precision);
        ui.out(if args.format.md { table.markdown() } else { table.text() });
    } else if found.failures.is_empty() {
        ui.status(format_args!("No {what} differ."));
    }
    match views::conclude(ui, found.failures, what, found.read > 0)? {
        Outcome::Done if args.exit_code && differs => Ok(Outcome::No),
        outcome => Ok(outcome),
    }
}

/// The `files` of the JSON object.
pub fn json<'a>(ui: &Ui, files: &'a [(RepoPath, Vec<Change>)]) -> JsonFiles<'a> {
    let change = |change: &'a Change| JsonChange {
        old: change.old.as_ref(),
        new: change.new.as_ref(),
        diff: change.difference(),
    };
    let keys = |changes: &'a [Change]| {
        changes.iter().map(|one| (&one.key[..], change(one))).collect::<IndexMap<_, _>>()
    };
    files.iter().map(|(path, changes)| (ui.path(path), keys(changes))).collect()
}

/// A row for each key.
pub fn table(
    ui: &Ui,
    names: [&str; 2],
    key: &str,
    files: &[(RepoPath, Vec<Change>)],
    precision: usize,
) -> Table {
    let mut table = columns(names, key);
    for (path, changes) in files {
        for change in changes {
            table.row(row(ui.path(path), change, precision));
        }
    }
    table
}

/// A table of changes without rows.
pub fn columns(names: [&str; 2], key: &str) -> Table {
    Table::new()
        .column("Path", Align::Left)
        .column(key, Align::Left)
        .column(names[0], Align::Right)
        .column(names[1], Align::Right)
        .column("Change", Align::Right)
}

/// The row of one key.
pub fn row(path: String, change: &Change, precision: usize) -> [String; 5] {
    let value = |value: Option<&Value>| {
        value.map_or_else(|| ABSENT.to_owned(), |value| shown(value, precision))
    };
    let difference = change.difference();
    let sign = match &difference {
        Some(Value::Int(int)) if *int > 0 => "+",
        Some(Value::Float(float)) if *float > 0.0 => "+",
        _ => "",
    };
    let (old, new) = (value(change.old.as_ref()), value(change.new.as_ref()));
    [path, change.key.clone(), old, new, format!("{sign}{}", value(difference.as_ref()))]
}
