//! Deciding what a checkout has to do, before anything is touched.
//!
//! Three listings of each directory are merged: what is wanted (the pointer's tree), what is in the
//! worktree, and what the index says was last put there. Content may be replaced or removed only if
//! the cache has it; everything else is a conflict.
//!
//! A path is handled in one of two ways. *Full*, when the user asked for it: the worktree is made to
//! match. *Following*, in hooks and for what lies beside the paths that were asked for: only what
//! differs between base and pointer is looked at, local deletions and modifications elsewhere are
//! carried along, and what was never materialised stays away.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rayon::prelude::*;

use super::decision::{Decision, DirPlan, Plan, Want};
use crate::data::index::{Entry, Section, StatRules, State};
use crate::data::scan::{self, Check, MAX_DEPTH};
use crate::data::select::Coverage;
use crate::data::{Error, Project, Result, Selection, join};
use crate::format::{Mode, Target, Tree};
use crate::fs::{self, At as _, DirList, FileType, RepoPath, Stat};

pub(super) struct Planner<'a> {
    pub project: &'a Project,
    pub rules: StatRules,
    pub selection: &'a Selection,
    /// False in hooks: nothing was asked for, everything follows.
    pub explicit: bool,
    pub force: bool,
    pub relink: bool,
    pub target: &'a RepoPath,
    pub state: Option<&'a State>,
}

/// Whether what stands somewhere may go.
enum Safety {
    /// It is what was put there, and the cache has it.
    Recorded,
    /// The cache has it, but perhaps no commit names it: it was added and the pointer then reset, say.
    Cached,
    /// It is what is wanted.
    Wanted {
        chmod: bool,
    },
    Unsafe,
}

