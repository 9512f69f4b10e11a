//! What must not be lost or undone, whatever order the commands come in.

use crate::common::{TestEnv, filesystems};

/// `d` with `a`, `b`, `sub/x` and `sub/y`, committed.
fn with_data() -> TestEnv {
    let env = TestEnv::new();
    env.configure("mldata.cache", env.root().join("cache").to_str().unwrap());
    for name in ["a", "b", "sub/x", "sub/y"] {
        env.write(format!("d/{name}"), name);
    }
    env.mldata(["add", "d"]).success();
    env.commit("data");
    env
}

/// A clone that shares the cache and has nothing checked out.
fn clone_without_data() -> TestEnv {
    let mut env = with_data();
    env.clone_to("clone");
    env
}

#[test]
fn deleting_a_directory_deletes_only_what_was_here() {
    for target in ["d", "d/sub"] {
        let env = clone_without_data();
        env.mldata(["checkout", "d/sub/x"]).success();
        env.sh("rm -r d/sub && mkdir -p d").success();
        env.mldata(["add", target]).success();
        env.mldata(["checkout"]).success();
        assert!(!env.exists("d/sub/x"), "{target}");
        assert_eq!(env.read("d/sub/y"), b"sub/y", "{target}");
        env.mldata(["status", "--exit-code"]).success();
    }
}

#[test]
fn a_version_that_was_never_here_is_not_replaced() {
    let env = clone_without_data();
    env.mldata(["checkout", "d/a"]).success();
    env.write("d/b", "mine");
    let before = env.read("d.mldata");
    for target in ["d", "d/b"] {
        let refused = env.mldata(["add", target]).code(3);
        assert!(refused.stderr_text().contains("`d/b` was never checked out"));
        assert_eq!(env.read("d.mldata"), before);
    }
    env.write("d/b", "b");
    env.mldata(["add", "d"]).success();
    assert_eq!(env.read("d.mldata"), before);
    env.write("d/b", "mine");
    env.mldata(["add", "d"]).success();
    assert_ne!(env.read("d.mldata"), before);
}

#[test]
fn forcing_one_path_leaves_the_rest_behind_its_pointer() {
    let env = with_data();
    env.write("d/a", "second");
    env.mldata(["add", "d"]).success();
    env.commit("second");
    env.sh("git checkout -q HEAD~ -- d.mldata").success();
    env.mldata(["checkout"]).success();
    env.sh("git checkout -q HEAD -- d.mldata").success();
    env.write("d/b", "mine");
    env.mldata(["add", "--force", "d/b"]).success();
    env.mldata(["add", "d"]).code(3);
    env.mldata(["checkout"]).success();
    assert_eq!(env.read("d/a"), b"second");
    assert_eq!(env.read("d/b"), b"mine");
}

#[test]
fn data_that_no_commit_names_stays() {
    for undo in ["rm d.mldata", "git add -A && git reset -q --hard"] {
        let env = TestEnv::new();
        env.commit("empty");
        env.write("d/a", "precious");
        env.mldata(["add", "d"]).success();
        env.sh(undo).success();
        env.mldata(["checkout"]).success();
        env.mldata(["hook", "post-checkout", "a", "b", "1"]).success();
        assert_eq!(env.read("d/a"), b"precious", "{undo}");
    }
}

#[test]
fn data_of_a_branch_goes_with_it() {
    let env = TestEnv::new();
    env.commit("empty");
    env.sh("git switch -qc other").success();
    env.write("d/a", "known");
    env.mldata(["add", "d"]).success();
    env.commit("data");
    env.sh("git switch -q main").success();
    env.sh("git commit -q --allow-empty -m 1 && git commit -q --allow-empty -m 2").success();
    env.mldata(["checkout"]).success();
    assert!(!env.exists("d"));
}

#[test]
fn nothing_is_written_behind_a_link() {
    let env = TestEnv::new();
    env.write("p/d/a", "a");
    env.mldata(["add", "p/d"]).success();
    env.commit("data");
    env.sh("mv p ../outside && ln -s ../outside p && echo changed > p/d/a").success();
    let before = env.read("../outside/d.mldata");
    env.mldata(["add", "p/d"]).code(3);
    env.mldata(["add"]).code(3);
    assert_eq!(env.read("../outside/d.mldata"), before);
}

