//! `git mlrun metrics`.

use insta::assert_snapshot;

use super::project;
use crate::common::TestEnv;

#[test]
fn the_worktree_and_revisions_are_shown() {
    let env = project();
    assert_snapshot!(env.mlrun(["metrics", "show"]), @"
    Path          val.acc  best  score    ok  loss  steps
    eval.json         0.9   dog      -     -     -      -
    summary.yaml        -     -   1e-7  true     -      -
    train.json          -     -      -     -  0.25    200
    [ok]
    ");
    assert_snapshot!(env.mlrun(["metrics", "show", "-T", "-v"]), @"
    Revision  Path          val.acc  best  score    ok  loss  steps
    worktree  eval.json         0.9   dog      -     -     -      -
    worktree  summary.yaml        -     -   1e-7  true     -      -
    worktree  train.json          -     -      -     -  0.25    200
    v1        eval.json         0.8   cat      -     -     -      -
    v1        summary.yaml        -     -   1e-7  true     -      -
    v1        train.json          -     -      -     -   0.5    100
    [stderr]
    3 lists or nulls are no metrics and were left out.
    [ok]
    ");
    assert_snapshot!(env.mlrun(["metrics", "show", "--rev", "v1", "--rev", "HEAD", "--md", "eval.json"]), @"
    | Revision | Path      | val.acc | best |
    | -------- | --------- | ------: | ---: |
    | v1       | eval.json |     0.8 |  cat |
    | HEAD     | eval.json |     0.9 |  dog |
    [ok]
    ");
    assert_snapshot!(env.mlrun(["metrics", "show", "--rev", "v1", "--json"]), @r#"
    {
      "revisions": [
        {
          "revision": "v1",
          "commit": "dfc9397…",
          "files": {
            "eval.json": {
              "val.acc": 0.8,
              "best": "cat"
            },
            "summary.yaml": {
              "score": 1e-7,
              "ok": true
            },
            "train.json": {
              "loss": 0.5,
              "steps": 100
            }
          }
        }
      ],
      "errors": []
    }
    [ok]
    "#);
}

#[test]
fn branches_tags_and_commits_are_chosen() {
    let env = project();
    env.git(["branch", "other", "v1"]).success();
    let names = |arguments: &[&str]| {
        let words = ["metrics", "show", "--json", "train.json"].iter().chain(arguments);
        let shown = env.mlrun(words).success().json();
        let revisions = shown["revisions"].as_array().unwrap().clone();
        let name = |revision: &serde_json::Value| {
            let name = revision["revision"].as_str().unwrap().to_owned();
            let is_short_id = name.len() == 7 && name.bytes().all(|b| b.is_ascii_hexdigit());
            (if is_short_id { "<id>" } else { &name }).to_owned()
        };
        revisions.iter().map(name).collect::<Vec<String>>()
    };
    assert_eq!(names(&["-a"]), ["worktree", "main", "other"]);
    assert_eq!(names(&["-a", "-T"]), ["worktree", "main", "other", "v1"]);
    assert_eq!(names(&["-A"]), ["worktree", "<id>", "<id>", "<id>"]);
    assert_eq!(names(&["-n", "2"]), ["worktree", "HEAD", "<id>"]);
    assert_eq!(names(&["--rev", "main", "-n", "2"]), ["main", "<id>"]);
    assert_eq!(names(&["--rev", "v1..main"]), ["<id>"]);
    assert_snapshot!(env.mlrun(["metrics", "show", "--rev", "none"]), @"
    [stderr]
    error: `none` is not a revision of this repository
    hint: `git branch --all` and `git tag` list what there is
    [exit code 3]
    ");
}

#[test]
fn differences_have_old_new_and_change() {
    let env = project();
    assert_snapshot!(env.mlrun(["metrics", "diff"]), @"
    [stderr]
    No metrics differ.
    [ok]
    ");
    assert_snapshot!(env.mlrun(["metrics", "diff", "v1"]), @"
    Path        Metric    v1  worktree  Change
    eval.json   val.acc  0.8       0.9    +0.1
    eval.json   best     cat       dog       -
    train.json  loss     0.5      0.25   -0.25
    train.json  steps    100       200    +100
    [ok]
    ");
    assert_snapshot!(env.mlrun(["metrics", "diff", "v1..HEAD", "--md", "--precision", "2"]), @"
    | Path       | Metric  |  v1 | HEAD | Change |
    | ---------- | ------- | --: | ---: | -----: |
    | eval.json  | val.acc | 0.8 |  0.9 |   +0.1 |
    | eval.json  | best    | cat |  dog |      - |
    | train.json | loss    | 0.5 | 0.25 |  -0.25 |
    | train.json | steps   | 100 |  200 |   +100 |
    [ok]
    ");
    assert_snapshot!(env.mlrun(["metrics", "diff", "HEAD", "v1", "train.json", "--all", "--json"]), @r#"
    {
      "old": "HEAD",
      "new": "v1",
      "files": {
        "train.json": {
          "loss": {
            "old": 0.25,
            "new": 0.5,
            "diff": 0.25
          },
          "steps": {
            "old": 200,
            "new": 100,
            "diff": -100
          }
        }
      },
      "errors": []
    }
    [ok]
    "#);
    env.mlrun(["metrics", "diff", "v1", "--exit-code"]).code(1).stdout_text();
    env.mlrun(["metrics", "diff", "--exit-code"]).success();
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_shown() {
    let env = project();
    env.write("train.json", "{\"loss\": [");
    env.remove("summary.yaml");
    assert_snapshot!(env.mlrun(["metrics", "show"]), @r#"
    Path       val.acc  best
    eval.json      0.9   dog
    [stderr]
    warning: worktree: `summary.yaml` does not exist
    warning: worktree: train.json:1:11: expected a value
      |
    1 | {"loss": [
      |           ^
    [ok]
    "#);
    let shown = env.mlrun(["metrics", "show", "--json"]).success().json();
    let errors = shown["errors"].as_array().unwrap();
    let paths: Vec<&str> = errors.iter().map(|error| error["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["summary.yaml", "train.json"]);
    assert_snapshot!(env.mlrun(["metrics", "show", "none.json"]), @"
    [stderr]
    warning: worktree: `none.json` does not exist
    error: no metrics could be read
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["metrics", "diff", "none.json"]), @"
    [stderr]
    error: `none.json` is neither a revision nor a file here
    hint: put `--` before the names of files that are not in the worktree
    [exit code 3]
    ");
}

#[test]
fn data_that_was_not_fetched_fails_its_revision_only() {
    let mut env = project();
    env.mldata(["remote", "add", "store", "../store"]).success();
    env.commit("remote");
    env.mldata(["push", "--rev", "HEAD"]).success();
    env.clone_to("clone");
    env.mldata(["pull"]).success();
    assert_snapshot!(env.mlrun(["metrics", "show", "-T", "eval.json"]), @"
    Revision  Path       val.acc  best
    worktree  eval.json      0.9   dog
    [stderr]
    warning: v1: `eval.json` is not in the cache
    hint: run `git mldata fetch --rev v1 eval.json`
    [ok]
    ");
}

#[test]
fn names_from_files_reach_no_terminal_unescaped() {
    let env = TestEnv::new();
    env.write("mlrun.yaml", "metrics: [m.json]\n");
    env.write("m.json", r#"{"a\u001b[31m|b": "x\u001b[0m\ny"}"#);
    env.commit("hostile");
    assert_snapshot!(env.mlrun(["metrics", "show"]), @r"
    Path    a\u{1b}[31m|b
    m.json  x\u{1b}[0m\ny
    [ok]
    ");
    assert_snapshot!(env.mlrun(["metrics", "show", "--md"]), @r"
    | Path   | a\\u{1b}\[31m\|b |
    | ------ | ---------------: |
    | m.json | x\\u{1b}\[0m\\ny |
    [ok]
    ");
}

#[test]
fn a_repository_without_metrics_is_no_error() {
    let env = TestEnv::new();
    assert_snapshot!(env.mlrun(["metrics", "show"]), @"
    [stderr]
    No metrics are declared: list their files under `metrics` of a stage.
    [ok]
    ");
    env.commit("empty");
    assert_snapshot!(env.mlrun(["metrics", "diff"]), @"
    [stderr]
    No metrics differ.
    [ok]
    ");
}
