//! Findings in SARIF 2.1.0, which code hosts and editors show beside the code.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. Each check is a run of its own,
//! with `mlhook-CHECK` as the tool: a service replaces what it knew of a tool by its newest run. Places are
//! relative to the top of the worktree, under a name (`SRCROOT`) that whoever reads it resolves: no path of
//! this machine is told. A tool that crashed or is missing is a notification of the run, which then counts
//! as failed, so that no service closes findings that nobody looked for.

use std::fmt::Write as _;

use indexmap::IndexSet;
use serde::Serialize;
use serde_json::{Value, json};

use crate::checks::{Checked, Finding, Report, ToolState};
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
        runs: report.checks.iter().map(run).collect(),
    })
}

fn run(checked: &Checked) -> Value {
    let rules: IndexSet<&str> = checked.findings.iter().map(|found| &found.rule[..]).collect();
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
    json!({
        "tool": { "driver": {
            "name": format!("mlhook-{}", checked.check.name()),
            "version": env!("CARGO_PKG_VERSION"),
            "rules": rules.iter().map(|rule| json!({ "id": rule })).collect::<Vec<_>>(),
        }},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": { ROOT: { "description": { "text": "The top of the worktree." } } },
        "invocations": [{
            "executionSuccessful": !checked.is_broken(),
            "toolExecutionNotifications": notifications(checked),
        }],
        "results": checked.findings.iter().map(result).collect::<Vec<_>>(),
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

fn notifications(checked: &Checked) -> Vec<Value> {
    let of_tool = checked.tools.iter().filter_map(|tool| {
        let (level, text) = match &tool.state {
            ToolState::Ran | ToolState::Known => return None,
            ToolState::Missing { install, required } => (
                if *required { "error" } else { "warning" },
                format!("`{}` is not installed; install it: `{install}`", tool.name),
            ),
            ToolState::Crashed { reason } => {
                ("error", format!("`{}` crashed: {reason}", tool.name))
            }
        };
        Some(json!({ "level": level, "message": { "text": text } }))
    });
    let of_file = checked.ignored.iter().map(|file| {
        json!({
            "level": "warning",
            "message": { "text": format!("not checked: {}", file.reason) },
            "locations": [{ "physicalLocation": { "artifactLocation": artifact(&file.path) } }],
        })
    });
    of_tool.chain(of_file).collect()
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
