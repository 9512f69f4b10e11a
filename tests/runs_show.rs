//! `git mlrun show`, and `git mlrun diff` of two runs, over stores that the library filled.

use gitml::format::Value;
use gitml::format::run::{
    Code, Data, Environment, How, Kind, LeftOut, Log, Package, Packages, Resources, Run, RunId,
    StageRef, Status, User,
};
use gitml::format::value::Map;
use gitml::git::Repo;
use gitml::runs::series::collect;
use gitml::runs::{NewRun, Store};
use insta::assert_snapshot;

use crate::common::TestEnv;

fn values(pairs: &[(&str, Value)]) -> Map {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
}

fn id(byte: u8, last: u8) -> RunId {
    let mut bytes = [byte; 16];
    bytes[1] += last << 4;
    RunId::from_bytes(bytes)
}

fn run(env: &TestEnv, id: RunId, name: &str, kind: Kind, commit: &str) -> NewRun {
    let started = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut run = Run::new(id, name.to_owned(), kind, i64::from(id.as_bytes()[0]), started);
    run.status = Status::Finished;
    run.exit_code = Some(0);
    run.duration = 2.5;
    run.user = User { name: "Ada".into(), email: "ada@example.com".into() };
    run.host = "node7".into();
    let snapshot = Some(revision(env, commit)).filter(|id| *id != revision(env, "HEAD"));
    run.code = Code {
        commit: Some(revision(env, "HEAD")),
        branch: Some("main".into()),
        snapshot,
        ..Code::default()
    };
    NewRun::new(run)
}

fn revision(env: &TestEnv, name: &str) -> String {
    env.git(["rev-parse", name]).success().stdout_text().trim().to_owned()
}

/// Adds what a stage logged.
fn log_curves(env: &TestEnv, new: &mut NewRun, text: &str) {
    let path = env.root().join("metrics.jsonl");
    std::fs::write(&path, text).unwrap();
    let collected = collect(&path).unwrap();
    new.run.series = collected.series;
    new.run.curves = Some(collected.curves);
    new.metrics = collected.preview;
    new.curves = collected.full.unwrap_or_default();
}

fn environment(python: &str, numpy: &str) -> Environment {
    let package =
        |name: &str, version: &str| Package { name: name.into(), version: version.into() };
    Environment {
        os: "linux".into(),
        arch: "x86_64".into(),
        cpus: Some(2),
        tools: [("python".to_owned(), python.to_owned())].into(),
        packages: Some(Packages {
            from: "venv".into(),
            list: vec![package("numpy", numpy), package("six", "1.17.0")],
        }),
        ..Environment::default()
    }
}

/// A pipeline's run with a stage that ran and one that had nothing to do.
fn pipeline(env: &TestEnv, byte: u8, name: &str, commit: &str, lr: f64, tail: f64) {
    let repo = Repo::at(env.dir()).unwrap();
    let store = Store::new(&repo);
    let (parent, child) = (id(byte, 0), id(byte, 1));
    let mut stage = run(env, child, &format!("{name}/train"), Kind::Stage, commit);
    stage.run.parent = Some(parent);
    stage.run.stage = Some("train".into());
    stage.run.how = Some(How::Ran);
    stage.run.command = vec!["python train.py --fast".into()];
    stage.run.params.insert("params.yaml".into(), values(&[("train.lr", Value::Float(lr))]));
    stage.run.metrics.insert(
        "metrics.json".into(),
        values(&[("loss", Value::Float(tail)), ("rows", Value::Int(100))]),
    );
    stage.run.resources = Some(Resources { cpu: 2.25, peak_memory: 3 << 20 });
    let oid = gitml::format::ObjectId::of(&[byte]);
    let data = |path: &str, oid| Data {
        path: path.into(),
        oid,
        tree: None,
        size: 1024,
        files: None,
        cached: true,
    };
    stage.run.deps = vec![data("data.csv", Some(gitml::format::ObjectId::of(b"data")))];
    stage.run.outs = vec![data("model", Some(oid))];
    let lines: String = (0..20)
        .map(|step| format!("{{\"step\": {step}, \"loss\": {}}}\n", tail + f64::from(20 - step)))
        .collect();
    log_curves(env, &mut stage, &lines);
    stage.log = b"epoch 1\nepoch 2\r10%\r100%\ndone\n".to_vec();
    let size = stage.log.len() as u64;
    stage.run.log = Some(Log { size, complete: true, oid: None });

    let mut whole = run(env, parent, name, Kind::Pipeline, commit);
    whole.run.command = ["git", "mlrun", "repro"].map(str::to_owned).to_vec();
    whole.run.stages = vec![
        StageRef { stage: "load".into(), how: How::Unchanged, run: None },
        StageRef { stage: "train".into(), how: How::Ran, run: Some(child) },
    ];
    whole.run.tags.insert("kind".into(), "baseline".into());
    let python = if byte == 1 { "3.11.4" } else { "3.12.1" };
    let bytes = environment(python, &format!("2.{byte}")).to_bytes();
    whole.environment = Some(store.objects().write_blob(&bytes).unwrap());
    stage.environment = whole.environment;
    store.add(&[whole, stage], &[], "Record a run").unwrap();
}

