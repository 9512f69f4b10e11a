//! A directory of files in memory: what a template holds, and what a render made.
//!
//! Everything between reading a template and writing a project works on these, so that a symbolic link,
//! an include or a name of the template cannot reach a file of the host: there is none to reach. Paths
//! are relative, without `..`; no component is `.git` in any spelling. Sizes and counts are bounded
//! while the tree grows ([`Limits`]).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Error, Limits, Result};
use crate::format::{Hasher, ObjectId};
use crate::fs::RepoPath;
use crate::git::IgnoreRules;

/// What a path of a tree is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Listed also where something is in it: a render may make empty ones.
    Directory,
    File {
        /// Shared, so that a file that is copied as it is lies in memory once.
        bytes: Arc<Vec<u8>>,
        executable: bool,
    },
    /// A symbolic link and the text in it. Only templates have them; a render follows them.
    Link(Vec<u8>),
}

/// Files and directories by their paths, in plain byte order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileTree {
    nodes: BTreeMap<RepoPath, Node>,
    bytes: u64,
}

impl FileTree {
    pub fn new() -> FileTree {
        FileTree::default()
    }

    /// Puts `node` at `path`, in place of what is there, and the directories above it.
    ///
    /// # Errors
    /// The tree would pass `limits`, a component is `.git` in some spelling, or a component above is no
    /// directory. Nothing has changed then.
    pub fn insert(&mut self, path: RepoPath, node: Node, limits: &Limits) -> Result<()> {
        check(&path)?;
        let mut above = path.parent();
        let mut missing = Vec::new();
        while let Some(directory) = above.filter(|directory| !directory.is_root()) {
            match self.nodes.get(&directory) {
                Some(Node::Directory) => break,
                Some(_) => return Err(Error::NotADirectory { path: directory }),
                None => {}
            }
            above = directory.parent();
            missing.push(directory);
        }
        let is_new = !self.nodes.contains_key(&path);
        let replaced = self.nodes.get(&path).map_or(0, Node::size);
        let bytes = self.bytes - replaced + node.size();
        let count = self.nodes.len() + missing.len() + usize::from(is_new);
        limits.check(count, bytes)?;
        self.nodes.extend(missing.into_iter().map(|directory| (directory, Node::Directory)));
        self.nodes.insert(path, node);
        self.bytes = bytes;
        Ok(())
    }

    pub fn get(&self, path: &RepoPath) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// The bytes of the file at `path`, links followed inside of the tree.
    pub fn file(&self, path: &RepoPath) -> Option<&[u8]> {
        match self.nodes.get(&self.follow(path)?)? {
            Node::File { bytes, .. } => Some(bytes),
            _ => None,
        }
    }

    /// Where `path` leads if every link on the way is followed; `None` if it leads out of the tree, in a
    /// circle, or to nothing.
    pub fn follow(&self, path: &RepoPath) -> Option<RepoPath> {
        /// As many as Linux follows.
        const MAX_LINKS: usize = 40;
        let mut path = path.clone();
        for _ in 0..MAX_LINKS {
            let mut at = RepoPath::root();
            let mut parts = path.components();
            let link = loop {
                let Some(part) = parts.next() else { break None };
                let parent = at.clone();
                at = at.join(part);
                if let Node::Link(target) = self.nodes.get(&at)? {
                    break Some((parent, target));
                }
            };
            let rest: Vec<&[u8]> = parts.collect();
            let Some((parent, target)) = link else { return Some(path) };
            path = parent.resolve(target)?.join(&rest.join(&b'/'));
        }
        None
    }

    /// What lies below `directory`, with paths from there. Links out of it lead nowhere then.
    #[must_use]
    pub fn subtree(&self, directory: &RepoPath) -> FileTree {
        let below = self.below(directory);
        let nodes: BTreeMap<RepoPath, Node> =
            below.map(|(path, node)| (RepoPath::root().join(path), node.clone())).collect();
        let bytes = nodes.values().map(Node::size).sum();
        FileTree { nodes, bytes }
    }

