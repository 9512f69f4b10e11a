//! Projects from the built-in templates work: their pipelines, tests, checks and documentation.
//!
//! What needs Python packages runs where `GITML_PYENV` names a virtual environment that has those of
//! [`PROGRAMS`], with scikit-learn, pyyaml and what packages are built with (poetry-core, setuptools,
//! uv-build, wheel); `.ci/run` makes one.

use std::collections::BTreeSet;
use std::path::Path;

use gitml::fs::RepoPath;
use gitml::scaffold::builtin;

use crate::common::TestEnv;
use crate::common::builtin::{Answers, repository};
use crate::common::machine::python_tools;

/// What dsproject's own tools are, whatever was chosen.
const PROGRAMS: [&str; 8] =
    ["black", "flake8", "interrogate", "isort", "mkdocs", "pre-commit", "pytest", "ruff"];

#[test]
fn minimal_runs() {
    let env = repository("minimal", &[]);
    commits_are_checked(&env);
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
    commits_are_checked(&env);
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
    env.commit_checked("what the run made");
    assert_eq!(env.git_status(), "");
    assert_eq!(env.repro(&[]).matches("unchanged").count(), 5);
    env.sh(&alone("git mlrun log")).success();
}

#[test]
fn dsproject_works() {
    let Some(python) = python_tools("dsproject_works", &PROGRAMS) else { return };
    let env = prepared(&python, &[]);
    checks_pass(&env);
    commits_are_checked_with_the_tools(&env);
    env.sh("mkdocs build --strict --quiet").success();
    let notebook = env.read_text("notebooks/explore.ipynb");
    env.write("notebooks/explore.ipynb", notebook.replacen("count\": null", "count\": 1", 1));
    let refused = env.sh("pre-commit run notebooks --all-files").code(1).stdout_text();
    assert!(refused.contains("notebooks/explore.ipynb: cells with outputs: 1"), "{refused}");
    env.sh("python scripts/check_notebooks.py").code(1);
    env.write("notebooks/explore.ipynb", notebook);
    env.sh("python scripts/check_notebooks.py").success();
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
    let Some(python) = python_tools("dsproject_works_with_the_other_choices", &PROGRAMS) else {
        return;
    };
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
        let env = prepared(&python, answers);
        checks_pass(&env);
        commits_are_checked_with_the_tools(&env);
    }
}

/// A package with such a name could not be imported, or would hide what others import.
#[test]
fn names_that_are_taken_are_reserved() {
    const NAMES: &str = r#"import importlib.metadata as m, keyword, sys
for name in [*sys.stdlib_module_names, *keyword.kwlist, *m.packages_distributions()]: print(name)
for it in m.distributions(): print(it.name.lower().replace("-", "_"))"#;
    let Some(python) = python_tools("names_that_are_taken_are_reserved", &PROGRAMS) else { return };
    let questions = builtin::files("dsproject").unwrap().unwrap();
    let questions = questions.file(&RepoPath::new("cookiecutter.json").unwrap()).unwrap().to_vec();
    let questions: serde_json::Value = serde_json::from_slice(&questions).unwrap();
    let lines = questions["_reserved"].as_array().unwrap().iter();
    let reserved: BTreeSet<&str> =
        lines.flat_map(|line| line.as_str().unwrap().split_whitespace()).collect();
    let list = format!("{} -c '{NAMES}'", python.join("python").display());
    let taken = TestEnv::bare().sh(&list).success().stdout_text();
    assert!(taken.lines().any(|name| name == "statistics"), "{taken}");
    // No package is called by other names than these: capitals and underscores at the ends go.
    let is_possible = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.ends_with("__mypyc")
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let free: BTreeSet<&str> =
        taken.lines().filter(is_possible).filter(|name| !reserved.contains(name)).collect();
    assert!(free.is_empty(), "taken and not reserved: {free:?}");
}

/// The hooks are there, run all checks, and let through what is well.
#[track_caller]
fn commits_are_checked(env: &TestEnv) {
    env.git(["config", "mldata.hook.verbose", "true"]).success();
    env.write("notes.md", "What was tried\n<<<<<<< one\n=======\n>>>>>>> other\n");
    env.git(["add", "notes.md"]).success();
    let refused = env.git(["commit", "-m", "notes"]).code(1).stderr_text();
    assert!(refused.contains("notes.md:2: conflict-marker "), "{refused}");
    env.write("notes.md", "What was tried\n");
    env.git(["add", "notes.md"]).success();
    let checked = env.git(["commit", "-m", "notes"]).success().stderr_text();
    assert!(checked.contains("Checked 1 file: notebooks, format, lint, data."), "{checked}");
    env.git(["config", "--unset", "mldata.hook.verbose"]).success();
}

/// A commit is checked with the project's own tools by our hook, and by that of pre-commit once this is
/// installed as well: what one of them wants, the other lets through.
#[track_caller]
fn commits_are_checked_with_the_tools(env: &TestEnv) {
    commits_are_checked(env);
    env.write("scripts/extra.py", "\"\"\"Say hello.\"\"\"\nprint( 'hello' )\n");
    env.git(["add", "scripts/extra.py"]).success();
    let refused = env.git(["commit", "-m", "extra"]).code(1).stderr_text();
    assert!(refused.contains("scripts/extra.py:2: format would be reformatted by "), "{refused}");
    env.mlhook("format", ["--fix"]).success();
    env.git(["commit", "-m", "extra"]).success();
    env.sh("pre-commit install").success();
    env.write("scripts/extra.py", env.read_text("scripts/extra.py") + "print(\"again\")\n");
    env.git(["add", "scripts/extra.py"]).success();
    let both = env.git(["commit", "-m", "again"]).success().stderr_text();
    assert!(both.contains("Passed") && !both.contains("Failed"), "{both}");
    assert_eq!(env.git_status(), "");
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
    env.commit_checked("results");
    let again = env.repro(&[]);
    assert!(!again.contains("ran"), "{again}");
    assert_eq!(env.git_status(), "");
    env.mldata(["status", "--exit-code"]).success();
}

fn accuracy(env: &TestEnv) -> f64 {
    let metrics: serde_json::Value = serde_json::from_slice(&env.read("metrics.json")).unwrap();
    metrics["accuracy"].as_f64().unwrap()
}

/// dsproject in a virtual environment of its own, installed there as its README says; what it needs is
/// taken from the environment that was prepared.
fn prepared(python: &Path, answers: &Answers<'_>) -> TestEnv {
    let mut env = repository("dsproject", answers);
    let path = env.sh("printf %s \"$PATH\"").success().stdout_text();
    let own = env.dir().join(".venv/bin");
    env.set("PATH", format!("{}:{}:{path}", own.display(), python.display()));
    let prepared = python.join("python");
    env.sh(&format!(
        "{prepared} -m venv --without-pip .venv &&
        {prepared} -c 'import site; print(f\"import site; site.addsitedir({{site.getsitepackages()[0]!r}})\")' \
            > \"$(python -c 'import site; print(site.getsitepackages()[0])')/prepared.pth\" &&
        python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .",
        prepared = prepared.display()
    ))
    .success();
    assert_eq!(env.git_status(), "");
    env
}
