use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn plan(notebook: &[&str], cell: &[&str]) -> Plan {
    let owned = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect();
    Plan { kinds: [true; 4], notebook_keys: owned(notebook), cell_keys: owned(cell) }
}

fn strip(text: &str, plan: &Plan) -> String {
    String::from_utf8(find(text, plan).expect("a notebook").apply(text)).expect("still UTF-8")
}

const NOTEBOOK: &str = r##"{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": 12,
   "id": "a1",
   "metadata": {},
   "outputs": [
    {
     "name": "stdout",
     "output_type": "stream",
     "text": ["[]\n", "\"outputs\": [1]\n"]
    }
   ],
   "source": ["1e400\u00e9"]
  },
  {
   "cell_type":"code", "execution_count" :null, "metadata": {"tags": ["x", "keep_output"]},
   "outputs": [{"output_type": "execute_result", "execution_count": 3, "data": {}}],
   "source": "x = 1"
  },
  {"cell_type": "markdown", "metadata": {}, "source": ["# \"outputs\": [1]"]}
 ],
 "metadata": {
  "kernelspec": {"name": "python3"},
  "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {"a": [1, 2]}}},
  "language_info": {"name": "python", "version": "3.12.1"}
 },
 "nbformat": 4, "nbformat_minor": 5
}
"##;

#[test]
fn only_what_running_left_goes() {
    let expected = NOTEBOOK
        .replacen("\"execution_count\": 12", "\"execution_count\": null", 1)
        .replacen("\"execution_count\": 3", "\"execution_count\": null", 1);
    let (start, end) = (expected.find("[\n    {\n").unwrap(), expected.find("\n   ],\n").unwrap());
    let expected = expected[..start].to_owned() + "[]" + &expected[end + "\n   ]".len()..];
    let widgets = expected.find(",\n  \"widgets\"").unwrap();
    let rest = expected.find(",\n  \"language_info\"").unwrap();
    let expected = expected[..widgets].to_owned() + &expected[rest..];
    assert_eq!(strip(NOTEBOOK, &plan(&[], &[])), expected);

    let found = find(NOTEBOOK, &plan(&[], &[])).unwrap();
    let counts = Kind::ALL.map(|kind| found.found(kind).count);
    assert_eq!(counts, [1, 2, 1, 0]);
    assert_eq!(found.found(Kind::Counts).first, NOTEBOOK.find("12").unwrap());

    // A byte order mark and other line ends are somebody's choice too.
    let odd = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    assert_eq!(strip(&odd(NOTEBOOK), &plan(&[], &[])), odd(&expected));
}

#[test]
fn what_is_not_wanted_stays() {
    for kind in Kind::ALL {
        let mut plan = plan(&["kernelspec"], &[]);
        plan.kinds[kind as usize] = false;
        let again = find(&strip(NOTEBOOK, &plan), &self::plan(&["kernelspec"], &[])).unwrap();
        for other in Kind::ALL {
            assert_eq!(again.found(other).count > 0, kind == other, "{kind:?}, {other:?}");
        }
    }
}

#[test]
fn members_go_with_one_comma() {
    let of = |text: &str, keys: &[&str]| {
        let notebook = format!("{{\"metadata\": {text}}}");
        let stripped = strip(&notebook, &plan(keys, &[]));
        stripped["{\"metadata\": ".len()..stripped.len() - 1].to_owned()
    };
    let text = "{ \"a\": 1,\n \"b\": {\"c\": 2, \"d\" : {\"e\": 3}} ,\n\"f\":4 }";
    for (keys, expected) in [
        (&["a"][..], "{ \"b\": {\"c\": 2, \"d\" : {\"e\": 3}} ,\n\"f\":4 }"),
        (&["b"], "{ \"a\": 1 ,\n\"f\":4 }"),
        (&["f"], "{ \"a\": 1,\n \"b\": {\"c\": 2, \"d\" : {\"e\": 3}} }"),
        (&["a", "b"], "{ \"f\":4 }"),
        (&["b", "f"], "{ \"a\": 1 }"),
        (&["a", "f"], "{ \"b\": {\"c\": 2, \"d\" : {\"e\": 3}} }"),
        (&["f", "b", "a"], "{}"),
        (&["b.c"], "{ \"a\": 1,\n \"b\": {\"d\" : {\"e\": 3}} ,\n\"f\":4 }"),
        (&["b.d.e", "a"], "{ \"b\": {\"c\": 2, \"d\" : {}} ,\n\"f\":4 }"),
        (&["b.c", "b.d"], "{ \"a\": 1,\n \"b\": {} ,\n\"f\":4 }"),
        (&["b.x", "c", "a.b"], text),
    ] {
        assert_eq!(of(text, keys), expected, "{keys:?}");
    }
    assert_eq!(of("{\"x.y\": {\"z\": 1}, \"x\": {\"y\": 2}}", &["x.y.z"]), {
        "{\"x.y\": {}, \"x\": {\"y\": 2}}"
    });
    assert_eq!(of("{ }", &["a"]), "{ }");
}

