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
//! stands there by now. What a killed stage displaced comes back even then: what stands there is the
//! stage's unfinished work, and is kept in its place. So is what stands where the stage found nothing,
//! and nothing comes back there: or else the unfinished work would pass for the user's. Entries are kept for `mldata.recoveryExpire` days (30).

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Error, Progress, Project, Result};
use crate::format::ObjectId;
use crate::fs::{self, At as _, RepoPath};

mod back;

pub use back::{is_pending, left_behind, roll_back, roll_back_stage};
use back::{left_name, settle, swap_back};

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
    /// The stage that displaced its outs, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageMark>,
    pub entries: Vec<Displaced>,
}

/// A stage that was about to run when it displaced its old outs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StageMark {
    /// The lock file that records it, as [`Displaced::path`].
    pub lock: String,
    pub name: String,
    /// The SHA-256 of its block in that lock at the time; empty if there was none. Another one there
    /// says that the stage ended and was recorded.
    pub block: String,
}

/// One thing that was displaced.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Displaced {
    /// Path in the worktree. Bytes that are not UTF-8 or are `%` are written `%XX`.
    pub path: String,
    /// Name inside of the recovery entry.
    pub stored: String,
    #[serde(default, skip_serializing_if = "Way::is_move")]
    pub way: Way,
}

/// What becomes of a path that is to be displaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    #[default]
    Move,
    /// It is copied and stays. The copy is never put back.
    Copy,
    /// Nothing is there.
    Absent,
}

impl Way {
    fn is_move(&self) -> bool {
        *self == Way::Move
    }
}

impl Displaced {
    pub fn repo_path(&self) -> Option<RepoPath> {
        RepoPath::new(unescape(&self.path)?)
    }
}

/// A recovery entry that is being made.
pub struct Recovery {
    directory: PathBuf,
    manifest: Manifest,
}

/// How much a recovery entry has to outlive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The death of this process: everything displaced is in the cache as well.
    Process,
    /// A power cut too.
    Machine,
}

impl Recovery {
    /// Writes down that `paths` are about to be moved here.
    pub fn begin(project: &Project, command: &str, paths: &[RepoPath]) -> Result<Recovery> {
        let paths: Vec<_> = paths.iter().map(|path| (path.clone(), Way::Move)).collect();
        Recovery::begin_with(project, command, None, &paths, Durability::Machine)
    }

    /// Like [`Recovery::begin`], for the stage that `stage` describes.
    pub fn begin_with(
        project: &Project,
        command: &str,
        stage: Option<StageMark>,
        paths: &[(RepoPath, Way)],
        durability: Durability,
    ) -> Result<Recovery> {
        let root = root(project);
        fs::create_dir_all(&root)?;
        let now = jiff::Timestamp::now();
        let mut stem = now.strftime("%Y%m%dT%H%M%S-").to_string();
        stem.push_str(command.split(' ').next().unwrap_or(command));
        if let Some(stage) = &stage {
            // Many stages can begin within one second.
            let id = ObjectId::of(format!("{} {}", stage.lock, stage.name).as_bytes());
            stem.push_str(&format!("-{}", &id.to_hex()[..8]));
        }
        let mut directory = root.join(&stem);
        let mut attempt = 1;
        while fs::lstat(&directory)?.is_some() {
            attempt += 1;
            directory = root.join(format!("{stem}-{attempt}"));
        }
        fs::create_dir_all(&directory)?;
        let entries = paths.iter().enumerate().map(|(at, (path, way))| Displaced {
            path: escape(path.as_bytes()),
            stored: at.to_string(),
            way: *way,
        });
        let manifest = Manifest {
            version: 1,
            command: command.to_owned(),
            time: now.as_second(),
            worktree: worktree_name(project),
            done: false,
            stage,
            entries: entries.collect(),
        };
        match durability {
            Durability::Process => {
                let path = directory.join(MANIFEST);
                std::fs::write(&path, text_of(&manifest)).at("write", path)?;
            }
            Durability::Machine => {
                write_manifest(&directory, &manifest)?;
                fs::sync_dir(&root)?;
            }
        }
        Ok(Recovery { directory, manifest })
    }

