//! `git mldata recover`.

use insta::assert_snapshot;

use crate::common::TestEnv;

/// `data/a` and `data/sub/c` were displaced.
fn displaced() -> (TestEnv, String) {
    let env = TestEnv::tracked();
    env.write("data/a", "precious\n");
    env.write("data/sub/c", "precious too\n");
    env.mldata(["checkout", "--force"]).success();
    let json = env.mldata(["recover", "list", "--json"]).success().json();
    let id = json["entries"][0]["id"].as_str().unwrap().to_owned();
    (env, id)
}

#[test]
fn nothing_was_displaced() {
    let env = TestEnv::new();
    assert_snapshot!(env.mldata(["recover"]), @"
    [stderr]
    Nothing was displaced.
    [ok]
    ");
    assert_snapshot!(env.mldata(["recover", "list", "--json"]), @r#"
    {
      "entries": []
    }
    [ok]
    "#);
    assert_snapshot!(env.mldata(["recover", "restore", "20260101T000000-checkout"]), @"
    [stderr]
    error: there is no recovery entry `<stamp>-checkout`
    hint: `git mldata recover list` shows what is kept
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["recover", "drop", "../../.."]), @"
    [stderr]
    error: there is no recovery entry `../../..`
    hint: `git mldata recover list` shows what is kept
    [exit code 3]
    ");
    assert!(!env.exists(".git/mldata/recovery"));
}

#[test]
fn one_path_then_the_rest() {
    let (mut env, id) = displaced();
    assert_snapshot!(env.mldata(["recover"]), @"
    <stamp>-checkout	checkout --force
      data/a
      data/sub/c
    [ok]
    ");
    env.cd("repo/data");
    assert_snapshot!(env.mldata(["recover", "restore", &id, "absent"]), @"
    [stderr]
    error: none of these paths are kept there
    hint: `git mldata recover list` shows what `<stamp>-checkout` holds
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["recover", "restore", &id, "sub"]), @"
    [stderr]
    Restored `sub/c`.
    [ok]
    ");
    assert_eq!(env.read_text("sub/c"), "precious too\n");
    assert_eq!(env.read_text("a"), "a\n");
    assert_snapshot!(env.mldata(["recover"]), @"
    <stamp>-checkout	checkout --force
      a
    <stamp>-recover	recover
      sub/c
    [ok]
    ");
    // What had come to be there is displaced in its turn.
    assert_snapshot!(env.mldata(["recover", "restore", &id]), @"
    [stderr]
    Restored `a`.
    [ok]
    ");
    assert_eq!(env.read_text("a"), "precious\n");
    let kept = env.sh("cat ../.git/mldata/recovery/*-recover*/0 | sort").success().stdout_text();
    assert_eq!(kept, "a\nc\n");
}

#[test]
fn restore_makes_directories_that_are_gone() {
    let (env, id) = displaced();
    env.remove("data");
    env.mldata(["recover", "restore", &id]).success();
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0644       9  a372146  a
    0755 sub/
    0644      13  088f4e2  sub/c
    ");
}

#[test]
fn restore_follows_no_link() {
    let (env, id) = displaced();
    env.remove("data/sub");
    env.write("../outside/keep", "");
    env.link("../../outside", "data/sub");
    assert_snapshot!(env.mldata(["recover", "restore", &id]), @"
    [stderr]
    error: cannot put `data/sub/c` back: a link leads there
    [exit code 3]
    ");
    assert!(!env.exists("../outside/c"));
    assert_eq!(env.read_text("data/a"), "a\n");
}

#[test]
fn drop_deletes_for_good() {
    let (env, id) = displaced();
    assert_snapshot!(env.mldata(["recover", "drop", &id]), @"
    [stderr]
    Deleted `<stamp>-checkout`.
    [ok]
    ");
    assert_snapshot!(env.mldata(["recover"]), @"
    [stderr]
    Nothing was displaced.
    [ok]
    ");
    assert_eq!(env.sh("ls .git/mldata/recovery").stdout_text(), "tmp\n");
}

#[test]
fn old_entries_expire() {
    let (env, id) = displaced();
    let manifest = format!(".git/mldata/recovery/{id}/manifest.json");
    let mut json: serde_json::Value = serde_json::from_slice(&env.read(&manifest)).unwrap();
    let days = |days: i64| json["time"].as_i64().unwrap() - days * 86_400;
    let (recent, old) = (days(29), days(31));
    json["time"] = recent.into();
    env.write(&manifest, json.to_string());
    env.mldata(["checkout", "--force"]).success();
    assert!(env.exists(&manifest));
    json["time"] = old.into();
    env.write(&manifest, json.to_string());
    env.configure("mldata.recoveryExpire", "60");
    env.mldata(["checkout", "--force"]).success();
    assert!(env.exists(&manifest));
    env.git(["config", "--global", "--unset", "mldata.recoveryExpire"]).success();
    env.mldata(["checkout", "--force"]).success();
    assert!(!env.exists(&manifest));
}

#[test]
fn what_a_killed_command_displaced_is_moved_back() {
    let mut env = TestEnv::tracked();
    env.write("data/a", "precious\n");
    env.write("data/b", "precious too\n");
    env.set("MLDATA_FAILPOINTS", "recovery.move=kill@2");
    let output = env.mldata(["checkout", "--force"]);
    assert_eq!(output.exit_code, None, "killed");
    assert!(!env.exists("data/a"));
    env.unset("MLDATA_FAILPOINTS");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Moved `data/a` back, which a command had displaced that was killed.
    error: cannot check out `data`: content that is nowhere else stands in the way: `data/a`, `data/b`
    hint: record it: `git mldata add data`
    hint: `git mldata checkout --force data` puts it aside; `git mldata recover` brings it back
    [exit code 3]
    ");
    assert_eq!(env.read_text("data/a"), "precious\n");
    assert_eq!(env.read_text("data/b"), "precious too\n");
    assert_snapshot!(env.mldata(["recover"]), @"
    [stderr]
    Nothing was displaced.
    [ok]
    ");
}

#[test]
fn entries_of_all_worktrees_are_listed() {
    let (mut env, _) = displaced();
    env.git(["worktree", "add", "--quiet", "-b", "other", "../linked"]).success();
    env.cd("linked");
    env.write("model", "mine\n");
    env.mldata(["checkout", "--force"]).success();
    assert_snapshot!(env.mldata(["recover"]), @"
    <stamp>-checkout	checkout --force
      data/a
      data/sub/c
    <stamp>-checkout	checkout --force
      model
    [ok]
    ");
}
