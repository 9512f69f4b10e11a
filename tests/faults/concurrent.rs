//! Two processes at once: serialised, correct, and the one that waits says for whom.

use std::path::Path;
use std::process::{Child, Stdio};

use super::lab::{
    Done, Lab, assert_objects_are_right, assert_same, populate, run, snapshot, text, write,
};

/// Starts a command that stops for a while in the middle of its work, with the lock in hand.
fn slow(lab: &Lab, cwd: &Path, args: &[&str]) -> Child {
    let child = lab
        .command(env!("CARGO_BIN_EXE_git-mldata"), cwd)
        .args(args)
        .env("MLDATA_FAILPOINTS", "any=sleep:1500@4")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(400));
    child
}

fn finish(child: Child, what: &str) {
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{what}: {told}");
}

fn waits_for(done: Done, whom: &str) {
    let done = done.ok();
    assert!(done.stderr().contains(whom), "it does not say for whom it waits: {}", done.stderr());
}

#[test]
fn two_adds_in_one_repository() {
    let lab = Lab::new();
    populate(&lab.repo.join("a"), 1);
    populate(&lab.repo.join("b"), 2);
    let first = slow(&lab, &lab.repo, &["add", "a"]);
    waits_for(lab.mldata(&lab.repo, ["add", "b"]), "git mldata add");
    finish(first, "the first add");
    assert_objects_are_right(&lab.repo.join(".git/mldata"), "two adds");
    let done = lab.mldata(&lab.repo, ["status", "--exit-code"]);
    assert_eq!(done.code(), Some(0), "{}", done.stdout());
    for name in ["a", "b"] {
        let before = snapshot(&lab.repo.join(name));
        std::fs::remove_dir_all(lab.repo.join(name)).unwrap();
        lab.mldata(&lab.repo, ["checkout", name]).ok();
        assert_same(&snapshot(&lab.repo.join(name)), &before, name);
    }
    let ignored = std::fs::read_to_string(lab.repo.join(".gitignore")).unwrap();
    assert!(ignored.contains("/a\n") && ignored.contains("/b\n"), "{ignored}");
}

#[test]
fn adding_in_two_worktrees() {
    let lab = Lab::new();
    let other = lab.root.join("other");
    lab.git(&lab.repo, ["worktree", "add", "-q", "-b", "other", text(&other)]).ok();
    populate(&lab.repo.join("data"), 1);
    populate(&other.join("data"), 2);
    let first = slow(&lab, &lab.repo, &["add", "data"]);
    waits_for(lab.mldata(&other, ["add", "data"]), "git mldata add");
    finish(first, "the first add");
    for repo in [&lab.repo, &other] {
        let before = snapshot(&repo.join("data"));
        std::fs::remove_dir_all(repo.join("data")).unwrap();
        lab.mldata(repo, ["checkout"]).ok();
        assert_same(&snapshot(&repo.join("data")), &before, text(repo));
    }
    assert!(!other.join(".git").is_dir(), "a linked worktree has no cache of its own");
}

#[test]
fn adding_while_checking_out() {
    let lab = Lab::new();
    populate(&lab.repo.join("a"), 1);
    lab.add_and_commit(&lab.repo, &["a"], "a");
    let expected = snapshot(&lab.repo.join("a"));
    std::fs::remove_dir_all(lab.repo.join("a")).unwrap();
    populate(&lab.repo.join("b"), 2);
    let first = slow(&lab, &lab.repo, &["checkout", "a"]);
    waits_for(lab.mldata(&lab.repo, ["add", "b"]), "git mldata checkout");
    finish(first, "checkout");
    assert_same(&snapshot(&lab.repo.join("a")), &expected, "checked out");
    let done = lab.mldata(&lab.repo, ["status", "--exit-code"]);
    assert_eq!(done.code(), Some(0), "{}", done.stdout());
}

/// Many at once, each with a target of its own and all with one in common.
#[test]
fn eight_adds_at_once() {
    let lab = Lab::new();
    populate(&lab.repo.join("common"), 9);
    for at in 0..8 {
        populate(&lab.repo.join(format!("own-{at}")), at);
    }
    std::thread::scope(|scope| {
        for at in 0..8 {
            let lab = &lab;
            scope.spawn(move || {
                lab.mldata(&lab.repo, ["add", "common", &format!("own-{at}")]).ok();
            });
        }
    });
    let done = lab.mldata(&lab.repo, ["status", "--exit-code"]);
    assert_eq!(done.code(), Some(0), "{}", done.stdout());
    lab.commit(&lab.repo, "all");
    assert_eq!(lab.git_status(&lab.repo), Vec::<String>::new());
    assert_objects_are_right(&lab.repo.join(".git/mldata"), "eight adds");
}

/// Two clones push to one directory at the same time; both versions arrive whole.
#[test]
fn two_pushes_at_once() {
    let lab = Lab::new();
    let store = lab.root.join("store");
    lab.mldata(&lab.repo, ["remote", "add", "-d", "store", text(&store)]).ok();
    lab.commit(&lab.repo, "store");
    let clones = [lab.clone("one"), lab.clone("two")];
    for (clone, version) in clones.iter().zip(1..) {
        populate(&clone.join("data"), version);
        lab.add_and_commit(clone, &["data"], "data");
    }
    std::thread::scope(|scope| {
        for clone in &clones {
            let lab = &lab;
            scope.spawn(move || lab.mldata(clone, ["push"]).ok());
        }
    });
    assert_objects_are_right(&store, "two pushes");
    for (at, clone) in clones.iter().enumerate() {
        let copy = lab.root.join(format!("copy-{at}"));
        lab.git(&lab.root, ["clone", "-q", text(clone), text(&copy)]).ok();
        lab.mldata(&copy, ["pull"]).ok();
        assert_same(&snapshot(&copy.join("data")), &snapshot(&clone.join("data")), "pulled");
    }
}

/// A hook gives up after two seconds and does not fail Git.
#[test]
fn hooks_do_not_wait_for_long() {
    let lab = Lab::new();
    write(&lab.repo.join("data"), "one");
    lab.add_and_commit(&lab.repo, &["data"], "one");
    lab.git(&lab.repo, ["switch", "-q", "-c", "other"]).ok();
    write(&lab.repo.join("data"), "two");
    lab.add_and_commit(&lab.repo, &["data"], "two");
    write(&lab.repo.join("more"), "more");
    let mut first = lab
        .command(env!("CARGO_BIN_EXE_git-mldata"), &lab.repo)
        .args(["add", "more"])
        .env("MLDATA_FAILPOINTS", "any=sleep:6000@4")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let start = std::time::Instant::now();
    run(lab.command("git", &lab.repo).args(["switch", "-q", "main"])).ok();
    let waited = start.elapsed();
    assert!(waited < std::time::Duration::from_secs(4), "{waited:?}");
    assert!(first.wait().unwrap().success());
    lab.mldata(&lab.repo, ["checkout", "data"]).ok();
    assert_eq!(std::fs::read(lab.repo.join("data")).unwrap(), b"one");
}
