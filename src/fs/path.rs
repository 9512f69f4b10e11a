//! Paths inside a repository: bytes, `/` between components, relative to the worktree's top.
//!
//! They come from Git, from tree objects and from the command line, need not be UTF-8, and are
//! validated component by component before anything is opened by them.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// A path in the repository; the empty path is the top of the worktree.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    /// Takes `bytes` if they are a relative path without empty, `.` or `..` components.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Option<RepoPath> {
        let bytes = bytes.into();
        let valid = |part: &[u8]| !matches!(part, b"" | b"." | b"..") && !part.contains(&0);
        (bytes.is_empty() || bytes.split(|&b| b == b'/').all(valid)).then_some(RepoPath(bytes))
    }

    pub fn root() -> RepoPath {
        RepoPath::default()
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path as the operating system takes it, relative to the top of the worktree.
    pub fn as_path(&self) -> &Path {
        os_path(&self.0)
    }

    /// This path and below it `rest`: a valid relative path, or nothing.
    #[must_use]
    pub fn join(&self, rest: &[u8]) -> RepoPath {
        let mut bytes = Vec::with_capacity(self.0.len() + 1 + rest.len());
        bytes.extend_from_slice(&self.0);
        if !bytes.is_empty() && !rest.is_empty() {
            bytes.push(b'/');
        }
        bytes.extend_from_slice(rest);
        RepoPath(bytes)
    }

    /// The path that `relative` means in this directory: `.` and `..` are understood by their letters.
    /// `None` if it leads out of the repository, or is absolute.
    pub fn resolve(&self, relative: &[u8]) -> Option<RepoPath> {
        if relative.starts_with(b"/") {
            return None;
        }
        let mut parts: Vec<&[u8]> = self.components().collect();
        for part in relative.split(|&b| b == b'/') {
            match part {
                b"" | b"." => {}
                b".." => drop(parts.pop()?),
                name => parts.push(name),
            }
        }
        RepoPath::new(parts.join(&b'/'))
    }

    /// How this path is written in `directory`: the counterpart of [`RepoPath::resolve`]. A `.` if
    /// they are the same.
    pub fn relative_to(&self, directory: &RepoPath) -> Vec<u8> {
        let shared = |(a, b): &(&[u8], &[u8])| a == b;
        let shared = self.components().zip(directory.components()).take_while(shared).count();
        let up = directory.components().skip(shared).map(|_| &b".."[..]);
        let parts: Vec<&[u8]> = up.chain(self.components().skip(shared)).collect();
        if parts.is_empty() { b".".to_vec() } else { parts.join(&b'/') }
    }

    /// The directory that holds this path; `None` for the top of the worktree.
    pub fn parent(&self) -> Option<RepoPath> {
        if self.0.is_empty() {
            return None;
        }
        let end = self.0.iter().rposition(|&b| b == b'/').unwrap_or(0);
        Some(RepoPath(self.0[..end].to_vec()))
    }

    /// The last component; empty for the top of the worktree.
    pub fn file_name(&self) -> &[u8] {
        let start = self.0.iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1);
        &self.0[start..]
    }

    pub fn components(&self) -> impl Iterator<Item = &[u8]> {
        self.0.split(|&b| b == b'/').filter(|part| !part.is_empty())
    }

    /// What follows `base` in this path: empty if they are the same, `None` if this is neither
    /// `base` nor below it.
    pub fn below<'a>(&'a self, base: &RepoPath) -> Option<&'a [u8]> {
        if base.is_root() {
            return Some(&self.0);
        }
        match self.0.strip_prefix(&base.0[..])? {
            [] => Some(&[]),
            [b'/', rest @ ..] => Some(rest),
            _ => None,
        }
    }
}

