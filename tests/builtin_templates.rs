//! What the built-in templates write, for every combination of their choices.
//!
//! Whether it also works is for `builtin_templates_run`.

use std::collections::{BTreeMap, BTreeSet};

use gitml::format::{Value, json, toml, yaml};
use gitml::fs::RepoPath;
use gitml::pipeline;
use gitml::pipeline::stage::Dep;
use gitml::scaffold::{FileTree, builtin as templates};
use rayon::prelude::*;

use crate::common::builtin;

/// What a choice is recognised by: words that no file has unless it was made.
const MARKS: &[(&str, &str, &[&str])] = &[
    ("license", "MIT", &["mit"]),
    ("license", "BSD-3-Clause", &["bsd"]),
    ("license", "Apache-2.0", &["apache"]),
    ("license", "proprietary", &["proprietary", "reserved"]),
    ("packaging", "setuptools", &["setuptools"]),
    ("packaging", "poetry", &["poetry"]),
    ("packaging", "uv", &["uv"]),
    ("lint", "ruff", &["ruff"]),
    ("lint", "black", &["black", "isort", "flake8", "interrogate"]),
    ("tracking", "mlflow", &["mlflow", "mlruns"]),
    ("tracking", "wandb", &["wandb", "weights"]),
    ("docs", "mkdocs", &["mkdocs", "site"]),
    ("ci", "github", &["github", "workflows"]),
];

#[test]
fn every_combination_is_in_order() {
    let mut wrong = Vec::new();
    for template in templates::names() {
        let choices = builtin::choices(template);
        let combinations = combinations(&choices);
        let found = combinations.par_iter().flat_map_iter(|chosen| {
            let answers: Vec<(&str, &str)> =
                chosen.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let files = builtin::render(template, &answers);
            let complaints = [in_order(&files), pipeline_loads(&files), mentions(&files, &answers)];
            let named = move |what: String| format!("{template} with {chosen:?}: {what}");
            complaints.into_iter().flatten().map(named)
        });
        wrong.extend(found.collect::<Vec<_>>());
    }
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A mark that no render has would find nothing.
#[test]
fn every_choice_leaves_its_marks() {
    let known: BTreeSet<(&str, &str)> =
        MARKS.iter().map(|&(name, value, _)| (name, value)).collect();
    for (name, values) in builtin::choices("dsproject") {
        for value in values.iter().filter(|value| *value != "none" && name != "python_version") {
            assert!(known.contains(&(name.as_str(), value.as_str())), "no marks of {name}={value}");
            let files = builtin::render("dsproject", &[(&name, value)]);
            let words = words(&builtin::texts(&files));
            for mark in marks(&name, value) {
                assert!(words.contains(*mark), "{name}={value} leaves no {mark}");
            }
        }
    }
}

#[test]
fn awkward_texts_break_nothing() {
    let names = [
        ("2 fast", "project_2_fast"),
        ("Import", "project_import"),
        ("Statistics", "project_statistics"),
        ("scikit \"learn\" \\ back", "scikit_learn_back"),
        ("It's Müller's", "it_s_muller_s"),
        ("!?", "project"),
        ("Two\nlines", "two_lines"),
        ("A name too long for lines of 88", "a_name_too_long_for_lines_of"),
    ];
    for (name, package) in names {
        let answers = [("project_name", name), ("author", name), ("email", "")];
        let files = builtin::render("dsproject", &answers);
        let texts = builtin::texts(&files);
        assert!(texts.contains_key(&format!("src/{package}/train.py")), "{name}");
        assert_eq!(in_order(&files), Vec::<String>::new(), "{name}");
        let project = toml::parse(texts["pyproject.toml"]).unwrap();
        assert_eq!(project.get("project.name"), Some(&Value::String(package.replace('_', "-"))));
        let author = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let Some(Value::List(authors)) = project.get("project.authors") else { panic!("{name}") };
        assert_eq!(authors[0].get("name"), Some(&Value::String(author)));
        assert_eq!(authors[0].get("email"), None);
    }
}

/// A package that is called like what it imports could not import it, and a distribution that is called
/// like one that it needs would need itself.
#[test]
fn a_package_may_be_named_otherwise() {
    for (given, package) in [
        ("flowers", "flowers"),
        ("My Flowers", "my_flowers"),
        ("sklearn", "project_sklearn"),
        ("scikit-learn", "project_scikit_learn"),
        ("Email", "project_email"),
    ] {
        let files = builtin::render("dsproject", &[("package_name", given)]);
        let module = format!("src/{package}/__init__.py");
        assert!(builtin::texts(&files).contains_key(&module), "{given}");
    }
}

/// All of them, but for the versions of Python: those are text and nothing branches on them, so that
/// each combination of the others has one of them.
fn combinations(choices: &[(String, Vec<String>)]) -> Vec<Vec<(String, String)>> {
    let is_version = |(name, _): &&(String, Vec<String>)| name == "python_version";
    let mut all = vec![Vec::new()];
    for (name, values) in choices.iter().filter(|choice| !is_version(choice)) {
        let with = |chosen: &Vec<_>, value: &String| {
            chosen.iter().cloned().chain([(name.clone(), value.clone())]).collect::<Vec<_>>()
        };
        let each = |chosen: &Vec<_>| values.iter().map(|value| with(chosen, value)).collect();
        all = all.iter().flat_map::<Vec<_>, _>(each).collect();
    }
    if let Some((name, versions)) = choices.iter().find(is_version) {
        for (chosen, version) in all.iter_mut().zip(versions.iter().cycle()) {
            chosen.push((name.clone(), version.clone()));
        }
    }
    all
}

/// What is wrong with the form of a file.
fn in_order(files: &FileTree) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, text) in builtin::texts(files) {
        if path.ends_with("/.gitkeep") {
            continue;
        }
        let mut complain = |what: &str| wrong.push(format!("{path}: {what}"));
        if text.trim().is_empty() {
            complain("is empty");
        } else if !text.ends_with('\n') || text.ends_with("\n\n") || text.starts_with('\n') {
            complain("does not begin or end as a file should");
        }
        if text.contains("\n\n\n") && !path.ends_with(".py") {
            complain("has two empty lines");
        }
        if text.lines().any(|line| line.ends_with([' ', '\t', '\r'])) {
            complain("has blanks at the end of a line");
        }
        // `${{` is for GitHub.
        let text = &text.replace("${{", "");
        if ["{{", "{%", "{#"].iter().any(|open| text.contains(open)) {
            complain("was not rendered");
        }
        let parsed = match path.rsplit('.').next() {
            Some("yaml" | "yml") => yaml::parse(text).map(drop),
            Some("json" | "ipynb") => json::parse(text).map(drop),
            Some("toml") => toml::parse(text).map(drop),
            _ => Ok(()),
        };
        if let Err(problem) = parsed {
            complain(&format!("line {}: {problem}", problem.mark.line));
        }
    }
    wrong
}

