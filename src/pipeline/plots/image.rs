//! Images among plots, embedded in the page.

use crate::fs::RepoPath;

/// Images larger than this are named but not embedded, in bytes: a browser has to hold the page.
pub const MAX_IMAGE: usize = 32 << 20;

/// One image of one revision.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    pub revision: String,
    pub file: RepoPath,
    kind: ImageKind,
    bytes: Vec<u8>,
}

/// The same image over revisions.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageGroup {
    pub id: String,
    pub images: Vec<Image>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageKind {
    Png,
    Jpeg,
    Gif,
    Svg,
    Webp,
}

impl ImageKind {
    /// By the name of the file; `None` if it is no image.
    pub fn of(path: &RepoPath) -> Option<ImageKind> {
        let name = path.file_name().to_ascii_lowercase();
        let at = name.iter().rposition(|&b| b == b'.')?;
        Some(match &name[at + 1..] {
            b"png" => ImageKind::Png,
            b"jpg" | b"jpeg" => ImageKind::Jpeg,
            b"gif" => ImageKind::Gif,
            b"svg" => ImageKind::Svg,
            b"webp" => ImageKind::Webp,
            _ => return None,
        })
    }

    fn media_type(self) -> &'static str {
        match self {
            ImageKind::Png => "image/png",
            ImageKind::Jpeg => "image/jpeg",
            ImageKind::Gif => "image/gif",
            ImageKind::Svg => "image/svg+xml",
            ImageKind::Webp => "image/webp",
        }
    }
}

impl Image {
    pub fn new(revision: String, file: RepoPath, kind: ImageKind, bytes: Vec<u8>) -> Image {
        Image { revision, file, kind, bytes }
    }

    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The image as a URL (RFC 2397). As the source of an `<img>`, an SVG runs no scripts and fetches
    /// nothing.
    pub fn data_uri(&self) -> String {
        format!("data:{};base64,{}", self.kind.media_type(), base64(&self.bytes))
    }
}

/// RFC 4648, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) & 63;
            let is_padding = digit > three.len();
            text.push(if is_padding { '=' } else { char::from(ALPHABET[value as usize]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_the_vectors_of_its_rfc() {
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), expected);
        }
        assert_eq!(base64(&[0xfb, 0xff]), "+/8=");
    }

    #[test]
    fn images_are_known_by_their_names() {
        let kind = |path: &str| ImageKind::of(&RepoPath::new(path).expect("valid"));
        assert_eq!(kind("a/b.PNG"), Some(ImageKind::Png));
        assert_eq!(kind("b.jpeg"), Some(ImageKind::Jpeg));
        for other in ["png", "a.csv", "a.png/b", "a."] {
            assert_eq!(kind(other), None, "{other}");
        }
    }
}
