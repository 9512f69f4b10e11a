//! Outs follow branches, worktrees and clones: what ran once need not run again.

use insta::assert_snapshot;

use crate::common::TestEnv;

const PIPELINE: &str = "
stages:
  one:
    cmd: echo one >> $LEDGER && mkdir dir && cp source dir/a && echo b > dir/b
    deps: [source]
    outs: [dir]
  two:
    cmd: echo two >> $LEDGER && cat dir/a dir/b > file && echo {} > m.json
    deps: [dir]
    outs: [file]
    metrics: [{m.json: {cache: false}}]
";

fn shared() -> TestEnv {
    let mut env = TestEnv::pipeline(PIPELINE);
    env.set("LEDGER", env.root().join("ran").to_str().unwrap());
    env.mldata(["remote", "add", "-d", "store", "../store"]).success();
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    env.commit("one");
    assert_eq!(env.ran(), "one two");
    env
}

#[test]
fn outs_follow_git_switch() {
    let env = shared();
    env.git(["switch", "--quiet", "-c", "feature"]).success();
    env.write("source", "2\n");
    assert_eq!(env.repro(&[]), "one: ran, two: ran");
    env.commit("two");
    assert_eq!(env.read_text("file"), "2\nb\n");
    for (branch, content) in [("main", "1\nb\n"), ("feature", "2\nb\n"), ("main", "1\nb\n")] {
        env.git(["switch", "--quiet", branch]).success();
        assert_eq!(env.read_text("file"), content, "{branch}");
        assert_eq!(env.repro(&[]), "one: unchanged, two: unchanged", "{branch}");
        assert_eq!(env.git_status(), "", "{branch}");
        env.mldata(["status", "--exit-code"]).success();
    }
    // The same inputs on another branch.
    env.ran();
    env.write("source", "2\n");
    assert_eq!(env.repro(&[]), "one: reused, two: reused");
    assert_eq!((env.ran().as_str(), env.read_text("file").as_str()), ("", "2\nb\n"));
    // A branch without the pipeline has no outs; edited ones stay.
    env.git(["checkout", "--quiet", "--force", "main"]).success();
    env.git(["checkout", "--quiet", "--orphan", "empty"]).success();
    env.git(["rm", "-rfq", "."]).success();
    env.git(["commit", "--quiet", "--allow-empty", "-m", "nothing"]).success();
    env.git(["switch", "--quiet", "main"]).success();
    assert_eq!(env.repro(&[]), "one: unchanged, two: unchanged");
    assert_eq!(env.read_text("dir/a"), "1\n");
}

#[test]
fn worktrees_share_what_ran() {
    let mut env = shared();
    env.git(["worktree", "add", "--quiet", "-b", "linked", "../linked"]).success();
    env.cd("linked");
    assert_eq!(env.repro(&[]), "one: unchanged, two: unchanged");
    assert_eq!(env.read_text("file"), "1\nb\n");
    env.write("source", "2\n");
    assert_eq!(env.repro(&[]), "one: ran, two: ran");
    env.cd("repo");
    assert_eq!(env.read_text("file"), "1\nb\n");
    env.write("source", "2\n");
    assert_eq!(env.ran(), "one two");
    assert_eq!(env.repro(&[]), "one: reused, two: reused");
    // What the first worktree displaces is not what the other has.
    env.write("file", "mine\n");
    env.cd("linked");
    assert_eq!(env.repro(&[]), "one: unchanged, two: unchanged");
}

