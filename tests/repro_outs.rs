//! What becomes of outs: nothing that was there is lost, and nothing half-done passes for done.

use insta::assert_snapshot;

use crate::common::TestEnv;

/// A stage of which `fail` decides whether it fails, after it has written all it writes.
const FAILS: &str = "
stages:
  make:
    cmd: mkdir -p dir/sub && cp source dir/sub/a && cp source file && test ! -e fail
    deps: [source]
    outs: [dir, file]
    metrics: [{m.json: {cache: false}}]
";

#[test]
fn a_failure_leaves_the_outs_of_before() {
    let env = TestEnv::pipeline(&FAILS.replace("test !", "echo {} > m.json && test !"));
    env.write("source", "1\n");
    env.write("fail", "");
    // Nothing was there: nothing is.
    env.mlrun(["repro"]).code(3);
    for out in ["dir", "file", "m.json"] {
        assert!(!env.exists(out), "{out}");
    }
    assert_eq!(env.recovered(), ["1\n", "1\n", "{}\n"]);
    env.remove(".git/mldata/recovery");
    env.remove("fail");
    env.mlrun(["repro", "-q"]).success();
    env.chmod("dir/sub/a", 0o755);
    env.link("sub/a", "dir/link");
    env.sh("mkdir dir/empty").success();
    env.mlrun(["commit", "-q"]).success();
    let before = [env.tree("dir"), env.tree("file"), env.tree("m.json")];
    let lock = env.read_text("mlrun.lock");
    env.write("source", "2\n");
    env.write("fail", "");
    assert_snapshot!(env.mlrun(["repro"]), @"
    [stderr]
    Running `make`:
    `make`: failed
    error: stage `make`: `mkdir -p dir/sub && cp source dir/sub/a && cp source file && echo {} > m.json && test ! -e fail` ended with exit code 1
    hint: what it had written: `git mldata recover restore <stamp>-repro-3a7fbfb9`
    [exit code 3]
    ");
    assert_eq!([env.tree("dir"), env.tree("file"), env.tree("m.json")], before);
    assert_eq!(env.read_text("mlrun.lock"), lock);
    assert_eq!(env.recovered(), ["2\n", "2\n", "{}\n"]);
    // The unfinished work can be had.
    let json = env.mldata(["recover", "list", "--json"]).success().json();
    let id = json["entries"][0]["id"].as_str().unwrap().to_owned();
    env.mldata(["recover", "restore", &id, "file"]).success();
    assert_eq!(env.read_text("file"), "2\n");
    env.remove("file");
    // It failed on other inputs: with those of before there is nothing to run.
    env.write("source", "1\n");
    assert_eq!(env.repro(&[]), "make: restored");
    assert_eq!([env.tree("dir"), env.tree("file"), env.tree("m.json")], before);
}

#[test]
fn outs_that_cannot_all_be_moved_aside_stay() {
    let mut env = TestEnv::pipeline(&FAILS.replace("test !", "echo {} > m.json && test !"));
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    let before = [env.tree("dir"), env.tree("file")];
    env.write("source", "2\n");
    env.set("MLDATA_FAILPOINTS", "recovery.move=error@2");
    let output = env.mlrun(["repro"]).code(3);
    assert!(output.stderr_text().contains("cannot move"), "{output}");
    assert_eq!([env.tree("dir"), env.tree("file")], before);
    env.set("MLDATA_FAILPOINTS", "");
    let output = env.mlrun(["status"]).success();
    assert!(!output.stderr_text().contains("killed"), "{output}");
    assert_eq!(env.repro(&[]), "make: ran");
    assert_eq!(env.recovered(), [""; 0]);
}

#[test]
fn what_nobody_recorded_is_kept() {
    let env = TestEnv::pipeline(FAILS.split("    metrics").next().unwrap());
    env.write("source", "1\n");
    env.write("dir/mine", "my directory\n");
    env.write("file", "my file\n");
    assert_eq!(env.repro(&[]), "make: ran");
    assert_eq!(env.recovered(), ["my directory\n", "my file\n"]);
    // What the cache has is not kept a second time.
    env.write("source", "2\n");
    assert_eq!(env.repro(&[]), "make: ran");
    assert_eq!(env.recovered(), ["my directory\n", "my file\n"]);
}

#[test]
fn an_edited_out_is_refused_then_kept() {
    let env = TestEnv::pipeline(FAILS.split("    metrics").next().unwrap());
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    env.write("dir/sub/a", "edited\n");
    env.write("dir/new", "new\n");
    // As long as the inputs are the same, and with other ones.
    for source in ["1\n", "2\n"] {
        env.write("source", source);
        let output = env.mlrun(["repro"]).code(3);
        assert!(output.stderr_text().contains("`dir` was edited since the stage wrote it"));
        assert_eq!(env.read_text("dir/sub/a"), "edited\n");
    }
    assert_snapshot!(env.mlrun(["repro"]), @"
    [stderr]
    `make`: failed
    error: stage `make`: `dir` was edited since the stage wrote it, and is nowhere else
    hint: `git mlrun commit make` takes it as the stage's output
    hint: `git mlrun repro --force make` moves it to recovery and runs the stage
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["status"]), @"
    make: would run
      `source` was modified
      `dir` was modified
      `dir` was edited (git mlrun commit, or repro --force)
    [ok]
    ");
    assert_snapshot!(env.mldata(["checkout", "dir"]), @"
    [stderr]
    error: cannot check out `dir`: content that is nowhere else stands in the way: `dir/sub/a`
    hint: take it as the stage's: `git mlrun commit dir`
    hint: `git mldata checkout --force dir` puts it aside; `git mldata recover` brings it back
    [exit code 3]
    ");
    env.mlrun(["repro", "--force", "-q"]).success();
    assert_eq!(env.read_text("dir/sub/a"), "2\n");
    assert_eq!(env.recovered(), ["edited\n", "new\n"]);
    // Accepted, it is the stage's.
    env.write("file", "by hand\n");
    assert_snapshot!(env.mlrun(["commit", "-n"]), @"
    [stderr]
    `make`: would be recorded
      `file` was modified
    [ok]
    ");
    env.mlrun(["commit", "-q"]).success();
    assert_eq!(env.repro(&[]), "make: unchanged");
    env.remove("file");
    assert_eq!(env.repro(&[]), "make: restored");
    assert_eq!(env.read_text("file"), "by hand\n");
    // But nobody else is told that these inputs make it.
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    env.write("source", "2\n");
    env.mlrun(["repro", "-q"]).success();
    assert_eq!(env.read_text("file"), "2\n");
}

#[test]
fn outs_that_are_gone_come_back() {
    let env = TestEnv::pipeline(&FAILS.replace("test !", "echo {} > m.json && test !"));
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    let before = [env.tree("dir"), env.tree("file")];
    env.remove("dir");
    env.remove("m.json");
    assert_snapshot!(env.mlrun(["status"]), @"
    make: outs are in the cache (git mlrun repro)
      `dir` is gone
      `m.json` is gone
    [ok]
    ");
    assert_eq!(env.repro(&[]), "make: restored");
    assert_eq!([env.tree("dir"), env.tree("file")], before);
    assert_eq!(env.read_text("m.json"), "{}\n");
    // Of a directory something is gone: nothing is in the way of putting it back.
    env.remove("dir/sub/a");
    assert_eq!(env.repro(&[]), "make: restored");
    assert_eq!(env.tree("dir"), before[0]);
    // Without the cache, the stage runs.
    env.sh("chmod -R u+w .git/mldata/objects .git/mldata/packs; rm -rf .git/mldata/objects .git/mldata/packs")
        .success();
    env.remove("file");
    assert_eq!(env.repro(&[]), "make: ran");
    assert_eq!(env.tree("file"), before[1]);
}

#[test]
fn persistent_outs_grow() {
    let env = TestEnv::pipeline(
        "
stages:
  grow:
    cmd: cat source >> log && test ! -e fail
    deps: [source]
    outs: [log: {persist: true}]
",
    );
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    env.write("source", "2\n");
    env.mlrun(["repro", "-q"]).success();
    assert_eq!(env.read_text("log"), "1\n2\n");
    assert!(env.recovered().is_empty(), "the cache has it");
    // The command goes on from what somebody put there, which is kept.
    env.write("log", "mine\n");
    env.write("source", "3\n");
    env.mlrun(["repro", "-q"]).success();
    assert_eq!(env.read_text("log"), "mine\n3\n");
    assert_eq!(env.recovered(), ["mine\n"]);
    // After a failure it goes on from where the command came to.
    env.write("source", "4\n");
    env.write("fail", "");
    env.mlrun(["repro", "-q"]).code(3);
    assert_eq!(env.read_text("log"), "mine\n3\n4\n");
    env.remove("fail");
    env.mlrun(["repro", "-q"]).success();
    assert_eq!(env.read_text("log"), "mine\n3\n4\n4\n");
    // It never comes from the run cache.
    env.write("source", "1\n");
    assert_eq!(env.repro(&[]), "grow: ran");
}

#[test]
fn outs_that_git_tracks() {
    let env = TestEnv::pipeline(
        "
stages:
  make: {cmd: cp source small, deps: [source], outs: [small: {cache: false}]}
",
    );
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    assert!(!env.exists(".gitignore"));
    env.commit("one");
    assert_eq!(env.git_status(), "");
    assert!(env.mldata(["status"]).success().to_string().contains("No data is tracked here yet"));
    // Edited, it is overwritten, and kept: Git may not have it.
    env.write("small", "edited\n");
    assert_eq!(env.states(&[]), "make: changed");
    env.mlrun(["repro", "-q"]).success();
    assert_eq!(env.read_text("small"), "1\n");
    assert_eq!(env.recovered(), ["edited\n"]);
    // From cached to not, and back.
    let pipeline = env.read_text("mlrun.yaml");
    env.write("mlrun.yaml", pipeline.replace("cache: false", "cache: true"));
    assert_eq!(env.repro(&[]), "make: ran");
    assert_eq!(env.read_text(".gitignore"), "/small\n");
    env.write("mlrun.yaml", pipeline);
    env.mlrun(["repro", "-q"]).success();
    assert_eq!(env.repro(&[]), "make: unchanged");
}

/// Copied from another clone: nothing runs, and the cache gets them.
#[test]
fn copied_outs_are_adopted() {
    let mut env = TestEnv::pipeline(FAILS.split("    metrics").next().unwrap());
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    env.commit("one");
    env.clone_to("clone");
    env.sh("cp -R ../repo/dir ../repo/file .").success();
    assert_snapshot!(env.mlrun(["status", "--exit-code"]), @"
    make: outs are there, and not yet in the cache
    [stderr]
    The stage is up to date.
    [ok]
    ");
    assert_snapshot!(env.mlrun(["repro"]), @"
    [stderr]
    `make`: outs are there already, and now in the cache
    [ok]
    ");
    env.remove("dir");
    assert_eq!(env.repro(&[]), "make: restored");
    assert_eq!(env.read_text("dir/sub/a"), "1\n");
    assert_eq!(env.git_status(), "");
}

#[test]
fn a_file_deleted_from_a_directory_comes_back_and_one_that_was_renamed_is_an_edit() {
    let env = TestEnv::prepared();
    env.write(
        "mlrun.yaml",
        "stages:\n  make: {cmd: mkdir out && echo a > out/a && echo b > out/b, outs: [out]}\n",
    );
    env.mlrun(["repro", "-q"]).success();
    env.remove("out/a");
    let repro = env.mlrun(["repro"]).success();
    assert!(repro.stderr_text().contains("outs put back from the cache"), "{repro}");
    assert_eq!(env.read_text("out/a"), "a\n");
    // The names are nowhere else, though the bytes are.
    std::fs::rename(env.dir().join("out/a"), env.dir().join("out/c")).unwrap();
    let refused = env.mlrun(["repro"]).code(3);
    assert!(refused.stderr_text().contains("was edited"), "{refused}");
    assert_eq!(env.read_text("out/c"), "a\n");
}

#[test]
fn what_a_stage_wrote_before_it_failed_is_named() {
    let env = TestEnv::prepared();
    env.write("mlrun.yaml", "stages:\n  half: {cmd: echo a > one, outs: [one, two]}\n");
    let failed = env.mlrun(["repro"]).code(3);
    let text = failed.stderr_text();
    assert!(text.contains("did not write `two`"), "{failed}");
    let id =
        text.split("git mldata recover restore ").nth(1).and_then(|rest| rest.split('`').next());
    let id = id.unwrap_or_else(|| panic!("{failed}")).to_owned();
    assert!(!env.exists("one"));
    env.mldata(["recover", "restore", &id]).success();
    assert_eq!(env.read_text("one"), "a\n");
}

#[test]
fn what_a_killed_stage_left_is_not_committed() {
    let mut env = TestEnv::pipeline("stages:\n  a: {cmd: cp in out, deps: [in], outs: [out]}\n");
    env.write("in", "1\n");
    env.mlrun(["repro", "-q"]).success();
    let lock = env.read_text("mlrun.lock");
    env.write("in", "2\n");
    env.set("MLDATA_FAILPOINTS", "repro.displaced=kill");
    let _ = env.mlrun(["repro", "-q"]);
    env.set("MLDATA_FAILPOINTS", "");
    env.write("out", "half");
    assert_snapshot!(env.mlrun(["commit"]), @"
    [stderr]
    error: `out` may be half of what a stage writes: it was killed
    hint: `git mlrun repro` or `git mldata checkout` moves back what was there
    [exit code 3]
    ");
    assert_eq!(env.read_text("mlrun.lock"), lock);
    env.mldata(["checkout"]).success();
    assert_eq!(env.read_text("out"), "1\n");
    assert_eq!(env.recovered(), ["half"]);
}
