//! Hints for what goes wrong with pipelines.

use super::ui::path_here;
use super::{CliError, ErrorKind};
use crate::format;
use crate::fs::display_bytes;
use crate::fs::shell_word;
use crate::pipeline::error::CommandFailed;
use crate::pipeline::{Address, Error, graph, workspace};

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        match error {
            Error::Data(error) => error.into(),
            Error::Runs(error) => error.into(),
            Error::Git(error) => error.into(),
            Error::Fs(error) => error.into(),
            Error::Cache(error) => error.into(),
            Error::Graph(error) => {
                let hints = graph_hints(&error);
                CliError::user(error).hints(hints)
            }
            Error::Target(error) => {
                let hints = target_hints(&error);
                let kind = match error {
                    workspace::Error::Glob { .. } => ErrorKind::Usage,
                    _ => ErrorKind::User,
                };
                CliError::new(kind, error).hints(hints)
            }
            error @ Error::TooManyRevisions { .. } => CliError::usage(error),
            Error::PutBack { error, recovery } => {
                CliError::from(*error).hints(recovery.iter().map(|id| left_work(id)))
            }
            Error::Interrupted => CliError::new(ErrorKind::Interrupted, error),
            error => {
                let hints = run_hints(&error);
                let hint = hint(&error);
                CliError::user(error).hints(hints).hints(hint)
            }
        }
    }
}

fn graph_hints(error: &graph::Error) -> Vec<String> {
    use graph::Error as E;
    let hint = match error {
        E::SameOut { .. } => "let one of them write another file, or make them one stage",
        E::NestedOut { .. } => "let them write to directories of their own",
        E::FileInOut { .. } => "let the stage write to a directory of its own",
        E::SameAddress { .. } => "give one of them another name",
        E::Cycle(needs) if needs.len() == 1 => {
            "a stage that changes what it reads has no end; let it write another file"
        }
        E::Cycle(_) => "take away one of these deps, or divide a stage into two",
        E::Glob { .. } => {
            "`*`, `?`, `**`, `[a-z]` and `{a,b}` are known; `\\` takes away their meaning"
        }
    };
    vec![hint.to_owned()]
}

fn target_hints(error: &workspace::Error) -> Vec<String> {
    use workspace::Error as E;
    let list = "`git mlrun stage list --all` lists all stages";
    match error {
        E::NoPipeline => vec![
            "begin one: `git mlrun stage add -n NAME -d DEP -o OUT COMMAND`".to_owned(),
            "or name one that is elsewhere, as `DIRECTORY:STAGE`".to_owned(),
        ],
        E::NoPipelineIn { .. } | E::NoMatch { .. } => vec![list.to_owned()],
        E::Unknown { near, .. } if near.is_empty() => vec![list.to_owned()],
        E::UnknownStage { file, near, .. } if near.is_empty() => {
            let file = shell_word(path_here(file));
            vec![format!("`git mlrun stage list {file}` lists those that there are")]
        }
        E::Unknown { near, .. } | E::UnknownStage { near, .. } => {
            let near = near.iter().map(|name| format!("`{}`", display_bytes(name.as_bytes())));
            vec![format!("did you mean {}?", near.collect::<Vec<_>>().join(" or "))]
        }
        E::Glob { .. } => {
            vec!["`*`, `?`, `[a-z]` and `{a,b}` are known; `\\` takes away their meaning".into()]
        }
        E::Hidden { by, .. } => {
            vec![format!("put its stages into `{}`", path_here(by))]
        }
        E::Path { .. } => Vec::new(),
    }
}

fn hint(error: &Error) -> Option<String> {
    Some(match error {
        Error::StageExists { .. } => "choose another name, or replace it by `-f`".to_owned(),
        Error::BadStageName { .. } => {
            "use letters, digits, `-` and `_`; other signs are for commands that name stages".into()
        }
        Error::OneOfGroup { group, .. } => {
            format!("name the whole group: `{}`", display_bytes(group.as_bytes()))
        }
        Error::ParamsFileMissing { .. } | Error::ParamMissing { .. } => {
            "write it there, or take it out of the stage's `params`".to_owned()
        }
        Error::NotFetched { path, revision } => {
            let (rev, path) = (shell_word(revision), shell_word(path_here(path)));
            format!("run `git mldata fetch --rev {rev} {path}`")
        }
        Error::Format { path, source: format::Error::ConflictMarkers { .. } } => {
            let path = shell_word(path_here(path));
            format!(
                "take one side, `git checkout --ours {path}` or `--theirs`, then `git mlrun repro`"
            )
        }
        Error::Format { path, .. } => {
            let path = shell_word(path_here(path));
            format!("`git log -p -- {path}` shows how it came about")
        }
        Error::CannotEdit { .. } => "nothing was changed; edit the file by hand".to_owned(),
        Error::NoSuchFile { .. } => {
            "add a first stage: `git mlrun stage add -n NAME -d DEP -o OUT COMMAND`".to_owned()
        }
        _ => return None,
    })
}

/// Where the work of a stage that failed is found.
fn left_work(recovery: &str) -> String {
    format!("what it had written: `git mldata recover restore {recovery}`")
}

/// Why stages did not run, or not well.
fn run_hints(error: &Error) -> Vec<String> {
    let stage_word = |stage: &Address| shell_word(stage.to_string());
    match error {
        Error::DepMissing { stage, tracked: true, .. } => {
            let stage = stage_word(stage);
            vec![format!("`git mlrun repro --pull {stage}` fetches it first")]
        }
        Error::DepMissing { places, .. }
            if places.iter().any(|place| place.to_string().contains(['*', '?', '['])) =>
        {
            vec!["globs do not match what Git ignores: name it, or `git mldata add` it".to_owned()]
        }
        Error::DepMissing { .. } => {
            vec!["create it, or take it out of the stage's `deps`".to_owned()]
        }
        Error::CommandFailed(failed) => {
            let CommandFailed { log, recovery, .. } = &**failed;
            let log = log.iter().map(|path| format!("all it printed is in `{}`", path.display()));
            log.chain(recovery.iter().map(|id| left_work(id))).collect()
        }
        Error::DepChanged { .. } => {
            vec!["list the path under `outs`, or let the command write somewhere else".to_owned()]
        }
        Error::OutMissing { .. } => {
            vec!["correct the stage's `outs`, or what its command writes".to_owned()]
        }
        Error::OutEdited { stage, .. } => {
            let stage = stage_word(stage);
            vec![
                format!("`git mlrun commit {stage}` takes it as the stage's output"),
                format!(
                    "`git mlrun repro --force {stage}` moves it to recovery and runs the stage"
                ),
            ]
        }
        Error::NoBranch { .. } => {
            vec!["`git branch` lists them; quote globs, as in `--branch 'feature/*'`".to_owned()]
        }
        Error::KilledStage { .. } => {
            vec!["`git mlrun repro` or `git mldata checkout` moves back what was there".to_owned()]
        }
        Error::BadShell { .. } => {
            vec!["`git config mlrun.shell /bin/bash` sets one, `--unset` takes the default".into()]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_proposed() {
        let near = vec!["train".to_owned(), "a\u{1b}b".to_owned()];
        let error = workspace::Error::Unknown { target: "trian".into(), near };
        let error = CliError::from(Error::Target(error));
        assert_eq!(error.hints, ["did you mean `train` or `a\\u{1b}b`?"]);
    }
}
