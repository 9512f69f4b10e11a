//! Every way in which Git makes a commit.

use super::{CELLS, Lab, clean, dirty, new, old};

#[test]
fn the_first_commit() {
    let lab = Lab::unborn();
    lab.stage(&[("a.ipynb", &old())]);
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &new(), &new(), &new());
    assert_eq!(lab.status(), "");
}

#[test]
fn amend() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    lab.commit(["--no-verify"]).success();
    assert_eq!(lab.blob("HEAD", "a.ipynb"), old());
    lab.stage(&[("b.ipynb", &old())]);
    lab.commit(["--amend"]).success();
    lab.assert_texts("b.ipynb", &new(), &new(), &new());
    // It was committed already, and is no part of what is staged.
    lab.assert_texts("a.ipynb", &old(), &old(), &old());
    assert_eq!(lab.status(), "");
}

#[test]
fn commit_all() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &new())]);
    lab.commit([""; 0]).success();
    lab.env.write("a.ipynb", old().replace("y = 2", "y = 3"));
    let expected = clean(&["x = 1", "# text", "y = 3"]);
    // The files beside are committed, too.
    lab.git_quiet(["commit", "--quiet", "--all", "-m", "all"]);
    lab.assert_texts("a.ipynb", &expected, &expected, &expected);
    assert_eq!(lab.env.read_text("beside/edited"), "not staged\n");
    assert_eq!(lab.env.git_status(), "?? beside/untracked\n");
    lab.assert_no_litter();
}

#[test]
fn commit_of_paths_leaves_nothing_behind_in_the_index() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &new())]);
    lab.commit([""; 0]).success();
    lab.stage(&[("other.ipynb", &dirty(&["z = 1"]))]);
    lab.env.write("a.ipynb", dirty(&["x = 2"]));
    lab.commit(["--", "a.ipynb"]).success();
    let expected = clean(&["x = 2"]);
    lab.assert_texts("a.ipynb", &expected, &expected, &expected);
    // It was staged before, and still is, as it was.
    assert_eq!(lab.status(), "A  other.ipynb\n");
    assert_eq!(lab.blob("", "other.ipynb"), dirty(&["z = 1"]));
    assert_eq!(lab.env.read_text("other.ipynb"), dirty(&["z = 1"]));
    lab.assert_no_litter();
}

#[test]
fn commit_of_paths_and_what_is_staged() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &new()), ("other.ipynb", &dirty(&["z = 1"]))]);
    lab.env.write("a.ipynb", dirty(&["x = 2"]));
    lab.commit(["--include", "--", "a.ipynb"]).success();
    for (path, text) in [("a.ipynb", clean(&["x = 2"])), ("other.ipynb", clean(&["z = 1"]))] {
        lab.assert_texts(path, &text, &text, &text);
    }
    assert_eq!(lab.status(), "");
}

#[test]
fn a_commit_that_stops_after_the_hook_leaves_the_correction_staged() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    lab.env.write(".git/hooks/commit-msg", "#!/bin/sh\nexit 1\n");
    lab.env.chmod(".git/hooks/commit-msg", 0o755);
    lab.commit([""; 0]).code(1);
    assert_eq!((lab.blob("", "a.ipynb"), lab.env.read_text("a.ipynb")), (new(), new()));
    assert_eq!(lab.status(), "A  a.ipynb\n");
}

#[test]
fn a_merge_checks_only_what_neither_side_has() {
    let lab = Lab::new();
    lab.stage(&[("both.ipynb", &clean(&CELLS))]);
    lab.commit([""; 0]).success();
    lab.git_quiet(["switch", "--quiet", "-c", "theirs"]);
    lab.stage(&[("theirs.ipynb", &old()), ("both.ipynb", &clean(&["x = 3", "# text", "y = 2"]))]);
    lab.commit(["--no-verify"]).success();
    lab.git_quiet(["switch", "--quiet", "main"]);
    lab.stage(&[("ours.ipynb", &old()), ("both.ipynb", &clean(&["x = 4", "# text", "y = 2"]))]);
    lab.commit(["--no-verify"]).success();
    lab.env.git(["merge", "--quiet", "theirs"]).code(1);
    let resolved = ["x = 5", "# text", "y = 2"];
    lab.stage(&[("both.ipynb", &dirty(&resolved))]);
    lab.commit([""; 0]).success();
    let expected = clean(&resolved);
    lab.assert_texts("both.ipynb", &expected, &expected, &expected);
    lab.assert_texts("theirs.ipynb", &old(), &old(), &old());
    lab.assert_texts("ours.ipynb", &old(), &old(), &old());
    let parents = lab.env.git(["log", "-1", "--format=%P"]).success().stdout_text();
    assert_eq!(parents.split_whitespace().count(), 2);
    assert_eq!(lab.status(), "");
}

