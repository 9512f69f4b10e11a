//! `git mldata add`.

use insta::assert_snapshot;

use crate::common::TestEnv;

#[test]
fn pointers_and_ignore_lines_stand_beside_the_data() {
    let env = TestEnv::prepared();
    env.write("data/raw/a.csv", "1,2\n");
    env.write("data/raw/sub/b.csv", "3,4\n");
    env.write("model.bin", "weights");
    assert_snapshot!(env.mldata(["add", "data/raw", "model.bin"]), @"
    [stderr]
    Added `data/raw`: 2 files, 8 B.
    Added `model.bin`: 7 B.
    hint: to commit this, run `git add data/raw.mldata model.bin.mldata .gitignore data/.gitignore`
    [ok]
    ");
    assert_snapshot!(env.read_text("data/raw.mldata"), @"
    mldata: 1
    tree: sha256:91dc6d0364f14284a680f12682378e72f2cd51a5b7560a1f9ebe3b19b1a66554
    size: 8
    files: 2
    ");
    assert_snapshot!(env.read_text("model.bin.mldata"), @"
    mldata: 1
    oid: sha256:9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c
    size: 7
    ");
    assert_eq!(env.read_text("data/.gitignore"), "/raw\n");
    assert_eq!(env.read_text(".gitignore"), "/model.bin\n");
    assert_snapshot!(env.git_status(), @"
    ?? .gitignore
    ?? data/.gitignore
    ?? data/raw.mldata
    ?? model.bin.mldata
    ");
    assert_snapshot!(env.mldata(["add", "data/raw"]), @"
    [stderr]
    Nothing to do: no tracked data has changed.
    [ok]
    ");
    assert_snapshot!(env.mldata(["add"]), @"
    [stderr]
    Nothing to do: no tracked data has changed.
    [ok]
    ");
}

#[test]
fn the_command_to_type_works_as_it_is_printed() {
    let mut env = TestEnv::prepared();
    env.write("it's/a dir/x", "x");
    env.write("it's/y", "y");
    env.cd("repo/it's");
    let output = env.mldata(["add", "a dir", "y"]).success();
    assert_snapshot!(output, @"
    [stderr]
    Added `a dir`: 1 file, 1 B.
    Added `y`: 1 B.
    hint: to commit this, run `git add 'a dir.mldata' y.mldata .gitignore`
    [ok]
    ");
    let text = output.stderr_text();
    let command = text.split_once("run `").unwrap().1.rsplit_once('`').unwrap().0;
    env.sh(command).success();
    assert_eq!(env.git_status(), "A  .gitignore\nA  \"a dir.mldata\"\nA  y.mldata\n",);
}

#[test]
fn targets_of_every_kind() {
    let mut env = TestEnv::tracked();
    // A file, a path inside, a pointer's name, a glob.
    env.write("model", "better weights\n");
    assert_snapshot!(env.mldata(["add", "model"]), @"
    [stderr]
    Updated `model`: 15 B.
    hint: to commit this, run `git add model.mldata`
    [ok]
    ");
    env.write("data/a", "A\n");
    env.write("data/b", "B\n");
    assert_snapshot!(env.mldata(["add", "data/a"]), @"
    [stderr]
    Updated `data`: 3 files, 6 B.
    hint: to commit this, run `git add data.mldata`
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     M data/b
    [ok]
    ");
    assert_snapshot!(env.mldata(["add", "data.mldata"]), @"
    [stderr]
    Updated `data`: 3 files, 6 B.
    hint: to commit this, run `git add data.mldata`
    [ok]
    ");
    env.write("data/sub/c", "C\n");
    env.write("data/sub/d", "D\n");
    assert_snapshot!(env.mldata(["add", "data/sub/[c]"]), @"
    [stderr]
    Updated `data`: 3 files, 6 B.
    hint: to commit this, run `git add data.mldata`
    [ok]
    ");
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     A data/sub/d
    [ok]
    ");
    env.write("m1", "1");
    env.write("m2", "2");
    assert_snapshot!(env.mldata(["add", "m?"]), @"
    [stderr]
    Added `m1`: 1 B.
    Added `m2`: 1 B.
    hint: to commit this, run `git add m1.mldata m2.mldata .gitignore`
    [ok]
    ");
    assert_snapshot!(env.mldata(["add", "nothing*"]), @"
    [stderr]
    error: `nothing*` matches nothing that is tracked
    hint: `git mldata status --unchanged` lists what is tracked
    [exit code 3]
    ");
    // None: all that has changed, from anywhere.
    env.write("model", "best weights\n");
    env.cd("repo/data/sub");
    assert_snapshot!(env.mldata(["add"]), @"
    [stderr]
    Updated `..`: 4 files, 8 B.
    Updated `../../model`: 13 B.
    hint: to commit this, run `git add ../../data.mldata ../../model.mldata`
    [ok]
    ");
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
    // Relative to where it is typed.
    env.write("c", "c again\n");
    assert_snapshot!(env.mldata(["add", "c"]), @"
    [stderr]
    Updated `..`: 4 files, 14 B.
    hint: to commit this, run `git add ../../data.mldata`
    [ok]
    ");
    env.write("c", "c once more\n");
    assert_snapshot!(env.mldata(["add", ".."]), @"
    [stderr]
    Updated `..`: 4 files, 18 B.
    hint: to commit this, run `git add ../../data.mldata`
    [ok]
    ");
}

#[test]
fn a_directory_that_holds_tracked_data_is_refused() {
    let env = TestEnv::prepared();
    env.write("stuff/a/x", "x");
    env.write("stuff/b", "b");
    env.mldata(["add", "stuff/a", "stuff/b"]).success();
    assert_snapshot!(env.mldata(["add", "stuff"]), @"
    [stderr]
    error: `stuff` overlaps with `stuff/a`, which is tracked already
    hint: to track the whole instead, remove the pointer of the part first: `git rm stuff/a.mldata`
    [exit code 3]
    ");
    assert!(!env.exists("stuff.mldata"));
}

#[test]
fn one_entry_of_a_directory_whose_other_files_are_not_here() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.mldata(["init"]).success();
    env.write("data/new", "new\n");
    assert_snapshot!(env.mldata(["add", "data/new"]), @"
    [stderr]
    error: `data/new`: an object is not in the cache: `data/new`
    hint: run `git mldata fetch data/new`
    [exit code 3]
    ");
    // The command that is named brings the directory's listing.
    assert_snapshot!(env.mldata(["fetch", "data/new"]), @"
    [stderr]
    Fetched 1 object, 175 B from `store`.
    [ok]
    ");
    assert_snapshot!(env.mldata(["add", "-n", "data/new"]), @"
    [stderr]
    Would update `data`: 4 files, 10 B.
    [ok]
    ");
    env.remove("data");
    env.mldata(["pull", "data/a"]).success();
    assert_eq!(env.tree("data"), "0755 ./\n0644       2  87428fc  a\n");
    env.write("data/new", "new\n");
    assert_snapshot!(env.mldata(["add", "data/new"]), @"
    [stderr]
    Updated `data`: 4 files, 10 B.
    hint: to commit this, run `git add data.mldata`
    [ok]
    ");
    env.write("data/a", "A\n");
    assert_snapshot!(env.mldata(["add", "data/a"]), @"
    [stderr]
    Updated `data`: 4 files, 10 B.
    hint: to commit this, run `git add data.mldata`
    [ok]
    ");
    env.write("data/deep/er/x", "x\n");
    assert_snapshot!(env.mldata(["add", "data/deep"]), @"
    [stderr]
    Updated `data`: 5 files, 12 B.
    hint: to commit this, run `git add data.mldata`
    [ok]
    ");
    env.remove("data/new");
    assert_snapshot!(env.mldata(["add", "data/new"]), @"
    [stderr]
    Updated `data`: 4 files, 8 B.
    hint: to commit this, run `git add data.mldata`
    [ok]
    ");
    // Not here and never was: nothing to record, and no reason to forget it.
    assert_snapshot!(env.mldata(["add", "data/b"]), @"
    [stderr]
    error: `data/b` does not exist
    hint: `git mldata status` shows what is tracked
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    Nothing to do: no tracked data has changed.
    [ok]
    ");
    env.mldata(["push"]).success();
    env.commit("one entry");
    env.mldata(["pull"]).success();
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0644       2  06f961b  a
    0644       2  0263829  b
    0755 deep/
    0755 deep/er/
    0644       2  73cb385  deep/er/x
    0755 sub/
    0644       2  a3a5e71  sub/c
    ");
}

#[test]
fn an_entry_that_was_never_checked_out_is_not_overwritten() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.mldata(["fetch"]).success();
    env.write("data/a", "mine\n");
    let before = env.read("data.mldata");
    assert_snapshot!(env.mldata(["add", "data/a"]), @"
    [stderr]
    error: `data/a` was never checked out here and differs from its pointer
    hint: move it away, then check out: `git mldata checkout data/a`
    hint: or record what is here instead: `git mldata add --force data/a`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    error: `data` was never checked out here and differs from its pointer
    hint: move it away, then check out: `git mldata checkout data`
    hint: or record what is here instead: `git mldata add --force data`
    [exit code 3]
    ");
    assert_eq!(env.read("data.mldata"), before);
    // Refused content is nowhere else, so that nothing may overwrite it.
    assert_snapshot!(env.mldata(["pull", "data/b"]), @"
    [stderr]
    error: cannot check out `data`: content that is nowhere else stands in the way: `data/a`
    hint: move it away, or commit it on the branch that it belongs to
    hint: `git mldata checkout --force data` puts it aside; `git mldata recover` brings it back
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Checked out `model`: 1 file written.
    error: cannot check out `data`: content that is nowhere else stands in the way: `data/a`
    hint: move it away, or commit it on the branch that it belongs to
    hint: `git mldata checkout --force data` puts it aside; `git mldata recover` brings it back
    [exit code 3]
    ");
    assert_eq!(env.read_text("data/a"), "mine\n");
    assert_snapshot!(env.mldata(["add", "data/a"]), @"
    [stderr]
    error: `data/a` was never checked out here and differs from its pointer
    hint: move it away, then check out: `git mldata checkout data/a`
    hint: or record what is here instead: `git mldata add --force data/a`
    [exit code 3]
    ");
    assert_eq!(env.read("data.mldata"), before);
    assert_snapshot!(env.mldata(["add", "--force", "data/a"]), @"
    [stderr]
    Updated `data`: 3 files, 9 B.
    hint: to commit this, run `git add data.mldata`
    [ok]
    ");
}

#[test]
fn names_with_every_special_character_come_and_go() {
    let env = TestEnv::prepared();
    for name in ["-dash", "*?[]", "#x", "!y", " lead", "trail ", "quo\"te", "back\\slash", "é{a,b}"]
    {
        env.write(name, name);
        env.write(format!("dir/{name}"), name);
        env.mldata(["add", "--", name]).success();
    }
    env.mldata(["add", "dir"]).success();
    env.commit("names");
    assert_eq!(env.git_status(), "");
    let tracked = env.git(["-c", "core.quotePath=off", "ls-files", "-z"]).success().stdout_text();
    let data = |name: &str| !name.ends_with(".mldata") && !name.starts_with('.');
    let leaked: Vec<_> = tracked.split('\0').filter(|n| !n.is_empty() && data(n)).collect();
    assert_eq!(leaked, [""; 0]);
    let before = env.tree("dir");
    env.remove("dir");
    env.remove("#x");
    env.mldata(["checkout"]).success();
    assert_eq!(env.tree("dir"), before);
    assert_eq!(env.read_text("#x"), "#x");
}

#[test]
fn good_targets_succeed_beside_bad_ones() {
    let env = TestEnv::prepared();
    env.write("good/x", "x");
    env.write("bad/x", "x");
    env.sh("mkfifo bad/pipe").success();
    assert_snapshot!(env.mldata(["add", "absent", "bad", "good"]), @"
    [stderr]
    Added `good`: 1 file, 1 B.
    hint: to commit this, run `git add good.mldata .gitignore`
    error: `absent` does not exist
    hint: `git mldata status` shows what is tracked
    error: `bad/pipe` is a socket, pipe or device
    hint: move it away, or name it in `.mldataignore`
    [exit code 3]
    ");
    assert!(env.exists("good.mldata") && !env.exists("bad.mldata"));
    assert_eq!(env.read_text(".gitignore"), "/good\n");
    assert_eq!(env.git_status(), "?? .gitignore\n?? bad/x\n?? good.mldata\n");
    assert!(env.sh("find . -name '*.tmp*' -o -name '.mldata-*'").success().stdout.is_empty());
    let left = env.sh("ls -A .git/mldata/tmp").success();
    assert_eq!(left.stdout_text(), "");
}

#[test]
fn a_dry_run_writes_nothing() {
    let env = TestEnv::tracked();
    env.write("data/a", "changed\n");
    env.write("more/x", "x");
    let large = vec![7; 100_000];
    env.write("more/large", &large);
    let before = env.tree(".git/mldata/packs") + &env.tree(".git/mldata/objects");
    let worktree = env.identities(".");
    let index = env.read(".git/mldata/index");
    assert_snapshot!(env.mldata(["add", "-n", "data", "more"]), @"
    [stderr]
    Would update `data`: 3 files, 12 B.
    Would add `more`: 2 files, 97.66 KiB.
    [ok]
    ");
    assert_eq!(env.tree(".git/mldata/packs") + &env.tree(".git/mldata/objects"), before);
    assert_eq!(env.identities("."), worktree);
    assert_eq!(env.read(".git/mldata/index"), index);
    let told = env.mldata(["add", "-n", "--json", "more"]).success().json();
    let done = env.mldata(["add", "--json", "more"]).success().json();
    assert_eq!(told["targets"], done["targets"]);
}

#[test]
fn reports_as_json() {
    let mut env = TestEnv::tracked();
    env.write("data/a", "changed\n");
    env.write("data/new/x", "x");
    env.cd("repo/data");
    assert_snapshot!(env.mldata(["add", "--json", "../data", "../model", "../absent"]), @r#"
    {
      "dry_run": false,
      "targets": [
        {
          "path": ".",
          "pointer": "../data.mldata",
          "state": "changed",
          "oid": "sha256:cbef365…",
          "size": 13,
          "files": 4
        },
        {
          "path": "../model",
          "pointer": "../model.mldata",
          "state": "unchanged",
          "oid": "sha256:1b465fa…",
          "size": 8,
          "files": 1
        }
      ],
      "to_commit": [
        "../data.mldata"
      ],
      "staged": false,
      "errors": [
        "`absent` does not exist"
      ]
    }
    [stderr]
    error: `absent` does not exist
    hint: `git mldata status` shows what is tracked
    [exit code 3]
    "#);
}

#[test]
fn autostage_stages_what_was_written_and_nothing_else() {
    let env = TestEnv::prepared();
    env.configure("mldata.autostage", "true");
    env.write("data/a", "a");
    env.write("other", "o");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    Added `data`: 1 file, 1 B.
    [ok]
    ");
    assert_eq!(env.git_status(), "A  .gitignore\nA  data.mldata\n?? other\n");
    env.git(["commit", "--quiet", "-m", "data"]).success();
    env.write("data/a", "b");
    env.mldata(["add"]).success();
    assert_eq!(env.git_status(), "M  data.mldata\n?? other\n");
}

#[test]
fn mldataignore_keeps_names_out_of_data() {
    let env = TestEnv::prepared();
    env.write(".mldataignore", "*.tmp\n/data/cache/\n!keep.tmp\n");
    env.write(".gitignore", "*.csv\n");
    for name in ["a.csv", "b.tmp", "keep.tmp", "cache/x", "sub/cache/y", "sub/c.tmp"] {
        env.write(format!("data/{name}"), name);
    }
    // Inside of data it is data.
    env.write("data/.mldataignore", "*\n");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    Added `data`: 4 files, 26 B.
    hint: to commit this, run `git add data.mldata .gitignore`
    [ok]
    ");
    let before = env.tree("data");
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
    std::fs::rename(env.dir().join("data"), env.dir().join("moved")).unwrap();
    env.mldata(["checkout"]).success();
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0644       2  cdbcae1  .mldataignore
    0644       5  32f29f3  a.csv
    0644       8  9e68a4c  keep.tmp
    0755 sub/
    0755 sub/cache/
    0644      11  1b78e9e  sub/cache/y
    ");
    // What is ignored stands in nobody's way and is not removed.
    env.remove("data");
    std::fs::rename(env.dir().join("moved"), env.dir().join("data")).unwrap();
    env.mldata(["checkout"]).success();
    assert_eq!(env.tree("data"), before);
}

#[test]
fn what_others_wrote_into_a_pointer_survives() {
    let env = TestEnv::tracked();
    let text = env.read_text("data.mldata");
    let lines: Vec<&str> = text.lines().collect();
    let theirs = format!(
        "# made by hand\n{}\nowner: 'me'  # who\n{}\n{}\nlabels: [x, y]\n{}\nmeta: {{a: 1}}\n",
        lines[0], lines[1], lines[2], lines[3]
    );
    env.write("data.mldata", &theirs);
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
    env.write("data/a", "changed\n");
    env.mldata(["add"]).success();
    let after = env.read_text("data.mldata");
    assert_ne!(after, theirs);
    assert_snapshot!(after, @"
    # made by hand
    mldata: 1
    owner: 'me'  # who
    tree: sha256:303b8b690de6eaab3c95d52501374d854126e8efff2891f6d2535171788d1fc9
    size: 12
    files: 3
    labels: [x, y]
    meta: {a: 1}
    ");
}

#[test]
fn conflict_markers_fail_only_their_own_path() {
    let env = TestEnv::tracked();
    let text = env.read_text("model.mldata");
    env.write("model.mldata", format!("<<<<<<< ours\n{text}=======\n{text}>>>>>>> theirs\n"));
    env.write("data/a", "changed\n");
    assert_snapshot!(env.mldata(["add"]), @"
    [stderr]
    Updated `data`: 3 files, 12 B.
    hint: to commit this, run `git add data.mldata`
    error: `model.mldata`: pointer has conflict markers; resolve the merge, then `git add` it
    hint: take one side, `git checkout --ours model.mldata` or `--theirs`, then `git mldata checkout`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    error: `model.mldata`: pointer has conflict markers; resolve the merge, then `git add` it
    hint: take one side, `git checkout --ours model.mldata` or `--theirs`, then `git mldata checkout`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    Nothing to do: no tracked data has changed.
    [ok]
    ");
    assert_snapshot!(env.mldata(["add", "model"]), @"
    [stderr]
    error: `model.mldata`: pointer has conflict markers; resolve the merge, then `git add` it
    hint: take one side, `git checkout --ours model.mldata` or `--theirs`, then `git mldata checkout`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    error: `model.mldata`: pointer has conflict markers; resolve the merge, then `git add` it
    hint: take one side, `git checkout --ours model.mldata` or `--theirs`, then `git mldata checkout`
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["push"]), @"
    [stderr]
    Pushed 5 objects, 250 B (4.12 KiB sent) to `store`.
    error: `model.mldata`: pointer has conflict markers; resolve the merge, then `git add` it
    hint: take one side, `git checkout --ours model.mldata` or `--theirs`, then `git mldata checkout`
    [exit code 3]
    ");
}

#[test]
fn a_pointer_of_a_later_version_is_named() {
    let env = TestEnv::tracked();
    let text = env.read_text("model.mldata").replace("mldata: 1", "mldata: 2");
    env.write("model.mldata", &text);
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    error: `model.mldata`: pointer has version 2, this program reads up to 1; upgrade git-ml
    hint: `git log -p -- model.mldata` shows how it came about
    [exit code 3]
    ");
    env.mldata(["add", "model"]).code(3);
    env.mldata(["checkout"]).code(3);
    assert_eq!(env.read_text("model.mldata"), text);
    assert_eq!(env.read_text("model"), "weights\n");
}

#[test]
fn a_partial_checkout_is_no_deletion() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.mldata(["pull", "data/a"]).success();
    env.write("data/a", "changed\n");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    Updated `data`: 3 files, 12 B.
    hint: to commit this, run `git add data.mldata`
    [ok]
    ");
    env.mldata(["pull"]).success();
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0644       8  7f8b1df  a
    0644       2  0263829  b
    0755 sub/
    0644       2  a3a5e71  sub/c
    ");
    env.remove("data/b");
    env.mldata(["add"]).success();
    assert_snapshot!(env.mldata(["status", "--unchanged"]), @"
    data: unchanged
    model: unchanged
    [ok]
    ");
    assert_snapshot!(env.read_text("data.mldata"), @"
    mldata: 1
    tree: sha256:b29f2564fcc6633a12cb130ebe7469edba322057792cbc126218f4cef2fd493d
    size: 10
    files: 2
    ");
}

#[test]
fn executable_bits_links_and_what_is_empty_are_recorded() {
    let env = TestEnv::prepared();
    env.write("data/run.sh", "#!/bin/sh\n");
    env.chmod("data/run.sh", 0o755);
    env.write("data/empty", "");
    std::fs::create_dir_all(env.dir().join("data/hollow/deeper")).unwrap();
    env.link("run.sh", "data/link");
    env.link("nowhere", "data/dangling");
    env.write("tool", "#!/bin/sh\n");
    env.chmod("tool", 0o755);
    env.mldata(["add", "data", "tool"]).success();
    assert!(env.read_text("tool.mldata").contains("exec: true\n"));
    let before = env.tree("data");
    env.remove("data");
    env.remove("tool");
    env.mldata(["checkout"]).success();
    assert_eq!(env.tree("data"), before);
    assert_eq!(env.tree("tool"), "0755      10  a8076d3  .\n");
    // The bit alone is a change.
    env.chmod("tool", 0o644);
    env.chmod("data/empty", 0o755);
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     M data/empty
     M tool
    [ok]
    ");
    assert_snapshot!(env.mldata(["add"]), @"
    [stderr]
    Updated `data`: 4 files, 23 B.
    Updated `tool`: 10 B.
    hint: to commit this, run `git add data.mldata tool.mldata`
    [ok]
    ");
    assert!(!env.read_text("tool.mldata").contains("exec"));
}

#[test]
fn names_that_are_one_on_other_systems_are_told() {
    let env = TestEnv::prepared();
    env.write("data/Readme", "a");
    env.write("data/README", "b");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    Added `data`: 2 files, 2 B.
    warning: `data/README` and `data/Readme` are one name on some file systems; they cannot both be checked out there
    hint: to commit this, run `git add data.mldata .gitignore`
    [ok]
    ");
}

#[test]
fn add_works_before_the_first_commit_and_without_init() {
    let env = TestEnv::new();
    env.write("data/x", "x");
    assert_snapshot!(env.mldata(["add", "data"]), @"
    [stderr]
    Added `data`: 1 file, 1 B.
    hint: to commit this, run `git add data.mldata .gitignore`
    [ok]
    ");
    env.commit("first");
    assert_snapshot!(env.mldata(["status", "--unchanged"]), @"
    data: unchanged
    [ok]
    ");
}

#[test]
fn a_renamed_pointer_renames_the_target() {
    let env = TestEnv::tracked();
    env.git(["mv", "model.mldata", "renamed.mldata"]).success();
    assert_snapshot!(env.mldata(["status"]), @"
    model:
      its pointer is gone (restore the pointer, or remove the data)
    renamed:
      1 file not checked out (git mldata checkout)
    [ok]
    ");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Removed `model`, which this commit does not have.
    Checked out `renamed`: 1 file written.
    [ok]
    ");
    assert_eq!(env.read_text("renamed"), "weights\n");
}

#[test]
fn a_pointer_that_only_lies_there_is_not_overwritten() {
    let env = TestEnv::tracked();
    env.git(["rm", "--quiet", "--cached", "model.mldata"]).success();
    env.remove(".git/mldata/index");
    let theirs = format!("{}desc: the best\n", env.read_text("model.mldata"));
    env.write("model.mldata", &theirs);
    env.write("model", "other\n");
    assert_snapshot!(env.mldata(["add", "model"]), @"
    [stderr]
    error: `model` was never checked out here and differs from its pointer
    hint: move it away, then check out: `git mldata checkout model`
    hint: or record what is here instead: `git mldata add --force model`
    [exit code 3]
    ");
    assert_eq!(env.read_text("model.mldata"), theirs);
    env.write("model", "weights\n");
    assert_snapshot!(env.mldata(["add", "model"]), @"
    [stderr]
    Nothing to do: no tracked data has changed.
    [ok]
    ");
    env.write("model", "other\n");
    env.mldata(["add", "model"]).success();
    assert!(env.read_text("model.mldata").ends_with("desc: the best\n"));
}

#[test]
fn messages_name_paths_as_they_are_typed_here() {
    let mut env = TestEnv::tracked();
    env.write("data/a", "second\n");
    env.mldata(["add"]).success();
    env.commit("second");
    env.git(["-c", "core.hooksPath=/dev/null", "reset", "--quiet", "--hard", "HEAD~"]).success();
    env.cd("repo/data/sub");
    let output = env.mldata(["add"]).code(3);
    assert!(output.stderr_text().contains("git mldata checkout ..`"), "{output}");
}

#[test]
fn jobs_bound_the_threads_and_change_nothing() {
    let env = TestEnv::prepared();
    for n in 0..50 {
        env.write(format!("one/{n}"), format!("{n}"));
        env.write(format!("two/{n}"), format!("{n}"));
    }
    env.mldata(["add", "-j", "1", "one"]).success();
    env.mldata(["add", "-j", "4", "two"]).success();
    assert_eq!(env.read("one.mldata"), env.read("two.mldata"));
}
