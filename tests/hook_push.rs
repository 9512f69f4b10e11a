//! `git push` with the hook pre-push: data goes along, or the push is stopped.

use insta::assert_snapshot;

use crate::common::{Output, TestEnv};

/// A bare repository beside the others.
fn bare(env: &TestEnv, name: &str) {
    env.git(["init", "--quiet", "--bare", &format!("../{name}.git")]).success();
}

fn with_origin(env: &TestEnv) {
    bare(env, "origin");
    env.git(["remote", "add", "origin", "../origin.git"]).success();
}

/// [`TestEnv::tracked`] with an empty `origin`.
fn tracked() -> TestEnv {
    let env = TestEnv::tracked();
    with_origin(&env);
    env
}

/// Commits another version of `data/a`.
fn version(env: &TestEnv, text: &str) {
    env.write("data/a", format!("{text}\n"));
    env.mldata(["add", "data"]).success();
    env.commit(text);
}

/// What our hook said, without Git's own lines.
fn ours(output: Output) -> String {
    let text = output.stderr_text();
    let is_ours = |line: &&str| !line.starts_with("error: failed to push");
    text.lines().take_while(is_ours).collect::<Vec<_>>().join("\n")
}

/// Clones `origin` and asserts that its data at `revision` can be had.
fn assert_complete(env: &mut TestEnv, revision: &str, expected: &str) {
    let clone = format!("clone-{expected}");
    env.git(["clone", "--quiet", "../origin.git", &format!("../{clone}")]).success();
    env.cd(&clone);
    env.git(["switch", "--quiet", "--detach", revision]).success();
    env.mldata(["pull"]).success();
    assert_eq!(env.read_text("data/a"), format!("{expected}\n"), "at {revision}");
    env.cd("repo");
}

fn branches(env: &TestEnv) -> String {
    env.git(["-C", "../origin.git", "branch"]).success().stdout_text()
}

