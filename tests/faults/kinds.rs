//! What is not a plain small file: executables, links, empty files and directories, files over
//! 4 GiB on a file system with reflinks.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::lab::{Lab, Node, assert_same, populate, snapshot, write};
use crate::common::filesystems::{Kind, mount};

#[test]
fn every_kind_round_trips() {
    let lab = Lab::new();
    let data = lab.repo.join("data");
    populate(&data, 1);
    fs::create_dir_all(data.join("links/to")).unwrap();
    symlink("../tool", data.join("links/up")).unwrap();
    symlink("to", data.join("links/directory")).unwrap();
    symlink("self", data.join("links/self")).unwrap();
    write(&data.join("empty tool"), "");
    fs::set_permissions(data.join("empty tool"), fs::Permissions::from_mode(0o700)).unwrap();
    write(&data.join("read-only"), "read-only");
    fs::set_permissions(data.join("read-only"), fs::Permissions::from_mode(0o444)).unwrap();
    fs::hard_link(data.join("tool"), data.join("hard link")).unwrap();
    write(&lab.repo.join("alone"), "#!/bin/sh\n");
    fs::set_permissions(lab.repo.join("alone"), fs::Permissions::from_mode(0o755)).unwrap();
    write(&lab.repo.join("nothing"), "");
    fs::create_dir(lab.repo.join("void")).unwrap();
    let expected = snapshot(&lab.repo);
    lab.add_and_commit(&lab.repo, &["data", "alone", "nothing", "void"], "kinds");
    lab.share();
    let clone = lab.clone("clone");
    lab.mldata(&clone, ["pull"]).ok();
    let found = snapshot(&clone);
    for (path, node) in &expected {
        if path.starts_with("data") || !path.to_string_lossy().contains('.') {
            assert_eq!(found.get(path), Some(node), "{}", path.display());
        }
    }
    let done = lab.mldata(&clone, ["status", "--exit-code"]);
    assert_eq!(done.code(), Some(0), "{}", done.stdout());
    // A change of kind is a change.
    fs::remove_file(clone.join("data/tool")).unwrap();
    symlink("small", clone.join("data/tool")).unwrap();
    fs::remove_file(clone.join("data/link")).unwrap();
    write(&clone.join("data/link/inside"), "a directory now");
    fs::set_permissions(clone.join("alone"), fs::Permissions::from_mode(0o644)).unwrap();
    let changed = snapshot(&clone.join("data"));
    lab.mldata(&clone, ["add"]).ok();
    lab.commit(&clone, "other kinds");
    fs::remove_dir_all(clone.join("data")).unwrap();
    lab.mldata(&clone, ["checkout"]).ok();
    assert_same(&snapshot(&clone.join("data")), &changed, "after a change of kinds");
    lab.git(&clone, ["switch", "-q", "--detach", "HEAD~1"]).ok();
    assert_eq!(
        snapshot(&clone.join("data")).get(Path::new("link")),
        expected.get(Path::new("data/link"))
    );
    assert_eq!(snapshot(&clone).get(Path::new("alone")), expected.get(Path::new("alone")));
}

#[test]
fn links_that_leave_are_refused() {
    for target in ["/etc/passwd", "../../outside"] {
        let lab = Lab::new();
        write(&lab.repo.join("data/file"), "file");
        symlink(target, lab.repo.join("data/link")).unwrap();
        lab.mldata(&lab.repo, ["add", "data"]).refused(&["link"]);
        assert!(!lab.repo.join("data.mldata").exists());
    }
}

#[test]
fn sockets_and_pipes_are_refused_at_once() {
    let lab = Lab::new();
    write(&lab.repo.join("data/file"), "file");
    let _socket = std::os::unix::net::UnixListener::bind(lab.repo.join("data/socket")).unwrap();
    lab.mldata(&lab.repo, ["add", "data"]).refused(&["socket"]);
    fs::remove_file(lab.repo.join("data/socket")).unwrap();
    assert!(Command::new("mkfifo").arg(lab.repo.join("data/pipe")).status().unwrap().success());
    lab.mldata(&lab.repo, ["add", "data"]).refused(&["pipe"]);
}

