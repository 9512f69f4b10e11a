//! Bringing files, links and directories of the worktree into the cache, or only finding out what
//! they hold.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use rayon::prelude::*;

use crate::cache::{self, Writer};
use crate::data::index::{Entry, Section, SectionBuilder, Sections, StatRules};
use crate::data::links::link_escapes;
use crate::data::scan::{self, Check, MAX_DEPTH, Pair};
use crate::data::walk::Filter;
use crate::data::{Error, Progress, Project, Result, join};
use crate::format::tree::{self, Mode, TreeBuilder};
use crate::format::{Kind, ObjectId, Target, Tree};
use crate::fs::{self, At as _, Clock, DirList, FileType, RepoPath, Stat};

/// Attempts at reading a file that changes meanwhile.
const ATTEMPTS: usize = 3;

/// Stores what is below one tracked path.
pub(super) struct Adder<'a> {
    pub project: &'a Project,
    /// What paths are relative to: the top of the worktree, but for what lies elsewhere.
    pub root: &'a Path,
    /// `None`: everything is hashed, nothing stored.
    pub writer: Option<&'a Writer<'a>>,
    pub filter: &'a dyn Filter,
    pub rules: StatRules,
    pub clock: Clock,
    pub progress: &'a dyn Progress,
    /// The tracked path.
    pub target: &'a RepoPath,
    /// Its sections before.
    pub old: &'a Sections,
    /// Its sections now, as far as they are done.
    pub new: Mutex<Sections>,
    /// Replace entries that were never here.
    pub force: bool,
    /// Names that some file systems take for the same.
    pub collisions: &'a Mutex<Vec<(RepoPath, RepoPath)>>,
}

/// What a directory came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    pub oid: ObjectId,
    pub size: u64,
    pub files: u64,
}

/// A file or link that was stored, with the stat that its index entry records.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredEntry {
    pub mode: Mode,
    pub oid: ObjectId,
    pub stat: Stat,
    pub racy: bool,
}

/// What one chunk of a directory came to.
#[derive(Default)]
struct Part {
    section: SectionBuilder,
    /// Something differs from the tree of before.
    changed: bool,
    /// Some stat differs from the one recorded.
    restat: bool,
    /// Directories that were deleted here and of which the base has entries that were never here.
    kept: Vec<(Vec<u8>, Sum)>,
}

/// The entries of a base's tree by their names.
type Base<'a> = HashMap<&'a [u8], tree::Entry<'a>>;

