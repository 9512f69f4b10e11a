//! The Python that commands would use, and its packages.
//!
//! Installers leave a directory `NAME-VERSION.dist-info` beside what they install ("Recording installed
//! projects" of the Python packaging guide; before that `.egg-info`), and conda a file
//! `conda-meta/NAME-VERSION-BUILD.json`. Their names are all that `pip freeze` goes by, and all that is
//! read here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Variables, field, names, text};
use crate::format::run::{Package, Packages};

/// More packages are not listed.
const MAX_PACKAGES: usize = 10_000;

/// One interpreter's world.
#[derive(Debug)]
pub(super) struct Python {
    /// `venv`, `conda` or `system`.
    from: &'static str,
    prefix: PathBuf,
    /// As exactly as it is known.
    pub version: Option<String>,
    /// Directories of packages; the first that has one wins.
    directories: Vec<PathBuf>,
}

/// The Python of the active environment, else of one in the worktree, else of the system.
pub(super) fn find(top: &Path, variables: Variables<'_>) -> Option<Python> {
    if let Some(prefix) = variables("VIRTUAL_ENV").filter(|prefix| prefix.is_dir()) {
        return Some(environment(prefix, variables));
    }
    if let Some(prefix) = variables("CONDA_PREFIX").filter(|prefix| prefix.is_dir()) {
        return Some(conda(prefix));
    }
    let own = [".venv", "venv"].map(|name| top.join(name));
    if let Some(prefix) = own.into_iter().find(|prefix| prefix.join("pyvenv.cfg").is_file()) {
        return Some(environment(prefix, variables));
    }
    let path = variables("PATH")?;
    let directories = std::env::split_paths(path.as_os_str()).filter(|path| path.is_absolute());
    let mut programs = directories.map(|path| path.join("python3")).filter(|path| path.is_file());
    programs.find_map(|program| {
        let program = match program.parent().filter(|directory| directory.ends_with("shims")) {
            Some(shims) => pyenv(shims.parent()?, top, variables)?,
            None => program,
        };
        let prefix = program.parent()?.parent()?.to_owned();
        if prefix.join("pyvenv.cfg").is_file() {
            return Some(environment(prefix, variables));
        }
        system(&program.canonicalize().ok()?, variables)
    })
}

/// The interpreter that the scripts of pyenv in `root` would start (`pyenv version`).
fn pyenv(root: &Path, top: &Path, variables: Variables<'_>) -> Option<PathBuf> {
    let chosen = match variables("PYENV_VERSION") {
        Some(chosen) => chosen.to_str()?.to_owned(),
        None => text(top.join(".python-version")).or_else(|| text(root.join("version")))?,
    };
    let chosen = chosen.split([':', '\n']).next()?.trim();
    if chosen.is_empty() || chosen.contains('/') || chosen.starts_with('.') {
        return None;
    }
    let versions = root.join("versions");
    let program = |name: &str| versions.join(name).join("bin/python3");
    if program(chosen).is_file() {
        return Some(program(chosen));
    }
    // `3.11` is the newest of its kind.
    let patch = |name: String| name.strip_prefix(chosen)?.strip_prefix('.')?.parse::<u32>().ok();
    let patch = names(&versions).filter_map(patch).max()?;
    Some(program(&format!("{chosen}.{patch}"))).filter(|program| program.is_file())
}

/// A virtual environment (PEP 405).
fn environment(prefix: PathBuf, variables: Variables<'_>) -> Python {
    let settings = text(prefix.join("pyvenv.cfg")).unwrap_or_default();
    let setting = |key: &str| field(&settings, '=', key);
    let version = setting("version").or_else(|| setting("version_info")).map(release);
    let series = version.as_deref().map(series).or_else(|| newest(&prefix));
    let mut directories = Vec::new();
    if let Some(series) = &series {
        directories.extend(packages_below(&prefix, series));
        if setting("include-system-site-packages").is_some_and(|on| on.eq_ignore_ascii_case("true"))
            && let Some(home) = setting("home")
            && let Ok(program) = Path::new(home).join("python3").canonicalize()
            && let Some(below) = system(&program, variables)
        {
            directories.extend(below.directories);
        }
    }
    Python { from: "venv", prefix, version: version.or(series), directories }
}

fn conda(prefix: PathBuf) -> Python {
    let series = newest(&prefix);
    let directories = series.iter().flat_map(|series| packages_below(&prefix, series)).collect();
    let mut records = names(&prefix.join("conda-meta"));
    let exact = records.find_map(|name| match conda_package(&name)? {
        ("python", version) => Some(version.to_owned()),
        _ => None,
    });
    Python { from: "conda", prefix, version: exact.or(series), directories }
}

