//! What is said about runs after they ended, here and in other clones: tags, notes, deletions, gc.

use gitml::format::run::RunId;
use gitml::git::Repo;
use gitml::runs::Store;
use insta::assert_snapshot;

use crate::runs_sync::{id, ids, mlrun, record, run, tree, two_clones};

#[test]
fn what_is_said_about_runs_settles_by_the_later_word() {
    let mut env = two_clones();
    record(&env, &[0x11]);
    mlrun(&mut env, "a", "push");
    mlrun(&mut env, "b", "pull");
    assert_snapshot!(mlrun(&mut env, "a", "tag 1111 best=yes owner=ann"), @"
    [stderr]
    Changed 1 run.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "b", "tag 1111 best=no seen=1"), @"
    [stderr]
    Changed 1 run.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "push"), @"
    [stderr]
    Pushed what was said about runs to `origin`.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "b", "push"), @"
    [stderr]
    Pushed what was said about runs to `origin`.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "pull"), @"
    [stderr]
    Got what was said about runs on `origin`.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "tag 1111"), @"
    Run       Tag    Text
    11111111  best   no
    11111111  owner  ann
    11111111  seen   1
    [ok]
    ");
    let merged = tree(&env);
    env.cd("b");
    assert_eq!(tree(&env), merged);
    assert_snapshot!(mlrun(&mut env, "b", "tag 1111 --delete best -m hello --json"), @r#"
    {
      "dry_run": false,
      "changed": [
        "<id>"
      ],
      "runs": [
        {
          "run": "<id>",
          "name": "quiet-otter-17",
          "tags": {
            "owner": "ann",
            "seen": "1"
          },
          "note": "hello",
          "deleted": false
        }
      ]
    }
    [ok]
    "#);
    assert_snapshot!(mlrun(&mut env, "b", "tag 1111 --delete best"), @"
    [stderr]
    Nothing changed: all of this holds already.
    [ok]
    ");
}

#[test]
fn a_deleted_run_does_not_come_back() {
    let mut env = two_clones();
    record(&env, &[0x11, 0x12]);
    mlrun(&mut env, "a", "push");
    mlrun(&mut env, "b", "pull");
    assert_snapshot!(mlrun(&mut env, "a", "rm -n 1111"), @"
    [stderr]
    Would delete run 11111111 (quiet-otter-17).
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "rm 1111"), @"
    [stderr]
    Deleted run 11111111 (quiet-otter-17).
    hint: `git mlrun rm --undo 11111111` undoes this
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "gc"), @"
    [stderr]
    Nothing to drop.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "gc --expire 0d -n"), @"
    [stderr]
    Would drop 1 run, 292 B; the store's history keeps these bytes.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "gc --expire 0d"), @"
    [stderr]
    Dropped 1 run, 292 B; the store's history keeps these bytes.
    [ok]
    ");
    assert_eq!(ids(&env), "12");
    // The other side still has it, and says something about it.
    mlrun(&mut env, "b", "tag 1111 best=yes");
    assert_snapshot!(mlrun(&mut env, "b", "push"), @"
    [stderr]
    Pushed what was said about runs to `origin`.
    [ok]
    ");
    mlrun(&mut env, "a", "pull");
    assert_eq!(ids(&env), "12");
    mlrun(&mut env, "a", "push");
    mlrun(&mut env, "b", "pull");
    assert_eq!(ids(&env), "12");
    assert_snapshot!(mlrun(&mut env, "b", "rm --undo 1111"), @"
    [stderr]
    error: no run is called `1111`
    hint: `git mlrun log` lists the runs that are here
    hint: `git mlrun pull` brings those of others
    [exit code 3]
    ");
}

#[test]
fn what_was_brought_back_comes_back_everywhere() {
    let mut env = two_clones();
    record(&env, &[0x11]);
    mlrun(&mut env, "a", "push");
    mlrun(&mut env, "b", "pull");
    mlrun(&mut env, "a", "rm 1111");
    mlrun(&mut env, "a", "push");
    mlrun(&mut env, "b", "pull");
    assert_snapshot!(mlrun(&mut env, "b", "rm --undo 1111"), @"
    [stderr]
    Brought back run 11111111 (quiet-otter-17).
    [ok]
    ");
    mlrun(&mut env, "a", "gc --expire 0d");
    assert_eq!(ids(&env), "");
    mlrun(&mut env, "b", "push");
    mlrun(&mut env, "a", "pull");
    assert_eq!(ids(&env), "11");
}

#[test]
fn a_run_is_deleted_with_what_belongs_to_it() {
    let env = two_clones();
    let repo = Repo::at(env.dir()).unwrap();
    let parent = run(0x11);
    let mut stage = run(0x11);
    let mut below = run(0x11);
    for (new, byte, of) in
        [(&mut stage, 1, parent.run.id), (&mut below, 2, RunId::from_bytes([0x11; 16]))]
    {
        let mut bytes = [byte; 16];
        bytes[0] = 0x11;
        new.run.id = RunId::from_bytes(bytes);
        new.run.parent = Some(of);
    }
    below.run.parent = Some(stage.run.id);
    let store = Store::new(&repo);
    store.add(&[parent, stage, below, run(0x12)], &[], "Record runs").unwrap();
    assert_snapshot!(env.mlrun(["rm", "1111"]), @"
    [stderr]
    Deleted run 11111111 (quiet-otter-17).
    Deleted 2 runs below it.
    hint: `git mlrun rm --undo 11111111` undoes this
    [ok]
    ");
    assert_snapshot!(env.mlrun(["rm", "--undo", "1111", "--json"]), @r#"
    {
      "dry_run": false,
      "undo": true,
      "runs": [
        "<id>",
        "<id>",
        "<id>"
      ]
    }
    [ok]
    "#);
}

#[test]
fn gc_removes_refs_of_recordings_that_are_over() {
    let mut env = two_clones();
    for name in [&id(0x11)[..], "something-else"] {
        env.git(["update-ref", &format!("refs/mlrun/live/{name}"), "HEAD"]).success();
    }
    assert_snapshot!(mlrun(&mut env, "a", "gc -n"), @"
    [stderr]
    Would remove `refs/mlrun/live/<id>`: its recording is over.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "gc"), @"
    [stderr]
    Removed `refs/mlrun/live/<id>`: its recording is over.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "gc --json"), @r#"
    {
      "dry_run": false,
      "dropped": [],
      "bytes": 0,
      "refs": [],
      "errors": []
    }
    [ok]
    "#);
    let left = env.git(["for-each-ref", "--format=%(refname)", "refs/mlrun"]).success();
    assert_eq!(left.stdout_text().trim(), "refs/mlrun/live/something-else");
}

#[test]
fn tags_that_a_run_began_with_can_be_taken_away() {
    let mut env = two_clones();
    let repo = Repo::at(env.dir()).unwrap();
    let mut new = run(0x11);
    new.run.tags.insert("sweep".into(), "a".into());
    new.run.tags.insert("host".into(), "\x1b[2Jx".into());
    Store::new(&repo).add(&[new], &[], "Record a run").unwrap();
    assert_snapshot!(mlrun(&mut env, "a", "tag last"), @r"
    Run       Tag    Text
    11111111  host   \u{1b}[2Jx
    11111111  sweep  a
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "tag last sweep=a"), @"
    [stderr]
    Nothing changed: all of this holds already.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "tag last -d sweep -n"), @"
    [stderr]
    Would change 1 run.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "tag last -d sweep"), @"
    [stderr]
    Changed 1 run.
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "tag last"), @r"
    Run       Tag   Text
    11111111  host  \u{1b}[2Jx
    [ok]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "tag last =x"), @"
    [stderr]
    error: `` cannot be the name of a tag
    hint: a name has 1 to 250 bytes and no control characters
    [exit code 2]
    ");
    assert_snapshot!(mlrun(&mut env, "a", "tag x=y"), @"
    [stderr]
    error: no run was named
    hint: name runs before the tags: `git mlrun tag RUN KEY=VALUE`
    [exit code 2]
    ");
    env.cd("b");
    assert_snapshot!(mlrun(&mut env, "b", "tag last x=y"), @"
    [stderr]
    error: there are no runs here
    hint: `git mlrun pull` brings the runs of others
    [exit code 3]
    ");
}
