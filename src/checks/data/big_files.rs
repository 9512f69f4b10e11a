//! Files that Git would keep for good, and every clone would fetch.
//!
//! What counts are bytes that are new to the repository. A file that was larger in the last commit, or
//! that only got another name, is there already: nothing is gained by stopping the commit. What a filter
//! such as Git LFS's makes of a file is what is staged, and is what is weighed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::{File, Files, Finding, Origin, Reader, Result, Settings};
use super::forget::{Beside, Forget};
use super::moved;
use crate::data::add::name_refusal;
use crate::fs::RepoPath;

/// Bytes; also what a run's snapshot takes for large is of this order.
const LIMIT: u64 = 5 << 20;
/// Bytes of all files within the limit that one commit adds.
const TOTAL_LIMIT: u64 = 50 << 20;

/// Each file over the limit.
pub(super) fn find(files: &Files<'_>, settings: &Settings, found: &mut Vec<Finding>) -> Result<()> {
    let limit = settings.bytes("limit", LIMIT)?;
    let weights = weigh(files, limit)?;
    let big: Vec<(&File, u64)> = weights.into_iter().filter(|(_, size)| *size > limit).collect();
    let paths: Vec<&RepoPath> = big.iter().map(|(file, _)| &file.path).collect();
    let forget = Forget::new(files, &paths)?;
    let mut hints = hints(files, &forget, &big)?;
    for (file, size) in big {
        let mut message = format!("{} going into Git", shown(size));
        if forget.beside(&file.path) == Beside::Changed {
            let _ = write!(message, " as blob {}; the file has changed since", file.id);
        }
        let finding = Finding::new(&file.path, "big-file", message);
        found.push(match hints.remove(&file.path) {
            Some(hint) => finding.hint(hint),
            None => finding,
        });
    }
    Ok(())
}

/// All files together that are within the limit each.
pub(super) fn find_total(
    files: &Files<'_>,
    settings: &Settings,
    found: &mut Vec<Finding>,
) -> Result<()> {
    if !files.are_changes {
        return Ok(());
    }
    let limit = settings.bytes("limit", LIMIT)?;
    let total_limit = settings.bytes("total-limit", TOTAL_LIMIT)?;
    let sum = |least| -> Result<(Vec<(&File, u64)>, u64)> {
        let mut weights = weigh(files, least)?;
        weights.retain(|(file, size)| *size <= limit && !settings.excludes(&file.path));
        let total = weights.iter().map(|(_, size)| size).sum();
        Ok((weights, total))
    };
    // Most commits are far below: only of others is it asked what of that is known already.
    if sum(u64::MAX)?.1 <= total_limit {
        return Ok(());
    }
    let (weights, total) = sum(0)?;
    if total <= total_limit {
        return Ok(());
    }
    let Some((largest, _)) = weights.iter().max_by_key(|(_, size)| size) else { return Ok(()) };
    let count = weights.len();
    let message = format!("{} in {count} files going into Git; this is the largest", shown(total));
    // As many of the files as lie in one directory that has nothing else, by what that saves.
    let sizes: BTreeMap<&RepoPath, u64> =
        weights.iter().map(|(file, size)| (&file.path, *size)).collect();
    let mut saved: BTreeMap<RepoPath, u64> = BTreeMap::new();
    for (path, outermost) in whole_directories(files, &sizes.keys().copied().collect())? {
        let above = std::iter::successors(path.parent(), RepoPath::parent);
        for directory in above.take_while(|directory| directory.below(&outermost).is_some()) {
            *saved.entry(directory).or_default() += sizes[&path];
        }
    }
    let most = saved.values().copied().max().unwrap_or(0);
    // A text beside the directory that has nearly all of it is no data.
    let nearly = |(_, size): &(RepoPath, u64)| *size >= most - most / 20;
    let inner = saved.into_iter().filter(nearly).max_by_key(|(path, _)| path.components().count());
    let hint = match inner.filter(|(_, size)| total - size <= total_limit) {
        Some((directory, _)) => {
            command(files, &Forget::new(files, &[&directory])?, &directory, true)
        }
        None => "track directories of data with `git mldata add` instead".to_owned(),
    };
    found.push(Finding::new(&largest.path, "big-commit", message).hint(hint));
    Ok(())
}

