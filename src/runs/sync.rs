//! Runs between repositories: `git mlrun fetch`, `pull` and `push`.
//!
//! What another repository has comes to `refs/mlrun-remotes/<remote>/runs` first and is merged from
//! there into the store, so that no fetch, whatever refspecs somebody configured, takes runs away. A
//! push never forces: where others were faster it fetches, merges and pushes again. A failed push
//! leaves the runs here as they were, together with those that it fetched.

use super::contents::{self, Listing};
use super::merge::Merge;
use super::payload::{self, Payload};
use super::store::REF;
use super::{Error, Result, Store};
use crate::data::{self, Project};
use crate::format::run::RunId;
use crate::fs::display_bytes;
use crate::git::{CommitId, Config, Git, GitId, Reply, Repo};

/// How often a push is tried because somebody else was faster.
const PUSHES: usize = 5;

/// Another repository, for one command.
pub struct Remote<'a> {
    git: Git<'a>,
    pub name: String,
    /// Whether the user sees what `git` has to say.
    show: bool,
}

/// What came from another repository.
#[derive(Debug, Default)]
pub struct Fetched {
    /// Runs that the store lacked.
    pub new: Listing,
    /// The store there; `None` if there is none.
    pub tip: Option<CommitId>,
}

/// What is pushed beside the runs.
pub struct Options<'a> {
    pub dry_run: bool,
    /// Whether objects of the cache go too.
    pub data: bool,
    pub jobs: Option<usize>,
    pub progress: &'a dyn crate::remote::Progress,
}

/// What a push did.
#[derive(Debug, Default)]
pub struct Pushed {
    /// Runs that went.
    pub runs: u64,
    /// The store went, with or without new runs.
    pub moved: bool,
    /// Runs that came because others had pushed them.
    pub received: u64,
    /// Of the runs that went: those with code that no branch has.
    pub snapshots: u64,
    /// Objects that went to the remote for data.
    pub data: Option<data::push::Pushed>,
    /// Objects that only this cache has: there is no remote for data, or they were not to go.
    pub kept: u64,
    /// What is wrong in the store but kept nothing from going.
    pub errors: Vec<Error>,
}

