//! Recovery: where everything goes that a command displaces, and how it comes back.
//!
//! ```text
//! recovery/<time>-<command>/manifest.json   written before anything is moved
//! recovery/<time>-<command>/<number>        what was moved: a file, a link or a directory
//! ```
//!
//! Things are renamed, never copied, as long as they are on the same file system; otherwise a copy
//! is verified before the original goes. A manifest that is not `done` belongs to a command that was
//! killed: the next one that takes the lock moves back what it displaced, unless something new
//! stands there by now. Entries are kept for `mldata.recoveryExpire` days (30).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Error, Progress, Project, Result};
use crate::fs::{self, At as _, RepoPath};

const MANIFEST: &str = "manifest.json";
const MANIFEST_LIMIT: usize = 256 << 20;

/// One recovery entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub version: u32,
    /// What the user ran, such as `checkout --force`.
    pub command: String,
    /// Seconds since 1970.
    pub time: i64,
    /// Top of the worktree, bytes as in [`Displaced::path`].
    pub worktree: String,
    /// The command ended; what is here stays until it expires.
    pub done: bool,
    pub entries: Vec<Displaced>,
}

/// One thing that was displaced.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Displaced {
    /// Path in the worktree. Bytes that are not UTF-8 or are `%` are written `%XX`.
    pub path: String,
    /// Name inside of the recovery entry.
    pub stored: String,
}

impl Displaced {
    pub fn repo_path(&self) -> Option<RepoPath> {
        RepoPath::new(unescape(&self.path)?)
    }
}

/// A recovery entry that is being made.
pub(super) struct Recovery {
    directory: PathBuf,
    manifest: Manifest,
}

impl Recovery {
    /// Writes down that `paths` are about to be moved here.
    pub fn begin(project: &Project, command: &str, paths: &[RepoPath]) -> Result<Recovery> {
        let root = root(project);
        fs::create_dir_all(&root)?;
        let now = jiff::Timestamp::now();
        let stamp = now.strftime("%Y%m%dT%H%M%S").to_string();
        let verb = command.split(' ').next().unwrap_or(command);
        let mut directory = root.join(format!("{stamp}-{verb}"));
        let mut attempt = 1;
        while fs::lstat(&directory)?.is_some() {
            attempt += 1;
            directory = root.join(format!("{stamp}-{verb}-{attempt}"));
        }
        fs::create_dir_all(&directory)?;
        let entries = paths
            .iter()
            .enumerate()
            .map(|(at, path)| Displaced { path: escape(path.as_bytes()), stored: at.to_string() });
        let manifest = Manifest {
            version: 1,
            command: command.to_owned(),
            time: now.as_second(),
            worktree: worktree_name(project),
            done: false,
            entries: entries.collect(),
        };
        write_manifest(&directory, &manifest)?;
        fs::sync_dir(&root)?;
        Ok(Recovery { directory, manifest })
    }

    /// Moves everything that was written down.
    pub fn displace(&self, project: &Project) -> Result<()> {
        for (at, entry) in self.manifest.entries.iter().enumerate() {
            let path = entry.repo_path().expect("escaped by `begin`");
            fs::failpoint::hit("recovery.move").at("move", path.as_path())?;
            move_path(&project.repo.absolute(&path), &self.directory.join(at.to_string()))?;
        }
        Ok(())
    }

    /// The command succeeded: what is here stays.
    pub fn finish(mut self) -> Result<String> {
        self.manifest.done = true;
        write_manifest(&self.directory, &self.manifest)?;
        Ok(id_of(&self.directory))
    }
}

