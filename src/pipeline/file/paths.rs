//! Paths as pipeline files have them: relative to a directory of the repository, perhaps leaving it.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use crate::fs::{RepoPath, display_bytes};
use crate::pipeline::stage::{Dep, Place};

/// What makes a path a glob, unless a file has this very name.
const GLOB: [char; 4] = ['*', '?', '[', '{'];

/// Where `text` leads from `directory`. `top` is the worktree on disk, if there is one.
pub(in crate::pipeline) fn place(
    directory: &RepoPath,
    text: &str,
    top: Option<&Path>,
) -> Result<Place, String> {
    check(text)?;
    let outside = |path: PathBuf| match top.and_then(|top| path.strip_prefix(top).ok()) {
        Some(inside) => {
            repo_path(inside.as_os_str().as_encoded_bytes().to_vec()).map(Place::Inside)
        }
        None => Ok(Place::Outside(path)),
    };
    if text.starts_with('/') {
        return outside(normalized(Path::new(text)));
    }
    match relative(directory, text) {
        Some(parts) => {
            let path = repo_path(parts.join(&b'/'))?;
            check_git(&path)?;
            Ok(Place::Inside(path))
        }
        None => {
            let top = top.ok_or_else(|| format!("{} leads out of the repository", shown(text)))?;
            outside(normalized(&top.join(directory.as_path()).join(text)))
        }
    }
}

/// Like [`place`], for what has to be in the repository.
pub(in crate::pipeline) fn inside(directory: &RepoPath, text: &str) -> Result<RepoPath, String> {
    match place(directory, text, None) {
        Ok(Place::Inside(path)) => Ok(path),
        Ok(Place::Outside(_)) => Err(format!("{} leads out of the repository", shown(text))),
        Err(message) => Err(message),
    }
}

/// A dep: a path, or a glob if it has a glob's characters and `is_file` knows no file of this name.
pub(super) fn dep(
    directory: &RepoPath,
    text: &str,
    top: Option<&Path>,
    is_file: impl FnOnce(&RepoPath) -> crate::pipeline::Result<bool>,
) -> crate::pipeline::Result<Result<Dep, String>> {
    if text.contains(GLOB) && check(text).is_ok() {
        let is_literal =
            match relative(directory, text).and_then(|parts| RepoPath::new(parts.join(&b'/'))) {
                Some(path) => is_file(&path)?,
                None => false,
            };
        if !is_literal {
            return Ok(glob(directory, text).map(Dep::Glob));
        }
    }
    Ok(place(directory, text, top).map(Dep::Path))
}

/// The glob `text`, seen from the top of the repository.
fn glob(directory: &RepoPath, text: &str) -> Result<String, String> {
    let outside = || format!("the glob {} leads out of the repository", shown(text));
    if text.starts_with('/') {
        return Err(outside());
    }
    let mut parts: Vec<String> = directory
        .components()
        .map(|part| globset::escape(&String::from_utf8_lossy(part)))
        .collect();
    let fixed = parts.len();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.len() > fixed => {
                return Err(format!("`..` follows a pattern in {}", shown(text)));
            }
            ".." => drop(parts.pop().ok_or_else(outside)?),
            part => parts.push(part.to_owned()),
        }
    }
    let glob = parts.join("/");
    GlobBuilder::new(&glob)
        .literal_separator(true)
        .build()
        .map_err(|error| format!("{} is no glob: {}", shown(text), error.kind()))?;
    Ok(glob)
}

fn check(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("a path is empty".to_owned());
    }
    if text.contains('\0') {
        return Err(format!("{} has a NUL character", shown(text)));
    }
    if let Some((scheme, _)) = text.split_once("://") {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if !scheme.is_empty() && scheme.chars().all(is_scheme) {
            return Err(format!(
                "{} is a URL; only files of this machine can be used",
                shown(text)
            ));
        }
    }
    Ok(())
}

/// Components of `text` from the top of the repository; `None` if it leaves it.
fn relative(directory: &RepoPath, text: &str) -> Option<Vec<Vec<u8>>> {
    if text.starts_with('/') {
        return None;
    }
    let mut parts: Vec<Vec<u8>> = directory.components().map(<[u8]>::to_vec).collect();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part.as_bytes().to_vec()),
        }
    }
    Some(parts)
}

/// Without `.` and `..`, by the letters alone.
fn normalized(path: &Path) -> PathBuf {
    let mut parts = PathBuf::from("/");
    for component in path.components() {
        match component {
            Component::Normal(part) => parts.push(part),
            Component::ParentDir => drop(parts.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    parts
}

fn repo_path(bytes: Vec<u8>) -> Result<RepoPath, String> {
    RepoPath::new(bytes.clone()).ok_or_else(|| format!("`{}` is no path", display_bytes(&bytes)))
}

fn check_git(path: &RepoPath) -> Result<(), String> {
    match path.components().any(|part| part.eq_ignore_ascii_case(b".git")) {
        true => Err(format!("`{path}` is Git's own")),
        false => Ok(()),
    }
}

fn shown(text: &str) -> String {
    format!("`{}`", display_bytes(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).expect("valid")
    }

    #[test]
    fn places() {
        let top = Path::new("/home/me/project");
        let inside = |text: &str| Ok(Place::Inside(path(text)));
        let outside = |text: &str| Ok(Place::Outside(text.into()));
        for (directory, text, expected) in [
            ("", "a", inside("a")),
            ("sub", "./a//b/", inside("sub/a/b")),
            ("sub", "../a", inside("a")),
            ("sub", "..", inside("")),
            ("sub", "../../a", outside("/home/me/a")),
            ("", "/data/../x", outside("/x")),
            ("", "/home/me/project/a", inside("a")),
            ("sub", "../../project/a", inside("a")),
        ] {
            assert_eq!(place(&path(directory), text, Some(top)), expected, "{directory} {text}");
        }
        for bad in ["", "s3://bucket/a", "remote://store/a", ".git/config", "a/.GIT", "a\0"] {
            assert!(place(&path("sub"), bad, Some(top)).is_err(), "{bad}");
        }
        assert!(place(&path(""), "../a", None).is_err());
    }

    #[test]
    fn globs_are_seen_from_the_top() {
        let dep = |directory: &str, text: &str| {
            dep(&path(directory), text, None, |path| Ok(path.as_bytes() == b"a[1].csv"))
                .expect("no I/O")
        };
        assert_eq!(dep("", "a[1].csv"), Ok(Dep::Path(Place::Inside(path("a[1].csv")))));
        for (directory, text, expected) in [
            ("", "*.csv", "*.csv"),
            ("sub", "./**/*.{csv,tsv}", "sub/**/*.{csv,tsv}"),
            ("sub/x", "../*.py", "sub/*.py"),
            ("a[1]", "*", "a[[]1[]]/*"),
        ] {
            assert_eq!(dep(directory, text), Ok(Dep::Glob(expected.to_owned())), "{text}");
        }
        for bad in ["/data/*", "../*", "*/../x", "a[", "s3://b/*"] {
            assert!(dep("", bad).is_err(), "{bad}");
        }
    }
}
