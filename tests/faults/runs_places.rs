//! Recording on full disks and in repositories that cannot be written to; what Git does to the code of
//! runs meanwhile and afterwards; worktrees that come and go.

use std::path::PathBuf;
use std::process::Command;

use super::disk::Tmpfs;
use super::lab::{Lab, is_root, text, write};
use super::recorded::Recorded;

const NOTHING: &[(&str, &str)] = &[];

fn exec(script: &str) -> Vec<&str> {
    vec!["exec", "sh", "-c", script]
}

/// The disk fills up while the command is at work: its output and its exit code are its own, and what it
/// had logged is stored when there is room.
#[test]
fn a_disk_that_fills_up_under_a_run() {
    let Some(disk) = Tmpfs::new("a_disk_that_fills_up_under_a_run", "size=16m") else { return };
    let lab = Lab { _temp: None, root: disk.path.clone(), repo: disk.path.join("repo") };
    let recorded = Recorded::new(lab, NOTHING);
    // What is said of the run at its end takes more than what is left of its last block.
    write(&recorded.repo.join("params.yaml"), format!("long: {}\n", "x".repeat(20_000)));
    let ballast = disk.path.join("ballast");
    let script =
        format!("sh log.sh exec 4; echo said; cat /dev/zero > {}; exit 5", ballast.display());
    let args = ["exec", "--params", "params.yaml", "sh", "-c", &script];
    let done = recorded.mlrun("", &args);
    assert_eq!((done.code(), &done.stdout()[..]), (Some(5), "said\n"), "{}", done.stderr());
    let told = done.stderr();
    assert!(
        told.contains("No space left") && told.contains("the next command stores it"),
        "{told}"
    );
    assert!(recorded.stored().is_empty());
    // Without room, the next command does its own work and keeps what it cannot store.
    let told = recorded.mlrun("", &["log"]).ok().stderr();
    assert!(told.contains("which is kept"), "{told}");
    std::fs::remove_file(&ballast).unwrap();
    recorded.log("room was made");
    recorded.check("room was made");
    let runs = recorded.stored();
    assert_eq!(recorded.steps(&runs[0]).len(), 4);
    assert_eq!((&runs[0]["status"], &runs[0]["exit_code"]), (&"failed".into(), &5.into()));
}

/// No room from the beginning: the command runs, and is told not to be recorded.
#[test]
fn a_full_disk_before_a_run() {
    let Some(disk) = Tmpfs::new("a_full_disk_before_a_run", "size=16m") else { return };
    let lab = Lab { _temp: None, root: disk.path.clone(), repo: disk.path.join("repo") };
    let recorded = Recorded::new(lab, NOTHING);
    let mut stored = 0;
    // From nothing at all to room for a part of what a run begins with.
    for left in [0, 4, 8, 16, 24, 32, 48] {
        let ballast = disk.fill(left << 10);
        let done = recorded.mlrun("", &exec("echo said; exit 6"));
        let context = format!("{left} KiB left: {}", done.stderr());
        assert_eq!((done.code(), &done.stdout()[..]), (Some(6), "said\n"), "{context}");
        assert!(done.stderr().contains("No space left") || !recorded.is_left(), "{context}");
        std::fs::remove_file(ballast).unwrap();
        recorded.log(&context);
        recorded.check_store(&context);
        let runs = recorded.stored();
        assert!(runs.len() <= stored + 1, "{context}");
        assert!(runs.iter().all(|run| run["status"] == "failed"), "{context}: {runs:#?}");
        stored = runs.len();
    }
}

/// A directory that can be made read-only, by a mount of its own.
struct ReadOnly(PathBuf);

impl ReadOnly {
    fn new(test: &str, path: PathBuf) -> Option<ReadOnly> {
        if !is_root() {
            crate::common::skip(test, "mounting needs root");
            return None;
        }
        let mounted = Command::new("mount").args(["--bind", text(&path), text(&path)]).status();
        if !mounted.is_ok_and(|status| status.success()) {
            crate::common::skip(test, "cannot mount a directory");
            return None;
        }
        Some(ReadOnly(path))
    }

    fn remount(&self, mode: &str) {
        let status = Command::new("sh").args(["-c", &self.script(mode)]).status();
        assert!(status.unwrap().success());
    }

