//! Tracked files that were changed in the worktree and not added: the commit will not have the change.
//!
//! One stat for each file that a pointer tracks, nothing is read, and no directory is walked: `git mldata
//! status` looks closer. Only what is certain is told: another size, or a change that was found by a
//! command that did read the file.

use super::super::{Finding, Origin, Result};
use super::state::State;
use crate::data::index::Flags;
use crate::data::tracked::pointer_path;
use crate::format::Target;
use crate::fs;

/// Files of this worktree that are not what was last added or checked out.
pub(super) fn find(state: &State<'_>, found: &mut Vec<Finding>) -> Result<()> {
    if state.files.origin != Origin::Index || !state.files.are_changes {
        return Ok(());
    }
    let project = state.source.project();
    let index = project.index()?;
    let rules = project.stat_rules(&index);
    for (path, known) in &index.targets {
        let Target::File { size, .. } = known.base else { continue };
        if known.lock.is_some() || !state.names.pointers.contains(&pointer_path(path)) {
            continue;
        }
        let stat = fs::lstat(&project.repo.absolute(path))?;
        let Some(stat) = stat.filter(|stat| stat.file_type() == fs::FileType::Regular) else {
            continue;
        };
        let section = known.sections.get(&b""[..]);
        let entry = section.and_then(|section| section.find(path.file_name()));
        let is_known_changed =
            entry.is_some_and(|it| it.flags.has(Flags::CHANGED) && it.same_stat(&stat, rules));
        if stat.size != size || is_known_changed {
            let message = "was changed and not added: the commit has its pointer as it was";
            let hint = format!("git mldata add {}", state.files.word(path));
            found.push(Finding::new(path, "uncommitted-data", message).hint(hint));
        }
    }
    Ok(())
}
