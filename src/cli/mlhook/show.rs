//! What checks found, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::checks::{Checked, Finding, Level, Report, ToolState, WorktreeFile};
use crate::cli::{CliError, Outcome, Ui};
use crate::fs::display_bytes;

/// 1 for findings that stop a commit, 3 for checks that could not do their work.
pub fn outcome(report: &Report) -> Outcome {
    match (report.is_broken(), report.has_failed()) {
        (true, _) => Outcome::Code(3),
        (false, true) => Outcome::No,
        (false, false) => Outcome::Done,
    }
}

/// Findings on standard output, one a line, as compilers write them; all else on standard error.
pub fn text(ui: &Ui, report: &Report) {
    for checked in &report.checks {
        tools(ui, checked);
        for ignored in &checked.ignored {
            ui.warn(format_args!("not checked: `{}`: {}", ui.path(&ignored.path), ignored.reason));
        }
        for finding in &checked.findings {
            ui.line(line(ui, finding));
            if let Some(hint) = &finding.hint {
                ui.hint(hint);
            }
        }
    }
    for fixed in &report.fixed {
        let path = ui.path(&fixed.path);
        match &fixed.worktree {
            WorktreeFile::Written | WorktreeFile::Absent => {
                ui.status(format_args!("fixed `{path}`"))
            }
            WorktreeFile::Merged => {
                ui.status(format_args!("fixed `{path}`; what is not staged in it was kept"));
            }
            WorktreeFile::Untouched { reason } => ui.warn(format_args!(
                "fixed `{path}` in the index only: the file was left alone: {reason}"
            )),
        }
    }
    for path in &report.overtaken {
        let path = ui.path(path);
        ui.warn(format_args!("`{path}` was staged anew while it was checked: nothing was done"));
    }
}

fn tools(ui: &Ui, checked: &Checked) {
    for tool in &checked.tools {
        match &tool.state {
            ToolState::Ran | ToolState::Known => {}
            ToolState::Missing { install, .. } => {
                ui.warn(format_args!(
                    "`{}` is not installed; nothing was checked by it",
                    tool.name
                ));
                ui.hint(format_args!("install it: `{install}`"));
            }
            ToolState::Crashed { reason } => {
                ui.warn(format_args!(
                    "`{}` crashed: {}",
                    tool.name,
                    display_bytes(reason.as_bytes())
                ));
            }
        }
    }
}

fn line(ui: &Ui, finding: &Finding) -> String {
    let mut line = ui.path(&finding.place.path);
    for number in [finding.place.line, finding.place.column].into_iter().flatten() {
        let _ = write!(line, ":{number}");
    }
    let level = if finding.level == Level::Warning { "warning: " } else { "" };
    let message = display_bytes(finding.message.as_bytes());
    let _ = write!(line, ": {level}{} {message}", display_bytes(finding.rule.as_bytes()));
    line
}

#[derive(Serialize)]
struct Json {
    failed: bool,
    checks: Vec<JsonCheck>,
}

#[derive(Serialize)]
struct JsonCheck {
    check: &'static str,
    files: usize,
    findings: Vec<JsonFinding>,
}

#[derive(Serialize)]
struct JsonFinding {
    path: String,
    line: Option<u64>,
    column: Option<u64>,
    level: &'static str,
    rule: String,
    message: String,
    hint: Option<String>,
    fixable: bool,
}

pub fn json(ui: &Ui, report: &Report) -> Result<(), CliError> {
    let finding = |finding: &Finding| JsonFinding {
        path: display_bytes(finding.place.path.as_bytes()),
        line: finding.place.line,
        column: finding.place.column,
        level: if finding.level == Level::Error { "error" } else { "warning" },
        rule: finding.rule.clone(),
        message: finding.message.clone(),
        hint: finding.hint.clone(),
        fixable: finding.fixable,
    };
    let check = |checked: &Checked| JsonCheck {
        check: checked.check.name(),
        files: checked.files,
        findings: checked.findings.iter().map(finding).collect(),
    };
    let failed = report.has_failed() || report.is_broken();
    ui.json(&Json { failed, checks: report.checks.iter().map(check).collect() })
}
