//! Credentials, before they get into a commit.
//!
//! What is one, and how a line is excepted (`mldata: allow-secret`), is told in [`format::secrets`]. Cells
//! of notebooks count with their outputs. A line that had the same secret before, in the file or in one that
//! is gone now, is a warning only: it is in the history, where changing the file does not help, and the
//! credential has to be revoked. The secret itself is in no message.
//!
//! [`format::secrets`]: crate::format::secrets

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::{File, Files, Finding, Level, Origin, Reader, Result, Settings};
use super::{moved, text};
use crate::format::secrets;
use crate::fs::{RepoPath, shell_word};
use crate::git::{GitId, SHARED_CONFIG};

/// Longer files with NUL bytes are data, in which letters may meet by chance.
const MAX_BINARY: usize = 64 << 10;
/// Lines of one file.
const MAX_LINES: usize = 100;

pub(super) fn find(files: &Files<'_>, settings: &Settings, found: &mut Vec<Finding>) -> Result<()> {
    let reader = files.reader();
    let mut before = Before { files, gone: None, lines: BTreeMap::new() };
    for file in files.files.iter().filter(|file| !settings.excludes(&file.path)) {
        let Some(bytes) = text::read(&reader, file)? else { continue };
        if bytes.len() > MAX_BINARY && text::is_binary(&bytes) {
            continue;
        }
        let name = file.path.file_name();
        let lines = secrets::find_all_in_file(name, &bytes, MAX_LINES);
        if lines.is_empty() {
            continue;
        }
        let before = before.of(&reader, file, lines.iter().map(|(_, line)| *line))?;
        for (secret, line) in lines {
            let finding = match before.contains(line) {
                true => {
                    let message = format!("{}, committed before", secret.what);
                    Finding::new(&file.path, "secret", message)
                        .level(Level::Warning)
                        .hint("revoke it: whoever has the history has it")
                }
                false => Finding::new(&file.path, "secret", secret.what).hint(hint(
                    files,
                    file,
                    secret.what,
                )),
            };
            found.push(finding.line(secret.line));
        }
    }
    Ok(())
}

/// Lines with secrets that were committed before.
struct Before<'f> {
    files: &'f Files<'f>,
    /// The blobs of paths that are gone.
    gone: Option<BTreeSet<GitId>>,
    /// Lines of those, by the name of the file that they are looked for in: what is a secret depends on it.
    lines: BTreeMap<Vec<u8>, HashSet<Vec<u8>>>,
}

impl Before<'_> {
    /// Which of the `lines` of `file` the last commit had with a secret in it.
    fn of<'l>(
        &mut self,
        reader: &Reader<'_>,
        file: &File,
        lines: impl Iterator<Item = &'l [u8]>,
    ) -> Result<HashSet<&'l [u8]>> {
        let name = file.path.file_name();
        let held_against_nothing = !self.files.are_changes && self.files.origin == Origin::Index;
        let mut old = file.clone();
        if held_against_nothing {
            old.old = moved::at_head(self.files, &file.path)?;
        }
        let old = reader.old(&old, text::MAX_LEN);
        let old = old.iter().flat_map(|old| secrets::find_all_in_file(name, old, MAX_LINES));
        let known: HashSet<&[u8]> = old.map(|(_, line)| line).collect();
        let (mut found, mut others) = (HashSet::new(), Vec::new());
        for line in lines {
            if known.contains(line) {
                found.insert(line);
            } else {
                others.push(line);
            }
        }
        if !others.is_empty() && file.old.is_none() && !held_against_nothing {
            let gone = self.gone(reader, file)?;
            found.extend(others.into_iter().filter(|line| gone.contains(*line)));
        }
        Ok(found)
    }

    fn gone(&mut self, reader: &Reader<'_>, file: &File) -> Result<&HashSet<Vec<u8>>> {
        let name = file.path.file_name();
        if !self.lines.contains_key(name) {
            if self.gone.is_none() {
                self.gone = Some(moved::gone(self.files)?);
            }
            let (mut lines, mut gone) = (HashSet::new(), file.clone());
            for blob in self.gone.iter().flatten() {
                gone.old = Some(*blob);
                let Some(text) = reader.old(&gone, text::MAX_LEN) else { continue };
                let found = secrets::find_all_in_file(name, &text, MAX_LINES);
                lines.extend(found.into_iter().map(|(_, line)| line.to_owned()));
            }
            self.lines.insert(name.to_owned(), lines);
        }
        Ok(&self.lines[name])
    }
}

/// What to do about a new one. A key in PEM and a value in JSON have no place for a comment.
fn hint(files: &Files<'_>, file: &File, what: &str) -> String {
    let has_comments = what != "private key"
        && ![".json", ".ipynb", ".jsonl", ".pem", ".key"].iter().any(|it| file.has_suffix(it));
    if has_comments {
        let allow = secrets::ALLOW;
        return format!(
            "read it from the environment instead; if it is none, write `{allow}` in that line"
        );
    }
    let path = std::str::from_utf8(file.path.as_bytes()).map(globset::escape);
    let pattern = path.map_or_else(|_| "PATTERN".to_owned(), |path| shell_word(path.as_bytes()));
    let config = RepoPath::new(SHARED_CONFIG).expect("a valid path");
    // Staged, since the settings of what is checked count.
    let config = files.word(&config);
    format!(
        "read it from the environment instead; if it is none: \
         `git config --file {config} --add mlhook.data.exclude {pattern} && git add {config}`"
    )
}
