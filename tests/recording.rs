//! What `repro` records, read with `git` itself.

use serde_json::Value;

use crate::common::TestEnv;

const REF: &str = "refs/mlrun/runs";

const PIPELINE: &str = "\
stages:
  load:
    cmd: cp in raw; echo loading
    deps: [in]
    outs: [raw]
  train:
    cmd: |
      cp raw model
      echo '{\"acc\": 0.5, \"by\": {\"class\": 1}}' > metrics.json
    deps: [raw]
    params: [lr]
    outs: [model]
    metrics:
    - metrics.json:
        cache: false
";

fn prepared(pipeline: &str) -> TestEnv {
    let env = TestEnv::pipeline(pipeline);
    env.write("in", "one\n");
    env.write("params.yaml", "lr: 0.1\n");
    env.git(["add", "-A"]).success();
    env.git(["commit", "-qm", "first"]).success();
    env
}

/// All runs of the store, those that began first before others.
pub fn runs(env: &TestEnv) -> Vec<Value> {
    let there = env.git(["for-each-ref", "--format=%(refname)", REF]).success();
    if there.stdout_text().is_empty() {
        return Vec::new();
    }
    let listed = env.git(["ls-tree", "-r", "--name-only", REF]).success().stdout_text();
    let files = listed.lines().filter(|path| path.ends_with("/run.json"));
    let mut runs: Vec<Value> =
        files.map(|path| env.git(["show", &format!("{REF}:{path}")]).success().json()).collect();
    runs.sort_by_key(|run| run["order"].as_i64().unwrap());
    runs
}

/// A file beside a run.
pub fn attachment(env: &TestEnv, run: &Value, name: &str) -> String {
    let id = run["id"].as_str().unwrap();
    let path = format!("{REF}:v1/runs/{}/{id}/{name}", &id[..2]);
    env.git(["show", &path]).success().stdout_text()
}

