//! From a journal to the store.
//!
//! Everything that stands beside the journal (logs, files of metrics) is read here, and what is too
//! long for Git goes into the cache. The store takes all runs of a journal in one commit.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::SystemTime;

use super::journal::{self, State};
use super::owner::{self, Standing};
use super::{ENVIRONMENT, hit, log_path, metrics_path, reference, root};
use crate::data::{Project, Quiet};
use crate::format::run::{Log, MAX_ATTACHMENT, MAX_LEN, Resources, Run, RunId, Status};
use crate::format::{Kind, ObjectId};
use crate::fs::{self, At as _};
use crate::runs::{Error, NewRun, Result, Store, ids, series};

/// What directories are called whose runs the store has.
const GONE: &str = "old-";

/// A run that somebody else left.
#[derive(Debug)]
pub struct Recovered {
    pub id: RunId,
    pub name: String,
    /// Its runner was killed at work; else it could not store a run that had ended.
    pub killed: bool,
    /// Why it is not stored now, if it is not. It is kept, and tried again.
    pub error: Option<Error>,
}

/// Stores what dead owners left. Costs one look at a directory where nobody left anything.
///
/// # Errors
/// It cannot be told whether there is something.
pub fn finalise_dead(project: &Project) -> Result<Vec<Recovered>> {
    finalise(project, false)
}

/// As [`finalise_dead`], and what owners left who may live elsewhere: on another machine that shares
/// the repository, or in another container. Only the user can know that they are dead.
pub fn finalise_all(project: &Project) -> Result<Vec<Recovered>> {
    finalise(project, true)
}

