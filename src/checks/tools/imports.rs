//! Which modules are the project's own.
//!
//! isort and ruff take a module for the project's own if they find it below the directories of sources.
//! In the directory where they run here there is little, so that what they would find is put there, as
//! empty files: for each module that is imported by one of the texts, every place in the repository where
//! a path ends in, or leads through, its name. Of a package that is one `__init__.py`, one other module
//! and one file further below, which is what these tools look for.
//!
//! Imports are found by the look of their lines. A line that only looks like one, in a string, costs an
//! empty file; the tools never see that import.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::configs::above;
use super::subjects::Subject;
use crate::fs::RepoPath;

/// How many names of modules of one file are looked at.
const MODULES: usize = 4096;
/// How many files are made.
const FILES: usize = 20_000;

/// Something that is put beside the subjects.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Placeholder {
    File(RepoPath),
    Directory(RepoPath),
}

/// What is there of imported modules.
pub struct Context {
    /// By the name of the module, and of each package above it.
    found: HashMap<String, Vec<Placeholder>>,
    inits: HashSet<RepoPath>,
    modules: Vec<BTreeSet<String>>,
}

/// What is known of one directory of a package.
#[derive(Default)]
struct Seen {
    any: bool,
    module: bool,
    below: bool,
}

impl Context {
    /// For these subjects, among all paths of the repository. Costs one look at each component of each
    /// path.
    pub fn new(subjects: &[&Subject], listing: &[RepoPath]) -> Context {
        let modules: Vec<_> = subjects.iter().map(|subject| modules(&subject.text)).collect();
        let mut prefixes: HashSet<&str> = HashSet::new();
        for module in modules.iter().flatten() {
            let ends = module.match_indices('.').map(|(at, _)| at).chain([module.len()]);
            prefixes.extend(ends.map(|end| &module[..end]));
        }
        let mut found: HashMap<String, Vec<Placeholder>> = HashMap::new();
        let mut seen: HashMap<(&str, &[u8]), Seen> = HashMap::new();
        let (mut count, mut dotted) = (0, String::new());
        for path in listing {
            let Ok(text) = std::str::from_utf8(path.as_bytes()) else { continue };
            let (names, is_python) = match text.strip_suffix(".pyi").or(text.strip_suffix(".py")) {
                Some(stem) => (stem, true),
                None => (text, false),
            };
            let mut start = 0;
            while start < names.len() && count < FILES {
                let mut end = start;
                dotted.clear();
                // Longer and longer names that begin here, as long as somebody imports them.
                loop {
                    let len = names[end..].find('/').unwrap_or(names.len() - end);
                    dotted.push_str(&names[end..end + len]);
                    end += len;
                    let Some(&prefix) = prefixes.get(dotted.as_str()) else { break };
                    let is_last = end == names.len();
                    let made = if is_last {
                        is_python.then(|| Placeholder::File(path.clone()))
                    } else {
                        let directory = &path.as_bytes()[..end];
                        let seen = seen.entry((prefix, directory)).or_default();
                        let rest = &text[end + 1..];
                        seen.look(path, directory, rest, is_python)
                    };
                    if let Some(made) = made {
                        count += 1;
                        found.entry(dotted.clone()).or_default().push(made);
                    }
                    if is_last {
                        break;
                    }
                    dotted.push('.');
                    end += 1;
                }
                start = match names[start..].find('/') {
                    Some(at) => start + at + 1,
                    None => break,
                };
            }
        }
        let mut inits = HashSet::new();
        for directory in super::configs::directories(subjects.iter().map(|subject| &subject.path)) {
            let names = [&b"__init__.py"[..], b"__init__.pyi"];
            let paths = names.map(|name| directory.join(name));
            inits.extend(paths.into_iter().filter(|path| listing.binary_search(path).is_ok()));
        }
        Context { found, inits, modules }
    }

    /// What there is for the subject at this place among those that this was made for; ascending.
    pub fn of(&self, at: usize, subject: &Subject) -> BTreeSet<Placeholder> {
        let mut all = BTreeSet::new();
        for module in &self.modules[at] {
            let ends = module.match_indices('.').map(|(at, _)| at).chain([module.len()]);
            for end in ends {
                all.extend(self.found.get(&module[..end]).into_iter().flatten().cloned());
            }
        }
        for directory in above(&subject.path) {
            for name in [&b"__init__.py"[..], b"__init__.pyi"] {
                let path = directory.join(name);
                if self.inits.contains(&path) {
                    all.insert(Placeholder::File(path));
                }
            }
        }
        all
    }
}