impl<'a> Remote<'a> {
    /// The repository that `asked` names; without it that of `mlrun.remote`, that of the branch,
    /// `origin`, or the only one.
    ///
    /// # Errors
    /// There is none such, or nothing tells which one is meant.
    pub fn choose(
        repo: &'a Repo,
        config: &Config,
        asked: Option<&str>,
        show: bool,
    ) -> Result<Remote<'a>> {
        let known = repo.remotes();
        let name = match asked.map(str::to_owned).or_else(|| config.git_string("mlrun.remote")) {
            Some(name) => name,
            None => default(repo, config, &known)?,
        };
        if !known.contains(&name) {
            return Err(Error::UnknownRemote { name, known });
        }
        if name.starts_with('-') || !Repo::is_ref_name(&tracking(&name)) {
            return Err(Error::BadRemote { name });
        }
        Ok(Remote { git: Git::new(repo)?, name, show })
    }

    /// Where its store is; `None` if it has none.
    fn tip(&self) -> Result<Option<CommitId>> {
        self.git.remote_ref(&self.name, REF, self.show).map_err(|source| self.failed("ask", source))
    }

    fn failed(&self, attempted: &'static str, source: crate::git::Error) -> Error {
        let reason = match source {
            crate::git::Error::Failed { stderr, .. } => stderr,
            other => other.to_string(),
        };
        Error::Transfer { attempted, remote: self.name.clone(), reason }
    }

    /// Brings its store, which was at `there`, to the ref that follows it. Returns where that is.
    fn bring(&self, repo: &Repo, there: CommitId) -> Result<CommitId> {
        let tracking = tracking(&self.name);
        if repo.ref_target(&tracking)? == Some(there) {
            return Ok(there);
        }
        self.git
            .fetch_ref(&self.name, REF, &tracking, self.show)
            .map_err(|source| self.failed("fetch runs from", source))?;
        Ok(repo.ref_target(&tracking)?.unwrap_or(there))
    }

    /// The commit of `store` with everything that `theirs` has.
    fn merge(&self, store: &Store<'_>, theirs: CommitId) -> Result<(CommitId, Merge)> {
        let message = format!("Merge the runs of {}", display_bytes(self.name.as_bytes()));
        store.merge(theirs, &message)
    }

    /// Brings its runs beside the store, which stays as it is. Nothing is transferred if nothing is new.
    pub fn fetch(&self, store: &Store<'_>) -> Result<Fetched> {
        let Some(there) = self.tip()? else { return Ok(Fetched::default()) };
        let tip = self.bring(store.repo(), there)?;
        let new = match store.tip()? {
            Some(ours) if ours == tip => Listing::default(),
            ours => contents::added(store.objects(), tree(store, ours)?, tree(store, Some(tip))?)?,
        };
        Ok(Fetched { new, tip: Some(tip) })
    }

    /// Brings its runs into the store.
    pub fn pull(&self, store: &Store<'_>) -> Result<(Fetched, Merge)> {
        let fetched = self.fetch(store)?;
        match fetched.tip {
            Some(tip) => {
                let (_, merge) = self.merge(store, tip)?;
                Ok((fetched, merge))
            }
            None => Ok((fetched, Merge::Nothing)),
        }
    }

    /// Sends the store's runs, with the objects of the cache that they name: these first, so that
    /// nobody gets a run without them.
    ///
    /// # Errors
    /// The runs did not go; they are here, with those that others had pushed.
    pub fn push(
        &self,
        project: &Project,
        store: &Store<'_>,
        options: &Options<'_>,
    ) -> Result<Pushed> {
        let mut pushed = Pushed::default();
        let Some(mut tip) = store.tip()? else { return Ok(pushed) };
        if options.dry_run {
            return self.push_dry(project, store, tip, options);
        }
        let mut payloads = Payloads { project, options, sent: std::collections::HashSet::new() };
        for attempt in 0..PUSHES {
            let there = self.tip()?;
            if there == Some(tip) {
                store.repo().set_ref(&tracking(&self.name), tip)?;
                payloads.catch_up(store, tip, &mut pushed)?;
                return Ok(pushed);
            }
            let theirs = there.map(|there| self.bring(store.repo(), there)).transpose()?;
            if let Some(theirs) = theirs {
                let new = contents::added(
                    store.objects(),
                    tree(store, Some(tip))?,
                    tree(store, Some(theirs))?,
                )?;
                pushed.received += new.runs.len() as u64;
                tip = self.merge(store, theirs)?.0;
                if tip == theirs {
                    payloads.catch_up(store, tip, &mut pushed)?;
                    return Ok(pushed);
                }
            }
            let base = tree(store, theirs)?;
            let new = contents::added(store.objects(), base, tree(store, Some(tip))?)?;
            payloads.send(store, tip, &new.runs, &mut pushed)?;
            payloads.catch_up(store, tip, &mut pushed)?;
            let reply = self
                .git
                .push_ref(&self.name, tip, REF, self.show)
                .map_err(|source| self.failed("push runs to", source))?;
            match reply {
                Reply::Done => {
                    store.repo().set_ref(&tracking(&self.name), tip)?;
                    pushed.runs = new.runs.len() as u64;
                    pushed.moved = true;
                    pushed.errors.extend(new.errors);
                    return Ok(pushed);
                }
                Reply::Behind => super::store::take_turns(attempt),
                Reply::Refused(reason) => {
                    return Err(Error::Refused { remote: self.name.clone(), reason });
                }
            }
        }
        Err(Error::Outrun { remote: self.name.clone() })
    }

    /// What [`Remote::push`] would send, as far as it is known without fetching.
    fn push_dry(
        &self,
        project: &Project,
        store: &Store<'_>,
        tip: CommitId,
        options: &Options<'_>,
    ) -> Result<Pushed> {
        let mut pushed = Pushed::default();
        let mut payloads = Payloads { project, options, sent: std::collections::HashSet::new() };
        let there = self.tip()?;
        if there == Some(tip) {
            payloads.catch_up(store, tip, &mut pushed)?;
            return Ok(pushed);
        }
        let is_here = |id: &CommitId| store.objects().has(GitId::from(*id));
        let base = match there.filter(is_here) {
            Some(there) => Some(there),
            None if there.is_some() => store.repo().ref_target(&tracking(&self.name))?,
            None => None,
        };
        let new = contents::added(store.objects(), tree(store, base)?, tree(store, Some(tip))?)?;
        payloads.send(store, tip, &new.runs, &mut pushed)?;
        payloads.catch_up(store, tip, &mut pushed)?;
        pushed.runs = new.runs.len() as u64;
        pushed.moved = match base {
            Some(base) => !store.objects().is_ancestor(tip, base)?,
            None => true,
        };
        pushed.errors.extend(new.errors);
        Ok(pushed)
    }
}

