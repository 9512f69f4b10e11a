//! Tools in every place in which a check is run, and with settings that are meant for people.

use std::time::{Duration, Instant};

use crate::checks_tools::{
    UGLY, assert_tidy, fake, findings, repository, stage, started, with_tools,
};
use crate::common::TestEnv;

const NOTHING: [&str; 0] = [];

/// A fake ruff that names what it was given in a log, and finds nothing.
fn logging(env: &TestEnv) -> std::path::PathBuf {
    let log = env.root().join("given");
    fake(env, "ruff", &format!("for f; do echo \"$f\"; done >>'{}'; echo '[]'", log.display()));
    log
}

/// How often each file was given to the fake.
fn given(log: &std::path::Path) -> (usize, usize) {
    let text = std::fs::read_to_string(log).unwrap();
    let files: Vec<&str> = text.lines().filter(|line| line.ends_with(".py")).collect();
    let each: std::collections::BTreeSet<&str> = files.iter().copied().collect();
    (files.len(), each.len())
}

#[test]
fn many_names_are_given_in_several_runs() {
    let env = repository();
    let log = logging(&env);
    stage(&env, &[("ruff.toml", "")]);
    for number in 0..900 {
        env.write(format!("{number:0120}.py"), "x = 1\n");
    }
    env.git(["add", "."]).success();
    env.mlhook("lint", NOTHING).success();
    assert_eq!(started(&env), 2);
    assert_eq!(given(&log), (900, 900));
    assert_tidy(&env);
}

#[test]
fn much_text_is_judged_in_several_goes() {
    let env = repository();
    let log = logging(&env);
    stage(&env, &[("ruff.toml", "")]);
    for number in 0..10 {
        env.write(format!("{number}.py"), format!("x = {number}\n").repeat(330_000));
    }
    env.git(["add", "."]).success();
    let report = env.mlhook("lint", ["--all", "--json"]).success().json();
    assert_eq!(report["checks"][0]["files"], 10);
    assert_eq!(report["checks"][0]["tools"].as_array().unwrap().len(), 1);
    assert_eq!(started(&env), 2);
    assert_eq!(given(&log), (10, 10));
    assert_eq!(
        env.mlhook("lint", ["--all", "--json"]).json()["checks"][0]["tools"][0]["state"],
        "known"
    );
}

#[test]
fn what_a_killed_check_left_is_cleared_by_the_next() {
    let env = repository();
    stage(&env, &[("ruff.toml", ""), ("a.py", UGLY)]);
    fake(&env, "ruff", "echo $$ >\"$0.pid\"; exec sleep 60");
    let mut child = env.command("mlhook-lint", NOTHING).spawn().unwrap();
    let pid_file = env.root().join("bin/ruff.pid");
    let begun = Instant::now();
    while std::fs::read_to_string(&pid_file).unwrap_or_default().trim().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it was never started");
        std::thread::sleep(Duration::from_millis(5));
    }
    let index = env.read(".git/index");
    child.kill().unwrap();
    child.wait().unwrap();
    let tool: i32 = std::fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
    let tool = rustix::process::Pid::from_raw(tool).unwrap();
    rustix::process::kill_process(tool, rustix::process::Signal::KILL).unwrap();
    let left = || std::fs::read_dir(env.dir().join(".git/mldata/hook-tmp")).unwrap().count();
    assert_eq!(left(), 2, "the directory and its lock");
    assert_eq!((env.read(".git/index"), env.read_text("a.py")), (index, UGLY.to_owned()));
    logging(&env);
    env.mlhook("lint", NOTHING).success();
    assert_eq!(left(), 0);
}

#[test]
fn a_linked_worktree_has_its_own_index_and_the_same_memory() {
    let mut env = repository();
    logging(&env);
    stage(&env, &[("ruff.toml", ""), ("a.py", UGLY)]);
    env.git(["commit", "-qm", "first"]).success();
    env.git(["worktree", "add", "-q", "../linked"]).success();
    let main = env.dir().to_owned();
    env.cd(env.root().join("linked"));
    stage(&env, &[("b.py", UGLY)]);
    assert_eq!(env.mlhook("lint", ["--json"]).json()["checks"][0]["files"], 1);
    assert_eq!(started(&env), 1);
    env.mlhook("lint", ["--all"]).success();
    assert_eq!(started(&env), 2);
    env.cd(&main);
    // It was judged over there.
    env.mlhook("lint", ["--all"]).success();
    assert_eq!(started(&env), 2);
    assert_tidy(&env);
    let own = main.join(".git/worktrees/linked/mldata/hook-tmp");
    assert_eq!(std::fs::read_dir(own).unwrap().count(), 0);
}

