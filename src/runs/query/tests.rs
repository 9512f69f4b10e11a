//! Reading and printing; what filters mean is tested over stored runs in `tests/runs_query.rs`.

use insta::assert_snapshot;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().expect("valid")
}

fn error(text: &str) -> String {
    Query::parse(text, now()).expect_err("an error").to_string()
}

fn printed(text: &str) -> String {
    Query::parse(text, now()).expect("a filter").expression().to_string()
}

/// Without the places of keys, which printing moves.
fn placeless(mut expression: Expression) -> Expression {
    expression.each_test_mut(&mut |test| test.at = 0);
    expression
}

fn key() -> impl Strategy<Value = Key> {
    let name = prop_oneof!["[a-z][a-z0-9_/.]{0,6}", "[ a-z`'\".=]{0,6}", Just("and".to_owned())];
    let group = prop_oneof![Just(Group::Param), Just(Group::Metric), Just(Group::Tag)];
    prop_oneof![
        (group, name.clone()).prop_map(|(group, name)| Key::Of(group, name)),
        name.prop_map(Key::Bare),
        Just(Key::Attribute(Attribute::Status)),
        Just(Key::Attribute(Attribute::Dirty)),
    ]
}

fn test() -> impl Strategy<Value = Test> {
    let text = || prop_oneof!["[a-z0-9.*%-]{1,5}", "[ -~ä]{0,6}", Just("NULL".to_owned())];
    let literal = || {
        let any = |text| Literal::new(text, key::Kind::Any, now()).expect("any text");
        text().prop_map(any)
    };
    let comparison = prop::sample::select(vec![
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ]);
    let verb = prop_oneof![
        Just(Verb::Holds),
        (comparison, literal()).prop_map(|(comparison, it)| Verb::Compare(comparison, it)),
        (text(), any::<bool>()).prop_map(|(pattern, negated)| Verb::Glob {
            wildcard: Wildcard::glob(&pattern),
            pattern,
            negated
        }),
        (text(), any::<bool>(), any::<bool>()).prop_map(|(pattern, ignore_case, negated)| {
            let wildcard = Wildcard::like(&pattern, ignore_case);
            Verb::Like { pattern, wildcard, ignore_case, negated }
        }),
        (literal(), any::<bool>())
            .prop_map(|(literal, negated)| Verb::Contains { literal, negated }),
        (prop::collection::vec(literal(), 1..4), any::<bool>())
            .prop_map(|(literals, negated)| Verb::In { literals, negated }),
        any::<bool>().prop_map(|negated| Verb::IsNull { negated }),
    ];
    // Literals mean something else beside attributes: those are tested by hand.
    (key(), verb).prop_map(|(key, verb)| match (&key, &verb) {
        (Key::Attribute(Attribute::Status), Verb::Compare(..) | Verb::In { .. }) => {
            Test { key: Key::Of(Group::Tag, "status".into()), verb, at: 0 }
        }
        _ => Test { key, verb, at: 0 },
    })
}

