//! Every rule by its name: switched off by `SKIP` and by settings, and told of, by programs and hooks.

use std::collections::BTreeSet;

use crate::checks_tools::{fake, repository, stage};
use crate::common::TestEnv;

const NOTEBOOK: &str = r#"{"cells": [{"cell_type": "code", "execution_count": 3, "metadata": {},
 "outputs": [{"output_type": "stream", "name": "stdout", "text": ["x"]}], "source": []}],
 "metadata": {"widgets": {"a": 1}}, "nbformat": 4, "nbformat_minor": 5}
"#;

/// A repository in which each check finds something by several rules.
fn repository_with_everything() -> TestEnv {
    let env = repository();
    // `check` tells lint from format.
    fake(
        &env,
        "ruff",
        "for f; do :; done; case $1 in check) printf '[{\"code\":\"F401\",\"filename\":\"%s\",\
         \"message\":\"m\",\"location\":{\"row\":1,\"column\":1}},{\"code\":\"PLR0913\",\
         \"filename\":\"%s\",\"message\":\"m\"}]' \"$PWD/a.py\" \"$PWD/a.py\";; \
         *) echo 'y = 1' >a.py;; esac",
    );
    env.git(["config", "mlhook.data.limit", "100"]).success();
    env.git(["config", "mlhook.notebooks.strip-metadata", "metadata.widgets"]).success();
    stage(
        &env,
        &[
            ("ruff.toml", ""),
            ("a.py", "x = 1\n"),
            ("undecodable.txt", "<<<<<<< a\n=======\n>>>>>>> b\n"),
            ("big.bin", &"x".repeat(101)),
            ("aux.txt", ""),
            ("Name", ""),
            ("name", ""),
            ("a.mldata", "?"),
        ],
    );
    env.write("bad.py", b"x = '\xff'\n");
    env.link("/etc/passwd", "absolute");
    env.git(["add", "bad.py", "absolute"]).success();
    env.write("n.ipynb", NOTEBOOK);
    env.write("broken.ipynb", "{");
    env.git(["add", "n.ipynb", "broken.ipynb"]).success();
    env
}

/// The rules of all findings of one check, with their levels.
fn rules(env: &TestEnv, check: &str) -> BTreeSet<(String, String)> {
    let output = env.mlhook(check, ["--json", "--check"]);
    let report = output.json();
    let findings = report["checks"][0]["findings"].as_array().unwrap();
    let text = |it: &serde_json::Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
    findings.iter().map(|it| (text(it, "rule"), text(it, "level"))).collect()
}

#[test]
fn every_rule_can_be_switched_off_by_its_name() {
    let mut env = repository_with_everything();
    let mut seen = BTreeSet::new();
    for check in ["notebooks", "format", "lint", "data"] {
        let all = rules(&env, check);
        for (rule, _) in &all {
            seen.insert(rule.clone());
            let is_it = |found: &BTreeSet<(String, String)>| found.iter().any(|(it, _)| it == rule);
            env.set("SKIP", format!("ruff-format,{rule}"));
            assert!(!is_it(&rules(&env, check)), "SKIP={rule}");
            let told = env.mlhook(check, ["--check"]).stderr_text();
            assert!(told.contains(&format!("left out by SKIP: {rule}\n")), "{told}");
            // A hook runs all checks but one that has the same name.
            let told = env.mldata(["hook", "pre-commit"]).stderr_text();
            assert!(told.contains(&format!("left out by SKIP: {rule}\n")), "{told}");
            env.set("SKIP", "");
            let key = format!("mlhook.{check}.{rule}");
            env.git(["config", &key, "off"]).success();
            assert!(!is_it(&rules(&env, check)), "{key}");
            env.git(["config", &key, "warn"]).success();
            let found = rules(&env, check);
            assert!(found.contains(&(rule.clone(), "warning".to_owned())), "{key}: {found:?}");
            env.git(["config", "--unset", &key]).success();
            assert_eq!(rules(&env, check), all, "{rule}");
        }
    }
    let expected = [
        "F401",
        "PLR0913",
        "big-file",
        "case-fold",
        "conflict-marker",
        "format",
        "invalid-syntax",
        "notebook-broken",
        "notebook-count",
        "notebook-output",
        "pointer",
        "symlink",
        "windows-name",
    ];
    for rule in expected {
        assert!(seen.contains(rule), "{rule}: {seen:?}");
    }
}

#[test]
fn findings_tell_which_tool_made_them() {
    let env = repository_with_everything();
    let report = env.mlhook("lint", ["--json"]).json();
    let findings = report["checks"][0]["findings"].as_array().unwrap();
    let tools: BTreeSet<_> =
        findings.iter().map(|it| (it["rule"].as_str().unwrap(), it["tool"].as_str())).collect();
    let expected = [("F401", Some("ruff")), ("PLR0913", Some("ruff")), ("invalid-syntax", None)];
    assert_eq!(tools, BTreeSet::from(expected));
    let report = env.mlhook("format", ["--json"]).json();
    assert_eq!(report["checks"][0]["findings"][0]["tool"], "ruff");
    // A run of its own for each tool, so that one replaces what the same said before.
    let log = env.mlhook("lint", ["--sarif"]).json();
    let runs: Vec<_> = (log["runs"].as_array().unwrap().iter())
        .map(|run| {
            let name = run["tool"]["driver"]["name"].as_str().unwrap().to_owned();
            let results = run["results"].as_array().unwrap().len();
            (name, run["automationDetails"]["id"].as_str().unwrap().to_owned(), results)
        })
        .collect();
    let id = "mlhook-lint/".to_owned();
    assert_eq!(runs, [("mlhook-lint".to_owned(), id.clone(), 1), ("ruff".to_owned(), id, 2)]);
}

#[test]
fn doctor_tells_of_tools_that_are_missing() {
    let env = repository();
    let problems = || {
        let report = env.mldata(["doctor", "--json"]).json();
        let problems = report["problems"].as_array().unwrap().clone();
        let text =
            |it: &serde_json::Value, key: &str| it[key].as_str().unwrap_or_default().to_owned();
        let problems = problems.iter().map(|it| (text(it, "problem"), text(it, "command")));
        problems
            .filter(|(problem, _)| problem.contains(" check wants") || problem.contains("setting"))
            .collect::<Vec<_>>()
    };
    stage(&env, &[("a.py", "x = 1\n"), ("uv.lock", "")]);
    // Who chose nothing misses nothing.
    assert_eq!(problems(), []);
    stage(&env, &[("pyproject.toml", "[tool.black]\n[tool.interrogate]\n")]);
    let problem = |name: &str, check: &str| {
        let problem = format!("`{name}` is not installed, which the {check} check wants");
        (problem, format!("uv add --dev {name}"))
    };
    assert_eq!(problems(), [problem("black", "format"), problem("interrogate", "lint")]);
    fake(&env, "black", "exit 9");
    env.git(["config", "mlhook.lint.tools", "flake8"]).success();
    assert_eq!(problems(), [problem("flake8", "lint")]);
    assert_eq!(crate::checks_tools::started(&env), 0, "nothing is run");
    env.git(["config", "mlhook.lint.enabled", "false"]).success();
    assert_eq!(problems(), []);
    env.git(["config", "mlhook.format.tools", "blakc"]).success();
    let [(problem, _)] = &problems()[..] else { panic!("{:?}", problems()) };
    assert!(problem.contains("`blakc`"), "{problem}");
}
