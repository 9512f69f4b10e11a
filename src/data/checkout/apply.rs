//! Carrying out a plan: stage everything, then displace and remove, then rename into place.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::decision::{Decision, DirPlan, Plan, Want};
use super::stage::{Job, Stage, set_executable};
use crate::data::index::{Entry, Section, SectionBuilder, Sections, State, forget};
use crate::data::recovery::Recovery;
use crate::data::{Error, Project, Result, join};
use crate::format::{Mode, Target};
use crate::fs::{self, At as _, RepoPath, Stat};

/// What a checkout did to one target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files and links that were written.
    pub written: u64,
    pub removed: u64,
    /// Found in place and only noted in the index.
    pub adopted: u64,
}

impl Counts {
    pub fn is_empty(&self) -> bool {
        *self == Counts::default()
    }
}

pub(super) struct Applier<'a> {
    pub project: &'a Project,
    pub stage: &'a Stage<'a>,
    pub target: &'a RepoPath,
    pub state: Option<&'a State>,
    /// The lock that names the target, if one does.
    pub lock: Option<&'a RepoPath>,
    pub command: &'a str,
    pub allow_missing: bool,
}

/// One name that something is put under.
struct Placed {
    /// Position among the plan's directories; `None` for the target itself.
    directory: Option<usize>,
    name: Vec<u8>,
    path: RepoPath,
    want: Want,
    over: Option<Stat>,
    staged: String,
    /// After it was put in place; `None` if it could not be.
    stat: Option<Stat>,
}