/// Two runs: one at HEAD, one with a change of the code on top.
fn two_runs() -> TestEnv {
    let env = TestEnv::new();
    env.write("train.py", "print(1)\n");
    env.commit("first");
    env.write("train.py", "print(2)\n");
    env.write("src/new.py", "x = 1\n");
    env.commit("second");
    env.git(["branch", "dirty"]).success();
    env.git(["reset", "--quiet", "--hard", "HEAD~1"]).success();
    pipeline(&env, 1, "quiet-otter-1", "HEAD", 0.1, 0.5);
    pipeline(&env, 2, "bold-lynx-2", "dirty", 0.01, 0.25);
    env
}

#[test]
fn a_run_is_shown_whole() {
    let env = two_runs();
    assert_snapshot!(env.mlrun(["show"]), @r"
    bold-lynx-2 finished
    id        <id>
    status    finished
    started   2026-01-01T00:00:00Z
    duration  <time>
    user      Ada <ada@example.com>
    host      node7
    command   git mlrun repro
    branch    main
    commit    41c338d first
    snapshot  cb8df06…
    tag       kind=baseline
    Changes:
      added: src/new.py
      modified: train.py
    Stages:
      Stage  How        Status    Duration  Run
      load   unchanged  -                -  -
      train  ran        finished    <time>  bold-lynx-2/train
    Params:
      Path         Param     Value
      params.yaml  train.lr   0.01
    Metrics:
      Path          Metric  Value
      metrics.json  loss     0.25
      metrics.json  rows      100
    Curves:
      train: loss  ⠉⠉⠉⠉⠉⠑⠒⠒⠒⠒⠒⠒⠒⠒⠤⠤⠤⠤⠤⠤⠤⠤⢄⣀⣀⣀⣀⣀  last 1.25, min 1.25, max 20.25, 20 points to step 19
    Deps:
      Path          Size  Object
      data.csv  1.00 KiB  3a6eb0790f39
    Outs:
      Path       Size  Object
      model  1.00 KiB  dbc1b4c900ff
    Environment:
      platform    linux, x86_64
      processors  2
      python      3.12.1
      packages    2, from venv
    [ok]
    ");
    // By name, by id, and its stage.
    for name in ["last", "bold-lynx-2", "0202", "@"] {
        let shown = env.mlrun(["show", name]).success();
        assert!(shown.stdout_text().starts_with("bold-lynx-2 finished\n"), "{shown}");
    }
    let stage = env.mlrun(["show", "last~1/train", "--log"]).success().stdout_text();
    assert!(stage.starts_with("quiet-otter-1/train finished\n"), "{stage}");
    assert!(stage.contains("python train.py --fast"), "{stage}");
    assert!(stage.contains("Log:\n  epoch 1\n  100%\n  done\n"), "{stage}");
    let packages = env.mlrun(["show", "-v"]).success().stdout_text();
    assert!(packages.contains("numpy    2.2"), "{packages}");
}

#[test]
fn curves_are_drawn_large_where_they_are_asked_for() {
    let env = two_runs();
    let shown = env.mlrun(["show", "--curves", "loss"]).success().stdout_text();
    assert!(shown.contains("loss over step"), "{shown}");
    assert_snapshot!(env.mlrun(["show", "--curves", "acc"]), @r"
    [stderr]
    error: the run has no curve `acc`
    hint: it has loss
    [exit code 3]
    ");
}

#[test]
fn json_has_the_record_and_the_points() {
    let env = two_runs();
    let json = env.mlrun(["show", "--json"]).success().json();
    assert_eq!(json["run"]["name"], "bold-lynx-2");
    assert_eq!(json["environment"]["tools"]["python"], "3.12.1");
    assert_eq!(json["stages"][0]["run"], serde_json::Value::Null);
    let stage = &json["stages"][1];
    assert_eq!(stage["run"]["params"]["params.yaml"]["train.lr"], 0.01);
    let curve = &stage["curves"][0];
    assert_eq!(curve["complete"], true);
    assert_eq!(curve["points"][19], serde_json::json!([19, null, 1.25]));
}

#[test]
fn two_runs_are_held_against_each_other() {
    let env = two_runs();
    assert_snapshot!(env.mlrun(["diff", "last~1", "last"]), @r"
    quiet-otter-1..bold-lynx-2
    Runs:
              quiet-otter-1                     bold-lynx-2
      id      <id>  <id>
      commit  41c338d first                     41c338d first (changed)
    Params:
      Path         Param     quiet-otter-1  bold-lynx-2  Change
      params.yaml  train.lr            0.1         0.01   -0.09
    Metrics:
      Path          Metric  quiet-otter-1  bold-lynx-2  Change
      metrics.json  loss              0.5         0.25   -0.25
    Curves:
      Curve        quiet-otter-1  bold-lynx-2  Change
      train: loss            1.5         1.25   -0.25
    train: loss
      a quiet-otter-1
      b bold-lynx-2
            20 ┤bbbbaa
               │    bbbbbbbb
               │           bbbbbbba
               │                 bbbbbbba
            15 ┤                       bbbbbbba
               │                             bbbbbbba
               │                                   bbbbbbbb
            10 ┤                                           bbbbbbaa
               │                                                 bbbbbbaa
               │                                                       bbbbbbaa
             5 ┤                                                             bbbbbbaa
               │                                                                   bbbbbbbb
               │                                                                          bbbbbbba
               │                                                                                bbbbbb
               └┬─────────────────────┬──────────────────────┬─────────────────────┬──────────────────
                0                     5                     10                    15
                loss over step
    Outs:
      modified: model (1.00 KiB)
    Environment:
      Kind     Name    quiet-otter-1  bold-lynx-2
      tool     python  3.11.4         3.12.1
      package  numpy   2.1            2.2
    Code:
      added: src/new.py
      modified: train.py
    [ok]
    ");
    let same = env.mlrun(["diff", "quiet-otter-1", "0202"]).success();
    assert_eq!(same.stdout, env.mlrun(["diff", "last~1..last"]).success().stdout);
    env.mlrun(["diff", "last~1", "last", "--exit-code"]).code(1);
    let one = env.mlrun(["diff", "last~1"]).success();
    assert_eq!(same.stdout, one.stdout);
}

#[test]
fn the_patch_is_what_git_can_apply() {
    let env = two_runs();
    let args = ["diff", "last~1", "last", "-p", "--json"];
    let json = env.mlrun(args).success().json();
    let patch = json["code"]["patch"].as_str().unwrap();
    let applied = env.run_with_input("git", ["apply", "-"], patch.as_bytes());
    applied.success();
    assert_eq!(env.read_text("train.py"), "print(2)\n");
    assert!(env.exists("src/new.py"));

    let limited = env.mlrun(["diff", "last~1", "last", "-p", "--", "src"]).success().stdout_text();
    assert!(limited.contains("+x = 1") && !limited.contains("train.py"), "{limited}");
    let json = env.mlrun(["diff", "last~1", "last", "--json", "--", "src"]).success().json();
    assert_eq!(json["code"]["files"].as_array().unwrap().len(), 1);
    assert_eq!(json["metrics"], serde_json::json!({}));
}

#[test]
fn json_and_markdown_of_two_runs() {
    let env = two_runs();
    let json = env.mlrun(["diff", "last~1", "last", "--json"]).success().json();
    let lr = &json["params"]["params.yaml"]["train.lr"];
    assert_eq!((&lr["old"], &lr["new"]), (&0.1.into(), &0.01.into()));
    assert_eq!(json["metrics"]["metrics.json"]["loss"]["diff"], -0.25);
    assert_eq!(json["metrics"]["metrics.json"].get("rows"), None);
    assert_eq!(json["outs"][0]["path"], "model");
    assert_eq!(json["deps"], serde_json::json!([]));
    assert_eq!(json["curves"][0]["stage"], "train");
    assert_eq!(json["environment"][0]["kind"], "tool");
    assert_eq!(json["code"]["files"][0]["change"], "added");
    let all = env.mlrun(["diff", "last~1", "last", "--json", "--all"]).success().json();
    assert_eq!(all["deps"][0]["path"], "data.csv");
    assert_eq!(all["metrics"]["metrics.json"]["rows"]["diff"], 0);

    let markdown = env.mlrun(["diff", "last~1", "last", "--md"]).success().stdout_text();
    for line in ["### Params", "| params.yaml | train.lr |", "### Environment", "### Code"] {
        assert!(markdown.contains(line), "{line} in {markdown}");
    }
}

#[test]
fn a_run_does_not_differ_from_itself() {
    let env = two_runs();
    for option in [&[][..], &["--exit-code"]] {
        let same = env.mlrun([&["diff", "last", "bold-lynx-2"], option].concat()).success();
        assert_eq!(same.stderr_text(), "`last` and `bold-lynx-2` are the same run.\n");
        assert_eq!(same.stdout_text(), "bold-lynx-2..bold-lynx-2\n");
    }
    let json = env.mlrun(["diff", "last", "@", "--exit-code", "--json"]).success().json();
    for part in ["params", "metrics", "curves", "deps", "environment", "stages"] {
        let is_empty = json[part].as_array().is_some_and(Vec::is_empty)
            || json[part].as_object().is_some_and(serde_json::Map::is_empty);
        assert!(is_empty, "{part}: {json}");
    }
}

#[test]
fn what_two_runs_cannot_be() {
    let env = two_runs();
    let three = env.mlrun(["diff", "last", "last~1", "0202"]).code(2);
    assert!(three.stderr_text().contains("two runs"), "{three}");
    // Revisions stay what they were, and have no curves to draw.
    let revisions = env.mlrun(["diff", "HEAD", "dirty"]).success().stdout_text();
    assert!(revisions.contains("modified: train.py"), "{revisions}");
    env.mlrun(["diff", "HEAD", "dirty", "-p"]).code(2);
    let unknown = env.mlrun(["show", "nobody"]).code(3);
    assert!(unknown.stderr_text().contains("no run is called `nobody`"), "{unknown}");
}

#[test]
fn a_store_without_runs_says_so() {
    let env = TestEnv::new();
    assert_snapshot!(env.mlrun(["show"]), @r"
    [stderr]
    error: there are no runs here
    hint: `git mlrun pull` brings the runs of others
    [exit code 3]
    ");
}

#[test]
fn hostile_runs_break_neither_a_terminal_nor_a_page() {
    const BAD: &str = "<script>alert(1)</script>\u{1b}[2J\u{202e}\"'&";
    let env = TestEnv::new();
    env.write("a", "a\n");
    env.commit("a");
    let repo = Repo::at(env.dir()).unwrap();
    let store = Store::new(&repo);
    for byte in [1, 2] {
        let mut new = run(&env, id(byte, 0), &format!("{BAD}{byte}"), Kind::Exec, "HEAD");
        new.run.command = vec![BAD.into()];
        new.run.directory = BAD.into();
        new.run.duration = -1e300;
        new.run.error = Some(BAD.into());
        new.run.code.left_out =
            vec![LeftOut { path: BAD.into(), why: BAD.into(), size: None, oid: None }];
        new.run.code.snapshot = Some(BAD.into());
        let text = Value::String(format!("{BAD}{byte}"));
        new.run.params.insert(BAD.into(), values(&[(BAD, text.clone())]));
        new.run.metrics.insert("/etc/passwd".into(), values(&[(BAD, text)]));
        new.run.tags.insert(BAD.into(), BAD.into());
        new.run.outs = vec![Data {
            path: format!("../{BAD}{byte}"),
            oid: None,
            tree: None,
            size: u64::MAX,
            files: Some(u64::MAX),
            cached: false,
        }];
        new.run.stages =
            vec![StageRef { stage: BAD.into(), how: How::Ran, run: Some(id(byte, 0)) }];
        new.log = format!("{BAD}\n").into_bytes();
        let name = serde_json::to_string(BAD).unwrap();
        log_curves(&env, &mut new, &format!("{{{name}: {byte}}}\n{{{name}: NaN}}\n"));
        let bytes = Environment { os: BAD.into(), ..environment(BAD, BAD) }.to_bytes();
        new.environment = Some(store.objects().write_blob(&bytes).unwrap());
        store.add(&[new], &[], "Record a run").unwrap();
    }
    for arguments in [
        &["show", "last", "-v"][..],
        &["show", "last", "--log", "--curves"],
        &["diff", "last~1", "last", "--all", "-p"],
        &["diff", "last~1", "last", "--md"],
    ] {
        let shown = env.mlrun(arguments).success();
        let text = shown.stdout_text() + &shown.stderr_text();
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
        assert!(text.contains("alert"), "{text}");
    }
    env.mlrun(["show", "--html", "../show.html"]).success();
    env.mlrun(["diff", "last~1", "last", "--html", "../diff.html"]).success();
    for page in ["../show.html", "../diff.html"] {
        let page = env.read_text(page);
        assert!(!page.contains("<script") && !page.contains('\u{1b}'), "{page}");
        assert!(page.contains("default-src 'none'") && page.contains("&lt;script&gt;"), "{page}");
        assert!(page.contains("<svg"), "{page}");
    }
}

#[test]
fn broken_curves_are_told_and_a_preview_stands_for_what_is_not_here() {
    let env = TestEnv::new();
    env.write("a", "a\n");
    env.commit("a");
    let repo = Repo::at(env.dir()).unwrap();
    let store = Store::new(&repo);
    let lines: String = (0..3000).map(|at| format!("{{\"a\": {at}}}\n")).collect();
    let mut new = run(&env, id(1, 0), "long", Kind::Exec, "HEAD");
    log_curves(&env, &mut new, &lines);
    assert!(!new.curves.is_empty());
    let project = gitml::data::Project::open(env.dir()).unwrap();
    let tip = store.add(&[new.clone()], &[], "Record a run").unwrap();
    let whole = gitml::runs::series::read(&project, &store, tip, &new.run).unwrap();
    assert!(whole[0].complete && whole[0].points.len() == 3000);
    // The object of the cache is not here.
    let mut other = new.clone();
    (other.run.id, other.run.name, other.curves) = (id(2, 0), "other".into(), Vec::new());
    let tip = store.add(&[other.clone()], &[], "Record a run").unwrap();
    let preview = gitml::runs::series::read(&project, &store, tip, &other.run).unwrap();
    assert!(!preview[0].complete && preview[0].points.len() < 1001);

    for (name, options, all) in
        [("long", &["--points"][..], true), ("long", &[], false), ("other", &["--points"], false)]
    {
        let shown = env.mlrun([&["show", name, "--json"], options].concat()).success().json();
        let curve = &shown["curves"][0];
        assert_eq!(curve["complete"], all, "{name} {options:?}");
        let count = curve["points"].as_array().unwrap().len();
        assert_eq!(count == 3000, all, "{name} {options:?}: {count}");
    }
    env.mlrun(["show", "long", "--points"]).code(2);

    let mut broken = new;
    (broken.run.id, broken.metrics) = (id(3, 0), b"name\tstep\n".to_vec());
    store.add(&[broken], &[], "Record a run").unwrap();
    for arguments in [&["show", "0303"][..], &["diff", "0101", "0303"]] {
        let shown = env.mlrun(arguments).success();
        let stderr = shown.stderr_text();
        assert!(stderr.contains("warning: passed over v1/runs/03/"), "{shown}");
        assert!(stderr.contains("/metrics.tsv of the run store: "), "{shown}");
        assert!(shown.stdout_text().contains("long"), "{shown}");
    }
}

#[test]
fn a_broken_environment_hides_nothing_else() {
    let env = TestEnv::new();
    env.write("a", "a\n");
    env.commit("a");
    let repo = Repo::at(env.dir()).unwrap();
    let store = Store::new(&repo);
    let mut sound = run(&env, id(1, 0), "sound", Kind::Exec, "HEAD");
    log_curves(&env, &mut sound, "{\"loss\": 0.5}\n");
    let mut broken = run(&env, id(2, 0), "broken", Kind::Exec, "HEAD");
    log_curves(&env, &mut broken, "{\"loss\": 0.25}\n");
    broken.environment = Some(store.objects().write_blob(b"{\"os\": [").unwrap());
    store.add(&[sound, broken], &[], "Record runs").unwrap();
    for arguments in
        [&["show", "broken"][..], &["show", "broken", "--json"], &["diff", "sound", "broken"]]
    {
        let shown = env.mlrun(arguments).success();
        assert!(shown.stderr_text().contains("/env.json of the run store: "), "{shown}");
        assert!(shown.stdout_text().contains("loss"), "{shown}");
    }
}
