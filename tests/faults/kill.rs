//! SIGKILL, and failing writes, at seeded points of every command that writes.
//!
//! Afterwards every byte that was committed is there, no object under its name is wrong, nothing of
//! the user's is gone, Git sees no litter, and the same command again does its work.

use std::path::Path;

use super::lab::{
    Lab, Snapshot, assert_no_wrong_bytes, assert_objects_are_right, assert_same, holding, noise,
    populate, snapshot, text, write,
};

/// At least so many different points, if the command passes as many.
const POINTS: usize = 20;

/// One command and the state it starts from.
struct Case {
    lab: Lab,
    /// Where it runs.
    cwd: &'static str,
    args: &'static [&'static str],
    /// Caches and remotes, below the lab.
    stores: &'static [&'static str],
    /// Content that belongs to the user and must never be gone.
    precious: &'static [&'static [u8]],
}

impl Case {
    /// Runs the command to its end once, then again and again with `action` at other points.
    fn sweep(self, action: &str) {
        let state = self.lab.root.join("state");
        let saved = super::lab::temp();
        let template = saved.path().join("template");
        // Paths in settings are absolute: all that a case uses lies in one directory, which is put
        // back to where it was.
        Lab::copy(&state, &template);
        let cwd = state.join(self.cwd);
        let before = snapshot(&cwd);
        let total = self.lab.count(&cwd, self.args);
        assert!(total > 0, "no fail point in {:?}", self.args);
        let after = snapshot(&cwd);
        let clean = self.lab.git_status(&cwd);
        let mut happened = 0;
        for point in points(total) {
            let context = format!("{:?} {action}@{point} of {total}", self.args);
            Lab::copy(&template, &state);
            let done = self.lab.faulty(&cwd, &format!("any={action}@{point}"), self.args);
            if action == "kill" {
                happened += usize::from(done.was_killed());
            } else {
                // A failing write is told, or made good; it never passes for success.
                if !done.ok_or_refused() {
                    happened += 1;
                } else {
                    assert_same(&snapshot(&cwd), &after, &format!("{context}, exit code 0"));
                }
            }
            self.check(&cwd, &before, &after, &clean, &context);
            self.lab.mldata(&cwd, self.args).ok();
            self.check(&cwd, &before, &after, &clean, &format!("{context}, again"));
            assert_same(&snapshot(&cwd), &after, &format!("{context}, again"));
            assert_eq!(self.lab.git_status(&cwd), clean, "{context}, again");
            self.no_temporaries(&context);
        }
        if action == "kill" {
            assert!(happened >= POINTS.min(total), "{happened} kills in {:?}", self.args);
        }
    }

    fn check(
        &self,
        cwd: &Path,
        before: &Snapshot,
        after: &Snapshot,
        clean: &[String],
        context: &str,
    ) {
        for store in self.stores {
            assert_objects_are_right(&self.lab.root.join("state").join(store), context);
        }
        assert_no_wrong_bytes(&snapshot(cwd), &[before, after], context);
        for content in self.precious {
            assert!(
                !holding(&self.lab.root.join("state"), content).is_empty(),
                "{context}: the user's `{}` is gone",
                String::from_utf8_lossy(content)
            );
        }
        for line in self.lab.git_status(cwd) {
            let path = line[3..].trim_matches('"');
            let known = before.keys().chain(after.keys()).any(|name| name == Path::new(path));
            let known = known || clean.contains(&line);
            assert!(known, "{context}: git status shows {line}");
        }
    }

    /// After a command that succeeded there is nothing half-made anywhere, but in the remote's `tmp`:
    /// it may belong to a push from another machine, and is swept after three days.
    fn no_temporaries(&self, context: &str) {
        for store in self.stores {
            let root = self.lab.root.join("state").join(store);
            for path in super::lab::files(&root) {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                if path.parent().is_some_and(|parent| parent.ends_with("store/tmp")) {
                    continue;
                }
                assert!(!name.starts_with("tmp-"), "{context}: {} is left", path.display());
            }
        }
    }
}

/// Points spread over 1..=total, with a seeded jitter.
fn points(total: usize) -> Vec<usize> {
    let wanted = POINTS + 4;
    if total <= wanted {
        return (1..=total).collect();
    }
    let jitter = noise(total as u64, wanted);
    (0..wanted)
        .map(|at| {
            let (from, to) = (at * total / wanted, (at + 1) * total / wanted);
            1 + from + usize::from(jitter[at]) % (to - from)
        })
        .collect()
}

fn lab() -> Lab {
    let lab = Lab::bare();
    std::fs::create_dir(lab.root.join("state")).unwrap();
    lab
}

fn add() -> Case {
    let lab = lab();
    let repo = lab.create("state/repo");
    populate(&repo.join("data"), 1);
    lab.add_and_commit(&repo, &["data"], "one");
    populate(&repo.join("data"), 2);
    std::fs::remove_file(repo.join("data/small/3/3")).unwrap();
    populate(&repo.join("more/data"), 3);
    write(&repo.join("more/alone"), noise(7, 30_000));
    write(&repo.join("more/own"), "written by hand");
    Case {
        lab,
        cwd: "repo",
        args: &["add", "data", "more/data", "more/alone"],
        stores: &["repo/.git/mldata"],
        precious: &[b"written by hand"],
    }
}

