//! Projects from the built-in templates work: their pipelines, tests, checks and documentation.
//!
//! What needs Python packages runs where `GITML_PYENV` names a virtual environment that has those of
//! [`PACKAGES`]; `.ci/run` makes one.

use std::path::{Path, PathBuf};

use crate::common::TestEnv;
use crate::common::builtin::{Answers, repository};

/// What dsproject's own tools are, whatever was chosen, and what it is built with.
const PACKAGES: &str = "black flake8 interrogate isort mkdocs pre-commit pytest pyyaml ruff \
                        scikit-learn setuptools wheel";

#[test]
fn minimal_runs() {
    let env = repository("minimal", &[]);
    assert_eq!(env.repro(&[]), "sample: ran");
    assert_eq!(env.read_text("sample.txt").lines().count(), 3);
    settles(&env);

    env.write("params.yaml", "sample:\n  lines: 1\n");
    assert_eq!(env.repro(&[]), "sample: ran");
    assert_eq!(env.read_text("sample.txt").lines().count(), 1);
}

#[test]
fn quickstart_runs() {
    if which::which("python3").is_err() {
        crate::common::skip("quickstart_runs", "no python3");
        return;
    }
    let env = repository("quickstart", &[]);
    assert_eq!(env.repro(&[]), "load: ran, featurise: ran, split: ran, train: ran, evaluate: ran");
    assert!(accuracy(&env) > 0.9);
    settles(&env);

    // What its README says to try.
    let params = env.read_text("params.json");
    env.write("params.json", params.replace("\"epochs\": 60", "\"epochs\": 600"));
    assert_eq!(
        env.repro(&[]),
        "load: unchanged, featurise: unchanged, split: unchanged, train: ran, evaluate: ran"
    );
    let runs = env.mlrun(["show", "last", "--json"]).success().json();
    let curves = runs.to_string();
    assert!(curves.contains("\"name\":\"loss\""), "{curves}");
    env.mlrun(["plots", "show", "-o", "plots.html"]).success();
    assert!(env.read_text("plots.html").contains("<svg"));
}

/// As somebody would who has just installed the programs: no settings, no identity, no terminal.
#[test]
fn the_first_command_of_the_readme_works() {
    const TEST: &str = "the_first_command_of_the_readme_works";
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let first = readme.lines().find(|line| line.starts_with("cargo install ")).unwrap();
    let (install, second) = first.split_once(" && ").unwrap();
    assert_eq!(install, "cargo install --locked --path .");
    if which::which("python3").is_err() {
        crate::common::skip(TEST, "no python3");
        return;
    }
    let mut env = TestEnv::bare();
    let alone = |command: &str| format!("env -i HOME=/nonexistent PATH=\"$PATH\" {command}");
    let made = env.sh(&alone(second)).success();
    let (metrics, told) = (made.stdout_text(), made.stderr_text());
    let table = metrics.lines().rev().take(2).collect::<Vec<_>>();
    assert!(table[1].starts_with("Path ") && table[1].contains("accuracy"), "{made}");
    // The README shows these numbers.
    assert!(readme.contains(&format!("{}\n{}\n", table[1], table[0])), "{made}");
    assert!(told.contains("Next:\n  cd iris ") && told.contains("git add -A && git commit"));
    env.cd("iris");
    env.commit("what the run made");
    assert_eq!(env.git_status(), "");
    assert_eq!(env.repro(&[]).matches("unchanged").count(), 5);
    env.sh(&alone("git mlrun log")).success();
}

#[test]
fn dsproject_works() {
    let Some(python) = python("dsproject_works") else { return };
    let env = prepared(&python, &[]);
    checks_pass(&env);
    env.sh("mkdocs build --strict --quiet").success();
    env.sh("pip wheel --quiet --no-deps --no-build-isolation --wheel-dir ../wheels .").success();
    assert_eq!(env.git_status(), "");

    assert_eq!(env.repro(&[]), "load: ran, featurise: ran, split: ran, train: ran, evaluate: ran");
    assert!(accuracy(&env) > 0.9);
    env.sh("python scripts/predict.py data/raw/iris.csv | grep -q virginica").success();
    settles(&env);

    // The parameters of a model count if it is chosen, and only then.
    env.write("configs/model/forest.yaml", "name: forest\nparams:\n  n_estimators: 10\n");
    assert!(!env.states(&[]).contains(": changed"));
    let main = env.read_text("configs/config.yaml");
    env.write("configs/config.yaml", main.replace("model: logistic", "model: forest"));
    assert!(env.repro(&[]).contains("split: unchanged, train: ran, evaluate: ran"));
}

#[test]
fn dsproject_works_with_the_other_choices() {
    let Some(python) = python("dsproject_works_with_the_other_choices") else { return };
    let choices: [&Answers<'_>; 2] = [
        &[
            ("lint", "black"),
            ("packaging", "poetry"),
            ("tracking", "mlflow"),
            ("docs", "none"),
            ("ci", "none"),
            ("project_name", "A long name, too long for lines of 88"),
        ],
        &[("lint", "ruff"), ("packaging", "uv"), ("tracking", "wandb"), ("project_name", "import")],
    ];
    for answers in choices {
        checks_pass(&prepared(&python, answers));
    }
}

/// Tests of the project, and its hooks on all of its files.
#[track_caller]
fn checks_pass(env: &TestEnv) {
    env.sh("python -m pytest --quiet -p no:cacheprovider").success();
    env.sh("pre-commit run --all-files").success();
    assert_eq!(env.git_status(), "");
}

/// Once everything is committed nothing is left to do.
#[track_caller]
fn settles(env: &TestEnv) {
    env.commit("results");
    let again = env.repro(&[]);
    assert!(!again.contains("ran"), "{again}");
    assert_eq!(env.git_status(), "");
    env.mldata(["status", "--exit-code"]).success();
}

fn accuracy(env: &TestEnv) -> f64 {
    let metrics: serde_json::Value = serde_json::from_slice(&env.read("metrics.json")).unwrap();
    metrics["accuracy"].as_f64().unwrap()
}

/// The programs of the virtual environment, if there is one.
#[expect(clippy::disallowed_methods, reason = "the one who runs the tests says so")]
fn python(test: &str) -> Option<PathBuf> {
    let Some(directory) = std::env::var_os("GITML_PYENV") else {
        let why = format!("GITML_PYENV names no virtual environment with {PACKAGES}");
        crate::common::skip(test, &why);
        return None;
    };
    let programs = Path::new(&directory).join("bin");
    assert!(programs.join("python").exists(), "GITML_PYENV has no bin/python");
    Some(programs)
}

/// dsproject, with its code where `python` finds it, as if it were installed.
fn prepared(python: &Path, answers: &Answers<'_>) -> TestEnv {
    let mut env = repository("dsproject", answers);
    let path = env.sh("printf %s \"$PATH\"").success().stdout_text();
    env.set("PATH", format!("{}:{path}", python.display()));
    env.set("PYTHONPATH", env.dir().join("src").to_str().unwrap());
    env
}