/// How each stage of a pipeline's run came out: `load: ran, train: unchanged`.
pub fn stages(run: &Value) -> String {
    let one = |stage: &Value| {
        format!("{}: {}", stage["stage"].as_str().unwrap(), stage["how"].as_str().unwrap())
    };
    run["stages"].as_array().unwrap().iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Nothing of a run that is over stays outside of the store.
#[track_caller]
pub fn check_clean(env: &TestEnv) {
    let refs = env.git(["for-each-ref", "--format=%(refname)", "refs/mlrun/live"]).success();
    assert_eq!(refs.stdout_text(), "");
    let live = env.dir().join(".git/mldata/live");
    assert_eq!(std::fs::read_dir(live).map_or(0, Iterator::count), 0);
    env.git(["fsck", "--strict"]).success();
}

#[test]
fn a_run_has_what_was_run_with_what_and_what_came_of_it() {
    let env = prepared(PIPELINE);
    let output = env.mlrun(["repro"]).success();
    let found = runs(&env);
    let [whole, load, train] = &found[..] else { panic!("{found:#?}") };
    assert!(found.iter().all(|run| run["curves"].is_null()), "nothing was logged");
    let cpu = |run: &Value| run["resources"]["cpu"].as_f64().unwrap();
    assert!((cpu(whole) - cpu(load) - cpu(train)).abs() < 1e-9, "{found:#?}");
    let id = whole["id"].as_str().unwrap();
    let said = format!("Run {} ({}) recorded.\n", whole["name"].as_str().unwrap(), &id[..8]);
    assert!(output.stderr_text().ends_with(&said), "{output:?}");
    assert_eq!(whole["kind"], "pipeline");
    assert_eq!(whole["status"], "finished");
    assert_eq!(whole["command"], serde_json::json!(["git", "mlrun", "repro"]));
    assert_eq!(whole["user"]["email"], "test@example.com");
    let head = env.git(["rev-parse", "HEAD"]).success().stdout_text();
    assert_eq!(whole["code"]["commit"], head.trim());
    assert_eq!(whole["code"]["branch"], "main");
    assert_eq!(whole["params"], serde_json::json!({"params.yaml": {"lr": 0.1}}));
    let metrics = serde_json::json!({"metrics.json": {"acc": 0.5, "by.class": 1}});
    assert_eq!(whole["metrics"], metrics);
    assert_eq!(stages(whole), "load: ran, train: ran");
    assert_eq!(whole["stages"][0]["run"], load["id"]);
    let blob = env.git(["hash-object", "mlrun.lock"]).success().stdout_text();
    assert_eq!(whole["locks"]["mlrun.lock"], blob.trim());

    for child in [load, train] {
        assert_eq!(child["parent"], whole["id"]);
        assert_eq!(child["code"], whole["code"]);
        assert_eq!((&child["how"], &child["exit_code"]), (&"ran".into(), &0.into()));
        assert!(child["resources"]["peak_memory"].as_u64().unwrap() > 0);
        assert!(child["duration"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(attachment(&env, load, "log.txt"), "loading\n");
    assert_eq!(load["log"], serde_json::json!({"size": 8, "complete": true}));
    assert_eq!(load["deps"][0]["path"], "in");
    assert_eq!(load["outs"][0]["cached"], true);
    assert_eq!(train["params"], whole["params"]);
    assert_eq!(train["metrics"], metrics);
    assert_eq!(train["deps"][0]["oid"], load["outs"][0]["oid"]);
    // All share one blob of what was around them.
    let environment = attachment(&env, load, "env.json");
    assert_eq!(environment, attachment(&env, whole, "env.json"));
    assert!(environment.contains(&format!("\"os\": \"{}\"", std::env::consts::OS)));
    // The store keeps the commit that ran, and what came of it.
    let parents = env.git(["log", "-1", "--format=%P", REF]).success().stdout_text();
    let result = whole["code"]["result"].as_str().unwrap();
    assert!(parents.contains(head.trim()) && parents.contains(result), "{parents}");
    let left = env.git(["diff", "--name-only", "HEAD", result]).success().stdout_text();
    assert_eq!(left, ".gitignore\nmetrics.json\nmlrun.lock\n");
    check_clean(&env);
}

#[test]
fn nothing_to_do_records_nothing_and_the_next_run_names_the_last() {
    let env = prepared(PIPELINE);
    env.mlrun(["repro"]).success();
    let tip = env.git(["rev-parse", REF]).success().stdout_text();
    let json = env.mlrun(["repro", "--json"]).success().json();
    assert_eq!(json["run"], Value::Null);
    env.mlrun(["repro", "-n"]).success();
    assert_eq!(env.git(["rev-parse", REF]).success().stdout_text(), tip);

    env.write("params.yaml", "lr: 0.2\n");
    let json = env.mlrun(["repro", "--json"]).success().json();
    let found = runs(&env);
    assert_eq!(found.len(), 5);
    let whole = &found[3];
    assert_eq!(json["run"]["id"], whole["id"]);
    assert_eq!(stages(whole), "load: unchanged, train: ran");
    assert_eq!(whole["stages"][0]["run"], found[1]["id"]);
    assert_eq!(whole["params"]["params.yaml"]["lr"], 0.2);

    // Back to what ran before.
    env.write("params.yaml", "lr: 0.1\n");
    env.mlrun(["repro"]).success();
    assert_eq!(stages(&runs(&env)[5]), "load: unchanged, train: reused");
    std::fs::remove_file(env.dir().join("model")).unwrap();
    env.mlrun(["repro"]).success();
    assert_eq!(stages(&runs(&env)[7]), "load: unchanged, train: restored");
    check_clean(&env);
}

#[test]
fn a_run_has_the_curves_of_its_stages_in_short() {
    let log = |stage: &str, names: &[&str]| {
        let lines: String = names
            .iter()
            .map(|name| format!("      echo '{{\"{name}\": 0.5}}' >> \"$MLRUN_METRICS\"\n"))
            .collect();
        format!("  {stage}:\n    cmd: |\n{lines}      touch {stage}.out\n    outs: [{stage}.out]\n")
    };
    let text = format!("stages:\n{}{}", log("one", &["loss", "f1"]), log("two", &["loss"]));
    let env = prepared(&text);
    env.mlrun(["repro"]).success();
    let runs = runs(&env);
    let whole = runs.iter().find(|run| run["kind"] == "pipeline").expect("it is recorded");
    let names: Vec<&String> = whole["series"].as_object().expect("curves").keys().collect();
    assert_eq!(names, ["f1", "one.loss", "two.loss"]);
    assert_eq!(whole["curves"], Value::Null, "the points are those of the stages");
    let found = env.mlrun(["log", "--json", "--filter", "f1 = 0.5 and metrics.one.loss.min < 1"]);
    assert_eq!(found.success().json().as_array().expect("runs").len(), 1);
}

#[test]
fn recording_can_be_switched_off() {
    let env = prepared(PIPELINE);
    let output = env.mlrun(["repro", "--no-record"]).success();
    assert!(!output.stderr_text().contains("recorded"));
    env.git(["config", "mlrun.record", "false"]).success();
    env.mlrun(["repro", "--force"]).success();
    assert!(runs(&env).is_empty());
}

#[test]
fn a_stage_that_fails_is_recorded_with_its_end() {
    let env = prepared(
        "stages: {bad: {cmd: 'echo before; exit 7', outs: [x]}, after: {cmd: cp x y, deps: [x], outs: [y]}}\n",
    );
    env.mlrun(["repro"]).code(3);
    let found = runs(&env);
    let [whole, bad] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((&whole["status"], &bad["status"]), (&"failed".into(), &"failed".into()));
    assert_eq!(bad["exit_code"], 7);
    assert_eq!(bad["error"], "stage `bad`: `echo before; exit 7` ended with exit code 7");
    assert_eq!(whole["error"], bad["error"]);
    assert_eq!(attachment(&env, bad, "log.txt"), "before\n");
    assert_eq!(stages(whole), "bad: ran, after: skipped");
    check_clean(&env);
}

#[test]
fn long_logs_keep_their_end_in_git_and_all_of_it_in_the_cache() {
    let env =
        prepared("stages: {talk: {cmd: 'seq 30000', outs: []}, fail: {cmd: 'seq 30001; false'}}\n");
    env.mlrun(["repro", "-k"]).code(3);
    let found = runs(&env);
    for run in &found[1..] {
        assert_eq!(run["log"]["complete"], false);
        let oid = run["log"]["oid"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        let log = attachment(&env, run, "log.txt");
        assert!(log.len() <= 64 << 10 && log.len() > 60 << 10);
        let first: u64 = log.lines().next().unwrap().parse().unwrap();
        assert!(first > 1000, "cut at a line: {first}");
        let object =
            env.dir().join(".git/mldata/objects").join(&oid[..2]).join(&oid[2..4]).join(oid);
        assert!(std::fs::read_to_string(object).unwrap().starts_with("1\n2\n"));
    }
}

#[test]
fn a_run_in_a_stage_belongs_to_the_stage() {
    let mut env = prepared("stages: {outer: {cmd: '$MLRUN repro sub:inner', outs: []}}\n");
    env.write("sub/mlrun.yaml", "stages: {inner: {cmd: 'echo x > y', outs: [y]}}\n");
    env.set("MLRUN", crate::common::MLRUN);
    env.mlrun(["repro"]).success();
    let found = runs(&env);
    let [_, outer, whole, inner] = &found[..] else { panic!("{found:#?}") };
    assert_eq!(outer["stage"], "outer");
    assert_eq!(whole["parent"], outer["id"]);
    assert_eq!(inner["stage"], "sub/mlrun.yaml:inner");
    // Of a run that nobody knows here, nothing belongs to it.
    env.set("MLRUN_RUN", "ab".repeat(16));
    env.mlrun(["repro", "--force"]).success();
    assert_eq!(runs(&env)[4]["parent"], Value::Null);
    check_clean(&env);
}
