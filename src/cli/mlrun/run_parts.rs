//! The parts of a report about one run.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::diff::{bytes, code_word, count_files};
use super::run_curves::{figure, title};
use super::show::seconds;
use super::views::PRECISION;
use crate::cli::report::{Part, Report};
use crate::cli::table::{ABSENT, Align, Table};
use crate::cli::{CliError, Ui};
use crate::data::Project;
use crate::format::Value;
use crate::format::run::{Code, Data, Environment, How, Kind, Run, number};
use crate::format::value::Map;
use crate::fs::display_bytes;
use crate::fs::shell_word;
use crate::git::{CommitId, FileChange, Git};
use crate::pipeline::number::{count, shown, significant};
use crate::runs::detail::Detail;

/// A run, and where it was.
pub struct Context<'a> {
    pub ui: &'a Ui,
    pub project: &'a Project,
    pub detail: &'a Detail,
}

/// Digits of an object's id that are shown.
const DIGITS: usize = 12;

/// Who, when, what and where.
pub fn facts(context: &Context<'_>) -> Part {
    let Context { project, detail, .. } = context;
    let Detail { run, annotations, .. } = detail;
    let mut facts: Vec<(String, String)> = Vec::new();
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            facts.push((name.to_owned(), value));
        }
    };
    fact("id", run.id.to_string());
    if let Some(parent) = run.parent {
        fact("part of", parent.to_string());
    }
    fact("status", status(run));
    fact("error", run.error.clone().unwrap_or_default());
    fact("started", when(run.started));
    fact("duration", duration(run.duration));
    if let Some(resources) = run.resources {
        let (cpu, memory) = (duration(resources.cpu), bytes(resources.peak_memory));
        fact("resources", format!("{cpu} of processors, {memory} of memory at most"));
    }
    let who = match (&run.user.name[..], &run.user.email[..]) {
        (name, "") => name.to_owned(),
        (name, email) => format!("{name} <{email}>").trim_start().to_owned(),
    };
    fact("user", who);
    fact("host", run.host.clone());
    for command in commands(run) {
        fact("command", command);
    }
    fact("directory", run.directory.clone());
    fact("branch", run.code.branch.clone().unwrap_or_default());
    fact("commit", run.code.commit.as_deref().map(|id| commit(project, id)).unwrap_or_default());
    fact("snapshot", run.code.snapshot.clone().unwrap_or_default());
    for left_out in &run.code.left_out {
        let size = left_out.size.map(|size| format!(", {}", bytes(size))).unwrap_or_default();
        fact("left out", format!("{} ({}{size})", left_out.path, left_out.why));
    }
    let mut tags: BTreeMap<&str, &str> =
        run.tags.iter().map(|(name, text)| (&name[..], &text[..])).collect();
    for (name, note) in &annotations.tags {
        match &note.text {
            Some(text) => tags.insert(name, text),
            None => tags.remove(&name[..]),
        };
    }
    for (name, text) in tags {
        let tag = if text.is_empty() { name.to_owned() } else { format!("{name}={text}") };
        fact("tag", tag);
    }
    let note = annotations.note.as_ref().and_then(|note| note.text.clone());
    note.unwrap_or_default().lines().for_each(|line| fact("note", line.to_owned()));
    if annotations.is_deleted() {
        fact("deleted", "yes".to_owned());
    }
    if let Some(curves) = run.curves.as_ref().filter(|curves| curves.bad_lines > 0) {
        let lines = count(usize::try_from(curves.bad_lines).unwrap_or(usize::MAX));
        fact("metrics file", format!("{lines} lines of it could not be read"));
    }
    Part::Facts(facts)
}

/// The status with what belongs to it.
pub fn status(run: &Run) -> String {
    let mut text = run.status.as_str().to_owned();
    if let Some(how) = run.how.filter(|how| *how != How::Ran) {
        text.push_str(&format!(" ({})", how.as_str()));
    }
    if let Some(code) = run.exit_code.filter(|code| *code != 0) {
        text.push_str(&format!(", exit code {code}"));
    }
    if run.recovered {
        text.push_str(", recorded after its runner was killed");
    }
    text
}

