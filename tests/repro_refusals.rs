//! What cannot be run: said where it stands, before anything is touched.

use insta::assert_snapshot;

use crate::common::TestEnv;

#[test]
fn pipelines_that_make_no_sense() {
    let cases = [
        ("duplicate key", "stages:\n  a: {cmd: one}\n  a: {cmd: two}\n", "mlrun.yaml:3:3:"),
        ("unknown key", "stages:\n  a: {cmd: one, out: [x]}\n", "mlrun.yaml:2:17:"),
        ("wrong type", "stages:\n  a: {cmd: one, deps: {x: 1}}\n", "mlrun.yaml:2:23:"),
        ("no YAML", "stages:\n  a: [}\n", "mlrun.yaml:2:7:"),
        ("no variable", "stages:\n  a: {cmd: 'echo ${absent}'}\n", "mlrun.yaml:2:18:"),
        ("no such vars file", "vars: [absent.yaml]\nstages: {}\n", "absent.yaml"),
        ("no cmd", "stages:\n  a: {deps: [x]}\n", "mlrun.yaml:2"),
        ("outside", "stages:\n  a: {cmd: x, outs: [../x]}\n", "mlrun.yaml:2:22:"),
        ("Git's own", "stages:\n  a: {cmd: x, outs: [.git/x]}\n", "mlrun.yaml:2:22:"),
        (
            "cycle",
            "stages:\n  a: {cmd: x, deps: [b], outs: [a]}\n  b: {cmd: x, deps: [a], outs: [b]}\n",
            "wait for each other",
        ),
        ("own dep", "stages:\n  a: {cmd: x, deps: [a], outs: [a]}\n", "`a`"),
        ("same out", "stages:\n  a: {cmd: x, outs: [o]}\n  b: {cmd: x, outs: [o]}\n", "`o`"),
        ("nested outs", "stages:\n  a: {cmd: x, outs: [o]}\n  b: {cmd: x, outs: [o/p]}\n", "`o/p`"),
    ];
    let env = TestEnv::pipeline("");
    for (name, pipeline, place) in cases {
        env.write("mlrun.yaml", pipeline);
        for verb in ["repro", "status", "commit"] {
            let output = env.mlrun([verb]).code(3);
            assert!(output.stderr_text().contains(place), "{name}: {verb}:\n{output}");
            assert!(output.stdout.is_empty(), "{name}: {output}");
        }
    }
    env.remove("mlrun.yaml");
    assert_snapshot!(env.mlrun(["repro"]), @"
    [stderr]
    error: there is no pipeline file, `mlrun.yaml` or `dvc.yaml`, from here up to the top of the repository
    hint: begin one: `git mlrun stage add -n NAME -d DEP -o OUT COMMAND`
    hint: or name one that is elsewhere, as `DIRECTORY:STAGE`
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["repro", ""]), @"
    [stderr]
    error: the target is empty
    [exit code 3]
    ");
    assert!(!env.exists("mlrun.lock"));
}

