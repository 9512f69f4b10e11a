//! Where templates come from, with real repositories: `git mlrun new` on what `git` itself made.

use crate::common::TestEnv;

/// A bare repository in `templates.git` with two versions, `v1` tagged, and beside it a second template
/// in the directory `sub`.
fn published() -> TestEnv {
    let env = TestEnv::bare();
    env.sh(r#"
        git init --quiet work
        cd work
        root='{{ cookiecutter.name }}'
        mkdir -p "$root" "sub/$root"
        echo '{"name": "x"}' | tee cookiecutter.json > sub/cookiecutter.json
        printf 'one\n' > "$root/version.txt"
        printf 'sub\n' > "sub/$root/version.txt"
        printf '*.bat eol=crlf\n' > .gitattributes
        printf 'dir\n' > "$root/run.bat"
        printf '#!/bin/sh\n' > "$root/run.sh"
        chmod +x "$root/run.sh"
        git add . && git commit --quiet -m one && git tag v1
        printf 'two\n' > "$root/version.txt"
        git commit --quiet -a -m two
        git clone --quiet --bare . ../templates.git
        git remote add origin ../templates.git
        "#)
        .success();
    env
}

fn url(env: &TestEnv) -> String {
    format!("file://{}/templates.git", env.root().display())
}

fn read(env: &TestEnv, path: &str) -> String {
    std::fs::read_to_string(env.dir().join(path)).unwrap_or_else(|error| format!("{path}: {error}"))
}

fn copies(env: &TestEnv) -> Vec<String> {
    let directory = env.root().join("home/cache/git-ml/templates");
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// Makes the project `name` from `template` and returns its version.
fn made(env: &TestEnv, name: &str, template: &str) -> String {
    env.mlrun(["new", name, "--template", template]).success();
    read(env, &format!("{name}/version.txt"))
}

/// `template` is refused with a message that has all of `words`.
fn refused(env: &TestEnv, template: &str, words: &[&str]) {
    let output = env.mlrun(["new", "refused", "--template", template]).code(3);
    let text = output.stderr_text();
    for word in words {
        assert!(text.contains(word), "no {word:?} in\n{text}");
    }
    assert!(!env.dir().join("refused").exists());
}

#[test]
fn a_repository_is_read_at_head_at_a_revision_and_below_a_directory() {
    let env = published();
    let url = url(&env);
    assert_eq!(made(&env, "a", &url), "two\n");
    assert_eq!(made(&env, "b", &format!("{url}@v1")), "one\n");
    assert_eq!(made(&env, "c", &format!("git+{url}//sub")), "sub\n");
    assert_eq!(made(&env, "d", &format!("{url}@main//sub")), "sub\n");
    // As `git clone` writes it.
    assert_eq!(read(&env, "a/run.bat"), "dir\r\n");
    env.sh("test -x a/run.sh").success();
    env.mlrun(["new", "e", "-t", &url, "--ref", "v1", "--directory", "sub"]).success();
    assert_eq!(read(&env, "e/version.txt"), "sub\n");
    refused(&env, &format!("{url}//sub//x"), &["has no directory `sub/x`"]);
    assert_eq!(copies(&env).len(), 2, "one copy and its lock");
    assert_eq!(std::fs::read_dir(env.root().join("tmp")).unwrap().count(), 0);
}

#[test]
fn what_moved_is_fetched_again() {
    let env = published();
    let url = url(&env);
    assert_eq!(made(&env, "a", &url), "two\n");
    env.sh(
        "cd work && printf 'three\\n' > '{{ cookiecutter.name }}/version.txt' &&
         git commit --quiet -a -m three && git tag --force v1 && git push --quiet --force origin main v1",
    )
    .success();
    assert_eq!(made(&env, "b", &url), "three\n");
    assert_eq!(made(&env, "c", &format!("{url}@v1")), "three\n");
}

#[test]
fn without_the_network_what_was_fetched_is_taken() {
    let env = published();
    let url = url(&env);
    let commit = env.git(["-C", "work", "rev-parse", "HEAD~1"]).stdout_text();
    let commit = commit.trim();
    assert_eq!(made(&env, "a", &url), "two\n");
    std::fs::rename(env.root().join("templates.git"), env.root().join("away.git")).unwrap();
    assert_eq!(made(&env, "b", &url), "two\n");
    assert_eq!(made(&env, "c", &format!("{url}@{commit}")), "one\n");
    refused(&env, &format!("{url}-other"), &["cannot fetch `file://", "git ls-remote"]);
}

#[test]
fn a_commit_that_no_branch_leads_to_is_found() {
    let env = published();
    let commit = env
        .sh(
            "cd work && git checkout --quiet -b side &&
             printf 'side\\n' > '{{ cookiecutter.name }}/version.txt' && git commit --quiet -a -m side &&
             git push --quiet origin HEAD:refs/pull/1/head && git rev-parse HEAD &&
             git -C ../templates.git config uploadpack.allowAnySHA1InWant true",
        )
        .stdout_text();
    let url = url(&env);
    assert_eq!(made(&env, "a", &format!("{url}@{}", commit.trim())), "side\n");
    assert_eq!(made(&env, "b", &format!("{url}@refs/pull/1/head")), "side\n");
}

#[test]
fn a_broken_copy_is_made_again() {
    let env = published();
    let url = url(&env);
    made(&env, "a", &url);
    let copy = copies(&env).into_iter().find(|name| name.ends_with(".git")).unwrap();
    let copy = env.root().join("home/cache/git-ml/templates").join(copy);
    for (name, damage) in [
        ("b", "rm -rf objects/??"),
        ("c", "rm HEAD"),
        ("d", "echo nonsense > config"),
        ("e", "for f in objects/??/*; do chmod +w $f; head -c 9 $f > x; cp x $f; done"),
    ] {
        env.sh(&format!("cd '{}' && {damage}", copy.display())).success();
        assert_eq!(made(&env, name, &url), "two\n", "{damage}");
    }
}

#[test]
fn a_revision_that_is_not_there_is_named_with_those_that_are() {
    let env = published();
    refused(&env, &format!("{}@v9", url(&env)), &["has no revision `v9`", "`v1`", "`main`"]);
    refused(&env, &format!("{}//none", url(&env)), &["has no directory `none`"]);
}

#[test]
fn a_directory_is_read_at_a_revision_without_running_git_in_it() {
    let env = published();
    // What a repository that somebody packed and sent could bring.
    env.sh("cd work && git config core.fsmonitor \"touch $PWD/../pwned; false\" &&
         git config filter.x.smudge \"touch $PWD/../pwned; cat\" &&
         printf '* filter=x\\n' > .git/info/attributes &&
         printf '#!/bin/sh\\ntouch ../pwned\\n' > .git/hooks/post-checkout &&
         chmod +x .git/hooks/post-checkout")
        .success();
    assert_eq!(made(&env, "a", "work@v1"), "one\n");
    assert_eq!(made(&env, "b", "./work"), "two\n");
    assert_eq!(made(&env, "c", "work//sub@HEAD~1"), "sub\n");
    assert_eq!(made(&env, "d", "templates.git"), "two\n");
    assert!(!env.root().join("pwned").exists());
    refused(&env, "work@v9", &["has no revision `v9`", "`v1`"]);
}

#[test]
fn an_archive_is_read() {
    let env = published();
    env.sh(
        "cd work && git archive --prefix=top/ -o ../t.tar.gz HEAD && git archive -o ../t.zip v1",
    )
    .success();
    assert_eq!(made(&env, "a", "t.tar.gz"), "two\n");
    assert_eq!(made(&env, "b", "t.zip"), "one\n");
    refused(&env, "https://host.invalid/t.zip", &["hint: download it"]);
}

#[test]
fn the_environment_of_another_repository_does_not_matter() {
    let mut env = published();
    let url = url(&env);
    env.sh("git init --quiet other && cd other && touch kept && git add kept && git commit --quiet -m kept").success();
    let look = "git -C other status --porcelain; git -C other for-each-ref; \
                git -C other rev-list --all --count; find other/.git -name 'mlrun*'; \
                find other/.git -type f -newer other/kept -path '*objects*' | wc -l";
    let before = env.sh(look).stdout_text();
    let other = env.root().join("other/.git").display().to_string();
    let names = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"];
    let values = ["", "/..", "/index", "/objects"].map(|rest| format!("{other}{rest}"));
    for (name, value) in names.iter().zip(&values) {
        env.set(name, value);
    }
    let made = env.mlrun(["new", "a", "--template", &url]);
    assert_eq!(read(&env, "a/version.txt"), "two\n", "{}", made.stderr_text());
    env.mlrun(["new", "b", "--template", "minimal", "--run", "--no-input"]).success();
    for name in names {
        env.unset(name);
    }
    assert_eq!(env.sh(look).stdout_text(), before);
    for project in ["a", "b"] {
        env.cd(project);
        assert_eq!(env.git(["log", "--format=%s", "main"]).stdout_text().lines().count(), 1);
        assert_eq!(env.git(["ls-files", "--deleted"]).stdout_text(), "");
        env.git(["rev-parse", "--verify", "refs/mlrun/template/root"]).success();
    }
}

#[test]
fn a_name_that_is_almost_right_is_told() {
    let env = TestEnv::bare();
    refused(&env, "minmal", &["did you mean `minimal`?"]);
    refused(&env, "ext::sh -c 'touch pwned'", &["Git would run a program"]);
    refused(&env, "hg+https://host/a", &["Mercurial"]);
    assert!(!env.dir().join("pwned").exists());
}
