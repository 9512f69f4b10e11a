//! What cookiecutter writes is what we write, byte by byte.
//!
//! `tests/templates` holds one small template per feature and what cookiecutter made of it; its README
//! describes the form. The first test compares our renders with that record, the second one the record
//! with the real program, so that nobody's memory of cookiecutter is what we are measured against.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use gitml::format::Value;
use gitml::format::value::Map;
use gitml::fs::RepoPath;
use gitml::scaffold::questions::{Defaults, Given};
use gitml::scaffold::render::Place;
use gitml::scaffold::{Limits, Moment, generate, source};
use serde_json::{Value as Json, json};

use crate::common::cases::{Case, Node, Outcome};

#[test]
fn cases_render_as_recorded() {
    let root = tempfile::tempdir().unwrap();
    let mut wrong = Vec::new();
    for case in cases() {
        let directory = root.path().join(&case.name);
        case.write(&directory);
        let expected = Outcome::parse(&std::fs::read_to_string(record(&case.name)).unwrap());
        match (ours(&case, &directory), &case.refused) {
            (Err(why), Some(expected)) if why.contains(expected) => {}
            (Ok(_), Some(expected)) => {
                wrong.push(format!("{}: not refused: {expected}", case.name))
            }
            (Err(_), None) if expected == Outcome::Error => {}
            (Err(why), _) => wrong.push(format!("{}: {why}", case.name)),
            (Ok(found), None) if found == expected => {}
            (Ok(found), None) => wrong.push(format!(
                "{}: expected\n{}found\n{}",
                case.name,
                expected.to_text(),
                found.to_text()
            )),
        }
    }
    assert!(wrong.is_empty(), "{} cases differ\n\n{}", wrong.len(), wrong.join("\n"));
}

