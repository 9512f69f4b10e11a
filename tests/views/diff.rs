//! `git mlrun diff`.

use insta::assert_snapshot;

use super::project;
use crate::common::TestEnv;

/// On top of [`project`]: a tracked directory in HEAD, and then every kind of change.
fn changed() -> TestEnv {
    let env = project();
    for (name, content) in [("keep", "k"), ("edit", "e"), ("gone", "gg"), ("old", "moved")] {
        env.write(format!("data/{name}"), content);
    }
    env.write("data/sub/x", "x");
    env.write("weights", "weights");
    env.write("only-comments.yaml", "a: 1\n");
    env.mldata(["add", "data", "weights"]).success();
    env.commit("data");
    env.git(["tag", "before"]).success();

    env.write("data/edit", "edited");
    env.remove("data/gone");
    env.git(["mv", "-k", "weights.mldata", "model.mldata"]).success();
    env.sh("mv weights model; mv data/old data/new; echo /model >> .gitignore").success();
    env.write("data/dir/a", "aa");
    env.write("data/dir/b", "bb");
    env.mldata(["add"]).success();
    env.write("fresh", "fresh");
    env.mldata(["add", "fresh"]).success();
    env.remove("eval.json");
    env.git(["rm", "-q", "--cached", "eval.json.mldata"]).success();
    env.remove("eval.json.mldata");
    env.write(
        "params.yaml",
        "# only a comment\nlr: 0.01\nmodel:\n  layers: [64, 32, 16]\n  name: cnn\nseed: 7\n",
    );
    env.write("train.json", r#"{"loss": 0.125, "steps": 200}"#);
    env.git(["mv", "train.py", "fit.py"]).success();
    env.write(
        "mlrun.yaml",
        super::PIPELINE.replace("    - eval.json\n", "").replace("train.py", "fit.py"),
    );
    env.commit("changes");
    env
}

#[test]
fn everything_that_differs_is_told_once() {
    let env = changed();
    assert_snapshot!(env.mlrun(["diff", "before..HEAD"]), @"
    Metrics:
      Path        Metric   before   HEAD  Change
      eval.json   val.acc     0.9      -       -
      eval.json   best        dog      -       -
      train.json  loss       0.25  0.125  -0.125
    Data:
      modified: data/ (5 files, 10 B → 6 files, 17 B; 2 added, 1 deleted, 1 modified, 1 renamed)
      deleted: eval.json (36 B)
      added: fresh (5 B)
      renamed: weights -> model (7 B)
    Code:
      modified: .gitignore
      renamed: train.py -> fit.py
      modified: mlrun.yaml
      modified: params.yaml
    [ok]
    ");
    assert_snapshot!(env.mlrun(["diff", "before", "HEAD", "-v", "data"]), @"
    Data:
      modified: data/ (5 files, 10 B → 6 files, 17 B)
        added: data/dir/ (2 files, 4 B)
        modified: data/edit (1 B → 6 B)
        deleted: data/gone (2 B)
        renamed: data/old -> data/new (5 B)
    [ok]
    ");
    assert_snapshot!(env.mlrun(["diff", "HEAD", "before", "--md"]), @"
    ### Metrics

    | Path       | Metric  |  HEAD | before | Change |
    | ---------- | ------- | ----: | -----: | -----: |
    | eval.json  | val.acc |     - |    0.9 |      - |
    | eval.json  | best    |     - |    dog |      - |
    | train.json | loss    | 0.125 |   0.25 | +0.125 |

    ### Data

    | Change   | Data                |          HEAD |        before |
    | -------- | ------------------- | ------------: | ------------: |
    | modified | data/               | 6 files, 17 B | 5 files, 10 B |
    | added    | eval.json           |             - |          36 B |
    | deleted  | fresh               |           5 B |             - |
    | renamed  | model -&gt; weights |           7 B |           7 B |

    ### Code

    | Change   | Code                  |
    | -------- | --------------------- |
    | modified | .gitignore            |
    | modified | mlrun.yaml            |
    | modified | params.yaml           |
    | renamed  | fit.py -&gt; train.py |

    [ok]
    ");
}

#[test]
fn json_has_every_file_inside_of_directories() {
    let env = changed();
    assert_snapshot!(env.mlrun(["diff", "before..HEAD", "--json", "--", "data"]), @r#"
    {
      "old": "before",
      "new": "HEAD",
      "params": {},
      "metrics": {},
      "data": [
        {
          "change": "modified",
          "path": "data",
          "from": null,
          "old": {
            "oid": "sha256:2b60c15…",
            "directory": true,
            "size": 10,
            "files": 5
          },
          "new": {
            "oid": "sha256:9f400e8…",
            "directory": true,
            "size": 17,
            "files": 6
          },
          "inside": [
            {
              "change": "added",
              "path": "data/dir",
              "from": null,
              "old": null,
              "new": {
                "oid": "sha256:81993ec…",
                "directory": true,
                "size": 4,
                "files": 2
              }
            },
            {
              "change": "modified",
              "path": "data/edit",
              "from": null,
              "old": {
                "oid": "sha256:3f79bb7…",
                "directory": false,
                "size": 1,
                "files": 1
              },
              "new": {
                "oid": "sha256:1fb9f40…",
                "directory": false,
                "size": 6,
                "files": 1
              }
            },
            {
              "change": "deleted",
              "path": "data/gone",
              "from": null,
              "old": {
                "oid": "sha256:cbd3cfb…",
                "directory": false,
                "size": 2,
                "files": 1
              },
              "new": null
            },
            {
              "change": "renamed",
              "path": "data/new",
              "from": "data/old",
              "old": {
                "oid": "sha256:5edd183…",
                "directory": false,
                "size": 5,
                "files": 1
              },
              "new": {
                "oid": "sha256:5edd183…",
                "directory": false,
                "size": 5,
                "files": 1
              }
            }
          ]
        }
      ],
      "code": [],
      "errors": []
    }
    [ok]
    "#);
}

#[test]
fn the_worktree_is_compared_with_head() {
    let env = project();
    assert_snapshot!(env.mlrun(["diff", "--exit-code"]), @"
    [stderr]
    Nothing differs.
    [ok]
    ");
    env.write("params.yaml", "lr: 5\n");
    env.write("train.py", "print('again')\n");
    env.write("untracked", "x");
    assert_snapshot!(env.mlrun(["diff", "--exit-code"]), @"
    Params:
      Path         Param                 HEAD  worktree  Change
      params.yaml  lr                    0.01         5   +4.99
      params.yaml  model.layers  [64, 32, 16]         -       -
      params.yaml  model.name             cnn         -       -
      params.yaml  seed                     7         -       -
    Code:
      modified: train.py
    [exit code 1]
    ");
}

#[test]
fn a_directory_without_its_listings_is_told_as_a_whole() {
    let mut env = changed();
    env.mldata(["remote", "add", "store", "../store"]).success();
    env.commit("remote");
    env.mldata(["push", "--rev", "HEAD"]).success();
    env.clone_to("clone");
    env.mldata(["pull"]).success();
    assert_snapshot!(env.mlrun(["diff", "before", "HEAD", "data"]), @"
    Data:
      modified: data/ (5 files, 10 B → 6 files, 17 B; its listing is not in the cache)
    [ok]
    ");
    let shown = env.mlrun(["diff", "before", "HEAD", "data", "--json"]).success().json();
    assert!(shown["data"][0]["inside"].is_null(), "{shown}");
}

#[test]
fn an_unreadable_pointer_or_pipeline_is_told_and_the_rest_shown() {
    let env = project();
    env.write("eval.json.mldata", "<<<<<<< ours\n");
    env.write("mlrun.yaml", "stages: [\n");
    env.write("params.yaml", "lr: 5\n");
    assert_snapshot!(env.mlrun(["diff"]), @"
    Params:
      Path         Param                 HEAD  worktree  Change
      params.yaml  lr                    0.01         5   +4.99
      params.yaml  model.layers  [64, 32, 16]         -       -
      params.yaml  model.name             cnn         -       -
      params.yaml  seed                     7         -       -
    Code:
      modified: eval.json.mldata
      modified: mlrun.yaml
    [stderr]
    warning: worktree: mlrun.yaml:1:10: expected a value
      |
    1 | stages: [
      |          ^
    warning: worktree: `eval.json.mldata`: pointer has conflict markers; resolve the merge, then `git add` it
    hint: take one side, `git checkout --ours eval.json.mldata` or `--theirs`, then `git mldata checkout`
    [ok]
    ");
}