fn finalise(project: &Project, force: bool) -> Result<Vec<Recovered>> {
    let root = root(project);
    let listed = match std::fs::read_dir(&root) {
        Ok(listed) => listed,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).at("read directory", &root)?,
    };
    let mut found = Vec::new();
    for entry in listed.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        match std::str::from_utf8(name.as_bytes()).ok().and_then(|name| RunId::parse(name).ok()) {
            Some(id) => found.extend(one(project, id, &path, force)),
            None => remove_litter(name.as_bytes(), &path),
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

fn one(project: &Project, id: RunId, directory: &Path, force: bool) -> Option<Recovered> {
    let mut recovered = Recovered { id, name: ids::name(id), killed: true, error: None };
    let mut attempt = || -> Result<bool> {
        let taken = match owner::look(directory, force)? {
            Some(Standing::Dead(taken)) => taken,
            None | Some(Standing::Alive | Standing::Unknown) => return Ok(false),
        };
        taken.wait_for_commands()?;
        // Runs of a journal are stored together: only the removal was cut short.
        if Store::new(&project.repo).has(id)? {
            let _ = remove(project, id, directory);
            return Ok(false);
        }
        let mut state = journal::read(directory)?;
        let Some(run) = &mut state.run else {
            // Nothing ran yet.
            remove(project, id, directory)?;
            return Ok(false);
        };
        recovered.name.clone_from(&run.name);
        recovered.killed = !state.ended;
        run.recovered = true;
        if !state.ended {
            killed(run, directory);
        }
        for stage in state.stages.iter_mut().filter(|stage| !stage.ended) {
            stage.run.recovered = true;
            killed(&mut stage.run, directory);
        }
        store(project, directory, state)?;
        remove(project, id, directory)?;
        Ok(true)
    };
    match attempt() {
        Ok(false) => None,
        Ok(true) => Some(recovered),
        Err(error) => Some(Recovered { error: Some(error), ..recovered }),
    }
}

/// The run was at work when its runner was killed: until then, as far as its files tell.
fn killed(run: &mut Run, directory: &Path) {
    run.status = Status::Killed;
    run.exit_code = None;
    let own = [log_path(directory, run.id), metrics_path(directory, run.id)];
    let files = own.iter().map(|path| &**path);
    let journal = directory.join(journal::NAME);
    let changed = files.chain([&*journal]).filter_map(|path| path.metadata().ok()?.modified().ok());
    let last = changed.max().unwrap_or(SystemTime::UNIX_EPOCH);
    let last = last.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    // The clock may have gone back since.
    let duration = last - run.started.as_duration().as_secs_f64();
    run.duration = duration.max(run.duration);
}

/// Puts the runs of a journal into the store. Returns how many lines that they logged are no metrics.
///
/// # Errors
/// The store does not have them, or is not known to.
pub(super) fn store(project: &Project, directory: &Path, state: State) -> Result<u64> {
    let Some(run) = state.run else { return Ok(0) };
    let store = Store::new(&project.repo);
    let objects = store.objects();
    let environment = match fs::read_bounded(&directory.join(ENVIRONMENT), MAX_LEN) {
        Ok(bytes) => Some(objects.write_blob(&bytes)?),
        // What cannot be read is no reason to lose the rest.
        Err(_) => None,
    };
    let message = match run.stages.len() {
        0 => format!("Record {}", run.name),
        stages => format!("Record {} ({stages} stages)", run.name),
    };
    let mut attachments = Attachments { directory, large: Vec::new() };
    let mut runs = Vec::with_capacity(1 + state.stages.len());
    let stages: Vec<Run> = state.stages.into_iter().map(|stage| inherit(&run, stage.run)).collect();
    for run in std::iter::once(run).chain(stages) {
        let mut new = NewRun { environment, ..NewRun::new(run) };
        attachments.log(&mut new, runs.len())?;
        attachments.curves(&mut new, runs.len())?;
        fit(&mut new.run);
        runs.push(new);
    }
    attachments.finish(project, &mut runs)?;
    sum_up(&mut runs);
    let code: Vec<_> = state.code.iter().filter_map(|id| objects.find_commit(id)).collect();
    hit("live.store", directory)?;
    store.add(&runs, &code, &message)?;
    hit("live.stored", directory)?;
    let curves = runs.iter().filter_map(|new| new.run.curves.as_ref());
    Ok(curves.map(|curves| curves.bad_lines).sum())
}

/// What a stage has from the whole: the journal says it once.
fn inherit(whole: &Run, stage: Run) -> Run {
    let (user, host) = (whole.user.clone(), whole.host.clone());
    let (code, locks) = (whole.code.clone(), whole.locks.clone());
    Run { user, host, code, locks, ..stage }
}

/// A pipeline has the curves of its stages in short, and what they used, so that tables and filters find
/// both with the run that people look for. What two stages call the same has the stage's name before it.
fn sum_up(runs: &mut [NewRun]) {
    let Some((whole, stages)) = runs.split_first_mut() else { return };
    let used = stages.iter().filter_map(|stage| stage.run.resources).reduce(|a, b| Resources {
        cpu: a.cpu + b.cpu,
        peak_memory: a.peak_memory.max(b.peak_memory),
    });
    whole.run.resources = whole.run.resources.or(used);
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for name in stages.iter().flat_map(|stage| stage.run.series.keys()) {
        *count.entry(name).or_default() += 1;
    }
    for Run { stage, series, .. } in stages.iter().map(|stage| &stage.run) {
        for (name, summary) in series {
            let name = match (count[&name[..]], stage) {
                (1, _) | (_, None) => name.clone(),
                (_, Some(stage)) => format!("{stage}.{name}"),
            };
            whole.run.series.entry(name).or_insert_with(|| summary.clone());
        }
    }
}

/// What stands beside the journal.
struct Attachments<'a> {
    directory: &'a Path,
    /// What is too long for Git: of the run at this position.
    large: Vec<(usize, Large)>,
}

enum Large {
    Log(File, u64),
    Curves(Vec<u8>),
}

