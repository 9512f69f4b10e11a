//! Everything that is known of one run: its record, what was said about it, its stages, its curves.

use std::collections::BTreeMap;

use super::series::{self, Curve, read_preview};
use super::{Error, Result, Store};
use crate::data::Project;
use crate::format::run::{Annotations, Data, Environment, Run, RunId, Series, StageRef};
use crate::format::value::Map;
use crate::git::CommitId;

/// The longest log that is read, in bytes.
const MAX_LOG: u64 = 64 << 20;

/// One run with all that belongs to it.
#[derive(Debug)]
pub struct Detail {
    pub run: Run,
    pub annotations: Annotations,
    pub environment: Option<Environment>,
    /// Those of a pipeline, in the order of its graph.
    pub stages: Vec<Stage>,
    /// As far as `metrics.tsv` has them: enough to draw them.
    pub curves: Vec<Curve>,
    /// Why parts are missing that the store has: they cannot be read or understood.
    pub faults: Vec<Error>,
}

/// One stage of a run.
#[derive(Clone, Debug)]
pub struct Stage {
    pub about: StageRef,
    /// `None` if it has none, or the store does not have it.
    pub run: Option<Run>,
    pub curves: Vec<Curve>,
}

/// What a run printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    pub bytes: Vec<u8>,
    /// Else the end of it.
    pub complete: bool,
}

impl Detail {
    /// Reads the run `id`; `None` if the store does not have it.
    ///
    /// # Errors
    /// Its record, or what was said about it, cannot be read or understood. Of anything else that cannot
    /// be, the fault is told in [`faults`](Detail::faults), and it is as if it were not there.
    pub fn read(store: &Store<'_>, tip: CommitId, id: RunId) -> Result<Option<Detail>> {
        let Some(run) = store.run(tip, id)? else { return Ok(None) };
        let annotations = store.annotations(tip, id)?;
        let mut faults = Vec::new();
        let environment = part(environment(store, tip, id), &mut faults);
        let curves = part(read_preview(store, tip, &run), &mut faults);
        let stage = |about: &StageRef| {
            let id = about.run.filter(|stage| *stage != id);
            let run = id.and_then(|id| part(store.run(tip, id), &mut faults));
            let preview = |run: &Run| part(read_preview(store, tip, run), &mut faults);
            let curves = run.as_ref().map(preview).unwrap_or_default();
            Stage { about: about.clone(), run, curves }
        };
        let stages = run.stages.iter().map(stage).collect();
        Ok(Some(Detail { run, annotations, environment, stages, curves, faults }))
    }

    /// Gives all curves every point that they have, where it is here; those of previews stay where it
    /// is not.
    ///
    /// # Errors
    /// What is here cannot be read or understood.
    pub fn read_points(
        &mut self,
        project: &Project,
        store: &Store<'_>,
        tip: CommitId,
    ) -> Result<()> {
        self.curves = series::read(project, store, tip, &self.run)?;
        for stage in &mut self.stages {
            if let Some(run) = &stage.run {
                stage.curves = series::read(project, store, tip, run)?;
            }
        }
        Ok(())
    }

    /// The run and the runs of its stages.
    fn all(&self) -> impl Iterator<Item = &Run> {
        [&self.run].into_iter().chain(self.stages.iter().filter_map(|stage| stage.run.as_ref()))
    }

    /// Parameters by file, with those of stages.
    pub fn params(&self) -> BTreeMap<String, Map> {
        together(self.all().map(|run| &run.params))
    }

    /// Metrics by file, with those of stages.
    pub fn metrics(&self) -> BTreeMap<String, Map> {
        together(self.all().map(|run| &run.metrics))
    }

    /// What it read, with what its stages read and did not write, by path.
    pub fn deps(&self) -> BTreeMap<&str, &Data> {
        let outs = self.outs();
        let deps = self.all().flat_map(|run| &run.deps);
        deps.filter(|dep| !outs.contains_key(&dep.path[..]))
            .map(|dep| (&dep.path[..], dep))
            .collect()
    }

    /// What it wrote, with what its stages wrote, by path.
    pub fn outs(&self) -> BTreeMap<&str, &Data> {
        self.all().flat_map(|run| &run.outs).map(|out| (&out.path[..], out)).collect()
    }

    /// The curve `name` in short, of the run or of one of its stages.
    pub fn summary(&self, stage: Option<&str>, name: &str) -> Option<&Series> {
        let run = match stage {
            None => &self.run,
            Some(stage) => self.stages.iter().find(|one| one.about.stage == stage)?.run.as_ref()?,
        };
        run.series.get(name)
    }

    /// Curves, with those of stages; each with the stage it is of.
    pub fn curves(&self) -> impl Iterator<Item = (Option<&str>, &Curve)> {
        let own = self.curves.iter().map(|curve| (None, curve));
        let of_stages = self.stages.iter().flat_map(|stage| {
            stage.curves.iter().map(|curve| (Some(&stage.about.stage[..]), curve))
        });
        own.chain(of_stages)
    }
}

/// What was read; nothing, with the fault put among `faults`, if it could not be.
fn part<T: Default>(read: Result<T>, faults: &mut Vec<Error>) -> T {
    read.unwrap_or_else(|fault| {
        faults.push(fault);
        T::default()
    })
}

fn together<'a>(all: impl Iterator<Item = &'a BTreeMap<String, Map>>) -> BTreeMap<String, Map> {
    let mut found: BTreeMap<String, Map> = BTreeMap::new();
    for (file, values) in all.flatten() {
        let file = found.entry(file.clone()).or_default();
        for (key, value) in values {
            file.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    found
}

/// What the run ran with, if that was recorded.
pub fn environment(store: &Store<'_>, tip: CommitId, id: RunId) -> Result<Option<Environment>> {
    let Some(bytes) = store.attachment(tip, id, "env.json")? else { return Ok(None) };
    let path = format!("{}/env.json", super::store::run_directory(id));
    Environment::parse(&bytes).map(Some).map_err(|source| Error::Store { path, source })
}

/// What the run printed: all of it where it is here, else its end. `None` if nothing was kept.
///
/// # Errors
/// What is here cannot be read.
pub fn log(
    project: &Project,
    store: &Store<'_>,
    tip: CommitId,
    run: &Run,
) -> Result<Option<Printed>> {
    let about = run.log.as_ref();
    if let Some(oid) = about.filter(|log| !log.complete).and_then(|log| log.oid)
        && project.cache.contains(&oid)?
        && project.cache.size(&oid)? <= MAX_LOG
    {
        return Ok(Some(Printed { bytes: project.cache.read(&oid)?, complete: true }));
    }
    let attached = store.attachment(tip, run.id, "log.txt")?;
    let complete = about.is_none_or(|log| log.complete);
    Ok(attached.map(|bytes| Printed { bytes, complete }))
}
