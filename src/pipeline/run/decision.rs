//! Whether a stage has to run, and why.
//!
//! A stage is compared with its block in the lock: the commands, deps, parameters and variables, and
//! then its outs. A stage whose inputs are those of the lock need not run: outs that are gone are put
//! back from the cache, outs that are there and not in the cache are adopted. As with DVC, `frozen`
//! makes deps and parameters count for nothing, and a stage that has only commands always runs.

use super::inputs::{Inputs, locked_cmd, written};
use super::session::Session;
use crate::format::lock::{LockedOut, LockedStage};
use crate::format::{Target, Value};
use crate::pipeline::stage::{Out, OutKind, Place};
use crate::pipeline::{Result, Stage};

/// One reason to run a stage.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// The lock does not know it.
    NeverRan,
    Command,
    DepModified {
        path: String,
    },
    DepAdded {
        path: String,
    },
    DepRemoved {
        path: String,
    },
    DepMissing {
        path: String,
    },
    /// `None` where the parameter is, or was, not there.
    Param {
        file: String,
        key: String,
        old: Option<Value>,
        new: Option<Value>,
    },
    Env {
        name: String,
    },
    OutMissing {
        path: String,
    },
    OutModified {
        path: String,
    },
    /// Outs were added, removed, or are cached in another way.
    OutsListed,
    /// `always_changed`, or nothing but commands.
    Always,
    /// `--force`.
    Forced,
    /// A stage before it would run, so that nobody knows yet.
    Upstream {
        stage: String,
    },
}

impl Reason {
    /// The reason concerns outs alone: the inputs are those of the lock.
    fn is_of_outs(&self) -> bool {
        matches!(self, Reason::OutMissing { .. } | Reason::OutModified { .. })
    }
}

/// An out as it is now.
#[derive(Clone, Debug)]
pub struct OutNow<'a> {
    pub out: &'a Out,
    /// As the lock names it.
    pub path: String,
    /// What the lock says; `None` if it does not know the out.
    pub locked: Option<Target>,
    /// What is there; `None` if nothing is.
    pub now: Option<Target>,
    /// What is there is neither what the lock says nor what we last put there, and is nowhere else.
    pub edited: bool,
    /// What is there is also in the cache.
    pub cached: bool,
}

/// What is to be done with a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    UpToDate,
    /// Outs are what the lock says, and the cache or the index does not know them yet.
    Adopt,
    /// Some outs are to be put back from the cache.
    Restore,
    Run,
}

/// A stage held against its lock.
#[derive(Clone, Debug)]
pub struct Decision<'a> {
    pub verdict: Verdict,
    /// Empty for a stage that is up to date.
    pub reasons: Vec<Reason>,
    pub inputs: Inputs,
    pub outs: Vec<OutNow<'a>>,
    pub locked: Option<LockedStage>,
}

/// What the user said about all stages.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    pub force: bool,
    /// Data that is not here counts as what its pointer or lock says.
    pub allow_missing: bool,
}

/// Compares `stage` with its lock.
pub fn decide<'a>(session: &Session<'_>, stage: &'a Stage, rules: Rules) -> Result<Decision<'a>> {
    for out in &stage.outs {
        session.check_overlap(&out.path)?;
    }
    let locked = session.locked(&stage.address)?;
    let inputs = Inputs::read(session, stage, rules.allow_missing)?;
    let mut reasons = Vec::new();
    if rules.force {
        reasons.push(Reason::Forced);
    }
    reasons.extend(input_reasons(stage, locked.as_ref(), &inputs));
    if !stage.frozen {
        for place in &inputs.missing {
            reasons.push(Reason::DepMissing { path: written(stage, place)? });
        }
    }
    let outs = outs(session, stage, locked.as_ref())?;
    if let Some(locked) = &locked {
        compare_outs(locked, &outs, rules, &mut reasons);
    }
    let verdict = verdict(session, &reasons, &outs, rules)?;
    if matches!(verdict, Verdict::UpToDate | Verdict::Adopt) {
        reasons.clear();
    }
    Ok(Decision { verdict, reasons, inputs, outs, locked })
}

/// What differs between a stage with its inputs and its lock, outs aside.
pub(super) fn input_reasons(
    stage: &Stage,
    locked: Option<&LockedStage>,
    inputs: &Inputs,
) -> Vec<Reason> {
    let Some(locked) = locked else { return vec![Reason::NeverRan] };
    let mut reasons = Vec::new();
    if locked.cmd != locked_cmd(&stage.cmd) {
        reasons.push(Reason::Command);
    }
    if !stage.frozen {
        if stage.always_changed || stage.is_callback() {
            reasons.push(Reason::Always);
        }
        compare_inputs(locked, inputs, &mut reasons);
        // What is missing is told as that.
        let missing: Vec<String> =
            inputs.missing.iter().filter_map(|place| written(stage, place).ok()).collect();
        reasons.retain(|reason| match reason {
            Reason::DepRemoved { path } => !missing.contains(path),
            _ => true,
        });
    }
    reasons
}

