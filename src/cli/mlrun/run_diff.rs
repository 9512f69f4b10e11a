//! `git mlrun diff` of two runs.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use super::diff::JsonCode;
use super::recorded;
use super::run_curves::{figure, title};
use super::run_parts;
use super::views::{self, FormatArgs};
use super::which_run::Finder;
use super::{comparison, run_diff_json};
use crate::cli::report::{Part, Report};
use crate::cli::table::{ABSENT, Align, Table};
use crate::cli::ui::Style;
use crate::cli::{CliError, Outcome, Ui};
use crate::data::Project;
use crate::format::Value;
use crate::format::run::{Data, Run};
use crate::fs::{RepoPath, display_bytes};
use crate::git::{FileChange, Git};
use crate::pipeline::flat;
use crate::runs::Error;
use crate::runs::detail::Detail;
use crate::runs::diff::{
    Change, Ground, Key, RunDiff, StageEnd, curve_differs, data_differs, diff,
};

/// What was asked for.
pub struct Request {
    /// Only what is at and below these paths; everything if there are none.
    pub targets: Vec<RepoPath>,
    /// Significant digits.
    pub precision: usize,
    pub exit_code: bool,
    /// Also what does not differ.
    pub all: bool,
    pub patch: bool,
    pub html: Option<PathBuf>,
    pub format: FormatArgs,
}

/// How the code of both runs differs.
pub struct CodeDiff {
    /// `None` if the code of one run is not here, or was not recorded.
    pub files: Option<Vec<FileChange>>,
    pub patch: Option<Vec<u8>>,
}

/// The two runs that the words name; `None` if no word names one that is not also a revision or a file.
///
/// # Errors
/// Words name runs, but not two.
pub fn named(
    ui: &Ui,
    project: &Project,
    words: &[OsString],
) -> Result<Option<[String; 2]>, CliError> {
    let words: Option<Vec<&str>> = words.iter().map(|word| word.to_str()).collect();
    let words = match words.as_deref() {
        None | Some([]) => return Ok(None),
        Some([range]) => match range.split_once("..") {
            Some((old, new)) if !old.is_empty() && !new.is_empty() => vec![old, new],
            _ => vec![*range],
        },
        Some(words) => words.to_vec(),
    };
    let mut finder = None;
    let mut any = false;
    for word in &words {
        if views::is_revision(project, word) || views::is_file_here(project, word.as_ref())? {
            continue;
        }
        if finder.is_none() {
            recorded::finalise(ui, project);
            finder = Some(Finder::new(project)?);
        }
        let found = finder.as_ref().map(|finder| finder.find(word));
        any |= match found {
            Some(Err(Error::AmbiguousRun { .. } | Error::DeletedRun { .. })) => true,
            Some(Err(_)) | None => false,
            Some(Ok(_)) => true,
        };
    }
    match &words[..] {
        _ if !any => Ok(None),
        [run] => Ok(Some([(*run).to_owned(), "last".to_owned()])),
        [old, new] => Ok(Some([(*old).to_owned(), (*new).to_owned()])),
        _ => Err(CliError::usage("two runs can be compared, not more")
            .hint("put `--` before paths: `git mlrun diff last~1 last -- src`")),
    }
}

pub fn run(
    ui: &Ui,
    project: &Project,
    names: &[String; 2],
    request: &Request,
) -> Result<Outcome, CliError> {
    let finder = Finder::new(project)?;
    let ((_, old), (_, new)) = (finder.detail(ui, &names[0])?, finder.detail(ui, &names[1])?);
    let is_same = old.run.id == new.run.id;
    if is_same {
        let [old, new] = names.each_ref().map(|name| display_bytes(name.as_bytes()));
        ui.status(format_args!("`{old}` and `{new}` are the same run."));
    }
    let mut found = diff(&old, &new);
    let code = code_diff(project, &old, &new, request)?;
    limit(&mut found, &request.targets);
    let code_differs = code.files.as_ref().is_some_and(|files| !files.is_empty());
    let differs = !is_same && (code_differs || found.differs());
    if !request.all {
        leave_out_equal(&mut found);
    }
    if request.format.json {
        ui.json(&run_diff_json::of(ui, &found, &code))?;
    } else {
        let report = report(ui, project, &found, &code, request);
        if request.format.md {
            ui.out(report.markdown());
        } else if let Some(path) = &request.html {
            super::plots::write_page(ui, path, &report.html())?;
        } else {
            if !differs && !is_same {
                ui.status("Nothing differs but when they ran.");
            }
            report.print(ui);
        }
    }
    Ok(if request.exit_code && differs { Outcome::No } else { Outcome::Done })
}

