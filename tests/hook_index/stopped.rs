//! Hooks that are killed or interrupted, and others who write at the same time.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::{Lab, clean, dirty, new, old};
use crate::common::machine::variable;

const EDITED: [&str; 3] = ["x = 1", "# later", "y = 2"];

/// Two files are staged, and one has a change that is not.
fn staged() -> Lab {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old()), ("b.ipynb", &old())]);
    lab.env.write("b.ipynb", dirty(&EDITED));
    lab
}

/// Every text is the one from before or the one from after. If the index of a commit is the repository's
/// own (`is_whole`), the worktree is never ahead of it; else Git takes the index back.
#[track_caller]
fn assert_nothing_is_lost(lab: &Lab, is_whole: bool, context: &str) {
    let [a, b] = ["a.ipynb", "b.ipynb"].map(|path| lab.blob("", path));
    assert!(a == b && (a == old() || a == new()), "{context}: the index has half of it");
    let worktree = lab.env.read_text("a.ipynb");
    assert!(worktree == old() || worktree == new(), "{context}: {worktree}");
    let worktree = lab.env.read_text("b.ipynb");
    assert!(worktree == dirty(&EDITED) || worktree == clean(&EDITED), "{context}: {worktree}");
    if a == old() && is_whole {
        assert_eq!(lab.env.read_text("a.ipynb"), old(), "{context}: ahead of the index");
        assert_eq!(lab.env.read_text("b.ipynb"), dirty(&EDITED), "{context}: ahead of the index");
    }
    lab.git_quiet(["fsck", "--strict", "--no-dangling"]);
}

/// Lets the hook fail at its fail points: at all of them with `GITML_SWEEP=all`, else the first and the
/// last of each name.
fn sweep(words: &[&str], action: &str) {
    let mut lab = staged();
    let log = lab.env.root().join("points");
    lab.env.set("MLDATA_FAILPOINTS", format!("any=count:{}", log.display()));
    lab.commit(words).success();
    let points: Vec<String> =
        std::fs::read_to_string(&log).unwrap().lines().map(str::to_owned).collect();
    assert!(points.iter().any(|point| point == "restage.copied"), "{points:?}");
    assert!(points.iter().any(|point| point == "replace.before"), "{points:?}");
    let all = variable("GITML_SWEEP").is_some_and(|value| value == "all");
    let mut seen = BTreeSet::new();
    for (at, point) in points.iter().enumerate() {
        let is_last = !points[at + 1..].contains(point);
        if !seen.insert(point) && !is_last && !all {
            continue;
        }
        let context = format!("{action} at {point}, {} of {}", at + 1, points.len());
        let mut lab = staged();
        lab.env.set("MLDATA_FAILPOINTS", format!("any={action}@{}", at + 1));
        let output = lab.commit(words);
        lab.env.unset("MLDATA_FAILPOINTS");
        let failed = output.exit_code != Some(0);
        assert!(failed || action != "kill", "{context}: {output}");
        // Between two renames the index's lock is held, as Git holds it when it is killed.
        for lock in ["index.lock", "index.lock.lock"].map(|name| format!(".git/{name}")) {
            if lab.env.exists(&lock) {
                assert!(action == "kill" && point.starts_with("rename."), "{context}: {lock}");
                lab.env.remove(&lock);
            }
        }
        assert_nothing_is_lost(&lab, words.is_empty(), &context);
        if failed {
            lab.commit(words).success();
        }
        assert_eq!(lab.blob("HEAD", "a.ipynb"), new(), "{context}");
        assert_nothing_is_lost(&lab, words.is_empty(), &context);
    }
}

#[test]
fn sigkill_at_every_point() {
    sweep(&[], "kill");
}

#[test]
fn sigkill_at_every_point_of_a_commit_of_paths() {
    sweep(&["--include", "--", "a.ipynb"], "kill");
}

#[test]
fn a_write_that_fails_at_every_point() {
    sweep(&[], "error");
}