fn compare_inputs(locked: &LockedStage, inputs: &Inputs, reasons: &mut Vec<Reason>) {
    let mut old = locked.deps.iter().peekable();
    for dep in &inputs.deps {
        let path = dep.path.clone();
        while let Some(gone) = old.next_if(|old| old.path < dep.path) {
            reasons.push(Reason::DepRemoved { path: gone.path.clone() });
        }
        match old.next_if(|old| old.path == dep.path) {
            Some(old) if old.target.oid() == dep.target.oid() => {}
            Some(_) => reasons.push(Reason::DepModified { path }),
            None => reasons.push(Reason::DepAdded { path }),
        }
    }
    reasons.extend(old.map(|gone| Reason::DepRemoved { path: gone.path.clone() }));
    for (file, values) in &inputs.params {
        let old = locked.params.get(file);
        for (key, new) in values {
            let old = old.and_then(|old| old.get(key));
            if old != Some(new) {
                let (file, key) = (file.clone(), key.clone());
                let (old, new) = (old.cloned(), Some(new.clone()));
                reasons.push(Reason::Param { file, key, old, new });
            }
        }
    }
    for (file, values) in &locked.params {
        let new = inputs.params.get(file);
        for (key, old) in values {
            if new.is_none_or(|new| !new.contains_key(key)) {
                let (file, key, old) = (file.clone(), key.clone(), Some(old.clone()));
                reasons.push(Reason::Param { file, key, old, new: None });
            }
        }
    }
    let names = inputs.env.keys().chain(locked.env.keys());
    let mut names: Vec<&String> =
        names.filter(|name| inputs.env.get(*name) != locked.env.get(*name)).collect();
    names.sort();
    names.dedup();
    reasons.extend(names.into_iter().map(|name| Reason::Env { name: name.clone() }));
}

fn outs<'a>(
    session: &Session<'_>,
    stage: &'a Stage,
    locked: Option<&LockedStage>,
) -> Result<Vec<OutNow<'a>>> {
    let mut outs = Vec::with_capacity(stage.outs.len());
    for out in &stage.outs {
        let path = written(stage, &Place::Inside(out.path.clone()))?;
        let find = |locked: &LockedStage| {
            locked.outs.iter().find(|locked| locked.path == path).map(|out| out.target)
        };
        let locked = locked.and_then(find);
        let now = session.out(&out.path)?;
        let is_ours = now.is_none() || now == locked || now == session.base(&out.path);
        // Whether the bytes are elsewhere matters only where they may have to go.
        let cached = match now {
            Some(_) if is_ours && out.cache => true,
            Some(Target::Directory { .. }) if out.cache => session.only_lost_files(&out.path)?,
            Some(target) => session.project.cache.contains(&target.oid())?,
            None => false,
        };
        // An out that the lock does not know was never ours to guard: it is displaced, not lost.
        let edited = !is_ours && !cached && locked.is_some();
        outs.push(OutNow { out, path, locked, now, edited, cached });
    }
    Ok(outs)
}

fn compare_outs(
    locked: &LockedStage,
    outs: &[OutNow<'_>],
    rules: Rules,
    reasons: &mut Vec<Reason>,
) {
    let is_same_kind = |now: &OutNow<'_>, locked: &LockedOut| {
        now.path == locked.path && now.out.cache == locked.cache
    };
    let listed = locked.outs.len() == outs.len()
        && outs.iter().all(|now| locked.outs.iter().any(|locked| is_same_kind(now, locked)));
    if !listed {
        reasons.push(Reason::OutsListed);
    }
    for now in outs {
        let path = now.path.clone();
        match (now.locked, now.now) {
            (None, _) => {}
            (Some(_), None) if rules.allow_missing => {}
            (Some(_), None) => reasons.push(Reason::OutMissing { path }),
            (Some(locked), Some(found)) if locked != found => {
                reasons.push(Reason::OutModified { path });
            }
            _ => {}
        }
    }
}

fn verdict(
    session: &Session<'_>,
    reasons: &[Reason],
    outs: &[OutNow<'_>],
    _rules: Rules,
) -> Result<Verdict> {
    if reasons.iter().any(|reason| !reason.is_of_outs()) {
        return Ok(Verdict::Run);
    }
    if reasons.is_empty() {
        for now in outs {
            if now.out.cache && now.now.is_some() && session.base(&now.out.path) != now.now {
                return Ok(Verdict::Adopt);
            }
        }
        return Ok(Verdict::UpToDate);
    }
    // Only outs differ. Those that are cached can come back; what a command wrote into an out that
    // persists, or somebody into one that Git tracks, is for the command to settle.
    for now in outs {
        let Some(locked) = now.locked else { return Ok(Verdict::Run) };
        if now.now == Some(locked) {
            continue;
        }
        let is_gone = now.now.is_none();
        let can_return = (now.out.cache || now.out.kind != OutKind::Out)
            && session.project.cache.contains(&locked.oid())?;
        if !can_return || (!is_gone && (now.out.persist || !now.out.cache)) || now.edited {
            return Ok(Verdict::Run);
        }
    }
    Ok(Verdict::Restore)
}
