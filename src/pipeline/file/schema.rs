//! The shape of pipeline files.
//!
//! These types are read from trees in which every `${}` is resolved already, and the JSON schema that
//! editors check files against is generated from them. Their comments are what an editor shows, so
//! they are written for users. What DVC knows is kept in DVC's words; `env`, `resources`, `mutex`,
//! `timeout`, `retry`, `executor` and globs in `deps` are ours.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::shapes::{Cmd, EnvVars, Flagged, OneOrMany, ParamsItem, TimeoutValue};
use crate::format::Value;
use crate::format::yaml::Node;
#[cfg(test)]
use {super::spec, schemars::JsonSchema};

/// A pipeline: stages with what they run, read and write. Also read from `dvc.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Pipeline {
    /// Variables for `${}`: maps, or files (`config.json`, `config.json:key,other`). `params.yaml` is
    /// read without being named.
    #[cfg_attr(test, schemars(with = "Option<Vec<spec::Vars>>"))]
    pub vars: Option<Node>,
    /// The stages by name.
    #[cfg_attr(test, schemars(with = "Option<BTreeMap<String, spec::StageOrGroup>>"))]
    pub stages: Option<Node>,
    /// Parameter files that no stage reads.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub params: Option<Node>,
    /// Metric files that no stage writes.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub metrics: Option<Node>,
    /// Plots: files, or names with what to draw.
    #[cfg_attr(test, schemars(with = "Option<Vec<spec::TopPlot>>"))]
    pub plots: Option<Node>,
    /// Names for files and directories, such as models, by which others find them.
    #[cfg_attr(test, schemars(with = "Option<BTreeMap<String, Artifact>>"))]
    pub artifacts: Option<Node>,
    /// Read by DVC only; ignored here.
    #[cfg_attr(test, schemars(with = "Option<serde_json::Value>"))]
    pub datasets: Option<Node>,
}

/// A step of the pipeline.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Stage {
    /// What to run in a shell: each line, or each item of the list, is one command.
    pub cmd: Cmd,
    /// The directory where the commands run and that other paths are relative to. Default: that of
    /// this file.
    #[expect(dead_code, reason = "read before the rest is resolved; here for the schema")]
    pub wdir: Option<String>,
    /// Files and directories that the commands read; globs (`data/**/*.csv`) are expanded.
    pub deps: Option<Vec<String>>,
    /// Parameters that the commands read: keys of `params.yaml`, or `FILE: [KEY, …]`. `FILE:` alone
    /// is the whole file.
    pub params: Option<Vec<ParamsItem>>,
    /// Files and directories that the commands write.
    pub outs: Option<Vec<Flagged<OutFlags>>>,
    /// Metric files that the commands write.
    pub metrics: Option<Vec<Flagged<OutFlags>>>,
    /// Plot files that the commands write.
    pub plots: Option<Vec<Flagged<PlotFlags>>>,
    /// Do not run the stage again, whatever its deps are.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    pub frozen: Option<bool>,
    /// Run the stage every time.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    pub always_changed: Option<bool>,
    /// What the stage is for.
    pub desc: Option<String>,
    /// Anything; kept, not looked at.
    #[cfg_attr(test, schemars(with = "Option<serde_json::Value>"))]
    pub meta: Option<Value>,
    /// Variables for `${}` in this stage only.
    #[cfg_attr(test, schemars(with = "Option<Vec<spec::Vars>>"))]
    #[expect(dead_code, reason = "read before the rest is resolved; here for the schema")]
    pub vars: Option<Node>,
    /// Makes one stage for each combination of these lists: `${item.NAME}` is its value.
    #[cfg_attr(
        test,
        schemars(with = "Option<BTreeMap<String, spec::Templated<Vec<serde_json::Value>>>>")
    )]
    #[expect(dead_code, reason = "read before the rest is resolved; here for the schema")]
    pub matrix: Option<Node>,
    /// Environment variables that count as inputs: `NAME: value`, or a list of names whose values are
    /// taken from the caller.
    pub env: Option<EnvVars>,
    /// How many units of each named resource the stage occupies: `gpu: 1`.
    #[cfg_attr(test, schemars(with = "Option<BTreeMap<String, spec::Templated<u64>>>"))]
    pub resources: Option<BTreeMap<String, u64>>,
    /// Of all stages that name the same word here, one runs at a time.
    pub mutex: Option<OneOrMany>,
    /// When to give up on one attempt: `90s`, `15m`, `2h`, or seconds.
    pub timeout: Option<TimeoutValue>,
    /// How often to try again after a failure.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<u32>>"))]
    pub retry: Option<u32>,
    /// Where the commands run.
    pub executor: Option<Executor>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) enum Executor {
    /// On this machine.
    Local,
}