#[test]
fn a_clone_runs_nothing() {
    let mut env = shared();
    env.mldata(["push"]).success();
    env.clone_to("pulled");
    env.mldata(["pull"]).success();
    assert_snapshot!(env.mlrun(["repro"]), @"
    [stderr]
    Nothing to do: all 2 stages are up to date.
    [ok]
    ");
    env.cd("repo");
    env.clone_to("bare");
    assert_snapshot!(env.mlrun(["status"]), @"
    one: would run
      `dir` is gone
    two: would run
      `dir` is not there
      `file` is gone
    [ok]
    ");
    // Without data, when nobody needs it.
    assert_eq!(env.repro(&["--allow-missing"]), "one: unchanged, two: unchanged");
    assert!(!env.exists("dir"));
    assert_snapshot!(env.mlrun(["repro", "two", "--single"]), @"
    [stderr]
    `two`: failed
    error: stage `two`: a dep is not there: `dir`
    hint: `git mlrun repro --pull two` fetches it first
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["repro", "--pull"]), @"
    [stderr]
    `one`: outs put back from the cache
    `two`: outs put back from the cache
    [ok]
    ");
    assert_eq!(env.read_text("file"), "1\nb\n");
    assert_eq!(env.ran(), "");
    // One stage, of which the dep is fetched and then changed.
    env.cd("repo");
    env.clone_to("third");
    env.write("mlrun.yaml", PIPELINE.replace("echo {}", "echo '{\"a\":1}'"));
    assert_eq!(env.repro(&["--pull", "--single", "two"]), "two: ran");
    assert_eq!(env.read_text("dir/a"), "1\n");
    assert_eq!(env.ran(), "two");
    // Of an edited source, the stages that it does not reach stay missing.
    env.cd("repo");
    env.clone_to("fourth");
    env.write("mlrun.yaml", PIPELINE.replace("echo {}", "echo '{\"a\":2}'"));
    let outcome = env.repro(&["--allow-missing", "--pull"]);
    assert_eq!(outcome, "one: unchanged, two: ran");
}

/// Two branches add a stage each: Git merges pipeline and lock by itself.
#[test]
fn branches_that_add_stages_merge() {
    let env = TestEnv::pipeline("stages:\n  m: {cmd: cp source m, deps: [source], outs: [m]}\n");
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    env.commit("base");
    let base = env.read_text("mlrun.yaml");
    env.git(["switch", "--quiet", "-c", "first"]).success();
    let a = "  a: {cmd: cp source a, deps: [source], outs: [a]}\n";
    env.write("mlrun.yaml", base.replace("stages:\n", &format!("stages:\n{a}")));
    env.mlrun(["repro", "-q"]).success();
    env.commit("first");
    env.git(["switch", "--quiet", "main"]).success();
    let z = "  z: {cmd: cp source z, deps: [source], outs: [z]}\n";
    env.write("mlrun.yaml", format!("{base}{z}"));
    env.mlrun(["repro", "-q"]).success();
    env.commit("second");
    assert!(!env.exists("a"));
    env.git(["merge", "--quiet", "--no-edit", "first"]).success();
    for name in ["a", "m", "z"] {
        assert_eq!(env.read_text(name), "1\n", "{name}");
    }
    assert_eq!(env.repro(&[]), "a: unchanged, m: unchanged, z: unchanged");
    assert_eq!(env.git_status(), "");
}

/// A conflict in one stage says nothing about the others.
#[test]
fn a_conflict_disables_its_stages_only() {
    let env = TestEnv::pipeline(
        "
stages:
  a: {cmd: cp a.in a, deps: [a.in], outs: [a]}
  b: {cmd: cp b.in b, deps: [b.in], outs: [b]}
  c: {cmd: cp c.in c, deps: [c.in], outs: [c]}
",
    );
    for name in ["a", "b", "c"] {
        env.write(format!("{name}.in"), "1\n");
    }
    env.mlrun(["repro", "-q"]).success();
    env.commit("base");
    for (branch, content) in [("other", "2\n"), ("mine", "3\n")] {
        env.git(["switch", "--quiet", "-c", branch, "main"]).success();
        env.write("b.in", content);
        env.mlrun(["repro", "-q"]).success();
        env.commit(branch);
    }
    let output = env.git(["merge", "other"]).code(1).stdout_text();
    assert!(output.contains("mlrun.lock"), "{output}");
    env.write("b.in", "3\n");
    assert_snapshot!(env.mlrun(["status", "--unchanged"]), @"
    a: unchanged
    c: unchanged
    [stderr]
    error: `mlrun.lock` cannot be read
    caused by: lock has conflict markers; resolve the merge, then `git add` it
    hint: take one side, `git checkout --ours mlrun.lock` or `--theirs`, then `git mlrun repro`
    [exit code 3]
    ");
    assert_eq!(env.repro(&["a", "c"]), "a: unchanged, c: unchanged");
    env.remove("c");
    env.mldata(["checkout", "c"]).success();
    assert_eq!(env.read_text("c"), "1\n");
    // One side is taken; what it says is what repro goes by.
    env.git(["checkout", "--quiet", "--theirs", "mlrun.lock", "b.in"]).success();
    env.mldata(["checkout", "--force", "b"]).success();
    assert_eq!(env.read_text("b"), "2\n");
    assert_eq!(env.repro(&[]), "a: unchanged, b: unchanged, c: unchanged");
}