/// The code that two runs began with. What they wrote themselves, and Git tracks, is no code of theirs:
/// outs are compared on their own, and locks say nothing more. With `all` it is shown as well.
fn code_diff(
    project: &Project,
    old: &Detail,
    new: &Detail,
    request: &Request,
) -> Result<CodeDiff, CliError> {
    let objects = project.repo.objects();
    let input = |detail: &Detail| detail.run.code.input().and_then(|id| objects.find_commit(id));
    let (Some(from), Some(to)) = (input(old), input(new)) else {
        return Ok(CodeDiff { files: None, patch: None });
    };
    let git = Git::new(&project.repo)?;
    let mut files = if from == to { Vec::new() } else { git.changes(from, Some(to))? };
    files.retain(|change| {
        let is_meant = |path: &RepoPath| below(path, &request.targets);
        is_meant(&change.path) || change.from.as_ref().is_some_and(is_meant)
    });
    let written = if request.all { BTreeSet::new() } else { written(&[old, new]) };
    let mut without = Vec::new();
    files.retain(|change| {
        let is_written = written.iter().any(|out| change.path.below(out).is_some());
        if is_written {
            without.push(change.path.clone());
        }
        !is_written
    });
    let wants_patch = request.patch || request.html.is_some();
    let patch = match wants_patch && !files.is_empty() {
        true => {
            // The top of the worktree is no path of its own to Git.
            let is_all = request.targets.iter().any(RepoPath::is_root);
            let targets: &[RepoPath] = if is_all { &[] } else { &request.targets };
            Some(git.patch(from, to, targets, &without)?)
        }
        false => None,
    };
    Ok(CodeDiff { files: Some(files), patch })
}

/// Outs and locks of runs.
fn written(details: &[&Detail]) -> BTreeSet<RepoPath> {
    let outs = details.iter().flat_map(|detail| detail.outs().into_keys().map(str::to_owned));
    let locks = details.iter().flat_map(|detail| detail.run.locks.keys().cloned());
    outs.chain(locks).filter_map(RepoPath::new).filter(|path| !path.is_root()).collect()
}

fn below(path: &RepoPath, targets: &[RepoPath]) -> bool {
    targets.is_empty() || targets.iter().any(|target| path.below(target).is_some())
}

/// Keeps what is at and below the targets, of what has a path.
fn limit(found: &mut RunDiff<'_>, targets: &[RepoPath]) {
    if targets.is_empty() {
        return;
    }
    let is_meant = |path: &str| RepoPath::new(path).is_some_and(|path| below(&path, targets));
    found.params.retain(|change| is_meant(&change.key.0));
    found.metrics.retain(|change| is_meant(&change.key.0));
    found.deps.retain(|change| is_meant(change.key));
    found.outs.retain(|change| is_meant(change.key));
}

fn leave_out_equal(found: &mut RunDiff<'_>) {
    found.params.retain(Change::differs);
    found.metrics.retain(Change::differs);
    found.curves.retain(curve_differs);
    found.deps.retain(data_differs);
    found.outs.retain(data_differs);
    found.environment.retain(Change::differs);
    found.stages.retain(Change::differs);
}

