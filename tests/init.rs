//! `git mldata init`.

use insta::assert_snapshot;

use crate::common::TestEnv;

#[test]
fn prepares_a_repository_without_commits() {
    let env = TestEnv::new();
    assert_snapshot!(env.mldata(["init", "--dry-run"]), @"
    [stderr]
    Would create `.mldataconfig`.
    Would create `.gitattributes`.
    Would teach Git to merge `mlrun.lock` stage by stage (`.git/config`).
    Would install the hook `.git/hooks/pre-commit`.
    Would install the hook `.git/hooks/pre-merge-commit`.
    Would install the hook `.git/hooks/prepare-commit-msg`.
    Would install the hook `.git/hooks/commit-msg`.
    Would install the hook `.git/hooks/post-checkout`.
    Would install the hook `.git/hooks/post-merge`.
    Would install the hook `.git/hooks/post-rewrite`.
    Would install the hook `.git/hooks/pre-push`.
    [ok]
    ");
    assert!(!env.exists(".mldataconfig") && !env.exists(".gitattributes"));
    assert_snapshot!(env.mldata(["init"]), @"
    [stderr]
    Created `.mldataconfig`.
    Created `.gitattributes`.
    Taught Git to merge `mlrun.lock` stage by stage (`.git/config`).
    Installed the hook `.git/hooks/pre-commit`.
    Installed the hook `.git/hooks/pre-merge-commit`.
    Installed the hook `.git/hooks/prepare-commit-msg`.
    Installed the hook `.git/hooks/commit-msg`.
    Installed the hook `.git/hooks/post-checkout`.
    Installed the hook `.git/hooks/post-merge`.
    Installed the hook `.git/hooks/post-rewrite`.
    Installed the hook `.git/hooks/pre-push`.
    hint: to share this, `git add .mldataconfig .gitattributes` and commit
    [ok]
    ");
    assert_eq!(
        env.read_text(".gitattributes"),
        ".gitignore merge=union\nmlrun.lock merge=mlrun-lock\n"
    );
}

#[test]
fn a_second_time_does_nothing() {
    let env = TestEnv::new();
    env.mldata(["init"]).success();
    let before = env.tree(".");
    assert_snapshot!(env.mldata(["init"]), @"
    [stderr]
    Nothing to do: this repository is prepared.
    [ok]
    ");
    assert_eq!(env.tree("."), before);
}

#[test]
fn leaves_what_is_there() {
    let env = TestEnv::new();
    env.write(".gitattributes", "*.bin binary\r\n*.txt text");
    env.write(".git/hooks/pre-push", "#!/bin/sh\ngit lfs pre-push \"$@\"\n");
    env.write(".git/hooks/post-merge", "#!/bin/sh\nmake\ngit mldata hook post-merge \"$@\"\n");
    env.write(".mldataconfig", "# mine\n");
    assert_snapshot!(env.mldata(["init"]), @"
    [stderr]
    Added merge rules to `.gitattributes`.
    Taught Git to merge `mlrun.lock` stage by stage (`.git/config`).
    Installed the hook `.git/hooks/pre-commit`.
    Installed the hook `.git/hooks/pre-merge-commit`.
    Installed the hook `.git/hooks/prepare-commit-msg`.
    Installed the hook `.git/hooks/commit-msg`.
    Installed the hook `.git/hooks/post-checkout`.
    Installed the hook `.git/hooks/post-rewrite`.
    Installed the hook `.git/hooks/pre-push`, which also runs the one that was there.
    hint: to share this, `git add .gitattributes` and commit
    [ok]
    ");
    assert_eq!(
        env.read_text(".gitattributes"),
        "*.bin binary\r\n*.txt text\r\n.gitignore merge=union\r\nmlrun.lock merge=mlrun-lock\r\n"
    );
    let chained = env.read_text(".git/hooks/pre-push.mldata-chained");
    assert_eq!(chained, "#!/bin/sh\ngit lfs pre-push \"$@\"\n");
    assert_eq!(env.read_text(".mldataconfig"), "# mine\n");
}

#[test]
fn the_lines_for_a_pre_push_hook_leave_standard_input_to_what_follows() {
    let env = TestEnv::new();
    env.write(".git/hooks/pre-push", "#!/bin/sh\nbasename \"$0\"\n");
    let arguments = ["install", "--method", "hookdir", "--json"];
    let json = env.mldata(arguments).code(1).json();
    let step = json["hooks"].as_array().unwrap().iter().find(|step| step["event"] == "pre-push");
    let lines = step.unwrap()["lines"].as_str().unwrap();
    // `git mldata` is replaced by something that tells what it got.
    let lines = lines.replace("git mldata", "sh -c 'sed s/^/ours:/ >&2' sh");
    let script = format!("set -- origin url\n{lines}\nsed s/^/theirs:/");
    let output = env.run_with_input("sh", ["-euc", &script], b"a b\nc d\n").success();
    assert_eq!(output.stdout_text(), "theirs:a b\ntheirs:c d\n");
    assert_eq!(output.stderr_text(), "ours:a b\nours:c d\n");
}

#[test]
fn honours_hooks_path_but_not_outside_of_the_repository() {
    let env = TestEnv::new();
    env.git(["config", "core.hooksPath", ".githooks"]).success();
    env.mldata(["init"]).success();
    assert!(env.exists(".githooks/post-checkout"));
    assert!(!env.exists(".git/hooks/post-checkout"));

    env.git(["config", "core.hooksPath", "../hooks-of-all"]).success();
    let told = env.mldata(["init"]).success().stderr_text();
    // A newer Git has hooks by its settings.
    let by_hand = "    git mldata hook pre-merge-commit \"$@\" || exit $?\n    # ";
    assert!(told.contains(by_hand) || told.contains("by Git's settings"), "{told}");
    assert!(!env.exists("../hooks-of-all"));
    env.mldata(["uninstall"]).success();

    env.git(["config", "core.hooksPath", "/dev/null"]).success();
    let output = env.mldata(["init"]).success();
    assert!(output.stderr_text().contains("`core.hooksPath` names no directory"), "{output}");
}

#[test]
fn no_hooks_are_installed_if_none_are_wanted() {
    let env = TestEnv::new();
    assert_snapshot!(env.mldata(["init", "--no-hooks"]), @"
    [stderr]
    Created `.mldataconfig`.
    Created `.gitattributes`.
    Taught Git to merge `mlrun.lock` stage by stage (`.git/config`).
    hint: to share this, `git add .mldataconfig .gitattributes` and commit
    [ok]
    ");
    assert!(!env.exists(".git/hooks/post-checkout"));
}

#[test]
fn worktrees_and_submodules_have_their_hooks_in_the_common_directory() {
    let mut env = TestEnv::new();
    env.commit("first");
    env.git(["worktree", "add", "--quiet", "../linked"]).success();
    env.cd("linked");
    env.mldata(["init"]).success();
    env.cd("repo");
    assert!(env.exists(".git/hooks/post-checkout"));
    assert!(!env.exists(".mldataconfig"), "settings are of the worktree");

    env.git(["submodule", "--quiet", "add", "../linked", "sub"]).success();
    env.cd("repo/sub");
    env.mldata(["init"]).success();
    env.cd("repo");
    assert!(env.exists(".git/modules/sub/hooks/post-checkout"));
}

#[test]
fn git_dir_in_the_environment_is_honoured() {
    let mut env = TestEnv::new();
    env.write("sub/x", "");
    env.configure("mldata.autostage", "true");
    env.cd("repo/sub");
    env.set("GIT_DIR", "../.git");
    env.set("GIT_WORK_TREE", "..");
    assert_snapshot!(env.mldata(["init", "--no-hooks"]), @"
    [stderr]
    Created `../.mldataconfig`.
    Created `../.gitattributes`.
    Taught Git to merge `mlrun.lock` stage by stage (`../.git/config`).
    [ok]
    ");
    env.unset("GIT_DIR");
    env.unset("GIT_WORK_TREE");
    let staged = env.git(["diff", "--cached", "--name-only"]).success();
    assert_eq!(staged.stdout_text(), ".gitattributes\n.mldataconfig\n");
}

#[test]
fn links_are_not_written_through() {
    let env = TestEnv::new();
    env.write("../precious", "mine\n");
    for name in [".mldataconfig", ".gitattributes"] {
        std::os::unix::fs::symlink("../precious", env.dir().join(name)).unwrap();
        let output = env.mldata(["init"]).code(3);
        assert!(output.stderr_text().contains(name), "{output}");
        assert_eq!(env.read_text("../precious"), "mine\n");
        std::fs::remove_file(env.dir().join(name)).unwrap();
    }
}

#[test]
fn reports_as_json() {
    let env = TestEnv::new();
    let json = env.mldata(["init", "--json", "--no-hooks"]).success();
    assert_snapshot!(json, @r#"
    {
      "dry_run": false,
      "steps": [
        {
          "what": "settings",
          "path": ".mldataconfig",
          "state": "created"
        },
        {
          "what": "attributes",
          "path": ".gitattributes",
          "state": "created"
        },
        {
          "what": "merge-driver",
          "path": ".git/config",
          "state": "created"
        }
      ],
      "hooks": []
    }
    [ok]
    "#);
}

#[test]
fn branches_that_add_stages_merge() {
    let env = TestEnv::prepared();
    let stage =
        |name: &str| format!("  {name}:\n    cmd: echo {name} > {name}\n    outs: [{name}]\n");
    env.write("mlrun.yaml", format!("stages:\n{}", stage("m")));
    env.mlrun(["repro", "-q"]).success();
    env.commit("m");
    env.git(["switch", "-q", "-c", "other"]).success();
    env.write("mlrun.yaml", format!("stages:\n{}{}", stage("a"), stage("m")));
    env.mlrun(["repro", "-q"]).success();
    env.commit("a");
    env.git(["switch", "-q", "-"]).success();
    env.write("mlrun.yaml", format!("stages:\n{}{}", stage("m"), stage("b")));
    env.mlrun(["repro", "-q"]).success();
    env.commit("b");
    env.git(["merge", "-q", "--no-edit", "other"]).success();
    assert_snapshot!(env.mlrun(["repro"]), @"
    [stderr]
    Nothing to do: all 3 stages are up to date.
    [ok]
    ");
    // Both ran the same stage on different inputs: nobody can tell which outs are right.
    env.git(["switch", "-q", "-c", "left"]).success();
    env.write("mlrun.yaml", env.read_text("mlrun.yaml").replace("echo m ", "echo left "));
    env.mlrun(["repro", "-q"]).success();
    env.commit("left");
    env.git(["switch", "-q", "-c", "right", "HEAD~"]).success();
    env.write("mlrun.yaml", env.read_text("mlrun.yaml").replace("echo m ", "echo right "));
    env.mlrun(["repro", "-q"]).success();
    env.commit("right");
    env.git(["merge", "-q", "left"]).code(1);
    env.git(["checkout", "--theirs", "mlrun.yaml"]).success();
    let status = env.mlrun(["status", "a"]);
    assert!(status.success().stderr_text().contains("up to date"));
    env.mlrun(["status", "m"]).code(3);
}
