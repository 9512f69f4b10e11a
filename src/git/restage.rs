//! Other blobs for entries of an index.
//!
//! Git writes the index, by `git update-index`: what becomes of extensions, of a split or a sparse index is
//! its business. It works on a copy. The copy then takes the place of the index under Git's own lock,
//! `INDEX.lock`, and only if nobody wrote the index since it was copied; else all begins anew. So nothing
//! that somebody else staged in between is lost, and a reader sees all of the new entries or none. No
//! program runs while the lock is held: it is there for two renames, and only somebody who is killed
//! between these leaves it behind, as Git does then.
//!
//! # Which index
//!
//! `GIT_INDEX_FILE` names the one that the next commit is made of ([`Repo::index_path`]). For
//! `git commit PATH` that is a temporary one, while the one that will be left when the commit is done waits
//! in `index.lock` ([`Repo::index_behind`]). A correction that gets into the first alone is undone by the
//! second: the commit has it, and what is staged afterwards has not.

use std::fs::FileTimes;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::command::{failed, finish};
use super::{Error, FileMode, Git, GitId, Repo, Result};
use crate::fs::{self, At as _, AtomicFile, PendingFile, RepoPath, Stat};

/// How long another Git may hold the lock of the index.
const PATIENCE: Duration = Duration::from_secs(2);
/// How many writes of others are waited for.
const ATTEMPTS: usize = 8;
/// Paths on one command line: at most 4 KiB each, of 2 MiB in Linux.
const PATHS: usize = 200;

/// Another blob for the entry at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    pub path: RepoPath,
    /// What the entry has to have: else it is left as it is.
    pub old: GitId,
    pub new: GitId,
}

impl Repo {
    /// The index that the next commit is made of.
    #[expect(clippy::disallowed_methods, reason = "how Git tells its hooks")]
    pub fn index_path(&self) -> PathBuf {
        match std::env::var_os("GIT_INDEX_FILE").filter(|name| !name.is_empty()) {
            // Relative to the top of the worktree, wherever Git was started.
            Some(name) => self.top().join(name),
            None => self.git_dir().join("index"),
        }
    }

    /// In a hook of `git commit PATH`: the index that there will be after the commit.
    pub fn index_behind(&self) -> Option<PathBuf> {
        let index = self.index_path();
        let name = index.file_name()?.as_bytes();
        let process = name.strip_prefix(b"next-index-")?.strip_suffix(b".lock")?;
        let is_number = !process.is_empty() && process.iter().all(u8::is_ascii_digit);
        let directory = index.parent()?.canonicalize().ok()?;
        let behind = self.git_dir().join("index.lock");
        (is_number && directory == self.git_dir() && behind.is_file()).then_some(behind)
    }
}

impl Git<'_> {
    /// Gives entries of `index` other blobs, all at once, and returns for each whether it got it: not if
    /// the index has another blob at the path by now, or none. Modes and the bits that
    /// `git-update-index(1)` sets stay.
    ///
    /// Temporary files are made in `temp`, or beside the index if that is another file system.
    ///
    /// # Errors
    /// The index is as it was.
    pub fn restage(
        &self,
        index: &Path,
        replacements: &[Replacement],
        temp: &Path,
    ) -> Result<Vec<bool>> {
        // Git locks the file that a link leads to.
        let index = match index.canonicalize() {
            Ok(index) => index,
            Err(_) => return Ok(vec![false; replacements.len()]),
        };
        for _ in 0..ATTEMPTS {
            let (copy, stat) = copy(&index, temp)?;
            fs::failpoint::hit("restage.copied").at("copy", &index)?;
            let entries = self.entries_in(copy.path(), replacements)?;
            let wanted = |(entry, replacement): (&Option<Entry>, &Replacement)| {
                entry.as_ref().is_some_and(|entry| entry.id == replacement.old)
            };
            let taken: Vec<bool> = entries.iter().zip(replacements).map(wanted).collect();
            if !taken.contains(&true) {
                return Ok(taken);
            }
            self.rewrite(copy.path(), &entries, replacements)?;
            if put(copy, &index, &stat)? {
                return Ok(taken);
            }
        }
        Err(Error::IndexBusy { path: index })
    }

    /// What the index at `index` has at each path.
    fn entries_in(&self, index: &Path, wanted: &[Replacement]) -> Result<Vec<Option<Entry>>> {
        let mut found = std::collections::HashMap::new();
        for chunk in wanted.chunks(PATHS) {
            let words = ["--literal-pathspecs", "ls-files", "-s", "-v", "-z", "--"];
            let mut words: Vec<&Path> = words.iter().map(Path::new).collect();
            words.extend(chunk.iter().map(|replacement| replacement.path.as_path()));
            let output = self.on(index, &words, b"")?;
            for line in output.split(|&b| b == 0) {
                found.extend(entry(line));
            }
        }
        Ok(wanted.iter().map(|replacement| found.remove(&replacement.path)).collect())
    }

    /// Writes the replacements of `entries` into the index at `index`, which nobody else knows.
    fn rewrite(
        &self,
        index: &Path,
        entries: &[Option<Entry>],
        replacements: &[Replacement],
    ) -> Result<()> {
        // An entry that is replaced loses its bits.
        let (mut input, mut skipped, mut assumed) = (Vec::new(), Vec::new(), Vec::new());
        for (entry, Replacement { path, old, new }) in entries.iter().zip(replacements) {
            let Some(entry) = entry.as_ref().filter(|entry| entry.id == *old) else { continue };
            let mode = if entry.mode == FileMode::Executable { "100755" } else { "100644" };
            let name = [path.as_bytes(), b"\0"].concat();
            input.extend_from_slice(format!("{mode} {new} 0\t").as_bytes());
            input.extend_from_slice(&name);
            if entry.is_skipped {
                skipped.extend_from_slice(&name);
            }
            if entry.is_assumed {
                assumed.extend_from_slice(&name);
            }
        }
        self.on(index, &["update-index", "-z", "--index-info"], &input)?;
        for (bit, names) in [("--skip-worktree", skipped), ("--assume-unchanged", assumed)] {
            if !names.is_empty() {
                self.on(index, &["update-index", bit, "-z", "--stdin"], &names)?;
            }
        }
        Ok(())
    }

    /// Runs `git` on another index, out of reach of the keyboard: Ctrl-C ends us when we say so, and not
    /// what we wait for.
    fn on<S: AsRef<std::ffi::OsStr>>(
        &self,
        index: &Path,
        arguments: &[S],
        input: &[u8],
    ) -> Result<Vec<u8>> {
        let mut command = self.command(arguments);
        command.env("GIT_INDEX_FILE", index).process_group(0);
        let (output, code) = finish(command, arguments, input)?;
        match code {
            Some(0) => Ok(output.stdout),
            _ => Err(failed(arguments, &output.stderr)),
        }
    }
}