    /// What was, or is to be, displaced.
    pub fn paths(&self) -> impl Iterator<Item = RepoPath> {
        self.manifest.entries.iter().filter_map(Displaced::repo_path)
    }

    /// Moves everything back. What stands in its place is kept here instead; returns the id of the
    /// entry if there is something.
    pub fn put_back(self, project: &Project) -> Result<Option<String>> {
        swap_back(project, &self.directory, &self.manifest)?;
        let is_there = |name| Ok::<_, Error>(fs::lstat(&self.directory.join(name))?.is_some());
        let mut left = false;
        for entry in &self.manifest.entries {
            left |= is_there(left_name(entry))?;
        }
        // Where the disk is too full for that, the next command does it: see `roll_back`.
        let _ = settle(&self.directory, self.manifest);
        Ok(left.then(|| id_of(&self.directory)))
    }

    /// Forgets what was displaced at the paths that are not `kept`; returns the id of the entry if
    /// anything is left in it.
    pub fn finish_keeping(mut self, kept: impl Fn(&RepoPath) -> bool) -> Result<Option<String>> {
        let mut left = Vec::new();
        for entry in std::mem::take(&mut self.manifest.entries) {
            if entry.repo_path().is_some_and(|path| kept(&path)) {
                left.push(entry);
            } else {
                remove_path(&self.directory.join(&entry.stored))?;
            }
        }
        self.manifest.entries = left;
        settle(&self.directory, self.manifest).map(|kept| kept.then(|| id_of(&self.directory)))
    }

    /// Moves everything that was written down.
    pub fn displace(&self, project: &Project) -> Result<()> {
        for (at, entry) in self.manifest.entries.iter().enumerate() {
            let path = entry.repo_path().expect("escaped by `begin`");
            fs::failpoint::hit("recovery.move").at("move", path.as_path())?;
            let (from, to) = (project.repo.absolute(&path), self.directory.join(at.to_string()));
            match entry.way {
                Way::Move => move_path(&from, &to)?,
                Way::Absent => {}
                Way::Copy => {
                    // Under its name a copy is whole.
                    let temp = to.with_extension("part");
                    copy_verified(&from, &temp)?;
                    fs::rename(&temp, &to)?;
                }
            }
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
    let _lock = project.lock("mldata recover", progress)?;
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
    let _lock = project.lock("mldata recover", progress)?;
    let (directory, _) = find(project, id)?;
    remove(&directory)
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

fn text_of(manifest: &Manifest) -> Vec<u8> {
    serde_json::to_vec_pretty(manifest).expect("a manifest is plain data")
}

fn write_manifest(directory: &Path, manifest: &Manifest) -> Result<()> {
    let text = text_of(manifest);
    let temp = directory.with_file_name("tmp");
    fs::create_dir_all(&temp)?;
    fs::remove_stale_temps(&temp);
    Ok(fs::write_atomic(&directory.join(MANIFEST), &text, &temp)?)
}

fn remove(directory: &Path) -> Result<()> {
    // The manifest goes last: a half-removed entry is still listed.
    let entries = std::fs::read_dir(directory).at("read directory", directory)?;
    for entry in entries.flatten().filter(|entry| entry.file_name() != MANIFEST) {
        remove_path(&entry.path())?;
    }
    Ok(std::fs::remove_dir_all(directory).at("remove", directory)?)
}

fn remove_path(path: &Path) -> Result<()> {
    let Some(stat) = fs::lstat(path)? else { return Ok(()) };
    let removed = match stat.is_directory() {
        true => std::fs::remove_dir_all(path),
        false => std::fs::remove_file(path),
    };
    Ok(removed.at("remove", path)?)
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
