//! The JSON schema of pipeline files, for editors.
//!
//! It is generated from the types of [`schema`](super::schema), checked in as
//! `templates/mlrun.schema.json`, and held fresh here: `UPDATE_SPEC=1 cargo test spec` rewrites it.
//! The types below describe what `schema` keeps as a tree, or reads by a visitor of its own.

#![allow(dead_code, reason = "only their schemas are used")]

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::schema::{Group, PlotDefinition, Stage};
use super::shapes::{EnvVars, Flagged, OneOrMany, ParamsItem, PerFile, TimeoutValue};

/// A `T`, or a string whose `${}` becomes one.
pub(super) struct Templated<T>(T);

impl<T: JsonSchema> JsonSchema for Templated<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Templated_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let plain = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [plain, { "type": "string", "pattern": r"^\$\{.*\}$" }] })
    }
}

/// Has the schema of another type.
macro_rules! described_as {
    ($([$($generics:tt)*] $type:ty => $shape:ty),* $(,)?) => {$(
        impl<$($generics)*> JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                <$shape>::schema_name()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                <$shape>::json_schema(generator)
            }
        }
    )*};
}

described_as! {
    [F: JsonSchema] Flagged<F> => PathOr<BTreeMap<String, Option<F>>>,
    [] ParamsItem => PathOr<BTreeMap<String, Option<Vec<String>>>>,
    [] EnvVars => Env,
    [] PerFile => Axis,
    [] TimeoutValue => Timeout,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum PathOr<M> {
    Path(String),
    Map(M),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Env {
    /// Names with their values; without a value, the caller's is taken.
    Values(BTreeMap<String, Option<EnvValue>>),
    /// Names of variables whose values are taken from the caller.
    Names(Vec<String>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum EnvValue {
    Text(String),
    Number(i64),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Axis {
    One(String),
    Several(Vec<String>),
    PerFile(BTreeMap<String, OneOrMany>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Timeout {
    Text(#[schemars(regex(pattern = r"^([0-9]+[smh]?|.*\$\{.*\}.*)$"))] String),
    Seconds(#[schemars(range(min = 1))] u64),
}

/// A file of variables, or variables.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Vars {
    File(String),
    Inline(BTreeMap<String, serde_json::Value>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Foreach {
    Items(Vec<serde_json::Value>),
    Entries(BTreeMap<String, serde_json::Value>),
    Expression(#[schemars(regex(pattern = r"^\$\{.*\}$"))] String),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum StageOrGroup {
    Stage(Box<Stage>),
    Group(Box<Group>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum TopPlot {
    File(String),
    Defined(BTreeMap<String, Option<PlotDefinition>>),
}

const PATH: &str = "templates/mlrun.schema.json";

fn generated() -> serde_json::Value {
    let schema = schemars::generate::SchemaSettings::draft07().into_generator();
    let mut schema = schema.into_root_schema_for::<super::schema::Pipeline>();
    schema.insert("title".to_owned(), "Pipeline of git mlrun".into());
    schema.into()
}

#[test]
fn the_schema_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PATH);
    let expected = format!("{:#}\n", generated());
    #[expect(clippy::disallowed_methods, reason = "asked for by whoever runs the test")]
    if std::env::var_os("UPDATE_SPEC").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{PATH} is stale: UPDATE_SPEC=1 cargo test spec");
}

#[test]
fn the_schema_takes_what_is_right_and_refuses_what_is_wrong() {
    let validator = jsonschema::validator_for(&generated()).unwrap();
    let value = |text: &str| -> serde_json::Value { serde_yaml::from_str(text).unwrap() };
    for good in [
        "{}",
        "stages: {a: {cmd: x}}",
        "stages: {a: {cmd: [x, y], deps: ['*.csv'], params: [lr, f.json: [a], g.yaml: ], wdir: w}}",
        "stages: {a: {cmd: x, outs: [o, p: {cache: false, persist: '${p}', labels: [l], meta: 1}]}}",
        "stages: {a: {cmd: x, metrics: [m: {cache: false}], plots: [p: {x: a, header: '${h}'}, q: ]}}",
        "stages: {a: {cmd: x, env: {A: 1, B: b, C: }, resources: {gpu: '${g}'}, mutex: [m]}}",
        "stages: {a: {cmd: x, env: [A], timeout: 90s, retry: 2, executor: local}}",
        "stages: {a: {cmd: x, timeout: 90, frozen: '${f}', always_changed: true}}",
        "stages: {a: {foreach: [1, {b: 2}], do: {cmd: x}}, b: {foreach: '${l}', do: {cmd: x}}}",
        "stages: {a: {matrix: {m: [1], n: '${l}'}, cmd: x, vars: [f.yaml, {b: 1}]}}",
        "vars: [f.yaml, {a: {b: 1}}]\nparams: [p]\nmetrics: [m]\ndatasets: [{}]",
        "plots: [p.csv, q: {x: {f: a}, y: {f: [a, b]}}, r: , s: {y: [a]}]",
        "artifacts: {m: {path: p, type: model, labels: [a], meta: {b: 1}}}",
    ] {
        let value = value(good);
        let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{good}: {errors:?}");
    }
    for bad in [
        "[]",
        "stage: {}",
        "stages: {a: {}}",
        "stages: {a: {cmd: 1}}",
        "stages: {a: {cmd: x, dep: [y]}}",
        "stages: {a: {cmd: x, deps: y}}",
        "stages: {a: {cmd: x, outs: [o: {cache: sometimes}]}}",
        "stages: {a: {cmd: x, outs: [o: {title: t}]}}",
        "stages: {a: {cmd: x, executor: slurm}}",
        "stages: {a: {cmd: x, timeout: 1d}}",
        "stages: {a: {cmd: x, retry: -1}}",
        "stages: {a: {foreach: [1]}}",
        "stages: {a: {foreach: [1], do: {cmd: x}, cmd: x}}",
        "stages: {a: {foreach: l, do: {cmd: x}}}",
        "artifacts: {m: {desc: d}}",
        "metrics: m",
    ] {
        assert!(!validator.is_valid(&value(bad)), "{bad}");
    }
}

/// Whatever the loader takes, an editor must not mark: these are the files that are held against DVC.
#[test]
fn the_schema_takes_the_examples() {
    let validator = jsonschema::validator_for(&generated()).unwrap();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines");
    let mut count = 0;
    for entry in std::fs::read_dir(root).unwrap() {
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path().join("dvc.yaml")) else {
            continue;
        };
        let value: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
        count += 1;
    }
    assert!(count >= 7);
}
