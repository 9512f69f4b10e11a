//! What all events have in common, and those that make a commit, through Git's own commands.

use insta::assert_snapshot;

use crate::common::runs::{run, store};
use crate::common::{Output, TestEnv, skip};
use gitml::git::Repo;

/// Too big for Git.
const BIG: usize = (5 << 20) + 1;

/// Puts hooks in place for `events`, as they are installed.
fn install(env: &TestEnv, events: &[&str]) {
    let common = env.git(["rev-parse", "--git-common-dir"]).success().stdout_text();
    for event in events {
        let path = format!("{}/hooks/{event}", common.trim());
        env.write(&path, format!("#!/bin/sh\nexec git mldata hook {event} \"$@\"\n"));
        env.chmod(&path, 0o755);
    }
}

/// A repository with a commit, and a hook that checks.
fn checked() -> TestEnv {
    let env = TestEnv::new();
    env.git(["commit", "--quiet", "--allow-empty", "-m", "first"]).success();
    install(&env, &["pre-commit", "pre-merge-commit"]);
    env
}

fn stage_big(env: &TestEnv, name: &str) {
    env.write(name, vec![7; BIG]);
    env.git(["add", name]).success();
}

#[track_caller]
fn assert_stopped(output: Output) {
    let said = output.code(1).stderr_text();
    assert!(said.contains("big-file"), "{said}");
    assert!(said.trim_end().ends_with("--no-verify`"), "{said}");
}

fn commit(env: &TestEnv, message: &str) -> Output {
    env.git(["commit", "--quiet", "-m", message])
}

#[test]
fn a_commit_is_stopped_by_what_is_found_and_silent_else() {
    let env = checked();
    env.write("small", "x\n");
    env.git(["add", "small"]).success();
    assert_snapshot!(commit(&env, "small"), @"[ok]");
    stage_big(&env, "big");
    let output = commit(&env, "big");
    assert!(output.stdout.is_empty(), "{output}");
    assert_stopped(output);
    env.git(["commit", "--quiet", "--no-verify", "-m", "big"]).success();
    // What is committed already is of no concern.
    env.write("small", "y\n");
    assert_snapshot!(env.git(["commit", "--quiet", "--all", "-m", "small"]), @"[ok]");
    env.git(["config", "mldata.hook.verbose", "true"]).success();
    env.write("small", "z\n");
    let said = env.git(["commit", "--quiet", "--all", "-m", "small"]).success().stderr_text();
    assert!(said.starts_with("Checked 1 file: ") && said.lines().count() == 1, "{said}");
    // Nothing is staged.
    let amend = ["commit", "--quiet", "--amend", "-m", "smaller"];
    assert_snapshot!(env.git(amend), @"[ok]");
}

#[test]
fn checks_can_be_left_out() {
    let mut env = checked();
    stage_big(&env, "big");
    assert_stopped(commit(&env, "big"));
    for (skip, said) in [
        ("mlhook-data,black", "left out by SKIP: data\n"),
        ("big-file", "left out by SKIP: big-file\n"),
        ("pre-commit", "left out by SKIP: pre-commit\n"),
        ("format,lint,data,notebooks", "left out by SKIP: notebooks, format, lint, data\n"),
    ] {
        env.set("SKIP", skip);
        assert_eq!(commit(&env, "big").success().stderr_text(), said, "{skip}");
        env.unset("SKIP");
        env.git(["reset", "--quiet", "--soft", "HEAD~1"]).success();
    }
    env.set("SKIP", "black,pre-push");
    assert_stopped(commit(&env, "big"));
    env.unset("SKIP");
    env.set("MLDATA_HOOKS", "0");
    assert_snapshot!(commit(&env, "big"), @"[ok]");
    env.git(["reset", "--quiet", "--soft", "HEAD~1"]).success();
    env.unset("MLDATA_HOOKS");
    env.git(["config", "mldata.hook.pre-commit", "off"]).success();
    assert_snapshot!(commit(&env, "big"), @"[ok]");
}

#[test]
fn a_clone_cannot_switch_hooks_off() {
    let env = checked();
    env.write(".mldataconfig", "[mldata \"hook\"]\n    pre-commit = false\n");
    stage_big(&env, "big");
    env.git(["add", ".mldataconfig"]).success();
    assert_stopped(commit(&env, "big"));
}

