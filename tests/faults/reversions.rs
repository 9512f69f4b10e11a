//! Silent reversions: a pointer moved and the data did not follow. `add` must not record the old
//! data as if it were new, and `checkout` must not destroy what is not in the cache.

use std::fs;

use super::lab::{Lab, populate, write};

/// A repository whose `data` has two versions, with the second checked out on `main`; the branch
/// `old` names the first.
fn two_versions() -> Lab {
    let lab = Lab::new();
    write(&lab.repo.join("data/a"), "a one");
    write(&lab.repo.join("data/b"), "b one");
    write(&lab.repo.join("data/sub/c"), "c one");
    lab.add_and_commit(&lab.repo, &["data"], "one");
    lab.git(&lab.repo, ["branch", "old"]).ok();
    write(&lab.repo.join("data/a"), "a two");
    write(&lab.repo.join("data/sub/c"), "c two");
    write(&lab.repo.join("data/new"), "new");
    lab.add_and_commit(&lab.repo, &["data"], "two");
    lab
}

fn read(lab: &Lab, path: &str) -> String {
    fs::read_to_string(lab.repo.join(path)).unwrap_or_default()
}

fn pointer(lab: &Lab) -> String {
    read(lab, "data.mldata")
}

/// `add` refuses in every form, the pointer stays, and `checkout` brings the data.
fn add_is_refused(lab: &Lab, context: &str) {
    let before = pointer(lab);
    for args in [&["add"][..], &["add", "data"], &["add", "data/a"]] {
        let done = lab.mldata(&lab.repo, args);
        assert_eq!(done.code(), Some(3), "{context}: {args:?} {}{}", done.stdout(), done.stderr());
        assert!(done.stderr().contains("git mldata checkout"), "{context}: {}", done.stderr());
        assert_eq!(pointer(lab), before, "{context}: {args:?} changed the pointer");
    }
    let done = lab.mldata(&lab.repo, ["status", "--exit-code"]);
    assert_eq!(done.code(), Some(1), "{context}: {}", done.stdout());
    assert!(done.stdout().contains("behind"), "{context}: {}", done.stdout());
}

#[test]
fn pull_without_hooks_then_add() {
    let lab = Lab::new();
    lab.share();
    write(&lab.repo.join("data/a"), "a one");
    lab.add_and_commit(&lab.repo, &["data"], "one");
    lab.mldata(&lab.repo, ["push"]).ok();
    let clone = lab.clone("clone");
    lab.git(&clone, ["config", "core.hooksPath", "/dev/null"]).ok();
    lab.mldata(&clone, ["pull"]).ok();
    write(&lab.repo.join("data/a"), "a two");
    lab.add_and_commit(&lab.repo, &["data"], "two");
    lab.mldata(&lab.repo, ["push"]).ok();
    lab.git(&clone, ["pull", "-q"]).ok();
    let here = Lab { repo: clone, ..lab };
    assert_eq!(read(&here, "data/a"), "a one", "no hook ran");
    add_is_refused(&here, "git pull without hooks");
    here.mldata(&here.repo, ["pull"]).ok();
    assert_eq!(read(&here, "data/a"), "a two");
}

#[test]
fn reset_hard_across_pointers() {
    let lab = two_versions();
    lab.git(&lab.repo, ["reset", "-q", "--hard", "old"]).ok();
    assert_eq!(read(&lab, "data/a"), "a two", "reset runs no hook");
    add_is_refused(&lab, "reset --hard");
    lab.mldata(&lab.repo, ["checkout"]).ok();
    assert_eq!((read(&lab, "data/a"), read(&lab, "data/new")), ("a one".into(), String::new()));
    lab.git(&lab.repo, ["reset", "-q", "--hard", "HEAD@{1}"]).ok();
    add_is_refused(&lab, "reset --hard forward");
    lab.mldata(&lab.repo, ["checkout"]).ok();
    assert_eq!((read(&lab, "data/a"), read(&lab, "data/new")), ("a two".into(), "new".into()));
}

#[test]
fn an_edit_survives_a_reset() {
    let lab = two_versions();
    write(&lab.repo.join("data/b"), "an edit");
    write(&lab.repo.join("data/untracked"), "mine");
    lab.git(&lab.repo, ["reset", "-q", "--hard", "old"]).ok();
    add_is_refused(&lab, "an edit and a reset");
    lab.mldata(&lab.repo, ["checkout"]).ok_or_refused();
    assert_eq!(
        (read(&lab, "data/b"), read(&lab, "data/untracked")),
        ("an edit".into(), "mine".into())
    );
    lab.mldata(&lab.repo, ["checkout", "--force"]).ok();
    assert_eq!((read(&lab, "data/a"), read(&lab, "data/b")), ("a one".into(), "b one".into()));
    let list = lab.mldata(&lab.repo, ["recover", "list"]).ok();
    assert!(list.stdout().contains("data/b"), "{}", list.stdout());
    let kept = super::lab::holding(&lab.repo.join(".git/mldata/recovery"), b"an edit");
    assert_eq!(kept.len(), 1, "{kept:?}");
}

