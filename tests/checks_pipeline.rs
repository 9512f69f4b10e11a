//! Checks of pipelines and locks, as they are staged.

use insta::assert_snapshot;

use crate::common::TestEnv;
use crate::common::builtin::repository;

const NOTHING: [&str; 0] = [];

/// Two stages that ran, committed.
fn ran() -> TestEnv {
    let env = TestEnv::pipeline(
        "stages:
  split:
    cmd: cat a src/*.py > parts
    deps: [a, src]
    outs: [parts]
  train:
    cmd: cat parts params.yaml > model
    deps: [parts, 'conf/*.txt']
    params: [lr]
    outs: [model]
",
    );
    env.write("a", "a\n");
    env.write("src/x.py", "x\n");
    env.write("conf/c.txt", "c\n");
    env.write("params.yaml", "lr: 1\nother: 1\n");
    env.git(["add", "--all"]).success();
    assert_eq!(env.repro(&[]), "split: ran, train: ran");
    env.git(["add", "--all"]).success();
    assert_eq!(env.rules(), "");
    env.git(["commit", "-qm", "ran"]).success();
    assert_eq!(env.git_status(), "");
    env
}

/// Stages `text` at `path`, and leaves what is in the worktree as it was.
fn stage(env: &TestEnv, path: &str, text: &str) {
    let before = env.exists(path).then(|| env.read(path));
    env.write(path, text);
    env.git(["add", path]).success();
    match before {
        Some(before) => env.write(path, before),
        None => env.remove(path),
    }
}

#[test]
fn a_lock_is_out_of_date_by_what_is_staged() {
    let env = ran();
    for (path, text, stage_line, reason) in [
        ("a", "other\n", 2, "`a` was modified"),
        ("src/x.py", "other\n", 2, "`src` was modified"),
        ("src/sub/new.py", "new\n", 2, "`src` was modified"),
        ("params.yaml", "lr: 2\nother: 1\n", 6, "`lr` of `params.yaml` changed"),
        ("conf/d.txt", "new\n", 6, "`conf/d.txt` is a new dep"),
    ] {
        stage(&env, path, text);
        assert_eq!(env.rules(), format!("stale-lock mlrun.yaml:{stage_line}"), "{path}");
        let name = if stage_line == 2 { "split" } else { "train" };
        let message = format!("the lock of stage `{name}` is out of date: {reason}");
        assert_eq!(env.messages(), [message]);
        assert_eq!(env.hints(), [format!("git mlrun repro {name}")]);
        env.mlhook("data", NOTHING).success();
        env.git(["reset", "-q"]).success();
        assert_eq!(env.git_status(), "");
        // Not staged, it does not matter.
        let before = env.exists(path).then(|| env.read(path));
        env.write(path, text);
        stage(&env, "unrelated", text);
        assert_eq!(env.rules(), "", "{path}");
        match before {
            Some(before) => env.write(path, before),
            None => env.remove(path),
        }
        env.git(["reset", "-q", "--hard"]).success();
        env.git(["clean", "-qfd"]).success();
    }
    stage(&env, "params.yaml", "lr: 1\nother: 2\n");
    assert_eq!(env.rules(), "");
}

#[test]
fn a_lock_that_goes_with_what_is_staged_is_up_to_date() {
    let env = ran();
    env.write("a", "other\n");
    env.git(["add", "a"]).success();
    env.git(["rm", "-q", "src/x.py"]).success();
    env.write("src/y.py", "y\n");
    env.git(["add", "src"]).success();
    assert_eq!(env.rules(), "stale-lock mlrun.yaml:2");
    env.sh(&env.hints()[0]).success();
    env.mlrun(["repro"]).success();
    env.git(["add", "mlrun.lock"]).success();
    assert_eq!(env.rules(), "");
    // Nor do later changes that are not staged matter.
    env.write("a", "again\n");
    env.write("mlrun.lock", "broken");
    assert_eq!(env.rules(), "");
    env.git(["commit", "-qm", "again"]).success();
}

#[test]
fn deps_that_are_data_are_what_their_pointers_say() {
    let env = TestEnv::pipeline(
        "stages:\n  one:\n    cmd: cat data/* > out\n    deps: [data]\n    outs: [out]\n",
    );
    env.write("data/a", "a\n");
    env.mldata(["add", "data"]).success();
    env.repro(&[]);
    env.commit("ran");
    env.write("data/b", "b\n");
    env.mldata(["add", "data"]).success();
    env.git(["add", "data.mldata"]).success();
    assert_eq!(env.rules(), "stale-lock mlrun.yaml:2");
    env.repro(&[]);
    env.git(["add", "mlrun.lock"]).success();
    assert_eq!(env.rules(), "");
}

#[test]
fn a_pipeline_is_read_as_it_is_staged() {
    let env = ran();
    let good = env.read_text("mlrun.yaml");
    for (text, rule) in [
        ("stages:\n  a:\n    cmds: x\n", "pipeline mlrun.yaml:3"),
        ("stages: [\n", "pipeline mlrun.yaml:1"),
        ("stages:\n  a:\n    cmd: ${no.such}\n", "pipeline mlrun.yaml:3"),
        (
            "stages:\n  a:\n    cmd: x\n    params: [no]\n",
            "lock-leftover mlrun.lock:3, pipeline mlrun.yaml:2",
        ),
        (
            "stages:\n  a:\n    cmd: x\n    params: [no.yaml:]\n",
            "lock-leftover mlrun.lock:3, pipeline mlrun.yaml:2",
        ),
        (
            "stages:\n  a: {cmd: x, deps: [p], outs: [q]}\n  b: {cmd: x, deps: [q], outs: [p]}\n",
            "lock-leftover mlrun.lock:3, pipeline mlrun.yaml:2",
        ),
        ("<<<<<<< ours\nstages:\n=======\n>>>>>>> theirs\n", "pipeline mlrun.yaml:1"),
    ] {
        stage(&env, "mlrun.yaml", text);
        assert_eq!(env.rules(), rule, "{text}: {:?}", env.messages());
        env.mlhook("data", NOTHING).code(1);
    }
    env.git(["reset", "-q"]).success();
    env.write("mlrun.yaml", "broken: [");
    stage(&env, "a", "other");
    assert_eq!(env.rules(), "stale-lock mlrun.yaml:2");
    env.write("mlrun.yaml", &good);
    env.git(["reset", "-q"]).success();
    for (text, rule) in
        [("lr: [\n", "pipeline params.yaml:1"), ("other: 1\n", "pipeline mlrun.yaml:6")]
    {
        stage(&env, "params.yaml", text);
        assert_eq!(env.rules(), rule, "{:?}", env.messages());
    }
    env.git(["reset", "-q"]).success();
    env.git(["rm", "-q", "--cached", "params.yaml"]).success();
    assert_eq!(env.rules(), "pipeline mlrun.yaml:6");
}

#[test]
fn a_broken_pipeline_that_is_not_touched_stops_nobody() {
    let env = ran();
    env.write("sub/mlrun.yaml", "broken: [");
    env.git(["add", "sub"]).success();
    env.git(["commit", "-qnm", "broken"]).success();
    env.write("sub/other", "x");
    env.git(["add", "sub"]).success();
    assert_eq!(env.rules(), "");
    env.mlhook("data", ["--all"]).code(1);
}

#[test]
fn a_link_is_followed_inside_of_git_and_no_further() {
    let env = TestEnv::new();
    env.write("real.yaml", "stages: [\n");
    env.link("real.yaml", "mlrun.yaml");
    env.git(["add", "--all"]).success();
    assert_eq!(env.rules(), "pipeline mlrun.yaml:1");
    env.remove("mlrun.yaml");
    std::fs::write(env.root().join("outside.yaml"), "stages: {}\n").unwrap();
    env.link("../outside.yaml", "mlrun.yaml");
    env.link("mlrun.yaml", "mlrun.lock");
    env.git(["add", "--all"]).success();
    assert_eq!(env.rules(), "lock mlrun.lock, pipeline mlrun.yaml");
}

#[test]
fn a_lock_is_of_the_pipeline_that_is_staged() {
    let env = ran();
    let lock = env.read_text("mlrun.lock");
    stage(&env, "mlrun.lock", &lock.replace("- path: parts\n", "- path: pieces\n"));
    let rules = env.rules();
    assert!(rules.starts_with("lock mlrun.lock:3"), "{rules}");
    assert_eq!(env.messages()[0], "its outs of stage `split` are not those of `mlrun.yaml`");
    stage(&env, "mlrun.lock", &lock.replace("  train:\n", "  trained:\n"));
    assert!(env.rules().contains("lock-leftover mlrun.lock:"), "{}", env.rules());
    for (text, rule) in [
        ("mlrun: 1\nstages: [\n", "lock mlrun.lock:2"),
        ("mlrun: 9\n", "lock mlrun.lock"),
        ("mlrun: 1\n<<<<<<< a\nstages: {}\n=======\n>>>>>>> b\n", "lock mlrun.lock:2"),
    ] {
        stage(&env, "mlrun.lock", text);
        assert_eq!(env.rules(), rule, "{:?}", env.messages());
        env.mlhook("data", NOTHING).code(1);
    }
    env.git(["reset", "-q"]).success();
    env.write("mlrun.lock", "broken");
    stage(&env, "unrelated", "x");
    assert_eq!(env.rules(), "");
}

#[test]
fn a_stage_with_another_name_leaves_its_lock_behind() {
    let env = ran();
    let pipeline = env.read_text("mlrun.yaml");
    stage(&env, "mlrun.yaml", &pipeline.replace("  train:\n", "  fit:\n"));
    assert!(env.rules().contains("lock-leftover mlrun.lock:"), "{}", env.rules());
    env.git(["rm", "-qf", "--cached", "mlrun.yaml"]).success();
    assert_eq!(env.rules(), "lock-leftover mlrun.lock");
    // What nobody touched is told to nobody.
    env.git(["commit", "-qnm", "left"]).success();
    stage(&env, "unrelated", "x");
    assert_eq!(env.rules(), "");
}

#[test]
fn templates_of_projects_have_no_pipelines_of_this_one() {
    let env = ran();
    let template = "stages:\n  {{cookiecutter.stage}}: [\n";
    stage(&env, "templates/{{cookiecutter.name}}/mlrun.yaml", template);
    stage(&env, "templates/{{cookiecutter.name}}/sub/mlrun.lock", "mlrun: 9\n");
    assert_eq!(env.rules(), "");
    stage(&env, "templates/name/mlrun.yaml", template);
    assert!(env.rules().starts_with("pipeline templates/name/mlrun.yaml"), "{}", env.rules());
}

#[test]
fn outs_are_ignored_by_rules_that_are_staged() {
    let env = ran();
    let rules = env.read_text(".gitignore");
    stage(&env, ".gitignore", &rules.replace("/model\n", ""));
    assert_eq!(env.rules(), "outs-ignored mlrun.yaml:6");
    assert_eq!(env.hints(), ["git add .gitignore"]);
    env.write(".gitignore", rules.replace("/model\n", ""));
    assert_eq!(env.hints(), ["echo /model >> .gitignore && git add .gitignore"]);
    env.sh(&env.hints()[0]).success();
    assert_eq!(env.rules(), "");
    assert!(!env.git_status().contains("model"));
    // A directory that is ignored covers what is in it; a later rule may take that back.
    stage(&env, ".gitignore", "*\n!/model\n");
    assert_eq!(env.rules(), "outs-ignored mlrun.yaml:6");
}

#[test]
fn an_out_in_git_is_told_once() {
    let env = ran();
    env.git(["add", "--force", "model"]).success();
    assert_snapshot!(env.mlhook("data", NOTHING), @r"
    model: raw-data is in Git as it is, though stage `train` writes it as a cached out
    [stderr]
    hint: git rm -r -q --cached model
    1 finding in 1 of 1 file
    [exit code 1]
    ");
    env.sh(&env.hints()[0]).success();
    env.sh("cp mlrun.yaml model.mldata && git add model.mldata").success();
    assert!(env.rules().starts_with("pointer model.mldata"), "{}", env.rules());
    env.write("x", "x");
    env.mldata(["add", "x"]).success();
    env.sh("cp x.mldata model.mldata && git add model.mldata").success();
    assert_eq!(env.rules(), "pointer model.mldata");
}

#[test]
fn paths_of_this_machine_are_told() {
    let env = ran();
    let top = env.dir().canonicalize().unwrap();
    let text = format!(
        "stages:\n  one:\n    cmd: cat {}/a > out\n    deps: [/etc/hostname]\n    outs: [out]\n",
        top.display()
    );
    stage(&env, "mlrun.yaml", &text);
    let rules = env.rules();
    assert!(rules.contains("absolute-dep mlrun.yaml:2, absolute-dep mlrun.yaml:3"), "{rules}");
    env.mlhook("data", NOTHING).success();
}

#[test]
fn what_a_merge_makes_of_two_locks_is_no_finding() {
    let env = ran();
    env.git(["switch", "-qc", "theirs"]).success();
    env.write("params.yaml", "lr: 2\nother: 1\n");
    env.repro(&[]);
    env.commit("theirs");
    env.git(["switch", "-q", "-"]).success();
    env.write("b", "b\n");
    env.commit("ours");
    env.git(["merge", "-q", "--no-commit", "--no-ff", "theirs"]).success();
    assert_eq!(env.rules(), "");
    env.git(["commit", "-qm", "merged"]).success();
    env.write("a", "more\n");
    env.git(["add", "a"]).success();
    env.git(["commit", "-q", "--amend", "-m", "with more"]).success();
    assert_eq!(env.rules(), "");
}

#[test]
fn hostile_files_are_findings_and_cost_little() {
    let env = TestEnv::new();
    let bomb: String = std::iter::once("a0: &a0 [x]\n".to_owned())
        .chain((1..40).map(|n| format!("a{n}: &a{n} [*a{0},*a{0},*a{0},*a{0}]\n", n - 1)))
        .collect();
    env.write("bomb/mlrun.yaml", bomb);
    env.write("deep/mlrun.yaml", "[".repeat(100_000));
    env.write("nul/mlrun.yaml", b"stages:\n  a\0: {cmd: x}\n");
    let stages: String = (0..100_000).map(|n| format!("  s{n:06}:\n    cmd: x\n")).collect();
    env.write("many/mlrun.lock", format!("mlrun: 1\nstages:\n{stages}"));
    env.write("many/mlrun.yaml", "stages: {s000000: {cmd: x}}\n");
    env.git(["add", "--all"]).success();
    let started = std::time::Instant::now();
    let rules = env.rules();
    assert!(started.elapsed() < std::time::Duration::from_secs(60), "{:?}", started.elapsed());
    for name in ["pipeline bomb/mlrun.yaml", "pipeline deep/mlrun.yaml", "pipeline nul/mlrun.yaml"]
    {
        assert!(rules.contains(name), "{name}");
    }
    assert_eq!(rules.matches("lock-leftover").count(), 1, "one for all of them");
}

#[test]
fn line_ends_that_git_writes_make_no_lock_stale() {
    for attributes in ["* text=auto\n", "*.txt text eol=crlf\n", "* text=auto\n*.bin filter=x\n"] {
        let env = TestEnv::pipeline(
            "stages:\n  one:\n    cmd: cat a.txt dir/* > out\n    deps: [a.txt, dir]\n    outs: [out]\n",
        );
        env.write(".gitattributes", attributes);
        env.write("a.txt", "a\n");
        env.write("dir/b.txt", "b\n");
        env.write("dir/c.txt", "c\n");
        env.git(["add", "--all"]).success();
        // As a checkout has them.
        env.sh("rm -r a.txt dir && git checkout-index --all").success();
        assert_eq!(env.repro(&[]), "one: ran");
        env.commit("ran");
        assert_eq!(env.read("a.txt").contains(&b'\r'), attributes.contains("crlf"));
        // One who has other line ends runs it, and the bytes in Git are the same.
        if attributes.contains("auto") {
            env.configure("core.autocrlf", "true");
            env.sh("rm -r a.txt dir && git checkout-index --all --force").success();
            assert_eq!(env.read("a.txt"), b"a\r\n");
            assert_eq!(env.repro(&[]), "one: ran");
            env.git(["add", "--all"]).success();
            assert_eq!(env.rules(), "", "{attributes}");
            env.configure("core.autocrlf", "false");
            assert_eq!(env.rules(), "", "{attributes}");
        }
        for (path, dep) in [("a.txt", "a.txt"), ("dir/b.txt", "dir")] {
            env.write(path, "other\n");
            env.git(["add", path]).success();
            assert_eq!(env.rules(), "stale-lock mlrun.yaml:2", "{attributes}");
            let message = format!("the lock of stage `one` is out of date: `{dep}` was modified");
            assert_eq!(env.messages(), [message], "{attributes}");
            env.git(["reset", "-q", path]).success();
        }
    }
}

#[test]
fn a_dep_that_a_program_rewrites_is_left_in_doubt() {
    let env = TestEnv::pipeline("stages:\n  one: {cmd: cat a > out, deps: [a], outs: [out]}\n");
    env.configure("filter.upper.clean", "tr A-Z a-z");
    env.configure("filter.upper.smudge", "touch ../was-run; tr a-z A-Z");
    env.write(".gitattributes", "a filter=upper\n");
    env.write("a", "A\n");
    assert_eq!(env.repro(&[]), "one: ran");
    env.commit("ran");
    env.write("a", "B\n");
    env.git(["add", "a"]).success();
    assert_eq!(env.rules(), "");
    assert!(!env.root().join("was-run").exists());
    // One that only cleans leaves nothing in doubt.
    env.configure("filter.upper.smudge", "cat");
    assert_eq!(env.rules(), "stale-lock mlrun.yaml:2");
}

#[test]
fn a_sparse_index_has_what_is_not_checked_out() {
    let env = ran();
    env.git(["sparse-checkout", "set", "--cone", "--sparse-index", "conf"]).success();
    assert!(!env.exists("src"));
    let listed = env.git(["ls-files", "--sparse"]).success().stdout_text();
    assert!(listed.lines().any(|line| line == "src/"), "{listed}");
    assert_eq!(env.rules(), "");
    env.mlhook("data", ["--all"]).success();
    // What is in a directory that is not checked out counts, on both sides of a dep.
    stage(&env, "conf/c.txt", "other\n");
    assert_eq!(env.rules(), "stale-lock mlrun.yaml:6");
    env.git(["reset", "-q"]).success();
    stage(&env, "a", "other\n");
    assert_eq!(
        env.messages(),
        ["the lock of stage `split` is out of date: `a` was modified"],
        "and `src` is neither modified nor missing"
    );
}

#[test]
fn hints_are_typed_where_one_is() {
    let mut env = TestEnv::new();
    env.mldata(["init"]).success();
    env.write("sub/mlrun.yaml", "stages:\n  one: {cmd: cat a > out, deps: [a], outs: [out]}\n");
    env.write("sub/a", "a");
    env.mlrun(["repro", "sub"]).success();
    env.commit("ran");
    env.write("sub/a", "b");
    env.git(["add", "sub/a"]).success();
    assert_eq!(env.hints(), ["git mlrun repro sub/mlrun.yaml:one"]);
    env.cd(env.dir().join("sub"));
    assert_eq!(env.hints(), ["git mlrun repro one"]);
    env.sh(&env.hints()[0]).success();
    env.git(["add", "mlrun.lock"]).success();
    assert_eq!(env.rules(), "");
}

#[test]
fn projects_of_templates_have_no_findings() {
    if which::which("python3").is_err() {
        crate::common::skip("projects_of_templates_have_no_findings", "no python3");
        return;
    }
    for template in ["minimal", "quickstart"] {
        let env = repository(template, &[]);
        env.repro(&[]);
        env.git(["add", "--all"]).success();
        assert_eq!(env.rules(), "", "{template}");
        env.git(["commit", "-qm", "ran"]).success();
        assert!(env.mlhook("data", ["--all"]).success().stdout_text().is_empty(), "{template}");
    }
}
