//! Holding a directory of the worktree against its section of the index.

use std::fs::File;
use std::ops::Range;
use std::os::fd::BorrowedFd;

use super::index::{Entry, Flags, Section, StatRules};
use crate::cache;
use crate::format::ObjectId;
use crate::format::tree::Mode;
use crate::fs::{self, DirList, FileType, Stat};

/// Directories nested deeper than this are refused, in the worktree and in trees.
pub(super) const MAX_DEPTH: usize = 1000;

/// One name, and where it was found.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub name: &'a [u8],
    /// In the worktree.
    pub stat: Option<&'a Stat>,
    /// In the index.
    pub entry: Option<Entry<'a>>,
}

/// A part of a directory that one thread works on.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    names: Range<usize>,
    /// Bytes of the section.
    entries: Range<usize>,
}

/// Weight of a chunk: a file counts one …
const CHUNK: usize = 1024;
/// … and a subdirectory, with all that is in it, this much.
const SUBDIRECTORY: usize = 256;

/// Cuts a directory into chunks of similar weight, in order; none for an empty one.
pub(super) fn chunks(list: &DirList, section: Option<&Section>) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut entries = section.into_iter().flat_map(Section::entries).peekable();
    let (mut at, mut position) = (0, 0);
    loop {
        let (first, start) = (at, position);
        let mut weight = 0;
        while at < list.len() && weight < CHUNK {
            weight += if list.stat(at).is_directory() { SUBDIRECTORY } else { 1 };
            while let Some(entry) = entries.next_if(|entry| entry.name < list.name(at)) {
                position += entry.encoded_len();
            }
            if let Some(entry) = entries.next_if(|entry| entry.name == list.name(at)) {
                position += entry.encoded_len();
            }
            at += 1;
        }
        if at == list.len() {
            position += entries.by_ref().map(|entry| entry.encoded_len()).sum::<usize>();
        }
        if first == at && start == position {
            return chunks;
        }
        chunks.push(Chunk { names: first..at, entries: start..position });
    }
}

impl Chunk {
    /// Names of the worktree in it.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The names of the worktree and of the index, merged in ascending order.
    pub fn pairs<'a>(
        &self,
        list: &'a DirList,
        section: Option<&'a Section>,
    ) -> impl Iterator<Item = Pair<'a>> + use<'a> {
        let mut names = self.names.clone().peekable();
        let mut entries = section
            .into_iter()
            .flat_map({
                let range = self.entries.clone();
                move |section| section.entries_in(range.clone())
            })
            .peekable();
        std::iter::from_fn(move || {
            let next = names.peek().map(|&at| list.name(at));
            let entry = entries.next_if(|entry| next.is_none_or(|name| entry.name <= name));
            match (&entry, next) {
                (None, None) => None,
                (Some(found), name) if name != Some(found.name) => {
                    Some(Pair { name: found.name, stat: None, entry })
                }
                (_, _) => {
                    let at = names.next()?;
                    Some(Pair { name: list.name(at), stat: Some(list.stat(at)), entry })
                }
            }
        })
    }
}

/// How a name of the worktree compares with its entry in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// By its stat, it is what was recorded.
    Unchanged,
    /// It was read and is what was recorded; its stat is new.
    Refreshed,
    /// It is something else.
    Changed,
    /// It was read and is something else of the same length: worth remembering.
    ChangedAfterReading,
}

/// Compares, reading the file only if its stat is new and its length is not.
pub(super) fn check(
    directory: BorrowedFd<'_>,
    stat: &Stat,
    entry: &Entry<'_>,
    rules: StatRules,
) -> std::io::Result<Check> {
    if mode_of(stat) != Some(entry.mode) {
        return Ok(Check::Changed);
    }
    if entry.same_stat(stat, rules) {
        let changed = entry.flags.has(Flags::CHANGED);
        return Ok(if changed { Check::Changed } else { Check::Unchanged });
    }
    if stat.size != entry.size {
        return Ok(Check::Changed);
    }
    let found = hash_entry(directory, entry.name, stat)?;
    Ok(if found == entry.oid { Check::Refreshed } else { Check::ChangedAfterReading })
}

/// Hashes a file, or the text of a link, in an open directory.
pub(super) fn hash_entry(
    directory: BorrowedFd<'_>,
    name: &[u8],
    stat: &Stat,
) -> std::io::Result<ObjectId> {
    if stat.file_type() == FileType::Link {
        return Ok(ObjectId::of(&fs::read_link_at(directory, name)?));
    }
    let file: File = fs::open_file_at(directory, name)?;
    cache::hash_file(&file, stat.size)
}

/// The mode under which a tree records what `stat` describes; `None` for what it cannot hold.
pub(super) fn mode_of(stat: &Stat) -> Option<Mode> {
    Some(match stat.file_type() {
        FileType::Regular if stat.is_executable() => Mode::Executable,
        FileType::Regular => Mode::File,
        FileType::Link => Mode::Link,
        FileType::Directory => Mode::Directory,
        FileType::Other => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::index::SectionBuilder;
    use super::*;

    #[test]
    fn chunks_cover_both_sides_in_order() {
        let directory = tempfile::tempdir().expect("temporary directory");
        for at in (0..5000).step_by(2) {
            std::fs::write(directory.path().join(format!("{at:05}")), b"").expect("write");
        }
        let opened = fs::open_dir(directory.path()).expect("open");
        let list =
            DirList::read(std::os::fd::AsFd::as_fd(&opened), directory.path()).expect("list");
        let mut builder = SectionBuilder::default();
        let names: Vec<String> = (0..5000).step_by(3).map(|at| format!("{at:05}")).collect();
        for name in names.iter().chain([&"z".to_owned()]) {
            builder.push(&Entry::directory(name.as_bytes()));
        }
        let section = builder.finish(ObjectId::EMPTY, 0, 0, true);
        let pieces = chunks(&list, Some(&section));
        assert!(pieces.len() > 2);
        let pairs: Vec<_> =
            pieces.iter().flat_map(|chunk| chunk.pairs(&list, Some(&section))).collect();
        assert!(pairs.is_sorted_by(|a, b| a.name < b.name));
        assert_eq!(pairs.iter().filter(|pair| pair.stat.is_some()).count(), 2500);
        assert_eq!(pairs.iter().filter(|pair| pair.entry.is_some()).count(), 1668);
        let both = pairs.iter().filter(|pair| pair.stat.is_some() && pair.entry.is_some());
        assert_eq!(both.count(), 834);
        assert!(chunks(&DirList::default(), None).is_empty());
    }
}
