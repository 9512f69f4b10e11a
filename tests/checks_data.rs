//! Checks of data on what is staged, by `mlhook-data` and as a Git hook.

use insta::assert_snapshot;

use crate::common::TestEnv;

const NOTHING: [&str; 0] = [];

#[test]
fn a_big_file_is_found_as_it_is_staged() {
    let env = TestEnv::new();
    env.git(["commit", "--quiet", "--allow-empty", "-m", "first"]).success();
    env.write("model.bin", vec![7; (5 << 20) + 1]);
    env.mlhook("data", NOTHING).success();
    env.git(["add", "model.bin"]).success();
    // Only what is staged counts.
    env.write("model.bin", "small");
    assert_snapshot!(env.mlhook("data", NOTHING), @r"
    model.bin: big-file 5.1 MiB going into Git as blob 89523f4…; the file has changed since
    [stderr]
    hint: git rm -q -f --cached model.bin && git mldata add model.bin
    1 finding in 1 of 1 file
    [exit code 1]
    ");
    env.mldata(["hook", "pre-commit"]).code(1);
    env.git(["config", "mlhook.data.big-file", "off"]).success();
    env.mldata(["hook", "pre-commit"]).success();
}

#[test]
fn hints_for_big_files_work_as_they_stand() {
    use std::os::unix::ffi::OsStrExt as _;
    for name in [&b"model.bin"[..], b"a b's.bin", b"-n", b"\xff.bin", b"$HOME"] {
        let env = TestEnv::prepared();
        env.configure("mlhook.data.limit", "1000");
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(name));
        env.write(path, [7; 1001]);
        env.git(["add", "--all"]).success();
        let hints = env.hints();
        env.sh(&hints[0]).success();
        env.git(["add", "--all"]).success();
        env.mlhook("data", NOTHING).success();
        assert_eq!(env.read(path), [7; 1001]);
    }
}

#[test]
fn what_cannot_be_data_stays_staged() {
    let env = TestEnv::prepared();
    env.configure("mlhook.data.limit", "1000");
    let long = "x".repeat(250);
    for name in ["new\nline", "x.mldata", &long, "dir/a", "dir/b\n"] {
        env.write(name, [7; 1001]);
    }
    env.git(["add", "--all"]).success();
    let hints = env.hints();
    let commands: Vec<&String> = hints.iter().filter(|hint| hint.contains("git rm")).collect();
    assert_eq!(commands, ["git rm -q --cached dir/a && git mldata add dir/a"]);
    let others = hints.iter().filter(|hint| hint.starts_with("give it another name")).count();
    assert_eq!(others, 4, "{hints:?}");
}

#[test]
fn a_directory_of_big_files_is_one_command_from_wherever_it_is_typed() {
    let mut env = TestEnv::prepared();
    env.configure("mlhook.data.limit", "1000");
    env.write("small", "x");
    for name in ["set/train/a", "set/train/b", "set/test/c", "other/d"] {
        env.write(name, [7; 1001]);
    }
    env.write("other/README", "text");
    env.git(["add", "--all"]).success();
    env.cd(env.dir().join("other"));
    assert_eq!(
        env.hints(),
        [
            "git rm -q --cached d && git mldata add d",
            "git rm -r -q --cached ../set && git mldata add ../set"
        ]
    );
    for hint in env.hints() {
        env.sh(&hint).success();
    }
    env.git(["add", "--all", ":/"]).success();
    env.mlhook("data", NOTHING).success();
}

#[test]
fn what_git_has_already_is_not_big() {
    let env = TestEnv::new();
    env.write("a", [7; 200]);
    env.write("b", [8; 200]);
    env.commit("before there were checks");
    env.configure("mlhook.data.limit", "100");
    env.git(["mv", "a", "moved"]).success();
    env.write("b", [8; 150]);
    env.git(["add", "--all"]).success();
    assert_eq!(env.rules(), "");
    env.write("b", [8; 201]);
    env.git(["add", "b"]).success();
    // A copy is no move: but nor is it new to Git's storage, which the check cannot know cheaply.
    env.write("copy", [7; 200]);
    env.git(["add", "copy"]).success();
    assert_eq!(env.rules(), "big-file b");
    env.git(["rm", "-q", "--cached", "moved"]).success();
    env.git(["rm", "-q", "--cached", "b"]).success();
    assert_eq!(env.rules(), "");
}

