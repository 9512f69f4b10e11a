//! Where a remote is, as a user types it and as settings keep it.
//!
//! This version knows directories: a path, or a `file://` URL. A relative path counts from the top
//! of the worktree (of the main one, for linked worktrees), so that it means the same to everybody
//! in the same arrangement of directories. `~/` is understood in settings of one's own only: in the
//! committed file it would be another place for everybody.

use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

pub(super) use crate::fs::resolved;
use crate::fs::{display_bytes, home, resolved_lexically};
use crate::git::Repo;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    #[error("the URL is empty")]
    Empty,
    #[error("the URL is not UTF-8")]
    NotUtf8,
    #[error("the URL has control characters")]
    Control,
    #[error("the URL has a user name or password in it, which settings must not hold")]
    Credentials,
    #[error("`{scheme}` remotes are not supported yet by this version: only directories are")]
    Scheme { scheme: String },
    #[error("`{host}` in the file:// URL is another host")]
    Host { host: String },
    #[error("the URL has a malformed % escape")]
    Escape,
    #[error("the path in the file:// URL is not absolute")]
    NotAbsolute,
    #[error("`~` is another place for everybody else")]
    Home,
    #[error("HOME is not set")]
    NoHome,
}

/// The text to keep in settings for what was typed in the current directory.
pub(super) fn to_keep(repo: &Repo, typed: &OsStr, local: bool) -> Result<String, UrlError> {
    let text = typed.to_str().ok_or(UrlError::NotUtf8)?;
    let path = match parse(text)? {
        Parsed::Home(_) if !local => return Err(UrlError::Home),
        Parsed::Url(_) | Parsed::Home(_) => return Ok(text.to_owned()),
        Parsed::Path(path) => path,
    };
    let kept = match (path.is_absolute(), std::env::current_dir()) {
        (false, Ok(here)) => between(&base(repo), &resolved(&here.join(path))),
        _ => resolved_lexically(path),
    };
    kept.into_os_string().into_string().map_err(|_| UrlError::NotUtf8)
}

/// The directory that a kept URL names.
pub(super) fn to_path(repo: &Repo, kept: &str, local: bool) -> Result<PathBuf, UrlError> {
    match parse(kept)? {
        Parsed::Url(path) => Ok(path),
        Parsed::Home(_) if !local => Err(UrlError::Home),
        Parsed::Home(rest) => Ok(home().ok_or(UrlError::NoHome)?.join(rest)),
        Parsed::Path(path) => {
            // The base has no symbolic links: going up from it is a matter of letters.
            let mut base = base(repo);
            let mut rest = path;
            while let Ok(below) = rest.strip_prefix("..") {
                base.pop();
                rest = below;
            }
            Ok(if rest == Path::new(".") { base } else { base.join(rest) })
        }
    }
}

enum Parsed<'a> {
    Url(PathBuf),
    Home(&'a str),
    Path(&'a Path),
}

fn parse(text: &str) -> Result<Parsed<'_>, UrlError> {
    if text.is_empty() {
        return Err(UrlError::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(UrlError::Control);
    }
    if let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)) {
        let (host, _) = rest.split_once('/').unwrap_or((rest, ""));
        if host.contains('@') {
            return Err(UrlError::Credentials);
        }
        if !scheme.eq_ignore_ascii_case("file") {
            return Err(UrlError::Scheme { scheme: scheme.to_owned() });
        }
        if !matches!(host, "" | "localhost") {
            return Err(UrlError::Host { host: display_bytes(host.as_bytes()) });
        }
        let path = PathBuf::from(unescape(&rest[host.len()..])?);
        return if path.is_absolute() { Ok(Parsed::Url(path)) } else { Err(UrlError::NotAbsolute) };
    }
    // As Git sees it: a colon before the first slash separates a host from a path.
    if let Some((host, _)) = text.split_once(':').filter(|(host, _)| !host.contains('/')) {
        if host.contains('@') && host.split('@').next().is_some_and(|user| user.contains(':')) {
            return Err(UrlError::Credentials);
        }
        return Err(UrlError::Scheme { scheme: "ssh".to_owned() });
    }
    match text.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            Ok(Parsed::Home(rest.trim_start_matches('/')))
        }
        _ => Ok(Parsed::Path(Path::new(text))),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

fn unescape(text: &str) -> Result<OsString, UrlError> {
    use std::os::unix::ffi::OsStringExt as _;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let digits = rest.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte {
            Some(byte) if byte >= b' ' && byte != 0x7f => bytes.push(byte),
            _ => return Err(UrlError::Escape),
        }
        rest = &rest[2..];
    }
    Ok(OsString::from_vec(bytes))
}

/// What relative paths count from.
fn base(repo: &Repo) -> PathBuf {
    let common = repo.common_dir();
    let linked = repo.git_dir() != common;
    match common.parent() {
        Some(main) if linked && common.file_name() == Some(OsStr::new(".git")) => main.to_owned(),
        _ => repo.top().to_owned(),
    }
}

/// The relative path from one absolute directory to another.
fn between(from: &Path, to: &Path) -> PathBuf {
    let same = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(same).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(same)).collect();
    if path.as_os_str().is_empty() { PathBuf::from(".") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Result<PathBuf, UrlError> {
        parse(text).map(|parsed| match parsed {
            Parsed::Url(path) => path,
            Parsed::Home(rest) => Path::new("~").join(rest),
            Parsed::Path(path) => path.to_owned(),
        })
    }

    #[test]
    fn directories_are_understood() {
        for (text, expected) in [
            ("/mnt/store", "/mnt/store"),
            ("../store", "../store"),
            ("./a:b", "./a:b"),
            ("~/store", "~/store"),
            ("~user", "~user"),
            ("file:///mnt/my%20store", "/mnt/my store"),
            ("FILE://localhost/mnt", "/mnt"),
        ] {
            assert_eq!(path(text), Ok(PathBuf::from(expected)), "{text}");
        }
    }

    #[test]
    fn other_places_are_refused_without_repeating_secrets() {
        let scheme = |scheme: &str| UrlError::Scheme { scheme: scheme.into() };
        for (text, expected) in [
            ("", UrlError::Empty),
            ("a\nb", UrlError::Control),
            ("s3://bucket/x", scheme("s3")),
            ("git@host:x", scheme("ssh")),
            ("host:x", scheme("ssh")),
            ("https://user:secret@host/x", UrlError::Credentials),
            ("file://user@host/x", UrlError::Credentials),
            ("file://host/x", UrlError::Host { host: "host".into() }),
            ("file://", UrlError::NotAbsolute),
            ("file:///a%0ab", UrlError::Escape),
            ("file:///a%2", UrlError::Escape),
            ("file:///a%zz", UrlError::Escape),
            ("file:///a%+f", UrlError::Escape),
        ] {
            let error = path(text).expect_err(text);
            assert_eq!(error, expected, "{text}");
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn relative_paths_are_kept_relative() {
        for (from, to, expected) in
            [("/w/repo", "/w/store", "../store"), ("/w", "/w", "."), ("/a/b", "/", "../..")]
        {
            assert_eq!(between(Path::new(from), Path::new(to)), Path::new(expected));
        }
        assert_eq!(resolved_lexically(Path::new("/a/./b/../../../c")), Path::new("/c"));
        assert_eq!(resolved_lexically(Path::new("../../c")), Path::new("../../c"));
    }
}
