//! Going through a template's directory, in the order that counts.

use std::collections::HashMap;
use std::sync::Arc;

use super::newlines::{self, Newline};
use super::{Settings, binary, names};
use crate::fs::{RepoPath, display_bytes};
use crate::scaffold::jinja::{Engine, Scope};
use crate::scaffold::{Error, FileTree, Limits, Node, Result};

/// A template's directory on its way to be a project.
pub struct Walk<'a> {
    /// All of the source: links may lead anywhere in it.
    source: &'a FileTree,
    root: &'a RepoPath,
    /// What lies directly in each directory below `root`: names, ascending, by the path from `root`.
    children: HashMap<&'a [u8], Vec<(&'a [u8], &'a Node)>>,
    engine: &'a Engine,
    scope: &'a Scope,
    settings: &'a Settings,
    limits: &'a Limits,
    project: FileTree,
}

/// A file of the template: bytes, executable bit.
type File<'a> = (&'a Arc<Vec<u8>>, bool);

impl<'a> Walk<'a> {
    pub fn new(
        source: &'a FileTree,
        root: &'a RepoPath,
        engine: &'a Engine,
        scope: &'a Scope,
        settings: &'a Settings,
        limits: &'a Limits,
    ) -> Walk<'a> {
        let mut children: HashMap<_, Vec<_>> = HashMap::new();
        for (path, node) in source.below(root) {
            let (parent, name) = match path.iter().rposition(|&b| b == b'/') {
                Some(slash) => (&path[..slash], &path[slash + 1..]),
                None => (&b""[..], path),
            };
            children.entry(parent).or_default().push((name, node));
        }
        let project = FileTree::new();
        Walk { source, root, children, engine, scope, settings, limits, project }
    }

    /// The project.
    ///
    /// # Errors
    /// See [`super::render`].
    pub fn all(mut self) -> Result<FileTree> {
        let mut pending = vec![RepoPath::root()];
        while let Some(directory) = pending.pop() {
            let below = self.directory(&directory)?;
            pending.extend(below.into_iter().rev());
        }
        Ok(self.project)
    }

    /// What lies directly in `directory`. Returns the directories in it that are to be rendered.
    fn directory(&mut self, directory: &RepoPath) -> Result<Vec<RepoPath>> {
        let entries = self.children.remove(directory.as_bytes()).unwrap_or_default();
        let (mut copied, mut made, mut below, mut files) = (vec![], vec![], vec![], vec![]);
        for (name, node) in entries {
            let path = directory.join(name);
            let is_copied = self.settings.is_copied(path.as_bytes());
            match self.resolve(&path, node)? {
                (target, Node::Directory) if is_copied => copied.push((path, target)),
                (_, Node::Directory) => {
                    if matches!(node, Node::Directory) {
                        below.push(path.clone());
                    }
                    made.push(path);
                }
                (_, Node::File { bytes, executable }) => {
                    files.push((path, (bytes, *executable), is_copied));
                }
                (_, Node::Link(_)) => unreachable!("links were followed"),
            }
        }
        for (path, target) in copied {
            self.copy_directory(&path, &target)?;
        }
        for path in made {
            self.make_directory(&path)?;
        }
        for (path, file, is_copied) in files {
            self.file(&path, file, is_copied)?;
        }
        Ok(below)
    }

    /// Where `path`, given from the root of the walk, is in the source if links are followed.
    fn resolve(&self, path: &RepoPath, node: &'a Node) -> Result<(RepoPath, &'a Node)> {
        self.follow(self.root.join(path.as_bytes()), node)
    }

    fn follow(&self, path: RepoPath, node: &'a Node) -> Result<(RepoPath, &'a Node)> {
        if !matches!(node, Node::Link(_)) {
            return Ok((path, node));
        }
        let target = self.source.follow(&path);
        let found = target.and_then(|target| Some((self.source.get(&target)?, target)));
        let (node, target) = found.ok_or_else(|| Error::BadTemplate {
            path: path.to_string(),
            reason: "it is a link that leads out of the template, or to nothing".into(),
        })?;
        Ok((target, node))
    }

    /// The path in the project that `path` of the template becomes.
    fn name(&self, path: &RepoPath) -> Result<names::Name> {
        let rendered = rendered_name(self.engine, self.scope, path.as_bytes())?;
        names::check(path.as_bytes(), &rendered)
    }

    fn is_directory(&self, path: &RepoPath) -> bool {
        path.is_root() || matches!(self.project.get(path), Some(Node::Directory))
    }

    fn make_directory(&mut self, path: &RepoPath) -> Result<()> {
        let name = self.name(path)?.path;
        if name.is_root() || self.project.get(&name).is_some() {
            let why = match name.is_root() {
                true => "a directory has to have a name",
                false => "there is something of this name already",
            };
            return Err(bad_name(path, &name, why));
        }
        self.project.insert(name, Node::Directory, self.limits)
    }

    fn file(
        &mut self,
        path: &RepoPath,
        (bytes, executable): File<'a>,
        is_copied: bool,
    ) -> Result<()> {
        let name = self.name(path)?;
        if self.is_directory(&name.path) {
            return match is_copied {
                true => Err(bad_name(path, &name.path, "there is a directory of this name")),
                false => Ok(()),
            };
        }
        if name.is_directory || name.path.parent().is_some_and(|above| !self.is_directory(&above)) {
            return Err(bad_name(path, &name.path, "there is no such directory to put it in"));
        }
        let bytes = match is_copied || binary::is_binary(path.file_name(), bytes) {
            true => bytes.clone(),
            false => self.text(path, bytes)?.into_bytes().into(),
        };
        self.project.insert(name.path, Node::File { bytes, executable }, self.limits)
    }

    /// The text of a file, rendered, with its kind of newline.
    fn text(&self, path: &RepoPath, bytes: &[u8]) -> Result<String> {
        let text = std::str::from_utf8(bytes).map_err(|error| Error::BadTemplate {
            path: path.to_string(),
            reason: format!("it is a text that is not UTF-8, from byte {} on", error.valid_up_to()),
        })?;
        let name = String::from_utf8_lossy(path.as_bytes());
        let rendered = self.engine.render(&name, &newlines::universal(text), self.scope)?;
        let newline = self.settings.newline.unwrap_or_else(|| Newline::of_text(text));
        Ok(newline.put(rendered))
    }

    /// Copies `from` of the source, in place of a directory that is there.
    fn copy_directory(&mut self, path: &RepoPath, from: &RepoPath) -> Result<()> {
        let name = self.name(path)?.path;
        if name.is_root() {
            return Err(bad_name(path, &name, "a directory has to have a name"));
        }
        if self.is_directory(&name) {
            let below: Vec<RepoPath> =
                self.project.below(&name).map(|(below, _)| name.join(below)).collect();
            for path in &below {
                self.project.remove(path);
            }
        }
        self.copy_below(from, &name, 0)
    }

    fn copy_below(&mut self, from: &RepoPath, to: &RepoPath, depth: usize) -> Result<()> {
        // A link to a directory above itself would go on for ever.
        if depth > self.limits.depth {
            return Err(Error::TooLarge {
                bound: format!("{} directories deep", self.limits.depth),
            });
        }
        self.project.insert(to.clone(), Node::Directory, self.limits)?;
        let source = self.source;
        for (name, node) in source.children(from) {
            let to = names::check(name, to.join(name).as_bytes())?.path;
            match self.follow(from.join(name), node)? {
                (target, Node::Directory) => self.copy_below(&target, &to, depth + 1)?,
                (_, file) => self.project.insert(to, file.clone(), self.limits)?,
            }
        }
        Ok(())
    }
}

/// The name `unrendered` of a template, rendered. One that is not UTF-8 has nothing to render.
///
/// # Errors
/// It cannot be rendered.
pub fn rendered_name(engine: &Engine, scope: &Scope, unrendered: &[u8]) -> Result<Vec<u8>> {
    match std::str::from_utf8(unrendered) {
        Ok(text) => Ok(engine.render(text, text, scope)?.into_bytes()),
        Err(_) if !unrendered.contains(&b'{') => Ok(unrendered.to_vec()),
        Err(_) => Err(Error::BadTemplate {
            path: display_bytes(unrendered),
            reason: "its name is not UTF-8 and cannot be rendered".into(),
        }),
    }
}

fn bad_name(path: &RepoPath, name: &RepoPath, why: &'static str) -> Error {
    Error::BadName {
        template: path.to_string(),
        name: String::from_utf8_lossy(name.as_bytes()).into_owned(),
        why,
    }
}
