//! Which paths a command was asked for.
//!
//! A target on the command line is a path (of something tracked, of something inside it, or of a
//! directory that holds tracked paths), the name of a pointer, or a glob (`globset`'s syntax: `*`
//! stays inside one name, `**` does not). No targets means everything. A name that exists is always
//! a path, whatever characters it has.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{GlobBuilder, GlobMatcher};

use super::tracked::{TrackedPath, pointer_path};
use super::{Error, Project, Result};
use crate::format::pointer;
use crate::fs::{self, RepoPath, os_path};

/// The paths asked for.
#[derive(Debug, Default)]
pub struct Selection {
    specs: Vec<Spec>,
}

#[derive(Debug)]
struct Spec {
    typed: String,
    pattern: Pattern,
    matched: AtomicBool,
}

#[derive(Debug)]
enum Pattern {
    Path(RepoPath),
    Glob(Glob),
}

#[derive(Debug)]
struct Glob {
    whole: GlobMatcher,
    /// For paths of one component, of two, and so on: what they match if something below them can.
    above: Vec<GlobMatcher>,
    /// Deeper paths may have matches below them too.
    endless: bool,
}

impl Glob {
    /// Parses what was typed in the directory `prefix`.
    fn parse(prefix: &str, typed: &str) -> Result<Glob> {
        let bad = |reason: String| Error::BadGlob { pattern: typed.to_owned(), reason };
        let mut pattern = globset::escape(prefix);
        if !pattern.is_empty() {
            pattern.push('/');
        }
        pattern.push_str(typed.strip_suffix('/').unwrap_or(typed));
        let build = |pattern: &str| {
            let glob =
                GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
            Ok::<_, Error>(glob.map_err(|error| bad(error.kind().to_string()))?.compile_matcher())
        };
        let mut glob = Glob { whole: build(&pattern)?, above: Vec::new(), endless: false };
        let ends = pattern.match_indices('/').map(|(at, _)| at);
        for (depth, end) in ends.enumerate() {
            let above = &pattern[..end];
            // Alternatives and classes may have slashes in them: nothing is known of what is above.
            let part = above.split('/').nth(depth).unwrap_or_default();
            if part == "**" || part.contains(['{', '[']) {
                glob.endless = true;
                break;
            }
            glob.above.push(build(above)?);
        }
        glob.endless |= pattern.ends_with("**");
        Ok(glob)
    }

    /// Whether it matches the path or a directory that the path is in.
    fn is_match(&self, path: &[u8]) -> bool {
        let slashes = path.iter().enumerate().filter(|(_, b)| **b == b'/').map(|(at, _)| at);
        let mut ends = std::iter::once(path.len()).chain(slashes);
        ends.any(|end| self.whole.is_match(os_path(&path[..end])))
    }

    /// Whether something below `path` could match.
    fn may_match_below(&self, path: &[u8]) -> bool {
        let depth =
            if path.is_empty() { 0 } else { 1 + path.iter().filter(|&&b| b == b'/').count() };
        match depth {
            0 => true,
            depth if depth <= self.above.len() => self.above[depth - 1].is_match(os_path(path)),
            _ => self.endless,
        }
    }
}

/// How much of what is at and below a path was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    None,
    /// Perhaps something below.
    Part,
    Full,
}

impl Selection {
    /// Everything.
    pub fn all() -> Selection {
        Selection::default()
    }

    /// Understands the targets of a command line.
    ///
    /// # Errors
    /// A target is outside of the repository, or a glob is malformed.
    pub fn parse(project: &Project, targets: &[OsString]) -> Result<Selection> {
        let specs = targets.iter().map(|target| Spec::parse(project, Path::new(target)));
        Ok(Selection { specs: specs.collect::<Result<_>>()? })
    }

    pub fn is_all(&self) -> bool {
        self.specs.is_empty()
    }

    /// The targets that are paths.
    pub fn paths(&self) -> impl Iterator<Item = &RepoPath> {
        self.specs.iter().filter_map(|spec| match &spec.pattern {
            Pattern::Path(path) => Some(path),
            Pattern::Glob(_) => None,
        })
    }

    /// The targets that are globs.
    pub fn has_globs(&self) -> bool {
        self.specs.iter().any(|spec| matches!(spec.pattern, Pattern::Glob(_)))
    }

    /// How much of `path`, a tracked path, was asked for.
    pub fn target(&self, path: &RepoPath) -> Coverage {
        self.entry(path.as_bytes())
    }

