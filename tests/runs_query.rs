//! What filters mean, over stored runs.

use gitml::format::Value;
use gitml::format::run::{Resources, Status};
use gitml::git::Repo;
use gitml::runs::Runs;
use gitml::runs::query::Query;

use crate::common::TestEnv;
use crate::common::runs::{
    annotate, note, run, stage_of, store, with_curve, with_metrics, with_params,
};

/// Three runs and a stage: `one`, `two`, `three` and `three/train`.
fn sample() -> (TestEnv, Runs) {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    let text = |text: &str| Value::String(text.into());
    let one = with_params(
        run(1, "one"),
        &[("lr", Value::Float(0.1)), ("optimizer", text("adam")), ("depth", Value::Int(3))],
    );
    let mut one = with_curve(with_metrics(one, &[("acc", 0.5)]), "loss", [0.2, 0.1, 2.0]);
    one.resources = Some(Resources { cpu: 30.0, peak_memory: 3 << 30 });
    let layers = Value::List(vec![Value::Int(64), text("relu")]);
    let two = with_params(
        run(2, "two"),
        &[("lr", text("0.10")), ("optimizer", text("SGD")), ("layers", layers)],
    );
    let mut two = with_metrics(two, &[("acc", f64::NAN), ("val/acc", 1.0)]);
    two.status = Status::Failed;
    two.exit_code = Some(3);
    two.code.commit = Some("abcdef0123456789abcdef0123456789abcdef01".into());
    two.code.snapshot = Some("f".repeat(40));
    two.duration = 3600.0;
    let mut three =
        with_params(run(3, "three"), &[("depth", Value::Null), ("ok", Value::Bool(true))]);
    three.started = jiff::Timestamp::now();
    three.code.branch = Some("feature/x".into());
    let train = stage_of(&three, "train", 1);
    store(&repo, &[one, two.clone(), three, train]);
    annotate(&repo, two.id, |said| {
        said.tags.insert("team".into(), note(Some("vision")));
    });
    let runs = Runs::load(&repo).unwrap();
    (env, runs)
}

/// The names of the runs that the filter is true of, oldest first.
fn found(runs: &Runs, filter: &str) -> Vec<String> {
    let mut query = Query::parse(filter, jiff::Timestamp::now()).unwrap();
    query.bind(runs).unwrap();
    let matching = runs.iter().rev().filter(|run| query.matches(*run));
    matching.map(|run| run.name().to_owned()).collect()
}

#[test]
fn filters_mean_what_they_say() {
    let (_env, runs) = sample();
    for (filter, expected) in [
        // Numbers are compared by value, whatever they are written as.
        ("params.lr = 0.1", &["one", "two"][..]),
        ("lr = '1e-1'", &["one", "two"]),
        ("depth = 3.0", &["one"]),
        ("params.lr < 0.2 and params.optimizer = 'adam'", &["one"]),
        ("optimizer ilike 'sgd' or optimizer = adam", &["one", "two"]),
        ("optimizer = sgd", &[]),
        ("optimizer in (adam, SGD)", &["one", "two"]),
        ("optimizer not in (adam)", &["two"]),
        // What is not there is neither equal nor unequal.
        ("depth != 4", &["one"]),
        ("not depth = 4", &["one", "two", "three", "three/train"]),
        ("depth is null", &["two", "three", "three/train"]),
        ("params.lr is not null", &["one", "two"]),
        // Curves and numbers that are none.
        ("metrics.loss < 0.3 and metrics.loss.min = 0.1 and metrics.loss.max >= 2", &["one"]),
        ("acc = nan", &["two"]),
        ("acc > 0 or acc < 1", &["one"]),
        ("acc != 0.5", &["two"]),
        ("metrics.\"val/acc\" > 0.5", &["two"]),
        ("`val/acc` = 1", &["two"]),
        ("layers contains 64", &["two"]),
        ("layers contains 6", &[]),
        ("layers contains relu", &["two"]),
        ("optimizer contains da", &["one"]),
        ("optimizer ~ 'a*m'", &["one"]),
        ("ok", &["three"]),
        ("ok = True", &["three"]),
        // Attributes.
        ("status = 'FAILED'", &["two"]),
        ("status != failed and kind = pipeline", &["one", "three"]),
        ("exit_code > 0", &["two"]),
        ("id = 0202", &["two"]),
        ("commit = ABCDEF", &["two"]),
        ("commit = abc", &[]),
        ("dirty", &["two"]),
        ("not dirty and branch = main", &["one"]),
        ("branch like 'feature/%'", &["three"]),
        ("stage = train", &["three/train"]),
        ("user = Ada and host = node7 and name ~ t*", &["two", "three"]),
        ("command contains train.py", &["three/train"]),
        ("duration >= 1h", &["two"]),
        ("duration < 2m and duration > 1m", &["one", "three"]),
        ("cpu = 30s and memory >= 3GiB", &["one"]),
        ("started > 1d", &["three", "three/train"]),
        ("started < 2026-01-03 and started >= 2025-12-30", &["one", "two"]),
        ("tags.team = vision", &["two"]),
        ("tags.team is null and kind = pipeline", &["one", "three"]),
    ] {
        assert_eq!(found(&runs, filter), expected, "{filter}");
    }
}

#[test]
fn bare_names_are_found_out() {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    let both = with_params(run(1, "one"), &[("size", Value::Int(1))]);
    store(&repo, &[with_metrics(both, &[("size", 0.5), ("acc", 0.5)])]);
    let runs = Runs::load(&repo).unwrap();
    let bind = |text: &str| Query::parse(text, jiff::Timestamp::now()).unwrap().bind(&runs);
    assert_eq!(bind("acc > 0 and status = failed"), Ok(Vec::new()));
    assert_eq!(bind("accc > 0 or accc < 1 or x"), Ok(vec!["accc".to_owned(), "x".to_owned()]));
    insta::assert_snapshot!(bind("acc > 0 and size = 1").unwrap_err(), @r"
    this is a metric and a param: write `metrics.size` or `params.size`
      acc > 0 and size = 1
                  ^
    ");
}
