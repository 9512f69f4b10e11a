//! Templates in archives: `.zip`, `.tar`, `.tar.gz` (`.tgz`), `.tar.zst`.
//!
//! An archive is read into memory, so no name of it reaches a path of the host. What [`Limits`] say of
//! files and bytes holds for what is unpacked, whatever the archive says of itself. Absolute names,
//! those with `..`, hard links, devices and encrypted files are refused; symbolic links stay links, which
//! are followed inside of the template only; `.git` is left out, as it is of a directory. A single
//! directory at the top, as downloads have it, is taken off.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::fs::{At as _, RepoPath, Stat, display_bytes};
use crate::scaffold::tree::is_dot_git;
use crate::scaffold::{Error, FileTree, Limits, Node, Result};

/// A symbolic link is no longer than this, in bytes (`PATH_MAX` of Linux).
const MAX_LINK: u64 = 4096;
/// Bytes of a tar file for each of its members besides the content: header, padding, extensions.
const PER_MEMBER: u64 = 4096;

/// Everything in the archive at `path` but `.git`.
///
/// # Errors
/// It cannot be read, is none, holds what a template may not hold, or passes `limits`.
pub fn read(path: &Path, limits: &Limits) -> Result<FileTree> {
    let file = File::open(path).at("open", path)?;
    limits.check(0, Stat::of(&file).at("stat", path)?.size)?;
    let name = path.as_os_str().to_string_lossy().to_ascii_lowercase();
    let most = limits.bytes.saturating_add(limits.count as u64 * PER_MEMBER);
    let mut unpacking = Unpacking { tree: FileTree::new(), limits };
    let unpacked = match &name[..] {
        name if name.ends_with(".zip") => unpacking.zip(file),
        name if name.ends_with(".tar") => unpacking.tar(BufReader::new(file)),
        name if name.ends_with(".zst") => zstd::Decoder::new(file)
            .map_err(Stop::from)
            .and_then(|decoder| unpacking.tar(Bounded { inner: decoder, left: most })),
        _ => {
            let decoder = flate2::bufread::MultiGzDecoder::new(BufReader::new(file));
            unpacking.tar(Bounded { inner: decoder, left: most })
        }
    };
    let tree = unpacking.tree;
    let broken = |why: String| Error::BadArchive { path: path.to_owned(), why };
    match unpacked {
        Ok(()) if tree.is_empty() => Err(broken("it is empty".into())),
        Ok(()) => Ok(strip_top(tree)),
        Err(Stop::Scaffold(error)) => Err(*error),
        Err(Stop::Content(why)) => Err(broken(why)),
        // As many bytes as the limits allow, and more.
        Err(Stop::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
            Err(Error::TooLarge { bound: format!("{} MiB", limits.bytes >> 20) })
        }
        Err(Stop::Io(error)) => Err(broken(display_bytes(error.to_string().as_bytes()))),
    }
}

/// Why unpacking ended.
enum Stop {
    Scaffold(Box<Error>),
    Content(String),
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Io(error)
    }
}

impl From<zip::result::ZipError> for Stop {
    fn from(error: zip::result::ZipError) -> Stop {
        Stop::Content(display_bytes(error.to_string().as_bytes()))
    }
}

struct Unpacking<'a> {
    tree: FileTree,
    limits: &'a Limits,
}

