//! Entries of the run cache: what a command with some key once wrote, and how it went.
//!
//! # Format, version 1
//!
//! A JSON document, then a line with the SHA-256 of all bytes before that line. Entries are written
//! without waiting for the disk, and a power cut may tear them: an entry whose last line does not fit
//! is an error here and a miss to whoever looked it up.
//!
//! ```json
//! {
//!   "mlrun-entry": 1,
//!   "key": "5c217e2d…",
//!   "time": 1767225600,
//!   "duration_ms": 1234,
//!   "exit_code": 0,
//!   "log": { "oid": "sha256:9f86…", "size": 120 },
//!   "outs": [
//!     { "path": "model.pkl", "oid": "sha256:c3ab…", "size": 5, "exec": true },
//!     { "path": "plots", "tree": "sha256:4d7a…", "size": 34, "files": 3, "cache": false }
//!   ]
//! }
//! sha256:e3b0…
//! ```
//!
//! Outs are as in a lock (`format::lock`): relative to the directory of the pipeline file, with
//! `cache`, `push` and `remote` only where they are not the default.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lock::{LockedOut, check_out};
use super::{Error, ObjectId, Result, StageKey, Target};

const WHAT: &str = "run cache entry";
const VERSION: u64 = 1;

/// The longest entry that is read, in bytes.
pub const MAX_LEN: usize = 16 << 20;

/// One run of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEntry {
    pub key: StageKey,
    /// Ascending by path.
    pub outs: Vec<LockedOut>,
    /// What the commands printed, if that was kept.
    pub log: Option<Log>,
    /// Of all commands together, to the millisecond.
    pub duration: Duration,
    pub exit_code: i32,
    /// When it ended: seconds since 1970.
    pub time: i64,
}

/// The object that holds what commands printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub oid: ObjectId,
    /// Bytes.
    pub size: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "mlrun-entry")]
    version: u64,
    key: String,
    time: i64,
    duration_ms: u64,
    exit_code: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<Log>,
    outs: Vec<Out>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Out {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    oid: Option<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tree: Option<ObjectId>,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<u64>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    exec: bool,
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    cache: bool,
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    push: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<String>,
}

fn yes() -> bool {
    true
}

/// Of an entry of any version.
#[derive(Deserialize)]
struct Version {
    #[serde(rename = "mlrun-entry")]
    version: u64,
}

impl RunEntry {
    /// Parses an entry.
    ///
    /// # Errors
    /// It is torn, not an entry, or one of a later version.
    pub fn parse(bytes: &[u8]) -> Result<RunEntry> {
        let malformed = |error: serde_json::Error| Error::malformed(WHAT, error.to_string());
        let document = whole(bytes).ok_or_else(|| Error::malformed(WHAT, "it is not whole"))?;
        let Version { version } = serde_json::from_slice(document).map_err(malformed)?;
        if version != VERSION {
            return Err(Error::Version { what: WHAT, found: version, supported: VERSION });
        }
        let document: Document = serde_json::from_slice(document).map_err(malformed)?;
        let outs: Vec<LockedOut> =
            document.outs.into_iter().map(Out::into_locked).collect::<Result<_>>()?;
        if !outs.is_sorted_by(|a, b| a.path < b.path) {
            return Err(Error::malformed(WHAT, "its outs are not in order"));
        }
        Ok(RunEntry {
            key: StageKey::from_hex(&document.key)?,
            outs,
            log: document.log,
            duration: Duration::from_millis(document.duration_ms),
            exit_code: document.exit_code,
            time: document.time,
        })
    }

    /// The bytes to write.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut outs: Vec<Out> = self.outs.iter().map(Out::from_locked).collect();
        outs.sort_by(|a, b| a.path.cmp(&b.path));
        let document = Document {
            version: VERSION,
            key: self.key.to_hex(),
            time: self.time,
            duration_ms: u64::try_from(self.duration.as_millis()).unwrap_or(u64::MAX),
            exit_code: self.exit_code,
            log: self.log,
            outs,
        };
        let mut bytes = serde_json::to_vec_pretty(&document).expect("it has only text and numbers");
        bytes.push(b'\n');
        let sum = ObjectId::of(&bytes);
        bytes.extend_from_slice(format!("{sum}\n").as_bytes());
        bytes
    }
}

