//! `pipeline::InGit`: the files of commits, whatever the worktree has.

use gitml::data::Project;
use gitml::fs::RepoPath;
use gitml::pipeline::{Error, InGit, Source as _};

use crate::common::TestEnv;

fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

fn at<'a>(project: &'a Project, name: &str) -> InGit<'a> {
    InGit::commit(project, project.repo.commit(name).unwrap(), name)
}

fn read(source: &InGit<'_>, name: &str) -> Option<String> {
    let bytes = source.read(&path(name)).unwrap();
    bytes.map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn files_of_git_and_tracked_data_are_read_at_any_commit() {
    let env = TestEnv::tracked();
    env.write("params.yaml", "lr: 1\n");
    env.write("sub/params.yaml", "lr: 2\n");
    env.link("../params.yaml", "sub/link.yaml");
    env.link("../../outside", "sub/escape");
    env.link("loop", "loop");
    env.commit("one");
    env.write("params.yaml", "lr: 3\n");
    env.write("data/a", "changed\n");
    env.write("data/sub/new", "new\n");
    env.mldata(["add"]).success();
    env.commit("two");
    env.remove("params.yaml");
    env.remove("data");

    let project = Project::open(env.dir()).unwrap();
    let (one, two) = (at(&project, "HEAD^"), at(&project, "HEAD"));
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(read(&one, "params.yaml"), text("lr: 1\n"));
    assert_eq!(read(&two, "params.yaml"), text("lr: 3\n"));
    assert_eq!(read(&one, "sub/link.yaml"), text("lr: 1\n"));
    assert_eq!(read(&one, "data/a"), text("a\n"));
    assert_eq!(read(&two, "data/a"), text("changed\n"));
    assert_eq!(read(&two, "data/sub/c"), text("c\n"));
    assert_eq!(read(&two, "model"), text("weights\n"));
    for absent in ["sub/escape", "loop", "data", "data/sub", "data/none", "model/x", "none", "sub"]
    {
        assert_eq!(read(&two, absent), None, "{absent}");
    }
    assert_eq!(read(&one, "data/sub/new"), None);

    let named = two.named(&["params.yaml", "link.yaml"]).unwrap();
    assert_eq!(named, ["params.yaml", "sub/link.yaml", "sub/params.yaml"].map(path));
    assert_eq!(
        one.files_below(&path("data")).unwrap(),
        ["data/a", "data/b", "data/sub/c"].map(path)
    );
    assert_eq!(
        two.files_below(&path("data/sub")).unwrap(),
        ["data/sub/c", "data/sub/new"].map(path)
    );
    assert_eq!(two.files_below(&path("model")).unwrap(), [path("model")][..]);
    let all = two.files_below(&RepoPath::root()).unwrap();
    assert!(all.contains(&path("data/sub/new")) && all.contains(&path("sub/link.yaml")));
}

#[test]
fn what_was_not_fetched_or_is_broken_is_told() {
    let mut env = TestEnv::tracked();
    env.mldata(["push"]).success();
    env.write("model.mldata", "<<<<<<< ours\n");
    env.git(["rm", "-q", "--cached", "model.mldata"]).success();
    env.commit("broken");
    env.clone_to("clone");

    let project = Project::open(env.dir()).unwrap();
    let head = at(&project, "HEAD");
    let error = head.read(&path("data/a")).unwrap_err();
    assert!(matches!(error, Error::NotFetched { .. }), "{error}");
    assert_eq!(error.to_string(), "`data` of `HEAD` is not in the cache");
    let error = head.read(&path("model")).unwrap_err();
    assert!(error.to_string().contains("`model.mldata`"), "{error}");
    assert_eq!(read(&head, "other"), None);
    assert!(head.read(&path(".gitignore")).unwrap().is_some());

    env.write("sub/mlrun.lock", "mlrun: no\n");
    env.commit("lock");
    let project = Project::open(env.dir()).unwrap();
    let head = at(&project, "HEAD");
    let error = head.read(&path("sub/out")).unwrap_err();
    assert_eq!(error.to_string(), "`sub/mlrun.lock` cannot be read");
    assert_eq!(read(&head, "other"), None);
}

#[test]
fn outs_of_the_lock_are_read_like_other_tracked_data() {
    let env = TestEnv::prepared();
    env.write("sub/out/x", "from the stage\n");
    env.mldata(["add", "sub/out"]).success();
    // The same object, named by a lock instead of a pointer.
    let tree = env.read_text("sub/out.mldata");
    let tree = tree.lines().find(|line| line.starts_with("tree:")).unwrap().to_owned();
    env.remove("sub/out.mldata");
    let lock = format!(
        "mlrun: 1\nstages:\n  make:\n    cmd: make\n    outs:\n    - path: out\n      {tree}\n      \
         size: 15\n      files: 1\n"
    );
    env.write("sub/mlrun.lock", lock);
    env.write("sub/mlrun.yaml", "stages:\n  make:\n    cmd: make\n    outs: [out]\n");
    env.commit("lock");
    env.remove("sub/out");
    let project = Project::open(env.dir()).unwrap();
    let head = at(&project, "HEAD");
    assert_eq!(read(&head, "sub/out/x"), Some("from the stage\n".to_owned()));
    assert_eq!(head.files_below(&path("sub/out")).unwrap(), [path("sub/out/x")]);
}
