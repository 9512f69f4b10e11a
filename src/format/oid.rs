//! Object names: the SHA-256 of an object's uncompressed bytes (FIPS 180-4), the same number that
//! Git LFS calls `oid`. Written `sha256:` and 64 lowercase hexadecimal digits in text, 32 raw bytes
//! in binary formats.

use std::fmt;

use sha2::Digest as _;

use super::{Error, Result};

/// The SHA-256 of an object's bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectId([u8; 32]);

impl ObjectId {
    /// Length of the binary form in bytes.
    pub const LEN: usize = 32;

    /// The object of no bytes. It is implicit everywhere: never stored, sent or missing.
    pub const EMPTY: ObjectId = ObjectId([
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]);

    /// Hashes `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        ObjectId(sha2::Sha256::digest(bytes).into())
    }

    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        ObjectId(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 lowercase hexadecimal digits, without a prefix, as file names use them.
    pub fn to_hex(&self) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut hex = String::with_capacity(64);
        for byte in self.0 {
            hex.push(DIGITS[usize::from(byte >> 4)] as char);
            hex.push(DIGITS[usize::from(byte & 15)] as char);
        }
        hex
    }

    /// Parses exactly 64 lowercase hexadecimal digits.
    pub fn from_hex(hex: &str) -> Result<Self> {
        let bad = || Error::malformed("object id", "expected 64 lowercase hexadecimal digits");
        let digits = hex.as_bytes();
        if digits.len() != 64 {
            return Err(bad());
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(bad()),
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Ok(ObjectId(bytes))
    }

    /// Parses the text form `sha256:<64 hex>`.
    pub fn parse(text: &str) -> Result<Self> {
        match text.split_once(':') {
            Some(("sha256", hex)) => Self::from_hex(hex),
            _ => Err(Error::malformed("object id", "expected `sha256:` and 64 digits")),
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.to_hex())
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for ObjectId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ObjectId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        ObjectId::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Hashes an object piece by piece.
#[derive(Clone, Default)]
pub struct Hasher(sha2::Sha256);

impl Hasher {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(self) -> ObjectId {
        ObjectId(self.0.finalize().into())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}

/// What an object is used as.
///
/// Kind is never derived from bytes, only from what refers to them; inside packs it is a hint, in a
/// remote index it is part of the key, because a *tree* there promises that everything the tree
/// names is there too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// The bytes of a file, or the text of a symbolic link.
    Blob = 1,
    /// One directory's listing.
    Tree = 2,
    /// A piece of a large object on a remote.
    Chunk = 3,
    /// The list of chunks that make up a large object on a remote.
    Recipe = 4,
}

impl Kind {
    pub fn from_byte(byte: u8) -> Option<Kind> {
        Some(match byte {
            1 => Kind::Blob,
            2 => Kind::Tree,
            3 => Kind::Chunk,
            4 => Kind::Recipe,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_object_has_its_well_known_name() {
        assert_eq!(ObjectId::of(b""), ObjectId::EMPTY);
    }

    #[test]
    fn text_form_round_trips_and_rejects_variants() {
        let id = ObjectId::of(b"abc");
        assert_eq!(
            id.to_string(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(ObjectId::parse(&id.to_string()), Ok(id));
        for bad in ["", "sha256:", "md5:00", &id.to_string().to_uppercase(), &id.to_hex()] {
            assert!(ObjectId::parse(bad).is_err(), "{bad}");
        }
    }
}
