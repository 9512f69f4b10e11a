//! Format and lint of what is staged, with the real tools and with others that fail in every way.
//!
//! The real ones are those of the virtual environment that `GITML_PYENV` names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::common::machine::python_tools;
use crate::common::{Output, TestEnv};

const NOTHING: [&str; 0] = [];
pub const UGLY: &str = "import os\nx = {  'a':1 }\n";

/// A repository, and a PATH with nothing on it but what tests need.
pub fn repository() -> TestEnv {
    let mut env = TestEnv::new();
    let bin = env.root().join("bin");
    std::fs::create_dir(&bin).unwrap();
    for name in ["git", "sh", "cat", "kill", "sleep", "sed", "env"] {
        let program = which::which(name).unwrap();
        std::os::unix::fs::symlink(program, bin.join(name)).unwrap();
    }
    let own = Path::new(crate::common::BINARY).parent().unwrap();
    env.set("PATH", std::env::join_paths([own, &bin]).unwrap().to_str().unwrap());
    env
}

/// Like [`repository`], with the real tools in the active virtual environment, and where they are.
pub fn with_tools(test: &str) -> Option<(TestEnv, PathBuf)> {
    let tools = python_tools(test, &["ruff", "black", "isort", "flake8", "interrogate"])?;
    let mut env = repository();
    env.set("VIRTUAL_ENV", tools.parent().unwrap().to_str().unwrap());
    Some((env, tools))
}

/// Puts a shell script in the place of a tool that is on PATH. It notes that it was started.
pub fn fake(env: &TestEnv, name: &str, script: &str) {
    let path = env.root().join("bin").join(name);
    let log = env.root().join("started");
    let text = format!("#!/bin/sh\necho {name} >>'{}'\n{script}\n", log.display());
    std::fs::write(&path, text).unwrap();
    env.chmod(&path, 0o755);
}

/// How often the fakes were started.
pub fn started(env: &TestEnv) -> usize {
    std::fs::read_to_string(env.root().join("started")).unwrap_or_default().lines().count()
}

pub fn stage(env: &TestEnv, files: &[(&str, &str)]) {
    for (path, text) in files {
        if let Some(parent) = Path::new(path).parent() {
            std::fs::create_dir_all(env.dir().join(parent)).unwrap();
        }
        env.write(path, text);
        env.git(["add", path]).success();
    }
}

/// `PATH:LINE RULE` of each finding, ascending.
pub fn findings(output: &Output) -> Vec<String> {
    let report = output.json();
    let mut found = Vec::new();
    for check in report["checks"].as_array().unwrap() {
        for finding in check["findings"].as_array().unwrap() {
            let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
            let line = finding["line"].as_u64().map(|line| format!(":{line}")).unwrap_or_default();
            found.push(format!("{}{line} {}", text("path"), text("rule")));
        }
    }
    found.sort();
    found
}

