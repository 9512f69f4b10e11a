//! Damage: a clear error, or everything right; never wrong bytes in the worktree, never a panic.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::lab::{
    Lab, Snapshot, assert_no_wrong_bytes, assert_same, files, make_writable, populate, snapshot,
    text,
};

/// Ways to damage a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Empty,
    Half,
    /// One byte is missing at the end.
    Short,
    /// The lowest bit of the byte at this many 64ths of the file.
    Flip(usize),
    Longer,
    Gone,
}

const ALL: [Damage; 9] = [
    Damage::Empty,
    Damage::Half,
    Damage::Short,
    Damage::Flip(0),
    Damage::Flip(20),
    Damage::Flip(32),
    Damage::Flip(63),
    Damage::Longer,
    Damage::Gone,
];

fn damage(path: &Path, how: Damage) {
    let mut bytes = fs::read(path).unwrap();
    match how {
        Damage::Empty => bytes.clear(),
        Damage::Half => bytes.truncate(bytes.len() / 2),
        Damage::Short => bytes.truncate(bytes.len().saturating_sub(1)),
        Damage::Flip(part) => {
            let at = (bytes.len() * part / 64).min(bytes.len() - 1);
            bytes[at] ^= 1;
        }
        Damage::Longer => bytes.push(0),
        Damage::Gone => {}
    }
    // A new file, as a broken disk or an unlucky copy would leave it: reflinks and times differ.
    fs::remove_file(path).unwrap();
    if !matches!(how, Damage::Gone) {
        fs::write(path, bytes).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o444)).unwrap();
    }
}

/// A repository with data, its store, and a copy of all to go back to.
struct Broken {
    lab: Lab,
    template: tempfile::TempDir,
    expected: Snapshot,
}

impl Broken {
    fn new() -> Broken {
        let lab = Lab::bare();
        fs::create_dir(lab.root.join("state")).unwrap();
        let repo = lab.create("state/repo");
        populate(&repo.join("data"), 1);
        fs::write(repo.join("alone"), super::lab::noise(77, 100_000)).unwrap();
        lab.add_and_commit(&repo, &["data", "alone"], "one");
        let store = lab.root.join("state/store");
        lab.mldata(&repo, ["remote", "add", "-d", "store", text(&store)]).ok();
        lab.commit(&repo, "store");
        lab.mldata(&repo, ["push"]).ok();
        let expected = snapshot(&repo);
        let template = super::lab::temp();
        Lab::copy(&lab.root.join("state"), &template.path().join("state"));
        Broken { lab, template, expected }
    }

    fn state(&self) -> PathBuf {
        self.lab.root.join("state")
    }

    fn repo(&self) -> PathBuf {
        self.state().join("repo")
    }

    fn restore(&self) {
        Lab::copy(&self.template.path().join("state"), &self.state());
    }

    fn remove_data(&self, cwd: &Path) {
        make_writable(&cwd.join("data"));
        let _ = fs::remove_dir_all(cwd.join("data"));
        let _ = fs::remove_file(cwd.join("alone"));
    }

    /// Damages each of `victims` in each way; the data is checked out anew from the cache. Then the
    /// store heals what is broken.
    fn cache(&self, victims: &[PathBuf]) {
        for victim in victims {
            for how in ALL {
                self.restore();
                let repo = self.repo();
                let context = format!("{how:?} {}", victim.display());
                damage(&self.state().join(victim), how);
                self.remove_data(&repo);
                let done = self.lab.mldata(&repo, ["checkout"]).ok_or_refused();
                assert_no_wrong_bytes(&snapshot(&repo), &[&self.expected], &context);
                if done {
                    assert_same(&snapshot(&repo), &self.expected, &context);
                }
                // `status` may find the data damaged, or not look at it: it does not panic.
                self.lab.mldata(&repo, ["status"]).ok_or_refused();
                self.lab.mldata(&repo, ["pull"]).ok();
                assert_same(&snapshot(&repo), &self.expected, &format!("{context}, healed"));
            }
        }
    }

    /// Damages each of `victims` in each way; a fresh clone pulls.
    fn remote(&self, victims: &[PathBuf]) {
        for victim in victims {
            for how in ALL {
                self.restore();
                let context = format!("{how:?} {}", victim.display());
                damage(&self.state().join(victim), how);
                let clone = self.state().join("clone");
                self.lab.git(&self.state(), ["clone", "-q", text(&self.repo()), text(&clone)]).ok();
                let done = self.lab.mldata(&clone, ["pull"]);
                let told = done.stderr();
                let done = done.ok_or_refused();
                let found = snapshot(&clone);
                assert_no_wrong_bytes(&found, &[&self.expected], &context);
                if done {
                    let data = |all: &Snapshot| {
                        all.iter()
                            .filter(|(path, _)| {
                                path.starts_with("data") || path.starts_with("alone")
                            })
                            .map(|(path, node)| (path.clone(), node.clone()))
                            .collect::<Snapshot>()
                    };
                    assert_same(&data(&found), &data(&self.expected), &context);
                } else {
                    let named = told.contains("store") || told.contains("remote");
                    assert!(named, "{context}: the remote is not named: {told}");
                }
            }
        }
    }