/// An entry of stage 0 that is a file.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    mode: FileMode,
    id: GitId,
    /// `--skip-worktree`.
    is_skipped: bool,
    /// `--assume-unchanged`.
    is_assumed: bool,
}

/// `TAG MODE ID STAGE<tab>PATH`: `-s` and `-v` of `git-ls-files(1)`.
fn entry(line: &[u8]) -> Option<(RepoPath, Entry)> {
    let tab = line.iter().position(|&b| b == b'\t')?;
    let path = RepoPath::new(&line[tab + 1..]).filter(|path| !path.is_root())?;
    let mut words = line[..tab].split(|&b| b == b' ');
    let &[tag] = words.next()? else { return None };
    let mode = super::status::file_mode(words.next()?)?;
    let id = GitId(gix::ObjectId::from_hex(words.next()?).ok()?);
    let is_file = matches!(mode, FileMode::File | FileMode::Executable);
    let (is_skipped, is_assumed) = (tag.eq_ignore_ascii_case(&b's'), tag.is_ascii_lowercase());
    (words.next()? == b"0" && is_file).then_some((path, Entry { mode, id, is_skipped, is_assumed }))
}

/// A copy of the index, and what tells whether the index is still what was copied.
fn copy(index: &Path, temp: &Path) -> Result<(PendingFile, Stat)> {
    let file = std::fs::File::open(index).at("open", index)?;
    let stat = Stat::of(&file).at("stat", index)?;
    let modified = file.metadata().and_then(|data| data.modified()).at("stat", index)?;
    let bytes = fs::read(index)?;
    let beside = index.parent().expect("it is absolute and a file");
    let is_near = fs::lstat(temp)?.is_some_and(|temp| temp.device == stat.device);
    let mut copy = AtomicFile::create_in(if is_near { temp } else { beside })?;
    copy.write_all(&bytes).at("write", copy.path())?;
    // Git holds an entry's time against the index's own to know when a file may have changed unseen
    // (`racy-git` in Git's documentation). A younger copy would make it trust such entries.
    let times = FileTimes::new().set_modified(modified);
    copy.file().set_times(times).at("write", copy.path())?;
    Ok((copy.close(stat.mode & 0o7777)?, stat))
}

/// Puts `copy` in the place of the index, if that is as `stat` says; no otherwise.
fn put(copy: PendingFile, index: &Path, stat: &Stat) -> Result<bool> {
    let mut name = index.as_os_str().to_owned();
    name.push(".lock");
    let lock = PathBuf::from(name);
    let start = Instant::now();
    while let Err(error) = fs::rename_new(copy.path(), &lock) {
        let is_held = error.source.kind() == std::io::ErrorKind::AlreadyExists;
        if !is_held {
            return Err(error.into());
        }
        if start.elapsed() > PATIENCE {
            return Err(Error::IndexBusy { path: index.to_owned() });
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    // From here on nobody else writes the index, and the lock goes whatever happens.
    let lock = copy.renamed(lock);
    if fs::lstat(index)?.as_ref() != Some(stat) {
        return Ok(false);
    }
    lock.publish_unsynced(index)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_ls_files_are_read() {
        let id = "a".repeat(40);
        let read = |tag: &str, mode: &str, stage: &str| {
            entry(format!("{tag} {mode} {id} {stage}\ta b").as_bytes())
                .map(|(_, entry)| (entry.mode, entry.is_skipped, entry.is_assumed))
        };
        assert_eq!(read("H", "100644", "0"), Some((FileMode::File, false, false)));
        assert_eq!(read("h", "100755", "0"), Some((FileMode::Executable, false, true)));
        assert_eq!(read("S", "100644", "0"), Some((FileMode::File, true, false)));
        assert_eq!(read("s", "100644", "0"), Some((FileMode::File, true, true)));
        for (mode, stage) in [("120000", "0"), ("160000", "0"), ("100644", "1"), ("x", "0")] {
            assert_eq!(read("H", mode, stage), None);
        }
        for bad in ["", "H", "H 100644\t", "H 100644 x 0\ta", "HH 100644 x 0\ta", "\t"] {
            assert_eq!(entry(bad.as_bytes()), None, "{bad}");
        }
    }
}
