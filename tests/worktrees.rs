//! Linked worktrees, submodules, `GIT_DIR`: wherever Git works, data does.

use insta::assert_snapshot;

use crate::common::TestEnv;

#[test]
fn linked_worktrees_share_the_cache() {
    let mut env = TestEnv::tracked();
    env.git(["worktree", "add", "--quiet", "-b", "other", "../linked"]).success();
    // `git worktree add` ran the hook, which needs no remote.
    env.cd("linked");
    assert_eq!(env.read_text("data/sub/c"), "c\n");
    assert_snapshot!(env.mldata(["fetch"]), @"
    [stderr]
    Nothing to fetch: everything is in the cache.
    [ok]
    ");
    env.mldata(["status", "--exit-code"]).success();
    env.write("data/a", "other\n");
    env.mldata(["add"]).success();
    env.commit("other");
    env.cd("repo");
    assert_eq!(env.read_text("data/a"), "a\n");
    env.mldata(["status", "--exit-code"]).success();
    env.git(["merge", "--quiet", "other"]).success();
    assert_eq!(env.read_text("data/a"), "other\n");
    env.cd("linked");
    assert!(!env.exists("../repo/.git/worktrees/linked/mldata/objects"));
    assert!(env.exists("../repo/.git/worktrees/linked/mldata/index"));
    env.mldata(["status", "--exit-code"]).success();
    env.cd("repo");
    env.git(["worktree", "remove", "../linked"]).success();
    env.remove("data");
    env.mldata(["checkout"]).success();
    assert_eq!(env.read_text("data/a"), "other\n");
}

#[test]
fn a_worktree_on_its_own_branch_does_not_move_the_others_data() {
    let mut env = TestEnv::tracked();
    env.git(["worktree", "add", "--quiet", "--detach", "../linked", "HEAD~"]).success();
    env.cd("linked");
    assert!(!env.exists("data"));
    env.git(["switch", "--quiet", "--detach", "main"]).success();
    assert_eq!(env.read_text("data/a"), "a\n");
    env.git(["switch", "--quiet", "--detach", "main~"]).success();
    assert!(!env.exists("data"));
    env.cd("repo");
    assert_eq!(env.read_text("data/a"), "a\n");
    env.mldata(["status", "--exit-code"]).success();
}

#[test]
fn submodules_have_data_of_their_own() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.sh("git init --quiet ../outer").success();
    env.cd("outer");
    env.git(["submodule", "--quiet", "add", "../repo", "sub"]).success();
    env.commit("submodule");
    env.write("own", "own\n");
    env.mldata(["add", "own"]).success();
    assert_snapshot!(env.mldata(["add", "sub/data"]), @"
    [stderr]
    error: `sub/data` does not exist
    hint: `git mldata status` shows what is tracked
    [exit code 3]
    ");
    env.cd("outer/sub");
    // The remote's relative URL counts from the submodule's own top.
    env.mldata(["remote", "set-url", "--local", "store", "../../store"]).success();
    env.mldata(["pull"]).success();
    assert_eq!(env.read_text("data/sub/c"), "c\n");
    assert!(env.exists("../.git/modules/sub/mldata/index"));
    env.mldata(["status", "--exit-code"]).success();
    env.cd("outer");
    assert_snapshot!(env.mldata(["status", "--unchanged"]), @"
    own: unchanged
    [ok]
    ");
}

/// What its stages write belongs into its own cache, lock and `.gitignore`.
#[test]
fn pipelines_of_submodules_are_their_own() {
    let mut env = TestEnv::pipeline("stages:\n  in: {cmd: cp a b, deps: [a], outs: [b]}\n");
    env.write("a", "1\n");
    env.commit("pipeline");
    env.sh("git init --quiet ../outer").success();
    env.cd("outer");
    env.git(["submodule", "--quiet", "add", "../repo", "sub"]).success();
    let pipeline = "stages:\n  out: {cmd: cat sub/b > c, deps: [sub/b], outs: [c]}\n";
    env.write("mlrun.yaml", pipeline);
    env.mlrun(["repro"]).code(3);
    env.mlrun(["repro", "sub/mlrun.yaml:in"]).code(3);
    assert!(!env.exists("sub/b") && !env.exists("sub/mlrun.lock"));
    env.cd("outer/sub");
    assert_eq!(env.repro(&[]), "in: ran");
    env.cd("outer");
    assert_eq!(env.repro(&[]), "out: ran");
    assert_eq!(env.repro(&[]), "out: unchanged");
    assert_eq!(env.read_text("c"), "1\n");
}

#[test]
fn git_dir_and_work_tree_may_be_named() {
    let mut env = TestEnv::tracked();
    let top = env.dir().to_str().unwrap().to_owned();
    env.sh("mv .git ../elsewhere.git").success();
    env.set("GIT_DIR", format!("{top}/../elsewhere.git"));
    env.set("GIT_WORK_TREE", &top);
    env.mldata(["status", "--exit-code"]).success();
    env.write("data/a", "changed\n");
    env.cd("repo/data");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     M a
    [ok]
    ");
    env.mldata(["add", "a"]).success();
    env.remove("a");
    env.mldata(["checkout", "a"]).success();
    assert_eq!(env.read_text("a"), "changed\n");
}

#[test]
fn a_git_file_leads_to_the_repository() {
    let env = TestEnv::tracked();
    env.sh("mv .git ../moved.git && echo 'gitdir: ../moved.git' >.git").success();
    env.write("data/a", "changed\n");
    env.mldata(["add"]).success();
    env.mldata(["status", "--exit-code"]).success();
    assert!(env.exists("../moved.git/mldata/index"));
}

#[test]
fn a_repository_without_commits() {
    let env = TestEnv::new();
    env.write("data/a", "a\n");
    env.mldata(["add", "data"]).success();
    env.mldata(["status", "--exit-code"]).success();
    env.remove("data");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Checked out `data`: 1 file written.
    [ok]
    ");
    env.mldata(["remote", "add", "store", "../store"]).success();
    env.mldata(["push"]).success();
    assert_snapshot!(env.mldata(["fetch", "--all-branches"]), @"
    [stderr]
    Nothing to fetch: everything is in the cache.
    [ok]
    ");
    assert_snapshot!(env.mlrun(["diff"]), @"
    [stderr]
    error: `HEAD` is not a revision of this repository
    hint: nothing is committed yet: commit, then run this again
    [exit code 3]
    ");
}

#[test]
fn a_cache_may_be_shared_by_repositories() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    let cache = env.root().join("shared");
    env.configure("mldata.cache", cache.to_str().unwrap());
    env.clone_to("one");
    env.mldata(["pull"]).success();
    env.cd("repo");
    env.clone_to("two");
    env.sh("mv ../store ../away").success();
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Checked out `data`: 3 files written.
    Checked out `model`: 1 file written.
    [ok]
    ");
    assert_eq!(env.read_text("data/a"), "a\n");
    assert_eq!(env.sh("ls ../shared/repositories | wc -l").stdout_text().trim(), "2");
}

#[test]
fn commands_work_from_any_directory() {
    let mut env = TestEnv::tracked();
    env.write("data/sub/c", "changed\n");
    env.write("elsewhere/x", "");
    env.cd("repo/elsewhere");
    assert_snapshot!(env.mldata(["status"]), @"
    ../data:
      modified: ../data/sub/c
    [ok]
    ");
    assert_snapshot!(env.mldata(["add", "../data/sub"]), @"
    [stderr]
    Updated `../data`: 3 files, 12 B.
    hint: to commit this, run `git add ../data.mldata`
    [ok]
    ");
    env.cd("");
    assert_snapshot!(env.mldata(["-C", "repo", "status", "--unchanged"]), @"
    data: unchanged
    model: unchanged
    [ok]
    ");
}
