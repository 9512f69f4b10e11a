//! Answers that were given beforehand: `--answers`, and `--set` over it.

use std::io::Read as _;
use std::path::Path;

use crate::cli::CliError;
use crate::format::{Value, json, yaml};
use crate::fs::{self, At as _};
use crate::scaffold::questions::Given;

/// The longest file of answers.
const MAX_LEN: usize = 1 << 20;

/// `KEY=VALUE`.
pub fn pair(word: &str) -> Result<(String, String), String> {
    match word.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// What was answered before anybody asks.
///
/// # Errors
/// The file cannot be read, or is no map.
pub fn given(file: Option<&Path>, set: &[(String, String)]) -> Result<Given, CliError> {
    let mut given = match file {
        None => Given::default(),
        Some(path) => read(path)?,
    };
    for (name, value) in set {
        given.overrides.insert(name.clone(), Value::String(value.clone()));
    }
    Ok(given)
}

fn read(path: &Path) -> Result<Given, CliError> {
    let bytes = match path.as_os_str() == "-" {
        false => fs::read_bounded(path, MAX_LEN)?,
        true => {
            let mut bytes = Vec::new();
            let mut input = std::io::stdin().lock().take(MAX_LEN as u64);
            input.read_to_end(&mut bytes).at("read", "standard input")?;
            bytes
        }
    };
    parse(&bytes).map_err(|why| {
        let path = fs::display_bytes(path.as_os_str().as_encoded_bytes());
        CliError::user(format!("cannot take answers from `{path}`: {why}"))
            .hint("a file of answers is a YAML or JSON map of the template's variables")
    })
}

/// The answers in `bytes`: a map of them, or those of an earlier render, in the record of a project or in
/// what cookiecutter keeps for `--replay`.
fn parse(bytes: &[u8]) -> Result<Given, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let parsed = match is_json {
        true => json::parse(text),
        false => yaml::parse(text).map(yaml::Node::into_value),
    };
    let parsed = parsed.map_err(|problem| {
        let (line, column) = (problem.mark.line, problem.mark.column);
        fs::display_bytes(format!("{problem} (line {line}, column {column})").as_bytes())
    })?;
    let mut map = match parsed {
        Value::Map(map) => map,
        Value::Null => return Ok(Given::default()),
        other => return Err(format!("it is {}", other.kind())),
    };
    if map.contains_key("source")
        && let Some(Value::Map(answers)) = map.get_mut("answers")
    {
        return Ok(Given { earlier: std::mem::take(answers), ..Given::default() });
    }
    if let Some(Value::Map(answers)) = map.get_mut("cookiecutter") {
        // Those with `_` describe the template and the machine, not the project.
        answers.retain(|name, _| !name.starts_with('_'));
        return Ok(Given { earlier: std::mem::take(answers), ..Given::default() });
    }
    Ok(Given::from(map))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        match parse(text.as_bytes()) {
            Ok(Given { overrides, earlier, .. }) => {
                let json = |map| serde_json::to_string(map).expect("JSON");
                format!("{} {}", json(&overrides), json(&earlier))
            }
            Err(why) => why,
        }
    }

    #[test]
    fn files_of_answers() {
        for (text, expected) in [
            ("name: churn\nuse: true\n", r#"{"name":"churn","use":true} {}"#),
            ("\u{feff}{\"name\":\t\"churn\"}", r#"{"name":"churn"} {}"#),
            ("", "{} {}"),
            (r#"{"cookiecutter": {"a": "b", "_template": "x"}}"#, r#"{} {"a":"b"}"#),
            ("source: dsproject\nanswers:\n  a: b\n", r#"{} {"a":"b"}"#),
            ("answers: 1\n", r#"{"answers":1} {}"#),
            ("- a\n", "it is a list"),
        ] {
            assert_eq!(parsed(text), expected, "{text}");
        }
        assert!(parsed("{").contains("line 1, column 2"), "{}", parsed("{"));
        assert_eq!(parse(b"\xff"), Err("it is not UTF-8".to_owned()));
    }

    #[test]
    fn later_answers_win() {
        let set = [("a", "1"), ("b", ""), ("a", "2=3")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let given = given(None, &set).expect("a map");
        assert_eq!(serde_json::to_string(&given.overrides).expect("JSON"), r#"{"a":"2=3","b":""}"#);
        assert!(pair("=x").is_err() && pair("x").is_err());
    }
}
