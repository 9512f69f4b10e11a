//! `git mlrun restore`: what a run left comes back byte for byte, or is named.

use gitml::data::Project;
use gitml::format::run::{Code, Data, Kind, Run, RunId};
use gitml::fs::RepoPath;
use gitml::runs::snapshot::{self, take};
use gitml::runs::{NewRun, Store};
use insta::assert_snapshot;

use crate::common::machine::with_new_git;
use crate::common::{TestEnv, tree};

const PIPELINE: &str = "\
stages:
  train:
    cmd: mkdir -p fit && tr a-z A-Z <data/a >fit/weights && echo 1 >fit/log && cp p.json m.json
    deps: [data, p.json]
    outs: [fit]
    metrics: [m.json: {cache: false}]
";

/// A repository with data, a pipeline and code, all committed, and the remote `store`.
fn repository() -> TestEnv {
    let env = TestEnv::tracked();
    env.write("mlrun.yaml", PIPELINE);
    env.write("p.json", "{\"x\": 1}\n");
    env.write("run.sh", "echo\n");
    env.chmod("run.sh", 0o755);
    env.link("run.sh", "link");
    env.commit("pipeline");
    env
}

fn id_of(name: &str) -> RunId {
    RunId::from_bytes([name.bytes().fold(1, u8::wrapping_add); 16])
}

/// Does what a recorded run does: a snapshot, `work`, and the store. `outs` are left by it.
#[track_caller]
fn record(env: &TestEnv, name: &str, outs: &[&str], work: impl FnOnce()) -> Code {
    let project = Project::open(env.dir()).unwrap();
    let taken = take(&project).unwrap();
    work();
    let mut code = taken.code;
    let paths: Vec<RepoPath> = outs.iter().map(|path| RepoPath::new(*path).unwrap()).collect();
    let left = snapshot::result(&project, &code, &paths).unwrap();
    code.result = left.map(|commit| commit.to_string());
    let started = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut run = Run::new(id_of(name), name.into(), Kind::Pipeline, 1, started);
    run.code = code.clone();
    let keep: Vec<_> = left.or(taken.keep).into_iter().collect();
    Store::new(&project.repo).add(&[NewRun::new(run)], &keep, "runs").unwrap();
    code
}

const LEFT: [&str; 3] = ["mlrun.lock", "m.json", ".gitignore"];

/// What the worktree holds, and what Git thinks of it.
fn state(env: &TestEnv) -> String {
    env.git(["status", "--porcelain"]).success();
    let lines = tree::describe(env.dir());
    let is_ours = |line: &&str| !line.contains(" .git/") && !line.contains(".git\n");
    lines.lines().filter(is_ours).map(|line| format!("{line}\n")).collect()
}

