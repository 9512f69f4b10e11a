//! Runs between repositories: push, fetch and pull.

use gitml::format::run::{Code, Kind, Run, RunId};
use gitml::git::Repo;
use gitml::runs::store::REF;
use gitml::runs::{NewRun, Store};
use insta::assert_snapshot;

use crate::common::TestEnv;

/// A run whose id is this byte, again and again.
pub fn run(byte: u8) -> NewRun {
    let id = RunId::from_bytes([byte; 16]);
    let started = "2026-01-01T00:00:00Z".parse().unwrap();
    let name = format!("quiet-otter-{byte}");
    let mut new = NewRun::new(Run::new(id, name, Kind::Exec, i64::from(byte), started));
    new.log = format!("log of {byte}\n").into_bytes();
    new
}

/// Records runs in the current repository, which ran with HEAD.
pub fn record(env: &TestEnv, bytes: &[u8]) {
    let repo = Repo::at(env.dir()).unwrap();
    let head = repo.head().unwrap();
    let runs: Vec<NewRun> = bytes.iter().map(|&byte| run(byte)).collect();
    let code: Vec<_> = head.into_iter().collect();
    Store::new(&repo).add(&runs, &code, "Record runs").unwrap();
}

/// The first bytes of the ids of the runs that are here, as Git lists them.
pub fn ids(env: &TestEnv) -> String {
    let listed = env.git(["ls-tree", "-r", "--name-only", REF]).stdout_text();
    let runs = listed.lines().filter(|line| line.ends_with("/run.json"));
    runs.map(|line| &line["v1/runs/".len()..][..2]).collect::<Vec<_>>().join(" ")
}

pub fn rev(env: &TestEnv, name: &str) -> String {
    env.git(["rev-parse", name]).success().stdout_text()
}

pub fn tree(env: &TestEnv) -> String {
    rev(env, &format!("{REF}^{{tree}}"))
}

/// The id of the run with this byte.
pub fn id(byte: u8) -> String {
    RunId::from_bytes([byte; 16]).to_string()
}

/// A bare repository and two clones, `a` and `b`, in `a`.
pub fn two_clones() -> TestEnv {
    let mut env = TestEnv::new();
    env.write("train.py", "print(1)\n");
    env.commit("code");
    env.git(["clone", "--quiet", "--bare", ".", "../origin.git"]).success();
    env.cd("");
    for name in ["a", "b"] {
        env.git(["clone", "--quiet", "origin.git", name]).success();
    }
    env.cd("a");
    env
}

/// Runs `command` of `git mlrun` in the clone `name`.
pub fn mlrun(env: &mut TestEnv, name: &str, command: &str) -> String {
    env.cd(name);
    env.mlrun(command.split(' ')).to_string()
}

