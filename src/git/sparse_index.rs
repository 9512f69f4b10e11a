//! Sparse indexes in full (`git sparse-checkout set --sparse-index`).
//!
//! Such an index has, for a directory that is not checked out, one entry with its tree. Everybody here
//! asks about files, so that these entries are replaced by the files of their trees as soon as the index
//! is read: in memory, the index's file stays as it is.

use gix::bstr::{BString, ByteSlice as _};
use gix::index::entry::{Flags, Mode, Stat};

use super::error::Attempt as _;
use super::{Repo, Result};

impl Repo {
    /// `index` with every file.
    pub(super) fn in_full(&self, index: gix::worktree::Index) -> Result<gix::worktree::Index> {
        if !index.is_sparse() {
            return Ok(index);
        }
        let gix = self.gix();
        let mut full: gix::index::File = (**index).clone();
        let mut pending: Vec<(BString, gix::ObjectId)> = Vec::new();
        full.remove_entries(|_, path, entry| {
            let is_directory = entry.mode == Mode::DIR;
            if is_directory {
                pending.push((path.to_owned(), entry.id));
            }
            is_directory
        });
        while let Some((directory, id)) = pending.pop() {
            let attempt = || format!("read the directory `{directory}` of Git's sparse index");
            let tree = gix.find_tree(id).attempt(attempt)?;
            for entry in tree.iter() {
                let entry = entry.attempt(attempt)?;
                // The entry of a directory ends with a slash.
                let mut path = directory.clone();
                path.extend_from_slice(entry.filename());
                if entry.mode().is_tree() {
                    path.push(b'/');
                    pending.push((path, entry.oid().to_owned()));
                    continue;
                }
                let mode = Mode::from(entry.mode());
                let (id, flags) = (entry.oid().to_owned(), Flags::SKIP_WORKTREE);
                full.dangerously_push_entry(Stat::default(), id, flags, mode, path.as_bstr());
            }
        }
        full.sort_entries();
        Ok(gix::worktree::Index::new(gix::fs::FileSnapshot::new(full)))
    }
}
