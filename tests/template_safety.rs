//! What `git mlrun template` and `git mlrun new` must not touch: what is staged, what others put into a
//! directory, what is Git's own.

#![allow(clippy::disallowed_methods, reason = "tests wait for processes")]

use crate::common::{MLRUN, TestEnv};

/// A template in `tpl` and a project from it in `p`, where commands run; then the template changes.
fn behind() -> TestEnv {
    let mut env = TestEnv::bare();
    env.write("tpl/cookiecutter.json", r#"{"name": "p"}"#);
    for name in ["a", "b", "c", "d", "e"] {
        env.write(format!("tpl/{{{{cookiecutter.name}}}}/{name}.txt"), format!("{name}\n"));
    }
    env.mlrun(["new", "p", "-t", "tpl", "--no-input"]).success();
    env.write("tpl/{{cookiecutter.name}}/a.txt", "theirs\n");
    env.write("tpl/{{cookiecutter.name}}/new/f.txt", "new\n");
    env.remove("tpl/{{cookiecutter.name}}/d.txt");
    env.cd("p");
    env
}

/// Everything that an update could change: the files, the index, the refs, in this order.
fn state(env: &TestEnv) -> String {
    let script = "find . -path ./.git -prune -o -printf '%p %m %y %l\\n' | sort
        find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum
        git ls-files --stage; git status --short; git for-each-ref refs/heads";
    env.sh(script).success().stdout_text()
}

#[test]
fn nothing_is_merged_over_what_is_staged() {
    for staging in [
        "echo mine > b.txt; git add b.txt; echo more > b.txt",
        "echo x > mine.txt; git add mine.txt",
        "echo x > mine.txt; git add --intent-to-add mine.txt",
        "git rm --quiet --cached c.txt",
        "git update-index --chmod=+x b.txt",
        "git mv b.txt f.txt",
    ] {
        let env = behind();
        env.sh(staging).success();
        let before = state(&env);
        for arguments in [&["template", "update"][..], &["template", "update", "-n"]] {
            let told = env.mlrun(arguments).code(3).stderr_text();
            assert!(told.contains("is staged and not committed"), "{staging}: {told}");
            assert!(told.contains("git stash"), "{told}");
        }
        assert!(state(&env) == before, "{staging}");
    }
}

#[test]
fn an_update_can_be_undone_beside_what_is_not_staged() {
    let env = behind();
    env.write("b.txt", "mine\n");
    env.remove("c.txt");
    env.chmod("e.txt", 0o755);
    env.write("untracked.txt", "x\n");
    let before = state(&env);
    env.mlrun(["template", "update"]).success();
    assert!(env.exists("new/f.txt") && !env.exists("d.txt") && !env.exists("c.txt"));
    env.git(["reset", "--merge", "--quiet"]).success();
    assert_eq!(state(&env), before);
}

#[test]
fn nothing_is_made_in_a_directory_of_gits() {
    let env = TestEnv::new();
    env.write("tpl/cookiecutter.json", r#"{"name": "p"}"#);
    env.write("tpl/{{cookiecutter.name}}/config", "[core]\n");
    env.commit("first");
    env.git(["worktree", "add", "--quiet", "../side"]).success();
    env.git(["clone", "--quiet", "--bare", ".", "../bare"]).success();
    env.git(["init", "--quiet", "--separate-git-dir=../apart", "../worktree"]).success();
    env.link(".git/hooks", "door");
    env.link("../bare", "other");
    std::fs::create_dir(env.root().join("plain")).unwrap();
    let before = env.tree("..");
    for place in [
        ".git/x",
        ".git",
        ".GIT/x",
        "new/.git",
        "new/.git./x",
        "git~1",
        "door/x",
        "other/x",
        "../bare/x/y",
        "../bare/refs/heads/x",
        "../side/.git",
        ".git/worktrees/side/x",
        "../apart/x",
        "../plain/.git/x",
        "none/../.git/x",
        "none/../other/x",
    ] {
        for dry in [false, true] {
            let mut arguments = vec!["new", place, "-t", "tpl", "--no-input"];
            arguments.extend(dry.then_some("-n"));
            let told = env.mlrun(&arguments).code(3).stderr_text();
            let is_there = told.contains("exists already");
            assert!(is_there || told.contains("directory of Git's own"), "{place}: {told}");
        }
    }
    // A name that the template gives is refused as well.
    let out = ["new", "-o", ".git/hooks", "-t", "tpl", "--no-input"];
    let told = env.mlrun(out).code(3).stderr_text();
    assert!(told.contains("directory of Git's own"), "{told}");
    assert_eq!(env.tree(".."), before);
    env.mlrun(["new", "../side/.github", "-t", "tpl", "--no-input"]).success();
}

#[test]
fn what_others_put_into_a_directory_stays() {
    let mut env = TestEnv::bare();
    env.write("tpl/cookiecutter.json", r#"{"name": "p"}"#);
    env.write("tpl/{{cookiecutter.name}}/sub/a.txt", "a\n");
    env.write("tpl/{{cookiecutter.name}}/b.txt", "b\n");
    // The hook stands for the user, who comes between.
    let hook = "#!/bin/sh\necho thesis > thesis.txt; echo thesis > sub/thesis.txt; exit 1\n";
    env.write("tpl/hooks/post_gen_project.sh", hook);
    env.write("there/.git/config", "");
    env.cd("there");
    let new = ["new", ".", "-t", "../tpl", "--no-input", "--trust", "--no-git"];
    let told = env.mlrun(new).code(3).stderr_text();
    assert!(told.contains("stays there: `sub`, `thesis.txt`"), "{told}");
    assert_eq!(env.read_text("thesis.txt"), "thesis\n");
    assert_eq!(env.read_text("sub/thesis.txt"), "thesis\n");
    assert!(!env.exists("sub/a.txt") && !env.exists("b.txt"));
}

/// Two worktrees keep a render at once: the ref leads to both.
#[test]
fn no_kept_render_is_lost_to_another_one() {
    let mut env = TestEnv::new();
    env.write("README", "top\n");
    env.commit("first");
    env.git(["worktree", "add", "--quiet", "../side"]).success();
    for name in ["one", "two"] {
        env.write(format!("../{name}/cookiecutter.json"), r#"{"name": "p"}"#);
        env.write(format!("../{name}/{{{{cookiecutter.name}}}}/{name}"), name);
    }
    env.set("MLDATA_FAILPOINTS", "template.keep=sleep:1500");
    let adopt = ["template", "adopt", "../one", "--no-input"];
    let slow = env.command(MLRUN, adopt).spawn().unwrap();
    env.unset("MLDATA_FAILPOINTS");
    env.cd("side");
    env.mlrun(["template", "adopt", "../two", "--no-input"]).success();
    let output = slow.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let log = ["log", "--format=%s", "--name-only", "refs/mlrun/template/root"];
    let kept = env.git(log).success().stdout_text();
    assert!(kept.contains("\none\n") && kept.contains("\ntwo\n"), "{kept}");
}
