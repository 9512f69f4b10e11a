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
}
