//! `git mlrun stage add`, `freeze`, `unfreeze` and `schema`.

use insta::assert_snapshot;

use crate::common::TestEnv;

#[test]
fn the_first_stage_makes_the_file_and_its_schema() {
    let env = TestEnv::new();
    assert_snapshot!(
        env.mlrun([
            "stage", "add", "-n", "train", "-d", "train.py", "-d", "*.csv", "-p", "lr,epochs", "-p",
            "lr", "-p", "c.json:x", "-p", "all.toml:", "-o", "model pkl", "-O", "log", "-M", "m.json",
            "--plots", "p.csv", "--outs-persist", "db", "-w", ".", "-e", "SEED=1", "-e", "HOME",
            "--timeout", "120m", "--retry", "1", "--always-changed", "--desc", "it's", "python",
            "train.py", "--lr", "a b", "-o", "x",
        ]),
        @"
    [stderr]
    Created `mlrun.yaml`: stage `train`.
    hint: to run it, type `git mlrun repro train`
    [ok]
    "
    );
    assert_snapshot!(env.read_text("mlrun.yaml"), @r#"
    # yaml-language-server: $schema=.git/mldata/mlrun.schema.json
    stages:
      train:
        cmd: "python train.py --lr 'a b' -o x"
        desc: "it's"
        deps:
        - train.py
        - "*.csv"
        params:
        - lr
        - epochs
        - c.json:
          - x
        - all.toml:
        outs:
        - model pkl
        - log:
            cache: false
        - db:
            persist: true
        metrics:
        - m.json:
            cache: false
        plots:
        - p.csv
        env:
          SEED: "1"
          HOME:
        always_changed: true
        timeout: "2h"
        retry: 1
    "#);
    let schema = env.mlrun(["schema"]).success().stdout;
    assert_eq!(env.read(".git/mldata/mlrun.schema.json"), schema);
    let schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
    assert!(schema["properties"]["stages"].is_object());
}

#[test]
fn the_first_line_leads_to_the_schema_from_below_and_is_absent_in_linked_worktrees() {
    let mut env = TestEnv::new();
    env.commit("first");
    env.sh("mkdir -p a/b && cd a/b && git mlrun stage add -n s 'echo hi > x'").success();
    assert_snapshot!(env.read_text("a/b/mlrun.yaml"), @r#"
    # yaml-language-server: $schema=../../.git/mldata/mlrun.schema.json
    stages:
      s:
        cmd: "echo hi > x"
    "#);
    env.git(["worktree", "add", "--quiet", "../linked"]).success();
    env = env.at("linked");
    env.mlrun(["stage", "add", "-n", "s", "x"]).success();
    assert_eq!(env.read_text("mlrun.yaml"), "stages:\n  s:\n    cmd: x\n");
}

const DVC: &str = "# mine\nstages:\n  a: # one\n    cmd: x\n  # two\n  b: {cmd: y, deps: [z]}\n";

#[test]
fn a_dvc_yaml_is_edited_where_there_is_no_other() {
    let env = TestEnv::new();
    env.write("dvc.yaml", DVC);
    assert_snapshot!(env.mlrun(["stage", "add", "-n", "c", "--retry", "2", "--dry-run", "z"]), @"
    --- a/dvc.yaml
    +++ b/dvc.yaml
    @@ -4,3 +4,6 @@
         cmd: x
       # two
       b: {cmd: y, deps: [z]}
    +  c:
    +    cmd: z
    +    retry: 2
    [stderr]
    warning: DVC itself does not know `retry` and will refuse `dvc.yaml`
    [ok]
    ");
    assert_eq!(env.read_text("dvc.yaml"), DVC);
    assert!(!env.exists(".git/mldata/mlrun.schema.json"));
    env.mlrun(["stage", "add", "-n", "c", "z"]).success();
    assert_eq!(env.read_text("dvc.yaml"), format!("{DVC}  c:\n    cmd: z\n"));
    assert!(!env.exists("mlrun.yaml"));
}

#[test]
fn git_applies_what_a_dry_run_shows() {
    let env = TestEnv::new();
    for before in [None, Some(DVC), Some("stages:\n  a:\n    cmd: x"), Some("# nothing\n")] {
        match before {
            Some(text) => env.write("mlrun.yaml", text),
            None => assert!(!env.exists("mlrun.yaml")),
        }
        let patch = env.mlrun(["stage", "add", "-n", "new", "--dry-run", "z"]).success().stdout;
        env.run_with_input("git", ["apply", "-"], &patch).success();
        let patched = env.read_text("mlrun.yaml");
        match before {
            Some(text) => env.write("mlrun.yaml", text),
            None => env.remove("mlrun.yaml"),
        }
        env.mlrun(["stage", "add", "-n", "new", "z"]).success();
        assert_eq!(env.read_text("mlrun.yaml"), patched);
    }
}

#[test]
fn what_cannot_be_added_changes_nothing() {
    let env = TestEnv::new();
    env.write("mlrun.yaml", DVC);
    assert_snapshot!(env.mlrun(["stage", "add", "-n", "a", "z"]), @"
    [stderr]
    error: stage `a` is in `mlrun.yaml` already
    hint: choose another name, or replace it by `-f`
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["stage", "add", "-n", "a.b", "z"]), @"
    [stderr]
    error: `a.b` is no name for a stage
    hint: use letters, digits, `-` and `_`; other signs are for commands that name stages
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["stage", "add", "-n", "c", "-d", "x", "-o", "./x", "z"]), @"
    [stderr]
    error: cannot add stage `c`: out `x` is a dep of the same stage: `x`
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["stage", "add", "-n", "c", "echo ${HOME}"]), @r"
    [stderr]
    error: cannot add stage `c`: cannot resolve `${HOME}`: there is no `HOME`; if the shell shall replace it, write `\${HOME}`
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["stage", "add", "-n", "c", "-p", ":", "z"]), @"
    [stderr]
    error: `:` names no parameters
    hint: write `lr,epochs` for keys of params.yaml, or `FILE:KEY`
    [exit code 2]
    ");
    assert_eq!(env.read_text("mlrun.yaml"), DVC);
    env.write("mlrun.yaml", "stages: [\n");
    env.mlrun(["stage", "add", "-n", "c", "z"]).code(3);
    env.write("mlrun.yaml", "stages:\n<<<<<<< ours\n");
    assert_snapshot!(env.mlrun(["stage", "add", "-n", "c", "z"]), @"
    [stderr]
    error: mlrun.yaml:2:1: a merge left its conflict markers; resolve them, then `git add` the file
      |
    2 | <<<<<<< ours
      | ^
    [exit code 3]
    ");
}

#[test]
fn a_stage_is_replaced_by_force() {
    let env = TestEnv::new();
    env.write("mlrun.yaml", DVC);
    env.mlrun(["stage", "add", "-f", "-n", "a", "z"]).success();
    let text = env.read_text("mlrun.yaml");
    assert!(text.ends_with("    cmd: z\n  # two\n  b: {cmd: y, deps: [z]}\n"), "{text}");
    assert!(!text.contains("cmd: x"), "{text}");
}

#[test]
fn a_pipeline_below_another_is_told() {
    let env = TestEnv::new();
    env.write("mlrun.yaml", DVC);
    env.write("sub/x", "");
    let env = env.at("repo/sub");
    assert_snapshot!(env.mlrun(["stage", "add", "-n", "c", "z"]), @"
    [stderr]
    Created `mlrun.yaml`: stage `c`.
    hint: this is a pipeline of its own; stages of `../mlrun.yaml` are added in its directory
    hint: to run it, type `git mlrun repro c`
    [ok]
    ");
    env.remove("mlrun.yaml");
    env.mlrun(["freeze", "a"]).success();
    assert!(env.read_text("../mlrun.yaml").contains("    frozen: true\n"));
}

#[test]
fn a_linked_pipeline_file_is_not_replaced() {
    let env = TestEnv::new();
    env.write("real.yaml", DVC);
    env.link("real.yaml", "mlrun.yaml");
    let output = env.mlrun(["stage", "add", "-n", "c", "z"]).code(3);
    assert!(output.stderr_text().contains("it is a symbolic link"), "{}", output.stderr_text());
    assert_eq!(env.read_text("real.yaml"), DVC);
}

#[test]
fn stages_are_frozen_and_thawed() {
    let env = TestEnv::new();
    env.write("mlrun.yaml", DVC);
    env.write("sub/dvc.yaml", "stages:\n  g:\n    foreach: [1, 2]\n    do:\n      cmd: x\n");
    assert_snapshot!(env.mlrun(["freeze", "-n", "b", "sub:g"]), @"
    --- a/mlrun.yaml
    +++ b/mlrun.yaml
    @@ -3,4 +3,4 @@
       a: # one
         cmd: x
       # two
    -  b: {cmd: y, deps: [z]}
    +  b: {cmd: y, deps: [z], frozen: true}
    --- a/sub/dvc.yaml
    +++ b/sub/dvc.yaml
    @@ -3,3 +3,4 @@
         foreach: [1, 2]
         do:
           cmd: x
    +      frozen: true
    [ok]
    ");
    assert_eq!(env.read_text("mlrun.yaml"), DVC);
    assert_snapshot!(env.mlrun(["freeze", "a", "b", "sub/dvc.yaml:g"]), @"
    [stderr]
    Edited `mlrun.yaml`.
    Edited `sub/dvc.yaml`.
    [ok]
    ");
    assert_snapshot!(env.mlrun(["freeze", "a"]), @"
    [stderr]
    `a` is frozen already.
    [ok]
    ");
    env.mlrun(["unfreeze", "b", "a"]).success();
    assert_eq!(env.read_text("mlrun.yaml"), DVC);
    assert_snapshot!(env.mlrun(["unfreeze", "a", "sub:g@1"]), @"
    [stderr]
    `a` is not frozen.
    error: `g@1` is one of the stages that `g` stands for
    hint: name the whole group: `g`
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["freeze", "none"]), @"
    [stderr]
    error: there is no stage `none` in `mlrun.yaml`
    [exit code 3]
    ");
}
