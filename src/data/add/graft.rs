//! Changing single entries of a large tree: `add dir/x` where `dir` is tracked.
//!
//! Only the trees on the way to the changed entries are read and written; the files beside them
//! need not be here.

use std::collections::BTreeMap;

use crate::cache::Writer;
use crate::data::index::{Entry, SectionBuilder, Sections, forget};
use crate::data::store::Sum;
use crate::data::{Error, Project, Result, join};
use crate::format::tree::{self, Mode, TreeBuilder};
use crate::format::{Kind, ObjectId};
use crate::fs::{RepoPath, Stat};

/// What becomes of one path below the target.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Remove,
    /// A directory that was deleted here; of what was never here, this is left.
    Keep {
        sum: Sum,
    },
    File {
        mode: Mode,
        oid: ObjectId,
        stat: Stat,
        racy: bool,
    },
    Directory {
        sum: Sum,
        sections: Sections,
    },
}

/// Changes by the first component of their paths.
#[derive(Debug, Default)]
struct Node {
    change: Option<Change>,
    below: BTreeMap<Vec<u8>, Node>,
}

/// Applies `changes`, given by their paths below the target, to the tree `root` and to `sections`.
/// Returns what the target comes to.
///
/// # Errors
/// A tree on the way is not in the cache, or a path leads through what is no directory. `sections`
/// is then of no use.
pub(super) fn graft(
    project: &Project,
    writer: Option<&Writer<'_>>,
    target: &RepoPath,
    root: ObjectId,
    changes: Vec<(Vec<u8>, Change)>,
    sections: &mut Sections,
) -> Result<Sum> {
    forget(sections, &changes.iter().map(|(path, _)| path.clone()).collect());
    let mut tree = Node::default();
    for (path, change) in changes {
        let mut node = &mut tree;
        for part in path.split(|&b| b == b'/') {
            node = node.below.entry(part.to_vec()).or_default();
        }
        node.change = Some(change);
    }
    let mut grafter = Grafter { project, writer, target, sections };
    let sum = grafter.directory(&[], Some(root), tree)?;
    Ok(sum.unwrap_or(Sum { oid: TreeBuilder::new().finish().oid(), size: 0, files: 0 }))
}

struct Grafter<'a> {
    project: &'a Project,
    writer: Option<&'a Writer<'a>>,
    target: &'a RepoPath,
    sections: &'a mut Sections,
}

impl Grafter<'_> {
    /// Rewrites one directory. `None` if it did not exist before and nothing came into it.
    fn directory(
        &mut self,
        inner: &[u8],
        old: Option<ObjectId>,
        node: Node,
    ) -> Result<Option<Sum>> {
        let before = match &old {
            Some(oid) => self.project.tree(&self.target.join(inner), oid)?,
            None => TreeBuilder::new().finish(),
        };
        let mut entries: BTreeMap<Vec<u8>, tree::Entry<'_>> =
            before.entries().map(|entry| (entry.name.to_vec(), entry)).collect();
        let (names, nodes): (Vec<Vec<u8>>, Vec<Node>) = node.below.into_iter().unzip();
        let mut recorded: Vec<(&[u8], Option<Recorded>)> = Vec::new();
        for (name, mut node) in names.iter().zip(nodes) {
            let path = join(inner, name);
            let entry = |mode, oid, size, files| tree::Entry { name, mode, oid, size, files };
            match node.change.take() {
                Some(Change::Remove) => {
                    entries.remove(name);
                    recorded.push((name, None));
                }
                Some(Change::Keep { sum }) => {
                    entries
                        .insert(name.clone(), entry(Mode::Directory, sum.oid, sum.size, sum.files));
                    recorded.push((name, None));
                }
                Some(Change::File { mode, oid, stat, racy }) => {
                    entries.insert(name.clone(), entry(mode, oid, stat.size, 0));
                    recorded.push((name, Some(Recorded::File { mode, oid, stat, racy })));
                }
                Some(Change::Directory { sum, sections }) => {
                    entries
                        .insert(name.clone(), entry(Mode::Directory, sum.oid, sum.size, sum.files));
                    self.sections.extend(sections);
                    recorded.push((name, Some(Recorded::Directory)));
                }
                None => {
                    let old = entries.get(name).filter(|entry| entry.mode.is_directory());
                    let old = old.map(|entry| entry.oid);
                    match self.directory(&path, old, node)? {
                        Some(sum) => {
                            entries.insert(
                                name.clone(),
                                entry(Mode::Directory, sum.oid, sum.size, sum.files),
                            );
                            recorded.push((name, Some(Recorded::Directory)));
                        }
                        None => recorded.push((name, None)),
                    }
                }
            }
        }
        if entries.is_empty() && old.is_none() {
            return Ok(None);
        }
        let mut builder = TreeBuilder::new();
        for entry in entries.into_values() {
            let located = |source| Error::Format { path: self.target.join(inner), source };
            builder.push(entry).map_err(located)?;
        }
        let tree = builder.finish();
        let sum = Sum { oid: tree.oid(), size: tree.size(), files: tree.files() };
        if let Some(writer) = self.writer {
            writer.put(sum.oid, Kind::Tree, tree.as_bytes())?;
        }
        self.record(inner, sum, &recorded, old.is_none());
        Ok(Some(sum))
    }

    /// Brings the section of a directory in line with its new tree.
    fn record(
        &mut self,
        inner: &[u8],
        sum: Sum,
        changes: &[(&[u8], Option<Recorded>)],
        is_new: bool,
    ) {
        let old = self.sections.remove(inner);
        let complete = old.as_ref().map_or(is_new, |section| section.complete);
        let mut builder = SectionBuilder::default();
        let mut changes = changes.iter().peekable();
        for entry in old.iter().flat_map(|section| section.entries()) {
            while let Some((name, change)) = changes.next_if(|(name, _)| *name < entry.name) {
                Recorded::push(change.as_ref(), name, &mut builder);
            }
            match changes.next_if(|(name, _)| *name == entry.name) {
                Some((name, change)) => Recorded::push(change.as_ref(), name, &mut builder),
                None => builder.push(&entry),
            }
        }
        for (name, change) in changes {
            Recorded::push(change.as_ref(), name, &mut builder);
        }
        let section = builder.finish(sum.oid, sum.size, sum.files, complete);
        self.sections.insert(inner.to_vec(), section);
    }
}

/// What the section of a directory notes of a change.
enum Recorded {
    File { mode: Mode, oid: ObjectId, stat: Stat, racy: bool },
    Directory,
}

impl Recorded {
    fn push(change: Option<&Recorded>, name: &[u8], builder: &mut SectionBuilder) {
        match change {
            None => {}
            Some(Recorded::Directory) => builder.push(&Entry::directory(name)),
            Some(Recorded::File { mode, oid, stat, racy }) => {
                builder.push(&Entry::new(name, *mode, *oid, stat, *racy));
            }
        }
    }
}
