//! An existing DVC project runs unchanged: real DVC and `git mlrun`, side by side on two copies.
//!
//! `tests/pipelines/dvc-example` has what DVC's documentation describes: parameters from YAML, JSON and
//! TOML, templating, `foreach`, `matrix`, metrics, plots, commands as text, as lines and as a list, a
//! `wdir`, deps that are directories. Both tools run it, and after each of a list of changes run it
//! again: the same stages, in the same order, with the same decisions and the same bytes. Where ours
//! differs, it does so on purpose, and [`what_differs_differs_on_purpose`] says why.
//!
//! DVC is `$DVC`, or `dvc` on PATH; without it, those tests say that they are skipped.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::common::TestEnv;

/// What a tool did about a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Ran,
    /// Its outs came from the cache.
    Restored,
    Skipped,
}

use Decision::{Ran, Restored, Skipped};

type Decisions = Vec<(String, Decision)>;

/// Changes, each on top of those before, and the stages that do something afterwards. All others are
/// skipped.
const CHANGES: [(&str, &str, &[(&str, Decision)]); 14] = [
    ("nothing", "", &[]),
    ("times only", "touch data/iris.csv src/train.sh notes/units.txt params.yaml", &[]),
    (
        "a parameter of one stage",
        "sed -i.old 's/digits: 4/digits: 2/' params.yaml && rm params.yaml.old",
        &[("evaluate", Ran)],
    ),
    (
        "the parameter as it was",
        "sed -i.old 's/digits: 2/digits: 4/' params.yaml && rm params.yaml.old",
        &[("evaluate", Restored)],
    ),
    (
        "a number written differently, a comment, and a parameter that nobody uses",
        "sed -i.old 's/0\\.1]/0.10]  # tenths/' params.yaml && rm params.yaml.old &&
         echo 'unused: 1' >> params.yaml",
        &[],
    ),
    ("an out deleted", "rm models/petal_width-0.txt", &[("train@petal_width-0", Restored)]),
    ("a directory deleted", "rm -r prepared", &[("prepare", Restored)]),
    ("a metric that Git keeps deleted", "rm metrics.json", &[("evaluate", Restored)]),
    (
        "white space in a command",
        "sed -i.old 's|prepare.sh data|prepare.sh  data|' dvc.yaml && rm dvc.yaml.old",
        &[("prepare", Ran)],
    ),
    ("a description", "sed -i.old 's/every n-th flower/some/' dvc.yaml && rm dvc.yaml.old", &[]),
    ("a file more in a directory", "echo 'Thanks.' > notes/thanks.txt", &[("report", Ran)]),
    ("a file less in it", "rm notes/thanks.txt", &[("report", Ran)]),
    (
        "a parameter from TOML",
        "echo '[report]' > extra.toml && echo 'year = 1935' >> extra.toml",
        &[("report", Ran)],
    ),
    (
        "the data",
        "echo 5.0,3.4,1.5,0.3,setosa >> data/iris.csv",
        &[
            ("prepare", Ran),
            ("describe@se", Ran),
            ("describe@ve", Ran),
            ("describe@vi", Ran),
            ("train@petal_length-0", Ran),
            ("train@petal_length-0.1", Ran),
            ("train@petal_width-0", Ran),
            ("train@petal_width-0.1", Ran),
            ("evaluate", Ran),
            ("report", Ran),
        ],
    ),
];