#[test]
fn cells_say_whether_they_keep_their_outputs() {
    let kept = |notebook: &str, cell: &str| {
        // The notebook's own metadata come last, as Jupyter writes them.
        let text = format!(
            "{{\"cells\": [{{\"outputs\": [1], \"metadata\": {cell}}}], \"metadata\": {notebook}}}"
        );
        find(&text, &plan(&[], &[])).unwrap().is_clean()
    };
    for (notebook, cell, expected) in [
        ("{}", "{}", false),
        ("{}", "{\"keep_output\": true}", true),
        ("{}", "{\"init_cell\": true}", true),
        ("{}", "{\"tags\": [\"a\", \"keep_output\"]}", true),
        ("{}", "{\"tags\": [\"keep\"], \"keep_output\": 0}", false),
        ("{}", "{\"tags\": \"keep_output\"}", false),
        ("{\"keep_output\": true}", "{}", true),
        ("{\"keep_output\": true}", "{\"keep_output\": false}", false),
        ("{\"keep_output\": true}", "{\"init_cell\": false}", false),
        ("{\"keep_output\": false}", "{\"keep_output\": false, \"init_cell\": true}", true),
    ] {
        assert_eq!(kept(notebook, cell), expected, "{notebook} {cell}");
    }
}

#[test]
fn notebooks_of_old_have_worksheets() {
    let text = "{\"worksheets\": [{\"cells\": [{\"prompt_number\": 1, \"outputs\": [{}]}]}]}";
    let expected = "{\"worksheets\": [{\"cells\": [{\"prompt_number\": null, \"outputs\": []}]}]}";
    assert_eq!(strip(text, &plan(&[], &[])), expected);
}

#[test]
fn what_is_no_notebook_is_told() {
    for (text, message) in [
        ("", "expected an object"),
        ("[]", "expected an object"),
        ("{\"cells\": {}}", "expected an array"),
        ("{\"cells\": [[]]}", "expected an object"),
        ("{\"cells\": [{\"outputs\": null}]}", "`outputs` is no array"),
        ("{\"cells\": [{\"outputs\": [1]}, {\"outputs\": [2}]}", "expected `,` or `]`"),
        ("{\"cells\": [], \"cells\": []}", "a key stands twice in one object"),
        (
            "{\"cells\": [{\"outputs\": [], \"output\\u0073\": []}]}",
            "a key stands twice in one object",
        ),
        ("{\"cells\": []}\n<<<<<<< HEAD\n", "expected the end of the file"),
    ] {
        assert_eq!(find(text, &plan(&[], &[])).unwrap_err().message, message, "{text}");
    }
}

