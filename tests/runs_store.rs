//! The run store through the library, checked with `git` itself.

use gitml::format::run::{Kind, Run, RunId};
use gitml::git::Repo;
use gitml::runs::store::REF;
use gitml::runs::{NewRun, Store};

use crate::common::TestEnv;

fn run(byte: u8) -> NewRun {
    let id = RunId::from_bytes([byte; 16]);
    let started = "2026-01-01T00:00:00Z".parse().unwrap();
    NewRun::new(Run::new(id, format!("run-{byte}"), Kind::Exec, i64::from(byte), started))
}

#[test]
fn runs_are_stored_once_and_git_is_content() {
    let env = TestEnv::new();
    env.git(["commit", "--allow-empty", "-m", "first"]).success();
    let repo = Repo::at(env.dir()).unwrap();
    let store = Store::new(&repo);
    assert_eq!(store.tip().unwrap(), None);
    let head = repo.head().unwrap().unwrap();
    let mut first = run(0xab);
    first.log = b"hello\n".to_vec();
    let tip = store.add(&[first.clone(), run(0xac)], &[head], "Record two runs").unwrap();
    assert_eq!(store.tip().unwrap(), Some(tip));
    assert_eq!(store.run(tip, first.run.id).unwrap(), Some(first.run.clone()));
    assert_eq!(store.run(tip, run(1).run.id).unwrap(), None);
    assert_eq!(store.objects().commit(tip).unwrap().parents, [head]);

    // Stored again, it is left as it was; nothing new makes no commit.
    let mut other = first.clone();
    other.run.name = "another".into();
    assert_eq!(store.add(&[other], &[], "Again").unwrap(), tip);
    let second = store.add(&[run(0xad)], &[head], "Record one").unwrap();
    assert_eq!(store.objects().commit(second).unwrap().parents, [tip, head]);
    assert_eq!(store.run(second, first.run.id).unwrap(), Some(first.run.clone()));

    let id = "ab".repeat(16);
    let shown = env.git(["show", &format!("{REF}:v1/runs/ab/{id}/log.txt")]).success();
    assert_eq!(shown.stdout_text(), "hello\n");
    env.git(["fsck", "--strict"]).success();
    let refs = env.git(["for-each-ref", "--format=%(refname)", "refs/mlrun"]).success();
    assert_eq!(refs.stdout_text().trim(), REF);
}
