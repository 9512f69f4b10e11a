//! Full disks and read-only places.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::lab::{
    Lab, assert_objects_are_right, assert_same, is_root, noise, snapshot, text, write,
};

/// A small file system in memory.
pub struct Tmpfs {
    pub path: PathBuf,
    _temp: tempfile::TempDir,
}

impl Tmpfs {
    pub fn new(test: &str, options: &str) -> Option<Tmpfs> {
        if !is_root() {
            crate::common::skip(test, "mounting needs root");
            return None;
        }
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("mnt");
        fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs", text(&path)])
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            crate::common::skip(test, "cannot mount a tmpfs");
            return None;
        }
        Some(Tmpfs { path, _temp: temp })
    }

    /// Leaves `bytes` free.
    pub fn fill(&self, bytes: u64) -> PathBuf {
        let stat = rustix::fs::statvfs(&self.path).unwrap();
        let free = stat.f_bavail * stat.f_frsize;
        let ballast = self.path.join("ballast");
        write(&ballast, vec![1; free.saturating_sub(bytes) as usize]);
        ballast
    }

    fn remount(&self, mode: &str) {
        let options = format!("remount,{mode}");
        let status = Command::new("mount").args(["-o", &options, text(&self.path)]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.path).status();
    }
}

fn data(root: &Path) {
    for at in 0..100 {
        write(&root.join(format!("small-{at}")), noise(at, 3000));
    }
    for at in 0..5 {
        write(&root.join(format!("large-{at}")), noise(1000 + at, 300_000));
    }
}

/// How much is left, in KiB, from nothing to just not enough.
const LEFT: [u64; 4] = [0, 40, 500, 1500];

#[test]
fn add_on_a_full_disk() {
    let Some(disk) = Tmpfs::new("add_on_a_full_disk", "size=12m") else { return };
    for left in LEFT {
        let root = disk.path.join(format!("left-{left}"));
        fs::create_dir(&root).unwrap();
        let lab = Lab::at(&root);
        data(&lab.repo.join("data"));
        let before = snapshot(&lab.repo);
        let ballast = disk.fill(left << 10);
        lab.mldata(&lab.repo, ["add", "data"]).refused(&["No space left"]);
        assert_same(&snapshot(&lab.repo), &before, "after add on a full disk");
        assert_objects_are_right(&lab.repo.join(".git/mldata"), "full disk");
        fs::remove_file(ballast).unwrap();
        lab.mldata(&lab.repo, ["add", "data"]).ok();
        fs::remove_dir_all(root).unwrap();
    }
}

#[test]
fn checkout_on_a_full_disk() {
    let Some(disk) = Tmpfs::new("checkout_on_a_full_disk", "size=12m") else { return };
    for left in LEFT {
        let root = disk.path.join(format!("left-{left}"));
        fs::create_dir(&root).unwrap();
        let lab = Lab::at(&root);
        data(&lab.repo.join("data"));
        lab.add_and_commit(&lab.repo, &["data"], "data");
        let before = snapshot(&lab.repo);
        fs::remove_dir_all(lab.repo.join("data")).unwrap();
        write(&lab.repo.join("own"), "the user's");
        let ballast = disk.fill(left << 10);
        lab.mldata(&lab.repo, ["checkout"]).refused(&["No space left"]);
        for (path, node) in snapshot(&lab.repo.join("data")) {
            assert_eq!(before.get(&Path::new("data").join(&path)), Some(&node), "half a file");
        }
        assert_eq!(fs::read(lab.repo.join("own")).unwrap(), b"the user's");
        fs::remove_file(ballast).unwrap();
        lab.mldata(&lab.repo, ["checkout"]).ok();
        fs::remove_file(lab.repo.join("own")).unwrap();
        assert_same(&snapshot(&lab.repo), &before, "after space was made");
        fs::remove_dir_all(root).unwrap();
    }
}

#[test]
fn push_to_a_full_disk() {
    let Some(disk) = Tmpfs::new("push_to_a_full_disk", "size=4m") else { return };
    let lab = Lab::new();
    data(&lab.repo.join("data"));
    lab.add_and_commit(&lab.repo, &["data"], "data");
    for left in LEFT {
        let (name, store) = (format!("store-{left}"), disk.path.join(format!("store-{left}")));
        lab.mldata(&lab.repo, ["remote", "add", &name, text(&store)]).ok();
        let ballast = disk.fill(left << 10);
        lab.mldata(&lab.repo, ["push", "-r", &name]).refused(&["No space left"]);
        assert_objects_are_right(&store, "full remote");
        fs::remove_file(ballast).unwrap();
        lab.mldata(&lab.repo, ["push", "-r", &name]).ok();
        fs::remove_dir_all(store).unwrap();
    }
}

#[test]
fn fetch_on_a_full_disk() {
    let Some(disk) = Tmpfs::new("fetch_on_a_full_disk", "size=8m") else { return };
    let lab = Lab::new();
    data(&lab.repo.join("data"));
    lab.add_and_commit(&lab.repo, &["data"], "data");
    lab.share();
    for left in LEFT {
        let clone = disk.path.join(format!("clone-{left}"));
        lab.git(&lab.root, ["clone", "-q", text(&lab.repo), text(&clone)]).ok();
        let ballast = disk.fill(left << 10);
        lab.mldata(&clone, ["fetch"]).refused(&["No space left"]);
        assert_objects_are_right(&clone.join(".git/mldata"), "full cache");
        fs::remove_file(ballast).unwrap();
        lab.mldata(&clone, ["pull"]).ok();
        assert_same(&snapshot(&clone.join("data")), &snapshot(&lab.repo.join("data")), "pulled");
        fs::remove_dir_all(clone).unwrap();
    }
}

#[test]
fn a_read_only_repository_is_read() {
    let Some(disk) = Tmpfs::new("a_read_only_repository_is_read", "size=16m") else { return };
    let lab = Lab::at(&disk.path);
    data(&lab.repo.join("data"));
    lab.add_and_commit(&lab.repo, &["data"], "data");
    let store = lab.share();
    write(&lab.repo.join("data/small-7"), "edited");
    let before = snapshot(&lab.repo);
    disk.remount("ro");
    let status = lab.mldata(&lab.repo, ["status", "--short"]).ok();
    assert!(status.stdout().contains("small-7"), "{}", status.stdout());
    for args in [&["add"][..], &["checkout", "--force"], &["add", "data/small-7"]] {
        lab.mldata(&lab.repo, args).refused(&["Read-only"]);
    }
    // The remote is read-only, too: a clone elsewhere can pull from it.
    let elsewhere = Lab::bare();
    let clone = elsewhere.root.join("clone");
    elsewhere.git(&elsewhere.root, ["clone", "-q", text(&lab.repo), text(&clone)]).ok();
    elsewhere.mldata(&clone, ["pull"]).ok();
    write(&clone.join("data/small-8"), "edited");
    elsewhere.mldata(&clone, ["add"]).ok();
    elsewhere.mldata(&clone, ["push"]).refused(&["Read-only"]);
    disk.remount("rw");
    assert_same(&snapshot(&lab.repo), &before, "a read-only repository");
    assert_objects_are_right(&store, "a read-only remote");
}
