//! Files of which only a part is staged.

use super::{CELLS, Lab, clean, dirty, new, old};

#[test]
fn what_is_staged_as_a_whole_is_clean_everywhere() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &new(), &new(), &new());
    assert_eq!(lab.status(), "");
    lab.assert_no_litter();
    // And now there is nothing to correct.
    lab.commit(["--allow-empty"]).success();
}

#[test]
fn a_change_that_is_not_staged_is_kept_and_not_committed() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    let edited = ["x = 1", "# another text", "y = 2"];
    lab.env.write("a.ipynb", dirty(&edited));
    let output = lab.commit([""; 0]).success();
    assert!(output.stderr_text().contains("a.ipynb"), "{output}");
    lab.assert_texts("a.ipynb", &new(), &new(), &clean(&edited));
    assert_eq!(lab.status(), " M a.ipynb\n");
    lab.assert_no_litter();
}

#[test]
fn a_conflict_leaves_the_file_alone_and_names_it() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    // It was run again.
    let again = old().replace("\"8\\n\"", "\"9\\n\"").replace("\"7\\n\"", "\"70\\n\"");
    assert_ne!(again, old());
    lab.env.write("a.ipynb", &again);
    let before = lab.env.identities("a.ipynb");
    let output = lab.commit([""; 0]).success();
    assert!(output.stderr_text().contains("a.ipynb"), "{output}");
    assert!(output.stderr_text().contains("left alone"), "{output}");
    lab.assert_texts("a.ipynb", &new(), &new(), &again);
    assert_eq!(lab.env.identities("a.ipynb"), before);
    assert_eq!(lab.status(), " M a.ipynb\n");
}

#[test]
fn a_file_that_is_clean_already_is_not_written() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    lab.env.write("a.ipynb", new());
    let before = lab.env.identities("a.ipynb");
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &new(), &new(), &new());
    assert_eq!(lab.env.identities("a.ipynb"), before);
    assert_eq!(lab.status(), "");
}

#[test]
fn a_file_that_is_gone_stays_away() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old()), ("d/b.ipynb", &old())]);
    lab.env.remove("a.ipynb");
    // A file where its directory was.
    lab.env.remove("d");
    lab.env.write("d", "a file\n");
    lab.commit([""; 0]).success();
    assert_eq!(lab.blob("HEAD", "a.ipynb"), new());
    assert_eq!(lab.blob("HEAD", "d/b.ipynb"), new());
    assert!(!lab.env.exists("a.ipynb"));
    assert_eq!(lab.env.read_text("d"), "a file\n");
}

/// As `git commit -p` stages: something that was never in the worktree.
#[test]
fn an_index_unlike_head_and_worktree_is_corrected_as_it_is() {
    let lab = Lab::new();
    let [first, staged, later] =
        [["a = 1", "# text", "b = 1"], ["a = 1", "# text 2", "b = 1"], ["a = 1", "# 3", "b = 1"]];
    lab.stage(&[("a.ipynb", &clean(&first))]);
    lab.commit([""; 0]).success();
    lab.stage(&[("a.ipynb", &dirty(&staged))]);
    lab.env.write("a.ipynb", clean(&later));
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &clean(&staged), &clean(&staged), &clean(&later));
}

#[test]
fn a_failing_check_withholds_every_correction() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    lab.env.write("big.bin", vec![1; 6 << 20]);
    lab.git_quiet(["add", "big.bin"]);
    let output = lab.commit([""; 0]).code(1);
    assert!(output.stderr_text().contains("big-file"), "{output}");
    assert_eq!(lab.blob("", "a.ipynb"), old());
    assert_eq!(lab.env.read_text("a.ipynb"), old());
    assert_eq!(lab.status(), "A  a.ipynb\nA  big.bin\n");
}

#[test]
fn a_check_that_shall_only_tell_corrects_nothing() {
    let lab = Lab::new();
    lab.git_quiet(["config", "mlhook.notebooks.mode", "check"]);
    lab.git_quiet(["config", "mlhook.format.mode", "fix"]);
    lab.stage(&[("a.ipynb", &old())]);
    lab.commit([""; 0]).code(1);
    assert_eq!((lab.blob("", "a.ipynb"), lab.env.read_text("a.ipynb")), (old(), old()));
}

#[test]
fn the_printed_bytes_can_be_taken_back_from_the_object_database() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &dirty(&CELLS))]);
    let id = lab.env.git(["rev-parse", ":a.ipynb"]).success().stdout_text();
    lab.commit([""; 0]).success();
    let text = lab.env.git(["cat-file", "blob", id.trim()]).success().stdout_text();
    assert_eq!(text, old());
}