#[test]
fn a_run_comes_back_byte_for_byte() {
    let env = repository();
    env.write("p.json", "{\"x\": 2}\n");
    env.write("new/tool.sh", "echo new\n");
    env.chmod("new/tool.sh", 0o755);
    env.link("../run.sh", "new/link");
    env.remove("link");
    env.write("new/large", "x".repeat((1 << 20) + 1));
    let code = record(&env, "first", &LEFT, || assert_eq!(env.repro(&[]), "train: ran"));
    let before = state(&env);
    env.sh("git add -A; git reset -q --hard; rm -rf fit new m.json mlrun.lock").success();
    env.mldata(["checkout"]).success();
    env.git(["clean", "-qfd"]).success();
    assert_ne!(state(&env), before);

    assert_snapshot!(env.mlrun(["restore", "first", "-n"]), @r"
    [stderr]
    Would restore `first` on the branch `run/first`.
    Would write `new/large`, which the snapshot left to the cache.
    [ok]
    ");
    assert_eq!(env.git(["branch", "--list", "run/*"]).success().stdout_text(), "");
    assert_snapshot!(env.mlrun(["restore", "first"]), @r"
    [stderr]
    Restored `first` on the branch `run/first`.
    Checked out `fit`: 2 files written.
    Wrote `new/large`, which the snapshot left to the cache.
    [ok]
    ");
    assert_eq!(state(&env), before);
    assert_eq!(env.git_status(), "?? new/large\n");
    let head = env.git(["rev-parse", "HEAD"]).success().stdout_text();
    assert_eq!(head.trim(), code.output().unwrap());
    env.mldata(["status", "--exit-code"]).success();
    // What it left is what the pipeline would leave.
    assert_eq!(env.repro(&[]), "train: unchanged");
    env.git(["fsck", "--strict"]).success();
}

#[test]
fn a_clone_brings_data_from_the_remote() {
    let mut env = repository();
    env.write("p.json", "{\"x\": 3}\n");
    record(&env, "far", &LEFT, || assert_eq!(env.repro(&[]), "train: ran"));
    let before = state(&env);
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.sh("git fetch -q origin refs/mlrun/runs:refs/mlrun/runs").success();
    let output = env.mlrun(["restore", "far", "-b", "again", "--json"]).success();
    let json = output.json();
    assert_eq!((&json["branch"], &json["errors"]), (&"again".into(), &serde_json::json!([])));
    assert_eq!(json["targets"][0]["path"], "data");
    assert_eq!(state(&env), before);
}

/// Git brings the files of the commit when they are wanted.
#[test]
fn a_partial_clone_fetches_the_code() {
    let mut env = repository();
    record(&env, "first", &[], || ());
    env.write("run.sh", "echo again\n");
    env.commit("later");
    env.mldata(["push"]).success();
    env.git(["config", "uploadpack.allowFilter", "true"]).success();
    env.sh("git clone -q --filter=blob:none \"file://$PWD\" ../partial").success();
    env.cd("partial");
    env.mlrun(["pull"]).success();
    env.mlrun(["restore", "first"]).success();
    assert_eq!(env.read_text("run.sh"), "echo\n");
}

/// Its commit knows no remote; the one that the clone knows now has the data.
#[test]
fn a_remote_may_be_younger_than_the_run() {
    let mut env = repository();
    env.sh("mv .mldataconfig ../settings").success();
    env.commit("without a remote");
    env.write("p.json", "{\"x\": 4}\n");
    record(&env, "early", &LEFT, || assert_eq!(env.repro(&[]), "train: ran"));
    let before = state(&env);
    env.sh("cp ../settings .mldataconfig").success();
    env.commit("with a remote");
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.sh("git fetch -q origin refs/mlrun/runs:refs/mlrun/runs").success();
    let json = env.mlrun(["restore", "early", "--json"]).success().json();
    assert_eq!(json["errors"], serde_json::json!([]));
    assert_eq!(state(&env), before);
}

/// The remote that its commit knows is gone; the one that the clone knows now has the data.
#[test]
fn the_remote_of_a_run_may_have_moved() {
    let mut env = repository();
    env.write("p.json", "{\"x\": 4}\n");
    env.write("large", "x".repeat((1 << 20) + 1));
    record(&env, "moved", &LEFT, || assert_eq!(env.repro(&[]), "train: ran"));
    let before = state(&env);
    env.mldata(["add", "large"]).success();
    let get_url = ["config", "-f", ".mldataconfig", "mldata.store.url"];
    let old = env.git(get_url).success().stdout_text().trim().to_owned();
    env.git([&get_url[..], &["../moved"]].concat()).success();
    env.commit("another place");
    env.sh(&format!("mv '{old}' ../moved")).success();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.sh("git fetch -q origin refs/mlrun/runs:refs/mlrun/runs").success();
    let json = env.mlrun(["restore", "moved", "--json"]).success().json();
    assert_eq!(json["errors"], serde_json::json!([]));
    assert_eq!(state(&env), before);
}

/// Nothing but a run names the file.
#[test]
fn a_large_file_comes_from_the_remote() {
    let mut env = repository();
    let large = "x".repeat((1 << 20) + 1);
    env.write("large", &large);
    record(&env, "big", &[], || ());
    env.git(["switch", "--quiet", "-c", "other"]).success();
    env.mldata(["add", "large"]).success();
    env.commit("large");
    env.mldata(["push"]).success();
    env.git(["switch", "--quiet", "main"]).success();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.sh("git fetch -q origin refs/mlrun/runs:refs/mlrun/runs").success();
    env.mlrun(["restore", "big"]).success();
    assert_eq!(env.read_text("large"), large);
}

/// The code of a stage stands in the run that it is part of.
#[test]
fn a_stage_has_the_code_of_its_run() {
    let env = repository();
    env.write("p.json", "{\"x\": 6}\n");
    let code = record(&env, "whole", &LEFT, || assert_eq!(env.repro(&[]), "train: ran"));
    let project = Project::open(env.dir()).unwrap();
    let started = "2026-01-01T00:00:00Z".parse().unwrap();
    let id = RunId::from_bytes([200; 16]);
    let mut run = Run::new(id, "whole/train".into(), Kind::Stage, 2, started);
    run.parent = Some(id_of("whole"));
    Store::new(&project.repo).add(&[NewRun::new(run)], &[], "runs").unwrap();
    env.mlrun(["restore", "c8c8", "--worktree", "../there"]).success();
    let head = env.git(["rev-parse", "run/whole-train"]).success().stdout_text();
    assert_eq!(head.trim(), code.output().unwrap());
}

#[test]
fn another_worktree_leaves_this_one_alone() {
    let mut env = repository();
    env.write("p.json", "{\"x\": 4}\n");
    record(&env, "aside", &LEFT, || assert_eq!(env.repro(&[]), "train: ran"));
    env.write("p.json", "{\"x\": 5}\n");
    let before = state(&env);
    assert_snapshot!(env.mlrun(["restore", "aside"]), @r"
    [stderr]
    error: this worktree has changes: `.gitignore`, `p.json`, `m.json` and 1 more
    hint: commit them, or put them away: `git stash -u`; data: `git mldata add`
    hint: or restore elsewhere: `git mlrun restore RUN --worktree DIR`
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["restore", "aside", "--worktree", "../there"]), @r"
    [stderr]
    Restored `aside` on the branch `run/aside` in `../there`.
    Checked out `data`: 3 files written.
    Checked out `fit`: 2 files written.
    Checked out `model`: 1 file written.
    [ok]
    ");
    assert_eq!(state(&env), before);
    env.cd("there");
    assert_eq!(env.read_text("p.json"), "{\"x\": 4}\n");
    assert_eq!(env.read_text("fit/weights"), "A\n");
    env.mldata(["status", "--exit-code"]).success();
    assert_snapshot!(env.mlrun(["restore", "aside"]), @r"
    [stderr]
    error: there is a branch `run/aside` already
    hint: `-b BRANCH` takes another name
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["restore", "aside", "-b", "a..b"]), @r"
    [stderr]
    error: `a..b` cannot be the name of a branch
    hint: `-b BRANCH` takes another name
    [exit code 2]
    ");
    env.mlrun(["restore", "aside", "-b", "code", "--worktree", "../code", "--no-data"]).success();
    env.cd("code");
    assert!(!env.exists("fit") && !env.exists("data") && env.exists("mlrun.lock"));
}

#[test]
fn hooks_that_settings_name_do_not_run() {
    let mut env = repository();
    if !with_new_git(&mut env, "hooks_that_settings_name_do_not_run") {
        return;
    }
    record(&env, "quiet", &[], || ());
    env.git(["config", "hook.mine.event", "post-checkout"]).success();
    let ran = env.root().join("ran");
    env.git(["config", "hook.mine.command", &format!("touch '{}' #", ran.display())]).success();
    env.mlrun(["restore", "quiet", "--worktree", "../there"]).success();
    env.mlrun(["restore", "quiet", "-b", "again"]).success();
    assert!(!ran.exists());
    env.git(["switch", "-qc", "other"]).success();
    assert!(ran.exists());
}

#[test]
fn changed_data_is_refused() {
    let env = repository();
    record(&env, "old", &[], || ());
    env.write("data/a", "not added yet\n");
    assert_snapshot!(env.mlrun(["restore", "old"]), @r"
    [stderr]
    error: this worktree has changes: `data/a`
    hint: commit them, or put them away: `git stash -u`; data: `git mldata add`
    hint: or restore elsewhere: `git mlrun restore RUN --worktree DIR`
    [exit code 3]
    ");
    assert_eq!(env.read_text("data/a"), "not added yet\n");
    env.mldata(["add"]).success();
    env.commit("data");
    env.mlrun(["restore", "old"]).success();
    assert_eq!(env.read_text("data/a"), "a\n");
}

#[test]
fn what_is_lost_is_named() {
    let env = repository();
    let token: String = (0..36_u8).map(|i| char::from(b'A' + (i * 7) % 26)).collect();
    env.write("token.txt", format!("ghp_{token}"));
    env.write("large", "x".repeat((1 << 20) + 1));
    record(&env, "some", &[], || ());
    env.remove("token.txt");
    env.remove("large");
    env.remove(".git/mldata/objects");
    env.remove("data");
    assert_snapshot!(env.mlrun(["restore", "some"]), @r"
    [stderr]
    Restored `some` on the branch `run/some`.
    error: cannot bring back `token.txt`: what looked like a secret was in it, and it was left out
    error: cannot bring back `large`: object sha256:154b8ed… is not in the cache
    error: `data` (sha256:73de52f…): the object is neither here nor on the remote (`store`)
    hint: look for it where it was added: `git mldata push` there sends it
    error: `model` (sha256:1b465fa…): the object is neither here nor on the remote (`store`)
    hint: look for it where it was added: `git mldata push` there sends it
    [exit code 3]
    ");
}

/// A store comes from others, too.
#[test]
fn hostile_runs_write_nowhere() {
    let env = repository();
    let project = Project::open(env.dir()).unwrap();
    env.write("large", "x".repeat((1 << 20) + 1));
    let oid = take(&project).unwrap().code.left_out[0].oid;
    env.remove("large");
    env.link("../outside", "escape");
    env.commit("a link");
    std::fs::create_dir(env.root().join("outside")).unwrap();
    let mut code = take(&project).unwrap().code;
    let paths =
        ["../x", "/tmp/gitml-x", ".git/hooks/x", "a/../../x", "escape/x", "data", "p.json/x"];
    code.left_out = paths
        .map(|path| gitml::format::run::LeftOut {
            path: path.into(),
            why: "large".into(),
            size: None,
            oid,
        })
        .to_vec();
    let store = Store::new(&project.repo);
    let started = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut run =
        Run::new(RunId::from_bytes([9; 16]), "../-x\n\u{1b}[1m".into(), Kind::Exec, 1, started);
    run.code = code;
    let out = |path: &str| Data {
        path: path.into(),
        oid,
        tree: None,
        size: 1,
        files: None,
        cached: false,
    };
    run.outs = ["../../etc/x", "/etc/x"].map(out).to_vec();
    store.add(&[NewRun::new(run.clone())], &[], "hostile").unwrap();
    let before = state(&env);
    assert_snapshot!(env.mlrun(["restore", "0909"]), @r"
    [stderr]
    Restored `../-x\n\u{1b}[1m` on the branch `run/----x---1m`.
    error: cannot bring back `../x`: its name is not one that it can have here
    error: cannot bring back `/tmp/gitml-x`: its name is not one that it can have here
    error: cannot bring back `.git/hooks/x`: its name is not one that it can have here
    error: cannot bring back `a/../../x`: its name is not one that it can have here
    error: cannot bring back `../../etc/x`: it is an out that was not kept (`cache: false`)
    error: cannot bring back `/etc/x`: it is an out that was not kept (`cache: false`)
    error: cannot bring back `escape/x`: `escape/x` lies behind `escape`, a symbolic link to a directory
    error: cannot bring back `data`: something else is there
    error: cannot bring back `p.json/x`: cannot open directory `$ROOT/repo/p.json`: not a directory
    [exit code 3]
    ");
    assert_eq!(state(&env), before);
    assert_eq!(std::fs::read_dir(env.root().join("outside")).unwrap().count(), 0);
    run.id = RunId::from_bytes([10; 16]);
    run.code = Code { commit: Some("--upload-pack=x".into()), ..Code::default() };
    store.add(&[NewRun::new(run)], &[], "hostile").unwrap();
    assert_snapshot!(env.mlrun(["restore", "0a0a"]), @r"
    [stderr]
    error: commit --upload-pack=x is not in this repository
    hint: run `git mlrun pull` to bring the runs of others with their code
    [exit code 3]
    ");
    assert_snapshot!(env.mlrun(["restore", "nothing"]), @r"
    [stderr]
    error: no run is called `nothing`
    hint: `git mlrun log` lists the runs that are here
    hint: `git mlrun pull` brings those of others
    [exit code 3]
    ");
}
