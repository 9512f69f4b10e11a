//! What other programs write into a project about its template.
//!
//! | file | written by | says |
//! |---|---|---|
//! | `.cruft.json` | cruft | the source, its commit, what was asked for, the directory, the answers |
//! | `.copier-answers.yml` | copier | the source, its version, the answers |
//! | `.cookiecutter.json` | templates that dump their variables | the answers, perhaps the source |
//!
//! Only the answers of copier are of use where a template has a `cookiecutter.json` too: its own format
//! is not rendered here. Whatever begins with `_` is private to the program that wrote it.

use crate::format::value::Map;
use crate::format::{Value, json, yaml};
use crate::fs::RepoPath;
use crate::git::{Repo, read_worktree_file};
use crate::scaffold::{Error, Result};

/// None of them is longer, in bytes.
const MAX_LEN: usize = 1 << 20;

/// In the order in which they are believed.
const FILES: [&str; 4] =
    [".cruft.json", ".copier-answers.yml", ".copier-answers.yaml", ".cookiecutter.json"];

/// What such a file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Foreign {
    pub source: Option<String>,
    /// The branch or tag that was asked for.
    pub reference: Option<String>,
    /// What was rendered: a commit, or a name that Git gave it.
    pub commit: Option<String>,
    pub directory: Option<String>,
    pub answers: Map,
}

/// Reads the first of the files that is in `directory`, and says which one.
///
/// # Errors
/// It cannot be read or understood.
pub fn find(repo: &Repo, directory: &RepoPath) -> Result<Option<(RepoPath, Foreign)>> {
    for name in FILES {
        let path = directory.join(name.as_bytes());
        if let Some(bytes) = read_worktree_file(&repo.absolute(&path), MAX_LEN)? {
            let parsed = parse(name, &bytes);
            let found =
                parsed.map_err(|reason| Error::BadAnswersFile { path: path.clone(), reason })?;
            return Ok(Some((path, found)));
        }
    }
    Ok(None)
}

fn parse(name: &str, bytes: &[u8]) -> Result<Foreign, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    let parsed = match name.ends_with(".json") {
        true => json::parse(text),
        false => yaml::parse(text).map(yaml::Node::into_value),
    };
    let parsed = parsed.map_err(|problem| {
        format!("line {}, column {}: {problem}", problem.mark.line, problem.mark.column)
    })?;
    let Value::Map(map) = parsed else {
        return Err(format!("expected a map, found {}", parsed.kind()));
    };
    Ok(match name {
        ".cruft.json" => cruft(map),
        ".cookiecutter.json" => cookiecutter(map),
        _ => copier(map),
    })
}

fn cruft(mut map: Map) -> Foreign {
    let context = match map.shift_remove("context") {
        Some(Value::Map(context)) => context,
        _ => Map::new(),
    };
    Foreign {
        source: text(&map, "template"),
        reference: text(&map, "checkout"),
        commit: text(&map, "commit"),
        directory: text(&map, "directory"),
        answers: cookiecutter(context).answers,
    }
}

/// All variables, or an object that has them as its `cookiecutter`.
fn cookiecutter(mut map: Map) -> Foreign {
    if let Some(Value::Map(inner)) = map.get_mut("cookiecutter") {
        map = std::mem::take(inner);
    }
    let (source, reference) = (text(&map, "_template"), text(&map, "_checkout"));
    Foreign { source, reference, answers: public(map), ..Foreign::default() }
}

fn copier(map: Map) -> Foreign {
    let (source, commit) = (text(&map, "_src_path"), text(&map, "_commit"));
    Foreign { source, commit, answers: public(map), ..Foreign::default() }
}

fn text(map: &Map, key: &str) -> Option<String> {
    map.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn public(mut map: Map) -> Map {
    map.retain(|name, _| !name.starts_with('_'));
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(foreign: &Foreign) -> Vec<&str> {
        foreign.answers.keys().map(String::as_str).collect()
    }

    #[test]
    fn each_program_is_understood() {
        let cruft = br#"{"template": "https://example.org/t", "commit": "abc", "checkout": null,
            "context": {"cookiecutter": {"name": "churn", "_template": "x"}}, "directory": "sub"}"#;
        let found = parse(".cruft.json", cruft).expect("valid");
        assert_eq!(found.source.as_deref(), Some("https://example.org/t"));
        assert_eq!(found.commit.as_deref(), Some("abc"));
        assert_eq!((found.reference.as_deref(), found.directory.as_deref()), (None, Some("sub")));
        assert_eq!(names(&found), ["name"]);

        let dump = br#"{"name": "churn", "_template": "gh:a/b", "_checkout": "v1"}"#;
        let found = parse(".cookiecutter.json", dump).expect("valid");
        assert_eq!(found.source.as_deref(), Some("gh:a/b"));
        assert_eq!(found.reference.as_deref(), Some("v1"));
        assert_eq!(names(&found), ["name"]);

        let copier = b"# Changes here will be overwritten\n_commit: v1.2.0\n_src_path: gh:a/b\nname: churn\n";
        let found = parse(".copier-answers.yml", copier).expect("valid");
        assert_eq!(found.source.as_deref(), Some("gh:a/b"));
        assert_eq!(found.commit.as_deref(), Some("v1.2.0"));
        assert_eq!(names(&found), ["name"]);
    }

    #[test]
    fn what_cannot_be_understood_is_told() {
        for (name, bytes) in [
            (".cruft.json", &b"{"[..]),
            (".cruft.json", b"[]"),
            (".cookiecutter.json", b"\xff"),
            (".copier-answers.yml", b"- a"),
        ] {
            assert!(parse(name, bytes).is_err(), "{name}");
        }
        assert_eq!(parse(".cruft.json", b"{}"), Ok(Foreign::default()));
    }
}
