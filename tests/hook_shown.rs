//! What the programs that check say, and what they check.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::Value;

use crate::common::TestEnv;

const NOTHING: [&str; 0] = [];

/// A repository in which files of more than ten bytes are big.
fn repository() -> TestEnv {
    let env = TestEnv::new();
    env.git(["config", "mlhook.data.limit", "10"]).success();
    env.git(["config", "mlhook.data.windows-name", "off"]).success();
    env.git(["commit", "--quiet", "--allow-empty", "-m", "first"]).success();
    env
}

/// The paths in which something is found.
fn found(env: &TestEnv, arguments: &[&str]) -> Vec<String> {
    let json: Value = env.mlhook("data", ["--json"].iter().chain(arguments)).json();
    let findings = json["checks"][0]["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["path"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn findings_are_data_and_all_else_is_not() {
    let mut env = repository();
    assert_snapshot!(env.mlhook("data", NOTHING), @r"
    [stderr]
    no files to check
    [ok]
    ");
    env.write("sub/small", "");
    env.git(["add", "."]).success();
    assert_snapshot!(env.mlhook("data", NOTHING), @r"
    [stderr]
    nothing found in 1 file
    [ok]
    ");
    env.write("large", "a dozen or more");
    env.write("sub/sm\u{1b}all", "another dozen");
    env.git(["add", "."]).success();
    let clean = |output: String| output.replace("git rm", "git-rm");
    let told = env.mlhook("data", NOTHING).code(1);
    assert_snapshot!(told.stdout_text(), @r"
    large: big-file 15 bytes going into Git
    sub/sm\u{1b}all: big-file 13 bytes going into Git
    ");
    let said = clean(told.stderr_text());
    assert!(said.ends_with("2 findings in 2 of 3 files\n"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");

    // As seen from where one is.
    env.cd("repo/sub");
    let told = env.mlhook("data", ["--quiet"]).code(1);
    assert!(told.stdout_text().starts_with("../large: big-file "), "{told}");
    assert_eq!(told.stderr_text(), "");
    let told = env.mlhook("data", ["--color", "always", "../large"]).code(1);
    assert!(told.stdout_text().starts_with("\u{1b}[1m../large\u{1b}[0m: \u{1b}[31m"), "{told}");
    assert_snapshot!(env.mlhook("data", ["--verbose", "small"]), @r"
    [stderr]
    data: 1 file, 0 findings in <time>
    nothing found in 1 file
    [ok]
    ");

    env.git(["config", "mlhook.data.big-file", "warn"]).success();
    let told = env.mlhook("data", ["../large"]).success();
    assert_eq!(told.stdout_text(), "../large: warning: big-file 15 bytes going into Git\n");
    assert!(told.stderr_text().ends_with("1 warning in 1 of 1 file\n"), "{told}");
}

#[test]
fn a_hundred_findings_have_a_hundred_lines_and_few_hints() {
    let env = repository();
    for number in 0..100 {
        env.write(format!("{number}"), "a dozen or more");
    }
    env.git(["add", "."]).success();
    let told = env.mlhook("data", NOTHING).code(1);
    assert_eq!(told.stdout_text().lines().count(), 100);
    let said = told.stderr_text();
    assert_eq!(said.matches("hint: ").count(), 4, "{said}");
    assert!(said.contains("and 97 more like it for `big-file`"), "{said}");
    assert!(said.ends_with("100 findings in 100 of 100 files\n"), "{said}");
}

#[test]
fn what_is_checked_follows_from_what_is_asked() {
    let mut env = repository();
    let long = "a dozen or more";
    env.write("dir/old", long);
    env.write("kept", long);
    env.commit("old");
    env.git(["tag", "old"]).success();
    env.git(["rm", "--quiet", "kept"]).success();
    env.write("dir/new", "not what was there before");
    env.write("new", "not what was there before");
    env.git(["add", "."]).success();
    // Neither what is only in the worktree nor what is not there any more.
    env.write("dir/untracked", "nothing that was there before");
    std::fs::remove_file(env.dir().join("new")).unwrap();

    assert_eq!(found(&env, &[]), ["dir/new", "new"]);
    assert_eq!(found(&env, &["new"]), ["new"]);
    assert_eq!(found(&env, &["dir", "kept"]), ["dir/new"]);
    assert_eq!(found(&env, &["."]), ["dir/new", "new"]);
    assert_eq!(found(&env, &["--all"]), ["dir/new", "dir/old", "new"]);
    assert_eq!(found(&env, &["--all", "dir"]), ["dir/new", "dir/old"]);
    // What the last commit has is in Git already.
    assert_eq!(found(&env, &["--worktree", "dir"]), ["dir/new"]);
    assert_eq!(found(&env, &["--worktree", "dir/untracked"]), ["dir/untracked"]);
    assert_eq!(found(&env, &["--from-ref", "old~1", "--to-ref", "old"]), ["dir/old", "kept"]);
    assert_eq!(found(&env, &["--from-ref", "old~1", "kept"]), ["kept"]);

    // From where two branches parted.
    env.commit("new");
    env.sh("git switch --quiet -c topic old; echo a dozen or more > topic").success();
    env.commit("topic");
    assert_eq!(found(&env, &["--from-ref", "main"]), ["topic"]);
    env.sh("git switch --quiet --orphan other; echo a dozen or more > other").success();
    env.commit("other");
    assert!(found(&env, &["--from-ref", "main"]).contains(&"other".to_owned()));

    let absolute = env.dir().join("gone/../other").display().to_string();
    env.write("sub/x", "");
    env.cd("repo/sub");
    for name in ["../other", "gone/../../other", &absolute] {
        assert_eq!(found(&env, &["--all", name]), ["../other"], "{name}");
    }
}

/// The hosts themselves are in `hook_hosts.rs`; this needs none.
#[test]
fn under_a_host_named_files_are_taken_as_they_lie() {
    let mut env = repository();
    let conflict = "<<<<<<< ours\n=======\n>>>>>>> theirs\n";
    env.git(["config", "mlhook.data.limit", "5m"]).success();
    env.write("a", "short");
    env.write("b", conflict);
    env.git(["add", "."]).success();
    env.write("a", conflict);
    env.set("PRE_COMMIT", "1");
    assert_eq!(found(&env, &["a"]), ["a"]);
    assert_eq!(found(&env, &["gone", "b"]), ["b"]);
    assert_eq!(found(&env, &[]), ["b"]);
    // Nothing is staged: a host that starts a check all the same wants everything.
    env.git(["commit", "--quiet", "-m", "b"]).success();
    assert_eq!(found(&env, &[]), ["b"]);
    env.set("PRE_COMMIT_FROM_REF", "HEAD");
    env.set("PRE_COMMIT_TO_REF", "HEAD");
    assert!(found(&env, &[]).is_empty());
}

#[test]
fn what_cannot_be_checked_is_an_error_of_usage() {
    let env = repository();
    env.write("a", "a");
    env.git(["add", "."]).success();
    assert_snapshot!(env.mlhook("data", ["b"]), @r"
    [stderr]
    error: cannot check `b`: there is no such file
    [exit code 2]
    ");
    assert_snapshot!(env.mlhook("data", ["../b"]), @r"
    [stderr]
    error: cannot check `../b`: it is outside of the worktree
    [exit code 2]
    ");
    env.link("..", "up");
    for arguments in [
        &["up/x"][..],
        &["--worktree", "c"],
        &["--from-ref", "HEAD", "c"],
        &["--worktree"],
        &["--fix", "--check"],
        &["--to-ref", "HEAD"],
        &["--json", "--sarif"],
    ] {
        env.mlhook("data", arguments).code(2);
    }
    env.mlhook("data", ["--from-ref", "nothing"]).code(3);
}

#[test]
fn the_report_for_programs_has_everything() {
    let env = repository();
    env.write("large", "a dozen or more");
    env.git(["add", "."]).success();
    let mut json = env.mlhook("data", ["--json"]).code(1).json();
    assert!(json["checks"][0]["seconds"].as_f64().unwrap() < 60.0);
    json["checks"][0]["seconds"] = 0.into();
    json["checks"][0]["findings"][0]["hint"] = "a hint".into();
    let expected = serde_json::json!({
        "failed": true,
        "broken": false,
        "checks": [{
            "check": "data",
            "files": 1,
            "seconds": 0,
            "tools": [],
            "findings": [{
                "path": "large",
                "line": null,
                "column": null,
                "level": "error",
                "rule": "big-file",
                "tool": null,
                "message": "15 bytes going into Git",
                "hint": "a hint",
                "fixable": false,
            }],
            "ignored": [],
        }],
        "fixed": [],
        "undo": null,
        "overtaken": [],
        "withheld": 0,
        "left_behind": null,
        "unknown_settings": [],
    });
    assert_eq!(json, expected);
}

/// A notebook whose only cell ran.
const RAN: &str = r#"{"cells": [{"cell_type": "code", "execution_count": 7, "metadata": {}, "outputs": [],
 "source": []}], "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
"#;

#[test]
fn corrections_are_told_and_can_be_taken_back() {
    let env = repository();
    env.write("a b.ipynb", RAN);
    env.git(["add", "."]).success();
    let told = env.mlhook("notebooks", NOTHING).code(1);
    assert!(told.stdout_text().starts_with("a b.ipynb:1: notebook-count "), "{told}");
    assert!(told.stderr_text().ends_with("; fix: mlhook-notebooks --fix\n"), "{told}");
    assert!(!told.stderr_text().contains("hint"), "{told}");
    let told = env.mlhook("notebooks", ["."]).code(1);
    assert!(told.stderr_text().ends_with("; fix: mlhook-notebooks --fix .\n"), "{told}");

    let fixed = env.mlhook("notebooks", ["--fix"]).success();
    assert_eq!(fixed.stdout_text(), "");
    let said = fixed.stderr_text();
    let lines: Vec<&str> = said.lines().collect();
    let [first, undo, last] = lines[..] else { panic!("{said}") };
    assert_eq!((first, last), ("fixed `a b.ipynb`", "fixed 1 of 1 file"));
    let staged = || env.git(["show", ":a b.ipynb"]).success().stdout_text();
    assert_eq!(staged(), RAN.replace('7', "null"));
    env.sh(undo.strip_prefix("undo: ").unwrap()).success();
    assert_eq!(staged(), RAN);

    let fixed = env.mlhook("notebooks", ["--fix", "--json"]).success().json();
    assert_eq!(fixed["fixed"][0]["path"], "a b.ipynb");
    assert!(fixed["undo"].as_str().unwrap().starts_with("git update-index "), "{fixed}");
}

#[test]
fn sarif_is_what_its_standard_asks_for() {
    let env = repository();
    env.write("a b/\u{fc}:%", "a dozen or more");
    env.write("plain", "a dozen or more");
    env.git(["add", "."]).success();
    let log = env.mlhook("data", ["--sarif"]).code(1).json();
    assert_sarif(&log);
    let results = log["runs"][0]["results"].as_array().unwrap();
    let uri = |at: usize| {
        let place = &results[at]["locations"][0]["physicalLocation"]["artifactLocation"];
        place["uri"].as_str().unwrap()
    };
    assert_eq!([uri(0), uri(1)], ["a%20b/%C3%BC%3A%25", "plain"]);
    let text = log.to_string();
    assert!(!text.contains(env.root().to_str().unwrap()), "{text}");
    env.git(["rm", "-rq", "--cached", "."]).success();
    let empty = env.mlhook("data", ["--sarif"]).success().json();
    assert_sarif(&empty);
    assert_eq!(empty["runs"][0]["results"], serde_json::json!([]));
}

/// What the standard requires of the objects that we write (SARIF 2.1.0, sections 3.13 to 3.49).
#[track_caller]
fn assert_sarif(log: &Value) {
    let keys = |value: &Value, allowed: &[&str]| {
        let found: BTreeSet<String> = value.as_object().unwrap().keys().cloned().collect();
        let unknown: Vec<_> = found.iter().filter(|key| !allowed.contains(&&key[..])).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
    };
    let text = |value: &Value| assert!(!value["text"].as_str().unwrap().is_empty(), "{value}");
    let list = |value: &Value| value.as_array().unwrap().clone();
    let one_of = |value: &Value, words: &[&str]| assert!(words.contains(&value.as_str().unwrap()));
    const LEVELS: [&str; 4] = ["none", "note", "warning", "error"];
    let places = |locations: &Value, bases: &Value| {
        for location in list(locations) {
            let physical = &location["physicalLocation"];
            keys(physical, &["artifactLocation", "region"]);
            let artifact = &physical["artifactLocation"];
            let uri = artifact["uri"].as_str().unwrap();
            let legal = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
            assert!(uri.chars().all(legal) && !uri.starts_with('/'), "{uri}");
            assert!(bases.get(artifact["uriBaseId"].as_str().unwrap()).is_some());
            if let Some(region) = physical.get("region") {
                assert!(region["startLine"].as_u64().unwrap() >= 1);
                assert!(region.get("startColumn").is_none_or(|column| column.as_u64() >= Some(1)));
            }
        }
    };
    keys(log, &["$schema", "version", "runs"]);
    assert_eq!(log["version"], "2.1.0");
    for run in list(&log["runs"]) {
        const RUN: [&str; 6] = [
            "tool",
            "automationDetails",
            "columnKind",
            "originalUriBaseIds",
            "invocations",
            "results",
        ];
        keys(&run, &RUN);
        assert_eq!(run["automationDetails"]["id"], "mlhook-data/");
        let driver = &run["tool"]["driver"];
        assert!(driver["name"].as_str().unwrap().starts_with("mlhook-"));
        one_of(&run["columnKind"], &["utf16CodeUnits", "unicodeCodePoints"]);
        let rules = list(&driver["rules"]);
        let ids: BTreeSet<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), rules.len(), "rules are there once");
        for invocation in list(&run["invocations"]) {
            assert!(invocation["executionSuccessful"].is_boolean());
            for notification in list(&invocation["toolExecutionNotifications"]) {
                one_of(&notification["level"], &LEVELS);
                text(&notification["message"]);
                if let Some(locations) = notification.get("locations") {
                    places(locations, &run["originalUriBaseIds"]);
                }
            }
        }
        for result in list(&run["results"]) {
            keys(&result, &["ruleId", "ruleIndex", "level", "message", "locations"]);
            one_of(&result["level"], &LEVELS);
            text(&result["message"]);
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            places(&result["locations"], &run["originalUriBaseIds"]);
        }
    }
}