/// Nothing of any run is left.
pub fn assert_tidy(env: &TestEnv) {
    let left = std::fs::read_dir(env.dir().join(".git/mldata/hook-tmp")).into_iter().flatten();
    let left: Vec<_> = left.flatten().map(|entry| entry.file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn one_process_of_git_is_enough() {
    let env = repository();
    // Both are looked up in the index, beside what changed.
    stage(&env, &[("pyproject.toml", "[project]\n"), ("package/a.py", "x = 1\n")]);
    let git = env.root().join("bin/git");
    let real = git.canonicalize().unwrap();
    // Not through the link.
    std::fs::remove_file(&git).unwrap();
    fake(&env, "git", &format!("exec '{}' \"$@\"", real.display()));
    env.mldata(["hook", "pre-commit"]).success();
    assert_eq!(started(&env), 1);
}

#[test]
fn a_project_that_chose_nothing_is_left_in_peace() {
    let env = repository();
    fake(&env, "ruff", "exit 0");
    stage(&env, &[("a.py", UGLY)]);
    assert_snapshot!(env.mldata(["hook", "pre-commit"]), @"[ok]");
    assert_eq!(started(&env), 0);
    // Who asks gets what there is.
    env.mlhook("lint", NOTHING).success();
    assert_eq!(started(&env), 1);
    stage(&env, &[("ruff.toml", "")]);
    env.mldata(["hook", "pre-commit"]).success();
    // For both checks: what was said without a configuration does not count.
    assert_eq!(started(&env), 3);
    assert_tidy(&env);
}

#[test]
fn no_program_of_a_clone_is_run() {
    let env = repository();
    fake(&env, "ruff", "exit 0");
    std::fs::create_dir_all(env.dir().join(".venv/bin")).unwrap();
    env.write(".venv/bin/ruff", "#!/bin/sh\nkill -9 $$\n");
    env.chmod(env.dir().join(".venv/bin/ruff"), 0o755);
    stage(&env, &[("a.py", UGLY), ("ruff.toml", "")]);
    // Untracked, it is the user's own.
    env.mlhook("lint", NOTHING).code(3);
    env.git(["add", "-f", ".venv"]).success();
    env.mlhook("lint", ["a.py"]).success();
    assert_eq!(started(&env), 1);
    // Also not by another name.
    env.git(["mv", ".venv", "tools"]).success();
    env.link("tools", ".venv");
    env.mlhook("lint", ["a.py"]).success();
}

#[test]
fn a_tool_that_is_missed_is_named_with_its_command() {
    let env = repository();
    stage(&env, &[("pyproject.toml", "[tool.ruff]\n"), ("a.py", UGLY), ("uv.lock", "")]);
    assert_snapshot!(env.mlhook("format", NOTHING), @"
    [stderr]
    warning: `ruff` is not installed: nothing was checked by it
    hint: install it: `uv add --dev ruff`
    nothing found in 1 file
    [ok]
    ");
    env.git(["config", "mlhook.lint.required", "true"]).success();
    env.mlhook("lint", NOTHING).code(3);
    env.git(["config", "mlhook.lint.tools", "flake8,interrogate"]).success();
    let told = env.mlhook("lint", NOTHING).code(3).stderr_text();
    assert!(told.contains("uv add --dev flake8") && told.contains("uv add --dev interrogate"));
    env.git(["config", "mlhook.lint.tools", "black"]).success();
    env.mlhook("lint", NOTHING).code(3);
    // A file that is no Python needs no tool.
    env.mlhook("lint", ["uv.lock"]).success();
}

#[test]
fn a_crash_is_no_finding() {
    let env = repository();
    stage(&env, &[("ruff.toml", ""), ("a.py", UGLY)]);
    let cases = [
        ("kill -9 $$", "signal 9"),
        ("echo oh no >&2; exit 7", "exit code 7: oh no"),
        ("echo '[{'; exit 1", "exit code 1: [{"),
        (
            "echo '[{\"code\":\"F401\",\"filename\":\"/etc/passwd\",\"message\":\"m\"}]'",
            "exit code 0",
        ),
        ("printf 'Traceback (most recent call last):\\n  x\\nE: why\\n' >&2; exit 2", "2: E: why"),
        ("cat", ""),
    ];
    for (script, reason) in cases {
        fake(&env, "ruff", script);
        let output = env.mlhook("lint", NOTHING);
        if reason.is_empty() {
            // It had nothing to read, and said nothing.
            output.success();
            continue;
        }
        let told = output.code(3);
        assert!(told.stderr_text().contains("`ruff` crashed"), "{script}: {told}");
        assert!(told.stderr_text().contains(reason), "{script}: {told}");
        assert_eq!(told.stdout_text(), "", "{script}");
    }
    for (script, reason) in [
        ("for f; do :; done; : >\"$f\"", "it is empty"),
        ("exec sed -n p nowhere", "exit code"),
        ("for f; do :; done; printf 'import os\\0x' >\"$f\"", "NUL bytes"),
        ("echo 'error: Failed to do anything' >&2; exit 2", "Failed to do anything"),
    ] {
        fake(&env, "ruff", script);
        let told = env.mlhook("format", ["--check"]).code(3);
        assert!(told.stderr_text().contains(reason), "{script}: {told}");
    }
    assert_tidy(&env);
}

#[test]
fn a_tool_that_does_not_end_is_ended() {
    let env = repository();
    stage(&env, &[("ruff.toml", ""), ("a.py", UGLY)]);
    env.git(["config", "mlhook.lint.timeout", "1"]).success();
    fake(&env, "ruff", "sleep 60");
    let begun = Instant::now();
    let told = env.mlhook("lint", NOTHING).code(3).stderr_text();
    assert!(told.contains("did not end within 1 s"), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_tidy(&env);
}

#[test]
fn an_interrupt_ends_the_tools_and_leaves_nothing() {
    let env = repository();
    stage(&env, &[("ruff.toml", ""), ("a.py", UGLY)]);
    fake(&env, "ruff", "echo $$ >\"$0.pid\"; sleep 60");
    let child = env.command("mlhook-lint", NOTHING).spawn().unwrap();
    let pid_file = env.root().join("bin/ruff.pid");
    let begun = Instant::now();
    while std::fs::read_to_string(&pid_file).unwrap_or_default().trim().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it was never started");
        std::thread::sleep(Duration::from_millis(5));
    }
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let tool: i32 = std::fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
    let tool = rustix::process::Pid::from_raw(tool).unwrap();
    assert!(rustix::process::test_kill_process(tool).is_err(), "the tool lives on");
    assert_tidy(&env);
}

#[test]
fn the_same_text_is_judged_once() {
    let env = repository();
    // Its verdict: the file's name has an `x`.
    let script = "printf '['; for f; do case $f in *x.py) printf '{\"code\":\"X1\",\"filename\":\"'; \
                  printf %s \"$PWD/${f#./}\"; printf '\",\"message\":\"m\",\"location\":{\"row\":1,\
                  \"column\":1}}';; esac; done; echo ']'";
    fake(&env, "ruff", script);
    stage(&env, &[("ruff.toml", ""), ("a.py", "import b\n"), ("x.py", "import os\n")]);
    let check = |files: &[&str], times: usize| {
        let before = started(&env);
        let found = findings(&env.mlhook("lint", ["--json"].iter().chain(files)));
        assert_eq!(started(&env) - before, times, "{found:?}");
        found
    };
    assert_eq!(check(&[], 1), ["x.py:1 X1"]);
    assert_eq!(check(&[], 0), ["x.py:1 X1"]);
    assert_eq!(check(&["a.py"], 0), [""; 0]);
    // Another file changes nothing of the verdicts that are there.
    stage(&env, &[("other.py", "import sys\n")]);
    check(&[], 1);
    check(&[], 0);
    // A module that one of them imports turns out to be the project's own.
    stage(&env, &[("b.py", "")]);
    check(&["x.py"], 0);
    check(&["a.py"], 1);
    // A configuration that concerns other files does not matter, one above does.
    stage(&env, &[("sub/ruff.toml", "line-length = 79\n")]);
    check(&["a.py", "x.py"], 0);
    stage(&env, &[("ruff.toml", "line-length = 79\n")]);
    check(&["a.py"], 1);
    // What is damaged is judged again.
    let cache = env.dir().join(".git/mldata/hook-cache");
    for entry in std::fs::read_dir(&cache).unwrap() {
        std::fs::write(entry.unwrap().path(), "?").unwrap();
    }
    check(&["a.py"], 1);
    check(&["a.py"], 0);
    // So it is by another version of the tool.
    fake(&env, "ruff", &format!("{script} # another"));
    check(&["a.py"], 1);
    // Crashes are not kept.
    stage(&env, &[("ruff.toml", "line-length = 80\n")]);
    fake(&env, "ruff", "exit 3");
    env.mlhook("lint", ["a.py"]).code(3);
    env.mlhook("lint", ["a.py"]).code(3);
    assert_tidy(&env);
}

#[test]
fn only_what_is_staged_is_seen() {
    const TEST: &str = "only_what_is_staged_is_seen";
    let Some((env, _)) = with_tools(TEST) else { return };
    stage(&env, &[("ruff.toml", "[lint]\nselect = ['F']\n"), ("a.py", "import os\n")]);
    // Neither the text nor the configuration of the worktree counts, nor what is above it.
    env.write("a.py", "x = 1\n");
    env.write("ruff.toml", "[lint]\nselect = []\n");
    std::fs::write(env.root().join("ruff.toml"), "exclude = ['*']\n").unwrap();
    let worktree = || [env.tree("a.py"), env.tree("ruff.toml"), env.git_status()];
    let before = worktree();
    assert_snapshot!(env.mlhook("lint", NOTHING), @"
    a.py:1:8: F401 `os` imported but unused
    [stderr]
    1 finding in 1 of 1 file; fix: mlhook-lint --fix
    [exit code 1]
    ");
    assert_eq!(worktree(), before);
    env.git(["add", "a.py"]).success();
    env.mlhook("lint", NOTHING).success();
    assert_tidy(&env);
}

#[test]
fn a_file_that_is_no_python_is_a_finding_with_its_place() {
    const TEST: &str = "a_file_that_is_no_python_is_a_finding_with_its_place";
    let Some((env, _)) = with_tools(TEST) else { return };
    let good = "\"\"\"Good.\"\"\"\n\nX = 1\n";
    stage(&env, &[("bad.py", "x = 1\n\n\ndef f(:\n    pass\n"), ("good.py", good)]);
    for (check, tools, expected) in [
        ("lint", "ruff", "bad.py:4 invalid-syntax"),
        ("lint", "flake8", "bad.py:4 invalid-syntax"),
        ("lint", "interrogate", "bad.py:4 invalid-syntax"),
        ("format", "ruff", "bad.py:4 invalid-syntax"),
        ("format", "black", "bad.py:4 invalid-syntax"),
    ] {
        env.git(["config", &format!("mlhook.{check}.tools"), tools]).success();
        let output = env.mlhook(check, ["--json"]).code(1);
        assert_eq!(findings(&output)[0], expected, "{tools}: {output}");
        assert!(findings(&output).iter().all(|found| found.starts_with("bad.py")), "{output}");
    }
    env.git(["config", "mlhook.format.tools", "isort"]).success();
    env.mlhook("format", NOTHING).success();
}

#[test]
fn corrections_are_staged() {
    const TEST: &str = "corrections_are_staged";
    let Some((env, _)) = with_tools(TEST) else { return };
    let unused = "import os\n\n\ndef f():\n    pass\n";
    stage(&env, &[("ruff.toml", ""), ("a.py", "x = {  'a':1 }\n"), ("b.py", unused)]);
    env.mlhook("format", ["--fix"]).success();
    assert_eq!(env.read_text("a.py"), "x = {\"a\": 1}\n");
    // What was formatted stays so.
    env.mlhook("lint", ["--fix"]).success();
    assert_eq!(env.read_text("b.py"), "def f():\n    pass\n");
    assert_eq!(env.git(["diff", "--name-only"]).success().stdout_text(), "");
    env.mlhook("format", ["--check"]).success();
    env.mlhook("lint", ["--check"]).success();
    // A file is never emptied: what is wrong with it is told.
    stage(&env, &[("c.py", "import os\n")]);
    let output = env.mlhook("lint", ["--fix", "--json"]).code(1);
    assert_eq!(findings(&output), ["c.py:1 F401"]);
    assert_eq!(env.read_text("c.py"), "import os\n");
    for (tools, text, expected) in [
        ("black,isort", "import os,abc\nx=1\n", "import abc\nimport os\n\nx = 1\n"),
        ("isort", "import os,abc\nx=1\n", "import abc\nimport os\n\nx=1\n"),
    ] {
        env.git(["config", "mlhook.format.tools", tools]).success();
        stage(&env, &[("d.py", text)]);
        let told = env.mlhook("format", ["d.py"]).code(1).stdout_text();
        let by = if tools == "isort" { "isort" } else { "isort and black" };
        assert!(
            told.starts_with(&format!("d.py:1: format would be reformatted by {by}")),
            "{told}"
        );
        env.mlhook("format", ["--fix", "d.py"]).success();
        assert_eq!(env.git(["show", ":d.py"]).success().stdout_text(), expected);
    }
    assert_tidy(&env);
}

#[test]
fn every_encoding_and_line_end() {
    const TEST: &str = "every_encoding_and_line_end";
    let Some((env, _)) = with_tools(TEST) else { return };
    env.write("latin.py", b"# -*- coding: latin-1 -*-\nx = \"\xe9\"\n");
    env.write("undeclared.py", b"x = 1\ny = \"\xe9\"\n");
    env.write("bom.py", b"\xef\xbb\xbfx = 1\n");
    env.write("crlf.py", b"x=1\r\ny = 2\r\n");
    env.write("empty.py", b"");
    env.write("comments.py", b"# nothing else\n");
    env.write("no_end.py", b"x = 1");
    env.write("script", b"#!/usr/bin/env python3\nx  =  1\n");
    env.write("other", b"#!/bin/sh\nx  =  1\n");
    env.write("large.py", "x = 1\n".repeat(400_000));
    env.git(["add", "."]).success();
    for (tools, expected) in [
        (
            "ruff",
            &["bom.py:1 format", "crlf.py:1 format", "no_end.py:1 format", "script:2 format"][..],
        ),
        ("isort,black", &["crlf.py:1 format", "no_end.py:1 format", "script:2 format"]),
    ] {
        env.git(["config", "mlhook.format.tools", tools]).success();
        let output = env.mlhook("format", ["--json"]).code(1);
        let mut expected: BTreeSet<String> = expected.iter().map(|it| (*it).to_owned()).collect();
        expected.insert("undeclared.py:2 invalid-syntax".to_owned());
        assert_eq!(findings(&output).into_iter().collect::<BTreeSet<_>>(), expected, "{tools}");
        let told = env.mlhook("format", NOTHING).code(1).stderr_text();
        assert!(told.contains("`large.py`: it has more than 2097152 bytes"), "{told}");
        assert_eq!(told.contains("`latin.py`"), tools == "ruff", "{told}");
    }
    for tools in ["flake8", "interrogate"] {
        env.git(["config", "mlhook.lint.tools", tools]).success();
        let output = env.mlhook("lint", ["--json"]).code(1);
        assert!(!output.to_string().contains("crashed"), "{output}");
    }
}

/// A project in which every setting of tools matters that depends on where files are.
fn project(env: &TestEnv) {
    let unsorted = "import os\n\nimport numpy\n\nimport pkg.deep\nimport flat\nimport space.one\n";
    let sorted = "import os\n\nimport numpy\n\nimport flat\nimport pkg.deep\nimport space.one\n";
    let wrong =
        "import flat\nimport numpy\nimport os\nimport pkg.deep\nimport space.one\nx = {  'a':1 }\n";
    let long = "value = 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbb'\n";
    stage(
        env,
        &[
            (
                "pyproject.toml",
                "[project]\nname='p'\nversion='1'\nrequires-python='>=3.9'\n\
                 [tool.ruff]\nextend='conf/base.toml'\nextend-exclude=['gen']\n\
                 [tool.ruff.lint.per-file-ignores]\n'tests/*'=['F401']\n\
                 [tool.black]\nextend-exclude='/gen/'\n\
                 [tool.isort]\nprofile='black'\nsrc_paths=['src','.']\nextend_skip=['gen']\n\
                 [tool.interrogate]\nfail-under=60\nignore-init-module=true\nexclude=['gen']\n",
            ),
            ("conf/base.toml", "line-length=60\n[lint]\nselect=['E','F','I','UP','INP']\n"),
            (
                "setup.cfg",
                "[flake8]\nmax-line-length=60\nexclude=gen\nper-file-ignores=tests/*:F401\n",
            ),
            ("nested/ruff.toml", "line-length=30\n[lint]\nselect=['E501']\n"),
            ("src/pkg/__init__.py", ""),
            ("src/pkg/deep/__init__.py", ""),
            ("src/pkg/deep/a.py", wrong),
            ("src/pkg/b.py", unsorted),
            ("src/pkg/c.py", sorted),
            ("src/space/one/m.py", "\"\"\"M.\"\"\"\n\n\ndef f():\n    pass\n"),
            ("flat/__init__.py", ""),
            ("flat/u.py", "import typing\nx: typing.List[int] = []\n"),
            ("tests/test_a.py", "import os\n"),
            ("gen/out.py", wrong),
            ("nested/a.py", long),
            ("long.py", long),
        ],
    );
}

/// The names in what a tool printed, and the codes behind them.
fn plain(env: &TestEnv, program: &Path, arguments: &[&str]) -> String {
    env.command(program.to_str().unwrap(), arguments).output().map_or_else(
        |error| panic!("{error}"),
        |output| {
            String::from_utf8(output.stdout).unwrap() + &String::from_utf8_lossy(&output.stderr)
        },
    )
}

#[test]
fn lint_says_what_a_plain_run_says() {
    const TEST: &str = "lint_says_what_a_plain_run_says";
    let Some((env, bin)) = with_tools(TEST) else { return };
    project(&env);
    let set = |tools: &str| env.git(["config", "mlhook.lint.tools", tools]).success();
    let hook = || findings(&env.mlhook("lint", ["--json"]).code(1));

    set("ruff");
    let text = plain(
        &env,
        &bin.join("ruff"),
        &["check", "--no-cache", "--quiet", "--output-format=concise", "."],
    );
    let mut expected: Vec<String> = (text.lines())
        .map(|line| {
            let mut parts = line.splitn(4, ':');
            let (path, row) = (parts.next().unwrap(), parts.next().unwrap());
            let code = parts.nth(1).unwrap().split_whitespace().next().unwrap();
            format!("{path}:{row} {}", code.trim_end_matches(':'))
        })
        .collect();
    expected.sort();
    assert!(expected.iter().any(|found| found == "src/pkg/b.py:1 I001"), "{text}");
    assert!(expected.iter().any(|found| found.starts_with("nested/a.py:1 E501")), "{text}");
    assert_eq!(hook(), expected);
    // One by one, too: nothing depends on what else is checked.
    std::fs::remove_dir_all(env.dir().join(".git/mldata/hook-cache")).unwrap();
    let listed = env.git(["ls-files", "*.py"]).success().stdout_text();
    let mut alone: Vec<_> =
        (listed.lines()).flat_map(|path| findings(&env.mlhook("lint", ["--json", path]))).collect();
    alone.sort();
    assert_eq!(alone, expected);

    set("flake8");
    let text = plain(&env, &bin.join("flake8"), &["--format=%(path)s:%(row)d %(code)s", "."]);
    let mut expected: Vec<String> =
        text.lines().map(|line| line.trim_start_matches("./").to_owned()).collect();
    expected.sort();
    assert!(expected.len() > 5, "{text}");
    assert_eq!(hook(), expected);

    set("interrogate");
    let text = plain(&env, &bin.join("interrogate"), &["-v", "."]);
    let share = text.split("actual: ").nth(1).unwrap().split(')').next().unwrap();
    assert!(text.contains("FAILED"), "{text}");
    let output = env.mlhook("lint", NOTHING).code(1).stdout_text();
    assert!(output.contains(&format!(": {share} have one, and 60")), "{text}\n{output}");
    assert!(output.contains("src/space/one/m.py:4: docstring no docstring for f"), "{output}");
}

#[test]
fn docstrings_count_in_the_whole_project() {
    let test = "docstrings_count_in_the_whole_project";
    let Some((env, _)) = with_tools(test) else { return };
    let mut documented = "\"\"\"Doc.\"\"\"\n".to_owned();
    for n in 0..9 {
        documented += &format!("\n\ndef f{n}():\n    \"\"\"Doc.\"\"\"\n");
    }
    let config = "[tool.interrogate]\nfail-under = 80\n";
    stage(&env, &[("pyproject.toml", config), ("pkg/m.py", &documented)]);
    env.commit("first");
    stage(&env, &[("pkg/__init__.py", "")]);
    env.mlhook("lint", NOTHING).success();
    // Too few in all: only what is staged is told of.
    stage(&env, &[("pkg/n.py", "def g():\n    pass\n\n\ndef h():\n    pass\n")]);
    let output = env.mlhook("lint", ["--json"]).code(1);
    assert_eq!(
        findings(&output),
        [
            "pkg/__init__.py:1 docstring",
            "pkg/n.py:1 docstring",
            "pkg/n.py:1 docstring",
            "pkg/n.py:5 docstring"
        ]
    );
    assert!(output.stdout_text().contains("71.4% have one"), "{output:?}");
    assert_tidy(&env);
}

#[test]
fn a_broken_configuration_stops_only_the_files_below_it() {
    let test = "a_broken_configuration_stops_only_the_files_below_it";
    let Some((env, _)) = with_tools(test) else { return };
    stage(
        &env,
        &[
            ("ruff.toml", ""),
            ("a.py", UGLY),
            ("t{{x}}/pyproject.toml", "[project]\nname = {{x}}\n"),
            ("t{{x}}/b.py", UGLY),
        ],
    );
    let output = env.mlhook("lint", NOTHING).code(3);
    assert!(output.stdout_text().contains("a.py:1:8: F401 "), "{output:?}");
    let told = output.stderr_text();
    assert!(told.contains("`t{{x}}/pyproject.toml` is no TOML"), "{told}");
    assert!(told.contains("mlhook.*.exclude"), "{told}");
    // It is TOML, and says what ruff does not know.
    stage(&env, &[("t{{x}}/pyproject.toml", "[tool.ruff]\nno-such = 1\n")]);
    let output = env.mlhook("lint", NOTHING).code(3);
    assert!(output.stdout_text().contains("a.py:1:8: F401 "), "{output:?}");
    let told = output.stderr_text();
    assert!(told.contains("Failed to parse t{{x}}/pyproject.toml"), "{told}");
    assert!(told.contains("mlhook.lint.exclude") && !told.contains("hook-tmp"), "{told}");
    env.configure("mlhook.lint.exclude", "t*/**");
    env.mlhook("lint", NOTHING).code(1);
    assert_tidy(&env);
}

#[test]
fn format_says_what_a_plain_run_says() {
    const TEST: &str = "format_says_what_a_plain_run_says";
    let Some((env, bin)) = with_tools(TEST) else { return };
    project(&env);
    for (tool, arguments, mark) in [
        ("ruff", &["format", "--check", "--no-cache", "."][..], " --> "),
        ("black", &["--check", "."], "would reformat "),
        ("isort", &["--check-only", "."], "ERROR: "),
    ] {
        env.git(["config", "mlhook.format.tools", tool]).success();
        let text = plain(&env, &bin.join(tool), arguments);
        let top = format!("{}/", env.dir().display());
        let mut expected: Vec<String> = (text.lines())
            .filter_map(|line| line.strip_prefix(mark))
            .map(|path| path.split([':', ' ']).next().unwrap().trim_start_matches(&top).to_owned())
            .collect();
        expected.sort();
        assert!(!expected.is_empty(), "{text}");
        let found: Vec<String> = (findings(&env.mlhook("format", ["--json"]).code(1)).into_iter())
            .map(|found| found.split(':').next().unwrap().to_owned())
            .collect();
        assert_eq!(found, expected, "{tool}: {text}");
    }
}
