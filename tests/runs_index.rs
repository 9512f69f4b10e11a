//! The index of runs, through the library.

use gitml::format::Value;
use gitml::format::run::RunId;
use gitml::git::Repo;
use gitml::runs::store::run_directory;
use gitml::runs::{Group, Runs, Scalar};

use crate::common::TestEnv;
use crate::common::runs::{
    annotate, note, run, stage_of, store, with_curve, with_metrics, with_params, write,
};

const INDEX: &str = ".git/mldata/runs-index";

/// Everything that the index knows, as text.
fn dump(runs: &Runs) -> String {
    let mut text = String::new();
    for run in runs.iter() {
        let values: Vec<_> = run.values().collect();
        text += &format!("{} {:?} {:?} ", run.id(), run.name(), run.parent());
        text += &format!("{:?} {:?} {:?} ", run.kind(), run.status(), run.how());
        text += &format!("{:?} {} {} ", run.exit_code(), run.order(), run.started());
        text += &format!("{} {:?} {:?} ", run.duration(), run.cpu(), run.memory());
        text += &format!("{:?} {:?} {:?} ", run.command(), run.user(), run.email());
        text += &format!("{:?} {:?} {:?} ", run.host(), run.branch(), run.commit());
        text += &format!("{:?} {:?} {:?} ", run.snapshot(), run.result(), run.error());
        text += &format!("{} {} ", run.is_dirty(), run.is_deleted());
        text += &format!("{:?} {:?} {values:?}\n", run.stage(), run.note());
    }
    text + &format!("{:?}", runs.unreadable())
}

/// What is loaded now, after making sure that it is what an index made anew has.
#[track_caller]
fn load(env: &TestEnv, repo: &Repo) -> Runs {
    let runs = Runs::load(repo).unwrap();
    let warm = Runs::load(repo).unwrap();
    assert_eq!(dump(&warm), dump(&runs), "the file holds what was made");
    if env.exists(INDEX) {
        let kept = env.read(INDEX);
        env.remove(INDEX);
        assert_eq!(dump(&Runs::load(repo).unwrap()), dump(&runs), "made step by step or anew");
        env.write(INDEX, kept);
    }
    runs
}

#[test]
fn the_index_follows_the_store() {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    assert!(load(&env, &repo).is_empty());
    let first = with_params(
        run(1, "calm-otter-1"),
        &[
            ("lr", Value::Float(0.1)),
            ("seed", Value::Int(i128::from(u64::MAX))),
            ("layers", Value::List(vec![Value::Int(64), Value::Null])),
            ("model", Value::Map([("depth".to_owned(), Value::Int(-3))].into_iter().collect())),
        ],
    );
    let mut first = with_curve(with_metrics(first, &[("acc", 0.5)]), "loss", [0.2, 0.1, 2.0]);
    first.params.insert("a.yaml".into(), [("lr".to_owned(), Value::Bool(true))].into());
    first.tags.insert("kind".into(), "baseline".into());
    first.tags.insert("gone".into(), "x".into());
    let mut negative = run(2, "calm-otter-2");
    negative.started = "1969-12-31T23:59:59.5Z".parse().unwrap();
    negative.exit_code = Some(-1);
    negative.metrics.insert("m".into(), [("f1".to_owned(), Value::String("NaN".into()))].into());
    store(&repo, &[first.clone(), negative.clone(), stage_of(&first, "train", 9)]);

    let runs = load(&env, &repo);
    let names: Vec<&str> = runs.iter().map(|run| run.name()).collect();
    assert_eq!(names, ["calm-otter-2", "calm-otter-1/train", "calm-otter-1"]);
    let found = runs.get(first.id).unwrap();
    let value = |group, key| found.value(group, key);
    assert_eq!(value(Group::Param, "lr"), Some(Scalar::Float(0.1)));
    assert_eq!(value(Group::Param, "a.yaml:lr"), Some(Scalar::Bool(true)));
    assert_eq!(value(Group::Param, "seed"), Some(Scalar::Int(u64::MAX.into())));
    assert_eq!(value(Group::Param, "layers"), Some(Scalar::List("[64,null]")));
    assert_eq!(value(Group::Param, "model.depth"), Some(Scalar::Int(-3)));
    assert_eq!(value(Group::Metric, "acc"), Some(Scalar::Float(0.5)));
    assert_eq!(value(Group::Metric, "loss"), Some(Scalar::Float(0.2)));
    assert_eq!(value(Group::Curve, "loss.max"), Some(Scalar::Float(2.0)));
    assert_eq!(found.command(), "git mlrun repro");
    let found = runs.get(negative.id).unwrap();
    assert_eq!((found.started(), found.exit_code()), (negative.started, Some(-1)));
    let f1 = found.value(Group::Metric, "f1");
    assert!(matches!(f1, Some(Scalar::Float(nan)) if nan.is_nan()), "{f1:?}");

    // What is said later is seen, and only in the runs that it is said of.
    annotate(&repo, first.id, |said| {
        said.tags.insert("gone".into(), note(None));
        said.tags.insert("best".into(), note(Some("yes")));
        said.note = Some(note(Some("look")));
    });
    annotate(&repo, negative.id, |said| said.deleted = Some(note(Some("yes"))));
    store(&repo, &[run(3, "calm-otter-3"), run(1, "never stored")]);
    let runs = load(&env, &repo);
    let found = runs.get(first.id).unwrap();
    let tags: Vec<_> = found.group(Group::Tag).collect();
    assert_eq!(tags, [("kind", Scalar::Text("baseline")), ("best", Scalar::Text("yes"))]);
    assert_eq!(found.note(), Some("look"));
    let names: Vec<&str> = runs.present().map(|run| run.name()).collect();
    assert_eq!(names, ["calm-otter-3", "calm-otter-1/train", "calm-otter-1"]);
}

