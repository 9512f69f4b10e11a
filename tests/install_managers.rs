//! `git mldata install` beside other programs that install hooks: their texts, and, where they are on
//! PATH, they themselves.

use insta::assert_snapshot;

use crate::common::machine::python_tools;
use crate::common::{TestEnv, skip};

/// The hooks of lefthook 2, without what finds the program.
const LEFTHOOK: &str = "#!/bin/sh\n\nif [ \"$LEFTHOOK_VERBOSE\" = \"1\" ]; then\n  set -x\nfi\n\n\
                        if [ \"$LEFTHOOK\" = \"0\" ]; then\n  exit 0\nfi\n\n\
                        call_lefthook()\n{\n  lefthook \"$@\"\n}\n\n";

fn hook(env: &TestEnv, path: &str, text: &str) {
    env.write(path, text);
    env.chmod(path, 0o755);
}

/// The runners that doctor tells of, as `KIND WHAT`.
fn runners(env: &TestEnv, event: &str) -> Vec<String> {
    let output = env.mldata(["doctor", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let events = json["events"].as_array().unwrap();
    let found = events.iter().find(|found| found["event"] == event).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let runs = found["runs"].as_array().unwrap().iter();
    runs.map(|run| format!("{} {}", text(&run["kind"]), text(&run["what"]))).collect()
}

#[test]
fn the_file_of_lefthook_with_our_lines() {
    let env = TestEnv::new();
    for name in ["pre-commit", "pre-push"] {
        hook(
            &env,
            &format!(".git/hooks/{name}"),
            &format!("{LEFTHOOK}call_lefthook run \"{name}\" \"$@\"\n"),
        );
    }
    env.write(".lefthook.toml", "");
    let install = ["install", "--method", "hookdir", "--events", "pre-commit,pre-push"];
    let told = env.mldata(install).code(1).stderr_text();
    assert!(told.contains("add to `.lefthook.toml`"), "{told}");
    assert_eq!(told.matches("warning:").count(), 1, "{told}");
    let told = env.mldata(["doctor"]).code(1).to_string();
    assert!(told.contains("does not call us at pre-commit:"), "{told}");

    env.remove(".lefthook.toml");
    env.write(
        "lefthook.yml",
        "pre-commit:\n  commands:\n    mldata:\n      run: git mldata hook pre-commit {0}\n\
         pre-push:\n  commands:\n    mldata:\n      run: git mldata hook pre-push {0}\n      \
         use_stdin: true\n",
    );
    assert_snapshot!(env.mldata(["install", "--events", "pre-commit,pre-push"]), @"
    [stderr]
    Nothing to do: the hooks are installed.
    [ok]
    ");
    let expected = ["manager .git/hooks/pre-push", "line lefthook.yml"];
    assert_eq!(runners(&env, "pre-push"), expected);
}

#[test]
fn the_directory_of_husky() {
    let env = TestEnv::new();
    hook(&env, ".husky/_/pre-commit", "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"");
    hook(&env, ".husky/_/pre-push", "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"");
    env.write(".husky/pre-commit", "make\n");
    env.git(["config", "core.hooksPath", ".husky/_"]).success();
    assert_eq!(
        runners(&env, "pre-commit"),
        ["manager .husky/_/pre-commit", "other .husky/pre-commit"]
    );
    assert_snapshot!(
        env.mldata(["install", "--method", "hookdir", "--events", "pre-commit,commit-msg"]).code(1),
        @r#"
    [stderr]
    warning: no hooks were installed: husky keeps your hooks in `.husky`; these lines at their top call ours:
        # .husky/pre-commit
        git mldata hook pre-commit "$@" || exit $?
        # .husky/commit-msg
        git mldata hook commit-msg "$@" || exit $?
    [exit code 1]
    "#
    );
    env.write(".husky/pre-commit", "git mldata hook pre-commit \"$@\" || exit $?\nmake\n");
    assert_eq!(
        runners(&env, "pre-commit"),
        ["manager .husky/_/pre-commit", "line .husky/pre-commit"]
    );
    assert_eq!(runners(&env, "pre-push"), ["manager .husky/_/pre-push"]);
}

/// The lines that are told for a hook, event by event.
fn told_lines(env: &TestEnv) -> Vec<(String, String)> {
    let output = env.mldata(["install", "--method", "hookdir", "--json"]).code(1);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let hooks = json["hooks"].as_array().unwrap().iter();
    hooks.map(|hook| (text(&hook["event"]), text(&hook["lines"]))).collect()
}

#[test]
fn the_lines_that_are_told_stop_git_and_leave_its_lines_to_the_rest_of_the_hook() {
    let env = TestEnv::new();
    // As of hooks that a team shares: the setting is the user's.
    env.configure("core.hooksPath", "../of-all");
    let told = told_lines(&env);
    assert_eq!(told.len(), 8);
    for (event, lines) in told {
        let reads = matches!(&event[..], "pre-push" | "post-rewrite");
        let rest = if reads { "cat >>../log\n" } else { "echo done >>../log\n" };
        hook(&env, &format!("../of-all/{event}"), &format!("#!/bin/sh\n{lines}\n{rest}"));
    }
    env.commit("first");
    env.write("../log", "");
    env.write("big", vec![b'x'; 6 << 20]);
    env.git(["add", "big"]).success();
    let refused = env.git(["commit", "-qm", "big"]).code(1);
    assert!(refused.stderr_text().contains("big:"), "{refused}");
    env.git(["rm", "-q", "--cached", "big"]).success();
    let message = "a run\n\nMlrun-Run: nothing\n";
    env.git(["commit", "-q", "--allow-empty", "--no-edit", "-m", message]).code(1);
    // What came before commit-msg has run in full.
    assert_eq!(env.read_text("../log"), "done\ndone\n");

    env.write("../log", "");
    env.git(["commit", "-q", "--amend", "--allow-empty", "-m", "second"]).success();
    let log = env.read_text("../log");
    let now = env.git(["rev-parse", "HEAD"]).stdout_text();
    assert!(log.lines().any(|line| line.ends_with(now.trim())), "{log}");
    env.sh("git init -q --bare ../o.git && git remote add origin ../o.git").success();
    env.write("../log", "");
    env.git(["push", "-q", "origin", "HEAD:refs/heads/main"]).success();
    let log = env.read_text("../log");
    assert!(log.starts_with("HEAD ") && log.contains(" refs/heads/main "), "{log}");

    env.remove("big");
    env.mldata(["init", "-q"]).success();
    env.write("data", "data\n");
    env.mldata(["add", "data"]).success();
    env.git(["add", "."]).success();
    env.git(["commit", "-qm", "data"]).success();
    env.write("../log", "");
    env.git(["push", "-q", "origin", "HEAD:refs/heads/main"]).code(1);
    assert_eq!(env.read_text("../log"), "", "the push was stopped, and so was the hook");
}

#[test]
fn git_lfs_itself() {
    if which::which("git-lfs").is_err() {
        skip("git_lfs_itself", "no git-lfs on PATH");
        return;
    }
    let env = TestEnv::new();
    env.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    env.mldata(["init", "-q"]).success();
    // It does not put its hooks where there are others.
    env.git(["lfs", "install", "--local"]).code(2);
    let output = env.mldata(["doctor", "--json"]).code(1);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    env.sh(json["problems"][0]["command"].as_str().unwrap()).success();
    env.mldata(["doctor"]).success();
    env.write("a.bin", "large\n");
    env.git(["add", "."]).success();
    env.git(["commit", "-qm", "first"]).success();
    env.sh("git init -q --bare ../o.git && git remote add origin ../o.git").success();
    env.git(["push", "-q", "origin", "HEAD:refs/heads/main"]).success();
    assert!(env.exists("../o.git/lfs/objects"), "its hook ran, and got the lines of Git");
}

#[test]
fn lefthook_itself() {
    const TEST: &str = "lefthook_itself";
    let Some(tools) = python_tools(TEST, &["lefthook"]) else { return };
    let lefthook = tools.join("lefthook");
    let env = TestEnv::new();
    env.write("lefthook.yml", "pre-push:\n  commands:\n    own:\n      run: echo own >>../log\n");
    env.mldata(["install", "-q"]).success();
    env.sh(&format!("'{}' install", lefthook.display())).success();
    assert!(env.exists(".git/hooks/pre-push.old"));
    let told = env.mldata(["doctor"]).code(1).to_string();
    assert!(told.contains("does not call us at pre-push"), "{told}");
    env.mldata(["uninstall"]).success();
    assert!(!env.exists(".git/hooks/pre-push.old") && env.exists(".git/hooks/pre-push"));
}
