//! ruff. `ruff check` ends with 0 or 1 (findings), `ruff format` with 0, or with 2 where it could not read
//! a file; 2 of both is also for mistakes in the configuration.

use std::collections::HashMap;

use serde::Deserialize;

use super::Task;
use super::process::Failure;
use super::session::Run;
use super::verdict::{Problem, Verdict};
use crate::checks::rules::SYNTAX;

#[derive(Deserialize)]
struct Diagnostic {
    #[serde(default)]
    cell: Option<u64>,
    /// Older versions have none for a syntax error.
    code: Option<String>,
    filename: String,
    #[serde(default)]
    fix: Option<Fix>,
    #[serde(default)]
    location: Option<Location>,
    message: String,
}

#[derive(Deserialize)]
struct Fix {
    applicability: String,
}

#[derive(Deserialize)]
struct Location {
    row: u64,
    column: u64,
}

pub fn run(run: &Run<'_>) -> Result<Vec<Verdict>, Failure> {
    let (found, check) = match run.task {
        Task::Format => (format(run), "format"),
        Task::Lint | Task::LintFix => (lint(run), "lint"),
    };
    found.map_err(|failure| match failure {
        // Its own `exclude` does not keep it from reading the configuration beside a file.
        Failure::Crashed(reason) if reason.contains("Failed to parse ") => Failure::Crashed(
            format!("{reason}; correct it, or pass over its directory by `mlhook.{check}.exclude`"),
        ),
        failure => failure,
    })
}

fn format(run: &Run<'_>) -> Result<Vec<Verdict>, Failure> {
    // Being quiet, it would not tell why it left a file alone.
    let ran = run.start(&["format", "--no-cache", "--force-exclude"], &run.names())?;
    let mut verdicts = run.changed()?;
    match ran.code {
        0 => {}
        2 => {
            let stderr = String::from_utf8_lossy(&ran.err);
            let (places, mut known) = (run.places(), false);
            for line in stderr.lines().filter(|line| line.starts_with("error: ")) {
                let Some((at, verdict)) = refusal(&places, line) else {
                    return Err(ran.unexpected());
                };
                verdicts[at] = verdict;
                known = true;
            }
            if !known {
                return Err(ran.unexpected());
            }
        }
        _ => return Err(ran.unexpected()),
    }
    Ok(verdicts)
}

/// `error: Failed to parse PATH:ROW:COLUMN: MESSAGE`, or `error: Failed to read PATH: MESSAGE`.
fn refusal(places: &HashMap<String, usize>, line: &str) -> Option<(usize, Verdict)> {
    let line = line.strip_prefix("error: Failed to ")?;
    let (is_syntax, rest) = match line.split_once(' ')? {
        ("parse", rest) => (true, rest),
        ("read", rest) => (false, rest),
        _ => return None,
    };
    let rest = rest.strip_prefix("./").unwrap_or(rest);
    // Names may have colons.
    let mut ends = rest.rmatch_indices(':').map(|(end, _)| end);
    let (at, message) =
        ends.find_map(|end| Some((*places.get(&rest[..end])?, &rest[end + 1..])))?;
    if !is_syntax {
        return Some((at, Verdict::ignored(&format!("ruff cannot read it: {message}"))));
    }
    let mut parts = message.splitn(3, ':');
    let mut number = || parts.next()?.trim().parse::<u64>().ok();
    let problem = match (number(), number()) {
        (Some(row), Some(column)) => {
            Problem::syntax(parts.next().unwrap_or_default()).at(row, Some(column))
        }
        _ => Problem::syntax(message),
    };
    Some((at, Verdict::problem(problem)))
}

fn lint(run: &Run<'_>) -> Result<Vec<Verdict>, Failure> {
    let mut words = vec!["check", "--no-cache", "--force-exclude", "--quiet", "--no-fix-only"];
    words.extend(["--output-format", "json"]);
    match run.task {
        Task::LintFix => words.extend(["--fix", "--no-unsafe-fixes"]),
        _ => words.push("--no-fix"),
    }
    let ran = run.start(&words, &run.names())?;
    if !matches!(ran.code, 0 | 1) {
        return Err(ran.unexpected());
    }
    let Ok(found) = parse(&ran.out) else { return Err(ran.unexpected()) };
    let mut verdicts = run.changed()?;
    // It runs at the top.
    let places = run.places();
    for (filename, problem) in found {
        let below = std::path::Path::new(&filename).strip_prefix(run.root).ok();
        let Some(&at) = below.and_then(|path| places.get(path.to_str()?)) else {
            return Err(ran.unexpected());
        };
        verdicts[at].problems.push(problem);
    }
    Ok(verdicts)
}

fn parse(output: &[u8]) -> serde_json::Result<Vec<(String, Problem)>> {
    // There is none if no file was left.
    if output.trim_ascii().is_empty() {
        return Ok(Vec::new());
    }
    let diagnostics: Vec<Diagnostic> = serde_json::from_slice(output)?;
    Ok(diagnostics
        .into_iter()
        .map(|diagnostic| (diagnostic.filename.clone(), problem(diagnostic)))
        .collect())
}

fn problem(diagnostic: Diagnostic) -> Problem {
    let rule = diagnostic.code.as_deref().unwrap_or(SYNTAX);
    let mut problem = match (diagnostic.cell, &diagnostic.location) {
        // Lines of a cell are no lines of the notebook's file.
        (Some(cell), Some(location)) => {
            let place = format!("cell {cell}, line {}: ", location.row);
            Problem::new(rule, &format!("{place}{}", diagnostic.message))
        }
        (_, Some(location)) => {
            Problem::new(rule, &diagnostic.message).at(location.row, Some(location.column))
        }
        (_, None) => Problem::new(rule, &diagnostic.message),
    };
    problem.fixable = diagnostic.fix.is_some_and(|fix| fix.applicability == "safe");
    problem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diagnostics_are_read() {
        let output = r#"[
            {"cell": null, "code": "F401", "filename": "/t/a.py", "message": "unused\n  now",
             "fix": {"applicability": "safe", "edits": []}, "location": {"row": 3, "column": 8}},
            {"cell": 2, "code": "E711", "filename": "/t/n.ipynb", "message": "none",
             "fix": {"applicability": "unsafe"}, "location": {"row": 1, "column": 2}},
            {"code": null, "filename": "/t/b.py", "message": "SyntaxError", "location": null}
        ]"#;
        let found = parse(output.as_bytes()).unwrap();
        let shown: Vec<_> = (found.iter())
            .map(|(path, p)| format!("{path} {:?} {} {} {}", p.line, p.rule, p.message, p.fixable))
            .collect();
        let expected = [
            "/t/a.py Some(3) F401 unused now true",
            "/t/n.ipynb None E711 cell 2, line 1: none false",
            "/t/b.py None invalid-syntax SyntaxError false",
        ];
        assert_eq!(shown, expected);
        assert_eq!(parse(b" \n").unwrap(), []);
        assert!(parse(b"[{}]").is_err() && parse(b"[").is_err());
    }
}
