//! Files on their way into Git: line ends, encodings and filters (`gitattributes(5)`).
//!
//! Most repositories have none of them, and a blob is then the bytes of its file. Where one could
//! apply, the `git` program makes the blobs; whether it does apply is its business, so that a look at
//! the words of the attribute files is enough here.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::command::failed;
use super::error::Attempt as _;
use super::objects::GitId;
use super::{Config, Error, Git, Repo, Result};
use crate::fs::{self, RepoPath};

/// Attributes that change bytes; `[attr]` defines others by them, `crlf` is an old `text`.
const WORDS: [&str; 7] =
    ["text", "eol", "crlf", "filter", "ident", "working-tree-encoding", "[attr]"];
/// An attribute file that is longer is one that may say anything.
const MAX_LEN: usize = 1 << 20;

impl Repo {
    /// Whether Git could make something else than its bytes of one of the files `paths`. A yes may be
    /// wrong; a no is not, as long as the attribute files that the index lists are in the worktree.
    pub fn may_filter<'a>(
        &self,
        config: &Config,
        paths: impl IntoIterator<Item = &'a RepoPath>,
    ) -> Result<bool> {
        let is_set = |key: &str| config.git_string(key).is_some();
        if config.git_boolean("core.autocrlf", false)
            || is_set("attr.tree")
            || config.git_boolean("core.sparseCheckout", false)
        {
            return Ok(true);
        }
        let mut files: BTreeSet<PathBuf> = BTreeSet::from(["/etc/gitattributes".into()]);
        files.insert(self.common_dir().join("info/attributes"));
        let gix = self.gix();
        let own = gix.config_snapshot().trusted_path("core.attributesFile");
        files.extend(match own.attempt(|| "read `core.attributesFile`".into())? {
            Some(path) => Some(path),
            None => fs::config_home().map(|settings| settings.join("git/attributes")),
        });
        for path in paths {
            if path.file_name() == b".gitattributes" {
                // One that is gone counts too, as the index has it.
                return Ok(true);
            }
            let above = std::iter::successors(path.parent(), RepoPath::parent);
            files.extend(above.map(|directory| self.absolute(&directory.join(b".gitattributes"))));
        }
        for file in files {
            if may_filter(&file)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What Git does to a blob on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smudge {
    /// Nothing: the file has the blob's bytes.
    Nothing,
    /// Git itself rewrites it, or may on another machine: line ends, an encoding, `$Id$`.
    ByGit,
    /// A program of the settings rewrites it.
    ByProgram,
}

impl Git<'_> {
    /// What becomes of each of `paths` by the attribute files of the worktree, or else of the index. No
    /// filter is run.
    pub fn smudges(&self, config: &Config, paths: &[&RepoPath]) -> Result<Vec<Smudge>> {
        const ATTRIBUTES: [&str; 6] =
            ["text", "crlf", "eol", "ident", "working-tree-encoding", "filter"];
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let words = ["check-attr", "-z", "--stdin"].into_iter().chain(ATTRIBUTES);
        let words: Vec<&str> = words.collect();
        let input: Vec<u8> =
            paths.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
        let output = self.run_with(&words, &input)?;
        // `PATH NUL ATTRIBUTE NUL VALUE NUL`, in the order in which they were asked for.
        let values: Vec<&[u8]> = output.split(|&b| b == 0).skip(2).step_by(3).collect();
        if values.len() != paths.len() * ATTRIBUTES.len() {
            return Err(failed(&words, b"its output is not what was expected"));
        }
        let converts = config.git_boolean("core.autocrlf", false);
        let smudge = |values: &[&[u8]]| {
            let (filter, others) = values.split_last().expect("each path has its attributes");
            let is_off = |value: &[u8]| matches!(value, b"unspecified" | b"unset");
            // Without `text`, line ends are converted where the settings say so.
            let may_convert = converts && others[0] == b"unspecified";
            if !is_off(filter) && has_program(config, filter) {
                Smudge::ByProgram
            } else if may_convert || !others.iter().all(|value| is_off(value)) {
                Smudge::ByGit
            } else {
                Smudge::Nothing
            }
        };
        Ok(values.chunks(ATTRIBUTES.len()).map(smudge).collect())
    }

    /// Makes blobs of files as `git add` would. They have to be regular files, which are read.
    pub fn hash_files(&self, paths: &[&RepoPath]) -> Result<Vec<GitId>> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let mut input = Vec::new();
        for path in paths {
            quote(path.as_bytes(), &mut input);
        }
        let arguments = ["hash-object", "-w", "--stdin-paths"];
        let output = self.run_with(&arguments, &input)?;
        let ids: Option<Vec<GitId>> = output
            .split(|&b| b == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| gix::ObjectId::from_hex(line).ok().map(GitId))
            .collect();
        ids.filter(|ids| ids.len() == paths.len()).ok_or_else(|| Error::Failed {
            arguments: arguments.join(" "),
            stderr: "its output is not what was expected".to_owned(),
        })
    }

    /// What a file at `path` gets when the blob is checked out there.
    pub fn smudged(&self, path: &RepoPath, id: GitId) -> Result<Vec<u8>> {
        let id = id.to_string();
        self.run(&[OsStr::new("cat-file"), "--filters".as_ref(), &option(path), id.as_ref()])
    }

    /// The blob that `git add` would make of a file at `path` with these bytes. It is written.
    pub fn cleaned(&self, path: &RepoPath, bytes: &[u8]) -> Result<GitId> {
        let words = ["hash-object", "-w", "--stdin"].map(OsStr::new);
        let option = option(path);
        let words = [&words[..], &[option.as_os_str()]].concat();
        let output = self.run_with(&words, bytes)?;
        let id = gix::ObjectId::from_hex(output.trim_ascii_end()).map(GitId);
        id.map_err(|_| failed(&words, b"its output is not what was expected"))
    }
}

