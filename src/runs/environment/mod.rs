//! What a run has around it, found out without starting a program: some file names and a few small
//! files tell.
//!
//! What is not known is left out, and nothing here can fail: a run is recorded wherever it runs.

mod python;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::data::Project;
use crate::format::ObjectId;
use crate::format::run::{Environment, FileHash};
use crate::fs::{self, FileType};

/// A file of the system that is longer is not read, in bytes.
const MAX_LEN: usize = 1 << 20;
/// A lock file that is longer is not hashed, in bytes.
const MAX_LOCK_FILE: usize = 16 << 20;
/// More names of one directory are not looked at.
const MAX_NAMES: usize = 100_000;

/// Files that pin packages, by the tools that write them.
const LOCK_FILES: [&str; 12] = [
    "Cargo.lock",
    "Manifest.toml",
    "Pipfile.lock",
    "conda-lock.yml",
    "environment.yaml",
    "environment.yml",
    "pdm.lock",
    "pixi.lock",
    "poetry.lock",
    "pylock.toml",
    "renv.lock",
    "uv.lock",
];

/// The value of an environment variable, if it is set and not empty.
type Variables<'a> = &'a dyn Fn(&str) -> Option<PathBuf>;

/// What a command that is started now in the worktree has around it.
#[expect(clippy::disallowed_methods, reason = "what the command itself will go by")]
pub fn capture(project: &Project) -> Environment {
    let variables =
        |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    capture_at(project.repo.top(), &variables)
}

fn capture_at(top: &Path, variables: Variables<'_>) -> Environment {
    let mut tools = BTreeMap::from([("git-ml".into(), env!("CARGO_PKG_VERSION").into())]);
    let mut packages = None;
    if let Some(python) = python::find(top, variables) {
        packages = Some(python.packages());
        tools.extend(python.version.map(|version| ("python".into(), version)));
    }
    tools.extend(nvidia_driver().map(|version| ("nvidia-driver".into(), version)));
    tools.extend(cuda(variables).map(|version| ("cuda".into(), version)));
    let processors = std::thread::available_parallelism();
    Environment {
        os: std::env::consts::OS.to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
        kernel: Some(rustix::system::uname().release().to_string_lossy().into_owned()),
        distribution: distribution(),
        cpus: processors.ok().map(|count| count.get() as u64),
        memory: memory(),
        tools,
        packages,
        lock_files: lock_files(top),
    }
}

fn text(path: impl AsRef<Path>) -> Option<String> {
    let bytes = fs::read_bounded(path.as_ref(), MAX_LEN).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// What is behind `key` and `separator` in one of the lines.
fn field<'a>(text: &'a str, separator: char, key: &str) -> Option<&'a str> {
    let mut fields = text.lines().filter_map(|line| line.split_once(separator));
    let (_, value) = fields.find(|(name, _)| name.trim() == key)?;
    Some(value.trim().trim_matches(['"', '\'']))
}

fn distribution() -> Option<String> {
    let text = text("/etc/os-release").or_else(|| text("/usr/lib/os-release"))?;
    let name = field(&text, '=', "PRETTY_NAME").or_else(|| field(&text, '=', "NAME"))?;
    Some(name.to_owned())
}

/// `/proc/meminfo` counts in units of 1024 bytes (proc_meminfo(5)).
fn memory() -> Option<u64> {
    let text = text("/proc/meminfo")?;
    let number = field(&text, ':', "MemTotal")?.split(' ').next()?;
    number.parse::<u64>().ok()?.checked_mul(1024)
}

/// The first word that is a version: the driver says in others what it is and when it was built.
fn nvidia_driver() -> Option<String> {
    version_in(&text("/proc/driver/nvidia/version")?)
}

fn version_in(text: &str) -> Option<String> {
    let is_version = |word: &&str| {
        word.contains('.')
            && word
                .split('.')
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    };
    text.split_whitespace().find(is_version).map(str::to_owned)
}

