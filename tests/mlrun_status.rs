//! `git mlrun status`, and what it does not do.

use insta::assert_snapshot;

use crate::common::TestEnv;

const PIPELINE: &str = "
stages:
  load: {cmd: cp source raw, deps: [source], outs: [raw]}
  train: {cmd: cp raw model, deps: [raw], params: [lr], outs: [model], frozen: false}
";

fn ran() -> TestEnv {
    let env = TestEnv::pipeline(PIPELINE);
    env.write("source", "1\n");
    env.write("params.yaml", "lr: 1\n");
    env.mlrun(["repro", "-q"]).success();
    env.commit("ran");
    env
}

#[test]
fn one_object_for_programs() {
    let env = ran();
    assert_snapshot!(env.mlrun(["status"]), @"
    [stderr]
    All 2 stages are up to date.
    [ok]
    ");
    env.write("params.yaml", "lr: 2\n");
    env.write("model", "edited\n");
    assert_snapshot!(env.mlrun(["status", "--json"]), @r#"
    {
      "clean": false,
      "stages": [
        {
          "stage": "load",
          "state": "unchanged",
          "frozen": false,
          "reasons": [],
          "edited": [],
          "unrecorded": []
        },
        {
          "stage": "train",
          "state": "changed",
          "frozen": false,
          "reasons": [
            "`lr` of `params.yaml` was 1 and is 2",
            "`model` was modified"
          ],
          "edited": [
            "model"
          ],
          "unrecorded": []
        }
      ],
      "errors": [],
      "displaced": []
    }
    [ok]
    "#);
    // As an answer to scripts.
    env.mlrun(["status", "-q", "--exit-code"]).code(1);
    assert_snapshot!(env.mlrun(["status", "--exit-code", "--unchanged", "load"]), @"
    load: unchanged
    [stderr]
    The stage is up to date.
    [ok]
    ");
}

#[test]
fn it_changes_nothing() {
    let env = ran();
    env.write("source", "2\n");
    env.remove("model");
    // But for what it remembers of files that it had to read.
    let files = || {
        let listed = env.sh("ls -lR --time-style=full-iso . .git/mldata --ignore=deps --ignore=outside --ignore=tmp | grep -v '^d'");
        listed.success().stdout_text()
    };
    let before = files();
    assert_eq!(env.states(&[]), "load: changed, train: restorable");
    assert_eq!(files(), before);
    assert!(!env.exists("model"));
}

/// What is wrong with one stage says nothing of the others.
#[test]
fn errors_of_single_stages() {
    let env = ran();
    env.write("params.yaml", "other: 2\n");
    env.write("source", "2\n");
    assert_snapshot!(env.mlrun(["status"]), @"
    load: would run
      `source` was modified
    [stderr]
    error: `params.yaml` has no `lr`
    hint: write it there, or take it out of the stage's `params`
    [exit code 3]
    ");
    let output = env.mlrun(["status", "--json"]).code(3);
    assert_eq!(output.json()["errors"][0]["stage"], "train");
    assert_eq!(output.json()["stages"].as_array().unwrap().len(), 1);
}
