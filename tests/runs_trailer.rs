//! The trailer that tells the run of a commit, through Git's own commands.

use gitml::format::run::RunId;
use gitml::git::Repo;

use crate::common::TestEnv;
use crate::common::runs::{run, store};

/// A prepared repository in which the run `02…` left `mlrun.lock` as it is in the worktree.
fn after_a_run() -> (TestEnv, RunId) {
    let env = TestEnv::prepared();
    let id = run(2, "two").id;
    store(&Repo::at(env.dir()).unwrap(), &[run(1, "one"), run(2, "two"), run(3, "three")]);
    leave(&env, id, "mlrun: 1\n# of two\n");
    (env, id)
}

/// Writes the lock, and that the run `id` left it so.
fn leave(env: &TestEnv, id: RunId, lock: &str) {
    env.write("mlrun.lock", lock);
    let blob = env.git(["hash-object", "mlrun.lock"]).success().stdout_text();
    let name = "two";
    let last = serde_json::json!({"run": id, "name": name, "locks": {"mlrun.lock": blob.trim()}});
    env.write(".git/mldata/last-run", last.to_string());
}

/// The runs that the commit's message names, as Git reads trailers.
fn named(env: &TestEnv, commit: &str) -> String {
    let format = "--format=%(trailers:key=Mlrun-Run,valueonly,separator=%x2C)";
    env.git(["log", "-1", format, commit]).success().stdout_text().trim().to_owned()
}

#[test]
fn a_commit_of_a_lock_names_its_run_once() {
    let (env, id) = after_a_run();
    env.git(["add", "mlrun.lock"]).success();
    env.git(["commit", "-m", "Train\n\n---\nnotes", "-m", "Signed-off-by: Ada <ada@example.com>"])
        .success();
    assert_eq!(named(&env, "HEAD"), id.to_string());
    let body = env.git(["log", "-1", "--format=%b"]).success().stdout_text();
    assert!(
        body.contains("---\nnotes\n\nSigned-off-by: Ada <ada@example.com>\nMlrun-Run: "),
        "{body}"
    );

    // Amended, it is as it was; a commit of something else has none.
    env.git(["commit", "--quiet", "--amend", "--no-edit"]).success();
    assert_eq!(named(&env, "HEAD"), id.to_string());
    env.write("other", "x\n");
    env.git(["add", "other"]).success();
    env.git(["commit", "--quiet", "-m", "Other"]).success();
    assert_eq!(named(&env, "HEAD"), "");

    let found = env.mlrun(["log", "--columns", "name", "HEAD~1"]).success().stdout_text();
    assert_eq!(found, "name\ntwo\n");
}

#[test]
fn the_index_of_the_commit_counts_and_not_the_worktree() {
    let (env, id) = after_a_run();
    env.write("other", "x\n");
    env.git(["add", "other"]).success();
    env.git(["commit", "--quiet", "-m", "Without the lock"]).success();
    assert_eq!(named(&env, "HEAD"), "");
    // What is committed by path, past what is staged, or by -a, is in an index of its own.
    env.git(["add", "mlrun.lock"]).success();
    env.write("other", "y\n");
    env.git(["commit", "--quiet", "-m", "By path", "other"]).success();
    assert_eq!(named(&env, "HEAD"), "");
    env.git(["commit", "--quiet", "-m", "The rest", "mlrun.lock"]).success();
    assert_eq!(named(&env, "HEAD"), id.to_string());
    let three = run(3, "three").id;
    leave(&env, three, "mlrun: 1\n# of three\n");
    std::fs::create_dir(env.dir().join("sub")).unwrap();
    env.sh("cd sub && git commit --quiet -a -m 'From below'").success();
    assert_eq!(named(&env, "HEAD"), three.to_string());
    // Edited by hand, it is nobody's.
    env.write("mlrun.lock", "mlrun: 1\n# edited\n");
    env.git(["commit", "--quiet", "-a", "-m", "Edited"]).success();
    assert_eq!(named(&env, "HEAD"), "");
}

#[test]
fn what_git_makes_again_keeps_its_trailer() {
    let (env, id) = after_a_run();
    env.git(["branch", "topic"]).success();
    env.git(["switch", "--quiet", "topic"]).success();
    env.git(["add", "mlrun.lock"]).success();
    env.git(["commit", "--quiet", "-m", "Train"]).success();
    env.git(["switch", "--quiet", "main"]).success();
    env.write("other", "x\n");
    env.git(["add", "other"]).success();
    env.git(["commit", "--quiet", "-m", "Other"]).success();
    // The same bytes, as if a later run had left them.
    let last = env.read_text(".git/mldata/last-run");
    env.write(".git/mldata/last-run", last.replace(&id.to_string(), &"03".repeat(16)));
    env.git(["cherry-pick", "topic"]).success();
    assert_eq!(named(&env, "HEAD"), id.to_string());
    env.git(["reset", "--quiet", "--hard", "HEAD~1"]).success();
    env.git(["rebase", "--quiet", "main", "topic"]).success();
    assert_eq!(named(&env, "HEAD"), id.to_string());
    let found = env.mlrun(["log", "--columns", "name", "topic"]).success().stdout_text();
    assert_eq!(found, "name\ntwo\n");
    env.git(["switch", "--quiet", "main"]).success();
    env.git(["merge", "--quiet", "--no-ff", "-m", "Merge", "topic"]).success();
    assert_eq!(named(&env, "HEAD"), "");
    let range = env.mlrun(["log", "--columns", "name", "main~1..main"]).success().stdout_text();
    assert_eq!(range, "name\ntwo\n");
}

#[test]
fn nothing_fails_the_commit() {
    let (env, _) = after_a_run();
    for last in
        ["", "{", "{\"run\": 3, \"locks\": {}}", "{\"run\": \"02\", \"locks\": {\"../x\": \"\"}}"]
    {
        env.write(".git/mldata/last-run", last);
        let output = env.git(["commit", "--allow-empty", "--quiet", "-m", "Train"]).success();
        assert_eq!(output.stderr_text(), "", "{last}");
        assert_eq!(named(&env, "HEAD"), "");
    }
    let output = env.mldata(["hook", "prepare-commit-msg"]).success();
    assert_eq!(
        output.stderr_text(),
        "warning: cannot name the run of a commit: Git passed no file\n"
    );
}