impl Applier<'_> {
    /// Makes the worktree what the plan says. Returns the new state and what was done.
    ///
    /// # Errors
    /// Before anything in the worktree was touched: objects are missing or damaged. Later: what was
    /// displaced is in recovery, and the next command moves it back.
    pub fn apply(&self, want: Target, plan: &Plan) -> Result<(State, Counts, Option<String>)> {
        let (mut builds, mut writes) = self.collect(plan);
        for placed in &mut builds {
            let inner = placed.path.below(self.target).unwrap_or_default();
            self.stage.build(&placed.staged, inner, &placed.want)?;
        }
        self.stage_writes(&mut writes)?;
        self.check_gaps()?;
        let recovery = match &plan.displaced[..] {
            [] => None,
            paths => Some(Recovery::begin(self.project, self.command, paths)?),
        };
        if let Some(recovery) = &recovery {
            recovery.displace(self.project)?;
        }
        let mut counts = Counts::default();
        counts.removed += self.remove(plan)?;
        for placed in builds.iter_mut().chain(&mut writes) {
            self.put(placed)?;
        }
        counts.written += writes.iter().filter(|placed| placed.stat.is_some()).count() as u64;
        let adopted = self.adopt(plan)?;
        counts.adopted = adopted.len() as u64;
        let recovered = recovery.map(Recovery::finish).transpose()?;
        let built = self.stage.take_sections();
        counts.written += built.iter().map(|(_, s)| u64::from(s.file_entries())).sum::<u64>();
        let sections = self.sections(want, plan, &builds, &writes, &adopted, built)?;
        Ok((State { base: want, lock: self.lock.cloned(), sections }, counts, recovered))
    }

    /// Removes what the pointer no longer has; for a target whose pointer is gone.
    pub fn remove_only(&self, plan: &Plan) -> Result<u64> {
        let mut removed = self.remove(plan)?;
        let absolute = self.project.repo.absolute(self.target);
        match &plan.root {
            Some(Decision::Remove { stat }) => removed += self.remove_file(self.target, stat)?,
            Some(Decision::RemoveDirectory) => remove_empty(&absolute)?,
            _ => {}
        }
        Ok(removed)
    }

    fn collect(&self, plan: &Plan) -> (Vec<Placed>, Vec<Placed>) {
        let (mut builds, mut writes) = (Vec::new(), Vec::new());
        let mut number = 0;
        let mut place = |directory, name: &[u8], path: RepoPath, decision: &Decision| {
            let (want, over, list) = match decision {
                Decision::Build(want) => (*want, None, &mut builds),
                Decision::Write { want, over } => (*want, *over, &mut writes),
                _ => return,
            };
            number += 1;
            let staged = format!("{number}");
            let name = name.to_vec();
            list.push(Placed { directory, name, path, want, over, staged, stat: None });
        };
        if let Some(decision) = &plan.root {
            place(None, self.target.file_name(), self.target.clone(), decision);
        }
        for (at, directory) in plan.directories.iter().enumerate() {
            let path = self.target.join(&directory.inner);
            for (name, decision) in &directory.decisions {
                place(Some(at), name, path.join(name), decision);
            }
        }
        (builds, writes)
    }

    fn stage_writes(&self, writes: &mut [Placed]) -> Result<()> {
        let jobs: Vec<Job> = writes
            .iter()
            .map(|placed| Job {
                name: placed.staged.clone().into_bytes(),
                path: placed.path.clone(),
                want: placed.want,
            })
            .collect();
        for (placed, stat) in writes.iter_mut().zip(self.stage.write(&jobs)?) {
            placed.stat = stat;
        }
        Ok(())
    }

    fn check_gaps(&self) -> Result<()> {
        let gaps = self.stage.gaps.lock().expect("no panic while holding the lock");
        if gaps.missing.is_empty() || self.allow_missing {
            return Ok(());
        }
        let examples = gaps.missing.iter().take(crate::data::error::EXAMPLES).cloned().collect();
        let count = gaps.missing.len() as u64;
        Err(Error::NotInCache { path: self.target.clone(), count, examples })
    }

    fn remove(&self, plan: &Plan) -> Result<u64> {
        let mut removed = 0;
        // Deepest first, so that directories are empty when their turn comes.
        let mut directories: Vec<&DirPlan> = plan.directories.iter().collect();
        directories.sort_by_key(|directory| std::cmp::Reverse(depth(&directory.inner)));
        for directory in directories {
            let path = self.target.join(&directory.inner);
            for (name, decision) in &directory.decisions {
                match decision {
                    Decision::Remove { stat } => {
                        removed += self.remove_file(&path.join(name), stat)?;
                    }
                    Decision::RemoveDirectory => {
                        remove_empty(&self.project.repo.absolute(&path.join(name)))?;
                    }
                    _ => {}
                }
            }
        }
        Ok(removed)
    }

    /// Removes a file, if it is still the one that was looked at.
    fn remove_file(&self, path: &RepoPath, stat: &Stat) -> Result<u64> {
        match self.project.lstat(path)? {
            None => return Ok(0),
            Some(now) if !is_same(&now, stat) => {
                return Err(Error::Changing { path: path.clone() });
            }
            Some(_) => {}
        }
        let absolute = self.project.repo.absolute(path);
        fs::failpoint::hit("checkout.remove").at("remove", &absolute)?;
        fs::remove_file_if_exists(&absolute)?;
        Ok(1)
    }

    /// Renames a staged file or directory into place.
    fn put(&self, placed: &mut Placed) -> Result<()> {
        let is_build = placed.want.mode.is_directory();
        let staged = self.stage.path(&placed.staged);
        if (!is_build && placed.stat.is_none()) || (is_build && fs::lstat(&staged)?.is_none()) {
            placed.stat = None;
            return Ok(());
        }
        let absolute = self.project.repo.absolute(&placed.path);
        match (fs::lstat(&absolute)?, &placed.over) {
            (None, _) => {}
            (Some(now), Some(over)) if over.is_directory() && now.is_directory() => {
                remove_empty(&absolute)?;
            }
            (Some(now), Some(over)) if is_same(&now, over) => {}
            (Some(_), Some(_)) => return Err(Error::Changing { path: placed.path.clone() }),
            (Some(_), None) => {
                // The listing did not have it: the file system takes two names for one.
                self.stage.gap(|gaps| gaps.collisions.push(placed.path.clone()));
                placed.stat = None;
                return Ok(());
            }
        }
        fs::rename(&staged, &absolute)?;
        placed.stat = fs::lstat(&absolute)?;
        Ok(())
    }

    /// Sets executable bits and notes files that were found in place.
    fn adopt(&self, plan: &Plan) -> Result<HashMap<Vec<u8>, (Want, Stat)>> {
        let mut adopted = HashMap::new();
        let root = plan.root.iter().map(|decision| (self.target.clone(), Vec::new(), decision));
        let inside = plan.directories.iter().flat_map(|directory| {
            let path = self.target.join(&directory.inner);
            directory.decisions.iter().map(move |(name, decision)| {
                (path.join(name), join(&directory.inner, name), decision)
            })
        });
        for (path, inner, decision) in root.chain(inside) {
            let Decision::Adopt { want, stat, chmod } = decision else { continue };
            let mut stat = *stat;
            if *chmod && want.mode.is_file() {
                let absolute = self.project.repo.absolute(&path);
                set_executable(&absolute, want.mode == Mode::Executable)?;
                stat = fs::lstat(&absolute)?.unwrap_or_default();
            }
            adopted.insert(inner, (*want, stat));
        }
        Ok(adopted)
    }

    /// The sections after the plan was carried out.
    fn sections(
        &self,
        want: Target,
        plan: &Plan,
        builds: &[Placed],
        writes: &[Placed],
        adopted: &HashMap<Vec<u8>, (Want, Stat)>,
        built: Vec<(Vec<u8>, Section)>,
    ) -> Result<Sections> {
        if let Target::File { oid, size, .. } = want {
            return Ok(self.file_section(oid, size, writes, adopted));
        }
        let mut sections = match self.state {
            Some(state) if state.base.is_directory() => state.sections.clone(),
            _ => Sections::new(),
        };
        let mut fresh: HashMap<(usize, &[u8]), &Placed> = HashMap::new();
        let mut replaced = HashSet::new();
        for placed in builds.iter().chain(writes) {
            if let Some(directory) = placed.directory {
                fresh.insert((directory, &placed.name), placed);
            }
            replaced.insert(placed.path.below(self.target).unwrap_or_default().to_vec());
        }
        forget(&mut sections, &replaced);
        sections.extend(built);
        // Deepest first: whether a directory is complete depends on those in it.
        let mut order: Vec<usize> = (0..plan.directories.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(depth(&plan.directories[at].inner)));
        for at in order {
            let directory = &plan.directories[at];
            match directory.want {
                None => drop(sections.remove(&directory.inner)),
                Some(want) => {
                    let section = self.section(at, directory, want, &sections, &fresh, adopted)?;
                    sections.insert(directory.inner.clone(), section);
                }
            }
        }
        Ok(sections)
    }

    fn section(
        &self,
        at: usize,
        directory: &DirPlan,
        want: Want,
        sections: &Sections,
        fresh: &HashMap<(usize, &[u8]), &Placed>,
        adopted: &HashMap<Vec<u8>, (Want, Stat)>,
    ) -> Result<Section> {
        let old = self.state.and_then(|state| state.sections.get(&directory.inner));
        let path = self.target.join(&directory.inner);
        let mut builder = SectionBuilder::default();
        let mut complete = true;
        let mut old_entries = old.into_iter().flat_map(Section::entries).peekable();
        let mut push = |name: &[u8], mode: Mode, oid, is_directory: bool| {
            while old_entries.next_if(|entry| entry.name < name).is_some() {}
            let known = old_entries.next_if(|entry| entry.name == name);
            let inner = join(&directory.inner, name);
            if is_directory {
                match sections.get(&inner) {
                    Some(section) => {
                        complete &= section.complete;
                        builder.push(&Entry::directory(name));
                    }
                    None => complete = false,
                }
            } else if let Some((want, stat)) = adopted.get(&inner) {
                builder.push(&self.stage.entry(name, want, stat));
            } else if let Some(placed) = fresh.get(&(at, name)) {
                match &placed.stat {
                    Some(stat) => builder.push(&self.stage.entry(name, &placed.want, stat)),
                    None => complete = false,
                }
            } else {
                match known.filter(|entry| entry.oid == oid && entry.mode == mode) {
                    Some(entry) => builder.push(&entry),
                    None => complete = false,
                }
            }
        };
        match old.filter(|old| old.tree == want.oid && old.complete) {
            Some(section) => {
                for entry in section.entries() {
                    push(entry.name, entry.mode, entry.oid, entry.mode.is_directory());
                }
            }
            None => {
                let tree = super::read_tree(self.project, &path, &want)?;
                for entry in tree.entries() {
                    push(entry.name, entry.mode, entry.oid, entry.mode.is_directory());
                }
            }
        }
        Ok(builder.finish(want.oid, want.size, want.files, complete))
    }

    fn file_section(
        &self,
        oid: crate::format::ObjectId,
        size: u64,
        writes: &[Placed],
        adopted: &HashMap<Vec<u8>, (Want, Stat)>,
    ) -> Sections {
        let name = self.target.file_name();
        let written = writes.first().and_then(|placed| Some((placed.want, placed.stat?)));
        let noted = written.or_else(|| adopted.get(&b""[..]).copied());
        let mut builder = SectionBuilder::default();
        let old = self.state.and_then(|state| state.sections.get(&b""[..]));
        match noted {
            Some((want, stat)) => builder.push(&self.stage.entry(name, &want, &stat)),
            None => {
                let entry = old.and_then(|section| section.find(name));
                entry.iter().for_each(|entry| builder.push(entry));
            }
        }
        Sections::from([(Vec::new(), builder.finish(oid, size, 1, true))])
    }
}

fn depth(inner: &[u8]) -> usize {
    if inner.is_empty() { 0 } else { 1 + inner.iter().filter(|&&b| b == b'/').count() }
}

/// Whether nobody changed a file since it was looked at. Of one that has several names the number of
/// names and the time of change do not count: this checkout may have moved or replaced another name.
fn is_same(now: &Stat, then: &Stat) -> bool {
    let ctime_ns = if then.links > 1 { then.ctime_ns } else { now.ctime_ns };
    let links = if then.links > 1 { then.links } else { now.links };
    Stat { links, ctime_ns, ..*now } == *then
}

/// Removes a directory; one that is not empty stays.
fn remove_empty(path: &PathBuf) -> Result<()> {
    match std::fs::remove_dir(path) {
        Ok(()) => Ok(()),
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::DirectoryNotEmpty
                    | std::io::ErrorKind::NotFound
                    | std::io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(())
        }
        Err(error) => Ok(Err(error).at("remove", path)?),
    }
}