fn report(
    ui: &Ui,
    project: &Project,
    found: &RunDiff<'_>,
    code: &CodeDiff,
    request: &Request,
) -> Report {
    let names = [&found.old.run.name[..], &found.new.run.name[..]];
    let mut report = Report::new(names.join(".."));
    report.push("Runs", facts(project, found, names, request.all));
    report.push("Stages", stages(found, names));
    report.push("Params", values("Param", names, &found.params, request.precision));
    report.push("Metrics", values("Metric", names, &found.metrics, request.precision));
    let (table, charts) = curves(found, names, request.precision);
    report.push("Curves", table);
    report.push("", charts);
    report.push("Deps", data(&found.deps));
    report.push("Outs", data(&found.outs));
    report.push("Environment", environment(found, names));
    match &code.files {
        Some(files) => {
            let words = files.iter().map(|change| run_parts::changed_file(ui, change));
            report.push("Code", Part::Words(words.collect()));
        }
        None => {
            let line = "the code of both runs is not here, so it was not compared";
            report.push("Code", Part::Lines(vec![line.to_owned()]));
        }
    }
    report.push("Not in the code that was kept", left_out(found));
    report.push("Patch", Part::Patch(code.patch.clone().unwrap_or_default()));
    report
}

/// A row for each attribute of the runs.
fn facts(project: &Project, found: &RunDiff<'_>, names: [&str; 2], all: bool) -> Part {
    let mut table = Table::new()
        .column("", Align::Left)
        .column(names[0], Align::Left)
        .column(names[1], Align::Left);
    let commit = |run: &Run| match &run.code.commit {
        Some(id) => {
            let dirty = if run.code.is_dirty() { " (changed)" } else { "" };
            format!("{}{dirty}", run_parts::commit(project, id))
        }
        None => String::new(),
    };
    let attributes: [(&str, &dyn Fn(&Run) -> String); 10] = [
        ("id", &|run| run.id.to_string()),
        ("status", &run_parts::status),
        ("started", &|run| run_parts::when(run.started)),
        ("duration", &|run| run_parts::duration(run.duration)),
        ("command", &|run| run_parts::commands(run).join("; ")),
        ("directory", &|run| run.directory.clone()),
        ("branch", &|run| run.code.branch.clone().unwrap_or_default()),
        ("commit", &commit),
        ("user", &|run| run.user.name.clone()),
        ("host", &|run| run.host.clone()),
    ];
    for (name, of) in attributes {
        let (old, new) = (of(&found.old.run), of(&found.new.run));
        if (all && !(old.is_empty() && new.is_empty())) || old != new {
            table.row([name.to_owned(), or_absent(old), or_absent(new)]);
        }
    }
    Part::Table(table)
}

fn or_absent(text: String) -> String {
    if text.is_empty() { ABSENT.to_owned() } else { text }
}

