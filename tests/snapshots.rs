//! Snapshots of uncommitted code, held against what `git add --all` makes of the same worktree.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use gitml::data::Project;
use gitml::format::run::{Code, Kind, LeftOut, Run, RunId};
use gitml::fs::RepoPath;
use gitml::git::CommitId;
use gitml::runs::snapshot::{self, Snapshot, take};
use gitml::runs::{NewRun, Store};

use crate::common::{TestEnv, tree};

fn project(env: &TestEnv) -> Project {
    Project::open(env.dir()).unwrap()
}

/// The snapshot of the worktree, taken without leaving a trace.
#[track_caller]
fn snapshot(env: &TestEnv) -> Snapshot {
    let before = (tree::identities(env.dir()), state_of_git(env));
    let snapshot = take(&project(env)).unwrap();
    assert!(before == (tree::identities(env.dir()), state_of_git(env)), "something was touched");
    snapshot
}

/// What of `.git` a snapshot has no business with.
fn state_of_git(env: &TestEnv) -> String {
    let git = env.dir().join(".git");
    let index = std::fs::read(git.join("index")).unwrap_or_default();
    let head = std::fs::read(git.join("HEAD")).unwrap();
    let refs = tree::describe(&git.join("refs"));
    format!("{} {} {refs}", index.escape_ascii(), head.escape_ascii())
}

/// The tree that `git add --all` would stage now.
#[track_caller]
fn added(env: &TestEnv) -> String {
    // With its time, by which Git knows what may have changed since.
    let script = "index=$(git rev-parse --git-path index)
        test ! -e $index || cp -p $index ../copy
        GIT_INDEX_FILE=../copy git add --all 2>/dev/null
        GIT_INDEX_FILE=../copy git write-tree; rm ../copy";
    env.sh(script).success().stdout_text().trim().to_owned()
}

#[track_caller]
fn tree_of(env: &TestEnv, commit: &str) -> String {
    let name = format!("{commit}^{{tree}}");
    env.git(["rev-parse", &name]).success().stdout_text().trim().to_owned()
}

/// Asserts that a snapshot has all that Git would add, and that a second one is the same commit.
#[track_caller]
fn is_exact(env: &TestEnv) -> String {
    let Snapshot { code, keep } = snapshot(env);
    let id = code.snapshot.clone().expect("the worktree is not what HEAD has");
    let expected = added(env);
    let difference = env.git(["diff", "--raw", "-p", &expected, &id]).success().stdout_text();
    assert_eq!(tree_of(env, &id), expected, "{difference}");
    assert_eq!(code.left_out, []);
    assert_eq!(keep.unwrap().to_string(), id);
    assert_eq!(snapshot(env).code, code);
    env.git(["fsck", "--strict", "--no-dangling"]).success();
    id
}

fn committed() -> TestEnv {
    let env = TestEnv::new();
    env.write("a", "1\n");
    env.write("b", "2\n");
    env.write("dir/c", "3\n");
    env.write("dir/d", "4\n");
    env.write(".gitignore", "*.ignored\n");
    env.link("a", "link");
    env.commit("first");
    env
}

fn left_out(path: &str, why: &str) -> LeftOut {
    LeftOut { path: path.into(), why: why.into(), size: None, oid: None }
}

#[test]
fn a_clean_worktree_is_its_commit() {
    let env = committed();
    env.write("x.ignored", "no");
    let head = env.git(["rev-parse", "HEAD"]).success().stdout_text().trim().to_owned();
    let Snapshot { code, keep } = snapshot(&env);
    let branch = Some("main".to_owned());
    assert_eq!(code, Code { commit: Some(head.clone()), branch, ..Code::default() });
    assert_eq!(keep.unwrap().to_string(), head);
    assert!(!code.is_dirty());
    env.git(["switch", "--quiet", "--detach"]).success();
    assert_eq!(snapshot(&env).code.branch, None);
    // Written anew, and the same.
    env.write("a", "1\n");
    assert_eq!(snapshot(&env).code.snapshot, None);
}

