//! Repositories, objects and remotes made by somebody who means harm: nothing is written outside
//! the worktree, nothing below `.git`, and nothing panics.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use gitml::format::pack::{Encoder, Encoding};
use gitml::format::tree::Mode;
use gitml::format::{Kind, ObjectId};

use super::lab::{Lab, Snapshot, assert_same, files, snapshot, text, write};

/// The bytes of an entry, without the checks of the library's own writer.
fn raw_entry(mode: u32, oid: ObjectId, size: u64, files: u64, name: &[u8]) -> Vec<u8> {
    let mut bytes = mode.to_be_bytes().to_vec();
    bytes.extend_from_slice(oid.as_bytes());
    bytes.extend_from_slice(&size.to_be_bytes());
    bytes.extend_from_slice(&files.to_be_bytes());
    bytes.extend_from_slice(&(name.len() as u16).to_be_bytes());
    bytes.extend_from_slice(name);
    bytes
}

fn raw_tree(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"MLTR\0\0\0\x01".to_vec();
    entries.iter().for_each(|entry| bytes.extend_from_slice(entry));
    bytes
}

/// Puts an object into the cache of `repo` as a clone that fetched it would have it.
fn plant(repo: &Path, bytes: &[u8]) -> ObjectId {
    let id = ObjectId::of(bytes);
    let hex = id.to_hex();
    let path = repo.join(".git/mldata/objects").join(&hex[..2]).join(&hex[2..4]).join(&hex);
    write(&path, bytes);
    id
}

/// Writes a pointer as a commit of somebody else's brings it: Git knows it, we do not.
fn pointer(lab: &Lab, path: &str, text: impl AsRef<[u8]>) {
    write(&lab.repo.join(path), text);
    lab.git(&lab.repo, ["add", "--", path]).ok();
}

fn tree_pointer(id: ObjectId, size: u64, files: u64) -> String {
    format!("mldata: 1\ntree: {id}\nsize: {size}\nfiles: {files}\n")
}

fn file_pointer(id: ObjectId, size: u64) -> String {
    format!("mldata: 1\noid: {id}\nsize: {size}\n")
}

/// Everything in the lab but the worktree of `repo` and what commands may write below `.git`.
fn surroundings(lab: &Lab) -> Snapshot {
    let mut found = Snapshot::new();
    for (path, node) in snapshot(&lab.root) {
        if !path.starts_with("repo") {
            found.insert(path, node);
        }
    }
    for path in files(&lab.repo.join(".git")) {
        let inside = path.strip_prefix(&lab.repo).unwrap().to_owned();
        if !inside.starts_with(".git/mldata") && !inside.ends_with("index") {
            let id = ObjectId::of(&fs::read(&path).unwrap());
            found.insert(inside, super::lab::Node::File { id, exec: false });
        }
    }
    found
}

const VERBS: [&[&str]; 6] =
    [&["checkout"], &["status"], &["checkout", "--force"], &["add"], &["push"], &["fetch"]];

/// Runs every verb; each does its work or says why not, and nothing outside changes.
fn all_verbs(lab: &Lab, context: &str) {
    let before = surroundings(lab);
    for args in VERBS {
        lab.mldata(&lab.repo, args).ok_or_refused();
        assert_same(&surroundings(lab), &before, &format!("{context}: {args:?}"));
    }
}

#[test]
fn names_in_trees_do_not_leave_the_target() {
    let evil = ObjectId::of(b"evil");
    for name in [
        &b"../x"[..],
        b"/etc/x",
        b"a/b",
        b"..",
        b".",
        b"",
        b".git",
        b".GIT",
        b"git~1",
        b"nul\0byte",
        b".git.",
        b".git ",
    ] {
        let lab = Lab::new();
        plant(&lab.repo, b"evil");
        let tree = raw_tree(&[raw_entry(Mode::File as u32, evil, 4, 0, name)]);
        let id = plant(&lab.repo, &tree);
        let inner = raw_tree(&[raw_entry(Mode::Directory as u32, id, 4, 1, b"sub")]);
        let outer = plant(&lab.repo, &inner);
        pointer(&lab, "data.mldata", tree_pointer(id, 4, 1));
        pointer(&lab, "more.mldata", tree_pointer(outer, 4, 1));
        let context = format!("{:?}", String::from_utf8_lossy(name));
        lab.mldata(&lab.repo, ["checkout"]).refused(&["data"]);
        all_verbs(&lab, &context);
        assert!(super::lab::holding(&lab.repo.join("data"), b"evil").is_empty(), "{context}");
    }
}

#[test]
fn links_in_trees_do_not_leave_the_tree() {
    for target in ["/etc/passwd", "../../outside", "sub/../../../outside", "../.git/hooks"] {
        let lab = Lab::new();
        write(&lab.root.join("outside/file"), "outside");
        let link = plant(&lab.repo, target.as_bytes());
        let tree = raw_tree(&[raw_entry(Mode::Link as u32, link, target.len() as u64, 0, b"link")]);
        let id = plant(&lab.repo, &tree);
        pointer(&lab, "data.mldata", tree_pointer(id, target.len() as u64, 1));
        lab.mldata(&lab.repo, ["checkout"]).refused(&["link"]);
        assert!(fs::symlink_metadata(lab.repo.join("data/link")).is_err(), "{target} was written");
        all_verbs(&lab, target);
    }
}