/// Starts a commit that others can end, like a shell does.
fn start(lab: &Lab) -> Child {
    let mut command = lab.env.command("git", ["commit", "--quiet", "-m", "a commit"]);
    command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn wait_for(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn signal(child: &Child, signal: Signal) {
    let group = Pid::from_child(child);
    kill_process_group(group, signal).unwrap();
}

#[test]
fn ctrl_c_before_the_index_is_written_leaves_everything_as_it_was() {
    for what in [Signal::INT, Signal::TERM, Signal::HUP] {
        let mut lab = staged();
        lab.env.set("MLDATA_FAILPOINTS", "apply.blobs=sleep:700");
        let identities = lab.env.identities("a.ipynb");
        let mut child = start(&lab);
        wait_for("begins", || lab.env.exists(".git/mldata/corrections"));
        signal(&child, what);
        assert!(!child.wait().unwrap().success());
        lab.env.unset("MLDATA_FAILPOINTS");
        // The hook outlives the Git that started it by what is left of its sleep.
        std::thread::sleep(Duration::from_millis(1000));
        assert_eq!([lab.blob("", "a.ipynb"), lab.env.read_text("a.ipynb")], [old(), old()]);
        assert_eq!(lab.env.read_text("b.ipynb"), dirty(&EDITED));
        assert_eq!(lab.env.identities("a.ipynb"), identities);
        lab.assert_no_litter();
        lab.commit([""; 0]).success();
    }
}

#[test]
fn ctrl_c_after_the_index_is_written_lets_the_worktree_follow() {
    let mut lab = staged();
    lab.env.set("MLDATA_FAILPOINTS", "apply.staged=sleep:1000");
    let mut child = start(&lab);
    wait_for("stages", || lab.blob("", "a.ipynb") == new());
    assert_eq!(lab.env.read_text("a.ipynb"), old());
    for _ in 0..3 {
        signal(&child, Signal::INT);
    }
    assert!(!child.wait().unwrap().success());
    lab.env.unset("MLDATA_FAILPOINTS");
    wait_for("follows", || lab.env.read_text("b.ipynb") == clean(&EDITED));
    assert_eq!(lab.env.read_text("a.ipynb"), new());
    assert_nothing_is_lost(&lab, true, "SIGINT");
    lab.commit([""; 0]).success();
}

#[test]
fn sigkill_of_git_and_its_hook_together() {
    let mut lab = staged();
    lab.env.set("MLDATA_FAILPOINTS", "apply.staged=sleep:20000");
    let mut child = start(&lab);
    wait_for("stages", || lab.blob("", "a.ipynb") == new());
    signal(&child, Signal::KILL);
    child.wait().unwrap();
    lab.env.unset("MLDATA_FAILPOINTS");
    assert_nothing_is_lost(&lab, true, "SIGKILL");
    assert_eq!(lab.env.read_text("b.ipynb"), dirty(&EDITED));
    lab.commit([""; 0]).success();
    assert_eq!(lab.status(), " M a.ipynb\n M b.ipynb\n");
}

#[test]
fn an_editor_that_saves_in_the_last_moment_wins() {
    // In place, and by a rename; before the look at the file, and after it.
    for point in ["replace.before", "apply.staged"] {
        for by_rename in [false, true] {
            let mut lab = Lab::new();
            lab.stage(&[("a.ipynb", &old())]);
            lab.env.set("MLDATA_FAILPOINTS", format!("{point}=sleep:800"));
            let mut child = start(&lab);
            wait_for("stages", || lab.blob("", "a.ipynb") == new());
            // The point is behind the writing of the index.
            std::thread::sleep(Duration::from_millis(300));
            let saved = "somebody's work\n";
            if by_rename {
                lab.env.write(".swp", saved);
                std::fs::rename(lab.env.dir().join(".swp"), lab.env.dir().join("a.ipynb")).unwrap();
            } else {
                lab.env.write("a.ipynb", saved);
            }
            assert!(child.wait().unwrap().success());
            lab.env.unset("MLDATA_FAILPOINTS");
            assert_eq!(lab.env.read_text("a.ipynb"), saved, "{point}");
            assert_eq!(lab.blob("HEAD", "a.ipynb"), new());
            lab.assert_no_litter();
        }
    }
}

#[test]
fn what_others_stage_while_the_hook_runs_stays_staged() {
    let mut lab = Lab::new();
    lab.stage(&[("a.ipynb", &old()), ("b.ipynb", &old())]);
    lab.env.set("MLDATA_FAILPOINTS", "restage.copied=sleep:1500");
    let mut child = start(&lab);
    wait_for("begins", || lab.env.exists(".git/mldata/corrections"));
    std::thread::sleep(Duration::from_millis(300));
    lab.env.unset("MLDATA_FAILPOINTS");
    let theirs = dirty(&["theirs = 1"]);
    lab.stage(&[("b.ipynb", &theirs), ("c.txt", "new\n")]);
    // It was not checked.
    assert!(!child.wait().unwrap().success());
    assert_eq!([lab.blob("", "b.ipynb"), lab.env.read_text("b.ipynb")], [theirs.clone(), theirs]);
    assert_eq!(lab.blob("", "c.txt"), "new\n");
    assert_eq!([lab.blob("", "a.ipynb"), lab.env.read_text("a.ipynb")], [new(), new()]);
    lab.commit([""; 0]).success();
    assert_eq!(lab.blob("HEAD", "b.ipynb"), clean(&["theirs = 1"]));
}

#[test]
fn an_index_that_is_locked_stops_the_commit_and_changes_nothing() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    // Another hook, before ours, that never gives it back.
    lab.env.write(".git/index.lock", "");
    let output = lab.env.mldata(["hook", "pre-commit"]).code(3);
    assert!(output.stderr_text().contains("index"), "{output}");
    lab.env.remove(".git/index.lock");
    assert_eq!([lab.blob("", "a.ipynb"), lab.env.read_text("a.ipynb")], [old(), old()]);
    lab.assert_no_litter();
}