fn expression() -> impl Strategy<Value = Expression> {
    test().prop_map(Expression::Test).prop_recursive(4, 24, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            several().prop_map(Expression::And),
            several().prop_map(Expression::Or),
            inner.clone().prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(expression in expression()) {
        let text = expression.to_string();
        let read = Query::parse(&text, now());
        let read = read.map(|query| placeless(query.expression)).map_err(|error| error.to_string());
        prop_assert_eq!(read, Ok(expression), "{}", text);
    }

    #[test]
    fn keys_read_the_same(key in key()) {
        prop_assert_eq!(Key::parse(&key.to_string()), Ok(key));
    }

    #[test]
    fn nothing_makes_it_panic(
        text in prop_oneof![
            any::<String>(),
            "([a-z.'\"`()=<>!~, ]|and|or|not|in|is|null|metrics[.]|status|started){0,20}",
        ]
    ) {
        if let Ok(query) = Query::parse(&text, now()) {
            let again = Query::parse(&query.expression.to_string(), now());
            prop_assert_eq!(again.map(|again| placeless(again.expression)), Ok(placeless(query.expression)));
        }
        let _ = Key::parse(&text);
    }
}

#[test]
fn filters_of_mlflow_are_read() {
    for (text, expected) in [
        ("metrics.acc > 0.9 AND params.lr = '0.1'", "metrics.acc > 0.9 and params.lr = 0.1"),
        ("metrics.`val acc` >= 1e-3", "metrics.`val acc` >= 1e-3"),
        ("params.\"model/name\" != \"a b\"", "params.model/name != 'a b'"),
        ("tags.mlflow.source.name LIKE '%train%'", "tags.mlflow.source.name like '%train%'"),
        ("tag.team ILIKE 'Vision_'", "tags.team ilike 'Vision_'"),
        ("attributes.status = 'FINISHED'", "status = FINISHED"),
        ("attributes.run_id IN ('abc', 'def')", "id in (abc, def)"),
        ("attribute.start_time >= 1664067852747", "started >= 1664067852747"),
        ("run_name = 'it''s'", "name = 'it''s'"),
        ("params.x IS NOT NULL and tags.y is null", "params.x is not null and tags.y is null"),
    ] {
        assert_eq!(printed(text), expected, "{text}");
    }
}

#[test]
fn words_bind_as_everywhere() {
    for (text, expected) in [
        ("a or b and c", "a or (b and c)"),
        ("(a or b) and c", "(a or b) and c"),
        ("not a and b", "not a and b"),
        ("not (a and b)", "not (a and b)"),
        ("((a))", "a"),
        ("NOT NOT dirty", "not not dirty"),
        ("a not in (1,2) and b !~ x*", "a not in (1, 2) and b !~ 'x*'"),
    ] {
        assert_eq!(printed(text), expected, "{text}");
    }
}

#[test]
fn errors_point_at_their_place() {
    assert_snapshot!(error("metrics.acc > and x"), @r"
    expected a value after `>`
      metrics.acc > and x
                    ^
    ");
    assert_snapshot!(error("metrics.acc 0.9"), @r"
    expected one of `=`, `!=`, `<`, `<=`, `>`, `>=`, `~`, `like`, `ilike`, `contains`, `in`, `is`
      metrics.acc 0.9
                  ^
    ");
    assert_snapshot!(error("(status = failed"), @r"
    expected `and`, `or` or `)`
      (status = failed
                      ^
    ");
    assert_snapshot!(error("duration > soon"), @r"
    expected a duration such as `90`, `10m` or `1h30m`
      duration > soon
                 ^
    ");
    assert_snapshot!(error("params.lr = null"), @r"
    for what is absent, write `is null` or `is not null`
      params.lr = null
                  ^
    ");
    assert_snapshot!(error("name = 'x"), @r"
    the ' is not closed
      name = 'x
             ^
    ");
    assert_snapshot!(error("ä\u{1b}! = 3"), @r"
    this character needs quotes around it
      ä\u{1b}! = 3
       ^
    ");
    assert_snapshot!(error("attributes.colour = red"), @r"
    there is no such attribute; the attributes are id, name, kind, stage, status, how, branch, commit, user, host, command, note, error, started, ended, duration, cpu, memory, order, exit_code, dirty
      attributes.colour = red
      ^
    ");
    for text in
        ["", "metrics.", "not", "a =", "a in 3", "a in (", "a is 3", "a not = 3", "a b", "= 3", ")"]
    {
        assert!(Query::parse(text, now()).is_err(), "{text}");
    }
}

#[test]
fn length_and_depth_are_bounded() {
    assert!(error(&"(".repeat(65)).contains("nest"));
    assert!(error(&"not ".repeat(10_000)).contains("longer"));
    assert!(error(&"not ".repeat(4000)).contains("nest"));
    let long = vec!["a = 1"; 1000].join(" and ");
    assert!(Query::parse(&long, now()).is_ok());
}
