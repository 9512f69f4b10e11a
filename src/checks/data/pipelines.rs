//! Pipeline files that no command could run as they would be committed.

use std::collections::{BTreeMap, HashSet};

use super::super::{Finding, Place, Result};
use super::state::{Pipeline, State};
use crate::format::Value;
use crate::fs::RepoPath;
use crate::pipeline::graph::{Definition, Error as GraphError};
use crate::pipeline::stage::{Dep, Place as DepPlace};
use crate::pipeline::{Error, Graph, Stage, params};

const RULE: &str = "pipeline";

/// Pipelines that cannot be understood, lack parameters, or make no graph; each as far as something that
/// is checked has to do with it.
pub(super) fn find(state: &State<'_>, found: &mut Vec<Finding>) -> Result<()> {
    let pipelines = state.pipelines()?;
    for pipeline in pipelines {
        if let Err(error) = &pipeline.loaded
            && let Some(finding) = mistake(state, pipeline, error)
        {
            found.push(finding);
        }
    }
    missing_params(state, pipelines, found);
    let stages: Vec<Stage> = pipelines.iter().flat_map(|it| it.stages()).cloned().collect();
    let is_concerned = pipelines.iter().any(|pipeline| state.staged(&pipeline.file).is_some());
    if is_concerned && let Err(error) = Graph::build(stages) {
        let (file, line) = place(&error, pipelines);
        found.push(Finding::new(&file, RULE, error.to_string()).line(line));
    }
    Ok(())
}

/// Paths that other machines do not have, in pipeline files that are checked.
pub(super) fn find_absolute(state: &State<'_>, found: &mut Vec<Finding>) -> Result<()> {
    let rule = "absolute-dep";
    for pipeline in state.pipelines()? {
        if state.staged(&pipeline.file).is_none() {
            continue;
        }
        for stage in pipeline.stages() {
            for dep in &stage.deps {
                if let Dep::Path(DepPlace::Outside(path)) = dep {
                    let path = crate::fs::display_bytes(path.as_os_str().as_encoded_bytes());
                    let message = format!(
                        "stage `{}` depends on `{path}`, which other clones do not have",
                        stage.address
                    );
                    found.push(Finding::new(&pipeline.file, rule, message).line(stage.line as u64));
                }
            }
        }
        // Inside of the repository, such a path is one only as long as the repository stays here.
        let top = state.files.repo().top().as_os_str().as_encoded_bytes();
        let text = state.git().read(&pipeline.file, crate::pipeline::source::MAX_FILE)?;
        let text = text.unwrap_or_default();
        for (at, line) in text.split(|&b| b == b'\n').enumerate() {
            if top.len() > 1 && names(line, top) {
                let message = "the path of this clone is in it; other clones are elsewhere";
                found.push(Finding::new(&pipeline.file, rule, message).line(at as u64 + 1));
            }
        }
    }
    Ok(())
}

/// Whether `line` has the directory `top` in it.
fn names(line: &[u8], top: &[u8]) -> bool {
    let ends = |rest: &[u8]| rest.first().is_none_or(|b| !b.is_ascii_alphanumeric() && *b != b'-');
    line.windows(top.len())
        .enumerate()
        .any(|(at, part)| part == top && ends(&line[at + top.len()..]))
}

/// A mistake in a pipeline file, or in a file that it reads, if that is checked.
fn mistake(state: &State<'_>, pipeline: &Pipeline, error: &Error) -> Option<Finding> {
    let file = &pipeline.file;
    let is_checked = |path: &RepoPath| state.changed().any(|changed| changed == path);
    match error {
        Error::InFile(located) => {
            let path = &located.path;
            (is_checked(path) || is_checked(file)).then(|| Finding {
                place: Place {
                    path: path.clone(),
                    line: Some(located.line as u64),
                    column: Some(located.column as u64),
                },
                ..Finding::new(path, RULE, &located.message)
            })
        }
        Error::NoSuchFile { .. } => is_checked(file).then(|| {
            let message =
                "is no file: a link that leads to none of Git's files, or another repository";
            Finding::new(file, RULE, message)
        }),
        Error::ParamsFileMissing { path } => (is_checked(path) || is_checked(file))
            .then(|| Finding::new(file, RULE, error.to_string())),
        // Variables may be in data that is not here: nothing is known then.
        Error::NotFetched { .. } => None,
        error => is_checked(file).then(|| Finding::new(file, RULE, error.to_string())),
    }
}

/// Parameters that stages list and files do not have.
fn missing_params(state: &State<'_>, pipelines: &[Pipeline], found: &mut Vec<Finding>) {
    let changed: HashSet<&RepoPath> = state.changed().collect();
    let mut known: BTreeMap<&RepoPath, crate::pipeline::Result<Option<Value>>> = BTreeMap::new();
    let mut told: HashSet<String> = HashSet::new();
    for pipeline in pipelines {
        let is_checked = changed.contains(&pipeline.file);
        for stage in pipeline.stages() {
            for from in &stage.params {
                if !is_checked && !changed.contains(&from.file) {
                    continue;
                }
                let read = known
                    .entry(&from.file)
                    .or_insert_with(|| params::read(&state.source, &from.file));
                let finding = match read {
                    Ok(whole) if whole.is_some() || !is_written(pipelines, &from.file) => {
                        let Err(error) = params::select(whole.as_ref(), from) else { continue };
                        let message = format!("stage `{}`: {error}", stage.address);
                        Finding::new(&pipeline.file, RULE, message).line(stage.line as u64)
                    }
                    // A stage writes it, or it is data that is not here.
                    Ok(_) => continue,
                    Err(error) => match mistake(state, pipeline, error) {
                        Some(finding) => finding,
                        None => continue,
                    },
                };
                // One bad file is one mistake, however many stages read it.
                if told.insert(format!("{:?} {}", finding.place, finding.message)) {
                    found.push(finding);
                }
            }
        }
    }
}

fn is_written(pipelines: &[Pipeline], path: &RepoPath) -> bool {
    let mut outs = pipelines.iter().flat_map(|it| it.stages()).flat_map(|stage| &stage.outs);
    outs.any(|out| path.below(&out.path).is_some())
}

/// Where the first stage that `error` names is defined.
fn place(error: &GraphError, pipelines: &[Pipeline]) -> (RepoPath, u64) {
    let definition: Option<&Definition> = match error {
        GraphError::SameOut { second: stage, .. }
        | GraphError::NestedOut { inner: stage, .. }
        | GraphError::FileInOut { stage, .. }
        | GraphError::SameAddress { first: stage, .. }
        | GraphError::Glob { stage, .. } => Some(stage),
        GraphError::Cycle(needs) => needs.first().map(|need| &need.stage),
    };
    match definition {
        Some(definition) => (definition.address.file.clone(), definition.line as u64),
        None => (pipelines.first().map(|it| it.file.clone()).unwrap_or_default(), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_clone_is_found_as_a_whole() {
        let top = b"/home/me/project";
        for (line, expected) in [
            (&b"deps: [/home/me/project/a]"[..], true),
            (b"cmd: cat /home/me/project", true),
            (b"cmd: cat /home/me/project-2/a", false),
            (b"cmd: cat a", false),
            (b"", false),
        ] {
            assert_eq!(names(line, top), expected);
        }
    }
}