    /// Everything below `directory`, by the path from there.
    pub fn below<'a>(
        &'a self,
        directory: &'a RepoPath,
    ) -> impl Iterator<Item = (&'a [u8], &'a Node)> {
        // Between the directory and what is below it other names may sort: `a`, `a-b`, `a/c`.
        let first = match directory.is_root() {
            true => RepoPath::root(),
            false => directory.join(b"\0"),
        };
        let from_there = self.nodes.range(first..);
        from_there
            .map_while(move |(path, node)| Some((path.below(directory)?, node)))
            .filter(|(path, _)| !path.is_empty())
    }

    /// What lies directly in `directory`: names, ascending.
    pub fn children<'a>(
        &'a self,
        directory: &'a RepoPath,
    ) -> impl Iterator<Item = (&'a [u8], &'a Node)> {
        self.below(directory).filter(|(path, _)| !path.contains(&b'/'))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&RepoPath, &Node)> {
        self.nodes.iter()
    }

    /// What is at `path`, with the directories above it, and nothing else.
    #[must_use]
    pub fn only(&self, path: &RepoPath) -> FileTree {
        let above = std::iter::successors(Some(path.clone()), RepoPath::parent);
        let nodes: BTreeMap<RepoPath, Node> = above
            .filter_map(|path| self.nodes.get_key_value(&path))
            .map(|(path, node)| (path.clone(), node.clone()))
            .collect();
        let bytes = nodes.values().map(Node::size).sum();
        FileTree { nodes, bytes }
    }

    /// The paths that Git would ignore by the rules that are in the tree itself, on any machine; with
    /// all that is below them.
    pub fn ignored(&self) -> BTreeSet<RepoPath> {
        let mut ignored = BTreeSet::new();
        let mut rules = IgnoreRules::default();
        rules.add(&RepoPath::root(), self.rules_in(&RepoPath::root()));
        // A directory comes before what is in it.
        for (path, node) in &self.nodes {
            let is_directory = matches!(node, Node::Directory);
            let is_below = path.parent().is_some_and(|above| ignored.contains(&above));
            if is_below || rules.cover(path, is_directory) {
                ignored.insert(path.clone());
            } else if is_directory {
                rules.add(path, self.rules_in(path));
            }
        }
        ignored
    }

    /// The bytes of `.gitignore` in `directory`; Git follows no link there.
    fn rules_in(&self, directory: &RepoPath) -> &[u8] {
        match self.nodes.get(&directory.join(IgnoreRules::FILE)) {
            Some(Node::File { bytes, .. }) => bytes,
            _ => &[],
        }
    }

    pub fn remove(&mut self, path: &RepoPath) {
        if let Some(node) = self.nodes.remove(path) {
            self.bytes -= node.size();
        }
    }

    /// Files and links; not directories.
    pub fn files(&self) -> usize {
        self.nodes.values().filter(|node| !matches!(node, Node::Directory)).count()
    }

    /// Bytes of all files.
    pub fn size(&self) -> u64 {
        self.bytes
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The SHA-256 of names, kinds and bytes: equal for equal trees only.
    ///
    /// Each node is its path, a letter for its kind (`d`, `f`, `x`, `l`) and its bytes; path and bytes
    /// have their length before them (eight bytes, big-endian).
    pub fn digest(&self) -> ObjectId {
        self.digest_of(|_, _| true)
    }

    /// Like [`FileTree::digest`], of those nodes only that `counts` takes.
    pub fn digest_of(&self, counts: impl Fn(&RepoPath, &Node) -> bool) -> ObjectId {
        let mut hasher = Hasher::new();
        let mut field = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        field(b"mlrun-tree 1");
        for (path, node) in self.nodes.iter().filter(|(path, node)| counts(path, node)) {
            let (kind, bytes) = match node {
                Node::Directory => (b"d", &[][..]),
                Node::File { bytes, executable: false } => (b"f", &bytes[..]),
                Node::File { bytes, executable: true } => (b"x", &bytes[..]),
                Node::Link(target) => (b"l", &target[..]),
            };
            field(path.as_bytes());
            field(kind);
            field(bytes);
        }
        hasher.finish()
    }
}

impl Node {
    fn size(&self) -> u64 {
        match self {
            Node::Directory => 0,
            Node::File { bytes, .. } => bytes.len() as u64,
            Node::Link(target) => target.len() as u64,
        }
    }
}

/// Refuses what Git could take for its own directory, on any file system.
fn check(path: &RepoPath) -> Result<()> {
    match path.components().find(|part| is_dot_git(part)) {
        Some(_) => Err(Error::DotGit { path: path.clone() }),
        None => Ok(()),
    }
}

