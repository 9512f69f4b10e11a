//! Directories for the time being.

use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::rand::{GetRandomFlags, getrandom};

use super::{At as _, Result};

/// A directory that only the user may enter, removed with all that is in it when this is dropped.
/// What a killed process leaves is cleared by whoever clears the system's temporary files.
#[derive(Debug)]
pub struct ScratchDir {
    path: PathBuf,
}

impl ScratchDir {
    /// A directory among the system's temporary files.
    pub fn new() -> Result<ScratchDir> {
        ScratchDir::new_in(&std::env::temp_dir())
    }

    /// A directory in `parent`.
    pub fn new_in(parent: &Path) -> Result<ScratchDir> {
        loop {
            let mut random = [0; 8];
            getrandom(&mut random, GetRandomFlags::empty()).at("make a directory in", parent)?;
            let path = parent.join(format!("git-ml-{:016x}", u64::from_ne_bytes(random)));
            match rustix::fs::mkdir(&path, Mode::RWXU) {
                // Some systems name it through a link, which programs that run in it would resolve.
                Ok(()) => {
                    let path = path.canonicalize().at("resolve", &path)?;
                    return Ok(ScratchDir { path });
                }
                Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error).at("create directory", path),
            }
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn nothing_of_a_scratch_directory_stays() {
        let first = ScratchDir::new().unwrap();
        let second = ScratchDir::new().unwrap();
        assert_ne!(first.path(), second.path());
        let mode = std::fs::metadata(first.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        std::fs::create_dir(first.path().join("a")).unwrap();
        std::fs::write(first.path().join("a/b"), "").unwrap();
        let path = first.path().to_owned();
        drop(first);
        assert!(!path.exists());
    }
}
