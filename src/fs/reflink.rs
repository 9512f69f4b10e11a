//! Copies that share their blocks with the original until one of them is written.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use super::AtomicFile;

/// Makes the empty file `to` share the blocks of `from`. False if the file system cannot do it, or
/// not between these two places; `to` is still empty then.
pub fn clone_file(from: &File, to: &File) -> io::Result<bool> {
    super::failpoint::hit("reflink")?;
    match reflink_copy::reflink_file(from, to) {
        Ok(()) => Ok(true),
        Err(error) if is_unsupported(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let unsupported = [Errno::OPNOTSUPP, Errno::XDEV, Errno::INVAL, Errno::NOTTY, Errno::NOSYS];
    error.kind() == io::ErrorKind::Unsupported
        || error
            .raw_os_error()
            .is_some_and(|raw| unsupported.iter().any(|e| e.raw_os_error() == raw))
}

/// Whether files in `directory` can be reflinked, tried with two small files.
pub fn supports_reflink(directory: &Path) -> bool {
    let attempt = || -> io::Result<bool> {
        let other = |error: super::Error| error.source;
        let mut from = AtomicFile::create_in(directory).map_err(other)?;
        let mut to = AtomicFile::create_in(directory).map_err(other)?;
        from.write_all(&[0; 4096])?;
        clone_file(from.file(), to.file())
    };
    attempt().unwrap_or(false)
}