#[test]
fn checkout_does_not_write_through_links() {
    let lab = Lab::new();
    write(&lab.repo.join("data/sub/file"), "ours");
    write(&lab.repo.join("data/plain"), "ours");
    write(&lab.repo.join("dir/data"), "ours");
    lab.add_and_commit(&lab.repo, &["data", "dir/data"], "one");
    write(&lab.root.join("outside/keep"), "outside");
    let outside = lab.root.join("outside");
    for (remove, link) in [("data", "data"), ("data/sub", "data/sub"), ("dir", "dir")] {
        let _ = fs::remove_dir_all(lab.repo.join(remove));
        symlink(&outside, lab.repo.join(link)).unwrap();
        for args in [&["checkout"][..], &["checkout", "--force"], &["status"], &["add"]] {
            lab.mldata(&lab.repo, args).ok_or_refused();
            let found: Vec<_> = files(&outside);
            assert_eq!(found, [outside.join("keep")], "{link}: {args:?} wrote through the link");
        }
        let _ = fs::remove_file(lab.repo.join(link));
        lab.git(&lab.repo, ["checkout", "-q", "."]).ok();
        let _ = lab.mldata(&lab.repo, ["checkout", "--force"]).ok();
    }
}

#[test]
fn pointer_names_do_not_leave_the_directory() {
    let names =
        ["..mldata", "...mldata", ".git.mldata", ".GIT.mldata", ".mldata", ".gitignore.mldata"];
    for name in names {
        let lab = Lab::new();
        let evil = plant(&lab.repo, b"evil");
        let tree = raw_tree(&[raw_entry(Mode::File as u32, evil, 4, 0, b"config")]);
        let tree = plant(&lab.repo, &tree);
        for text in [file_pointer(evil, 4), tree_pointer(tree, 4, 1)] {
            for place in ["", "sub/"] {
                pointer(&lab, &format!("{place}{name}"), &text);
                let before = fs::read(lab.repo.join(".git/config")).unwrap();
                all_verbs(&lab, &format!("{place}{name}"));
                assert_eq!(fs::read(lab.repo.join(".git/config")).unwrap(), before, "{name}");
                fs::remove_file(lab.repo.join(place).join(name)).unwrap();
            }
        }
    }
}

#[test]
fn a_very_deep_tree_is_refused() {
    let lab = Lab::new();
    let depth = 200_000;
    let mut pack = Encoder::new(Vec::new()).unwrap();
    let mut put = |bytes: &[u8]| {
        let id = ObjectId::of(bytes);
        pack.push(id, Kind::Tree, Encoding::Raw, bytes, bytes.len()).unwrap();
        id
    };
    let mut id = put(&raw_tree(&[]));
    for _ in 0..depth {
        id = put(&raw_tree(&[raw_entry(Mode::Directory as u32, id, 0, 0, b"d")]));
    }
    let (bytes, name) = pack.finish().unwrap();
    write(&lab.repo.join(".git/mldata/packs").join(name.to_hex()), bytes);
    pointer(&lab, "data.mldata", tree_pointer(id, 0, 0));
    lab.mldata(&lab.repo, ["remote", "add", "-d", "store", text(&lab.root.join("store"))]).ok();
    lab.mldata(&lab.repo, ["checkout"]).refused(&["data"]);
    all_verbs(&lab, "deep");
}

#[test]
fn sizes_that_lie_are_told() {
    for (what, pointer_size, entry_size, count) in [
        ("the pointer's size", u64::MAX, 4, 1),
        ("the entry's size", 4, u64::MAX, 1),
        ("both", u64::MAX, u64::MAX, u64::MAX),
        ("a small lie", 5, 4, 1),
        ("the count", 4, 4, 1_000_000_000_000),
        ("a smaller entry", 3, 3, 1),
    ] {
        let lab = Lab::new();
        let evil = plant(&lab.repo, b"evil");
        let tree = raw_tree(&[raw_entry(Mode::File as u32, evil, entry_size, 0, b"file")]);
        let id = plant(&lab.repo, &tree);
        pointer(&lab, "data.mldata", tree_pointer(id, pointer_size, count));
        pointer(&lab, "alone.mldata", file_pointer(evil, pointer_size));
        lab.mldata(&lab.repo, ["remote", "add", "-d", "store", text(&lab.root.join("store"))]).ok();
        let before = surroundings(&lab);
        for args in VERBS {
            lab.mldata(&lab.repo, args).ok_or_refused();
        }
        let after = surroundings(&lab);
        for (path, node) in before {
            assert_eq!(after.get(&path), Some(&node), "{what}: {}", path.display());
        }
    }
}