/// The document, if the sum after it is its own.
fn whole(bytes: &[u8]) -> Option<&[u8]> {
    const SUM: usize = "sha256:".len() + 64 + 1;
    if bytes.len() > MAX_LEN {
        return None;
    }
    let (document, sum) = bytes.split_at_checked(bytes.len().checked_sub(SUM)?)?;
    (sum == format!("{}\n", ObjectId::of(document)).as_bytes()).then_some(document)
}

impl Out {
    fn from_locked(out: &LockedOut) -> Out {
        let LockedOut { path, target, cache, push, remote } = out;
        let (oid, tree, files, exec) = match *target {
            Target::File { oid, exec, .. } => (Some(oid), None, None, exec),
            Target::Directory { oid, files, .. } => (None, Some(oid), Some(files), false),
        };
        Out {
            path: path.clone(),
            oid,
            tree,
            size: target.size(),
            files,
            exec,
            cache: *cache,
            push: *push,
            remote: remote.clone(),
        }
    }

    fn into_locked(self) -> Result<LockedOut> {
        let Out { path, oid, tree, size, files, exec, cache, push, remote } = self;
        let target = match (oid, tree, files) {
            (Some(oid), None, None) => Target::File { oid, size, exec },
            (None, Some(oid), Some(files)) if !exec => Target::Directory { oid, size, files },
            _ => return Err(Error::malformed(WHAT, "an out has not one object")),
        };
        check_out(&path).map_err(|reason| Error::malformed(WHAT, reason))?;
        Ok(LockedOut { path, target, cache, push, remote })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::format::stage_key::Inputs;

    fn sample() -> RunEntry {
        let file = Target::File { oid: ObjectId::of(b"model"), size: 5, exec: true };
        let directory = Target::Directory { oid: ObjectId::of(b"plots"), size: 34, files: 3 };
        let out = |path: &str, target, cache, remote: Option<&str>| LockedOut {
            path: path.to_owned(),
            target,
            cache,
            push: cache,
            remote: remote.map(str::to_owned),
        };
        RunEntry {
            key: Inputs::default().key(),
            outs: vec![
                out("../plots é", directory, false, None),
                out("model.pkl", file, true, Some("store")),
            ],
            log: Some(Log { oid: ObjectId::of(b"log"), size: 3 }),
            duration: Duration::from_millis(1234),
            exit_code: 0,
            time: 1_767_225_600,
        }
    }

    #[test]
    fn the_text_is_that_of_version_1() {
        let full = sample();
        let bare = RunEntry { outs: vec![], log: None, exit_code: -1, ..sample() };
        for (name, entry) in [("run-entry", full), ("run-entry-bare", bare)] {
            let bytes = entry.to_bytes();
            crate::fs::golden::check(name, &bytes);
            assert_eq!(RunEntry::parse(&bytes), Ok(entry));
        }
    }

    #[test]
    fn a_torn_entry_is_refused() {
        let bytes = sample().to_bytes();
        for end in 0..bytes.len() {
            assert!(RunEntry::parse(&bytes[..end]).is_err(), "{end}");
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            assert!(RunEntry::parse(&bytes).is_err(), "{at}");
        }
    }

    fn resealed(change: impl Fn(&str) -> String) -> String {
        let bytes = sample().to_bytes();
        let text = change(std::str::from_utf8(whole(&bytes).expect("whole")).expect("text"));
        let sealed = format!("{text}{}\n", ObjectId::of(text.as_bytes()));
        RunEntry::parse(sealed.as_bytes()).expect_err("invalid").to_string()
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (from, to, expected) in [
            ("\"mlrun-entry\": 1", "\"mlrun-entry\": 2", "version 2"),
            ("../plots", "/plots", "absolute"),
            ("../plots", "z", "order"),
            ("\"tree\"", "\"oid\"", "not one object"),
            ("\"time\"", "\"tide\"", "unknown field"),
            ("model.pkl", "../plots é", "order"),
        ] {
            let error = resealed(|text| text.replace(from, to));
            assert!(error.contains(expected), "{to} gave {error}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_parser_panic(text: String) {
            prop_assert!(RunEntry::parse(text.as_bytes()).is_err());
            let sealed = format!("{text}{}\n", ObjectId::of(text.as_bytes()));
            let _ = RunEntry::parse(sealed.as_bytes());
        }
    }
}