impl fmt::Display for RepoPath {
    /// Escaped for a terminal: see [`display_bytes`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&display_bytes(&self.0))
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

/// Bytes as an operating system path.
pub fn os_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// `path` without `.`, `..` and, as far as it exists, without symbolic links.
pub fn resolved(path: &Path) -> PathBuf {
    let path = resolved_lexically(path);
    for ancestor in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (ancestor.canonicalize(), path.strip_prefix(ancestor)) {
            return if rest.as_os_str().is_empty() { real } else { real.join(rest) };
        }
    }
    path
}

/// `path` without `.` and `..`, by its letters.
pub fn resolved_lexically(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if clean.file_name().is_some() => drop(clean.pop()),
            Component::ParentDir if clean.has_root() => {}
            Component::ParentDir => clean.push(".."),
            _ => clean.push(component),
        }
    }
    clean
}

/// A name from the repository made safe for a terminal: control characters and bytes that are not
/// UTF-8 are escaped as in C (`\n`, `\x1b`), everything else is shown as it is.
pub fn display_bytes(bytes: &[u8]) -> String {
    // Nearly always: tables of many thousand cells come through here.
    if bytes.iter().all(|b| matches!(b, b' '..=b'~')) {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
                text.extend(c.escape_default());
            } else {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// What is around `at` of a line, escaped for a terminal, and how far from its left `at` is: a file
/// that a program wrote may be one line of megabytes.
pub fn clip(line: &str, at: usize) -> (String, usize) {
    const AROUND: usize = 60;
    let from = at.saturating_sub(AROUND);
    let escaped = |text: String| display_bytes(text.as_bytes());
    let mut left = escaped(line.chars().skip(from).take(at - from).collect());
    let mut right = escaped(line.chars().skip(at).take(AROUND).collect());
    if from > 0 {
        left.insert(0, '…');
    }
    if line.chars().nth(at + AROUND).is_some() {
        right.push('…');
    }
    let missing = at.saturating_sub(line.chars().count());
    let before = left.chars().count() + missing;
    (left + &right, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_paths_are_paths() {
        for good in ["", "a", "a/b", " ", "-", "...", "a\nb"] {
            assert!(RepoPath::new(good).is_some(), "{good}");
        }
        for bad in ["/", "/a", "a/", "a//b", ".", "./a", "a/..", "../a", "a\0b"] {
            assert!(RepoPath::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn parts_of_paths() {
        let path = RepoPath::new("data/raw/x").expect("valid");
        let data = RepoPath::new("data").expect("valid");
        assert_eq!(path.file_name(), b"x");
        assert_eq!(path.parent(), RepoPath::new("data/raw"));
        assert_eq!(path.below(&data), Some(&b"raw/x"[..]));
        assert_eq!(data.below(&data), Some(&b""[..]));
        assert_eq!(data.below(&RepoPath::root()), Some(&b"data"[..]));
        assert_eq!(RepoPath::new("database").expect("valid").below(&data), None);
        assert_eq!(data.join(b"raw/x").join(b"").as_bytes(), b"data/raw/x");
    }

    #[test]
    fn relative_paths_lead_there_and_back() {
        let path = |text: &str| RepoPath::new(text).expect("valid");
        for (directory, relative, expected) in [
            ("", "a/b", Some("a/b")),
            ("models", "../data/x", Some("data/x")),
            ("a/b", "../../c", Some("c")),
            ("a/b", "c", Some("a/b/c")),
            ("a", "..", Some("")),
            ("a", "../..", None),
            ("a", "/b", None),
        ] {
            let found = path(directory).resolve(relative.as_bytes());
            assert_eq!(found, expected.map(path), "{directory} {relative}");
            if let Some(found) = found {
                assert_eq!(found.relative_to(&path(directory)), relative.as_bytes());
            }
        }
        assert_eq!(path("a").resolve(b"./b//c/"), Some(path("a/b/c")));
        assert_eq!(path("a/b").relative_to(&path("a/b")), b".");
    }

    #[test]
    fn terminals_get_no_control_characters() {
        assert_eq!(display_bytes(b"a\x1b[31m\xff\xc3\xa9\n"), "a\\u{1b}[31m\\xffé\\n");
    }
}