fn checkout() -> Case {
    let lab = lab();
    let repo = lab.create("state/repo");
    populate(&repo.join("data"), 1);
    populate(&repo.join("fresh"), 5);
    lab.add_and_commit(&repo, &["data", "fresh"], "one");
    populate(&repo.join("data"), 2);
    write(&repo.join("data/new/file"), "new in two");
    std::fs::remove_dir_all(repo.join("data/small/6")).unwrap();
    lab.add_and_commit(&repo, &["data"], "two");
    lab.git(&repo, ["reset", "-q", "--hard", "HEAD~1"]).ok();
    lab.mldata(&repo, ["checkout"]).ok();
    std::fs::remove_dir_all(repo.join("fresh")).unwrap();
    lab.git(&repo, ["reset", "-q", "--hard", "HEAD@{1}"]).ok();
    write(&repo.join("data/mine.txt"), "nobody added this");
    write(&repo.join("beside.txt"), "nor this");
    Case {
        lab,
        cwd: "repo",
        args: &["checkout"],
        stores: &["repo/.git/mldata"],
        precious: &[b"nobody added this", b"nor this"],
    }
}

fn checkout_force() -> Case {
    let case = checkout();
    let data = case.lab.root.join("state/repo/data");
    write(&data.join("small/0/0"), "an edit of one file");
    write(&data.join("large"), "an edit of the large one");
    Case {
        args: &["checkout", "--force"],
        precious: &[
            b"nobody added this",
            b"nor this",
            b"an edit of one file",
            b"an edit of the large one",
        ],
        ..case
    }
}

fn shared() -> Lab {
    let lab = lab();
    let repo = lab.create("state/repo");
    populate(&repo.join("data"), 1);
    lab.add_and_commit(&repo, &["data"], "one");
    let store = lab.root.join("state/store");
    lab.mldata(&repo, ["remote", "add", "-d", "store", text(&store)]).ok();
    lab.commit(&repo, "store");
    lab
}

fn push() -> Case {
    let lab = shared();
    let repo = lab.root.join("state/repo");
    lab.mldata(&repo, ["push"]).ok();
    populate(&repo.join("data"), 2);
    lab.add_and_commit(&repo, &["data"], "two");
    Case {
        lab,
        cwd: "repo",
        args: &["push"],
        stores: &["repo/.git/mldata", "store"],
        precious: &[],
    }
}

fn fetch() -> Case {
    let lab = shared();
    let (repo, clone) = (lab.root.join("state/repo"), lab.root.join("state/clone"));
    lab.mldata(&repo, ["push"]).ok();
    lab.git(&lab.root, ["clone", "-q", text(&repo), text(&clone)]).ok();
    lab.mldata(&clone, ["init"]).ok();
    write(&clone.join("own"), "in the clone");
    Case {
        lab,
        cwd: "clone",
        args: &["fetch"],
        stores: &["clone/.git/mldata", "store"],
        precious: &[b"in the clone"],
    }
}

#[test]
fn add_survives_kill() {
    add().sweep("kill");
}

#[test]
fn add_survives_failing_writes() {
    add().sweep("enospc");
}

#[test]
fn checkout_survives_kill() {
    checkout().sweep("kill");
}

#[test]
fn checkout_survives_failing_writes() {
    checkout().sweep("enospc");
}

#[test]
fn forced_checkout_survives_kill() {
    checkout_force().sweep("kill");
}

#[test]
fn forced_checkout_survives_failing_writes() {
    checkout_force().sweep("error");
}

#[test]
fn push_survives_kill() {
    push().sweep("kill");
}

#[test]
fn push_survives_failing_writes() {
    push().sweep("enospc");
}

#[test]
fn fetch_survives_kill() {
    fetch().sweep("kill");
}

#[test]
fn fetch_survives_failing_writes() {
    fetch().sweep("enospc");
}

/// A push that was killed published no tree whose content is not there: whoever can see the tree
/// can fetch all of it.
#[test]
fn killed_push_publishes_nothing_partial() {
    let case = push();
    let lab = &case.lab;
    let (repo, state) = (lab.root.join("state/repo"), lab.root.join("state"));
    let saved = super::lab::temp();
    let template = saved.path().join("template");
    Lab::copy(&state, &template);
    let expected = snapshot(&repo.join("data"));
    let total = lab.count(&repo, &["push"]);
    for point in points(total).into_iter().step_by(3) {
        Lab::copy(&template, &state);
        let _ = lab.faulty(&repo, &format!("any=kill@{point}"), ["push"]);
        let clone = state.join("clone");
        lab.git(&state, ["clone", "-q", text(&repo), text(&clone)]).ok();
        if lab.mldata(&clone, ["pull"]).ok_or_refused() {
            assert_same(&snapshot(&clone.join("data")), &expected, &format!("kill@{point}"));
        }
    }
}
