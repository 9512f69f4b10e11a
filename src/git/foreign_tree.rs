//! Trees of files that are in no worktree.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use super::command::{failed, finish};
use super::{Git, GitId, Result};
use crate::fs::{RepoPath, ScratchDir};

/// Settings under which `git add` takes every file for what it is, whatever the file system of the
/// user's worktree is like, and starts no hook.
const SETTINGS: [&str; 10] = [
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.fileMode=true",
    "-c",
    "core.safecrlf=false",
    "-c",
    "core.sparseCheckout=false",
];

impl Git<'_> {
    /// The tree that `git add` makes of what is in `directory/prefix`, with the attributes, filters and
    /// ignore rules that the repository and the files in `directory` have; `always`, a file there, is
    /// never ignored. Neither the index nor the worktree is looked at; only objects are written.
    ///
    /// # Errors
    /// A file cannot be read, or a filter fails.
    pub fn tree_of_directory(
        &self,
        directory: &Path,
        prefix: &RepoPath,
        always: &RepoPath,
    ) -> Result<GitId> {
        let index = ScratchDir::new_in(self.repo().git_dir())?;
        let index = index.path().join("index");
        let run = |words: &[&OsStr]| {
            let mut all: Vec<OsString> = SETTINGS.map(OsString::from).into();
            for (option, path) in [("--git-dir", self.repo().git_dir()), ("--work-tree", directory)]
            {
                all.push(joined(&format!("{option}="), path));
            }
            all.extend(words.iter().map(OsString::from));
            let mut command = self.command(&all);
            command.env("GIT_INDEX_FILE", &index).current_dir(directory);
            let (output, code) = finish(command, words, b"")?;
            match code {
                Some(0) => Ok(output.stdout),
                _ => Err(failed(words, &output.stderr)),
            }
        };
        let [add, all, force, end, here] = ["add", "--all", "--force", "--", "."].map(OsStr::new);
        run(&[add, all, end, here])?;
        let always = joined(":(literal)", always.as_path());
        run(&[add, force, end, &always])?;
        let below = joined("--prefix=", prefix.as_path());
        let words = [OsStr::new("write-tree"), &below];
        let words = if prefix.is_root() { &words[..1] } else { &words[..] };
        let written = run(words)?;
        let id = gix::ObjectId::from_hex(written.trim_ascii());
        id.map(GitId).map_err(|error| failed(words, error.to_string().as_bytes()))
    }
}

fn joined(start: &str, path: &Path) -> OsString {
    let mut word = OsString::from(start);
    word.push(path);
    word
}
