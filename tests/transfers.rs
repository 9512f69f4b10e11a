//! `git mldata push`, `fetch` and `pull`.

use insta::assert_snapshot;

use crate::common::TestEnv;

/// Three commits of `data/a`: `first` at the tag `v1`, `second` at `main`, `third` at `side`.
fn history() -> TestEnv {
    let env = TestEnv::prepared();
    for (name, text) in [("v1", "first\n"), ("v2", "second\n"), ("side", "third\n")] {
        if name == "side" {
            env.git(["switch", "--quiet", "-c", "side"]).success();
        }
        env.write("data/a", text);
        env.mldata(["add", "data"]).success();
        env.commit(name);
        if name == "v1" {
            env.git(["tag", "v1"]).success();
        }
    }
    env.git(["switch", "--quiet", "main"]).success();
    assert_eq!(env.read_text("data/a"), "second\n");
    env
}

/// Whether a fresh clone can check out `revision` after fetching it.
fn is_on_remote(env: &mut TestEnv, revision: &str) -> bool {
    env.cd("repo");
    env.sh("rm -rf ../probe").success();
    env.clone_to("probe");
    env.git(["checkout", "--quiet", revision]).success();
    let pulled = env.mldata(["pull"]).exit_code == Some(0);
    env.cd("repo");
    pulled
}

