//! Notebooks are committed without what running them left, and with all else.

use insta::assert_snapshot;

use crate::common::TestEnv;
use crate::common::machine::python_tools;

const NOTHING: [&str; 0] = [];

/// As Jupyter writes it, but for the spaces, which are somebody's own.
const RAN: &str = r##"{
 "cells": [
  {
   "cell_type": "code", "execution_count": 7,
   "id": "5c3e",
   "metadata": {"ExecuteTime": {"end_time": "2026-01-01"}},
   "outputs": [
    {"name": "stdout", "output_type": "stream", "text": ["caf\u00e9 1e400\n"]}
   ],
   "source": ["print('caf\u00e9',   1e400)"]
  },
  {"cell_type": "markdown", "id": "77aa", "metadata": {}, "source": "# No outputs: []"}
 ],
 "metadata": {
  "kernelspec": {"display_name": "Python 3", "name": "python3"},
  "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {}}}
 },
 "nbformat": 4,
 "nbformat_minor": 5
}"##;

const STRIPPED: &str = r##"{
 "cells": [
  {
   "cell_type": "code", "execution_count": null,
   "id": "5c3e",
   "metadata": {"ExecuteTime": {"end_time": "2026-01-01"}},
   "outputs": [],
   "source": ["print('caf\u00e9',   1e400)"]
  },
  {"cell_type": "markdown", "id": "77aa", "metadata": {}, "source": "# No outputs: []"}
 ],
 "metadata": {
  "kernelspec": {"display_name": "Python 3", "name": "python3"}
 },
 "nbformat": 4,
 "nbformat_minor": 5
}"##;

fn staged(env: &TestEnv, path: &str) -> String {
    env.git(["show", &format!(":{path}")]).success().stdout_text()
}

/// An empty repository in which `path` is staged as `text`.
fn with(path: &str, text: impl AsRef<[u8]>) -> TestEnv {
    let env = TestEnv::new();
    env.write(path, text);
    env.git(["add", "--all"]).success();
    env
}

/// Lines of the findings.
fn found(env: &TestEnv) -> String {
    env.mlhook("notebooks", ["--check"]).stdout_text()
}