/// What an interpreter looks for by itself (`site` of Python's library); `program` is no link.
fn system(program: &Path, variables: Variables<'_>) -> Option<Python> {
    let prefix = program.parent()?.parent()?.to_owned();
    let named = program.file_name()?.to_str()?.strip_prefix("python");
    let series = match named.filter(|rest| rest.contains('.')) {
        Some(series) => series.to_owned(),
        None => newest(&prefix)?,
    };
    let mut directories = Vec::new();
    if variables("PYTHONNOUSERSITE").is_none()
        && let Some(home) = variables("HOME")
    {
        directories.extend(packages_below(&home.join(".local"), &series));
    }
    if prefix == Path::new("/usr") {
        // Debian's Python and Fedora's; not what belongs to another one that is installed there.
        let local = Path::new("/usr/local");
        let is_shared = !local.join("bin").join(format!("python{series}")).exists();
        let shared = packages_below(local, &series);
        directories.extend(shared.filter(|path| is_shared || path.ends_with("dist-packages")));
        directories.push("/usr/lib/python3/dist-packages".into());
    }
    directories.extend(packages_below(&prefix, &series));
    Some(Python { from: "system", prefix, version: Some(series), directories })
}

fn packages_below(prefix: &Path, series: &str) -> impl Iterator<Item = PathBuf> {
    let name = format!("python{series}");
    let places = ["lib", "lib64"].map(|lib| prefix.join(lib).join(&name));
    places
        .into_iter()
        .flat_map(|place| ["site-packages", "dist-packages"].map(|directory| place.join(directory)))
}

/// The newest `3.x` that `lib` has a directory for.
fn newest(prefix: &Path) -> Option<String> {
    let minor = |name: String| name.strip_prefix("python3.")?.parse::<u32>().ok();
    let minor = names(&prefix.join("lib")).filter_map(minor).max()?;
    Some(format!("3.{minor}"))
}

