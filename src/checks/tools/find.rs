//! Where tools are.
//!
//! In the project's own virtual environment (`.venv` or `venv` at the top of the worktree), in the one
//! that is active (`$VIRTUAL_ENV`, `$CONDA_PREFIX`), on PATH. What is inside the worktree is used only if
//! Git tracks nothing of that environment: a clone must not bring what is run.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sha2::{Digest as _, Sha256};

use super::Kind;
use crate::checks::{Files, Origin, Result};
use crate::fs::{self, RepoPath};
use crate::git::Git;

/// How far a tool is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The project's own virtual environment.
    Project,
    /// Wherever it may be.
    Anywhere,
}

/// A program, and what tells it from another version of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub path: PathBuf,
    /// `None` if that cannot be told without starting it: what it says is not kept then.
    pub identity: Option<[u8; 32]>,
}

impl Program {
    /// Whether the environment of the program has this distribution, named with underscores.
    pub fn has(&self, distribution: &str) -> bool {
        let is_it = |name: &OsString| {
            let name = name.to_string_lossy().to_ascii_lowercase().replace('-', "_");
            name.strip_prefix(distribution).is_some_and(|rest| rest.starts_with('_'))
        };
        prefixes(&self.path).iter().any(|prefix| installed(prefix).iter().any(is_it))
    }
}

/// Finds programs; each once.
pub struct Finder<'a> {
    own: Vec<PathBuf>,
    active: Vec<PathBuf>,
    top: PathBuf,
    /// Ascending.
    tracked: Cow<'a, [RepoPath]>,
    found: Mutex<HashMap<(Kind, Place), Option<Program>>>,
}

impl<'a> Finder<'a> {
    #[expect(clippy::disallowed_methods, reason = "how environments of Python are activated")]
    pub fn new(files: &'a Files<'_>) -> Result<Finder<'a>> {
        let top = files.repo().top();
        let tracked = match files.origin {
            Origin::Commit(_) => Git::new(files.repo())?.index_paths()?.into(),
            Origin::Index | Origin::Worktree => files.listing()?.into(),
        };
        let own = [".venv", "venv"].map(|name| top.join(name).join("bin")).into();
        let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(std::env::var_os);
        let active = active.map(PathBuf::from).filter(|path| path.is_absolute());
        let active = active.map(|path| path.join("bin")).collect();
        Ok(Finder { own, active, top: top.to_owned(), tracked, found: Mutex::default() })
    }

    /// Every path of the index, ascending.
    pub fn tracked(&self) -> &[RepoPath] {
        &self.tracked
    }

    pub fn find(&self, kind: Kind, place: Place) -> Option<Program> {
        let mut found = self.found.lock().expect("no panic while holding the lock");
        found.entry((kind, place)).or_insert_with(|| self.search(kind, place)).clone()
    }

    fn search(&self, kind: Kind, place: Place) -> Option<Program> {
        let mut candidates: Vec<PathBuf> =
            self.own.iter().map(|bin| bin.join(kind.name())).collect();
        if place == Place::Anywhere {
            candidates.extend(self.active.iter().map(|bin| bin.join(kind.name())));
            candidates.extend(which::which_all_global(kind.name()).into_iter().flatten());
        }
        let usable = |path: &PathBuf| {
            path.is_absolute() && is_executable(path) && !self.is_brought_by_clone(path)
        };
        let path = candidates.into_iter().find(usable)?;
        let identity = identity(&path);
        Some(Program { path, identity })
    }

    /// Whether Git tracks something of the environment that `program` is in, by the name that it is found
    /// by or by the one that links lead to.
    fn is_brought_by_clone(&self, program: &Path) -> bool {
        let real = program.canonicalize();
        let real_directory = program.parent().and_then(|bin| bin.canonicalize().ok());
        let named = Some(program.to_owned());
        let by_directory =
            real_directory.map(|bin| bin.join(program.file_name().unwrap_or_default()));
        [named, by_directory, real.ok()].into_iter().flatten().any(|path| {
            let Ok(inside) = path.strip_prefix(&self.top) else { return false };
            let Some(inside) = RepoPath::new(inside.as_os_str().as_bytes()) else { return true };
            let bin = inside.parent().unwrap_or_else(RepoPath::root);
            let environment = match bin.parent() {
                Some(parent) if !parent.is_root() => parent,
                _ => bin,
            };
            environment.is_root() || self.tracks(&environment)
        })
    }

    /// Whether Git tracks `directory`, or something below it.
    fn tracks(&self, directory: &RepoPath) -> bool {
        let from = self.tracked.partition_point(|path| path < directory);
        // Between a name and what is below it there is only what has the name with a byte before `/`.
        let mut after = self.tracked[from..].iter();
        let begins = |path: &&RepoPath| path.as_bytes().starts_with(directory.as_bytes());
        after.by_ref().take_while(begins).any(|path| path.below(directory).is_some())
    }
}

