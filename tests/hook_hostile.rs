//! Hostile repositories, and what goes wrong with the tools: checks run nothing that a clone brings, read
//! and write nothing outside of it, and come to an end.
//!
//! The real tools are those of the virtual environment that `GITML_PYENV` names.

#![allow(clippy::disallowed_methods, reason = "tests find tools by a variable")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::common::{Output, TestEnv};

const NOTHING: [&str; 0] = [];

/// A repository with what is staged in it.
fn staged(files: &[(&str, &str)]) -> TestEnv {
    let env = TestEnv::new();
    stage(&env, files);
    env
}

fn stage(env: &TestEnv, files: &[(&str, &str)]) {
    for (path, text) in files {
        std::fs::create_dir_all(env.dir().join(Path::new(path).parent().unwrap())).unwrap();
        env.write(path, text);
    }
    env.git(["add", "-A"]).success();
}

/// The same with the real tools, with `{root}` in the texts for a directory outside of the repository.
fn with_tools(test: &str, files: &[(&str, &str)]) -> Option<TestEnv> {
    let Some(tools) = std::env::var_os("GITML_PYENV") else {
        crate::common::skip(test, "GITML_PYENV names no virtual environment");
        return None;
    };
    let mut env = TestEnv::new();
    env.set("VIRTUAL_ENV", tools.to_str().unwrap());
    let root = env.root().display().to_string();
    let texts: Vec<_> =
        files.iter().map(|(path, text)| (*path, text.replace("{root}", &root))).collect();
    let texts: Vec<_> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
    stage(&env, &texts);
    Some(env)
}

/// What was said of tools, and the exit code.
fn tools(output: &Output) -> String {
    let report = output.json();
    let tools = report["checks"][0]["tools"].as_array().unwrap();
    let text =
        |tool: &serde_json::Value, key: &str| tool[key].as_str().unwrap_or_default().to_owned();
    let shown: Vec<_> = (tools.iter())
        .map(|tool| {
            format!("{} {}: {}", text(tool, "name"), text(tool, "state"), text(tool, "reason"))
        })
        .collect();
    shown.join("\n")
}

fn is_hook_tmp_empty(env: &TestEnv) -> bool {
    let entries = std::fs::read_dir(env.dir().join(".git/mldata/hook-tmp"));
    entries.into_iter().flatten().flatten().count() == 0
}

/// Puts a shell script in the place of a tool, in the active virtual environment. Returns the file that it
/// makes when it is started.
fn fake(env: &mut TestEnv, name: &str, script: &str) -> PathBuf {
    let environment = env.root().join("fake");
    let program = environment.join("bin").join(name);
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    let started = env.root().join("started");
    std::fs::write(&program, format!("#!/bin/sh\n: >'{}'\n{script}\n", started.display())).unwrap();
    env.chmod(&program, 0o755);
    env.set("VIRTUAL_ENV", environment.to_str().unwrap());
    started
}

#[test]
fn what_a_tool_links_to_is_not_staged() {
    let (staged_text, worktree) = ("x  =  1\n", "x  =  1\nnot_staged  =  2\n");
    for script in [
        "rm -r d && ln -s WORKTREE/d d",
        "rm d/a.py && ln -s WORKTREE/d/a.py d/a.py",
        "rm d/a.py && ln WORKTREE/d/a.py d/a.py",
    ] {
        let mut env = staged(&[("ruff.toml", ""), ("d/a.py", staged_text)]);
        let script = script.replace("WORKTREE", env.dir().to_str().unwrap());
        let started = fake(&mut env, "ruff", &script);
        env.write("d/a.py", worktree);
        let output = env.mlhook("format", ["--fix"]).code(3);
        assert!(
            started.exists() && output.stderr_text().contains("put something else"),
            "{output:?}"
        );
        assert_eq!(env.git(["show", ":d/a.py"]).stdout_text(), staged_text);
        assert_eq!(env.read_text("d/a.py"), worktree);
        assert!(is_hook_tmp_empty(&env));
    }
}

