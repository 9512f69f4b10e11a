//! From template and answers to a project, in memory.

mod place;

pub use place::Place;

use super::jinja::Engine;
use super::questions::Answers;
use super::{Error, FileTree, Limits, Node, Result, Template};
use crate::fs::RepoPath;

/// A project that was made and is nowhere yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The name that the template gives the project's directory.
    pub name: String,
    /// What is in it: files and directories, no links.
    pub files: FileTree,
}

/// Renders the project.
///
/// # Errors
/// A text cannot be rendered, a name leads out of the project, or a limit is passed.
pub fn render(
    template: &Template,
    answers: &Answers,
    engine: &Engine,
    limits: &Limits,
) -> Result<Rendered> {
    let root = template.root.as_ref().ok_or(Error::NotAnswered)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let scope = engine.scope(answers);
    let name = engine.render("the project's name", &text(root.file_name()), &scope)?;
    let mut files = FileTree::new();
    for (path, node) in template.files.below(root) {
        let unrendered = text(path);
        let rendered = engine.render(&unrendered, &unrendered, &scope)?;
        let path = RepoPath::new(rendered.clone()).ok_or_else(|| Error::BadName {
            template: crate::fs::display_bytes(path),
            name: rendered,
            why: "it leads out of the project",
        })?;
        let node = match node {
            Node::File { bytes, executable } => {
                let source = text(bytes);
                let bytes = engine.render(&unrendered, &source, &scope)?.into_bytes().into();
                Node::File { bytes, executable: *executable }
            }
            other => other.clone(),
        };
        files.insert(path, node, limits)?;
    }
    Ok(Rendered { name, files })
}