#[test]
fn many_files_are_big_together() {
    let env = TestEnv::new();
    env.configure("mlhook.data.limit", "100");
    env.configure("mlhook.data.total-limit", "250");
    for name in ["a", "b", "c"] {
        env.write(name, [7; 90]);
    }
    env.git(["add", "a", "b"]).success();
    assert_eq!(env.rules(), "");
    env.git(["add", "c"]).success();
    assert_snapshot!(env.mlhook("data", NOTHING), @r"
    c: big-commit 270 bytes in 3 files going into Git; this is the largest
    [stderr]
    hint: track directories of data with `git mldata add` instead
    1 finding in 1 of 3 files
    [exit code 1]
    ");
    // One directory that has most of it is one command.
    env.git(["reset", "-q"]).success();
    env.sh("mkdir -p data/raw && mv a b c data/raw && echo x >data/README && git add --all")
        .success();
    assert_eq!(env.hints(), ["git rm -r -q --cached data/raw && git mldata add data/raw"]);
    env.sh("git reset -q && mv data/raw/* . && rm -r data && git add --all").success();
    env.git(["commit", "-qm", "so be it"]).success();
    // They are there now, whatever they are called; and all files of a state are no commit.
    env.sh("mkdir d && git mv a b c d").success();
    assert_eq!(env.rules(), "");
    env.mlhook("data", ["--all"]).success();
}

#[test]
fn data_is_not_staged_raw_beside_its_pointer() {
    let env = TestEnv::tracked();
    assert_eq!(env.rules(), "");
    env.write("data/new", "x");
    env.git(["add", "--force", "data/new", "data/a", "model"]).success();
    // What is in the worktree says nothing, either way.
    env.remove("data/new");
    assert_eq!(env.rules(), "raw-data data/a, raw-data model");
    assert_eq!(
        env.messages(),
        [
            "2 files of `data` are in Git as they are, though `data.mldata` tracks it",
            "is in Git as it is, though `model.mldata` tracks it"
        ]
    );
    for hint in env.hints() {
        env.sh(&hint).success();
    }
    assert_eq!(env.rules(), "");
    assert!(env.exists("data/a") && env.exists("model"));
    env.write("data/new", "x");
    env.write("data-2", "beside it");
    env.git(["add", "data-2"]).success();
    assert_eq!(env.rules(), "");
}

#[test]
fn a_new_pointer_for_what_git_has_is_found() {
    let env = TestEnv::tracked();
    env.write("raw", "old");
    env.git(["add", "raw"]).success();
    env.git(["commit", "-qm", "raw"]).success();
    env.sh("cp model.mldata raw.mldata && git add raw.mldata").success();
    assert_eq!(env.rules(), "raw-data raw");
    // A change of something else has nothing to do with it.
    env.git(["commit", "-qnm", "both"]).success();
    env.write("other", "x");
    env.git(["add", "other"]).success();
    assert_eq!(env.rules(), "");
    assert!(env.mlhook("data", ["--all"]).code(1).stdout_text().starts_with("raw: raw-data "));
}

#[test]
fn a_pointer_is_read_as_it_is_staged() {
    let env = TestEnv::tracked();
    let good = env.read_text("model.mldata");
    for (text, rule) in [
        ("mldata: 1\n", "pointer model.mldata"),
        ("mldata: 1\noid: sha256:00\nsize: 1\n", "pointer model.mldata"),
        ("mldata: 1\nsize: [\n", "pointer model.mldata:2"),
        ("mldata: 2\nwhat: ever\n", "pointer model.mldata"),
        (
            "mldata: 1\n<<<<<<< ours\nsize: 1\n=======\nsize: 2\n>>>>>>> theirs\n",
            "pointer model.mldata:2",
        ),
        ("", "pointer model.mldata"),
    ] {
        env.write("model.mldata", text);
        env.git(["add", "model.mldata"]).success();
        env.write("model.mldata", &good);
        assert_eq!(env.rules(), rule, "{text:?}: {:?}", env.messages());
        env.mlhook("data", NOTHING).code(1);
    }
    env.write("model.mldata", &good);
    env.git(["add", "model.mldata"]).success();
    env.write("model.mldata", "no pointer");
    assert_eq!(env.rules(), "");
    env.write("model.mldata", vec![b' '; 100 << 20]);
    env.git(["add", "model.mldata"]).success();
    assert_eq!(env.rules(), "big-file model.mldata, pointer model.mldata");
}

#[test]
fn pointers_are_files_with_names_that_data_may_have() {
    use std::os::unix::ffi::OsStrExt as _;
    let env = TestEnv::tracked();
    let odd = std::path::Path::new(std::ffi::OsStr::from_bytes(b"\xff\x1b.mldata"));
    env.write(odd, env.read("model.mldata"));
    assert_eq!(env.rules(), "");
    env.git(["add", "--all"]).success();
    assert_eq!(env.rules(), "");
    env.link("model.mldata", "link.mldata");
    env.write(".mldata", "mldata: 1\n");
    env.write("sub/a.mldata.mldata", env.read("model.mldata"));
    env.write(odd, "broken");
    env.git(["add", "--all"]).success();
    let rules = env.rules();
    let names = ["pointer .mldata", "pointer link.mldata", "pointer sub/a.mldata.mldata"];
    assert!(names.iter().all(|name| rules.contains(name)), "{rules}");
    assert!(rules.contains("\\xff\\u{1b}.mldata"), "{rules}");
}

#[test]
fn one_pointer_does_not_lie_in_what_another_tracks() {
    let env = TestEnv::tracked();
    let pointer = env.read("model.mldata");
    env.write("data/inner.mldata", &pointer);
    env.git(["add", "--force", "data/inner.mldata"]).success();
    assert_eq!(env.rules(), "raw-data data/inner.mldata, pointer data/inner.mldata");
    env.sh(&env.hints()[0]).success();
    env.remove("data/inner.mldata");
    assert_eq!(env.rules(), "");
    env.write("deep/er/x.mldata", &pointer);
    env.git(["add", "--force", "deep"]).success();
    env.git(["commit", "-qnm", "deep"]).success();
    env.sh("cp data.mldata deep.mldata && git add deep.mldata").success();
    assert!(env.rules().starts_with("pointer deep.mldata"), "{}", env.rules());
    assert_eq!(env.messages()[0], "`deep/er/x.mldata` tracks something in `deep` already");
}

#[test]
fn a_pointer_to_data_that_is_nowhere_is_told_and_stops_nothing() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.mldata(["init"]).success();
    // Its data is not here, and it was not before.
    env.git(["mv", "model.mldata", "renamed.mldata"]).success();
    assert_eq!(env.rules(), "");
    let other = "mldata: 1\noid: sha256:".to_owned() + &"ab".repeat(32) + "\nsize: 3\n";
    env.write("data.mldata", &other);
    env.git(["add", "data.mldata"]).success();
    env.write("data.mldata", "nothing that matters");
    assert_snapshot!(env.mlhook("data", NOTHING), @r"
    data.mldata: warning: pointer-data its data is not in the cache: if no remote has it, nobody can get it
    [stderr]
    hint: git mldata fetch data
    1 warning in 1 of 2 files
    [ok]
    ");
    env.configure("mlhook.data.pointer-data", "error");
    env.mlhook("data", NOTHING).code(1);
}

#[test]
fn the_first_commit_and_merges_are_checked_for_what_they_bring() {
    let env = TestEnv::new();
    env.mldata(["init"]).success();
    env.write("model", "weights");
    env.mldata(["add", "model"]).success();
    env.git(["add", "--all"]).success();
    env.git(["add", "--force", "model"]).success();
    assert_eq!(env.rules(), "raw-data model");
    env.sh(&env.hints()[0]).success();
    env.git(["commit", "-qm", "first"]).success();
    env.git(["switch", "-qc", "theirs"]).success();
    env.write("bad.mldata", "broken");
    env.git(["add", "bad.mldata"]).success();
    env.git(["commit", "-qnm", "bad"]).success();
    env.git(["switch", "-q", "-"]).success();
    env.write("b", "b");
    env.git(["add", "b"]).success();
    env.git(["commit", "-qm", "ours"]).success();
    // What a parent has was checked there.
    env.git(["merge", "-q", "--no-commit", "--no-ff", "theirs"]).success();
    assert_eq!(env.rules(), "");
    env.write("worse.mldata", "broken");
    env.git(["add", "worse.mldata"]).success();
    assert_eq!(env.rules(), "pointer worse.mldata");
}

#[test]
fn data_that_was_changed_and_not_added_is_told() {
    let env = TestEnv::tracked();
    env.write("x", "x");
    env.git(["add", "x"]).success();
    assert_eq!(env.rules(), "");
    env.write("model", "other weights\n");
    assert_eq!(env.rules(), "uncommitted-data model");
    env.mlhook("data", NOTHING).success();
    env.sh(&env.hints()[0]).success();
    assert_eq!(env.rules(), "");
    // Of the same size, it takes somebody who reads it.
    env.write("model", "OTHER weights\n");
    assert_eq!(env.rules(), "");
}