#[test]
fn every_change_is_in_the_snapshot() {
    let changes: &[(&str, &str)] = &[
        ("edited", "echo changed >a"),
        ("staged", "echo changed >a; git add a"),
        ("staged and edited", "echo one >a; git add a; echo two >a"),
        ("staged and taken back", "echo one >a; git add a; echo 1 >a; echo x >b"),
        ("deleted", "rm a"),
        ("deleted from the index", "git rm --quiet --cached a; echo x >b"),
        ("a directory deleted", "rm -r dir"),
        ("staged deletion", "git rm --quiet dir/c"),
        ("executable", "chmod +x a"),
        ("executable, staged", "chmod +x a; git add a"),
        ("new", "echo new >new; mkdir -p x/y; echo new >x/y/z; chmod +x x/y/z"),
        ("new, staged", "echo new >new; git add new"),
        ("new, staged, deleted", "echo new >new; git add new; rm new; echo 0 >a"),
        ("intended", "echo new >new; git add --intent-to-add new"),
        ("a link of a file", "ln -sf elsewhere a"),
        ("a file of a link", "rm link; echo text >link"),
        ("a new link, and one that leads out", "ln -s ../../etc new; ln -s dir x"),
        ("a file where a directory was", "rm -r dir; echo file >dir"),
        ("a directory where a file was", "rm a; mkdir a; echo x >a/b"),
        ("renamed", "mv a z; git mv b y"),
        ("an ignored file, tracked", "echo 1 >t.ignored; git add -f t.ignored; echo 2 >t.ignored"),
        ("spaces, quotes and newlines", "echo 1 >'a b'; echo 2 >'\"q\\'; echo 3 >'x\ny'"),
        ("an empty file", ": >empty"),
        ("pointers", "echo 'mldata: 1' >data.mldata"),
        ("many", "for i in $(seq 300); do echo $i >n$i; done"),
    ];
    let filtered = [
        "true",
        "echo '* text=auto' >.gitattributes; printf 'x\\r\\n' >crlf",
        "git config filter.up.clean 'tr a-z A-Z'; echo '*a* filter=up' >.gitattributes",
    ];
    for (name, change) in changes {
        for filter in filtered {
            let env = committed();
            env.sh(&format!("{change}\n{filter}")).success();
            println!("{name} ({filter})");
            is_exact(&env);
        }
    }
}

#[test]
fn names_that_are_not_text() {
    let env = committed();
    for name in [&b"\xff\xfe"[..], b"dir/\xe9", b"\x01"] {
        env.write(OsStr::from_bytes(name), "x");
    }
    is_exact(&env);
    env.write(".gitattributes", "* text=auto\n");
    is_exact(&env);
}

#[test]
fn conflicts_are_taken_as_they_are() {
    let env = committed();
    env.git(["switch", "--quiet", "-c", "other"]).success();
    env.write("a", "other\n");
    env.remove("b");
    env.commit("other");
    env.git(["switch", "--quiet", "main"]).success();
    env.write("a", "main\n");
    env.write("b", "main\n");
    env.commit("main");
    env.git(["merge", "--quiet", "other"]).code(1);
    is_exact(&env);
}

#[test]
fn before_the_first_commit() {
    let env = TestEnv::new();
    let Snapshot { code, keep } = snapshot(&env);
    assert_eq!((code.commit, code.snapshot, keep), (None, None, None));
    assert_eq!(code.branch.as_deref(), Some("main"));
    env.write("a", "1\n");
    let id = is_exact(&env);
    let parents = env.git(["log", "--format=%P%an", &id]).success().stdout_text();
    assert_eq!(parents, "git mlrun\n");
}

#[test]
fn sparse_worktrees_and_linked_ones() {
    let mut env = committed();
    env.git(["worktree", "add", "--quiet", "../linked"]).success();
    env.cd("linked");
    env.git(["sparse-checkout", "set", "--no-cone", "/a", "/.gitignore"]).success();
    assert!(!env.exists("dir"));
    assert_eq!(take(&project(&env)).unwrap().code.snapshot, None);
    env.write("a", "changed\n");
    env.write("new", "new\n");
    let id = take(&project(&env)).unwrap().code.snapshot.unwrap();
    let names = env.git(["ls-tree", "-r", "--name-only", &id]).success().stdout_text();
    assert_eq!(names, ".gitignore\na\nb\ndir/c\ndir/d\nlink\nnew\n");
}

#[test]
fn settings_for_modes_are_honoured() {
    let env = committed();
    env.git(["config", "core.fileMode", "false"]).success();
    env.chmod("a", 0o755);
    assert_eq!(snapshot(&env).code.snapshot, None);
    env.write("new", "x");
    env.chmod("new", 0o755);
    env.write("a", "changed\n");
    is_exact(&env);
    env.git(["config", "core.fileMode", "true"]).success();
    is_exact(&env);
}