    /// Whether anything of a tracked path was asked for. A file has no parts.
    pub fn wants(&self, tracked: &TrackedPath) -> bool {
        match self.target(&tracked.path) {
            Coverage::Full => true,
            Coverage::Part => tracked.target.is_directory(),
            Coverage::None => false,
        }
    }

    /// How much of `path`, below a path that was asked for in part, was asked for.
    pub fn entry(&self, path: &[u8]) -> Coverage {
        if self.specs.is_empty() {
            return Coverage::Full;
        }
        let mut best = Coverage::None;
        for spec in &self.specs {
            let coverage = spec.coverage(path);
            if coverage == Coverage::Full {
                spec.matched.store(true, Ordering::Relaxed);
            }
            best = best.max(coverage);
        }
        best
    }

    /// What was typed and covered nothing so far.
    pub fn unmatched(&self) -> Vec<String> {
        let unmatched = self.specs.iter().filter(|spec| !spec.matched.load(Ordering::Relaxed));
        unmatched.map(|spec| spec.typed.clone()).collect()
    }

    /// An error for each target that covered nothing.
    pub(super) fn unmatched_errors(&self) -> impl Iterator<Item = Error> {
        self.unmatched().into_iter().map(|spec| Error::NoMatch { spec })
    }
}

impl Spec {
    fn parse(project: &Project, target: &Path) -> Result<Spec> {
        let bytes = target.as_os_str().as_bytes();
        let typed = fs::display_bytes(bytes);
        let is_glob = bytes.iter().any(|byte| b"*?[{".contains(byte));
        let pattern = match project.locate(target) {
            Ok(path) if !is_glob || exists(project, &path)? => {
                Pattern::Path(as_target(project, path)?)
            }
            Err(error) if !is_glob => return Err(error),
            _ => {
                let prefix = std::str::from_utf8(project.prefix.as_bytes()).map_err(|_| {
                    let reason = "the current directory's name is not UTF-8".to_owned();
                    Error::BadGlob { pattern: typed.clone(), reason }
                })?;
                Pattern::Glob(Glob::parse(prefix, &typed)?)
            }
        };
        Ok(Spec { typed, pattern, matched: AtomicBool::new(false) })
    }

    fn coverage(&self, path: &[u8]) -> Coverage {
        match &self.pattern {
            Pattern::Glob(glob) if glob.is_match(path) => Coverage::Full,
            Pattern::Glob(glob) if glob.may_match_below(path) => Coverage::Part,
            Pattern::Glob(_) => Coverage::None,
            Pattern::Path(spec) => {
                let spec = spec.as_bytes();
                if is_at_or_below(path, spec) {
                    Coverage::Full
                } else if is_at_or_below(spec, path) {
                    Coverage::Part
                } else {
                    Coverage::None
                }
            }
        }
    }
}

fn is_at_or_below(path: &[u8], base: &[u8]) -> bool {
    match path.strip_prefix(base) {
        Some(rest) => base.is_empty() || rest.is_empty() || rest[0] == b'/',
        None => false,
    }
}

fn exists(project: &Project, path: &RepoPath) -> Result<bool> {
    let is_there = |path: &RepoPath| Ok::<_, Error>(project.lstat(path)?.is_some());
    Ok(!path.is_root() && (is_there(&pointer_path(path))? || is_there(path)?))
}

/// A pointer's name stands for its target; inside of tracked data it is a name like others.
fn as_target(project: &Project, path: RepoPath) -> Result<RepoPath> {
    let mut ancestor = path.parent();
    while let Some(current) = ancestor.filter(|path| !path.is_root()) {
        if project.lstat(&pointer_path(&current))?.is_some() {
            return Ok(path);
        }
        ancestor = current.parent();
    }
    Ok(match path.as_bytes().strip_suffix(pointer::SUFFIX.as_bytes()) {
        Some(stem) => match RepoPath::new(stem) {
            Some(target) if !target.is_root() => target,
            _ => path,
        },
        None => path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_know_where_they_cannot_match() {
        let glob = |text: &str| Glob::parse("", text).expect("valid");
        for (text, path, below) in [
            ("data/*.csv", "data", true),
            ("data/*.csv", "model", false),
            ("data/*.csv", "data/x", false),
            ("*/sub/x", "any", true),
            ("*/sub/x", "any/sub", true),
            ("*/sub/x", "any/other", false),
            ("m?", "m1", false),
            ("data/**", "data/a/b", true),
            ("**/x", "a/b/c", true),
            ("a/**/x", "b", false),
            ("{a,b/c}/x", "b", true),
        ] {
            assert_eq!(glob(text).may_match_below(path.as_bytes()), below, "{text} {path}");
        }
    }
}
