//! Which stage waits for which.
//!
//! A stage waits for another if a dep or a file of params of the one is, holds, or is inside of an out
//! of the other. Stages are known by their positions, which never change, so that whatever is kept of
//! them beside the graph can be a plain list.
//!
//! A graph has no cycles, no out twice, and no out inside of another: each file has one stage that
//! writes it. Building one takes time in proportion to the stages, their deps and the edges between
//! them; no two stages are ever compared.

mod error;
mod glob;
mod order;
mod outs;

use std::collections::{HashMap, HashSet};

pub use error::{Definition, Error, Need};
pub use glob::base as glob_base;

use self::glob::{Glob, Reach};
use self::outs::OutIndex;
use super::stage::{Address, Dep, Out, Place, Stage};

/// Stages and the edges between them.
#[derive(Debug, Default)]
pub struct Graph {
    stages: Vec<Stage>,
    by_address: HashMap<Address, usize>,
    sources: Vec<Vec<OutRef>>,
    upstream: Vec<Vec<usize>>,
    downstream: Vec<Vec<usize>>,
    order: Vec<usize>,
}

/// One out of one stage, by their positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutRef {
    pub stage: usize,
    /// In [`Stage::outs`].
    pub out: usize,
}

impl Graph {
    /// Takes stages in the order of their files.
    ///
    /// # Errors
    /// The first of: two stages of one name, two outs of one path, an out inside of another or around
    /// a pipeline file, a glob that is none, stages that wait for each other.
    pub fn build(stages: Vec<Stage>) -> Result<Graph, Error> {
        let by_address = by_address(&stages)?;
        let outs = OutIndex::new(&stages)?;
        check_files(&stages, &outs)?;
        let sources = sources(&stages, &outs)?;
        let order = order::order(&stages, &sources)?;
        let mut upstream = Vec::with_capacity(stages.len());
        let mut downstream = vec![Vec::new(); stages.len()];
        for (stage, sources) in sources.iter().enumerate() {
            let mut producers: Vec<usize> = sources.iter().map(|out| out.stage).collect();
            producers.sort_unstable();
            producers.dedup();
            producers.iter().for_each(|&producer| downstream[producer].push(stage));
            upstream.push(producers);
        }
        Ok(Graph { stages, by_address, sources, upstream, downstream, order })
    }

    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The position of the stage at `address`.
    pub fn find(&self, address: &Address) -> Option<usize> {
        self.by_address.get(address).copied()
    }

    pub fn out(&self, out: OutRef) -> &Out {
        &self.stages[out.stage].outs[out.out]
    }

    /// The outs that `stage` reads, in the order in which it names them, each once.
    pub fn sources(&self, stage: usize) -> &[OutRef] {
        &self.sources[stage]
    }

    /// The stages that `stage` waits for, ascending.
    pub fn upstream(&self, stage: usize) -> &[usize] {
        &self.upstream[stage]
    }

    /// The stages that wait for `stage`, ascending.
    pub fn downstream(&self, stage: usize) -> &[usize] {
        &self.downstream[stage]
    }

    /// All stages, each after those that it waits for; else in the order of the files.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// `targets` and all that they wait for, in the order in which they run.
    pub fn closure_up(&self, targets: &[usize]) -> Vec<usize> {
        self.closure(targets, |stage| &self.upstream[stage])
    }

    /// `targets` and all that waits for them, in the order in which they run.
    pub fn closure_down(&self, targets: &[usize]) -> Vec<usize> {
        self.closure(targets, |stage| &self.downstream[stage])
    }

    /// As [`Graph::closure_up`], but nothing that only a frozen stage waits for: it does not look at
    /// its deps.
    pub fn active_up(&self, targets: &[usize]) -> Vec<usize> {
        self.closure(targets, |stage| match self.stages[stage].frozen {
            true => &[],
            false => &self.upstream[stage],
        })
    }

    /// `targets` and all that has to do with them: what they wait for, what waits for that, and so on.
    /// In the order in which they run.
    pub fn connected(&self, targets: &[usize]) -> Vec<usize> {
        let both = |stage: usize| self.upstream[stage].iter().chain(&self.downstream[stage]);
        self.reached(targets, |stage, pending| pending.extend(both(stage)))
    }