/// Whether the filter with this name does something on the way out. Many only clean, and have `cat` there.
fn has_program(config: &Config, filter: &[u8]) -> bool {
    let Ok(name) = std::str::from_utf8(filter) else { return true };
    let program = |key: &str| config.git_string(&format!("filter.{name}.{key}"));
    program("process").is_some() || program("smudge").is_some_and(|it| it.trim() != "cat")
}

/// Tells which attributes apply.
fn option(path: &RepoPath) -> OsString {
    let mut option = OsString::from("--path=");
    option.push(path.as_path());
    option
}

/// One line in the quotes that Git takes off: names may have newlines in them.
fn quote(path: &[u8], line: &mut Vec<u8>) {
    line.push(b'"');
    for &byte in path {
        match byte {
            b'"' | b'\\' | 0..=0x1f | 0x7f.. => {
                line.extend_from_slice(format!("\\{byte:03o}").as_bytes());
            }
            byte => line.push(byte),
        }
    }
    line.extend_from_slice(b"\"\n");
}

fn may_filter(file: &Path) -> Result<bool> {
    match fs::lstat(file)? {
        None => return Ok(false),
        Some(stat) if stat.size > MAX_LEN as u64 => return Ok(true),
        Some(_) => {}
    }
    let Ok(text) = fs::read_bounded(file, MAX_LEN) else { return Ok(true) };
    let text = String::from_utf8_lossy(&text);
    let attributes = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    // `-text` takes an attribute away, `binary` takes three.
    let mut words = attributes.flat_map(|line| line.split_ascii_whitespace());
    Ok(words.any(|word| WORDS.iter().any(|known| word.starts_with(known))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_files_are_understood_by_their_words() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("attributes");
        assert!(!may_filter(&file).expect("readable"));
        for (text, expected) in [
            ("*.mldata merge=mldata diff=mldata\n.gitignore merge=union\n", false),
            ("# text\n*.bin -text binary\n", false),
            ("* text=auto\n", true),
            ("*.psd filter=lfs diff=lfs merge=lfs -text\n", true),
            ("a b\n*.c\teol=lf", true),
            ("[attr]raw -text\n", true),
        ] {
            std::fs::write(&file, text).expect("writable");
            assert_eq!(may_filter(&file).expect("readable"), expected, "{text}");
        }
    }

    #[test]
    fn names_are_quoted() {
        let mut line = Vec::new();
        quote(b"a \"b\"\n\xff", &mut line);
        assert_eq!(line, b"\"a \\042b\\042\\012\\377\"\n");
    }
}
