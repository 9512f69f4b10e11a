//! `git mlrun diff`.

use std::path::PathBuf;

use clap::ValueHint;

use super::views::{self, EndsArgs, FormatArgs, JsonFailure, PRECISION};
use super::{comparison, run_diff};
use crate::cli::table::{ABSENT, Align, Table};
use crate::cli::ui::Style;
use crate::cli::{CliError, Outcome, Ui};
use crate::format::{ObjectId, Target};
use crate::fs::RepoPath;
use crate::git::{FileChange, FileChangeKind};
use crate::pipeline::diff::data::{DataChange, DataChangeKind, InnerChange, Leaf};
use crate::pipeline::diff::{Overview, overview};

/// Show what differs between two revisions, or two runs: params, metrics, data and code
///
/// Compares HEAD with the worktree, A with the worktree, or A with B. Data is compared by what
/// pointers and locks name; `git mldata status` tells what in the worktree was not added yet.
///
/// If one of A and B names a run, both are runs (a commit or branch then means the run of it), and
/// their curves, environments and the code that they ran are compared, too; A alone is compared with
/// the last run.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  git mlrun diff                     HEAD and the worktree
  git mlrun diff main..feature       two branches
  git mlrun diff main...feature      what the branch changed since it left main
  git mlrun diff v1 -v               since a tag, with each file inside of directories
  git mlrun diff main feature --md   for the description of a pull request
  git mlrun diff last~1 last         the last two runs
  git mlrun diff quiet-otter-417 last -p -- src
                                     with the changes of their code below `src`
  git mlrun diff last~1 last --html diff.html
                                     all of that as one page, with the curves over each other

The JSON object: {\"old\", \"new\", \"params\": {PATH: {KEY: {\"old\", \"new\", \"diff\"}}}, \"metrics\":
the same, \"data\": [{\"change\", \"path\", \"from\", \"old\": {\"oid\", \"directory\", \"size\", \"files\"},
\"new\", \"inside\": [the same, or null where listings are not in the cache]}], \"code\": [{\"change\",
\"path\", \"from\"}], \"errors\": [{\"revision\", \"path\", \"error\"}]}.

Of two runs: {\"old\": {\"id\", \"name\", \"status\", \"started\", \"duration\", \"command\", \"branch\",
\"commit\"}, \"new\", \"params\" and \"metrics\" as above, \"stages\": [{\"stage\", \"old\": {\"how\", \"status\",
\"duration\"}, \"new\"}], \"curves\": [{\"stage\", \"name\", \"old\": {\"count\", \"last\", \"min\", \"max\",
\"step\"}, \"new\"}], \"deps\": [{\"path\", \"old\": {\"oid\", \"directory\", \"size\", \"files\"}, \"new\"}],
\"outs\": the same, \"environment\": [{\"kind\", \"name\", \"old\", \"new\"}], \"code\": {\"old\", \"new\",
\"files\": [{\"change\", \"path\", \"from\"}], or null if the code is not here, \"left_out\": {\"old\":
[{\"path\", \"why\"}], \"new\"}, \"patch\": with --patch}}. A side is null where it has no such thing.")]
pub struct DiffArgs {
    #[command(flatten)]
    ends: EndsArgs,
    /// Show floats with N significant digits
    #[arg(long, value_name = "N", default_value_t = PRECISION)]
    precision: usize,
    /// Exit with 1 if anything differs
    #[arg(long)]
    exit_code: bool,
    /// Of two runs, also show what does not differ
    #[arg(long)]
    all: bool,
    /// Of two runs, also show the changes of the code, line by line
    #[arg(short, long)]
    patch: bool,
    /// Of two runs, write a page to FILE, which needs nothing but itself
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with_all = ["json", "md"])]
    html: Option<PathBuf>,
    #[command(flatten)]
    format: FormatArgs,
}

