//! The texts that others include, extend and import: files of the template, and nothing else.

use std::collections::HashMap;

use super::syntax::Syntax;
use crate::fs::RepoPath;
use crate::scaffold::{FileTree, Node};

/// The texts by the names under which they are included.
///
/// Names are relative to the directories of `roots`, the first that has one counts; links are followed
/// inside of the template only. Nothing is copied where no file includes another.
pub(super) fn texts(
    files: &FileTree,
    roots: &[RepoPath],
    syntax: &Syntax,
) -> HashMap<String, String> {
    let mut texts = HashMap::new();
    if !files
        .iter()
        .any(|(_, node)| matches!(node, Node::File { bytes, .. } if includes(bytes, syntax)))
    {
        return texts;
    }
    for root in roots {
        for (name, node) in files.below(root) {
            let bytes = match node {
                Node::File { bytes, .. } => Some(&bytes[..]),
                Node::Link(_) => files.file(&root.join(name)),
                Node::Directory => None,
            };
            let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
            if let (Ok(name), Some(text)) = (std::str::from_utf8(name), text)
                && !texts.contains_key(name)
            {
                let text = text.replace("\r\n", "\n").replace('\r', "\n");
                texts.insert(name.to_owned(), text);
            }
        }
    }
    texts
}

/// Whether a tag of the file may need another one.
fn includes(bytes: &[u8], syntax: &Syntax) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let starts = std::iter::once(&syntax.block.0).chain(&syntax.line_statement);
    starts.into_iter().any(|start| {
        text.split(start.as_str()).skip(1).any(|tag| {
            let tag = tag.trim_start_matches(['-', '+']).trim_start();
            ["include", "extends", "import", "from"].iter().any(|name| tag.starts_with(name))
        })
    })
}