/// All recovery entries of the repository by their ids, oldest first.
pub fn list(project: &Project) -> Result<Vec<(String, Manifest)>> {
    let root = root(project);
    let entries = match std::fs::read_dir(&root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Ok(Err(error).at("read directory", &root)?),
    };
    let mut found = Vec::new();
    for entry in entries {
        let directory = entry.at("read directory", &root)?.path();
        if let Some(manifest) = read_manifest(&directory) {
            found.push((id_of(&directory), manifest));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Moves what the entry `id` holds back to where it was: everything, or what was at or below one of
/// `paths`. What stands there now is displaced in turn. Returns the paths that came back.
pub fn restore(
    project: &Project,
    id: &str,
    paths: &[OsString],
    progress: &dyn Progress,
) -> Result<Vec<RepoPath>> {
    let paths = paths.iter().map(|path| project.locate(Path::new(path)));
    let paths: Vec<RepoPath> = paths.collect::<Result<_>>()?;
    let _lock = project.lock("recover", progress)?;
    let (directory, mut manifest) = find(project, id)?;
    let wanted =
        |path: &RepoPath| paths.is_empty() || paths.iter().any(|asked| path.below(asked).is_some());
    let (wanted, kept): (Vec<Displaced>, Vec<Displaced>) = manifest
        .entries
        .into_iter()
        .partition(|entry| entry.repo_path().is_some_and(|path| wanted(&path)));
    let mut targets = Vec::new();
    for entry in &wanted {
        let path = entry.repo_path().expect("checked by the partition");
        if project.link_above(&path)?.is_some() {
            return Err(Error::Blocked { path, reason: "a link leads there".into() });
        }
        targets.push(path);
    }
    let mut occupied = Vec::new();
    for path in &targets {
        if project.lstat(path)?.is_some() {
            occupied.push(path.clone());
        }
    }
    let displaced = match &occupied[..] {
        [] => None,
        _ => Some(Recovery::begin(project, "recover", &occupied)?),
    };
    if let Some(displaced) = &displaced {
        displaced.displace(project)?;
    }
    for (entry, path) in wanted.iter().zip(&targets) {
        let absolute = project.repo.absolute(path);
        fs::create_dir_all(absolute.parent().unwrap_or(project.repo.top()))?;
        move_path(&directory.join(&entry.stored), &absolute)?;
    }
    if let Some(displaced) = displaced {
        displaced.finish()?;
    }
    if kept.is_empty() {
        remove(&directory)?;
    } else {
        manifest.entries = kept;
        write_manifest(&directory, &manifest)?;
    }
    Ok(targets)
}

/// Deletes the entry `id` for good.
pub fn drop_entry(project: &Project, id: &str, progress: &dyn Progress) -> Result<()> {
    let _lock = project.lock("recover", progress)?;
    let (directory, _) = find(project, id)?;
    remove(&directory)
}

/// Moves back what commands displaced that were killed in this worktree. Called with the lock held.
pub(super) fn roll_back(project: &Project) -> Result<Vec<RepoPath>> {
    let mut back = Vec::new();
    for (id, mut manifest) in list(project)? {
        if manifest.done || manifest.worktree != worktree_name(project) {
            continue;
        }
        let directory = root(project).join(&id);
        for entry in &manifest.entries {
            let Some(path) = entry.repo_path() else { continue };
            let stored = directory.join(&entry.stored);
            let free = project.lstat(&path)?.is_none() && project.link_above(&path)?.is_none();
            if free && fs::lstat(&stored)?.is_some() {
                let absolute = project.repo.absolute(&path);
                fs::create_dir_all(absolute.parent().unwrap_or(project.repo.top()))?;
                move_path(&stored, &absolute)?;
                back.push(path);
            }
        }
        manifest.entries.retain(|entry| {
            fs::lstat(&directory.join(&entry.stored)).is_ok_and(|stat| stat.is_some())
        });
        if manifest.entries.is_empty() {
            remove(&directory)?;
        } else {
            manifest.done = true;
            write_manifest(&directory, &manifest)?;
        }
    }
    Ok(back)
}

/// Deletes entries that are older than `mldata.recoveryExpire` days.
pub(super) fn expire(project: &Project) -> Result<()> {
    let days = project.config.integer("recoveryExpire")?.unwrap_or(30);
    let oldest = jiff::Timestamp::now().as_second() - (days.min(36_500) as i64) * 86_400;
    for (id, manifest) in list(project)? {
        if manifest.done && manifest.time < oldest {
            remove(&root(project).join(id))?;
        }
    }
    Ok(())
}

fn root(project: &Project) -> PathBuf {
    project.shared_dir().join("recovery")
}

fn worktree_name(project: &Project) -> String {
    escape(std::os::unix::ffi::OsStrExt::as_bytes(project.repo.top().as_os_str()))
}

fn id_of(directory: &Path) -> String {
    directory.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn find(project: &Project, id: &str) -> Result<(PathBuf, Manifest)> {
    let known = list(project)?.into_iter().find(|(known, _)| known == id);
    let (id, manifest) = known.ok_or_else(|| Error::NoRecovery { id: id.to_owned() })?;
    Ok((root(project).join(id), manifest))
}

fn read_manifest(directory: &Path) -> Option<Manifest> {
    let bytes = fs::read_bounded(&directory.join(MANIFEST), MANIFEST_LIMIT).ok()?;
    let manifest: Manifest = serde_json::from_slice(&bytes).ok()?;
    let plain = |name: &str| name.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty();
    manifest.entries.iter().all(|entry| plain(&entry.stored)).then_some(manifest)
}

fn write_manifest(directory: &Path, manifest: &Manifest) -> Result<()> {
    let text = serde_json::to_vec_pretty(manifest).expect("a manifest is plain data");
    let temp = directory.with_file_name("tmp");
    fs::create_dir_all(&temp)?;
    fs::remove_stale_temps(&temp);
    Ok(fs::write_atomic(&directory.join(MANIFEST), &text, &temp)?)
}

fn remove(directory: &Path) -> Result<()> {
    // The manifest goes last: a half-removed entry is still listed.
    let entries = std::fs::read_dir(directory).at("read directory", directory)?;
    for entry in entries.flatten().filter(|entry| entry.file_name() != MANIFEST) {
        let path = entry.path();
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed =
            if is_directory { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        removed.at("remove", &path)?;
    }
    Ok(std::fs::remove_dir_all(directory).at("remove", directory)?)
}

/// Renames; across file systems copies, compares and then removes.
fn move_path(from: &Path, to: &Path) -> Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.source.kind() == std::io::ErrorKind::CrossesDevices => {
            copy_verified(from, to)?;
            let is_directory = fs::lstat(from)?.is_some_and(|stat| stat.is_directory());
            let removed = if is_directory {
                std::fs::remove_dir_all(from)
            } else {
                std::fs::remove_file(from)
            };
            Ok(removed.at("remove", from)?)
        }
        other => Ok(other?),
    }
}

fn copy_verified(from: &Path, to: &Path) -> Result<()> {
    let Some(stat) = fs::lstat(from)? else { return Ok(()) };
    match stat.file_type() {
        fs::FileType::Directory => {
            fs::create_dir_all(to)?;
            for entry in std::fs::read_dir(from).at("read directory", from)? {
                let name = entry.at("read directory", from)?.file_name();
                copy_verified(&from.join(&name), &to.join(&name))?;
            }
            Ok(fs::sync_dir(to)?)
        }
        fs::FileType::Link => {
            let text = std::fs::read_link(from).at("read link", from)?;
            Ok(std::os::unix::fs::symlink(text, to).at("create", to)?)
        }
        _ => {
            std::fs::copy(from, to).at("copy to", to)?;
            let hash = |path: &Path| {
                let file = std::fs::File::open(path).at("open", path)?;
                file.sync_all().at("write", path)?;
                crate::cache::hash_file(&file, stat.size).at("read", path)
            };
            if hash(from)? != hash(to)? {
                let other = from.display().to_string();
                return Err(Error::Changing { path: RepoPath::new(other).unwrap_or_default() });
            }
            Ok(())
        }
    }
}

/// Bytes as text that JSON can hold and that gives the bytes back.
fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(&chunk.valid().replace('%', "%25"));
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_name_survives_the_manifest() {
        for name in [&b"plain"[..], b"50%", b"\xff\xfe/x", "ü\n".as_bytes()] {
            assert_eq!(unescape(&escape(name)).as_deref(), Some(name));
        }
        assert_eq!(unescape("%zz"), None);
        assert_eq!(unescape("%2"), None);
    }
}
