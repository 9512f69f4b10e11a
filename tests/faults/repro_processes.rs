//! Processes of stages: none outlives the runner, however it ends, and outs come back.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::lab::{Done, Lab, write};

/// A running `git mlrun`.
struct Runner {
    child: Child,
}

impl Runner {
    fn start(lab: &Lab, args: &[&str]) -> Runner {
        let mut command = lab.command(env!("CARGO_BIN_EXE_git-mlrun"), &lab.repo);
        command.args(args).stdout(Stdio::piped()).stderr(Stdio::piped());
        Runner { child: command.spawn().unwrap() }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Exit code and standard error.
    fn end(self) -> (Option<i32>, String) {
        let output = self.child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Waits until `path` is there.
fn wait_for(path: &Path) {
    wait("a file", || path.exists());
}

#[track_caller]
fn wait(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(15), "{what} never came about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Processes that still run and that have `mark` in their environment.
fn alive(mark: &str) -> Vec<PathBuf> {
    let processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let is_ours = |path: &PathBuf| {
        let environment = std::fs::read(path.join("environ")).unwrap_or_default();
        environment.windows(mark.len()).any(|window| window == mark.as_bytes())
    };
    processes.filter(is_ours).collect()
}

/// A lab whose stages carry a mark of their own, with the stage `make` that notes in `began` that it
/// wrote `out` and then does what `script` says.
fn lab(script: &str) -> (Lab, String) {
    let lab = Lab::new();
    let mark = format!("MARK_OF_A_TEST={}", lab.root.display());
    let (name, value) = mark.split_once('=').unwrap();
    let began = lab.root.join("began");
    let pipeline = format!(
        "stages:\n  make:\n    cmd: |\n      echo partial > out; echo began >> {}; {script}\n    deps: [source]\n    outs: [out]\n    env: {{{name}: {value}}}\n",
        began.display()
    );
    write(&lab.repo.join("mlrun.yaml"), pipeline);
    write(&lab.repo.join("source"), "1");
    write(&lab.repo.join("out"), "mine");
    (lab, mark)
}

fn out(lab: &Lab) -> String {
    std::fs::read_to_string(lab.repo.join("out")).unwrap()
}

fn status(lab: &Lab) -> Done {
    lab.mlrun(&lab.repo, ["status"]).ok()
}

/// Also a grandchild that ignores it ends.
#[test]
fn ctrl_c_ends_everything_and_puts_outs_back() {
    let (lab, mark) = lab("(trap '' INT; exec sleep 60) & wait; echo done > out");
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let _ = std::fs::remove_file(lab.root.join("began"));
        let runner = Runner::start(&lab, &["repro"]);
        wait_for(&lab.root.join("began"));
        assert!(!alive(&mark).is_empty());
        runner.signal(signal);
        let (code, told) = runner.end();
        assert_eq!(code, Some(130), "{signal:?}: {told}");
        assert!(told.contains("interrupted"), "{told}");
        assert_eq!(alive(&mark), Vec::<PathBuf>::new(), "{signal:?}");
        assert_eq!(out(&lab), "mine");
        assert!(!lab.repo.join("mlrun.lock").exists());
    }
}

#[test]
fn ctrl_c_while_waiting_for_another() {
    let (lab, mark) = lab("sleep 60");
    let first = Runner::start(&lab, &["repro"]);
    wait_for(&lab.root.join("began"));
    let second = Runner::start(&lab, &["repro"]);
    std::thread::sleep(Duration::from_millis(250));
    second.signal(Signal::INT);
    let (code, told) = second.end();
    assert_eq!(code, Some(130), "{told}");
    assert!(told.contains("waiting for git mlrun repro of `make`"), "{told}");
    assert!(!alive(&mark).is_empty(), "the first one is not concerned");
    first.signal(Signal::INT);
    assert_eq!(first.end().0, Some(130));
    assert_eq!(out(&lab), "mine");
}

/// The stage ignores all that can be ignored and keeps writing to its out.
#[test]
fn a_killed_runner_leaves_no_process_and_no_write() {
    let stubborn = "trap '' TERM INT HUP; while :; do echo orphan > out; sleep 0.02; done";
    let (lab, mark) = lab(stubborn);
    let runner = Runner::start(&lab, &["repro"]);
    wait_for(&lab.root.join("began"));
    runner.signal(Signal::KILL);
    runner.end();
    // Before the watchdog is done.
    assert!(!alive(&mark).is_empty());
    assert!(status(&lab).stdout().contains("make: is running"));
    let done = lab.mldata(&lab.repo, ["checkout"]);
    assert!(done.ok_or_refused());
    assert_eq!(alive(&mark), Vec::<PathBuf>::new());
    assert_eq!(out(&lab), "mine");
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(out(&lab), "mine");
    let runners = std::fs::read_dir(lab.repo.join(".git/mldata/runners")).unwrap();
    assert_eq!(runners.count(), 0);
}

/// Killed while it sleeps, the next command says what it moved back, and comes to the right end.
#[test]
fn the_next_command_says_what_it_moved_back() {
    let (lab, mark) = lab("sleep 60");
    let runner = Runner::start(&lab, &["repro"]);
    wait_for(&lab.root.join("began"));
    // Somebody waits for the stage when its runner is killed.
    let next = Runner::start(&lab, &["repro"]);
    std::thread::sleep(Duration::from_millis(250));
    let pipeline = std::fs::read_to_string(lab.repo.join("mlrun.yaml")).unwrap();
    runner.signal(Signal::KILL);
    runner.end();
    let begun = || std::fs::read_to_string(lab.root.join("began")).unwrap().lines().count();
    wait("the second run", || begun() == 2);
    next.signal(Signal::KILL);
    next.end();
    wait("the end of the stage", || alive(&mark).is_empty());
    let warning = "`out`: its stage was killed";
    wait("the warning", || status(&lab).stderr().contains(warning));
    write(&lab.repo.join("mlrun.yaml"), pipeline.replace("sleep 60", "echo done > out"));
    let told = lab.mlrun(&lab.repo, ["repro"]).ok().stderr();
    assert!(told.contains("Moved `out` back: a stage was killed."), "{told}");
    assert_eq!(out(&lab), "done\n");
    let kept = super::lab::holding(&lab.repo.join(".git/mldata/recovery"), b"mine");
    assert_eq!(kept.len(), 1, "what nobody recorded is kept");
}

/// A process in the background that holds the output open ends with its stage.
#[test]
fn what_a_stage_leaves_in_the_background_ends() {
    let (lab, mark) = lab("sleep 60 & echo done > out");
    let began = Instant::now();
    lab.mlrun(&lab.repo, ["repro"]).ok();
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(alive(&mark), Vec::<PathBuf>::new());
    assert_eq!(out(&lab), "done\n");
}

/// A daemon has left the group on purpose: it lives on, and is not waited for.
#[test]
fn a_daemon_is_not_waited_for() {
    let (lab, mark) = lab("setsid sleep 20 & sleep 0.2; echo done > out");
    let began = Instant::now();
    lab.mlrun(&lab.repo, ["repro"]).ok();
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(out(&lab), "done\n");
    let left = alive(&mark);
    assert_eq!(left.len(), 1, "{left:?}");
    for process in left {
        let id = process.file_name().unwrap().to_str().unwrap().parse().unwrap();
        kill_process(Pid::from_raw(id).unwrap(), Signal::KILL).unwrap();
    }
}

/// A hundred megabytes of output, or a gigabyte with `GITML_SLOW_TESTS=1`, cost neither memory nor
/// disk.
#[test]
fn endless_output_costs_nothing() {
    let slow = std::env::var_os("GITML_SLOW_TESTS").is_some();
    let size: u64 = if slow { 1_000_000_000 } else { 100_000_000 };
    let (lab, _) = lab(&format!("head -c {size} /dev/zero | tr '\\\\0' x; echo; echo the end"));
    let mut command = lab.command(env!("CARGO_BIN_EXE_git-mlrun"), &lab.repo);
    command.args(["repro", "-q"]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let stat = format!("/proc/{}/status", child.id());
    let mut printed = child.stdout.take().unwrap();
    let (mut count, mut peak, mut buffer) = (0, 0, vec![0; 1 << 20]);
    let mut last = Vec::new();
    loop {
        let read = std::io::Read::read(&mut printed, &mut buffer).unwrap();
        if read == 0 {
            break;
        }
        count += read as u64;
        last = buffer[read.saturating_sub(8)..read].to_vec();
        if count % 16 == 0 || count < 1 << 20 || peak == 0 {
            peak = peak.max(peak_memory(&stat).unwrap_or(0));
        }
    }
    peak = peak.max(peak_memory(&stat).unwrap_or(0));
    assert!(child.wait().unwrap().success());
    assert_eq!((count, &last[..]), (size + 9, &b"the end\n"[..]));
    assert!(peak > 0 && peak < 100 << 10, "{peak} KiB");
    let logs = super::lab::files(&lab.repo.join(".git/mldata/logs"));
    let size = std::fs::metadata(&logs[0]).unwrap().len();
    assert!(size < 40 << 20, "{size} bytes of log");
}

/// The most memory that a process had so far, in KiB.
fn peak_memory(stat: &str) -> Option<u64> {
    let text = std::fs::read_to_string(stat).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
