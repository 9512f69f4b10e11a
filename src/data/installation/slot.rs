//! The second name of a hook that ours runs.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::stub::CHAINED;
use super::{Event, Result};
use crate::fs::{self, At as _, FileType};

/// Where the hook for `event` is kept that a stub in `directory` runs.
pub(super) fn path(directory: &Path, event: Event) -> PathBuf {
    directory.join(format!("{}{CHAINED}", event.name()))
}

/// Whether `hook` may get the name `slot`: nothing else has it.
///
/// # Errors
/// What is there cannot be read.
pub(super) fn is_free_for(hook: &Path, slot: &Path) -> Result<bool> {
    let Some(taken) = fs::lstat(slot)? else { return Ok(true) };
    let Some(stat) = fs::lstat(hook)? else { return Ok(false) };
    if (stat.device, stat.inode) == (taken.device, taken.inode) {
        return Ok(true);
    }
    // A copy, of a process that was killed where links cannot be made; or somebody installed the same
    // hook again.
    let regular = |stat: &fs::Stat| stat.file_type() == FileType::Regular;
    let same =
        regular(&stat) && regular(&taken) && stat.size == taken.size && stat.mode == taken.mode;
    Ok(same && fs::read(hook)? == fs::read(slot)?)
}

/// Gives the hook its second name. It keeps the first.
///
/// # Errors
/// The hook is as it was.
pub(super) fn fill(hook: &Path, slot: &Path) -> Result<()> {
    if fs::lstat(slot)?.is_some() {
        return Ok(());
    }
    // Not followed if it is a link: the link gets the name.
    match std::fs::hard_link(hook, slot) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(error).at("link to", slot)?
        }
        // Some file systems have no links.
        Err(_) => copy(hook, slot),
    }
}

fn copy(hook: &Path, slot: &Path) -> Result<()> {
    let metadata = hook.symlink_metadata().at("look at", hook)?;
    if metadata.is_symlink() {
        let target = hook.read_link().at("read", hook)?;
        std::os::unix::fs::symlink(target, slot).at("create", slot)?;
        return Ok(());
    }
    let mut file = fs::AtomicFile::create_in(slot.parent().unwrap_or(slot))?;
    file.write_all(&fs::read(hook)?).at("write", slot)?;
    Ok(file.publish(slot, metadata.permissions().mode() & 0o7777)?)
}
