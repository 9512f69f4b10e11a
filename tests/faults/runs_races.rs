//! Several that record and finalise at once, and clocks that go back.

use std::process::Stdio;

use gitml::format::run::{Kind, Note, Run, RunId, Stamp, Status};
use gitml::fs::RepoPath;
use gitml::git::{Repo, TreeChange};
use gitml::runs::store::annotations_path;
use gitml::runs::{NewRun, Store};

use super::lab::{Lab, text, write};
use super::recorded::{REF, Recorded};

const PIPELINE: &str = "stages: {make: {cmd: 'sh log.sh make 4 && cp code a', outs: [a]}}\n";

fn prepared() -> Recorded {
    Recorded::new(Lab::bare(), &[("mlrun.yaml", PIPELINE)])
}

/// Two finalisers of the same run and four that record their own, all of them for one ref.
#[test]
fn finalisers_and_runners_race_for_the_ref() {
    let recorded = prepared();
    assert!(recorded.mlrun("live.store=kill", &["repro"]).was_killed());
    let commands = (0..6).map(|at| match at {
        0 | 1 => recorded.command(&recorded.repo, "", &["log"]),
        _ => {
            // All stand before the ref at the same time.
            let points = "runs.before-ref=sleep:200";
            let script = format!("sh log.sh exec-{at} 2");
            recorded.command(&recorded.repo, points, &["exec", "sh", "-c", &script])
        }
    });
    let spawned: Vec<_> = commands
        .map(|mut command| command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    let outputs = spawned.into_iter().map(|child| child.wait_with_output().unwrap());
    let told: String = outputs
        .map(|output| {
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{told}");
            told
        })
        .collect();
    assert_eq!(told.matches("could not be stored before, and is now").count(), 1, "{told}");
    recorded.check_store("a race");
    let runs = recorded.stored();
    assert_eq!(runs.len(), 2 + 4, "{runs:#?}");
    for run in runs.iter().filter(|run| run["kind"] == "exec") {
        assert_eq!(recorded.steps(run), [1, 2]);
    }
    // One commit each, one after the other, on top of the code of the first.
    let args = ["log", "--first-parent", "--format=%s", REF];
    let chain = recorded.lab.git(&recorded.repo, args).ok().stdout();
    let of_store = chain.lines().take_while(|subject| subject.starts_with("Record "));
    assert_eq!(of_store.count(), 5, "{chain}");
    let mut orders: Vec<_> = runs.iter().map(|run| run["order"].as_i64().unwrap()).collect();
    orders.dedup();
    assert_eq!(orders.len(), 6, "no two runs are equally new");
}

/// Somebody holds the lock of a ref for long, or died with it: the command runs, is recorded, and stored
/// as soon as the lock is gone.
#[test]
fn locked_refs_keep_a_run_waiting_and_lose_nothing() {
    let recorded = prepared();
    recorded.mlrun("", &["exec", "-q", "true"]).ok();
    recorded.lab.git(&recorded.repo, ["pack-refs", "--all"]).ok();
    for (name, script) in [("refs/mlrun/runs.lock", "one"), ("packed-refs.lock", "two")] {
        let lock = recorded.repo.join(".git").join(name);
        write(&lock, "");
        let script = format!("sh log.sh {script} 4; exit 5");
        let done = recorded.mlrun("", &["exec", "sh", "-c", &script]);
        assert_eq!(done.code(), Some(5), "{name}: {}", done.stderr());
        if recorded.is_left() {
            let told = done.stderr();
            assert!(told.contains(name) && told.contains("the next command stores it"), "{told}");
        }
        std::fs::remove_file(lock).unwrap();
        recorded.log(name);
        recorded.check_store(name);
    }
    let runs = recorded.stored();
    assert_eq!(runs.len(), 3, "{runs:#?}");
    assert!(runs[1..].iter().all(|run| recorded.steps(run).len() == 4), "{runs:#?}");
}

fn stored_ahead(recorded: &Recorded, milliseconds: i64) -> RunId {
    let repo = Repo::at(&recorded.repo).unwrap();
    let id = RunId::from_bytes([7; 16]);
    let ahead = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(milliseconds);
    let mut run = Run::new(id, "from-the-future".into(), Kind::Exec, ahead.as_millisecond(), ahead);
    run.status = Status::Finished;
    Store::new(&repo).add(&[NewRun::new(run)], &[], "Record").unwrap();
    id
}

const HOUR: i64 = 3_600_000;

/// A run was stored by a clock that was ahead; ours is an hour behind it.
#[test]
fn the_last_run_is_the_newest_whatever_the_clock_said() {
    let recorded = prepared();
    stored_ahead(&recorded, HOUR);
    recorded.mlrun("", &["log"]).ok();
    for name in ["one", "two"] {
        recorded.mlrun("", &["exec", "-q", "--name", name, "true"]).ok();
        let last = recorded.mlrun("", &["log", "last", "--columns", "name"]).ok().stdout();
        assert!(last.lines().last().is_some_and(|line| line.trim() == name), "{last}");
    }
    recorded.mlrun("", &["repro", "-q"]).ok();
    let orders: Vec<_> = recorded.stored().iter().map(|run| run["order"].as_i64()).collect();
    assert_eq!(orders.len(), 5);
    assert!(orders.is_sorted_by(|a, b| a < b), "{orders:?}");
    assert_eq!(recorded.stored()[0]["name"], "from-the-future");
    recorded.check_store("a clock behind");
}

/// What is said later holds, also where the clock says that it was said before.
#[test]
fn later_tags_win_whatever_the_clock_said() {
    let recorded = prepared();
    let id = stored_ahead(&recorded, 0);
    let repo = Repo::at(&recorded.repo).unwrap();
    let store = Store::new(&repo);
    let time = jiff::Timestamp::now().as_millisecond() + HOUR;
    let note = Note { text: Some("early".into()), stamp: Stamp { time, writer: "z".into() } };
    store
        .change("Tag runs", &[], &|objects, _| {
            let said = serde_json::json!({"tags": {"best": note}, "deleted": null});
            let id_of_blob = objects.write_blob(said.to_string().as_bytes())?;
            let path = RepoPath::new(annotations_path(id)).unwrap();
            Ok(vec![(path, TreeChange::File { id: id_of_blob, executable: false })])
        })
        .unwrap();
    let tag = |words: &[&str]| {
        let args = [&["tag", "from-the-future"], words].concat();
        recorded.mlrun("", &args).ok().stdout()
    };
    assert!(tag(&[]).contains("early"));
    tag(&["best=late"]);
    assert!(tag(&[]).contains("late"));
    tag(&["-d", "best"]);
    assert!(!tag(&[]).contains("best"));
    // So it is for a clone that has both.
    let clone = recorded.lab.root.join("clone");
    recorded.lab.git(&recorded.lab.root, ["clone", "-q", text(&recorded.repo), text(&clone)]).ok();
    recorded.lab.mlrun(&clone, ["pull"]).ok();
    let pulled = recorded.lab.mlrun(&clone, ["tag", "from-the-future"]).ok().stdout();
    assert!(!pulled.contains("best"), "{pulled}");
    recorded.check_store("tags of a clock behind");
}
