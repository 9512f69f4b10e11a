//! What a stage depends on, as it is now.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;

use globset::{GlobBuilder, GlobMatcher};

use super::session::Session;
use crate::format::Value;
use crate::format::lock::{LockedCmd, LockedDep, LockedOut, LockedStage};
use crate::format::stage_key::{self, DepInput, OutInput, OutRole, ParamInput, StageKey};
use crate::fs::{RepoPath, os_path};
use crate::pipeline::stage::{Cmd, Dep, Out, OutKind, Place};
use crate::pipeline::{Error, Result, Stage};

/// Deps, parameters and variables of a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    /// Ascending by path; globs are expanded.
    pub deps: Vec<LockedDep>,
    /// File, key, value.
    pub params: BTreeMap<String, BTreeMap<String, Value>>,
    pub env: BTreeMap<String, Option<String>>,
    /// Deps that are not there.
    pub missing: Vec<Place>,
    /// Deps that are not there and that the cache has: they are put there before the stage runs.
    pub absent: Vec<RepoPath>,
    /// Deps that pointers name and that are not what those say: nobody added the change.
    pub unrecorded: Vec<RepoPath>,
}

impl Inputs {
    /// Looks at the worktree.
    ///
    /// # Errors
    /// A dep cannot be read, a parameter is not there. A dep that is not there is no error.
    pub fn read(session: &Session<'_>, stage: &Stage, allow_missing: bool) -> Result<Inputs> {
        let mut inputs = Inputs::default();
        let directory = stage.address.directory();
        for dep in &stage.deps {
            match dep {
                Dep::Path(place) => inputs.dep(session, stage, place, allow_missing)?,
                Dep::Glob(pattern) => {
                    let mut found = expand(session, pattern)?;
                    found.retain(|path| !is_own_out(stage, path));
                    if found.is_empty() {
                        let pattern = RepoPath::new(pattern.as_bytes()).unwrap_or_default();
                        inputs.missing.push(Place::Inside(pattern));
                    }
                    for path in found {
                        inputs.dep(session, stage, &Place::Inside(path), allow_missing)?;
                    }
                }
            }
        }
        inputs.settle();
        for from in &stage.params {
            let file = text(stage, from.file.relative_to(&directory))?;
            let values = session.params(from)?;
            inputs.params.entry(file).or_default().extend(values);
        }
        inputs.read_env(stage);
        Ok(inputs)
    }

    /// Brings deps in order, each once: globs overlap.
    pub(super) fn settle(&mut self) {
        self.deps.sort_by(|a, b| a.path.cmp(&b.path));
        self.deps.dedup_by(|a, b| a.path == b.path);
    }

    /// Takes the values of variables that the stage depends on.
    pub(super) fn read_env(&mut self, stage: &Stage) {
        for (name, value) in &stage.env {
            let value = value.clone().or_else(|| variable(name));
            self.env.insert(name.clone(), value);
        }
    }

    fn dep(
        &mut self,
        session: &Session<'_>,
        stage: &Stage,
        place: &Place,
        allow_missing: bool,
    ) -> Result<()> {
        let path = written(stage, place)?;
        let tracked = match place {
            Place::Inside(path) => session.tracked(path).filter(|tracked| tracked.path == *path),
            Place::Outside(_) => None,
        };
        let target = match (session.dep(place)?, tracked) {
            (Some(target), tracked) => {
                if let Some(tracked) = tracked
                    && tracked.lock().is_none()
                    && tracked.target != target
                {
                    self.unrecorded.push(tracked.path.clone());
                }
                target
            }
            (None, Some(tracked))
                if allow_missing || session.project.cache.contains(&tracked.target.oid())? =>
            {
                self.absent.push(tracked.path.clone());
                tracked.target
            }
            (None, _) => {
                self.missing.push(place.clone());
                return Ok(());
            }
        };
        self.deps.push(LockedDep { path, target });
        Ok(())
    }
}

/// Whether the stage itself writes `path`: `**/*.csv` does not mean what it is about to make.
pub(super) fn is_own_out(stage: &Stage, path: &RepoPath) -> bool {
    stage.outs.iter().any(|out| path.below(&out.path).is_some())
}

