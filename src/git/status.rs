//! What the worktree and the index have that HEAD does not: `git status`, for programs.

use super::objects::GitId;
use super::{Error, Git, Result};
use crate::fs::RepoPath;

/// A path that is not as HEAD has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusEntry {
    /// HEAD or the index has it.
    Tracked {
        path: RepoPath,
        state: Tracked,
    },
    Untracked(RepoPath),
    /// A directory of which nothing is tracked: all in it, or a repository of its own.
    UntrackedDirectory(RepoPath),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracked {
    /// The worktree (where the file is meant to be there: see `git-sparse-checkout(1)`) has what the
    /// index has.
    Staged { mode: FileMode, id: GitId },
    /// The worktree has something else.
    Changed(FileMode),
    /// It is not there any more.
    Deleted,
    /// A submodule that has another commit checked out than the index says.
    Submodule,
}

/// What Git takes a path for: settings may say that it sees neither executable bits nor links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMode {
    File,
    Executable,
    Link,
    Submodule,
}

/// Which untracked files are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untracked {
    All,
    /// Whole directories by their name alone.
    Grouped,
}

impl StatusEntry {
    pub fn path(&self) -> &RepoPath {
        match self {
            StatusEntry::Tracked { path, .. }
            | StatusEntry::Untracked(path)
            | StatusEntry::UntrackedDirectory(path) => path,
        }
    }
}

impl Git<'_> {
    /// Everything that is not as HEAD has it, tracked paths first. What Git ignores is not listed, nor
    /// changes inside of submodules. Changes nothing, not even the index.
    pub fn status(&self, untracked: Untracked) -> Result<Vec<StatusEntry>> {
        let arguments = [
            "--no-optional-locks",
            "status",
            "--porcelain=v2",
            "-z",
            "--no-renames",
            "--ignore-submodules=dirty",
            match untracked {
                Untracked::All => "--untracked-files=all",
                Untracked::Grouped => "--untracked-files=normal",
            },
        ];
        let output = self.run(&arguments)?;
        parse(&output).ok_or_else(|| Error::Failed {
            arguments: arguments.join(" "),
            stderr: "its output is not what was expected".to_owned(),
        })
    }
}

/// Records end with NUL: `git-status(1)`, "Porcelain Format Version 2".
fn parse(output: &[u8]) -> Option<Vec<StatusEntry>> {
    let mut entries = Vec::new();
    for record in output.split(|&b| b == 0).filter(|record| !record.is_empty()) {
        let (kind, rest) = record.split_at_checked(2)?;
        match kind {
            b"1 " => entries.push(changed(rest)?),
            b"u " => entries.push(unmerged(rest)?),
            b"? " => entries.push(match rest.strip_suffix(b"/") {
                Some(directory) => StatusEntry::UntrackedDirectory(path(directory)?),
                None => StatusEntry::Untracked(path(rest)?),
            }),
            b"# " => {}
            _ => return None,
        }
    }
    Some(entries)
}

/// `XY sub mH mI mW hH hI path`
fn changed(rest: &[u8]) -> Option<StatusEntry> {
    let mut fields = rest.splitn(8, |&b| b == b' ');
    let &[_, in_worktree] = fields.next()? else { return None };
    let is_submodule = fields.next()?.first() == Some(&b'S');
    let (_, in_index, mode) = (fields.next()?, fields.next()?, fields.next()?);
    let (_, id) = (fields.next()?, fields.next()?);
    let path = path(fields.next()?)?;
    let state = match in_worktree {
        b'D' => Tracked::Deleted,
        b'.' => staged(in_index, id)?,
        _ if is_submodule => Tracked::Submodule,
        _ => Tracked::Changed(file_mode(mode)?),
    };
    Some(StatusEntry::Tracked { path, state })
}

fn staged(mode: &[u8], id: &[u8]) -> Option<Tracked> {
    if mode == b"000000" {
        return Some(Tracked::Deleted);
    }
    let id = GitId(gix::ObjectId::from_hex(id).ok()?);
    Some(Tracked::Staged { mode: file_mode(mode)?, id })
}

/// `XY sub m1 m2 m3 mW h1 h2 h3 path`
fn unmerged(rest: &[u8]) -> Option<StatusEntry> {
    let mut fields = rest.splitn(10, |&b| b == b' ');
    let mode = fields.nth(5)?;
    let path = path(fields.nth(3)?)?;
    let state = match mode {
        b"000000" => Tracked::Deleted,
        mode => match file_mode(mode)? {
            FileMode::Submodule => Tracked::Submodule,
            mode => Tracked::Changed(mode),
        },
    };
    Some(StatusEntry::Tracked { path, state })
}

fn path(bytes: &[u8]) -> Option<RepoPath> {
    RepoPath::new(bytes).filter(|path| !path.is_root())
}

pub(super) fn file_mode(octal: &[u8]) -> Option<FileMode> {
    Some(match octal {
        // Old versions of Git wrote the second one into trees.
        b"100644" | b"100664" => FileMode::File,
        b"100755" => FileMode::Executable,
        b"120000" => FileMode::Link,
        b"160000" => FileMode::Submodule,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_each_kind_are_read() {
        let (a, zero) = ("a".repeat(40), "0".repeat(40));
        let text = [
            format!("1 .M N... 100644 100644 100755 {a} {a} a b"),
            format!("1 M. N... 100644 100644 100644 {zero} {a} staged"),
            format!("1 D. N... 100644 000000 000000 {a} {zero} gone"),
            format!("1 .A N... 000000 000000 100644 {zero} {zero} intended"),
            format!("1 .M SC.. 160000 160000 160000 {a} {a} sub"),
            format!("u UU N... 100644 100644 100644 120000 {a} {a} {a} both"),
            "? new\n1".into(),
            "? nested/".into(),
            String::new(),
        ];
        let found = parse(text.join("\0").as_bytes()).expect("valid");
        let path = |text: &str| RepoPath::new(text).expect("valid");
        let id = GitId(gix::ObjectId::from_hex(a.as_bytes()).expect("valid"));
        let tracked = |at: &str, state| StatusEntry::Tracked { path: path(at), state };
        assert_eq!(
            found,
            [
                tracked("a b", Tracked::Changed(FileMode::Executable)),
                tracked("staged", Tracked::Staged { mode: FileMode::File, id }),
                tracked("gone", Tracked::Deleted),
                tracked("intended", Tracked::Changed(FileMode::File)),
                tracked("sub", Tracked::Submodule),
                tracked("both", Tracked::Changed(FileMode::Link)),
                StatusEntry::Untracked(path("new\n1")),
                StatusEntry::UntrackedDirectory(path("nested")),
            ]
        );
        for bad in ["1 .M", "x y", "1 .M N... 1 1 1 1 1 a", "? ../a", "?"] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
