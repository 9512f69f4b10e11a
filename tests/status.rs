//! `git mldata status`.

use insta::assert_snapshot;

use crate::common::TestEnv;

#[test]
fn nothing_tracked_and_nothing_changed() {
    let env = TestEnv::new();
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    No data is tracked here yet: `git mldata add` begins.
    [ok]
    ");
    assert!(!env.exists(".git/mldata"), "a question leaves nothing behind");
    let env = TestEnv::tracked();
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--short"]), @"[ok]");
    assert_snapshot!(env.mldata(["status", "--unchanged"]), @"
    data: unchanged
    model: unchanged
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--unchanged", "--short"]), @"
       data
       model
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--json"]), @r#"
    {
      "clean": true,
      "targets": [],
      "errors": []
    }
    [ok]
    "#);
    env.mldata(["status", "--exit-code"]).success();
}

#[test]
fn every_change_of_a_file_is_shown() {
    let mut env = TestEnv::tracked();
    env.write("data/t", "t\n");
    env.mldata(["add"]).success();
    env.commit("t");
    env.write("data/a", "A\n");
    env.remove("data/b");
    env.write("data/new", "new\n");
    env.write("data/newdir/x", "x\n");
    env.remove("data/t");
    env.link("a", "data/t");
    env.remove("model");
    assert_snapshot!(env.mldata(["status"]), @"
    data:
      modified: data/a
      deleted: data/b
      new: data/new
      new: data/newdir/
      type changed: data/t
    model:
      deleted: model
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     M data/a
     D data/b
     A data/new
     A data/newdir/
     T data/t
     D model
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--json"]), @r#"
    {
      "clean": false,
      "targets": [
        {
          "path": "data",
          "pointer": "sha256:401977a…",
          "base": "sha256:401977a…",
          "behind": false,
          "unrecorded": false,
          "out": false,
          "changes": [
            {
              "path": "data/a",
              "change": "modified",
              "directory": false
            },
            {
              "path": "data/b",
              "change": "deleted",
              "directory": false
            },
            {
              "path": "data/new",
              "change": "new",
              "directory": false
            },
            {
              "path": "data/newdir",
              "change": "new",
              "directory": true
            },
            {
              "path": "data/t",
              "change": "type",
              "directory": false
            }
          ],
          "files_not_checked_out": 0,
          "files_not_in_cache": 0,
          "files_only_in_worktree": 0,
          "on_remote": null
        },
        {
          "path": "model",
          "pointer": "sha256:1b465fa…",
          "base": "sha256:1b465fa…",
          "behind": false,
          "unrecorded": false,
          "out": false,
          "changes": [
            {
              "path": "model",
              "change": "deleted",
              "directory": false
            }
          ],
          "files_not_checked_out": 0,
          "files_not_in_cache": 0,
          "files_only_in_worktree": 0,
          "on_remote": null
        }
      ],
      "errors": []
    }
    [ok]
    "#);
    assert_snapshot!(env.mldata(["status", "--short", "data/[ab]", "model"]), @"
     M data/a
     D data/b
     D model
    [ok]
    ");
    env.mldata(["status"]).success();
    env.mldata(["status", "--exit-code"]).code(1);
    assert_eq!(env.mldata(["status", "-q", "--exit-code"]).exit_code, Some(1));
    env.mldata(["status", "--exit-code", "data/sub"]).success();
    env.cd("repo/data");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     M a
     D b
     A new
     A newdir/
     T t
     D ../model
    [ok]
    ");
}

#[test]
fn z_ends_paths_with_nul_and_escapes_nothing() {
    let env = TestEnv::tracked();
    env.write("data/with\nbreak", "x");
    env.write("data/a", "A\n");
    assert_snapshot!(env.mldata(["status", "--short"]), @r#"
     M data/a
     A data/with\nbreak
    [ok]
    "#);
    let output = env.mldata(["status", "-z"]).success();
    assert_eq!(output.stdout_text(), " M data/a\0 A data/with\nbreak\0");
}

#[test]
fn a_rewrite_of_the_same_size_with_the_old_time_is_seen() {
    let env = TestEnv::tracked();
    env.sh("touch -r data/a ../stamp; printf 'x\\n' >data/a; touch -r ../stamp data/a").success();
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     M data/a
    [ok]
    ");
    // And a touched file that has not changed is none.
    env.sh("printf 'a\\n' >data/a; touch data/b").success();
    assert_snapshot!(env.mldata(["status", "--short"]), @"[ok]");
}

#[test]
fn behind_its_pointer_modified_and_both() {
    let env = TestEnv::tracked();
    env.write("data/a", "second\n");
    env.mldata(["add"]).success();
    env.commit("second");
    env.git(["-c", "core.hooksPath=/dev/null", "reset", "--quiet", "--hard", "HEAD~"]).success();
    assert_snapshot!(env.mldata(["status"]), @"
    data:
      behind its pointer (git mldata checkout)
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
    B  data
    [ok]
    ");
    env.write("data/b", "B\n");
    assert_snapshot!(env.mldata(["status"]), @"
    data:
      behind its pointer (git mldata checkout)
      modified: data/b
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
    BM data/b
    [ok]
    ");
    env.mldata(["status", "--exit-code"]).code(1);
    assert_snapshot!(env.mldata(["status", "--json"]), @r#"
    {
      "clean": false,
      "targets": [
        {
          "path": "data",
          "pointer": "sha256:73de52f…",
          "base": "sha256:95da00d…",
          "behind": true,
          "unrecorded": false,
          "out": false,
          "changes": [
            {
              "path": "data/b",
              "change": "modified",
              "directory": false
            }
          ],
          "files_not_checked_out": 0,
          "files_not_in_cache": 0,
          "files_only_in_worktree": 0,
          "on_remote": null
        }
      ],
      "errors": []
    }
    [ok]
    "#);
}

#[test]
fn a_fresh_clone_and_what_is_in_its_cache() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    assert_snapshot!(env.mldata(["status"]), @"
    data:
      3 files not checked out (git mldata pull)
      3 files not in the cache (git mldata fetch)
    model:
      1 file not checked out (git mldata pull)
      1 file not in the cache (git mldata fetch)
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     ! data
     ! model
    [ok]
    ");
    env.mldata(["fetch", "data/a"]).success();
    assert_snapshot!(env.mldata(["status"]), @"
    data:
      3 files not checked out (git mldata pull)
      2 files not in the cache (git mldata fetch)
    model:
      1 file not checked out (git mldata pull)
      1 file not in the cache (git mldata fetch)
    [ok]
    ");
    env.mldata(["fetch"]).success();
    assert_snapshot!(env.mldata(["status"]), @"
    data:
      3 files not checked out (git mldata checkout)
    model:
      1 file not checked out (git mldata checkout)
    [ok]
    ");
    env.mldata(["checkout", "data/a"]).success();
    assert_snapshot!(env.mldata(["status", "data"]), @"
    data:
      2 files not checked out (git mldata checkout)
    [ok]
    ");
    env.write("model", "something else\n");
    assert_snapshot!(env.mldata(["status", "model"]), @"
    model:
      never checked out here (git mldata checkout)
      modified: model
    [ok]
    ");
}

#[test]
fn clean_but_lost_from_the_cache_is_told_and_add_repairs_it() {
    let env = TestEnv::tracked();
    env.remove(".git/mldata/objects");
    assert_snapshot!(env.mldata(["status"]), @"
    data:
      3 files unchanged, but lost from the cache (git mldata add)
    model:
      1 file unchanged, but lost from the cache (git mldata add)
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     ! data
     ! model
    [ok]
    ");
    env.mldata(["status", "--exit-code"]).code(1);
    assert_snapshot!(env.mldata(["add"]), @"
    [stderr]
    Nothing to do: no tracked data has changed.
    [ok]
    ");
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
    env.remove("data");
    env.mldata(["checkout"]).success();
    assert_eq!(env.read_text("data/sub/c"), "c\n");
}

#[test]
fn what_the_remote_lacks() {
    let env = TestEnv::tracked();
    assert_snapshot!(env.mldata(["status", "--remote"]), @"
    data:
      not on the remote (git mldata push)
    model:
      not on the remote (git mldata push)
    [ok]
    ");
    env.mldata(["push", "model"]).success();
    assert_snapshot!(env.mldata(["status", "--remote"]), @"
    data:
      not on the remote (git mldata push)
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--remote=store", "--short"]), @"
     ^ data
    [ok]
    ");
    env.mldata(["status", "--remote", "--exit-code"]).code(1);
    assert_snapshot!(env.mldata(["status", "--remote", "--json", "--unchanged"]), @r#"
    {
      "clean": false,
      "targets": [
        {
          "path": "data",
          "pointer": "sha256:73de52f…",
          "base": "sha256:73de52f…",
          "behind": false,
          "unrecorded": false,
          "out": false,
          "changes": [],
          "files_not_checked_out": 0,
          "files_not_in_cache": 0,
          "files_only_in_worktree": 0,
          "on_remote": false
        },
        {
          "path": "model",
          "pointer": "sha256:1b465fa…",
          "base": "sha256:1b465fa…",
          "behind": false,
          "unrecorded": false,
          "out": false,
          "changes": [],
          "files_not_checked_out": 0,
          "files_not_in_cache": 0,
          "files_only_in_worktree": 0,
          "on_remote": true
        }
      ],
      "errors": []
    }
    [ok]
    "#);
    env.mldata(["push"]).success();
    assert_snapshot!(env.mldata(["status", "--remote"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--remote=nowhere"]), @"
    [stderr]
    error: there is no remote `nowhere`
    hint: the remotes are: `store`
    [exit code 3]
    ");
}

#[test]
fn a_damaged_or_lost_index_costs_time_and_nothing_else() {
    let env = TestEnv::tracked();
    env.write(".git/mldata/index", "garbage");
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
    env.mldata(["checkout"]).success();
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
    env.write("data/a", "changed\n");
    env.remove(".git/mldata/index");
    env.mldata(["checkout"]).code(3);
    assert_eq!(env.read_text("data/a"), "changed\n");
}

#[test]
fn targets_that_match_nothing() {
    let env = TestEnv::tracked();
    assert_snapshot!(env.mldata(["status", "data", "absent", "[z]*"]), @"
    [stderr]
    error: `absent` matches nothing that is tracked
    hint: `git mldata status --unchanged` lists what is tracked
    error: `[z]*` matches nothing that is tracked
    hint: `git mldata status --unchanged` lists what is tracked
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["status", "[z"]), @r#"
    [stderr]
    error: `[z` is not a valid glob: unclosed character class; missing ']'
    hint: `*`, `?`, `**`, `[a-z]` and `{a,b}` are known; `\` takes away their meaning
    [exit code 3]
    "#);
    assert_snapshot!(env.mldata(["status", "../elsewhere"]), @"
    [stderr]
    error: `../elsewhere` is not in this repository
    hint: data has to lie inside the repository
    [exit code 3]
    ");
}