/// What is expected, on values instead of text.
fn reference(mut notebook: Value) -> Value {
    let truth = |metadata: &Value, key: &str| metadata.get(key).map(|value| value == &json!(true));
    let keeps_all = truth(&notebook["metadata"], "keep_output").unwrap_or(false);
    if let Some(metadata) = notebook["metadata"].as_object_mut() {
        metadata.remove("widgets");
    }
    for cell in notebook["cells"].as_array_mut().unwrap() {
        let metadata = &cell["metadata"];
        let is_tagged =
            metadata["tags"].as_array().is_some_and(|tags| tags.contains(&json!("keep_output")));
        let keeps = is_tagged || truth(metadata, "keep_output").unwrap_or(keeps_all);
        if let Some(metadata) = cell.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("timing");
        }
        if let Some(count) = cell.get_mut("execution_count") {
            *count = Value::Null;
        }
        if let Some(outputs) = cell.get_mut("outputs") {
            match keeps {
                false => *outputs = json!([]),
                true => outputs.as_array_mut().unwrap().iter_mut().for_each(|output| {
                    if let Some(count) = output.get_mut("execution_count") {
                        *count = Value::Null;
                    }
                }),
            }
        }
    }
    notebook
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[ -~é😀\\n\"\\\\]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let key = "[a-c\"\\\\é]{0,3}|outputs|execution_count|widgets";
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// An object with some of these members, in any order.
fn some_of(members: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let members: Vec<_> = (members.into_iter())
        .map(|(key, value)| proptest::option::weighted(0.7, value).prop_map(move |v| (key, v)))
        .collect();
    let object = |members: Vec<(&'static str, Option<Value>)>| {
        let there = members.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Value::Object(there.collect())
    };
    (members.prop_map(object)).boxed()
}

fn any_notebook() -> impl Strategy<Value = Value> {
    let tags = proptest::collection::vec("keep_output|a|b", 0..3).prop_map(Value::from).boxed();
    let truth = || any::<bool>().prop_map(Value::from).boxed();
    let output =
        some_of(vec![("data", any_value().boxed()), ("execution_count", any_value().boxed())]);
    let keep = || {
        proptest::option::weighted(0.3, truth())
            .prop_map(|keep| keep.map(|keep| ("keep_output", keep)))
    };
    let metadata = |members| {
        (some_of(members), keep()).prop_map(|(mut object, keep)| {
            let members = object.as_object_mut().unwrap();
            members.extend(keep.map(|(key, value)| (key.to_owned(), value)));
            object
        })
    };
    let cell = some_of(vec![
        ("outputs", proptest::collection::vec(output, 0..3).prop_map(Value::from).boxed()),
        ("execution_count", any_value().boxed()),
        (
            "metadata",
            metadata(vec![
                ("timing", any_value().boxed()),
                ("tags", tags),
                ("x", any_value().boxed()),
            ])
            .boxed(),
        ),
        ("source", any_value().boxed()),
    ]);
    let metadata = metadata(vec![("widgets", any_value().boxed()), ("a", any_value().boxed())]);
    (proptest::collection::vec(cell, 0..5), metadata, any_value()).prop_map(|(cells, metadata, other)| {
        json!({ "nbformat": 4, "cells": cells, "metadata": metadata, "other": other })
    })
}

/// Prints JSON as nobody would: members in another order, white space and escapes by chance.
struct Printer {
    state: u64,
    text: String,
}

impl Printer {
    fn chance(&mut self, of: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % of
    }

    fn space(&mut self) {
        let spaces = ["", "", " ", "\n", "\r\n\t", "  "];
        let chosen = self.chance(spaces.len() as u64) as usize;
        self.text.push_str(spaces[chosen]);
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match self.chance(4) {
                0 => c
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .for_each(|unit| self.text.push_str(&format!("\\u{unit:04X}"))),
                _ if c == '"' || c == '\\' => self.text.extend(['\\', c]),
                _ if c == '\n' => self.text.push_str("\\n"),
                _ => self.text.push(c),
            }
        }
        self.text.push('"');
    }

    fn value(&mut self, value: &Value) {
        self.space();
        match value {
            Value::Array(items) => {
                self.text.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.text.push_str(if at > 0 { "," } else { "" });
                    self.value(item);
                }
                self.space();
                self.text.push(']');
            }
            Value::Object(members) => self.object(members),
            Value::String(text) => self.string(text),
            _ => self.text.push_str(&value.to_string()),
        }
        self.space();
    }

    fn object(&mut self, members: &Map<String, Value>) {
        self.text.push('{');
        let mut order: Vec<_> = members.iter().map(|member| (self.chance(1000), member)).collect();
        order.sort_by_key(|(rank, _)| *rank);
        for (at, (_, (key, value))) in order.into_iter().enumerate() {
            self.text.push_str(if at > 0 { "," } else { "" });
            self.space();
            self.string(key);
            self.space();
            self.text.push(':');
            self.value(value);
        }
        self.space();
        self.text.push('}');
    }
}

proptest! {
    #[test]
    fn all_else_means_what_it_meant(notebook in any_notebook(), seed in 1_u64..) {
        let mut printer = Printer { state: seed, text: String::new() };
        printer.value(&notebook);
        let plan = plan(&[], &["timing"]);
        let stripped = strip(&printer.text, &plan);
        let parsed: Value = serde_json::from_str(&stripped).expect("still JSON");
        prop_assert_eq!(parsed, reference(notebook), "{}", stripped);
        prop_assert!(find(&stripped, &plan).expect("still a notebook").is_clean(), "{}", stripped);
    }

    #[test]
    fn no_text_is_too_odd(text in r#"\{"(cells|metadata)": ?[\[\]{},:"a1 -]{0,40}"#) {
        if let Ok(found) = find(&text, &plan(&[], &[])) {
            let stripped = String::from_utf8(found.apply(&text)).expect("UTF-8");
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
            prop_assert!(serde_json::from_str::<Value>(&stripped).is_ok());
        }
    }
}
