//! git-mldata-hooks(7) has every rule and every setting of the checks, and no other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gitml::checks::{self, Level};

fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The page, with hyphens as they are typed.
fn page() -> String {
    std::fs::read_to_string(source("man/git-mldata-hooks.7")).unwrap().replace("\\-", "-")
}

/// The files of Rust at and below a path, without their tests.
fn texts(path: &Path) -> Vec<String> {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        return entries.flat_map(|path| texts(&path)).collect();
    }
    let text = std::fs::read_to_string(path).unwrap();
    vec![text.split("#[cfg(test)]").next().unwrap().to_owned()]
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-' || b.is_ascii_digit())
}

/// The keys that code asks `settings` for: literals, and constants of the same file.
fn keys(text: &str) -> BTreeSet<String> {
    let calls = ["settings.", "settings\n"].into_iter().flat_map(|at| text.match_indices(at));
    let own = ["self.string(", "self.boolean(", "hook_strings(check.name(), "];
    let own = own
        .into_iter()
        .flat_map(|at| text.match_indices(at).map(move |(found, at)| &text[found + at.len()..]));
    let asked = calls.filter_map(|(at, _)| text[at..].split_once('(').map(|(_, rest)| rest));
    let argument = |rest: &str| -> Option<String> {
        let first = rest.trim_start().split([',', ')']).next()?.trim();
        let literal = match first.strip_prefix('"') {
            Some(literal) => literal.strip_suffix('"')?,
            None if first.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') => {
                let constant = format!("const {first}: &str = \"");
                text.split_once(&constant)?.1.split('"').next()?
            }
            None => return None,
        };
        is_name(literal).then(|| literal.to_owned())
    };
    asked.chain(own).filter_map(argument).collect()
}

#[test]
fn every_setting_is_on_the_page_and_no_other() {
    let places: [(&str, &[&str]); 8] = [
        ("src/checks/run.rs", &["*"]),
        ("src/checks/settings", &["*"]),
        ("src/checks/format.rs", &["format"]),
        ("src/checks/lint.rs", &["lint"]),
        ("src/checks/tools", &["format", "lint"]),
        ("src/checks/notebooks", &["notebooks"]),
        ("src/checks/notebooks.rs", &["notebooks"]),
        ("src/checks/data", &["data"]),
    ];
    let mut expected = BTreeSet::new();
    for (path, checks) in places {
        let path = source(path);
        let texts = if path.exists() { texts(&path) } else { Vec::new() };
        for key in texts.iter().flat_map(|text| keys(text)) {
            expected.extend(checks.iter().map(|check| format!("mlhook.{check}.{key}")));
        }
    }
    // Rules have a list of their own on the page.
    for (rule, _) in rules() {
        expected.retain(|key| !key.ends_with(&format!(".{rule}")));
    }
    let page = page();
    let described: BTreeSet<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix(".B mlhook."))
        .map(|key| format!("mlhook.{key}"))
        .collect();
    assert_eq!(described, expected);
}

/// Rules of notebooks are told by their names.
fn rules() -> BTreeSet<(String, String)> {
    let level = |level| if level == Level::Error { "error" } else { "warn" };
    let mut rules: BTreeSet<_> =
        checks::data::levels().map(|(rule, at)| (rule.to_owned(), level(at).to_owned())).collect();
    for text in texts(&source("src/checks/notebooks")) {
        let names = text.split('"').filter(|word| word.starts_with("notebook-") && is_name(word));
        rules.extend(names.map(|name| (name.to_owned(), "error".to_owned())));
    }
    rules
}

#[test]
fn every_rule_is_on_the_page_and_no_other() {
    let page = page();
    let described: BTreeSet<(String, String)> = (page.lines())
        .filter_map(|line| line.strip_prefix(".BR ")?.strip_suffix(")\"")?.split_once(" \" ("))
        .map(|(rule, level)| (rule.to_owned(), level.to_owned()))
        .collect();
    assert!(!described.is_empty());
    assert_eq!(described, rules());
}