/// The object that `--json` prints.
#[derive(serde::Serialize)]
struct Json<'a> {
    old: &'a str,
    new: &'a str,
    params: comparison::JsonFiles<'a>,
    metrics: comparison::JsonFiles<'a>,
    data: Vec<JsonData>,
    code: Vec<JsonCode>,
    errors: Vec<JsonFailure>,
}

#[derive(serde::Serialize)]
struct JsonData {
    change: &'static str,
    path: String,
    from: Option<String>,
    old: Option<JsonObject>,
    new: Option<JsonObject>,
    inside: Option<Vec<JsonInner>>,
}

#[derive(serde::Serialize)]
struct JsonInner {
    change: &'static str,
    path: String,
    from: Option<String>,
    old: Option<JsonObject>,
    new: Option<JsonObject>,
}

#[derive(serde::Serialize)]
struct JsonObject {
    oid: ObjectId,
    directory: bool,
    size: u64,
    files: u64,
}

#[derive(serde::Serialize)]
pub(super) struct JsonCode {
    change: &'static str,
    path: String,
    from: Option<String>,
}

impl JsonCode {
    pub(super) fn of(ui: &Ui, change: &FileChange) -> JsonCode {
        JsonCode {
            change: code_word(change.kind).0,
            path: ui.path(&change.path),
            from: change.from.as_ref().map(|from| ui.path(from)),
        }
    }
}

pub fn run(ui: &Ui, args: DiffArgs) -> Result<Outcome, CliError> {
    let project = crate::cli::global::project(ui)?;
    if let Some(names) = run_diff::named(ui, &project, &args.ends.args)? {
        let targets = views::locate(&project, &args.ends.targets)?;
        let DiffArgs { precision, exit_code, all, patch, html, format, .. } = args;
        let request = run_diff::Request { targets, precision, exit_code, all, patch, html, format };
        return run_diff::run(ui, &project, &names, &request);
    }
    for (is_set, option) in
        [(args.all, "--all"), (args.patch, "--patch"), (args.html.is_some(), "--html")]
    {
        if is_set {
            let error = CliError::usage(format!("`{option}` is for two runs"));
            return Err(error.hint("`git mlrun log` lists runs; `last~1 last` are the last two"));
        }
    }
    let (ends, targets) = args.ends.resolve(&project)?;
    let (old, new) = ends.states(&project)?;
    let mut found = overview(&old, &new, &targets)?;
    let mut failures = std::mem::take(&mut found.params.failures);
    failures.append(&mut found.metrics.failures);
    failures.append(&mut found.failures);
    let differs = !(found.params.files.is_empty()
        && found.metrics.files.is_empty()
        && found.data.is_empty()
        && found.code.is_empty());
    let names = [&old.name[..], &new.name[..]];
    if args.format.json {
        let errors = JsonFailure::of(ui, &failures);
        ui.json(&json(ui, names, &found, errors))?;
    } else if args.format.md {
        markdown(ui, names, &found, args.precision);
    } else if differs {
        text(ui, names, &found, args.precision);
    } else if failures.is_empty() {
        ui.status("Nothing differs.");
    }
    match views::conclude(ui, failures, "state", true)? {
        Outcome::Done if args.exit_code && differs => Ok(Outcome::No),
        outcome => Ok(outcome),
    }
}

fn data_word(kind: DataChangeKind) -> (&'static str, Style) {
    match kind {
        DataChangeKind::Added => ("added", Style::Green),
        DataChangeKind::Deleted => ("deleted", Style::Red),
        DataChangeKind::Modified => ("modified", Style::Yellow),
        DataChangeKind::Renamed => ("renamed", Style::Cyan),
    }
}

pub(super) fn code_word(kind: FileChangeKind) -> (&'static str, Style) {
    match kind {
        FileChangeKind::Added => ("added", Style::Green),
        FileChangeKind::Deleted => ("deleted", Style::Red),
        FileChangeKind::Modified => ("modified", Style::Yellow),
        FileChangeKind::Renamed => ("renamed", Style::Cyan),
        FileChangeKind::TypeChanged => ("type changed", Style::Yellow),
        FileChangeKind::Unmerged => ("unmerged", Style::Red),
    }
}

