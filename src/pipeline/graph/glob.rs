//! What a glob has to do with an out that is not there yet.
//!
//! Deps by glob are expanded when their stage runs; the graph has to know before that which stages
//! run first. A glob that matches an out, or a directory above it, clearly waits for it. An out may
//! also be a directory, and the glob go on inside: `data/*/x.csv` waits for the out `data/raw`.
//! Only `**` goes everywhere, and would make `**/*.py` wait for every out there is: a leading `**`
//! looks into no out. What the glob's own stage writes is not meant, though the glob match it; only
//! one that begins inside of such an out waits for itself, which is an error.

use globset::{GlobBuilder, GlobMatcher};

use super::outs::ancestors;
use crate::fs::RepoPath;

/// How a glob gets to an out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It matches the out or a directory above it, or begins with its name.
    Names,
    /// It may match what is inside.
    Into,
}

/// The directory that all matches of `glob` are in, or the one path that it matches.
pub fn base(glob: &str) -> RepoPath {
    let literal = |part: &&str| !part.contains(['*', '?', '[', ']', '{', '}', '\\']);
    let literals: Vec<&str> = glob.split('/').take_while(literal).collect();
    RepoPath::new(literals.join("/")).unwrap_or_default()
}

/// A glob taken apart.
pub(super) struct Glob {
    whole: GlobMatcher,
    /// The directory that all matches are in.
    base: RepoPath,
    /// The components after the base; `None` if they cannot be told apart.
    parts: Option<Vec<Part>>,
}

enum Part {
    /// `**`
    Deep,
    One(GlobMatcher),
}

impl Glob {
    pub fn new(glob: &str) -> Result<Glob, globset::Error> {
        let matcher = |text: &str| {
            let mut glob = GlobBuilder::new(text);
            let glob = glob.literal_separator(true).backslash_escape(true).build()?;
            Ok::<_, globset::Error>(glob.compile_matcher())
        };
        let base = base(glob);
        let components = glob.split('/').skip(base.components().count());
        // A slash inside of braces or brackets separates no components.
        let parts = components.map(|part| match part {
            "**" => Ok(Part::Deep),
            part => matcher(part).map(Part::One),
        });
        Ok(Glob { whole: matcher(glob)?, base, parts: parts.collect::<Result<_, _>>().ok() })
    }

    /// What the glob has to do with the out at `path`, which is below its base.
    pub fn reach(&self, path: &[u8]) -> Option<Reach> {
        let above = || ancestors(path).take_while(|path| !path.is_empty());
        if above().any(|path| self.whole.is_match(crate::fs::os_path(path))) {
            Some(Reach::Names)
        } else if self.goes_into(path) {
            Some(Reach::Into)
        } else {
            None
        }
    }

    /// Whether some path inside of `path` may match: the components of `path` are the first ones of a
    /// match.
    fn goes_into(&self, path: &[u8]) -> bool {
        let Some(parts) = &self.parts else { return true };
        let base = self.base.components().count();
        let below = path.split(|&b| b == b'/').skip(base);
        // The parts that may match the next component: several, where a `**` is before them.
        let mut next = vec![false; parts.len() + 1];
        let enter = |next: &mut Vec<bool>, at: usize| {
            let deep = parts[at..].iter().take_while(|part| matches!(part, Part::Deep)).count();
            next[at..=at + deep].fill(true);
        };
        enter(&mut next, 0);
        for component in below {
            let mut after = vec![false; parts.len() + 1];
            for (at, part) in parts.iter().enumerate().filter(|&(at, _)| next[at]) {
                match part {
                    Part::Deep => enter(&mut after, at),
                    Part::One(one) if one.is_match(crate::fs::os_path(component)) => {
                        enter(&mut after, at + 1);
                    }
                    Part::One(_) => {}
                }
            }
            next = after;
        }
        // Where a `**` at the top alone has led.
        let blind = match parts.iter().take_while(|part| matches!(part, Part::Deep)).count() {
            0 => 0,
            _ if !self.base.is_root() => 0,
            deep => deep + 1,
        };
        next[blind..parts.len().max(blind)].contains(&true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(glob: &str, path: &str) -> Option<Reach> {
        let glob = Glob::new(glob).expect("valid");
        match RepoPath::new(path).expect("valid").below(&glob.base) {
            Some(_) => glob.reach(path.as_bytes()),
            None => None,
        }
    }

    #[test]
    fn globs_reach_what_they_match_and_what_they_go_into() {
        use Reach::{Into, Names};
        for (glob, path, expected) in [
            ("data/*.csv", "data/x.csv", Some(Names)),
            ("data/*.csv", "data/model", None),
            ("data/*", "data/raw", Some(Names)),
            ("data/*", "data/raw/x", Some(Names)),
            ("data/*/x.csv", "data/raw", Some(Into)),
            ("data/*/x.csv", "data/raw/y.csv", None),
            ("data/*/x.csv", "data/raw/x.csv", Some(Names)),
            ("data/r*/x.csv", "data/prepared", None),
            ("data/**", "data/raw/x", Some(Names)),
            ("data/**/*.csv", "data/raw", Some(Into)),
            ("data/**/*.csv", "data/raw/x.csv", Some(Names)),
            ("data/**/raw/*.csv", "data/a/raw", Some(Into)),
            ("**/*.py", "model.pkl", None),
            ("**/*.py", "src/gen.py", Some(Names)),
            ("*/**/*.py", "src", Some(Into)),
            ("**/raw/*.csv", "a/raw", Some(Into)),
            ("**/raw/*.csv", "a/b", None),
            ("*/x", "src", Some(Into)),
            ("{a,b}/*.csv", "a", Some(Into)),
            ("{a,b}/*.csv", "c", None),
            ("{a/x,b/y}.csv", "a/x.csv", Some(Names)),
            ("[ab]/x", "b", Some(Into)),
            ("data/[/]x", "data/raw", Some(Into)),
        ] {
            assert_eq!(reach(glob, path), expected, "{glob} and {path}");
        }
    }
}
