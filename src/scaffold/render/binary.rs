//! Which files of a template are copied as they are, because they are no texts.
//!
//! Cookiecutter asks `binaryornot` (version 0.6): first the name's extension, then the first bytes as
//! formats define them, then a decision tree, grown by a machine, over statistics of the first 512 bytes.
//! Names and first bytes are the same here; `binary-extensions.txt` has the names. Of the tree, this is
//! what can matter to a template that renders at all:
//!
//! - UTF-8 without control characters is text.
//! - UTF-8 with control characters is binary if they are few (up to [`FEW_CONTROLS`]) or very many, text
//!   in between: an escape sequence in a page of text makes it binary, a form feed in a short file does
//!   not. So it is there, and so it is here.
//! - What is not UTF-8 is text if it is mostly printable ASCII. Such a text cannot be rendered, there or
//!   here, and the author will have said that it is to be copied. All else is binary. (The tree takes
//!   some of this for text, too, which ends in an error there.)
//!
//! One difference is on purpose: the tree can take a text for binary whose first 512 bytes end in the
//! middle of a character, which happens in Chinese and not in English. Here the cut character does not
//! count.

/// One extension per line, in lower case.
static EXTENSIONS: &str = include_str!("binary-extensions.txt");

/// What files of known formats begin with.
static SIGNATURES: &[&[u8]] = &[
    // Images.
    b"\x89PNG",
    b"\xff\xd8\xff\xe0",
    b"\xff\xd8\xff\xe1",
    b"GIF87a",
    b"GIF89a",
    b"BM",
    b"MM\0*",
    b"II*\0",
    b"\0\0\x01\0",
    b"8BPS",
    b"\0\0\0\x1cftyphei",
    // Sound and video. RIFF is WebP, too.
    b"RIFF",
    b"OggS",
    b"fLaC",
    b"ID3",
    b"MThd",
    b"\0\0\0\x18ftyp",
    b"\x1a\x45\xdf\xa3",
    // Fonts.
    b"wOFF",
    b"wOF2",
    b"OTTO",
    b"\0\x01\0\0\0",
    // Documents and what desktops leave.
    b"%PDF-1.",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\0\0\0\x01Bud1",
    b"bplist",
    // Archives.
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"\xfd7zXZ\0",
    b"BZh",
    b"7z\xbc\xaf\x27\x1c",
    b"\x28\xb5\x2f\xfd",
    b"Rar!\x1a\x07",
    b"\x04\x22\x4d\x18",
    b"\x5d\0\0",
    b"\xff\x06\0\0sNaPpY",
    b"!<arch>\n",
    b"070701",
    // Programs.
    b"\x7fELF",
    b"\xfe\xed\xfa\xce",
    b"\xce\xfa\xed\xfe",
    b"\xfe\xed\xfa\xcf",
    b"\xcf\xfa\xed\xfe",
    b"MZ",
    b"\xca\xfe\xba\xbe",
    b"\0asm",
    b"dex\n",
    b"BC\xc0\xde",
    b"\xfe\xed\xfe\xed",
    // Data.
    b"SQLite format 3\0",
    b"PAR1",
    b"ARROW1",
    b"Obj\x01",
    b"\xa1\xb2\xc3\xd4",
    b"PACK",
];

/// How much of a file is looked at.
const LOOK: usize = 512;
/// Control characters by bytes, from which on they are no longer few.
const FEW_CONTROLS: f64 = 0.006_212;
const MANY_CONTROLS: f64 = 0.45;
const MANY_NULLS: f64 = 0.164;
/// Printable ASCII by bytes, from which on a file that is not UTF-8 is text all the same.
const MOSTLY_ASCII: f64 = 0.7587;

/// Whether the file called `name` (the last part of its path in the template) is copied as it is.
pub fn is_binary(name: &[u8], bytes: &[u8]) -> bool {
    has_binary_extension(name) || is_binary_content(bytes)
}

/// The extension follows the last dot that is neither the first nor the last character.
fn has_binary_extension(name: &[u8]) -> bool {
    let Some(dot) = name.iter().rposition(|&b| b == b'.').filter(|&at| at > 0) else {
        return false;
    };
    let extension = &name[dot + 1..];
    EXTENSIONS.lines().any(|known| extension.eq_ignore_ascii_case(known.as_bytes()))
}

fn is_binary_content(bytes: &[u8]) -> bool {
    if SIGNATURES.iter().any(|signature| bytes.starts_with(signature)) {
        return true;
    }
    let start = &bytes[..bytes.len().min(LOOK)];
    let share = |counts: fn(u8) -> bool| {
        start.iter().filter(|&&byte| counts(byte)).count() as f64 / start.len().max(1) as f64
    };
    let controls = share(|byte| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r'));
    let is_utf8 = match std::str::from_utf8(start) {
        Ok(_) => true,
        // A character that the end cuts.
        Err(error) => error.error_len().is_none() && start.len() == LOOK,
    };
    if !is_utf8 {
        return controls > 0.0 || share(|byte| matches!(byte, b' '..=b'~')) <= MOSTLY_ASCII;
    }
    let is_text = controls == 0.0 || (FEW_CONTROLS < controls && controls <= MANY_CONTROLS);
    !is_text || share(|byte| byte == 0) > MANY_NULLS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_those_of_names() {
        for name in ["a.png", "A.PNG", "{{x}}.tar.gz", "..png"] {
            assert!(has_binary_extension(name.as_bytes()), "{name}");
        }
        for name in ["png", ".png", "a.png.", "a.svg", "a.png}}", ""] {
            assert!(!has_binary_extension(name.as_bytes()), "{name}");
        }
        assert!(EXTENSIONS.lines().all(|line| line == line.to_lowercase() && !line.is_empty()));
    }

    #[test]
    fn content_is_text_or_not() {
        let cut = format!("{}é", "x".repeat(LOOK - 1));
        let late = format!("{}\0", "x".repeat(LOOK));
        for text in ["", "plain\ttext\r\n", "é", "\u{feff}a,b", "a\u{c}b", &cut[..], &late[..]] {
            assert!(!is_binary_content(text.as_bytes()), "{text:?}");
        }
        let escape = format!("\u{1b}[1m{}", "x".repeat(300));
        for bytes in [&b"\x7fELF"[..], b"BM", b"\x00\x00ab", b"\xff\xfe\x41\x80", escape.as_bytes()]
        {
            assert!(is_binary_content(bytes), "{bytes:?}");
        }
        // Latin-1: rendering it is an error that names the file.
        assert!(!is_binary_content(b"a long text with a single letter \xe9 that is not UTF-8"));
    }
}
