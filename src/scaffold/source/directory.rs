//! Directories of the host: into memory, and out of it for programs that need one.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::fs::{self, At as _, DirList, FileType, RepoPath};
use crate::git::{IgnoreRules, read_worktree_file};
use crate::scaffold::tree::is_dot_git;
use crate::scaffold::write::write_file;
use crate::scaffold::{Error, FileTree, Limits, Node, Result};

/// Everything in `path` but `.git`. Symbolic links are read, never followed; what is neither file,
/// directory nor link is left out.
///
/// # Errors
/// Something cannot be read, or passes `limits`.
pub fn read(path: &Path, limits: &Limits) -> Result<FileTree> {
    let mut tree = FileTree::new();
    below(path, &RepoPath::root(), limits, &mut None, &mut tree)?;
    Ok(tree)
}

/// Like [`read`], without what the directory's own rules ignore ([`FileTree::ignored`]).
///
/// # Errors
/// As of [`read`].
pub fn read_kept(path: &Path, limits: &Limits) -> Result<FileTree> {
    let mut tree = FileTree::new();
    below(path, &RepoPath::root(), limits, &mut Some(IgnoreRules::default()), &mut tree)?;
    Ok(tree)
}

fn below(
    top: &Path,
    at: &RepoPath,
    limits: &Limits,
    rules: &mut Option<IgnoreRules>,
    tree: &mut FileTree,
) -> Result<()> {
    let path = top.join(at.as_path());
    let opened = fs::open_dir(&path)?;
    let list = DirList::read(std::os::fd::AsFd::as_fd(&opened), &path)?;
    if let Some(rules) = rules
        && let Some(text) =
            read_worktree_file(&path.join(OsStr::from_bytes(IgnoreRules::FILE)), limits.text)?
    {
        rules.add(at, &text);
    }
    for (name, stat) in list.iter() {
        if is_dot_git(name) {
            continue;
        }
        let inner = at.join(name);
        let is_directory = stat.file_type() == FileType::Directory;
        if rules.as_ref().is_some_and(|rules| rules.cover(&inner, is_directory)) {
            continue;
        }
        let path = top.join(inner.as_path());
        match stat.file_type() {
            FileType::Directory => {
                tree.insert(inner.clone(), Node::Directory, limits)?;
                below(top, &inner, limits, rules, tree)?;
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
                write_file(&path, bytes, *executable).at("write", &path)?;
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
