//! Several checks together: what is corrected and what is withheld, which settings count, and what is told
//! of both.

use insta::assert_snapshot;

use crate::common::TestEnv;

const NOTHING: [&str; 0] = [];
/// A notebook with an output.
const NOTEBOOK: &str = r#"{"cells": [{"cell_type": "code", "execution_count": null, "metadata": {},
"outputs": [{"output_type": "stream", "name": "stdout", "text": ["1"]}], "source": ["print(1)"]}],
"metadata": {}, "nbformat": 4, "nbformat_minor": 5}
"#;

/// A repository whose hook checks each commit, and nothing on PATH but what tests need.
fn repository() -> TestEnv {
    let mut env = TestEnv::new();
    let bin = env.root().join("bin");
    std::fs::create_dir(&bin).unwrap();
    for name in ["git", "sh"] {
        std::os::unix::fs::symlink(which::which(name).unwrap(), bin.join(name)).unwrap();
    }
    let own = std::path::Path::new(crate::common::BINARY).parent().unwrap();
    env.set("PATH", std::env::join_paths([own, &bin]).unwrap().to_str().unwrap());
    env.git(["commit", "--quiet", "--allow-empty", "-m", "first"]).success();
    env.write(".git/hooks/pre-commit", "#!/bin/sh\nexec git mldata hook pre-commit\n");
    env.chmod(".git/hooks/pre-commit", 0o755);
    env
}

/// Like [`repository`], with the real tools in the active virtual environment.
#[expect(clippy::disallowed_methods, reason = "how tests are told where Python's tools are")]
fn with_tools(test: &str) -> Option<TestEnv> {
    let Some(tools) = std::env::var_os("GITML_PYENV") else {
        crate::common::skip(test, "GITML_PYENV names no virtual environment");
        return None;
    };
    let mut env = repository();
    env.set("VIRTUAL_ENV", tools.to_str().unwrap());
    Some(env)
}

fn stage(env: &TestEnv, files: &[(&str, &str)]) {
    for (path, text) in files {
        env.write(path, text);
        env.git(["add", path]).success();
    }
}

fn staged(env: &TestEnv, path: &str) -> String {
    env.git(["show", &format!(":{path}")]).success().stdout_text()
}

#[test]
fn what_is_withheld_moves_no_line() {
    let Some(env) = with_tools("what_is_withheld_moves_no_line") else { return };
    const TEXT: &str = "x = {  'a':1,\n'b':2 }\n\nprint(nope)\n";
    env.git(["config", "mlhook.format.mode", "fix"]).success();
    stage(&env, &[("pyproject.toml", "[tool.black]\n[tool.ruff]\n"), ("m.py", TEXT)]);
    let told = env.git(["commit", "--quiet", "-m", "m"]).code(1).stderr_text();
    assert!(told.contains("m.py:4:7: F821 "), "{told}");
    assert!(told.contains("m.py:1: format would be reformatted by black\n"), "{told}");
    assert!(told.contains("1 file would have been fixed: nothing was, because of"), "{told}");
    assert_eq!((staged(&env, "m.py"), env.read_text("m.py")), (TEXT.into(), TEXT.into()));
    // With the error gone, the correction is made.
    stage(&env, &[("m.py", &TEXT.replace("nope", "x"))]);
    env.git(["commit", "--quiet", "-m", "m"]).success();
    assert_eq!(staged(&env, "m.py"), "x = {\"a\": 1, \"b\": 2}\n\nprint(x)\n");
}

#[test]
fn only_a_corrected_text_that_fails_stops_a_commit_too() {
    let Some(env) = with_tools("only_a_corrected_text_that_fails") else { return };
    // Black joins the lines to one that is too long for ruff.
    let text = "x = [\n    111,\n    222\n]\n";
    let config = "[tool.black]\nskip-magic-trailing-comma = true\n[tool.ruff]\nline-length = 12\n\
                  [tool.ruff.lint]\nselect = ['E501']\n";
    stage(&env, &[("pyproject.toml", config), ("m.py", text)]);
    env.git(["config", "mlhook.format.mode", "fix"]).success();
    env.git(["config", "mlhook.format.format", "warn"]).success();
    let told = env.git(["commit", "--quiet", "-m", "m"]).code(1).stderr_text();
    assert!(told.contains("because the corrected texts would not have passed"), "{told}");
    assert_eq!(staged(&env, "m.py"), text);
}

