//! `git mlrun repro`: which stages run, and what it says of it.

use insta::assert_snapshot;

use crate::common::TestEnv;

/// A chain of three; each tells in `../ran` that it ran.
const CHAIN: &str = r#"
stages:
  load:
    cmd: echo load >> ../ran && mkdir raw && sed s/^/x/ source > raw/a && echo b > raw/b
    deps: [source]
    outs: [raw]
  train:
    cmd: echo train >> ../ran && cat raw/a raw/b > model && echo '{"n":1}' > m.json
    deps: [raw]
    params: [lr]
    outs: [model]
    metrics: [{m.json: {cache: false}}]
  report:
    cmd: echo report >> ../ran && echo reported && cp m.json report
    deps: [m.json]
    outs: [report]
"#;

fn chain() -> TestEnv {
    let env = TestEnv::pipeline(CHAIN);
    env.write("source", "1\n");
    env.write("params.yaml", "lr: 0.1\nother: 1\n");
    env
}

#[test]
fn only_what_changed_runs() {
    let env = chain();
    assert_snapshot!(env.mlrun(["repro"]), @"
    reported
    [stderr]
    Running `load`:
    `load`: done in <time>
    Running `train`:
    `train`: done in <time>
    Running `report`:
    `report`: done in <time>
    [ok]
    ");
    assert_eq!(env.ran(), "load train report");
    assert_eq!(env.read_text(".gitignore"), "/model\n/raw\n/report\n");
    assert_snapshot!(env.mlrun(["repro"]), @"
    [stderr]
    Nothing to do: all 3 stages are up to date.
    [ok]
    ");
    assert_eq!(env.mlrun(["repro", "-q"]).success().to_string(), "[ok]");

    // A dep; then one that does not lead to another raw directory.
    env.write("source", "2\n");
    assert_eq!(env.repro(&[]), "load: ran, train: ran, report: unchanged");
    assert_eq!(env.ran(), "load train");
    env.sh("touch source raw/a model").success();
    assert_eq!(env.repro(&[]), "load: unchanged, train: unchanged, report: unchanged");

    // A parameter, by value; one that the stage does not name.
    env.write("params.yaml", "lr: 1.0e-1\nother: 2\n");
    assert_eq!(env.repro(&[]), "load: unchanged, train: unchanged, report: unchanged");
    env.write("params.yaml", "lr: 0.2\n");
    assert_snapshot!(env.mlrun(["repro", "--explain"]), @"
    [stderr]
    `load`: nothing changed
    Running `train`:
      `train`: `lr` of `params.yaml` was 0.1 and is 0.2
    `train`: done in <time>
    `report`: nothing changed
    [ok]
    ");

    // The command.
    env.write("mlrun.yaml", CHAIN.replace("'{\"n\":1}'", "'{\"n\":2}'"));
    assert_eq!(env.repro(&[]), "load: unchanged, train: ran, report: ran");
    assert_eq!(env.read_text("report"), "{\"n\":2}\n");

    // What ran before is known.
    env.ran();
    env.write("mlrun.yaml", CHAIN);
    env.write("params.yaml", "lr: 0.1\n");
    env.write("source", "1\n");
    assert_snapshot!(env.mlrun(["repro"]), @"
    [stderr]
    `load`: ran with the same inputs before, outs taken from the cache
    `train`: ran with the same inputs before, outs taken from the cache
    `report`: ran with the same inputs before, outs taken from the cache
    [ok]
    ");
    assert_eq!(env.ran(), "");
    assert_eq!(env.read_text("model"), "x1\nb\n");
    assert_eq!(env.read_text("report"), "{\"n\":1}\n");

    // Unless nobody wants to know.
    env.write("source", "2\n");
    assert_eq!(env.repro(&["--no-run-cache"]), "load: ran, train: ran, report: unchanged");
    assert_eq!(env.repro(&["--force"]), "load: ran, train: ran, report: ran");
}

#[test]
fn a_dry_run_changes_nothing() {
    let env = chain();
    let before = env.identities(".");
    assert_snapshot!(env.mlrun(["repro", "-n", "--explain"]), @"
    [stderr]
    `load`: would run
      `load`: it never ran
    `train`: would run
      `train`: it never ran
      `train`: `load` would run
    `report`: would run
      `report`: it never ran
      `report`: `train` would run
    [ok]
    ");
    assert_eq!(env.identities("."), before);
    env.mlrun(["repro", "-q"]).success();
    env.write("source", "2\n");
    env.remove("report");
    let json = env.mlrun(["repro", "--dry-run", "--json"]).success().json();
    assert_eq!(json["dry_run"], true);
    let foreseen = env.repro(&["-n"]);
    assert_eq!(foreseen, "load: would-run, train: would-run, report: would-run");
    let reasons = serde_json::json!(["`source` was modified"]);
    assert_eq!(json["stages"][0]["reasons"], reasons);
    assert!(!env.exists("report"));
    env.write("source", "1\n");
    assert_eq!(env.repro(&["-n"]), "load: unchanged, train: unchanged, report: restored");
    assert!(!env.exists("report"));
}

#[test]
fn targets() {
    let env = chain();
    assert_eq!(env.repro(&["train"]), "load: ran, train: ran");
    env.write("source", "2\n");
    assert_eq!(env.repro(&["--single", "train"]), "train: unchanged");
    // An out names its stage.
    assert_eq!(env.repro(&["-n", "raw"]), "load: would-run");
    assert_eq!(env.repro(&["-n", "report"]).matches(": would-run").count(), 3);
    let down = env.repro(&["-n", "--downstream", "train"]);
    assert_eq!(down, "train: unchanged, report: would-run");
    assert_eq!(env.repro(&["-n", "--glob", "*o*"]).split(", ").count(), 3);
    assert_eq!(env.repro(&["-n", "-s", "--glob", "*o*"]), "load: would-run, report: would-run");
    env.ran();
    assert_eq!(env.repro(&["--force", "--single", "load"]), "load: ran");
    assert_eq!(env.ran(), "load");
    assert_snapshot!(env.mlrun(["repro", "trian"]), @"
    [stderr]
    error: `trian` is no stage, no pipeline file and no out of a stage
    hint: did you mean `train`?
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["repro", "--glob", "["]), @"
    [stderr]
    error: `[` is not a valid glob: unclosed character class; missing ']'
    hint: `*`, `?`, `[a-z]` and `{a,b}` are known; `\\` takes away their meaning
    [exit code 2]
    ");
    env.mlrun(["repro", "--single", "--downstream", "load"]).code(2);
    env.mlrun(["repro", "-j", "0"]).code(2);
}

#[test]
fn stages_that_always_run_and_stages_that_never_do() {
    let env = TestEnv::pipeline(
        "
stages:
  callback: {cmd: echo callback >> ../ran}
  always:
    cmd: echo always >> ../ran && cp source always
    deps: [source]
    outs: [always]
    always_changed: true
  after:
    cmd: echo after >> ../ran && cp always after
    deps: [always]
    outs: [after]
  frozen:
    cmd: echo frozen >> ../ran && cp source frozen
    deps: [source]
    outs: [frozen]
    frozen: true
  after-frozen:
    cmd: echo after-frozen >> ../ran && cp frozen after-frozen
    deps: [frozen]
    outs: [after-frozen]
",
    );
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    let mut ran: Vec<_> = env.ran().split(' ').map(str::to_owned).collect();
    ran.sort();
    assert_eq!(ran, ["after", "after-frozen", "always", "callback", "frozen"]);
    env.mlrun(["repro", "-q"]).success();
    assert_eq!(env.ran(), "callback always", "its outs are the same, so nothing else runs");
    env.write("source", "2\n");
    env.mlrun(["repro", "-q"]).success();
    assert_eq!(env.ran(), "callback always after");
    assert_eq!(env.read_text("frozen"), "1\n");
    // What it wrote comes back, made of what it was made of.
    env.remove("frozen");
    assert_eq!(env.repro(&["--single", "frozen"]), "frozen: restored");
    assert_eq!(env.read_text("frozen"), "1\n");
    assert_eq!(env.repro(&["--single", "frozen"]), "frozen: unchanged");
    assert_snapshot!(env.mlrun(["status", "frozen", "callback", "--unchanged"]), @"
    callback: would run
      it always runs
    frozen: unchanged (frozen)
    [ok]
    ");
}

#[test]
fn failures_stop_or_are_passed_by() {
    let env = TestEnv::pipeline(
        "
stages:
  bad: {cmd: [echo one, echo two >&2 && exit 7, echo three], deps: [source], outs: [bad-out]}
  after: {cmd: cp bad-out after, deps: [bad-out], outs: [after]}
  good: {cmd: cp source good, deps: [source], outs: [good]}
",
    );
    env.write("source", "1\n");
    assert_snapshot!(env.mlrun(["repro", "bad", "after"]), @"
    one
    two
    [stderr]
    Running `bad`:
    `bad`: failed
    1 more did not run.
    error: stage `bad`: `echo two >&2 && exit 7` ended with exit code 7
    hint: all it printed is in `$ROOT/repo/.git/mldata/logs/<id>.log`
    [exit code 3]
    ");
    let logs = env.sh("cat .git/mldata/logs/*.log").success();
    assert_eq!(logs.stdout_text(), "one\ntwo\n");
    assert!(!env.exists("mlrun.lock"));
    let output = env.mlrun(["repro", "--keep-going", "--json"]).code(3);
    let outcomes = crate::common::outcomes(&output);
    assert_eq!(outcomes, "bad: failed, after: blocked, good: ran");
    let error = output.json()["stages"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("exit code 7"), "{error}");
    assert_eq!(output.stdout.first(), Some(&b'{'), "what stages print is not part of the answer");
    assert!(output.stderr_text().contains("one\n"));
    assert!(!env.read_text("mlrun.lock").contains("bad"));
    // With -q only what stages print and what went wrong.
    assert_snapshot!(env.mlrun(["repro", "-q", "bad"]), @"
    one
    two
    [stderr]
    error: stage `bad`: `echo two >&2 && exit 7` ended with exit code 7
    hint: all it printed is in `$ROOT/repo/.git/mldata/logs/<id>.log`
    [exit code 3]
    ");
}

#[test]
fn without_a_terminal_nobody_says_yes() {
    let env = chain();
    assert_snapshot!(env.mlrun(["repro", "--interactive"]), @"
    [stderr]
      `load`: it never ran
    Run `load`? [y/N] no: standard input is not a terminal
    `load`: not run
    [ok]
    ");
    assert_eq!(env.ran(), "");
    assert!(!env.exists("raw"));
}

#[test]
fn attempts_and_their_time() {
    let env = TestEnv::pipeline(
        "
stages:
  flaky:
    cmd: echo x >> ../ran && echo partial > flaky && test $(wc -l < ../ran) = 3 && echo done > flaky
    deps: [source]
    outs: [flaky]
    retry: 3
  slow:
    cmd: echo partial > slow && sleep 30
    deps: [source]
    outs: [slow]
    timeout: 1
",
    );
    env.write("source", "1\n");
    env.write("flaky", "mine\n");
    assert_snapshot!(env.mlrun(["repro", "flaky"]), @"
    [stderr]
    Running `flaky`:
    `flaky`: exit code 1; again (2 more after this)
    `flaky`: exit code 1; again (1 more after this)
    `flaky`: done in <time>
    `flaky`: what was in its place is kept: `git mldata recover restore <stamp>-repro-2259deda`
    [ok]
    ");
    assert_eq!(env.ran(), "x x x");
    assert_eq!(env.read_text("flaky"), "done\n");
    // What nobody had recorded is kept; what the attempts left is not.
    assert_eq!(env.recovered(), ["mine\n"]);
    let began = std::time::Instant::now();
    assert_snapshot!(env.mlrun(["repro", "slow"]), @"
    [stderr]
    Running `slow`:
    `slow`: failed
    error: stage `slow`: `echo partial > slow && sleep 30` ended with a timeout
    hint: what it had written: `git mldata recover restore <stamp>-repro-5a492922`
    [exit code 3]
    ");
    assert!(began.elapsed().as_secs() < 5);
    assert!(!env.exists("slow"), "what is half done is not left where others take it for whole");
    assert_eq!(env.recovered(), ["mine\n", "partial\n"]);
}
