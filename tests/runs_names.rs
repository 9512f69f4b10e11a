//! What runs are called, through the library.

use gitml::format::run::RunId;
use gitml::git::Repo;
use gitml::runs::resolve::{resolve, resolve_deleted, resolve_range};
use gitml::runs::{Error, Runs};

use crate::common::TestEnv;
use crate::common::runs::{annotate, note, run, stage_of, store};

#[test]
fn runs_are_named_in_many_ways() {
    let env = TestEnv::new();
    env.git(["commit", "--allow-empty", "-m", "first"]).success();
    let repo = Repo::at(env.dir()).unwrap();
    let head = repo.head().unwrap().unwrap().to_string();
    let mut one = run(0x1a, "calm-otter-1");
    one.code.commit = Some(head);
    let [two, three, gone] = [run(0x1b, "calm-otter-2"), run(0x1c, "same"), run(0x2c, "gone")];
    let mut twin = run(0x1d, "same");
    twin.id = RunId::parse("1c1c1c1c00000000000000000000000d").unwrap();
    let train = stage_of(&two, "train", 1);
    let nested = stage_of(&two, "sub/mlrun.yaml:train", 2);
    let all = [&one, &two, &three, &gone, &twin, &train, &nested].map(Clone::clone);
    store(&repo, &all);
    annotate(&repo, gone.id, |said| said.deleted = Some(note(Some("yes"))));
    let runs = Runs::load(&repo).unwrap();
    let find = |text: &str| resolve(&repo, &runs, text);
    for (text, expected) in [
        ("last", &twin),
        ("@", &twin),
        ("last~1", &three),
        ("@~3", &one),
        (&two.id.to_string()[..], &two),
        ("1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b", &two),
        ("1a1a", &one),
        ("1c1c1c1c0", &twin),
        ("calm-otter-2", &two),
        ("calm-otter-2/train", &train),
        ("last~2/train", &train),
        ("last~2/sub/mlrun.yaml:train", &nested),
        ("main", &one),
        ("HEAD", &one),
    ] {
        assert_eq!(find(text).unwrap(), expected.id, "{text}");
    }
    let ids = |candidates: Vec<(RunId, String)>| -> Vec<RunId> {
        candidates.into_iter().map(|(id, _)| id).collect()
    };
    for text in ["same", "1c1c"] {
        match find(text) {
            Err(Error::AmbiguousRun { candidates, .. }) => {
                assert_eq!(ids(candidates), [twin.id, three.id]);
            }
            other => panic!("{other:?}"),
        }
    }
    for text in ["gone", "2c2c", &gone.id.to_string()] {
        assert!(matches!(find(text), Err(Error::DeletedRun { .. })), "{text}");
        assert_eq!(resolve_deleted(&repo, &runs, text).unwrap(), gone.id);
    }
    assert_eq!(resolve_deleted(&repo, &runs, "calm-otter-1").unwrap(), one.id);
    for text in ["", "1a1", "nothing", "last~9", "@~9", "last/test", "last~", "feature/x", "^", "/"]
    {
        let expected = if text == "last~" { Ok(three.id) } else { Err(()) };
        let found = find(text).map_err(|error| assert!(matches!(error, Error::UnknownRun { .. })));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn commits_lead_to_their_runs() {
    let env = TestEnv::new();
    env.git(["commit", "--allow-empty", "-m", "first"]).success();
    let repo = Repo::at(env.dir()).unwrap();
    let [mut old, named, unknown] = [run(1, "old"), run(2, "named"), run(3, "unknown")];
    old.code.commit = Some(repo.head().unwrap().unwrap().to_string());
    let mut stage = stage_of(&old, "train", 7);
    stage.code.commit.clone_from(&old.code.commit);
    store(&repo, &[old.clone(), named.clone(), stage.clone()]);
    let commit = |message: &str| env.git(["commit", "--allow-empty", "-m", message]).success();
    let _ = commit(&format!("second\n\nMlrun-Run: {}", named.id));
    let _ = commit(&format!("third\n\nMlrun-Run: {}", unknown.id));
    let _ = commit("fourth");
    let runs = Runs::load(&repo).unwrap();
    assert_eq!(resolve(&repo, &runs, "HEAD~3").unwrap(), old.id);
    assert_eq!(resolve(&repo, &runs, "HEAD~2").unwrap(), named.id);
    let missing = resolve(&repo, &runs, "HEAD~1").unwrap_err();
    assert!(matches!(missing, Error::RunNotHere { id, .. } if id == unknown.id), "{missing}");
    assert!(matches!(resolve(&repo, &runs, "main"), Err(Error::NoRunOfCommit { .. })));
    assert_eq!(resolve_range(&repo, &runs, "HEAD~3..main").unwrap(), [named.id]);
    env.git(["tag", "end"]).success();
    env.git(["checkout", "--quiet", "--orphan", "other"]).success();
    env.git(["commit", "--allow-empty", "-m", "unrelated"]).success();
    env.git(["cherry-pick", "--allow-empty", "--keep-redundant-commits", "end~2"]).success();
    assert_eq!(resolve(&repo, &runs, "HEAD").unwrap(), named.id, "a cherry-pick keeps the trailer");
    assert_eq!(resolve_range(&repo, &runs, "HEAD..end").unwrap(), [named.id, stage.id, old.id]);
    assert!(matches!(resolve_range(&repo, &runs, "a..b"), Err(Error::Git(_))));
}
