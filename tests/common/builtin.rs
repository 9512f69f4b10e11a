//! Projects from the built-in templates.

use std::collections::BTreeMap;
use std::path::Path;

use gitml::format::Value;
use gitml::format::value::Map;
use gitml::fs::RepoPath;
use gitml::scaffold::questions::{Defaults, Given};
use gitml::scaffold::render::Place;
use gitml::scaffold::write::Draft;
use gitml::scaffold::{FileTree, Limits, Moment, Node, builtin, generate, source};

use super::TestEnv;

/// Variables and what is answered.
pub type Answers<'a> = [(&'a str, &'a str)];

/// The project that `template` makes of `answers`, with defaults for the rest.
#[track_caller]
pub fn render(template: &str, answers: &Answers<'_>) -> FileTree {
    let limits = Limits::default();
    let request = source::Request { source: template.into(), ..source::Request::default() };
    let fetched = source::fetch(&request, Path::new("/"), &limits).unwrap();
    let given: Map = answers
        .iter()
        .map(|&(name, value)| (name.to_owned(), Value::String(value.into())))
        .collect();
    let moment = Moment { time: "2026-01-01T00:00:00Z".parse().unwrap(), seed: 1 };
    let made =
        generate(fetched, &Given::from(given), Place::default(), &mut Defaults, moment, &limits);
    made.unwrap_or_else(|error| panic!("{template} with {answers:?}: {error}")).rendered.files
}

/// A repository in `repo` with the project of [`render`], set up and committed.
#[track_caller]
pub fn repository(template: &str, answers: &Answers<'_>) -> TestEnv {
    let env = TestEnv::bare();
    let draft = Draft::new(&env.root().join("repo"), false).unwrap();
    draft.write(&render(template, answers), &|| false).unwrap();
    draft.publish().unwrap();
    let env = env.at("repo");
    env.git(["init", "--quiet"]).success();
    env.mldata(["init"]).success();
    env.commit_checked("project");
    env
}

/// The texts of a project by their paths. All files of the built-in templates are texts.
pub fn texts<'a>(files: &'a FileTree) -> BTreeMap<String, &'a str> {
    let text = |(path, node): (&RepoPath, &'a Node)| match node {
        Node::File { bytes, .. } => Some((
            path.to_string(),
            std::str::from_utf8(bytes).unwrap_or_else(|_| panic!("{path}")),
        )),
        _ => None,
    };
    files.iter().filter_map(text).collect()
}

/// The choices of a template, each with what may be chosen.
pub fn choices(template: &str) -> Vec<(String, Vec<String>)> {
    let files = builtin::files(template).unwrap().unwrap();
    let questions = files.file(&RepoPath::new("cookiecutter.json").unwrap()).unwrap();
    let Value::Map(variables) =
        gitml::format::json::parse(std::str::from_utf8(questions).unwrap()).unwrap()
    else {
        panic!("{template}: no object");
    };
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => panic!("{template}: a choice is {}", other.kind()),
    };
    let choice = |(name, value): (String, Value)| match value {
        Value::List(values) if !name.starts_with('_') => {
            Some((name, values.into_iter().map(text).collect()))
        }
        _ => None,
    };
    variables.into_iter().filter_map(choice).collect()
}
