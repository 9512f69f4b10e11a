//! What `git mldata add` refuses, and what it says to type instead.

use insta::assert_snapshot;

use crate::common::TestEnv;

#[test]
fn what_git_tracks_is_refused() {
    let env = TestEnv::prepared();
    env.write("data/a", "a");
    env.write("data/b", "b");
    env.commit("by Git");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    error: `data` holds files that Git tracks (`data/a`)
    hint: let Git forget them, which keeps the files: `git rm -r --cached data`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", "data/a"]), @"
    [stderr]
    error: `data/a` holds files that Git tracks (`data/a`)
    hint: let Git forget them, which keeps the files: `git rm -r --cached data/a`
    [exit code 3]
    ");
    assert!(!env.exists("data.mldata") && !env.exists("data/a.mldata"));
    env.git(["rm", "-r", "--quiet", "--cached", "data"]).success();
    env.mldata(["add", "data"]).success();
}

#[test]
fn overlaps_are_refused() {
    let env = TestEnv::tracked();
    env.write("outer/inner/x", "x");
    env.write("outer/y", "y");
    env.mldata(["add", "outer/inner"]).success();
    assert_snapshot!(env.mldata(["add", "out*"]), @"
    [stderr]
    error: `outer` overlaps with `outer/inner`, which is tracked already
    hint: to track the whole instead, remove the pointer of the part first: `git rm outer/inner.mldata`
    [exit code 3]
    ");
    env.write("two/three/x", "x");
    assert_snapshot!(env.mldata(["add", "two", "two/three"]), @"
    [stderr]
    Added `two`: 1 file, 1 B.
    hint: to commit this, run `git add two.mldata .gitignore`
    error: `two/three` overlaps with `two`, which is tracked already
    hint: record it as a part: `git mldata add two`
    [exit code 3]
    ");
    assert!(env.exists("two.mldata") && !env.exists("two/three.mldata"));
}

#[test]
fn places_that_are_not_ours_are_refused() {
    let env = TestEnv::prepared();
    env.write("../elsewhere/x", "x");
    env.link("../elsewhere", "linked");
    env.write("real/x", "x");
    env.link("real", "inside");
    env.link("real/x", "link");
    assert_snapshot!(env.mldata(["add", "../elsewhere/x"]), @"
    [stderr]
    error: `../elsewhere/x` is not in this repository
    hint: data has to lie inside the repository
    [exit code 3]
    ");
    let absolute = env.root().join("elsewhere/x");
    assert_snapshot!(env.mldata([std::ffi::OsStr::new("add"), absolute.as_ref()]), @"
    [stderr]
    error: `$ROOT/elsewhere/x` is not in this repository
    hint: data has to lie inside the repository
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", "linked/x"]), @"
    [stderr]
    error: `linked/x` lies behind `linked`, a symbolic link to a directory
    hint: name it by where it really is, not through `linked`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", "inside/x"]), @"
    [stderr]
    error: `inside/x` lies behind `inside`, a symbolic link to a directory
    hint: name it by where it really is, not through `inside`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", "link"]), @"
    [stderr]
    error: `link` cannot be a target: it is a symbolic link; add what it points to, or let Git track the link
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", "."]), @"
    [stderr]
    error: `.` cannot be a target: it is the whole worktree; name the directories that hold data
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", ".git/config"]), @"
    [stderr]
    error: `.git/config` cannot be a target: Git's own directory is not data
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", "absent"]), @"
    [stderr]
    error: `absent` does not exist
    hint: `git mldata status` shows what is tracked
    [exit code 3]
    ");
    assert!(env.git_status().lines().all(|line| !line.contains("mldata")));
    // An absolute path inside is as good as a relative one.
    let absolute = env.dir().join("real");
    env.mldata([std::ffi::OsStr::new("add"), absolute.as_ref()]).success();
    assert!(env.exists("real.mldata"));
}

#[test]
fn a_path_inside_tracked_data_behind_a_link_is_refused() {
    let env = TestEnv::tracked();
    env.write("data/real/x", "x\n");
    env.link("real", "data/linked");
    assert_snapshot!(env.mldata(["add", "data/linked/x"]), @"
    [stderr]
    error: `data/linked/x` lies behind `data/linked`, a symbolic link to a directory
    hint: name it by where it really is, not through `data/linked`
    [exit code 3]
    ");
    env.mldata(["add", "data/linked"]).success();
}

#[test]
fn a_pointer_that_moved_is_not_reverted() {
    let env = TestEnv::tracked();
    env.write("data/a", "second\n");
    env.mldata(["add"]).success();
    env.commit("second");
    env.git(["-c", "core.hooksPath=/dev/null", "reset", "--quiet", "--hard", "HEAD~"]).success();
    let before = env.read("data.mldata");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    error: `data` is behind its pointer: another version was pulled, and adding would undo it
    hint: bring the data up to its pointer: `git mldata checkout data`
    hint: or record what is here instead: `git mldata add --force data`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", "data/a"]), @"
    [stderr]
    error: `data` is behind its pointer: another version was pulled, and adding would undo it
    hint: bring the data up to its pointer: `git mldata checkout data`
    hint: or record what is here instead: `git mldata add --force data`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add"]), @"
    [stderr]
    error: `data` is behind its pointer: another version was pulled, and adding would undo it
    hint: bring the data up to its pointer: `git mldata checkout data`
    hint: or record what is here instead: `git mldata add --force data`
    [exit code 3]
    ");
    assert_eq!(env.read("data.mldata"), before);
    assert_snapshot!(env.mldata(["add", "--force", "data"]), @"
    [stderr]
    Updated `data`: 3 files, 11 B.
    hint: to commit this, run `git add data.mldata`
    [ok]
    ");
    assert_ne!(env.read("data.mldata"), before);
}

#[test]
fn pointers_that_git_would_ignore_are_refused_with_the_replacement() {
    let env = TestEnv::prepared();
    env.write("data/raw/a", "a");
    env.write("keep/x", "x");
    env.write(".gitignore", "*.log\n\n# data\n/data/\n");
    assert_snapshot!(env.mldata(["add", "data/raw", "keep"]), @"
    [stderr]
    Added `keep`: 1 file, 1 B.
    hint: to commit this, run `git add keep.mldata .gitignore`
    error: Git ignores the pointer `data/raw.mldata`: `/data/` in line 4 of `.gitignore`
    hint: in `.gitignore`, replace it by `/data/*` and `!/data/*.mldata`
    [exit code 3]
    ");
    assert!(!env.exists("data/raw.mldata") && !env.exists("data/.gitignore"));
    assert!(env.exists("keep.mldata"));
    // What the hint says is enough.
    env.write(".gitignore", "*.log\n/data/*\n!/data/*.mldata\n");
    env.mldata(["add", "data/raw"]).success();
    let staged = env.git(["add", "--dry-run", "data/raw.mldata"]).success();
    assert_eq!(staged.stdout_text(), "add 'data/raw.mldata'\n");
}

#[test]
fn deeper_pointers_under_an_ignored_directory_get_a_replacement_that_works() {
    let env = TestEnv::prepared();
    env.write("data/raw/2024/a", "a");
    env.write(".gitignore", "data/\n");
    let output = env.mldata(["add", "data/raw/2024"]).code(3);
    assert_snapshot!(output, @"
    [stderr]
    error: Git ignores the pointer `data/raw/2024.mldata`: `data/` in line 1 of `.gitignore`
    hint: in `.gitignore`, replace it by `/data/**`, `!/data/**/` and `!/data/**/*.mldata`
    [exit code 3]
    ");
    let text = output.stderr_text();
    let lines: Vec<&str> = text.lines().last().unwrap().split('`').skip(3).step_by(2).collect();
    env.write(".gitignore", lines.join("\n") + "\n");
    env.mldata(["add", "data/raw/2024"]).success();
    env.git(["add", "data/raw/2024.mldata"]).success();
    assert!(!env.git_status().contains("2024/a"));
}

#[test]
fn special_files_and_escaping_links_are_refused() {
    let env = TestEnv::prepared();
    env.write("data/a", "a");
    env.sh("mkfifo data/pipe").success();
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    error: `data/pipe` is a socket, pipe or device
    hint: move it away, or name it in `.mldataignore`
    [exit code 3]
    ");
    env.remove("data/pipe");
    for target in ["/etc/passwd", "../../outside", "../.git/config"] {
        env.link(target, "data/link");
        let output = env.mldata(["add", "data"]).code(3);
        assert!(output.stderr_text().contains("`data/link`"), "{output}");
        env.remove("data/link");
    }
    env.link("../../outside", "data/link");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    error: `data/link` is a symbolic link to `../../outside`, which leads out of the repository
    hint: put what it points to in its place, or name it in `.mldataignore`
    [exit code 3]
    ");
    assert!(!env.exists("data.mldata") && !env.exists(".gitignore"));
    // As it says: named in .mldataignore, it is not there.
    env.write(".mldataignore", "/data/link\n");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    Added `data`: 1 file, 1 B.
    hint: to commit this, run `git add data.mldata .gitignore`
    [ok]
    ");
}

#[test]
fn names_that_cannot_be_targets() {
    let env = TestEnv::prepared();
    let long = "n".repeat(249);
    for name in [&long[..], "line\nbreak", "cr\rname"] {
        env.write(name, "x");
        let output = env.mldata(["add", name]).code(3);
        assert!(output.stderr_text().contains("cannot be a target"), "{output}");
        env.write(format!("dir/{name}"), "x");
    }
    env.write("x.mldata", "not a pointer");
    assert_snapshot!(env.mldata(["add", "x.mldata"]), @"
    [stderr]
    error: `x` does not exist
    hint: `git mldata status` shows what is tracked
    [exit code 3]
    ");
    env.write("dir/x.mldata", "data like any other");
    env.write(format!("{}/x", "m".repeat(248)), "x");
    env.mldata(["add", "dir", &"m".repeat(248)]).success();
    let before = env.tree("dir");
    env.remove("dir");
    env.mldata(["checkout"]).success();
    assert_eq!(env.tree("dir"), before);
}