#[test]
fn who_asks_for_corrections_gets_what_can_be_corrected() {
    let Some(env) = with_tools("who_asks_for_corrections") else { return };
    stage(
        &env,
        &[
            ("ruff.toml", ""),
            ("m.py", "import os\n\nprint(nope)\n"),
            ("n.py", "import os\nx = 1\n"),
        ],
    );
    let told = env.mlhook("lint", ["--fix"]).code(1);
    // Where it is in the text that there is now.
    assert!(told.stdout_text().starts_with("m.py:1:7: F821 "), "{told}");
    assert_eq!(told.stdout_text().lines().count(), 1, "{told}");
    for (path, text) in [("m.py", "print(nope)\n"), ("n.py", "x = 1\n")] {
        assert_eq!((staged(&env, path), env.read_text(path)), (text.into(), text.into()));
    }
    // Once more, there is only what cannot be corrected.
    env.mlhook("lint", ["--fix"]).code(1);
}

#[test]
fn a_notebook_that_is_broken_keeps_no_other_from_being_stripped() {
    let env = repository();
    stage(&env, &[("a.ipynb", "{"), ("b.ipynb", NOTEBOOK)]);
    // Not in a hook: a commit that is stopped changes nothing, and tells of the texts that there are.
    env.git(["config", "mlhook.notebooks.mode", "fix"]).success();
    let told = env.git(["commit", "--quiet", "-m", "n"]).code(1).stderr_text();
    assert!(told.contains("a.ipynb:1: notebook-broken"), "{told}");
    assert!(told.contains("b.ipynb:2: notebook-output 1 cell has outputs"), "{told}");
    assert_eq!(staged(&env, "b.ipynb"), NOTEBOOK);
    let told = env.mlhook("notebooks", ["--fix"]).code(1);
    assert!(told.stdout_text().starts_with("a.ipynb:1: notebook-broken"), "{told}");
    assert!(told.stderr_text().contains("fixed `b.ipynb`"), "{told}");
    assert!(staged(&env, "b.ipynb").contains("\"outputs\": []"));
}

#[test]
fn a_hook_sees_paths_from_where_git_was_started() {
    let mut env = repository();
    env.git(["config", "mlhook.data.limit", "10"]).success();
    std::fs::create_dir(env.dir().join("s")).unwrap();
    stage(&env, &[("s/big", "a dozen or more")]);
    let direct = |env: &TestEnv| env.git(["mldata", "hook", "pre-commit"]).code(1).stderr_text();
    assert!(direct(&env).contains("git rm -q --cached s/big"), "{}", direct(&env));
    env.set("GIT_PREFIX", "../nonsense/");
    assert!(direct(&env).contains("git rm -q --cached s/big"), "{}", direct(&env));
    env.unset("GIT_PREFIX");
    env.cd("repo/s");
    let told = env.git(["commit", "--quiet", "-m", "big"]).code(1).stderr_text();
    assert!(told.contains("\nbig: big-file ") || told.starts_with("big: big-file "), "{told}");
    assert!(told.contains("git rm -q --cached big "), "{told}");
    assert!(!told.contains("s/big"), "{told}");
}

#[test]
fn settings_are_those_of_what_is_checked() {
    let env = repository();
    let limit = |limit: u32| format!("[mlhook \"data\"]\n    limit = {limit}\n");
    stage(&env, &[("f", "a dozen or more"), (".mldataconfig", &limit(10))]);
    // Not those that are not staged.
    env.write(".mldataconfig", limit(9000));
    env.mlhook("data", ["f"]).code(1);
    env.mlhook("data", ["--worktree", "f"]).success();
    env.git(["commit", "--quiet", "--no-verify", "-m", "strict"]).success();
    env.git(["add", ".mldataconfig"]).success();
    env.mlhook("data", ["--all"]).success();
    env.mlhook("data", ["--from-ref", "HEAD~"]).code(1);
    env.git(["rm", "--quiet", "--cached", ".mldataconfig"]).success();
    env.write(".mldataconfig", limit(10));
    env.mlhook("data", ["--all"]).success();
}