#[test]
fn clones_that_diverge_come_to_the_same_runs() {
    let mut env = two_clones();
    record(&env, &[0x11, 0x12]);
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    Pushed 2 runs to `origin`.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    Everything is on `origin`.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "b", "fetch"), @"
    [stderr]
    Fetched 2 runs from `origin`.
    hint: `git mlrun pull origin` merges them
    [ok]
    ");
    assert_eq!(ids(&env), "");
    assert_snapshot!(mlrun(&mut env, "b", "pull"), @"
    [stderr]
    Got 2 runs from `origin`.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "b", "pull"), @"
    [stderr]
    Already up to date.
    [ok]
    ");
    record(&env, &[0x21]);
    env.cd("a");
    record(&env, &[0x31]);
    assert_snapshot!(mlrun(&mut env, "b", "push"), @"
    [stderr]
    Pushed 1 run to `origin`.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    Got 1 run that others had pushed.
    Pushed 1 run to `origin`.
    [ok]
    ");
    assert_eq!(ids(&env), "11 12 21 31");
    assert_snapshot!(mlrun(&mut env, "b", "pull"), @"
    [stderr]
    Got 1 run from `origin`.
    [ok]
    ");
    assert_eq!(ids(&env), "11 12 21 31");
    let merged = tree(&env);
    env.cd("a");
    assert_eq!(tree(&env), merged);
    env.git(["fsck", "--strict"]).success();
    let mut pulled = env.mlrun(["pull", "--json"]).success().json();
    assert_eq!(pulled["tip"].take().as_str().unwrap(), rev(&env, REF).trim());
    let expected = serde_json::json!({
        "remote": "origin", "runs": 0, "tip": null, "merged": false, "warnings": []
    });
    assert_eq!(pulled, expected);
    assert_snapshot!(mlrun(&mut env, "a", "push --json"), @r#"
    {
      "remote": "origin",
      "dry_run": false,
      "runs": 0,
      "received": 0,
      "snapshots": 0,
      "data": null,
      "kept": 0,
      "warnings": []
    }
    [ok]
    "#);
}

#[test]
fn pulling_both_ways_without_a_push_converges() {
    let mut env = two_clones();
    record(&env, &[0x11]);
    env.git(["remote", "add", "b", "../b"]).success();
    env.cd("b");
    record(&env, &[0x22]);
    env.git(["remote", "add", "a", "../a"]).success();
    mlrun(&mut env, "b", "pull a");
    mlrun(&mut env, "a", "pull b");
    let merged = tree(&env);
    env.cd("b");
    assert_eq!(tree(&env), merged);
    assert_eq!(ids(&env), "11 22");
}

#[test]
fn rejected_pushes_leave_the_runs_here() {
    let mut env = two_clones();
    record(&env, &[0x11]);
    env.write("../origin.git/hooks/update", "#!/bin/sh\necho 'no runs here' >&2\nexit 1\n");
    env.chmod("../origin.git/hooks/update", 0o755);
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    error: `origin` refused the runs: hook declined: no runs here; error: hook declined to update refs/mlrun/runs
    hint: the runs are safe here; the remote must let you write `refs/mlrun/runs`
    [exit code 3]
    ");
    assert_eq!(ids(&env), "11");
    env.sh("mv ../origin.git ../away").success();
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    error: cannot ask `origin`: fatal: '$ROOT/origin.git' does not appear to be a git repository; fatal: Could not read from remote repository.
    hint: the runs here are as they were; run it again when the remote can be reached
    [exit code 3]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "pull"), @"
    [stderr]
    error: cannot ask `origin`: fatal: '$ROOT/origin.git' does not appear to be a git repository; fatal: Could not read from remote repository.
    hint: the runs here are as they were; run it again when the remote can be reached
    [exit code 3]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "pull nowhere"), @"
    [stderr]
    error: there is no remote `nowhere`
    hint: the remotes are: `origin`
    [exit code 3]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "push --upload-pack=x"), @"
    [stderr]
    error: unexpected argument '--upload-pack' found

      tip: to pass '--upload-pack' as a value, use '-- --upload-pack'

    Usage: git mlrun push [OPTIONS] [REMOTE]

    For more information, try '--help'.
    [exit code 2]
    ");
    env.git(["remote", "remove", "origin"]).success();
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    error: this repository has no remote
    hint: add one: `git remote add NAME URL`
    [exit code 3]
    ");
    assert_eq!(ids(&env), "11");
}

