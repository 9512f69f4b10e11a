//! Patterns of paths, as users of `gitignore(5)` write them.
//!
//! | pattern | what it covers |
//! |---|---|
//! | `*.min.py` | without a slash, that name in any directory, and what is below it |
//! | `docs/*.ipynb`, `/big`, `./big` | with one that is not at the end, from the top |
//! | `build/` | with one at the end, a directory |
//! | `tests/**/big.*`, `[{]x[}]`, `{a,b}.py` | any directories; what stands for itself; one of several |
//!
//! A star crosses no slash. `!`, which takes paths out again, is refused: in what order would several
//! files of settings be read?

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::fs::RepoPath;

/// What a pattern is, for messages.
pub const EXPECTED: &str = "a pattern of paths such as `docs/` or `tests/**/big.*`, without `!`";

/// Several patterns. No pattern covers nothing.
#[derive(Default)]
pub struct Patterns {
    globs: GlobSet,
}

impl Patterns {
    /// # Errors
    /// One of the patterns is none, and this is it.
    pub fn new(patterns: &[String]) -> Result<Patterns, String> {
        let mut all = GlobSetBuilder::new();
        for pattern in patterns {
            for glob in globs(pattern).ok_or_else(|| pattern.clone())? {
                all.add(glob);
            }
        }
        let last = || patterns.last().cloned().unwrap_or_default();
        Ok(Patterns { globs: all.build().map_err(|_| last())? })
    }

    pub fn cover(&self, path: &RepoPath) -> bool {
        !self.globs.is_empty() && self.globs.is_match(path.as_path())
    }
}

/// Globs of whole paths that together are what `pattern` means.
fn globs(pattern: &str) -> Option<Vec<Glob>> {
    if pattern.starts_with('!') {
        return None;
    }
    let from_top = pattern.strip_prefix("./").or_else(|| pattern.strip_prefix('/'));
    let rest = from_top.unwrap_or(pattern);
    let directory = rest.strip_suffix('/');
    let rest = directory.unwrap_or(rest);
    if rest.is_empty() {
        return None;
    }
    let is_anchored = from_top.is_some() || rest.contains('/');
    let whole = if is_anchored { rest.to_owned() } else { format!("**/{rest}") };
    let below = format!("{whole}/**");
    let named = directory.is_none().then_some(whole);
    let compile = |text: String| {
        GlobBuilder::new(&text).literal_separator(true).backslash_escape(true).build().ok()
    };
    named.into_iter().chain([below]).map(compile).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_cover_what_git_would_ignore() {
        for (pattern, yes, no) in [
            ("big", &["big", "a/big", "big/x/y"][..], &["bigger", "a/bi"][..]),
            ("/big", &["big", "big/x"], &["a/big"]),
            ("./big", &["big", "big/x"], &["a/big"]),
            ("build/", &["build/x", "a/build/x/y"], &["build", "a/build"]),
            ("docs/*.py", &["docs/a.py"], &["docs/a/b.py", "a/docs/a.py"]),
            ("docs/*", &["docs/a.py", "docs/a/b.py"], &["a/docs/x"]),
            ("docs/**", &["docs/a.py", "docs/a/b.py"], &["docs"]),
            ("**/x", &["x", "a/b/x"], &["ax"]),
            ("a/**/x", &["a/x", "a/b/c/x"], &["b/a/x"]),
            ("*.{py,pyi}", &["a.py", "b/a.pyi"], &["a.pyc"]),
            ("[{]a[}]", &["{a}"], &["a"]),
            ("\\{a\\}", &["{a}"], &["a"]),
        ] {
            let patterns = Patterns::new(&[pattern.to_owned()]).expect(pattern);
            let covers = |path: &&str| patterns.cover(&RepoPath::new(*path).expect("a path"));
            assert!(yes.iter().all(covers), "{pattern} should cover {yes:?}");
            assert!(!no.iter().any(covers), "{pattern} should not cover {no:?}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for pattern in ["", "/", "./", "!a", "a[", "{a"] {
            let given = ["b".to_owned(), pattern.to_owned()];
            assert_eq!(Patterns::new(&given).err().as_deref(), Some(pattern));
        }
    }
}
