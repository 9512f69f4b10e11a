//! `git mlrun exec`: a recorded run of any command.

use crate::common::TestEnv;
use crate::recording::{attachment, check_clean, runs};

#[test]
fn streams_stay_two_and_the_exit_code_is_that_of_the_command() {
    let env = TestEnv::new();
    let script = "cat; echo to-out; echo to-err >&2; exit 9";
    let words = ["exec", "--name", "first", "-t", "model=cnn", "--", "sh", "-c", script];
    let output = env.run_with_input(crate::common::MLRUN, words, b"from-in\n").code(9);
    assert_eq!(output.stdout_text(), "from-in\nto-out\n");
    let stderr = output.stderr_text();
    assert!(stderr.starts_with("to-err\nRun first ("), "{stderr}");

    let found = runs(&env);
    let [run] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((&run["kind"], &run["name"]), (&"exec".into(), &"first".into()));
    assert_eq!(run["command"], serde_json::json!(["sh", "-c", script]));
    assert_eq!((&run["status"], &run["exit_code"]), (&"failed".into(), &9.into()));
    assert_eq!(run["tags"]["model"], "cnn");
    let log = attachment(&env, run, "log.txt");
    let mut lines: Vec<&str> = log.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["from-in", "to-err", "to-out"]);

    env.mlrun(["exec", "sh", "-c", "kill -TERM $$"]).code(128 + 15);
    assert_eq!(runs(&env)[1]["error"], "it ended with signal 15");
    env.mlrun(["exec", "--", "true"]).code(0);
    check_clean(&env);
}

#[test]
fn metrics_come_from_lines_files_and_the_pipeline() {
    let env = TestEnv::pipeline("metrics: [declared.json, same.json]\n");
    env.write("same.json", "{\"same\": 1}");
    env.write("params.yaml", "train: {lr: 0.1}\n");
    let script = "
        for i in 1 2 3; do echo \"{\\\"step\\\": $i, \\\"loss\\\": 0.$i}\" >> \"$MLRUN_METRICS\"; done
        echo '{\"acc\": 0.5}' > declared.json
        echo '{\"f1\": {\"macro\": 0.25}}' > named.json";
    let words = ["exec", "--metrics", "named.json", "--params", "params.yaml", "sh", "-c", script];
    env.mlrun(words).success();
    let found = runs(&env);
    let run = &found[0];
    assert_eq!(
        run["metrics"],
        serde_json::json!({"declared.json": {"acc": 0.5}, "named.json": {"f1.macro": 0.25}})
    );
    assert_eq!(run["params"], serde_json::json!({"params.yaml": {"train.lr": 0.1}}));
    assert_eq!(run["series"]["loss"]["count"], 3);
    assert_eq!(run["series"]["loss"]["last"], 0.3);
    assert!(attachment(&env, run, "metrics.tsv").contains("loss"));
    let output = env.mlrun(["exec", "--metrics", "none.json", "true"]).success();
    assert!(output.stderr_text().contains("`none.json` has no metrics, or is not there"));
    check_clean(&env);
}

#[test]
fn what_cannot_be_run_is_told_and_recorded() {
    let env = TestEnv::new();
    let output = env.mlrun(["exec", "no-such-program"]);
    assert!(output.stderr_text().starts_with("Run "), "{output}");
    insta::assert_snapshot!(output, @r"
    [stderr]
    error: cannot run `no-such-program`
    caused by: No such file or directory
    [exit code 3]
    ");
    let found = runs(&env);
    assert_eq!(found[0]["status"], "failed");
    env.mlrun(["exec", "--params", "none.yaml", "true"]).code(3);
    env.mlrun(["exec", "--name", "last", "true"]).code(2);
    env.mlrun(["exec", "-t", "novalue", "true"]).code(2);
    env.mlrun(["exec"]).code(2);
    assert_eq!(runs(&env).len(), 1);
}

#[test]
fn names_are_taken_once() {
    let env = TestEnv::new();
    env.git(["commit", "--allow-empty", "-m", "first"]).success();
    env.git(["tag", "v1"]).success();
    env.mlrun(["exec", "--name", "ok", "true"]).success();
    let id = runs(&env)[0]["id"].as_str().unwrap().to_owned();
    let taken = env.mlrun(["exec", "--name", "ok", "--", "touch", "ran"]).code(3);
    let stderr = taken.stderr_text();
    assert!(
        stderr.starts_with("error: there is a run `ok` already\nhint: take another"),
        "{taken}"
    );
    assert!(stderr.contains(&format!("`git mlrun show {}`", &id[..8])), "{taken}");
    for name in ["main", "v1"] {
        let taken = env.mlrun(["exec", "--name", name, "--", "touch", "ran"]).code(3);
        let expected = format!("error: a run cannot be called `{name}`: to Git that is a commit\n");
        assert!(taken.stderr_text().starts_with(&expected), "{taken}");
    }
    assert!(!env.dir().join("ran").exists());
    env.mlrun(["show", "ok"]).success();
    env.mlrun(["rm", "ok"]).success();
    env.mlrun(["exec", "--name", "ok", "true"]).success();
    check_clean(&env);
}

#[test]
fn lines_that_are_no_metrics_are_told_at_once() {
    let env = TestEnv::new();
    let script = r#"printf '%s\n' '{"a": 1}' 'loss 0.5' '[1]' >>"$MLRUN_METRICS""#;
    let output = env.mlrun(["exec", "--", "sh", "-c", script]).success();
    insta::assert_snapshot!(output, @r"
    [stderr]
    warning: 2 lines in the file of MLRUN_METRICS are no JSON objects of metrics
    [ok]
    ");
    assert_eq!(runs(&env)[0]["curves"]["bad_lines"], 2);
}

#[test]
fn whatever_a_command_makes_of_the_file_its_run_is_stored() {
    let env = TestEnv::new();
    for put in ["mkdir", "mkfifo", "ln -s /etc/passwd"] {
        let script = format!("rm \"$MLRUN_METRICS\"; {put} \"$MLRUN_METRICS\"");
        let output = env.mlrun(["exec", "--", "sh", "-c", &script]).success();
        assert!(output.stderr_text().starts_with("warning: 1 line in the file"), "{output}");
    }
    assert_eq!(runs(&env).len(), 3);
    check_clean(&env);
}

#[test]
fn a_command_in_a_stage_belongs_to_the_stage() {
    let mut env = TestEnv::pipeline("stages: {outer: {cmd: $MLRUN exec true}}\n");
    env.set("MLRUN", crate::common::MLRUN);
    env.mlrun(["repro"]).success();
    let found = runs(&env);
    let [_, outer, inner] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((&outer["stage"], &inner["parent"]), (&"outer".into(), &outer["id"]));
    check_clean(&env);
}
