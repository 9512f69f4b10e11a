//! The files that configure tools, as the state that is checked has them.

use std::collections::BTreeMap;

use super::subjects::Subject;
use super::{Kind, foreign};
use crate::checks::{Files, Origin, Result};
use crate::fs::RepoPath;
use crate::git::{Git, GitId, read_worktree_file};

/// Names of files that may configure a tool. `.editorconfig` is read by isort.
const NAMES: [&str; 8] = [
    "pyproject.toml",
    "ruff.toml",
    ".ruff.toml",
    "setup.cfg",
    "tox.ini",
    ".flake8",
    ".isort.cfg",
    ".editorconfig",
];

/// Bytes of the largest one that is read.
const LIMIT: usize = 1 << 20;
/// How many files `extend` of ruff may lead to, one after the other.
const CHAIN: usize = 8;

/// One such file.
pub struct ConfigFile {
    pub id: GitId,
    pub bytes: Vec<u8>,
    configures: Vec<Kind>,
    formats: bool,
    /// Read because another one builds upon it.
    extended: bool,
}

/// All that could matter to the subjects, by path.
#[derive(Default)]
pub struct Configs {
    files: BTreeMap<RepoPath, ConfigFile>,
}

impl Configs {
    pub fn load(files: &Files<'_>, subjects: &[Subject]) -> Result<Configs> {
        let listing = files.listing()?;
        let mut wanted = Vec::new();
        for directory in directories(subjects.iter().map(|subject| &subject.path)) {
            let paths = NAMES.iter().map(|name| directory.join(name.as_bytes()));
            wanted.extend(paths.filter(|path| listing.binary_search(path).is_ok()));
        }
        let mut configs = Configs::default();
        for round in 0..CHAIN {
            wanted.retain(|path| !configs.files.contains_key(path));
            if wanted.is_empty() {
                break;
            }
            let read = read(files, &wanted, round > 0)?;
            wanted = (read.iter())
                .filter_map(|(path, file)| foreign::extended(path, &file.bytes).ok()??.path)
                .collect();
            wanted.retain(|path| listing.binary_search(path).is_ok());
            wanted.sort();
            wanted.dedup();
            configs.files.extend(read);
        }
        Ok(configs)
    }

    /// The file by which `kind` is configured for `path`: the nearest upwards.
    pub fn nearest(&self, path: &RepoPath, kind: Kind) -> Option<&RepoPath> {
        above(path).find_map(|directory| {
            let paths = precedence(kind).iter().map(|name| directory.join(name.as_bytes()));
            let found = paths.filter_map(|path| self.files.get_key_value(&path));
            let mut found = found.filter(|(_, file)| file.configures.contains(&kind));
            found.next().map(|(path, _)| path)
        })
    }

    /// The nearest file upwards that `kind` opens for `path`, also if it only finds that it is not for it.
    pub fn opened(&self, path: &RepoPath, kind: Kind) -> Option<&RepoPath> {
        above(path).find_map(|directory| {
            let mut paths = precedence(kind).iter().map(|name| directory.join(name.as_bytes()));
            paths.find_map(|path| Some(self.files.get_key_value(&path)?.0))
        })
    }

    /// Whether the file at `path` says how ruff formats.
    pub fn formats(&self, path: &RepoPath) -> bool {
        self.files.get(path).is_some_and(|file| file.formats)
    }

    pub fn has(&self, path: &RepoPath) -> bool {
        self.files.contains_key(path)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&RepoPath, &ConfigFile)> {
        self.files.iter()
    }

    /// The files that `kind` may read for `path`. Those that an `extend` leads to count for all.
    pub fn of<'a>(
        &'a self,
        path: &'a RepoPath,
        kind: Kind,
    ) -> impl Iterator<Item = (&'a RepoPath, &'a ConfigFile)> {
        self.files.iter().filter(move |(config, file)| {
            let directory = config.parent().unwrap_or_else(RepoPath::root);
            let name = config.file_name();
            let is_read = || precedence(kind).iter().any(|known| known.as_bytes() == name);
            (file.extended && kind == Kind::Ruff) || (path.below(&directory).is_some() && is_read())
        })
    }
}

/// The directories above `path`, the nearest first.
pub fn above(path: &RepoPath) -> impl Iterator<Item = RepoPath> {
    std::iter::successors(path.parent(), RepoPath::parent)
}

/// The directories above some of `paths`, each once, ascending.
pub fn directories<'a>(paths: impl Iterator<Item = &'a RepoPath>) -> Vec<RepoPath> {
    let mut found = std::collections::BTreeSet::new();
    for path in paths {
        for directory in above(path) {
            if !found.insert(directory) {
                break;
            }
        }
    }
    found.into_iter().collect()
}