impl Unpacking<'_> {
    fn zip(&mut self, file: File) -> Result<(), Stop> {
        let mut archive = zip::ZipArchive::new(BufReader::new(file))?;
        self.check(archive.len())?;
        for at in 0..archive.len() {
            let mut member = archive.by_index(at)?;
            let name = member.name_raw().to_vec();
            // Without a mode where the archive was made on another kind of system.
            let mode = member.unix_mode().unwrap_or(0);
            match mode & 0o170000 {
                _ if member.is_dir() => self.insert(&name, Node::Directory)?,
                0o120000 => {
                    let target = read_to(&mut member, MAX_LINK)?;
                    self.insert(&name, Node::Link(target))?;
                }
                0 | 0o100000 => {
                    let bytes = read_to(&mut member, self.left())?.into();
                    self.insert(&name, Node::File { bytes, executable: mode & 0o100 != 0 })?;
                }
                _ => return Err(refused(&name, "it is a device")),
            }
        }
        Ok(())
    }

    fn tar(&mut self, reader: impl Read) -> Result<(), Stop> {
        use tar::EntryType;
        let mut archive = tar::Archive::new(reader);
        for (count, member) in archive.entries()?.enumerate() {
            self.check(count)?;
            let mut member = member?;
            let name = member.path_bytes().into_owned();
            match member.header().entry_type() {
                EntryType::Directory => self.insert(&name, Node::Directory)?,
                EntryType::Regular | EntryType::Continuous => {
                    let executable = member.header().mode()? & 0o100 != 0;
                    let bytes = read_to(&mut member, self.left())?.into();
                    self.insert(&name, Node::File { bytes, executable })?;
                }
                EntryType::Symlink => {
                    let target = member.link_name_bytes().unwrap_or_default().into_owned();
                    self.insert(&name, Node::Link(target))?;
                }
                // What `git archive` says of the commit.
                EntryType::XGlobalHeader => {}
                EntryType::Link => return Err(refused(&name, "it is a hard link")),
                _ => return Err(refused(&name, "it is a device, or of a kind that is not known")),
            }
        }
        Ok(())
    }

    fn check(&self, count: usize) -> Result<(), Stop> {
        self.limits.check(count, 0).map_err(|error| Stop::Scaffold(Box::new(error)))
    }

    /// How many bytes there may still be.
    fn left(&self) -> u64 {
        self.limits.bytes.saturating_sub(self.tree.size())
    }

    fn insert(&mut self, name: &[u8], node: Node) -> Result<(), Stop> {
        let name = name.strip_suffix(b"/").unwrap_or(name);
        let parts = name.split(|&b| b == b'/').filter(|part| *part != b".");
        let path = parts.collect::<Vec<_>>().join(&b'/');
        let Some(path) = RepoPath::new(path) else {
            return Err(refused(name, "its name leads out of the archive"));
        };
        if path.is_root() || path.components().any(is_dot_git) {
            return Ok(());
        }
        // Something else in place of a directory would leave what is in it without one.
        let is_directory = matches!(node, Node::Directory);
        if self.tree.get(&path).is_some_and(|old| is_directory != matches!(old, Node::Directory)) {
            return Err(refused(name, "it is there twice"));
        }
        let inserted = self.tree.insert(path, node, self.limits);
        inserted.map_err(|error| Stop::Scaffold(Box::new(error)))
    }
}

fn refused(name: &[u8], why: &str) -> Stop {
    Stop::Content(format!("`{}`: {why}", display_bytes(name)))
}

/// Reads to the end, which is at most `limit` bytes away.
fn read_to(reader: &mut impl Read, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Bounded { inner: reader, left: limit }.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A reader that fails where it has given too much.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => return Err(io::ErrorKind::FileTooLarge.into()),
        }
        Ok(count)
    }
}

