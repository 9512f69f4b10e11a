//! Files that are not the bytes of their blobs.

use super::{CELLS, Lab, clean, dirty, new, old};

const EDITED: [&str; 3] = ["x = 1", "# another text", "y = 2"];

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// Stages a file as Git makes it of `worktree`, and one that is then changed to `edited`; commits, and
/// expects the worktree to have `written` and `merged`.
#[track_caller]
fn check(lab: &Lab, worktree: &str, edited: &str, written: &str, merged: &str) {
    lab.stage(&[("a.ipynb", worktree), ("b.ipynb", worktree)]);
    assert_eq!(lab.blob("", "a.ipynb"), old());
    lab.env.write("b.ipynb", edited);
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &new(), &new(), written);
    lab.assert_texts("b.ipynb", &new(), &new(), merged);
    assert_eq!(lab.status(), " M b.ipynb\n");
    lab.assert_no_litter();
}

#[test]
fn line_ends_by_attribute() {
    let lab = Lab::new();
    lab.stage(&[(".gitattributes", "*.ipynb text eol=crlf\n")]);
    let [worktree, edited] = [crlf(&old()), crlf(&dirty(&EDITED))];
    check(&lab, &worktree, &edited, &crlf(&new()), &crlf(&clean(&EDITED)));
}

#[test]
fn line_ends_by_setting() {
    let lab = Lab::new();
    lab.git_quiet(["config", "core.autocrlf", "true"]);
    lab.git_quiet(["config", "core.safecrlf", "false"]);
    let [worktree, edited] = [crlf(&old()), crlf(&dirty(&EDITED))];
    check(&lab, &worktree, &edited, &crlf(&new()), &crlf(&clean(&EDITED)));
}

#[test]
fn an_editor_that_wrote_the_other_line_ends() {
    let lab = Lab::new();
    lab.stage(&[(".gitattributes", "*.ipynb text eol=crlf\n"), ("a.ipynb", &old())]);
    // For Git the file is as it is staged, whatever ends its lines have.
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &new(), &new(), &crlf(&new()));
    assert_eq!(lab.status(), "");
}

#[test]
fn line_ends_that_are_in_the_blob_stay() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &crlf(&old()))]);
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &crlf(&new()), &crlf(&new()), &crlf(&new()));
}

#[test]
fn a_filter_driver() {
    let lab = Lab::new();
    lab.git_quiet(["config", "filter.hide.clean", "sed s/SECRET/text/"]);
    lab.git_quiet(["config", "filter.hide.smudge", "sed s/text/SECRET/"]);
    lab.stage(&[(".gitattributes", "*.ipynb filter=hide\n")]);
    let secret = |text: &str| text.replace("text", "SECRET");
    // `sed` takes the first of each line.
    let [worktree, edited] = [secret(&old()), secret(&dirty(&EDITED))];
    check(&lab, &worktree, &edited, &secret(&new()), &secret(&clean(&EDITED)));
}

#[test]
fn a_filter_that_fails_leaves_the_file_alone() {
    let lab = Lab::new();
    lab.stage(&[(".gitattributes", "*.ipynb filter=broken\n"), ("a.ipynb", &old())]);
    for (key, value) in [("smudge", "false"), ("clean", "cat"), ("required", "true")] {
        lab.git_quiet(["config", &format!("filter.broken.{key}"), value]);
    }
    let output = lab.commit([""; 0]).success();
    assert!(output.stderr_text().contains("left alone"), "{output}");
    lab.assert_texts("a.ipynb", &new(), &new(), &old());
}

#[test]
fn identifiers() {
    let lab = Lab::new();
    lab.stage(&[(".gitattributes", "*.ipynb ident\n")]);
    let cells = ["x = 1", "# $Id$"];
    lab.stage(&[("a.ipynb", &dirty(&cells))]);
    lab.commit([""; 0]).success();
    let id = lab.env.git(["rev-parse", "HEAD:a.ipynb"]).success().stdout_text();
    assert_eq!(lab.blob("HEAD", "a.ipynb"), clean(&cells));
    let expected = clean(&["x = 1", &format!("# $Id: {} $", id.trim())]);
    assert_eq!(lab.env.read_text("a.ipynb"), expected);
    assert_eq!(lab.status(), "");
}

#[test]
fn encodings() {
    let lab = Lab::new();
    lab.stage(&[(".gitattributes", "*.ipynb working-tree-encoding=UTF-16LE\n")]);
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let [old, new] = [dirty, clean].map(|make| make(&[CELLS[0], "# d\u{e9}j\u{e0}"]));
    lab.env.write("a.ipynb", utf16(&old));
    lab.git_quiet(["add", "a.ipynb"]);
    lab.commit([""; 0]).success();
    assert_eq!(lab.blob("HEAD", "a.ipynb"), new);
    assert_eq!(lab.env.read("a.ipynb"), utf16(&new));
    assert_eq!(lab.status(), "");
}
