//! Outs of `mlrun.lock` are tracked data in every data command.

use insta::assert_snapshot;

use crate::common::TestEnv;

/// The outs `dir` and `file` of two stages, the metric `m.json` that Git tracks, all committed.
fn locked() -> TestEnv {
    let env = TestEnv::pipeline(
        "
stages:
  one: {cmd: mkdir dir && cp source dir/a && echo b > dir/b, deps: [source], outs: [dir]}
  two:
    cmd: cat dir/a > file && echo {} > m.json
    deps: [dir]
    outs: [file]
    metrics: [m.json: {cache: false}]
",
    );
    env.mldata(["remote", "add", "-d", "store", "../store"]).success();
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    env.commit("one");
    env
}

#[test]
fn status_and_add() {
    let env = locked();
    assert_eq!(env.git_status(), "");
    env.mldata(["status", "--exit-code"]).success();
    env.write("dir/a", "edited\n");
    env.remove("file");
    assert_snapshot!(env.mldata(["status", "--exit-code"]), @"
    dir:
      modified: dir/a
    file:
      deleted: file
    [exit code 1]
    ");
    assert_snapshot!(env.mldata(["add", "dir"]), @"
    [stderr]
    error: `dir` is written by the stage `one` of `mlrun.lock`
    hint: `git mlrun repro one` writes it anew
    hint: `git mlrun commit one` accepts it as it is
    [exit code 3]
    ");
    env.mldata(["add", "dir/a"]).code(3);
    // A directory around an out.
    env.write("dir2/x", "x\n");
    let output = env.mldata(["add", "."]).code(3);
    assert!(!env.exists("dir.mldata"), "{output}");
    assert!(!env.exists("file.mldata"), "{output}");
    env.mldata(["add", "m.json"]).code(3);
}

#[test]
fn a_pointer_and_an_out_of_one_path() {
    let env =
        TestEnv::pipeline("stages:\n  a: {cmd: cp source out/x, deps: [source], outs: [out/x]}\n");
    env.write("source", "1\n");
    env.write("out/y", "y\n");
    env.mldata(["add", "out"]).success();
    env.commit("pointer");
    let output = env.mlrun(["repro"]).code(3);
    let told = output.stderr_text();
    assert!(told.contains("`out/x` overlaps with `out`, which is tracked already"), "{output}");
    assert!(!env.exists("mlrun.lock") && !env.exists("out/x"));
    assert_eq!(env.read_text("out/y"), "y\n");
    env.mldata(["status", "--exit-code"]).success();
}

#[test]
fn checkout_puts_outs_back() {
    let env = locked();
    let before = [env.tree("dir"), env.tree("file")];
    env.remove("dir");
    env.remove("file");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Checked out `dir`: 2 files written.
    Checked out `file`: 1 file written.
    [ok]
    ");
    assert_eq!([env.tree("dir"), env.tree("file")], before);
    assert_eq!(env.states(&[]), "one: unchanged, two: unchanged");
    // One out, a part of one, and one that was edited.
    env.remove("dir");
    env.mldata(["checkout", "dir/b"]).success();
    assert!(env.exists("dir/b") && !env.exists("dir/a"));
    env.mldata(["checkout", "dir"]).success();
    env.write("file", "edited\n");
    env.mldata(["checkout", "file"]).code(3);
    env.mldata(["checkout", "--force", "file"]).success();
    assert_eq!(env.read_text("file"), "1\n");
    assert_eq!(env.recovered(), ["edited\n"]);
    let json = env.mldata(["recover", "list", "--json"]).success().json();
    let id = json["entries"][0]["id"].as_str().unwrap().to_owned();
    env.mldata(["recover", "restore", &id]).success();
    assert_eq!(env.read_text("file"), "edited\n");
}

#[test]
fn outs_are_pushed_fetched_and_guarded() {
    let mut env = locked();
    env.sh("git init --quiet --bare ../upstream && git remote add origin ../upstream").success();
    // The hook lets nobody publish a lock whose data is nowhere to be had, if it is not to push it itself.
    env.git(["config", "mldata.hook.pre-push", "check"]).success();
    let output = env.git(["push", "--quiet", "-u", "origin", "main"]);
    assert_ne!(output.exit_code, Some(0), "{output}");
    let told = output.stderr_text();
    assert!(told.contains("git mldata push"), "{told}");
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    Pushed 3 objects, 122 B (3.89 KiB sent) to `store`.
    [ok]
    ");
    env.git(["push", "--quiet", "-u", "origin", "main"]).success();
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    Everything is on `store`.
    [ok]
    ");
    env.git(["clone", "--quiet", "../upstream", "../clone"]).success();
    env.cd("clone");
    assert_snapshot!(env.mldata(["status"]), @"
    dir:
      2 files not checked out (git mldata pull)
      2 files not in the cache (git mldata fetch)
    file:
      1 file not checked out (git mldata pull)
      1 file not in the cache (git mldata fetch)
    [ok]
    ");
    env.mldata(["fetch"]).success();
    assert!(!env.exists("dir"));
    env.mldata(["checkout"]).success();
    assert_eq!(env.read_text("dir/a"), "1\n");
    assert_eq!(env.states(&[]), "one: unchanged, two: unchanged");
    // A colleague's change arrives with `git pull`.
    env.write("source", "2\n");
    env.mlrun(["repro", "-q"]).success();
    env.commit("two");
    env.mldata(["push"]).success();
    env.git(["push", "--quiet"]).success();
    env.cd("repo");
    env.git(["pull", "--quiet"]).success();
    env.mldata(["pull"]).success();
    assert_eq!(env.read_text("file"), "2\n");
    assert_eq!(env.repro(&[]), "one: unchanged, two: unchanged");
}

#[test]
fn outs_that_are_not_pushed() {
    let mut env = TestEnv::pipeline(
        "
stages:
  a: {cmd: cp source here && cp source there, deps: [source], outs: [here: {push: false}, there]}
",
    );
    env.mldata(["remote", "add", "-d", "store", "../store"]).success();
    env.write("source", "1\n");
    env.write("mlrun.yaml", env.read_text("mlrun.yaml").replace("cp source here", "echo h > here"));
    env.mlrun(["repro", "-q"]).success();
    env.commit("one");
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.mldata(["pull"]).success();
    assert!(env.exists("there") && !env.exists("here"));
}
