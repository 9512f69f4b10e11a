//! Branches, and worktrees of our own making to run something on them.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::{CommitId, Git, Repo, Result};

/// A local branch.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Without `refs/heads/`.
    pub name: String,
    pub commit: CommitId,
}

impl Repo {
    /// The local branches in ascending order of their names.
    pub fn local_branches(&self) -> Result<Vec<Branch>> {
        let branch = |(name, commit)| Branch { name, commit };
        let mut found: Vec<Branch> = self.named_branches()?.into_iter().map(branch).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Whether a branch can be called `name` (`git-check-ref-format(1)`, as `git branch` does it).
    pub fn is_branch_name(name: &str) -> bool {
        let full = format!("refs/heads/{name}");
        !name.starts_with('-')
            && name != "HEAD"
            && gix::refs::FullName::try_from(full.as_str()).is_ok()
    }
}

impl Git<'_> {
    /// The branches that some worktree has checked out, with the worktree.
    pub fn checked_out(&self) -> Result<HashMap<String, PathBuf>> {
        let listed = self.run(&["worktree", "list", "--porcelain", "-z"])?;
        let mut found = HashMap::new();
        let mut worktree = PathBuf::new();
        for line in listed.split(|&b| b == 0) {
            if let Some(path) = line.strip_prefix(b"worktree ") {
                worktree = PathBuf::from(OsStr::from_bytes(path));
            } else if let Some(name) = line.strip_prefix(b"branch refs/heads/") {
                found.insert(String::from_utf8_lossy(name).into_owned(), worktree.clone());
            }
        }
        Ok(found)
    }

    /// Makes a worktree at `path` with `branch` checked out; without `attach` with its commit only, so
    /// that the branch stays free. No hook runs.
    pub fn add_worktree(&self, path: &Path, branch: &str, attach: bool) -> Result<()> {
        let full = format!("refs/heads/{branch}");
        let off = self.without_hooks()?;
        let mut words: Vec<&OsStr> = off.iter().map(OsStr::new).collect();
        words.extend(["worktree", "add", "--quiet"].map(OsStr::new));
        // A branch is attached by its short name; the full one would be detached.
        let name = if attach { branch } else { &full };
        if !attach {
            words.push(OsStr::new("--detach"));
        }
        words.push(path.as_os_str());
        words.push(OsStr::new(name));
        self.run_fetching(&words).map(drop)
    }

    /// Goes to `commit` on the new `branch`. No hook runs.
    pub fn switch_to_new(&self, branch: &str, commit: CommitId) -> Result<()> {
        let commit = commit.to_string();
        let off = self.without_hooks()?;
        let mut words: Vec<&str> = off.iter().map(String::as_str).collect();
        words.extend(["switch", "--quiet", "-c", branch, &commit]);
        self.run_fetching(&words).map(drop)
    }

    /// Makes a worktree at `path`, an absolute one, on the new `branch` at `commit`. No hook runs.
    pub fn add_worktree_with_new(&self, path: &Path, branch: &str, commit: CommitId) -> Result<()> {
        let commit = commit.to_string();
        let off = self.without_hooks()?;
        let mut words: Vec<&OsStr> = off.iter().map(OsStr::new).collect();
        words.extend(["worktree", "add", "--quiet", "-b", branch].map(OsStr::new));
        words.extend([path.as_os_str(), OsStr::new(&commit)]);
        self.run_fetching(&words).map(drop)
    }

    /// Removes a worktree with everything in it.
    pub fn remove_worktree(&self, path: &Path) -> Result<()> {
        let mut words: Vec<&OsStr> =
            ["worktree", "remove", "--force", "--force"].map(OsStr::new).into();
        words.push(path.as_os_str());
        self.run(&words).map(drop)
    }

    /// Commits `paths` as they are in the worktree, and nothing else that is staged. Hooks and signing
    /// apply; `trailer` ends the message. Returns false if they are what the last commit has.
    pub fn commit_paths(
        &self,
        paths: &[crate::fs::RepoPath],
        message: &str,
        trailer: Option<&str>,
    ) -> Result<bool> {
        if paths.is_empty() {
            return Ok(false);
        }
        self.stage(paths)?;
        let mut words: Vec<&OsStr> =
            ["--literal-pathspecs", "diff", "--cached", "--name-only", "-z", "--"]
                .map(OsStr::new)
                .into();
        let names: Vec<&OsStr> =
            paths.iter().map(|path| OsStr::from_bytes(path.as_bytes())).collect();
        words.extend(&names);
        if self.run(&words)?.is_empty() {
            return Ok(false);
        }
        let mut words: Vec<&OsStr> =
            ["--literal-pathspecs", "commit", "--quiet", "-m", message].map(OsStr::new).into();
        if let Some(trailer) = trailer {
            words.extend(["--trailer", trailer].map(OsStr::new));
        }
        words.extend(["--only", "--"].map(OsStr::new));
        words.extend(&names);
        self.run(&words)?;
        Ok(true)
    }
}
