//! Runs follow commits that Git writes anew.

use std::fmt::Write as _;

use gitml::git::Repo;

use crate::common::TestEnv;
use crate::common::runs::{run, store};

fn head(env: &TestEnv) -> String {
    env.git(["rev-parse", "HEAD"]).success().stdout_text().trim().to_owned()
}

/// Commits a file, and stores that the run `byte` ran on that commit.
fn commit_with_run(env: &TestEnv, byte: u8) {
    env.write(format!("file-{byte}"), "x\n");
    env.commit(&format!("commit {byte}"));
    let mut ran = run(byte, &format!("run-{byte}"));
    ran.code.commit = Some(head(env));
    store(&Repo::at(env.dir()).unwrap(), &[ran]);
}

/// The names of the runs that `git mlrun log RANGE` lists, newest first.
fn log(env: &TestEnv, range: &str) -> String {
    let listed = env.mlrun(["log", "--columns", "name", range]).success().stdout_text();
    listed.lines().skip(1).collect::<Vec<_>>().join(" ")
}

/// The name of the run that `revision` stands for.
fn shown(env: &TestEnv, revision: &str) -> String {
    let shown = env.mlrun(["show", "--json", revision]).success();
    shown.json()["run"]["name"].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned()
}

fn store_id(env: &TestEnv) -> String {
    env.git(["rev-parse", "refs/mlrun/runs"]).success().stdout_text()
}

#[test]
fn an_amended_commit_has_the_runs_of_the_old_one() {
    let env = TestEnv::prepared();
    commit_with_run(&env, 1);
    // Twice: found through the commit between.
    for message in ["better", "best"] {
        let output = env.git(["commit", "--quiet", "--amend", "-m", message]).success();
        assert!(output.stderr.is_empty(), "{output}");
        assert_eq!(shown(&env, "HEAD"), "run-1", "{message}");
        assert_eq!(log(&env, "HEAD~1..HEAD"), "run-1", "{message}");
    }
    // A run of its own is nearer.
    let mut own = run(2, "own");
    own.code.commit = Some(head(&env));
    store(&Repo::at(env.dir()).unwrap(), &[own]);
    assert_eq!(shown(&env, "HEAD"), "own");
    assert_eq!(log(&env, "HEAD~1..HEAD"), "own run-1");
    // Nothing else is told: no commit without a run comes into the store.
    env.git(["commit", "--quiet", "--allow-empty", "-m", "other"]).success();
    let before = store_id(&env);
    env.git(["commit", "--quiet", "--amend", "--allow-empty", "-m", "another"]).success();
    assert_eq!(store_id(&env), before);
    env.mlrun(["show", "HEAD"]).code(3);
}

#[test]
fn a_rebase_takes_runs_along_and_a_squash_joins_them() {
    let mut env = TestEnv::prepared();
    env.git(["branch", "topic"]).success();
    env.write("main-file", "x\n");
    env.commit("main goes on");
    env.git(["switch", "--quiet", "topic"]).success();
    for byte in 1..=3 {
        commit_with_run(&env, byte);
    }
    env.git(["rebase", "--quiet", "main"]).success();
    assert_eq!(log(&env, "main..topic"), "run-3 run-2 run-1");
    assert_eq!([shown(&env, "topic"), shown(&env, "topic~2")], ["run-3", "run-1"]);
    // Two of them become one.
    env.set("GIT_SEQUENCE_EDITOR", "sed -i -e '2s/pick/squash/'");
    env.git(["rebase", "--quiet", "--interactive", "main"]).success();
    assert_eq!(log(&env, "topic~1..topic"), "run-3");
    assert_eq!(log(&env, "main..topic~1"), "run-2 run-1");
    assert_eq!(shown(&env, "topic~1"), "run-2");
    // One of them becomes two: Git takes the last for the one that took its place.
    env.set("GIT_SEQUENCE_EDITOR", "sed -i -e '1s/pick/edit/'");
    env.git(["rebase", "--quiet", "--interactive", "main"]).success();
    env.git(["reset", "--quiet", "HEAD~1"]).success();
    for file in ["file-1", "file-2"] {
        env.git(["add", file]).success();
        env.git(["commit", "--quiet", "-m", file]).success();
    }
    env.git(["rebase", "--continue"]).success();
    assert_eq!(log(&env, "main..topic"), "run-3 run-2 run-1");
    assert_eq!(shown(&env, "topic"), "run-3");
}

#[test]
fn an_aborted_rebase_tells_nothing() {
    let env = TestEnv::prepared();
    env.git(["branch", "topic"]).success();
    env.write("file-1", "conflict\n");
    env.commit("main goes on");
    env.git(["switch", "--quiet", "topic"]).success();
    commit_with_run(&env, 1);
    let before = store_id(&env);
    env.git(["rebase", "main"]).code(1);
    env.git(["rebase", "--abort"]).success();
    assert_eq!(store_id(&env), before);
    assert_eq!(shown(&env, "HEAD"), "run-1");
}

#[test]
fn a_trailer_that_a_new_message_dropped_is_not_forgotten() {
    let env = TestEnv::prepared();
    let ran = run(1, "one");
    store(&Repo::at(env.dir()).unwrap(), std::slice::from_ref(&ran));
    let trailer = format!("Mlrun-Run: {}", ran.id);
    env.git(["commit", "--quiet", "--allow-empty", "-m", "Train", "-m", &trailer]).success();
    env.git(["commit", "--quiet", "--amend", "--allow-empty", "-m", "Train well"]).success();
    assert_eq!(shown(&env, "HEAD"), "one");
    assert_eq!(log(&env, "HEAD~1..HEAD"), "one");
}