impl Adder<'_> {
    /// Stores all of the target, of which `stat` was just read. The sections are then in `new`.
    pub fn whole(&self, stat: &Stat) -> Result<Target> {
        let absolute = self.absolute(self.target);
        if stat.is_directory() {
            let directory = fs::open_dir(&absolute)?;
            let sum = self.directory(&directory, &[], 0, None)?;
            return Ok(Target::Directory { oid: sum.oid, size: sum.size, files: sum.files });
        }
        let directory = fs::open_dir(absolute.parent().unwrap_or(self.root))?;
        let name = self.target.file_name();
        let known = self.old.get(&b""[..]).and_then(|section| section.find(name));
        let stored = match known {
            Some(entry) => self.unchanged(directory.as_fd(), &entry, self.target)?,
            None => None,
        };
        let stored = match stored {
            Some(stored) => stored,
            None => self.store(directory.as_fd(), name, None, &|| self.target.clone())?,
        };
        if stored.mode == Mode::Link {
            let reason = "it is a symbolic link";
            return Err(Error::BadName { path: self.target.clone(), reason });
        }
        let mut builder = SectionBuilder::default();
        let StoredEntry { mode, oid, stat, racy } = stored;
        builder.push(&Entry::new(name, mode, oid, &stat, racy));
        self.keep(&[], builder.finish(oid, stat.size, 1, true));
        Ok(Target::File { oid, size: stat.size, exec: mode == Mode::Executable })
    }

    fn absolute(&self, path: &RepoPath) -> PathBuf {
        self.root.join(path.as_path())
    }

    /// Stores the directory open as `directory` at `inner` below the target. `base` is its tree as
    /// the base has it, where it is known only from a section that is not complete.
    pub fn directory(
        &self,
        directory: &OwnedFd,
        inner: &[u8],
        depth: usize,
        base: Option<ObjectId>,
    ) -> Result<Sum> {
        let path = self.target.join(inner);
        if depth > MAX_DEPTH {
            return Err(Error::TooDeep { path });
        }
        let section = self.old.get(inner);
        let base = match section {
            Some(section) if section.complete => None,
            Some(section) => Some(section.tree),
            None => base,
        };
        let base = base.map(|oid| self.project.tree(&path, &oid)).transpose()?;
        let by_name: Option<Base<'_>> =
            base.as_ref().map(|tree| tree.entries().map(|entry| (entry.name, entry)).collect());
        let list = DirList::read(directory.as_fd(), &self.absolute(&path))?;
        let chunks = scan::chunks(&list, section);
        let work = |chunk: &scan::Chunk| {
            let mut part = Part::default();
            for pair in chunk.pairs(&list, section) {
                self.pair(directory.as_fd(), inner, depth, by_name.as_ref(), pair, &mut part)?;
            }
            Ok::<_, Error>(part)
        };
        let mut parts: Vec<Part> = match &chunks[..] {
            [chunk] => vec![work(chunk)?],
            _ => chunks.par_iter().map(work).collect::<Result<_>>()?,
        };
        drop(list);
        let unchanged = !parts.iter().any(|part| part.changed);
        if let Some(section) = section.filter(|section| unchanged && section.complete)
            && (self.writer.is_none() || self.project.cache.contains(&section.tree)?)
        {
            let sum = Sum { oid: section.tree, size: section.size, files: section.files };
            let section = if parts.iter().any(|part| part.restat) {
                concatenate(parts).finish(sum.oid, sum.size, sum.files, true)
            } else {
                section.clone()
            };
            self.keep(inner, section);
            return Ok(sum);
        }
        let kept = parts.iter_mut().flat_map(|part| std::mem::take(&mut part.kept)).collect();
        self.finish(inner, concatenate(parts), base.as_ref(), kept)
    }

    /// Builds and stores the tree of a directory from its new entries and those of `base` that were
    /// never materialised here. `kept` are subdirectories of which only such entries are left.
    fn finish(
        &self,
        inner: &[u8],
        entries: SectionBuilder,
        base: Option<&Tree>,
        kept: HashMap<Vec<u8>, Sum>,
    ) -> Result<Sum> {
        let section = entries.finish(ObjectId::EMPTY, 0, 0, true);
        self.note_collisions(inner, &section);
        let old = self.old.get(inner);
        let mut complete = true;
        let mut builder = TreeBuilder::new();
        let mut absent = base.into_iter().flat_map(Tree::entries).peekable();
        let mut was_here = old.into_iter().flat_map(Section::entries).peekable();
        let mut keep = |builder: &mut TreeBuilder, until: Option<&[u8]>| -> Result<bool> {
            let mut any = false;
            while let Some(entry) =
                absent.next_if(|entry| until.is_none_or(|name| entry.name < name))
            {
                while was_here.next_if(|known| known.name < entry.name).is_some() {}
                // In the section and not in the worktree: the user deleted it.
                let deleted = was_here.peek().is_some_and(|known| known.name == entry.name);
                let entry = match (deleted, kept.get(entry.name)) {
                    (false, _) => entry,
                    (true, None) => continue,
                    (true, Some(&Sum { oid, size, files })) => {
                        tree::Entry { oid, size, files, ..entry }
                    }
                };
                builder.push(entry).map_err(|source| self.not_a_tree(inner, source))?;
                any = true;
            }
            if let Some(name) = until {
                absent.next_if(|entry| entry.name == name);
            }
            Ok(any)
        };
        let sections = self.new.lock().expect("no panic while holding the lock");
        for entry in section.entries() {
            complete &= !keep(&mut builder, Some(entry.name))?;
            let mut tree_entry = tree::Entry {
                name: entry.name,
                mode: entry.mode,
                oid: entry.oid,
                size: entry.size,
                files: 0,
            };
            if entry.mode.is_directory() {
                let below = &sections[&join(inner, entry.name)];
                (tree_entry.oid, tree_entry.size, tree_entry.files) =
                    (below.tree, below.size, below.files);
                complete &= below.complete;
            }
            builder.push(tree_entry).map_err(|source| self.not_a_tree(inner, source))?;
        }
        complete &= !keep(&mut builder, None)?;
        drop(sections);
        let tree = builder.finish();
        let sum = Sum { oid: tree.oid(), size: tree.size(), files: tree.files() };
        if let Some(writer) = self.writer {
            writer.put(sum.oid, Kind::Tree, tree.as_bytes())?;
        }
        self.keep(inner, section.with_tree(sum.oid, sum.size, sum.files, complete));
        Ok(sum)
    }

    /// Looks for names that differ only in case, which is one name on macOS and Windows.
    fn note_collisions(&self, inner: &[u8], section: &Section) {
        // A name that folding leaves as it is can only be the twin of one that it changes.
        let mut folded: HashMap<Vec<u8>, &[u8]> = HashMap::new();
        let mut twins: Vec<(&[u8], &[u8])> = Vec::new();
        for entry in section.entries().filter(|entry| !is_folded(entry.name)) {
            let name = String::from_utf8_lossy(entry.name).to_lowercase().into_bytes();
            twins.extend(folded.insert(name, entry.name).map(|other| (other, entry.name)));
        }
        if !folded.is_empty() {
            let plain = section.entries().filter(|entry| is_folded(entry.name));
            twins.extend(plain.filter_map(|entry| Some((*folded.get(entry.name)?, entry.name))));
        }
        if !twins.is_empty() {
            let path = self.target.join(inner);
            let mut collisions = self.collisions.lock().expect("no panic while holding the lock");
            collisions.extend(twins.into_iter().map(|(a, b)| (path.join(a), path.join(b))));
        }
    }

    fn keep(&self, inner: &[u8], section: Section) {
        self.new.lock().expect("no panic while holding the lock").insert(inner.to_vec(), section);
    }

    fn pair(
        &self,
        directory: BorrowedFd<'_>,
        inner: &[u8],
        depth: usize,
        base: Option<&Base<'_>>,
        pair: Pair<'_>,
        part: &mut Part,
    ) -> Result<()> {
        let Some(stat) = pair.stat else {
            part.changed = true;
            if pair.entry.is_some_and(|entry| entry.mode.is_directory()) {
                let left = self.left_of_deleted(&join(inner, pair.name))?;
                part.kept.extend(left.map(|sum| (pair.name.to_vec(), sum)));
            }
            return Ok(());
        };
        let path = || self.target.join(&join(inner, pair.name));
        let covers = || self.filter.covers(&path(), stat.is_directory());
        if (pair.entry.is_none() || !self.filter.keeps_known()) && covers()? {
            part.changed |= pair.entry.is_some();
            return Ok(());
        }
        if pair.entry.is_none() {
            tree::check_name(pair.name).map_err(|source| Error::Format { path: path(), source })?;
        }
        if stat.is_directory() {
            let below = fs::open_dir_at(directory, pair.name)
                .at_with("open directory", || self.absolute(&path()))?;
            let inner = join(inner, pair.name);
            let base = base.and_then(|base| base.get(pair.name));
            let base = base.filter(|entry| entry.mode.is_directory()).map(|entry| entry.oid);
            let sum = self.directory(&below, &inner, depth + 1, base)?;
            if sum.files == 0 && !self.filter.keeps_empty_directories() {
                part.changed |= pair.entry.is_some();
                return Ok(());
            }
            let same = pair.entry.is_some_and(|entry| entry.mode.is_directory())
                && self.old.get(&inner).is_some_and(|section| section.tree == sum.oid);
            part.changed |= !same;
            part.section.push(&Entry::directory(pair.name));
            return Ok(());
        }
        if let Some(entry) = &pair.entry {
            match self.check(directory, stat, entry, &path)? {
                Check::Unchanged => {
                    part.section.push(entry);
                    return Ok(());
                }
                Check::Refreshed => {
                    let racy = self.clock.is_racy(stat, fs::unix_time_ns());
                    part.section.push(&Entry::new(entry.name, entry.mode, entry.oid, stat, racy));
                    part.restat = true;
                    return Ok(());
                }
                Check::Changed | Check::ChangedAfterReading => {}
            }
        }
        if let Some(old) = base.and_then(|base| base.get(pair.name))
            && pair.entry.is_none()
            && !self.force
        {
            self.refuse_replacing(directory, pair.name, (old.mode, old.oid), &path)?;
        }
        let stored = self.store(directory, pair.name, Some(*stat), &path)?;
        let same = pair.entry.is_some_and(|old| old.oid == stored.oid && old.mode == stored.mode);
        part.changed |= !same;
        part.restat = true;
        let StoredEntry { mode, oid, stat, racy } = stored;
        part.section.push(&Entry::new(pair.name, mode, oid, &stat, racy));
        Ok(())
    }

    /// What is left of a directory that was deleted here: the entries of the base that were never
    /// here. `None` if there are none.
    pub fn left_of_deleted(&self, inner: &[u8]) -> Result<Option<Sum>> {
        let Some(section) = self.old.get(inner).filter(|section| !section.complete) else {
            return Ok(None);
        };
        let base = self.project.tree(&self.target.join(inner), &section.tree)?;
        let mut was_here = section.entries().peekable();
        let mut builder = TreeBuilder::new();
        let mut any = false;
        for mut entry in base.entries() {
            while was_here.next_if(|known| known.name < entry.name).is_some() {}
            if was_here.peek().is_some_and(|known| known.name == entry.name) {
                if !entry.mode.is_directory() {
                    continue;
                }
                match self.left_of_deleted(&join(inner, entry.name))? {
                    Some(Sum { oid, size, files }) => {
                        entry = tree::Entry { oid, size, files, ..entry }
                    }
                    None => continue,
                }
            }
            builder.push(entry).map_err(|source| self.not_a_tree(inner, source))?;
            any = true;
        }
        if !any {
            return Ok(None);
        }
        let tree = builder.finish();
        let sum = Sum { oid: tree.oid(), size: tree.size(), files: tree.files() };
        if let Some(writer) = self.writer {
            writer.put(sum.oid, Kind::Tree, tree.as_bytes())?;
        }
        Ok(Some(sum))
    }

    /// Refuses a file where the base has another one, `old`, that was never here: it would replace
    /// a version that the user has not seen. Stores nothing, so that a checkout still finds the
    /// content to be nowhere else.
    pub fn refuse_replacing(
        &self,
        directory: BorrowedFd<'_>,
        name: &[u8],
        old: (Mode, ObjectId),
        path: &dyn Fn() -> RepoPath,
    ) -> Result<()> {
        let stat = fs::lstat_at(directory, name)
            .at_with("stat", || self.absolute(&path()))?
            .ok_or_else(|| Error::NotFound { path: path() })?;
        let same = scan::mode_of(&stat) == Some(old.0)
            && scan::hash_entry(directory, name, &stat)
                .at_with("read", || self.absolute(&path()))?
                == old.1;
        if same { Ok(()) } else { Err(Error::NeverCheckedOut { path: path() }) }
    }

    /// Compares a file with its entry; one whose content would have to be stored counts as changed.
    fn check(
        &self,
        directory: BorrowedFd<'_>,
        stat: &Stat,
        entry: &Entry<'_>,
        path: &dyn Fn() -> RepoPath,
    ) -> Result<Check> {
        let check = scan::check(directory, stat, entry, self.rules)
            .at_with("read", || self.absolute(&path()))?;
        let same = matches!(check, Check::Unchanged | Check::Refreshed);
        if same && self.writer.is_some() && !self.project.cache.contains(&entry.oid)? {
            return Ok(Check::Changed);
        }
        self.progress.advance(1, 0);
        Ok(check)
    }

    /// The file that `entry` records, if it is unchanged and need not be stored.
    pub fn unchanged(
        &self,
        directory: BorrowedFd<'_>,
        entry: &Entry<'_>,
        path: &RepoPath,
    ) -> Result<Option<StoredEntry>> {
        let stat = fs::lstat_at(directory, entry.name)
            .at_with("stat", || self.absolute(path))?
            .ok_or_else(|| Error::NotFound { path: path.clone() })?;
        let check = self.check(directory, &stat, entry, &|| path.clone())?;
        let racy = self.clock.is_racy(&stat, fs::unix_time_ns());
        let same = matches!(check, Check::Unchanged | Check::Refreshed);
        Ok(same.then_some(StoredEntry { mode: entry.mode, oid: entry.oid, stat, racy }))
    }

    /// Stores the file or link called `name`; `stat` is what a listing just said of it.
    pub fn store(
        &self,
        directory: BorrowedFd<'_>,
        name: &[u8],
        mut stat: Option<Stat>,
        path: &dyn Fn() -> RepoPath,
    ) -> Result<StoredEntry> {
        let absolute = || self.absolute(&path());
        for _ in 0..ATTEMPTS {
            let stat = match stat.take() {
                Some(stat) => stat,
                None => fs::lstat_at(directory, name)
                    .at_with("stat", absolute)?
                    .ok_or_else(|| Error::NotFound { path: path() })?,
            };
            let mode = match scan::mode_of(&stat) {
                Some(mode) if !mode.is_directory() => mode,
                Some(_) => continue,
                None => return Err(Error::SpecialFile { path: path() }),
            };
            let (oid, after) = if stat.file_type() == FileType::Link {
                let text = fs::read_link_at(directory, name).at_with("read link", absolute)?;
                if self.filter.refuses_escaping_links() && link_escapes(&path(), &text) {
                    return Err(Error::EscapingLink { path: path(), text });
                }
                let oid = ObjectId::of(&text);
                if let Some(writer) = self.writer {
                    writer.put(oid, Kind::Blob, &text)?;
                }
                (oid, fs::lstat_at(directory, name).at_with("stat", absolute)?.unwrap_or_default())
            } else {
                self.store_file(directory, name, &stat, &absolute)?
            };
            if after == stat {
                self.progress.advance(1, stat.size);
                let racy = self.clock.is_racy(&stat, fs::unix_time_ns());
                return Ok(StoredEntry { mode, oid, stat, racy });
            }
        }
        Err(Error::Changing { path: path() })
    }

    /// Reads and stores a regular file; returns its stat afterwards, which is another one if it was
    /// not read completely.
    fn store_file(
        &self,
        directory: BorrowedFd<'_>,
        name: &[u8],
        stat: &Stat,
        absolute: &dyn Fn() -> PathBuf,
    ) -> Result<(ObjectId, Stat)> {
        let mut file = fs::open_file_at(directory, name).at_with("open", absolute)?;
        let oid = if stat.size <= cache::PACK_LIMIT {
            // Whether it ends here the stat afterwards tells.
            let mut buffer = [0; cache::PACK_LIMIT as usize];
            let asked = &mut buffer[..stat.size as usize];
            let len = read_full(&mut file, asked).at_with("read", absolute)?;
            let bytes = &buffer[..len];
            let oid = ObjectId::of(bytes);
            if len as u64 != stat.size {
                return Ok((oid, Stat::default()));
            }
            if let Some(writer) = self.writer {
                writer.put(oid, Kind::Blob, bytes)?;
            }
            oid
        } else {
            match self.writer {
                Some(writer) => writer.put_file(&file, stat.size)?.oid,
                None => cache::hash_file(&file, stat.size).at_with("read", absolute)?,
            }
        };
        Ok((oid, Stat::of(&file).at_with("stat", absolute)?))
    }

    fn not_a_tree(&self, inner: &[u8], source: crate::format::Error) -> Error {
        Error::Format { path: self.target.join(inner), source }
    }
}

/// Whether a file system that ignores case sees the name as it is.
fn is_folded(name: &[u8]) -> bool {
    name.is_ascii() && !name.iter().any(u8::is_ascii_uppercase)
}

/// Reads until `buffer` is full or the file ends. A read may come short before that: on a network, or
/// when a signal arrives.
fn read_full(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut len = 0;
    while len < buffer.len() {
        match file.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(count) => len += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

fn concatenate(parts: Vec<Part>) -> SectionBuilder {
    let mut whole = SectionBuilder::default();
    for part in parts {
        whole.append(part.section);
    }
    whole
}
