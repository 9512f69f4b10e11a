//! Stores that somebody made to do harm: no command crashes, takes more than its memory, or writes
//! anywhere but into `.git`, and the runs that are sound stay readable wherever Git itself can get to
//! them.

use gitml::format::run::MAX_LEN;
use gitml::git::Repo;
use gitml::runs::Store;
use gitml::runs::store::{MAX_TREE, REF};

use crate::common::{MLRUN, Output, TestEnv};
use crate::runs_sync::{record, run};

/// Virtual memory of a command and its children, in KiB.
const MEMORY: u32 = 1_500_000;
/// The sound run of every store.
const GOOD: u8 = 0x77;

/// An entry of a raw tree: mode, name, id.
type Entry = (&'static str, Vec<u8>, String);

fn entry(mode: &'static str, name: impl Into<Vec<u8>>, id: &str) -> Entry {
    (mode, name.into(), id.to_owned())
}

const DIRECTORY: &str = "40000";
const FILE: &str = "100644";

/// Writes any bytes as an object, whether Git likes them or not.
fn object(env: &TestEnv, kind: gix::object::Kind, bytes: &[u8]) -> String {
    use gix::objs::Write as _;
    let repo = gix::open(env.dir()).unwrap();
    repo.objects.write_buf(kind, bytes).unwrap().to_string()
}

fn blob(env: &TestEnv, bytes: &[u8]) -> String {
    object(env, gix::object::Kind::Blob, bytes)
}

/// Writes a tree with these entries in this order.
fn tree(env: &TestEnv, entries: &[Entry]) -> String {
    let mut bytes = Vec::new();
    for (mode, name, id) in entries {
        bytes.extend_from_slice(mode.as_bytes());
        bytes.push(b' ');
        bytes.extend_from_slice(name);
        bytes.push(0);
        let digit = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        bytes.extend(id.as_bytes().chunks(2).map(|pair| digit(pair).unwrap()));
    }
    object(env, gix::object::Kind::Tree, &bytes)
}

fn commit(env: &TestEnv, tree: &str) -> String {
    let who = "a <a@b> 1767225600 +0000";
    let text = format!("tree {tree}\nauthor {who}\ncommitter {who}\n\nRuns\n");
    object(env, gix::object::Kind::Commit, text.as_bytes())
}

/// The directory of a run with this `run.json`.
fn directory(env: &TestEnv, json: &[u8]) -> String {
    tree(env, &[entry(FILE, "run.json", &blob(env, json))])
}

fn id(byte: u8) -> String {
    run(byte).run.id.to_string()
}

fn good(env: &TestEnv) -> Entry {
    let run = directory(env, &run(GOOD).run.to_bytes());
    entry(DIRECTORY, "77", &tree(env, &[entry(DIRECTORY, id(GOOD), &run)]))
}

/// The tree of a store with the sound run, these shards before it, and more top directories.
fn store(env: &TestEnv, shards: Vec<Entry>, said: &[Entry], top: Vec<Entry>) -> String {
    let runs = tree(env, &[shards, vec![good(env)]].concat());
    let mut version = vec![entry(DIRECTORY, "runs", &runs)];
    if !said.is_empty() {
        version.insert(0, entry(DIRECTORY, "annotations", &tree(env, said)));
    }
    let version = tree(env, &version);
    commit(env, &tree(env, &[vec![entry(DIRECTORY, "v1", &version)], top].concat()))
}

/// A store with one more run, whose directory is this.
fn with_run(env: &TestEnv, name: &[u8], directory: &str) -> String {
    let shard = tree(env, &[entry(DIRECTORY, name, directory)]);
    store(env, vec![entry(DIRECTORY, "11", &shard)], &[], Vec::new())
}

/// A store with one more run, which has this `run.json`.
fn with_json(env: &TestEnv, json: &[u8]) -> String {
    let run = directory(env, json);
    with_run(env, id(0x11).as_bytes(), &run)
}

/// A bare repository whose store is what `make` makes, and a clone `clone` of it; in the latter.
fn hostile(make: impl Fn(&TestEnv) -> String) -> TestEnv {
    let mut env = TestEnv::new();
    env.commit("code");
    env.git(["clone", "--quiet", "--bare", ".", "../origin.git"]).success();
    env.cd("origin.git");
    let target = make(&env);
    // Git refuses to point a ref to what it does not know.
    env.write(REF, format!("{target}\n"));
    env.cd("");
    let url = format!("file://{}/origin.git", env.root().display());
    env.git(["clone", "--quiet", &url, "clone"]).success();
    env.cd("clone");
    env
}

/// Runs `git mlrun`, bounded. It must end by itself, with something to say.
#[track_caller]
fn bounded(env: &TestEnv, arguments: &[&str]) -> Output {
    let script = format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"");
    let words = [&["-euc", &script, MLRUN], arguments].concat();
    let mut command = env.command("sh", words);
    command.stdin(std::process::Stdio::null());
    let output = Output::new(command.output().unwrap(), env.root());
    assert!(matches!(output.exit_code, Some(0..=3)), "{arguments:?}:\n{output}");
    let text = output.stderr_text();
    assert!(!text.contains('\x1b') && !text.contains('\u{7}'), "{arguments:?}: {text:?}");
    if output.exit_code != Some(0) {
        assert!(text.contains("error:"), "{arguments:?}:\n{output}");
    }
    output
}

