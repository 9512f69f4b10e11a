//! What a commit would change: the index, or another commit, held against a commit.
//!
//! Git itself compares, so that `GIT_INDEX_FILE`, split and sparse indexes, and files that are only
//! meant to be added (`git add -N`, left out) mean here what they mean to `git commit`. The worktree is
//! not looked at, however large it is.

use std::ffi::OsStr;

use super::command::words;
use super::{CommitId, Error, FileMode, Git, GitId, GitIndex, Result};
use crate::fs::RepoPath;

/// How many paths one process of Git is asked for.
const PATHS_AT_ONCE: usize = 256;

/// A path that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedChange {
    pub path: RepoPath,
    /// What was there before; `None` if nothing was.
    pub old: Option<StagedEntry>,
    /// What is there now; `None` if it is gone, or in conflict.
    pub new: Option<StagedEntry>,
}

/// What a path names in the index or in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StagedEntry {
    pub mode: FileMode,
    pub id: GitId,
}

impl Git<'_> {
    /// What the index, the one that `GIT_INDEX_FILE` names, has otherwise than `base`; all of it if
    /// there is no base. Renames are a deletion and an addition.
    pub fn staged(&self, base: Option<CommitId>) -> Result<Vec<StagedChange>> {
        let base = match base {
            Some(base) => base.to_string(),
            None => self.empty_tree(),
        };
        let mut arguments = vec!["--no-optional-locks", "diff-index", "--cached"];
        arguments.extend([
            "--raw",
            "-z",
            "--no-renames",
            "--no-abbrev",
            "--ita-invisible-in-index",
        ]);
        arguments.extend(["--ignore-submodules=none", &base, "--"]);
        self.raw_changes(&arguments)
    }

    /// What the tree of `new` has otherwise than that of `old`.
    pub fn changes_between(&self, old: CommitId, new: CommitId) -> Result<Vec<StagedChange>> {
        let (old, new) = (old.to_string(), new.to_string());
        let mut arguments = vec!["diff-tree", "-r", "--raw", "-z", "--no-renames", "--no-abbrev"];
        arguments.extend([&old[..], &new, "--"]);
        self.raw_changes(&arguments)
    }

    /// Every path of the index, once, ascending. A sparse index is listed in full.
    pub fn index_paths(&self) -> Result<Vec<RepoPath>> {
        if let Some(index) = self.whole_index() {
            return Ok(index.with_suffix(""));
        }
        let mut paths = paths(&self.run(&["ls-files", "-z", "--full-name"])?);
        paths.dedup();
        Ok(paths)
    }

    /// Every path of the tree of `commit`, ascending.
    pub fn tree_paths(&self, commit: CommitId) -> Result<Vec<RepoPath>> {
        let commit = commit.to_string();
        Ok(paths(&self.run(&["ls-tree", "-r", "-z", "--name-only", "--full-tree", &commit])?))
    }

    /// What is at each of `paths`, in the tree of `commit` or, without one, in the index: there in no
    /// conflict, and not only meant to be added. Paths that name nothing are left out.
    pub fn entries_at(
        &self,
        commit: Option<CommitId>,
        paths: &[RepoPath],
    ) -> Result<Vec<(RepoPath, StagedEntry)>> {
        if commit.is_none()
            && let Some(index) = self.whole_index()
        {
            let entry = |path: &RepoPath| Some((path.clone(), index.entry_at(path)?));
            return Ok(paths.iter().filter_map(entry).collect());
        }
        let commit = commit.map(|commit| commit.to_string());
        let mut found = Vec::new();
        for paths in paths.chunks(PATHS_AT_ONCE) {
            let mut arguments: Vec<&OsStr> = match &commit {
                None => {
                    ["--literal-pathspecs", "ls-files", "-s", "-z", "--"].map(OsStr::new).into()
                }
                Some(commit) => {
                    ["--literal-pathspecs", "ls-tree", "-z", commit, "--"].map(OsStr::new).into()
                }
            };
            arguments.extend(paths.iter().map(|path| path.as_path().as_os_str()));
            let listed = self.run(&arguments)?;
            found.extend(listed.split(|&b| b == 0).filter_map(listed_entry));
        }
        Ok(found)
    }

    /// What the attribute files of the index say of `attribute` for each path: its value, or one of the
    /// words `set`, `unset` and `unspecified`.
    pub fn staged_attributes(&self, attribute: &str, paths: &[&RepoPath]) -> Result<Vec<Vec<u8>>> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut input = Vec::new();
        for path in paths {
            input.extend_from_slice(path.as_bytes());
            input.push(0);
        }
        let arguments = ["check-attr", "--cached", "-z", "--stdin", attribute];
        let output = self.run_with(&arguments, &input)?;
        let mut values: Vec<Vec<u8>> =
            output.split(|&b| b == 0).skip(2).step_by(3).map(<[u8]>::to_vec).collect();
        values.resize(paths.len(), Vec::new());
        Ok(values)
    }

    /// The index, read here, which is cheaper than a process of Git; `None` if it is sparse or cannot be
    /// read: that is Git's to do, or to complain about.
    fn whole_index(&self) -> Option<GitIndex> {
        self.repo().index().ok().filter(|index| !index.is_sparse())
    }

    /// Files at or below `paths` that the worktree has otherwise than the index, or not at all, by what is
    /// in them. No filter but Git's own and those of the settings is run.
    pub fn unstaged(&self, paths: &[&RepoPath]) -> Result<Vec<RepoPath>> {
        const OPTIONS: [&str; 9] = [
            "--literal-pathspecs",
            "--no-optional-locks",
            "diff",
            "--name-only",
            "-z",
            "--no-renames",
            "--no-ext-diff",
            "--no-relative",
            "--",
        ];
        let mut found = Vec::new();
        for paths in paths.chunks(PATHS_AT_ONCE) {
            let mut arguments = OPTIONS.map(OsStr::new).to_vec();
            arguments.extend(paths.iter().map(|path| path.as_path().as_os_str()));
            found.extend(self::paths(&self.run(&arguments)?));
        }
        Ok(found)
    }

    fn empty_tree(&self) -> String {
        self.repo().gix().object_hash().empty_tree().to_string()
    }

    fn raw_changes(&self, arguments: &[&str]) -> Result<Vec<StagedChange>> {
        parse(&self.run(arguments)?).ok_or_else(|| Error::Failed {
            arguments: words(arguments),
            stderr: "its output is not what was expected".to_owned(),
        })
    }
}

