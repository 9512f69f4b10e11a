//! `git mldata checkout`.

use insta::assert_snapshot;

use crate::common::TestEnv;

/// A clone of a repository with data, everything fetched and nothing checked out; no hooks.
fn fetched() -> TestEnv {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    env.mldata(["fetch"]).success();
    env
}

/// Moves the pointers without the data, as Git does where no hooks are installed.
fn git_without_hooks(env: &TestEnv, arguments: &[&str]) {
    let arguments = [&["-c", "core.hooksPath=/dev/null"], arguments].concat();
    env.git(arguments).success();
}

#[test]
fn a_clone_gets_everything_and_a_second_checkout_touches_nothing() {
    let env = fetched();
    assert_snapshot!(env.mldata(["checkout", "--dry-run"]), @"
    [stderr]
    Would check out `data`: 3 files written.
    Would check out `model`: 1 file written.
    [ok]
    ");
    assert!(!env.exists("data") && !env.exists("model"));
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Checked out `data`: 3 files written.
    Checked out `model`: 1 file written.
    [ok]
    ");
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0644       2  87428fc  a
    0644       2  0263829  b
    0755 sub/
    0644       2  a3a5e71  sub/c
    ");
    assert_eq!(env.git_status(), "");
    let before = env.identities(".");
    assert_eq!(env.mldata(["checkout"]).to_string(), "[ok]");
    assert_eq!(env.mldata(["checkout", "data/a", "model", "data/s*"]).to_string(), "[ok]");
    assert_eq!(env.identities("."), before);
}

#[test]
fn parts_of_a_directory() {
    let mut env = fetched();
    assert_snapshot!(env.mldata(["checkout", "data/sub/c"]), @"
    [stderr]
    Checked out `data`: 1 file written.
    [ok]
    ");
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0755 sub/
    0644       2  a3a5e71  sub/c
    ");
    assert_snapshot!(env.mldata(["status"]), @"
    data:
      2 files not checked out (git mldata checkout)
    model:
      1 file not checked out (git mldata checkout)
    [ok]
    ");
    assert_snapshot!(env.mldata(["checkout", "data/[ab]"]), @"
    [stderr]
    Checked out `data`: 2 files written.
    [ok]
    ");
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0644       2  87428fc  a
    0644       2  0263829  b
    0755 sub/
    0644       2  a3a5e71  sub/c
    ");
    assert_snapshot!(env.mldata(["status"]), @"
    model:
      1 file not checked out (git mldata checkout)
    [ok]
    ");
    env.cd("clone/data/sub");
    assert_snapshot!(env.mldata(["checkout", "../../model.mldata"]), @"
    [stderr]
    Checked out `../../model`: 1 file written.
    [ok]
    ");
    env.remove("c");
    assert_snapshot!(env.mldata(["checkout", "c"]), @"
    [stderr]
    Checked out `..`: 1 file written.
    [ok]
    ");
    env.remove("c");
    assert_snapshot!(env.mldata(["checkout", "."]), @"
    [stderr]
    Checked out `..`: 1 file written.
    [ok]
    ");
    assert_snapshot!(env.mldata(["checkout", "../absent", "no*"]), @"
    [stderr]
    error: `../absent` matches nothing that is tracked
    hint: `git mldata status --unchanged` lists what is tracked
    error: `no*` matches nothing that is tracked
    hint: `git mldata status --unchanged` lists what is tracked
    [exit code 3]
    ");
}

#[test]
fn a_part_that_was_left_out_stays_out_when_the_pointer_moves() {
    let mut env = TestEnv::tracked();
    env.write("data/b", "second\n");
    env.write("data/sub/c", "second\n");
    env.mldata(["add"]).success();
    env.commit("second");
    env.mldata(["push", "--rev", "HEAD~..", "--rev", "HEAD~"]).success();
    env.clone_to("clone");
    git_without_hooks(&env, &["checkout", "--quiet", "HEAD~"]);
    env.mldata(["pull", "data/b"]).success();
    git_without_hooks(&env, &["checkout", "--quiet", "main"]);
    env.mldata(["init"]).success();
    env.mldata(["fetch"]).success();
    env.mldata(["checkout", "data/b"]).success();
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0644       7  480c233  b
    ");
    env.commit("settings");
    env.git(["switch", "--quiet", "--detach", "main~2"]).success();
    env.mldata(["status"]).success();
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0644       2  0263829  b
    ");
}

#[test]
fn changed_content_is_not_overwritten_and_other_targets_proceed() {
    let env = TestEnv::tracked();
    env.write("data/a", "precious\n");
    env.write("data/extra", "also precious\n");
    env.remove("data/b");
    env.remove("model");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Checked out `model`: 1 file written.
    error: cannot check out `data`: content that is nowhere else stands in the way: `data/a`
    hint: record it: `git mldata add data`
    hint: `git mldata checkout --force data` puts it aside; `git mldata recover` brings it back
    [exit code 3]
    ");
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0644       9  a372146  a
    0644      14  3a844d2  extra
    0755 sub/
    0644       2  a3a5e71  sub/c
    ");
    assert_eq!(env.read_text("model"), "weights\n");
    // What is not in the way does not matter, and is not touched.
    env.write("data/a", "a\n");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Checked out `data`: 1 file written.
    [ok]
    ");
    assert_eq!(env.read_text("data/extra"), "also precious\n");
}

#[test]
fn a_part_is_checked_out_beside_changed_content() {
    let env = TestEnv::tracked();
    env.write("data/a", "precious\n");
    env.remove("data/b");
    assert_snapshot!(env.mldata(["checkout", "data/b"]), @"
    [stderr]
    Checked out `data`: 1 file written.
    [ok]
    ");
    assert_eq!(env.read_text("data/b"), "b\n");
    assert_eq!(env.read_text("data/a"), "precious\n");
}

#[test]
fn force_displaces_and_restore_brings_back_byte_for_byte() {
    let env = TestEnv::tracked();
    env.write("data/a", "precious\n");
    env.chmod("data/a", 0o755);
    env.write("model", vec![9; 70_000]);
    let mine = env.tree("data") + &env.tree("model");
    let output = env.mldata(["checkout", "--force"]);
    assert_snapshot!(output, @"
    [stderr]
    Checked out `data`: 1 file written.
    hint: what was in the way is kept: `git mldata recover restore <stamp>-checkout` brings it back
    Checked out `model`: 1 file written.
    hint: what was in the way is kept: `git mldata recover restore <stamp>-checkout` brings it back
    [ok]
    ");
    assert_eq!(env.read_text("data/a"), "a\n");
    assert_eq!(env.read_text("model"), "weights\n");
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
    let list = env.mldata(["recover"]).success();
    assert_snapshot!(list, @"
    <stamp>-checkout	checkout --force
      data/a
    <stamp>-checkout	checkout --force
      model
    [ok]
    ");
    let text = list.stdout_text();
    for id in text.lines().filter(|line| !line.starts_with(' ')) {
        let id = id.split('\t').next().unwrap();
        env.mldata(["recover", "restore", id]).success();
    }
    assert_eq!(env.tree("data") + &env.tree("model"), mine);
}

#[test]
fn one_path_by_force_leaves_the_others() {
    let env = TestEnv::tracked();
    env.write("data/a", "precious\n");
    env.write("data/b", "precious too\n");
    assert_snapshot!(env.mldata(["checkout", "--force", "data/a"]), @"
    [stderr]
    Checked out `data`: 1 file written.
    hint: what was in the way is kept: `git mldata recover restore <stamp>-checkout` brings it back
    [ok]
    ");
    assert_eq!(env.read_text("data/a"), "a\n");
    assert_eq!(env.read_text("data/b"), "precious too\n");
}

#[test]
fn a_directory_of_the_user_in_place_of_a_file() {
    let env = TestEnv::tracked();
    env.remove("data/a");
    env.write("data/a/mine", "precious\n");
    env.remove("model");
    env.write("model/mine", "precious\n");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    error: cannot check out `data`: content that is nowhere else stands in the way: `data/a`
    hint: record it: `git mldata add data`
    hint: `git mldata checkout --force data` puts it aside; `git mldata recover` brings it back
    error: cannot check out `model`: content that is nowhere else stands in the way: `model`
    hint: record it: `git mldata add model`
    hint: `git mldata checkout --force model` puts it aside; `git mldata recover` brings it back
    [exit code 3]
    ");
    assert_snapshot!(env.mldata(["checkout", "--force"]), @"
    [stderr]
    Checked out `data`: 1 file written.
    hint: what was in the way is kept: `git mldata recover restore <stamp>-checkout` brings it back
    Checked out `model`: 1 file written.
    hint: what was in the way is kept: `git mldata recover restore <stamp>-checkout` brings it back
    [ok]
    ");
    assert_eq!(env.read_text("data/a"), "a\n");
    let found = env.sh("cat .git/mldata/recovery/*/0/mine").success();
    assert_eq!(found.stdout_text(), "precious\nprecious\n");
}

#[test]
fn relink_makes_files_anew() {
    let env = TestEnv::prepared();
    env.write("large", vec![1; 100_000]);
    env.mldata(["add", "large"]).success();
    env.mldata(["checkout"]).success();
    let before = env.identities("large");
    assert_snapshot!(env.mldata(["checkout", "--relink"]), @"
    [stderr]
    Checked out `large`: 1 file written.
    [ok]
    ");
    assert_ne!(env.identities("large"), before);
    assert_eq!(env.read("large"), vec![1; 100_000]);
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    Data is as its pointers say.
    [ok]
    ");
}

#[test]
fn what_is_missing_is_named_and_allow_missing_leaves_it_out() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.clone_to("clone");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    error: `data`: an object is not in the cache: `data`
    hint: run `git mldata fetch data`
    error: `model`: an object is not in the cache: `model`
    hint: run `git mldata fetch model`
    [exit code 3]
    ");
    assert!(!env.exists("data") && !env.exists("model"));
    env.mldata(["fetch", "data/a"]).success();
    assert_snapshot!(env.mldata(["checkout", "data"]), @"
    [stderr]
    error: `data`: 2 objects are not in the cache: `data/b`, `data/sub`
    hint: run `git mldata fetch data`
    [exit code 3]
    ");
    assert!(!env.exists("data"));
    assert_snapshot!(env.mldata(["checkout", "--allow-missing", "data"]), @"
    [stderr]
    Checked out `data`: 1 file written.
    [ok]
    ");
    assert_snapshot!(env.tree("data"), @"
    0755 ./
    0644       2  87428fc  a
    ");
    assert_snapshot!(env.mldata(["status", "data"]), @"
    data:
      2 files not checked out (git mldata pull)
      2 files not in the cache (git mldata fetch)
    [ok]
    ");
    // What is not here is not recorded as deleted.
    assert_snapshot!(env.mldata(["add"]), @"
    [stderr]
    Nothing to do: no tracked data has changed.
    [ok]
    ");
    env.mldata(["fetch"]).success();
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Checked out `data`: 2 files written.
    Checked out `model`: 1 file written.
    [ok]
    ");
    assert_eq!(env.read_text("data/sub/c"), "c\n");
}

#[test]
fn a_switch_brings_the_data_along_and_removes_only_what_is_unchanged() {
    let env = TestEnv::tracked();
    env.git(["switch", "--quiet", "-c", "more"]).success();
    env.write("extra/x", "x\n");
    env.write("extra/y", "y\n");
    env.write("single", "single\n");
    env.write("data/a", "more\n");
    env.mldata(["add", "extra", "single", "data"]).success();
    env.commit("more");
    assert_snapshot!(env.git(["switch", "--quiet", "main"]), @"[ok]");
    assert!(!env.exists("extra") && !env.exists("single"));
    assert_eq!(env.read_text("data/a"), "a\n");
    assert_snapshot!(env.git(["switch", "--quiet", "more"]), @"[ok]");
    assert_eq!(env.read_text("data/a"), "more\n");
    assert_eq!(env.read_text("extra/x"), "x\n");
    // Changed, it stays.
    env.write("extra/x", "mine\n");
    assert_snapshot!(env.git(["switch", "--quiet", "main"]), @"[ok]");
    assert!(!env.exists("single"));
    assert_eq!(env.read_text("extra/x"), "mine\n");
    assert_snapshot!(env.mldata(["status"]), @"
    extra:
      its pointer is gone (restore the pointer, or remove the data)
      modified: extra/x
    [ok]
    ");
    assert_eq!(env.mldata(["checkout"]).exit_code, Some(0));
    assert_eq!(env.read_text("extra/x"), "mine\n");
    // And is not overwritten by the way back.
    assert_snapshot!(env.git(["switch", "--quiet", "more"]), @"[ok]");
    assert_eq!(env.read_text("extra/x"), "mine\n");
    assert_snapshot!(env.mldata(["status"]), @"
    extra:
      modified: extra/x
    [ok]
    ");
}

#[test]
fn an_orphan_with_files_of_the_user_stays() {
    let env = TestEnv::prepared();
    env.git(["switch", "--quiet", "-c", "more"]).success();
    env.write("extra/x", "x\n");
    env.mldata(["add", "extra"]).success();
    env.commit("more");
    env.write("extra/mine", "not added\n");
    assert_snapshot!(env.git(["switch", "--quiet", "main"]), @"[ok]");
    assert_eq!(env.read_text("extra/mine"), "not added\n");
    assert_snapshot!(env.mldata(["status"]), @"
    [stderr]
    No data is tracked here yet: `git mldata add` begins.
    [ok]
    ");
    assert_snapshot!(env.mldata(["checkout"]), @"[ok]");
    assert_eq!(env.read_text("extra/mine"), "not added\n");
}

#[test]
fn a_pointer_removed_by_hand_does_not_take_its_data_along() {
    let env = TestEnv::tracked();
    env.remove("model.mldata");
    assert_snapshot!(env.mldata(["status"]), @"
    model:
      its pointer is gone (restore the pointer, or remove the data)
    [ok]
    ");
    assert_snapshot!(env.mldata(["checkout"]), @"[ok]");
    assert_eq!(env.read_text("model"), "weights\n");
    env.git(["rm", "--quiet", "model.mldata"]).success();
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Removed `model`, which this commit does not have.
    [ok]
    ");
}

#[test]
fn types_change_between_branches() {
    let env = TestEnv::prepared();
    let kinds: [(&str, &dyn Fn()); 3] = [
        ("file", &|| env.write("data/x", "file\n")),
        ("directory", &|| env.write("data/x/inner/y", "in a directory\n")),
        ("link", &|| {
            env.write("data/keep", "keep\n");
            env.link("keep", "data/x");
        }),
    ];
    for (name, make) in &kinds {
        env.git(["switch", "--quiet", "--orphan", name]).success();
        if env.exists("data") {
            env.remove("data");
        }
        make();
        env.mldata(["add", "data"]).success();
        env.commit(name);
    }
    for from in ["file", "directory", "link"] {
        for to in ["file", "directory", "link"] {
            env.git(["switch", "--quiet", from]).success();
            let output = env.git(["switch", "--quiet", to]);
            assert_eq!(output.to_string(), "[ok]", "{from} to {to}");
            let kind = std::fs::symlink_metadata(env.dir().join("data/x")).unwrap().file_type();
            assert_eq!(kind.is_symlink(), to == "link", "{from} to {to}");
            assert_eq!(kind.is_dir(), to == "directory", "{from} to {to}");
            assert_eq!(env.mldata(["status", "--short"]).to_string(), "[ok]", "{from} to {to}");
        }
    }
}

#[test]
fn targets_change_their_type_between_branches() {
    let env = TestEnv::prepared();
    env.write("thing", "file\n");
    env.mldata(["add", "thing"]).success();
    env.commit("file");
    env.git(["switch", "--quiet", "-c", "directory"]).success();
    env.remove("thing");
    env.write("thing/x", "x\n");
    assert_snapshot!(env.mldata(["status"]), @"
    thing:
      type changed: thing
    [ok]
    ");
    assert_snapshot!(env.mldata(["add"]), @"
    [stderr]
    Updated `thing`: 1 file, 2 B.
    hint: to commit this, run `git add thing.mldata`
    [ok]
    ");
    env.commit("directory");
    for _ in 0..2 {
        assert_eq!(env.git(["switch", "--quiet", "main"]).to_string(), "[ok]");
        assert_eq!(env.read_text("thing"), "file\n");
        assert_eq!(env.git(["switch", "--quiet", "directory"]).to_string(), "[ok]");
        assert_eq!(env.read_text("thing/x"), "x\n");
    }
    // A file that nobody added keeps the directory.
    env.write("thing/mine", "precious\n");
    assert_snapshot!(env.git(["switch", "--quiet", "main"]), @"
    [stderr]
    warning: cannot check out `thing`: content that is nowhere else stands in the way: `thing/mine`
    hint: move it away, or commit it on the branch that it belongs to
    hint: `git mldata checkout --force thing` puts it aside; `git mldata recover` brings it back
    [ok]
    ");
    assert_eq!(env.read_text("thing/mine"), "precious\n");
    assert_snapshot!(env.mldata(["checkout", "--force"]), @"
    [stderr]
    Checked out `thing`: 1 file written.
    hint: what was in the way is kept: `git mldata recover restore <stamp>-checkout` brings it back
    [ok]
    ");
    assert_eq!(env.read_text("thing"), "file\n");
}

#[test]
fn executable_bits_follow() {
    let env = TestEnv::tracked();
    env.chmod("data/a", 0o755);
    env.chmod("model", 0o755);
    assert_snapshot!(env.mldata(["status", "--short"]), @"
     M data/a
     M model
    [ok]
    ");
    env.mldata(["add"]).success();
    env.commit("executable");
    env.git(["switch", "--quiet", "--detach", "HEAD~"]).success();
    assert_eq!(env.sh("stat -c %a data/a model").stdout_text(), "644\n644\n");
    env.git(["switch", "--quiet", "main"]).success();
    assert_eq!(env.sh("stat -c %a data/a model").stdout_text(), "755\n755\n");
    env.chmod("data/a", 0o644);
    assert_snapshot!(env.mldata(["checkout"]), @"[ok]");
    assert_eq!(env.sh("stat -c %a data/a").stdout_text(), "755\n");
}

#[test]
fn files_are_never_written_through_links() {
    let env = TestEnv::tracked();
    env.write("../outside/c", "outside\n");
    env.remove("data/sub");
    env.link("../../outside", "data/sub");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    error: cannot check out `data`: content that is nowhere else stands in the way: `data/sub`
    hint: record it: `git mldata add data`
    hint: `git mldata checkout --force data` puts it aside; `git mldata recover` brings it back
    [exit code 3]
    ");
    assert_eq!(env.read_text("../outside/c"), "outside\n");
    env.remove("data/sub");
    env.remove("model");
    env.write("../outside/model", "outside\n");
    env.link("../outside/model", "model");
    assert_snapshot!(env.mldata(["checkout"]), @"
    [stderr]
    Checked out `data`: 1 file written.
    error: cannot check out `model`: content that is nowhere else stands in the way: `model`
    hint: record it: `git mldata add model`
    hint: `git mldata checkout --force model` puts it aside; `git mldata recover` brings it back
    [exit code 3]
    ");
    assert_eq!(env.read_text("../outside/model"), "outside\n");
    env.mldata(["checkout", "--force"]).success();
    assert_eq!(env.read_text("../outside/model"), "outside\n");
    assert_eq!(env.read_text("model"), "weights\n");
}

#[test]
fn a_target_behind_a_link_is_left_alone() {
    let env = TestEnv::prepared();
    env.write("dir/data/x", "x\n");
    env.mldata(["add", "dir/data"]).success();
    env.commit("data");
    env.sh("mv dir ../moved && ln -s ../moved dir").success();
    env.write("../moved/data/x", "mine\n");
    assert_snapshot!(env.mldata(["checkout", "--force"]), @"
    [stderr]
    error: `dir/data` lies behind `dir`, a symbolic link to a directory
    hint: name it by where it really is, not through `dir`
    [exit code 3]
    ");
    assert_eq!(env.read_text("../moved/data/x"), "mine\n");
}

#[test]
fn reports_as_json() {
    let env = fetched();
    assert_snapshot!(env.mldata(["checkout", "--json", "data", "absent"]), @r#"
    {
      "dry_run": false,
      "targets": [
        {
          "path": "data",
          "written": 3,
          "removed": 0,
          "recovery": null
        }
      ],
      "errors": [
        "`absent` matches nothing that is tracked"
      ]
    }
    [stderr]
    error: `absent` matches nothing that is tracked
    hint: `git mldata status --unchanged` lists what is tracked
    [exit code 3]
    "#);
}

#[test]
fn hostile_links_in_a_tree_are_not_made() {
    use gitml::cache::Cache;
    use gitml::format::{Entry, Kind, Mode, ObjectId};
    let env = TestEnv::tracked();
    let cache = Cache::new(env.dir().join(".git/mldata"));
    let lock = cache.lock("test", None, &|_| {}).unwrap();
    let writer = cache.writer(&lock);
    let text = b"../../../etc";
    let oid = ObjectId::of(text);
    writer.put(oid, Kind::Blob, text).unwrap();
    let mut tree = gitml::format::tree::TreeBuilder::new();
    let size = text.len() as u64;
    tree.push(Entry { name: b"evil", mode: Mode::Link, oid, size, files: 0 }).unwrap();
    let tree = tree.finish();
    writer.put(tree.oid(), Kind::Tree, tree.as_bytes()).unwrap();
    writer.finish().unwrap();
    drop(lock);
    env.write("evil.mldata", format!("mldata: 1\ntree: {}\nsize: {size}\nfiles: 1\n", tree.oid()));
    env.git(["add", "evil.mldata"]).success();
    assert_snapshot!(env.mldata(["checkout", "evil"]), @"
    [stderr]
    error: `evil/evil` is a symbolic link to `../../../etc`, which leads out of the repository
    hint: put what it points to in its place, or name it in `.mldataignore`
    [exit code 3]
    ");
    assert!(!env.exists("evil/evil"));
}
