//! What is known of the runs of a repository: from outside what the commands logged, and from Git what
//! the store has of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gitml::format::run::RunId;
use serde_json::Value;

use super::lab::{Done, Lab, files, run, text, write};

pub const REF: &str = "refs/mlrun/runs";

/// Logs `$2` steps one by one, and notes each after it was logged in a file that is none of ours. Not
/// recorded, it has nowhere to log to, and notes nothing.
const LOG: &str = "\
for step in $(seq $2); do
  if [ -n \"$MLRUN_METRICS\" ]; then
    echo \"{\\\"step\\\": $step, \\\"loss\\\": $step}\" >> \"$MLRUN_METRICS\"
    echo $step >> \"$NOTES/$1\"
  fi
done
";

/// Steps that a stage logs.
pub const STEPS: usize = 4;

/// A repository whose commands log, and notes beside it of what they did.
pub struct Recorded {
    pub lab: Lab,
    pub repo: PathBuf,
    notes: PathBuf,
}

impl Recorded {
    /// In `state` below the lab: `log.sh` and `files`, committed, and a change that is not.
    pub fn new(lab: Lab, files: &[(&str, &str)]) -> Recorded {
        std::fs::create_dir(lab.root.join("state")).unwrap();
        let repo = lab.create("state/repo");
        let notes = lab.root.join("state/notes");
        std::fs::create_dir(&notes).unwrap();
        write(&repo.join("log.sh"), LOG);
        write(&repo.join("code"), "committed");
        for (name, content) in files {
            write(&repo.join(name), content);
        }
        lab.commit(&repo, "code");
        write(&repo.join("code"), "changed");
        Recorded { lab, repo, notes }
    }

    /// `git mlrun` in `cwd` with fail points set; none if `points` is empty.
    pub fn command(&self, cwd: &Path, points: &str, args: &[&str]) -> std::process::Command {
        let mut command = self.lab.command(env!("CARGO_BIN_EXE_git-mlrun"), cwd);
        command.args(args).env("NOTES", &self.notes).env("MLDATA_FAILPOINTS", points);
        command
    }

    #[must_use = "check the exit code"]
    pub fn mlrun(&self, points: &str, args: &[&str]) -> Done {
        run(&mut self.command(&self.repo, points, args))
    }

    /// Names of the fail points that `args` passes, in order.
    pub fn points(&self, args: &[&str]) -> Vec<String> {
        let log = self.lab.root.join("points");
        let _ = std::fs::remove_file(&log);
        self.mlrun(&format!("any=count:{}", text(&log)), args).ok();
        std::fs::read_to_string(log).unwrap().lines().map(str::to_owned).collect()
    }

    /// Steps that `who` noted as logged.
    pub fn noted(&self, who: &str) -> usize {
        let noted = std::fs::read_to_string(self.notes.join(who)).unwrap_or_default();
        noted.lines().count()
    }

    /// All that the commands noted as logged, by whom.
    pub fn all_noted(&self) -> BTreeMap<String, usize> {
        let names = files(&self.notes);
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        names.iter().map(|path| (name(path), self.noted(&name(path)))).collect()
    }

    /// All runs of the store, those that began first before others.
    pub fn stored(&self) -> Vec<Value> {
        let all = self.lab.git(&self.repo, ["for-each-ref", "--format=%(refname)", REF]).ok();
        if all.stdout().is_empty() {
            return Vec::new();
        }
        let list = ["ls-tree", "-r", "--format=%(objectname) %(path)", REF];
        let listed = self.lab.git(&self.repo, list).ok().stdout();
        let ids = listed.lines().filter_map(|line| {
            let (id, path) = line.split_once(' ').unwrap();
            path.ends_with("/run.json").then(|| id.to_owned())
        });
        let shown = self.lab.git(&self.repo, std::iter::once("show".to_owned()).chain(ids)).ok();
        let values = serde_json::Deserializer::from_slice(&shown.output.stdout).into_iter();
        let mut runs: Vec<Value> = values.map(Result::unwrap).collect();
        runs.sort_by_key(|run| run["order"].as_i64().unwrap());
        runs
    }

    /// The steps of the curve `loss` of a stored run, as they were logged. A pipeline has the curves of its
    /// stages in short, and no points.
    pub fn steps(&self, run: &Value) -> Vec<usize> {
        if run["curves"].is_null() {
            return Vec::new();
        }
        let id = run["id"].as_str().unwrap();
        let path = format!("{REF}:v1/runs/{}/{id}/metrics.tsv", &id[..2]);
        let curves = self.lab.git(&self.repo, ["show", &path]).ok().stdout();
        let points = curves.lines().skip(1);
        points.map(|point| point.split('\t').nth(1).unwrap().parse().unwrap()).collect()
    }

    /// Whether a run that is not in the store waits for somebody to bring it there.
    pub fn is_left(&self) -> bool {
        let live = std::fs::read_dir(self.repo.join(".git/mldata/live")).into_iter().flatten();
        let names = live.flatten().map(|entry| entry.file_name().into_string().unwrap());
        let left: Vec<String> = names.filter(|name| RunId::parse(name).is_ok()).collect();
        let stored = self.stored();
        left.iter().any(|id| stored.iter().all(|run| run["id"] != id[..]))
    }

    /// Runs `git mlrun log`, which stores what is left and says so; a second one finds nothing to do.
    #[track_caller]
    pub fn log(&self, context: &str) -> Done {
        let left = self.is_left();
        let done = self.mlrun("", &["log"]).ok();
        let told = done.stderr();
        assert!(!told.contains("warning"), "{context}: {told}");
        let says = told.contains("what it had recorded is stored") || told.contains("and is now.");
        assert!(says || !left || self.stored().is_empty(), "{context}: nothing is told: {told}");
        let again = self.mlrun("", &["log"]).ok();
        let is_quiet = again.stderr().is_empty() || self.stored().is_empty();
        assert!(is_quiet, "{context}: {}", again.stderr());
        done
    }

    /// All that was logged is in the store, once; nothing else of a run is anywhere.
    #[track_caller]
    pub fn check(&self, context: &str) {
        let runs = self.stored();
        let mut found = BTreeMap::<String, usize>::new();
        for run in &runs {
            let steps = self.steps(run);
            if !steps.is_empty() {
                let who = run["stage"].as_str().unwrap_or("exec").to_owned();
                let expected: Vec<usize> = (1..=steps.len()).collect();
                assert_eq!(steps, expected, "{context}: of {who}");
                assert_eq!(run["series"]["loss"]["count"], steps.len(), "{context}");
                assert_eq!(found.insert(who, steps.len()), None, "{context}: stored twice");
            }
        }
        for (who, noted) in self.all_noted() {
            let stored = found.get(&who).copied().unwrap_or(0);
            // The last one may have been logged and not noted.
            let is_right = (noted..=noted + 1).contains(&stored);
            assert!(is_right, "{context}: {who} logged {noted}, stored are {stored}: {runs:#?}");
        }
        self.check_store(context);
    }

    /// The store is whole, no run in it ever changed, and nothing is left beside it.
    #[track_caller]
    pub fn check_store(&self, context: &str) {
        let runs = self.stored();
        let ids: BTreeSet<&str> = runs.iter().map(|run| run["id"].as_str().unwrap()).collect();
        assert_eq!(ids.len(), runs.len(), "{context}");
        let of_stages = runs.iter().filter(|run| run["kind"] == "stage");
        for stage in of_stages {
            let parent = stage["parent"].as_str().unwrap();
            assert!(ids.contains(parent), "{context}: a stage without its run");
        }
        if !runs.is_empty() {
            let args = ["log", "--first-parent", "-m", "--diff-filter=MDT", "--format=", "--raw"];
            let changed = self.lab.git(&self.repo, args.iter().chain(&[REF, "--", "v1/runs"])).ok();
            assert_eq!(changed.stdout(), "", "{context}: a stored run changed");
        }
        let live = ["for-each-ref", "--format=%(refname)", "refs/mlrun/live"];
        assert_eq!(self.lab.git(&self.repo, live).ok().stdout(), "", "{context}");
        let left = std::fs::read_dir(self.repo.join(".git/mldata/live")).into_iter().flatten();
        let left: Vec<_> = left.map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{context}: {left:?}");
        let fsck = self.lab.git(&self.repo, ["fsck", "--strict", "--no-dangling"]).ok();
        assert_eq!(fsck.stdout(), "", "{context}: {}", fsck.stderr());
        // What a run says of its code can be had.
        for commit in runs
            .iter()
            .flat_map(|run| ["commit", "snapshot", "result"].map(|name| run["code"][name].as_str()))
        {
            let Some(commit) = commit else { continue };
            self.lab.git(&self.repo, ["cat-file", "-e", commit]).ok();
        }
    }
}
