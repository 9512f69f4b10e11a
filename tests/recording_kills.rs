//! Runs whose runner was killed, or could not write.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::{MLRUN, TestEnv};
use crate::recording::{attachment, check_clean, runs, stages};

const SLOW: &str = "\
stages:
  quick:
    cmd: echo quick > a
    outs: [a]
  slow:
    cmd: |
      echo '{\"loss\": 0.5}' >> \"$MLRUN_METRICS\"; echo at work; touch ../at-work; sleep 60
    deps: [a]
    outs: [b]
";

fn wait_for(path: &Path) {
    let began = Instant::now();
    while !path.exists() {
        assert!(began.elapsed() < Duration::from_secs(30), "{} never came", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Starts `repro`, and returns when its second stage is at work.
fn started(env: &TestEnv) -> std::process::Child {
    let child = env.command(MLRUN, ["repro"]).spawn().unwrap();
    wait_for(&env.root().join("at-work"));
    // The first one is written down a moment later.
    wait_for(&env.dir().join("mlrun.lock"));
    std::thread::sleep(Duration::from_millis(300));
    child
}

#[test]
fn what_a_killed_run_had_recorded_is_stored_by_the_next_command() {
    let env = TestEnv::pipeline(SLOW);
    let mut child = started(&env);
    assert!(runs(&env).is_empty());
    // Nobody takes a run from an owner that lives.
    env.mlrun(["exec", "true"]).success();
    assert_eq!(runs(&env).len(), 1);
    child.kill().unwrap();
    child.wait().unwrap();
    insta::assert_snapshot!(env.mlrun(["exec", "true"]), @r"
    [stderr]
    Run <name> was killed; what it had recorded is stored.
    [ok]
    ");
    let found = runs(&env);
    let [whole, quick, slow, ..] = &found[..] else { panic!("{found:#?}") };
    for run in [whole, slow] {
        assert_eq!((&run["status"], &run["recovered"]), (&"killed".into(), &true.into()));
        assert!(run["duration"].as_f64().unwrap() >= 0.0);
    }
    assert_eq!(stages(whole), "quick: ran, slow: ran");
    assert_eq!(quick["status"], "finished");
    assert_eq!(slow["series"]["loss"]["last"], 0.5);
    assert_eq!(attachment(&env, slow, "log.txt"), "at work\n");
    check_clean(&env);
    let again = env.mlrun(["exec", "true"]).success();
    assert!(!again.stderr_text().contains("killed"));
}

#[test]
fn an_interrupted_run_is_recorded_as_such() {
    let env = TestEnv::pipeline(SLOW);
    let child = started(&env);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(130));
    let found = runs(&env);
    let [whole, quick, slow] = &found[..] else { panic!("{found:#?}") };
    assert_eq!((&whole["status"], &slow["status"]), (&"interrupted".into(), &"interrupted".into()));
    assert_eq!(quick["status"], "finished");
    assert_eq!(attachment(&env, slow, "log.txt"), "at work\n");
    check_clean(&env);
}

/// Kills `repro` at every point of recording, then runs it again: what the journal had by then is
/// stored once, and nothing is left.
#[test]
fn recording_can_be_killed_anywhere() {
    const PIPELINE: &str = "\
stages:
  a: {cmd: 'echo 1 > a', outs: [a]}
  b: {cmd: cp a b, deps: [a], outs: [b]}
";
    let before = ["git.object", "git.commit", "live.begun", "live.record"];
    // From here on, both stages have ended.
    let after =
        ["live.store", "runs.before-ref", "runs.after-ref", "live.stored", "live.unreferenced"];
    let mut killed = 0;
    for point in before.into_iter().chain(after) {
        for nth in 1..=3 {
            let mut env = TestEnv::pipeline(PIPELINE);
            env.set("MLDATA_FAILPOINTS", format!("{point}=kill@{nth}"));
            let output = env.mlrun(["repro"]);
            env.unset("MLDATA_FAILPOINTS");
            if output.exit_code.is_some() {
                break;
            }
            killed += 1;
            env.mlrun(["repro"]).success();
            let found = runs(&env);
            let whole: Vec<_> = found.iter().filter(|run| run["kind"] == "pipeline").collect();
            assert!((1..=2).contains(&whole.len()), "{point} {nth}: {found:#?}");
            if after.contains(&point) {
                assert_eq!((whole.len(), found.len()), (1, 3), "{point} {nth}: {found:#?}");
                assert_eq!(whole[0]["status"], "finished");
            }
            check_clean(&env);
        }
    }
    assert!(killed >= 12, "{killed}");
}

#[test]
fn a_run_that_could_not_be_stored_is_stored_by_the_next_command() {
    let mut env = TestEnv::pipeline("stages: {a: {cmd: 'echo 1 > a', outs: [a]}}\n");
    env.set("MLDATA_FAILPOINTS", "runs.before-ref=enospc");
    let output = env.mlrun(["repro"]).success();
    let said = output.stderr_text();
    assert!(said.contains("the next command stores it"), "{said}");
    assert!(runs(&env).is_empty());
    env.unset("MLDATA_FAILPOINTS");
    let said = env.mlrun(["repro"]).success().stderr_text();
    assert!(said.contains("could not be stored before, and is now."), "{said}");
    assert_eq!(runs(&env)[0]["status"], "finished");
    check_clean(&env);
}

#[test]
fn a_journal_that_cannot_be_begun_is_a_warning() {
    let env = TestEnv::pipeline("stages: {a: {cmd: 'echo 1 > a', outs: [a]}}\n");
    // Where the journal would be, also for root, who may write everywhere.
    std::fs::create_dir_all(env.dir().join(".git/mldata")).unwrap();
    std::fs::write(env.dir().join(".git/mldata/live"), "").unwrap();
    let said = env.mlrun(["repro"]).success().stderr_text();
    assert!(said.contains("warning: cannot record the run: "), "{said}");
    assert!(said.contains("`a`: done in"), "{said}");
    env.mlrun(["exec", "true"]).success();
    assert!(runs(&env).is_empty());
}

#[test]
fn two_that_finalise_store_a_run_once() {
    let env = TestEnv::pipeline(SLOW);
    let mut child = started(&env);
    child.kill().unwrap();
    child.wait().unwrap();
    let both: Vec<_> =
        (0..4).map(|_| env.command(MLRUN, ["exec", "true"]).spawn().unwrap()).collect();
    let said: String = both
        .into_iter()
        .map(|child| String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap())
        .collect();
    assert_eq!(said.matches("was killed").count(), 1, "{said}");
    let found = runs(&env);
    assert_eq!(found.iter().filter(|run| run["status"] == "killed").count(), 2);
    assert_eq!(found.len(), 3 + 4);
    check_clean(&env);
}