/// With `UPDATE_PARITY=1` the record is written instead.
#[test]
#[expect(clippy::disallowed_methods, reason = "the one who runs the tests says so")]
fn the_record_is_what_cookiecutter_writes() {
    const TEST: &str = "the_record_is_what_cookiecutter_writes";
    let Some(python) = python_of_cookiecutter() else {
        crate::common::skip(TEST, "no cookiecutter on PATH, and COOKIECUTTER does not name one");
        return;
    };
    let update = std::env::var_os("UPDATE_PARITY").is_some();
    let root = tempfile::tempdir().unwrap();
    let cases = cases();
    let report = reference(&python, &cases, root.path());
    let version = report["version"].as_str().unwrap();
    if !version.starts_with("2.7.") {
        crate::common::skip(TEST, &format!("cookiecutter is {version}, not 2.7"));
        return;
    }
    let mut wrong = Vec::new();
    for case in &cases {
        let result = &report["cases"][&case.name];
        if let Some(why) = result["skipped"].as_str() {
            crate::common::skip(&format!("{TEST}, {}", case.name), why);
            continue;
        }
        let found = theirs(result).to_text();
        let record = record(&case.name);
        let recorded = std::fs::read_to_string(&record).unwrap_or_default();
        if update {
            std::fs::write(&record, &found).unwrap();
        } else if recorded != found {
            let error = result["error"].as_str().unwrap_or_default();
            wrong.push(format!("{}: {error}\nrecorded\n{recorded}found\n{found}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} records differ\n\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_record_has_its_case() {
    let names = |folder: &str| {
        let files = std::fs::read_dir(folder_of_set().join(folder)).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("cases"), names("expected"));
}

fn folder_of_set() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/templates")
}

fn record(name: &str) -> PathBuf {
    folder_of_set().join("expected").join(format!("{name}.txt"))
}

/// All cases, by name.
fn cases() -> Vec<Case> {
    let files = std::fs::read_dir(folder_of_set().join("cases")).unwrap();
    let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    let parse = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap();
        Case::parse(name, &std::fs::read_to_string(&path).unwrap())
    };
    paths.into_iter().map(parse).collect()
}

/// What we make of the template in `directory`, or what we say.
fn ours(case: &Case, directory: &Path) -> Result<Outcome, String> {
    let limits = Limits::default();
    let moment = Moment { time: "2024-02-29T12:34:56Z".parse().unwrap(), seed: 1 };
    let request =
        source::Request { source: directory.display().to_string(), ..source::Request::default() };
    let place = Place {
        template: "/parity/template".into(),
        repo_dir: "/parity/template".into(),
        output_dir: "/parity/out".into(),
        checkout: None,
    };
    let given =
        Given { overrides: map(&case.given), defaults: map(&case.defaults), ..Given::default() };
    let fetched = source::fetch(&request, Path::new("/"), &limits).map_err(|e| e.to_string())?;
    let generated = generate(fetched, &given, place, &mut Defaults, moment, &limits)
        .map_err(|error| error.to_string())?;
    let text = |path: &RepoPath| String::from_utf8(path.as_bytes().to_vec()).unwrap();
    let node = |node: &gitml::scaffold::Node| match node {
        gitml::scaffold::Node::Directory => Node::Directory,
        gitml::scaffold::Node::File { bytes, executable } => {
            Node::File { bytes: bytes.to_vec(), executable: *executable }
        }
        gitml::scaffold::Node::Link(to) => Node::Link(String::from_utf8_lossy(to).into_owned()),
    };
    let files = generated.rendered.files.iter();
    let nodes: BTreeMap<String, Node> = files.map(|(path, it)| (text(path), node(it))).collect();
    Ok(Outcome::project(generated.rendered.name, nodes))
}

fn map(json: &Json) -> Map {
    match gitml::format::json::parse(&json.to_string()).unwrap() {
        Value::Map(map) => map,
        other => panic!("answers are {}", other.kind()),
    }
}

/// Renders `cases` with the real program.
#[expect(clippy::disallowed_methods, reason = "one process for all, and not Git")]
fn reference(python: &Path, cases: &[Case], root: &Path) -> Json {
    let described: Vec<Json> = cases
        .iter()
        .map(|case| {
            let template = root.join(&case.name);
            case.write(&template);
            json!({
                "name": case.name,
                "template": template.to_str().unwrap(),
                "given": case.given,
                "defaults": case.defaults,
                "flavour": if case.is_ccds() { "ccds" } else { "cookiecutter" },
            })
        })
        .collect();
    let mut process = Command::new(python)
        .arg(folder_of_set().join("reference.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    process.stdin.take().unwrap().write_all(Json::from(described).to_string().as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "the reference failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn theirs(result: &Json) -> Outcome {
    if !result["error"].is_null() {
        return Outcome::Error;
    }
    let bytes = |hex: &str| -> Vec<u8> {
        let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    };
    let node = |node: &Json| match node["kind"].as_str().unwrap() {
        "directory" => Node::Directory,
        kind => Node::File {
            bytes: bytes(node["hex"].as_str().unwrap()),
            executable: kind == "executable",
        },
    };
    let nodes = result["nodes"].as_object().unwrap();
    let nodes = nodes.iter().map(|(path, it)| (path.clone(), node(it))).collect();
    Outcome::project(result["project"].as_str().unwrap().to_owned(), nodes)
}

/// The interpreter that runs cookiecutter: the one beside it, or the one its first line names.
#[expect(clippy::disallowed_methods, reason = "the machine's cookiecutter is looked for")]
fn python_of_cookiecutter() -> Option<PathBuf> {
    let named = std::env::var_os("COOKIECUTTER").map(PathBuf::from);
    let program = named.or_else(|| {
        let folders = std::env::var_os("PATH")?;
        let mut found = std::env::split_paths(&folders).map(|folder| folder.join("cookiecutter"));
        found.find(|program| program.is_file())
    })?;
    let first = std::fs::read_to_string(&program).unwrap();
    let first = first.lines().next().unwrap_or_default();
    let named = first.strip_prefix("#!").map(|path| PathBuf::from(path.trim()));
    let beside = program.with_file_name("python3");
    named.filter(|python| python.is_file()).or_else(|| beside.is_file().then_some(beside))
}