#[expect(clippy::disallowed_methods, reason = "the stage asks for the caller's value")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A place as the lock names it.
pub(super) fn written(stage: &Stage, place: &Place) -> Result<String> {
    match place {
        Place::Inside(path) => text(stage, path.relative_to(&stage.address.directory())),
        Place::Outside(path) => text(stage, path.as_os_str().as_bytes().to_vec()),
    }
}

/// The path of an out as the lock names it.
pub(super) fn written_out(stage: &Stage, out: &Out) -> Result<String> {
    text(stage, out.path.relative_to(&stage.address.directory()))
}

fn text(stage: &Stage, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| Error::NotUtf8 {
        stage: stage.address.clone(),
        path: crate::fs::display_bytes(error.as_bytes()),
    })
}

/// The files that a glob matches, of those that Git tracks or would track and of tracked data.
fn expand(session: &Session<'_>, pattern: &str) -> Result<Vec<RepoPath>> {
    let (matcher, start) = glob_of(pattern)?;
    let mut found = Vec::new();
    session.files_below(&start, &mut |path| {
        if matcher.is_match(os_path(path.as_bytes())) {
            found.push(path);
        }
    })?;
    found.sort();
    Ok(found)
}

/// A glob, and the directory that everything it matches is in.
pub(super) fn glob_of(pattern: &str) -> Result<(GlobMatcher, RepoPath)> {
    let built = GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build();
    let bad = |error: globset::Error| {
        Error::Data(crate::data::Error::BadGlob {
            pattern: pattern.to_owned(),
            reason: error.kind().to_string(),
        })
    };
    let matcher = built.map_err(bad)?.compile_matcher();
    let has_signs = |part: &&str| part.contains(['*', '?', '[', '{', '\\']);
    let parts: Vec<&str> = pattern.split('/').collect();
    let fixed: Vec<&str> =
        parts[..parts.len() - 1].iter().copied().take_while(|part| !has_signs(part)).collect();
    Ok((matcher, RepoPath::new(fixed.join("/")).unwrap_or_default()))
}

/// The commands as the lock has them.
pub(super) fn locked_cmd(cmd: &Cmd) -> LockedCmd {
    match cmd {
        Cmd::Text(text) => LockedCmd::Text(text.clone()),
        Cmd::List(commands) => LockedCmd::List(commands.clone()),
    }
}

/// The block of a stage that ran on `inputs` and wrote `outs`.
pub(super) fn locked_stage(stage: &Stage, inputs: &Inputs, outs: Vec<LockedOut>) -> LockedStage {
    LockedStage {
        cmd: locked_cmd(&stage.cmd),
        deps: inputs.deps.clone(),
        params: inputs.params.clone(),
        env: inputs.env.clone(),
        outs,
    }
}

/// The key under which the run cache knows the stage with these inputs.
pub(super) fn key(stage: &Stage, inputs: &Inputs) -> Result<StageKey> {
    let directory = stage.address.directory();
    let wdir = match text(stage, stage.wdir.relative_to(&directory))? {
        here if here == "." => String::new(),
        wdir => wdir,
    };
    let outs: Vec<(String, &Out)> = stage
        .outs
        .iter()
        .map(|out| Ok((text(stage, out.path.relative_to(&directory))?, out)))
        .collect::<Result<_>>()?;
    let params = inputs.params.iter().flat_map(|(file, values)| {
        values.iter().map(move |(key, value)| ParamInput { file, key, value })
    });
    let key = stage_key::Inputs {
        commands: stage.cmd.commands(),
        wdir: &wdir,
        deps: inputs
            .deps
            .iter()
            .map(|dep| DepInput { path: &dep.path, target: dep.target })
            .collect(),
        params: params.collect(),
        env: inputs.env.iter().map(|(name, value)| (&name[..], value.as_deref())).collect(),
        outs: outs
            .iter()
            .map(|(path, out)| OutInput {
                path,
                role: match out.kind {
                    OutKind::Out => OutRole::Out,
                    OutKind::Metric => OutRole::Metric,
                    OutKind::Plot => OutRole::Plot,
                },
                cache: out.cache,
                persist: out.persist,
            })
            .collect(),
    };
    Ok(key.key())
}
