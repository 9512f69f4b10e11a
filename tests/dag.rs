//! `git mlrun dag` and `git mlrun stage list`.

use insta::assert_snapshot;

use crate::common::TestEnv;

/// A pipeline with a `foreach`, and another in `sub` that it needs.
fn env() -> TestEnv {
    let env = TestEnv::new();
    env.write(
        "mlrun.yaml",
        "stages:\n  prepare: {cmd: x, deps: [raw.csv], outs: [clean], desc: Clean the raw data}\n  \
         train:\n    foreach: [a, b]\n    do: {cmd: x, deps: [clean], outs: [\"m/${item}\"], metrics: \
         [\"${item}.json\"]}\n  report: {cmd: x, deps: [m, sub/x], outs: [r.html]}\n",
    );
    env.write("sub/mlrun.yaml", "stages: {make: {cmd: x, outs: [x]}, alone: {cmd: x}}\n");
    env.commit("pipelines");
    env
}

#[test]
fn a_pipeline_is_drawn_with_what_it_needs_elsewhere() {
    let env = env();
    assert_snapshot!(env.mlrun(["dag"]), @r"
           ┌─────────┐
           │ prepare │
           └────┬────┘
         ╭──────┴─────╮
    ┌────┴────┐  ┌────┴────┐  ┌─────────────────────┐
    │ train@a │  │ train@b │  │ sub/mlrun.yaml:make │
    └────┬────┘  └────┬────┘  └──────────┬──────────┘
         ╰────────────┴─┬────────────────╯
                   ┌────┴───┐
                   │ report │
                   └────────┘
    [ok]
    ");
    assert_snapshot!(env.mlrun(["dag", "--outs", "train@a"]), @r"
        ┌───────┐
        │ clean │
        └───┬───┘
       ╭────┴─────╮
    ┌──┴──┐  ┌────┴───┐
    │ m/a │  │ a.json │
    └─────┘  └────────┘
    [ok]
    ");
    assert_snapshot!(env.mlrun(["dag", "--collapse", "--md"]), @r#"
    ```mermaid
    flowchart TD
        n0["prepare"]
        n1["train"]
        n2["sub/mlrun.yaml:make"]
        n3["report"]
        n0 --> n1
        n1 --> n3
        n2 --> n3
    ```
    [ok]
    "#);
    assert_snapshot!(env.mlrun(["dag", "--dot", "train@a"]), @r#"
    strict digraph {
        "prepare";
        "train@a";
        "prepare" -> "train@a";
    }
    [ok]
    "#);
}

#[test]
fn names_are_those_that_can_be_typed_here() {
    let mut env = env();
    env.cd("repo/sub");
    let drawn = env.mlrun(["dag", "--full", "--json", "make"]).success().json();
    assert_eq!(
        drawn["nodes"],
        serde_json::json!([
            "../mlrun.yaml:prepare",
            "../mlrun.yaml:train@a",
            "../mlrun.yaml:train@b",
            "make",
            "../mlrun.yaml:report"
        ])
    );
    assert_eq!(drawn["edges"].as_array().map(Vec::len), Some(5));
    for name in drawn["nodes"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        assert_eq!(
            env.mlrun(["stage", "list", "--names", name]).success().stdout_text().trim(),
            name
        );
    }
    assert_snapshot!(env.mlrun(["stage", "list", "--names", "--all"]), @r"
    ../mlrun.yaml:prepare
    ../mlrun.yaml:train@a
    ../mlrun.yaml:train@b
    ../mlrun.yaml:report
    make
    alone
    [ok]
    ");
}

#[test]
fn stages_are_listed_with_what_they_are_for() {
    let env = env();
    assert_snapshot!(env.mlrun(["stage", "list"]), @r"
    prepare  Clean the raw data
    train@a  writes m/a; metrics a.json
    train@b  writes m/b; metrics b.json
    report   writes r.html
    [ok]
    ");
    assert_snapshot!(env.mlrun(["stage", "list", "--glob", "*@b", "sub:a*"]), @r"
    train@b               writes m/b; metrics b.json
    sub/mlrun.yaml:alone
    [ok]
    ");
    assert_snapshot!(env.mlrun(["stage", "list", "--json", "sub:make"]), @r#"
    {
      "stages": [
        {
          "stage": "sub/mlrun.yaml:make",
          "file": "sub/mlrun.yaml",
          "line": 1,
          "desc": null,
          "outs": [
            {
              "path": "sub/x",
              "kind": "out"
            }
          ],
          "needs": [],
          "frozen": false,
          "always_changed": false
        }
      ]
    }
    [ok]
    "#);
}

#[test]
fn what_cannot_be_drawn_is_said_with_what_to_type() {
    let env = env();
    assert_snapshot!(env.mlrun(["dag", "reprot"]), @r"
    [stderr]
    error: `reprot` is no stage, no pipeline file and no out of a stage
    hint: did you mean `report`?
    [exit code 3]
    ");
    env.write("sub/mlrun.yaml", "stages:\n  make: {cmd: x, deps: [../r.html], outs: [x]}\n");
    assert_snapshot!(env.mlrun(["dag"]), @r"
    [stderr]
    error: stages wait for each other: `report` (mlrun.yaml:6) needs `sub/x` of `make` (sub/mlrun.yaml:2), which needs `r.html` of `report` (mlrun.yaml:6)
    hint: take away one of these deps, or divide a stage into two
    [exit code 3]
    ");
    env.write("sub/mlrun.yaml", "stages:\n  make: {cmd: x, out: [x]}\n");
    let output = env.mlrun(["dag", "sub"]).code(3).stderr_text();
    assert!(output.starts_with("error: sub/mlrun.yaml:2:18: unknown key `out`"), "{output}");
}

#[test]
fn a_conflict_in_one_pipeline_does_not_stop_another() {
    let env = env();
    env.write("sub/mlrun.yaml", "<<<<<<< HEAD\nstages: {}\n=======\n>>>>>>> other\n");
    let output = env.mlrun(["dag", "--json"]).success();
    assert_eq!(output.json()["nodes"].as_array().map(Vec::len), Some(4));
    assert!(output.stderr_text().starts_with("warning: sub/mlrun.yaml:1:1: "), "{output}");
}