impl Seen {
    fn look(
        &mut self,
        path: &RepoPath,
        directory: &[u8],
        rest: &str,
        is_python: bool,
    ) -> Option<Placeholder> {
        let any = std::mem::replace(&mut self.any, true);
        if !is_python {
            let directory = RepoPath::new(directory).expect("the beginning of a path is one");
            return (!any).then_some(Placeholder::Directory(directory));
        }
        let is_new = match rest {
            "__init__.py" | "__init__.pyi" => true,
            _ if rest.contains('/') => !std::mem::replace(&mut self.below, true),
            _ => !std::mem::replace(&mut self.module, true),
        };
        is_new.then(|| Placeholder::File(path.clone()))
    }
}

/// The names of modules in what looks like imports, also in the lines of a notebook's cells.
fn modules(text: &[u8]) -> BTreeSet<String> {
    let text = String::from_utf8_lossy(text);
    let mut found = BTreeSet::new();
    for line in text.split(['\n', '\r', ';']) {
        let line = line.trim_start_matches([' ', '\t', '"', '>', '\u{feff}']);
        if let Some(rest) = line.strip_prefix("import ") {
            found.extend(rest.split(',').filter_map(module));
        } else if let Some(rest) = line.strip_prefix("from ") {
            let (package, names) = rest.split_once(" import").unwrap_or((rest, ""));
            let Some(package) = module(package) else { continue };
            // What is imported from a package may be a module of it.
            let names = names.split([',', '(', ')']).filter_map(module);
            let below: Vec<_> = names.map(|name| format!("{package}.{name}")).collect();
            found.extend(below);
            found.insert(package);
        }
        if found.len() >= MODULES {
            break;
        }
    }
    found
}

/// The dotted name that `text` begins with; `None` for a relative one.
fn module(text: &str) -> Option<String> {
    let text = text.trim_start();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    let name = &text[..end];
    let is_name = name.len() <= 512 && name.split('.').all(|part| !part.is_empty());
    is_name.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::GitId;

    fn subject(path: &str, text: &str) -> Subject {
        Subject {
            path: RepoPath::new(path).expect("valid"),
            id: GitId::from_bytes(&[0; 20]).expect("an id"),
            text: text.as_bytes().into(),
        }
    }

    #[test]
    fn imports_are_found_by_the_look_of_their_lines() {
        let found = modules(
            b"import os, a.b as c\n    from x.y import (z,\nfrom . import q\nimport  p;import r\n\
              \"from n import m\\n\",\nimporter = 1\nfrom\n",
        );
        let found: Vec<_> = found.iter().map(String::as_str).collect();
        assert_eq!(found, ["a.b", "n", "n.m", "os", "p", "r", "x.y", "x.y.z"]);
    }

    #[test]
    fn of_each_package_there_is_what_tools_look_for() {
        let listing: Vec<_> = [
            "data/a.csv",
            "data/b.csv",
            "src/pkg/__init__.py",
            "src/pkg/deep/a.py",
            "src/pkg/deep/b.py",
            "src/pkg/one.py",
            "src/pkg/three.py",
            "src/pkg/two.py",
            "tests/t.py",
            "tool.py",
        ]
        .map(|path| RepoPath::new(path).expect("valid"))
        .into();
        let subject = subject("src/pkg/two.py", "import pkg.three, data\nimport tool.x, os\n");
        let context = Context::new(&[&subject], &listing);
        let shown: Vec<_> = (context.of(0, &subject).into_iter())
            .map(|placeholder| match placeholder {
                Placeholder::File(path) => path.as_path().display().to_string(),
                Placeholder::Directory(path) => format!("{}/", path.as_path().display()),
            })
            .collect();
        let expected = [
            "src/pkg/__init__.py",
            "src/pkg/deep/a.py",
            "src/pkg/one.py",
            "src/pkg/three.py",
            "tool.py",
            "data/",
        ];
        assert_eq!(shown, expected);
    }
}