/// Stages that differ in a value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Group {
    /// Makes one stage for each item of the list or map: `${item}` is its value and `${key}` its key.
    #[cfg_attr(test, schemars(with = "spec::Foreach"))]
    pub foreach: Node,
    /// The stage to make.
    #[serde(rename = "do")]
    #[cfg_attr(test, schemars(with = "Stage"))]
    pub template: Node,
}

/// How to treat an out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct OutFlags {
    /// What it is.
    pub desc: Option<String>,
    /// What kind of thing it is: `model`, `dataset`, ….
    pub r#type: Option<String>,
    /// Words to find it by.
    pub labels: Option<Vec<String>>,
    /// Anything; kept, not looked at.
    #[cfg_attr(test, schemars(with = "Option<serde_json::Value>"))]
    pub meta: Option<Value>,
    /// `false` where Git shall track it instead. Default: `true`.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    pub cache: Option<bool>,
    /// `true` where it shall stay in place while the stage runs again. Default: `false`.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    pub persist: Option<bool>,
    /// Known to older files; ignored.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    #[expect(dead_code, reason = "accepted, as DVC does")]
    pub checkpoint: Option<bool>,
    /// The remote that it is pushed to, instead of the default.
    pub remote: Option<String>,
    /// `false` where it shall never be pushed. Default: `true`.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    pub push: Option<bool>,
}

/// How to treat a plot file, and how to draw it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct PlotFlags {
    /// What it is.
    pub desc: Option<String>,
    /// What kind of thing it is.
    pub r#type: Option<String>,
    /// Words to find it by.
    pub labels: Option<Vec<String>>,
    /// Anything; kept, not looked at.
    #[cfg_attr(test, schemars(with = "Option<serde_json::Value>"))]
    pub meta: Option<Value>,
    /// `false` where Git shall track it instead. Default: `true`.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    pub cache: Option<bool>,
    /// `true` where it shall stay in place while the stage runs again. Default: `false`.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    pub persist: Option<bool>,
    /// Known to older files; ignored.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    pub checkpoint: Option<bool>,
    /// The remote that it is pushed to, instead of the default.
    pub remote: Option<String>,
    /// `false` where it shall never be pushed. Default: `true`.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    pub push: Option<bool>,
    /// `linear`, `scatter`, `confusion`, …, or a template of your own.
    pub template: Option<String>,
    /// Field of the horizontal axis.
    pub x: Option<String>,
    /// Field of the vertical axis.
    pub y: Option<String>,
    /// Text beside the horizontal axis.
    pub x_label: Option<String>,
    /// Text beside the vertical axis.
    pub y_label: Option<String>,
    /// Text above the plot.
    pub title: Option<String>,
    /// Whether the first line of a CSV or TSV file names its columns. Default: `true`.
    #[cfg_attr(test, schemars(with = "Option<spec::Templated<bool>>"))]
    pub header: Option<bool>,
}

/// A plot that is put together from files.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct PlotDefinition {
    /// Field of the horizontal axis, or `FILE: FIELD` for each file.
    pub x: Option<super::shapes::PerFile>,
    /// Field or fields of the vertical axis, or `FILE: FIELD` for each file.
    pub y: Option<super::shapes::PerFile>,
    /// Text beside the horizontal axis.
    pub x_label: Option<String>,
    /// Text beside the vertical axis.
    pub y_label: Option<String>,
    /// Text above the plot.
    pub title: Option<String>,
    /// `linear`, `scatter`, `confusion`, …, or a template of your own.
    pub template: Option<String>,
}

/// A named file or directory.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(JsonSchema))]
pub(super) struct Artifact {
    /// Where it is.
    pub path: String,
    /// What it is.
    pub desc: Option<String>,
    /// What kind of thing it is.
    pub r#type: Option<String>,
    /// Words to find it by.
    pub labels: Option<Vec<String>>,
    /// Anything; kept, not looked at.
    #[cfg_attr(test, schemars(with = "Option<serde_json::Value>"))]
    pub meta: Option<Value>,
}

impl From<PlotFlags> for (OutFlags, crate::pipeline::stage::PlotProps) {
    fn from(flags: PlotFlags) -> Self {
        let PlotFlags {
            desc,
            r#type,
            labels,
            meta,
            cache,
            persist,
            checkpoint,
            remote,
            push,
            template,
            x,
            y,
            x_label,
            y_label,
            title,
            header,
        } = flags;
        let out = OutFlags { desc, r#type, labels, meta, cache, persist, checkpoint, remote, push };
        let props =
            crate::pipeline::stage::PlotProps { template, x, y, x_label, y_label, title, header };
        (out, props)
    }
}