#[test]
fn stash_across_pointers() {
    let lab = two_versions();
    write(&lab.repo.join("data/a"), "a three");
    lab.mldata(&lab.repo, ["add", "data"]).ok();
    lab.git(&lab.repo, ["stash", "-q"]).ok();
    assert_eq!(read(&lab, "data/a"), "a three", "stash runs no hook");
    add_is_refused(&lab, "stash");
    lab.mldata(&lab.repo, ["checkout"]).ok();
    assert_eq!(read(&lab, "data/a"), "a two");
    lab.git(&lab.repo, ["stash", "pop", "-q"]).ok();
    add_is_refused(&lab, "stash pop");
    lab.mldata(&lab.repo, ["checkout"]).ok();
    assert_eq!(read(&lab, "data/a"), "a three");
}

#[test]
fn cherry_pick_across_pointers() {
    let lab = two_versions();
    lab.git(&lab.repo, ["switch", "-q", "old"]).ok();
    assert_eq!(read(&lab, "data/a"), "a one", "the hook of git switch brings the data");
    lab.git(&lab.repo, ["cherry-pick", "main"]).ok();
    add_is_refused(&lab, "cherry-pick");
    lab.mldata(&lab.repo, ["checkout"]).ok();
    assert_eq!(read(&lab, "data/a"), "a two");
}

#[test]
fn switch_and_back() {
    let lab = two_versions();
    for _ in 0..3 {
        lab.git(&lab.repo, ["switch", "-q", "old"]).ok();
        assert_eq!((read(&lab, "data/a"), read(&lab, "data/new")), ("a one".into(), String::new()));
        lab.mldata(&lab.repo, ["add"]).ok();
        assert_eq!(lab.git_status(&lab.repo), Vec::<String>::new());
        lab.git(&lab.repo, ["switch", "-q", "main"]).ok();
        assert_eq!((read(&lab, "data/a"), read(&lab, "data/new")), ("a two".into(), "new".into()));
        lab.mldata(&lab.repo, ["add"]).ok();
        assert_eq!(lab.git_status(&lab.repo), Vec::<String>::new());
    }
}

/// Part of a directory is checked out; adding the directory keeps the rest of it.
#[test]
fn partial_checkout_then_add_keeps_the_rest() {
    let lab = Lab::new();
    populate(&lab.repo.join("data"), 1);
    lab.add_and_commit(&lab.repo, &["data"], "one");
    lab.share();
    let clone = lab.clone("clone");
    lab.mldata(&clone, ["fetch"]).ok();
    lab.mldata(&clone, ["checkout", "data/small/1", "data/tool"]).ok();
    assert!(!clone.join("data/large").exists() && clone.join("data/small/1/1").exists());
    let before = fs::read_to_string(clone.join("data.mldata")).unwrap();
    lab.mldata(&clone, ["add", "data"]).ok();
    assert_eq!(fs::read_to_string(clone.join("data.mldata")).unwrap(), before, "nothing changed");
    write(&clone.join("data/small/1/1"), "changed");
    write(&clone.join("data/small/5/added"), "added");
    fs::remove_file(clone.join("data/tool")).unwrap();
    lab.mldata(&clone, ["add", "data"]).ok();
    lab.commit(&clone, "changed");
    lab.mldata(&clone, ["checkout"]).ok();
    let found = super::lab::snapshot(&clone.join("data"));
    let mut expected = super::lab::snapshot(&lab.repo.join("data"));
    let file = |bytes: &[u8]| super::lab::Node::File {
        id: gitml::format::ObjectId::of(bytes),
        exec: false,
    };
    expected.insert("small/1/1".into(), file(b"changed"));
    expected.insert("small/5/added".into(), file(b"added"));
    expected.remove(std::path::Path::new("tool")).unwrap();
    super::lab::assert_same(&found, &expected, "after a partial add");
}

/// One entry of a directory of which nothing is here.
#[test]
fn adding_one_file_of_an_absent_directory() {
    let lab = Lab::new();
    populate(&lab.repo.join("data"), 1);
    lab.add_and_commit(&lab.repo, &["data"], "one");
    lab.share();
    let clone = lab.clone("clone");
    lab.mldata(&clone, ["fetch"]).ok();
    write(&clone.join("data/small/2/extra"), "extra");
    lab.mldata(&clone, ["add", "data/small/2/extra"]).ok();
    lab.mldata(&clone, ["checkout"]).ok();
    let found = super::lab::snapshot(&clone.join("data"));
    assert_eq!(found.len(), super::lab::snapshot(&lab.repo.join("data")).len() + 1);
    assert_eq!(fs::read(clone.join("data/small/2/extra")).unwrap(), b"extra");
}
