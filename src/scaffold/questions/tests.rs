//! Questions as they are put, by an [`Ask`] that answers from a list.

use super::*;
use crate::format::Value;
use crate::scaffold::jinja::Engine;
use crate::scaffold::{FileTree, Limits, Moment};

/// Answers from a list, and keeps what was asked.
struct Script {
    answers: Vec<Value>,
    asked: Vec<String>,
}

impl Ask for Script {
    fn ask(&mut self, prompt: &Prompt<'_>) -> Result<Value> {
        let (number, total) = prompt.number;
        let Prompt { name, text, kind, .. } = prompt;
        self.asked.push(format!("{number}/{total} {name}: {text}? {}", shown(kind)));
        match self.answers.is_empty() {
            true => Err(Error::NotAnswered),
            false => Ok(self.answers.remove(0)),
        }
    }
}

fn shown(kind: &PromptKind) -> String {
    let pair = |(value, label): (&String, &String)| match value == label {
        true => value.clone(),
        false => format!("{value}={label}"),
    };
    match kind {
        PromptKind::Text { default } => format!("[{default}]"),
        PromptKind::YesNo { default } => format!("({default})"),
        PromptKind::Map { default } => serde_json::to_string(default).unwrap(),
        PromptKind::Choice { values, labels } => {
            values.iter().zip(labels).map(pair).collect::<Vec<_>>().join("|")
        }
    }
}

fn map(text: &str) -> Map {
    match json::parse(text).unwrap() {
        Value::Map(map) => map,
        other => panic!("{}", other.kind()),
    }
}

fn questions(text: &str, dialect: Dialect) -> Questions {
    parse(text.as_bytes(), dialect, "cookiecutter.json").unwrap()
}

/// The answers, as JSON, and what was asked.
fn put(questions: &Questions, given: &Given, answers: &str) -> (Result<Answers>, Vec<String>) {
    let moment = Moment { time: "2024-02-29T12:34:56Z".parse().unwrap(), seed: 1 };
    let limits = Limits::default();
    let files = FileTree::new();
    let engine = Engine::new(&questions.settings, &files, &[], &moment, &limits).unwrap();
    let Ok(Value::List(answers)) = json::parse(answers) else { panic!("answers are a list") };
    let mut script = Script { answers, asked: Vec::new() };
    let found = answer(questions, given, &engine, &mut script);
    if found.is_ok() {
        assert!(script.answers.is_empty(), "not asked for: {:?}", script.answers);
    }
    (found, script.asked)
}

fn values(answers: &Answers) -> String {
    serde_json::to_string(&answers.values).unwrap()
}

const EVERY_KIND: &str = r#"{
    "name": "My Project",
    "files": {"{{ cookiecutter.slug }}": 1},
    "slug": "{{ cookiecutter.name | lower | replace(' ', '-') }}",
    "year": 2024,
    "licence": ["MIT", "{{ cookiecutter.name }} licence"],
    "docs": true,
    "note": null,
    "_raw": "{{ x }}",
    "__path": "src/{{ cookiecutter.slug }}",
    "__prompts__": {
        "name": "What is it called",
        "licence": {"__prompt__": "Which licence", "MIT": "a short one"}
    }
}"#;

#[test]
fn questions_are_put_in_order_with_their_texts() {
    let questions = questions(EVERY_KIND, Dialect::Cookiecutter);
    let script = r#"["A B", "a-b", "1999", "A B licence", false, "", {"x": "y"}]"#;
    let (answers, asked) = put(&questions, &Given::default(), script);
    assert_eq!(
        asked,
        [
            "1/7 name: What is it called? [My Project]",
            "2/7 slug: slug? [a-b]",
            "3/7 year: year? [2024]",
            "4/7 licence: Which licence? MIT=a short one|A B licence",
            "5/7 docs: docs? (true)",
            "6/7 note: note? []",
            "7/7 files: files? {\"a-b\":\"1\"}",
        ]
    );
    let answers = answers.unwrap();
    assert_eq!(
        values(&answers),
        r#"{"name":"A B","files":{"x":"y"},"slug":"a-b","year":"1999","licence":"A B licence","docs":false,"note":null,"_raw":"{{ x }}","__path":"src/a-b"}"#
    );
    assert_eq!(answers.asked, ["name", "slug", "year", "licence", "docs", "note", "files"]);
    assert_eq!(answers.originals["year"], Value::Int(2024));
    assert!(!answers.originals.contains_key("_raw"));
}