/// A time to the second.
pub fn when(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// Seconds as people say them.
pub fn duration(duration: f64) -> String {
    Duration::try_from_secs_f64(duration)
        .map_or_else(|_| format!("{} s", significant(duration, PRECISION)), seconds)
}

/// One command a line.
pub fn commands(run: &Run) -> Vec<String> {
    match run.kind {
        Kind::Stage => run.command.clone(),
        Kind::Pipeline | Kind::Exec if run.command.is_empty() => Vec::new(),
        Kind::Pipeline | Kind::Exec => {
            let words: Vec<String> = run.command.iter().map(|word| command_word(word)).collect();
            vec![words.join(" ")]
        }
    }
}

/// A word of a command as it could be typed again: dashes before options need no quotes.
fn command_word(word: &str) -> String {
    match word.trim_start_matches('-') {
        "" if !word.is_empty() => word.to_owned(),
        rest => format!("{}{}", &word[..word.len() - rest.len()], shell_word(rest)),
    }
}

/// A commit with its subject, if it is here.
pub fn commit(project: &Project, id: &str) -> String {
    let objects = project.repo.objects();
    let found = objects.find_commit(id);
    let subject = found.and_then(|commit| objects.commit(commit).ok()).map(|info| {
        let first = info.message.split(|&b| b == b'\n').next().unwrap_or_default();
        display_bytes(first)
    });
    match (found, subject) {
        (Some(found), Some(subject)) => {
            format!("{} {subject}", project.repo.short_id(found)).trim_end().to_owned()
        }
        _ => format!("{id} (not here)"),
    }
}

/// The commits that a run's code is in: HEAD, and what the worktree had. `None` for one that is not
/// here.
pub fn code(project: &Project, code: &Code) -> (Option<CommitId>, Option<CommitId>) {
    let objects = project.repo.objects();
    let find = |id: &Option<String>| id.as_deref().and_then(|id| objects.find_commit(id));
    (find(&code.commit), find(&code.snapshot))
}

/// What the worktree had that HEAD did not.
pub fn changes(context: &Context<'_>) -> Part {
    let found = match code(context.project, &context.detail.run.code) {
        (Some(commit), Some(snapshot)) => Git::new(&context.project.repo)
            .and_then(|git| git.changes(commit, Some(snapshot)))
            .unwrap_or_default(),
        _ => Vec::new(),
    };
    Part::Words(found.iter().map(|change| changed_file(context.ui, change)).collect())
}

/// A changed file as a line with its word.
pub fn changed_file(ui: &Ui, change: &FileChange) -> (&'static str, crate::cli::ui::Style, String) {
    let (word, style) = code_word(change.kind);
    let path = String::from_utf8_lossy(&ui.path_bytes(&change.path)).into_owned();
    let text = match &change.from {
        Some(from) => format!("{} -> {path}", String::from_utf8_lossy(&ui.path_bytes(from))),
        None => path,
    };
    (word, style, text)
}

/// A row for each stage.
pub fn stages(detail: &Detail) -> Part {
    let mut table = Table::new()
        .column("Stage", Align::Left)
        .column("How", Align::Left)
        .column("Status", Align::Left)
        .column("Duration", Align::Right)
        .column("Run", Align::Left);
    for stage in &detail.stages {
        let run = stage.run.as_ref();
        // Of a stage that needed nothing, its run is an earlier one.
        let ran = run.filter(|run| run.parent == Some(detail.run.id));
        let or_absent = |text: Option<String>| text.unwrap_or_else(|| ABSENT.to_owned());
        table.row([
            stage.about.stage.clone(),
            stage.about.how.as_str().to_owned(),
            or_absent(ran.map(|run| run.status.as_str().to_owned())),
            or_absent(ran.map(|run| duration(run.duration))),
            or_absent(run.map(|run| run.name.clone())),
        ]);
    }
    Part::Table(table)
}

/// A row for each value, by file and key.
pub fn values(key: &str, files: &BTreeMap<String, Map>) -> Part {
    let mut table = Table::new()
        .column("Path", Align::Left)
        .column(key, Align::Left)
        .column("Value", Align::Right);
    for (file, values) in files {
        for (key, value) in values {
            table.row([file.clone(), key.clone(), shown(value, PRECISION)]);
        }
    }
    Part::Table(table)
}

/// Curves: small ones, or those that were `asked` for with axes.
///
/// # Errors
/// There is no curve of a name that was asked for.
pub fn curves(
    report: &mut Report,
    detail: &Detail,
    asked: Option<&[String]>,
) -> Result<(), CliError> {
    let all: Vec<_> = detail.curves().collect();
    if let Some(names) = asked {
        if let Some(name) = names.iter().find(|name| !all.iter().any(|(_, c)| c.name == **name)) {
            let name = display_bytes(name.as_bytes());
            let mut known: Vec<String> =
                all.iter().map(|(_, curve)| display_bytes(curve.name.as_bytes())).collect();
            known.sort();
            known.dedup();
            known.truncate(20);
            let error = CliError::user(format!("the run has no curve `{name}`"));
            return Err(match known.is_empty() {
                true => error.hint("commands log curves to the file that MLRUN_METRICS names"),
                false => error.hint(format!("it has {}", known.join(", "))),
            });
        }
        let is_meant = |name: &String| names.is_empty() || names.iter().any(|asked| asked == name);
        let figures =
            all.iter().filter(|(_, curve)| is_meant(&curve.name)).map(|(stage, curve)| {
                let run = detail.run.name.as_str();
                figure(&title(*stage, curve), &[(run, *curve)])
            });
        report.push("Curves", Part::Charts(figures.collect()));
        return Ok(());
    }
    let small = all.iter().map(|(stage, curve)| {
        let summary = detail.summary(*stage, &curve.name);
        let words = summary.map(|series| {
            let points = count(usize::try_from(series.count).unwrap_or(usize::MAX));
            format!(
                "last {}, min {}, max {}, {points} points to step {}",
                curve_value(&series.last),
                curve_value(&series.min),
                curve_value(&series.max),
                series.step
            )
        });
        (figure(&title(*stage, curve), &[(&detail.run.name, *curve)]), words.unwrap_or_default())
    });
    report.push("Curves", Part::SmallCharts(small.collect()));
    Ok(())
}

/// A value of a curve's summary.
fn curve_value(value: &Value) -> String {
    number(value).map_or_else(|| ABSENT.to_owned(), |value| significant(value, PRECISION))
}

/// A row for each dep or out.
pub fn data<'a>(all: impl Iterator<Item = &'a Data>) -> Part {
    let mut table = Table::new()
        .column("Path", Align::Left)
        .column("Size", Align::Right)
        .column("Object", Align::Left);
    for data in all {
        table.row([data_path(data), data_size(data), data_object(data)]);
    }
    Part::Table(table)
}