/// A second checkout changes no inode and says nothing.
#[test]
fn checkout_again_does_nothing() {
    let lab = Lab::new();
    populate(&lab.repo.join("data"), 1);
    lab.add_and_commit(&lab.repo, &["data"], "one");
    let inodes = || -> Vec<(PathBuf, u64, i64)> {
        let list = super::lab::files(&lab.repo.join("data"));
        let stat = |path: PathBuf| {
            let meta = fs::symlink_metadata(&path).unwrap();
            (path, meta.ino(), meta.ctime_nsec())
        };
        list.into_iter().map(stat).collect()
    };
    let before = inodes();
    let done = lab.mldata(&lab.repo, ["checkout"]).ok();
    assert_eq!((done.stdout(), done.stderr()), (String::new(), String::new()));
    assert_eq!(inodes(), before);
}

/// Bytes in use on the file system that holds `path`.
fn used(path: &Path) -> u64 {
    rustix::fs::sync();
    let stat = rustix::fs::statvfs(path).unwrap();
    (stat.f_blocks - stat.f_bfree) * stat.f_frsize
}

/// On an image of 600 MB: not a byte of the 4 GiB can have been copied.
#[test]
fn a_sparse_file_over_4_gib_is_reflinked() {
    let Some(xfs) = mount(Kind::Xfs) else { return };
    let lab = Lab::at(xfs.path());
    let path = lab.repo.join("huge");
    let file = fs::File::create(&path).unwrap();
    let size = (4 << 30) + 12_345;
    file.set_len(size).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"the end", size - 7).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"the middle", 1 << 31).unwrap();
    drop(file);
    lab.add_and_commit(&lab.repo, &["huge"], "huge");
    let pointer = fs::read_to_string(lab.repo.join("huge.mldata")).unwrap();
    assert!(pointer.contains(&format!("size: {size}")), "{pointer}");
    fs::remove_file(&path).unwrap();
    lab.mldata(&lab.repo, ["checkout"]).ok();
    assert_eq!(fs::metadata(&path).unwrap().len(), size);
    let mut end = [0; 7];
    let file = fs::File::open(&path).unwrap();
    std::os::unix::fs::FileExt::read_exact_at(&file, &mut end, size - 7).unwrap();
    assert_eq!(&end, b"the end");
    let done = lab.mldata(&lab.repo, ["status", "--exit-code"]);
    assert_eq!(done.code(), Some(0), "{}", done.stdout());
}

#[test]
fn large_files_cost_no_second_copy() {
    let Some(xfs) = mount(Kind::Xfs) else { return };
    let lab = Lab::at(xfs.path());
    for at in 0..20 {
        write(&lab.repo.join(format!("data/{at}")), super::lab::noise(at, 5 << 20));
    }
    let before = used(xfs.path());
    lab.add_and_commit(&lab.repo, &["data"], "100 MiB");
    fs::remove_dir_all(lab.repo.join("data")).unwrap();
    lab.mldata(&lab.repo, ["checkout"]).ok();
    let grown = used(xfs.path()).saturating_sub(before);
    assert!(grown < 8 << 20, "grew by {grown} bytes");
    // Writing to the file does not reach the object behind it.
    write(&lab.repo.join("data/3"), "changed");
    let _ = lab.mldata(&lab.repo, ["status"]).ok();
    lab.mldata(&lab.repo, ["checkout", "--force"]).ok();
    let expected = gitml::format::ObjectId::of(&super::lab::noise(3, 5 << 20));
    let found = snapshot(&lab.repo.join("data"));
    assert_eq!(found.get(Path::new("3")), Some(&Node::File { id: expected, exec: false }));
}
