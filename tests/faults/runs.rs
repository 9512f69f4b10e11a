//! SIGKILL, and failing writes, at seeded points of commands that record.
//!
//! Afterwards the next command has stored every line that was logged, once, with `git fsck` clean and
//! nothing left of the recording; a write that fails changes nothing of what the stages do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::lab::{Lab, assert_same, noise, snapshot, temp, write};
use super::recorded::{Recorded, STEPS};

/// At least so many kills of a command.
const POINTS: usize = 20;

const PIPELINE: &str = "
stages:
  first: {cmd: 'sh log.sh first 4 && cp source a', deps: [source], outs: [a]}
  second: {cmd: 'sh log.sh second 4 && cp a b', deps: [a], outs: [b]}
  third: {cmd: 'sh log.sh third 4 && cp b c', deps: [b], outs: [c]}
";

/// The points of recording, of which each kind is to be tried.
const OWN: [&str; 9] = [
    "live.begun",
    "live.record",
    "live.store",
    "live.stored",
    "live.unreferenced",
    "runs.before-ref",
    "runs.after-ref",
    "git.object",
    "git.commit",
];

fn prepared() -> Recorded {
    Recorded::new(Lab::bare(), &[("mlrun.yaml", PIPELINE), ("source", "source\n")])
}

/// A prepared repository that is put back before each try.
struct Sweep {
    recorded: Recorded,
    args: &'static [&'static str],
    saved: tempfile::TempDir,
}

impl Sweep {
    fn of(recorded: Recorded, args: &'static [&'static str]) -> Sweep {
        let saved = temp();
        Lab::copy(&recorded.lab.root.join("state"), &saved.path().join("template"));
        Sweep { recorded, args, saved }
    }

    fn restore(&self) {
        let template = self.saved.path().join("template");
        Lab::copy(&template, &self.recorded.lab.root.join("state"));
    }

    /// Kills the command at points spread over all that it passes, with the first and the last of each
    /// kind of recording's own.
    fn kill(&self) {
        let names = self.recorded.points(self.args);
        self.recorded.check("nothing happened");
        for own in OWN {
            assert!(names.iter().any(|name| name == own), "{own} is not reached: {names:?}");
        }
        let total = names.len();
        for point in spread(&names) {
            let context = format!("kill@{point} of {total}, {}", names[point - 1]);
            self.restore();
            let done = self.recorded.mlrun(&format!("any=kill@{point}"), self.args);
            assert!(done.was_killed(), "{context}: {:?}", done.output);
            self.recorded.log(&context);
            self.recorded.check(&context);
        }
    }

    /// Lets every second write of recording fail. What the command does and says is as if it were not
    /// recorded, and what was not stored is stored by the next one.
    fn fail(&self, action: &str) {
        let mut counts = BTreeMap::<String, usize>::new();
        for name in self.recorded.points(self.args) {
            if ["live.", "runs.", "git."].iter().any(|kind| name.starts_with(kind)) {
                *counts.entry(name).or_default() += 1;
            }
        }
        let after = snapshot(&self.recorded.repo);
        let points = counts.iter().flat_map(|(name, &count)| (1..=count).map(move |at| (name, at)));
        for (name, at) in points.step_by(2) {
            let context = format!("{name}={action}@{at}");
            self.restore();
            let done = self.recorded.mlrun(&context, self.args).ok();
            let told = done.stderr();
            assert_same(&snapshot(&self.recorded.repo), &after, &context);
            let is_there = !self.recorded.stored().is_empty();
            let is_told = told.contains("cannot ");
            assert!(is_there || is_told, "{context}: nothing is told: {told}");
            self.recorded.log(&context);
            self.recorded.check(&context);
            // The runner lived: what is stored says so.
            let stored = self.recorded.stored();
            assert!(stored.iter().all(|run| run["status"] == "finished"), "{context}: {stored:#?}");
            // What fails before there is a journal lets the commands run without one.
            let has_begun = name != "live.begun" && (name, at) != (&"live.record".to_owned(), 1);
            if has_begun && !name.starts_with("git.") {
                assert_eq!(self.recorded.all_noted().len(), loggers(self.args), "{context}");
                assert!(!stored.is_empty(), "{context}: {told}");
            }
        }
    }
}

