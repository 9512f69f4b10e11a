//! Pointers: the small text files that Git commits in place of data.
//!
//! # Format, version 1
//!
//! YAML, UTF-8, at most 1 MiB. `NAME.mldata` stands beside `NAME` and names what `NAME` holds; there
//! is no path inside, so that renaming the pointer renames the target.
//!
//! ```yaml
//! mldata: 1
//! oid: sha256:4d7a…       # a file
//! size: 12345             # bytes
//! exec: true              # only where the file is executable
//! ```
//! ```yaml
//! mldata: 1
//! tree: sha256:9f86…      # a directory
//! size: 12345             # sum of the bytes of its files
//! files: 678              # files and links in it
//! ```
//!
//! `desc`, `labels`, `meta`, `remote`, `push: false` and `source` are the user's or `import`'s.
//! [`Pointer::retarget`] changes only the lines of the object and leaves every other byte of the
//! text as it was: unknown keys, their order and comments survive.
//!
//! The text that [`Pointer::new`] writes is also parsed without a YAML parser: `status` in a
//! repository of ten thousand pointers reads that many.

use serde::Deserialize;

use super::{Error, ObjectId, Result};

const WHAT: &str = "pointer";
const VERSION: u64 = 1;

/// Extension of pointer files, with its dot.
pub const SUFFIX: &str = ".mldata";

/// The longest text taken for a pointer, in bytes.
pub const MAX_LEN: usize = 1 << 20;

/// What a pointer names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    File { oid: ObjectId, size: u64, exec: bool },
    Directory { oid: ObjectId, size: u64, files: u64 },
}

impl Target {
    pub fn oid(&self) -> ObjectId {
        match *self {
            Target::File { oid, .. } | Target::Directory { oid, .. } => oid,
        }
    }

    /// Bytes of the file, or of all files of the directory.
    pub fn size(&self) -> u64 {
        match *self {
            Target::File { size, .. } | Target::Directory { size, .. } => size,
        }
    }

    pub fn files(&self) -> u64 {
        match *self {
            Target::File { .. } => 1,
            Target::Directory { files, .. } => files,
        }
    }

    pub fn is_directory(&self) -> bool {
        matches!(self, Target::Directory { .. })
    }
}

/// A pointer's meaning together with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    pub target: Target,
    /// The remote that this target is pushed to, instead of the default.
    pub remote: Option<String>,
    /// False where the target is never pushed.
    pub push: bool,
    text: String,
}

#[derive(Deserialize)]
struct Fields {
    mldata: u64,
    oid: Option<String>,
    tree: Option<String>,
    size: u64,
    files: Option<u64>,
    #[serde(default)]
    exec: bool,
    remote: Option<String>,
    push: Option<bool>,
}

impl Pointer {
    /// A pointer with no more than its target.
    pub fn new(target: Target) -> Self {
        let text = std::iter::once(format!("mldata: {VERSION}\n"))
            .chain(target_lines(&target))
            .collect::<String>();
        Pointer { target, remote: None, push: true, text }
    }

    /// Parses the text of a pointer.
    ///
    /// # Errors
    /// Not a pointer, one of a later version, or one with conflict markers.
    pub fn parse(bytes: &[u8]) -> Result<Pointer> {
        if bytes.len() > MAX_LEN {
            return Err(Error::malformed(WHAT, "it is longer than 1 MiB"));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Error::malformed(WHAT, "it is not UTF-8 text"))?;
        if let Some(target) = parse_canonical(text) {
            return Ok(Pointer { target, remote: None, push: true, text: text.to_owned() });
        }
        if text.lines().any(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")) {
            return Err(Error::ConflictMarkers { what: WHAT });
        }
        check_version(text)?;
        let fields: Fields = serde_yaml::from_str(text)
            .map_err(|error| Error::malformed(WHAT, error.to_string()))?;
        if fields.mldata != VERSION {
            return Err(version_error(fields.mldata));
        }
        let target = match (&fields.oid, &fields.tree) {
            (Some(oid), None) => {
                if fields.files.is_some() {
                    return Err(Error::malformed(WHAT, "`files` stands beside `oid`"));
                }
                Target::File { oid: ObjectId::parse(oid)?, size: fields.size, exec: fields.exec }
            }
            (None, Some(tree)) => Target::Directory {
                oid: ObjectId::parse(tree)?,
                size: fields.size,
                files: fields
                    .files
                    .ok_or_else(|| Error::malformed(WHAT, "`tree` stands without `files`"))?,
            },
            _ => {
                return Err(Error::malformed(
                    WHAT,
                    "it needs either `oid` or `tree`, and not both",
                ));
            }
        };
        Ok(Pointer {
            target,
            remote: fields.remote,
            push: fields.push.unwrap_or(true),
            text: text.to_owned(),
        })
    }

    /// The text to write.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same pointer for another target; all text but the target's lines is kept.
    pub fn retarget(&self, target: Target) -> Pointer {
        let is_target_line = |line: &str| {
            ["oid:", "tree:", "size:", "files:", "exec:"].iter().any(|key| line.starts_with(key))
        };
        let mut text = String::with_capacity(self.text.len() + 32);
        let mut lines = Some(target_lines(&target));
        for line in self.text.split_inclusive('\n') {
            if !is_target_line(line) {
                text.push_str(line);
            } else if let Some(lines) = lines.take() {
                text.extend(lines);
            }
        }
        let rewritten = Pointer { target, text, ..self.clone() };
        // Flow style, quoted keys: text that lines cannot edit. What it says is then written anew.
        match Pointer::parse(rewritten.text.as_bytes()) {
            Ok(read) if read == rewritten => rewritten,
            _ => Pointer::new(target),
        }
    }
}

