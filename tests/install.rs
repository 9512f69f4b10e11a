//! `git mldata install` and `uninstall`: where hooks go, and that they go again.

use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::common::machine::with_new_git;
use crate::common::{BINARY, TestEnv, skip};

const EVENTS: [&str; 8] = [
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-checkout",
    "post-merge",
    "post-rewrite",
    "pre-push",
];

/// The hooks that are there, without Git's samples.
fn hooks(env: &TestEnv) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(env.dir().join(".git/hooks"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".sample"))
        .collect();
    names.sort();
    names
}

#[test]
fn installs_all_hooks_and_takes_them_away() {
    let env = TestEnv::new();
    let before = env.tree(".git/hooks");
    env.mldata(["install", "--dry-run"]).success();
    assert_eq!(env.tree(".git/hooks"), before);
    assert_snapshot!(env.mldata(["install", "--events", "post-merge,pre-push"]), @"
    [stderr]
    Installed the hook `.git/hooks/post-merge`.
    Installed the hook `.git/hooks/pre-push`.
    [ok]
    ");
    env.mldata(["install"]).success();
    let mut expected = EVENTS;
    expected.sort_unstable();
    assert_eq!(hooks(&env), expected);
    for name in EVENTS {
        let path = env.dir().join(".git/hooks").join(name);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o755);
    }
    let identities = env.identities(".git/hooks");
    assert_snapshot!(env.mldata(["install"]), @"
    [stderr]
    Nothing to do: the hooks are installed.
    [ok]
    ");
    assert_eq!(env.identities(".git/hooks"), identities);

    assert_snapshot!(env.mldata(["uninstall", "--events", "pre-push"]), @"
    [stderr]
    Removed the hook `.git/hooks/pre-push`.
    [ok]
    ");
    env.mldata(["uninstall", "--dry-run"]).success();
    assert_eq!(hooks(&env).len(), EVENTS.len() - 1);
    env.mldata(["uninstall"]).success();
    assert_eq!(env.tree(".git/hooks"), before);
    assert_snapshot!(env.mldata(["uninstall"]), @"
    [stderr]
    Nothing to do: no hooks of ours are installed.
    [ok]
    ");
}

#[test]
fn commits_branches_and_pushes_go_through_with_the_hooks() {
    let env = TestEnv::new();
    env.mldata(["install"]).success();
    env.write("a", "a\n");
    env.sh("git add a && git commit -qm first && git commit -q --amend -m second").success();
    env.sh("git switch -qc other && git commit -q --allow-empty -m b && git switch -q -").success();
    env.sh("git commit -q --allow-empty -m c && git merge -q --no-edit other").success();
    env.sh("git init -q --bare ../o.git && git push -q ../o.git HEAD:refs/heads/main").success();
}

#[test]
fn stubs_of_other_versions_are_replaced_and_edited_ones_are_not() {
    let env = TestEnv::new();
    let first = "#!/bin/sh\ncommand -v git-mldata >/dev/null 2>&1 || exit 0\ngit mldata hook post-merge \"$@\"\n";
    env.write(".git/hooks/post-merge", first);
    env.mldata(["install", "--events", "post-checkout"]).success();
    let edited = env.read_text(".git/hooks/post-checkout") + "make\n";
    env.write(".git/hooks/post-checkout", &edited);
    assert_snapshot!(env.mldata(["install", "--events", "post-checkout,post-merge"]).code(1), @"
    [stderr]
    warning: the hook `.git/hooks/post-checkout` is ours and was changed; it is left as it is
    hint: keep it, or move it away and run `git mldata install` again: .git/hooks/post-checkout
    Updated the hook `.git/hooks/post-merge`.
    [exit code 1]
    ");
    assert!(env.read_text(".git/hooks/post-merge").contains("version 2"));
    assert_snapshot!(env.mldata(["uninstall"]).code(1), @"
    [stderr]
    warning: `.git/hooks/post-checkout` is left as it is: it is ours and was changed
    Removed the hook `.git/hooks/post-merge`.
    [exit code 1]
    ");
    assert_eq!(env.read_text(".git/hooks/post-checkout"), edited);

    // The program that a stub fell back on is gone.
    env.mldata(["install", "--events", "post-merge"]).success();
    let moved = env.read_text(".git/hooks/post-merge").replace(BINARY, "/nowhere/git-mldata");
    env.write(".git/hooks/post-merge", moved);
    env.mldata(["install", "--events", "post-merge"]).success();
    assert!(env.read_text(".git/hooks/post-merge").contains(BINARY));
}

#[test]
fn a_directory_of_others_is_not_written_to() {
    let env = TestEnv::new();
    env.write(".githooks/pre-push", "#!/bin/sh\n");
    env.commit("hooks");
    env.git(["config", "core.hooksPath", ".githooks"]).success();
    let events = "pre-commit,pre-push";
    assert_snapshot!(env.mldata(["install", "--method", "hookdir", "--events", events]).code(1), @r#"
    [stderr]
    warning: no hooks were installed: Git tracks the hooks in `.githooks`; these lines at their top call ours:
        # .githooks/pre-commit
        git mldata hook pre-commit "$@" || exit $?
        # .githooks/pre-push
        lines=$(cat)
        printf '%s\n' "$lines" | git mldata hook pre-push "$@" || exit $?
        exec <<EOF
        $lines
        EOF
    [exit code 1]
    "#);
    env.git(["config", "core.hooksPath", ".husky/_"]).success();
    env.write(".husky/_/pre-commit", "#!/usr/bin/env sh\n. \"$(dirname \"$0\")/h\"");
    env.write(".husky/pre-push", "git mldata hook pre-push \"$@\"\n");
    assert_snapshot!(env.mldata(["install", "--method", "hookdir", "--events", events]).code(1), @r#"
    [stderr]
    warning: no hooks were installed: husky keeps your hooks in `.husky`; these lines at their top call ours:
        # .husky/pre-commit
        git mldata hook pre-commit "$@" || exit $?
    [exit code 1]
    "#);
    env.git(["config", "core.hooksPath", "/dev/null"]).success();
    let output = env.mldata(["install"]).code(1);
    assert!(output.stderr_text().contains("`core.hooksPath` names no directory"), "{output}");
    env.git(["config", "--unset", "core.hooksPath"]).success();

    // The user's own setting serves all repositories, also if it leads into this one.
    env.configure("core.hooksPath", ".githooks");
    env.mldata(["install", "--method", "hookdir", "--events", "pre-push"]).code(1);
    assert_eq!(env.read_text(".githooks/pre-push"), "#!/bin/sh\n");
    env.git(["config", "--global", "--unset", "core.hooksPath"]).success();

    env.remove(".git/hooks");
    env.link("../../elsewhere", ".git/hooks");
    std::fs::create_dir(env.root().join("elsewhere")).unwrap();
    env.mldata(["install", "--method", "hookdir"]).code(1);
    assert!(!env.exists("../elsewhere/pre-push"));
}

#[test]
fn hooks_by_settings_of_git() {
    let mut env = TestEnv::new();
    if !with_new_git(&mut env, "hooks_by_settings_of_git") {
        return;
    }
    env.git(["config", "core.hooksPath", "../of-all"]).success();
    let config = env.read(".git/config");
    assert_snapshot!(
        env.mldata(["install", "--events", "pre-commit,post-rewrite"]).success().stderr_text()
            .lines().filter(|line| !line.starts_with("warning: `/")).collect::<Vec<_>>().join("\n"),
        @"
    Installed the hook pre-commit by Git's settings (`hook.mldata-pre-commit` in `.git/config`).
    Installed the hook post-rewrite by Git's settings (`hook.mldata-post-rewrite` in `.git/config`).
    ");
    assert!(!env.exists("../of-all"));
    env.mldata(["install", "--events", "pre-commit,post-rewrite", "-q"]).success();
    // It runs: a merge with its markers left in it is refused, once.
    env.write("a", "a\n");
    env.sh("git add a && git commit -qm a && git commit -q --amend -m b").success();
    env.write("big", vec![b'x'; 6 << 20]);
    env.git(["add", "big"]).success();
    let refused = env.git(["commit", "-qm", "big"]).code(1);
    assert_eq!(refused.stderr_text().matches("big:").count(), 1, "{refused}");
    env.git(["rm", "-q", "--cached", "big"]).success();

    // To files and back again, never both.
    env.git(["config", "--unset", "core.hooksPath"]).success();
    env.mldata(["install", "--method", "hookdir", "--events", "pre-commit"]).success();
    assert_eq!(hooks(&env), ["pre-commit"]);
    let names = env.git(["hook", "list", "pre-commit"]).success().stdout_text();
    assert!(!names.contains("mldata"), "{names}");
    env.mldata(["install", "--method", "config", "--events", "pre-commit"]).success();
    assert_eq!(hooks(&env), Vec::<String>::new());
    assert_eq!(env.git(["hook", "list", "pre-commit"]).stdout_text(), "mldata-pre-commit\n");
    // What settings serve already is not served by a file as well.
    env.mldata(["install", "--events", "pre-commit", "-q"]).success();
    assert_eq!(hooks(&env), Vec::<String>::new());

    env.mldata(["uninstall"]).success();
    let now = env.read_text(".git/config");
    assert!(!now.contains("[hook"), "{now}");
    env.git(["config", "core.hooksPath", "../of-all"]).success();
    assert_eq!(env.read(".git/config"), config);

    env.mldata(["install", "--global", "--events", "pre-push"]).success();
    env.mldata(["install", "--method", "hookdir", "--global"]).code(2);
    assert!(env.read_text("../home/gitconfig").contains("mldata-pre-push"));
    env.mldata(["uninstall", "--global"]).success();
    assert!(!env.read_text("../home/gitconfig").contains("mldata-pre-push"));
}

#[test]
fn for_all_repositories_of_the_user() {
    let mut env = TestEnv::new();
    if !with_new_git(&mut env, "for_all_repositories_of_the_user") {
        return;
    }
    env.mldata(["install", "--events", "pre-push"]).success();
    let told = env.mldata(["install", "--global", "-n"]).success().stderr_text();
    assert!(told.contains("this repository has hooks of ours of its own"), "{told}");
    std::fs::create_dir(env.root().join("nowhere")).unwrap();
    env.cd("nowhere");
    let before = env.read("../home/gitconfig");
    let events = "pre-commit,pre-push";
    env.mldata(["install", "--global", "-n", "--events", events]).success();
    assert_eq!(env.read("../home/gitconfig"), before);
    let told = env.mldata(["install", "--global", "--events", events]).success().stderr_text();
    assert!(told.contains("(`hook.mldata-pre-push` in `"), "{told}");
    assert!(told.contains("/home/gitconfig`)"), "{told}");
    let told = env.mldata(["install", "--global", "--events", events]).success().stderr_text();
    assert!(told.contains("Nothing to do"), "{told}");
    env.cd("repo");

    // Git runs both, so this is told, and the command that is told ends it.
    assert_eq!(env.git(["hook", "list", "pre-push"]).stdout_text().lines().count(), 2);
    let output = env.mldata(["doctor", "--json"]).code(1);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems = json["problems"].as_array().unwrap();
    let twice =
        |problem: &&serde_json::Value| problem["problem"] == "we are called twice at pre-push";
    let command = problems.iter().find(twice).unwrap()["command"].as_str().unwrap();
    env.sh(command).success();
    assert_eq!(env.git(["hook", "list", "pre-push"]).stdout_text(), "mldata-pre-push\n");

    // The same name in both scopes is run once.
    env.mldata(["install", "--method", "config", "--events", "pre-push"]).success();
    assert_eq!(env.git(["hook", "list", "pre-push"]).stdout_text(), "mldata-pre-push\n");
    env.mldata(["uninstall"]).success();
    env.cd("nowhere");
    env.mldata(["uninstall", "--global"]).success();
    assert!(!env.read_text("../home/gitconfig").contains("mldata"));
    env.mldata(["uninstall"]).code(3);
}

#[test]
fn an_old_git_is_told_not_to_have_hooks_by_settings() {
    let env = TestEnv::new();
    let version = env.git(["--version"]).success().stdout_text();
    let number: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
    if number >= 54 {
        skip("an_old_git_is_told_not_to_have_hooks_by_settings", "Git is new");
        return;
    }
    let output = env.mldata(["install", "--method", "config"]).code(3);
    assert!(output.stderr_text().contains("they came with 2.54"), "{output}");
    assert!(!env.read_text(".git/config").contains("[hook"));
}

#[test]
fn of_linked_worktrees_submodules_and_git_dir() {
    let mut env = TestEnv::new();
    env.commit("first");
    env.git(["worktree", "add", "--quiet", "../linked"]).success();
    env.git(["worktree", "add", "--quiet", "../own"]).success();
    env.cd("linked");
    env.mldata(["install", "--events", "pre-push"]).success();
    env.cd("repo");
    assert_eq!(hooks(&env), ["pre-push"]);

    // One worktree with hooks of its own.
    env.git(["config", "extensions.worktreeConfig", "true"]).success();
    env.cd("own");
    env.git(["config", "--worktree", "core.hooksPath", "../mine"]).success();
    let output = env.mldata(["install", "--method", "hookdir", "--events", "pre-push"]).code(1);
    assert!(output.stderr_text().contains("`../mine`") || output.stderr_text().contains("/mine`"));
    env.cd("linked");
    env.mldata(["install", "--events", "pre-push"]).success();

    env.cd("repo");
    env.git(["submodule", "--quiet", "add", "../linked", "sub"]).success();
    env.cd("repo/sub");
    env.mldata(["install", "--events", "pre-push"]).success();
    env.cd("repo");
    assert!(env.exists(".git/modules/sub/hooks/pre-push"));

    env.sh("git init -q ../other").success();
    env.set("GIT_DIR", "../other/.git");
    env.set("GIT_WORK_TREE", "../other");
    env.mldata(["install", "--events", "post-merge"]).success();
    env.unset("GIT_WORK_TREE");
    env.unset("GIT_DIR");
    assert!(env.exists("../other/.git/hooks/post-merge") && !env.exists(".git/hooks/post-merge"));

    env.sh("git init -q --bare ../bare.git").success();
    env.cd("bare.git");
    let output = env.mldata(["install"]).code(3);
    assert!(output.stderr_text().contains("is bare"), "{output}");
}

#[test]
fn a_directory_that_may_not_be_written() {
    let env = TestEnv::new();
    env.chmod(".git/hooks", 0o555);
    let probe = std::fs::write(env.dir().join(".git/hooks/probe"), "");
    let output = env.mldata(["install"]);
    env.chmod(".git/hooks", 0o755);
    if probe.is_ok() {
        skip("a_directory_that_may_not_be_written", "the user may write everywhere");
        return;
    }
    let output = output.code(3);
    assert!(output.stderr_text().contains("permission denied"), "{output}");
}

#[test]
fn two_at_once_install_each_hook_once() {
    for _ in 0..5 {
        let env = TestEnv::new();
        env.write(".git/hooks/pre-push", "#!/bin/sh\necho theirs\n");
        env.chmod(".git/hooks/pre-push", 0o755);
        let children: Vec<_> =
            (0..4).map(|_| env.command(BINARY, ["install"]).spawn().unwrap()).collect();
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        let theirs = env.read_text(".git/hooks/pre-push.mldata-chained");
        assert_eq!(theirs, "#!/bin/sh\necho theirs\n");
        assert_eq!(hooks(&env).len(), EVENTS.len() + 1);
        env.mldata(["uninstall"]).success();
        assert_eq!(env.read_text(".git/hooks/pre-push"), "#!/bin/sh\necho theirs\n");
        assert_eq!(hooks(&env), ["pre-push"]);
    }
}

#[test]
fn what_a_killed_install_left_is_cleared() {
    let env = TestEnv::new();
    let mut dead = env.command("true", [""; 0]).spawn().unwrap();
    dead.wait().unwrap();
    let left = format!("tmp-{}-18ea2a28d4b4508f-0", dead.id());
    let running = format!("tmp-{}-18ea2a28d4b4508f-0", std::process::id());
    let theirs = format!("tmp-{}-notes", dead.id());
    for name in [&left, &running, &theirs] {
        env.write(format!(".git/hooks/{name}"), "");
    }
    env.mldata(["install"]).success();
    let is_there = |name: &str| env.exists(format!(".git/hooks/{name}"));
    assert!(!is_there(&left) && is_there(&running) && is_there(&theirs));
}

#[test]
fn projects_from_templates_have_hooks_and_pass_them() {
    for template in ["minimal", "quickstart", "dsproject"] {
        let mut env = TestEnv::bare();
        env.mlrun(["new", "project", "--template", template, "--no-input", "--no-commit"])
            .success();
        env.cd("project");
        assert_eq!(hooks(&env).len(), EVENTS.len(), "{template}");
        let output = env.git(["commit", "-qm", "first"]).success();
        assert!(!output.stderr_text().contains("git-mldata was not found"), "{output}");
        assert_eq!(env.git_status(), "");
    }
}