/// A tree that names itself cannot exist; one whose parts come again and again can, and stands for
/// more files than there are atoms.
#[test]
fn a_tree_that_repeats_itself_is_bounded() {
    let lab = Lab::new();
    let blob = plant(&lab.repo, b"x");
    let entry = |mode: Mode, id, files: u64, at: u8| {
        raw_entry(mode as u32, id, files.max(1), if mode.is_directory() { files } else { 0 }, &[at])
    };
    let leaf: Vec<_> = (b'a'..=b'z').map(|at| entry(Mode::File, blob, 0, at)).collect();
    let mut id = plant(&lab.repo, &raw_tree(&leaf));
    let mut count = 26u64;
    for _ in 0..8 {
        let level: Vec<_> = (b'a'..=b'z').map(|at| entry(Mode::Directory, id, count, at)).collect();
        id = plant(&lab.repo, &raw_tree(&level));
        count *= 26;
    }
    pointer(&lab, "data.mldata", tree_pointer(id, count, count));
    // What reads only the tree objects is done at once: 9 of them, not 26^9 files.
    let start = std::time::Instant::now();
    lab.mldata(&lab.repo, ["status"]).ok_or_refused();
    lab.mldata(&lab.repo, ["remote", "add", "-d", "store", text(&lab.root.join("store"))]).ok();
    lab.mldata(&lab.repo, ["push"]).ok_or_refused();
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

#[test]
fn a_foreign_directory_is_no_remote() {
    let lab = Lab::new();
    write(&lab.repo.join("data"), "data");
    lab.add_and_commit(&lab.repo, &["data"], "data");
    let store = lab.share();
    let clone = lab.clone("clone");
    // The directory is now another one.
    for replace in ["nothing", "files", "another remote"] {
        fs::remove_dir_all(&store).unwrap();
        match replace {
            "files" => write(&store.join("holiday.jpg"), "a photo"),
            "another remote" => {
                let other = Lab::new();
                let path = other.root.join("store");
                other.mldata(&other.repo, ["remote", "add", "store", text(&path)]).ok();
                Lab::copy(&path, &store);
            }
            _ => {}
        }
        let others = || {
            let mut all = snapshot(&lab.root);
            all.retain(|path, _| !path.starts_with("clone") && !path.starts_with("repo"));
            all
        };
        let before = others();
        lab.mldata(&clone, ["pull"]).refused(&["store"]);
        assert_same(&others(), &before, replace);
        if replace != "nothing" {
            lab.mldata(&lab.repo, ["push"]).refused(&["store"]);
            assert_same(&snapshot(&store), &snapshot_of(&before, "store"), replace);
        } else {
            fs::create_dir_all(&store).unwrap();
        }
    }
    // A directory with other files is not made a remote, either.
    let photos = lab.root.join("photos");
    write(&photos.join("holiday.jpg"), "a photo");
    lab.mldata(&lab.repo, ["remote", "add", "photos", text(&photos)]).refused(&["photos"]);
    assert_eq!(snapshot(&photos).len(), 1);
}

fn snapshot_of(all: &Snapshot, below: &str) -> Snapshot {
    all.iter()
        .filter_map(|(path, node)| {
            let path = path.strip_prefix(below).ok()?;
            (path != Path::new("")).then(|| (path.to_owned(), node.clone()))
        })
        .collect()
}

/// A committed file of settings names remotes and defaults, nothing else.
#[test]
fn committed_settings_cannot_move_the_cache_or_run_anything() {
    let lab = Lab::new();
    let (elsewhere, ran) = (lab.root.join("elsewhere"), lab.root.join("ran"));
    let command = format!("touch {}", ran.display());
    write(
        &lab.repo.join(".mldataconfig"),
        format!(
            "[mldata]\n\tcache = {0}\n\tlink = symlink\n\trecoveryExpire = 0\n[core]\n\tfsmonitor = {1}\n\
             \tsshCommand = {1}\n[include]\n\tpath = {0}/config\n[mldata \"store\"]\n\turl = {0}/store\n\
             \tcommand = {1}\n",
            text(&elsewhere),
            command
        ),
    );
    write(&lab.repo.join("data/file"), "data");
    lab.mldata(&lab.repo, ["add", "data"]).ok();
    for args in [&["status"][..], &["push"], &["fetch"], &["checkout"], &["init"]] {
        lab.mldata(&lab.repo, args).ok_or_refused();
    }
    assert!(!elsewhere.exists(), "a committed file named a directory, and it was made");
    assert!(!ran.exists(), "a committed file ran a command");
    assert!(fs::symlink_metadata(lab.repo.join("data/file")).unwrap().is_file());
}

/// Names from a repository do not reach a terminal as they are.
#[test]
fn messages_are_escaped() {
    let lab = Lab::new();
    let name = "\x1b]0;owned\x07.mldata";
    pointer(&lab, name, "mldata: 1\noid: nonsense\nsize: 1\n");
    for args in VERBS {
        let done = lab.mldata(&lab.repo, args);
        for output in [&done.output.stdout, &done.output.stderr] {
            assert!(!output.contains(&0x1b) && !output.contains(&7), "{args:?}");
        }
    }
}