#[test]
fn what_a_killed_checkout_moved_away_is_not_deleted_by_add() {
    let mut env = with_data();
    env.write("d/a", "second");
    env.mldata(["add", "d"]).success();
    env.commit("second");
    env.sh("git checkout -q HEAD~ -- d.mldata").success();
    env.mldata(["checkout"]).success();
    env.write("d/a", "unsaved");
    env.write("d/b", "unsaved");
    env.set("MLDATA_FAILPOINTS", "recovery.move=kill@2");
    let killed = env.command(crate::common::BINARY, ["checkout", "--force"]).status().unwrap();
    assert!(!killed.success());
    env.unset("MLDATA_FAILPOINTS");
    env.mldata(["add", "d"]).success();
    assert_eq!(env.read("d/a"), b"unsaved");
    assert!(env.read_text("d.mldata").contains("files: 4"));
}

#[test]
fn more_files_than_may_be_open_are_added() {
    let env = TestEnv::new();
    for at in 0..300 {
        env.write(format!("d/{at}"), format!("{at:020000}"));
        env.write(format!("s/{at}"), format!("{at}"));
    }
    env.sh("ulimit -n 128; git mldata add -j 2 d s/*").success();
    env.mldata(["status", "--exit-code"]).success();
}

#[test]
fn files_that_are_one_inode_are_replaced() {
    let env = with_data();
    env.write("d/a", "one");
    env.write("d/b", "two");
    env.mldata(["add"]).success();
    env.commit("two");
    let newest = env.read("d.mldata");
    env.sh("rm d/b && ln d/a d/b").success();
    env.mldata(["add"]).success();
    env.write("d.mldata", newest);
    env.mldata(["checkout"]).success();
    assert_eq!(env.read("d/b"), b"two");
    env.sh("git checkout -q HEAD~ -- d.mldata; rm d/b; ln d/a d/b").success();
    env.mldata(["checkout"]).success();
    assert_eq!(env.read("d/b"), b"b");
}

#[test]
fn many_paths_of_a_directory_are_added_together() {
    let env = with_data();
    for name in ["a", "b", "sub/x", "sub-y", "new/z"] {
        env.write(format!("d/{name}"), format!("second {name}"));
    }
    let paths = ["d/sub/x", "d/sub", "d/sub-y", "d/new/z", "d/a", "d/a"];
    env.mldata([&["add"][..], &paths].concat()).success();
    let status = env.mldata(["status", "--short"]).success().stdout_text();
    assert_eq!(status.lines().collect::<Vec<_>>(), [" M d/b"]);
    env.sh("rm -r d/sub d/a").success();
    env.mldata(["add", "d/sub/x", "d/sub", "d/a"]).success();
    env.mldata(["add", "d/nothing"]).code(3);
    let status = env.mldata(["status", "--short"]).success().stdout_text();
    assert_eq!(status.lines().collect::<Vec<_>>(), [" M d/b"]);
    assert!(env.read_text("d.mldata").contains("files: 3"));
}

#[test]
fn a_worktree_on_another_file_system_has_no_litter() {
    let Some(mount) = filesystems::mount(filesystems::Kind::Xfs) else { return };
    let mut env = with_data();
    let other = mount.path().join("worktree");
    env.git(["worktree", "add", "-q", "--detach", other.to_str().unwrap()]).success();
    env.cd(&other);
    env.mldata(["checkout"]).success();
    for at in 1..8 {
        env.write("d/a", format!("version {at}"));
        env.set("MLDATA_FAILPOINTS", format!("rename.before=kill@{at}"));
        let _ = env.command(crate::common::BINARY, ["add", "d"]).status().unwrap();
        env.unset("MLDATA_FAILPOINTS");
        let status = env.git(["status", "--short"]).success().stdout_text();
        assert!(["", " M d.mldata\n"].contains(&&status[..]), "{at}: {status}");
        env.mldata(["add", "d"]).success();
    }
    let names = env.sh("ls -A").success().stdout_text();
    assert_eq!(names.lines().collect::<Vec<_>>(), [".git", ".gitignore", "d", "d.mldata"]);
}

#[test]
fn ceilings_elsewhere_are_no_hindrance() {
    let mut env = with_data();
    let elsewhere = env.root().join("home").to_str().unwrap().to_owned();
    env.set("GIT_CEILING_DIRECTORIES", elsewhere);
    env.mldata(["status", "--exit-code"]).success();
}

#[test]
fn a_glob_takes_what_is_in_the_directories_that_it_matches() {
    let env = clone_without_data();
    env.mldata(["checkout", "d/s*"]).success();
    assert!(env.exists("d/sub/x") && env.exists("d/sub/y") && !env.exists("d/a"));
    env.sh("rm d/sub/x").success();
    env.mldata(["checkout", "d/*"]).success();
    env.mldata(["status", "--exit-code"]).success();
}