#[test]
fn large_files_go_into_the_cache() {
    let env = committed();
    env.mldata(["init"]).success();
    env.commit("settings");
    let large = "x".repeat((1 << 20) + 1);
    env.write("dir/large", &large);
    env.write("most", &large[1..]);
    let code = take(&project(&env)).unwrap().code;
    let [one] = &code.left_out[..] else { panic!("{:?}", code.left_out) };
    assert_eq!(
        (&one.path[..], &one.why[..], one.size),
        ("dir/large", "large", Some((1 << 20) + 1))
    );
    let bytes = project(&env).cache.read(&one.oid.unwrap()).unwrap();
    assert_eq!(bytes, large.as_bytes());
    let id = code.snapshot.clone().unwrap();
    let names = env.git(["ls-tree", "-r", "--name-only", &id]).success().stdout_text();
    assert!(names.contains("most\n") && !names.contains("large"), "{names}");
    // Nothing is read twice, and a change is seen.
    assert_eq!(take(&project(&env)).unwrap().code, code);
    env.write("dir/large", format!("{large}y"));
    let again = take(&project(&env)).unwrap().code;
    assert_ne!(again.left_out[0].oid, code.left_out[0].oid);
    // What Git tracks is Git's, whatever its size.
    env.git(["add", "dir/large"]).success();
    env.write("dir/large", format!("{large}z"));
    is_exact(&env);
}

#[test]
fn secrets_stay_out() {
    let env = committed();
    let token: String = (0..36_u8).map(|i| char::from(b'A' + (i * 7) % 26)).collect();
    env.write("config.py", format!("x = 1\nTOKEN = 'ghp_{token}'\n"));
    env.write("a", format!("ghp_{token}"));
    env.write("staged", format!("ghp_{token}"));
    env.git(["add", "staged"]).success();
    env.write("ok.py", "x = 1\n");
    let code = snapshot(&env).code;
    assert_eq!(code.left_out, ["a", "config.py", "staged"].map(|path| left_out(path, "secret")));
    let id = code.snapshot.unwrap();
    let found = env.git(["grep", "-l", "ghp_", &id]).code(1).stdout_text();
    assert_eq!(found, "");
    assert_eq!(env.git(["show", &format!("{id}:a")]).success().stdout_text(), "1\n");
    env.git(["show", &format!("{id}:ok.py")]).success();
}

#[test]
fn settings_say_what_is_kept() {
    let env = committed();
    env.write("a", "changed\n");
    env.write("new", "new\n");
    env.write("more/x", "new\n");
    env.write(".mldataconfig", "[mlrun]\n\tsnapshot = tracked\n");
    env.git(["add", ".mldataconfig"]).success();
    let code = snapshot(&env).code;
    assert_eq!(code.left_out, ["more/", "new"].map(|path| left_out(path, "untracked")));
    let id = code.snapshot.unwrap();
    let names = env.git(["diff", "--name-only", "HEAD", &id]).success().stdout_text();
    assert_eq!(names, ".mldataconfig\na\n");
    env.git(["config", "mlrun.snapshot", "none"]).success();
    let code = snapshot(&env).code;
    let settings = [".mldataconfig", "a"].map(|path| left_out(path, "settings"));
    assert_eq!(code.left_out[..2], settings);
    assert!(code.snapshot.is_none() && code.is_dirty());
    env.git(["config", "mlrun.snapshot", "all"]).success();
    is_exact(&env);
    env.git(["config", "mlrun.snapshot", "some"]).success();
    let error = take(&project(&env)).unwrap_err().to_string();
    assert!(error.contains("mlrun.snapshot") && error.contains("some"), "{error}");
}

#[test]
fn submodules_and_repositories_inside() {
    let env = committed();
    env.sh("git init -q ../sub && cd ../sub && git commit -q --allow-empty -m one").success();
    env.git(["submodule", "--quiet", "add", "../sub", "sub"]).success();
    // The submodule is new and staged: its commit is recorded.
    let code = snapshot(&env).code;
    assert_eq!(code.left_out, []);
    let id = code.snapshot.unwrap();
    assert_eq!(tree_of(&env, &id), added(&env));
    env.commit("submodule");
    env.sh("git -C sub commit -q --allow-empty -m two; git init -q nested; echo x >nested/y")
        .success();
    let code = snapshot(&env).code;
    assert_eq!(code.left_out, ["nested", "sub"].map(|path| left_out(path, "submodule")));
    assert_eq!(code.snapshot, None);
    assert!(code.is_dirty());
}

