use super::*;
use crate::format::json;
use crate::scaffold::Node;

fn moment() -> Moment {
    Moment { time: "2024-02-29T13:04:05.678901Z".parse().unwrap(), seed: 1 }
}

fn map(text: &str) -> Map {
    json::parse(text).unwrap().as_map().unwrap().clone()
}

fn engine_of(files: &[(&str, &str)], settings: &Settings, limits: Limits) -> Engine {
    let mut tree = FileTree::new();
    for (path, text) in files {
        let node = match text.strip_prefix("-> ") {
            Some(target) => Node::Link(target.into()),
            None => Node::File { bytes: text.as_bytes().to_vec().into(), executable: false },
        };
        tree.insert(RepoPath::new(*path).unwrap(), node, &limits).unwrap();
    }
    let roots = ["project", "templates"].map(|path| RepoPath::new(path).unwrap());
    Engine::new(settings, &tree, &roots, &moment(), &limits).unwrap()
}

fn render_with(engine: &Engine, text: &str) -> Result<String, RenderError> {
    let values = map(r#"{"name": "My Proj", "l": ["a", "b"], "d": {"x": 1}}"#);
    engine.render("file.txt", text, &engine.scope(&Answers { values, ..Answers::default() }))
}

fn render(text: &str) -> Result<String, RenderError> {
    render_with(&engine_of(&[], &Settings::default(), Limits::default()), text)
}

/// `cases.json` holds what cookiecutter 2.7.1 (Jinja2 3.1.6, python-slugify 9.2.0, arrow 1.4.0) makes of
/// each text at the [`moment`]; `null` is an error.
#[test]
fn texts_become_what_cookiecutter_makes_of_them() {
    let cases = map(include_str!("cases.json"));
    let Value::List(all) = &cases["cases"] else { panic!("no cases") };
    let answers = cases["answers"].as_map().unwrap().clone();
    let mut differ = Vec::new();
    for case in all {
        let case = case.as_map().unwrap();
        let text = case["text"].as_str().unwrap();
        let environment = case.get("env").and_then(Value::as_map).cloned().unwrap_or_default();
        let settings = Settings { environment, ..Settings::default() };
        let engine = engine_of(&[], &settings, Limits::default());
        let scope = engine.scope(&Answers { values: answers.clone(), ..Answers::default() });
        let made = engine.render("text", text, &scope);
        if made.as_deref().ok() != case["want"].as_str() {
            differ.push(format!("{text:?}\n  {:?}\n  {made:?}", case["want"]));
        }
    }
    assert!(differ.is_empty(), "{} of {} differ:\n{}", differ.len(), all.len(), differ.join("\n"));
}

#[test]
fn nothing_costs_more_than_it_may() {
    let limits = Limits { text: 1 << 20, fuel: 1_000_000, ..Limits::default() };
    let engine = engine_of(
        &[("project/self", "{% include 'self' %}"), ("project/long", &"long ".repeat(2000))],
        &Settings::default(),
        limits,
    );
    let nested =
        |open: &str, close: &str| format!("{{{{ {}1{} }}}}", open.repeat(5000), close.repeat(5000));
    let cases = [
        "{{ 'x' * 10**9 }}",
        "{{ [1] * 10**9 }}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{% for i in range(9999) %}{% for j in range(9999) %}xxxx{% endfor %}{% endfor %}",
        "{% set x %}{% for i in range(99999) %}a text that nobody ever sees, and that is long enough{% endfor %}{% endset %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'self' %}",
        "{% set x %}{% for i in range(9999) %}{% include 'long' %}{% endfor %}{% endset %}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%*d' % (1000000000, 1) }}",
        "{{ '%.1000000000f' % 1 }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:>{}}'.format('a', 1000000000) }}",
        "{{ 'a'.ljust(10**9) }}",
        "{{ 'a'.center(10**9) }}",
        "{{ 'a'.zfill(10**9) }}",
        "{{ 'a\tb'.expandtabs(10**9) }}",
        "{{ 'a'|center(10**9) }}",
        "{{ 'a\nb'|indent(10**9) }}",
        "{{ [1]|batch(10**9, 1)|list }}",
        "{{ [1]|slice(10**9)|list }}",
        "{{ [1]|tojson(10**9) }}",
        "{{ random_ascii_string(10**9) }}",
        "{% now 'utc', '%1000000000d' %}",
        "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x ~ n.x %}{% endfor %}",
        "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = n.x|replace('x', 'xx') %}{% endfor %}",
        "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = '%s%s' % (n.x, n.x) %}{% endfor %}",
        "{% set n = namespace(x='x') %}{% for i in range(99) %}{% set n.x = [n.x, n.x]|join %}{% endfor %}",
        "{% set n = namespace(x=[1]) %}{% for i in range(99) %}{% set n.x = n.x + n.x %}{% endfor %}",
        "{% set n = namespace(x=[]) %}{% for i in range(99999) %}{% set n.x = [n.x] %}{% endfor %}",
        "{% set n = namespace(x=[]) %}{% for i in range(999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}",
        "{{ 10 ** 10 ** 10 }}",
        &nested("(", ")"),
        &nested("[", "]"),
        &nested("-", ""),
        &nested("not ", ""),
        &nested("1 + (", ")"),
        &format!("{{{{ {}1 }}}}", "1 * ".repeat(5000)),
        &"{% if true %}".repeat(5000),
    ];
    for text in cases {
        let made = render_with(&engine, text);
        assert!(made.is_err(), "{}", &text[..text.len().min(90)]);
    }
}

#[test]
fn much_is_not_too_much() {
    let sum = format!("{{{{ {}1 }}}}", "1 + ".repeat(500));
    assert_eq!(render(&sum).unwrap(), "501");
    let joined = format!("{{{{ {}'x' }}}}", "'x' ~ ".repeat(500));
    assert_eq!(render(&joined).unwrap(), "x".repeat(501));
    let lines = "{% for i in range(20000) %}{{ i }} of many lines\n{% endfor %}";
    assert_eq!(render(lines).unwrap().lines().count(), 20_000);
}

#[test]
fn files_of_the_template_are_included_and_no_others() {
    let files = [
        ("project/a.txt", "a of {{ cookiecutter.name }}\n"),
        ("project/link.txt", "-> ../other/o.txt"),
        ("project/out.txt", "-> ../../../etc/passwd"),
        ("project/sub/b.txt", "{% extends 'base' %}{% block x %}b{{ super() }}{% endblock %}"),
        ("templates/a.txt", "never\n"),
        ("templates/base", "<{% block x %}base{% endblock %}>"),
        ("templates/m", "{% macro m(x) %}[{{ x ~ '!' }}]{% endmacro %}\r\n"),
        ("other/o.txt", "linked\n"),
    ];
    let engine = engine_of(&files, &Settings::default(), Limits::default());
    let cases = [
        ("{% include 'a.txt' %}", Some("a of My Proj\n")),
        ("{% include 'link.txt' %}", Some("linked\n")),
        ("{% include ['none', 'a.txt'] %}", Some("a of My Proj\n")),
        ("{% include 'none' ignore missing %}x", Some("x")),
        ("{% include 'sub/b.txt' %}", Some("<bbase>")),
        ("{% import 'm' as m %}{{ m.m(1) }}", Some("[1!]")),
        ("{% from 'm' import m as n with context %}{{ n('a') }}", Some("[a!]")),
        ("{% extends 'base' %}{% block x %}y{% endblock %}", Some("<y>")),
        ("{% include 'none' %}", None),
        ("{% include 'out.txt' %}", None),
        ("{% include '../other/o.txt' %}", None),
        ("{% include '/etc/passwd' %}", None),
    ];
    for (text, expected) in cases {
        let made = render_with(&engine, text);
        assert_eq!(made.as_deref().ok(), expected, "{text}: {made:?}");
    }
}

#[test]
fn an_error_says_where_it_is() {
    let files =
        [("project/a.txt", "one\n{{ nope }}\n"), ("project/b.txt", "{% include 'a.txt' %}")];
    let engine = engine_of(&files, &Settings::default(), Limits::default());
    let cases = [
        ("a\n{{ cookiecutter.nope }}\n", "file.txt", 2, "{{ cookiecutter.nope }}"),
        ("a\nb {{ 1 + }} c", "file.txt", 2, "b {{ 1 + }} c"),
        ("a\n\n{{ 'x' % ", "file.txt", 3, "{{ 'x' %"),
        ("{% for i in [1] %}\n\n{{ i.x.y }}{% endfor %}", "file.txt", 3, "{{ i.x.y }}{% endfor %}"),
        ("{{ 1 }}\n{% include 'a.txt' %}", "a.txt", 2, "{{ nope }}"),
        ("{{ 1 }}\n{% if true %}", "file.txt", 2, "{% if true %}"),
        ("{{ 1 }}\n{# a", "file.txt", 2, "{# a"),
        ("a\n{{ _gitml_add(1) }}", "file.txt", 2, "{{ _gitml_add(1) }}"),
        ("a\n{{ cookiecutter.l.append(1) }}", "file.txt", 2, "{{ cookiecutter.l.append(1) }}"),
    ];
    for (text, name, line, excerpt) in cases {
        let error = render_with(&engine, text).expect_err(text);
        assert_eq!((error.name.as_str(), error.line), (name, Some(line)), "{text}: {error}");
        assert_eq!(error.excerpt.as_deref(), Some(excerpt), "{text}: {error}");
    }
    let error = render("\n{{ nope\u{1b} }}").unwrap_err().to_string();
    assert!(!error.contains('\u{1b}'), "{error:?}");
}

#[test]
fn an_undefined_value_is_nothing_for_ccds() {
    let settings = Settings { dialect: Dialect::Ccds, ..Settings::default() };
    let engine = engine_of(&[], &settings, Limits::default());
    let cases = [
        ("[{{ nope }}{{ nope ~ 'a' }}]", Some("[a]")),
        ("{% if nope %}a{% else %}b{% endif %}", Some("b")),
        ("{% for x in nope %}a{% endfor %}{{ nope|length }}", Some("0")),
        ("{{ nope.more }}", None),
        ("{{ cookiecutter.nope }}", Some("")),
    ];
    for (text, expected) in cases {
        let made = render_with(&engine, text);
        assert_eq!(made.as_deref().ok(), expected, "{text}: {made:?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_text() {
    let text = "{{ random_ascii_string(20) }} {{ uuid4() }} {{ range(100)|random }}";
    let made = render(text).unwrap();
    assert_eq!(made, render(text).unwrap());
    let engine = engine_of(&[], &Settings::default(), Limits::default());
    let scope = engine.scope(&Answers::default());
    assert_ne!(made, engine.render("other.txt", text, &scope).unwrap());
    let uuid = made.split(' ').nth(1).unwrap();
    assert_eq!(uuid.len(), 36);
    assert_eq!(&uuid[14..15], "4");
    assert!(matches!(&uuid[19..20], "8" | "9" | "a" | "b"), "{uuid}");
    let letters = render("{{ random_ascii_string(500) }}").unwrap();
    assert!(letters.chars().all(|c| c.is_ascii_alphabetic()));
    let all = render("{{ random_ascii_string(500, punctuation=true) }}").unwrap();
    assert!(all.chars().any(|c| c.is_ascii_punctuation()) && !all.contains(char::is_numeric));
}

#[test]
fn a_text_changes_no_answers() {
    let engine = engine_of(&[], &Settings::default(), Limits::default());
    let scope = engine.scope(&Answers {
        values: map(r#"{"a": 1}"#),
        originals: map(r#"{"a": "b"}"#),
        ..Answers::default()
    });
    let change = "{% set cookiecutter = 2 %}{{ cookiecutter }}";
    assert_eq!(engine.render("a", change, &scope).unwrap(), "2");
    assert_eq!(
        engine.render("b", "{{ cookiecutter.a }}{{ _cookiecutter.a }}", &scope).unwrap(),
        "1b"
    );
}

#[test]
fn a_python_extension_is_named() {
    let engine = |name: &str| {
        let extensions = vec!["jinja2.ext.do".to_owned(), name.to_owned()];
        let settings = Settings { extensions, ..Settings::default() };
        Engine::new(&settings, &FileTree::new(), &[], &moment(), &Limits::default())
    };
    assert!(engine("jinja2_time.TimeExtension").is_ok());
    let error = engine("local_extensions.Git\u{7}").expect_err("it is unknown");
    assert_eq!(error.extension.as_deref(), Some("local_extensions.Git\u{7}"));
    assert!(!error.to_string().contains('\u{7}'));
}

#[test]
fn settings_are_checked() {
    let check = |variables: &str| Settings::of(Dialect::Cookiecutter, &map(variables));
    assert!(
        check(r#"{"_jinja2_env_vars": {"trim_blocks": true, "line_comment_prefix": "%%"}}"#)
            .is_ok()
    );
    for wrong in [
        r#"{"_jinja2_env_vars": {"trimblocks": true}}"#,
        r#"{"_jinja2_env_vars": {"newline_sequence": "x"}}"#,
        r#"{"_jinja2_env_vars": {"block_start_string": ""}}"#,
        r#"{"_jinja2_env_vars": {"block_start_string": "{{"}}"#,
        r#"{"_jinja2_env_vars": []}"#,
        r#"{"_extensions": "jinja2.ext.do"}"#,
        r#"{"_extensions": [1]}"#,
    ] {
        assert!(check(wrong).is_err(), "{wrong}");
    }
}
