//! Directories of the host: into memory, and out of it for programs that need one.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::fs::{self, At as _, DirList, FileType, RepoPath};
use crate::scaffold::tree::is_dot_git;
use crate::scaffold::{Error, FileTree, Limits, Node, Result};

/// Everything in `path` but `.git`. Symbolic links are read, never followed; what is neither file,
/// directory nor link is left out.
///
/// # Errors
/// Something cannot be read, or passes `limits`.
pub fn read(path: &Path, limits: &Limits) -> Result<FileTree> {
    let mut tree = FileTree::new();
    below(path, &RepoPath::root(), limits, &mut tree)?;
    Ok(tree)
}

fn below(top: &Path, at: &RepoPath, limits: &Limits, tree: &mut FileTree) -> Result<()> {
    let path = top.join(at.as_path());
    let opened = fs::open_dir(&path)?;
    let list = DirList::read(std::os::fd::AsFd::as_fd(&opened), &path)?;
    for (name, stat) in list.iter() {
        if is_dot_git(name) {
            continue;
        }
        let inner = at.join(name);
        let path = top.join(inner.as_path());
        match stat.file_type() {
            FileType::Directory => {
                tree.insert(inner.clone(), Node::Directory, limits)?;
                below(top, &inner, limits, tree)?;
            }
            FileType::Regular => {
                let left = limits.bytes.saturating_sub(tree.size());
                // Before a gigabyte of it was read.
                limits.check(0, tree.size().saturating_add(stat.size))?;
                let bytes = fs::read_bounded(&path, usize::try_from(left).unwrap_or(usize::MAX))?;
                let node = Node::File { bytes: bytes.into(), executable: stat.is_executable() };
                tree.insert(inner, node, limits)?;
            }
            FileType::Link => {
                let target = std::fs::read_link(&path).at("read", &path)?;
                let target = target.as_os_str().as_bytes().to_vec();
                tree.insert(inner, Node::Link(target), limits)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Writes `files` into the directory `path`, which is empty and nobody else's.
///
/// # Errors
/// Something cannot be written, or a link leads out of `files`: a program would follow it.
pub fn write(files: &FileTree, path: &Path) -> Result<()> {
    for (name, node) in files.iter() {
        let path = path.join(name.as_path());
        match node {
            Node::Directory => std::fs::create_dir(&path).at("create directory", &path)?,
            Node::File { bytes, executable } => {
                let mode = if *executable { 0o777 } else { 0o666 };
                let mut file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(mode)
                    .open(&path)
                    .at("create", &path)?;
                file.write_all(bytes).at("write", &path)?;
            }
            Node::Link(target) if files.follow(name).is_some() => {
                std::os::unix::fs::symlink(fs::os_path(target), &path).at("create", &path)?;
            }
            Node::Link(_) => {
                let reason = "the symbolic link leads out of it, or nowhere".into();
                return Err(Error::BadTemplate { path: name.to_string(), reason });
            }
        }
    }
    Ok(())
}