/// The command that would install `kind` as the project, with these files at its top, installs things.
pub fn install_command(kind: Kind, listing: &[RepoPath]) -> String {
    let has =
        |name: &str| RepoPath::new(name).is_some_and(|path| listing.binary_search(&path).is_ok());
    let name = kind.name();
    if has("uv.lock") {
        format!("uv add --dev {name}")
    } else if has("poetry.lock") {
        format!("poetry add --group dev {name}")
    } else if has("environment.yml") || has("environment.yaml") {
        format!("conda install -c conda-forge {name}")
    } else {
        format!("python3 -m pip install {name}")
    }
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

/// What changes when the program does: its file, its interpreter, and the names of what is installed
/// beside it, which have versions, so that the upgrade of a plugin counts too. A shim of pyenv or asdf
/// stands for a program that only it knows.
fn identity(path: &Path) -> Option<[u8; 32]> {
    if path.parent()?.file_name()? == "shims" {
        return None;
    }
    let mut hash = Sha256::new();
    add_file(&mut hash, path)?;
    add_file(&mut hash, &path.canonicalize().ok()?)?;
    let mut head = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    std::io::Read::read_to_end(&mut std::io::Read::take(file, 4096), &mut head).ok()?;
    if let Some(line) = head.strip_prefix(b"#!") {
        let line = line.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = line.trim_ascii();
        let interpreter = line.split(|&byte| byte == b' ').next().unwrap_or_default();
        hash.update(line);
        if let Ok(real) = fs::os_path(interpreter).canonicalize() {
            add_file(&mut hash, &real)?;
        }
    }
    for prefix in prefixes(path) {
        let mut names = installed(&prefix);
        names.sort();
        names.dedup();
        for name in names {
            hash.update(name.as_bytes());
            hash.update([0]);
        }
    }
    Some(hash.finalize().into())
}

fn add_file(hash: &mut Sha256, path: &Path) -> Option<()> {
    let stat = fs::lstat(path).ok()??;
    hash.update(path.as_os_str().as_bytes());
    hash.update([0]);
    hash.update(stat.size.to_le_bytes());
    hash.update(stat.mtime_ns.to_le_bytes());
    hash.update(stat.ctime_ns.to_le_bytes());
    hash.update(stat.inode.to_le_bytes());
    Some(())
}

/// The environments that a program is in: by its name, and by where links lead.
fn prefixes(program: &Path) -> Vec<PathBuf> {
    let real = program.canonicalize().ok();
    let paths = [Some(program), real.as_deref()].into_iter().flatten();
    paths.filter_map(|path| Some(path.parent()?.parent()?.to_owned())).collect()
}

/// The names of the distributions in the environment at `prefix`.
fn installed(prefix: &Path) -> Vec<OsString> {
    let names = |directory: &Path| {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name()).collect::<Vec<_>>()
    };
    let is_python = |name: &OsString| name.as_bytes().starts_with(b"python");
    let libraries = names(&prefix.join("lib")).into_iter().filter(is_python);
    let packages = libraries.flat_map(|name| {
        let library = prefix.join("lib").join(name);
        // Debian has another name for those of its own.
        ["site-packages", "dist-packages"].map(|name| library.join(name))
    });
    let is_distribution = |name: &OsString| {
        name.as_bytes().ends_with(b".dist-info") || name.as_bytes().ends_with(b".egg-link")
    };
    packages.flat_map(|directory| names(&directory)).filter(is_distribution).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(names: &[&str]) -> Vec<RepoPath> {
        let mut paths: Vec<_> = names.iter().map(|n| RepoPath::new(*n).expect("valid")).collect();
        paths.sort();
        paths
    }

    #[test]
    fn the_command_is_the_one_of_the_project() {
        let command = |names: &[&str]| install_command(Kind::Ruff, &paths(names));
        assert_eq!(command(&["a", "uv.lock"]), "uv add --dev ruff");
        assert_eq!(command(&["poetry.lock"]), "poetry add --group dev ruff");
        assert_eq!(command(&["environment.yml"]), "conda install -c conda-forge ruff");
        assert_eq!(command(&["a/uv.lock"]), "python3 -m pip install ruff");
    }

    #[test]
    fn an_environment_that_git_tracks_is_not_used() {
        let tracked = paths(&[".venv-old/x", ".venv/bin/ruff", "tools/bin/black", "venv.txt"]);
        let finder = |tracked| Finder {
            own: Vec::new(),
            active: Vec::new(),
            top: "/top".into(),
            tracked: Cow::Borrowed(tracked),
            found: Mutex::default(),
        };
        let finder = finder(&tracked[..]);
        let brought = |path: &str| finder.is_brought_by_clone(Path::new(path));
        assert!(brought("/top/.venv/bin/isort"));
        assert!(brought("/top/tools/bin/ruff"));
        assert!(brought("/top/ruff"));
        assert!(!brought("/top/venv/bin/ruff"));
        assert!(!brought("/usr/bin/ruff"));
    }
}
