//! SIGKILL, failing writes and a full disk, at seeded points of a run of three stages of which two ran
//! before.
//!
//! Afterwards the lock, the outs and the cache fit together: what the lock names is whole in the cache,
//! each out is that of before or that of after, what was displaced is back or in recovery, and `repro`
//! comes to the same end as if nothing had happened.

use std::collections::BTreeSet;
use std::path::Path;

use gitml::format::Lock;

use super::lab::{
    Lab, Snapshot, assert_no_wrong_bytes, assert_objects_are_right, assert_same, holding, noise,
    snapshot, text as text_of, write,
};

/// At least so many different points.
const POINTS: usize = 20;

/// `old` and `new` inputs; the outs of one stage are the deps of the next. `third` writes over a file
/// that nobody recorded.
const PIPELINE: &str = "
stages:
  first: {cmd: 'mkdir dir && cp source dir/a && cat source source > dir/b', deps: [source], outs: [dir]}
  second: {cmd: 'cat dir/a dir/b > file && wc -c < dir/b > count', deps: [dir], outs: [file], metrics: [count: {cache: false}]}
  third: {cmd: 'cp file third && test ! -e fail', deps: [file], outs: [third]}
";

/// A repository in `state/repo` that ran the first two stages on old inputs and has new ones.
fn prepared() -> Lab {
    let lab = Lab::bare();
    std::fs::create_dir(lab.root.join("state")).unwrap();
    let repo = lab.create("state/repo");
    write(&repo.join("mlrun.yaml"), PIPELINE);
    write(&repo.join("source"), noise(1, 40_000));
    lab.mlrun(&repo, ["repro", "second"]).ok();
    lab.commit(&repo, "ran");
    write(&repo.join("source"), noise(2, 40_000));
    write(&repo.join("third"), b"written by hand");
    lab
}

#[test]
fn a_killed_run_leaves_nothing_half_done() {
    Sweep::of(prepared()).go("kill");
}

#[test]
fn a_run_with_failing_writes_leaves_nothing_half_done() {
    // A stage that is at work when those before it cannot be written down may still end: what it makes of
    // their old outs, which come back meanwhile, is right as well.
    let lab = prepared();
    let repo = lab.root.join("state/repo");
    write(&repo.join("source"), noise(1, 40_000));
    lab.mlrun(&repo, ["repro"]).ok();
    let earlier = snapshot(&repo);
    Sweep { step: 2, earlier, ..Sweep::of(prepared()) }.go("enospc");
}

/// The outs of before come back, whatever happens meanwhile.
#[test]
fn a_failing_run_that_is_killed_leaves_nothing_half_done() {
    let lab = prepared();
    write(&lab.root.join("state/repo/fail"), "");
    Sweep { code: 3, step: 2, ..Sweep::of(lab) }.go("kill");
}

/// The command that puts things back is killed too.
#[test]
fn putting_back_can_be_killed() {
    let lab = prepared();
    let repo = lab.root.join("state/repo");
    let earlier = snapshot(&repo);
    let mut command = lab.command(env!("CARGO_BIN_EXE_git-mlrun"), &repo);
    command.arg("repro").env("MLDATA_FAILPOINTS", "repro.store=kill@4");
    assert!(super::lab::run(&mut command).was_killed());
    assert_eq!(std::fs::read(repo.join("third")).unwrap().len(), 120_000, "its unfinished work");
    Sweep { step: 2, earlier, ..Sweep::of(lab) }.go("kill");
}

/// A run, and what is to come of it.
struct Sweep {
    lab: Lab,
    /// The exit code of the run where nothing happens to it.
    code: i32,
    /// At least so many points that it reaches.
    points: usize,
    /// 2 to try every second one.
    step: usize,
    /// What was there before something else happened.
    earlier: Snapshot,
}

impl Sweep {
    fn of(lab: Lab) -> Sweep {
        Sweep { lab, code: 0, points: POINTS, step: 1, earlier: Snapshot::new() }
    }

    fn go(self, action: &str) {
        let lab = &self.lab;
        let (state, repo) = (lab.root.join("state"), lab.root.join("state/repo"));
        let saved = super::lab::temp();
        let template = saved.path().join("template");
        Lab::copy(&state, &template);
        let before = snapshot(&repo);
        let points = self.points(&repo);
        if self.code != 0 {
            let third = Path::new("third");
            assert_eq!(snapshot(&repo).get(third), before.get(third), "it failed");
        }
        let _ = std::fs::remove_file(repo.join("fail"));
        lab.mlrun(&repo, ["repro"]).ok();
        let after = snapshot(&repo);
        let versions = [&self.earlier, &before, &after];
        assert!(points.len() >= self.points, "{points:?}");
        for point in points.into_iter().step_by(self.step) {
            let context = format!("{action} at {point:?}");
            Lab::copy(&template, &state);
            let (name, at) = &point;
            let done = self.run(&repo, &format!("{name}={action}@{at}"));
            if action == "kill" {
                assert!(done.was_killed(), "{context}: {:?}", done.output);
            } else if done.ok_or_refused() {
                assert_same(&snapshot(&repo), &after, &context);
            }
            check(&repo, &versions, &context);
            check_lock(lab, &repo, &context);
            lab.mlrun(&repo, ["status"]).ok();
            let _ = std::fs::remove_file(repo.join("fail"));
            lab.mlrun(&repo, ["repro"]).ok();
            check(&repo, &versions, &format!("{context}, again"));
            assert_same(&snapshot(&repo), &after, &format!("{context}, again"));
            let done = lab.mlrun(&repo, ["status", "--exit-code"]);
            assert_eq!(done.code(), Some(0), "{context}: {}", done.stdout());
            lab.mldata(&repo, ["status", "--exit-code"]).ok();
            for entry in super::lab::files(&repo.join(".git/mldata")) {
                let name = entry.file_name().unwrap().to_string_lossy().into_owned();
                let is_part = name.starts_with("tmp-") || name.ends_with(".part");
                assert!(!is_part, "{context}: {} is left", entry.display());
            }
        }
    }