/// Points spread over all, with the first and the last of each kind of recording's own.
fn spread(names: &[String]) -> BTreeSet<usize> {
    let total = names.len();
    if total <= POINTS {
        return (1..=total).collect();
    }
    let jitter = noise(total as u64, POINTS);
    let at = |part: usize| part * total / POINTS;
    let by_chance = (0..POINTS)
        .map(|part| 1 + at(part) + usize::from(jitter[part]) % (at(part + 1) - at(part)));
    let first = |own: &str| names.iter().position(|name| name == own);
    let last = |own: &str| names.iter().rposition(|name| name == own);
    let ends = OWN.into_iter().flat_map(|own| [first(own), last(own)]);
    by_chance.chain(ends.flatten().map(|at| at + 1)).collect()
}

/// How many commands of it log.
fn loggers(args: &[&str]) -> usize {
    if args[0] == "exec" { 1 } else { 3 }
}

const EXEC: &[&str] = &["exec", "sh", "log.sh", "exec", "4"];

#[test]
fn a_killed_repro_loses_no_line() {
    Sweep::of(prepared(), &["repro", "-q"]).kill();
}

#[test]
fn a_killed_exec_loses_no_line() {
    Sweep::of(prepared(), EXEC).kill();
}

#[test]
fn failing_writes_of_recording_change_no_repro() {
    Sweep::of(prepared(), &["repro"]).fail("error");
}

#[test]
fn a_full_disk_while_recording_changes_no_repro() {
    Sweep::of(prepared(), &["repro"]).fail("enospc");
}

#[test]
fn failing_writes_of_recording_change_no_exec() {
    Sweep::of(prepared(), EXEC).fail("enospc");
}

/// The command that stores what a killed one left is killed too.
#[test]
fn finalising_can_be_killed() {
    let left = prepared();
    let done = left.mlrun("live.store=kill", &["repro"]);
    assert!(done.was_killed() && left.is_left());
    let sweep = Sweep::of(left, &["log"]);
    let names = sweep.recorded.points(&["log"]);
    for (at, name) in names.iter().enumerate() {
        let context = format!("kill@{} of {}, {name}", at + 1, names.len());
        sweep.restore();
        let done = sweep.recorded.mlrun(&format!("any=kill@{}", at + 1), &["log"]);
        assert!(done.was_killed(), "{context}: {:?}", done.output);
        sweep.recorded.log(&context);
        sweep.recorded.check(&context);
        assert_eq!(sweep.recorded.stored().len(), 4, "{context}");
    }
}

/// The stage is killed, and not its runner: it failed, and what it had logged is stored at once.
#[test]
fn a_stage_that_is_killed_while_it_logs_has_failed() {
    let recorded = prepared();
    let pipeline = PIPELINE.replace("&& cp a b", "&& kill -KILL $$");
    write(&recorded.repo.join("mlrun.yaml"), pipeline);
    recorded.mlrun("", &["repro"]).refused(&["second"]);
    recorded.check("a killed stage");
    let runs = recorded.stored();
    let states: Vec<_> = runs.iter().map(|run| run["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["failed", "finished", "failed"]);
    assert_eq!(recorded.steps(&runs[2]).len(), STEPS);
    let killed = recorded.mlrun("", &["exec", "sh", "-c", "sh log.sh exec 3; kill -KILL $$"]);
    assert_eq!(killed.code(), Some(128 + 9), "{}", killed.stderr());
    recorded.check("a killed command");
    assert!(!recorded.is_left());
}

/// The runner is killed while its stage logs, and the stage goes on until the watchdog ends it: all of
/// that is stored, and not before the stage is gone.
#[test]
fn what_a_stage_logs_after_its_runner_was_killed_is_stored() {
    let recorded = prepared();
    // Who prints when nobody reads is ended by that (SIGPIPE).
    let last_words =
        "exec > /dev/null 2>&1; trap 'sleep 0.3; sh log.sh late 7; exit' TERM; sh log.sh late 0";
    let pipeline = format!(
        "stages:\n  late:\n    cmd: |\n      {last_words}; touch ../begun; while sleep 0.05; do :; done\n    outs: [never]\n"
    );
    write(&recorded.repo.join("mlrun.yaml"), pipeline);
    let mut child = recorded.command(&recorded.repo, "", &["repro", "-q"]).spawn().unwrap();
    let began = Instant::now();
    while !recorded.lab.root.join("state/begun").exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "the stage never began");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    recorded.log("late words");
    recorded.check("late words");
    assert_eq!(recorded.noted("late"), 7);
    let states: Vec<_> = recorded.stored().iter().map(|run| run["status"].clone()).collect();
    assert_eq!(states, ["killed", "killed"]);
}
