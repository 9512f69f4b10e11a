//! Whose programs the user lets run.
//!
//! `$XDG_DATA_HOME/git-ml/trusted-templates` has a line for each source and version together: a commit,
//! or the digest of all files. Trust is for exactly those bytes. It is never for a prefix of a source, nor
//! for what a branch will be tomorrow. The file is the user's own (mode 0600), and means nothing once
//! others may write to it.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::source::{Origin, Version};
use super::{Error, Result};
use crate::fs::{self, At as _, FileLock, Stat};

/// The file is no longer than this, in bytes: some ten thousand lines.
const MAX_LEN: u64 = 4 << 20;
/// Nobody holds the lock longer than it takes to write a line.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether the user lets programs of exactly this version of this source run.
///
/// # Errors
/// The file cannot be read, is too long, or others may write to it.
pub fn is_trusted(origin: &Origin) -> Result<bool> {
    let Some(line) = line_of(origin) else { return Ok(true) };
    match file() {
        Some(path) => has_line(&path, &line),
        None => Ok(false),
    }
}

/// Lets them run from now on.
///
/// # Errors
/// As of [`is_trusted`], or the file cannot be written. Nothing is trusted then that was not before.
pub fn remember(origin: &Origin) -> Result<()> {
    match (line_of(origin), file()) {
        (Some(line), Some(path)) => add_line(&path, &line),
        // Without a home there is nothing that could be remembered.
        _ => Ok(()),
    }
}

fn file() -> Option<PathBuf> {
    Some(fs::data_home()?.join("git-ml/trusted-templates"))
}

/// The line that trusts `origin`; `None` if it is part of this program and needs none.
fn line_of(origin: &Origin) -> Option<String> {
    let version = match &origin.version {
        Version::Builtin(_) => return None,
        Version::Commit(id) => format!("commit {id}"),
        Version::Digest(digest) => format!("digest {}", digest.to_hex()),
    };
    // Quoted: a source may have a line break in it.
    let source = serde_json::to_string(&origin.source).expect("a string is JSON");
    Some(format!("{version} {source}"))
}

fn has_line(path: &Path, line: &str) -> Result<bool> {
    let untrustworthy = |why| Error::BadTrustFile { path: path.to_owned(), why };
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        opened => opened.at("open", path)?,
    };
    let stat = Stat::of(&file).at("stat", path)?;
    if stat.mode & 0o022 != 0 {
        return Err(untrustworthy("others may write to it"));
    }
    let mut text = Vec::new();
    file.take(MAX_LEN + 1).read_to_end(&mut text).at("read", path)?;
    if text.len() as u64 > MAX_LEN {
        return Err(untrustworthy("it is longer than 4 MiB"));
    }
    Ok(text.split(|&b| b == b'\n').any(|found| found == line.as_bytes()))
}

fn add_line(path: &Path, line: &str) -> Result<()> {
    let directory = path.parent().expect("a file is in a directory");
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700).create(directory).at("create directory", directory)?;
    let _lock =
        FileLock::acquire(&path.with_extension("lock"), "git mlrun", Some(PATIENCE), &|_| {})?;
    if has_line(path, line)? {
        return Ok(());
    }
    let mut file =
        OpenOptions::new().append(true).create(true).mode(0o600).open(path).at("open", path)?;
    // Begun with a line break: what a full disk left of another line stays a line of its own.
    Ok(file.write_all(format!("\n{line}\n").as_bytes()).at("write", path)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::format::ObjectId;
    use crate::fs::RepoPath;

    fn origin(source: &str, version: Version) -> Origin {
        Origin { source: source.into(), reference: None, directory: RepoPath::root(), version }
    }

    #[test]
    fn trust_is_for_one_version_of_one_source() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/trusted-templates");
        let commit = |id: &str| Version::Commit(id.into());
        let line = |source: &str, version| line_of(&origin(source, version)).unwrap();
        let trusted = line("https://host/a", commit("0123"));
        assert!(!has_line(&path, &trusted).unwrap());
        add_line(&path, &trusted).unwrap();
        add_line(&path, &line("/x", Version::Digest(ObjectId::of(b"x")))).unwrap();
        add_line(&path, &trusted).unwrap();
        assert!(has_line(&path, &trusted).unwrap());
        assert!(has_line(&path, &line("/x", Version::Digest(ObjectId::of(b"x")))).unwrap());
        for other in [
            line("https://host/a", commit("0124")),
            line("https://host/a", commit("012")),
            line("https://host/", commit("0123")),
            line("https://host/a/b", commit("0123")),
            line("https://host/a\"\ncommit 0123 \"https://host/a", commit("9")),
            line("/x", Version::Digest(ObjectId::of(b"y"))),
            String::new() + "commit 0123",
        ] {
            assert!(!has_line(&path, &other).unwrap(), "{other}");
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 2, "{text}");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(line_of(&origin("minimal", Version::Builtin("1".into()))), None);
    }

    #[test]
    fn a_source_cannot_write_lines_of_others() {
        let line = line_of(&origin("a\ncommit 1 \"b\"", Version::Commit("0".into()))).unwrap();
        assert!(!line.contains('\n'));
    }

    #[test]
    fn a_file_that_others_may_write_means_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("trusted-templates");
        add_line(&path, "commit 0123 \"a\"").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o620)).unwrap();
        let refused = has_line(&path, "commit 0123 \"a\"");
        assert!(matches!(refused, Err(Error::BadTrustFile { .. })), "{refused:?}");
    }
}