/// The files that `kind` looks for in a directory; the first that concerns it counts.
fn precedence(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Ruff => &[".ruff.toml", "ruff.toml", "pyproject.toml"],
        Kind::Black => &["pyproject.toml"],
        Kind::Isort => &[".isort.cfg", "pyproject.toml", "setup.cfg", "tox.ini", ".editorconfig"],
        Kind::Flake8 => &["setup.cfg", "tox.ini", ".flake8", "pyproject.toml"],
        Kind::Interrogate => &["pyproject.toml", "setup.cfg"],
    }
}

fn read(
    files: &Files<'_>,
    paths: &[RepoPath],
    extended: bool,
) -> Result<Vec<(RepoPath, ConfigFile)>> {
    let repo = files.repo();
    let mut found = Vec::new();
    let mut push = |path: RepoPath, id, bytes: Vec<u8>| {
        let (configures, formats) = look(path.file_name(), &bytes);
        found.push((path, ConfigFile { id, bytes, configures, formats, extended }));
    };
    let commit = match files.origin {
        Origin::Worktree => {
            for path in paths {
                if let Some(bytes) = read_worktree_file(&repo.absolute(path), LIMIT)? {
                    push(path.clone(), repo.blob_id(&bytes)?, bytes);
                }
            }
            return Ok(found);
        }
        Origin::Index => None,
        Origin::Commit(commit) => Some(commit),
    };
    let objects = repo.objects();
    for (path, entry) in Git::new(repo)?.entries_at(commit, paths)? {
        use crate::git::FileMode::{Executable, File};
        if matches!(entry.mode, File | Executable) {
            push(path, entry.id, objects.blob(entry.id, LIMIT)?);
        }
    }
    Ok(found)
}

/// Which tools a file configures, and whether it says how ruff formats.
fn look(name: &[u8], bytes: &[u8]) -> (Vec<Kind>, bool) {
    let sections = sections(bytes);
    let has = |wanted: &str| sections.iter().any(|section| section == wanted);
    let below = |wanted: &str| {
        has(wanted)
            || sections.iter().any(|s| s.strip_prefix(wanted).is_some_and(|s| s.starts_with('.')))
    };
    let mut kinds = Vec::new();
    match name {
        b"ruff.toml" | b".ruff.toml" => {
            return (vec![Kind::Ruff], below("format"));
        }
        b"pyproject.toml" => {
            let configured = |kind: &Kind| below(&format!("tool.{}", kind.name()));
            kinds.extend(Kind::ALL.into_iter().filter(configured));
        }
        b".flake8" if has("flake8") => kinds.push(Kind::Flake8),
        b".isort.cfg" if has("settings") || has("isort") => kinds.push(Kind::Isort),
        b"setup.cfg" | b"tox.ini" => {
            if has("flake8") {
                kinds.push(Kind::Flake8);
            }
            if has("isort") || has("tool:isort") {
                kinds.push(Kind::Isort);
            }
            if name == b"setup.cfg" && has("tool:interrogate") {
                kinds.push(Kind::Interrogate);
            }
        }
        _ => {}
    }
    (kinds, below("tool.ruff.format"))
}

/// The names between brackets that begin lines, as both INI files and TOML have them, without blanks and
/// quotes. Read from the lines, so that of a file with a mistake the tool is asked, which tells of it.
fn sections(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let header = |line: &str| {
        let line = line.trim_start().strip_prefix('[')?;
        let name = line.trim_start_matches('[').split(']').next()?;
        Some(name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect())
    };
    text.lines().filter_map(header).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_tell_what_a_file_configures() {
        let kinds = |name: &str, text: &str| look(name.as_bytes(), text.as_bytes()).0;
        use Kind::{Black, Flake8, Interrogate, Isort, Ruff};
        assert_eq!(kinds("pyproject.toml", "[tool.ruff.lint]\n[ tool.black ]\n"), [Black, Ruff]);
        assert_eq!(kinds("pyproject.toml", "[tool.ruffian]\n[project]\n"), []);
        assert_eq!(kinds("ruff.toml", ""), [Ruff]);
        assert_eq!(kinds("setup.cfg", "[flake8]\n[tool:isort]\n"), [Flake8, Isort]);
        assert_eq!(kinds("setup.cfg", "[tool:interrogate]\n"), [Interrogate]);
        assert_eq!(kinds("tox.ini", "[tox]\n"), []);
        assert_eq!(kinds(".isort.cfg", "[settings]\n"), [Isort]);
        assert!(look(b"pyproject.toml", b"[tool.ruff.format]").1);
        assert!(!look(b"pyproject.toml", b"[tool.ruff]").1);
    }
}
