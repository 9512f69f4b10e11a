//! Text in letters of ASCII, by the tables of Text::Unidecode.
//!
//! The table is one block of bytes, made by `templates/build.rs`: one of strings would be relocated, all
//! of its 65 536 pointers, whenever the program starts, whether or not anything is transliterated.

const TABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ascii"));

/// Where each text begins and the last one ends.
const STARTS: usize = 4 * (0x1_0000 + 1);

/// `text` with each character outside of ASCII replaced. What the tables do not know goes away.
pub(super) fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_ascii() {
            true => out.push(c),
            false => out.push_str(transliteration(c).unwrap_or_default()),
        }
    }
    out
}

fn transliteration(c: char) -> Option<&'static str> {
    let (starts, texts) = TABLE.split_at(STARTS);
    let at = |index: usize| {
        let bytes = starts.get(4 * index..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes) as usize)
    };
    let index = u32::from(c) as usize;
    std::str::from_utf8(texts.get(at(index)?..at(index + 1)?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_the_crate() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            assert_eq!(ascii(c.encode_utf8(&mut [0; 4])), unidecode::unidecode_char(c), "{c:?}");
        }
        assert_eq!(ascii("Æneid, Привет, 北亰"), "AEneid, Privet, Bei Jing ");
    }
}
