//! Pipeline files mean what they mean to DVC.
//!
//! Each directory below `tests/pipelines` is a project; `expected.json` in it is what DVC made of it,
//! by `resolve.py`. Those in `refused` must be refused; comment lines `#params ` are their
//! `params.yaml`. Where DVC is on PATH, or `DVC_PYTHON` names a Python that has it, it is asked again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gitml::data::Project;
use gitml::format::Value;
use gitml::fs::RepoPath;
use gitml::pipeline::source::Worktree;
use gitml::pipeline::stage::{Cmd, Dep, Out, OutKind, ParamsFrom, Place, Stage};
use gitml::pipeline::{self, Loaded};
use serde_json::{Value as Json, json};

use crate::common::TestEnv;

#[test]
fn stages_are_those_of_dvc() {
    let cases = cases();
    assert!(cases.len() >= 7, "{cases:?}");
    for case in &cases {
        let env = TestEnv::new();
        env.sh(&format!("cp -R '{}/.' .", case.display())).success();
        let loaded = load(&env).unwrap_or_else(|error| panic!("{}: {error}", case.display()));
        let expected = std::fs::read(case.join("expected.json")).unwrap();
        let expected: Json = serde_json::from_slice(&expected).unwrap();
        assert_same(&describe(&loaded), &expected, &case.display().to_string());
    }
}

#[test]
fn what_dvc_refuses_is_refused() {
    for (name, params, pipeline) in refused() {
        let env = TestEnv::new();
        env.write("params.yaml", params);
        env.write("dvc.yaml", &pipeline);
        let error = load(&env).expect_err(&name).to_string();
        let place = error.starts_with("dvc.yaml:") || error.starts_with("params.yaml:");
        assert!(place, "{name}: {error}");
    }
}

#[test]
fn dvc_still_says_the_same() {
    let Some(python) = dvc_python() else {
        crate::common::skip("dvc_still_says_the_same", "no DVC on PATH, and DVC_PYTHON is not set");
        return;
    };
    let env = TestEnv::bare();
    let mut cases = cases();
    for (name, params, pipeline) in refused() {
        env.write(format!("{name}/params.yaml"), params);
        env.write(format!("{name}/dvc.yaml"), pipeline);
        cases.push(env.root().join(name));
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines/resolve.py");
    let arguments = std::iter::once(script).chain(cases.iter().cloned());
    let output = env.run_with_input(python.to_str().unwrap(), arguments, b"").success();
    let found: BTreeMap<String, Json> = serde_json::from_str(&output.stdout_text()).unwrap();
    assert_eq!(found.len(), cases.len());
    for case in &cases {
        let name = case.file_name().unwrap().to_str().unwrap();
        let expected = match std::fs::read(case.join("expected.json")) {
            Ok(expected) => serde_json::from_slice(&expected).unwrap(),
            Err(_) => Json::Null,
        };
        assert_same(&found[name], &expected, name);
    }
}

/// The projects.
fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines");
    let entries = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut cases: Vec<_> = entries.filter(|path| path.join("expected.json").exists()).collect();
    cases.sort();
    cases
}

/// Name, `params.yaml` and pipeline of what must be refused.
fn refused() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pipelines/refused");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let pipeline = std::fs::read_to_string(&path).unwrap();
        let params = pipeline.lines().filter_map(|line| line.strip_prefix("#params "));
        let params = params.flat_map(|line| [line, "\n"]).collect();
        found.push((path.file_stem().unwrap().to_str().unwrap().to_owned(), params, pipeline));
    }
    assert!(found.len() > 20);
    found.sort();
    found
}

#[expect(clippy::disallowed_methods, reason = "the user says where DVC is")]
fn dvc_python() -> Option<PathBuf> {
    if let Some(python) = std::env::var_os("DVC_PYTHON") {
        return Some(python.into());
    }
    let path = std::env::var_os("PATH")?;
    let mut folders = std::env::split_paths(&path).filter(|folder| folder.join("dvc").exists());
    // DVC's launcher names its interpreter, but not every platform has it as a script.
    folders.find_map(|folder| {
        let beside = folder.join("dvc").canonicalize().ok()?.with_file_name("python");
        beside.exists().then_some(beside)
    })
}

fn load(env: &TestEnv) -> pipeline::Result<Loaded> {
    let project = Project::open(&env.root().join("repo")).unwrap();
    pipeline::load(&Worktree(&project), &RepoPath::new("dvc.yaml").unwrap())
}

fn assert_same(found: &Json, expected: &Json, name: &str) {
    let (found, expected) =
        [found, expected].map(|value| serde_json::to_string_pretty(value).unwrap()).into();
    for (found, expected) in std::iter::zip(found.lines(), expected.lines()) {
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{name}");
}

/// In the words of `resolve.py`.
fn describe(loaded: &Loaded) -> Json {
    let paths = |paths: &[RepoPath]| paths.iter().map(ToString::to_string).collect::<Vec<_>>();
    let artifacts = loaded.artifacts.iter();
    let artifacts = artifacts.map(|(name, found)| (name.clone(), json!(found.path.to_string())));
    json!({
        "stages": loaded.stages.iter().map(stage).collect::<Vec<_>>(),
        "params": paths(&loaded.params),
        "metrics": paths(&loaded.metrics),
        "artifacts": artifacts.collect::<serde_json::Map<_, _>>(),
    })
}

fn stage(stage: &Stage) -> Json {
    json!({
        "name": stage.address.name,
        "cmd": match &stage.cmd {
            Cmd::Text(text) => json!(text),
            Cmd::List(commands) => json!(commands),
        },
        "wdir": path(&stage.wdir),
        "deps": stage.deps.iter().map(dep).collect::<Vec<_>>(),
        "params": params(&stage.params, false),
        "outs": stage.outs.iter().map(out).collect::<Vec<_>>(),
        "frozen": stage.frozen,
        "always_changed": stage.always_changed,
        "desc": stage.desc,
        "meta": stage.meta.as_ref().map(value),
        "used": params(&stage.used, true),
    })
}

fn path(path: &RepoPath) -> String {
    if path.is_root() { ".".to_owned() } else { path.to_string() }
}

fn dep(dep: &Dep) -> String {
    match dep {
        Dep::Path(Place::Inside(inside)) => path(inside),
        Dep::Path(outside) => outside.to_string(),
        Dep::Glob(glob) => panic!("DVC has no globs: {glob}"),
    }
}

fn params(params: &[ParamsFrom], sorted: bool) -> Json {
    let mut found = serde_json::Map::new();
    for ParamsFrom { file, keys } in params {
        let mut keys = keys.clone();
        if sorted {
            keys.sort();
        }
        found.insert(file.to_string(), json!(keys));
    }
    found.into()
}

fn out(out: &Out) -> Json {
    json!({
        "path": path(&out.path),
        "kind": match out.kind {
            OutKind::Out => "out",
            OutKind::Metric => "metric",
            OutKind::Plot => "plot",
        },
        "cache": out.cache,
        "persist": out.persist,
        "push": out.push,
        "remote": out.remote,
        "desc": out.about.desc,
        "type": out.about.kind,
        "labels": out.about.labels,
    })
}

fn value(found: &Value) -> Json {
    match found {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(value) => json!(i64::try_from(*value).unwrap()),
        Value::Float(value) => json!(value),
        Value::String(text) => json!(text),
        Value::List(items) => items.iter().map(value).collect(),
        Value::Map(entries) => {
            entries.iter().map(|(key, found)| (key.clone(), value(found))).collect()
        }
    }
}
