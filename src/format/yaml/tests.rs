//! Trees of whole documents.

use proptest::prelude::*;

use super::*;

/// The value in flow style.
fn read(text: &str) -> String {
    emit::flow(&parse(text).expect(text).value())
}

fn refused(text: &str) -> String {
    let Problem { mark, message } = parse(text).expect_err(text);
    format!("{}:{}: {message}", mark.line, mark.column)
}

#[test]
fn marks_are_lines_and_characters_from_1() {
    let tree = parse("a: é\n# c\nstages:\n  - {é: x, b: [1]}\n").expect("valid");
    let at = |node: &Node| (node.mark.line, node.mark.column);
    assert_eq!(at(tree.get("a").expect("a")), (1, 4));
    let [item] = tree.get("stages").and_then(Node::as_list).expect("a list") else {
        panic!("one item");
    };
    let (key, value) = &item.as_map().expect("a map")[1];
    assert_eq!((key.name.as_str(), key.mark), ("b", Mark { line: 4, column: 12 }));
    assert_eq!(at(value), (4, 15));
    assert_eq!(at(&value.as_list().expect("a list")[0]), (4, 16));
}

#[test]
fn scalars_keep_their_text() {
    let tree = parse("- 0x1f\n- '0x1f'\n- |\n  a\n- null\n- plain").expect("valid");
    let scalars = tree.as_list().expect("a list").iter().map(|node| {
        let scalar = node.as_scalar().expect("a scalar");
        (scalar.text(), scalar.plain, node.kind())
    });
    assert_eq!(
        scalars.collect::<Vec<_>>(),
        [
            ("0x1f", true, "an integer"),
            ("0x1f", false, "a string"),
            ("a\n", false, "a string"),
            ("null", true, "null"),
            ("plain", true, "a string"),
        ]
    );
}

