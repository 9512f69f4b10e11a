//! File systems with reflinks, in images on loop devices.
//!
//! Where there is no root, no loop device or no mkfs, the test is skipped and says why. On a
//! continuous integration machine (`CI=true`) with root, missing tools are a failure instead.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Xfs,
    Btrfs,
}

/// A mounted file system; dropping it unmounts it.
#[derive(Debug)]
pub struct Mount {
    path: PathBuf,
    _image: TempDir,
}

impl Mount {
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if run("umount", &[self.path.as_os_str().as_encoded_bytes()]).is_err() {
            let _ = run("umount", &[b"-l", self.path.as_os_str().as_encoded_bytes()]);
        }
    }
}

/// A fresh file system of 600 MB, or `None`, with the reason on standard error.
pub fn mount(kind: Kind) -> Option<Mount> {
    match try_mount(kind) {
        Ok(mount) => Some(mount),
        Err(reason) => {
            let required = is_root() && is_ci();
            assert!(!required, "{kind:?} is required here: {reason}");
            super::skip(&format!("tests on {kind:?}"), &reason);
            None
        }
    }
}

/// Those of both kinds that can be had.
pub fn mount_all() -> Vec<Mount> {
    [Kind::Xfs, Kind::Btrfs].into_iter().filter_map(mount).collect()
}

fn try_mount(kind: Kind) -> Result<Mount, String> {
    if !is_root() {
        return Err("only root can mount".to_owned());
    }
    let directory = tempfile::Builder::new().prefix("gitml-mount-").tempdir();
    let directory = directory.map_err(|error| error.to_string())?;
    let image = directory.path().join("image");
    let path = directory.path().join("mnt");
    std::fs::create_dir(&path).map_err(|error| error.to_string())?;
    let file = std::fs::File::create(&image).map_err(|error| error.to_string())?;
    file.set_len(600 << 20).map_err(|error| error.to_string())?;
    let image_name = image.as_os_str().as_encoded_bytes();
    match kind {
        Kind::Xfs => run("mkfs.xfs", &[b"-q", b"-m", b"reflink=1", image_name])?,
        Kind::Btrfs => run("mkfs.btrfs", &[b"-q", image_name])?,
    }
    run("mount", &[b"-o", b"loop", image_name, path.as_os_str().as_encoded_bytes()])?;
    Ok(Mount { path, _image: directory })
}

#[expect(clippy::disallowed_methods, reason = "mounting is done by programs")]
fn run(program: &str, arguments: &[&[u8]]) -> Result<(), String> {
    use std::os::unix::ffi::OsStrExt as _;
    let arguments = arguments.iter().map(|bytes| std::ffi::OsStr::from_bytes(bytes));
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("`{program}`: {error}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("`{program}`: {}", stderr.trim())) }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

#[expect(clippy::disallowed_methods, reason = "this is where the variable is read")]
fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

#[test]
fn what_is_mounted_has_reflinks() {
    for mount in mount_all() {
        let create = |name| std::fs::File::create_new(mount.path().join(name)).expect("create");
        let (mut from, to) = (create("from"), create("to"));
        std::io::Write::write_all(&mut from, &[1; 4096]).expect("write");
        assert!(gitml::fs::clone_file(&from, &to).expect("clone"));
    }
}
