//! The engine `cookiecutter` on templates that only Python renders.
//!
//! The program is `$COOKIECUTTER`, or `cookiecutter` on PATH; without it, tests say that they are skipped.

use std::os::fd::AsFd as _;
use std::path::Path;

use gitml::format::Value;
use gitml::format::value::Map;
use gitml::fs::RepoPath;
use gitml::scaffold::cookiecutter::Cookiecutter;
use gitml::scaffold::program::Session;
use gitml::scaffold::questions::Given;
use gitml::scaffold::render::Place;
use gitml::scaffold::source::{Request, fetch};
use gitml::scaffold::{Error, FileTree, Generated, Limits, Moment, Result};

use crate::common::{TestEnv, skip};
use crate::templates_parity::cookiecutter;

/// A template with an extension in Python, a hook, and a second template in `second`.
fn template() -> TestEnv {
    let env = TestEnv::bare();
    env.sh(
        r#"
        root='{{ cookiecutter.name }}'
        mkdir -p "template/$root" template/hooks template/second/"$root"
        cd template
        echo '{"name": "x", "word": "a {{ cookiecutter.name }}", "yes": true, "map": {"k": "v"},
               "_extensions": ["shout.Shout"]}' > cookiecutter.json
        cat > shout.py <<'END'
from jinja2.ext import Extension

class Shout(Extension):
    def __init__(self, environment):
        super().__init__(environment)
        environment.filters["shout"] = lambda text: text.upper()
END
        printf '{{ cookiecutter.word | shout }} {{ cookiecutter.yes }} {{ cookiecutter.map.k }}\n' > "$root/a.txt"
        printf '#!/bin/sh\n' > "$root/run.sh" && chmod +x "$root/run.sh"
        printf '#!/bin/sh\ntouch hooked; echo printed\n' > hooks/post_gen_project.sh
        echo '{"name": "second"}' > second/cookiecutter.json
        printf 'second\n' > "second/$root/a.txt"
        "#,
    )
    .success();
    env
}

struct Made {
    result: Result<Generated>,
    printed: String,
}

fn make(program: &Path, env: &TestEnv, request: Request, given: &Given, hooks: bool) -> Made {
    let output = tempfile::NamedTempFile::new().unwrap();
    let limits = Limits::default();
    let fetched = fetch(&request, env.root(), &limits).unwrap();
    let engine = Cookiecutter { program: program.to_owned(), interactive: false, hooks };
    let session = Session { output: output.as_file().as_fd(), interrupted: &|| false };
    let moment = Moment { time: jiff::Timestamp::UNIX_EPOCH, seed: 0 };
    let result = engine.generate(fetched, given, Place::default(), moment, &limits, &session);
    Made { result, printed: std::fs::read_to_string(output.path()).unwrap() }
}

fn source(name: &str) -> Request {
    Request { source: name.to_owned(), ..Request::default() }
}

fn file<'a>(files: &'a FileTree, path: &str) -> Option<&'a str> {
    let bytes = files.file(&RepoPath::new(path).unwrap())?;
    Some(std::str::from_utf8(bytes).unwrap())
}

#[test]
fn python_extensions_and_hooks_run_and_answers_come_back() {
    const TEST: &str = "python_extensions_and_hooks_run_and_answers_come_back";
    let Some(program) = cookiecutter() else { return skip(TEST, "no cookiecutter") };
    let env = template();
    let text = |text: &str| Value::String(text.to_owned());
    let overrides = Map::from_iter([
        ("name".to_owned(), text("-o")),
        ("yes".to_owned(), Value::Bool(false)),
        ("map".to_owned(), Value::Map(Map::from_iter([("k".to_owned(), text("w"))]))),
    ]);
    let made = make(&program, &env, source("template"), &Given::from(overrides), true);
    let Generated { answers, rendered, .. } = made.result.unwrap();
    assert_eq!(rendered.name, "-o");
    assert_eq!(file(&rendered.files, "a.txt"), Some("A -O False w\n"));
    assert_eq!(file(&rendered.files, "hooked"), Some(""));
    assert!(made.printed.contains("printed"), "{}", made.printed);
    let names: Vec<&str> = answers.values.keys().map(String::as_str).collect();
    assert_eq!(names, ["name", "word", "yes", "map", "_extensions"]);
    assert_eq!(answers.values["word"], text("a -o"));
    assert_eq!(answers.originals["word"], text("a {{ cookiecutter.name }}"));

    let made = make(&program, &env, source("template"), &Given::default(), false);
    let rendered = made.result.unwrap().rendered;
    assert_eq!(file(&rendered.files, "a.txt"), Some("A X True v\n"));
    assert_eq!(file(&rendered.files, "hooked"), None);
}

#[test]
fn a_template_below_the_top_is_told_with_a_hook_before_the_questions_too() {
    const TEST: &str = "a_template_below_the_top_is_told_with_a_hook_before_the_questions_too";
    let Some(program) = cookiecutter() else { return skip(TEST, "no cookiecutter") };
    let env = template();
    let directory = RepoPath::new("second").unwrap();
    let request = Request { directory: directory.clone(), ..source("template") };
    for script in ["true", "mkdir -p hooks && printf '#!/bin/sh\ntrue\n' > hooks/pre_prompt.sh"] {
        env.sh(&format!("cd template/second && {script}")).success();
        let made = make(&program, &env, request.clone(), &Given::default(), true).result.unwrap();
        assert_eq!(made.origin.directory, directory);
        assert_eq!(made.rendered.name, "second");
    }
}

#[test]
fn the_template_that_was_chosen_is_told_with_a_hook_before_the_questions_too() {
    const TEST: &str = "the_template_that_was_chosen_is_told_with_a_hook_before_the_questions_too";
    let Some(program) = cookiecutter() else { return skip(TEST, "no cookiecutter") };
    let env = template();
    let offer = r#"{"templates": {"one": {"path": "./second", "title": "One"}}}"#;
    env.sh(&format!("echo '{offer}' > template/cookiecutter.json")).success();
    for script in ["true", "printf '#!/bin/sh\ntrue\n' > template/hooks/pre_prompt.sh"] {
        env.sh(script).success();
        let made = make(&program, &env, source("template"), &Given::default(), true);
        let made = made.result.unwrap();
        assert_eq!(made.origin.directory, RepoPath::new("second").unwrap());
        assert_eq!(file(&made.rendered.files, "a.txt"), Some("second\n"));
    }
}

#[test]
fn what_goes_wrong_there_is_an_error_here() {
    const TEST: &str = "what_goes_wrong_there_is_an_error_here";
    let Some(program) = cookiecutter() else { return skip(TEST, "no cookiecutter") };
    let env = template();
    let unknown = Map::from_iter([("nmae".to_owned(), Value::String("y".into()))]);
    let made = make(&program, &env, source("template"), &Given::from(unknown), true);
    assert!(matches!(made.result, Err(Error::UnknownVariable { .. })));
    env.sh("printf '#!/bin/sh\\nexit 1\\n' > template/hooks/pre_gen_project.sh").success();
    let made = make(&program, &env, source("template"), &Given::default(), true);
    assert!(matches!(made.result, Err(Error::CookiecutterFailed { .. })), "{:?}", made.result);
    env.sh("printf '#!/bin/sh\\nln -s /etc/passwd x\\n' > template/hooks/pre_gen_project.sh")
        .success();
    let made = make(&program, &env, source("template"), &Given::default(), true);
    assert!(matches!(made.result, Err(Error::BadName { .. })), "{:?}", made.result);
}