const ALL: [&[&str]; 10] = [
    &["fetch"],
    &["pull"],
    &["log"],
    &["show", "7777"],
    &["show", "1111"],
    &["restore", "1111"],
    &["tag", "7777"],
    &["tag", "1111", "x=y"],
    &["rm", "11111111111111111111111111111111"],
    &["gc", "--expire", "0d"],
];

/// Every command on the store that `make` makes, in a clone without runs and then in one with a run of
/// its own. Returns what the first pull said.
fn endure(make: impl Fn(&TestEnv) -> String, is_readable: bool) -> String {
    let mut env = hostile(make);
    let pulled = bounded(&env, &["pull"]).to_string();
    for arguments in ALL {
        let output = bounded(&env, arguments);
        if is_readable && arguments[0] == "tag" && arguments.len() == 2 {
            assert_eq!(output.exit_code, Some(0), "the sound run cannot be read:\n{output}");
        }
    }
    record(&env, &[0x55]);
    bounded(&env, &["push"]);
    assert_eq!(env.git_status(), "");
    env.cd("");
    env.git(["clone", "--quiet", "repo", "own"]).success();
    env.cd("own");
    let url = format!("file://{}/origin.git", env.root().display());
    env.git(["remote", "set-url", "origin", &url]).success();
    record(&env, &[0x66]);
    bounded(&env, &["push"]);
    for arguments in ALL {
        bounded(&env, arguments);
    }
    bounded(&env, &["push"]);
    // Whatever came, what was here is here.
    let repo = Repo::at(env.dir()).unwrap();
    let store = Store::new(&repo);
    let tip = store.tip().unwrap().unwrap();
    assert!(store.run(tip, run(0x66).run.id).unwrap().is_some());
    assert_eq!(env.git_status(), "");
    let outside = env.sh("cd ..; ls").success().stdout_text();
    assert_eq!(outside, "clone\nhome\norigin.git\nown\nrepo\ntmp\n");
    pulled
}

#[test]
fn runs_that_are_none() {
    let sound = String::from_utf8(run(0x11).run.to_bytes()).unwrap();
    let deep = format!("{{\"version\":1,\"x\":{}", "[".repeat(200_000));
    let parent = sound.replacen('{', "{\"parent\": \"../../etc/passwd\",", 1);
    let version = sound.replace("\"version\": 1", "\"version\": 99");
    let order = sound.replace("\"order\": 17", "\"order\": 9223372036854775807");
    let texts = ["", "{", "null", "[]", "{\"version\": \"1\"}", &deep, &parent, &version, &order];
    for text in texts {
        endure(|env| with_json(env, text.as_bytes()), true);
    }
}

#[test]
fn names_and_fields_that_are_meant_for_a_terminal_or_a_path() {
    let sound = run(0x11).run;
    for name in ["\x1b[2J\x07", "../../../outside", "/tmp/x", "a\nb", "-x", ""] {
        let mut run = sound.clone();
        run.name = name.to_owned();
        run.tags.insert(name.to_owned(), name.to_owned());
        run.directory = name.to_owned();
        run.code.snapshot = Some(name.to_owned());
        run.code.commit = Some("f".repeat(40));
        run.locks.insert(name.to_owned(), name.to_owned());
        endure(|env| with_json(env, &run.to_bytes()), true);
    }
}

#[test]
fn things_that_are_no_files() {
    for mode in [DIRECTORY, "120000", "160000", "100755", "100664"] {
        endure(
            |env| {
                let target = match mode {
                    DIRECTORY => tree(env, &[]),
                    "160000" => "1".repeat(40),
                    _ => blob(env, b"../../../../../etc/passwd"),
                };
                let run = tree(env, &[entry(mode, "run.json", &target)]);
                with_run(env, id(0x11).as_bytes(), &run)
            },
            true,
        );
        // In the place of a shard.
        endure(
            |env| {
                let target = match mode {
                    DIRECTORY => tree(env, &[]),
                    "160000" => "1".repeat(40),
                    _ => blob(env, b"x"),
                };
                store(env, vec![entry(mode, "11", &target)], &[], Vec::new())
            },
            true,
        );
    }
}