#[test]
fn cherry_pick_after_a_conflict() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &clean(&["x = 1"]))]);
    lab.commit([""; 0]).success();
    lab.git_quiet(["switch", "--quiet", "-c", "side"]);
    lab.stage(&[("a.ipynb", &clean(&["x = 2"]))]);
    lab.commit([""; 0]).success();
    lab.git_quiet(["switch", "--quiet", "main"]);
    lab.stage(&[("a.ipynb", &clean(&["x = 3"]))]);
    lab.commit([""; 0]).success();
    lab.env.git(["cherry-pick", "side"]).code(1);
    lab.stage(&[("a.ipynb", &dirty(&["x = 4"]))]);
    lab.git_quiet(["cherry-pick", "--continue"]);
    let expected = clean(&["x = 4"]);
    lab.assert_texts("a.ipynb", &expected, &expected, &expected);
    assert_eq!(lab.status(), "");
}

#[test]
fn a_rebase_that_stops_for_a_conflict_or_an_edit() {
    let lab = Lab::new();
    lab.git_quiet(["checkout", "--quiet", "--", "beside"]);
    for (name, cells) in [("one", ["x = 1"]), ("two", ["x = 2"]), ("three", ["x = 3"])] {
        lab.stage(&[("a.ipynb", &clean(&cells)), (&format!("{name}.ipynb"), &old())]);
        lab.commit(["--no-verify", "-m", name]).success();
    }
    // All others are picked, without hooks; the last one is reworded.
    let editor = "sed -i -e '1s/^pick/edit/' -e '2s/^pick/reword/'";
    let mut env = lab.env;
    env.set("GIT_SEQUENCE_EDITOR", editor);
    let lab = Lab { env };
    lab.git_quiet(["rebase", "--quiet", "--interactive", "HEAD~2"]);
    lab.stage(&[("edited.ipynb", &old())]);
    lab.commit(["--amend"]).success();
    lab.assert_texts("edited.ipynb", &new(), &new(), &new());
    lab.git_quiet(["rebase", "--continue"]);
    assert_eq!(lab.blob("HEAD~1", "edited.ipynb"), new());
    assert_eq!(lab.blob("HEAD", "a.ipynb"), clean(&["x = 3"]));
    // What was committed before the rebase is not what is staged in it, but for the reworded commit.
    assert_eq!(lab.blob("HEAD~1", "two.ipynb"), old());
    assert_eq!(lab.status(), "");
}

#[test]
fn two_commits_at_once_in_two_worktrees() {
    let lab = Lab::new();
    lab.git_quiet(["worktree", "add", "--quiet", "../second", "-b", "second"]);
    lab.stage(&[("a.ipynb", &old())]);
    lab.env.write("../second/b.ipynb", old());
    lab.git_quiet(["-C", "../second", "add", "b.ipynb"]);
    let words = |directory| ["-C", directory, "commit", "--quiet", "-m", "at once"];
    let mut first = lab.env.command("git", words(".")).spawn().unwrap();
    let mut second = lab.env.command("git", words("../second")).spawn().unwrap();
    assert!(first.wait().unwrap().success() & second.wait().unwrap().success());
    lab.assert_texts("a.ipynb", &new(), &new(), &new());
    assert_eq!(lab.env.read_text("../second/b.ipynb"), new());
    assert_eq!(lab.blob("second", "b.ipynb"), new());
    let status = lab.env.git(["-C", "../second", "status", "--short"]).success().stdout_text();
    assert_eq!((status.as_str(), lab.status().as_str()), ("", ""));
}
