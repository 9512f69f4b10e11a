//! The operating system as the rest of the library sees it: atomic files, locks, directory
//! listings, reflinks, clocks and fail points. Unix only.
//!
//! No error leaves this layer without the path it happened to.

mod atomic;
mod clock;
mod error;
pub mod failpoint;
#[cfg(test)]
pub mod golden;
mod list;
mod lock;
mod path;
mod reflink;
mod scratch;
mod shell;
mod user;

pub(crate) use atomic::umask;
pub use atomic::{
    AtomicFile, PendingFile, create_dir_all, default_mode, read, read_bounded,
    remove_file_if_exists, remove_stale_temps, rename, rename_new, reserve, sync_dir,
    sync_file_system, write_atomic,
};
pub use clock::{Clock, unix_time_ns};
pub use error::{At, Error, Kind, Result};
pub use list::{
    DirList, FileType, Item, Stat, lstat, lstat_at, open_dir, open_dir_at, open_file_at,
    read_link_at,
};
pub use lock::{FileLock, HOLDER_LIMIT, Holder, LockError};
pub use path::{RepoPath, clip, display_bytes, os_path, resolved, resolved_lexically};
pub use reflink::{clone_file, stamps_every_change};
pub use scratch::ScratchDir;
pub use shell::{shell_quoted, shell_word};
pub use user::{cache_home, config_home, data_home, home};