fn target_lines(target: &Target) -> impl Iterator<Item = String> + use<> {
    let lines = match *target {
        Target::File { oid, size, exec } => [
            format!("oid: {oid}\n"),
            format!("size: {size}\n"),
            if exec { "exec: true\n".to_owned() } else { String::new() },
        ],
        Target::Directory { oid, size, files } => {
            [format!("tree: {oid}\n"), format!("size: {size}\n"), format!("files: {files}\n")]
        }
    };
    lines.into_iter()
}

/// Reads exactly the text that [`Pointer::new`] writes; anything else is for the YAML parser.
fn parse_canonical(text: &str) -> Option<Target> {
    let mut lines = text.strip_prefix("mldata: 1\n")?.strip_suffix('\n')?.split('\n');
    let number = |line: &str, key: &str| -> Option<u64> {
        let digits = line.strip_prefix(key)?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit())
            && (digits == "0" || !digits.starts_with('0'));
        plain.then(|| digits.parse().ok()).flatten()
    };
    let first = lines.next()?;
    let size = number(lines.next()?, "size: ")?;
    let third = lines.next();
    if lines.next().is_some() {
        return None;
    }
    if let Some(oid) = first.strip_prefix("oid: ") {
        let exec = match third {
            None => false,
            Some("exec: true") => true,
            Some(_) => return None,
        };
        Some(Target::File { oid: ObjectId::parse(oid).ok()?, size, exec })
    } else {
        let oid = ObjectId::parse(first.strip_prefix("tree: ")?).ok()?;
        Some(Target::Directory { oid, size, files: number(third?, "files: ")? })
    }
}

/// A later version may have other fields: its number is looked for before they are.
fn check_version(text: &str) -> Result<()> {
    let found = text.lines().find_map(|line| line.strip_prefix("mldata:")?.trim().parse().ok());
    match found {
        Some(found) if found > VERSION => Err(version_error(found)),
        _ => Ok(()),
    }
}

fn version_error(found: u64) -> Error {
    Error::Version { what: WHAT, found, supported: VERSION }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(size: u64, exec: bool) -> Target {
        Target::File { oid: ObjectId::of(b"abc"), size, exec }
    }

    fn directory() -> Target {
        Target::Directory { oid: ObjectId::of(b"tree"), size: 10, files: 2 }
    }

    #[test]
    fn the_text_is_that_of_version_1() {
        for (name, target) in [
            ("pointer-file", file(3, false)),
            ("pointer-executable", file(3, true)),
            ("pointer-directory", directory()),
        ] {
            let pointer = Pointer::new(target);
            crate::fs::golden::check(name, pointer.text().as_bytes());
            assert_eq!(Pointer::parse(pointer.text().as_bytes()), Ok(pointer));
        }
    }

    #[test]
    fn both_parsers_agree_on_what_is_written() {
        for target in [file(3, false), file(u64::MAX, true), directory()] {
            let pointer = Pointer::new(target);
            assert_eq!(parse_canonical(pointer.text()), Some(target));
            let by_yaml = format!("# a comment\n{}", pointer.text());
            assert_eq!(parse_canonical(&by_yaml), None);
            assert_eq!(Pointer::parse(by_yaml.as_bytes()).expect("valid").target, target);
        }
    }

    #[test]
    fn retarget_keeps_comments_order_and_unknown_keys() {
        let text = format!(
            "# ours\ndesc: 'photos'\nmldata: 1\noid: {}\nsize: 3\nowner: {{ name: x }}\nlabels: [a] # b\n",
            ObjectId::of(b"abc")
        );
        let pointer = Pointer::parse(text.as_bytes()).expect("valid");
        let moved = pointer.retarget(directory());
        let expected = text.replace(
            &format!("oid: {}\nsize: 3\n", ObjectId::of(b"abc")),
            &format!("tree: {}\nsize: 10\nfiles: 2\n", ObjectId::of(b"tree")),
        );
        assert_eq!(moved.text(), expected);
        assert_eq!(moved.retarget(file(3, false)).text(), text);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let oid = ObjectId::of(b"abc");
        let cases = [
            ("mldata: 2\nnew: field\n", "version 2"),
            ("<<<<<<< HEAD\nmldata: 1\n", "conflict markers"),
            ("mldata: 1\nsize: 3\n", "either `oid` or `tree`"),
            ("mldata: 1\noid: sha256:12\nsize: 3\n", "64 lowercase"),
            (&format!("mldata: 1\noid: {oid}\noid: {oid}\nsize: 3\n"), "duplicate"),
            (&format!("mldata: 1\noid: {oid}\nsize: -3\n"), "size"),
            (&format!("mldata: 1\ntree: {oid}\nsize: 3\n"), "without `files`"),
            ("- a\n", "pointer"),
            ("", "pointer"),
        ];
        for (text, expected) in cases {
            let error = Pointer::parse(text.as_bytes()).expect_err(text).to_string();
            assert!(error.contains(expected), "{text:?} gave {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = Pointer::parse(text.as_bytes());
            let _ = Pointer::parse(format!("mldata: 1\n{text}").as_bytes());
        }

        #[test]
        fn targets_round_trip(size: u64, files: u64, exec: bool, dir: bool) {
            let oid = ObjectId::of(&size.to_be_bytes());
            let target =
                if dir { Target::Directory { oid, size, files } } else { Target::File { oid, size, exec } };
            let pointer = Pointer::new(target);
            prop_assert_eq!(Pointer::parse(pointer.text().as_bytes()), Ok(pointer));
        }
    }
}