#[test]
fn a_setting_that_means_nothing_is_told_with_its_file() {
    let env = repository();
    stage(&env, &[("f", ""), (".mldataconfig", "[mlhook \"data\"]\n    big-file = maybe\n")]);
    let told = env.mlhook("data", NOTHING).code(3).stderr_text();
    assert!(told.contains("`mlhook.data.big-file` is `maybe`"), "{told}");
    assert!(told.contains("hint: it is set in `.mldataconfig`"), "{told}");
    env.git(["config", "mlhook.data.big-file", "perhaps"]).success();
    let told = env.mlhook("data", NOTHING).code(3).stderr_text();
    assert!(told.contains("git config --show-origin --get-all mlhook.data.big-file"), "{told}");
    env.git(["config", "mlhook.data.big-file", "warn"]).success();

    let slips = "[mlhook \"data\"]\n    big-fil = off\n    big-fil = warn\n    Total-Limit = 5m\n\
                 [mlhook \"formt\"]\n    mode = fix\n[mlhook \"lint\"]\n    F401 = off\n    unused = off\n";
    stage(&env, &[(".mldataconfig", slips)]);
    assert_snapshot!(env.mldata(["hook", "pre-commit"]), @"
    [stderr]
    warning: `.mldataconfig` sets `mlhook.data.big-fil`, which means nothing here
    warning: `.mldataconfig` sets `mlhook.formt.mode`, which means nothing here
    warning: `.mldataconfig` sets `mlhook.lint.unused`, which means nothing here
    [ok]
    ");
    let json = env.mlhook("data", ["--json"]).json();
    assert_eq!(json["unknown_settings"].as_array().unwrap().len(), 2, "{json}");
}

#[test]
fn paths_are_excluded_as_git_ignores_them() {
    let env = repository();
    env.git(["config", "mlhook.data.limit", "10"]).success();
    std::fs::create_dir(env.dir().join("sub")).unwrap();
    for path in ["big", "sub/big"] {
        stage(&env, &[(path, "a dozen or more")]);
    }
    for (pattern, found) in [
        ("/big", "sub/big:"),
        ("./big", "sub/big:"),
        ("sub/", "big:"),
        ("big", ""),
        ("sub/*", "big:"),
    ] {
        env.git(["config", "mlhook.data.exclude", pattern]).success();
        let told = env.mlhook("data", NOTHING).stdout_text();
        let places: Vec<&str> = told.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(places.join(" "), found, "{pattern}: {told}");
    }
    env.git(["config", "mlhook.data.exclude", "!big"]).success();
    assert!(env.mlhook("data", NOTHING).code(3).stderr_text().contains("without `!`"));
}

#[test]
fn a_missing_tool_is_told_once() {
    let env = repository();
    stage(&env, &[("ruff.toml", ""), ("a.py", "x = 1\n")]);
    assert_snapshot!(env.mldata(["hook", "pre-commit"]), @"
    [stderr]
    warning: `ruff` is not installed: nothing was checked by it
    hint: install it: `python3 -m pip install ruff`
    [ok]
    ");
}

#[test]
fn hints_can_be_typed() {
    let env = repository();
    env.git(["config", "mlhook.data.limit", "10"]).success();
    for number in 0..5 {
        stage(&env, &[(&format!("f{number}"), "a dozen or more")]);
    }
    stage(&env, &[("merged", "<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs\n")]);
    let told = env.mldata(["hook", "pre-commit"]).code(1).stderr_text();
    assert!(
        told.contains("and 3 more like it for `big-file`: `mlhook-data --json` has all"),
        "{told}"
    );
    assert!(told.contains("`mldata: allow-conflict-marker`"), "{told}");
    for check in ["format", "lint", "notebooks", "data"] {
        let help = env.mlhook(check, ["--help"]).success().stdout_text();
        assert!(help.contains(&format!("Examples:\n  mlhook-{check} ")), "{help}");
    }
}

#[test]
fn notebooks_that_no_tool_reads_are_counted() {
    let env = repository();
    stage(&env, &[("pyproject.toml", "[tool.black]\n"), ("a.ipynb", NOTEBOOK)]);
    assert_snapshot!(env.mlhook("format", NOTHING), @"
    [stderr]
    1 notebook passed over: of the tools, only ruff reads notebooks
    no files to check
    [ok]
    ");
    env.git(["config", "mlhook.notebooks.enabled", "false"]).success();
    assert_snapshot!(env.mldata(["hook", "pre-commit"]), @"[ok]");
}

#[test]
fn a_commit_of_some_files_is_corrected_whatever_becomes_of_the_other_index() {
    let mut env = repository();
    env.git(["config", "mlhook.notebooks.mode", "fix"]).success();
    stage(&env, &[("a.ipynb", NOTEBOOK)]);
    env.set("MLDATA_FAILPOINTS", "apply.behind=error");
    let told = env.git(["commit", "--quiet", "-m", "n", "a.ipynb"]).success().stderr_text();
    assert!(
        told.contains("the commit has what was fixed, the index that it leaves has not"),
        "{told}"
    );
    let committed = env.git(["show", "HEAD:a.ipynb"]).success().stdout_text();
    assert!(committed.contains("\"outputs\": []"), "{committed}");
    assert_eq!(staged(&env, "a.ipynb"), NOTEBOOK);
}