#[test]
fn deps_and_parameters_that_are_not_there() {
    let env = TestEnv::pipeline(
        "
stages:
  dep: {cmd: touch out, deps: [absent, gone/too], outs: [out]}
  param: {cmd: touch param, params: [lr, deep.x], outs: [param]}
  file: {cmd: touch file, params: [other.toml: [x]], outs: [file]}
  wdir: {cmd: touch wdir, wdir: nowhere, outs: [wdir]}
",
    );
    env.write("params.yaml", "lr: 1\n");
    assert_snapshot!(env.mlrun(["repro", "-k"]), @"
    [stderr]
    `dep`: failed
    `param`: failed
    `file`: failed
    Running `wdir`:
    `wdir`: failed
    error: stage `dep`: deps are not there: `absent`, `gone/too`
    hint: create it, or take it out of the stage's `deps`
    error: `params.yaml` has no `deep.x`
    hint: write it there, or take it out of the stage's `params`
    error: there is no parameter file `other.toml`
    hint: write it there, or take it out of the stage's `params`
    error: stage `wdir`: its working directory `nowhere` is not there
    [exit code 3]
    ");
}

#[test]
fn commands_that_break_their_word() {
    let env = TestEnv::pipeline(
        "
stages:
  deletes: {cmd: rm dep && echo new > out, deps: [dep], outs: [out]}
  writes: {cmd: echo more >> dep2 && echo new > out2, deps: [dep2], outs: [out2]}
  littered: {cmd: touch src/new && echo new > out3, deps: [src], outs: [out3]}
  nothing: {cmd: touch other, deps: [dep], outs: [absent]}
",
    );
    for name in ["dep", "dep2", "src/a"] {
        env.write(name, "1\n");
    }
    for name in ["out", "out2", "out3"] {
        env.write(name, "old\n");
    }
    assert_snapshot!(env.mlrun(["repro", "deletes"]), @"
    [stderr]
    Running `deletes`:
    `deletes`: failed
    error: stage `deletes`: its command changed what the stage depends on: `dep`
    hint: list the path under `outs`, or let the command write somewhere else
    hint: what it had written: `git mldata recover restore <stamp>-repro-fe3ea098`
    [exit code 3]
    ");
    env.write("dep", "1\n");
    for (stage, dep) in [("writes", "dep2"), ("littered", "src")] {
        let output = env.mlrun(["repro", stage]).code(3).stderr_text();
        assert!(output.contains(&format!("depends on: `{dep}`")), "{output}");
    }
    assert_snapshot!(env.mlrun(["repro", "nothing"]), @"
    [stderr]
    Running `nothing`:
    `nothing`: failed
    error: stage `nothing`: its command did not write `absent`
    hint: correct the stage's `outs`, or what its command writes
    [exit code 3]
    ");
    for name in ["out", "out2", "out3"] {
        assert_eq!(env.read_text(name), "old\n");
    }
    assert_eq!(env.recovered(), ["new\n", "new\n", "new\n"]);
    assert!(!env.exists("mlrun.lock"));
}

#[test]
fn outs_that_lead_elsewhere() {
    let env = TestEnv::pipeline(
        "
stages:
  link: {cmd: ln -s ../outside/secret link, deps: [source], outs: [link]}
  inner: {cmd: mkdir dir && ln -s ../../outside dir/link, deps: [source], outs: [dir]}
  behind: {cmd: touch linked/out, deps: [source], outs: [linked/out]}
  pipe: {cmd: mkfifo pipe, deps: [source], outs: [pipe]}
",
    );
    env.write("source", "1\n");
    env.write("../outside/secret", "secret\n");
    env.link("../outside", "linked");
    assert_snapshot!(env.mlrun(["repro", "link"]), @"
    [stderr]
    Running `link`:
    `link`: failed
    error: `link` is a symbolic link to `../outside/secret`, which leads out of the repository
    hint: put what it points to in its place, or name it in `.mldataignore`
    hint: what it had written: `git mldata recover restore <stamp>-repro-172215cd`
    [exit code 3]
    ");
    let output = env.mlrun(["repro", "inner"]).code(3).stderr_text();
    assert!(output.contains("leads out of the repository"), "{output}");
    let output = env.mlrun(["repro", "behind"]).code(3).stderr_text();
    assert!(output.contains("`linked/out` lies behind `linked`"), "{output}");
    let output = env.mlrun(["repro", "pipe"]).code(3).stderr_text();
    assert!(output.contains("`pipe` is a socket, pipe or device"), "{output}");
    assert_eq!(env.sh("ls ../outside").stdout_text(), "secret\n");
    assert!(!env.exists("mlrun.lock"));
    // The command corrected, what it had left is not in its way.
    let pipeline = env.read_text("mlrun.yaml").replace("ln -s ../outside/secret", "cp source");
    env.write("mlrun.yaml", pipeline.replace("mkfifo", "cp source"));
    assert_eq!(env.repro(&["link", "pipe"]), "link: ran, pipe: ran");
    // Nor what somebody else left.
    env.remove("link");
    env.link("../outside/secret", "link");
    let output = env.mlrun(["repro", "link"]);
    assert_ne!(output.exit_code, Some(70), "{output}");
    assert_eq!(env.read_text("../outside/secret"), "secret\n");
}

/// A directory in the place of a linked one must not make a stage write elsewhere.
#[test]
fn a_link_that_appears_later() {
    let env = TestEnv::pipeline(
        "
stages:
  make: {cmd: mkdir -p sub && cp source sub/out, deps: [source], outs: [sub/out]}
",
    );
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    env.write("../outside/out", "precious\n");
    env.remove("sub");
    env.link("../outside", "sub");
    for arguments in [&["repro"][..], &["repro", "--force"]] {
        let output = env.mlrun(arguments).code(3);
        assert!(output.stderr_text().contains("`sub/out` lies behind `sub`"), "{output}");
        assert_eq!(env.read_text("../outside/out"), "precious\n");
    }
}

#[test]
fn odd_names_are_escaped_and_odd_locks_refused() {
    let env = TestEnv::pipeline(
        "
stages:
  make: {cmd: \"cp source 'a b'\", deps: [source], outs: ['a b']}
",
    );
    env.write("source", "1\n");
    env.mlrun(["repro", "-q"]).success();
    env.remove("a b");
    assert_eq!(env.repro(&[]), "make: restored");
    let lock = env.read_text("mlrun.lock");
    for (from, to) in [
        ("path: a b", "path: ../a"),
        ("path: a b", "path: .git/hooks/post-checkout"),
        ("mlrun: 1", "mlrun: 2"),
        ("size: 2", "size: many"),
        ("stages:", "stages:\n  make: {}\nstages:"),
    ] {
        assert!(lock.contains(from), "{lock}");
        env.write("mlrun.lock", lock.replace(from, to));
        let output = env.mldata(["checkout"]).code(3);
        assert!(output.stderr_text().contains("mlrun.lock"), "{to}: {output}");
        assert!(!env.exists("../a"));
    }
    env.write("mlrun.lock", lock);
    env.write(
        "mlrun.yaml",
        "stages:\n  make: {cmd: \"printf '\\e[2J'; exit 1\", deps: [source]}\n",
    );
    let output = env.mlrun(["repro", "-q"]).code(3);
    assert!(!output.stderr.contains(&0x1b), "{output}");
}

#[test]
fn a_lock_in_conflict_is_resolved_by_the_hint() {
    let env = TestEnv::pipeline("stages:\n  a: {cmd: cp in out, deps: [in], outs: [out]}\n");
    for (branch, text) in [("base", "0\n"), ("other", "1\n"), ("mine", "2\n")] {
        env.git(["switch", "-q", "-c", branch]).success();
        env.write("in", text);
        env.mlrun(["repro", "-q"]).success();
        env.commit(branch);
        if branch == "other" {
            env.git(["switch", "-q", "base"]).success();
        }
    }
    env.git(["merge", "-q", "-X", "ours", "other"]).code(1);
    assert_snapshot!(env.mlrun(["status"]), @"
    [stderr]
    error: `mlrun.lock` cannot be read
    caused by: lock has conflict markers; resolve the merge, then `git add` it
    hint: take one side, `git checkout --ours mlrun.lock` or `--theirs`, then `git mlrun repro`
    [exit code 3]
    ");
    env.git(["checkout", "-q", "--ours", "mlrun.lock"]).success();
    assert_eq!(env.repro(&[]), "a: unchanged");
}
