//! Kinds of files, and their names.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::{CELLS, Lab, clean, dirty, is_executable, new, old};

#[test]
fn modes_stay() {
    let lab = Lab::new();
    lab.env.write("a.ipynb", old());
    lab.env.chmod("a.ipynb", 0o755);
    lab.env.write("b.ipynb", old());
    lab.git_quiet(["add", "a.ipynb", "b.ipynb"]);
    // Nobody else may read it, and Git does not know.
    lab.env.chmod("b.ipynb", 0o600);
    lab.commit([""; 0]).success();
    let tree = lab.env.git(["ls-tree", "HEAD", "a.ipynb", "b.ipynb"]).success().stdout_text();
    let modes: Vec<&str> = tree.lines().map(|line| &line[..6]).collect();
    assert_eq!(modes, ["100755", "100644"]);
    assert!(is_executable(&lab.env.dir().join("a.ipynb")));
    assert!(lab.env.tree("b.ipynb").contains("600"), "{}", lab.env.tree("b.ipynb"));
    assert_eq!(lab.env.read_text("b.ipynb"), new());
    assert_eq!(lab.status(), "");
}

#[test]
fn a_file_that_may_not_be_written_is_replaced_and_stays_so() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    lab.env.chmod("a.ipynb", 0o444);
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &new(), &new(), &new());
    assert!(lab.env.tree("a.ipynb").contains("444"), "{}", lab.env.tree("a.ipynb"));
    assert_eq!(lab.status(), "");
}

#[test]
fn links_are_neither_checked_nor_followed() {
    let lab = Lab::new();
    lab.env.write("../outside.ipynb", old());
    lab.env.link("beside/edited", "link.ipynb");
    lab.stage(&[("a.ipynb", &old()), ("d/b.ipynb", &old())]);
    lab.git_quiet(["add", "link.ipynb"]);
    // What was a file when it was staged is a link now, and so is a directory.
    lab.env.remove("a.ipynb");
    lab.env.link("../outside.ipynb", "a.ipynb");
    lab.env.remove("d");
    lab.env.write("../elsewhere/b.ipynb", old());
    lab.env.link("../elsewhere", "d");
    let output = lab.commit([""; 0]).success();
    assert!(output.stderr_text().contains("symbolic link"), "{output}");
    assert_eq!(lab.blob("HEAD", "a.ipynb"), new());
    assert_eq!(lab.blob("HEAD", "d/b.ipynb"), new());
    assert_eq!(lab.blob("HEAD", "link.ipynb"), "beside/edited");
    assert_eq!(lab.env.read_text("../outside.ipynb"), old());
    assert_eq!(lab.env.read_text("../elsewhere/b.ipynb"), old());
    for link in ["a.ipynb", "link.ipynb", "d"] {
        assert!(lab.env.dir().join(link).is_symlink(), "{link}");
    }
}

#[test]
fn renames_and_deletions_are_what_they_were() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &new()), ("gone.ipynb", &new()), ("kept.ipynb", &new())]);
    lab.commit([""; 0]).success();
    lab.git_quiet(["mv", "a.ipynb", "moved.ipynb"]);
    lab.git_quiet(["rm", "--quiet", "gone.ipynb"]);
    lab.git_quiet(["rm", "--quiet", "--cached", "kept.ipynb"]);
    lab.stage(&[("moved.ipynb", &old())]);
    lab.env.write("kept.ipynb", old());
    lab.commit([""; 0]).success();
    lab.assert_texts("moved.ipynb", &new(), &new(), &new());
    let names = lab.env.git(["ls-tree", "--name-only", "-r", "HEAD"]).success().stdout_text();
    assert_eq!(names, "beside/edited\nbeside/tracked\nmoved.ipynb\n");
    // It is not tracked any more, and not ours to change.
    assert_eq!(lab.env.read_text("kept.ipynb"), old());
    assert_eq!(lab.status(), "?? kept.ipynb\n");
}