fn leaf(target: &Target) -> Leaf {
    Leaf {
        is_directory: target.is_directory(),
        oid: target.oid(),
        size: target.size(),
        files: target.files(),
    }
}

pub(super) fn bytes(size: u64) -> String {
    indicatif::HumanBytes(size).to_string()
}

pub(super) fn count_files(files: u64) -> String {
    match files {
        1 => "1 file".to_owned(),
        files => format!("{} files", indicatif::HumanCount(files)),
    }
}

/// The size of one side, or of both where they differ.
fn sizes(old: Option<&Leaf>, new: Option<&Leaf>) -> String {
    let one = |leaf: &Leaf| match leaf.is_directory {
        true => format!("{}, {}", count_files(leaf.files), bytes(leaf.size)),
        false => bytes(leaf.size),
    };
    match (old, new) {
        (Some(old), Some(new)) if old.oid != new.oid => format!("{} → {}", one(old), one(new)),
        (Some(leaf), _) | (None, Some(leaf)) => one(leaf),
        (None, None) => String::new(),
    }
}

/// `old -> new` where it was renamed.
fn named(ui: &Ui, path: &RepoPath, from: Option<&RepoPath>, is_directory: bool) -> String {
    let slash = if is_directory { "/" } else { "" };
    match from {
        Some(from) => format!("{}{slash} -> {}{slash}", ui.path(from), ui.path(path)),
        None => format!("{}{slash}", ui.path(path)),
    }
}

fn data_name(ui: &Ui, change: &DataChange) -> String {
    let is_directory = change.new.or(change.old).is_some_and(|target| target.is_directory());
    named(ui, &change.path, change.from.as_ref(), is_directory)
}

fn text(ui: &Ui, names: [&str; 2], found: &Overview, precision: usize) {
    let heading = |title: &str| ui.line(ui.paint(Style::Bold, &format!("{title}:")));
    for (title, key, part) in
        [("Params", "Param", &found.params), ("Metrics", "Metric", &found.metrics)]
    {
        if !part.files.is_empty() {
            heading(title);
            let table = comparison::table(ui, names, key, &part.files, precision).text();
            table.lines().for_each(|line| ui.line(format_args!("  {line}")));
        }
    }
    if !found.data.is_empty() {
        heading("Data");
    }
    for change in &found.data {
        let (word, style) = data_word(change.kind);
        let word = ui.paint(style, &format!("{word}:"));
        let sizes = sizes(
            change.old.map(|old| leaf(&old)).as_ref(),
            change.new.map(|new| leaf(&new)).as_ref(),
        );
        let inside = match &change.inside {
            Some(inside) if !ui.is_verbose() => format!("; {}", counts(inside)),
            None if is_in_doubt(change) => "; its listing is not in the cache".to_owned(),
            _ => String::new(),
        };
        ui.line(format_args!("  {word} {} ({sizes}{inside})", data_name(ui, change)));
        for inner in change.inside.iter().flatten().filter(|_| ui.is_verbose()) {
            let (word, style) = data_word(inner.kind);
            let is_directory = inner.new.or(inner.old).is_some_and(|leaf| leaf.is_directory);
            let name = named(ui, &inner.path, inner.from.as_ref(), is_directory);
            let sizes = self::sizes(inner.old.as_ref(), inner.new.as_ref());
            let word = ui.paint(style, &format!("{word}:"));
            ui.line(format_args!("    {word} {name} ({sizes})"));
        }
    }
    if !found.code.is_empty() {
        heading("Code");
    }
    for FileChange { kind, path, from } in &found.code {
        let (word, style) = code_word(*kind);
        let word = ui.paint(style, &format!("{word}:"));
        ui.line(format_args!("  {word} {}", named(ui, path, from.as_ref(), false)));
    }
}