#[test]
fn the_example_runs_unchanged() {
    let env = example(&["ours"]).at("ours");
    let first = ours(&env);
    let names: Vec<&str> = first.iter().map(|(name, _)| &name[..]).collect();
    let expected = [
        "prepare",
        "describe@se",
        "describe@ve",
        "describe@vi",
        "train@petal_length-0",
        "train@petal_length-0.1",
        "train@petal_width-0",
        "train@petal_width-0.1",
        "evaluate",
        "report",
    ];
    assert_eq!(names, expected);
    assert!(first.iter().all(|(_, decision)| *decision == Ran), "{first:?}");
    assert_eq!(
        env.read_text("metrics.json"),
        "{\"accuracy\": 0.9667, \"model\": \"petal_width-0.1\"}\n"
    );
    assert!(env.read_text("report/report.txt").starts_with("Nearest centroids\nLengths in"));
    for (what, script, expected) in CHANGES {
        env.sh(script).success();
        assert_eq!(ours(&env), all(&first, expected), "{what}");
    }
    assert!(!env.exists("dvc.lock"), "`dvc.lock` is DVC's");
}

#[test]
fn dvc_decides_the_same() {
    let Some(dvc) = dvc("dvc_decides_the_same") else { return };
    let mut env = pair(&dvc);
    let first = both(&mut env, &dvc, "the first run");
    assert!(first.iter().all(|(_, decision)| *decision == Ran), "{first:?}");
    for (what, script, expected) in CHANGES {
        for side in ["ours", "theirs"] {
            env.cd(side);
            env.sh(script).success();
        }
        assert_eq!(both(&mut env, &dvc, what), all(&first, expected), "{what}");
    }
}

/// DESIGN §8 has the reasons in full.
#[test]
fn what_differs_differs_on_purpose() {
    let Some(dvc) = dvc("what_differs_differs_on_purpose") else { return };
    let mut env = pair(&dvc);
    let first = both(&mut env, &dvc, "the first run");
    let nothing = all(&first, &[]);
    let sh = |env: &mut TestEnv, script: &str| {
        for side in ["ours", "theirs"] {
            env.cd(side);
            env.sh(script).success();
        }
    };
    let theirs = |env: &mut TestEnv| {
        env.cd("theirs");
        theirs(env, &dvc)
    };

    // What Python leaves beside code is no input: else the first run of any Python project would
    // change its own deps.
    sh(&mut env, "mkdir src/__pycache__ && echo 1 > src/__pycache__/x.pyc");
    assert_eq!(theirs(&mut env), all(&first, &[("evaluate", Ran)]));
    env.cd("ours");
    assert_eq!(ours(&env), nothing);

    // An executable bit is part of a directory: the command may run what is in it.
    sh(&mut env, "rm -r src/__pycache__ && chmod +x src/evaluate.sh");
    assert_eq!(theirs(&mut env), all(&first, &[("evaluate", Restored)]));
    env.cd("ours");
    assert_eq!(ours(&env), all(&first, &[("evaluate", Ran)]));

    // An edit that is nowhere else is refused to be overwritten.
    sh(&mut env, "echo edited > models/petal_width-0.txt");
    assert_eq!(theirs(&mut env), all(&first, &[("train@petal_width-0", Restored)]));
    assert_ne!(env.read_text("models/petal_width-0.txt"), "edited\n");
    env.cd("ours");
    let refused = env.mlrun(["repro"]).code(3);
    assert!(
        refused.stderr_text().contains("models/petal_width-0.txt"),
        "{}",
        refused.stderr_text()
    );
    assert_eq!(env.read_text("models/petal_width-0.txt"), "edited\n");
    env.mlrun(["repro", "--force", "train@petal_width-0"]).success();

    // Outs that are there and that the lock knows are taken as they are when the cache is gone.
    env.cd("ours");
    env.sh("rm -rf .git/mldata/objects .git/mldata/packs").success();
    assert_eq!(ours(&env), nothing);
    env.cd("theirs");
    env.sh("rm -rf .dvc/cache").success();
    let again = theirs(&mut env);
    let ran = again.iter().filter(|(_, decision)| *decision == Ran).count();
    assert!(ran >= 8, "{again:?}");

    // A command that changes what it depends on fails: nobody could tell what its outs were made of.
    sh(&mut env, "sed -i.old 's|  - echo \"|  - date >> ../notes/units.txt; echo \"|' dvc.yaml");
    assert_eq!(theirs(&mut env), all(&first, &[("report", Ran)]));
    env.cd("ours");
    let refused = env.mlrun(["repro"]).code(3);
    assert!(refused.stderr_text().contains("notes"), "{}", refused.stderr_text());
}