/// The files of a render, for our own reader of pipelines.
struct InMemory<'a>(&'a FileTree);

impl pipeline::Source for InMemory<'_> {
    fn read(&self, path: &RepoPath) -> pipeline::Result<Option<Vec<u8>>> {
        Ok(self.0.file(path).map(<[u8]>::to_vec))
    }

    fn named(&self, names: &[&str]) -> pipeline::Result<Vec<RepoPath>> {
        let is_named =
            |path: &&RepoPath| names.iter().any(|name| path.file_name() == name.as_bytes());
        Ok(self.0.iter().map(|(path, _)| path).filter(is_named).cloned().collect())
    }
}

/// What is wrong with the pipeline: it is not understood, or needs what nobody has.
fn pipeline_loads(files: &FileTree) -> Vec<String> {
    let file = RepoPath::new("mlrun.yaml").unwrap();
    let source = InMemory(files);
    let loaded = match pipeline::load(&source, &file) {
        Ok(loaded) => loaded,
        Err(error) => return vec![error.to_string()],
    };
    let outs: BTreeSet<String> = loaded
        .stages
        .iter()
        .flat_map(|stage| &stage.outs)
        .map(|out| out.path.to_string())
        .collect();
    let mut wrong: Vec<String> = loaded.notes.iter().map(|note| note.message.clone()).collect();
    if loaded.stages.is_empty() {
        wrong.push("no stages".into());
    }
    for stage in &loaded.stages {
        for dep in &stage.deps {
            let Dep::Path(place) = dep else { continue };
            let path = place.to_string();
            let is_file =
                RepoPath::new(path.as_str()).is_some_and(|path| files.get(&path).is_some());
            let is_made =
                outs.iter().any(|out| path == *out || path.starts_with(&format!("{out}/")));
            if !is_file && !is_made {
                wrong.push(format!("nothing makes {path}, which {} needs", stage.address));
            }
        }
        for params in &stage.params {
            let values = pipeline::params::read(&source, &params.file).unwrap_or_default();
            let is_there = |key: &String| values.as_ref().is_some_and(|all| all.get(key).is_some());
            for key in params.keys.iter().filter(|key| !is_there(key)) {
                wrong.push(format!("{} has no {key}, which {} needs", params.file, stage.address));
            }
        }
    }
    wrong
}

/// The choices that were not made and are mentioned all the same.
fn mentions(files: &FileTree, answers: &[(&str, &str)]) -> Vec<String> {
    let words = words(&builtin::texts(files));
    let not_chosen = MARKS.iter().filter(|(name, value, _)| {
        answers.iter().any(|(it, chosen)| it == name && chosen != value)
    });
    let mentioned = not_chosen.flat_map(|(_, _, marks)| marks.iter());
    mentioned.filter(|mark| words.contains(**mark)).map(|mark| format!("mentions {mark}")).collect()
}

fn marks(name: &str, value: &str) -> impl Iterator<Item = &'static &'static str> {
    let of_it = MARKS.iter().filter(move |(it, its, _)| (*it, *its) == (name, value));
    of_it.flat_map(|(_, _, marks)| marks.iter())
}

/// The marks among the words of all paths and files, in small or large letters.
fn words(texts: &BTreeMap<String, &str>) -> BTreeSet<String> {
    let marks: BTreeSet<&str> =
        MARKS.iter().flat_map(|(_, _, marks)| marks.iter()).copied().collect();
    let longest = marks.iter().map(|mark| mark.len()).max().unwrap_or(0);
    let all = texts.iter().flat_map(|(path, text)| [path.as_str(), text]);
    let words = all.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    // Only marks are kept: to sort all words would be a third of the test.
    words
        .filter(|word| (1..=longest).contains(&word.len()))
        .map(str::to_ascii_lowercase)
        .filter(|word| marks.contains(word.as_str()))
        .collect()
}