fn stages(found: &RunDiff<'_>, names: [&str; 2]) -> Part {
    let mut table = Table::new()
        .column("Stage", Align::Left)
        .column(names[0], Align::Left)
        .column(names[1], Align::Left);
    let end = |end: &Option<StageEnd>| match end {
        None => ABSENT.to_owned(),
        Some(end) => {
            let parts = [
                Some(end.how.as_str().to_owned()),
                end.status.map(|status| status.as_str().to_owned()),
                end.duration.map(run_parts::duration),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    };
    for change in &found.stages {
        table.row([change.key.to_owned(), end(&change.old), end(&change.new)]);
        let (old, new) = (change.old.as_ref(), change.new.as_ref());
        if let (Some(old), Some(new)) = (old, new)
            && old.command != new.command
        {
            table.row(["  command".to_owned(), old.command.join("; "), new.command.join("; ")]);
        }
    }
    Part::Table(table)
}

/// A change as tables of values have it.
pub fn flat_change(change: &Change<Key, Value>) -> flat::Change {
    let Change { key: (_, key), old, new } = change.clone();
    flat::Change { key, old, new }
}

fn values(key: &str, names: [&str; 2], changes: &[Change<Key, Value>], precision: usize) -> Part {
    let mut table = comparison::columns(names, key);
    for change in changes {
        table.row(comparison::row(change.key.0.clone(), &flat_change(change), precision));
    }
    Part::Table(table)
}

/// The last values, and both curves in one chart.
fn curves(found: &RunDiff<'_>, names: [&str; 2], precision: usize) -> (Part, Part) {
    let mut table = Table::new()
        .column("Curve", Align::Left)
        .column(names[0], Align::Right)
        .column(names[1], Align::Right)
        .column("Change", Align::Right);
    let mut figures = Vec::new();
    for Change { key: (stage, name), old, new } in &found.curves {
        let Some(curve) = old.or(*new) else { continue };
        let title = title(*stage, curve);
        let last = |detail: &crate::runs::detail::Detail| {
            detail.summary(*stage, name).map(|series| series.last.clone())
        };
        let change =
            flat::Change { key: title.clone(), old: last(found.old), new: last(found.new) };
        let [_, key, old_value, new_value, difference] =
            comparison::row(String::new(), &change, precision);
        table.row([key, old_value, new_value, difference]);
        let both: Vec<_> = [(names[0], *old), (names[1], *new)]
            .into_iter()
            .filter_map(|(run, curve)| Some((run, curve?)))
            .collect();
        figures.push(figure(&title, &both));
    }
    (Part::Table(table), Part::Charts(figures))
}

fn data(changes: &[Change<&str, &Data>]) -> Part {
    let line = |change: &Change<&str, &Data>| {
        let (word, style) = match (change.old, change.new) {
            (None, _) => ("added", Style::Green),
            (_, None) => ("deleted", Style::Red),
            _ if data_differs(change) => ("modified", Style::Yellow),
            _ => ("same", Style::Dim),
        };
        let size = |data: Option<&Data>| data.map(run_parts::data_size);
        let sizes = match (size(change.old), size(change.new)) {
            (Some(old), Some(new)) if old != new => format!("{old} → {new}"),
            (old, new) => new.or(old).unwrap_or_default(),
        };
        let path = change.new.or(change.old).map(run_parts::data_path).unwrap_or_default();
        (word, style, format!("{path} ({sizes})"))
    };
    Part::Words(changes.iter().map(line).collect())
}

/// What a thing of the environment is called.
pub fn ground(ground: Ground) -> &'static str {
    match ground {
        Ground::Platform => "platform",
        Ground::Tool => "tool",
        Ground::Package => "package",
        Ground::LockFile => "lock file",
    }
}

fn environment(found: &RunDiff<'_>, names: [&str; 2]) -> Part {
    /// Digits of a lock file's hash.
    const DIGITS: usize = 12;
    let mut table = Table::new()
        .column("Kind", Align::Left)
        .column("Name", Align::Left)
        .column(names[0], Align::Left)
        .column(names[1], Align::Left);
    for Change { key: (kind, name), old, new } in &found.environment {
        let shown = |value: &Option<String>| match value {
            None => ABSENT.to_owned(),
            Some(hash) if *kind == Ground::LockFile => hash[..DIGITS].to_owned(),
            Some(value) => value.clone(),
        };
        table.row([ground(*kind).to_owned(), name.clone(), shown(old), shown(new)]);
    }
    Part::Table(table)
}

/// Changed files that were too large, secret or otherwise not kept.
fn left_out(found: &RunDiff<'_>) -> Part {
    let of = |run: &Run| -> Vec<(String, String)> {
        let one = |file: &crate::format::run::LeftOut| {
            (run.name.clone(), format!("{} ({})", file.path, file.why))
        };
        run.code.left_out.iter().map(one).collect()
    };
    Part::Facts([of(&found.old.run), of(&found.new.run)].concat())
}

/// The files that changed, for JSON.
pub fn json_files(ui: &Ui, code: &CodeDiff) -> Option<Vec<JsonCode>> {
    let files = code.files.as_ref()?;
    Some(files.iter().map(|change| JsonCode::of(ui, change)).collect())
}