/// The decisions of `first` with those of `changed`, the others skipped.
fn all(first: &Decisions, changed: &[(&str, Decision)]) -> Decisions {
    for (name, _) in changed {
        assert!(first.iter().any(|(known, _)| known == name), "no stage `{name}`");
    }
    let decision = |name: &str| changed.iter().find(|(changed, _)| *changed == name);
    let decided = |name: &String| (name.clone(), decision(name).map_or(Skipped, |(_, d)| *d));
    first.iter().map(|(name, _)| decided(name)).collect()
}

/// Copies of the example, committed.
fn example(sides: &[&str]) -> TestEnv {
    let mut env = TestEnv::bare();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for side in sides {
        std::fs::create_dir(env.root().join(side)).unwrap();
        env.cd(side);
        let project = tests.join("pipelines/dvc-example");
        let iris = tests.join("data/iris.csv");
        env.sh(&format!(
            "cp -R '{}/.' . && rm expected.json && mkdir data && cp '{}' data",
            project.display(),
            iris.display()
        ))
        .success();
        env.git(["init", "--quiet"]).success();
        env.commit("example");
    }
    env
}

/// A copy for each tool.
fn pair(dvc: &Path) -> TestEnv {
    let mut env = example(&["ours", "theirs"]);
    env.set("DVC_NO_ANALYTICS", "1");
    env.set("DVC_SITE_CACHE_DIR", env.root().join("dvc-site").to_string_lossy());
    env.cd("theirs");
    env.sh(&format!("'{}' init --quiet", dvc.display())).success();
    env.commit("dvc");
    env
}

/// Runs both tools; they have to agree on everything.
fn both(env: &mut TestEnv, dvc: &Path, what: &str) -> Decisions {
    env.cd("theirs");
    let expected = theirs(env, dvc);
    env.cd("ours");
    let found = ours(env);
    assert_eq!(found, expected, "{what}");
    env.cd("");
    env.sh(
        "diff -r -x .git -x .dvc -x .gitignore -x .dvcignore -x dvc.lock -x mlrun.lock ours theirs",
    )
    .success();
    found
}

fn ours(env: &TestEnv) -> Decisions {
    let output = env.mlrun(["repro", "--quiet", "--json"]).success();
    let report = output.json();
    let stages = report["stages"].as_array().unwrap();
    let decision = |outcome: &str| match outcome {
        "ran" => Ran,
        "restored" | "reused" => Restored,
        "unchanged" => Skipped,
        other => panic!("unexpected outcome `{other}`"),
    };
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    stages.iter().map(|one| (text(&one["stage"]), decision(&text(&one["outcome"])))).collect()
}

fn theirs(env: &TestEnv, dvc: &Path) -> Decisions {
    let output = env.sh(&format!("'{}' repro", dvc.display())).success();
    let decide = |line: &str| {
        let (before, rest) = line.split_once('\'')?;
        let (name, after) = rest.split_once('\'')?;
        let decision = match (before, after) {
            ("Running stage ", ":") => Ran,
            ("Stage ", " is cached - skipping run, checking out outputs") => Restored,
            ("Stage ", " didn't change, skipping") => Skipped,
            _ => return None,
        };
        Some((name.to_owned(), decision))
    };
    output.stdout_text().lines().filter_map(decide).collect()
}

#[expect(clippy::disallowed_methods, reason = "the machine's DVC is looked for")]
fn dvc(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("DVC").map(PathBuf::from);
    let found = named.or_else(|| {
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders).map(|folder| folder.join("dvc")).find(|dvc| dvc.is_file())
    });
    if found.is_none() {
        crate::common::skip(test, "no DVC on PATH, and DVC does not name one");
    }
    found
}
