//! Cutting large objects where their content says: FastCDC, version 2020, normalisation level 1, as
//! the `fastcdc` crate has it. The same bytes are cut at the same places by whoever cuts them; a
//! golden test holds the cut points.

use std::io::{self, Read};

use fastcdc::v2020::StreamCDC;

use crate::format::remote_file::Chunking;

/// The chunks of what `source` gives, in order, each at most `chunking.max` bytes. The source is
/// read to its end.
pub(super) fn chunks(
    source: impl Read,
    chunking: Chunking,
) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    let Chunking { min, avg, max } = chunking;
    StreamCDC::new(source, min as usize, avg as usize, max as usize)
        .map(|chunk| Ok(chunk.map_err(io::Error::from)?.data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::ObjectId;
    use crate::remote::tests::noise;

    fn cut(bytes: &[u8], chunking: Chunking) -> Vec<usize> {
        chunks(bytes, chunking).map(|chunk| chunk.expect("memory").len()).collect()
    }

    #[test]
    fn cut_points_are_those_of_version_1() {
        let bytes = noise(4 << 20, 42);
        assert_eq!(
            ObjectId::of(&bytes).to_hex(),
            "32224c8dd342347121a61bb104f46f42f2097b5e4850f45e532609bd2fb78c66",
            "the generator of the test changed"
        );
        assert_eq!(cut(&bytes, Chunking::DEFAULT), GOLDEN);
        let zeros = vec![0; (2 << 20) + 5];
        assert_eq!(cut(&zeros, Chunking::DEFAULT), [1 << 20, 1 << 20, 5]);
    }

    const GOLDEN: &[usize] = &[
        82550, 118322, 420208, 419483, 648557, 343253, 414567, 308858, 533345, 102555, 116722,
        685884,
    ];

    #[test]
    fn an_insertion_changes_only_the_chunks_around_it() {
        let bytes = noise(4 << 20, 7);
        let mut other = bytes.clone();
        other.splice(1_000_000..1_000_000, *b"inserted");
        let ids = |bytes: &[u8]| -> Vec<ObjectId> {
            chunks(bytes, Chunking::DEFAULT).map(|c| ObjectId::of(&c.expect("memory"))).collect()
        };
        let before = ids(&bytes);
        let new = ids(&other).into_iter().filter(|id| !before.contains(id)).count();
        assert!((1..=2).contains(&new), "{new} new chunks");
    }
}