/// The objects that go with runs, over all attempts of a push.
struct Payloads<'a> {
    project: &'a Project,
    options: &'a Options<'a>,
    /// Runs whose objects went already.
    sent: std::collections::HashSet<RunId>,
}

impl Payloads<'_> {
    /// Sends the objects of runs that went without them, when there was no remote for data or they were
    /// not to go. A ref keeps the store whose objects the remote has, so that nothing is read twice.
    fn catch_up(&mut self, store: &Store<'_>, tip: CommitId, pushed: &mut Pushed) -> Result<()> {
        let Some(reference) = self.complete() else { return Ok(()) };
        let before = store.repo().ref_target(&reference)?;
        if before == Some(tip) {
            return Ok(());
        }
        let new = contents::added(store.objects(), tree(store, before)?, tree(store, Some(tip))?)?;
        // Their code is there, or was counted.
        let snapshots = pushed.snapshots;
        self.send(store, tip, &new.runs, pushed)?;
        pushed.snapshots = snapshots;
        let lacks = |data: &data::push::Pushed| {
            !data.report.missing.is_empty() || !data.report.damaged.is_empty()
        };
        if !self.options.dry_run && pushed.kept == 0 && !pushed.data.as_ref().is_some_and(lacks) {
            store.repo().set_ref(&reference, tip)?;
        }
        Ok(())
    }

    /// The ref at the store whose objects the remote for data has; `None` if they are not to go there.
    fn complete(&self) -> Option<String> {
        let Project { repo, config, .. } = self.project;
        let remote = data::remotes::resolve(repo, config, None).ok()?;
        let reference = format!("refs/mlrun-data/{}", remote.expected_id.unwrap_or(remote.name));
        (self.options.data && Repo::is_ref_name(&reference)).then_some(reference)
    }

    fn send(
        &mut self,
        store: &Store<'_>,
        tip: CommitId,
        runs: &[RunId],
        pushed: &mut Pushed,
    ) -> Result<()> {
        let fresh: Vec<RunId> = runs.iter().copied().filter(|id| self.sent.insert(*id)).collect();
        let Payload { roots, snapshots, errors } =
            payload::payload(store, tip, &fresh, &self.project.cache)?;
        pushed.snapshots += snapshots;
        pushed.errors.extend(errors);
        if roots.is_empty() {
            return Ok(());
        }
        if !self.options.data {
            pushed.kept += roots.len() as u64;
            return Ok(());
        }
        let options = data::push::Options {
            dry_run: self.options.dry_run,
            jobs: self.options.jobs,
            ..data::push::Options::default()
        };
        match data::push::push_objects(self.project, &roots, &options, self.options.progress) {
            Ok(sent) => {
                pushed.data = Some(match pushed.data.take() {
                    None => sent,
                    Some(mut before) => {
                        before.report.objects += sent.report.objects;
                        before.report.bytes += sent.report.bytes;
                        before.report.sent += sent.report.sent;
                        before.report.missing.extend(sent.report.missing);
                        before.report.damaged.extend(sent.report.damaged);
                        before
                    }
                });
                Ok(())
            }
            Err(data::Error::Remotes(
                data::remotes::Error::NoRemote | data::remotes::Error::NoDefault { .. },
            )) => {
                pushed.kept += roots.len() as u64;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The ref that follows the store of a remote.
pub fn tracking(remote: &str) -> String {
    format!("refs/mlrun-remotes/{remote}/runs")
}

fn default(repo: &Repo, config: &Config, known: &[String]) -> Result<String> {
    let of_branch = match repo.branch()? {
        // `.` is this repository.
        Some(branch) => config.git_string(&format!("branch.{branch}.remote")),
        None => None,
    };
    if let Some(name) = of_branch.filter(|name| known.contains(name)) {
        return Ok(name);
    }
    match known {
        [] => Err(Error::NoRemote),
        [only] => Ok(only.clone()),
        _ if known.iter().any(|name| name == "origin") => Ok("origin".to_owned()),
        _ => Err(Error::NoDefaultRemote { names: known.to_vec() }),
    }
}

fn tree(store: &Store<'_>, commit: Option<CommitId>) -> Result<Option<GitId>> {
    Ok(commit.map(|commit| store.objects().commit(commit)).transpose()?.map(|commit| commit.tree))
}
