//! Which files of Git's changed between two states.

use std::ffi::OsString;

use super::command::words;
use super::{CommitId, Error, Git, Result};
use crate::fs::RepoPath;

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileChangeKind {
    Added,
    Deleted,
    Modified,
    /// With another name, and the same or similar content.
    Renamed,
    /// From a file to a link, or the other way.
    TypeChanged,
    /// In conflict.
    Unmerged,
}

/// A file that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    pub kind: FileChangeKind,
    pub path: RepoPath,
    /// Its old name, where it was renamed.
    pub from: Option<RepoPath>,
}

impl Git<'_> {
    /// Files that differ between the trees of two commits, or a commit and the worktree, in the order
    /// of their paths. Untracked files are not looked at. Changes nothing, not even the index.
    pub fn changes(&self, old: CommitId, new: Option<CommitId>) -> Result<Vec<FileChange>> {
        self.changes_at(old, new, None)
    }

    /// Whether the file at `path` is not the same in the tree of `commit` and in the worktree. Git looks
    /// at no other file.
    pub fn is_changed(&self, commit: CommitId, path: &RepoPath) -> Result<bool> {
        Ok(!self.changes_at(commit, None, Some(path))?.is_empty())
    }

    fn changes_at(
        &self,
        old: CommitId,
        new: Option<CommitId>,
        path: Option<&RepoPath>,
    ) -> Result<Vec<FileChange>> {
        let mut arguments: Vec<OsString> = [
            "--no-optional-locks",
            "--literal-pathspecs",
            "diff",
            "--name-status",
            "-z",
            "-M",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=dirty",
            "--no-relative",
        ]
        .map(OsString::from)
        .to_vec();
        arguments.push(old.to_string().into());
        arguments.extend(new.map(|new| new.to_string().into()));
        arguments.push("--".into());
        arguments.extend(path.map(|path| path.as_path().into()));
        let output = self.run(&arguments)?;
        parse(&output).ok_or_else(|| Error::Failed {
            arguments: words(&arguments),
            stderr: "its output is not what was expected".to_owned(),
        })
    }
}

impl Git<'_> {
    /// The first path that the index does not have as `head` has it: what is staged, or only meant to be
    /// (`git add -N`). Changes nothing, not even the index.
    pub fn first_staged(&self, head: CommitId) -> Result<Option<RepoPath>> {
        let head = head.to_string();
        let output = self.run(&[
            "--no-optional-locks",
            "diff-index",
            "--cached",
            "--ita-visible-in-index",
            "--ignore-submodules=none",
            "--name-only",
            "-z",
            "--no-renames",
            &head,
            "--",
        ])?;
        let first = output.split(|&b| b == 0).next().unwrap_or_default();
        Ok(RepoPath::new(first).filter(|path| !path.is_root()))
    }
}

/// Fields end with NUL: a letter, with a percentage behind `R`, then one path, or two for `R`.
fn parse(output: &[u8]) -> Option<Vec<FileChange>> {
    let mut changes = Vec::new();
    let mut fields = output.split(|&b| b == 0);
    let path = |field: &[u8]| RepoPath::new(field).filter(|path| !path.is_root());
    while let Some([letter, ..]) = fields.next() {
        let kind = match letter {
            b'A' => FileChangeKind::Added,
            b'D' => FileChangeKind::Deleted,
            b'M' => FileChangeKind::Modified,
            b'R' => FileChangeKind::Renamed,
            b'T' => FileChangeKind::TypeChanged,
            b'U' => FileChangeKind::Unmerged,
            _ => return None,
        };
        let from = match kind {
            FileChangeKind::Renamed => Some(path(fields.next()?)?),
            _ => None,
        };
        changes.push(FileChange { kind, path: path(fields.next()?)?, from });
    }
    Some(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_read() {
        let text = b"M\0a b\0R087\0old\0new\0A\0\xff\0";
        let found = parse(text).expect("valid");
        let kinds: Vec<FileChangeKind> = found.iter().map(|change| change.kind).collect();
        use FileChangeKind::{Added, Modified, Renamed};
        assert_eq!(kinds, [Modified, Renamed, Added]);
        assert_eq!(found[1].from, RepoPath::new("old"));
        assert_eq!(found[1].path.as_bytes(), b"new");
        assert_eq!(found[2].path.as_bytes(), b"\xff");
        assert_eq!(parse(b""), Some(Vec::new()));
        for bad in [&b"M\0"[..], b"X\0a\0", b"R100\0a\0", b"M\0/a\0"] {
            assert_eq!(parse(bad), None, "{}", bad.escape_ascii());
        }
    }
}
