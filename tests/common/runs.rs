//! Runs as they are recorded, for tests of what reads them.

use gitml::format::run::{Annotations, Kind, Note, Run, RunId, Series, Stamp, Status};
use gitml::format::{Value, value::Map};
use gitml::fs::RepoPath;
use gitml::git::{Repo, TreeChange};
use gitml::runs::store::annotations_path;
use gitml::runs::{NewRun, Store};

/// A finished run of the id `byte` again and again, begun `byte` minutes after 2026 did.
pub fn run(byte: u8, name: &str) -> Run {
    let start: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let started = start + jiff::SignedDuration::from_mins(byte.into());
    let id = RunId::from_bytes([byte; 16]);
    let mut run = Run::new(id, name.into(), Kind::Pipeline, started.as_millisecond(), started);
    run.status = Status::Finished;
    run.exit_code = Some(0);
    run.duration = 90.0;
    run.command = ["git", "mlrun", "repro"].map(str::to_owned).to_vec();
    run.user.name = "Ada".into();
    run.host = "node7".into();
    run.code.branch = Some("main".into());
    run
}

/// The run's stage `stage`; its id ends in `number`.
pub fn stage_of(parent: &Run, stage: &str, number: u8) -> Run {
    let mut id = *parent.id.as_bytes();
    id[15] = number;
    let (name, order) = (format!("{}/{stage}", parent.name), parent.order + i64::from(number));
    let mut run = Run::new(RunId::from_bytes(id), name, Kind::Stage, order, parent.started);
    run.parent = Some(parent.id);
    run.stage = Some(stage.into());
    run.status = Status::Finished;
    run.command = vec!["python train.py".into()];
    run
}

pub fn with_params(mut run: Run, params: &[(&str, Value)]) -> Run {
    let file = run.params.entry("params.yaml".into()).or_default();
    file.extend(params.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    run
}

pub fn with_metrics(mut run: Run, metrics: &[(&str, f64)]) -> Run {
    let values = metrics.iter().map(|(key, value)| ((*key).to_owned(), Value::Float(*value)));
    run.metrics.insert("metrics.json".into(), Map::from_iter(values));
    run
}

pub fn with_curve(mut run: Run, name: &str, [last, min, max]: [f64; 3]) -> Run {
    let value = Value::Float;
    let series = Series { count: 3, last: value(last), min: value(min), max: value(max), step: 2 };
    run.series.insert(name.into(), series);
    run
}

pub fn store(repo: &Repo, runs: &[Run]) {
    let runs: Vec<NewRun> = runs.iter().cloned().map(NewRun::new).collect();
    Store::new(repo).add(&runs, &[], "Record runs").unwrap();
}

/// Changes what is said about a run.
pub fn annotate(repo: &Repo, id: RunId, change: impl Fn(&mut Annotations)) {
    let store = Store::new(repo);
    let mut said = store.annotations(store.tip().unwrap().unwrap(), id).unwrap();
    change(&mut said);
    write(repo, &annotations_path(id), Some(&said.to_bytes()));
}

pub fn note(text: Option<&str>) -> Note {
    let stamp = Stamp { time: 1, writer: "Ada <ada@example.com>".into() };
    Note { text: text.map(str::to_owned), stamp }
}

/// Writes a file of the store's tree, or removes what is there.
pub fn write(repo: &Repo, path: &str, bytes: Option<&[u8]>) {
    let path = RepoPath::new(path).unwrap();
    let plan = |objects: &gitml::git::Objects, _| {
        let change = match bytes {
            Some(bytes) => TreeChange::File { id: objects.write_blob(bytes)?, executable: false },
            None => TreeChange::Remove,
        };
        Ok(vec![(path.clone(), change)])
    };
    Store::new(repo).change("Change the store", &[], &plan).unwrap();
}
