//! The changes of files between two commits, as `git diff` writes them.

use std::ffi::OsString;

use super::{CommitId, Git, Result};
use crate::fs::RepoPath;

impl Git<'_> {
    /// The patch from `old` to `new` of what is at and below `paths` (of everything if there are none),
    /// but for `without`. It has no colours, and no settings of the user change what it says: `git
    /// apply` takes it.
    pub fn patch(
        &self,
        old: CommitId,
        new: CommitId,
        paths: &[RepoPath],
        without: &[RepoPath],
    ) -> Result<Vec<u8>> {
        let options = [
            "--no-optional-locks",
            "diff",
            "--patch",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "-M",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "--no-relative",
            "--submodule=short",
        ];
        let mut words: Vec<OsString> = options.map(OsString::from).to_vec();
        words.extend([old.to_string(), new.to_string(), "--".to_owned()].map(OsString::from));
        let magic = |magic: &str, path: &RepoPath| {
            let mut word = OsString::from(format!(":({magic})"));
            word.push(path.as_path());
            word
        };
        words.extend(paths.iter().map(|path| magic("top,literal", path)));
        words.extend(without.iter().map(|path| magic("top,exclude,literal", path)));
        self.run_fetching(&words)
    }

    /// The changes from `old` to `new`, or to the worktree, of what is below `directory`, as `git diff`
    /// shows them to people: with their settings for it, but for external programs.
    pub fn shown_patch(
        &self,
        old: CommitId,
        new: Option<CommitId>,
        directory: &RepoPath,
        without: &RepoPath,
        look: PatchLook,
    ) -> Result<Vec<u8>> {
        let options = ["--no-optional-locks", "diff", "-M", "--no-ext-diff", "--no-relative"];
        let mut words: Vec<OsString> = options.map(OsString::from).into();
        words.push(if look.color { "--color=always" } else { "--color=never" }.into());
        if look.stat {
            words.push("--stat".into());
        }
        words.push(old.to_string().into());
        words.extend(new.map(|new| new.to_string().into()));
        words.push("--".into());
        for (magic, path) in [("top,literal", directory), ("top,exclude,literal", without)] {
            let mut word = OsString::from(format!(":({magic})"));
            word.push(path.as_path());
            words.push(word);
        }
        self.run_fetching(&words)
    }
}

/// How changes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatchLook {
    pub color: bool,
    /// How many lines of each file, instead of the lines.
    pub stat: bool,
}