/// As images of NVIDIA's say it, or the toolkit that is pointed at.
fn cuda(variables: Variables<'_>) -> Option<String> {
    if let Some(version) = variables("CUDA_VERSION") {
        return Some(version.to_string_lossy().into_owned());
    }
    let home = variables("CUDA_HOME").or_else(|| variables("CUDA_PATH"));
    let home = home.unwrap_or_else(|| "/usr/local/cuda".into());
    if let Some(text) = text(home.join("version.json")) {
        let json: serde_json::Value = serde_json::from_str(&text).ok()?;
        return Some(json.pointer("/cuda/version")?.as_str()?.to_owned());
    }
    version_in(&text(home.join("version.txt"))?)
}

/// The names in a directory, as far as they are text; none if it cannot be read.
fn names(directory: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().take(MAX_NAMES);
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok())
}

fn lock_files(top: &Path) -> Vec<FileHash> {
    let is_requirements = |name: &str| name.starts_with("requirements") && name.ends_with(".txt");
    let is_wanted = |name: &String| LOCK_FILES.contains(&&name[..]) || is_requirements(name);
    let hash = |name: String| {
        let path = top.join(&name);
        let stat = fs::lstat(&path).ok()??;
        if stat.file_type() != FileType::Regular {
            return None;
        }
        let bytes = fs::read_bounded(&path, MAX_LOCK_FILE).ok()?;
        Some(FileHash { path: name, oid: ObjectId::of(&bytes) })
    };
    let mut found: Vec<FileHash> = names(top).filter(is_wanted).filter_map(hash).collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<PathBuf> {
        None
    }

    #[test]
    fn this_machine_is_described() {
        let top = tempfile::tempdir().expect("a directory");
        for name in ["uv.lock", "requirements.txt", "requirements-dev.txt", "README.md"] {
            std::fs::write(top.path().join(name), name).expect("writable");
        }
        std::os::unix::fs::symlink("uv.lock", top.path().join("pdm.lock")).expect("a link");
        let found = capture_at(top.path(), &nothing);
        assert_eq!(found.tools["git-ml"], env!("CARGO_PKG_VERSION"));
        assert!(found.cpus.is_some_and(|cpus| cpus > 0));
        assert!(found.kernel.is_some_and(|kernel| !kernel.is_empty()));
        if found.os == "linux" {
            assert!(found.memory.is_some_and(|bytes| bytes > 1 << 20));
        }
        let files: Vec<&str> = found.lock_files.iter().map(|file| &file.path[..]).collect();
        assert_eq!(files, ["requirements-dev.txt", "requirements.txt", "uv.lock"]);
        assert_eq!(found.lock_files[2].oid, ObjectId::of(b"uv.lock"));
    }

    #[test]
    fn versions_are_told_from_other_words() {
        for (text, expected) in [
            (
                "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19",
                "535.104.05",
            ),
            (
                "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.14  Release",
                "550.54.14",
            ),
            ("CUDA Version 11.8.0\n", "11.8.0"),
        ] {
            assert_eq!(version_in(text).as_deref(), Some(expected));
        }
        assert_eq!(version_in("GCC 12 and x86_64."), None);
    }

    #[test]
    fn cuda_is_what_the_environment_says() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().to_owned();
        let variables = |name: &str| (name == "CUDA_HOME").then(|| path.clone());
        assert_eq!(cuda(&variables), None);
        let json = r#"{"cuda": {"name": "CUDA SDK", "version": "12.2.0"}}"#;
        std::fs::write(home.path().join("version.json"), json).expect("writable");
        assert_eq!(cuda(&variables).as_deref(), Some("12.2.0"));
        let image = |name: &str| (name == "CUDA_VERSION").then(|| "12.4.1".into());
        assert_eq!(cuda(&image).as_deref(), Some("12.4.1"));
    }
}
