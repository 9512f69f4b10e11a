//! Three texts made one, as Git merges files.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use super::command::{failed, finish};
use super::{Git, Result};
use crate::fs::{At as _, AtomicFile, PendingFile};

impl Git<'_> {
    /// What becomes of `base` with the changes of both others; `None` if these are in conflict.
    ///
    /// By `git merge-file`, which takes files alone, made in `temp`: what is merged here is merged the
    /// same way when the branch is rebased, which a merge of our own could not promise. It costs a
    /// process only where a file has changes that are not staged.
    ///
    /// # Errors
    /// One of the texts is binary for Git.
    pub fn merge_texts(
        &self,
        base: &[u8],
        ours: &[u8],
        theirs: &[u8],
        temp: &Path,
    ) -> Result<Option<Vec<u8>>> {
        let file = |bytes: &[u8]| -> Result<PendingFile> {
            let mut file = AtomicFile::create_in(temp)?;
            file.write_all(bytes).at("write", file.path())?;
            Ok(file.close(0o600)?)
        };
        let (base, ours, theirs) = (file(base)?, file(ours)?, file(theirs)?);
        let words = ["merge-file", "--stdout", "--quiet"].map(Path::new);
        let words = [&words[..], &[ours.path(), base.path(), theirs.path()]].concat();
        let mut command = self.command(&words);
        // Ctrl-C is for us.
        command.process_group(0);
        let (output, code) = finish(command, &words, b"")?;
        match code {
            Some(0) => Ok(Some(output.stdout)),
            // The number of conflicts.
            Some(1..=127) => Ok(None),
            _ => Err(failed(&words, &output.stderr)),
        }
    }
}