/// Takes off the directory that all is in, if there is one.
fn strip_top(tree: FileTree) -> FileTree {
    let root = RepoPath::root();
    let mut children = tree.children(&root);
    let top = match (children.next(), children.next()) {
        (Some((name, Node::Directory)), None) => Some(root.join(name)),
        _ => None,
    };
    drop(children);
    match top {
        Some(top) => tree.subtree(&top),
        None => tree,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn tar_of(members: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, kind, bytes) in members {
            let mut header = tar::Header::new_ustar();
            // Past the checks of the writer.
            header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o755);
            let is_link = matches!(kind, tar::EntryType::Symlink | tar::EntryType::Link);
            if is_link {
                header.set_link_name_literal(bytes).unwrap();
            }
            let bytes = if is_link { &[][..] } else { bytes };
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            builder.append(&header, bytes).unwrap();
        }
        builder.into_inner().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip_of(members: &[(&str, u32, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, mode, bytes) in members {
            let options = zip::write::SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated)
                .unix_permissions(*mode);
            match name.strip_suffix('/') {
                Some(name) => writer.add_directory(name, options).unwrap(),
                None => {
                    writer.start_file(*name, options).unwrap();
                    writer.write_all(bytes).unwrap();
                }
            }
        }
        writer.finish().unwrap().into_inner()
    }

    fn read_as(name: &str, bytes: &[u8], limits: &Limits) -> Result<FileTree> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read(&path, limits)
    }

    fn shown(tree: &FileTree) -> Vec<String> {
        let line = |(path, node): (&RepoPath, &Node)| match node {
            Node::Directory => format!("{}/", path.as_path().display()),
            Node::File { bytes, executable } => {
                let mark = if *executable { "*" } else { "" };
                format!("{}{mark} {}", path.as_path().display(), String::from_utf8_lossy(bytes))
            }
            Node::Link(to) => {
                format!("{} -> {}", path.as_path().display(), String::from_utf8_lossy(to))
            }
        };
        tree.iter().map(line).collect()
    }

    #[test]
    fn every_form_gives_the_same_files() {
        use tar::EntryType::{Directory, Regular, Symlink, XGlobalHeader};
        let tar = tar_of(&[
            ("pax_global_header", XGlobalHeader, b"19 comment=a commit"),
            ("top/", Directory, b""),
            ("top/a", Regular, b"one"),
            ("./top/b/c", Regular, b"two"),
            ("top/link", Symlink, b"b/c"),
            ("top/.git/config", Regular, b"no"),
        ]);
        let expected = ["a* one", "b/", "b/c* two", "link -> b/c"];
        let zstd = zstd::encode_all(&tar[..], 1).unwrap();
        let gz = gzip(&tar);
        for (name, bytes) in
            [("t.tar", &tar), ("t.tar.gz", &gz), ("t.TGZ", &gz), ("t.tar.zst", &zstd)]
        {
            let tree = read_as(name, bytes, &Limits::default()).unwrap();
            assert_eq!(shown(&tree), expected, "{name}");
        }
        let zip =
            zip_of(&[("top/", 0o755, b""), ("top/a", 0o755, b"one"), ("top/b/c", 0o644, b"two")]);
        let tree = read_as("t.zip", &zip, &Limits::default()).unwrap();
        assert_eq!(shown(&tree), ["a* one", "b/", "b/c two"]);
    }

    #[test]
    fn two_names_at_the_top_stay_where_they_are() {
        let zip = zip_of(&[("a/b", 0o644, b""), ("c", 0o644, b"")]);
        let tree = read_as("t.zip", &zip, &Limits::default()).unwrap();
        assert_eq!(shown(&tree), ["a/", "a/b ", "c "]);
    }

    #[test]
    fn members_that_leave_or_are_no_files_are_refused() {
        use tar::EntryType::{Block, Fifo, Link, Regular};
        for (name, kind) in [
            ("/etc/passwd", Regular),
            ("a/../../b", Regular),
            ("a//b", Regular),
            ("a", Link),
            ("a", Block),
            ("a", Fifo),
        ] {
            let refused = read_as("t.tar", &tar_of(&[(name, kind, b"x")]), &Limits::default());
            assert!(matches!(refused, Err(Error::BadArchive { .. })), "{name}: {refused:?}");
        }
        let refused = read_as("t.zip", &zip_of(&[("../a", 0o644, b"")]), &Limits::default());
        assert!(matches!(refused, Err(Error::BadArchive { .. })), "{refused:?}");
        let twice = tar_of(&[("a/b", Regular, b""), ("a", Regular, b"")]);
        assert!(matches!(
            read_as("t.tar", &twice, &Limits::default()),
            Err(Error::BadArchive { .. })
        ));
    }

    #[test]
    fn bombs_are_found_while_they_unpack() {
        let limits = Limits { bytes: 10_000, count: 10, ..Limits::default() };
        let zeros = vec![0; 20_000_000];
        let tar = gzip(&tar_of(&[("a", tar::EntryType::Regular, &zeros)]));
        let zip = zip_of(&[("a", 0o644, &zeros)]);
        let hidden = gzip(&tar_of(&[("g", tar::EntryType::XGlobalHeader, &zeros)]));
        for (name, bytes) in [("t.tgz", &tar), ("t.zip", &zip), ("t.tgz", &hidden)] {
            let refused = read_as(name, bytes, &limits);
            assert!(matches!(refused, Err(Error::TooLarge { .. })), "{name}: {refused:?}");
        }
        let names: Vec<String> = (0..20).map(|at| at.to_string()).collect();
        let many: Vec<_> = names.iter().map(|name| (&name[..], 0o644, &b""[..])).collect();
        let refused = read_as("t.zip", &zip_of(&many), &limits);
        assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    }

    #[test]
    fn what_is_no_archive_is_an_error() {
        for name in ["t.zip", "t.tar", "t.tgz", "t.tar.zst"] {
            for bytes in [&b""[..], b"no archive at all", &[0x1f, 0x8b, 8, 0]] {
                let refused = read_as(name, bytes, &Limits::default());
                assert!(matches!(refused, Err(Error::BadArchive { .. })), "{name}: {refused:?}");
            }
        }
    }
}
