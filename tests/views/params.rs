//! `git mlrun params diff`.

use insta::assert_snapshot;

use super::project;

#[test]
fn parameters_of_two_revisions_are_compared() {
    let mut env = project();
    assert_snapshot!(env.mlrun(["params", "diff", "v1", "HEAD"]), @"
    Path         Param               v1          HEAD  Change
    params.yaml  lr                 0.1          0.01   -0.09
    params.yaml  model.layers  [64, 32]  [64, 32, 16]       -
    params.yaml  seed                 -             7       -
    [ok]
    ");
    assert_snapshot!(env.mlrun(["params", "diff", "v1...HEAD", "--json"]), @r#"
    {
      "old": "dfc9397",
      "new": "HEAD",
      "files": {
        "params.yaml": {
          "lr": {
            "old": 0.1,
            "new": 0.01,
            "diff": -0.09000000000000001
          },
          "model.layers": {
            "old": [
              64,
              32
            ],
            "new": [
              64,
              32,
              16
            ]
          },
          "seed": {
            "new": 7
          }
        }
      },
      "errors": []
    }
    [ok]
    "#);
    assert_snapshot!(env.mlrun(["params", "diff", "--all", "--md"]), @r"
    | Path        | Param        |           HEAD |       worktree | Change |
    | ----------- | ------------ | -------------: | -------------: | -----: |
    | params.yaml | lr           |           0.01 |           0.01 |      0 |
    | params.yaml | model.layers | \[64, 32, 16\] | \[64, 32, 16\] |      - |
    | params.yaml | model.name   |            cnn |            cnn |      - |
    | params.yaml | seed         |              7 |              7 |      0 |
    [ok]
    ");
    env.write("params.yaml", "lr: 1\n");
    env.write("sub/x", "");
    env.cd("repo/sub");
    assert_snapshot!(env.mlrun(["params", "diff", "../params.yaml", "--exit-code"]), @"
    Path            Param                 HEAD  worktree  Change
    ../params.yaml  lr                    0.01         1   +0.99
    ../params.yaml  model.layers  [64, 32, 16]         -       -
    ../params.yaml  model.name             cnn         -       -
    ../params.yaml  seed                     7         -       -
    [exit code 1]
    ");
}

#[test]
fn words_are_revisions_or_paths_and_never_both() {
    let env = project();
    env.write("v1", "a file that is called like the tag\n");
    assert_snapshot!(env.mlrun(["params", "diff", "v1"]), @"
    [stderr]
    error: `v1` is both a revision and a file
    hint: put `--` before paths, and behind revisions
    [exit code 2]
    ");
    assert_snapshot!(env.mlrun(["params", "diff", "nothing"]), @"
    [stderr]
    error: `nothing` is neither a revision nor a file here
    hint: put `--` before the names of files that are not in the worktree
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["params", "diff", "HEAD", "HEAD", "HEAD"]), @"
    [stderr]
    error: two revisions can be compared, not 3
    [exit code 2]
    ");
    assert_snapshot!(env.mlrun(["params", "diff", "HEAD^", "--", "params.yaml"]), @"
    Path         Param            HEAD^      worktree  Change
    params.yaml  lr                 0.1          0.01   -0.09
    params.yaml  model.layers  [64, 32]  [64, 32, 16]       -
    params.yaml  seed                 -             7       -
    [ok]
    ");
}

#[test]
fn of_other_files_the_listed_keys_count_unless_they_are_named() {
    let env = project();
    env.write("conf.py", "N = 1\nOTHER = 1\nclass C:\n    z = 1.5\n");
    env.write("all.toml", "x = 1\n");
    let list = "    params:\n    - conf.py: [N, C]\n    - all.toml:\n    - ";
    let text = super::PIPELINE.replace("    params: [lr, model.layers]\n", &format!("{list}lr\n"));
    env.write("mlrun.yaml", text);
    env.commit("more");
    env.write("conf.py", "N = 2\nOTHER = 2\nclass C:\n    z = 2.5\n");
    env.write("all.toml", "x = 2\n");
    assert_snapshot!(env.mlrun(["params", "diff"]), @"
    Path      Param  HEAD  worktree  Change
    all.toml  x         1         2      +1
    conf.py   C.z     1.5       2.5      +1
    conf.py   N         1         2      +1
    [ok]
    ");
    assert_snapshot!(env.mlrun(["params", "diff", "conf.py"]), @"
    Path     Param  HEAD  worktree  Change
    conf.py  N         1         2      +1
    conf.py  OTHER     1         2      +1
    conf.py  C.z     1.5       2.5      +1
    [ok]
    ");
}