/// `MODE ID STAGE`, or `MODE TYPE ID`, a tab and the path.
fn listed_entry(line: &[u8]) -> Option<(RepoPath, StagedEntry)> {
    let tab = line.iter().position(|&b| b == b'\t')?;
    let words: Vec<&[u8]> = line[..tab].split(|&b| b == b' ').collect();
    let [mode, first, second] = words[..] else { return None };
    let ((b"blob", id) | (id, b"0")) = (first, second) else { return None };
    let path = RepoPath::new(&line[tab + 1..]).filter(|path| !path.is_root())?;
    Some((path, entry(mode, id)??))
}

fn paths(output: &[u8]) -> Vec<RepoPath> {
    let paths = output.split(|&b| b == 0).filter_map(RepoPath::new);
    paths.filter(|path| !path.is_root()).collect()
}

/// `:MODE MODE ID ID LETTER`, NUL, the path, NUL (`git-diff-index(1)`, "Raw output format").
fn parse(output: &[u8]) -> Option<Vec<StagedChange>> {
    let mut changes = Vec::new();
    let mut fields = output.split(|&b| b == 0);
    while let Some([b':', line @ ..]) = fields.next() {
        let mut words = line.split(|&b| b == b' ');
        let (old_mode, new_mode) = (words.next()?, words.next()?);
        let (old_id, new_id) = (words.next()?, words.next()?);
        let path = RepoPath::new(fields.next()?).filter(|path| !path.is_root())?;
        changes.push(StagedChange {
            path,
            old: entry(old_mode, old_id)?,
            new: entry(new_mode, new_id)?,
        });
    }
    Some(changes)
}

fn entry(mode: &[u8], id: &[u8]) -> Option<Option<StagedEntry>> {
    if mode == b"000000" {
        return Some(None);
    }
    let id = GitId(gix::ObjectId::from_hex(id).ok()?);
    Some(Some(StagedEntry { mode: super::status::file_mode(mode)?, id }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_index_and_tree_are_read() {
        let id = "a".repeat(40);
        let listed = |line: String| listed_entry(line.as_bytes()).map(|(path, _)| path);
        let path = RepoPath::new("a b");
        assert_eq!(listed(format!("100644 {id} 0\ta b")), path);
        assert_eq!(listed(format!("100755 blob {id}\ta b")), path);
        assert_eq!(listed(format!("040000 tree {id}\ta b")), None);
        assert_eq!(listed(format!("100644 {id} 2\ta b")), None, "in conflict");
        assert_eq!(listed("100644 x 0\ta".to_owned()), None);
    }

    #[test]
    fn every_kind_of_change_is_read() {
        let (a, b, none) = ("a".repeat(40), "b".repeat(40), "0".repeat(40));
        let text = format!(
            ":000000 100755 {none} {a} A\0new\0:100644 000000 {a} {none} D\0a b\0\
             :100644 120000 {a} {b} T\0link\0"
        );
        let found = parse(text.as_bytes()).expect("valid");
        let modes: Vec<_> = (found.iter())
            .map(|change| (change.old.map(|old| old.mode), change.new.map(|new| new.mode)))
            .collect();
        use FileMode::{Executable, File, Link};
        let expected = [(None, Some(Executable)), (Some(File), None), (Some(File), Some(Link))];
        assert_eq!(modes, expected);
        assert_eq!(found[1].path.as_bytes(), b"a b");
        assert_eq!(found[2].new.expect("there").id.to_string(), b);
        assert_eq!(parse(b""), Some(Vec::new()));
        assert_eq!(parse(format!(":100644 100644 {a} {b} M\0/x\0").as_bytes()), None);
    }
}
