//! What people say about runs after they ended: `git mlrun tag` and `git mlrun rm`.
//!
//! A statement replaces the one before it, whatever the clock says ([`Note::after`]), and a statement
//! that holds already is not made again. All statements of a command are one commit.

use std::collections::{BTreeMap, BTreeSet};

use super::contents::{self, RUNS};
use super::store::{annotations_path, run_directory};
use super::{Error, Result, Store};
use crate::format;
use crate::format::run::{Annotations, MAX_LEN, Note, RunId, Stamp};
use crate::fs::RepoPath;
use crate::git::{GitId, Objects, TreeChange};

/// Something to be said about runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// A tag with its text, or that there is none.
    Tag(String, Option<String>),
    Note(Option<String>),
    Deleted(bool),
}

impl Statement {
    /// Says it. Returns false if it holds already.
    fn apply(
        &self,
        annotations: &mut Annotations,
        stamp: &Stamp,
        of_run: &BTreeMap<String, String>,
    ) -> bool {
        let say = |old: &mut Option<Note>, text: Option<&str>| {
            if old.as_ref().and_then(|note| note.text.as_deref()) == text {
                return false;
            }
            *old = Some(Note::after(old.as_ref(), text.map(str::to_owned), stamp.clone()));
            true
        };
        match self {
            Statement::Note(text) => say(&mut annotations.note, text.as_deref()),
            Statement::Deleted(yes) => say(&mut annotations.deleted, yes.then_some("yes")),
            Statement::Tag(name, text) => {
                let mut note = annotations.tags.remove(name);
                // The tags that a run began with hold until something else is said.
                let holds = match &note {
                    Some(note) => note.text.as_ref(),
                    None => of_run.get(name),
                };
                let is_new = holds != text.as_ref();
                if is_new {
                    note = Some(Note::after(note.as_ref(), text.clone(), stamp.clone()));
                }
                if let Some(note) = note {
                    annotations.tags.insert(name.clone(), note);
                }
                is_new
            }
        }
    }
}

/// Says `statements` about each of `runs`, in one commit. Returns those of which something new was
/// said; with `dry_run`, of which it would be.
///
/// # Errors
/// A run is not in the store, or what was said about it before cannot be read; nothing was said then.
pub fn annotate(
    store: &Store<'_>,
    runs: &[RunId],
    statements: &[Statement],
    message: &str,
    dry_run: bool,
) -> Result<Vec<RunId>> {
    let who = store.repo().identity();
    let time = jiff::Timestamp::now().as_millisecond();
    let stamp = Stamp { time, writer: format!("{} <{}>", who.name, who.email) };
    // What `plan` finds depends on the store at the time of its last try.
    let changed = std::cell::RefCell::new(Vec::new());
    let plan = |objects: &Objects, tree: Option<GitId>| -> Result<Vec<super::store::Edit>> {
        let mut edits = Vec::new();
        changed.borrow_mut().clear();
        for &id in runs {
            let tree = match tree {
                Some(tree) if is_there(objects, tree, id)? => tree,
                _ => return Err(Error::NoRun { id }),
            };
            let tags = match statements.iter().any(|all| matches!(all, Statement::Tag(..))) {
                true => store.run_in(tree, id)?.map(|run| run.tags).unwrap_or_default(),
                false => BTreeMap::new(),
            };
            let mut annotations = store.annotations_in(tree, id)?;
            let mut is_new = false;
            for statement in statements {
                is_new |= statement.apply(&mut annotations, &stamp, &tags);
            }
            if !is_new {
                continue;
            }
            changed.borrow_mut().push(id);
            let path = annotations_path(id);
            let bytes = annotations.to_bytes();
            if bytes.len() > MAX_LEN {
                let reason = format!("they would have {} bytes, more than {MAX_LEN}", bytes.len());
                let source = format::Error::malformed("annotations of a run", reason);
                return Err(Error::Store { path, source });
            }
            if !dry_run {
                let id = objects.write_blob(&bytes)?;
                let path = RepoPath::new(path).expect("a valid path");
                edits.push((path, TreeChange::File { id, executable: false }));
            }
        }
        Ok(edits)
    };
    if !runs.is_empty() {
        store.change(message, &[], &plan)?;
    }
    Ok(changed.take())
}

fn is_there(objects: &Objects, tree: GitId, id: RunId) -> Result<bool> {
    Ok(objects.lookup(tree, &run_directory(id))?.is_some())
}

/// `runs` of the tree `tree` with everything that belongs to them: stages, and runs that these started.
/// All of them are in the shard of the run that they belong to.
///
/// # Errors
/// A shard cannot be read. Runs that cannot be understood belong to nothing.
pub fn with_descendants(store: &Store<'_>, tree: GitId, runs: &[RunId]) -> Result<Vec<RunId>> {
    let mut all: BTreeSet<RunId> = runs.iter().copied().collect();
    let shards: BTreeSet<String> = runs.iter().map(RunId::shard).collect();
    for shard in shards {
        let entries = contents::directory_at(store.objects(), tree, &format!("{RUNS}/{shard}"))?;
        let ids = entries.values().filter_map(|entry| contents::run_of(&shard, entry));
        let parents: Vec<(RunId, RunId)> =
            ids.filter_map(|id| Some((id, store.run_in(tree, id).ok()??.parent?))).collect();
        loop {
            let before = all.len();
            let below = parents.iter().filter(|(_, parent)| all.contains(parent));
            let below: Vec<RunId> = below.map(|(id, _)| *id).collect();
            all.extend(below);
            if all.len() == before {
                break;
            }
        }
    }
    Ok(all.into_iter().collect())
}