/// The path, with a slash behind that of a directory.
pub fn data_path(data: &Data) -> String {
    format!("{}{}", data.path, if data.tree.is_some() { "/" } else { "" })
}

pub fn data_size(data: &Data) -> String {
    match data.files {
        Some(files) => format!("{}, {}", count_files(files), bytes(data.size)),
        None => bytes(data.size),
    }
}

fn data_object(data: &Data) -> String {
    match data.oid.or(data.tree) {
        Some(oid) => oid.to_hex()[..DIGITS].to_owned(),
        None => ABSENT.to_owned(),
    }
}

/// Platform and tools.
pub fn environment(environment: &Environment) -> Part {
    let mut facts = vec![("platform".to_owned(), platform(environment))];
    if let Some(cpus) = environment.cpus {
        facts.push(("processors".to_owned(), cpus.to_string()));
    }
    if let Some(memory) = environment.memory {
        facts.push(("memory".to_owned(), bytes(memory)));
    }
    facts.extend(environment.tools.iter().map(|(name, version)| (name.clone(), version.clone())));
    if let Some(packages) = &environment.packages {
        let (count, from) = (count(packages.list.len()), &packages.from);
        facts.push(("packages".to_owned(), format!("{count}, from {from}")));
    }
    for file in &environment.lock_files {
        facts.push(("pinned by".to_owned(), file.path.clone()));
    }
    Part::Facts(facts)
}

pub fn platform(environment: &Environment) -> String {
    let Environment { os, arch, kernel, distribution, .. } = environment;
    let parts = [Some(os), Some(arch), kernel.as_ref(), distribution.as_ref()];
    let parts: Vec<&str> =
        parts.into_iter().flatten().map(|part| &part[..]).filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

pub fn packages(environment: &Environment) -> Part {
    let mut table = Table::new().column("Package", Align::Left).column("Version", Align::Left);
    for package in environment.packages.iter().flat_map(|packages| &packages.list) {
        table.row([package.name.clone(), package.version.clone()]);
    }
    Part::Table(table)
}

/// The lines of a log; of one that was written over, as progress bars do it, what was last.
pub fn log_lines(bytes: &[u8]) -> Vec<String> {
    let mut lines: Vec<String> = bytes
        .split(|&b| b == b'\n')
        .map(|line| {
            let last = line.split(|&b| b == b'\r').rfind(|part| !part.is_empty());
            String::from_utf8_lossy(last.unwrap_or_default()).into_owned()
        })
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_line_that_was_written_over_the_last_words_count() {
        let lines = log_lines(b"a\r\n10%\r50%\r100%\r\n\nb\n\n");
        assert_eq!(lines, ["a", "100%", "", "b"]);
        assert!(log_lines(b"\n\n").is_empty());
    }

    #[test]
    fn words_of_commands_are_quoted_where_a_shell_needs_it() {
        let words = ["--quiet", "-", "--x=a b", "", "it's"].map(command_word);
        assert_eq!(words, ["--quiet", "-", "--'x=a b'", "''", r"'it'\''s'"]);
    }

    #[test]
    fn durations_of_hostile_runs_are_shown() {
        for (given, expected) in [(1.5, "1.50 s"), (-1.0, "-1 s"), (1e300, "1e300 s")] {
            assert_eq!(self::duration(given), expected);
        }
    }
}
