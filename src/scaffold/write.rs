//! Putting a project on the disk, as a whole or not at all.

use std::path::Path;

use super::{Error, FileTree, Node, Result};
use crate::fs::{self, At as _};

/// Makes the directory `target` with `files` in it.
///
/// # Errors
/// `target` exists, or something cannot be written. Nothing is left then, and what was there is as it
/// was: the project is written beside its place under a name of ours and renamed.
pub fn create(target: &Path, files: &FileTree) -> Result<()> {
    if fs::lstat(target)?.is_some() {
        return Err(Error::Exists { path: target.to_owned() });
    }
    for (path, node) in files.iter() {
        let path = target.join(path.as_path());
        match node {
            Node::Directory => fs::create_dir_all(&path)?,
            Node::File { bytes, .. } => {
                fs::create_dir_all(path.parent().unwrap_or(target))?;
                std::fs::write(&path, bytes).at("write", &path)?;
            }
            Node::Link(_) => {}
        }
    }
    Ok(())
}