#[test]
fn documents_of_all_shapes_are_read() {
    for (text, expected) in [
        ("", "null"),
        ("# only this\n", "null"),
        ("---\n...\n", "null"),
        ("\u{feff}a: 1\r\nb:\r\n  - x\r\n", "{a: 1, b: [x]}"),
        ("%YAML 1.2\n---\na: yes\n", r#"{a: "yes"}"#),
        (
            "1: a\n0x2: b\n1.50: c\n~: d\nTrue: e\n",
            r#"{"1": a, "2": b, "1.5": c, "null": d, "true": e}"#,
        ),
        ("a: &x [1, {b: 2}]\nc: *x\n", "{a: [1, {b: 2}], c: [1, {b: 2}]}"),
        ("a: !!str 1\nb: !!int '3'\nc: !!float 1\nd: ! 1\n", r#"{a: "1", b: 3, c: 1.0, d: "1"}"#),
        ("a: !!seq [1]\nb: !!map {}\n", "{a: [1], b: {}}"),
        (r#""a\u00e9\n": '<<'"#, r#"{"aé\n": "<<"}"#),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn merge_keys_bring_what_is_not_there() {
    for (text, expected) in [
        ("a: &a {x: 1, k: 2}\nb: {z: 3, k: 5, <<: *a}", "{a: {x: 1, k: 2}, b: {x: 1, z: 3, k: 5}}"),
        ("a: &a {x: 1}\nb: {<<: [*a, {x: 7, w: 1}], z: 3}", "{a: {x: 1}, b: {x: 1, w: 1, z: 3}}"),
        ("a: &a {x: 1}\nb: &b {<<: *a, x: 2}\nc: {<<: *b}", "{a: {x: 1}, b: {x: 2}, c: {x: 2}}"),
        ("a: {'<<': 3}", r#"{a: {"<<": 3}}"#),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
    assert_eq!(refused("a: {<<: 3}"), "1:9: `<<` merges a map or a list of maps, not an integer");
    assert_eq!(refused("a: {<<: {}, <<: {}}"), "1:13: the merge key `<<` stands twice in this map");
}

#[test]
fn what_is_wrong_is_told_where_it_stands() {
    for (text, expected) in [
        ("a:\n  b: 1\n  c: 2\n  b: 3\n", "4:3: the key `b` stands twice in this map"),
        ("&k a: b\nc: *k\n*k : d", "3:1: the key `a` stands twice in this map"),
        ("a: [1,\n\n", "1:7: expected a value"),
        ("a: *nothing", "1:4: no anchor of this name stands above"),
        ("a: b: c", "1:5: a `:` cannot stand here; put a value that has one in quotes"),
        ("a: 1\n b: 2\n", "2:3: a `:` cannot stand here; put a value that has one in quotes"),
        (
            "a:\n  b: 1\n c: 2\n",
            "3:2: this does not continue what stands above it; check the indentation",
        ),
        ("- a\nb: 1\n", "2:1: this does not continue what stands above it; check the indentation"),
        ("a: 1\nbc\nd: 1\n", "3:1: expected a `:` before this"),
        ("1: a\n'1': b\n", "2:1: the key `1` stands twice in this map"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document begins here; only one is read"),
        ("%YAML 1.1\n---\na: yes\n", "1:1: only YAML 1.2 is read, not `1.1`"),
        ("a: !x 1", "1:4: the tag `!x` means nothing here"),
        ("a: !!set {b, c}", "1:4: the tag `!!set` means nothing here"),
        ("a: !!int x", "1:4: `x` is not what its tag `!!int` says"),
        ("a: !!map [1]", "1:4: the tag `!!map` does not fit what it stands before"),
        ("[a, b]: c", "1:1: a key must be a scalar, not a list or a map"),
        ("a: &x [*x]", "1:8: this alias is part of what it stands for"),
        (
            "a: 999999999999999999999999999999999999999",
            "1:4: this integer takes more than 128 bits",
        ),
    ] {
        assert_eq!(refused(text), expected, "{text:?}");
    }
    for text in ["a: [", "a: 'x", "@a", "{a: b"] {
        assert!(parse(text).is_err(), "{text:?}");
    }
}

#[test]
fn lines_of_flow_collections_and_strings_need_no_indentation() {
    for (text, expected) in [
        ("a: [\n1,\n{b: 2}\n]\nc: 3\n", "{a: [1, {b: 2}], c: 3}"),
        ("- b: {\n  x: 1,\n  z: [\n  2]\n  }\n", "[{b: {x: 1, z: [2]}}]"),
        (
            "a:\n  b: \"x\n  # z\n\n\\\n  w\"\n  c: 'x\n\n\ny'\n",
            "{a: {b: \"x # z\\nw\", c: \"x\\n\\ny\"}}",
        ),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
    let tree = parse("a: [\n[1], {b: é, c: 2}]\nd: 1\n").expect("valid");
    let item = &tree.get("a").and_then(Node::as_list).expect("a list")[1];
    assert_eq!(item.mark, Mark { line: 2, column: 6 });
    assert_eq!(item.get("c").expect("c").mark, Mark { line: 2, column: 16 });
    assert_eq!(refused("a: [\n1, {b: 1, b: 2}]\n"), "2:11: the key `b` stands twice in this map");
    let deep = (0..100).map(|depth| format!("{}k:\n", " ".repeat(4 * depth))).collect::<String>();
    let deep = format!("{deep}{}k: [\n1]\n", " ".repeat(400));
    assert!(refused(&deep).ends_with("indented more than the key above it"));
    let many = format!("a: [\n{}]\n", "1,\n".repeat(300_000));
    assert!(refused(&many).ends_with("indented more than the key above it"));
}

#[test]
fn nesting_is_bounded_with_aliases_written_out() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert!(refused(&nested(MAX_DEPTH + 2)).contains("more than 128 deep"));
    let mut chain = "- &a0 [x]\n".to_owned();
    for level in 1..200 {
        chain += &format!("- &a{level} [*a{}]\n", level - 1);
    }
    assert!(refused(&chain).contains("more than 128 deep"));
}

#[test]
fn aliases_of_aliases_are_bounded() {
    let mut bomb = "- &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb += &format!("- &a{level} [{below}]\n");
    }
    assert!(refused(&bomb).contains("too much in one file"));
    let long = format!("- &a {}\n{}", "x".repeat(1 << 20), "- *a\n".repeat(1000));
    assert!(refused(&long).contains("too much in one file"));
}

/// Documents that are often right.
fn any_tokens() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "a",
        "- ",
        ": ",
        "? ",
        ", ",
        "[",
        "]",
        "{",
        "}",
        "\n",
        "\n  ",
        "&a ",
        "*a",
        "<<: ",
        "|\n",
        ">-\n",
        "'",
        "\"",
        "\\",
        "#",
        " ",
        "\t",
        "!!str ",
        "!x ",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "1e3",
        "~",
        "é",
    ]);
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text: String, tokens in any_tokens()) {
        for text in [text, tokens] {
            if let Ok(tree) = parse(&text) {
                let value = tree.value();
                prop_assert_eq!(from_node::<Value>(&tree), Ok(value.clone()));
                prop_assert_eq!(tree.into_value(), value);
            }
        }
    }
}