#[test]
fn what_is_given_is_not_asked() {
    let questions = questions(EVERY_KIND, Dialect::Cookiecutter);
    let given = Given {
        overrides: map(r#"{"slug": "x", "licence": "MIT", "docs": "no"}"#),
        earlier: map(r#"{"name": "{{ not rendered }}", "slug": "old", "files": {"k": "v"}}"#),
        defaults: map(r#"{"year": 1, "unknown": 2, "docs": "maybe", "note": "never put"}"#),
    };
    let (answers, asked) = put(&questions, &given, r#"["2", "text"]"#);
    assert_eq!(asked, ["1/2 year: year? [1]", "2/2 note: note? []"]);
    let answers = answers.unwrap();
    assert_eq!(
        values(&answers),
        r#"{"name":"{{ not rendered }}","files":{"k":"v"},"slug":"x","year":"2","licence":"MIT","docs":false,"note":"text","_raw":"{{ x }}","__path":"src/x"}"#
    );
    let expected =
        "the user's defaults, from `docs` on: `docs` cannot be maybe: it is neither yes nor no";
    assert_eq!(answers.warnings, [expected]);
}

#[test]
fn answers_kept_make_the_same_answers() {
    for (text, dialect, script) in [
        (EVERY_KIND, Dialect::Cookiecutter, r#"["{{ 1 }}", "s", "1", "MIT", true, "", {"a": {}}]"#),
        (SUB_QUESTIONS, Dialect::Ccds, r#"["n", "s3", "b", "{{ p }}", "uv"]"#),
    ] {
        let questions = questions(text, dialect);
        let (answers, _) = put(&questions, &Given::default(), script);
        let answers = answers.unwrap();
        let given = Given { earlier: answers.to_questions(), ..Given::default() };
        let (again, asked) = put(&questions, &given, "[]");
        assert!(asked.is_empty(), "{asked:?}");
        assert_eq!(again.unwrap(), answers);
    }
}

#[test]
fn earlier_answers_that_no_longer_fit_are_asked_again() {
    let questions = questions(r#"{"a": ["x", "y"], "b": true, "c": "d"}"#, Dialect::Cookiecutter);
    let given = Given {
        earlier: map(r#"{"a": "z", "b": "yes", "c": "kept", "gone": 1}"#),
        ..Given::default()
    };
    let (answers, asked) = put(&questions, &given, r#"["y", false]"#);
    assert_eq!(asked, ["1/1 a: a? x|y", "2/2 b: b? (true)"]);
    assert_eq!(values(&answers.unwrap()), r#"{"a":"y","b":false,"c":"kept"}"#);
}

const SUB_QUESTIONS: &str = r#"{
    "name": "demo",
    "storage": [{"none": "none"}, {"s3": {"bucket": "{{ cookiecutter.name }}-b", "profile": "p"}}],
    "manager": ["uv", "none"]
}"#;

#[test]
fn a_choice_may_have_questions_of_its_own() {
    let questions = questions(SUB_QUESTIONS, Dialect::Ccds);
    let (answers, asked) =
        put(&questions, &Given::default(), r#"["n", "s3", "mine", "p", "none"]"#);
    assert_eq!(
        asked,
        [
            "1/3 name: name? [demo]",
            "2/3 storage: storage? none|s3",
            "3/3 storage.s3.bucket: bucket? [n-b]",
            "4/4 storage.s3.profile: profile? [p]",
            "5/5 manager: manager? uv|none",
        ]
    );
    let expected =
        r#"{"name":"n","storage":{"s3":{"bucket":"mine","profile":"p"}},"manager":"none"}"#;
    assert_eq!(values(&answers.unwrap()), expected);
    // By its name, or with some of its values.
    for (given, bucket) in
        [(r#""s3""#, "demo-b"), (r#"{"s3": {"bucket": "{{ cookiecutter.name }}!"}}"#, "demo!")]
    {
        let given = map(&format!(r#"{{"name": "demo", "manager": "uv", "storage": {given}}}"#));
        let (answers, asked) = put(&questions, &given.into(), "[]");
        assert!(asked.is_empty(), "{asked:?}");
        let expected = format!(
            r#"{{"name":"demo","storage":{{"s3":{{"bucket":"{bucket}","profile":"p"}}}},"manager":"uv"}}"#
        );
        assert_eq!(values(&answers.unwrap()), expected);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let text = r#"{"a": ["x", "y"], "b": true, "c": "d", "n": [1, 2]}"#;
    let questions = questions(text, Dialect::Cookiecutter);
    for (given, expected) in [
        (r#"{"a": "z"}"#, "`a` cannot be z: the choices are `x`, `y`"),
        (r#"{"a": ["x", "z"]}"#, "`a` cannot be [\"x\",\"z\"]: the choices are `x`, `y`"),
        (r#"{"n": 3}"#, "`n` cannot be 3: the choices are 1, 2"),
        (r#"{"b": "perhaps"}"#, "`b` cannot be perhaps: it is neither yes nor no"),
        (r#"{"C": "case"}"#, "the template has no variable `C`"),
    ] {
        let (answers, asked) = put(&questions, &map(given).into(), "[]");
        assert_eq!(answers.unwrap_err().to_string(), expected);
        assert!(asked.is_empty(), "nothing is asked before all that is given fits");
    }
    // As a number is written on the command line.
    let given = map(r#"{"a": "y", "b": "off", "c": "{{ 1 + 1 }}", "n": "2"}"#);
    let (answers, _) = put(&questions, &given.into(), "[]");
    assert_eq!(values(&answers.unwrap()), r#"{"a":"y","b":false,"c":"2","n":"2"}"#);
    // Whoever answers may be wrong, too.
    for (script, expected) in [
        (r#"["z"]"#, "`a` cannot be z: it is not offered"),
        (r#"["x", "yes"]"#, "`b` cannot be yes: it is a string"),
        (r#"["x"]"#, "no answer"),
    ] {
        let (answers, _) = put(&questions, &Given::default(), script);
        assert_eq!(answers.unwrap_err().to_string(), expected);
    }
}

#[test]
fn one_of_several_templates_is_chosen() {
    let text = r#"{"templates": {
        "one": {"path": "a/one", "title": "First", "description": "the small one"},
        "two": {"path": "two"}
    }, "__prompts__": {"templates": "Which one"}}"#;
    let questions = questions(text, Dialect::Cookiecutter);
    let offered = questions.nested.as_deref().unwrap();
    let mut script = Script { answers: vec![Value::String("two".into())], asked: Vec::new() };
    let chosen = nested::choose(offered, &questions, &Given::default(), &mut script).unwrap();
    assert_eq!(chosen.directory, "two");
    assert_eq!(script.asked, ["1/1 template: Which one? one=First (the small one)|two"]);
    for name in ["one", "a/one", "First (the small one)"] {
        let given = Given::from(map(&format!(r#"{{"template": "{name}"}}"#)));
        let chosen = nested::choose(offered, &questions, &given, &mut script).unwrap();
        assert_eq!(chosen.name, "one", "{name}");
    }
    let given = Given::from(map(r#"{"template": "three"}"#));
    let refused = nested::choose(offered, &questions, &given, &mut script).unwrap_err();
    assert_eq!(refused.to_string(), "`template` cannot be three: the templates are `one`, `two`");
}

#[test]
fn files_that_ask_nothing_sensible_are_errors() {
    for text in [
        "[]",
        "{",
        "\u{1}",
        r#"{"__prompts__": 1}"#,
        r#"{"templates": {}}"#,
        r#"{"templates": {"a": {}}}"#,
        r#"{"template": "text"}"#,
        r#"{"template": []}"#,
        r#"{"template": ["no path"]}"#,
        r#"{"template": ["nothing ()"]}"#,
    ] {
        let parsed = parse(text.as_bytes(), Dialect::Cookiecutter, "cookiecutter.json");
        assert!(matches!(parsed, Err(Error::BadTemplate { .. })), "{text}");
    }
}