impl Attachments<'_> {
    /// The log, or its end: whole lines, where it has lines.
    fn log(&mut self, new: &mut NewRun, at: usize) -> Result<()> {
        let path = log_path(self.directory, new.run.id);
        let known = new.run.log.take().and_then(|log| log.oid);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).at("open", &path)?,
        };
        let size = file.metadata().at("stat", &path)?.len();
        if size == 0 {
            return Ok(());
        }
        let limit = MAX_ATTACHMENT as u64;
        let complete = size <= limit;
        let read = file
            .seek(SeekFrom::Start(size.saturating_sub(limit)))
            .and_then(|_| (&mut file).take(limit).read_to_end(&mut new.log));
        read.at("read", &path)?;
        new.run.log = Some(Log { size, complete, oid: known.filter(|_| !complete) });
        if !complete {
            if let Some(end) = new.log.iter().position(|&b| b == b'\n') {
                new.log.drain(..=end);
            }
            if known.is_none() {
                file.rewind().at("read", &path)?;
                self.large.push((at, Large::Log(file, size)));
            }
        }
        Ok(())
    }

    /// What the commands appended to their file of metrics.
    fn curves(&mut self, new: &mut NewRun, at: usize) -> Result<()> {
        let collected = series::collect(&metrics_path(self.directory, new.run.id))?;
        if collected.curves.points == 0 && collected.curves.bad_lines == 0 {
            return Ok(());
        }
        new.run.series = collected.series;
        new.run.curves = Some(collected.curves);
        new.metrics = collected.preview;
        match collected.full {
            Some(full) if full.len() > MAX_ATTACHMENT => {
                self.large.push((at, Large::Curves(full)));
            }
            full => new.curves = full.unwrap_or_default(),
        }
        Ok(())
    }

    /// Brings what is too long into the cache.
    fn finish(self, project: &Project, runs: &mut [NewRun]) -> Result<()> {
        if self.large.is_empty() {
            return Ok(());
        }
        let lock = project.lock("mlrun (recording a run)", &Quiet)?;
        let writer = project.cache.writer(&lock.cache);
        for (at, large) in self.large {
            let run = &mut runs[at].run;
            match large {
                Large::Log(file, size) => {
                    let stored = writer.put_file(&file, size)?;
                    if let Some(log) = &mut run.log {
                        log.oid = Some(stored.oid);
                    }
                }
                Large::Curves(bytes) => {
                    let oid = ObjectId::of(&bytes);
                    writer.put(oid, Kind::Blob, &bytes)?;
                    if let Some(curves) = &mut run.curves {
                        curves.object = Some(oid);
                        curves.size = Some(bytes.len() as u64);
                    }
                }
            }
        }
        Ok(writer.finish()?)
    }
}

/// A record that nobody would read loses what is longest in it, and says so.
fn fit(run: &mut Run) {
    let mut lost = Vec::new();
    let is_long = |run: &Run| run.to_bytes().len() > MAX_LEN;
    let parts: [(&str, fn(&mut Run)); 5] = [
        ("deps", |run| run.deps.clear()),
        ("outs", |run| run.outs.clear()),
        ("metrics", |run| run.metrics.clear()),
        ("params", |run| run.params.clear()),
        ("stages", |run| run.stages.clear()),
    ];
    for (name, drop) in parts {
        if !is_long(run) {
            break;
        }
        drop(run);
        lost.push(name);
    }
    if !lost.is_empty() {
        let said = format!("too long to record: {}", lost.join(", "));
        run.error = Some(match run.error.take() {
            Some(error) => format!("{error}; {said}"),
            None => said,
        });
    }
}

/// Removes what the store has. The ref first: once the directory is gone, nobody would look for it.
pub(super) fn remove(project: &Project, id: RunId, directory: &Path) -> Result<()> {
    project.repo.remove_ref(&reference(id))?;
    hit("live.unreferenced", directory)?;
    let gone = directory.with_file_name(format!("{GONE}{id}"));
    fs::rename(directory, &gone)?;
    // What stays of it is litter, which the next command removes.
    let _ = std::fs::remove_dir_all(&gone);
    Ok(())
}

/// Removes a directory that is none any more, or is no journal yet and has nobody who makes it one.
fn remove_litter(name: &[u8], path: &Path) {
    /// It has no owner for a moment, when it is made.
    const LONG: std::time::Duration = std::time::Duration::from_secs(3600);
    let is_left = name.starts_with(GONE.as_bytes())
        || match owner::look(path, false) {
            Ok(Some(Standing::Dead(_))) => true,
            Ok(None) => {
                let changed = path.metadata().and_then(|stat| stat.modified()).ok();
                changed.and_then(|when| when.elapsed().ok()).is_some_and(|age| age > LONG)
            }
            _ => false,
        };
    if is_left {
        let _ = std::fs::remove_dir_all(path);
    }
}
