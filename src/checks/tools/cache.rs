//! Verdicts that are kept, so that the same text is not judged twice.
//!
//! An entry is one file below `mldata/hook-cache` of the repository, whose name is a digest of everything
//! that the verdict depends on: tool, task, path, text, configuration, the modules that its imports find.
//! All worktrees share it. An entry is whole or damaged, by its checksum; a damaged one is as good as none.
//! Writers replace a file by a rename, unsynced: after a power cut the tool is started once more. When
//! entries together are past 64 MiB, the oldest half goes.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use xxhash_rust::xxh3::xxh3_64;

use super::verdict::Verdict;
use crate::fs::{self, AtomicFile};

/// Goes into every key: another number forgets all entries.
pub const VERSION: u8 = 2;

const DIRECTORY: &str = "mldata/hook-cache";
/// Bytes of all entries together.
const LIMIT: u64 = 64 << 20;
/// Bytes of the largest entry.
const ENTRY: usize = 16 << 20;
/// How often sizes are added up.
const EVERY: Duration = Duration::from_secs(3600);
const STAMP: &str = "pruned";

/// What a verdict depends on, as a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

/// Collects what a verdict depends on.
pub struct KeyBuilder(Sha256);

impl KeyBuilder {
    pub fn new() -> KeyBuilder {
        KeyBuilder(Sha256::new().chain_update([VERSION]))
    }

    pub fn field(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub fn finish(self) -> Key {
        let digest = self.0.finalize();
        Key(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

pub struct Cache {
    directory: PathBuf,
}

impl Cache {
    pub fn new(common_dir: &Path) -> Cache {
        Cache { directory: common_dir.join(DIRECTORY) }
    }

    pub fn get(&self, key: &Key) -> Option<Verdict> {
        decode(&fs::read_bounded(&self.directory.join(&key.0), ENTRY).ok()?)
    }

    /// Keeps a verdict. That it cannot be kept is no failure.
    pub fn put(&self, key: &Key, verdict: &Verdict) {
        let Some(bytes) = encode(verdict).filter(|bytes| bytes.len() <= ENTRY) else { return };
        let write = || -> fs::Result<()> {
            fs::create_dir_all(&self.directory)?;
            let mut file = AtomicFile::create_in(&self.directory)?;
            let path = self.directory.join(&key.0);
            fs::At::at(std::io::Write::write_all(&mut file, &bytes), "write", &path)?;
            file.publish_unsynced(&path, fs::default_mode())
        };
        let _ = write();
    }

    /// Makes room where there are too many entries; looks once in an hour.
    pub fn prune(&self) {
        let stamp = self.directory.join(STAMP);
        let looked = std::fs::metadata(&stamp).and_then(|it| it.modified()).ok();
        if looked.is_some_and(|time| time.elapsed().is_ok_and(|past| past < EVERY)) {
            return;
        }
        let _ = std::fs::write(&stamp, "");
        fs::remove_stale_temps(&self.directory);
        self.prune_to(LIMIT);
    }

    fn prune_to(&self, limit: u64) {
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in std::fs::read_dir(&self.directory).into_iter().flatten().flatten() {
            if entry.file_name() == STAMP {
                continue;
            }
            if let Ok(stat) = entry.metadata() {
                let time = stat.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                entries.push((time, stat.len(), entry.path()));
            }
        }
        let mut total: u64 = entries.iter().map(|(_, size, _)| size).sum();
        if total <= limit {
            return;
        }
        entries.sort();
        for (_, size, path) in entries {
            if total <= limit / 2 {
                break;
            }
            let _ = std::fs::remove_file(path);
            total -= size;
        }
    }
}

/// Checksum of the rest, length of the JSON, the JSON, whether there is a text, the text.
fn encode(verdict: &Verdict) -> Option<Vec<u8>> {
    let json = serde_json::to_vec(verdict).ok()?;
    let mut rest = Vec::new();
    rest.extend_from_slice(&u32::try_from(json.len()).ok()?.to_le_bytes());
    rest.extend_from_slice(&json);
    rest.push(u8::from(verdict.text.is_some()));
    rest.extend_from_slice(verdict.text.as_deref().unwrap_or_default());
    let mut bytes = xxh3_64(&rest).to_le_bytes().to_vec();
    bytes.extend(rest);
    Some(bytes)
}

fn decode(bytes: &[u8]) -> Option<Verdict> {
    let (checksum, rest) = bytes.split_first_chunk::<8>()?;
    if xxh3_64(rest).to_le_bytes() != *checksum {
        return None;
    }
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let (json, rest) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*len)).ok()?)?;
    let mut verdict: Verdict = serde_json::from_slice(json).ok()?;
    let (has_text, text) = rest.split_first()?;
    verdict.text = (*has_text == 1).then(|| text.to_vec());
    Some(verdict)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::verdict::Problem;
    use super::*;

    fn verdict() -> Verdict {
        let problem = Problem::new("F401", "unused").at(1, Some(2));
        Verdict { text: Some(b"x\xff".to_vec()), ..Verdict::problem(problem) }
    }

    #[test]
    fn what_is_damaged_is_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let cache = Cache::new(directory.path());
        let mut key = KeyBuilder::new();
        key.field(b"a");
        let key = key.finish();
        assert_eq!(cache.get(&key), None);
        cache.put(&key, &verdict());
        assert_eq!(cache.get(&key), Some(verdict()));
        let path = cache.directory.join(&key.0);
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(decode(&damaged), None, "at {at}");
            assert_eq!(decode(&bytes[..at]), None, "up to {at}");
        }
        cache.prune();
        assert!(path.exists());
        cache.prune_to(1);
        assert!(!path.exists());
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let key = |fields: &[&[u8]]| {
            let mut key = KeyBuilder::new();
            fields.iter().for_each(|field| key.field(field));
            key.finish()
        };
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_entry_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut entry = xxh3_64(&bytes).to_le_bytes().to_vec();
            entry.extend(&bytes);
            let _ = decode(&entry);
        }
    }
}