/// `3.11` of `3.11.7`.
fn series(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// `3.11.7` of `3.11.7.final.0`.
fn release(version: &str) -> String {
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    version.split('.').take_while(is_number).take(3).collect::<Vec<_>>().join(".")
}

impl Python {
    /// What `pip freeze --all` would list; in an environment of conda's, its packages too.
    pub fn packages(&self) -> Packages {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for directory in &self.directories {
            for entry in names(directory).filter(|name| name.ends_with("-info")) {
                if found.len() >= MAX_PACKAGES {
                    break;
                }
                if let Some((name, version)) = installed(directory, &entry) {
                    found.entry(name).or_insert(version);
                }
            }
        }
        if self.from == "conda" {
            let records: Vec<String> = names(&self.prefix.join("conda-meta")).collect();
            for (name, version) in records.iter().filter_map(|name| conda_package(name)) {
                if found.len() < MAX_PACKAGES {
                    found.entry(normalised(name)).or_insert_with(|| version.to_owned());
                }
            }
        }
        let package = |(name, version)| Package { name, version };
        Packages { from: self.from.to_owned(), list: found.into_iter().map(package).collect() }
    }
}

/// The package that `entry` of a directory of packages records.
fn installed(directory: &Path, entry: &str) -> Option<(String, String)> {
    // A name with `~` is what an interrupted pip left.
    if entry.starts_with(['~', '-', '.']) {
        return None;
    }
    let (stem, metadata) = match entry.strip_suffix(".dist-info") {
        Some(stem) => (stem, "METADATA"),
        None => (entry.strip_suffix(".egg-info")?, "PKG-INFO"),
    };
    let is_python = |tag: &str| tag.strip_prefix("py").is_some_and(|v| v.starts_with('3'));
    let stem = match stem.rsplit_once('-') {
        Some((stem, tag)) if is_python(tag) => stem,
        _ => stem,
    };
    if let Some((name, version)) = stem.rsplit_once('-') {
        return Some((normalised(name), version.to_owned()));
    }
    // What is installed for development has its version inside.
    let text = text(directory.join(entry).join(metadata))?;
    Some((normalised(stem), field(&text, ':', "Version")?.to_owned()))
}

/// Name and version of `NAME-VERSION-BUILD.json`.
fn conda_package(record: &str) -> Option<(&str, &str)> {
    let mut parts = record.strip_suffix(".json")?.rsplitn(3, '-');
    let (_, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some((name, version))
}

/// One name for all ways to write it (PEP 503).
fn normalised(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    fn touch(path: &Path, name: &str) {
        std::fs::create_dir_all(path.join(name)).expect("writable");
    }

    fn listed(python: &Python) -> String {
        let list = python.packages().list;
        let words: Vec<String> =
            list.iter().map(|p| format!("{}=={}", p.name, p.version)).collect();
        words.join(" ")
    }

    /// Packages of all kinds of names, in a real environment, as pip lists them.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "pip is the judge")]
    fn packages_are_those_of_pip() {
        let top = tempfile::tempdir().expect("a directory");
        let prefix = top.path().join(".venv");
        let made = Command::new("python3").args(["-m", "venv"]).arg(&prefix).output();
        if !made.is_ok_and(|made| made.status.success()) {
            eprintln!("SKIPPED packages_are_those_of_pip: no python3 that makes environments");
            return;
        }
        let find = || find(top.path(), &|_| None).expect("an environment");
        let packages = find().directories.into_iter().find(|d| d.is_dir()).expect("packages");
        for (entry, metadata, name, version) in [
            ("Zope.Inter_face-5.0.dist-info", "METADATA", "Zope.Inter_face", "5.0"),
            ("torch-2.1.0+cu118.dist-info", "METADATA", "torch", "2.1.0+cu118"),
            ("old_style-1.2-py3.11.egg-info", "PKG-INFO", "old-style", "1.2"),
            ("develop.egg-info", "PKG-INFO", "develop", "0.1.dev3"),
        ] {
            touch(&packages, entry);
            let text = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
            std::fs::write(packages.join(entry).join(metadata), text).expect("writable");
        }
        touch(&packages, "~ip-1.0.dist-info");
        let pip = prefix.join("bin/python");
        let arguments = ["-m", "pip", "--disable-pip-version-check", "freeze", "--all"];
        let output = Command::new(pip).args(arguments).output().expect("pip runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let mut expected: Vec<String> = text
            .lines()
            .filter_map(|line| line.split_once("=="))
            .map(|(name, version)| format!("{}=={version}", normalised(name)))
            .collect();
        expected.sort();
        let python = find();
        assert!(expected.len() >= 5, "{text}");
        assert_eq!(listed(&python), expected.join(" "));
        let version = python.version.expect("known");
        assert!(version.starts_with("3.") && version.split('.').count() == 3, "{version}");
    }

    #[test]
    fn the_active_environment_comes_first() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        let lib = |prefix: &str| root.join(prefix).join("lib/python3.12/site-packages");
        touch(&lib("active"), "a-1.dist-info");
        touch(&lib("conda"), "numpy-2.0.dist-info");
        for record in ["numpy-2.0-py312h1_0", "openssl-3.3.1-h4_0", "python-3.12.4-h9_0"] {
            touch(&root.join("conda/conda-meta"), &format!("{record}.json"));
        }
        touch(&lib("top/.venv"), "v-1.dist-info");
        let settings = "home = /nowhere\nversion_info = 3.12.1.final.0\n";
        std::fs::write(root.join("top/.venv/pyvenv.cfg"), settings).expect("writable");
        touch(&lib("python"), "s-1.dist-info");
        touch(root, "python/bin");
        std::fs::write(root.join("python/bin/python3"), "").expect("writable");
        let among = |set: &[(&str, &str)], top: &str| {
            let variables = |name: &str| {
                let (_, path) = set.iter().find(|(known, _)| *known == name)?;
                Some(root.join(path))
            };
            let python = find(&root.join(top), &variables)?;
            Some(format!("{} {:?}: {}", python.from, python.version, listed(&python)))
        };
        let all = [("VIRTUAL_ENV", "active"), ("CONDA_PREFIX", "conda"), ("PATH", "python/bin")];
        let found = among(&all, "top").expect("found");
        assert_eq!(found, "venv Some(\"3.12\"): a==1");
        let found = among(&all[1..], "top").expect("found");
        assert_eq!(found, "conda Some(\"3.12.4\"): numpy==2.0 openssl==3.3.1 python==3.12.4");
        let found = among(&all[2..], "top").expect("found");
        assert_eq!(found, "venv Some(\"3.12.1\"): v==1");
        let found = among(&all[2..], "elsewhere").expect("found");
        assert_eq!(found, "system Some(\"3.12\"): s==1");
        assert_eq!(among(&[("VIRTUAL_ENV", "gone")], "elsewhere"), None);
        for version in ["3.12.9", "3.12.10"] {
            let site = root.join(format!("pyenv/versions/{version}/lib/python3.12/site-packages"));
            touch(&site, &format!("e-{version}.dist-info"));
            touch(root, &format!("pyenv/versions/{version}/bin"));
            let program = root.join(format!("pyenv/versions/{version}/bin/python3"));
            std::fs::write(program, "").expect("writable");
        }
        touch(root, "pyenv/shims");
        std::fs::write(root.join("pyenv/shims/python3"), "").expect("writable");
        let shims = [("PATH", "pyenv/shims")];
        assert_eq!(among(&shims, "elsewhere"), None);
        std::fs::write(root.join("pyenv/version"), "3.12\n").expect("writable");
        let found = among(&shims, "elsewhere").expect("found");
        assert_eq!(found, "system Some(\"3.12\"): e==3.12.10");
        touch(root, "elsewhere");
        std::fs::write(root.join("elsewhere/.python-version"), "3.12.9\n").expect("writable");
        let found = among(&shims, "elsewhere").expect("found");
        assert_eq!(found, "system Some(\"3.12\"): e==3.12.9");
    }

    #[test]
    fn names_are_one_however_they_are_written() {
        for name in ["Foo-Bar", "foo_bar", "FOO..bar", "foo-_.bar"] {
            assert_eq!(normalised(name), "foo-bar");
        }
    }
}
