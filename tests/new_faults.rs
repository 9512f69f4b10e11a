//! `git mlrun new` where something goes wrong at the worst moment.

#![allow(clippy::disallowed_methods, reason = "tests send signals")]

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::common::{MLRUN, TestEnv};
use crate::faults::disk::Tmpfs;

/// A template of 40 files of 10 kB, with two of the user's own files beside the project.
fn with_template(env: TestEnv) -> TestEnv {
    env.write("template/cookiecutter.json", r#"{"project_name": "demo"}"#);
    for at in 0..40 {
        let path = format!("template/{{{{cookiecutter.project_name}}}}/d{}/f{at}", at % 7);
        env.write(path, "x".repeat(10_000));
    }
    env.write("work/mine", "mine");
    env.write("work/there/.git/HEAD", "not a repository");
    env.at("work")
}

const NEW: [&str; 5] = ["new", "-t", "../template", "--no-input", "--no-git"];

fn wait_until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not happen");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether a project is being written in `directory`.
fn at_work(directory: &Path) -> bool {
    let mut entries = std::fs::read_dir(directory).unwrap().flatten();
    let is_ours = |name: std::ffi::OsString| name.to_string_lossy().starts_with(".mlrun-new-");
    entries.any(|entry| is_ours(entry.file_name()) && entry.path().join("d1").exists())
}

/// A `new` of `name` that takes its time for the tenth file.
fn slow(env: &mut TestEnv, name: &str) -> Child {
    env.set("MLDATA_FAILPOINTS", "new.write=sleep:700@20");
    let child = env.command(MLRUN, NEW.iter().chain([&name])).spawn().unwrap();
    env.unset("MLDATA_FAILPOINTS");
    child
}

#[test]
fn an_interrupted_project_leaves_nothing() {
    let mut env = with_template(TestEnv::bare());
    let before = env.tree(".");
    for (name, place) in [("churn", "."), ("there", "there"), ("a/b/churn", "a/b")] {
        for signal in ["INT", "TERM"] {
            let child = slow(&mut env, name);
            wait_until(|| env.dir().join(place).exists() && at_work(&env.dir().join(place)));
            let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
            assert!(sent.unwrap().success());
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(130), "{output:?}");
            assert_eq!(env.tree("."), before, "{name}");
        }
    }
}

#[test]
fn who_is_first_keeps_the_name() {
    let mut env = with_template(TestEnv::bare());
    let child = slow(&mut env, "churn");
    wait_until(|| at_work(env.dir()));
    env.write("churn/theirs", "theirs");
    let before = env.tree("churn");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("exists already"), "{output:?}");
    assert_eq!(env.tree("churn"), before);
    assert!(!at_work(env.dir()));
}

#[test]
fn what_a_kill_leaves_is_removed_by_the_next() {
    let mut env = with_template(TestEnv::bare());
    env.set("MLDATA_FAILPOINTS", "new.write=kill@20");
    assert_eq!(env.mlrun(NEW.iter().chain([&"churn"])).exit_code, None);
    env.unset("MLDATA_FAILPOINTS");
    assert!(at_work(env.dir()) && !env.exists("churn"));
    env.mlrun(NEW.iter().chain([&"churn"])).success();
    assert!(!at_work(env.dir()));
}

#[test]
fn every_failure_leaves_what_was_there() {
    let mut env = with_template(TestEnv::bare());
    let before = env.tree(".");
    let points = ["new.write=enospc@1", "new.write=error@48", "rename.before=error@1"];
    for point in points {
        for name in ["churn", "there", "a/b/churn"] {
            env.set("MLDATA_FAILPOINTS", point);
            let output = env.mlrun(NEW.iter().chain([&name])).code(3);
            env.unset("MLDATA_FAILPOINTS");
            assert_eq!(env.tree("."), before, "{point} {name}: {output}");
        }
    }
    // In the middle of moving names into a directory that was there.
    env.set("MLDATA_FAILPOINTS", "rename.before=error@4");
    let output = env.mlrun(NEW.iter().chain([&"there"])).code(3);
    env.unset("MLDATA_FAILPOINTS");
    assert_eq!(env.tree("."), before, "{output}");
}

#[test]
fn a_full_disk_leaves_nothing() {
    let Some(disk) = Tmpfs::new("a_full_disk_leaves_nothing", "size=4m") else { return };
    let env = with_template(TestEnv::bare());
    let ballast = disk.fill(150_000);
    let path = disk.path.to_str().unwrap();
    let output = env.mlrun(NEW.iter().chain([&"-o", &path, &"churn"])).code(3);
    assert!(
        output.stderr_text().contains("No space left")
            || output.stderr_text().contains("no space left"),
        "{output}"
    );
    std::fs::remove_file(ballast).unwrap();
    assert_eq!(std::fs::read_dir(&disk.path).unwrap().count(), 0);
}

#[test]
fn where_nobody_may_write() {
    let env = with_template(TestEnv::bare());
    let output = env.mlrun(NEW.iter().chain([&"/proc/churn"])).code(3);
    assert!(output.stderr_text().contains("cannot create directory `/proc/"), "{output}");
}