#[test]
fn files_that_cannot_be_read_are_named() {
    if is_root() {
        crate::common::skip("files_that_cannot_be_read_are_named", "root reads everything");
        return;
    }
    let env = committed();
    env.write("closed", "x");
    env.chmod("closed", 0);
    assert_eq!(snapshot(&env).code.left_out, [left_out("closed", "unreadable")]);
}

fn is_root() -> bool {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0
}

fn result(env: &TestEnv, code: &Code, paths: &[&str]) -> Option<CommitId> {
    let paths: Vec<RepoPath> = paths.iter().map(|path| RepoPath::new(*path).unwrap()).collect();
    snapshot::result(&project(env), code, &paths).unwrap()
}

#[test]
fn a_result_has_what_the_run_wrote_and_nothing_else() {
    for attributes in ["", "* text=auto\n"] {
        let env = committed();
        env.write(".gitattributes", attributes);
        env.write("a", "uncommitted\n");
        let code = snapshot(&env).code;
        assert_eq!(result(&env, &code, &["a", "mlrun.lock", "absent", "dir"]), None);
        env.write("mlrun.lock", "lock\n");
        env.write("dir/new", "new\n");
        env.write("dir/x.ignored", "ignored\n");
        env.write("dir/large", "x".repeat((1 << 20) + 1));
        env.remove("dir/c");
        env.chmod("dir/d", 0o755);
        env.write("b", "edited meanwhile, not by the run\n");
        env.write("elsewhere", "too\n");
        let id = result(&env, &code, &["mlrun.lock", "dir"]).unwrap().to_string();
        let input = code.input().unwrap();
        let diff = env.git(["diff", "--summary", "--stat=1000", input, &id]).success();
        insta::allow_duplicates! {
            insta::assert_snapshot!(diff, @"
             dir/c      | 1 -
             dir/d      | 0
             dir/new    | 1 +
             mlrun.lock | 1 +
             4 files changed, 2 insertions(+), 1 deletion(-)
             delete mode 100644 dir/c
             mode change 100644 => 100755 dir/d
             create mode 100644 dir/new
             create mode 100644 mlrun.lock
            [ok]
            ");
        }
        let parent = env.git(["rev-parse", &format!("{id}^")]).success().stdout_text();
        assert_eq!(parent.trim(), input);
        assert_eq!(result(&env, &code, &["dir", "mlrun.lock"]).unwrap().to_string(), id);
        env.git(["fsck", "--strict", "--no-dangling"]).success();
    }
    let env = committed();
    let code = Code { commit: Some("0".repeat(40)), ..Code::default() };
    assert!(snapshot::result(&project(&env), &code, &[]).is_err());
}

/// Nothing but the store names the code then.
#[test]
fn stored_runs_keep_their_code() {
    let env = committed();
    env.git(["switch", "--quiet", "-c", "topic"]).success();
    env.write("a", "committed\n");
    env.commit("topic");
    env.write("b", "uncommitted\n");
    let Snapshot { mut code, keep } = snapshot(&env);
    env.write("mlrun.lock", "lock\n");
    let left = result(&env, &code, &["mlrun.lock"]).unwrap();
    code.result = Some(left.to_string());
    assert_eq!(keep.unwrap().to_string(), code.snapshot.clone().unwrap());
    let project = project(&env);
    let id = RunId::from_bytes([7; 16]);
    let started = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut run = Run::new(id, "name".into(), Kind::Exec, 1, started);
    run.code = code.clone();
    Store::new(&project.repo).add(&[NewRun::new(run)], &[left], "one run").unwrap();
    env.git(["checkout", "--quiet", "--force", "main"]).success();
    env.git(["branch", "--quiet", "-D", "topic"]).success();
    env.sh("git reflog expire --expire=now --all; git gc --quiet --prune=now").success();
    for (name, expected) in
        [(code.input().unwrap(), "uncommitted\n"), (code.output().unwrap(), "uncommitted\n")]
    {
        assert_eq!(env.git(["show", &format!("{name}:b")]).success().stdout_text(), expected);
    }
    let lock = env.git(["show", &format!("{left}:mlrun.lock")]).success().stdout_text();
    assert_eq!(lock, "lock\n");
    env.git(["fsck", "--strict"]).success();
}
