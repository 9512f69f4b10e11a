//! `git mlrun new`: where a project may go, and what is around it.

use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::common::MLRUN;
use crate::new::{names, new, said, with_template};
#[test]
fn what_is_there_is_left_alone() {
    let env = with_template();
    env.write("full/mine", "mine");
    env.write("file", "mine");
    std::fs::create_dir(env.dir().join("empty")).unwrap();
    env.link("empty", "link");
    env.link("nowhere", "dangling");
    let before = env.identities(".");
    for name in ["full", "file", "link", "dangling", "full/..", "file/x", ""] {
        let output = new(&env, &[name, "--no-input"]);
        assert!(matches!(output.exit_code, Some(2 | 3)), "{name}: {output}");
    }
    assert_eq!(env.identities("."), before);
    assert_snapshot!(new(&env, &["full"]), @"
    [stderr]
    error: `$ROOT/work/full` exists already
    hint: take another name; only an empty directory, or one with only `.git`, is filled
    [exit code 3]
    ");
    assert_snapshot!(new(&env, &["file/x"]), @"
    [stderr]
    error: cannot create directory `$ROOT/work/file/x`: not a directory
    [exit code 3]
    ");
}

#[test]
fn an_empty_directory_is_filled() {
    let mut env = with_template();
    for name in ["empty", "fresh", "used"] {
        std::fs::create_dir(env.dir().join(name)).unwrap();
    }
    new(&env, &["empty", "--no-input"]).success();
    assert!(env.exists("empty/README.md") && env.exists("empty/.git"));
    // From inside, and with a repository that has nothing in it.
    env.cd("work/fresh");
    env.git(["init", "--quiet"]).success();
    env.git(["config", "user.name", "Own"]).success();
    let arguments = ["new", "-t", "../../template", ".", "--no-input"];
    assert_snapshot!(said(&env.mlrun(arguments)), @"
    [stderr]
    Made `fresh` from the template `template`: 4 files.
    It is a Git repository with a first commit (<commit>).
    Next:
      git mldata add DATA          track a file or directory of data
      git mlrun stage add --help   write a pipeline down
    [ok]
    ");
    assert_eq!(env.read("README.md"), b"fresh\n");
    assert_snapshot!(env.git(["log", "--format=%an %s"]), @"
    Own Start from template template
    [ok]
    ");
    // One that has a history is not this project's alone.
    env.cd("work/used");
    env.git(["init", "--quiet"]).success();
    env.git(["commit", "--allow-empty", "--quiet", "-m", "mine"]).success();
    assert_snapshot!(env.mlrun(arguments), @"
    [stderr]
    Made `used` from the template `template`: 4 files.
    It is in the repository `$ROOT/work/used`: nothing was committed.
    hint: `git add .` and `git commit`
    hint: `git mldata init` prepares the repository: hooks, merge rules, settings
    Next:
      git mldata add DATA          track a file or directory of data
      git mlrun stage add --help   write a pipeline down
    [ok]
    ");
    assert_eq!(env.git(["log", "--format=%s"]).stdout_text(), "mine\n");
}

#[test]
fn inside_of_a_repository_only_files_are_made() {
    let mut env = with_template();
    env.git(["init", "--quiet"]).success();
    env.git(["commit", "--allow-empty", "--quiet", "-m", "mine"]).success();
    assert_snapshot!(new(&env, &["sub/churn", "--no-input"]), @"
    [stderr]
    Made `sub/churn` from the template `template`: 4 files.
    It is in the repository `$ROOT/work`: nothing was committed.
    hint: `git add sub/churn` and `git commit`
    hint: `git mldata init` prepares the repository: hooks, merge rules, settings
    Next:
      cd sub/churn                 go there
      git mldata add DATA          track a file or directory of data
      git mlrun stage add --help   write a pipeline down
    [ok]
    ");
    assert!(!env.exists("sub/churn/.git") && !env.exists("sub/churn/.mldataconfig"));
    assert_eq!(env.git(["log", "--format=%s"]).stdout_text(), "mine\n");
    env.cd("work/sub");
    let json = env.mlrun(["new", "-t", "../../template", "two", "--no-input", "--json"]).json();
    assert_eq!(
        (&json["repository"], &json["commit"]),
        (&"existing".into(), &serde_json::Value::Null)
    );
}

#[test]
fn the_environments_repository_is_not_touched() {
    let mut env = with_template();
    env.git(["init", "--quiet", "other"]).success();
    let before = env.tree("other");
    env.set("GIT_DIR", env.dir().join("other/.git").to_str().unwrap());
    new(&env, &["churn", "--no-input"]).success();
    env.unset("GIT_DIR");
    assert_eq!(env.tree("other"), before);
    env.cd("work/churn");
    assert_eq!(env.git(["log", "--format=%s"]).stdout_text(), "Start from template template\n");
}

#[test]
fn modes_follow_the_umask() {
    let env = with_template();
    env.sh(&format!("umask 027; {MLRUN} new -t ../template churn --no-input --no-git")).success();
    let mode = |path: &str| env.dir().join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("churn"), 0o750);
    assert_eq!(mode("churn/bin"), 0o750);
    assert_eq!(mode("churn/README.md"), 0o640);
    assert_eq!(mode("churn/bin/run"), 0o750);
}

#[test]
fn the_way_to_a_project_may_be_a_link() {
    let env = with_template();
    std::fs::create_dir(env.dir().join("real")).unwrap();
    env.link("real", "link");
    new(&env, &["link/churn", "--no-input"]).success();
    assert!(env.exists("real/churn/README.md"));
    assert_eq!(names(&env, "real"), ["churn"]);
}