#[test]
fn a_file_that_is_only_meant_to_be_added_is_not_touched() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old())]);
    lab.env.write("later.ipynb", old());
    lab.git_quiet(["add", "--intent-to-add", "later.ipynb"]);
    let before = lab.env.identities("later.ipynb");
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &new(), &new(), &new());
    assert_eq!(lab.env.identities("later.ipynb"), before);
    assert_eq!(lab.env.read_text("later.ipynb"), old());
    assert_eq!(lab.status(), " A later.ipynb\n");
    // With its content it is a file as any other.
    lab.commit(["--all"]).code(0);
}

#[test]
fn bits_of_entries_stay() {
    let lab = Lab::new();
    lab.stage(&[("a.ipynb", &old()), ("b.ipynb", &old()), ("c.ipynb", &old())]);
    lab.git_quiet(["update-index", "--assume-unchanged", "a.ipynb"]);
    lab.git_quiet(["update-index", "--skip-worktree", "b.ipynb"]);
    lab.commit([""; 0]).success();
    let listed = lab.env.git(["ls-files", "-v", "a.ipynb", "b.ipynb", "c.ipynb"]).success();
    assert_eq!(listed.stdout_text(), "h a.ipynb\nS b.ipynb\nH c.ipynb\n");
    for path in ["a.ipynb", "b.ipynb", "c.ipynb"] {
        assert_eq!(lab.blob("HEAD", path), new());
    }
}

#[test]
fn a_submodule_beside_is_not_entered() {
    let lab = Lab::new();
    lab.env
        .sh("git init --quiet ../sub && cd ../sub && git commit --quiet --allow-empty -m sub")
        .success();
    lab.git_quiet(["submodule", "--quiet", "add", "../sub", "sub.ipynb"]);
    lab.env.write("sub.ipynb/b.ipynb", old());
    lab.stage(&[("a.ipynb", &old())]);
    lab.commit([""; 0]).success();
    lab.assert_texts("a.ipynb", &new(), &new(), &new());
    assert_eq!(lab.env.read_text("sub.ipynb/b.ipynb"), old());
    let tree = lab.env.git(["ls-tree", "HEAD", "sub.ipynb"]).success().stdout_text();
    assert!(tree.starts_with("160000 commit"), "{tree}");
}

#[test]
fn names_are_bytes() {
    let lab = Lab::new();
    let names: [&[u8]; 7] = [
        b" spaces in it .ipynb",
        b"a\nb.ipynb",
        b"tab\t\"quotes\" and 'more'.ipynb",
        b"\xff\xfe.ipynb",
        b"-rf.ipynb",
        b":(glob)*.ipynb",
        "d\u{e9}j\u{e0} vu.ipynb".as_bytes(),
    ];
    let edited = ["x = 1", "# another", "y = 2"];
    for name in names {
        let path = Path::new(OsStr::from_bytes(name));
        lab.env.write(path, dirty(&CELLS));
        lab.git_quiet([
            OsStr::new("--literal-pathspecs"),
            "add".as_ref(),
            "--".as_ref(),
            path.as_ref(),
        ]);
        lab.env.write(path, dirty(&edited));
    }
    let staged = || lab.env.git(["ls-files", "--stage", "-z"]).success().stdout;
    let before = staged();
    let output = lab.commit([""; 0]).success();
    for name in names {
        let path = Path::new(OsStr::from_bytes(name));
        let revision = [b"HEAD:", name].concat();
        let words = [OsStr::new("cat-file"), "blob".as_ref(), OsStr::from_bytes(&revision)];
        assert_eq!(lab.env.git(words).success().stdout_text(), new(), "{}", path.display());
        assert_eq!(lab.env.read_text(path), clean(&edited), "{}", path.display());
    }
    // What it says takes the corrections back, whatever is in the names.
    let said = output.stderr_text();
    let undo = said.lines().find_map(|line| line.strip_prefix("undo: ")).unwrap();
    assert_ne!(staged(), before);
    lab.env.run_with_input("bash", ["-euc", undo], b"").success();
    assert_eq!(staged(), before);
    lab.git_quiet(["reset", "--quiet"]);
    let expected = names.len() * " M ".len();
    assert!(
        lab.status().len() > expected && lab.status().lines().all(|line| line.starts_with(" M "))
    );
}
