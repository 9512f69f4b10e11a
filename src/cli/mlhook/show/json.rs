//! The object that `--json` prints.

use serde::Serialize;

use crate::checks::apply;
use crate::checks::{Checked, Finding, Fixed, Report, Tool, ToolState, WorktreeFile};
use crate::cli::{CliError, Ui};

/// Keys are stable: others may be added.
#[derive(Serialize)]
struct Json<'a> {
    /// Whether something was found that stops a commit.
    failed: bool,
    /// Whether a check could not do its work: a tool crashed, or one that is required is missing.
    broken: bool,
    checks: Vec<JsonCheck<'a>>,
    /// What was corrected.
    fixed: Vec<JsonFixed<'a>>,
    /// The command that stages again what was staged before.
    undo: Option<String>,
    /// How many files would have been corrected if nothing had failed.
    withheld: usize,
    /// Files for which something else was staged while they were checked.
    overtaken: Vec<String>,
    /// Why the index that a commit of some files leaves behind does not have the corrections.
    left_behind: Option<&'a str>,
    /// Settings of the committed file that mean nothing.
    unknown_settings: &'a [String],
}

#[derive(Serialize)]
struct JsonCheck<'a> {
    /// `notebooks`, `format`, `lint` or `data`.
    check: &'static str,
    /// How many files it looked at.
    files: usize,
    seconds: f64,
    tools: Vec<JsonTool<'a>>,
    /// In ascending order of their places.
    findings: Vec<JsonFinding<'a>>,
    /// Files that it should have looked at, and did not.
    ignored: Vec<JsonIgnored<'a>>,
}

#[derive(Serialize)]
struct JsonTool<'a> {
    name: &'static str,
    /// `ran`; `known`: it had said the same of the same files before; `missing`; `crashed`.
    state: &'static str,
    /// The command that installs it, if it is missing.
    install: Option<&'a str>,
    /// Whether it is an error that it is missing.
    required: Option<bool>,
    /// How it crashed.
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    /// From the current directory.
    path: String,
    /// From one; `null` for a file as a whole.
    line: Option<u64>,
    /// In characters, from one.
    column: Option<u64>,
    /// `error` or `warning`.
    level: &'static str,
    rule: &'a str,
    /// Which tool says so: `ruff`, `flake8` and so on; `null` for our own rules, and where several do.
    tool: Option<&'static str>,
    message: &'a str,
    /// What to type.
    hint: Option<&'a str>,
    /// Whether `--fix` would do away with it.
    fixable: bool,
}

#[derive(Serialize)]
struct JsonIgnored<'a> {
    path: String,
    reason: &'a str,
}

#[derive(Serialize)]
struct JsonFixed<'a> {
    path: String,
    /// The blob that was there; `git cat-file -p` shows it.
    old: String,
    new: String,
    /// What became of the file in the worktree: `written`, `merged` or `untouched`.
    worktree: &'static str,
    /// Why it is untouched.
    reason: Option<&'a str>,
}

/// Prints the report as one JSON object.
pub fn json(ui: &Ui, report: &Report) -> Result<(), CliError> {
    ui.json(&Json {
        failed: report.has_failed(),
        broken: report.is_broken(),
        checks: report.checks.iter().map(|checked| check(ui, checked)).collect(),
        fixed: report.fixed.iter().map(|fixed| correction(ui, fixed)).collect(),
        undo: apply::undo(&report.fixed),
        withheld: report.withheld,
        overtaken: report.overtaken.iter().map(|path| ui.path(path)).collect(),
        left_behind: report.left_behind.as_deref(),
        unknown_settings: &report.unknown,
    })
}

fn check<'a>(ui: &Ui, checked: &'a Checked) -> JsonCheck<'a> {
    let ignored = checked.ignored.iter();
    JsonCheck {
        check: checked.check.name(),
        files: checked.files,
        seconds: checked.duration.as_secs_f64(),
        tools: checked.tools.iter().map(tool).collect(),
        findings: checked.findings.iter().map(|found| finding(ui, found)).collect(),
        ignored: ignored
            .map(|file| JsonIgnored { path: ui.path(&file.path), reason: &file.reason })
            .collect(),
    }
}

fn tool(tool: &Tool) -> JsonTool<'_> {
    let (state, install, required, reason) = match &tool.state {
        ToolState::Ran => ("ran", None, None, None),
        ToolState::Known => ("known", None, None, None),
        ToolState::Missing { install, required } => {
            ("missing", Some(&install[..]), Some(*required), None)
        }
        ToolState::Crashed { reason } => ("crashed", None, None, Some(&reason[..])),
    };
    JsonTool { name: tool.name, state, install, required, reason }
}

fn finding<'a>(ui: &Ui, finding: &'a Finding) -> JsonFinding<'a> {
    JsonFinding {
        path: ui.path(&finding.place.path),
        line: finding.place.line,
        column: finding.place.column,
        level: super::level(finding.level),
        rule: &finding.rule,
        tool: finding.tool,
        message: &finding.message,
        hint: finding.hint.as_deref(),
        fixable: finding.fixable,
    }
}

fn correction<'a>(ui: &Ui, fixed: &'a Fixed) -> JsonFixed<'a> {
    let (worktree, reason) = match &fixed.worktree {
        WorktreeFile::Written => ("written", None),
        WorktreeFile::Merged => ("merged", None),
        WorktreeFile::Absent => ("absent", None),
        WorktreeFile::Untouched { reason } => ("untouched", Some(&reason[..])),
    };
    JsonFixed {
        path: ui.path(&fixed.path),
        old: fixed.old.to_string(),
        new: fixed.new.to_string(),
        worktree,
        reason,
    }
}
