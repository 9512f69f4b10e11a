//! What can be wrong with hooks, and what solves it.

use std::path::{Path, PathBuf};

use super::{Event, Reason};
use crate::fs;
use crate::git::{Scope, Version};

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("Git {}{}", silent_at(.events), so_what(.events))]
    NotInstalled { events: Vec<Event> },
    /// As [`Problem::NotInstalled`], where it is left to the user: `lines` into `path`.
    #[error("Git does not call us at {}{}", .event.name(), so_what(&[*.event]))]
    LeftToUser { event: Event, reason: Reason, path: PathBuf, lines: String },
    #[error("we are called twice at {}", .event.name())]
    Twice { event: Event },
    #[error("pre-commit or prek run our checks, and so does our own hook at pre-commit")]
    ChecksTwice,
    #[error("`{}` is of another version of git-mldata ({version})", shown(.path))]
    OtherVersion { path: PathBuf, version: u32 },
    #[error("`{}` is not executable: Git passes over it", shown(.path))]
    NotExecutable { path: PathBuf },
    #[error("`{}` finds no git-mldata: there is none on PATH, and `{}` is gone", shown(.path), shown(.program))]
    NoProgram { path: PathBuf, program: PathBuf },
    /// Other programs have moved them.
    #[error("nothing runs our {}", listed(.paths))]
    Unused { paths: Vec<PathBuf> },
    /// As when a manager of hooks is set up later.
    #[error("Git passes over our hooks in `{}`: `core.hooksPath` names `{}`", shown(.directory), shown(.used))]
    PassedOver { directory: PathBuf, used: PathBuf },
    #[error("nothing runs `{}` any more: our hook did, and another one has replaced that", shown(.path))]
    Replaced { path: PathBuf },
    #[error("`core.hooksPath` names no directory: no hooks are run from files")]
    HooksOff { scope: Option<Scope> },
    #[error("what starts `{}` runs none of our hooks: it is Git {version}, and hooks by settings came with {}",
        shown(.path), Version::CONFIGURED_HOOKS)]
    DeafGit {
        path: PathBuf,
        version: Version,
        /// Whether there is a directory for hooks of ours.
        has_directory: bool,
    },
    #[error("`{key}` switches our hook off")]
    Disabled { key: String, scope: Option<Scope> },
    #[error("Git fails at {} for what its settings say of hooks: {reason}", .event.name())]
    Refused { event: Event, reason: String },
    #[error("`.gitattributes` gives files to git-lfs, and nothing runs `git lfs pre-push`")]
    Lfs,
    #[error("{what}")]
    NotPrepared { what: &'static str },
}

/// What the user does about a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// For a shell: the problem is gone after it.
    Command(String),
    /// In words, where no command does it.
    Advice(String),
}

impl Problem {
    pub fn remedy(&self) -> Remedy {
        Remedy::Command(match self {
            Problem::NotInstalled { events } if events[..] == Event::ALL => {
                "git mldata install".to_owned()
            }
            Problem::NotInstalled { events } => {
                format!("git mldata install --events {}", names(events).replace(", ", ","))
            }
            Problem::LeftToUser { reason, path, lines, .. } => {
                let place = match reason {
                    Reason::Managed(_) => "add to",
                    _ => "put at the top of",
                };
                let lines = lines.replace('\n', "\n    ");
                return Remedy::Advice(format!("{place} `{}`:\n    {lines}", shown(path)));
            }
            Problem::Twice { event } => format!(
                "git mldata uninstall --events {0}; git mldata install --events {0}",
                event.name()
            ),
            Problem::ChecksTwice => "git mldata uninstall --events pre-commit".to_owned(),
            Problem::OtherVersion { .. } | Problem::NoProgram { .. } => {
                "git mldata install".to_owned()
            }
            Problem::NotExecutable { path } => format!("chmod +x {}", word(path)),
            Problem::Unused { .. } | Problem::PassedOver { .. } => {
                "git mldata uninstall; git mldata install".to_owned()
            }
            Problem::Replaced { path } => format!("mv {0} {0}.away", word(path)),
            Problem::HooksOff { scope } => unset("core.hooksPath", *scope),
            Problem::DeafGit { has_directory: true, .. } => {
                "git mldata install --method hookdir".to_owned()
            }
            Problem::DeafGit { .. } => {
                return Remedy::Advice(
                    "bring that Git up to date, or commit with another".to_owned(),
                );
            }
            Problem::Disabled { key, scope } => unset(key, *scope),
            Problem::Refused { .. } => {
                return Remedy::Advice(
                    r"see where it is set: `git config --show-origin --get-regexp '^hook\.'`"
                        .to_owned(),
                );
            }
            // git-lfs takes its own hooks only in an empty place.
            Problem::Lfs => {
                "git mldata uninstall; git lfs install --local; git mldata install".to_owned()
            }
            Problem::NotPrepared { .. } => "git mldata init".to_owned(),
        })
    }
}

fn silent_at(events: &[Event]) -> String {
    match *events == Event::ALL {
        true => "calls us at no event".to_owned(),
        false => format!("does not call us at {}", names(events)),
    }
}

/// What goes wrong where we are not called at `events`.
fn so_what(events: &[Event]) -> &'static str {
    match (events.contains(&Event::PreCommit), events.contains(&Event::PrePush)) {
        (true, true) => ": commits are not checked, and a push can leave data behind",
        (true, false) => ": commits are not checked",
        (false, true) => ": a push can leave data behind",
        (false, false) => "",
    }
}

fn unset(key: &str, scope: Option<Scope>) -> String {
    match scope {
        None | Some(Scope::Command) => format!("git config --unset {key}"),
        Some(scope) => format!("git config --{} --unset {key}", scope.name()),
    }
}

fn names(events: &[Event]) -> String {
    events.iter().map(|event| event.name()).collect::<Vec<_>>().join(", ")
}

fn listed(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("`{}`", shown(path))).collect::<Vec<_>>().join(", ")
}

fn shown(path: &Path) -> String {
    fs::display_bytes(path.as_os_str().as_encoded_bytes())
}

fn word(path: &Path) -> String {
    fs::shell_word(path.as_os_str().as_encoded_bytes())
}
