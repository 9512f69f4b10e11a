//! Copies that share their blocks with the original until one of them is written.

use std::fs::File;
use std::io;

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

/// Whether `file` is on a local file system on which every write after a clone changes the stamps
/// that a stat shows.
#[cfg(target_os = "linux")]
pub fn stamps_every_change(file: &File) -> bool {
    // `linux/magic.h`; bcachefs has its own.
    const XFS: u32 = 0x5846_5342;
    const BTRFS: u32 = 0x9123_683e;
    const BCACHEFS: u32 = 0xca45_1a4e;
    rustix::fs::fstatfs(file)
        .is_ok_and(|stat| [XFS, BTRFS, BCACHEFS].contains(&(stat.f_type as u32)))
}

/// Whether `file` is on a local file system on which every write after a clone changes the stamps
/// that a stat shows. Not known of others than Linux's.
#[cfg(not(target_os = "linux"))]
pub fn stamps_every_change(_file: &File) -> bool {
    false
}
