//! What a template may cost.

use super::{Error, Result};

/// Bounds of one template and of one render. A template is somebody else's text: without them, ten
/// letters fill the disk.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Files and directories of the template, and of the project.
    pub count: usize,
    /// Bytes of all files of the template, and of the project.
    pub bytes: u64,
    /// Bytes that one text may become.
    pub text: usize,
    /// Steps of the template engine for one text.
    pub fuel: u64,
    /// Includes, macros and blocks within each other.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { count: 100_000, bytes: 1 << 30, text: 64 << 20, fuel: 20_000_000, depth: 100 }
    }
}

impl Limits {
    pub(super) fn check(&self, count: usize, bytes: u64) -> Result<()> {
        let too_large = |bound: String| Err(Error::TooLarge { bound });
        if count > self.count {
            return too_large(format!("{} files", self.count));
        }
        if bytes > self.bytes {
            return too_large(format!("{} MiB", self.bytes >> 20));
        }
        Ok(())
    }
}