#[test]
fn what_is_staged_is_told_with_its_lines() {
    let env = with("a b.ipynb", RAN);
    // Only what is staged counts.
    env.write("a b.ipynb", STRIPPED);
    env.write("other.json", RAN);
    env.git(["add", "other.json"]).success();
    env.mlhook("notebooks", NOTHING).code(1);
    assert_snapshot!(found(&env), @r"
    a b.ipynb:4: notebook-count 1 execution count
    a b.ipynb:7: notebook-output 1 cell has outputs
    a b.ipynb:16: notebook-widgets the state of widgets
    ");
    let json = env.mlhook("notebooks", ["--json"]).code(1).json();
    let finding = &json["checks"][0]["findings"][1];
    assert_eq!((&finding["fixable"], &finding["line"]), (&true.into(), &7.into()));

    env.git(["add", "--all"]).success();
    env.mlhook("notebooks", NOTHING).success();
}

#[test]
fn all_else_stays_byte_for_byte() {
    for (before, after) in [
        (RAN.to_owned(), STRIPPED.to_owned()),
        (format!("{RAN}\n"), format!("{STRIPPED}\n")),
        (format!("\u{feff}{RAN}\n\n"), format!("\u{feff}{STRIPPED}\n\n")),
        (RAN.replace('\n', "\r\n"), STRIPPED.replace('\n', "\r\n")),
        (RAN.replace("\n ", "\n\t"), STRIPPED.replace("\n ", "\n\t")),
    ] {
        let env = with("nb.ipynb", &before);
        env.mlhook("notebooks", ["--fix"]).success();
        assert_eq!(staged(&env, "nb.ipynb"), after);
        assert_eq!(env.read_text("nb.ipynb"), after);
        env.mlhook("notebooks", ["--check"]).success();
    }
}

#[test]
fn a_notebook_that_has_nothing_to_strip_is_no_other_blob() {
    let env = with("nb.ipynb", STRIPPED.replace("\"outputs\": []", "\"outputs\" : [\n\n ]"));
    let before = env.git(["ls-files", "--stage"]).success().stdout_text();
    env.mlhook("notebooks", ["--fix"]).success();
    assert_eq!(env.git(["ls-files", "--stage"]).success().stdout_text(), before);
}

#[test]
fn cells_keep_outputs_that_are_meant() {
    for metadata in
        ["{\"tags\": [\"keep_output\"]}", "{\"init_cell\": true}", "{\"keep_output\": 1}"]
    {
        let kept = RAN.replace("{\"ExecuteTime\": {\"end_time\": \"2026-01-01\"}}", metadata);
        let env = with("nb.ipynb", kept);
        assert!(!found(&env).contains("notebook-output"), "{metadata}");
        env.mlhook("notebooks", ["--fix"]).success();
        let fixed = staged(&env, "nb.ipynb");
        assert!(fixed.contains("\"execution_count\": null") && fixed.contains("stdout"), "{fixed}");
    }
    let kept = RAN.replace("\"metadata\": {\n", "\"metadata\": {\n  \"keep_output\": true,\n");
    assert!(!found(&with("nb.ipynb", kept)).contains("notebook-output"));
}

#[test]
fn what_is_no_notebook_stops_the_commit_and_is_not_touched() {
    let deep = format!("{{\"cells\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (text, expected) in [
        (&b""[..], "nb.ipynb:1: notebook-broken expected an object\n"),
        (b"{\n\"cells\": [],}", "nb.ipynb:2: notebook-broken expected a string\n"),
        (b"{\n\n\"cells\": [\"\xff\"]}", "nb.ipynb:3: notebook-broken it is not UTF-8\n"),
        (
            b"{\"cells\": [],\n\"cells\": []}",
            "nb.ipynb:2: notebook-broken a key stands twice in one object\n",
        ),
        (deep.as_bytes(), "nb.ipynb:1: notebook-broken expected an object\n"),
    ] {
        let env = with("nb.ipynb", text);
        assert_eq!(found(&env), expected);
        env.mlhook("notebooks", ["--fix"]).code(1);
        assert_eq!(env.read("nb.ipynb"), text);
        assert_eq!(env.git_status(), "A  nb.ipynb\n");
    }
}

#[test]
fn settings_choose() {
    let env = with("nb.ipynb", RAN);
    let configured = |key: &str, value: &str| {
        env.git(["config", key, value]).success();
        let found = found(&env);
        env.git(["config", "--unset", key]).success();
        found
    };
    let rules = |found: String| {
        let words = found.lines().map(|line| line.split(' ').nth(1).unwrap().to_owned());
        words.collect::<Vec<_>>().join(" ")
    };
    let all = "notebook-count notebook-output notebook-widgets";
    assert_eq!(rules(found(&env)), all);
    assert_eq!(
        rules(configured("mlhook.notebooks.notebook-count", "off")),
        "notebook-output notebook-widgets"
    );
    assert_eq!(configured("mlhook.notebooks.exclude", "nb*"), "");
    assert_eq!(configured("mlhook.notebooks.exclude", "other/**").lines().count(), 3);
    assert_snapshot!(configured("mlhook.notebooks.limit", "500"), @"nb.ipynb: notebook-large 580 bytes in a notebook");
    let keys = "cell.metadata.ExecuteTime metadata.kernelspec.display_name";
    assert_eq!(
        rules(configured("mlhook.notebooks.strip-metadata", keys)),
        "notebook-count notebook-metadata notebook-output notebook-widgets"
    );

    env.git(["config", "mlhook.notebooks.strip-metadata", "kernelspec"]).success();
    assert_snapshot!(env.mlhook("notebooks", NOTHING).code(3).stderr_text(), @r"
    error: the setting `mlhook.notebooks.strip-metadata` is `kernelspec`: expected keys such as `metadata.NAME` or `cell.metadata.NAME`
    hint: see where it is set: `git config --show-origin --get-all mlhook.notebooks.strip-metadata`
    ");
    env.git(["config", "mlhook.notebooks.strip-metadata", keys]).success();
    env.mlhook("notebooks", ["--fix"]).success();
    let expected = STRIPPED
        .replace("{\"ExecuteTime\": {\"end_time\": \"2026-01-01\"}}", "{}")
        .replace("\"display_name\": \"Python 3\", ", "");
    assert_eq!(staged(&env, "nb.ipynb"), expected);
}

#[test]
fn the_hook_passes_over_what_is_switched_off() {
    let env = with("nb.ipynb", RAN);
    env.mldata(["hook", "pre-commit"]).code(1);
    env.git(["config", "mlhook.notebooks.enabled", "false"]).success();
    env.mldata(["hook", "pre-commit"]).success();
    env.git(["config", "mlhook.notebooks.enabled", "true"]).success();
    env.git(["config", "mlhook.notebooks.mode", "fix"]).success();
    env.mldata(["hook", "pre-commit"]).success();
    assert_eq!(staged(&env, "nb.ipynb"), STRIPPED);
}

/// Notebooks of both formats, written by `nbformat`.
const WRITE: &str = r##"
import nbformat
from nbformat import v3, v4
cells = [
    v4.new_markdown_cell("# Täst\n\nhello"),
    v4.new_code_cell("1 / 3\n", execution_count=3, outputs=[
        v4.new_output("execute_result", {"text/plain": "0.3", "text/html": "<b>\n\"x\"</b>"}, execution_count=3),
        v4.new_output("stream", name="stdout", text="a\nb\n"),
    ], metadata={"collapsed": True, "a": 1, "scrolled": False, "execution": {"iopub.status.busy": "2026"}}),
    v4.new_code_cell("plot()", execution_count=4, outputs=[
        v4.new_output("display_data", {"image/png": "aGVsbG8="}, metadata={"n": 1e-7}),
        v4.new_output("execute_result", {"text/plain": "4"}, execution_count=4),
    ], metadata={"tags": ["keep_output"]}),
    v4.new_code_cell(""),
]
metadata = {"kernelspec": {"name": "p", "display_name": "P"}, "widgets": {"state": {}}, "x": [1.5, 10**30, None]}
nbformat.write(v4.new_notebook(cells=cells, metadata=metadata), "four.ipynb")
nbformat.write(v4.new_notebook(cells=cells, metadata={"keep_output": True, **metadata}), "kept.ipynb")
nbformat.write(v4.new_notebook(), "empty.ipynb")
old = v3.new_notebook(worksheets=[v3.new_worksheet(cells=[
    v3.new_code_cell("print 1", prompt_number=2, outputs=[v3.new_output("stream", "1\n")]),
    v3.new_text_cell("markdown", "text"),
])])
open("three.ipynb", "w").write(v3.writes_json(old) + "\n")
"##;

/// What nbstripout strips from metadata by default.
const METADATA: &str = "cell.metadata.collapsed cell.metadata.ExecuteTime cell.metadata.execution \
                        cell.metadata.heading_collapsed cell.metadata.hidden cell.metadata.scrolled \
                        metadata.signature";

#[test]
fn notebooks_become_what_nbstripout_makes_of_them() {
    const TEST: &str = "notebooks_become_what_nbstripout_makes_of_them";
    let Some(programs) = python_tools(TEST, &["nbstripout"]) else { return };
    let env = TestEnv::new();
    env.write("write.py", WRITE);
    env.sh(&format!("{}/python write.py", programs.display())).success();
    env.git(["add", "*.ipynb"]).success();
    let names = ["four", "kept", "empty", "three"].map(|name| format!("{name}.ipynb"));
    let ran = names.each_ref().map(|name| env.read(name));
    env.git(["config", "mlhook.notebooks.strip-metadata", METADATA]).success();
    env.mlhook("notebooks", ["--fix"]).success();
    let ours = names.each_ref().map(|name| staged(&env, name));
    names.iter().zip(ran).for_each(|(name, bytes)| env.write(name, bytes));
    env.sh(&format!("{}/nbstripout --keep-id *.ipynb", programs.display())).success();
    for (name, ours) in names.iter().zip(ours) {
        assert_eq!(ours, env.read_text(name), "{name}");
        assert_eq!(ours.contains("aGVsbG8="), name == "four.ipynb" || name == "kept.ipynb");
    }
}
