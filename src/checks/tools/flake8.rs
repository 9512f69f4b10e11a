//! flake8. It ends with 0 or 1, and with 1 also when it or a plugin fails, without findings then.
//!
//! `pyproject.toml` is read by a plugin of it, Flake8-pyproject. Where that is not installed, the file means
//! nothing to flake8, which runs as it would there: with what it has for settings by itself.

use super::process::Failure;
use super::session::Run;
use super::verdict::{Problem, Verdict};

/// Between findings and between the parts of one: bytes that no message has.
const RECORD: char = '\u{1e}';
const PART: char = '\u{1f}';

/// What reads `pyproject.toml`, as its distribution is called.
const PLUGIN: &str = "flake8_pyproject";

pub fn run(run: &Run<'_>) -> Result<Vec<Verdict>, Failure> {
    let format =
        format!("--format={RECORD}%(row)d{PART}%(col)d{PART}%(code)s{PART}%(path)s{PART}%(text)s");
    let is_read = |config: &String| !config.ends_with(".toml") || run.program.has(PLUGIN);
    let config = run.config().filter(is_read).map(|config| format!("--config={config}"));
    let config = config.unwrap_or_else(|| "--isolated".to_owned());
    let ran = run.start(&["--color=never", &config, &format], &run.all())?;
    let text = String::from_utf8_lossy(&ran.out);
    let found: Option<Vec<_>> = text.split(RECORD).skip(1).map(record).collect();
    let (0 | 1, Some(found)) = (ran.code, found) else { return Err(ran.unexpected()) };
    if ran.code == 1 && found.is_empty() {
        return Err(ran.unexpected());
    }
    let mut verdicts = vec![Verdict::default(); run.subjects.len()];
    let places = run.places();
    for (name, problem) in found {
        let name = name.strip_prefix("./").unwrap_or(&name);
        let Some(&at) = places.get(name) else { return Err(ran.unexpected()) };
        verdicts[at].problems.push(problem);
    }
    Ok(verdicts)
}

/// One finding, with the file's name. What a line has after the message, such as the source, is not of it.
fn record(text: &str) -> Option<(String, Problem)> {
    let mut parts = text.splitn(5, PART);
    let mut part = || parts.next();
    let (row, column) = (part()?.parse().ok()?, part()?.parse().ok()?);
    let (code, name, message) = (part()?, part()?, part()?);
    let message = message.lines().next().unwrap_or_default();
    let problem = match code {
        "E999" => Problem::syntax(message),
        code => Problem::new(code, message),
    };
    Some((name.to_owned(), problem.at(row, Some(column))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_read() {
        let text = "3\u{1f}7\u{1f}F401\u{1f}./a b.py\u{1f}'os' unused\nimport os\n      ^\n";
        let (name, problem) = record(text).unwrap();
        assert_eq!((&name[..], &problem.message[..]), ("./a b.py", "'os' unused"));
        assert_eq!((problem.line, problem.column), (Some(3), Some(7)));
        let (_, problem) = record("1\u{1f}0\u{1f}E999\u{1f}a\u{1f}SyntaxError").unwrap();
        assert_eq!((&problem.rule[..], problem.column), ("invalid-syntax", None));
        assert!(record("").is_none() && record("x\u{1f}1\u{1f}a\u{1f}b\u{1f}c").is_none());
    }
}
