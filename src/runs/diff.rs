//! What differs between two runs, beside their code, which Git compares.
//!
//! Things are matched by name: values by file and key, data by path, stages, curves, tools and packages
//! by what they are called. Of pipelines, values and data are those of all stages together, so that a
//! run of one stage can be held against a whole one.

use std::collections::BTreeMap;

use super::detail::Detail;
use super::series::Curve;
use crate::format::run::{Data, Environment, How, Run, Status};
use crate::format::value::Map;
use crate::format::{ObjectId, Value};

/// One thing on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Change<K, T> {
    pub key: K,
    /// `None` where it is not there.
    pub old: Option<T>,
    pub new: Option<T>,
}

impl<K, T: PartialEq> Change<K, T> {
    pub fn differs(&self) -> bool {
        self.old != self.new
    }
}

/// A file and a key in it.
pub type Key = (String, String);

/// A stage in two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct StageEnd {
    pub how: How,
    /// Of its own run, if it had one in this pipeline.
    pub status: Option<Status>,
    /// Seconds.
    pub duration: Option<f64>,
    pub command: Vec<String>,
}

/// What kind of thing belongs to the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    Platform,
    Tool,
    Package,
    LockFile,
}

/// Two runs side by side: everything, whether it differs or not.
#[derive(Debug)]
pub struct RunDiff<'a> {
    pub old: &'a Detail,
    pub new: &'a Detail,
    pub params: Vec<Change<Key, Value>>,
    pub metrics: Vec<Change<Key, Value>>,
    /// By stage (none of a run's own) and name.
    pub curves: Vec<Change<(Option<&'a str>, &'a str), &'a Curve>>,
    pub deps: Vec<Change<&'a str, &'a Data>>,
    pub outs: Vec<Change<&'a str, &'a Data>>,
    pub environment: Vec<Change<(Ground, String), String>>,
    pub stages: Vec<Change<&'a str, StageEnd>>,
}

/// Compares two runs.
pub fn diff<'a>(old: &'a Detail, new: &'a Detail) -> RunDiff<'a> {
    RunDiff {
        old,
        new,
        params: pairs(values(old.params()), values(new.params())),
        metrics: pairs(values(old.metrics()), values(new.metrics())),
        curves: pairs(curves(old), curves(new)),
        deps: pairs(old.deps(), new.deps()),
        outs: pairs(old.outs(), new.outs()),
        environment: pairs(grounds(old.environment.as_ref()), grounds(new.environment.as_ref())),
        stages: pairs(stages(old), stages(new)),
    }
}

impl RunDiff<'_> {
    /// Whether anything but when and how long they ran is not the same in both.
    pub fn differs(&self) -> bool {
        let same_run = |a: &Run, b: &Run| {
            (a.status, &a.command, &a.directory) == (b.status, &b.command, &b.directory)
        };
        let stage = |change: &Change<&str, StageEnd>| {
            let told = |end: &Option<StageEnd>| {
                end.as_ref().map(|end| (end.how, end.status, end.command.clone()))
            };
            told(&change.old) != told(&change.new)
        };
        !same_run(&self.old.run, &self.new.run)
            || self.params.iter().any(Change::differs)
            || self.metrics.iter().any(Change::differs)
            || self.curves.iter().any(curve_differs)
            || self.deps.iter().any(data_differs)
            || self.outs.iter().any(data_differs)
            || self.environment.iter().any(Change::differs)
            || self.stages.iter().any(stage)
    }
}

/// Whether the values of a curve are others, or at other steps. When they came does not count.
pub fn curve_differs<K>(change: &Change<K, &Curve>) -> bool {
    let (Some(old), Some(new)) = (change.old, change.new) else { return true };
    let points = |curve: &Curve| -> Vec<(i64, u64)> {
        curve.points.iter().map(|point| (point.step, point.value.to_bits())).collect()
    };
    points(old) != points(new)
}

/// Whether other bytes are there, as far as that is known.
pub fn data_differs<K>(change: &Change<K, &Data>) -> bool {
    let content = |data: &Data| -> (Option<ObjectId>, Option<ObjectId>, u64) {
        (data.oid, data.tree, data.size)
    };
    change.old.map(content) != change.new.map(content)
}

/// Everything of both, ascending by key.
fn pairs<K: Ord, T>(old: BTreeMap<K, T>, new: BTreeMap<K, T>) -> Vec<Change<K, T>> {
    let mut all: BTreeMap<K, (Option<T>, Option<T>)> =
        old.into_iter().map(|(key, value)| (key, (Some(value), None))).collect();
    for (key, value) in new {
        all.entry(key).or_default().1 = Some(value);
    }
    all.into_iter().map(|(key, (old, new))| Change { key, old, new }).collect()
}

fn values(files: BTreeMap<String, Map>) -> BTreeMap<Key, Value> {
    let mut found = BTreeMap::new();
    for (file, values) in files {
        for (key, value) in values {
            value.leaves(key, &mut |key, value| {
                found.insert((file.clone(), key), value.clone());
            });
        }
    }
    found
}

