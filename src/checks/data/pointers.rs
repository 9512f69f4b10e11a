//! Pointers that no command could follow, or that do not go together with what else is tracked.

use super::super::{File, Finding, Reader, Result};
use super::forget::Forget;
use super::state::{State, unreadable};
use crate::data::tracked::{pointer_path, target_path};
use crate::format::{Pointer, pointer};
use crate::fs::RepoPath;

const RULE: &str = "pointer";

/// What is wrong with staged pointers.
pub(super) fn find(state: &State<'_>, found: &mut Vec<Finding>) -> Result<()> {
    let reader = state.files.reader();
    for file in staged(state) {
        if let Err(finding) = read(&reader, file)? {
            found.push(finding);
        } else if let Ok(target) = target_path(&file.path)
            && let Some(message) = overlap(state, &target)?
        {
            let hint = Forget::new(state.files, &[&file.path])?.command(&file.path, false);
            found.push(Finding::new(&file.path, RULE, message).hint(hint));
        }
    }
    Ok(())
}

/// The pointers among the files that are checked.
pub(super) fn staged<'a>(state: &State<'a>) -> impl Iterator<Item = &'a File> + use<'a> {
    state.files.files.iter().filter(|file| file.has_suffix(pointer::SUFFIX))
}

/// Reads a pointer that is staged, or says why there is none.
pub(super) fn read(
    reader: &Reader<'_>,
    file: &File,
) -> Result<std::result::Result<Pointer, Finding>> {
    let wrong = |message: &str| Ok(Err(Finding::new(&file.path, RULE, message)));
    if !file.is_regular() {
        return wrong("a pointer is a file, not a link and no other repository");
    }
    match target_path(&file.path) {
        Ok(target) if target.as_bytes().ends_with(pointer::SUFFIX.as_bytes()) => {
            return wrong("what it names would be a pointer itself");
        }
        Ok(_) => {}
        Err(error) => return wrong(&error.to_string()),
    }
    let Some(text) = reader.bytes(file, pointer::MAX_LEN)? else {
        return wrong("not a valid pointer: it is longer than 1 MiB");
    };
    Ok(Pointer::parse(&text).map_err(|error| unreadable(&file.path, RULE, &text, &error)))
}

/// What else tracks `target`, something in it, or what it lies in.
fn overlap(state: &State<'_>, target: &RepoPath) -> Result<Option<String>> {
    let pointers = &state.names.pointers;
    let above = std::iter::successors(target.parent(), RepoPath::parent);
    for outer in above.take_while(|path| !path.is_root()) {
        let other = pointer_path(&outer);
        if pointers.contains(&other) {
            return Ok(Some(format!("`{target}` lies in `{outer}`, which `{other}` tracks")));
        }
    }
    let first = target.join(b"\0");
    let inner = pointers.range(first..).next().filter(|inner| inner.below(target).is_some());
    // Of two that are staged, the inner one is told of.
    if let Some(inner) = inner.filter(|inner| state.staged(inner).is_none()) {
        return Ok(Some(format!("`{inner}` tracks something in `{target}` already")));
    }
    for pipeline in state.pipelines()? {
        for stage in pipeline.stages() {
            let overlaps =
                |path: &RepoPath| path.below(target).is_some() || target.below(path).is_some();
            if let Some(out) = stage.outs.iter().find(|out| overlaps(&out.path)) {
                let (path, address) = (&out.path, &stage.address);
                return Ok(Some(format!(
                    "stage `{address}` writes `{path}`: what stages write, their lock tracks"
                )));
            }
        }
    }
    Ok(None)
}