#[test]
fn settings_of_hooks_are_no_remote() {
    let env = TestEnv::new();
    env.git(["config", "mldata.hook.pre-push", "false"]).success();
    env.git(["config", "mldata.hook.url", "../x"]).success();
    assert_eq!(env.mldata(["remote", "list"]).success().stdout_text(), "");
    assert_snapshot!(env.mldata(["remote", "add", "hook", "../store"]), @"
    [stderr]
    error: `hook` cannot be the name of a remote
    hint: settings of hooks have that name: choose another one
    [exit code 3]
    ");
    env.mldata(["remote", "add", "hooks", "../store"]).success();
    env.mldata(["remote", "rename", "hooks", "hook"]).code(3);
}

#[test]
fn a_merge_is_checked_for_what_no_parent_has() {
    let env = checked();
    env.git(["switch", "--quiet", "-c", "side"]).success();
    stage_big(&env, "big");
    env.git(["commit", "--quiet", "--no-verify", "-m", "side"]).success();
    env.git(["switch", "--quiet", "main"]).success();
    env.git(["commit", "--quiet", "--allow-empty", "-m", "main"]).success();
    // What the other side has was checked there.
    env.git(["config", "mldata.hook.verbose", "true"]).success();
    assert_snapshot!(env.git(["merge", "--quiet", "--no-edit", "side"]), @"[ok]");
    env.git(["reset", "--quiet", "--hard", "HEAD~1"]).success();
    // A strategy that brings what nobody has: checked, and stopped.
    env.git(["merge", "--quiet", "--no-commit", "side"]).success();
    stage_big(&env, "bigger");
    assert_stopped(commit(&env, "merge"));
    env.git(["rm", "--quiet", "--force", "bigger"]).success();
    assert_snapshot!(commit(&env, "merge"), @"[ok]");
}

/// A repository with the run `02…`, called `two`.
fn with_run() -> (TestEnv, String) {
    let env = TestEnv::new();
    env.git(["commit", "--quiet", "--allow-empty", "-m", "first"]).success();
    let ran = run(2, "two");
    store(&Repo::at(env.dir()).unwrap(), std::slice::from_ref(&ran));
    install(&env, &["commit-msg", "post-rewrite", "prepare-commit-msg"]);
    (env, ran.id.to_string())
}

fn commit_of(env: &TestEnv, run: &str) -> Output {
    let trailer = format!("Mlrun-Run: {run}");
    env.git(["commit", "--quiet", "--allow-empty", "-m", "Train", "-m", &trailer])
}

#[test]
fn trailers_have_to_name_runs() {
    let (env, id) = with_run();
    assert_snapshot!(commit_of(&env, &id), @"[ok]");
    assert_snapshot!(commit_of(&env, "two"), @"
    [stderr]
    error: `Mlrun-Run: two` is not the whole id of a run
    hint: write `Mlrun-Run: <id>`
    hint: the message is kept: `git commit -e -F .git/COMMIT_EDITMSG`
    [exit code 1]
    ");
    assert_snapshot!(env.sh("tail -1 .git/COMMIT_EDITMSG"), @"
    Mlrun-Run: two
    [ok]
    ");
    commit_of(&env, &id[..8]).code(1);
    commit_of(&env, "main").code(1);
    commit_of(&env, "").code(1);
    // A run of another clone.
    let other = "03".repeat(16);
    let output = commit_of(&env, &other).success().stderr_text();
    assert!(output.starts_with("warning: ") && output.contains("git mlrun pull"), "{output}");
    let kept = env.git(["log", "-1", "--format=%b"]).success().stdout_text();
    assert_eq!(kept.trim(), format!("Mlrun-Run: {other}"));
    // Of no concern to whom it is not about.
    assert_snapshot!(commit(&env, "x").exit_code.unwrap(), @"1");
    env.git(["commit", "--quiet", "--allow-empty", "-m", "Mlrun-Runs: two"]).success();
    env.git(["config", "mldata.hook.commit-msg", "false"]).success();
    commit_of(&env, "two").success();
}

#[test]
fn what_git_commits_again_is_not_stopped_by_an_old_message() {
    let (env, _) = with_run();
    env.git(["branch", "topic"]).success();
    env.git(["commit", "--quiet", "--allow-empty", "-m", "main"]).success();
    env.git(["switch", "--quiet", "topic"]).success();
    env.write("x", "x\n");
    env.git(["add", "x"]).success();
    env.git(["commit", "--quiet", "--no-verify", "-m", "old", "-m", "Mlrun-Run: two"]).success();
    env.git(["rebase", "--quiet", "--force-rebase", "main"]).success();
    env.git(["switch", "--quiet", "main"]).success();
    env.git(["cherry-pick", "topic"]).success();
    let kept = env.git(["log", "-1", "--format=%b"]).success().stdout_text();
    assert_eq!(kept.trim(), "Mlrun-Run: two");
}

#[test]
fn a_bisection_leaves_data_alone() {
    let env = TestEnv::tracked();
    for text in ["second", "third", "fourth"] {
        env.write("data/a", format!("{text}\n"));
        env.mldata(["add"]).success();
        env.commit(text);
    }
    env.git(["bisect", "start", "HEAD", "HEAD~3"]).success();
    assert_eq!(env.read_text("data/a"), "fourth\n");
    env.git(["bisect", "reset"]).success();
    assert_eq!(env.read_text("data/a"), "fourth\n");
    env.mldata(["status", "--exit-code"]).success();
    env.git(["switch", "--quiet", "--detach", "HEAD~1"]).success();
    assert_eq!(env.read_text("data/a"), "third\n");
}

#[test]
fn a_new_worktree_has_data() {
    let mut env = TestEnv::tracked();
    assert_snapshot!(env.git(["worktree", "add", "--quiet", "../linked"]), @"[ok]");
    env.cd("linked");
    assert_eq!(env.read_text("data/sub/c"), "c\n");
    env.mldata(["status", "--exit-code"]).success();
}

#[test]
fn a_clone_with_hooks_of_a_template_tells_what_is_missing() {
    let mut env = TestEnv::tracked();
    env.sh("mkdir -p ../template && cp -r .git/hooks ../template/hooks").success();
    env.set("GIT_TEMPLATE_DIR", env.root().join("template").to_str().unwrap());
    assert_snapshot!(env.sh("git clone --quiet . ../clone"), @"
    [stderr]
    hint: the data of 2 pointers is not here yet: `git mldata pull` brings it
    [ok]
    ");
}

#[test]
fn whatever_is_broken_fails_no_switch() {
    let env = TestEnv::tracked();
    env.git(["switch", "--quiet", "-c", "side"]).success();
    env.write("data/a", "side\n");
    env.mldata(["add"]).success();
    env.commit("side");
    env.write(".mldataconfig", "[broken\n");
    let output = env.git(["switch", "--quiet", "--merge", "main"]).success().stderr_text();
    assert!(output.starts_with("warning: "), "{output}");
    env.git(["checkout", "--quiet", ".mldataconfig"]).success();
    env.sh("rm -rf .git/mldata && touch .git/mldata").success();
    let output = env.git(["switch", "--quiet", "side"]).success().stderr_text();
    assert!(output.starts_with("warning: "), "{output}");
    env.git(["config", "mldata.hook.post-checkout", "maybe"]).success();
    let output = env.git(["switch", "--quiet", "main"]).success().stderr_text();
    assert!(output.contains("mldata.hook.post-checkout"), "{output}");
}

#[test]
fn data_follows_where_git_is_told_where_everything_is() {
    let mut env = TestEnv::tracked();
    env.git(["tag", "first"]).success();
    env.write("data/a", "second\n");
    env.mldata(["add"]).success();
    env.commit("second");
    env.cd("");
    env.git([
        "--git-dir=repo/.git",
        "--work-tree=repo",
        "checkout",
        "--quiet",
        "--detach",
        "first",
    ])
    .success();
    assert_eq!(env.read_text("repo/data/a"), "a\n");
    let root = env.root().to_str().unwrap().to_owned();
    env.set("GIT_DIR", format!("{root}/repo/.git"));
    env.set("GIT_WORK_TREE", format!("{root}/repo"));
    env.git(["checkout", "--quiet", "main"]).success();
    assert_eq!(env.read_text("repo/data/a"), "second\n");
}

#[test]
fn a_bare_repository_has_nothing_to_do() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.git(["clone", "--quiet", "--bare", ".", "../bare.git"]).success();
    env.git(["init", "--quiet", "--bare", "../next.git"]).success();
    env.cd("bare.git");
    install(&env, &["pre-push", "post-checkout", "pre-commit", "post-rewrite"]);
    assert_snapshot!(env.git(["push", "--quiet", "../next.git", "main"]), @"[ok]");
    for event in ["pre-commit", "post-checkout", "post-merge", "post-rewrite", "prepare-commit-msg"]
    {
        let output = env.mldata(["hook", event]).success();
        assert!(output.stderr.is_empty(), "{event}: {output}");
    }
}

#[test]
fn a_repository_in_a_format_that_is_not_read_is_left_to_git() {
    let mut env = TestEnv::new();
    env.mldata(["install", "-q"]).success();
    env.sh("mkdir ../template && cp -r .git/hooks ../template").success();
    let template = format!("--template={}/template", env.root().display());
    let formats = [("sha256", "--object-format=sha256"), ("reftable", "--ref-format=reftable")];
    for (format, option) in formats {
        // Git before 2.45 has no references in tables.
        let made = env.git(["init", "-q", &template, option, &format!("../{format}")]);
        if made.exit_code != Some(0) {
            skip(
                "a_repository_in_a_format_that_is_not_read_is_left_to_git",
                "this Git has one format",
            );
            continue;
        }
        env.cd(format);
        env.write("a", "a\n");
        env.git(["add", "a"]).success();
        let output = env.git(["commit", "-qm", "first"]).success();
        assert_eq!(output.stderr_text(), "");
        env.sh("git init -q --bare OPTION ../o-FORMAT && git push -q ../o-FORMAT HEAD"
            .replace("OPTION", option)
            .replace("FORMAT", format)
            .as_str())
            .success();
        for program in ["status", "doctor", "init"] {
            let told = env.mldata([program]).code(3).stderr_text();
            assert!(told.contains(&format!("format is `{format}`")), "{told}");
            assert!(!told.contains("not in a Git repository"), "{told}");
        }
        // Somebody has converted a repository.
        env.write("a.mldata", "");
        env.git(["add", "a.mldata"]).success();
        let output = env.git(["commit", "-qm", "second"]).success();
        assert_eq!(output.stderr_text().matches("warning:").count(), 1, "{output}");
        env.cd("repo");
    }
}