impl Planner<'_> {
    /// Plans for a pointer, or, with `None`, for a target whose pointer is gone.
    pub fn plan(&self, want: Option<Target>) -> Result<Plan> {
        let stat = self.project.lstat(self.target)?;
        let want = want.map(|target| match target {
            Target::File { oid, size, exec } => {
                let mode = if exec { Mode::Executable } else { Mode::File };
                Want { mode, oid, size, files: 0 }
            }
            Target::Directory { oid, size, files } => {
                Want { mode: Mode::Directory, oid, size, files }
            }
        });
        let parent = self.target.parent().unwrap_or_default();
        let parent_dir = fs::open_dir(&self.project.repo.absolute(&parent))?;
        let name = self.target.file_name();
        // The target itself is an entry of a directory that has only this one.
        let section = self.state.and_then(|state| state.sections.get(&b""[..]));
        let base = self.state.map(|state| state.base);
        let entry = match base {
            Some(Target::Directory { .. }) => Some(Entry::directory(name)),
            Some(Target::File { .. }) => section.and_then(|section| section.find(name)),
            None => None,
        };
        let mut plan = Plan::default();
        let mut decisions = Vec::new();
        // Where nothing was ever checked out there is nothing to follow: hooks bring it all.
        let is_directory = want.is_some_and(|want| want.mode.is_directory());
        let asked = self.asked(self.target, is_directory);
        let follow = !asked && self.state.is_some();
        let context = Context { directory: parent_dir.as_fd(), depth: 0, follow };
        let here = Here { name, path: self.target.clone(), below: Vec::new() };
        let found = Found { want, stat: stat.as_ref(), entry, materialise: true };
        self.name(context, &here, found, &mut decisions, &mut plan)?;
        plan.root = decisions.pop().map(|(_, decision)| decision);
        Ok(plan)
    }

    /// Whether the user asked for `path`, or, if it is a directory, perhaps for something in it.
    fn asked(&self, path: &RepoPath, is_directory: bool) -> bool {
        self.explicit
            && match self.selection.entry(path.as_bytes()) {
                Coverage::Full => true,
                Coverage::Part => is_directory,
                Coverage::None => false,
            }
    }

    /// Plans for the existing directory `directory` at `inner` below the target.
    fn directory(
        &self,
        directory: &OwnedFd,
        inner: &[u8],
        want: Option<Want>,
        depth: usize,
        follow: bool,
    ) -> Result<Plan> {
        let path = self.target.join(inner);
        if depth > MAX_DEPTH {
            return Err(Error::TooDeep { path });
        }
        let section = self.state.and_then(|state| state.sections.get(inner));
        let same_tree =
            section.is_some_and(|section| want.is_some_and(|want| want.oid == section.tree));
        if follow && same_tree {
            return Ok(Plan::default());
        }
        let known_whole = section.filter(|section| same_tree && section.complete);
        let wanted = match (known_whole, want) {
            (Some(section), Some(_)) => self.wanted_by_section(inner, section),
            (_, Some(want)) => wanted_by_tree(&self.tree(&path, &want)?),
            (_, None) => Vec::new(),
        };
        let list = DirList::read(directory.as_fd(), &self.project.repo.absolute(&path))?;
        let mut plan = Plan::default();
        let mut own =
            DirPlan { inner: inner.to_vec(), want, decisions: Vec::new(), complete: true };
        let brings_all = match section {
            Some(section) => section.complete || (self.selection.is_all() && !follow),
            None => self.selection.is_all(),
        };
        let mut below = Vec::new();
        for triple in merge(&list, section, &wanted) {
            let full_path = path.join(triple.name);
            let here = Here { name: triple.name, path: full_path, below: join(inner, triple.name) };
            let is_directory = triple.want.is_some_and(|want| want.mode.is_directory());
            let asked = self.asked(&here.path, is_directory);
            if is_directory && triple.stat.is_some_and(Stat::is_directory) {
                below.push((here, triple.want, triple.entry.is_some(), follow || !asked));
                continue;
            }
            let (want, stat, entry) = (triple.want, triple.stat, triple.entry);
            let found = Found { want, stat, entry, materialise: asked || brings_all };
            let context = Context { directory: directory.as_fd(), depth, follow: follow || !asked };
            self.name(context, &here, found, &mut own.decisions, &mut plan)?;
            let written = own.decisions.last().is_some_and(|(name, _)| name == triple.name);
            own.complete &= want.is_none() || stat.is_some() || entry.is_some() || written;
        }
        let descend = |(here, want, _, follow): &(Here<'_>, Option<Want>, bool, bool)| {
            let fd = fs::open_dir_at(directory.as_fd(), here.name)
                .at_with("open directory", || self.project.repo.absolute(&here.path))?;
            self.directory(&fd, &here.below, *want, depth + 1, *follow)
        };
        let plans: Vec<Plan> = match &below[..] {
            [one] => vec![descend(one)?],
            _ => below.par_iter().map(descend).collect::<Result<_>>()?,
        };
        for ((here, want, was_known, _), sub) in below.into_iter().zip(plans) {
            let want = want.expect("only wanted directories are descended into");
            let own_plan = sub.directories.iter().find(|plan| plan.inner == here.below);
            let known = self.state.and_then(|state| state.sections.get(&here.below));
            own.complete &= match (own_plan, known) {
                (Some(plan), _) => plan.complete,
                (None, Some(section)) => section.complete,
                (None, None) => false,
            };
            let moved = known.is_none_or(|section| section.tree != want.oid);
            if !was_known || moved || own_plan.is_some() {
                own.decisions.push((here.name.to_vec(), Decision::Descend));
            }
            plan.merge(sub);
        }
        own.decisions.sort_by(|a, b| a.0.cmp(&b.0));
        let completed = section.is_some_and(|section| section.complete != own.complete);
        if !own.decisions.is_empty() || !same_tree || completed {
            plan.directories.push(own);
        }
        Ok(plan)
    }

    /// Decides about one name.
    fn name(
        &self,
        context: Context<'_>,
        here: &Here<'_>,
        found: Found<'_>,
        decisions: &mut Vec<(Vec<u8>, Decision)>,
        plan: &mut Plan,
    ) -> Result<()> {
        let Found { want, stat, entry, materialise } = found;
        let mut decide = |decision| decisions.push((here.name.to_vec(), decision));
        let entry_is_directory = entry.is_some_and(|entry| entry.mode.is_directory());
        match (want, stat) {
            (None, None) => {}
            (None, Some(stat)) => match entry {
                None => plan.leftover.push(here.path.clone()),
                Some(_) if entry_is_directory && stat.is_directory() => {
                    plan.merge(self.descend(context, here, None)?);
                    decide(Decision::RemoveDirectory);
                }
                Some(_) if entry_is_directory || stat.is_directory() => {
                    plan.leftover.push(here.path.clone());
                }
                Some(entry) => match self.safety(context, here, stat, Some(&entry), None)? {
                    Safety::Recorded | Safety::Wanted { .. } => {
                        decide(Decision::Remove { stat: *stat })
                    }
                    Safety::Cached => plan.displaced.push(here.path.clone()),
                    Safety::Unsafe if self.force => plan.displaced.push(here.path.clone()),
                    Safety::Unsafe => plan.conflicts.push(here.path.clone()),
                },
            },
            (Some(want), _) if context.follow && self.is_same_as_base(here, &want, entry) => {}
            (Some(_), None) if entry.is_none() && !materialise => {}
            (Some(want), None) if want.mode.is_directory() => decide(Decision::Build(want)),
            (Some(want), None) => decide(Decision::Write { want, over: None }),
            (Some(want), Some(stat)) if want.mode.is_directory() && stat.is_directory() => {
                plan.merge(self.descend(context, here, Some(want))?);
                decide(Decision::Descend);
            }
            (Some(want), Some(stat)) if entry_is_directory && stat.is_directory() => {
                // A directory of ours became a file.
                let below = self.descend(context, here, None)?;
                if below.leftover.is_empty() {
                    plan.merge(below);
                    decide(Decision::Write { want, over: Some(*stat) });
                } else if self.force {
                    plan.displaced.push(here.path.clone());
                    decide(Decision::Write { want, over: None });
                } else {
                    plan.conflicts.extend(below.leftover);
                }
            }
            (Some(want), Some(stat)) => {
                self.replace(context, here, want, stat, entry, decide, plan)?
            }
        }
        Ok(())
    }

    /// Decides about a name that is wanted and where something stands that is no directory, or a
    /// directory of somebody else's.
    #[expect(clippy::too_many_arguments, reason = "what is known of one name on all sides")]
    fn replace(
        &self,
        context: Context<'_>,
        here: &Here<'_>,
        want: Want,
        stat: &Stat,
        entry: Option<Entry<'_>>,
        mut decide: impl FnMut(Decision),
        plan: &mut Plan,
    ) -> Result<()> {
        let write = |over| match want.mode {
            Mode::Directory => Decision::Build(want),
            _ => Decision::Write { want, over },
        };
        match self.safety(context, here, stat, entry.as_ref(), Some(&want))? {
            Safety::Wanted { chmod } => {
                let relink = self.relink && !self.project.cache.is_packed(&want.oid)?;
                let known = entry.is_some_and(|entry| {
                    entry.oid == want.oid
                        && entry.mode == want.mode
                        && entry.same_stat(stat, self.rules)
                });
                if relink && want.mode.is_file() {
                    decide(write(Some(*stat)));
                } else if chmod || !known {
                    decide(Decision::Adopt { want, stat: *stat, chmod });
                }
            }
            Safety::Recorded if !want.mode.is_directory() => decide(write(Some(*stat))),
            Safety::Unsafe if !self.force => plan.conflicts.push(here.path.clone()),
            // Also a file of ours that makes room for a directory goes by way of recovery.
            Safety::Recorded | Safety::Cached | Safety::Unsafe => {
                plan.displaced.push(here.path.clone());
                decide(write(None));
            }
        }
        Ok(())
    }

    fn descend(&self, context: Context<'_>, here: &Here<'_>, want: Option<Want>) -> Result<Plan> {
        let directory = fs::open_dir_at(context.directory, here.name)
            .at_with("open directory", || self.project.repo.absolute(&here.path))?;
        self.directory(&directory, &here.below, want, context.depth + 1, context.follow)
    }

    /// Whether base and pointer agree about a name.
    fn is_same_as_base(&self, here: &Here<'_>, want: &Want, entry: Option<Entry<'_>>) -> bool {
        let Some(entry) = entry else { return false };
        if want.mode.is_directory() {
            let section = self.state.and_then(|state| state.sections.get(&here.below));
            return entry.mode.is_directory() && section.is_some_and(|s| s.tree == want.oid);
        }
        entry.oid == want.oid && entry.mode == want.mode
    }

    /// Whether what stands at `here` may be replaced or removed.
    fn safety(
        &self,
        context: Context<'_>,
        here: &Here<'_>,
        stat: &Stat,
        entry: Option<&Entry<'_>>,
        want: Option<&Want>,
    ) -> Result<Safety> {
        let absolute = || self.project.repo.absolute(&here.path);
        if matches!(stat.file_type(), FileType::Directory | FileType::Other) {
            return Ok(Safety::Unsafe);
        }
        let mode = scan::mode_of(stat);
        let known = match entry {
            Some(entry) if !entry.mode.is_directory() => {
                let check = scan::check(context.directory, stat, entry, self.rules)
                    .at_with("read", absolute)?;
                matches!(check, Check::Unchanged | Check::Refreshed).then_some(entry.oid)
            }
            _ => None,
        };
        let oid = match known {
            Some(oid) => oid,
            None => {
                scan::hash_entry(context.directory, here.name, stat).at_with("read", absolute)?
            }
        };
        if let Some(want) = want
            && want.oid == oid
            && mode.is_some_and(|mode| mode.is_file() == want.mode.is_file())
        {
            return Ok(Safety::Wanted { chmod: mode != Some(want.mode) });
        }
        // It is read, not only looked up: the worktree may hold the last good copy.
        Ok(match self.project.cache.is_whole(&oid)? {
            true if known.is_some() => Safety::Recorded,
            true => Safety::Cached,
            false => Safety::Unsafe,
        })
    }

    fn wanted_by_section(&self, inner: &[u8], section: &Section) -> Vec<(Vec<u8>, Want)> {
        let want = |entry: Entry<'_>| {
            let mut want = Want { mode: entry.mode, oid: entry.oid, size: entry.size, files: 0 };
            if entry.mode.is_directory() {
                let below = self.state.and_then(|s| s.sections.get(&join(inner, entry.name)))?;
                (want.oid, want.size, want.files) = (below.tree, below.size, below.files);
            }
            Some((entry.name.to_vec(), want))
        };
        section.entries().filter_map(want).collect()
    }

    /// Reads a tree and holds it against what the tree above says of it.
    fn tree(&self, path: &RepoPath, want: &Want) -> Result<Tree> {
        super::read_tree(self.project, path, want)
    }
}

