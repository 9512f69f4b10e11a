//! `git mlrun log`.

use gitml::format::Value;
use gitml::format::run::{Run, Status};
use gitml::git::Repo;
use insta::assert_snapshot;

use crate::common::TestEnv;
use crate::common::runs::{
    annotate, note, run, stage_of, store, with_curve, with_metrics, with_params, write,
};

/// `calm-otter-1`, `bold-finch-2` with a stage, `shy-newt-3`; the second is of HEAD.
fn sample() -> (TestEnv, [Run; 3]) {
    let env = TestEnv::new();
    env.git(["commit", "--allow-empty", "-m", "first"]).success();
    let repo = Repo::at(env.dir()).unwrap();
    let params = |lr: f64| [("lr", Value::Float(lr)), ("seed", Value::Int(1))];
    let one = with_params(with_metrics(run(1, "calm-otter-1"), &[("acc", 0.5)]), &params(0.1));
    let two = with_params(with_metrics(run(2, "bold-finch-2"), &[("acc", 0.75)]), &params(0.01));
    let mut two = with_curve(two, "loss", [0.25, 0.125, 2.0]);
    two.code.commit = Some(repo.head().unwrap().unwrap().to_string());
    two.code.snapshot = Some("f".repeat(40));
    let mut three = with_params(run(3, "shy-newt-3"), &params(0.01));
    three.status = Status::Failed;
    three.duration = 0.5;
    three.exit_code = Some(2);
    let train = stage_of(&two, "train", 7);
    store(&repo, &[one.clone(), two.clone(), three.clone(), train]);
    (env, [one, two, three])
}

fn log(env: &TestEnv, arguments: &[&str]) -> String {
    let output = env.mlrun(["log"].iter().chain(arguments)).success();
    assert_eq!(output.stderr_text(), "");
    output.stdout_text()
}