#[test]
fn a_push_takes_its_data_along_and_tells_so_once() {
    let mut env = tracked();
    assert_snapshot!(env.git(["push", "--quiet", "origin", "main"]), @"
    [stderr]
    Pushed 6 objects, 252 B to `store`.
    [ok]
    ");
    assert_complete(&mut env, "origin/main", "a");
    assert_snapshot!(env.git(["push", "--quiet", "origin", "main:again"]), @"[ok]");
    env.git(["commit", "--quiet", "--allow-empty", "-m", "nothing new"]).success();
    assert_snapshot!(env.git(["push", "--quiet", "origin", "main"]), @"[ok]");
}

#[test]
fn data_of_all_new_commits_goes_and_not_only_what_is_checked_out() {
    let mut env = tracked();
    env.git(["push", "--quiet", "origin", "main"]).success();
    env.git(["switch", "--quiet", "-c", "topic"]).success();
    for text in ["second", "third", "fourth"] {
        version(&env, text);
    }
    // Neither here any more nor of the branch that is pushed.
    env.git(["switch", "--quiet", "main"]).success();
    env.git(["push", "--quiet", "origin", "topic"]).success();
    for (revision, text) in [("origin/topic~2", "second"), ("origin/topic~1", "third")] {
        assert_complete(&mut env, revision, text);
    }
}

#[test]
fn what_is_pushed_may_have_many_forms() {
    let mut env = tracked();
    env.git(["push", "--quiet", "origin", "main"]).success();
    // A tag of commits that no branch has, a tag of a file, and another branch, in one push.
    env.git(["switch", "--quiet", "--detach"]).success();
    version(&env, "tagged");
    env.git(["tag", "-a", "-m", "release", "v1"]).success();
    env.git(["tag", "licence", "HEAD:model.mldata"]).success();
    env.git(["switch", "--quiet", "-c", "other", "main"]).success();
    version(&env, "other");
    let output = env.git(["push", "--quiet", "origin", "v1", "licence", "other"]).success();
    assert!(output.stderr_text().starts_with("Pushed "), "{output}");
    assert_complete(&mut env, "v1", "tagged");
    assert_complete(&mut env, "origin/other", "other");
    // Amended and forced, while the remote has what was never fetched.
    env.sh("git clone --quiet --branch other ../origin.git ../elsewhere && cd ../elsewhere &&
        git commit --quiet --allow-empty -m theirs && git push --quiet origin other")
        .success();
    env.write("data/a", "forced\n");
    env.mldata(["add", "data"]).success();
    env.git(["commit", "--quiet", "--all", "--amend", "--no-edit"]).success();
    env.git(["push", "--quiet", "--force", "origin", "other"]).success();
    assert_complete(&mut env, "origin/other", "forced");
    // By a revision instead of a name, to a remote that is given by its URL.
    version(&env, "url");
    let url = env.root().join("origin.git");
    env.git(["push", "--quiet", url.to_str().unwrap(), "HEAD^{/^url}:refs/heads/by-url"]).success();
    assert_complete(&mut env, "origin/by-url", "url");
}

#[test]
fn a_mirror_needs_the_data_of_branches_and_tags_only() {
    let mut env = tracked();
    env.git(["push", "--quiet", "origin", "main"]).success();
    env.sh("git clone --quiet ../origin.git ../elsewhere").success();
    env.cd("elsewhere");
    env.mldata(["init"]).success();
    env.mldata(["pull"]).success();
    version(&env, "theirs");
    env.git(["push", "--quiet", "origin", "main:theirs"]).success();
    // Only followed: its data was never here. The store loses it again, so that it is nowhere.
    env.cd("repo");
    env.git(["fetch", "--quiet"]).success();
    env.sh("rm -r ../store").success();
    env.mldata(["remote", "remove", "store"]).success();
    env.mldata(["remote", "add", "fresh", "../fresh"]).success();
    env.commit("another store");
    env.git(["update-ref", "refs/mlrun/runs", "origin/theirs"]).success();
    bare(&env, "mirror");
    let output = env.git(["push", "--quiet", "--mirror", "../mirror.git"]).success();
    assert!(output.stderr_text().starts_with("Pushed "), "{output}");
    env.git(["config", "remote.mirror.url", "../mirror.git"]).success();
    env.git(["config", "remote.mirror.mirror", "true"]).success();
    version(&env, "mirrored");
    let output = env.git(["push", "--quiet", "mirror"]).success();
    assert!(output.stderr_text().starts_with("Pushed "), "{output}");
}

#[test]
fn check_stops_and_says_how_to_go_on() {
    let env = tracked();
    env.git(["config", "mldata.hook.pre-push", "check"]).success();
    assert_snapshot!(ours(env.git(["push", "--quiet", "origin", "main"]).code(1)), @"
    error: no remote has the data of 2 pointers of these commits: `data`, `model`
    hint: run `git mldata push`, then push again
    hint: `git push --no-verify` publishes the commits without their data
    ");
    assert_eq!(branches(&env), "");
    env.mldata(["push"]).success();
    assert_snapshot!(env.git(["push", "--quiet", "origin", "main"]), @"[ok]");
    // Only what is new counts, also of commits in between.
    version(&env, "second");
    version(&env, "third");
    env.mldata(["push"]).success();
    let text = env.git(["push", "--quiet", "origin", "main"]).code(1).stderr_text();
    let command = text.split_once("hint: run `").unwrap().1.split_once('`').unwrap().0;
    assert!(command.starts_with("git mldata push --rev "), "{text}");
    env.sh(command).success();
    env.git(["push", "--quiet", "origin", "main"]).success();
}

#[test]
fn what_cannot_be_sent_stops_the_push() {
    let env = tracked();
    // Its only copy is gone.
    env.sh("rm -r .git/mldata/objects; rm -rf .git/mldata/packs; rm -r data").success();
    let said = ours(env.git(["push", "--quiet", "origin", "main"]).code(1));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(
        lines[0],
        "error: no remote has the data of 2 pointers of these commits: `data`, `model`"
    );
    assert!(lines[1].starts_with("caused by: ") && lines[1].contains("neither here nor"), "{said}");
    assert_eq!(
        lines[2..],
        [
            "hint: look for it where it was added: `git mldata push` there sends it",
            "hint: `git push --no-verify` publishes the commits without their data",
        ]
    );
    assert_eq!(branches(&env), "");

    // What is here went all the same.
    env.write("data/a", "new\n");
    env.write("data/b", "b\n");
    env.write("data/sub/c", "c\n");
    env.mldata(["add", "--force", "data"]).success();
    env.commit("added again");
    let said = ours(env.git(["push", "--quiet", "origin", "main"]).code(1));
    assert!(said.starts_with("error: no remote has the data of 2 pointers"), "{said}");
    env.git(["push", "--quiet", "--no-verify", "origin", "main"]).success();
    assert_eq!(branches(&env).trim(), "* main");
}

#[test]
fn a_remote_that_cannot_be_reached_stops_the_push() {
    let env = tracked();
    env.sh("mv ../store ../unplugged").success();
    let said = ours(env.git(["push", "--quiet", "origin", "main"]).code(1));
    let first = "error: no remote has the data of 2 pointers of these commits: `data`, `model`";
    assert!(said.starts_with(first), "{said}");
    assert!(said.contains("\ncaused by: ") && said.contains("mounted"), "{said}");
    assert!(said.contains("run `git mldata push`, then push again"), "{said}");
    assert_eq!(branches(&env), "");
    // Deleting needs no data, nor does what the remote has already.
    env.git(["push", "--quiet", "--no-verify", "origin", "main", "main:gone"]).success();
    assert_snapshot!(env.git(["push", "--quiet", "origin", ":gone"]), @"[ok]");
    assert_snapshot!(env.git(["push", "--quiet", "origin", "main:again"]), @"[ok]");
}

#[test]
fn pushing_without_any_remote_for_data() {
    let env = TestEnv::new();
    env.mldata(["init"]).success();
    env.write("x", "x\n");
    env.mldata(["add", "x"]).success();
    env.commit("x");
    with_origin(&env);
    assert_snapshot!(ours(env.git(["push", "--quiet", "origin", "main"]).code(1)), @"
    error: no remote has the data of a pointer of these commits: `x`
    caused by: there is no remote yet
    hint: add one: `git mldata remote add NAME DIRECTORY`
    hint: run `git mldata push`, then push again
    hint: `git push --no-verify` publishes the commits without their data
    ");
}

#[test]
fn what_needs_no_data_is_let_through() {
    let env = TestEnv::prepared();
    with_origin(&env);
    assert_snapshot!(env.git(["push", "--quiet", "origin", "main"]), @"[ok]");
    env.write("private", "private\n");
    env.mldata(["add", "private"]).success();
    env.sh("echo 'push: false' >>private.mldata").success();
    env.commit("private");
    assert_snapshot!(env.git(["push", "--quiet", "origin", "main"]), @"[ok]");
    // A remote that another remote of ours makes up for, also when its own cannot be reached.
    env.write("x", "x\n");
    env.mldata(["add", "x"]).success();
    env.commit("x");
    env.mldata(["remote", "add", "--local", "backup", "../backup"]).success();
    env.mldata(["push", "-r", "backup"]).success();
    assert_snapshot!(env.git(["push", "--quiet", "origin", "main"]), @"[ok]");
    env.sh("mv ../store ../unplugged").success();
    assert_snapshot!(env.git(["push", "--quiet", "origin", "main:again"]), @"[ok]");
}

#[test]
fn a_pointer_that_names_its_remote_is_sent_there() {
    let env = tracked();
    env.mldata(["remote", "add", "second", "../second"]).success();
    env.write("x", "x\n");
    env.mldata(["add", "x"]).success();
    env.sh("echo 'remote: second' >>x.mldata").success();
    env.commit("x");
    assert_snapshot!(env.git(["push", "--quiet", "origin", "main"]), @"
    [stderr]
    Pushed 6 objects, 252 B to `store`.
    Pushed 1 object, 2 B to `second`.
    [ok]
    ");
}

#[test]
fn pushing_can_be_switched_off() {
    let mut env = tracked();
    env.sh("mv ../store ../unplugged").success();
    let push = ["push", "--quiet", "origin", "main"];
    env.git(push).code(1);
    let branch =
        |name: &str| ["push", "--quiet", "origin", &format!("main:{name}")].map(str::to_owned);
    env.set("MLDATA_HOOKS", "0");
    assert_snapshot!(env.git(branch("one")), @"[ok]");
    env.unset("MLDATA_HOOKS");
    env.set("SKIP", "black,pre-push");
    env.git(["push", "--quiet", "origin", ":one"]).success();
    env.sh("git update-ref -d refs/remotes/origin/one").success();
    assert_snapshot!(env.git(branch("two")), @"
    [stderr]
    left out by SKIP: pre-push
    [ok]
    ");
    env.unset("SKIP");
    env.git(["push", "--quiet", "--no-verify", "origin", ":two"]).success();
    env.git(push).code(1);
    env.git(["config", "mldata.hook.pre-push", "sometimes"]).success();
    assert_snapshot!(ours(env.git(push).code(1)), @"
    error: settings: `mldata.hook.pre-push` cannot be `sometimes`: expected `true`, `check` or `false`
    hint: see where it is set: `git config --show-origin --get mldata.hook.pre-push`
    ");
    env.git(["config", "mldata.hook.pre-push", "false"]).success();
    assert_snapshot!(env.git(push), @"[ok]");
}

#[test]
fn a_linked_worktree_and_a_submodule_push_their_data() {
    let mut env = tracked();
    env.git(["worktree", "add", "--quiet", "-b", "side", "../linked"]).success();
    env.cd("linked");
    assert_eq!(env.read_text("data/a"), "a\n", "a new worktree has its data");
    version(&env, "linked");
    let output = env.git(["push", "--quiet", "origin", "side"]).success();
    assert!(output.stderr_text().starts_with("Pushed "), "{output}");
    env.cd("repo");
    assert_complete(&mut env, "origin/side", "linked");

    env.git(["init", "--quiet", "../outer"]).success();
    env.cd("outer");
    let origin = env.root().join("origin.git");
    env.git(["submodule", "--quiet", "add", "-b", "side", origin.to_str().unwrap(), "inner"])
        .success();
    // Where the remote is, seen from there.
    env.link("../store", "store");
    env.cd("outer/inner");
    env.mldata(["init"]).success();
    env.mldata(["pull"]).success();
    version(&env, "submodule");
    let output = env.git(["push", "--quiet", "origin", "HEAD:side"]).success();
    assert!(output.stderr_text().starts_with("Pushed "), "{output}");
    env.cd("repo");
    env.git(["fetch", "--quiet"]).success();
    assert_complete(&mut env, "origin/side", "submodule");
}