#[test]
fn a_commit_is_judged_by_its_own_texts_and_configuration() {
    const TEST: &str = "a_commit_is_judged_by_its_own_texts_and_configuration";
    let Some((env, _)) = with_tools(TEST) else { return };
    stage(&env, &[("ruff.toml", "[lint]\nselect = ['F']\n")]);
    env.git(["commit", "-qm", "first"]).success();
    stage(&env, &[("a.py", "import os\n"), ("b.py", "x = 1\n")]);
    env.git(["commit", "-qm", "second"]).success();
    // Neither what is staged nor what lies in the worktree says anything of the commit.
    stage(&env, &[("a.py", "x = 1\n"), ("ruff.toml", "[lint]\nselect = []\n")]);
    env.write("b.py", "import os\n");
    let lint = |words: &[&str]| findings(&env.mlhook("lint", ["--json"].iter().chain(words)));
    assert_eq!(lint(&["--from-ref", "HEAD~1"]), ["a.py:1 F401"]);
    assert_eq!(lint(&["--from-ref", "HEAD~1", "b.py"]), [""; 0]);
    assert_eq!(lint(&["--from-ref", "HEAD"]), [""; 0]);
    assert_eq!(lint(&[]), [""; 0]);
    stage(&env, &[("c.py", "x = {  }\n")]);
    env.git(["commit", "-qm", "third"]).success();
    let format = |words: &[&str]| findings(&env.mlhook("format", ["--json"].iter().chain(words)));
    assert_eq!(format(&["--from-ref", "HEAD~1", "--to-ref", "HEAD"]), ["c.py:1 format"]);
    assert_eq!(format(&["--from-ref", "HEAD~2", "--to-ref", "HEAD~1"]), [""; 0]);
    assert_tidy(&env);
}

#[test]
fn settings_for_people_change_no_verdict() {
    const TEST: &str = "settings_for_people_change_no_verdict";
    let Some((env, _)) = with_tools(TEST) else { return };
    stage(&env, &[("a.py", "import os\n\n\ndef f():\n    x = {  'a': 1}\n    return x\n")]);
    let flake8 = "quiet = 2\noutput-file = found.txt\nverbose = 1\ncount = true\ntee = true\n\
                  show-source = true\nstatistics = true\nformat = pylint\nextend-ignore = E2\n";
    let interrogate = "quiet = true\nomit-covered-files = true\nverbose = 2\nfail-under = 90\n\
                       generate-badge = '.'\noutput = 'found.txt'\n";
    let black = "check = true\ndiff = true\nquiet = true\n";
    for (check, tool, files, expected) in [
        ("lint", "flake8", [("setup.cfg", format!("[flake8]\n{flake8}"))], "a.py:1 F401"),
        (
            "lint",
            "interrogate",
            [("pyproject.toml", format!("[tool.interrogate]\n{interrogate}"))],
            "a.py:1 docstring",
        ),
        (
            "format",
            "black",
            [("pyproject.toml", format!("[tool.black]\n{black}"))],
            "a.py:5 format",
        ),
        (
            "lint",
            "ruff",
            [("ruff.toml", "fix-only = true\nfix = true\n".to_owned())],
            "a.py:1 F401",
        ),
    ] {
        env.git(["config", &format!("mlhook.{check}.tools"), tool]).success();
        for (path, text) in &files {
            stage(&env, &[(path, text)]);
        }
        let output = env.mlhook(check, ["--json"]).code(1);
        assert_eq!(findings(&output)[0], expected, "{tool}: {output}");
        let rules: Vec<_> = findings(&output);
        assert_eq!(rules.len(), if tool == "interrogate" { 2 } else { 1 }, "{rules:?}");
        assert_eq!(output.json()["checks"][0]["findings"][0]["tool"], tool, "{output}");
        // A file that has all it should is no trouble, either.
        stage(&env, &[("good.py", "\"\"\"Good.\"\"\"\n")]);
        env.mlhook(check, ["good.py"]).success();
        env.git(["rm", "-q", "--cached", "-f", "good.py", files[0].0]).success();
    }
    assert!(!env.exists("found.txt"));
    assert_tidy(&env);
}

#[test]
fn flake8_reads_pyproject_where_its_plugin_does() {
    const TEST: &str = "flake8_reads_pyproject_where_its_plugin_does";
    let Some((env, tools)) = with_tools(TEST) else { return };
    let library = std::fs::read_dir(tools.join("../lib")).unwrap().flatten().flat_map(|python| {
        std::fs::read_dir(python.path().join("site-packages")).into_iter().flatten().flatten()
    });
    let has_plugin = library.into_iter().any(|entry| {
        let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
        name.starts_with("flake8_pyproject-")
    });
    let text = "[project]\nname = 'p'\ndependencies = [\n  'a',\n  'b',\n]\n\
                [tool.flake8]\nmax-line-length = 20\nquiet = 1\n";
    stage(&env, &[("pyproject.toml", text), ("a.py", "import os\nlong = 'aaaaaaaaaaaaaaa'\n")]);
    let expected = if has_plugin { &["a.py:1 F401", "a.py:2 E501"][..] } else { &["a.py:1 F401"] };
    assert_eq!(findings(&env.mlhook("lint", ["--json"]).code(1)), expected);
}
