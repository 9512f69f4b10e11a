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
