//! Paths in locks: text that other people's commits bring, checked before anything is opened by it.

/// A dep is relative to the lock's directory, that directory itself (`.`), or absolute.
pub(in crate::format) fn check_dep(path: &str) -> Result<(), &'static str> {
    match path.strip_prefix('/') {
        Some("") => Ok(()),
        Some(rest) => check(rest, false),
        None if path == "." => Ok(()),
        None => check(path, true),
    }
}

/// An out is relative to the lock's directory. `..` may lead it to another part of the repository, and
/// further: whoever opens it has the directory at hand and looks.
pub(in crate::format) fn check_out(path: &str) -> Result<(), &'static str> {
    check(path, true)?;
    match path.split('/').next_back() {
        Some("..") => Err("the path of an out ends in `..`"),
        _ => Ok(()),
    }
}

fn check(path: &str, up: bool) -> Result<(), &'static str> {
    let mut leading = up;
    for part in path.split('/') {
        match part {
            "" => return Err("a path has an empty component or is absolute"),
            "." => return Err("a path has the component `.`"),
            ".." if !leading => return Err("a path has `..` where it does not begin"),
            ".." => {}
            part if part.contains('\0') => return Err("a path has a NUL byte"),
            _ => leading = false,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_are_taken() {
        for good in ["a", "a/b", "../a", "../../a/b", "...", " ", "a..b"] {
            assert_eq!((check_dep(good), check_out(good)), (Ok(()), Ok(())), "{good}");
        }
        for bad in ["", "./a", "a/.", "a//b", "a/", "a/../b", "../a/..", "a\0b"] {
            assert!(check_dep(bad).is_err() && check_out(bad).is_err(), "{bad:?}");
        }
        for dep in [".", "..", "../..", "/", "/data/x"] {
            assert!(check_dep(dep).is_ok() && check_out(dep).is_err(), "{dep}");
        }
        for bad in ["/..", "//", "/a/../b", "/a/"] {
            assert!(check_dep(bad).is_err(), "{bad}");
        }
    }
}