#[test]
fn the_remote_that_is_meant() {
    let mut env = two_clones();
    record(&env, &[0x11]);
    env.git(["remote", "rename", "origin", "one"]).success();
    assert_snapshot!(mlrun(&mut env, "a", "push -n"), @"
    [stderr]
    Would push 1 run to `one`.
    [ok]
    ");
    env.git(["remote", "add", "two", "../b"]).success();
    env.git(["config", "mlrun.remote", "two"]).success();
    assert_snapshot!(mlrun(&mut env, "a", "push -n"), @"
    [stderr]
    Would push 1 run to `two`.
    [ok]
    ");
    env.git(["config", "--unset", "mlrun.remote"]).success();
    env.git(["checkout", "--quiet", "--detach"]).success();
    assert_snapshot!(mlrun(&mut env, "a", "push -n"), @"
    [stderr]
    error: there are several remotes and none is the default for runs
    hint: name one of `one`, `two`, or choose by `git config mlrun.remote NAME`
    [exit code 3]
    ");
}

#[test]
fn refspecs_prune_and_mirrors_take_no_runs_away() {
    let mut env = two_clones();
    record(&env, &[0x11]);
    env.configure("fetch.prune", "true");
    env.configure("push.followTags", "true");
    let refspec = "+refs/mlrun/*:refs/mlrun-remotes/origin/*";
    env.git(["config", "--add", "remote.origin.fetch", refspec]).success();
    env.git(["fetch", "--quiet"]).success();
    assert_eq!(ids(&env), "11");
    mlrun(&mut env, "a", "push");
    env.git(["fetch", "--quiet"]).success();
    mlrun(&mut env, "a", "pull");
    assert_eq!(ids(&env), "11");
    env.git(["config", "remote.origin.mirror", "true"]).success();
    record(&env, &[0x12]);
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    Pushed 1 run to `origin`.
    [ok]
    ");
    // A mirror of the bare repository has them too.
    env.cd("");
    env.git(["clone", "--quiet", "--mirror", "origin.git", "mirror.git"]).success();
    env.cd("mirror.git");
    assert_eq!(ids(&env), "11 12");
}

#[test]
fn a_clone_that_does_not_ask_gets_no_runs() {
    let mut env = two_clones();
    record(&env, &[0x11]);
    let tip = rev(&env, REF);
    mlrun(&mut env, "a", "push");
    env.cd("");
    let url = format!("file://{}/origin.git", env.root().display());
    env.git(["clone", "--quiet", &url, "plain"]).success();
    env.cd("plain");
    let refs = env.git(["for-each-ref", "--format=%(refname)"]).success().stdout_text();
    assert!(!refs.contains("mlrun"), "{refs}");
    env.git(["fetch", "--quiet"]).success();
    assert_eq!(env.git(["cat-file", "-e", tip.trim()]).exit_code, Some(1));
}

#[test]
fn four_push_at_once() {
    let mut env = two_clones();
    env.cd("");
    let names = ["p", "q", "r", "s"];
    for (at, name) in names.iter().enumerate() {
        env.git(["clone", "--quiet", "origin.git", name]).success();
        env.cd(name);
        record(&env, &[0x40 + at as u8]);
        env.cd("");
    }
    let children: Vec<_> = names
        .iter()
        .map(|name| {
            let mut command = env.command(crate::common::MLRUN, ["push"]);
            command.current_dir(env.root().join(name)).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    env.cd("origin.git");
    assert_eq!(ids(&env), "40 41 42 43");
    env.git(["fsck", "--strict"]).success();
}

#[test]
fn shallow_and_partial_clones_have_the_runs_whole() {
    let mut env = two_clones();
    // The code that a run had, which no branch has any more.
    env.write("train.py", "print(2)\n");
    env.commit("dropped");
    record(&env, &[0x11]);
    let code = rev(&env, "HEAD");
    env.git(["reset", "--quiet", "--hard", "HEAD~"]).success();
    env.write("train.py", "print(3)\n");
    env.commit("kept");
    env.git(["push", "--quiet"]).success();
    mlrun(&mut env, "a", "push");
    env.cd("origin.git");
    env.git(["config", "uploadpack.allowFilter", "true"]).success();
    env.cd("");
    let url = format!("file://{}/origin.git", env.root().display());
    for (name, option, byte) in
        [("shallow", "--depth=1", 0x57), ("partial", "--filter=blob:none", 0x58)]
    {
        env.cd("");
        env.git(["clone", "--quiet", option, &url, name]).success();
        mlrun(&mut env, name, "pull");
        assert!(ids(&env).starts_with("11"), "{name}");
        record(&env, &[byte]);
        let pushed = mlrun(&mut env, name, "push");
        assert!(pushed.contains("Pushed 1 run to `origin`."), "{pushed}");
        // Without the other side everything of the runs is here.
        env.sh("mv ../origin.git ../away").success();
        env.git(["gc", "--quiet", "--prune=now"]).success();
        let shown = env.git(["show", &format!("{}:train.py", code.trim())]).success();
        assert_eq!(shown.stdout_text(), "print(2)\n");
        let log = format!("{REF}:v1/runs/11/{}/log.txt", id(0x11));
        assert_eq!(env.git(["show", &log]).success().stdout_text(), "log of 17\n");
        env.sh("mv ../away ../origin.git").success();
    }
    env.cd("origin.git");
    env.git(["gc", "--quiet", "--prune=now"]).success();
    assert_eq!(ids(&env), "11 57 58");
    mlrun(&mut env, "a", "pull");
    env.git(["gc", "--quiet", "--prune=now"]).success();
    assert_eq!(ids(&env), "11 57 58");
}

/// Records a run that left `model`, an object of the cache, and has a snapshot.
fn record_with_object(env: &TestEnv) {
    env.mldata(["init"]).success();
    env.write("model", "weights\n");
    env.mldata(["add", "model"]).success();
    env.commit("model");
    let pointer = env.read_text("model.mldata");
    let oid = pointer.lines().find_map(|line| line.strip_prefix("oid: ")).unwrap().to_owned();
    let repo = Repo::at(env.dir()).unwrap();
    let mut new = run(0x11);
    new.run.outs.push(
        serde_json::from_str(&format!(
            "{{\"path\": \"model\", \"oid\": \"{oid}\", \"size\": 8, \"cached\": true}}"
        ))
        .unwrap(),
    );
    let head = repo.head().unwrap().unwrap();
    new.run.code = Code { snapshot: Some(head.to_string()), ..Code::default() };
    Store::new(&repo).add(&[new], &[head], "Record a run").unwrap();
}

#[test]
fn objects_go_before_the_runs_that_name_them() {
    let mut env = two_clones();
    record_with_object(&env);
    assert_snapshot!(mlrun(&mut env, "a", "push -n"), @"
    [stderr]
    warning: this would publish uncommitted code: the snapshots of 1 run
    hint: `git config mlrun.snapshot none` records runs without it
    Would push 1 run to `origin`.
    warning: only here: 1 object that these runs name (logs, curves, outs)
    hint: add a remote for data: `git mldata remote add NAME DIRECTORY`
    [ok]
    ");
    env.mldata(["remote", "add", "store", "../store"]).success();
    assert_snapshot!(mlrun(&mut env, "a", "push -n"), @"
    [stderr]
    Would push 1 object, 8 B to `store`.
    warning: this would publish uncommitted code: the snapshots of 1 run
    hint: `git config mlrun.snapshot none` records runs without it
    Would push 1 run to `origin`.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "push -n --no-data"), @"
    [stderr]
    warning: this would publish uncommitted code: the snapshots of 1 run
    hint: `git config mlrun.snapshot none` records runs without it
    Would push 1 run to `origin`.
    warning: only here: 1 object that these runs name (logs, curves, outs)
    [ok]
    ");
    env.sh("mv ../store ../away").success();
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    error: cannot use the remote `store`: `$ROOT/store` is not a remote: it has no `mldata-remote` file
    hint: see that the directory is mounted; `git mldata remote list` shows where remotes are
    [exit code 3]
    ");
    env.cd("origin.git");
    assert_eq!(ids(&env), "", "no run without its data");
    env.sh("mv ../away ../store").success();
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    Pushed 1 object, 8 B to `store`.
    warning: this published uncommitted code: the snapshots of 1 run
    hint: `git config mlrun.snapshot none` records runs without it
    Pushed 1 run to `origin`.
    [ok]
    ");
    env.cd("origin.git");
    assert_eq!(ids(&env), "11");
}

#[test]
fn objects_that_stayed_follow_their_runs() {
    let mut env = two_clones();
    record_with_object(&env);
    let output = mlrun(&mut env, "a", "push");
    assert!(output.contains("only here: 1 object"));
    env.mldata(["remote", "add", "store", "../store"]).success();
    let output = mlrun(&mut env, "a", "push --no-data");
    assert!(output.contains("Everything is on `origin`"));
    assert_snapshot!(mlrun(&mut env, "a", "push -n"), @"
    [stderr]
    Would push 1 object, 8 B to `store`.
    Everything is on `origin`.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    Pushed 1 object, 8 B to `store`.
    Everything is on `origin`.
    [ok]
    ");
    // That it went is known: nobody asks again, even if the remote cannot be reached.
    env.sh("mv ../store ../away").success();
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    Everything is on `origin`.
    [ok]
    ");
    // A run without objects needs no remote for them.
    record(&env, &[0x12]);
    assert!(mlrun(&mut env, "a", "push").contains("Pushed 1 run to `origin`"));
}
