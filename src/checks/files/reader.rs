//! The texts of files.

use std::sync::Arc;

use super::{File, Origin};
use crate::checks::Result;
use crate::checks::texts::Texts;
use crate::fs;
use crate::git::{FileMode, GitId, Objects, Repo, read_worktree_file};

/// Reads texts, on one thread. What any reader of the same [`Files`] has read is not read again.
pub struct Reader<'a> {
    pub(super) repo: &'a Repo,
    pub(super) origin: Origin,
    pub(super) objects: Objects,
    pub(super) texts: &'a Texts,
}

impl Reader<'_> {
    /// The text of a file, or the target of a link; `None` if it has more than `limit` bytes or is a
    /// submodule.
    pub fn bytes(&self, file: &File, limit: usize) -> Result<Option<Arc<[u8]>>> {
        if let Some(fix) = &file.fix {
            return Ok((fix.len() <= limit).then(|| Arc::clone(fix)));
        }
        if file.mode == FileMode::Submodule {
            return Ok(None);
        }
        match self.origin {
            Origin::Index | Origin::Commit(_) => self.blob(file.id, limit),
            Origin::Worktree => {
                if let Some(text) = self.texts.get(file.id) {
                    return Ok((text.len() <= limit).then_some(text));
                }
                if self.size(file)? > limit as u64 {
                    return Ok(None);
                }
                let read = read_worktree_file(&self.repo.absolute(&file.path), limit)?;
                Ok(read.map(|bytes| self.texts.put(file.id, bytes)))
            }
        }
    }

    /// What the path of the file had before; `None` if that was nothing, has more than `limit` bytes, or
    /// is not here, as in a partial clone.
    pub fn old(&self, file: &File, limit: usize) -> Option<Arc<[u8]>> {
        // A submodule is no blob.
        self.blob(file.old?, limit).ok().flatten()
    }

    fn blob(&self, id: GitId, limit: usize) -> Result<Option<Arc<[u8]>>> {
        if let Some(text) = self.texts.get(id) {
            return Ok((text.len() <= limit).then_some(text));
        }
        if self.blob_size(id)? > limit as u64 {
            return Ok(None);
        }
        Ok(Some(self.texts.put(id, self.objects.whole_blob(id)?)))
    }

    /// Bytes of a blob.
    pub fn blob_size(&self, id: GitId) -> Result<u64> {
        if let Some(size) = self.texts.size(id) {
            return Ok(size);
        }
        let size = self.objects.blob_size(id)?;
        self.texts.put_size(id, size);
        Ok(size)
    }

    /// Bytes of a file's text.
    pub fn size(&self, file: &File) -> Result<u64> {
        if let Some(fix) = &file.fix {
            return Ok(fix.len() as u64);
        }
        match self.origin {
            Origin::Index | Origin::Commit(_) => self.blob_size(file.id),
            Origin::Worktree => {
                if let Some(size) = self.texts.size(file.id) {
                    return Ok(size);
                }
                let stat = fs::lstat(&self.repo.absolute(&file.path))?;
                let size = stat.map_or(0, |stat| stat.size);
                self.texts.put_size(file.id, size);
                Ok(size)
            }
        }
    }
}
