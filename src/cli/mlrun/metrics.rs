//! `git mlrun metrics`.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::ValueHint;

use super::comparison::{self, Comparison};
use super::views::{self, EndsArgs, FormatArgs, JsonFailure, PRECISION, RevisionArgs};
use crate::cli::global::project;
use crate::cli::table::{ABSENT, Align, Table};
use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::format::Value;
use crate::pipeline::State;
use crate::pipeline::flat::Flat;
use crate::pipeline::metrics::{Subject, Values, values};
use crate::pipeline::number::shown;

/// Show metrics, and how they differ between revisions
///
/// Metrics are the numbers, strings and booleans of the files that pipelines declare under
/// `metrics`: JSON, YAML, TOML or Python. Maps become dotted keys; lists are left out.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub struct MetricsArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Show(ShowArgs),
    Diff(DiffArgs),
}

/// Show the metrics of the worktree, or of revisions
///
/// Prints a row for each file of each revision. Data of revisions is read from the cache; what is not
/// there is told, with how to fetch it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun metrics show                       the worktree
  git mlrun metrics show -a                    and every branch
  git mlrun metrics show --rev main --rev v1   two revisions
  git mlrun metrics show -n 10 --md            and the last ten commits, as Markdown

The JSON object: {\"revisions\": [{\"revision\", \"commit\", \"files\": {PATH: {KEY: VALUE}}}],
\"errors\": [{\"revision\", \"path\", \"error\"}]}. Exits with 3 if nothing could be read.")]
struct ShowArgs {
    /// Metric files, or directories of them; all that pipelines declare if none
    #[arg(value_name = "TARGET", value_hint = ValueHint::AnyPath)]
    targets: Vec<OsString>,
    #[command(flatten)]
    revisions: RevisionArgs,
    /// Show floats with N significant digits
    #[arg(long, value_name = "N", default_value_t = PRECISION)]
    precision: usize,
    #[command(flatten)]
    format: FormatArgs,
}

/// Show which metrics differ between two revisions
///
/// Compares HEAD with the worktree, A with the worktree, or A with B.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun metrics diff                    HEAD and the worktree
  git mlrun metrics diff main..feature      two branches
  git mlrun metrics diff v1 -- eval.json    one file since a tag

The JSON object: {\"old\", \"new\", \"files\": {PATH: {KEY: {\"old\", \"new\", \"diff\"}}}, \"errors\":
[{\"revision\", \"path\", \"error\"}]}. Exits with 3 if nothing could be read.")]
struct DiffArgs {
    #[command(flatten)]
    ends: EndsArgs,
    /// Also show what does not differ
    #[arg(long)]
    all: bool,
    /// Show floats with N significant digits
    #[arg(long, value_name = "N", default_value_t = PRECISION)]
    precision: usize,
    /// Exit with 1 if anything differs
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    format: FormatArgs,
}

/// The object that `show --json` prints.
#[derive(serde::Serialize)]
struct Json<'a> {
    revisions: Vec<JsonRevision<'a>>,
    errors: Vec<JsonFailure>,
}

#[derive(serde::Serialize)]
struct JsonRevision<'a> {
    revision: &'a str,
    /// Null for the worktree.
    commit: Option<String>,
    files: indexmap::IndexMap<String, indexmap::IndexMap<&'a str, &'a Value>>,
}

pub fn run(ui: &Ui, args: MetricsArgs) -> Result<Outcome, CliError> {
    match args.command {
        Command::Show(args) => show(ui, &project(ui)?, args),
        Command::Diff(args) => comparison::run(
            ui,
            Comparison {
                subject: Subject::Metrics,
                ends: args.ends,
                all: args.all,
                precision: args.precision,
                exit_code: args.exit_code,
                format: args.format,
            },
        ),
    }
}

/// Shows the metrics of the worktree, as `metrics show` does.
pub(super) fn show_worktree(ui: &Ui, project: &Project) -> Result<Outcome, CliError> {
    let (revisions, format) = (RevisionArgs::default(), FormatArgs::default());
    show(ui, project, ShowArgs { targets: Vec::new(), revisions, precision: PRECISION, format })
}

/// Files of metrics in the worktree and what they have, by flattened keys.
pub(super) type WorktreeMetrics = BTreeMap<String, Flat>;

/// The metrics of the worktree that can be read.
pub(super) fn of_worktree(ui: &Ui, project: &Project) -> Result<WorktreeMetrics, CliError> {
    let states = RevisionArgs::default().revisions().states(project)?;
    let found = states.iter().flat_map(|state| values(state, Subject::Metrics, &[]).files);
    Ok(found.map(|(path, values)| (ui.path(&path), values)).collect())
}

fn show(ui: &Ui, project: &Project, args: ShowArgs) -> Result<Outcome, CliError> {
    let targets = views::locate(project, &args.targets)?;
    let states = args.revisions.revisions().states(project)?;
    let mut shown: Vec<(&State<'_>, Values)> =
        states.iter().map(|state| (state, values(state, Subject::Metrics, &targets))).collect();
    let failures: Vec<_> =
        shown.iter_mut().flat_map(|(_, found)| found.failures.drain(..)).collect();
    let any = shown.iter().any(|(_, values)| !values.files.is_empty());
    let left_out: usize = shown.iter().map(|(_, values)| values.left_out).sum();
    if args.format.json {
        let revisions = shown.iter().map(|(state, values)| json(ui, state, values)).collect();
        ui.json(&Json { revisions, errors: JsonFailure::of(ui, &failures) })?;
    } else if any {
        let table = table(ui, &shown, args.precision);
        ui.out(if args.format.md { table.markdown() } else { table.text() });
    } else if failures.is_empty() {
        ui.status("No metrics are declared: list their files under `metrics` of a stage.");
    }
    if left_out > 0 {
        ui.detail(format_args!("{left_out} lists or nulls are no metrics and were left out."));
    }
    views::conclude(ui, failures, "metrics", any)
}

fn json<'a>(ui: &Ui, state: &'a State<'_>, values: &'a Values) -> JsonRevision<'a> {
    let flat = |flat: &'a crate::pipeline::flat::Flat| {
        flat.iter().map(|(key, value)| (&key[..], value)).collect()
    };
    JsonRevision {
        revision: &state.name,
        commit: state.commit_id().map(|commit| commit.to_string()),
        files: values.files.iter().map(|(path, values)| (ui.path(path), flat(values))).collect(),
    }
}

/// A row for each file of each revision, a column for each key.
fn table(ui: &Ui, states: &[(&State<'_>, Values)], precision: usize) -> Table {
    let keys: indexmap::IndexSet<&String> = states
        .iter()
        .flat_map(|(_, values)| values.files.values())
        .flat_map(|flat| flat.keys())
        .collect();
    let is_alone = matches!(states, [(state, _)] if state.commit_id().is_none());
    let mut table = Table::new();
    if !is_alone {
        table = table.column("Revision", Align::Left);
    }
    table = table.column("Path", Align::Left);
    for key in &keys {
        table = table.column(if key.is_empty() { "value" } else { key }, Align::Right);
    }
    for (state, values) in states {
        for (path, flat) in &values.files {
            let revision = (!is_alone).then(|| state.name.clone());
            let cell = |key: &&String| {
                flat.get(*key).map_or_else(|| ABSENT.to_owned(), |value| shown(value, precision))
            };
            let cells = revision.into_iter().chain([ui.path(path)]).chain(keys.iter().map(cell));
            table.row(cells);
        }
    }
    table
}
