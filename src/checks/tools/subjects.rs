//! Which files are Python, and their texts.

use std::sync::Arc;

use super::Problem;
use crate::checks::{Checked, File, Files, Ignored, Result, Settings};
use crate::fs::RepoPath;
use crate::git::GitId;

/// Bytes of the largest file that is checked, where `mlhook.CHECK.limit` does not say.
const LIMIT: u64 = 2 << 20;
/// Bytes of texts that are judged in one go, and held in memory; one more text may be.
const BATCH: usize = 16 << 20;

/// A Python file, or a notebook.
#[derive(Clone, Debug)]
pub struct Subject {
    pub path: RepoPath,
    /// Of `text`.
    pub id: GitId,
    pub text: Arc<[u8]>,
}

impl Subject {
    /// The next Python files among those that are checked, from the place `from` on, which is moved; none
    /// if there are no more. Those that are too large, or have a name that cannot be told to a tool, are
    /// named in `checked.ignored`.
    pub fn next(
        files: &Files<'_>,
        settings: &Settings,
        checked: &mut Checked,
        from: &mut usize,
    ) -> Result<Vec<Subject>> {
        let limit = settings.bytes("limit", LIMIT)?;
        let reader = files.reader();
        let (mut found, mut len) = (Vec::new(), 0);
        while let Some(file) = files.files.get(*from).filter(|_| len < BATCH) {
            *from += 1;
            if !file.is_regular() || !may_be_python(file) || settings.excludes(&file.path) {
                continue;
            }
            let Some(text) = reader.bytes(file, usize::try_from(limit).unwrap_or(usize::MAX))?
            else {
                if has_python_suffix(file) {
                    let check = checked.check.name();
                    let reason = format!("it has more than {limit} bytes (`mlhook.{check}.limit`)");
                    checked.ignored.push(Ignored { path: file.path.clone(), reason });
                }
                continue;
            };
            if !has_python_suffix(file) && !has_python_shebang(&text) {
                continue;
            }
            if let Some(reason) = untellable(&file.path) {
                checked
                    .ignored
                    .push(Ignored { path: file.path.clone(), reason: reason.to_owned() });
                continue;
            }
            let id = file.current_id(files.repo())?;
            len += text.len();
            found.push(Subject { path: file.path.clone(), id, text });
        }
        Ok(found)
    }

    pub fn is_notebook(&self) -> bool {
        self.path.as_bytes().ends_with(b".ipynb")
    }

    /// Whether it is a program without a suffix.
    pub fn is_script(&self) -> bool {
        !self.path.file_name().contains(&b'.')
    }

    /// Whether Python would read it: in UTF-8, or in what its first two lines declare (PEP 263).
    pub fn is_decodable(&self) -> bool {
        std::str::from_utf8(&self.text).is_ok() || declares_encoding(&self.text)
    }

    /// Whether it is UTF-8 without a byte order mark.
    pub fn is_plain(&self) -> bool {
        std::str::from_utf8(&self.text).is_ok() && !self.text.starts_with(b"\xef\xbb\xbf")
    }

    /// That Python would not read it, at the first byte that is not UTF-8.
    pub fn undecodable(&self) -> Problem {
        let valid = match std::str::from_utf8(&self.text) {
            Ok(_) => self.text.len(),
            Err(error) => error.valid_up_to(),
        };
        let line = self.text[..valid].iter().filter(|&&byte| byte == b'\n').count() as u64 + 1;
        Problem::syntax("it is not UTF-8, and declares no other encoding").at(line, None)
    }
}

/// Why a name cannot be told to a tool, or be found in what it says: their messages are lines.
fn untellable(path: &RepoPath) -> Option<&'static str> {
    match std::str::from_utf8(path.as_bytes()) {
        Err(_) => Some("its name is not UTF-8"),
        Ok(name) if name.contains(char::is_control) => Some("its name has control characters"),
        Ok(_) => None,
    }
}

pub(super) fn has_python_suffix(file: &File) -> bool {
    [".py", ".pyi", ".ipynb"].iter().any(|suffix| file.has_suffix(suffix))
}

fn may_be_python(file: &File) -> bool {
    has_python_suffix(file) || !file.path.file_name().contains(&b'.')
}

/// `#!/usr/bin/python3`, `#!/usr/bin/env -S python3.12 -u`, and what is like them.
fn has_python_shebang(text: &[u8]) -> bool {
    let Some(line) = text.strip_prefix(b"#!") else { return false };
    let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(&line[..line.len().min(256)]);
    let mut words = line.split_whitespace();
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let mut program = words.next().map(base).unwrap_or_default();
    if program == "env" {
        let is_option = |word: &str| word.starts_with('-') || word.contains('=');
        program = words.find(|word| !is_option(word)).map(base).unwrap_or_default();
    }
    let rest = program.strip_prefix("python").or_else(|| program.strip_prefix("pypy"));
    rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

fn declares_encoding(text: &[u8]) -> bool {
    text.split(|&byte| byte == b'\n').take(2).any(|line| {
        let line = String::from_utf8_lossy(line);
        let comment = line.trim_start().strip_prefix('#');
        let after = comment.and_then(|comment| Some(comment.split_once("coding")?.1));
        after.is_some_and(|after| {
            after.strip_prefix([':', '=']).is_some_and(|name| !name.trim().is_empty())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_known_by_their_first_line() {
        for yes in [
            "#!/usr/bin/python\n",
            "#! /usr/bin/env python3\r\n",
            "#!/usr/bin/env -S A=b python3.12 -u",
        ] {
            assert!(has_python_shebang(yes.as_bytes()), "{yes}");
        }
        for no in ["#!/bin/sh\n# python", "python", "#!", "#!/usr/bin/env", "#!/usr/bin/pythonic"] {
            assert!(!has_python_shebang(no.as_bytes()), "{no}");
        }
    }

    #[test]
    fn encodings_are_declared_in_the_first_two_lines() {
        assert!(declares_encoding(b"#!/usr/bin/python\n# -*- coding: latin-1 -*-\n"));
        assert!(declares_encoding(b"# vim: set fileencoding=koi8-r :"));
        assert!(!declares_encoding(b"\n\n# coding: latin-1\n"));
        assert!(!declares_encoding(b"coding: latin-1\n"));
        assert!(!declares_encoding(b"# coding in Python\n"));
    }
}
