//! Recipes: the chunks that, one after the other, are a large object.
//!
//! # Format, version 1
//!
//! ```text
//! "MLRC"  version: u32 = 1
//! oid:    32 bytes   the object
//! size:   u64        its bytes
//! count:  u32
//! chunk × count:
//!   oid:  32 bytes   SHA-256 of the chunk
//!   len:  u32        its bytes, not zero
//! ```
//!
//! The lengths add up to `size`, and nothing follows. A recipe is not named by a hash of its own:
//! the object it makes is hashed before it gets its name.

use super::{Cursor, Error, ObjectId, Result};

const WHAT: &str = "recipe";
const MAGIC: &[u8; 4] = b"MLRC";
const VERSION: u32 = 1;
const CHUNK_LEN: usize = 36;

/// One piece of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    pub oid: ObjectId,
    /// Bytes.
    pub len: u32,
}

/// How to make an object of chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipe {
    pub oid: ObjectId,
    /// Bytes.
    pub size: u64,
    pub chunks: Vec<Chunk>,
}

impl Recipe {
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(52 + self.chunks.len() * CHUNK_LEN);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_be_bytes());
        bytes.extend_from_slice(self.oid.as_bytes());
        bytes.extend_from_slice(&self.size.to_be_bytes());
        let count = u32::try_from(self.chunks.len()).expect("a recipe of under 2^32 chunks");
        bytes.extend_from_slice(&count.to_be_bytes());
        for chunk in &self.chunks {
            bytes.extend_from_slice(chunk.oid.as_bytes());
            bytes.extend_from_slice(&chunk.len.to_be_bytes());
        }
        bytes
    }

    /// # Errors
    /// The bytes are no recipe, or its lengths do not add up.
    pub fn decode(bytes: &[u8]) -> Result<Recipe> {
        let mut cursor = Cursor::new(bytes, WHAT);
        cursor.header(MAGIC, VERSION)?;
        let (oid, size, count) = (cursor.oid()?, cursor.u64()?, cursor.u32()?);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        if count.checked_mul(CHUNK_LEN) != Some(cursor.remaining()) {
            return Err(Error::malformed(WHAT, "its count does not fit its length"));
        }
        let mut chunks = Vec::with_capacity(count);
        let mut sum = 0u64;
        while !cursor.is_empty() {
            let chunk = Chunk { oid: cursor.oid()?, len: cursor.u32()? };
            if chunk.len == 0 {
                return Err(Error::malformed(WHAT, "a chunk is empty"));
            }
            sum += u64::from(chunk.len);
            chunks.push(chunk);
        }
        if sum != size {
            return Err(Error::malformed(WHAT, "its chunks do not add up to its size"));
        }
        Ok(Recipe { oid, size, chunks })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recipe(lengths: &[u32]) -> Recipe {
        let chunk = |len: &u32| Chunk { oid: ObjectId::of(&len.to_be_bytes()), len: *len };
        let size = lengths.iter().map(|len| u64::from(*len)).sum();
        Recipe { oid: ObjectId::of(b"whole"), size, chunks: lengths.iter().map(chunk).collect() }
    }

    proptest! {
        #[test]
        fn round_trips(lengths in prop::collection::vec(1u32.., 0..50)) {
            let recipe = recipe(&lengths);
            prop_assert_eq!(Recipe::decode(&recipe.encode()), Ok(recipe));
        }

        #[test]
        fn whatever_decodes_encodes_to_the_same_bytes(tail: Vec<u8>) {
            let mut bytes = b"MLRC\0\0\0\x01".to_vec();
            bytes.extend_from_slice(&tail);
            if let Ok(recipe) = Recipe::decode(&bytes) {
                prop_assert_eq!(recipe.encode(), bytes);
            }
        }
    }

    #[test]
    fn truncation_and_lies_are_errors() {
        let bytes = recipe(&[1, 2, u32::MAX]).encode();
        for len in 0..bytes.len() {
            assert!(Recipe::decode(&bytes[..len]).is_err(), "{len}");
        }
        let mut more = bytes.clone();
        more.push(0);
        assert!(Recipe::decode(&more).is_err());
        let mut lie = recipe(&[1, 2]);
        lie.size = 4;
        assert!(Recipe::decode(&lie.encode()).is_err());
        assert!(Recipe::decode(&recipe(&[0]).encode()).is_err());
        let mut many = bytes;
        many[48..52].copy_from_slice(&u32::MAX.to_be_bytes());
        assert!(Recipe::decode(&many).is_err());
    }
}
