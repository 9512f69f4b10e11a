//! `git mldata hook`, as Git calls it, and what Git's own commands make of data.

use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::common::{BINARY, TestEnv};

/// `data/a` is `a` at the tag `first` and `second` at `main`.
fn two_versions() -> TestEnv {
    let env = TestEnv::tracked();
    env.git(["tag", "first"]).success();
    env.write("data/a", "second\n");
    env.mldata(["add"]).success();
    env.commit("second");
    env
}

/// Gives the repository a bare remote for Git, and pushes there.
fn with_origin(env: &TestEnv) {
    env.sh("git init --quiet --bare ../origin.git && git remote add origin ../origin.git")
        .success();
    env.mldata(["push", "--all-branches", "--all-tags"]).success();
    env.git(["push", "--quiet", "--set-upstream", "--tags", "origin", "main"]).success();
}

#[test]
fn data_follows_a_switch_but_not_a_checkout_of_files() {
    let env = two_versions();
    assert_snapshot!(env.git(["switch", "--quiet", "--detach", "first"]), @"[ok]");
    assert_eq!(env.read_text("data/a"), "a\n");
    env.git(["checkout", "--quiet", "main", "--", "data.mldata"]).success();
    assert_eq!(env.read_text("data/a"), "a\n");
    assert_snapshot!(env.mldata(["status"]), @"
    data:
      behind its pointer (git mldata checkout)
    [ok]
    ");
    env.mldata(["checkout"]).success();
    assert_eq!(env.read_text("data/a"), "second\n");
}

#[test]
fn hooks_leave_what_did_not_move_alone() {
    let env = two_versions();
    // Deleted or changed by the user, and the same in both commits.
    env.remove("data/b");
    env.write("data/sub/c", "mine\n");
    env.remove("model");
    assert_snapshot!(env.git(["switch", "--quiet", "--detach", "first"]), @"[ok]");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     D data/b
     M data/sub/c
     D model
    [ok]
    ");
    assert_eq!(env.read_text("data/a"), "a\n");
    assert_eq!(env.read_text("data/sub/c"), "mine\n");
    assert!(!env.exists("model"));
}

#[test]
fn a_conflict_never_fails_the_switch() {
    let env = two_versions();
    env.write("data/a", "precious\n");
    assert_snapshot!(env.git(["switch", "--quiet", "--detach", "first"]), @"
    [stderr]
    warning: cannot check out `data`: content that is nowhere else stands in the way: `data/a`
    hint: move it away, or commit it on the branch that it belongs to
    hint: `git mldata checkout --force data` puts it aside; `git mldata recover` brings it back
    [ok]
    ");
    assert_eq!(env.read_text("data/a"), "precious\n");
    assert_snapshot!(env.mldata(["status"]), @"
    data:
      behind its pointer (git mldata checkout)
      modified: data/a
    [ok]
    ");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    error: cannot check out `data`: content that is nowhere else stands in the way: `data/a`
    hint: move it away, or commit it on the branch that it belongs to
    hint: `git mldata checkout --force data` puts it aside; `git mldata recover` brings it back
    [exit code 3]
    ");
    env.git(["switch", "--quiet", "main"]).success();
    assert_eq!(env.read_text("data/a"), "precious\n");
}

#[test]
fn what_is_not_in_the_cache_is_told_and_not_fetched() {
    let mut env = two_versions();
    with_origin(&env);
    env.sh("git clone --quiet ../origin.git ../clone").success();
    env.cd("clone");
    env.mldata(["init"]).success();
    env.mldata(["pull"]).success();
    assert_snapshot!(env.git(["switch", "--quiet", "--detach", "first"]), @"
    [stderr]
    hint: the data of a pointer is not here yet: `git mldata pull` brings it
    [ok]
    ");
    assert_eq!(env.read_text("data/a"), "second\n");
    env.git(["switch", "--quiet", "main"]).success();
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
}

#[test]
fn a_pull_by_merge_or_rebase_brings_data_that_is_here() {
    for rebase in ["false", "true"] {
        let mut env = TestEnv::tracked();
        with_origin(&env);
        env.sh("git clone --quiet ../origin.git ../other").success();
        env.cd("other");
        env.mldata(["init"]).success();
        env.mldata(["pull"]).success();
        env.write("data/a", "theirs\n");
        env.mldata(["add"]).success();
        env.commit("theirs");
        env.mldata(["push"]).success();
        env.git(["push", "--quiet"]).success();
        env.cd("repo");
        env.write("mine.txt", "mine\n");
        env.commit("mine");
        // The pointer's data is fetched beforehand: hooks use no network.
        env.git(["fetch", "--quiet"]).success();
        env.mldata(["fetch", "--rev", "origin/main"]).success();
        let setting = format!("pull.rebase={rebase}");
        let output = env.git(["-c", &setting, "pull", "--quiet"]).success();
        assert!(!output.stderr_text().contains("mldata"), "{output}");
        assert_eq!(env.read_text("data/a"), "theirs\n", "pull.rebase={rebase}");
        env.mldata(["status", "--exit-code"]).success();
    }
}

#[test]
fn hooks_stay_out_of_a_rebase_in_progress() {
    let env = two_versions();
    env.git(["switch", "--quiet", "-c", "side", "first"]).success();
    env.write("data/a", "side\n");
    env.mldata(["add"]).success();
    env.commit("side");
    env.write("other.txt", "x\n");
    env.commit("later");
    // The pointers conflict: the rebase stops.
    env.git(["rebase", "main"]).code(1);
    assert_eq!(env.read_text("data/a"), "side\n", "nothing followed yet");
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    error: `data.mldata`: pointer has conflict markers; resolve the merge, then `git add` it
    hint: take one side, `git checkout --ours data.mldata` or `--theirs`, then `git mldata checkout`
    [exit code 3]
    ");
    env.git(["checkout", "--quiet", "--theirs", "data.mldata"]).success();
    env.git(["add", "data.mldata"]).success();
    env.git(["rebase", "--continue"]).success();
    assert_eq!(env.read_text("data/a"), "side\n");
    env.mldata(["status", "--exit-code"]).success();
}

#[test]
fn a_rebase_across_pointers_ends_with_the_data() {
    let env = two_versions();
    env.git(["switch", "--quiet", "-c", "side", "first"]).success();
    env.write("model", "side\n");
    env.mldata(["add"]).success();
    env.commit("side");
    env.git(["rebase", "--quiet", "main"]).success();
    assert_eq!(env.read_text("data/a"), "second\n");
    assert_eq!(env.read_text("model"), "side\n");
    env.mldata(["status", "--exit-code"]).success();
}

/// Returns once `process` holds the lock, which names its owner.
fn wait_for_lock(env: &TestEnv, process: &std::process::Child) {
    let holds = || {
        let owner = env.read(".git/mldata/lock");
        String::from_utf8_lossy(&owner).contains(&process.id().to_string())
    };
    while !holds() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn hooks_wait_two_seconds_at_most_and_do_not_fail() {
    let mut env = two_versions();
    env.set("MLDATA_FAILPOINTS", "temp.create=sleep:20000@2");
    env.write("data/b", "changed\n");
    let mut holder = env.command(BINARY, ["add", "data/b"]).spawn().unwrap();
    env.unset("MLDATA_FAILPOINTS");
    wait_for_lock(&env, &holder);
    let begin = Instant::now();
    let output = env.git(["switch", "--quiet", "--detach", "first"]);
    let waited = begin.elapsed();
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(waited > Duration::from_millis(1500) && waited < Duration::from_secs(8), "{waited:?}");
    let output = output.success().stderr_text();
    assert!(output.contains("git mldata add"), "{output}");
    assert!(output.contains("hint: run `git mldata checkout` to let the data follow"), "{output}");
}

#[test]
fn a_command_that_waits_says_for_whom() {
    let mut env = TestEnv::tracked();
    env.set("MLDATA_FAILPOINTS", "temp.create=sleep:1500@2");
    env.write("data/b", "changed\n");
    let mut holder = env.command(BINARY, ["add", "data"]).spawn().unwrap();
    env.unset("MLDATA_FAILPOINTS");
    wait_for_lock(&env, &holder);
    env.write("model", "changed\n");
    let output = env.mldata(["add", "model"]).success();
    holder.wait().unwrap();
    let text = output.stderr_text();
    assert!(text.contains("Waiting for git mldata add in "), "{output}");
    env.mldata(["status", "--exit-code"]).success();
}

#[test]
fn reset_stash_and_cherry_pick_do_not_revert_silently() {
    let env = two_versions();
    // Git runs no hook after these: the pointer moves and the data does not.
    env.git(["reset", "--quiet", "--hard", "first"]).success();
    env.mldata(["add"]).code(3);
    assert_eq!(env.git_status(), "");
    env.mldata(["checkout"]).success();
    assert_eq!(env.read_text("data/a"), "a\n");

    env.git(["cherry-pick", "main@{1}"]).success();
    let moved = env.mldata(["status", "--short"]).success().stdout_text();
    if moved.starts_with('B') {
        env.mldata(["add"]).code(3);
    }
    env.mldata(["checkout"]).success();
    assert_eq!(env.read_text("data/a"), "second\n");

    env.write("data/a", "stashed\n");
    env.mldata(["add"]).success();
    env.git(["stash", "--quiet"]).success();
    env.mldata(["add"]).code(3);
    assert_eq!(env.git_status(), "");
    env.mldata(["checkout"]).success();
    assert_eq!(env.read_text("data/a"), "second\n");
    env.git(["stash", "pop", "--quiet"]).success();
    env.mldata(["add"]).code(3);
    env.mldata(["checkout"]).success();
    assert_eq!(env.read_text("data/a"), "stashed\n");
}

#[test]
fn a_merge_of_two_additions_keeps_both() {
    let env = TestEnv::tracked();
    env.git(["switch", "--quiet", "-c", "side"]).success();
    env.write("b-data", "side\n");
    env.mldata(["add", "b-data"]).success();
    env.commit("side");
    env.git(["switch", "--quiet", "main"]).success();
    env.write("a-data", "main\n");
    env.mldata(["add", "a-data"]).success();
    env.commit("main");
    env.git(["merge", "--quiet", "--no-edit", "side"]).success();
    assert_eq!(env.read_text("b-data"), "side\n");
    assert_eq!(env.git_status(), "");
    env.mldata(["status", "--exit-code"]).success();
}