/// The regular files that bring bytes into Git, with how many. Those over `limit` are left out if Git
/// has the bytes already; of others that is not asked.
fn weigh<'f>(files: &'f Files<'_>, limit: u64) -> Result<Vec<(&'f File, u64)>> {
    let reader = files.reader();
    let mut weights = Vec::new();
    let mut moved = None;
    for file in files.files.iter().filter(|file| file.is_regular()) {
        let mut size = reader.size(file)?;
        if size > limit {
            if files.origin == Origin::Worktree {
                size = size.min(staged_size(files, &reader, file)?.unwrap_or(size));
            }
            let moved = match &mut moved {
                Some(moved) => moved,
                none => none.insert(moved::gone(files)?),
            };
            if is_known(&reader, file, size)? || moved.contains(&file.id) {
                continue;
            }
        }
        weights.push((file, size));
    }
    Ok(weights)
}

/// Whether the path had as many bytes before.
fn is_known(reader: &Reader<'_>, file: &File, size: u64) -> Result<bool> {
    Ok(match file.old {
        Some(old) => reader.blob_size(old)? >= size,
        None => false,
    })
}

/// Bytes that are staged for a file of the worktree: a filter may have made them few.
fn staged_size(files: &Files<'_>, reader: &Reader<'_>, file: &File) -> Result<Option<u64>> {
    let index = files.repo().index()?;
    index.file_at(&file.path).map(|(id, _)| reader.blob_size(id)).transpose()
}

/// What to type for the big files: one command for a directory in which Git has nothing else.
fn hints(
    files: &Files<'_>,
    forget: &Forget<'_>,
    big: &[(&File, u64)],
) -> Result<BTreeMap<RepoPath, String>> {
    let mut hints = BTreeMap::new();
    if big.is_empty() {
        return Ok(hints);
    }
    let paths: BTreeSet<&RepoPath> = big.iter().map(|(file, _)| &file.path).collect();
    let whole = whole_directories(files, &paths)?;
    let mut told: BTreeSet<&RepoPath> = BTreeSet::new();
    for path in paths {
        let hint = match whole.get(path) {
            // Once for all of them.
            Some(directory) if !told.insert(directory) => continue,
            Some(directory) => command(files, forget, directory, true),
            None => match unfit(path) {
                Some(rename) => rename,
                None => command(files, forget, path, false),
            },
        };
        hints.insert(path.clone(), hint);
    }
    Ok(hints)
}

/// Makes data of a file, or of a directory with all that is in it.
fn command(files: &Files<'_>, forget: &Forget<'_>, path: &RepoPath, is_directory: bool) -> String {
    let word = files.word(path);
    // What is only staged has to be there to be added.
    let back = match forget.beside(path) {
        Beside::Gone => format!("git restore {word} && "),
        Beside::Same | Beside::Changed => String::new(),
    };
    format!("{back}{} && git mldata add {word}", forget.command(path, is_directory))
}

/// What to do about a name that `git mldata add` would refuse: what is not staged any more and not added
/// either would be nowhere.
fn unfit(path: &RepoPath) -> Option<String> {
    let reason = name_refusal(path)?;
    Some(format!("give it another name, then `git mldata add` takes it: {reason}"))
}

/// For each of `paths`, the outermost directory in which Git has several files, all of them of `paths`, and
/// all with names that data may have.
fn whole_directories(
    files: &Files<'_>,
    paths: &BTreeSet<&RepoPath>,
) -> Result<BTreeMap<RepoPath, RepoPath>> {
    let state = files.state()?;
    let mut known: BTreeMap<RepoPath, bool> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for path in paths {
        let above = std::iter::successors(path.parent(), RepoPath::parent);
        for directory in above.take_while(|directory| !directory.is_root()) {
            if !known.contains_key(&directory) {
                let below = state.below(&directory)?;
                let is_fit = |path: &RepoPath| paths.contains(path) && unfit(path).is_none();
                let is_whole = below.len() > 1 && below.iter().all(is_fit);
                known.insert(directory.clone(), is_whole);
            }
            if known[&directory] {
                found.insert((*path).clone(), directory);
            }
        }
    }
    Ok(found)
}

/// A number of bytes as people say it.
fn shown(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1024 => return format!("{bytes} bytes"),
        1024..1_048_576 => (1024, "KiB"),
        1_048_576..1_073_741_824 => (1 << 20, "MiB"),
        _ => (1 << 30, "GiB"),
    };
    // Rounded up: what is over a limit must not look as if it were at it.
    let tenths = (bytes.saturating_mul(10)).div_ceil(unit);
    format!("{}.{} {name}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_rounded_up_to_a_tenth() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1.0 KiB"),
            (5 << 20, "5.0 MiB"),
            ((5 << 20) + 1, "5.1 MiB"),
            (3 << 29, "1.5 GiB"),
        ] {
            assert_eq!(shown(bytes), text);
        }
        assert!(shown(u64::MAX).ends_with("GiB"));
    }
}