fn curves(detail: &Detail) -> BTreeMap<(Option<&str>, &str), &Curve> {
    detail.curves().map(|(stage, curve)| ((stage, &curve.name[..]), curve)).collect()
}

fn grounds(environment: Option<&Environment>) -> BTreeMap<(Ground, String), String> {
    let mut found = BTreeMap::new();
    let Some(environment) = environment else { return found };
    let mut add = |ground, name: &str, value: String| {
        found.insert((ground, name.to_owned()), value);
    };
    let Environment { os, arch, kernel, distribution, cpus, memory, .. } = environment;
    add(Ground::Platform, "os", os.clone());
    add(Ground::Platform, "arch", arch.clone());
    for (name, value) in [("kernel", kernel), ("distribution", distribution)] {
        value.iter().for_each(|value| add(Ground::Platform, name, value.clone()));
    }
    for (name, value) in [("processors", cpus), ("memory", memory)] {
        value.iter().for_each(|value| add(Ground::Platform, name, value.to_string()));
    }
    for (name, version) in &environment.tools {
        add(Ground::Tool, name, version.clone());
    }
    for package in environment.packages.iter().flat_map(|packages| &packages.list) {
        add(Ground::Package, &package.name, package.version.clone());
    }
    for file in &environment.lock_files {
        add(Ground::LockFile, &file.path, file.oid.to_hex());
    }
    found
}

fn stages(detail: &Detail) -> BTreeMap<&str, StageEnd> {
    let stage = |stage: &super::detail::Stage| {
        let own = stage.run.as_ref();
        let ran = own.filter(|run| run.parent == Some(detail.run.id));
        StageEnd {
            how: stage.about.how,
            status: ran.map(|run| run.status),
            duration: ran.map(|run| run.duration),
            command: own.map(|run| run.command.clone()).unwrap_or_default(),
        }
    };
    detail.stages.iter().map(|one| (&one.about.stage[..], stage(one))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::run::{Annotations, Kind, Package, Packages, Point, RunId};

    fn detail(byte: u8) -> Detail {
        let started = "2026-01-01T00:00:00Z".parse().expect("a time");
        let id = RunId::from_bytes([byte; 16]);
        let run = Run::new(id, format!("run-{byte}"), Kind::Exec, i64::from(byte), started);
        let annotations = Annotations::default();
        let (stages, curves, faults) = (Vec::new(), Vec::new(), Vec::new());
        Detail { run, annotations, environment: None, stages, curves, faults }
    }

    fn params(detail: &mut Detail, pairs: &[(&str, i128)]) {
        let values = pairs.iter().map(|(key, value)| ((*key).to_owned(), Value::Int(*value)));
        detail.run.params.insert("params.yaml".to_owned(), values.collect());
    }

    #[test]
    fn equal_runs_do_not_differ_whenever_they_ran() {
        let (old, mut new) = (detail(1), detail(2));
        new.run.duration = 99.0;
        assert!(!diff(&old, &new).differs());
        new.run.status = Status::Failed;
        assert!(diff(&old, &new).differs());
    }

    #[test]
    fn values_are_matched_by_file_and_key() {
        let (mut old, mut new) = (detail(1), detail(2));
        params(&mut old, &[("a", 1), ("b", 2)]);
        params(&mut new, &[("c", 3), ("b", 2)]);
        let found = diff(&old, &new);
        let shown: Vec<(&str, bool, bool)> = found
            .params
            .iter()
            .map(|change| (&change.key.1[..], change.old.is_some(), change.new.is_some()))
            .collect();
        assert_eq!(shown, [("a", true, false), ("b", true, true), ("c", false, true)]);
        assert_eq!(found.params.iter().filter(|change| change.differs()).count(), 2);
    }

    #[test]
    fn curves_differ_by_their_values_and_not_by_their_times() {
        let curve = |value, time| Curve {
            name: "loss".to_owned(),
            points: vec![Point { step: 0, time, value }],
            complete: true,
        };
        let (mut old, mut new) = (detail(1), detail(2));
        old.curves.push(curve(f64::NAN, Some(1.0)));
        new.curves.push(curve(f64::NAN, None));
        assert!(!diff(&old, &new).differs());
        new.curves[0] = curve(0.5, None);
        assert!(curve_differs(&diff(&old, &new).curves[0]));
    }

    #[test]
    fn packages_are_told_that_came_went_or_changed() {
        let packages = |list: &[(&str, &str)]| {
            let package = |(name, version): &(&str, &str)| Package {
                name: (*name).to_owned(),
                version: (*version).to_owned(),
            };
            let list = list.iter().map(package).collect();
            Environment {
                packages: Some(Packages { from: "venv".to_owned(), list }),
                ..Environment::default()
            }
        };
        let (mut old, mut new) = (detail(1), detail(2));
        old.environment = Some(packages(&[("numpy", "1"), ("six", "1")]));
        new.environment = Some(packages(&[("numpy", "2"), ("torch", "1")]));
        let found = diff(&old, &new);
        let changed: Vec<&str> = found
            .environment
            .iter()
            .filter(|change| change.differs())
            .map(|change| &change.key.1[..])
            .collect();
        assert_eq!(changed, ["numpy", "six", "torch"]);
    }
}
