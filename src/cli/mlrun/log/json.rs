//! Runs as `--json` prints them.

use indexmap::IndexMap;
use jiff::Timestamp;

use crate::format::run::RunId;
use crate::format::value::JsonFloat;
use crate::runs::{Group, Scalar, Summary};

/// One run. What is not known is null.
#[derive(serde::Serialize)]
pub struct JsonRun<'a> {
    id: RunId,
    name: &'a str,
    kind: &'static str,
    /// The id of the run that a stage belongs to.
    parent: Option<RunId>,
    stage: Option<&'a str>,
    status: &'static str,
    /// How a stage came to its outs.
    how: Option<&'static str>,
    exit_code: Option<i32>,
    error: Option<&'a str>,
    order: i64,
    started: Timestamp,
    /// Seconds.
    duration: f64,
    /// Seconds of processors.
    cpu: Option<f64>,
    /// Bytes of the largest process.
    memory: Option<u64>,
    command: &'a str,
    user: Option<&'a str>,
    email: Option<&'a str>,
    host: Option<&'a str>,
    branch: Option<&'a str>,
    commit: Option<&'a str>,
    snapshot: Option<&'a str>,
    result: Option<&'a str>,
    dirty: bool,
    deleted: bool,
    note: Option<&'a str>,
    params: Values<'a>,
    metrics: Values<'a>,
    /// `NAME.last`, `NAME.min` and `NAME.max`.
    curves: Values<'a>,
    tags: Values<'a>,
}

type Values<'a> = IndexMap<&'a str, JsonScalar<'a>>;

struct JsonScalar<'a>(Scalar<&'a str>);

impl serde::Serialize for JsonScalar<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Scalar::Null => serializer.serialize_unit(),
            Scalar::Bool(bool) => serializer.serialize_bool(bool),
            Scalar::Int(int) => serializer.serialize_i128(int),
            Scalar::Float(float) => JsonFloat(float).serialize(serializer),
            Scalar::Text(text) => serializer.serialize_str(text),
            Scalar::List(text) => match serde_json::from_str::<crate::format::Value>(text) {
                Ok(list) => list.serialize(serializer),
                Err(_) => serializer.serialize_str(text),
            },
        }
    }
}

pub fn runs<'a>(rows: &[Summary<'a>]) -> Vec<JsonRun<'a>> {
    rows.iter().map(|run| json(*run)).collect()
}

fn json(run: Summary<'_>) -> JsonRun<'_> {
    let values = |group: Group| -> Values<'_> {
        run.group(group).map(|(key, value)| (key, JsonScalar(value))).collect()
    };
    JsonRun {
        id: run.id(),
        name: run.name(),
        kind: run.kind().as_str(),
        parent: run.parent(),
        stage: run.stage(),
        status: run.status().as_str(),
        how: run.how().map(|how| how.as_str()),
        exit_code: run.exit_code(),
        error: run.error(),
        order: run.order(),
        started: run.started(),
        duration: run.duration(),
        cpu: run.cpu(),
        memory: run.memory(),
        command: run.command(),
        user: run.user(),
        email: run.email(),
        host: run.host(),
        branch: run.branch(),
        commit: run.commit(),
        snapshot: run.snapshot(),
        result: run.result(),
        dirty: run.is_dirty(),
        deleted: run.is_deleted(),
        note: run.note(),
        params: values(Group::Param),
        metrics: values(Group::Metric),
        curves: values(Group::Curve),
        tags: values(Group::Tag),
    }
}