    fn below(&self, part: &str) -> Vec<PathBuf> {
        let state = self.template.path().join("state");
        let found: Vec<PathBuf> = files(&state.join(part))
            .into_iter()
            .map(|path| path.strip_prefix(&state).unwrap().to_owned())
            .collect();
        assert!(!found.is_empty(), "nothing in {part}");
        found
    }
}

#[test]
fn damaged_loose_objects_are_told_and_healed() {
    let broken = Broken::new();
    let victims = broken.below("repo/.git/mldata/objects");
    broken.cache(&victims[..2]);
}

#[test]
fn damaged_packs_are_told_and_healed() {
    let broken = Broken::new();
    broken.cache(&broken.below("repo/.git/mldata/packs"));
}

#[test]
fn a_damaged_table_of_verified_objects_is_not_trusted() {
    let broken = Broken::new();
    let verified = "repo/.git/mldata/verified";
    if broken.state().join(verified).exists() {
        broken.cache(&[verified.into()]);
    }
}

#[test]
fn a_damaged_index_is_rebuilt() {
    let broken = Broken::new();
    for how in ALL {
        broken.restore();
        let repo = broken.repo();
        let context = format!("{how:?} index");
        damage(&repo.join(".git/mldata/index"), how);
        broken.lab.mldata(&repo, ["status"]).ok();
        broken.lab.mldata(&repo, ["add"]).ok();
        assert_same(&snapshot(&repo), &broken.expected, &context);
        broken.lab.mldata(&repo, ["checkout"]).ok();
        assert_same(&snapshot(&repo), &broken.expected, &context);
        let done = broken.lab.mldata(&repo, ["status", "--exit-code"]);
        assert_eq!(done.code(), Some(0), "{context}: {}{}", done.stdout(), done.stderr());
        assert_eq!(broken.lab.git_status(&repo), Vec::<String>::new(), "{context}");
    }
}

/// With the index gone, what differs from its pointer may be an edit or an older version: `add`
/// must not take it for an edit, `checkout` must not overwrite it.
#[test]
fn a_lost_index_loses_no_edit() {
    let broken = Broken::new();
    let repo = broken.repo();
    fs::write(repo.join("data/tool"), "edited").unwrap();
    fs::remove_file(repo.join(".git/mldata/index")).unwrap();
    broken.lab.mldata(&repo, ["checkout"]).ok_or_refused();
    assert_eq!(fs::read_to_string(repo.join("data/tool")).unwrap(), "edited");
}

#[test]
fn damaged_pointers_are_told() {
    let broken = Broken::new();
    for pointer in ["data.mldata", "alone.mldata"] {
        for how in ALL {
            if matches!(how, Damage::Gone) {
                continue;
            }
            broken.restore();
            let repo = broken.repo();
            let context = format!("{how:?} {pointer}");
            damage(&repo.join(pointer), how);
            for args in [&["status"][..], &["checkout"], &["add"], &["push"], &["fetch"]] {
                let done = broken.lab.mldata(&repo, args);
                let (told, code) = (done.stderr(), done.code());
                done.ok_or_refused();
                if code == Some(3) {
                    let named = told.contains(pointer)
                        || told.contains("sha256:")
                        || told.contains(pointer.trim_end_matches(".mldata"));
                    assert!(named, "{context} {args:?}: {told}");
                }
                let found = snapshot(&repo);
                let data = |name: &Path| name.starts_with("data") || name == Path::new("alone");
                for (name, node) in broken.expected.iter().filter(|(name, _)| data(name)) {
                    assert_eq!(
                        found.get(name),
                        Some(node),
                        "{context} {args:?} {}",
                        name.display()
                    );
                }
            }
        }
    }
}

#[test]
fn damaged_remote_packs_are_told() {
    let broken = Broken::new();
    broken.remote(&broken.below("store/packs"));
}

#[test]
fn damaged_remote_indexes_are_told() {
    let broken = Broken::new();
    broken.remote(&broken.below("store/index"));
}

#[test]
fn a_damaged_remote_file_is_told() {
    let broken = Broken::new();
    broken.remote(&[PathBuf::from("store/mldata-remote")]);
}

/// Root reads what it may not: others get an error that names the file.
#[test]
fn unreadable_files_are_told() {
    if super::lab::is_root() {
        return crate::common::skip("unreadable_files_are_told", "root reads files of mode 000");
    }
    let broken = Broken::new();
    for victim in broken.below("repo/.git/mldata/packs") {
        broken.restore();
        let path = broken.state().join(&victim);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        broken.remove_data(&broken.repo());
        broken.lab.mldata(&broken.repo(), ["checkout"]).refused(&[]);
    }
}

/// A bit flips in a loose object that was hashed before, and its stat stays as it was: nothing
/// can see that without reading, but a push or a fetch reads.
#[test]
fn silent_damage_is_not_spread() {
    let broken = Broken::new();
    let repo = broken.repo();
    let store = broken.state().join("other-store");
    for victim in broken.below("repo/.git/mldata/objects") {
        damage(&broken.state().join(victim), Damage::Flip(30));
    }
    broken.lab.mldata(&repo, ["remote", "add", "other", text(&store)]).ok();
    broken.lab.mldata(&repo, ["push", "-r", "other"]).refused(&["sha256:"]);
    super::lab::assert_objects_are_right(&store, "pushed damage");
}
