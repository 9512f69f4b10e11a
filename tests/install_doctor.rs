//! `git mldata doctor`.

use insta::assert_snapshot;

use crate::common::machine::{python_tools, with_new_git};
use crate::common::{BINARY, TestEnv, skip};

/// The problems that are told, with their commands or the advice instead.
fn problems(env: &TestEnv) -> Vec<(String, String)> {
    let output = env.mldata(["doctor", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems: Vec<_> = (json["problems"].as_array().unwrap().iter())
        .map(|problem| {
            let text = |key| problem[key].as_str().map(str::to_owned);
            assert!(text("command").is_none() != text("advice").is_none(), "{problem}");
            (text("problem").unwrap(), text("command").or(text("advice")).unwrap())
        })
        .collect();
    assert_eq!(output.exit_code, Some(i32::from(!problems.is_empty())));
    problems
}

/// `MAJOR.MINOR`.
fn git_version(env: &TestEnv) -> String {
    let text = env.git(["--version"]).success().stdout_text();
    let number = text.split(' ').nth(2).unwrap();
    number.trim().splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

/// Runs the command of the only problem; then all is well.
fn solved(env: &TestEnv, expected: &str) {
    let found = problems(env);
    let [(problem, command)] = &found[..] else { panic!("{found:?}") };
    assert!(problem.contains(expected), "{problem}");
    env.sh(command).success();
    assert_eq!(problems(env), []);
}

fn hook(env: &TestEnv, name: &str, text: &str) {
    let path = format!(".git/hooks/{name}");
    env.write(&path, text);
    env.chmod(&path, 0o755);
}

#[test]
fn explains_a_repository_before_and_after() {
    let env = TestEnv::new();
    let before = problems(&env);
    let commands: Vec<&str> = before.iter().map(|(_, command)| command.as_str()).collect();
    assert_eq!(commands[0], "git mldata install");
    assert_eq!(&commands[1..], ["git mldata init"; 3]);
    assert_eq!(
        before[0].0,
        "Git calls us at no event: commits are not checked, and a push can leave data behind"
    );

    hook(&env, "pre-push", "#!/bin/sh\n");
    hook(&env, "post-merge", "#!/bin/sh\n");
    env.mldata(["init"]).success();
    env.git(["config", "mldata.hook.commit-msg", "false"]).success();
    let told = env.mldata(["doctor"]).success();
    let rest = told.stdout_text().replace(BINARY, "BINARY");
    let version = format!("Git {}", git_version(&env));
    let rest = rest.replacen(&version, "Git VERSION", 1);
    assert_snapshot!(rest, @"
    All is well.

    Git VERSION
    hooks in .git/hooks
    git-mldata on PATH: BINARY
    pre-commit:
      .git/hooks/pre-commit: ours, installed by BINARY
    pre-merge-commit:
      .git/hooks/pre-merge-commit: ours, installed by BINARY
    prepare-commit-msg:
      .git/hooks/prepare-commit-msg: ours, installed by BINARY
    commit-msg (ours is switched off):
      .git/hooks/commit-msg: ours, installed by BINARY
    post-checkout:
      .git/hooks/post-checkout: ours, installed by BINARY
    post-merge:
      .git/hooks/post-merge.mldata-chained: another's
      .git/hooks/post-merge: ours, installed by BINARY
    post-rewrite:
      .git/hooks/post-rewrite: ours, installed by BINARY
    pre-push:
      .git/hooks/pre-push: ours, installed by BINARY
      .git/hooks/pre-push.mldata-chained: another's
    ");
    assert_eq!(told.stderr_text(), "");

    env.remove(".git/hooks/pre-push");
    env.remove(".git/hooks/pre-push.mldata-chained");
    env.remove(".git/hooks/commit-msg");
    env.remove(".git/hooks/post-merge.mldata-chained");
    let told = env.mldata(["doctor"]).code(1);
    let text = told.stdout_text();
    assert_snapshot!(text.split_once("\n\n").unwrap().0, @"
    One thing to do:
      Git does not call us at pre-push: a push can leave data behind
          git mldata install --events pre-push
    ");
    assert_eq!(told.stderr_text(), "");
}

#[test]
fn each_command_solves_its_problem() {
    let env = TestEnv::new();
    env.mldata(["init"]).success();
    assert_eq!(problems(&env), []);

    env.remove(".git/hooks/post-merge");
    solved(&env, "does not call us at post-merge");
    env.chmod(".git/hooks/pre-push", 0o644);
    let found = problems(&env);
    assert!(found.iter().any(|(_, command)| command.starts_with("chmod +x ")), "{found:?}");
    env.chmod(".git/hooks/pre-push", 0o755);
    hook(
        &env,
        "post-merge",
        "#!/bin/sh\ncommand -v git-mldata >/dev/null 2>&1 || exit 0\ngit mldata hook post-merge \"$@\"\n",
    );
    solved(&env, "another version");

    // As pre-commit and lefthook move hooks, and are gone then.
    env.sh("cp .git/hooks/pre-commit .git/hooks/pre-commit.old").success();
    let found = problems(&env);
    assert!(found[0].0.starts_with("nothing runs our `"), "{found:?}");
    assert!(found[0].0.ends_with("/pre-commit.old`"), "{found:?}");
    env.sh(&found[0].1).success();
    assert_eq!(problems(&env), []);
    assert!(!env.exists(".git/hooks/pre-commit.old"));

    // Somebody has put another hook over ours.
    hook(&env, "post-checkout", "#!/bin/sh\n# mine\n");
    env.mldata(["uninstall", "-q"]).success();
    env.mldata(["install", "-q"]).success();
    hook(&env, "post-checkout", "#!/bin/sh\n# new\n");
    let found = problems(&env);
    let replaced = found.iter().find(|(problem, _)| problem.contains("another one has replaced"));
    env.sh(&replaced.expect("it is told").1).success();
    solved(&env, "does not call us at post-checkout");

    env.write(".gitattributes", env.read_text(".gitattributes") + "*.bin filter=lfs\n");
    let found = problems(&env);
    assert!(found[0].0.contains("git lfs pre-push"), "{found:?}");
}

#[test]
fn what_is_left_to_the_user_is_advice_and_no_command() {
    let env = TestEnv::new();
    if git_version(&env).split_once('.').unwrap().1.parse::<u32>().unwrap() >= 54 {
        skip("what_is_left_to_the_user_is_advice_and_no_command", "this Git has hooks by settings");
        return;
    }
    env.mldata(["init", "-q"]).success();
    env.mldata(["uninstall", "-q"]).success();
    env.git(["config", "core.hooksPath", ".husky/_"]).success();
    for event in ["pre-commit", "pre-push"] {
        env.write(format!(".husky/_/{event}"), "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"");
        env.chmod(format!(".husky/_/{event}"), 0o755);
    }
    for event in ["pre-merge-commit", "prepare-commit-msg", "commit-msg"] {
        env.git(["config", &format!("mldata.hook.{event}"), "false"]).success();
    }
    for event in ["post-checkout", "post-merge", "post-rewrite"] {
        env.git(["config", &format!("mldata.hook.{event}"), "false"]).success();
    }
    let found = problems(&env);
    assert_eq!(found.len(), 2, "{found:?}");
    for (_, advice) in &found {
        let (place, lines) = advice.split_once('\n').unwrap();
        let path = place.strip_prefix("put at the top of `").unwrap().strip_suffix("`:").unwrap();
        env.write(path, lines.replace("\n    ", "\n").trim_start().to_owned() + "\n");
    }
    assert_eq!(problems(&env), []);
    let pushed = env.read_text(".husky/pre-push");
    assert!(pushed.ends_with("EOF\n") && pushed.contains("\n$lines\n"), "{pushed}");
}

#[test]
fn a_directory_that_git_no_longer_uses() {
    let env = TestEnv::new();
    env.mldata(["init"]).success();
    env.git(["config", "core.hooksPath", "/dev/null"]).success();
    let found = problems(&env);
    let has = |text: &str| found.iter().any(|(problem, _)| problem.contains(text));
    assert!(has("`core.hooksPath` names no directory"), "{found:?}");
    assert!(has(".git/hooks`: `core.hooksPath` names `/dev/null`"), "{found:?}");
    assert!(has(": commits are not checked, and a push can leave data behind"), "{found:?}");
    let (_, command) = found.iter().find(|(_, command)| command.contains("--unset")).unwrap();
    env.sh(command).success();
    assert_eq!(problems(&env), []);

    // Set for the user, it is unset there.
    env.configure("core.hooksPath", "/dev/null");
    let found = problems(&env);
    let (_, command) = found.iter().find(|(_, command)| command.contains("--unset")).unwrap();
    assert_eq!(command, "git config --global --unset core.hooksPath");
}

#[test]
fn a_program_that_is_gone_and_hooks_that_are_off() {
    let mut env = TestEnv::new();
    env.mldata(["init"]).success();
    let text = env.read_text(".git/hooks/pre-push").replace(BINARY, "/nowhere/git-mldata");
    hook(&env, "pre-push", &text);
    assert_eq!(problems(&env), [], "it is on PATH");
    env.set("PATH", "/usr/local/bin:/usr/bin:/bin");
    let found = problems(&env);
    assert!(found[0].0.contains("`/nowhere/git-mldata` is gone"), "{found:?}");
    env.mldata(["install", "-q"]).success();
    assert_eq!(problems(&env), []);
    env.set("MLDATA_HOOKS", "0");
    assert_eq!(problems(&env)[0].1, "unset MLDATA_HOOKS");
}

#[test]
fn events_that_are_served_twice() {
    let mut env = TestEnv::new();
    if !with_new_git(&mut env, "events_that_are_served_twice") {
        return;
    }
    env.mldata(["init"]).success();
    env.sh("git config hook.mldata-pre-push.command true && git config hook.mldata-pre-push.event pre-push")
        .success();
    let found = problems(&env);
    assert!(found.iter().any(|(problem, _)| problem.contains("twice at pre-push")), "{found:?}");
    env.mldata(["install"]).success();
    assert_eq!(problems(&env), []);

    env.sh("git config core.hooksPath ../all && git config hook.mine.command true").success();
    env.sh("git config hook.mine.event pre-commit").success();
    env.mldata(["uninstall"]).success();
    env.mldata(["install"]).success();
    env.git(["config", "hook.mldata-post-merge.enabled", "false"]).success();
    let json: serde_json::Value =
        serde_json::from_slice(&env.mldata(["doctor", "--json"]).code(1).stdout).unwrap();
    let runs = &json["events"][0]["runs"];
    // In the order of the settings.
    assert_eq!(runs[0]["what"], "hook.mine");
    assert_eq!(runs[1]["what"], "hook.mldata-pre-commit");
    assert!(json.to_string().contains("hook.mldata-post-merge.enabled"), "{json}");

    // Settings for which Git fails are told in its words.
    env.git(["config", "hook.broken.event", "post-merge"]).success();
    let found = problems(&env);
    let (problem, advice) =
        found.iter().find(|(problem, _)| problem.starts_with("Git fails at post-merge")).unwrap();
    assert!(problem.contains("hook.broken.command"), "{problem}");
    let command = advice.split('`').nth(1).unwrap();
    assert!(env.sh(command).success().stdout_text().contains("hook.broken.event"));
}

#[test]
fn managers_of_hooks_are_explained() {
    const TEST: &str = "managers_of_hooks_are_explained";
    let Some(tools) = python_tools(TEST, &["pre-commit", "prek"]) else { return };
    for tool in ["pre-commit", "prek"] {
        let program = tools.join(tool);
        let env = TestEnv::new();
        env.write(".pre-commit-config.yaml", "repos: []\n");
        env.mldata(["init", "-q"]).success();
        env.sh(&format!("'{}' install", program.display())).success();
        let told = env.mldata(["doctor"]).success().stdout_text();
        assert!(told.contains("  .git/hooks/pre-commit.legacy: ours"), "{told}");
        assert!(told.contains(&format!("  .git/hooks/pre-commit: {tool}")), "{told}");
        env.write(
            ".pre-commit-config.yaml",
            "repos:\n  - repo: https://example.com\n    hooks:\n      - id: mlhook-data\n",
        );
        solved(&env, "pre-commit or prek run our checks, and so does our own hook");
        // It stays so.
        assert!(env.mldata(["install"]).success().stderr_text().contains("Nothing to do"));
    }
}
