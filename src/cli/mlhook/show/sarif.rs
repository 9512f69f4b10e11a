//! Findings in SARIF 2.1.0, which code hosts and editors show beside the code.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. Each check is a run of its own,
//! with `mlhook-CHECK` as the tool, and so is each tool that it ran: a service replaces what it knew of a
//! tool by its newest run. Places are
//! relative to the top of the worktree, under a name (`SRCROOT`) that whoever reads it resolves: no path of
//! this machine is told. A tool that crashed or is missing is a notification of the run, which then counts
//! as failed, so that no service closes findings that nobody looked for.

use std::fmt::Write as _;

use indexmap::IndexSet;
use serde::Serialize;
use serde_json::{Value, json};

use crate::checks::{Checked, Finding, Ignored, Report, Tool, ToolState};
use crate::cli::{CliError, Ui};
use crate::fs::RepoPath;

const ROOT: &str = "SRCROOT";

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Value>,
}

/// Prints the findings of the report as one SARIF log.
pub fn sarif(ui: &Ui, report: &Report) -> Result<(), CliError> {
    ui.json(&Log {
        schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        version: "2.1.0",
        runs: report.checks.iter().flat_map(runs).collect(),
    })
}

/// A run for what is ours, then one for each tool that took part: also one that found nothing, which closes
/// what it found before.
fn runs(checked: &Checked) -> impl Iterator<Item = Value> {
    let tools = checked.tools.iter().map(|tool| Some(tool.name));
    std::iter::once(None).chain(tools).map(|tool| run(checked, tool))
}

fn run(checked: &Checked, tool: Option<&'static str>) -> Value {
    let program = format!("mlhook-{}", checked.check.name());
    let findings = || checked.findings.iter().filter(|found| found.tool == tool);
    let rules: IndexSet<&str> = findings().map(|found| &found.rule[..]).collect();
    let result = |found: &Finding| {
        let index = rules.get_index_of(&found.rule[..]);
        let mut text = found.message.clone();
        if let Some(hint) = &found.hint {
            let _ = write!(text, " (hint: {hint})");
        }
        json!({
            "ruleId": found.rule,
            "ruleIndex": index,
            "level": super::level(found.level),
            "message": { "text": text },
            "locations": [location(found)],
        })
    };
    let of_run = || checked.tools.iter().filter(|run| tool.is_none_or(|tool| run.name == tool));
    let mut driver = json!({
        "name": tool.unwrap_or(&program),
        "rules": rules.iter().map(|rule| json!({ "id": rule })).collect::<Vec<_>>(),
    });
    if tool.is_none() {
        driver["version"] = env!("CARGO_PKG_VERSION").into();
    }
    let mut notifications: Vec<Value> = of_run().filter_map(of_tool).collect();
    if tool.is_none() {
        notifications.extend(checked.ignored.iter().map(of_file));
    }
    json!({
        "tool": { "driver": driver },
        // Not to be taken for what the tool says when it is run by itself.
        "automationDetails": { "id": format!("{program}/") },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": { ROOT: { "description": { "text": "The top of the worktree." } } },
        "invocations": [{
            "executionSuccessful": !of_run().any(Tool::is_broken),
            "toolExecutionNotifications": notifications,
        }],
        "results": findings().map(result).collect::<Vec<_>>(),
    })
}

fn location(found: &Finding) -> Value {
    let mut physical = json!({ "artifactLocation": artifact(&found.place.path) });
    if let Some(line) = found.place.line {
        physical["region"] = json!({ "startLine": line });
        if let Some(column) = found.place.column {
            physical["region"]["startColumn"] = column.into();
        }
    }
    json!({ "physicalLocation": physical })
}

fn artifact(path: &RepoPath) -> Value {
    json!({ "uri": uri(path.as_bytes()), "uriBaseId": ROOT })
}

fn of_tool(tool: &Tool) -> Option<Value> {
    let (level, text) = match &tool.state {
        ToolState::Ran | ToolState::Known => return None,
        ToolState::Missing { install, required } => (
            if *required { "error" } else { "warning" },
            format!("`{}` is not installed; install it: `{install}`", tool.name),
        ),
        ToolState::Crashed { reason } => ("error", format!("`{}` crashed: {reason}", tool.name)),
    };
    Some(json!({ "level": level, "message": { "text": text } }))
}

fn of_file(file: &Ignored) -> Value {
    json!({
        "level": "warning",
        "message": { "text": format!("not checked: {}", file.reason) },
        "locations": [{ "physicalLocation": { "artifactLocation": artifact(&file.path) } }],
    })
}

/// A relative reference (RFC 3986, 4.2): all but unreserved characters and slashes is escaped, so that no
/// byte of a name, a colon in its first part among them, is taken for something else.
fn uri(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for &byte in path {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => text.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => text.push(byte.into()),
            _ => {
                let _ = write!(text, "%{byte:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn names_become_relative_references() {
        for (path, expected) in [
            (&b"src/a-b_c.py"[..], "src/a-b_c.py"),
            (b"a b/c:d", "a%20b/c%3Ad"),
            ("\u{fc}.py".as_bytes(), "%C3%BC.py"),
            (b"\xff%#?", "%FF%25%23%3F"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
