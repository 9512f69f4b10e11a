//! The object that `git mlrun diff --json` prints of two runs.

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;

use super::comparison::JsonChange;
use super::diff::JsonCode;
use super::run_diff::{CodeDiff, flat_change, ground, json_files};
use crate::cli::Ui;
use crate::format::run::{Data, How, LeftOut, Run, RunId, Series, Status};
use crate::format::{ObjectId, Value};
use crate::runs::diff::{Change, Key, RunDiff, StageEnd};

#[derive(Serialize)]
pub struct Json<'a> {
    old: JsonRun<'a>,
    new: JsonRun<'a>,
    params: JsonValues<'a>,
    metrics: JsonValues<'a>,
    stages: Vec<JsonStage<'a>>,
    curves: Vec<JsonCurve<'a>>,
    deps: Vec<JsonData<'a>>,
    outs: Vec<JsonData<'a>>,
    environment: Vec<JsonGround<'a>>,
    code: JsonBothCode<'a>,
}

/// By file and key.
type JsonValues<'a> = IndexMap<&'a str, IndexMap<&'a str, JsonChange<'a>>>;

#[derive(Serialize)]
struct JsonRun<'a> {
    id: RunId,
    name: &'a str,
    status: Status,
    started: Timestamp,
    duration: f64,
    command: &'a [String],
    branch: Option<&'a str>,
    commit: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonStage<'a> {
    stage: &'a str,
    old: Option<JsonEnd>,
    new: Option<JsonEnd>,
}

#[derive(Serialize)]
struct JsonEnd {
    how: How,
    status: Option<Status>,
    duration: Option<f64>,
}

#[derive(Serialize)]
struct JsonCurve<'a> {
    stage: Option<&'a str>,
    name: &'a str,
    old: Option<&'a Series>,
    new: Option<&'a Series>,
}

#[derive(Serialize)]
struct JsonData<'a> {
    path: &'a str,
    old: Option<JsonObject>,
    new: Option<JsonObject>,
}

#[derive(Serialize)]
struct JsonObject {
    oid: Option<ObjectId>,
    directory: bool,
    size: u64,
    files: Option<u64>,
}

#[derive(Serialize)]
struct JsonGround<'a> {
    kind: &'static str,
    name: &'a str,
    old: Option<&'a str>,
    new: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonBothCode<'a> {
    old: Option<&'a str>,
    new: Option<&'a str>,
    files: Option<Vec<JsonCode>>,
    left_out: JsonLeftOut<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<String>,
}

#[derive(Serialize)]
struct JsonLeftOut<'a> {
    old: &'a [LeftOut],
    new: &'a [LeftOut],
}

pub fn of<'a>(ui: &Ui, found: &'a RunDiff<'_>, code: &CodeDiff) -> Json<'a> {
    let (old, new) = (&found.old.run, &found.new.run);
    let curve = |change: &'a Change<(Option<&str>, &str), _>| {
        let (stage, name) = change.key;
        let (old, new) = (found.old.summary(stage, name), found.new.summary(stage, name));
        JsonCurve { stage, name, old, new }
    };
    let stage = |change: &'a Change<&str, StageEnd>| JsonStage {
        stage: change.key,
        old: change.old.as_ref().map(end),
        new: change.new.as_ref().map(end),
    };
    let environment = |change: &'a Change<(_, String), String>| JsonGround {
        kind: ground(change.key.0),
        name: &change.key.1,
        old: change.old.as_deref(),
        new: change.new.as_deref(),
    };
    Json {
        old: run(old),
        new: run(new),
        params: values(&found.params),
        metrics: values(&found.metrics),
        stages: found.stages.iter().map(stage).collect(),
        curves: found.curves.iter().map(curve).collect(),
        deps: found.deps.iter().map(data).collect(),
        outs: found.outs.iter().map(data).collect(),
        environment: found.environment.iter().map(environment).collect(),
        code: JsonBothCode {
            old: old.code.input(),
            new: new.code.input(),
            files: json_files(ui, code),
            left_out: JsonLeftOut { old: &old.code.left_out, new: &new.code.left_out },
            patch: code.patch.as_ref().map(|patch| String::from_utf8_lossy(patch).into_owned()),
        },
    }
}

fn run(run: &Run) -> JsonRun<'_> {
    JsonRun {
        id: run.id,
        name: &run.name,
        status: run.status,
        started: run.started,
        duration: run.duration,
        command: &run.command,
        branch: run.code.branch.as_deref(),
        commit: run.code.commit.as_deref(),
    }
}

fn end(end: &StageEnd) -> JsonEnd {
    JsonEnd { how: end.how, status: end.status, duration: end.duration }
}

fn values(changes: &[Change<Key, Value>]) -> JsonValues<'_> {
    let mut files = JsonValues::new();
    for change in changes {
        let (file, key) = &change.key;
        let diff = flat_change(change).difference();
        let (old, new) = (change.old.as_ref(), change.new.as_ref());
        files.entry(file).or_default().insert(key, JsonChange { old, new, diff });
    }
    files
}

fn data<'a>(change: &Change<&'a str, &Data>) -> JsonData<'a> {
    let object = |data: &Data| JsonObject {
        oid: data.oid.or(data.tree),
        directory: data.tree.is_some(),
        size: data.size,
        files: data.files,
    };
    JsonData { path: change.key, old: change.old.map(object), new: change.new.map(object) }
}
