//! Why stages make no graph.

use std::fmt;

use crate::fs::{RepoPath, display_bytes};
use crate::pipeline::{Address, Stage};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{first} and {second} both write `{path}`")]
    SameOut { path: RepoPath, first: Definition, second: Definition },
    #[error("{inner} writes `{path}`, which is inside of `{outer_path}`, an out of {outer}")]
    NestedOut { path: RepoPath, outer_path: RepoPath, inner: Definition, outer: Definition },
    #[error("`{file}` is inside of `{path}`, an out of {stage}: the stage would remove it")]
    FileInOut { file: RepoPath, path: RepoPath, stage: Definition },
    #[error("there are two stages {first}; the other is on line {second_line}")]
    SameAddress { first: Definition, second_line: usize },
    #[error("stages wait for each other: {}", circle(.0))]
    Cycle(Vec<Need>),
    #[error("{stage} depends on `{}`, which is not a valid glob: {reason}", display_bytes(.glob.as_bytes()))]
    Glob { stage: Definition, glob: String, reason: String },
}

/// A stage and where it is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub address: Box<Address>,
    /// Counted from 1.
    pub line: usize,
}

impl Definition {
    pub(super) fn of(stage: &Stage) -> Definition {
        Definition { address: Box::new(stage.address.clone()), line: stage.line }
    }
}

impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = display_bytes(self.address.name.as_bytes());
        write!(f, "`{name}` ({}:{})", self.address.file, self.line)
    }
}

/// One link of a cycle: the stage needs what the next one writes, and the last what the first does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    pub stage: Definition,
    /// The out of the next stage.
    pub path: RepoPath,
}

fn circle(needs: &[Need]) -> String {
    let Some(Need { stage: first, .. }) = needs.first() else { return String::new() };
    let mut text = first.to_string();
    for (at, need) in needs.iter().enumerate() {
        let which = if at == 0 { "" } else { ", which" };
        let next = needs.get(at + 1).map_or(first, |next| &next.stage);
        text.push_str(&format!("{which} needs `{}` of {next}", need.path));
    }
    text
}