#[test]
fn what_was_rewritten_is_pushed_and_pulled_with_the_runs() {
    let mut env = TestEnv::prepared();
    env.sh("git init --quiet --bare ../origin.git && git remote add origin ../origin.git")
        .success();
    commit_with_run(&env, 1);
    env.git(["push", "--quiet", "--set-upstream", "origin", "main"]).success();
    env.mlrun(["push"]).success();
    env.sh("git clone --quiet ../origin.git ../other").success();
    env.cd("other");
    env.mldata(["init"]).success();
    env.mlrun(["pull"]).success();
    // Both rewrite the commit, neither knows of the other.
    env.git(["commit", "--quiet", "--amend", "-m", "theirs"]).success();
    env.git(["push", "--quiet", "origin", "HEAD:theirs"]).success();
    env.mlrun(["push"]).success();
    env.cd("repo");
    env.git(["commit", "--quiet", "--amend", "-m", "ours"]).success();
    env.git(["fetch", "--quiet"]).success();
    env.mlrun(["show", "origin/theirs"]).code(3);
    env.mlrun(["pull"]).success();
    assert_eq!([shown(&env, "origin/theirs"), shown(&env, "HEAD")], ["run-1", "run-1"]);
    // Rewritten once more here, it is found there through both.
    env.git(["switch", "--quiet", "-c", "third", "origin/theirs"]).success();
    env.git(["commit", "--quiet", "--amend", "-m", "third"]).success();
    env.git(["push", "--quiet", "origin", "third"]).success();
    env.mlrun(["push"]).success();
    env.cd("other");
    env.git(["fetch", "--quiet"]).success();
    env.mlrun(["pull"]).success();
    assert_eq!(shown(&env, "origin/third"), "run-1");
}

#[test]
fn without_runs_nothing_is_written() {
    let env = TestEnv::prepared();
    let before = env.tree(".git/mldata");
    env.git(["commit", "--quiet", "--amend", "-m", "settings again"]).success();
    env.git(["rev-parse", "--verify", "--quiet", "refs/mlrun/runs"]).code(1);
    assert_eq!(env.tree(".git/mldata"), before);
}

#[test]
fn a_run_that_goes_on_while_its_commit_is_amended_is_found() {
    let env = TestEnv::prepared();
    env.write(".gitignore", "go\n");
    env.commit("ready");
    let mut running = env
        .command(
            crate::common::MLRUN,
            ["exec", "--", "sh", "-c", "until test -e go; do sleep 0.05; done"],
        )
        .spawn()
        .unwrap();
    let is_live = || {
        let listed = std::fs::read_dir(env.dir().join(".git/mldata/live"));
        listed.is_ok_and(|entries| entries.count() > 0)
    };
    while !is_live() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    env.git(["commit", "--quiet", "--amend", "-m", "meanwhile"]).success();
    env.write("go", "");
    assert!(running.wait().unwrap().success());
    env.mlrun(["show", "HEAD"]).success();
}

#[test]
fn a_store_that_cannot_be_read_fails_no_rewrite() {
    let env = TestEnv::prepared();
    commit_with_run(&env, 1);
    env.git(["update-ref", "refs/mlrun/runs", "HEAD"]).success();
    env.git(["commit", "--quiet", "--amend", "-m", "again"]).success();
    env.sh("tip=$(git rev-parse refs/mlrun/runs)
        rm -f .git/objects/$(echo $tip | cut -c1-2)/$(echo $tip | cut -c3-)")
        .success();
    let output = env.git(["commit", "--quiet", "--amend", "-m", "and again"]).success();
    let said = output.stderr_text();
    assert!(said.starts_with("warning: ") && said.contains("git mlrun log"), "{said}");
}

#[test]
fn a_thousand_commits_at_once() {
    let env = TestEnv::prepared();
    let mut stream = String::new();
    for branch in ["old", "new"] {
        for number in 0..1000 {
            let message = format!("{branch} {number}");
            let _ = write!(
                stream,
                "commit refs/heads/{branch}\ncommitter A <a@b> {number} +0000\ndata {}\n{message}\n",
                message.len()
            );
        }
    }
    let imported = env.run_with_input("git", ["fast-import", "--quiet"], stream.as_bytes());
    imported.success();
    let list = |branch: &str| env.git(["rev-list", branch]).success().stdout_text();
    let (old, new) = (list("old"), list("new"));
    let mut runs = Vec::new();
    for (at, id) in old.lines().enumerate() {
        let mut ran = run((at % 250) as u8, &format!("run-{at}"));
        let mut bytes = *ran.id.as_bytes();
        bytes[14..].copy_from_slice(&(at as u16).to_be_bytes());
        ran.id = gitml::format::run::RunId::from_bytes(bytes);
        ran.code.commit = Some(id.to_owned());
        runs.push(ran);
    }
    store(&Repo::at(env.dir()).unwrap(), &runs);
    let pairs: String =
        old.lines().zip(new.lines()).map(|(old, new)| format!("{old} {new}\n")).collect();
    let begin = std::time::Instant::now();
    let hook = ["hook", "post-rewrite", "rebase"];
    env.run_with_input(crate::common::BINARY, hook, pairs.as_bytes()).success();
    let took = begin.elapsed();
    assert!(took < std::time::Duration::from_secs(20), "{took:?}");
    assert_eq!([shown(&env, "new"), shown(&env, "new~999")], ["run-0", "run-999"]);
    assert_eq!(log(&env, "new~10..new").split(' ').count(), 10);
    // Told again, it is known.
    let before = store_id(&env);
    env.run_with_input(crate::common::BINARY, hook, pairs.as_bytes()).success();
    assert_eq!(store_id(&env), before);
}