/// Whether a directory changed and nobody can say where.
fn is_in_doubt(change: &DataChange) -> bool {
    let is_directory = |target: Option<Target>| target.is_some_and(|target| target.is_directory());
    change.kind == DataChangeKind::Modified && is_directory(change.old) && is_directory(change.new)
}

/// `2 added, 1 deleted`: files; those of directories that are wholly new or gone are counted in.
fn counts(inside: &[InnerChange]) -> String {
    use DataChangeKind::{Added, Deleted, Modified, Renamed};
    let count = |kind: DataChangeKind| {
        let of_kind = inside.iter().filter(|inner| inner.kind == kind);
        let count: u64 =
            of_kind.filter_map(|inner| inner.new.or(inner.old)).map(|leaf| leaf.files).sum();
        (count > 0).then(|| format!("{} {}", indicatif::HumanCount(count), data_word(kind).0))
    };
    let parts: Vec<String> =
        [Added, Deleted, Modified, Renamed].into_iter().filter_map(count).collect();
    if parts.is_empty() { "no file differs".to_owned() } else { parts.join(", ") }
}

fn markdown(ui: &Ui, names: [&str; 2], found: &Overview, precision: usize) {
    for (title, key, part) in
        [("Params", "Param", &found.params), ("Metrics", "Metric", &found.metrics)]
    {
        if !part.files.is_empty() {
            let table = comparison::table(ui, names, key, &part.files, precision);
            ui.out(format!("### {title}\n\n{}\n", table.markdown()));
        }
    }
    if !found.data.is_empty() {
        let mut table = Table::new()
            .column("Change", Align::Left)
            .column("Data", Align::Left)
            .column(names[0], Align::Right)
            .column(names[1], Align::Right);
        let size = |target: Option<Target>| {
            target.map_or_else(|| ABSENT.to_owned(), |target| sizes(Some(&leaf(&target)), None))
        };
        for change in &found.data {
            let word = data_word(change.kind).0.to_owned();
            table.row([word, data_name(ui, change), size(change.old), size(change.new)]);
        }
        ui.out(format!("### Data\n\n{}\n", table.markdown()));
    }
    if !found.code.is_empty() {
        let mut table = Table::new().column("Change", Align::Left).column("Code", Align::Left);
        for FileChange { kind, path, from } in &found.code {
            let name = named(ui, path, from.as_ref(), false);
            table.row([code_word(*kind).0.to_owned(), name]);
        }
        ui.out(format!("### Code\n\n{}\n", table.markdown()));
    }
}

fn json<'a>(
    ui: &Ui,
    [old, new]: [&'a str; 2],
    found: &'a Overview,
    errors: Vec<JsonFailure>,
) -> Json<'a> {
    let path = |path: &RepoPath| ui.path(path);
    let object = |leaf: Leaf| JsonObject {
        oid: leaf.oid,
        directory: leaf.is_directory,
        size: leaf.size,
        files: leaf.files,
    };
    let inner = |inner: &InnerChange| JsonInner {
        change: data_word(inner.kind).0,
        path: path(&inner.path),
        from: inner.from.as_ref().map(path),
        old: inner.old.map(object),
        new: inner.new.map(object),
    };
    let data = |change: &DataChange| JsonData {
        change: data_word(change.kind).0,
        path: path(&change.path),
        from: change.from.as_ref().map(path),
        old: change.old.map(|target| object(leaf(&target))),
        new: change.new.map(|target| object(leaf(&target))),
        inside: change.inside.as_ref().map(|inside| inside.iter().map(inner).collect()),
    };
    Json {
        old,
        new,
        params: comparison::json(ui, &found.params.files),
        metrics: comparison::json(ui, &found.metrics.files),
        data: found.data.iter().map(data).collect(),
        code: found.code.iter().map(|change| JsonCode::of(ui, change)).collect(),
        errors,
    }
}