#[test]
fn a_configuration_of_ruff_leads_to_no_file_outside() {
    for target in ["/etc/passwd", "../../../../../config", "~/x.toml", "$HOME/x.toml", "base"] {
        let text = format!("extend = '{target}'\n");
        let mut env = staged(&[
            ("ruff.toml", &text),
            ("base", "extend = '/etc/passwd'\n"),
            ("$HOME/x.toml", ""),
            ("a.py", "x = 1\n"),
        ]);
        let started = fake(&mut env, "ruff", "");
        let output = env.mlhook("lint", ["--json"]).code(3);
        let expected = format!(
            "ruff crashed: it was not started: `ruff.toml` extends `{target}`, \
             which is no file of this repository"
        );
        assert_eq!(tools(&output), expected);
        assert!(!started.exists());
    }
}

#[test]
fn flake8_imports_no_module_of_the_repository() {
    let plugin = "open('{root}/pwned', 'w').close()\n\n\nclass C:\n    pass\n";
    let config = "[flake8]\n[flake8:local-plugins]\nextension =\n  X1 = evil:C\npaths = .\n";
    for name in [".flake8", "setup.cfg", "tox.ini"] {
        let files = [(name, config), ("evil.py", plugin), ("a.py", "import os\n")];
        let Some(env) = with_tools("flake8_imports_no_module_of_the_repository", &files) else {
            return;
        };
        let output = env.mlhook("lint", NOTHING).code(1);
        assert!(output.stdout_text().contains("a.py:1:1: F401"), "{output:?}");
        let warned = format!("not checked: `{name}`: flake8 runs without its `local-plugins`");
        assert!(output.stderr_text().contains(&warned), "{output:?}");
        assert!(!env.root().join("pwned").exists());
    }
    let toml = "[tool.flake8]\n\"local\\u002dplugins\" = {}\n";
    let files = [("pyproject.toml", toml), ("a.py", "import os\n")];
    let Some(env) = with_tools("flake8_imports_no_module_of_the_repository", &files) else {
        return;
    };
    let output = env.mlhook("lint", ["--json"]).code(3);
    assert!(tools(&output).contains("flake8 crashed: it was not started"), "{output:?}");
}

#[test]
fn interrogate_writes_nothing_that_a_configuration_names() {
    let options = [("generate-badge", "{root}/pwned.svg"), ("output", "{root}/pwned")];
    for (key, path) in options {
        let toml = format!("[tool.interrogate]\n{key} = '{path}'\n");
        let ini = format!("[tool:interrogate]\n--{key} =\n  {path}\n");
        for (name, config) in [("pyproject.toml", &toml), ("setup.cfg", &ini)] {
            let files = [(name, config.as_str()), ("a.py", "def f(): pass\n")];
            let test = "interrogate_writes_nothing_that_a_configuration_names";
            let Some(env) = with_tools(test, &files) else { return };
            let output = env.mlhook("lint", NOTHING).code(1);
            assert!(output.stdout_text().contains("a.py:1: docstring"), "{key} {name}: {output:?}");
            for pwned in ["pwned", "pwned.svg"] {
                assert!(!env.root().join(pwned).exists(), "{key} {name}");
            }
            assert!(is_hook_tmp_empty(&env));
        }
    }
}

#[test]
fn one_name_with_a_line_end_hides_nothing_else() {
    let test = "one_name_with_a_line_end_hides_nothing_else";
    let files =
        [("ruff.toml", ""), ("a\nb.py", "x = (\n"), ("c\u{1f}.py", "x = (\n"), ("d.py", "x = (\n")];
    let Some(env) = with_tools(test, &files) else { return };
    for program in ["format", "lint"] {
        let output = env.mlhook(program, NOTHING).code(1);
        assert!(output.stdout_text().contains("d.py:"), "{output:?}");
        assert_eq!(output.stderr_text().matches("its name has control characters").count(), 2);
    }
}

#[test]
fn ten_thousand_findings_do_not_take_long() {
    let env = TestEnv::new();
    for at in 0..2000 {
        env.write(format!("{at}.txt"), "<<<<<<< a\n=======\n>>>>>>> b\n".repeat(5));
    }
    env.write(".gitattributes", "7.txt conflict-marker-size=9\n");
    env.git(["add", "-A"]).success();
    let started = Instant::now();
    let output = env.mlhook("data", ["--json"]).code(1);
    let found = output.json()["checks"][0]["findings"].as_array().unwrap().len();
    assert_eq!(found, 1999 * 5);
    // One process of Git for each file would be twice as long, at best.
    assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
}
