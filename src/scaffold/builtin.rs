//! The templates that are part of this program.
//!
//! They are in cookiecutter's own format and rendered like any other. `templates/build.rs` generates
//! the table.

use super::{FileTree, Limits, Node, Result};
use crate::fs::RepoPath;

/// A file: path in the template, whether it is executable, bytes.
type File = (&'static str, bool, &'static [u8]);

static TEMPLATES: &[(&str, &[File])] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// What `git mlrun new` takes if nobody says otherwise.
pub const DEFAULT: &str = "dsproject";

/// Names of the built-in templates, ascending.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|(name, _)| *name)
}

/// The name as this program has it, if a built-in template is called so.
pub fn find(name: &str) -> Option<&'static str> {
    names().find(|known| *known == name)
}

/// The files of the template `name`; `None` if there is none.
///
/// # Errors
/// It has a file that no template may have, which a test rules out.
pub fn files(name: &str) -> Result<Option<FileTree>> {
    let Some((_, files)) = TEMPLATES.iter().find(|(known, _)| *known == name) else {
        return Ok(None);
    };
    let mut tree = FileTree::new();
    for &(path, executable, bytes) in *files {
        let path = RepoPath::new(path).expect("a path below the template's directory");
        let node = Node::File { bytes: bytes.to_vec().into(), executable };
        tree.insert(path, node, &Limits::default())?;
    }
    Ok(Some(tree))
}

#[cfg(test)]
mod tests {
    #[test]
    fn built_in_templates_are_templates() {
        for name in super::names() {
            let files = super::files(name).unwrap().unwrap();
            let questions = crate::fs::RepoPath::new("cookiecutter.json").unwrap();
            assert!(files.file(&questions).is_some(), "{name}");
        }
        assert!(super::find("no such template").is_none());
    }
}