/// Whether a file system may take `name` for `.git`: in any case, by the short name of Windows, with
/// what HFS+ and NTFS ignore (Git's `is_hfs_dotgit` and `is_ntfs_dotgit`).
pub(super) fn is_dot_git(name: &[u8]) -> bool {
    let text = String::from_utf8_lossy(name);
    let ignored = |c: char| matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let text: String = text.chars().filter(|&c| !ignored(c)).collect::<String>().to_lowercase();
    // A stream of NTFS follows a colon; spaces and dots at the end are dropped there.
    let text = text.split([':', '\\']).next().unwrap_or_default().trim_end_matches([' ', '.']);
    text == ".git" || text == "git~1"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    fn file(text: &'static str) -> Node {
        Node::File { bytes: text.as_bytes().to_vec().into(), executable: false }
    }

    fn tree(nodes: &[(&str, Node)]) -> FileTree {
        let mut tree = FileTree::new();
        for (name, node) in nodes {
            tree.insert(path(name), node.clone(), &Limits::default()).unwrap();
        }
        tree
    }

    #[test]
    fn links_are_followed_inside_only() {
        let link = |text: &str| Node::Link(text.into());
        let tree = tree(&[
            ("a/b.txt", file("b")),
            ("a/up", link("../c")),
            ("c/d.txt", file("d")),
            ("out", link("../../etc/passwd")),
            ("host", link("/etc/passwd")),
            ("circle", link("circle")),
        ]);
        assert_eq!(tree.file(&path("a/up/d.txt")), Some(&b"d"[..]));
        assert_eq!(tree.follow(&path("a/up")), Some(path("c")));
        for name in ["out", "host", "circle", "a/up/none"] {
            assert_eq!(tree.follow(&path(name)), None, "{name}");
        }
    }

    #[test]
    fn below_a_directory_is_all_of_it_and_nothing_else() {
        let tree = tree(&[
            ("a-b", file("")),
            ("a/c/d", file("")),
            ("a/\u{1}", file("")),
            ("a0", file("")),
        ]);
        let below = |directory: &str| -> Vec<String> {
            let directory = path(directory);
            tree.below(&directory).map(|(path, _)| String::from_utf8_lossy(path).into()).collect()
        };
        assert_eq!(below("a"), ["\u{1}", "c", "c/d"]);
        assert_eq!(below("a/c"), ["d"]);
        assert_eq!(below(""), ["a", "a-b", "a/\u{1}", "a/c", "a/c/d", "a0"]);
        assert!(below("a/c/d").is_empty() && below("b").is_empty());
    }

    #[test]
    fn the_directory_of_git_is_refused_in_any_spelling() {
        for name in
            [".git", ".GIT", "git~1", "GIT~1", ".git ", ".git.", ".git::$INDEX", ".g\u{200c}it"]
        {
            assert!(is_dot_git(name.as_bytes()), "{name}");
        }
        for name in [".gitignore", "git", ".github", "git~10", ".gitmodules"] {
            assert!(!is_dot_git(name.as_bytes()), "{name}");
        }
        let mut tree = FileTree::new();
        let refused = tree.insert(path("a/.Git/config"), file(""), &Limits::default());
        assert!(matches!(refused, Err(Error::DotGit { .. })));
        assert!(tree.is_empty());
    }

    #[test]
    fn a_file_is_no_directory() {
        let mut tree = tree(&[("a", file(""))]);
        let refused = tree.insert(path("a/b/c"), file(""), &Limits::default());
        assert!(matches!(refused, Err(Error::NotADirectory { path: at }) if at == path("a")));
    }

    #[test]
    fn growth_is_bounded() {
        let limits = Limits { bytes: 10, count: 3, ..Limits::default() };
        let mut tree = FileTree::new();
        tree.insert(path("a/b"), file("12345678"), &limits).unwrap();
        tree.insert(path("a/b"), file("1234567890"), &limits).unwrap();
        assert!(tree.insert(path("c"), file("1"), &limits).is_err());
        tree.insert(path("c"), file(""), &limits).unwrap();
        assert!(tree.insert(path("d"), file(""), &limits).is_err());
        assert_eq!((tree.size(), tree.files()), (10, 2));
    }

    #[test]
    fn rules_in_the_tree_say_what_git_ignores() {
        let mut tree = FileTree::new();
        for (path, text) in [
            (".gitignore", "*.log\n!kept.log\n/env/\nsub/x\n"),
            ("a.log", ""),
            ("env/kept.log", ""),
            ("kept.log", ""),
            ("sub/.gitignore", "!*.log\ny\n"),
            ("sub/a.log", ""),
            ("sub/env/a", ""),
            ("sub/x/a", ""),
            ("sub/y", ""),
            ("y", ""),
        ] {
            let node = Node::File { bytes: text.as_bytes().to_vec().into(), executable: false };
            tree.insert(RepoPath::new(path).unwrap(), node, &Limits::default()).unwrap();
        }
        let ignored: Vec<String> = tree.ignored().iter().map(RepoPath::to_string).collect();
        assert_eq!(ignored, ["a.log", "env", "env/kept.log", "sub/x", "sub/x/a", "sub/y"]);
    }
}