    /// The command that does the same.
    fn script(&self, mode: &str) -> String {
        format!("mount -o remount,bind,{mode} {}", self.0.display())
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_read_only_repository_runs_and_shows() {
    let recorded = Recorded::new(Lab::bare(), &[("mlrun.yaml", "stages: {a: {cmd: 'true'}}\n")]);
    let name = "a_read_only_repository_runs_and_shows";
    let Some(place) = ReadOnly::new(name, recorded.repo.join(".git")) else { return };
    recorded.mlrun("", &["exec", "-q", "--name", "first", "true"]).ok();
    place.remount("ro");
    let done = recorded.mlrun("", &exec("echo said; exit 5"));
    assert_eq!((done.code(), &done.stdout()[..]), (Some(5), "said\n"), "{}", done.stderr());
    let told = done.stderr();
    assert!(told.contains("cannot record the run") && told.contains("read-only"), "{told}");
    let with = recorded.mlrun("", &["repro"]);
    let without = recorded.mlrun("", &["repro", "--no-record"]);
    assert_eq!(with.code(), without.code(), "{}{}", with.stderr(), without.stderr());
    let shown = recorded.mlrun("", &["log"]).ok();
    assert!(shown.stdout().contains("first") && shown.stderr().is_empty(), "{}", shown.stderr());
    recorded.mlrun("", &["show", "last"]).ok();
    place.remount("rw");
    recorded.log("writable again");
    assert_eq!(recorded.stored().len(), 1);
}

/// Objects cannot be written any more while a command is at work, after what it had logged.
#[test]
fn a_repository_that_becomes_read_only_under_a_run() {
    let recorded = Recorded::new(Lab::bare(), NOTHING);
    let name = "a_repository_that_becomes_read_only_under_a_run";
    let objects = recorded.repo.join(".git/objects");
    let Some(place) = ReadOnly::new(name, objects) else { return };
    let script = format!("sh log.sh exec 4; {}; exit 7", place.script("ro"));
    let done = recorded.mlrun("", &exec(&script));
    let told = done.stderr();
    assert_eq!(done.code(), Some(7), "{told}");
    assert!(told.contains("Read-only") && told.contains("the next command stores it"), "{told}");
    let told = recorded.mlrun("", &["log"]).ok().stderr();
    assert!(told.contains("which is kept") && told.contains("Read-only"), "{told}");
    place.remount("rw");
    recorded.log("writable again");
    recorded.check("writable again");
    assert_eq!(recorded.stored()[0]["exit_code"], 7);
}

#[test]
fn garbage_collection_in_a_run_keeps_its_code() {
    let pipeline =
        "stages: {collect: {cmd: 'git gc -q --prune=now; cat code > out', outs: [out]}}\n";
    let recorded = Recorded::new(Lab::bare(), &[("mlrun.yaml", pipeline)]);
    recorded.mlrun("", &["repro", "-q"]).ok();
    recorded.mlrun("", &exec("git gc -q --prune=now; sh log.sh exec 4")).ok();
    // Nobody but the runs knows the change that was never committed.
    recorded.lab.git(&recorded.repo, ["gc", "-q", "--prune=now"]).ok();
    recorded.check("gc in a run");
    for run in recorded.stored() {
        let code = format!("{}:code", run["code"]["snapshot"].as_str().unwrap());
        assert_eq!(recorded.lab.git(&recorded.repo, ["show", &code]).ok().stdout(), "changed");
    }
}

/// Killed after its snapshot was taken, and collected before the next command looks.
#[test]
fn garbage_collection_before_finalising_keeps_the_code() {
    let pipeline = "stages: {a: {cmd: 'cat code > out', outs: [out: {cache: false}]}}\n";
    for point in ["live.store=kill", "live.begun=kill", "runs.before-ref=enospc"] {
        let recorded = Recorded::new(Lab::bare(), &[("mlrun.yaml", pipeline)]);
        let _ = recorded.mlrun(point, &["repro"]);
        recorded.lab.git(&recorded.repo, ["gc", "-q", "--prune=now"]).ok();
        recorded.log(point);
        recorded.check_store(point);
        let run = &recorded.stored()[0];
        let code = format!("{}:code", run["code"]["snapshot"].as_str().unwrap());
        assert_eq!(recorded.lab.git(&recorded.repo, ["show", &code]).ok().stdout(), "changed");
    }
}

#[test]
fn runs_of_rewritten_and_deleted_branches_can_be_restored() {
    let recorded = Recorded::new(Lab::bare(), NOTHING);
    let (lab, repo) = (&recorded.lab, &recorded.repo);
    lab.git(repo, ["switch", "-q", "-c", "feature"]).ok();
    let mut expected = Vec::new();
    for name in ["one", "two"] {
        write(&repo.join("code"), format!("committed for {name}"));
        lab.commit(repo, name);
        recorded.mlrun("", &["exec", "-q", "--name", name, "true"]).ok();
        expected.push((name, format!("committed for {name}")));
    }
    write(&repo.join("code"), "never committed");
    recorded.mlrun("", &["exec", "-q", "--name", "three", "true"]).ok();
    expected.push(("three", "never committed".into()));
    lab.git(repo, ["checkout", "-q", "--", "code"]).ok();
    // The branch is rewritten on top of a new `main`, then deleted.
    lab.git(repo, ["switch", "-q", "main"]).ok();
    write(&repo.join("other"), "meanwhile");
    lab.commit(repo, "meanwhile");
    lab.git(repo, ["rebase", "-q", "main", "feature"]).ok();
    lab.git(repo, ["switch", "-q", "main"]).ok();
    lab.git(repo, ["branch", "-q", "-D", "feature"]).ok();
    lab.git(repo, ["reflog", "expire", "--expire=now", "--all"]).ok();
    lab.git(repo, ["gc", "-q", "--prune=now"]).ok();
    recorded.check_store("rewritten");
    for (name, content) in expected {
        recorded.mlrun("", &["restore", name]).ok();
        assert_eq!(std::fs::read_to_string(repo.join("code")).unwrap(), content);
        lab.git(repo, ["switch", "-q", "main"]).ok();
    }
}

/// Runs of all worktrees are in one store; those that a removed worktree left are stored by another.
#[test]
fn worktrees_come_and_go() {
    let recorded = Recorded::new(Lab::bare(), NOTHING);
    let (lab, repo) = (&recorded.lab, &recorded.repo);
    let other = lab.root.join("state/other");
    lab.git(repo, ["worktree", "add", "-q", "-b", "other", text(&other)]).ok();
    let in_other = |points: &str, name: &str| {
        let args = ["exec", "-q", "--name", name, "sh", "log.sh", "exec", "4"];
        super::lab::run(&mut recorded.command(&other, points, &args))
    };
    in_other("", "of-the-other").ok();
    recorded.check("a worktree");
    assert_eq!(recorded.stored()[0]["code"]["branch"], "other");
    std::fs::remove_file(lab.root.join("state/notes/exec")).unwrap();

    write(&other.join("code"), "only there");
    assert!(in_other("live.store=kill", "left").was_killed());
    lab.git(repo, ["worktree", "remove", "--force", text(&other)]).ok();
    lab.git(repo, ["branch", "-q", "-D", "other"]).ok();
    lab.git(repo, ["gc", "-q", "--prune=now"]).ok();
    recorded.log("a removed worktree");
    recorded.check_store("a removed worktree");
    let runs = recorded.stored();
    let left = &runs[1];
    assert_eq!((&left["name"], recorded.steps(left).len()), (&"left".into(), 4));
    let code = format!("{}:code", left["code"]["snapshot"].as_str().unwrap());
    assert_eq!(lab.git(repo, ["show", &code]).ok().stdout(), "only there");
}

/// A worktree that is removed under its run: the command's result is its own, and the run is stored.
#[test]
fn a_worktree_that_is_removed_under_its_run() {
    let recorded = Recorded::new(Lab::bare(), NOTHING);
    let other = recorded.lab.root.join("state/other");
    let add = ["worktree", "add", "-q", "-b", "other", text(&other)];
    recorded.lab.git(&recorded.repo, add).ok();
    let script =
        format!("sh log.sh exec 4; git -C {} worktree remove --force .; exit 5", other.display());
    let done = super::lab::run(&mut recorded.command(&other, "", &exec(&script)));
    assert_eq!(done.code(), Some(5), "{}", done.stderr());
    assert!(!other.exists(), "{}", done.stderr());
    recorded.log(&done.stderr());
    recorded.check("a worktree removed under its run");
    assert_eq!(recorded.stored().len(), 1);
}