#[test]
fn push_clone_pull() {
    let mut env = TestEnv::tracked();
    env.write("data/empty", "");
    env.link("a", "data/link");
    env.write("large", (0..300_000_u32).flat_map(u32::to_be_bytes).collect::<Vec<u8>>());
    env.mldata(["add", "data", "large"]).success();
    env.commit("more");
    assert_snapshot!(env.mldata(["push", "--dry-run"]), @"
    [stderr]
    Would push 8 objects, 1.14 MiB to `store`.
    [ok]
    ");
    assert!(env.sh("ls ../store/index").stdout.is_empty());
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    Pushed 8 objects, 1.14 MiB (779.79 KiB sent) to `store`.
    [ok]
    ");
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    Everything is on `store`.
    [ok]
    ");
    let before = env.tree("data") + &env.tree("large") + &env.tree("model");
    env.clone_to("clone");
    assert_snapshot!(env.mldata(["pull", "--dry-run"]), @"
    [stderr]
    Would fetch 8 objects, 1.14 MiB from `store`.
    Would check out `data`: 5 files written.
    Would check out `large`: 1 file written.
    Would check out `model`: 1 file written.
    [ok]
    ");
    assert!(!env.exists("data"));
    assert_snapshot!(env.mldata(["pull"]), @"
    [stderr]
    Fetched 6 objects, 1.14 MiB from `store`.
    Checked out `data`: 5 files written.
    Checked out `large`: 1 file written.
    Checked out `model`: 1 file written.
    [ok]
    ");
    assert_eq!(env.tree("data") + &env.tree("large") + &env.tree("model"), before);
    assert_eq!(env.git_status(), "");
    let identities = env.identities(".");
    assert_snapshot!(env.mldata(["pull"]), @"
    [stderr]
    Already up to date.
    [ok]
    ");
    assert_snapshot!(env.mldata(["fetch"]), @"
    [stderr]
    Nothing to fetch: everything is in the cache.
    [ok]
    ");
    assert_eq!(env.identities("."), identities);
}

#[test]
fn reports_as_json() {
    let mut env = TestEnv::tracked();
    let output = env.mldata(["push", "--json"]).success();
    let mut json = output.json();
    // What compression makes of it is not part of the format.
    assert!(json["remotes"][0]["bytes_sent"].take().as_u64().unwrap() > 0);
    assert_snapshot!(serde_json::to_string_pretty(&json).unwrap().replace(env.root().to_str().unwrap(), "$ROOT"), @r#"
    {
      "dry_run": false,
      "errors": [],
      "remotes": [
        {
          "bytes": 252,
          "bytes_sent": null,
          "damaged": [],
          "objects": 6,
          "place": "$ROOT/store",
          "remote": "store"
        }
      ]
    }
    "#);
    env.clone_to("clone");
    for verb in ["fetch", "pull"] {
        let mut json = env.mldata([verb, "--json"]).success().json();
        if let Some(remote) = json["remotes"].get_mut(0) {
            remote["bytes_received"].take();
        }
        let text = serde_json::to_string_pretty(&json).unwrap();
        let text = text.replace(env.root().to_str().unwrap(), "$ROOT");
        match verb {
            "fetch" => assert_snapshot!(text, @r#"
            {
              "dry_run": false,
              "errors": [],
              "remotes": [
                {
                  "bytes": 252,
                  "bytes_received": null,
                  "damaged": [],
                  "objects": 6,
                  "place": "$ROOT/store",
                  "remote": "store"
                }
              ]
            }
            "#),
            _ => assert_snapshot!(text, @r#"
            {
              "dry_run": false,
              "errors": [],
              "remotes": [
                {
                  "bytes": 0,
                  "bytes_received": null,
                  "damaged": [],
                  "objects": 0,
                  "place": "$ROOT/store",
                  "remote": "store"
                }
              ],
              "targets": [
                {
                  "path": "data",
                  "recovery": null,
                  "removed": 0,
                  "written": 3
                },
                {
                  "path": "model",
                  "recovery": null,
                  "removed": 0,
                  "written": 1
                }
              ]
            }
            "#),
        }
    }
}

#[test]
fn nothing_to_push_and_nowhere_to_push_to() {
    let env = TestEnv::prepared();
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    Nothing to push: no data is tracked.
    [ok]
    ");
    let env = TestEnv::new();
    env.write("x", "x");
    env.mldata(["add", "x"]).success();
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    error: there is no remote yet
    hint: add one: `git mldata remote add NAME DIRECTORY`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["pull", "-r", "nowhere"]), @"
    [stderr]
    error: there is no remote `nowhere`
    hint: add one: `git mldata remote add NAME DIRECTORY`
    [exit code 3]
    ");
}

#[test]
fn only_the_worktree_is_pushed_by_default() {
    let mut env = history();
    env.mldata(["push"]).success();
    assert!(is_on_remote(&mut env, "main"));
    assert!(!is_on_remote(&mut env, "v1"));
    assert!(!is_on_remote(&mut env, "side"));
}

#[test]
fn all_branches_and_all_tags() {
    let mut env = history();
    env.mldata(["push", "--all-branches"]).success();
    assert!(is_on_remote(&mut env, "main") && is_on_remote(&mut env, "side"));
    assert!(!is_on_remote(&mut env, "v1"));
    env.mldata(["push", "--all-tags"]).success();
    assert!(is_on_remote(&mut env, "v1"));
    // The other way: what was fetched needs no remote any more.
    env.sh("rm -rf ../probe").success();
    env.clone_to("probe");
    env.git(["branch", "--quiet", "side", "origin/side"]).success();
    assert_snapshot!(env.mldata(["fetch", "--all-branches", "--all-tags"]), @"
    [stderr]
    Fetched 6 objects, 208 B from `store`.
    [ok]
    ");
    env.sh("mv ../store ../away").success();
    for (revision, text) in [("side", "third\n"), ("v1", "first\n"), ("main", "second\n")] {
        env.git(["checkout", "--quiet", revision]).success();
        env.mldata(["checkout"]).success();
        assert_eq!(env.read_text("data/a"), text);
    }
}

#[test]
fn single_revisions_and_ranges() {
    let mut env = history();
    env.mldata(["push", "--rev", "v1"]).success();
    assert!(is_on_remote(&mut env, "v1"));
    assert!(!is_on_remote(&mut env, "main"));
    env.mldata(["push", "--rev", "v1..side"]).success();
    assert!(is_on_remote(&mut env, "main") && is_on_remote(&mut env, "side"));
    assert_snapshot!(env.mldata(["push", "--rev", "nothing"]), @"
    [stderr]
    error: `nothing` is not a revision of this repository
    hint: `git branch --all` and `git tag` list what there is
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["push", "--rev", "a..b"]), @r#"
    [stderr]
    error: `git rev-list --end-of-options a..b` failed: fatal: ambiguous argument 'a..b': unknown revision or path not in the working tree.\nUse '--' to separate paths from revisions, like this:\n'git <command> [<revision>...] -- [<file>...]'
    [exit code 3]
    "#);
    assert_snapshot!(env.mldata(["push", "--rev=--all"]), @"
    [stderr]
    error: `--all` is not a revision of this repository
    hint: `git branch --all` and `git tag` list what there is
    [exit code 3]
    ");
}

#[test]
fn paths_and_globs() {
    let mut env = TestEnv::tracked();
    assert_snapshot!(env.mldata(["push", "mod*"]), @"
    [stderr]
    Pushed 1 object, 8 B (2.43 KiB sent) to `store`.
    [ok]
    ");
    assert_snapshot!(env.mldata(["push", "absent"]), @"
    [stderr]
    error: `absent` matches nothing that is tracked
    hint: `git mldata status --unchanged` lists what is tracked
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["push", "data/sub/c"]), @"
    [stderr]
    Pushed 5 objects, 244 B (4.11 KiB sent) to `store`.
    [ok]
    ");
    env.clone_to("clone");
    assert_snapshot!(env.mldata(["pull", "data/sub"]), @"
    [stderr]
    Fetched 3 objects, 240 B from `store`.
    Checked out `data`: 1 file written.
    [ok]
    ");
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0755 sub/
    0644       2  a3a5e71  sub/c
    ");
    assert!(!env.exists("model"));
    assert_snapshot!(env.mldata(["pull", "data/[a]", "model.mldata"]), @"
    [stderr]
    Fetched 2 objects, 10 B from `store`.
    Checked out `data`: 1 file written.
    Checked out `model`: 1 file written.
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     ! data
    [ok]
    ");
    assert_snapshot!(env.mldata(["fetch", "data/absent"]), @"
    [stderr]
    error: `data/absent` matches nothing that is tracked
    hint: `git mldata status --unchanged` lists what is tracked
    [exit code 3]
    ");
}

#[test]
fn another_remote_by_name() {
    let mut env = TestEnv::tracked();
    env.mldata(["remote", "add", "backup", "../backup"]).success();
    env.commit("backup");
    assert_snapshot!(env.mldata(["push", "-r", "backup"]), @"
    [stderr]
    Pushed 6 objects, 252 B (4.32 KiB sent) to `backup`.
    [ok]
    ");
    assert!(env.sh("ls ../store/index").stdout.is_empty());
    env.clone_to("clone");
    assert_snapshot!(env.mldata(["pull"]), @"
    [stderr]
    error: `data` (sha256:73de52f…): the object is neither here nor on the remote (`store`)
    hint: look for it where it was added: `git mldata push` there sends it
    error: `model` (sha256:1b465fa…): the object is neither here nor on the remote (`store`)
    hint: look for it where it was added: `git mldata push` there sends it
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["pull", "--remote", "backup"]), @"
    [stderr]
    Fetched 6 objects, 252 B from `backup`.
    Checked out `data`: 3 files written.
    Checked out `model`: 1 file written.
    [ok]
    ");
}

#[test]
fn pointers_name_their_remote_and_whether_they_are_pushed() {
    let mut env = TestEnv::tracked();
    env.mldata(["remote", "add", "backup", "../backup"]).success();
    env.write("private", "private\n");
    env.mldata(["add", "private"]).success();
    env.sh("echo 'push: false' >>private.mldata; echo 'remote: backup' >>model.mldata").success();
    env.commit("pointers");
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    Pushed 5 objects, 244 B (4.11 KiB sent) to `store`.
    Pushed 1 object, 8 B (2.43 KiB sent) to `backup`.
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--remote"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
    env.clone_to("clone");
    assert_snapshot!(env.mldata(["pull", "data", "model"]), @"
    [stderr]
    Fetched 5 objects, 244 B from `store`.
    Fetched 1 object, 8 B from `backup`.
    Checked out `data`: 3 files written.
    Checked out `model`: 1 file written.
    [ok]
    ");
    assert_eq!(env.read_text("model"), "weights\n");
    assert_snapshot!(env.mldata(["pull"]), @"
    [stderr]
    Already up to date.
    [ok]
    ");
    assert!(!env.exists("private"), "what is never pushed is only where it was added");
}

#[test]
fn what_is_nowhere_is_named() {
    let mut env = TestEnv::tracked();
    env.mldata(["push", "data"]).success();
    env.clone_to("clone");
    assert_snapshot!(env.mldata(["fetch"]), @"
    [stderr]
    Fetched 5 objects, 244 B from `store`.
    error: `model` (sha256:1b465fa…): the object is neither here nor on the remote (`store`)
    hint: look for it where it was added: `git mldata push` there sends it
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["pull"]), @"
    [stderr]
    Checked out `data`: 3 files written.
    error: `model` (sha256:1b465fa…): the object is neither here nor on the remote (`store`)
    hint: look for it where it was added: `git mldata push` there sends it
    [exit code 3]
    ");
    assert_eq!(env.read_text("data/a"), "a\n");
    assert_snapshot!(env.mldata(["pull", "--allow-missing"]), @"
    [stderr]
    warning: `model` (sha256:1b465fa…): the object is neither here nor on the remote (`store`)
    Already up to date.
    [ok]
    ");
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    error: `model` (sha256:1b465fa…): the object is neither here nor on the remote (`store`)
    hint: look for it where it was added: `git mldata push` there sends it
    [exit code 3]
    ");
    // Inside of a directory too; the remote learns of no tree that it cannot fill.
    env.cd("repo");
    env.write("data/a", "changed\n");
    env.mldata(["add"]).success();
    let gone = env.sh("printf 'changed\\n' | sha256sum | cut -c1-64").success().stdout_text();
    let gone = gone.trim();
    env.remove(format!(".git/mldata/objects/{}/{}/{gone}", &gone[..2], &gone[2..4]));
    env.write("data/a", "something else\n");
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    Pushed 1 object, 8 B (2.43 KiB sent) to `store`.
    error: `data/a` (sha256:7f8b1df…): the object is neither here nor on the remote (`store`)
    hint: look for it where it was added: `git mldata push` there sends it
    [exit code 3]
    ");
    env.mldata(["status", "--remote", "--exit-code"]).code(1);
}

#[test]
fn a_remote_that_is_away() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.sh("mv ../store ../away").success();
    assert_snapshot!(env.mldata(["pull"]), @"
    [stderr]
    error: cannot use the remote `store`: `$ROOT/store` is not a remote: it has no `mldata-remote` file
    hint: see that the directory is mounted; `git mldata remote list` shows where remotes are
    [exit code 3]
    ");
    assert!(!env.exists("../store"), "a clone makes no remote");
    env.sh("mv ../away ../store; rm -rf ../other; mkdir ../other").success();
    env.mldata(["pull"]).success();
}

#[test]
fn pull_does_not_overwrite_and_force_displaces() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.write("model", "mine\n");
    assert_snapshot!(env.mldata(["pull"]), @"
    [stderr]
    Fetched 6 objects, 252 B from `store`.
    Checked out `data`: 3 files written.
    error: cannot check out `model`: content that is nowhere else stands in the way: `model`
    hint: move it away, or commit it on the branch that it belongs to
    hint: `git mldata checkout --force model` puts it aside; `git mldata recover` brings it back
    [exit code 3]
    ");
    assert_eq!(env.read_text("model"), "mine\n");
    assert_eq!(env.read_text("data/a"), "a\n");
    assert_snapshot!(env.mldata(["pull", "--force"]), @"
    [stderr]
    Checked out `model`: 1 file written.
    hint: what was in the way is kept: `git mldata recover restore <stamp>-checkout` brings it back
    [ok]
    ");
    assert_eq!(env.read_text("model"), "weights\n");
    assert_snapshot!(env.mldata(["recover"]), @"
    <stamp>-checkout	checkout --force
      model
    [ok]
    ");
}

#[test]
fn pull_with_revisions_checks_out_the_worktree() {
    let mut env = history();
    env.mldata(["push", "--all-branches", "--all-tags"]).success();
    env.clone_to("clone");
    env.mldata(["pull", "--rev", "v1"]).success();
    assert_eq!(env.read_text("data/a"), "second\n");
}

#[test]
fn a_repository_without_commits_can_push() {
    let env = TestEnv::new();
    env.mldata(["remote", "add", "store", "../store"]).success();
    env.write("x", "x");
    env.mldata(["add", "x"]).success();
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    Pushed 1 object, 1 B (2.38 KiB sent) to `store`.
    [ok]
    ");
    assert_snapshot!(env.mldata(["push", "--all-branches"]), @"
    [stderr]
    Nothing to push: no data is tracked.
    [ok]
    ");
}
