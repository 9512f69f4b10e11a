//! Names of runs: 16 random bytes, as 32 lowercase hexadecimal digits. The stages of a run have the
//! first byte of their parent, so that one shard of the store holds them all.

use std::fmt;

use crate::format::{Error, Result};

/// The id of a run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId([u8; 16]);

/// Digits of an id.
const DIGITS: usize = 32;

impl RunId {
    pub const fn from_bytes(bytes: [u8; 16]) -> RunId {
        RunId(bytes)
    }

    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// # Errors
    /// The text is not 32 lowercase hexadecimal digits.
    pub fn parse(text: &str) -> Result<RunId> {
        let bad = || Error::malformed("run id", "expected 32 lowercase hexadecimal digits");
        let digits = text.as_bytes();
        if digits.len() != DIGITS {
            return Err(bad());
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(bad()),
        };
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Ok(RunId(bytes))
    }

    /// The directory of the store that holds the run: two digits.
    pub fn shard(&self) -> String {
        format!("{:02x}", self.0[0])
    }

    /// The first digits, as tables show them.
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(8);
        text
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl serde::Serialize for RunId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for RunId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        RunId::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Whether `text` can be the beginning of an id that somebody typed: as in Git, four digits or more.
pub fn is_prefix(text: &str) -> bool {
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (4..=DIGITS).contains(&text.len()) && text.bytes().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_back_and_nothing_else_is() {
        let id = RunId::from_bytes(std::array::from_fn(|i| (i as u8) * 17));
        assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
        assert_eq!(RunId::parse(&id.to_string()), Ok(id));
        assert_eq!((id.shard(), id.short()), ("00".to_owned(), "00112233".to_owned()));
        for bad in ["", "00", "00112233445566778899AABBCCDDEEFF", "../2233445566778899aabbccddeeff"]
        {
            assert!(RunId::parse(bad).is_err(), "{bad}");
        }
        assert!(is_prefix("00ab") && !is_prefix("00a") && !is_prefix("00ag"));
    }
}