/// The names in the table, in its order.
fn names(env: &TestEnv, arguments: &[&str]) -> Vec<String> {
    let text = log(env, &[arguments, &["--columns", "name"]].concat());
    text.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn an_empty_store_tells_how_to_record() {
    let env = TestEnv::new();
    let output = env.mlrun(["log"]).success();
    assert_snapshot!(output.stderr_text(), @"No runs are recorded yet: `git mlrun repro` and `git mlrun exec` record them.");
    assert_eq!(output.stdout_text(), "");
    assert_eq!(env.mlrun(["log", "--json", "-q"]).success().stdout_text(), "[]\n");
    assert!(!env.exists(".git/mldata"), "looking changes nothing");
}

#[test]
fn the_table_has_what_differs() {
    let (env, _) = sample();
    let commit = env.git(["rev-parse", "--short=8", "HEAD"]).success().stdout_text();
    let shown = log(&env, &[]).replace(commit.trim(), "COMMIT12");
    assert_snapshot!(shown, @r"
    id        name          when                  status    duration  branch  commit      acc  loss    lr
    03030303  shy-newt-3    2026-01-01T00:03:00Z  failed        0.5s  main    -             -     -  0.01
    02020202  bold-finch-2  2026-01-01T00:02:00Z  finished      1:30  main    COMMIT12*  0.75  0.25  0.01
    01010101  calm-otter-1  2026-01-01T00:01:00Z  finished      1:30  main    -           0.5     -   0.1
    ");
    assert_snapshot!(log(&env, &["--columns", "name,params.*,metrics.loss.m*", "--md"]), @r"
    | name         |   lr | seed | loss.min | loss.max |
    | ------------ | ---: | ---: | -------: | -------: |
    | shy-newt-3   | 0.01 |    1 |        - |        - |
    | bold-finch-2 | 0.01 |    1 |    0.125 |        2 |
    | calm-otter-1 |  0.1 |    1 |        - |        - |
    ");
    // Of one run nothing differs, and everything is shown.
    let one = log(&env, &["calm-otter-1", "--add-columns", "host"]);
    assert_snapshot!(one, @r"
    id        name          when                  status    duration  branch  commit  host   acc   lr  seed
    01010101  calm-otter-1  2026-01-01T00:01:00Z  finished      1:30  main    -       node7  0.5  0.1     1
    ");
}

#[test]
fn runs_are_chosen_and_sorted() {
    let (env, runs) = sample();
    for (arguments, expected) in [
        (&["-n", "1"][..], &["shy-newt-3"][..]),
        (&["--all"], &["shy-newt-3", "bold-finch-2/train", "bold-finch-2", "calm-otter-1"]),
        (&["--stages"], &["bold-finch-2/train"]),
        (&["last~1/train", "0101"], &["bold-finch-2/train", "calm-otter-1"]),
        (&["HEAD"], &["bold-finch-2"]),
        (&["-f", "status = finished", "-f", "lr < 0.1"], &["bold-finch-2"]),
        (&["--sort", "lr", "--sort", "-name"], &["shy-newt-3", "bold-finch-2", "calm-otter-1"]),
        (&["--sort", "-metrics.acc"], &["bold-finch-2", "calm-otter-1", "shy-newt-3"]),
        (&["--sort", "acc", "-n", "2"], &["calm-otter-1", "bold-finch-2"]),
        (&["--sort=-duration", "-f", "acc is not null"], &["bold-finch-2", "calm-otter-1"]),
    ] {
        assert_eq!(names(&env, arguments), expected, "{arguments:?}");
    }
    assert_snapshot!(env.mlrun(["log", "last/train"]).code(3).stderr_text(), @r"
    error: no run is called `last/train`
    hint: `git mlrun log` lists the runs that are here
    hint: `git mlrun pull` brings those of others
    ");
    let repo = Repo::at(env.dir()).unwrap();
    annotate(&repo, runs[0].id, |said| said.deleted = Some(note(Some("yes"))));
    assert_eq!(names(&env, &[]), ["shy-newt-3", "bold-finch-2"]);
    assert_eq!(names(&env, &["--deleted"]), ["calm-otter-1"]);
    assert_eq!(names(&env, &["--deleted", "0101"]), ["calm-otter-1"]);
    assert_snapshot!(env.mlrun(["log", "calm-otter-1"]).code(3).stderr_text(), @r"
    error: the run `calm-otter-1` was deleted
    hint: `git mlrun rm --undo 01010101` brings it back
    ");
}

#[test]
fn programs_get_everything() {
    let (env, _) = sample();
    let json: serde_json::Value = serde_json::from_str(&log(&env, &["--json", "--all"])).unwrap();
    let two = &json.as_array().unwrap()[2];
    assert_eq!(two["id"], "02".repeat(16));
    assert_eq!(two["metrics"], serde_json::json!({"acc": 0.75, "loss": 0.25}));
    let curves = serde_json::json!({"loss.last": 0.25, "loss.min": 0.125, "loss.max": 2.0});
    assert_eq!(two["curves"], curves);
    assert_eq!(two["params"], serde_json::json!({"lr": 0.01, "seed": 1}));
    assert_eq!((&two["dirty"], &two["exit_code"]), (&true.into(), &0.into()));
    assert_eq!(json[1]["parent"], two["id"]);
    let columns = "id,name,started,command,params.lr,metrics.acc";
    assert_snapshot!(log(&env, &["--csv", "--columns", columns]).replace("\r\n", "\n"), @r"
    id,name,started,command,params.lr,metrics.acc
    03030303030303030303030303030303,shy-newt-3,2026-01-01T00:03:00Z,git mlrun repro,0.01,
    02020202020202020202020202020202,bold-finch-2,2026-01-01T00:02:00Z,git mlrun repro,0.01,0.75
    01010101010101010101010101010101,calm-otter-1,2026-01-01T00:01:00Z,git mlrun repro,0.1,0.5
    ");
    let header = log(&env, &["--csv"]);
    assert_snapshot!(header.lines().next().unwrap(), @"id,name,kind,stage,status,exit_code,started,duration,user,host,branch,commit,dirty,metrics.acc,metrics.loss,params.lr,params.seed");
}

#[test]
fn what_is_wrong_is_told() {
    let (env, _) = sample();
    let repo = Repo::at(env.dir()).unwrap();
    assert_snapshot!(env.mlrun(["log", "-f", "acc >"]).code(2).stderr_text(), @r"
    error: cannot understand the filter: expected a value after `>`
      acc >
           ^
    hint: `git mlrun log --help` describes filters
    ");
    assert_snapshot!(env.mlrun(["log", "-f", "accc > 1"]).success().stderr_text(), @r"
    warning: no run has a metric or param `accc`
    No run is like that.
    ");
    assert_snapshot!(env.mlrun(["log", "--columns", "metrics.ac?x"]), @r"
    [stderr]
    warning: no key matches `metrics.ac?x`
    hint: `git mlrun log --help` lists what every run has; `--columns '*'` shows all metrics and params
    [ok]
    ");
    for format in ["--md", "--csv", "--columns="] {
        let output = env.mlrun(["log", "--columns", "acx", format]).success();
        assert_eq!(output.stdout_text(), "", "{format}");
        let expected = "warning: no run has a metric or param `acx`\nhint: did you mean `acc`?\n";
        assert_eq!(output.stderr_text(), expected, "{format}");
    }
    for nothing in [&["-n", "0"][..], &["-n", "0", "--columns", "name"]] {
        assert_eq!(log(&env, nothing), "", "{nothing:?}");
    }
    assert_snapshot!(env.mlrun(["log", "--sort", "("]).code(2).stderr_text(), @r"
    error: cannot understand `--sort`: expected a key such as `metrics.acc`, `params.lr` or `status`
      (
      ^
    ");
    write(&repo, &format!("v1/runs/03/{}/run.json", "03".repeat(16)), Some(b"\x1b[31m"));
    let output = env.mlrun(["log", "--columns", "name"]).success();
    assert_snapshot!(output.stdout_text(), @r"
    name
    bold-finch-2
    calm-otter-1
    ");
    assert_snapshot!(output.stderr_text(), @"warning: passed over `v1/runs/03/03030303030303030303030303030303/run.json` of the run store: not a valid run: expected value at line 1 column 1");
}

#[test]
fn names_that_come_from_others_cannot_move_the_cursor() {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    let odd = "\u{1b}[2J\r\n|x";
    let hostile = with_params(run(1, odd), &[(odd, Value::String(odd.into()))]);
    store(&repo, &[with_metrics(hostile, &[(odd, 1.0)]), run(1 << 7, odd)]);
    for format in [&[][..], &["--md"], &["--json"], &["--columns", "name,params.*"]] {
        let text = log(&env, format);
        assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text}");
    }
    let output = env.mlrun(["log", odd]).code(3);
    assert!(!output.stderr_text().contains('\u{1b}'));
}