#[test]
fn what_cannot_be_understood_is_passed_over_and_told() {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    let [good, bad, other] = [run(1, "good"), run(2, "bad"), run(3, "other")];
    store(&repo, &[good.clone(), bad.clone(), other.clone()]);
    assert_eq!(load(&env, &repo).len(), 3);
    let file = |id: RunId| format!("{}/run.json", run_directory(id));
    write(&repo, &file(bad.id), Some(b"{\"version\": 1, \x1b[31m"));
    write(&repo, &file(other.id), Some(&good.to_bytes()));
    write(&repo, &format!("v1/annotations/01/{}.json", good.id), Some(b"7"));
    write(&repo, "v1/runs/01/readme", Some(b"hello"));
    write(&repo, "v1/runs/zz/readme", Some(b"hello"));
    let runs = load(&env, &repo);
    assert_eq!(runs.iter().map(|run| run.name()).collect::<Vec<_>>(), ["good"]);
    let told: Vec<_> = runs.unreadable().iter().map(|it| (&it.path[..], &it.reason[..])).collect();
    let (two, three) = (file(bad.id), file(other.id));
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0].0, format!("v1/annotations/01/{}.json", good.id));
    assert_eq!(told[1].0, two);
    assert_eq!(
        told[2],
        (&three[..], &format!("not a valid run: it says that it is {}", good.id)[..])
    );

    // Once it is right, it is no longer told; what is not in the store leaves no text behind.
    write(&repo, &two, Some(&bad.to_bytes()));
    write(&repo, &three, None);
    let runs = load(&env, &repo);
    assert_eq!((runs.len(), runs.unreadable().len()), (2, 1));
    write(&repo, &two, None);
    assert_eq!(load(&env, &repo).len(), 1);
    let bytes = env.read(INDEX);
    assert!(!bytes.windows(3).any(|part| part == b"bad"));
}

#[test]
fn a_file_that_is_damaged_is_made_anew_and_one_that_cannot_be_written_is_no_error() {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    store(&repo, &[with_metrics(run(1, "one"), &[("acc", 0.5)]), run(2, "two")]);
    let whole = dump(&load(&env, &repo));
    let bytes = env.read(INDEX);
    for at in (0..bytes.len()).step_by(7) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x41;
        env.write(INDEX, damaged);
        assert_eq!(dump(&Runs::load(&repo).unwrap()), whole, "byte {at}");
    }
    env.write(INDEX, &bytes[..bytes.len() / 2]);
    assert_eq!(dump(&load(&env, &repo)), whole);
    env.remove(".git/mldata");
    env.write(".git/mldata", "a file is in the way");
    assert_eq!(dump(&Runs::load(&repo).unwrap()), whole);
}

#[test]
fn objects_that_come_later_are_looked_for_again() {
    let env = TestEnv::new();
    let repo = Repo::at(env.dir()).unwrap();
    store(&repo, &[run(1, "one"), run(2, "two")]);
    let path = format!("refs/mlrun/runs:{}/run.json", run_directory(run(2, "two").id));
    let blob = env.git(["rev-parse", &path]).success().stdout_text();
    let (directory, rest) = blob.trim().split_at(2);
    let object = env.dir().join(".git/objects").join(directory).join(rest);
    let away = env.root().join("away");
    std::fs::rename(&object, &away).unwrap();
    for _ in 0..2 {
        let runs = Runs::load(&repo).unwrap();
        assert_eq!((runs.len(), runs.unreadable().len()), (1, 1));
    }
    std::fs::rename(&away, &object).unwrap();
    let runs = load(&env, &repo);
    assert_eq!((runs.len(), runs.unreadable().len()), (2, 0));
}