#[test]
fn ids_that_are_none_or_stand_elsewhere() {
    let names = [
        id(0x22),
        id(0x11).to_uppercase().replace('1', "A"),
        "..".into(),
        ".git".into(),
        "a/b".into(),
    ];
    for name in names {
        endure(
            |env| {
                let run = directory(env, &run(0x22).run.to_bytes());
                with_run(env, name.as_bytes(), &run)
            },
            true,
        );
    }
    // One id in two shards, a name twice, and nothing in order.
    endure(
        |env| {
            let run = directory(env, &run(GOOD).run.to_bytes());
            let shard = tree(env, &[entry(DIRECTORY, id(GOOD), &run)]);
            store(env, vec![entry(DIRECTORY, "11", &shard)], &[], Vec::new())
        },
        true,
    );
    endure(
        |env| {
            let run = directory(env, &run(0x11).run.to_bytes());
            let twice = entry(DIRECTORY, id(0x11), &run);
            let shard = tree(env, &[twice.clone(), twice]);
            store(env, vec![entry(DIRECTORY, "11", &shard)], &[], Vec::new())
        },
        true,
    );
}

#[test]
fn annotations_that_are_none() {
    for text in [
        &b"{"[..],
        b"[]",
        b"{\"deleted\": 3}",
        b"{\"deleted\": {\"text\": \"yes\", \"time\": 9223372036854775807, \"writer\": \"x\"}}",
    ] {
        endure(
            |env| {
                let file = format!("{}.json", id(0x11));
                let shard = tree(env, &[entry(FILE, file, &blob(env, text))]);
                let run = directory(env, &run(0x11).run.to_bytes());
                let runs = tree(env, &[entry(DIRECTORY, id(0x11), &run)]);
                let said = [entry(DIRECTORY, "11", &shard)];
                store(env, vec![entry(DIRECTORY, "11", &runs)], &said, Vec::new())
            },
            true,
        );
    }
}

#[test]
fn what_is_too_large() {
    let huge = vec![b' '; MAX_LEN + 1];
    endure(|env| with_json(env, &huge), true);
    let many = |env: &TestEnv| {
        let empty = blob(env, b"");
        let name = |at: usize| format!("{at:07}");
        let count = MAX_TREE / b"100644 0000000\0<20 bytes of an id>".len() + 1;
        let entries: Vec<Entry> = (0..count).map(|at| entry(FILE, name(at), &empty)).collect();
        tree(env, &entries)
    };
    let said =
        endure(|env| store(env, vec![entry(DIRECTORY, "11", &many(env))], &[], Vec::new()), true);
    assert!(said.contains("v1/runs/11 of the run store: cannot read tree"), "{said}");
    endure(|env| with_run(env, id(0x11).as_bytes(), &many(env)), true);
    endure(|env| commit(env, &many(env)), false);
}

#[test]
fn directories_of_directories_of_directories() {
    endure(
        |env| {
            let mut below = tree(env, &[entry(FILE, "x", &blob(env, b"x"))]);
            for _ in 0..1000 {
                let names = ["a", "b", "c", "d"];
                below = tree(env, &names.map(|name| entry(DIRECTORY, name, &below)));
            }
            store(env, Vec::new(), &[], vec![entry(DIRECTORY, "v2", &below)])
        },
        true,
    );
}

#[test]
fn stores_of_other_versions_are_kept() {
    let mut env = hostile(|env| {
        let file = entry(FILE, "x", &blob(env, b"x"));
        let version = tree(env, &[file]);
        commit(env, &tree(env, &[entry(DIRECTORY, "v2", &version)]))
    });
    record(&env, &[0x55]);
    bounded(&env, &["pull"]).success();
    bounded(&env, &["push"]).success();
    env.cd("origin.git");
    let listed = env.git(["ls-tree", "-r", "--name-only", REF]).success().stdout_text();
    assert!(listed.starts_with("v1/runs/55/") && listed.ends_with("v2/x\n"), "{listed}");
}

#[test]
fn refs_to_other_things_than_commits_of_stores() {
    let said = endure(|env| blob(env, b"x"), false);
    assert!(said.contains("error: cannot read commit"), "{said}");
    endure(|env| tree(env, &[]), false);
    endure(|env| commit(env, &tree(env, &[])), false);
    endure(|env| env.git(["rev-parse", "HEAD"]).stdout_text().trim().to_owned(), false);
    endure(
        |env| {
            let target = blob(env, b"x");
            let text = format!("object {target}\ntype blob\ntag x\ntagger a <a@b> 1 +0000\n\nx\n");
            object(env, gix::object::Kind::Tag, text.as_bytes())
        },
        false,
    );
}