/// What all names of a directory have in common.
#[derive(Clone, Copy)]
struct Context<'a> {
    directory: BorrowedFd<'a>,
    depth: usize,
    /// See the module's documentation.
    follow: bool,
}

/// What the three listings have under a name.
struct Found<'a> {
    want: Option<Want>,
    stat: Option<&'a Stat>,
    entry: Option<Entry<'a>>,
    /// Bring it, if it is not here and never was.
    materialise: bool,
}

/// A name and where it is.
struct Here<'a> {
    name: &'a [u8],
    /// In the repository.
    path: RepoPath,
    /// Below the target.
    below: Vec<u8>,
}

fn wanted_by_tree(tree: &Tree) -> Vec<(Vec<u8>, Want)> {
    let want = |entry: crate::format::Entry<'_>| {
        let want = Want { mode: entry.mode, oid: entry.oid, size: entry.size, files: entry.files };
        (entry.name.to_vec(), want)
    };
    tree.entries().map(want).collect()
}

/// One name, and where it was found.
struct Triple<'a> {
    name: &'a [u8],
    want: Option<Want>,
    stat: Option<&'a Stat>,
    entry: Option<Entry<'a>>,
}

/// Merges the three listings in ascending order of names.
fn merge<'a>(
    list: &'a DirList,
    section: Option<&'a Section>,
    wanted: &'a [(Vec<u8>, Want)],
) -> impl Iterator<Item = Triple<'a>> {
    let mut names = (0..list.len()).peekable();
    let mut entries = section.into_iter().flat_map(Section::entries).peekable();
    let mut wanted = wanted.iter().peekable();
    std::iter::from_fn(move || {
        let candidates = [
            names.peek().map(|&at| list.name(at)),
            entries.peek().map(|entry| entry.name),
            wanted.peek().map(|(name, _)| &name[..]),
        ];
        let name = candidates.into_iter().flatten().min()?;
        let stat = names.next_if(|&at| list.name(at) == name).map(|at| list.stat(at));
        let entry = entries.next_if(|entry| entry.name == name);
        let want = wanted.next_if(|(wanted, _)| wanted == name).map(|(_, want)| *want);
        Some(Triple { name, want, stat, entry })
    })
}