    fn run(&self, repo: &Path, points: &str) -> super::lab::Done {
        let mut command = self.lab.command(env!("CARGO_BIN_EXE_git-mlrun"), repo);
        super::lab::run(command.arg("repro").env("MLDATA_FAILPOINTS", points))
    }

    /// Points to try: of every kind that the run comes to the first and the last, and one by chance.
    fn points(&self, repo: &Path) -> BTreeSet<Point> {
        let log = self.lab.root.join("points");
        let done = self.run(repo, &format!("any=count:{}", text_of(&log)));
        assert_eq!(done.code(), Some(self.code), "{}", done.stderr());
        let reached = std::fs::read_to_string(log).unwrap();
        let mut counts = std::collections::BTreeMap::<&str, u64>::new();
        reached.lines().for_each(|name| *counts.entry(name).or_default() += 1);
        let names: &[&str] = match self.code {
            0 => {
                &["repro.prepare", "repro.displaced", "repro.store", "repro.lock", "repro.indexed"]
            }
            _ => &["repro.displaced", "recovery.swap", "recovery.back"],
        };
        for name in names {
            assert!(counts.contains_key(name), "{name} is not reached: {counts:?}");
        }
        let jitter = noise(counts.len() as u64, counts.len());
        let mut points = BTreeSet::new();
        for ((name, count), jitter) in counts.into_iter().zip(jitter) {
            for at in [1, 1 + u64::from(jitter) % count, count] {
                points.insert((name.to_owned(), at));
            }
        }
        points
    }
}

type Point = (String, u64);

fn check(repo: &Path, versions: &[&Snapshot], context: &str) {
    let cache = repo.join(".git/mldata");
    // Entries of the run cache have names like objects, and are none.
    assert_objects_are_right(&cache.join("objects"), context);
    assert_objects_are_right(&cache.join("packs"), context);
    // `repro` has not rolled back yet: an out is there, or in recovery.
    let mut found = snapshot(repo);
    found.remove(Path::new("mlrun.lock"));
    assert_no_wrong_bytes(&found, versions, context);
    assert!(
        !holding(repo, b"written by hand").is_empty(),
        "{context}: what nobody recorded is gone"
    );
}

/// What the lock names can be had from the cache.
fn check_lock(lab: &Lab, repo: &Path, context: &str) {
    let text = std::fs::read(repo.join("mlrun.lock")).unwrap();
    let lock = Lock::parse(&text).unwrap_or_else(|error| panic!("{context}: {error}"));
    let clone = lab.root.join("state/clone");
    lab.git(&lab.root, ["init", "-q", text_of(&clone)]).ok();
    write(&clone.join("mlrun.lock"), text);
    let cache = repo.join(".git/mldata");
    lab.git(&clone, ["config", "mldata.cache", text_of(&cache)]).ok();
    lab.git(&clone, ["add", "mlrun.lock"]).ok();
    lab.mldata(&clone, ["checkout"]).ok();
    for out in lock.stages.values().flat_map(|stage| &stage.outs).filter(|out| out.cache) {
        assert!(clone.join(&out.path).exists(), "{context}: {}", out.path);
    }
    std::fs::remove_dir_all(clone).unwrap();
}

/// The command can write its outs, and then there is no space to save them.
#[test]
fn a_full_disk_while_outs_are_saved() {
    let Some(disk) = super::disk::Tmpfs::new("a_full_disk_while_outs_are_saved", "size=16m") else {
        return;
    };
    let lab = Lab::at(&disk.path);
    let pipeline = "stages:\n  make: {cmd: mkdir big && cp source big/a && cp source big/b, deps: [source], outs: [big]}\n";
    write(&lab.repo.join("mlrun.yaml"), pipeline);
    write(&lab.repo.join("source"), noise(1, 1_000_000));
    lab.mlrun(&lab.repo, ["repro"]).ok();
    lab.commit(&lab.repo, "ran");
    write(&lab.repo.join("source"), noise(2, 1_000_000));
    let before = snapshot(&lab.repo);
    // Nothing, one of two files, both and half of an object, and all but the last bytes.
    for left in [0, 1_500_000, 2_600_000, 3_080_000] {
        let ballast = disk.fill(left);
        // Where it is the command that finds no space, it says so.
        let told: &[&str] = if left > 2_500_000 { &["No space left"] } else { &[] };
        let done = lab.mlrun(&lab.repo, ["repro"]).refused(told);
        let context = format!("{left} bytes left: {}", done.stderr());
        assert_same(&snapshot(&lab.repo), &before, &context);
        assert_objects_are_right(&lab.repo.join(".git/mldata/objects"), &context);
        std::fs::remove_file(ballast).unwrap();
        if left > 2_500_000 {
            let kept =
                super::lab::holding(&lab.repo.join(".git/mldata/recovery"), &noise(2, 1_000_000));
            assert_eq!(kept.len(), 2, "{context}: the new outs are in recovery");
        }
        let _ = std::fs::remove_dir_all(lab.repo.join(".git/mldata/recovery"));
    }
    lab.mlrun(&lab.repo, ["repro"]).ok();
    assert_eq!(std::fs::read(lab.repo.join("big/b")).unwrap(), noise(2, 1_000_000));
    let done = lab.mlrun(&lab.repo, ["status", "--exit-code"]);
    assert_eq!(done.code(), Some(0), "{}", done.stdout());
}
