//! Pointers to data that is not here: if no remote has it either, nobody will ever get it.
//!
//! No remote is asked, which could take as long as it likes; `pre-push` does that. A pointer that says
//! what one said in the last commit, there or under another name, is not news. Of a directory, its
//! listing is looked for.

use std::collections::HashSet;

use super::super::{Finding, Origin, Result};
use super::pointers;
use super::state::State;
use crate::data::tracked::target_path;
use crate::format::{ObjectId, Pointer, pointer};
use crate::fs::RepoPath;
use crate::git::GitFiles;

/// Staged pointers whose objects the cache does not have.
pub(super) fn find(state: &State<'_>, found: &mut Vec<Finding>) -> Result<()> {
    let cache = &state.source.project().cache;
    let reader = state.files.reader();
    let mut before = None;
    for file in pointers::staged(state) {
        let Ok(pointer) = pointers::read(&reader, file)? else { continue };
        let oid = pointer.target.oid();
        if cache.contains(&oid).map_err(crate::data::Error::from)? {
            continue;
        }
        let before = match &mut before {
            Some(before) => before,
            none => none.insert(objects_before(state)?),
        };
        if !before.contains(&oid) {
            let message = "its data is not in the cache: if no remote has it, nobody can get it";
            let hint = format!("git mldata fetch {}", target_word(state, &file.path));
            found.push(Finding::new(&file.path, "pointer-data", message).hint(hint));
        }
    }
    Ok(())
}

/// What the pointers that changed named before.
fn objects_before(state: &State<'_>) -> Result<HashSet<ObjectId>> {
    let repo = state.files.repo();
    let mut texts = Vec::new();
    if let Origin::Commit(_) = state.files.origin {
        let objects = repo.objects();
        let old = pointers::staged(state).filter_map(|file| file.old);
        texts.extend(old.filter_map(|id| objects.blob(id, pointer::MAX_LEN).ok()));
    } else if let Some(head) = repo.head()? {
        let before = GitFiles::of_commit(repo, head);
        let is_pointer = |path: &&RepoPath| path.as_bytes().ends_with(pointer::SUFFIX.as_bytes());
        let old = state.changed().filter(is_pointer);
        texts.extend(old.filter_map(|path| before.read(path, pointer::MAX_LEN).ok().flatten()));
    }
    let old = texts.iter().filter_map(|text| Pointer::parse(text).ok());
    Ok(old.map(|pointer| pointer.target.oid()).collect())
}

fn target_word(state: &State<'_>, file: &RepoPath) -> String {
    let target = target_path(file);
    state.files.word(target.as_ref().unwrap_or(file))
}