    fn closure<'a>(&self, targets: &[usize], next: impl Fn(usize) -> &'a [usize]) -> Vec<usize> {
        self.reached(targets, |stage, pending| pending.extend_from_slice(next(stage)))
    }

    /// All that is reached from `targets`, where `next` adds what a stage leads to.
    fn reached(&self, targets: &[usize], next: impl Fn(usize, &mut Vec<usize>)) -> Vec<usize> {
        let mut reached = vec![false; self.stages.len()];
        let mut pending = targets.to_vec();
        while let Some(stage) = pending.pop() {
            if !std::mem::replace(&mut reached[stage], true) {
                next(stage, &mut pending);
            }
        }
        self.order.iter().copied().filter(|&stage| reached[stage]).collect()
    }
}

fn by_address(stages: &[Stage]) -> Result<HashMap<Address, usize>, Error> {
    let mut known: HashMap<Address, usize> = HashMap::with_capacity(stages.len());
    for (at, stage) in stages.iter().enumerate() {
        if let Some(first) = known.insert(stage.address.clone(), at) {
            let first = Definition::of(&stages[first]);
            return Err(Error::SameAddress { first, second_line: stage.line });
        }
    }
    Ok(known)
}

/// Outs are moved away before their stage runs: a pipeline file must not go with them.
fn check_files(stages: &[Stage], outs: &OutIndex<'_>) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for stage in stages {
        let file = &stage.address.file;
        if seen.insert(file)
            && let Some(out) = outs.at_or_above(file)
        {
            let owner = &stages[out.stage];
            let path = owner.outs[out.out].path.clone();
            let stage = Definition::of(owner);
            return Err(Error::FileInOut { file: file.clone(), path, stage });
        }
    }
    Ok(())
}

fn sources(stages: &[Stage], outs: &OutIndex<'_>) -> Result<Vec<Vec<OutRef>>, Error> {
    // The same glob stands in many stages of a matrix.
    let mut globs: HashMap<&str, Vec<(OutRef, Reach)>> = HashMap::new();
    let mut all = Vec::with_capacity(stages.len());
    for (at, stage) in stages.iter().enumerate() {
        let mut sources = Vec::new();
        for dep in &stage.deps {
            match dep {
                Dep::Path(Place::Inside(path)) => sources.extend(outs.overlapping(path)),
                Dep::Path(Place::Outside(_)) => {}
                Dep::Glob(glob) => {
                    if !globs.contains_key(&glob[..]) {
                        globs.insert(glob, reached(stage, glob, outs)?);
                    }
                    // Of its own outs a stage means only the one that it looks into by name.
                    let inside = outs.at_or_above(&glob::base(glob));
                    let foreign =
                        |&&(out, _): &&(OutRef, Reach)| out.stage != at || inside == Some(out);
                    sources.extend(globs[&glob[..]].iter().filter(foreign).map(|&(out, _)| out));
                }
            }
        }
        for params in &stage.params {
            sources.extend(outs.overlapping(&params.file));
        }
        let mut seen = HashSet::new();
        sources.retain(|&out| seen.insert(out));
        all.push(sources);
    }
    Ok(all)
}

/// The outs that a dep by glob waits for, in the order of their stages.
fn reached(stage: &Stage, glob: &str, outs: &OutIndex<'_>) -> Result<Vec<(OutRef, Reach)>, Error> {
    let base = glob::base(glob);
    if let Some(out) = outs.at_or_above(&base) {
        return Ok(vec![(out, Reach::Names)]);
    }
    let mut below = outs.below(&base).peekable();
    // Most globs are over files that no stage writes, and compiling one takes longer than all else.
    if below.peek().is_none() {
        return Ok(Vec::new());
    }
    let parsed = Glob::new(glob).map_err(|error| Error::Glob {
        stage: Definition::of(stage),
        glob: glob.to_owned(),
        reason: error.kind().to_string(),
    })?;
    let mut found: Vec<(OutRef, Reach)> =
        below.filter_map(|(path, out)| Some((out, parsed.reach(path)?))).collect();
    found.sort_unstable_by_key(|&(out, _)| out);
    Ok(found)
}

#[cfg(test)]
mod tests;
