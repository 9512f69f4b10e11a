//! `mldata-remote`: the text file that makes a place a remote and says how to write to it.
//!
//! # Format, version 1
//!
//! ```text
//! mldata-remote: 1
//! id: 0123456789abcdef0123456789abcdef
//! requires:
//! hash: sha256
//! chunker: fastcdc-2020 65536 262144 1048576
//! entry-limit: 524288
//! ```
//!
//! UTF-8 lines of `key: value`; blank lines and lines that begin with `#` are skipped, unknown keys
//! are ignored. `id` is random. `requires` lists, separated by spaces, what a program must know to
//! read or write here; one that does not know a word of it keeps out. `chunker` names the algorithm
//! and the minimal, average and maximal length of a chunk in bytes. Objects of fewer than
//! `entry-limit` bytes are stored whole. Writers take these numbers from here, never from their own
//! defaults, so that all of them cut the same object at the same places.

use std::fmt;

use super::{Error, Result};

const WHAT: &str = "`mldata-remote` file";
const VERSION: u64 = 1;
/// What may stand in `requires` and is understood here.
const FEATURES: &[&str] = &[];
const CHUNKER: &str = "fastcdc-2020";
const HASH: &str = "sha256";

/// The random name of a remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RemoteId([u8; 16]);

impl RemoteId {
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        RemoteId(bytes)
    }

    /// Parses exactly 32 lowercase hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self> {
        let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if text.len() != 32 || !digits {
            return Err(Error::malformed("remote id", "expected 32 lowercase hexadecimal digits"));
        }
        let number = u128::from_str_radix(text, 16).expect("32 hexadecimal digits");
        Ok(RemoteId(number.to_be_bytes()))
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// How large objects are cut: lengths of a chunk in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunking {
    pub min: u32,
    pub avg: u32,
    pub max: u32,
}

impl Chunking {
    pub const DEFAULT: Chunking = Chunking { min: 64 << 10, avg: 256 << 10, max: 1 << 20 };

    /// The algorithm takes even numbers within these bounds.
    fn is_valid(self) -> bool {
        let even = |n: u32| n.is_multiple_of(2);
        (64..=1 << 20).contains(&self.min)
            && (256..=4 << 20).contains(&self.avg)
            && (1024..=16 << 20).contains(&self.max)
            && self.min <= self.avg
            && self.avg <= self.max
            && even(self.min)
            && even(self.avg)
            && even(self.max)
    }
}

/// A remote's identity and parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteFile {
    pub id: RemoteId,
    pub chunking: Chunking,
    /// Objects of fewer bytes are stored whole.
    pub entry_limit: u64,
}

impl RemoteFile {
    /// A new remote's parameters.
    pub fn new(id: RemoteId) -> Self {
        RemoteFile { id, chunking: Chunking::DEFAULT, entry_limit: 512 << 10 }
    }

    pub fn encode(&self) -> String {
        let Chunking { min, avg, max } = self.chunking;
        format!(
            "mldata-remote: {VERSION}\nid: {}\nrequires:\nhash: {HASH}\n\
             chunker: {CHUNKER} {min} {avg} {max}\nentry-limit: {}\n",
            self.id, self.entry_limit
        )
    }

    /// # Errors
    /// The text is no `mldata-remote` file, is of a later version, or requires what this program
    /// does not know.
    pub fn decode(bytes: &[u8]) -> Result<RemoteFile> {
        let bad = |reason: &str| Error::malformed(WHAT, reason);
        let text = std::str::from_utf8(bytes).map_err(|_| bad("it is not text"))?;
        let value = |key: &str| {
            let mut lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
            lines.find_map(|line| {
                let (name, value) = line.split_once(':')?;
                (name.trim_end() == key).then_some(value.trim())
            })
        };
        let need = |key: &str| {
            value(key).ok_or_else(|| Error::malformed(WHAT, format!("`{key}` is missing")))
        };
        let version: u64 =
            need("mldata-remote")?.parse().map_err(|_| bad("its version is not a number"))?;
        if version != VERSION {
            return Err(Error::Version { what: WHAT, found: version, supported: VERSION });
        }
        for feature in value("requires").unwrap_or_default().split_whitespace() {
            if !FEATURES.contains(&feature) {
                let feature: String = feature.chars().filter(|c| !c.is_control()).collect();
                return Err(Error::malformed(
                    WHAT,
                    format!("it requires `{feature}`, which this version does not know"),
                ));
            }
        }
        if value("hash").unwrap_or(HASH) != HASH {
            return Err(bad("its hash is not sha256"));
        }
        let words: Vec<&str> = need("chunker")?.split_whitespace().collect();
        let [CHUNKER, min, avg, max] = words[..] else {
            return Err(bad("its chunker is not one that this version knows"));
        };
        let number = |text: &str| text.parse::<u32>().map_err(|_| bad("a length is no number"));
        let chunking = Chunking { min: number(min)?, avg: number(avg)?, max: number(max)? };
        if !chunking.is_valid() {
            return Err(bad("its chunk lengths are out of bounds"));
        }
        let entry_limit = need("entry-limit")?.parse().map_err(|_| bad("a length is no number"))?;
        if entry_limit > 1 << 30 {
            return Err(bad("its entry limit is over 1 GiB"));
        }
        Ok(RemoteFile { id: RemoteId::parse(need("id")?)?, chunking, entry_limit })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> RemoteFile {
        RemoteFile::new(RemoteId::from_bytes(*b"0123456789abcdef"))
    }

    #[test]
    fn round_trips_and_bears_comments_and_unknown_keys() {
        let text = sample().encode();
        assert_eq!(RemoteFile::decode(text.as_bytes()), Ok(sample()));
        let more = format!("# ours\n\nowner: me\n{text}");
        assert_eq!(RemoteFile::decode(more.as_bytes()), Ok(sample()));
    }

    #[test]
    fn what_is_not_understood_is_refused_by_name() {
        let text = sample().encode();
        let newer = text.replace("mldata-remote: 1", "mldata-remote: 2");
        let found = RemoteFile::decode(newer.as_bytes());
        assert!(matches!(found, Err(Error::Version { found: 2, .. })), "{found:?}");
        let locked = text.replace("requires:", "requires: encryption");
        let error = RemoteFile::decode(locked.as_bytes()).expect_err("unknown feature");
        assert!(error.to_string().contains("`encryption`"), "{error}");
        for (from, to) in [
            ("fastcdc-2020 65536", "rabin 65536"),
            ("65536", "65537"),
            ("1048576", "104857600"),
            ("sha256", "md5"),
            ("id: ", "id: x"),
            ("524288", "-1"),
        ] {
            assert!(RemoteFile::decode(text.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_do_no_harm(bytes: Vec<u8>) {
            let _ = RemoteFile::decode(&bytes);
        }
    }
}
